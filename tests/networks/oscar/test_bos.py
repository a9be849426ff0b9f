"""BOS: getting online, staying and leaving."""

from dataclasses import replace
from hashlib import sha256

import pytest

from gateway.commands import Logout, RemoveContact, SendMessage
from gateway.events import Offline
from gateway.fsm import (
    Got,
    Lost,
    Send,
    Stop,
    Tell,
    Timer,
)
from gateway.ids import ChatId, PersonId, Token
from networks.oscar.bos import TOO_FAST
from networks.oscar.copy import LATER, SAME, Copy, decode
from networks.oscar.data import Tlvs
from networks.oscar.feedbag import parse_feedbag
from networks.oscar.news import (
    Buddy,
    Changed,
    Denied,
    Ended,
    Listed,
    Noticed,
    Remember,
    Removed,
    Renamed,
    Welcomed,
)
from networks.oscar.parts import State
from networks.oscar.wire import KeepAlive, Signoff
from tests.networks.oscar.play import (
    BOOK,
    FAMILIES,
    NURSE,
    RATES,
    OscarPlaybook,
    authorizing,
    ended,
    feedbag,
    info,
    item,
    online,
    reply,
    sent,
    signing_on,
    snac,
)
from tests.servers.oscar_wire import tlvs, u16, u32

# Signing on.


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


def test_changed_by_others_while_it_is_read() -> None:
    play = asks(REMEMBERED) >> snac("13/08", item("Paris", 1, 13, 0))
    play >> snac("13/0a", NURSE) >> reply("13/0f", u32(CHANGED) + u16(4), to="13/05")
    told = [effect.news for effect in play.done if isinstance(effect, Tell)]
    assert listed(play) == ["romeo", "Nurse"]
    assert told[2:] == [Changed(Buddy("Paris", "", ("Friends",), False)), Removed("Nurse")]


def test_changed_by_others_and_unreadable() -> None:
    play = asks(REMEMBERED) >> snac("13/08", b"\xff" * 10)
    play >> reply("13/0f", u32(CHANGED) + u16(4), to="13/05")
    assert play.fsm.oscar.state is State.ONLINE


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
    assert play.wakes["ping"] == 60
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
