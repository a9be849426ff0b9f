"""Who is there, and whether we are."""

from datetime import timedelta

import pytest

from gateway.commands import SendMessage, SetInvisible, SetPresence
from gateway.events import Show
from gateway.fsm import Timer
from gateway.ids import ChatId, Token
from networks.oscar.blocks import build_location
from networks.oscar.news import Appeared, Seen
from networks.oscar.presence import MAX_AWAY, MAX_IDLE, encoded
from tests.networks.oscar.frames import ARRIVED, ARRIVED_ICON, ARRIVED_ISD, DEPARTED, LOCATED
from tests.networks.oscar.play import OscarPlaybook, info, online, reply, sent, snac
from tests.servers.oscar_wire import name8, tlvs, u8, u16, u32

HEAD = 16
"""Bytes of FLAP and SNAC header."""

MIME = 'text/aolrtf; charset="us-ascii"'


def here(show: Show, status: str = "") -> SetPresence:
    return SetPresence(show=show, status=status)


# Ours.


def test_away_and_back() -> None:
    html = "<HTML><BODY>Out &amp; about</BODY></HTML>"
    (
        online()
        >> here(Show.AWAY, "Out & about")
        << sent("02/04", tlvs((0x03, MIME), (0x04, html)))
        >> here(Show.XA, "Out & about")
        >> here(Show.AVAILABLE)
        << sent("02/04", tlvs((0x04, b"")))
        >> here(Show.CHAT)
    ).end()


def test_absence_without_words() -> None:
    play = online() >> here(Show.DND) << sent("02/04")
    assert b"Please do not disturb" in play.fields("02/04")[0x04]


def test_words_without_absence() -> None:
    play = online() >> here(Show.AVAILABLE, "Reading") << sent("01/1e")
    found = play.fields("01/1e")
    assert found[0x06] == u32(0)
    assert b"Reading" in found[0x1D]
    play >> here(Show.AVAILABLE, "Reading") >> here(Show.AVAILABLE) << sent("01/1e")
    assert 0x1D in play.fields("01/1e")


NO_NOTE = (0x1D, u16(2) + u8(4) + u8(0) + u16(9) + u8(0) + u8(0))


def status(word: int, note: tuple[int, bytes] = NO_NOTE) -> bytes:
    return tlvs((0x06, u32(word)), note)


def test_offline() -> None:
    play = online() >> here(Show.OFFLINE) << sent("01/1e", status(0x100))
    (play >> here(Show.AVAILABLE) << sent("01/1e", status(0))).end()


def invisible(is_invisible: bool) -> SetInvisible:
    return SetInvisible(is_invisible=is_invisible)


@pytest.mark.parametrize(("name", "word"), [("Juliet", 0), ("100001", 5)])
def test_invisible(name: str, word: int) -> None:
    """Servers answer anything else of ours by telling everybody that we are there."""
    play = online(name)
    (
        play
        >> invisible(True)
        << sent("01/1e", status(0x100))
        >> here(Show.AWAY, "At dinner")
        >> SetPresence(show=Show.XA, status="At dinner", idle=timedelta(minutes=5))
        >> invisible(True)
        >> invisible(False)
        << sent("01/1e")
        << sent("02/04", build_location(away=encoded("At dinner")))
        << sent("01/11", u32(300))
    ).end()
    assert play.fields("01/1e")[0x06] == u32(word)


def test_invisible_for_a_moment() -> None:
    play = online() >> here(Show.AVAILABLE, "Reading") << sent("01/1e")
    reading = play.last("01/1e")
    play >> invisible(True) << sent("01/1e", status(0x100))
    (play >> invisible(False) << sent("01/1e", reading)).end()


def test_invisible_before_anything_was_said() -> None:
    play = online() >> invisible(True) << sent("01/1e", status(0x100))
    (play >> invisible(False) << sent("01/1e", status(0))).end()


def test_invisible_from_the_first_moment() -> None:
    play = online(is_invisible=True) >> here(Show.CHAT, "Hello") >> invisible(True)
    (play >> invisible(False) << sent("01/1e")).end()
    assert play.fields("01/1e")[0x06] == u32(0)


def test_invisible_people_write() -> None:
    play = online(is_invisible=True)
    (play >> SendMessage(chat=ChatId("romeo"), body="Psst", token=Token("1"))) << sent("04/06")
    play.end()


# How long we are idle.


def idle(seconds: float | None, status: str = "") -> SetPresence:
    since = None if seconds is None else timedelta(seconds=seconds)
    return SetPresence(show=Show.AVAILABLE, status=status, idle=since)


def test_idle() -> None:
    """The server counts on by itself."""
    (
        online()
        >> idle(None)
        >> idle(300.5)
        << sent("01/11", u32(300))
        >> idle(330)
        << sent("01/11", u32(330))
        >> idle(None)
        << sent("01/11", u32(0))
        >> idle(None)
    ).end()


@pytest.mark.parametrize(("seconds", "told"), [(-5, 1), (0, 1), (1e9, MAX_IDLE)])
def test_idle_times_that_make_no_sense(seconds: float, told: int) -> None:
    (online() >> idle(seconds) << sent("01/11", u32(told))).end()


def test_server_that_takes_no_text_with_the_status() -> None:
    play = online("100001") >> here(Show.CHAT, "Reading") << sent("01/1e")
    assert b"Reading" in play.fields("01/1e")[0x1D]
    play >> reply("01/01", u16(0x0E)) << sent("01/1e", tlvs((0x06, u32(0x20))))
    play >> here(Show.CHAT, "Writing")
    (play >> here(Show.AVAILABLE, "Writing") << sent("01/1e", tlvs((0x06, u32(0))))).end()


def test_server_that_says_nothing_of_our_status() -> None:
    play = online("100001") >> here(Show.CHAT) << sent("01/1e")
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep") >> here(Show.AVAILABLE, "Writing")
    play << sent("01/1e")
    assert 0x1D in play.fields("01/1e")
    (play >> reply("01/0f", info("100001"))).end()
    assert not play.fsm.oscar.pending


@pytest.mark.parametrize(
    ("show", "word"),
    [
        (Show.CHAT, 0x20),
        (Show.AWAY, 0x01),
        (Show.XA, 0x05),
        (Show.DND, 0x13),
        (Show.OFFLINE, 0x100),
    ],
)
def test_icq_status(show: Show, word: int) -> None:
    play = online("100001") >> here(show) << sent("01/1e", status(word))
    if show not in (Show.CHAT, Show.OFFLINE):
        play << sent("02/04")
    (play >> here(show)).end()


def test_only_the_last_word_is_sent() -> None:
    """When more waits than may go."""
    play = online()
    for number in range(300):
        play >> here(Show.AWAY, f"Number {number}")
        play.skip()
    waiting = [entry for entry in play.fsm.oscar.rates.unsent if entry.key == "away"]
    assert len(waiting) == 1
    assert b"Number 299" in waiting[0].snac.data


@pytest.mark.parametrize("text", ["x" * 5000, "&" * 900, "\U0001f339" * 900])
def test_long_texts_are_cut(text: str) -> None:
    play = online() >> here(Show.AWAY, text) << sent("02/04")
    found = play.fields("02/04")[0x04]
    assert MAX_AWAY / 2 < len(found) <= MAX_AWAY


# Theirs.


def test_arrived_and_departed() -> None:
    (
        online()
        >> snac("03/0b", ARRIVED[HEAD:])
        << Appeared("Probe Bob", None)
        << Seen("Probe Bob", True, False, 0)
        >> snac("03/0b", ARRIVED[HEAD:])
        << Seen("Probe Bob", True, False, 0)
        >> snac("03/0c", info("probebob"))
        << Seen("Probe Bob", False)
        >> snac("03/0c", DEPARTED[HEAD:])
        << Seen("probealice", False)
    ).end()


def test_arrived_and_invisible() -> None:
    play = online() >> snac("03/0b", info("Romeo", (0x06, u32(0x10000)))) << Appeared("Romeo", None)
    play << Seen("Romeo", True, False, 0x10000)
    play >> snac("03/0b", info("Romeo", (0x06, u32(0x10100)))) << Seen("Romeo", False)
    play >> snac("03/0b", info("Romeo", (0x06, u32(0)))) << Appeared("Romeo", None)
    (play << Seen("Romeo", True, False, 0)).end()


def test_icon() -> None:
    icon = "cfab286c974016780d0cdf2b96371b10"
    none = (0x1D, u16(1) + u8(0) + u8(5) + bytes.fromhex("0201d20472"))
    (
        online()
        >> snac("03/0b", ARRIVED_ICON[HEAD:])
        << Appeared("ProbeAlice", icon)
        << Seen("ProbeAlice", True, False, 0)
        >> snac("03/0b", info("ProbeAlice", none))
        << Appeared("ProbeAlice", "")
        << Seen("ProbeAlice", True)
    ).end()


def test_iserverd() -> None:
    """An empty TLV 04 where others have idle minutes."""
    play = online("200001") >> snac("03/0b", ARRIVED_ISD[HEAD:]) << Appeared("200002", None)
    (
        play
        << Seen("200002", True, False, 0x10000)
        >> snac("03/0b", info("200002", (0x01, u16(0x70)), (0x04, b""), (0x06, u32(1))))
    )
    (play << Seen("200002", True, True, 1) << sent("02/15")).end()


def test_idle_and_a_text() -> None:
    note = u16(2) + u8(4) + u8(11) + u16(7) + b"Reading" + u16(0)
    play = online() >> snac("03/0b", info("Romeo", (0x04, u16(7)), (0x1D, note)))
    play << Appeared("Romeo", None)
    (play << Seen("Romeo", True, note="Reading", idle_minutes=7)).end()


# Away texts.

AWAY = (0x01, u16(0x30))


def away(play: OscarPlaybook, *fields: tuple[int, bytes]) -> OscarPlaybook:
    return play >> snac("03/0b", info("Romeo", AWAY, *fields))


def located(html: str) -> bytes:
    return info("Romeo", AWAY) + tlvs((0x03, MIME), (0x04, html))


def test_away_text_is_fetched() -> None:
    play = away(online()) << Appeared("Romeo", None) << Seen("Romeo", True, True)
    play << sent("02/15", u32(2) + name8("romeo")) >> reply("02/06", located("<B>out</B>"))
    play << Seen("Romeo", True, True, away="<B>out</B>")
    away(play, (0x04, u16(5))) << Seen("Romeo", True, True, away="<B>out</B>", idle_minutes=5)
    # Nothing but the text can have changed.
    away(play, (0x04, u16(5))) << Seen("Romeo", True, True, away="<B>out</B>", idle_minutes=5)
    play << sent("02/15") >> reply("02/06", located("<B>out</B>"))
    play >> snac("03/0b", info("Romeo")) << Seen("Romeo", True)
    play.end()


def test_away_text_that_comes_too_late() -> None:
    play = away(online()).skip()
    (play >> snac("03/0c", info("romeo"))).skip()
    (play >> reply("02/06", located("out"))).end()
    play = away(online()).skip()
    (play >> snac("03/0b", info("Romeo"))).skip()
    (play >> reply("02/06", located("out"))).end()
    play = away(online()).skip()
    (play >> reply("02/06", info("Romeo"))).end()


def test_away_text_of_somebody_who_left() -> None:
    play = away(online()).skip()
    (play >> reply("02/01", u16(4))).end()


def test_old_ways_to_fetch_it() -> None:
    play = away(online()).skip()
    play >> reply("02/01", u16(1)) << sent("02/05", u16(2) + name8("romeo"))
    play >> reply("02/01", u16(1))
    away(play) << Seen("Romeo", True, True)
    play.end()


def test_no_answer_is_no_reason_to_ask_in_another_way() -> None:
    play = away(online()).skip()
    (play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep")).end()


def test_a_crowd_that_leaves_for_lunch() -> None:
    """Each is asked once, however often they come and go, and not at once."""
    play = online()
    for _ in range(3):
        for number in range(300):
            (play >> snac("03/0b", info(f"guest{number}", AWAY))).skip()
    asked = [effect for effect in play.sent if effect.frame.subtype == 0x15]
    waiting = play.fsm.oscar.rates.unsent
    assert 0 < len(asked) < 200
    assert len({entry.key for entry in waiting}) == len(waiting) <= 300


def test_located_by_a_real_server() -> None:
    play = online() >> snac("03/0b", info("ProbeAlice", AWAY))
    play.skip()
    play >> reply("02/06", LOCATED[HEAD:])
    (play << Seen("ProbeAlice", True, True, away="<HTML>gone to lunch</HTML>")).end()
