"""ICQ's own data: answers, offline messages, details and searches."""

from datetime import UTC, datetime

import pytest

from gateway.errors import WireError
from networks.oscar.data import Reader, le16, le32, tlv
from networks.oscar.details import (
    ANSWER_BASIC,
    ANSWER_FOUND_LAST,
    ANSWER_SHORT,
    Detail,
    parse_details,
    parse_found,
    search_email,
    search_uin,
    search_white_pages,
    uin_body,
)
from networks.oscar.icq import (
    OFFLINE_MESSAGE,
    OFFLINE_QUERY,
    Answer,
    Meta,
    Offline,
    OldMessage,
    Relayed,
    Result,
    build_meta,
    build_query,
    parse_answer,
    parse_meta,
    parse_offline,
    parse_old_message,
    parse_relayed,
    read_string,
    string,
)
from tests.networks.oscar import frames


def answer(frame: bytes) -> Answer:
    return parse_answer(frame[16:])


def meta(frame: bytes) -> Meta:
    return parse_meta(answer(frame).body)


def test_queries() -> None:
    """From the transcripts."""
    assert build_query("100002", OFFLINE_QUERY, 1) == bytes.fromhex("0001000a0800a28601003c000100")
    body = uin_body("100001")
    assert build_meta("100002", 1, 0x04BA, body) == bytes.fromhex(
        "000100100e00a2860100d0070100ba04a1860100"
    )
    assert build_meta("100001", 1, 0x0424, b"\1\1\0\0") == frames.ICQ_SET[16:]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (search_uin("100001"), "690536010400a1860100"),
        (search_email(b"x@localhost"), "73055e010e000c0078406c6f63616c686f737400"),
        (
            search_white_pages([("nick", b"N"), ("first", b""), ("city", b"T")]),
            "5f05 5401 0400 0200 4e00 9001 0400 0200 5400",
        ),
    ],
)
def test_searches(found: tuple[int, bytes], expected: str) -> None:
    subtype, body = found
    assert le16(subtype) + body == bytes.fromhex(expected)


def test_short() -> None:
    assert answer(frames.ICQ_SHORT).uin == "100002"
    found = meta(frames.ICQ_SHORT)
    assert (found.subtype, found.result) == (ANSWER_SHORT, Result.OK)
    assert parse_details(found) == (
        Detail("nick", b"Nicky"),
        Detail("first", b"First"),
        Detail("last", b"Last"),
        Detail("email", b"x@localhost"),
    )


def test_more() -> None:
    assert parse_details(meta(frames.ICQ_MORE)) == (
        Detail("age", b"36"),
        Detail("gender", b"male"),
        Detail("homepage", b"http://home.localhost/"),
        Detail("birthday", b"1990-02-28"),
    )


def test_details_that_end_early() -> None:
    cut = Meta(ANSWER_BASIC, Result.OK, string(b"Nicky") + b"\6\0Fi")
    assert parse_details(cut) == (Detail("nick", b"Nicky"),)
    assert parse_details(Meta(ANSWER_BASIC, Result.ERROR, string(b"Nicky"))) == ()
    assert parse_details(Meta(0x0999, Result.OK, string(b"Nicky"))) == ()


def test_found() -> None:
    found = parse_found(meta(frames.ICQ_FOUND))
    assert found is not None
    assert (found.uin, found.nick, found.first, found.last) == (
        "100001",
        b"Nicky",
        b"First",
        b"Last",
    )
    assert (found.email, found.gender, found.age) == (b"x@localhost", b"male", 36)
    assert found.is_online
    assert not found.needs_authorization


def test_nobody() -> None:
    nobody = meta(frames.ICQ_NOBODY)
    assert (nobody.subtype, nobody.result) == (ANSWER_FOUND_LAST, Result.NOTHING_FOUND)
    assert parse_found(nobody) is None


def test_offline_messages() -> None:
    first = answer(frames.ICQ_OFFLINE)
    assert (first.uin, first.type) == ("100002", OFFLINE_MESSAGE)
    when = datetime(2026, 11, 23, 5, 37, tzinfo=UTC)
    assert parse_offline(first.body) == Offline("100001", when, 1, "оффлайн".encode())
    isd = parse_offline(answer(frames.ICQ_OFFLINE_ISD).body)
    assert isd.text == "оффлайн".encode("utf-16-be")


def test_a_day_there_is_not() -> None:
    body = le32(1) + le16(2026) + bytes([2, 30, 25, 61, 1, 0]) + string(b"x")
    assert parse_offline(body) == Offline("1", None, 1, b"x")


@pytest.mark.parametrize(
    ("raw", "text"), [(b"\0\0", b""), (b"\1\0\0", b""), (b"\3\0ab\0", b"ab"), (b"\2\0ab", b"ab")]
)
def test_strings(raw: bytes, text: bytes) -> None:
    assert read_string(Reader(raw + b"rest")) == text


def test_nul_ends_no_string() -> None:
    assert string(b"a\0b") == b"\3\0ab\0"


def test_not_an_answer() -> None:
    with pytest.raises(WireError, match="TLV 01"):
        parse_answer(tlv(2, bytes(10)))


def test_old_messages() -> None:
    message = OldMessage("100001", 6, b"nick\xfe\xfe\xfe\xfe1\xfewhy")
    assert parse_old_message(message.encode()) == message
    assert message.fields == [b"nick", b"", b"", b"", b"1", b"why"]


def relayed(type: int, rest: bytes = b"") -> Relayed:
    head = le16(27) + bytes(27) + le16(14) + bytes(14)
    found = parse_relayed(head + bytes([type, 0]) + le16(0, 0) + string(b"hi") + rest)
    assert found.head == head
    return found


def test_relayed() -> None:
    assert relayed(1).text == b"hi"
    assert not relayed(1).is_utf8
    assert relayed(1, bytes(8) + b"{0946134e-4c7f-11d1-8222-444553540000}").is_utf8
    assert [relayed(type).is_away_query for type in (1, 0xE7, 0xE8, 0xEC, 0xED)] == (
        [False, False, True, True, False]
    )
    again = parse_relayed(relayed(0xE8).answer(b"at lunch"))
    assert (again.type, again.text) == (0xE8, b"at lunch")
