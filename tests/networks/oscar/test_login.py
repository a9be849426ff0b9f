"""The login server: who gets in, and what becomes of those who do not."""

from hashlib import md5
from typing import Any

import pytest

from gateway.events import Offline
from gateway.fsm import (
    MAIN,
    Connected,
    Fetch,
    Fetched,
    Got,
    HangUp,
    Lost,
    Send,
    Timer,
    Tls,
)
from networks.oscar.data import Tlvs
from networks.oscar.fsm import OscarFsm
from networks.oscar.kerberos import MAX_ANSWER, build_request
from networks.oscar.refusals import LOGIN_ERRORS, PACE
from networks.oscar.state import AUTH
from networks.oscar.wire import Signoff, Signon
from tests.networks.oscar.play import (
    COOKIE,
    SETTINGS,
    Dialled,
    OscarPlaybook,
    authorizing,
    ended,
    how,
    online,
    redirected,
    sent,
    signing_on,
    snac,
)
from tests.servers.oscar_wire import string16, tlvs, u16, u32

SALT = b"AOL Instant Messenger (SM)"


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


def asking(name: str = "Juliet", **changed: Any) -> OscarPlaybook:
    """For a ticket."""
    settings = KDC.model_copy(update=changed)
    return OscarPlaybook(OscarFsm(how(name, settings=settings)))


def ticket(is_tls: bool = False) -> Fetched:
    """050c/0003"""
    where = tlvs((0x05, "bos.verona.lit:5191"), (0x06, COOKIE), (0x8E, u16(2 if is_tls else 0)))
    names = [string16(name) for name in ("Juliet", "AOL", "AOL", "im/boss", "AOL", "Juliet")]
    head = u32(0x050C0003) + bytes(6) + bytes(12) + names[0] + names[1] + bytes(6)
    inside = tlvs((0x03, u16(1) + u16(3) + where))
    body = head + b"".join(names[2:]) + bytes(39) + u16(1) + inside
    return Fetched(name="ticket", status=200, body=body)


def denied(code: int, text: str) -> Fetched:
    """050c/0004"""
    head = u32(0x050C0004) + bytes(6) + u32(1) + string16("Juliet")
    return Fetched(name="ticket", status=200, body=head + u16(code) + string16(text))


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
    play = asking(**changed)
    assert play.wakes["login"] == 60
    (
        play
        << Fetch(
            name="ticket",
            host=host,
            port=port,
            tls=tls,
            headers=(("Content-Type", "application/x-snac"),),
            body=build_request("Juliet", b"wherefore"),
            seconds=60,
            max_size=MAX_ANSWER,
        )
        >> ticket(is_tls=True)
        << Dialled("bos.verona.lit", 5191, MAIN, play.fsm.oscar.settings.trust)
        >> Connected()
        >> Got(Signon())
        << Send(Signon(Tlvs(((0x06, COOKIE),))))
    ).end()


def test_only_eight_bytes_of_an_icq_password_count_here_too() -> None:
    [fetch] = asking("100001").done
    assert fetch.body == build_request("100001", b"wherefor")


def test_kerberos_leads_to_a_place_without_tls() -> None:
    play = asking().skip() >> ticket()
    (play << Dialled("bos.verona.lit", 5191, MAIN)).end()
    play = asking(tls=True).skip() >> ticket()
    (play << Dialled("bos.verona.lit", 5191, MAIN, Tls())).end()


@pytest.mark.parametrize(
    ("code", "why", "words"),
    [
        (0x0401, Offline.BAD_CREDENTIALS, "The name or the password is wrong."),
        (0x0777, Offline.NETWORK, "The server refused the log-in."),
    ],
)
def test_kerberos_refused(code: int, why: Offline, words: str) -> None:
    play = asking().skip() >> denied(code, "Auth failure")
    assert ended(play, why) == f"{words} (code {code:04x}h, Auth failure)"
    play = asking().skip() >> denied(code, "")
    assert ended(play, why) == f"{words} (code {code:04x}h)"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Fetched(name="ticket", failure="no answer in 60 s"), "no answer in 60 s"),
        (Fetched(name="ticket", status=404), "HTTP status 404: 200 expected"),
        (Fetched(name="ticket", status=200, body=b"<html>"), "cannot be understood"),
    ],
)
def test_kerberos_does_not_answer(answer: Fetched, words: str) -> None:
    assert words in ended(asking().skip() >> answer, Offline.NETWORK)


def test_kerberos_takes_too_long() -> None:
    assert "60 seconds" in ended(asking().skip() >> Timer("login"), Offline.NETWORK)


def test_lost_on_the_way() -> None:
    assert ended(authorizing() >> Lost("refused", AUTH), Offline.NETWORK) == "refused"
    assert ended(redirected() >> Lost("refused"), Offline.NETWORK) == "refused"
    assert ended(signing_on() >> Lost("closed"), Offline.NETWORK) == "closed"


def test_nobody_waits_for_ever() -> None:
    for play in (authorizing(), redirected(), signing_on()):
        assert play.wakes["login"] == 60
        assert "60 seconds" in ended(play >> Timer("login"), Offline.NETWORK)
    (online() >> Timer("login")).end()
