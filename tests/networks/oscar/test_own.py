"""What others find about our user."""

import pytest

from gateway.commands import FetchProfile, SetProfile
from gateway.errors import Reason
from gateway.fsm import Timer
from gateway.ids import PersonId, Token
from networks.aim import NETWORK as AIM
from networks.icq import NETWORK as ICQ
from networks.oscar.blocks import build_location
from networks.oscar.details import DETAILS, build_basic
from networks.oscar.news import Answered, Denied, Described, Remember
from networks.oscar.own import MAX_PROFILE, NOT_HERE, NOT_SAVED, encoded
from networks.oscar.requests import PATIENCE
from tests.networks.oscar.play import OscarPlaybook, online, reply, sent
from tests.networks.oscar.test_people import OK, answer, asked, le, string

TOKEN = Token("1")


def set_(**fields: str) -> SetProfile:
    return SetProfile(fields=tuple(fields.items()), token=TOKEN)


def fetch(name: str) -> FetchProfile:
    return FetchProfile(person=PersonId(name), token=TOKEN)


# AIM.


def test_profile() -> None:
    play = online() >> set_(profile="A *Capulet*\n& proud ")
    html = b"<HTML><BODY>A <B>Capulet</B><BR>&amp; proud</BODY></HTML>"
    (
        play
        << Remember("profile of juliet", "A *Capulet*\n& proud")
        << Answered(TOKEN)
        << sent("02/04", build_location(profile=('text/aolrtf; charset="us-ascii"', html)))
        >> fetch("JULIET")
        << Described(TOKEN, "Juliet", (("Name", "Juliet"), ("Profile", "A *Capulet*\n& proud")))
        >> set_(profile=" ")
        << Remember("profile of juliet", "")
        << Answered(TOKEN)
        << sent("02/04")
        >> fetch("juliet")
        << sent("02/15")
    ).end()
    assert play.fields("02/04")[0x02] == b""


def test_profile_at_the_next_log_in() -> None:
    play = online(memory={"profile of juliet": "A *Capulet*", "profile of romeo": "A Montague"})
    assert play.fields("02/04")[0x02] == encoded("A *Capulet*")[1]
    play >> fetch("juliet")
    assert play.done.pop(0).news.facts[1] == ("Profile", "A *Capulet*")
    assert 0x02 not in online().fields("02/04"), "what the server has must stay"


def test_long_profile() -> None:
    for text in ("x" * MAX_PROFILE, "&" * 300, "Ю" * 490):
        play = online() >> set_(profile=text)
        assert play.done[0].news.reason is Reason.NOT_ACCEPTABLE
        assert len(play.done) == 1
    play = online() >> set_(profile="x" * 900)
    play.skip()
    assert len(play.fields("02/04")[0x02]) <= MAX_PROFILE


# ICQ.

BASIC = ("Nick", "First", "Last", "x@y", "Verona", "VR", "+39", "fax", "Street 1", "cell", "37100")
TAIL = b"\x27\x00\xfc\x01\x01\x00\x01"
"""Country, time zone, authorisation, web, direct connections, whether to publish."""

NEW = {"nick": "Juliet", "city": "Mantua", "phone": "", "notes": "O Romeo"}

SAVED = (
    "Juliet", "First", "Last", "x@y", "Mantua", "VR", "", "fax", "Street 1", "cell", "37100",
)  # fmt: skip


def packed(texts: tuple[str, ...]) -> bytes:
    return b"".join(map(string, texts))


def read(play: OscarPlaybook) -> OscarPlaybook:
    """All that is known of us."""
    play << sent("15/02")
    assert asked(play) == (0x4D0, le(100002, 4))
    play >> reply("15/03", answer(0xC8, OK, packed(BASIC) + TAIL), flags=1)
    return play >> reply("15/03", answer(0xFA, OK, b""))


def test_details() -> None:
    """What is not offered stays."""
    play = read(online("100002") >> set_(**NEW)) << sent("15/02")
    assert asked(play) == (0x3EA, packed(SAVED) + b"\x27\x00\xfc\x01")
    play >> reply("15/03", answer(0x64, OK, bytes(25), sequence=3)) << sent("15/02")
    assert asked(play) == (0x406, string("O Romeo"))
    play >> reply("15/03", answer(0x82, OK, bytes(25), sequence=4)) << Answered(TOKEN)
    play.end()


def test_details_of_somebody_unknown() -> None:
    play = online("100002") >> set_(nick="Juliet") << sent("15/02")
    play >> reply("15/03", answer(0xC8, b"\x14")) << sent("15/02")
    assert asked(play) == (0x3EA, string("Juliet") + string("") * 10 + bytes(4))
    play >> reply("15/03", answer(0x64, b"\x14", sequence=3))
    (play << Denied(TOKEN, Reason.FULL, NOT_SAVED)).end()


@pytest.mark.parametrize("known", range(12))
def test_what_a_server_leaves_out(known: int) -> None:
    body = packed(BASIC[:known])
    assert build_basic(body, {}) == body + string("") * (11 - known) + bytes(4)
    keys = [key for key, _ in DETAILS[0xC8]]
    changed = dict.fromkeys(keys, b"x")
    assert build_basic(body, changed) == string("x") * 11 + bytes(4)


def test_the_second_half_is_not_saved() -> None:
    play = read(online("100002") >> set_(**NEW)) << sent("15/02")
    play >> reply("15/03", answer(0x64, OK, bytes(25), sequence=3)) << sent("15/02")
    play >> reply("15/03", answer(0x82, b"\x32", sequence=4))
    (play << Denied(TOKEN, Reason.FULL, NOT_SAVED)).end()


def test_no_answer() -> None:
    play = read(online("100002") >> set_(**NEW)) << sent("15/02")
    for _ in range(PATIENCE):
        play >> Timer("sweep")
    (play << Denied(TOKEN, Reason.TIMEOUT, "The server did not answer.")).end()


def test_details_that_cannot_be_saved() -> None:
    play = online("100002") >> set_(nick="x" * 251, notes="Ю" * 226)
    (play << Denied(TOKEN, Reason.NOT_ACCEPTABLE, "Too long: Nickname, About.")).end()
    play = online("100002", families=(0x01, 0x04, 0x13)) >> set_(nick="Juliet")
    (play << Denied(TOKEN, Reason.NOT_SUPPORTED, NOT_HERE)).end()


def test_what_is_there_can_be_filled_in() -> None:
    """By the labels of what a profile tells."""
    play = online("100002") >> fetch("100002") << sent("15/02")
    body = b"".join(string(key) for key, _ in DETAILS[0xC8])
    play >> reply("15/03", answer(0xC8, OK, body), flags=1)
    play >> reply("15/03", answer(0xE6, OK, string("notes")))
    told = dict(play.done.pop(0).news.facts)
    assert {field.name: told[field.label] for field in ICQ.profile} == {
        field.name: field.name for field in ICQ.profile
    }
    assert [field.label for field in AIM.profile] == ["Profile"]
