"""Changes of the address book, as the recorded client made them."""

from collections.abc import Callable
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.msn.editing import (
    add_book,
    add_contact,
    add_group,
    add_to_group,
    delete_contact,
    delete_group,
    remove_from_group,
    rename_contact,
    rename_me,
)
from networks.msn.memberships import NetworkId
from networks.msn.soap import Request
from tests.networks.msn.outlines import outline, sent_by_others

WORK = "8d0595b2-8a5c-4daf-a90b-541ac55017c7"
DAVE = "9016696d-0816-4565-aa65-b03517514be1"

RECORDED: list[tuple[str, Callable[[str], Request]]] = [
    ("ABGroupAdd", lambda t: add_group(t, "Work")),
    ("ABGroupContactAdd", lambda t: add_to_group(t, WORK, DAVE)),
    ("ABGroupContactDelete", lambda t: remove_from_group(t, WORK, DAVE)),
    ("ABGroupDelete", lambda t: delete_group(t, WORK)),
    ("ABContactUpdate", lambda t: rename_contact(t, DAVE, "Davy")),
    ("ABContactDelete", lambda t: delete_contact(t, DAVE)),
]


@pytest.mark.parametrize(("action", "make"), RECORDED)
def test_requests_are_the_recorded_ones(action: str, make: Callable[[str], Request]) -> None:
    recorded, ticket = sent_by_others("contacts", action)
    made = make(ticket)
    assert made.path == recorded.path
    assert made.action == f"http://www.msn.com/webservices/AddressBook/{action}"
    assert outline(made.body) == outline(recorded.data)


def test_add_contact() -> None:
    recorded, ticket = sent_by_others("contacts", "ABContactAdd")
    made = add_contact(ticket, "dave@example.com", own_name="Alice")
    assert outline(made.body) == outline(recorded.data)
    recorded, ticket = sent_by_others("contacts", "ABContactAdd", 1)
    assert outline(add_contact(ticket, "alice@example.com").body) == outline(recorded.data)
    signed = add_contact("t", "b@example.com", own_name="A & B", invitation="Hello?").body.decode()
    assert "<DisplayName>A &amp; B</DisplayName>" in signed
    assert "<Name>MSN.IM.InviteMessage</Name><Value>Hello?</Value>" in signed
    assert "InviteMessage" not in add_contact("t", "b@example.com", own_name="A").body.decode()
    other = add_contact("t", "y@example.com", NetworkId.YAHOO).body.decode()
    assert "<email>y@example.com</email>" in other
    assert "<Capability>32</Capability>" in other
    assert "passportName" not in other


def test_others() -> None:
    assert b"<ownerEmail>a@example.com</ownerEmail>" in add_book("t", "a@example.com").body
    assert b"<contactType>Me</contactType><displayName>A&amp;B" in rename_me("t", "A&B").body


@pytest.mark.parametrize("make", [lambda t: add_group("t", t), lambda t: rename_contact("t", t, t)])
@given(text=st.text(max_size=20))
def test_any_name(make: Callable[[str], Request], text: str) -> None:
    assert len(fromstring(make(text).body)) == 2
