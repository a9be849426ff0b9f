"""Texts as they look, both ways."""

from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.styling import is_joined
from networks.msn import mime
from networks.msn.mime import parse
from networks.msn.text import (
    FORMAT,
    MAX_PAYLOAD,
    Text,
    incoming,
    is_nudge,
    is_typing,
    nudge,
    outgoing,
    typing,
)
from tests.servers.msn_transcript import read

# From the network.


def received(text: str, format: str = "") -> Text:
    head = f"Content-Type: text/plain; charset=UTF-8\r\n{FORMAT}: {format}\r\n\r\n"
    return incoming(parse((head + text).encode()))


@pytest.mark.parametrize(
    ("format", "shown"),
    [
        ("", Text("Hi")),
        ("FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0", Text("Hi")),
        ("EF=B", Text("*Hi*", "<strong>Hi</strong>")),
        ("FN=Arial;EF=bi;CO=0", Text("*_Hi_*", "<strong><em>Hi</em></strong>")),
        ("EF=U", Text("Hi", '<span style="text-decoration: underline">Hi</span>')),
        ("EF=S", Text("~Hi~", '<span style="text-decoration: line-through">Hi</span>')),
        ("CO=ff", Text("Hi", '<span style="color: #ff0000">Hi</span>')),
        ("CO=800000", Text("Hi", '<span style="color: #000080">Hi</span>')),
        ("CO=-1; EF=?", Text("Hi")),
        ("CO=1234567", Text("Hi")),
        (";;=;", Text("Hi")),
    ],
)
def test_formats(format: str, shown: Text) -> None:
    assert received("Hi", format) == shown


@pytest.mark.parametrize(
    ("text", "format", "shown"),
    [
        ("one\r\ntwo", "EF=B", Text("*one*\n*two*", "<strong>one<br/>two</strong>")),
        ("2*3", "EF=B", Text("2*3", "<strong>2*3</strong>")),
        ("<3 & more", "EF=I", Text("_<3 & more_", "<em>&lt;3 &amp; more</em>")),
        ("(mine) :-)", "", Text("(mine) :-)")),
        ("a\x02b\r\n", "", Text("ab")),
        ("  ", "EF=B", Text("")),
        ("", "", Text("")),
    ],
)
def test_texts(text: str, format: str, shown: Text) -> None:
    """An emoticon of the sender's own stands as it was typed."""
    assert received(text, format) == shown


@given(st.binary(max_size=100), st.text(max_size=30))
def test_any_bytes_fit_xml(data: bytes, format: str) -> None:
    head = f"Content-Type: text/plain\r\n{FORMAT}: {format}\r\n\r\n"
    shown = incoming(parse(head.encode(errors="replace") + data))
    fromstring(f"<body>{shown.xhtml}</body>")


# To the network.


def sent(body: str) -> list[tuple[str, str]]:
    """Effects and text of each payload."""
    found = []
    for payload in outgoing(body):
        message = parse(payload)
        effects = message.get(FORMAT).split("; ")[1].removeprefix("EF=")
        found.append((effects, message.text))
    return found


def test_the_recorded_payload() -> None:
    recorded = next(
        step.data.partition(b"\r\n")[2]
        for step in read("login_chat")
        if step.link == "SB" and step.data.startswith(b"MSG 4 A")
    )
    assert outgoing(parse(recorded).text) == [recorded]


@pytest.mark.parametrize(
    ("body", "effects", "text"),
    [
        ("Hi", "", "Hi"),
        ("*Hi*", "B", "Hi"),
        ("_Hi_", "I", "Hi"),
        ("~Hi~", "S", "Hi"),
        ("*_Hi_*", "BI", "Hi"),
        ("`Hi`", "", "`Hi`"),
        ("*Hi* you", "", "*Hi* you"),
        ("*one*\n*two*", "B", "one\r\ntwo"),
        ("*one*\n\n*two*", "B", "one\r\n\r\ntwo"),
        ("*one*\n_two_", "", "*one*\r\n_two_"),
        ("> *one*", "", "> *one*"),
        ("```\n*x*\n```", "", "```\r\n*x*\r\n```"),
        ("a\r\nb\rc", "", "a\r\nb\r\nc"),
        (" x ", "", " x "),
        ("/me waves", "", "/me waves"),
    ],
)
def test_outgoing(body: str, effects: str, text: str) -> None:
    assert sent(body) == [(effects, text)]


def test_nothing_to_send() -> None:
    assert outgoing("") == outgoing(" \n ") == outgoing("\x02") == []


@pytest.mark.parametrize(
    "body", ["x" * 5000, "é" * 3000, "👍🏽" * 1000, "*" + "y z " * 1000 + "!*"]
)
def test_long_ones(body: str) -> None:
    payloads = outgoing(body)
    assert len(payloads) > 2
    assert all(len(payload) <= MAX_PAYLOAD for payload in payloads)
    texts = [text for _, text in sent(body)]
    assert "".join(texts).replace(" ", "") == body.strip("*").replace(" ", "")
    for before, after in pairwise(texts):
        assert not is_joined(before + after, len(before))


def test_exactly_full() -> None:
    room = MAX_PAYLOAD - len(outgoing("x")[0]) + 1
    assert [len(payload) for payload in outgoing("x" * room)] == [MAX_PAYLOAD]
    assert len(outgoing("x" * (room + 1))) == 2


def test_cut_between_lines() -> None:
    assert [text for _, text in sent("x" * 1000 + "\n" + "y" * 1000)] == ["x" * 1000, "y" * 1000]


@given(st.text(max_size=3000))
@example("\n" * 3000)
@example("é\n" * 1500)
@example("*" * 2000)
def test_no_payload_is_too_long(body: str) -> None:
    for payload in outgoing(body):
        assert len(payload) <= MAX_PAYLOAD
        assert parse(payload).text.strip()
        assert "\ufffd" not in parse(payload).text or "\ufffd" in body


@given(st.sampled_from(["EF=", "EF=B", "EF=I", "EF=BIS"]), st.text("ab \n", min_size=1))
def test_there_and_back(format: str, text: str) -> None:
    """What we show, sent back as it is, looks the same again, but for spaces."""
    shown = received(text, format)
    for effects, piece in sent(shown.body):
        again = received(piece, f"EF={effects}").body
        assert again.split() == shown.body.split()


# Signals.


def test_signals_are_the_recorded_ones() -> None:
    recorded = [
        step.data.partition(b"\r\n")[2]
        for step in read("login_chat")
        if step.link == "SB" and step.is_ours and step.who == "bob" and step.data[:3] == b"MSG"
    ]
    assert recorded[0] == typing("bob@example.com")
    assert recorded[2] == nudge()
    assert is_typing(parse(recorded[0]))
    assert is_nudge(parse(recorded[2]))
    for number, payload in enumerate(recorded):
        assert is_typing(parse(payload)) == (number == 0)
        assert is_nudge(parse(payload)) == (number == 2)


def test_other_data() -> None:
    assert not is_nudge(parse(mime.build(mime.DATACAST, b"ID: 2\r\n\r\n")))
    assert not is_typing(parse(mime.build(mime.CONTROL, b"")))
