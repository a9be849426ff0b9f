"""Numbers, strings and TLVs."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.oscar.data import (
    Reader,
    Tlvs,
    counted_tlvs,
    le16,
    le32,
    lenient_tlvs,
    name,
    sized_tlvs,
    string8,
    string16,
    tlvs,
    u8,
    u16,
    u32,
)

ANY_TLVS = st.builds(
    Tlvs, st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=9))).map(tuple)
)


def test_tlvs() -> None:
    items = tlvs((1, b"juliet"), (9, b"\1"), (9, b"\0\2"), (4, b""), (8, u16(0x18)))
    assert 1 in items
    assert 2 not in items
    assert items.get(9) == b"\1"
    assert items.all(9) == [b"\1", b"\0\2"]
    assert (items.number(9), items.number(8), items.number(4), items.number(2)) == (
        1,
        24,
        None,
        None,
    )
    assert (items.text(1), items.text(2)) == ("juliet", "")
    assert items.but(9, 4) == tlvs((1, b"juliet"), (8, u16(24)))
    assert Reader(items.encode()).tlvs() == items


@given(ANY_TLVS)
def test_groups_of_tlvs(items: Tlvs) -> None:
    assert Reader(items.encode()).tlvs() == items == lenient_tlvs(items.encode())
    assert Reader(counted_tlvs(items) + b"x").counted_tlvs() == items
    assert Reader(sized_tlvs(items) + b"x").sized_tlvs() == items


@given(ANY_TLVS, st.binary(max_size=3))
def test_lenient_tlvs_keep_what_is_whole(items: Tlvs, rest: bytes) -> None:
    assert lenient_tlvs(items.encode() + rest) == items


@given(st.binary(max_size=60))
def test_fuzz_tlvs(data: bytes) -> None:
    assert isinstance(lenient_tlvs(data), Tlvs)
    for read in (
        Reader.tlvs,
        Reader.counted_tlvs,
        Reader.sized_tlvs,
        Reader.string8,
        Reader.string16,
    ):
        with contextlib.suppress(WireError):
            read(Reader(data))


def test_reader_and_writers() -> None:
    data = u8(1) + u16(2) + u32(3) + le16(4) + le32(5) + string8("six") + string16(b"seven") + b"8"
    reader = Reader(data)
    assert (reader.u8(), reader.u16(), reader.u32(), reader.le16(), reader.le32()) == (
        1,
        2,
        3,
        4,
        5,
    )
    assert (reader.name8(), reader.string16()) == ("six", b"seven")
    assert reader
    assert len(reader) == 1
    assert reader.rest() == b"8"
    assert not reader
    with pytest.raises(WireError, match="0 bytes left: 1 expected"):
        reader.u8()


@pytest.mark.parametrize(
    ("raw", "text"), [(b"Probe Bob", "Probe Bob"), (b"Ren\xc3\xa9", "René"), (b"Ren\xe9", "René")]
)
def test_name(raw: bytes, text: str) -> None:
    assert name(raw) == text
