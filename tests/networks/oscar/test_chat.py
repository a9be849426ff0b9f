"""Rooms and what is said in them."""

import pytest

from gateway.errors import WireError
from networks.oscar.chat import (
    PUBLIC,
    NavInfo,
    Room,
    RoomKey,
    RoomMessage,
    build_create,
    build_message,
    parse_message,
    parse_nav_info,
    parse_room,
)
from networks.oscar.data import Reader, tlv, tlvs, u8, u16
from networks.oscar.users import UserInfo, parse_users
from tests.networks.oscar import frames

KEY = RoomKey(4, b"4-0-probe room")


def test_navigation() -> None:
    assert parse_nav_info(frames.NAV_INFO[16:]) == NavInfo((4, 5), ())
    [room] = parse_nav_info(frames.ROOM_CREATED[16:]).rooms
    assert room.key == KEY
    assert (room.name, room.max_message, room.occupants) == ("probe room", 1024, None)
    assert parse_room(frames.ROOM_INFO[16:]) == room


def test_a_room_that_is_only_a_key() -> None:
    assert parse_room(KEY.encode() + u8(0)) == Room(KEY)


def test_create() -> None:
    assert build_create("probe room") == frames.CREATE_ROOM[16:]
    assert build_create("x", PUBLIC).startswith(u16(5))


def test_occupants() -> None:
    assert [user.name for user in parse_users(frames.ROOM_JOINED[16:])] == [
        "ProbeAlice",
        "Probe Bob",
    ]


def test_heard() -> None:
    heard = parse_message(frames.SAID[16:])
    assert (heard.sender.name, heard.charset, heard.data) == (
        "ProbeAlice",
        "us-ascii",
        b"hello room",
    )
    assert not heard.is_whisper
    assert heard.cookie == frames.SAY[16:24]


def test_said() -> None:
    assert build_message(frames.SAY[16:24], "us-ascii", b"hello room") == frames.SAY[16:]


def test_whispered() -> None:
    items = Reader(
        build_message(bytes(8), "us-ascii", b"psst", whisper_to="bob", reflect=False)[10:]
    )
    found = items.tlvs()
    assert [type for type, _ in found] == [2, 5]
    assert found.text(2) == "bob"


def test_any_order_and_any_text() -> None:
    """libpurple puts the text first, and what is in TLV 05 its sender wrote."""
    sender = tlv(3, UserInfo("bob").encode())
    text = tlv(5, tlvs((1, b"hi"), (2, b"us-ascii")).encode())
    expected = RoomMessage(
        cookie=bytes(8), sender=UserInfo("bob"), charset="us-ascii", data=b"hi", is_whisper=False
    )
    head = bytes(8) + u16(3)
    assert parse_message(head + text + tlv(1) + sender) == expected
    assert parse_message(head + text + sender).is_whisper
    assert parse_message(head + tlv(5, b"\0\1\xff") + sender).data == b""
    with pytest.raises(WireError, match="a sender expected"):
        parse_message(head + text)
