"""Headers and bodies of MSG, whole and in chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.msn import mime
from networks.msn.fields import MAX_FIELDS
from networks.msn.mime import MAX_CHUNKS, MAX_OPEN, MAX_WHOLE, Assembler, Message, build, parse
from tests.servers.msn_transcript import read

HELLO = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
    b"X-MMS-IM-Format: FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0\r\n\r\nHello Bob, \xc3\xbcn"
)
FORMAT = ("X-MMS-IM-Format", "FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0")


def test_parse() -> None:
    message = parse(HELLO)
    assert message == Message("text/plain", "Hello Bob, ün".encode(), (FORMAT,))
    assert message.text == "Hello Bob, ün"
    assert message.get("x-mms-im-format") == FORMAT[1]
    assert message.get("Nothing") == ""


def test_build() -> None:
    assert build(mime.PLAIN, "Hello Bob, ün".encode(), FORMAT, charset="UTF-8") == HELLO


def recorded(name: str, type: str) -> Message:
    """The first that the server sent."""
    for step in read(name):
        payload = step.data.partition(b"\r\n")[2]
        if not step.is_ours and step.data.startswith(b"MSG") and parse(payload).type == type:
            return parse(payload)
    raise LookupError(type)


def test_recorded_notifications() -> None:
    profile = recorded("login_chat", mime.PROFILE)
    assert profile.get("MSPAuth").startswith("8b254996ba90e2218a3a")
    assert profile.get("sid") == "507"
    mail = recorded("oim", mime.OFFLINE_MESSAGE)
    assert mail.field("Mail-Data").startswith("<MD><M><T>11</T>")


@pytest.mark.parametrize(
    ("content", "body", "text"),
    [
        ("text/plain; charset=UTF-8", "é".encode(), "é"),
        ("text/plain", "é".encode(), "é"),
        ('text/plain; charset="iso-8859-1"', b"\xe9", "é"),
        ("text/plain; charset=utf-8", b"\xe9", "\ufffd"),
        ("text/plain; charset=klingon", "é".encode(), "é"),
        ("text/plain; charset=hex", "é".encode(), "é"),
        ("text/plain; charset=us-ascii", "é".encode(), "é"),
        ("TEXT/Plain;charset=UTF-16LE", "é".encode("utf-16-le"), "é"),
    ],
)
def test_charsets(content: str, body: bytes, text: str) -> None:
    message = parse(f"Content-Type: {content}\r\n\r\n".encode() + body)
    assert (message.type, message.text) == ("text/plain", text)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", Message("", b"")),
        (b"\r\nbody", Message("", b"body")),
        (b"A: 1\nB : 2 \n\nx\r\n\r\ny", Message("", b"x\r\n\r\ny", (("A", "1"), ("B", "2")))),
        (b"A: 1", Message("", b"", (("A", "1"),))),
        (b"nothing\r\n\r\n", Message("", b"")),
    ],
)
def test_lenient(payload: bytes, message: Message) -> None:
    assert parse(payload) == message


def test_many_headers() -> None:
    assert len(parse(b"A: 1\r\n" * 1000).headers) == MAX_FIELDS


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for payload in (data, b"Content-Type: text/plain; charset=" + data):
        message = parse(payload)
        assert isinstance(message.text, str)
        assert isinstance(message.field("ID"), str)


# Chunks.


def chunks(id: str, *parts: bytes) -> list[Message]:
    first = build(mime.PLAIN, parts[0], ("Message-ID", id), ("Chunks", str(len(parts))), FORMAT)
    rest = [
        f"Message-ID: {id}\r\nChunk: {number}\r\n\r\n".encode() + part
        for number, part in enumerate(parts[1:], 1)
    ]
    return [parse(payload) for payload in (first, *rest)]


def test_chunks_of_two_messages_at_once() -> None:
    """Characters are cut in two as it happens."""
    assembler = Assembler()
    one, two = chunks("{1}", b"ab", b"\xc3", b"\xa9"), chunks("{1}", b"x", b"y")
    assert [assembler.add("bob", message) for message in one[:2]] == [None, None]
    assert assembler.add("carol", two[0]) is None
    whole = assembler.add("carol", two[1])
    assert whole == Message("text/plain", b"xy", (FORMAT,))
    whole = assembler.add("bob", one[2])
    assert whole
    assert whole.text == "abé"
    assert whole.get("X-MMS-IM-Format") == FORMAT[1]


def test_a_message_of_its_own() -> None:
    for payload in (HELLO, b"Message-ID: {1}\r\n\r\nx", b"Message-ID: {1}\r\nChunks: 1\r\n\r\nx"):
        assert Assembler().add("bob", parse(payload)) == parse(payload)


def test_a_rest_without_its_beginning() -> None:
    assert Assembler().add("bob", chunks("{1}", b"a", b"b")[1]) is None


def test_a_gap() -> None:
    assembler, (first, second, third) = Assembler(), chunks("{1}", b"a", b"b", b"c")
    assert [assembler.add("bob", message) for message in (first, third, second, third)] == [
        None
    ] * 4


def test_begun_anew() -> None:
    assembler, (first, second) = Assembler(), chunks("{1}", b"a", b"b")
    assert [assembler.add("bob", message) for message in (first, first)] == [None, None]
    whole = assembler.add("bob", second)
    assert whole
    assert whole.body == b"ab"


def test_no_message_is_too_long() -> None:
    assembler = Assembler()
    added = [assembler.add("bob", one) for one in chunks("{1}", *([b"x"] * (MAX_CHUNKS + 1)))]
    assert not any(added)


def test_no_message_is_too_large() -> None:
    assembler, most = Assembler(), b"x" * MAX_WHOLE
    assert [assembler.add("bob", one) for one in chunks("{1}", most + b"x", b"y")] == [None] * 2
    assert [assembler.add("bob", one) for one in chunks("{1}", most, b"y", b"z")] == [None] * 3
    whole = [assembler.add("bob", one) for one in chunks("{1}", most[1:], b"y")][-1]
    assert whole
    assert len(whole.body) == MAX_WHOLE


def test_no_more_than_some_are_open() -> None:
    assembler = Assembler()
    messages = [chunks(f"{{{number}}}", b"a", b"b") for number in range(MAX_OPEN + 1)]
    for first, _ in messages:
        assembler.add("bob", first)
    assert assembler.add("bob", messages[0][1]) is None
    assert all(assembler.add("bob", second) for _, second in messages[1:])


@given(st.lists(st.binary(min_size=0, max_size=5), min_size=2, max_size=6))
def test_any_chunks(parts: list[bytes]) -> None:
    assembler = Assembler()
    *rest, whole = [assembler.add("bob", message) for message in chunks("{1}", *parts)]
    assert not any(rest)
    assert whole
    assert whole.body == b"".join(parts)
