"""Items of the address book."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.oscar.data import Tlvs, tlvs, u16
from networks.oscar.feedbag import (
    TLV_ALIAS,
    TLV_ICON,
    TLV_ORDER,
    TLV_PRIVACY,
    TLV_WAITING,
    Answered,
    Asked,
    Feedbag,
    Item,
    ItemClass,
    Privacy,
    Result,
    build_answer,
    build_ask,
    icon_tlv,
    parse_answered,
    parse_asked,
    parse_feedbag,
    parse_granted,
    parse_items,
    parse_results,
)
from networks.oscar.wire import OscarCodec, Snac
from tests.networks.oscar import frames


def data(frame: bytes) -> bytes:
    [snac] = OscarCodec().receive(frame)
    assert isinstance(snac, Snac)
    return snac.data


def encoded(items: Iterable[Item]) -> bytes:
    return b"".join(item.encode() for item in items)


def test_a_real_one() -> None:
    found = parse_feedbag(data(frames.FEEDBAG))
    assert found == Feedbag(
        (
            Item("", 0, 0, ItemClass.GROUP, tlvs((TLV_ORDER, u16(1)))),
            Item("Buddies", 1, 0, ItemClass.GROUP, tlvs((TLV_ORDER, u16(0x7CD8)))),
            Item("probealice", 1, 0x7CD8, ItemClass.BUDDY),
        ),
        0x6B03D0E9,
    )
    assert found.items[1].order == (0x7CD8,)
    assert found.items[2].key == (1, 0x7CD8)
    assert encoded(found.items) == data(frames.FEEDBAG)[3:-4]


def test_waiting_for_authorisation() -> None:
    [item] = parse_items(data(frames.FEEDBAG_ADD_WAITING))
    assert item.is_waiting
    assert not item.with_tlv(TLV_WAITING, None).is_waiting
    assert item.with_tlv(TLV_WAITING, None).with_tlv(TLV_WAITING, b"") == item


def test_changes_keep_what_others_have_put_there() -> None:
    item = Item(
        "bob", 1, 2, ItemClass.BUDDY, tlvs((0x145, b"s"), (TLV_ALIAS, b"Bob"), (0x150, b"t"))
    )
    assert item.alias == "Bob"
    assert item.with_alias("Robert").tlvs == tlvs(
        (0x145, b"s"), (TLV_ALIAS, b"Robert"), (0x150, b"t")
    )
    assert item.with_alias("").tlvs == tlvs((0x145, b"s"), (0x150, b"t"))
    assert item.with_alias("").with_alias("né").alias == "né"
    group = Item("g", 1, 0, ItemClass.GROUP)
    assert group.order == ()
    assert group.with_order((7, 9)).order == (7, 9)
    assert group.with_order((7, 9)).with_order(()) == group


def test_privacy_and_icon() -> None:
    item = Item("", 0, 5, ItemClass.PRIVACY, tlvs((TLV_PRIVACY, b"\4")))
    assert item.privacy == Privacy.DENY_DENIED
    assert Item("", 0, 5, ItemClass.PRIVACY).privacy == Privacy.ALLOW_ALL
    assert Item("1", 0, 6, ItemClass.ICON, tlvs((TLV_ICON, icon_tlv(b"hash")))).icon == b"hash"
    assert Item("1", 0, 6, ItemClass.ICON, tlvs((TLV_ICON, b"\1\5hash"))).icon is None
    assert Item("1", 0, 6, ItemClass.ICON).icon is None


ITEMS = st.builds(
    Item,
    st.text(max_size=20),
    *[st.integers(0, 0xFFFF)] * 3,
    st.builds(Tlvs, st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=9))).map(tuple)),
)


@given(st.lists(ITEMS, max_size=4))
def test_both_ways(items: list[Item]) -> None:
    assert parse_items(encoded(items)) == tuple(items)
    whole = b"\0" + u16(len(items)) + encoded(items)
    assert parse_feedbag(whole + b"\0\0\0\7") == Feedbag(tuple(items), 7)
    assert parse_feedbag(whole) == Feedbag(tuple(items), 0)


def test_results() -> None:
    assert parse_results(b"\0\0\0\x0e\0\x03") == (Result.OK, Result.MUST_ASK, Result.EXISTS)


def test_authorisation() -> None:
    assert parse_asked(data(frames.ASKED)) == Asked("100001", b"please let me add you")
    assert parse_answered(data(frames.ANSWERED)) == Answered("100002", True, b"")
    assert parse_granted(data(frames.ADDED)) == Asked("100002", b"")
    assert parse_asked(build_ask("bob", "né")) == Asked("bob", "né".encode())
    assert parse_answered(build_answer("bob", False, "no")) == Answered("bob", False, b"no")


@pytest.mark.parametrize("rest", [b"", b"\0", b"\0\xffshort"])
def test_reasons_end_no_session(rest: bytes) -> None:
    assert parse_asked(b"\3bob" + rest).reason in (b"", b"short")
