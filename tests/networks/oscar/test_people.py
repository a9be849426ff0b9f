"""Profiles, ICQ's details, and looking for people."""

import pytest

from gateway.commands import FetchProfile, SearchPeople
from gateway.errors import Reason
from gateway.fsm import Timer
from gateway.ids import PersonId, Token
from networks.oscar.details import DETAILS, WHITE_PAGES
from networks.oscar.news import Denied, Described, Found
from networks.oscar.people import (
    LABELS,
    MAX_FOUND,
    NOBODY,
    NOT_A_UIN,
    NOT_HERE,
    NOTHING_ASKED,
    SEARCH_ICQ,
)
from tests.networks.oscar.frames import LOCATED
from tests.networks.oscar.play import OscarPlaybook, info, online, reply, sent, snac
from tests.servers.oscar_wire import name8, tlvs, u16, u32

TOKEN = Token("1")
OK, NOTHING = b"\x0a", b"\x32"


def fetch(name: str) -> FetchProfile:
    return FetchProfile(person=PersonId(name), token=TOKEN)


def search(**fields: str) -> SearchPeople:
    return SearchPeople(fields=tuple(fields.items()), token=TOKEN)


# AIM.


def test_profile() -> None:
    play = online() >> fetch("Probe Alice") << sent("02/15", u32(3) + name8("probealice"))
    facts = (
        ("Name", "ProbeAlice"),
        ("Profile", "profile of ProbeAlice"),
        ("Away", "gone to lunch"),
        ("Online since", "2026-11-23 05:36 UTC"),
    )
    (play >> reply("02/06", LOCATED[16:]) << Described(TOKEN, "ProbeAlice", facts)).end()


def test_more_of_a_profile() -> None:
    user = info("Romeo", (0x05, u32(1_000_000_000)), (0x04, u16(12)), warning=205)
    html = (0x02, "<HTML>Montague<br>&amp; son</HTML>")
    play = online() >> fetch("romeo") << sent("02/15")
    facts = (
        ("Name", "Romeo"),
        ("Profile", "Montague\n& son"),
        ("Member since", "2001-09-09"),
        ("Idle", "12 minutes"),
        ("Warning level", "20.5 %"),
    )
    (play >> reply("02/06", user + tlvs(html)) << Described(TOKEN, "Romeo", facts)).end()


def test_profile_at_an_old_server() -> None:
    play = online()
    play.fsm.oscar.locate = 0x05
    (play >> fetch("romeo") << sent("02/05", u16(1) + name8("romeo"))).end()


def test_profile_of_nobody() -> None:
    play = online() >> fetch("romeo") << sent("02/15") >> reply("02/01", u16(4))
    assert play.done[0].news.reason is Reason.UNAVAILABLE
    (online() >> fetch("") << Denied(TOKEN, Reason.NOT_FOUND, NOBODY)).end()


def test_people_by_address() -> None:
    play = online() >> search(email="romeo@verona.lit") << sent("0a/02", b"romeo@verona.lit")
    found = tlvs((0x01, "Romeo"), (0x01, "Sir Romeo"))
    people = tuple((name, (("Screen name", name),)) for name in ("Romeo", "Sir Romeo"))
    play >> reply("0a/03", found) << Found(TOKEN, people)
    play >> search(email="x@y") << sent("0a/02") >> reply("0a/01", u16(0x14))
    (play << Denied(TOKEN, Reason.NOT_FOUND, "The server found nothing.")).end()


def test_what_cannot_be_searched() -> None:
    bad = Denied(TOKEN, Reason.BAD_REQUEST, NOTHING_ASKED)
    (online() >> search(email=" ") << bad).end()
    (online("100002") >> search(nick=" ") << bad).end()
    (online("100002") >> search(unheard="of") << bad).end()
    nowhere = Denied(TOKEN, Reason.NOT_SUPPORTED, NOT_HERE)
    (online(families=(0x01, 0x04, 0x13)) >> search(email="x@y") << nowhere).end()


# ICQ.


def le(value: int, size: int = 2) -> bytes:
    return value.to_bytes(size, "little")


def string(text: str) -> bytes:
    raw = text.encode()
    return le(len(raw) + 1) + raw + b"\0"


def answer(subtype: int, result: bytes, body: bytes = b"", sequence: int = 2) -> bytes:
    inside = le(100002, 4) + le(0x7DA) + le(sequence) + le(subtype) + result + body
    return tlvs((0x01, le(len(inside)) + inside))


def asked(play: OscarPlaybook) -> tuple[int, bytes]:
    """Subtype and body of the last query."""
    inside = play.fields("15/02")[0x01]
    assert inside[2:6] == le(100002, 4)
    assert inside[6:8] == le(0x7D0)
    return int.from_bytes(inside[10:12], "little"), inside[12:]


def test_details() -> None:
    play = online("100002") >> fetch("100001") << sent("15/02")
    assert asked(play) == (0x4D0, le(100001, 4))
    basic = b"".join(map(string, ("Romeo", "", "Montague", "r@verona.lit", "Verona")))
    play >> reply("15/03", answer(0xC8, OK, basic), flags=1)
    more = le(17) + b"\2" + string("") + le(1580) + b"\1\2"
    play >> reply("15/03", answer(0xDC, OK, more), flags=1)
    play >> reply("15/03", answer(0xEB, OK, b"\0"), flags=1)
    play >> reply("15/03", answer(0xE6, OK, string("In love")))
    facts = (
        ("ICQ number", "100001"),
        ("Nickname", "Romeo"),
        ("Last name", "Montague"),
        ("E-mail", "r@verona.lit"),
        ("City", "Verona"),
        ("Age", "17"),
        ("Gender", "male"),
        ("Birthday", "1580-01-02"),
        ("About", "In love"),
    )
    (play << Described(TOKEN, "100001", facts)).end()


def test_details_of_nobody() -> None:
    play = online("100002") >> fetch("100001") << sent("15/02")
    play >> reply("15/03", answer(0xFA, b"\x14"))
    (play << Denied(TOKEN, Reason.NOT_FOUND, "The server knows nothing of them.")).end()
    play = online("100002") >> fetch("100001") << sent("15/02")
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep")
    (play << Denied(TOKEN, Reason.TIMEOUT, "The server did not answer.")).end()


def test_details_of_somebody_with_a_screen_name() -> None:
    (online("100002") >> fetch("romeo") << sent("02/15")).end()
    (online("Juliet") >> fetch("100001") << sent("02/15")).end()


def test_answers_to_other_questions() -> None:
    play = online("100002") >> fetch("100001") << sent("15/02")
    play >> reply("15/03", answer(0xC8, OK, string("Other"), sequence=9))
    play >> snac("15/03", answer(0xC8, OK, string("Other")))
    play >> reply("15/03", answer(0xC8, OK, string("Romeo")))
    facts = (("ICQ number", "100001"), ("Nickname", "Romeo"))
    (play << Described(TOKEN, "100001", facts)).end()


def found(uin: int, nick: str) -> bytes:
    body = le(uin, 4) + string(nick) + string("First") + string("Last") + string("x@y")
    body += b"\1" + le(1) + b"\2" + le(36)
    return le(len(body)) + body


def row(uin: str, nick: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    labels = ("ICQ number", "Nickname", "First name", "Last name", "E-mail")
    return uin, tuple(zip(labels, (uin, nick, "First", "Last", "x@y"), strict=True))


def test_search() -> None:
    play = online("100002") >> search(nick="Romeo", first="", unheard="of") << sent("15/02")
    assert asked(play)[0] == 0x55F
    play >> reply("15/03", answer(0x1A4, OK, found(100001, "Romeo")), flags=1)
    play >> reply("15/03", answer(0x1A4, OK, b"\x05\x00garbage"), flags=1)
    play >> reply("15/03", answer(0x1AE, OK, found(100003, "Paris") + le(0, 4)))
    (play << Found(TOKEN, (row("100001", "Romeo"), row("100003", "Paris")))).end()


def test_search_finds_nobody() -> None:
    play = online("100002") >> search(email="r@verona.lit") << sent("15/02")
    assert asked(play)[0] == 0x573
    (play >> reply("15/03", answer(0x1AE, NOTHING, bytes(20))) << Found(TOKEN, ())).end()


def test_search_by_number() -> None:
    play = online("100002") >> search(uin="100-001", nick="x") << sent("15/02")
    assert asked(play) == (0x569, le(0x136) + le(4) + le(100001, 4))
    denied = Denied(TOKEN, Reason.BAD_REQUEST, NOT_A_UIN)
    for bad in ("romeo", "99999999999", "4294967296", "9" * 5000):
        (online("100002") >> search(uin=bad) << denied).end()


def test_search_finds_a_crowd() -> None:
    play = online("100002") >> search(nick="Romeo") << sent("15/02")
    for number in range(MAX_FOUND + 5):
        play >> reply("15/03", answer(0x1A4, OK, found(100001 + number, "Romeo")), flags=1)
    play >> reply("15/03", answer(0x1AE, OK, found(99, "Last")))
    assert len(play.done[0].news.people) == MAX_FOUND


def test_every_detail_has_a_label() -> None:
    keys = {key for rows in DETAILS.values() for key, _ in rows if key}
    assert keys <= set(LABELS)
    assert {field.name for field in SEARCH_ICQ} <= {"uin", *WHITE_PAGES}


@pytest.mark.parametrize("name", ["romeo", "100001"])
def test_too_many_questions(name: str) -> None:
    play = online("100002")
    for _ in range(400):
        (play >> fetch(name)).skip()
    play >> fetch(name)
    assert play.done[0].news.reason is Reason.TOO_MUCH
