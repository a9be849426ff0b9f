"""Personal messages, in XML and in what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.styling import ILLEGAL
from networks.msn.personal import SILENCE, Personal, Tune, build_uux, parse_ubx
from tests.servers.msn_transcript import read


def recorded(name: str) -> list[Personal]:
    return [
        parse_ubx(step.data.partition(b"\r\n")[2])
        for step in read(name)
        if not step.is_ours and step.data.startswith(b"UBX")
    ]


def test_recorded() -> None:
    assert Personal("at work & busy <é>") in recorded("login_chat")
    [played] = [one for one in recorded("privacy") if one.media]
    assert played == Personal("psm", "Song - Artist")
    assert played.shown == "psm ♫ Song - Artist"


def test_uux_is_the_recorded_one() -> None:
    sent = [
        step.data.partition(b"\r\n")[2]
        for step in read("login_chat")
        if step.is_ours and step.data.startswith(b"UUX")
    ]
    assert build_uux("") == sent[0]
    assert build_uux("at work & busy <é>") == sent[-1]


@pytest.mark.parametrize(
    ("inside", "personal"),
    [
        ("", Personal()),
        ("<PSM></PSM>", Personal()),
        ("<PSM/><CurrentMedia/>", Personal()),
        ("<PSM>I <3 you</PSM>", Personal("I <3 you")),
        ("<PSM>a <b>b</b> c</PSM>", Personal("a <b>b</b> c")),
        ("<PSM>&#x26;lt; &#60;</PSM><", Personal("&lt; <")),
        ("<PSM>a\nb\x02</PSM>", Personal("a\nb")),
        ("<PSM>x</PSM><MachineGuid>{1}</MachineGuid>", Personal("x")),
        ("<PSM>never ends", Personal()),
    ],
)
def test_personal_messages(inside: str, personal: Personal) -> None:
    assert parse_ubx(f"<Data>{inside}</Data>".encode()) == personal


def test_nothing() -> None:
    assert parse_ubx(b"") == Personal()
    assert Personal().shown == ""
    assert Personal("x").shown == "x"
    assert Personal("", "y").shown == "♫ y"


@pytest.mark.parametrize(
    ("media", "words"),
    [
        (r"\0Music\01\0{0} - {1}\0Song\0Artist\0Album\0\0", "Song - Artist"),
        (r"iTunes\0Music\01\0{1}: {0}\0A &amp; B\0C", "C: A & B"),
        (r"\0Games\01\0Playing {0}\0Chess\0", "Playing Chess"),
        (r"\0Music\00\0{0} - {1}\0Song\0Artist\0", ""),
        (r"\0Music\01\0{0} {7}\0{1}\0", "{1}"),
        (r"\0Music\01\0", ""),
        (r"\0Music", ""),
        ("x", ""),
    ],
)
def test_media(media: str, words: str) -> None:
    payload = f"<Data><PSM></PSM><CurrentMedia>{media}</CurrentMedia></Data>"
    assert parse_ubx(payload.encode()) == Personal("", words)


def test_tune_is_the_recorded_one() -> None:
    [sent] = [step.data for step in read("privacy") if step.is_ours and b"Music" in step.data]
    without_album = sent.replace(b"Album", b"").partition(b"<CurrentMedia>")[2]
    media = build_uux("psm", Tune("Song", "Artist")).partition(b"<CurrentMedia>")[2]
    assert media.removesuffix(b"</Data>") == without_album.partition(b"<MachineGuid>")[0]


@pytest.mark.parametrize(
    ("tune", "words"),
    [
        (Tune("Song", "Artist"), "Song - Artist"),
        (Tune("Song"), "Song"),
        (Tune("", "Artist"), "Artist"),
        (Tune("<3 {1} & co", "\\"), "<3 {1} & co - \\"),
        (Tune(r"a\0b\\00", "c"), r"a/0b\/00 - c"),
        (SILENCE, ""),
    ],
)
def test_tunes(tune: Tune, words: str) -> None:
    assert parse_ubx(build_uux("x", tune)) == Personal("x", words)


WORDS = st.text(max_size=40).map(lambda text: " ".join(ILLEGAL.sub("", text).split()))


@given(st.text(max_size=40), WORDS, WORDS)
def test_round_trip(text: str, title: str, artist: str) -> None:
    played = " - ".join(filter(None, (title, artist))).replace("\\0", "/0")
    found = parse_ubx(build_uux(text, Tune(title, artist)))
    assert found == Personal(ILLEGAL.sub("", text).strip(), played)


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    for payload in (data, b"<Data><PSM>" + data + b"</PSM><CurrentMedia>\\0x\\01" + data):
        personal = parse_ubx(payload)
        assert not ILLEGAL.search(personal.shown)
