"""Names, rooms and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId
from gateway.network import Address, Kind
from networks.oscar.ids import (
    MAX_NAME,
    OscarAddressing,
    RoomName,
    Service,
    is_room,
    is_uin,
    message_id,
    normalise,
    room_chat,
    room_name,
)

AIM = OscarAddressing(Service.AIM)
ICQ = OscarAddressing(Service.ICQ)
BOTH = pytest.mark.parametrize("addressing", [AIM, ICQ], ids=["aim", "icq"])


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Probe Alice", "probealice"),
        ("probealice", "probealice"),
        ("P R O B E", "probe"),
        ("100001", "100001"),
        ("Romeo@Verona.lit", "romeo@verona.lit"),
        ("René", "rené"),
    ],
)
def test_names_are_compared(name: str, folded: str) -> None:
    assert normalise(name) == folded
    assert normalise(folded) == folded


@pytest.mark.parametrize(
    ("name", "expected"), [("100001", True), ("1", True), ("", False), ("10a", False), ("²", False)]
)
def test_uins(name: str, expected: bool) -> None:
    assert is_uin(name) == expected


@pytest.mark.parametrize(
    ("exchange", "name", "chat", "again"),
    [
        (4, "Balcony", "#balcony", "balcony"),
        (4, " Verona  Balcony ", "#verona balcony", "verona balcony"),
        (5, "Lounge", "#lounge%5", "lounge"),
        (4, "50%", "#50%", "50%"),
        (4, "50%5", "#50%5%4", "50%5"),
        (4, "#hash", "##hash", "#hash"),
        (65535, "x", "#x%65535", "x"),
    ],
)
def test_rooms(exchange: int, name: str, chat: str, again: str) -> None:
    assert room_chat(exchange, name) == chat
    assert room_name(ChatId(chat)) == RoomName(exchange, again)
    assert is_room(chat)
    assert AIM.parse(chat) == Address(Kind.ROOM, "", ChatId(chat))
    assert AIM.local("", ChatId(chat)) == chat


def test_people_are_no_rooms() -> None:
    assert not is_room(normalise("Probe Alice"))


def test_messages() -> None:
    assert message_id(bytes.fromhex("8b3a8447ecfbd5b5")) == "8b3a8447ecfbd5b5"
    assert message_id(bytes(8)) is None


# Addresses.


@BOTH
@pytest.mark.parametrize(
    ("local", "chat"),
    [
        ("probealice", "probealice"),
        ("ProbeAlice", "probealice"),
        ("probe alice", "probealice"),
        ("100001", "100001"),
        ("romeo@verona.lit", "romeo@verona.lit"),
        ("+15551234567", "+15551234567"),
    ],
)
def test_people(addressing: OscarAddressing, local: str, chat: str) -> None:
    assert addressing.parse(local) == Address(Kind.PERSON, "", ChatId(chat))
    assert addressing.local("", ChatId(chat)) == chat
    assert addressing.local("", PersonId(local)) == chat


@BOTH
def test_the_transport_itself(addressing: OscarAddressing) -> None:
    assert addressing.parse("") == Address(Kind.SERVER, "", ChatId(""))
    assert addressing.local("", ChatId("")) == ""


@pytest.mark.parametrize(
    "local", [" ", "a\tb", "a\x00", "x" * (MAX_NAME + 1), "#", "# ", "#a\x00", "#" + "x" * 129]
)
def test_nobody(local: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        AIM.parse(local)
    assert refused.value.reason is Reason.NOT_FOUND


def test_no_such_exchange() -> None:
    with pytest.raises(CommandRefused):
        AIM.parse("#a%65536")


def test_icq_has_no_rooms() -> None:
    with pytest.raises(CommandRefused, match="ICQ has no rooms"):
        ICQ.parse("#balcony")


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("Probe Alice", "probealice"),
        ("  probealice\n", "probealice"),
        ("100-001", "100001"),
        ("100 001", "100001"),
        ("#Balcony", "#balcony"),
        ("#Verona Balcony", "#verona balcony"),
        ("Romeo@Verona.lit", "romeo@verona.lit"),
        ("Tom-Jerry", "tom-jerry"),
    ],
)
def test_prompt(typed: str, local: str) -> None:
    assert AIM.from_prompt(typed) == local


@BOTH
@pytest.mark.parametrize("typed", ["", "  ", "#", "x" * 200])
def test_prompt_for_nobody(addressing: OscarAddressing, typed: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        addressing.from_prompt(typed)
    assert refused.value.reason is Reason.NOT_ACCEPTABLE


@BOTH
@given(st.text(max_size=40))
def test_both_ways(addressing: OscarAddressing, local: str) -> None:
    try:
        address = addressing.parse(local)
    except CommandRefused:
        return
    again = addressing.local(address.account, address.chat)
    assert addressing.parse(again) == address


@given(st.integers(0, 0xFFFF), st.text(min_size=1, max_size=40))
def test_rooms_both_ways(exchange: int, name: str) -> None:
    chat = room_chat(exchange, name)
    assert room_name(chat).exchange == exchange
    assert room_chat(*room_name(chat)) == chat
    if (folded := room_name(chat).name).isprintable() and folded:
        assert AIM.parse(AIM.local("", chat)).chat == chat
