"""Who is there, and how we look."""

from datetime import timedelta

import pytest

from gateway.commands import ChangeNick, SetInvisible, SetName, SetPresence, SetTune
from gateway.errors import Reason
from gateway.events import Show
from gateway.fsm import Timer
from gateway.ids import Token
from networks.msn.form import MAX_NICK
from networks.msn.msnobject import picture
from networks.msn.news import Answered, Appeared, Denied, Noticed, Seen
from networks.msn.presence import MAX_TEXT, NOT_A_NAME, STATUS, picture_name
from networks.msn.settings import MsnSettings
from networks.msn.state import State
from networks.msn.wire import quote
from tests.networks.msn.play import (
    BOB,
    DONE,
    ME,
    TICKETS,
    asked,
    book,
    connected,
    fault,
    members,
    online,
)

CAPS = "268435488"

# Ours.


@pytest.mark.parametrize("show", Show)
def test_every_show(show: Show) -> None:
    play = online() >> SetPresence(show=show)
    if STATUS[show] != "NLN":
        play = play << f"CHG 10 {STATUS[show]} {CAPS} 0"
    play.end()


def test_status_and_text() -> None:
    (
        online()
        >> SetPresence(show=Show.DND, status="a < b")
        << "UUX 10\n<Data><PSM>a &lt; b</PSM><CurrentMedia></CurrentMedia></Data>"
        << f"CHG 11 BSY {CAPS} 0"
        >> "UUX 10 0"
        >> f"CHG 11 BSY {CAPS} 0"
        >> SetPresence(show=Show.DND, status="a < b")
        >> SetPresence(show=Show.DND)
        << "UUX 12\n<Data><PSM></PSM><CurrentMedia></CurrentMedia></Data>"
    ).end()


def test_long_texts_are_cut() -> None:
    play = online() >> SetPresence(show=Show.AVAILABLE, status="x" * 1000)
    assert play.done[0].frame.payload.count(b"x") == MAX_TEXT


def test_tune() -> None:
    """It stands beside the personal message, and a change of one leaves the other."""
    media = r"\0Music\01\0{0} - {1}\0Romeo &amp; Juliet\0Dire Straits\0\0\0"
    (
        online()
        >> SetTune(title="Romeo & Juliet", artist="Dire Straits")
        << f"UUX 10\n<Data><PSM></PSM><CurrentMedia>{media}</CurrentMedia></Data>"
        >> SetTune(title="Romeo & Juliet", artist="Dire Straits")
        >> SetPresence(show=Show.AVAILABLE, status="x")
        << f"UUX 11\n<Data><PSM>x</PSM><CurrentMedia>{media}</CurrentMedia></Data>"
        >> SetTune()
        << "UUX 12\n<Data><PSM>x</PSM><CurrentMedia></CurrentMedia></Data>"
    ).end()


def test_long_tunes_are_cut() -> None:
    play = online() >> SetTune(title="x" * 1000, artist="y" * 1000)
    payload = play.done[0].frame.payload
    assert payload.count(b"x") == payload.count(b"y") == MAX_TEXT


def test_idle() -> None:
    idle = timedelta(minutes=5)
    (
        online()
        >> SetPresence(show=Show.AVAILABLE, idle=idle)
        << f"CHG 10 IDL {CAPS} 0"
        >> SetPresence(show=Show.DND, idle=idle)
        << f"CHG 11 BSY {CAPS} 0"
    ).end()


def test_too_many_changes() -> None:
    """The last of them is said once more."""
    (
        online()
        >> SetPresence(show=Show.AWAY)
        << f"CHG 10 AWY {CAPS} 0"
        >> SetPresence(show=Show.DND)
        << f"CHG 11 BSY {CAPS} 0"
        >> f"CHG 10 AWY {CAPS} 0"
        >> "800 11"
        >> Timer("status")
        << f"CHG 12 BSY {CAPS} 0"
        >> "201 12"
    ).end()


def test_invisible() -> None:
    (
        online()
        >> SetInvisible(is_invisible=True)
        << f"CHG 10 HDN {CAPS} 0"
        >> SetPresence(show=Show.AWAY)
        >> SetInvisible(is_invisible=False)
        << f"CHG 11 AWY {CAPS} 0"
    ).end()


def test_name() -> None:
    (
        online()
        >> ChangeNick(nick=" Alice   é ", token=Token("1"))
        << "PRP 10 MFN Alice%20%C3%A9"
        >> "PRP 10 MFN Alice%20é"
        << Answered(Token("1"))
        << asked("ABContactUpdate", "<displayName>Alice é<")
        >> DONE
    ).end()


def test_name_that_is_not_kept() -> None:
    (
        online()
        >> ChangeNick(nick="Alice", token=Token("1"))
        << "PRP 10 MFN Alice"
        >> "PRP 10 MFN Alice"
        << Answered(Token("1"))
        << asked("ABContactUpdate")
        >> fault("Forbidden")
        << Noticed(
            "Your display name holds until you log out, and could not be stored: "
            "The server cannot do that."
        )
    ).end()


def test_name_of_our_user_in_xmpp() -> None:
    (
        online()
        >> SetName(name="Alice")
        << "PRP 10 MFN Alice"
        >> "PRP 10 MFN Alice"
        << asked("ABContactUpdate", "<displayName>Alice<")
        >> DONE
        >> SetName(name="Alice")
        >> SetName(name="\0")
        >> SetName(name="")
        >> SetName(name="x" * 200)
        << f"PRP 11 MFN {'x' * MAX_NICK}"
        >> "209 11"
        << Noticed(
            f"You are not shown as {'x' * MAX_NICK!r} on MSN: "
            "The server does not take that name. (error 209)"
        )
    ).end()


def test_name_that_was_chosen_for_msn() -> None:
    play = (online(nick="Alice") >> DONE).skip()
    (play >> SetName(name="Al")).end()


def test_name_that_is_not_taken() -> None:
    (
        online()
        >> ChangeNick(nick="Microsoft", token=Token("1"))
        << "PRP 10 MFN Microsoft"
        >> "209 10"
        << Denied(
            Token("1"), Reason.NOT_ACCEPTABLE, "The server does not take that name. (error 209)"
        )
    ).end()


@pytest.mark.parametrize("nick", ["", "  ", "x" * 200, "a\0b"])
def test_what_is_no_name(nick: str) -> None:
    play = online() >> ChangeNick(nick=nick, token=Token("1"))
    (play << Denied(Token("1"), Reason.NOT_ACCEPTABLE, NOT_A_NAME)).end()


# Theirs.


def test_from_coming_to_going() -> None:
    (
        online()
        >> f"ILN 9 AWY {BOB} 1 Bob%20é%20<B> 2788999228 0"
        << Appeared(BOB, "Bob é <B>", "")
        << Seen(BOB, "AWY")
        >> f"UBX {BOB} 1\n<Data><PSM>at work &#x26; busy <é></PSM><CurrentMedia/></Data>"
        << Seen(BOB, "AWY", "at work & busy <é>")
        >> f"UBX {BOB} 1\n<Data><PSM>at work &#x26; busy <é></PSM></Data>"
        >> f"NLN BSY {BOB} 1 Bob%20é%20<B> 2788999228 0"
        << Seen(BOB, "BSY", "at work & busy <é>")
        >> f"NLN BSY {BOB} 1 100%25%20+%20😀 2788999228 0"
        << Appeared(BOB, "100% + 😀", "")
        >> f"UBX {BOB} 1\n"
        << Seen(BOB, "BSY")
        >> f"FLN {BOB} 1 0"
        << Seen(BOB, "FLN")
        >> f"FLN {BOB} 1 0"
        >> f"UBX {BOB} 1\n<Data><PSM>x</PSM></Data>"
    ).end()


def test_media() -> None:
    media = r"\0Music\01\0{0} - {1}\0Song\0Artist\0Album\0\0"
    (
        (online() >> f"NLN NLN {BOB} 1 Bob 0 0").skip()
        >> f"UBX {BOB} 1\n<Data><PSM>psm</PSM><CurrentMedia>{media}</CurrentMedia></Data>"
        << Seen(BOB, "NLN", "psm ♫ Song - Artist")
    ).end()


def test_pictures_are_named() -> None:
    shown = picture(BOB, b"data").text
    name = picture_name(shown)
    assert len(name) == 40
    (
        online()
        >> f"NLN NLN {BOB} 1 Bob 0 {quote(shown)}"
        << Appeared(BOB, "Bob", name)
        << Seen(BOB, "NLN")
        >> f"NLN NLN {BOB} 1 Bob 0 0"
        << Appeared(BOB, "Bob", "")
    ).end()


@pytest.mark.parametrize("described", ["", "0", "<msnobj", "<msnobj/>", "%", "x" * 2000])
def test_what_is_no_picture(described: str) -> None:
    assert picture_name(described) == ""


def test_ourselves_are_not_news() -> None:
    (online() >> f"NLN BSY {ME} 1 Alice 0 0").end()


def test_names_with_nothing_in_them() -> None:
    (online() >> f"NLN NLN {BOB} 1  268435488 0" << Appeared(BOB, "", "") << Seen(BOB, "NLN")).end()


def test_msnp13_has_no_networks() -> None:
    play = connected(settings=MsnSettings(server="msn.verona.lit", protocol="MSNP13"))
    for given in (
        "VER 1 MSNP13",
        "CVR 2 1 1 1 x x",
        "USR 3 TWN S ct=1",
        TICKETS,
        f"USR 4 OK {ME} 1 0",
        members(),
        book(),
    ):
        play = (play >> given).skip()
    assert play.fsm.msn.state is State.ONLINE
    (
        play
        >> f"ILN 9 BSY {BOB} Bob 2788999228 0"
        << Appeared(BOB, "Bob", "")
        << Seen(BOB, "BSY")
        >> f"UBX {BOB}\n<Data><PSM>x</PSM></Data>"
        << Seen(BOB, "BSY", "x")
        >> f"FLN {BOB}"
        << Seen(BOB, "FLN")
    ).end()
