"""Addresses of people and names of rooms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Kind
from networks.msn.ids import (
    MAX_ADDRESS,
    MAX_ROOM_NAME,
    MsnAddressing,
    is_address,
    is_room_name,
    normalise,
)

ADDRESSING = MsnAddressing()


@pytest.mark.parametrize(
    ("local", "address"),
    [
        ("", Address(Kind.SERVER, "", ChatId(""))),
        ("alice@example.com", Address(Kind.PERSON, "", ChatId("alice@example.com"))),
        ("Alice@Example.COM", Address(Kind.PERSON, "", ChatId("alice@example.com"))),
        ("#Verona", Address(Kind.ROOM, "", ChatId("#verona"))),
        ("# Verona  by night", Address(Kind.ROOM, "", ChatId("#verona by night"))),
    ],
)
def test_parse(local: str, address: Address) -> None:
    assert ADDRESSING.parse(local) == address


@pytest.mark.parametrize(
    "local",
    [
        "alice",
        "@example.com",
        "alice@",
        "a@b@c",
        "a b@example.com",
        "a\n@example.com",
        "#",
        "#a\x01b",
        "#" + "x" * (MAX_ROOM_NAME + 1),
        "x" * MAX_ADDRESS + "@b",
    ],
)
def test_what_nobody_can_have(local: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        ADDRESSING.parse(local)
    assert refused.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("typed", "local"),
    [(" Alice@Example.com ", "alice@example.com"), ("#Verona", "#verona")],
)
def test_prompt(typed: str, local: str) -> None:
    assert ADDRESSING.from_prompt(typed) == local


@pytest.mark.parametrize("typed", ["", " ", "alice", "#"])
def test_prompt_refused(typed: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        ADDRESSING.from_prompt(typed)
    assert refused.value.reason is Reason.NOT_ACCEPTABLE


@given(st.text(max_size=20) | st.builds("{}@{}".format, st.text(max_size=5), st.text(max_size=5)))
def test_both_ways(local: str) -> None:
    try:
        address = ADDRESSING.parse(local)
    except CommandRefused:
        return
    again = ADDRESSING.local(address.account, address.chat)
    assert ADDRESSING.parse(again) == address
    if address.kind is Kind.PERSON:
        assert is_address(address.chat)
        assert normalise(address.chat) == address.chat
    if address.kind is Kind.ROOM:
        assert is_room_name(address.chat)
