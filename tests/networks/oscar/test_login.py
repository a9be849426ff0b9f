"""Getting in, staying and leaving."""

from dataclasses import replace
from hashlib import md5, sha256
from typing import Any

import pytest

from gateway.commands import Logout, RemoveContact, SendMessage
from gateway.events import Offline
from gateway.fsm import (
    MAIN,
    Connect,
    Connected,
    Got,
    HangUp,
    Lost,
    Send,
    Stop,
    Tell,
    Timer,
    Tls,
)
from gateway.ids import ChatId, PersonId, Token
from networks.oscar import kerberos
from networks.oscar.blocks import Redirect
from networks.oscar.copy import LATER, SAME, Copy, decode
from networks.oscar.feedbag import parse_feedbag
from networks.oscar.fsm import OscarFsm
from networks.oscar.kerberos import Granted, KerberosCodec, TicketRequest
from networks.oscar.login import TOO_FAST
from networks.oscar.news import (
    Buddy,
    Denied,
    Ended,
    Listed,
    Noticed,
    Remember,
    Renamed,
    Welcomed,
)
from networks.oscar.refusals import LOGIN_ERRORS, PACE
from networks.oscar.state import AUTH, UAS, State
from networks.oscar.wire import KeepAlive, Signoff, Signon, Tlvs
from tests.networks.oscar.play import (
    BOOK,
    COOKIE,
    FAMILIES,
    RATES,
    SETTINGS,
    Dialled,
    OscarPlaybook,
    authorizing,
    feedbag,
    how,
    info,
    online,
    redirected,
    reply,
    sent,
    signing_on,
    snac,
)
from tests.servers.oscar_wire import string16, tlvs, u16, u32

SALT = b"AOL Instant Messenger (SM)"


def ended(play: OscarPlaybook, why: Offline) -> str:
    """The last thing that happened, in words."""
    last, stop = play.done[-2:]
    assert stop == Stop()
    assert isinstance(last.news, Ended)
    assert last.news.why is why
    return last.news.detail


# The login server.


def test_password() -> None:
    play = OscarPlaybook(OscarFsm(how())) << Dialled("login.verona.lit", 5190, AUTH)
    (
        play
        >> Got(Signon(), AUTH)
        << Send(Signon(), AUTH)
        << sent("17/06", tlvs((0x01, "Juliet"), (0x4B, b""), (0x5A, b"")), AUTH)
        >> snac("17/07", string16("key"), AUTH)
        << sent("17/02", None, AUTH)
    ).end()
    found = play.fields("17/02")
    inner = md5(b"wherefore").digest()
    assert found[0x25] == md5(b"key" + inner + SALT).digest()
    assert found[0x4A] == b"\1"
    assert 0x4C in found


def test_weak_hash() -> None:
    settings = SETTINGS.model_copy(update={"strong_hash": False})
    play = authorizing(settings=settings) >> snac("17/07", string16("key"), AUTH)
    found = play.fields("17/02")
    assert found[0x25] == md5(b"keywherefore" + SALT).digest()
    assert 0x4C not in found


def test_only_eight_bytes_of_an_icq_password_count() -> None:
    play = authorizing("100001") >> snac("17/07", string16("key"), AUTH)
    inner = md5(b"wherefor").digest()
    assert play.fields("17/02")[0x25] == md5(b"key" + inner + SALT).digest()


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("bos.verona.lit:5191", "bos.verona.lit", 5191),
        ("bos.verona.lit", "bos.verona.lit", 5190),
        ("[2001:db8::1]:99", "2001:db8::1", 99),
    ],
)
def test_redirect(address: str, host: str, port: int) -> None:
    (
        authorizing()
        >> snac("17/03", tlvs((0x8E, b"\0"), (0x05, address), (0x06, COOKIE)), AUTH, id=0)
        << HangUp(AUTH)
        << Dialled(host, port, MAIN)
        >> Got(Signoff(), AUTH)
        >> Lost("closed by us", AUTH)
        >> Got(Signon())
        << Send(Signon(Tlvs(((0x06, COOKIE),))))
    ).end()


def test_redirect_with_tls() -> None:
    where = tlvs((0x05, "bos:443"), (0x06, COOKIE), (0x8E, u16(2)))
    play = authorizing() >> snac("17/03", where, AUTH) << HangUp(AUTH)
    (play << Dialled("bos", 443, MAIN, Tls())).end()


def test_tls_all_the_way() -> None:
    """Whatever the server says of its ports."""
    settings = SETTINGS.model_copy(update={"tls": True, "ca_file": "ca.pem"})
    play = OscarPlaybook(OscarFsm(how(settings=settings)))
    play << Dialled("login.verona.lit", 5190, AUTH, Tls(ca_file="ca.pem"))
    (play >> Got(Signon(), AUTH)).skip()
    play >> snac("17/03", tlvs((0x05, "bos:443"), (0x06, COOKIE)), AUTH) << HangUp(AUTH)
    (play << Dialled("bos", 443, MAIN, Tls(ca_file="ca.pem"))).end()


@pytest.mark.parametrize("code", LOGIN_ERRORS)
def test_refused(code: int) -> None:
    play = authorizing() >> snac("17/03", tlvs((0x01, "Juliet"), (0x08, u16(code))), AUTH)
    why, words = LOGIN_ERRORS[code]
    assert ended(play, why) == f"{words} (code {code:02x}h)"


NEVER = {0x01, 0x04, 0x05, 0x07, 0x08, 0x09, 0x11, 0x20, 0x22}


def test_what_is_never_tried_again() -> None:
    found = {code for code, row in LOGIN_ERRORS.items() if row[0] is Offline.BAD_CREDENTIALS}
    assert found == NEVER
    assert {row[0] for row in LOGIN_ERRORS.values()} == {Offline.NETWORK, Offline.BAD_CREDENTIALS}


def test_refused_for_a_reason_nobody_knows() -> None:
    answer = tlvs((0x08, u16(0x77)), (0x04, "http://verona.lit/why"))
    play = authorizing() >> snac("17/03", answer, AUTH)
    words = "The server refused the log-in. (code 77h, http://verona.lit/why)"
    assert ended(play, Offline.NETWORK) == words


def test_limiter_does_not_wait_for_the_challenge() -> None:
    play = authorizing() >> snac("17/03", tlvs((0x08, u16(0x1D))), AUTH, id=0)
    assert "limiter" in ended(play, Offline.NETWORK)


@pytest.mark.parametrize("code", LOGIN_ERRORS)
def test_who_else_should_wait(code: int) -> None:
    play = authorizing() >> snac("17/03", tlvs((0x08, u16(code))), AUTH)
    pause = play.done[-2].news.pause
    assert pause == (PACE.seconds if code in (0x18, 0x1D) else None)


def test_redirect_to_nowhere() -> None:
    play = authorizing() >> snac("17/03", tlvs((0x01, "Juliet")), AUTH)
    assert "cannot be understood" in ended(play, Offline.NETWORK)


# The login server of AIM 6.

KDC = SETTINGS.model_copy(update={"login": "kerberos", "uas_host": "kdc.verona.lit"})
PLACE = Redirect(host="bos.verona.lit", port=5191, cookie=COOKIE)
SAFE_PLACE = replace(PLACE, is_tls=True)


def asking(name: str = "Juliet", **changed: Any) -> OscarPlaybook:
    """For a ticket."""
    settings = KDC.model_copy(update=changed)
    play = OscarPlaybook(OscarFsm(how(name, settings=settings))).skip()
    return play >> Connected(UAS)


@pytest.mark.parametrize(
    ("changed", "host", "port", "tls"),
    [
        ({}, "kdc.verona.lit", 443, Tls()),
        ({"uas_host": "", "ca_file": "ca.pem"}, "login.verona.lit", 443, Tls(ca_file="ca.pem")),
        ({"uas_port": 1088, "uas_tls": False}, "kdc.verona.lit", 1088, None),
        ({"uas_host": "2001:db8::1", "tls": True}, "2001:db8::1", 443, Tls()),
    ],
)
def test_kerberos(changed: dict[str, Any], host: str, port: int, tls: Tls | None) -> None:
    play = OscarPlaybook(OscarFsm(how(settings=KDC.model_copy(update=changed))))
    assert play.wakes["login"] == 60
    authority = f"[{host}]" if ":" in host else host
    (
        play
        << Connect(host=host, port=port, tls=tls, codec=KerberosCodec(), link=UAS)
        >> Connected(UAS)
        << Send(TicketRequest(f"{authority}:{port}", "Juliet", b"wherefore"), UAS)
        >> Got(Granted(SAFE_PLACE), UAS)
        << HangUp(UAS)
        << Dialled("bos.verona.lit", 5191, MAIN, play.fsm.oscar.settings.trust)
        >> Lost("closed", UAS)
        >> Connected()
        >> Got(Signon())
        << Send(Signon(Tlvs(((0x06, COOKIE),))))
    ).end()


def test_only_eight_bytes_of_an_icq_password_count_here_too() -> None:
    request = TicketRequest("kdc.verona.lit:443", "100001", b"wherefor")
    (asking("100001") << Send(request, UAS)).end()


def test_kerberos_leads_to_a_place_without_tls() -> None:
    play = asking().skip() >> Got(Granted(PLACE), UAS)
    (play << HangUp(UAS) << Dialled("bos.verona.lit", 5191, MAIN)).end()
    play = asking(tls=True).skip() >> Got(Granted(PLACE), UAS)
    (play << HangUp(UAS) << Dialled("bos.verona.lit", 5191, MAIN, Tls())).end()


@pytest.mark.parametrize(
    ("code", "why", "words"),
    [
        (0x0401, Offline.BAD_CREDENTIALS, "The name or the password is wrong."),
        (0x0777, Offline.NETWORK, "The server refused the log-in."),
    ],
)
def test_kerberos_refused(code: int, why: Offline, words: str) -> None:
    play = asking().skip() >> Got(kerberos.Denied(code, "Auth failure"), UAS)
    assert ended(play, why) == f"{words} (code {code:04x}h, Auth failure)"
    play = asking().skip() >> Got(kerberos.Denied(code, ""), UAS)
    assert ended(play, why) == f"{words} (code {code:04x}h)"


def test_kerberos_never_answers() -> None:
    lost = "HTTP answer b'HTTP/1.1 404': status 200 expected"
    assert ended(asking().skip() >> Lost(lost, UAS), Offline.NETWORK) == lost
    assert "60 seconds" in ended(asking().skip() >> Timer("login"), Offline.NETWORK)


def test_kerberos_answers_twice() -> None:
    play = asking().skip() >> Got(Granted(PLACE), UAS)
    (play.skip() >> Got(Granted(SAFE_PLACE), UAS) >> Got(kerberos.Denied(1, ""), UAS)).end()


def test_lost_on_the_way() -> None:
    assert ended(authorizing() >> Lost("refused", AUTH), Offline.NETWORK) == "refused"
    assert ended(redirected() >> Lost("refused"), Offline.NETWORK) == "refused"
    assert ended(signing_on() >> Lost("closed"), Offline.NETWORK) == "closed"


def test_nobody_waits_for_ever() -> None:
    for play in (authorizing(), redirected(), signing_on()):
        assert play.wakes["login"] == 60
        assert "60 seconds" in ended(play >> Timer("login"), Offline.NETWORK)
    (online() >> Timer("login")).end()


# BOS.


def test_sign_on() -> None:
    play = signing_on()
    (
        play
        >> snac("01/03", b"".join(map(u16, (0x01, 0x04, 0x13, 0x18))))
        << sent("01/17", u16(0x01) + u16(4) + u16(0x04) + u16(1) + u16(0x13) + u16(4))
        >> snac("01/18", b"whatever", id=0x9F959A60)
        << sent("01/06", b"")
        >> snac("01/13", u16(4) + tlvs((0x0B, "Welcome")))
        << Remember("motd", sha256(b"Welcome").hexdigest(), 90 * 86_400.0)
        << Noticed("Welcome")
        >> reply("01/07", RATES)
        << sent("01/08", b"".join(map(u16, (1, 2, 3, 4, 5))))
        << sent("01/0e")
        << sent("04/04")
        << sent("13/02")
        << sent("13/05", u32(0) + u16(0))
        >> snac("01/0f", info("Ju Liet"))
        >> reply("13/06", feedbag(*BOOK[:2]), flags=1)
        >> reply("13/06", feedbag(*BOOK[2:]), to="13/05")
        << Welcomed("Ju Liet")
        << Listed(
            (
                Buddy("romeo", "My Romeo", ("Friends",), False),
                Buddy("Nurse", "", ("Friends",), False),
            )
        )
        << sent("04/02", u16(0) + u32(0x0B) + u16(8000) + u16(999) * 2 + u32(0))
        << sent("02/04")
        << sent("13/07")
        << sent("01/02")
        << sent("04/10")
    ).end()
    assert play.fsm.oscar.state is State.ONLINE


def test_the_same_motd_is_told_once() -> None:
    """Clients log in often."""
    play = signing_on(memory={"motd": sha256(b"Welcome").hexdigest()})
    (play >> snac("01/13", u16(4) + tlvs((0x0B, "Welcome")))).end()


def test_sign_on_with_a_number() -> None:
    play = signing_on("100001")
    (play >> snac("01/03", b"".join(map(u16, FAMILIES)))).skip()
    (play >> snac("01/07", RATES)).skip()
    (play >> snac("13/0f")).skip()
    play >> snac("01/0f", info("100001")) << Welcomed("100001") << Listed(())
    (play << sent("04/02") << sent("02/04") << sent("01/1e") << sent("13/07")).skip()
    assert play.fields("01/1e")[0x06] == u32(0)
    assert play.last("15/02")[10:12] == b"\x3c\x00"


# The address book as it was last time.

CHANGED = 1_795_412_198
SINCE = (0x03, u32(CHANGED + 1))
"""The server's clock at this log-in."""

REMEMBERED = Copy(parse_feedbag(feedbag(*BOOK)).items, CHANGED)
OWNER = "juliet login.verona.lit"


def asks(copy: Copy | None, since: tuple[int, bytes] = SINCE, owner: str = OWNER) -> OscarPlaybook:
    """13/05 is sent."""
    play = signing_on(memory={"feedbag": copy.encode(owner)} if copy else {})
    (play >> snac("01/03", b"".join(map(u16, FAMILIES)))).skip()
    (play >> snac("01/07", RATES)).skip()
    return play >> snac("01/0f", info("Juliet", since))


def remembered(play: OscarPlaybook) -> list[Copy | None]:
    told = [effect.news for effect in play.done if isinstance(effect, Tell)]
    values = [news.value for news in told if isinstance(news, Remember)]
    return [decode(value, OWNER) for value in values]


def listed(play: OscarPlaybook) -> list[str]:
    [names] = [
        [buddy.name for buddy in effect.news.buddies]
        for effect in play.done
        if isinstance(effect, Tell) and isinstance(effect.news, Listed)
    ]
    return names


def test_first_log_in() -> None:
    play = asks(None)
    assert play.last("13/05") == bytes(6)
    play >> reply("13/06", feedbag(*BOOK[:1]), flags=1, to="13/05")
    play >> reply("13/06", feedbag(*BOOK[1:]), to="13/05")
    assert remembered(play) == [REMEMBERED]


@pytest.mark.parametrize("since", [(0x03, u32(CHANGED)), (0x05, u32(CHANGED + 1))])
def test_a_list_that_is_just_changing(since: tuple[int, bytes]) -> None:
    """Or might be, as far as we know: another change in the same second would not show."""
    play = asks(None, since) >> reply("13/06", feedbag(*BOOK), to="13/05")
    assert remembered(play) == []


@pytest.mark.parametrize("lag", [SAME, LATER])
@pytest.mark.parametrize("count", [u16(4), b"\4"])
def test_unchanged(lag: int, count: bytes) -> None:
    play = asks(replace(REMEMBERED, lag=lag))
    assert play.last("13/05") == u32(CHANGED + lag) + u16(4)
    play >> reply("13/0f", u32(CHANGED) + count, to="13/05")
    assert listed(play) == ["romeo", "Nurse"]
    assert remembered(play) == []
    play.skip()
    (play >> RemoveContact(person=PersonId("romeo")) << sent("13/11") << sent("13/0a")).end()


def test_unchanged_but_for_a_deletion() -> None:
    play = asks(REMEMBERED) >> reply("13/0f", u32(CHANGED) + b"\3", to="13/05") << sent("13/04")
    play >> reply("13/06", feedbag(*BOOK[:3]))
    assert listed(play) == ["romeo"]
    assert remembered(play) == [replace(REMEMBERED, items=REMEMBERED.items[:3])]


def test_changed_meanwhile() -> None:
    play = asks(replace(REMEMBERED, changed=CHANGED - 100, lag=LATER))
    play >> reply("13/06", feedbag(*BOOK), to="13/05")
    assert remembered(play) == [replace(REMEMBERED, lag=LATER)]


def test_unchanged_and_sent_all_the_same() -> None:
    play = asks(REMEMBERED) >> reply("13/06", feedbag(*BOOK), to="13/05")
    assert listed(play) == ["romeo", "Nurse"]
    assert remembered(play) == [replace(REMEMBERED, lag=LATER)]


def test_of_another_account() -> None:
    assert asks(REMEMBERED, owner="romeo login.verona.lit").last("13/05") == bytes(6)


# Signing on, in other ways.


@pytest.mark.parametrize(("name", "has_direct"), [("Juliet", False), ("100001", True)])
def test_invisible(name: str, has_direct: bool) -> None:
    """Known to the server before it tells anybody that we are there."""
    play = signing_on(name, is_invisible=True)
    (play >> snac("01/03", b"".join(map(u16, FAMILIES)))).skip()
    (play >> snac("01/07", RATES)).skip()
    (play >> snac("13/0f")).skip()
    play >> snac("01/0f", info(name)) << Welcomed(name) << Listed(())
    play << sent("04/02") << sent("02/04") << sent("01/1e") << sent("13/07") << sent("01/02")
    play.skip()
    found = play.fields("01/1e")
    assert (found[0x06], 0x0C in found) == (u32(0x100), has_direct)


def test_without_address_book() -> None:
    play = signing_on()
    (play >> snac("01/03", u16(0x01) + u16(0x04))).skip()
    (play >> snac("01/07", RATES)).skip()
    (play >> snac("01/0f", info("Juliet")) << Welcomed("Juliet") << Listed(())).skip()


def test_rates_that_cannot_be_read() -> None:
    play = (signing_on() >> snac("01/03", u16(0x01))).skip()
    assert "cannot be understood" in ended(play >> snac("01/07", u16(9)), Offline.NETWORK)


def test_our_name() -> None:
    (
        online()
        >> snac("01/0f", info("Juliet"))
        >> snac("01/0f", info("JULIET"))
        << Renamed("JULIET")
        >> snac("01/0f", info("Romeo"))
    ).end()


# Staying.


def test_silence() -> None:
    play = online()
    (
        play
        >> Timer("ping")
        << Send(KeepAlive())
        >> Timer("ping")
        << Send(KeepAlive())
        << sent("01/0e")
        >> reply("01/0f", info("Juliet"))
        >> Timer("ping")
        << Send(KeepAlive())
        >> Timer("ping")
        << Send(KeepAlive())
        << sent("01/0e")
        >> Timer("ping")
    )
    assert play.wakes["ping"] == 60
    assert "120 seconds" in ended(play, Offline.NETWORK)


def test_server_goes_down() -> None:
    assert ended(online() >> snac("01/12", b"\0\0"), Offline.NETWORK)
    assert ended(online() >> Got(Signoff()), Offline.NETWORK)
    assert ended(online() >> Lost("closed by the server"), Offline.NETWORK)


# Signed on somewhere else.


@pytest.mark.parametrize("code", [b"\1", b"\0\1"])
def test_replaced(code: bytes) -> None:
    frame = Signoff(Tlvs(((0x09, code), (0x0B, b"Another place"))))
    assert ended(online() >> Got(frame), Offline.REPLACED) == "Another place"


def test_replaced_without_words() -> None:
    frame = Signoff(Tlvs(((0x09, b"\1"), (0x0B, b"https://verona.lit/server"))))
    assert "somewhere else" in ended(online() >> Got(frame), Offline.REPLACED)


def rate_change(code: int, current: int) -> bytes:
    """Of class 3, as open-oscar-server has it."""
    levels = (20, 5100, 5000, 4000, 3000, current, 6000)
    return u16(code) + u16(3) + b"".join(map(u32, levels)) + bytes(5)


def test_the_same_code_when_we_were_too_fast() -> None:
    frame = Signoff(Tlvs(((0x09, b"\1"),)))
    play = online() >> snac("01/0a", rate_change(3, 3900))
    assert ended(play >> Got(frame), Offline.NETWORK) == TOO_FAST
    play = online() >> snac("01/0a", rate_change(3, 3900))
    assert ended(play >> Lost("closed"), Offline.NETWORK) == TOO_FAST


def test_a_warning_is_no_limit() -> None:
    play = online() >> snac("01/0a", rate_change(2, 4900))
    ended(play >> Got(Signoff(Tlvs(((0x09, b"\1"),)))), Offline.REPLACED)


def test_a_limit_that_is_over() -> None:
    play = online() >> snac("01/0a", rate_change(3, 3900)) >> snac("01/0a", rate_change(4, 5200))
    ended(play >> Got(Signoff(Tlvs(((0x09, b"\1"),)))), Offline.REPLACED)


# Leaving.


def test_logout() -> None:
    play = online() >> SendMessage(chat=ChatId("romeo"), body="Bye", token=Token("1"))
    play << sent("04/06") >> Logout() << Send(Signoff())
    denied = play.done[0].news
    assert isinstance(denied, Denied)
    assert denied.token == "1"
    assert ended(play, Offline.ASKED) == ""


def test_logout_before_there_is_anything_to_leave() -> None:
    (authorizing() >> Logout() << Ended(Offline.ASKED, "") << Stop()).end()
