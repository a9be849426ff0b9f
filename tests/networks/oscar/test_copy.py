"""The address book as it was last time: what is remembered of it, and what is believed."""

import zlib
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.oscar.copy import LATER, MAX_BYTES, MAX_COPY, NO_COPY, SAME, Copy, decode
from networks.oscar.data import tlvs, u8, u16, u32
from networks.oscar.feedbag import Item, ItemClass

OWNER = "juliet login.verona.lit"
ROOT = Item("", 0, 0, ItemClass.GROUP, tlvs((0xC8, u16(1))))


def buddy(number: int) -> Item:
    return Item(f"Buddy number {number}", 1, number, ItemClass.BUDDY).with_alias(f"Cousin {number}")


def book(count: int, lag: int = SAME) -> Copy:
    return Copy((ROOT, *map(buddy, range(1, count))), 1_795_412_198, lag)


@pytest.mark.parametrize("count", [1, 2, 500, 1000])
@pytest.mark.parametrize("lag", [SAME, LATER])
def test_round_trip(count: int, lag: int) -> None:
    text = book(count, lag).encode(OWNER)
    assert 0 < len(text) <= MAX_COPY
    assert decode(text, OWNER) == book(count, lag)


def test_too_long() -> None:
    names = (zlib.compress(str(number).encode()).hex() * 9 for number in range(5000))
    items = tuple(Item(name, 1, at, ItemClass.BUDDY) for at, name in enumerate(names))
    assert Copy(items, 1).encode(OWNER) == ""


@pytest.mark.parametrize("owner", ["romeo login.verona.lit", "juliet login.mantua.lit", ""])
def test_of_somebody_else(owner: str) -> None:
    assert decode(book(3).encode(owner), OWNER) is None


def packed(data: bytes) -> str:
    return b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "AAAA",
        book(3).encode(OWNER)[:-8],
        book(3).encode(OWNER) + "!",
        packed(b""),
        packed(u8(2) + u16(len(OWNER)) + OWNER.encode() + u8(0) + bytes(7)),
        packed(u8(1) + u16(len(OWNER)) + OWNER.encode() + u8(0) + u8(0) + u16(9)),
        packed(bytes(MAX_BYTES + 1)),
    ],
)
def test_damaged(text: str) -> None:
    assert decode(text, OWNER) is None


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_damage_is_found(at: int, change: int) -> None:
    data = bytearray(b64decode(book(20).encode(OWNER)))
    data[at % len(data)] ^= change
    assert decode(b64encode(bytes(data)).decode(), OWNER) in (None, book(20))


def test_query() -> None:
    assert NO_COPY.query() == bytes(6)
    assert book(3).query() == u32(1_795_412_198) + u16(3)
    assert book(3, LATER).query() == u32(1_795_412_199) + u16(3)
    assert Copy((), 0xFFFFFFFF, LATER).query() == bytes(6)


@pytest.mark.parametrize(
    ("count", "data", "is_confirmed"),
    [
        (3, u32(5) + u16(3), True),
        (3, u32(5) + u8(3), True),
        (259, u32(5) + u8(3), True),
        (259, u32(5) + u16(259), True),
        (3, u32(5) + u16(2), False),  # One was deleted.
        (3, u32(5) + u8(2), False),
        (3, u32(5), False),
        (3, b"", False),
        (3, u32(5) + bytes(3) + u8(3), False),
    ],
)
def test_confirmed(count: int, data: bytes, is_confirmed: bool) -> None:
    assert book(count).is_confirmed(data) is is_confirmed


def test_what_a_server_wants_to_hear() -> None:
    """It sends all of an unchanged list if the question was not to its liking."""
    assert book(3).learn(None).lag == SAME
    assert book(3).learn(book(3)).lag == LATER
    assert book(3).learn(book(3, LATER)).lag == SAME
    assert book(4).learn(book(3, LATER)).lag == LATER
    assert book(4).learn(book(3)).lag == SAME
