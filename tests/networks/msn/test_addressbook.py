"""The address book, asked for as the recorded client did, and read as it was answered."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn.abservice import parse_id
from networks.msn.addressbook import (
    NO_BOOK,
    Book,
    Contact,
    Group,
    find_all,
    find_page,
    parse_book,
    parse_page,
)
from networks.msn.memberships import NetworkId
from networks.msn.soap import Fault, parse_done
from tests.networks.msn.outlines import outline, sent_by_others
from tests.servers.msn_transcript import answers

WORK = "8d0595b2-8a5c-4daf-a90b-541ac55017c7"
DAVE = "9016696d-0816-4565-aa65-b03517514be1"
BOB = "25af9287-3e26-442c-92d2-bf07496481a2"
CAROL = "92e18598-3a6f-469e-99a2-8a69f90631ea"
FRIENDS = "f50eb08a-96e1-4dc3-a8cd-b479aca10901"


def test_find_all() -> None:
    recorded, ticket = sent_by_others("contacts", "ABFindAll")
    made = find_all(ticket)
    assert made.path == recorded.path
    assert outline(made.body) == outline(recorded.data)


def test_find_page() -> None:
    recorded, ticket = sent_by_others("login_chat", "ABFindContactsPaged")
    made = find_page(ticket)
    assert made.path == recorded.path
    assert outline(made.body) == outline(recorded.data)
    assert b"Cursor" not in made.body
    assert b"<Cursor>a&lt;b</Cursor></pageContext>" in find_page(ticket, "a<b").body


# Answers.

CONTACTS = (
    Contact(id=BOB, address="bob@example.com", name="Bob B", groups=(FRIENDS,)),
    Contact(id=CAROL, address="carol@example.com", name="Carol C"),
)


@pytest.mark.parametrize(
    ("action", "parse"), [("ABFindAll", parse_book), ("ABFindContactsPaged", parse_page)]
)
def test_recorded(action: str, parse: Callable[[int, bytes], Book | Fault]) -> None:
    for step in answers("login_chat", action)[::2]:
        book = parse(step.status, step.data)
        assert isinstance(book, Book)
        assert book.contacts == CONTACTS
        assert book.groups == (Group(FRIENDS, "Friends"),)
        assert book.me
        assert book.me.name == "Alice A"
        assert book.cursor == ""


def test_recorded_nick() -> None:
    nicks = []
    for step in answers("contacts", "ABFindAll")[:-3]:
        book = parse_book(step.status, step.data)
        assert isinstance(book, Book)
        nicks += [contact.nick for contact in book.contacts if contact.id == DAVE]
    assert nicks[:3] == ["", "", "Davy"]


def test_recorded_ids() -> None:
    for action, id in (("ABContactAdd", DAVE), ("ABGroupAdd", WORK), ("ABGroupContactAdd", DAVE)):
        step = answers("contacts", action)[0]
        assert parse_id(step.status, step.data) == id
    step = answers("contacts", "ABGroupDelete")[0]
    assert parse_done(step.status, step.data) is None
    with pytest.raises(WireError, match="without an id"):
        parse_id(step.status, step.data)


def test_recorded_faults() -> None:
    codes = []
    for step in answers("contacts", "ABContactAdd")[2:]:
        fault = parse_id(step.status, step.data)
        assert isinstance(fault, Fault)
        codes.append(fault.code)
    assert codes == ["InvalidPassportUser", "BadEmailArgument", "BadEmailArgument"]
    codes = []
    for step in answers("contacts", "ABFindAll")[-2:]:
        answered = parse_book(step.status, step.data)
        assert isinstance(answered, Fault)
        codes.append(answered.code)
    assert codes == ["FullSyncRequired", "HTTP 403"]


ANSWER = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
    <{0}Response xmlns="http://www.msn.com/webservices/AddressBook"><{0}Result>{1}</{0}Result>
    </{0}Response></soap:Body></soap:Envelope>"""


def page(inside: str) -> Book:
    book = parse_page(200, ANSWER.format("ABFindContactsPaged", inside).encode())
    assert isinstance(book, Book)
    return book


def test_pages() -> None:
    """Escargot's elements have capitals, others' have not."""
    group = "<Group><groupId>g</groupId><groupInfo><name>G</name></groupInfo></Group>"
    for name in ("groups", "Groups"):
        book = page(f"<{name}>{group}</{name}><PageContext><Cursor>x1</Cursor></PageContext>")
        assert book == Book(groups=(Group("g", "G"),), cursor="x1")


def test_what_is_deleted() -> None:
    gone = "<fDeleted>true</fDeleted>"
    book = page(
        f"<groups><Group><groupId>g</groupId><groupInfo><name>G</name></groupInfo>{gone}</Group>"
        "<Group><groupId>h</groupId></Group></groups>"
        f"<contacts><Contact><contactInfo/>{gone}</Contact><Contact/></contacts>"
    )
    assert book == Book()


def contact(info: str) -> Contact:
    inside = f"<contactId>c</contactId><contactInfo>{info}</contactInfo>"
    return page(f"<contacts><Contact>{inside}</Contact></contacts>").contacts[0]


def test_contact_of_another_network() -> None:
    email = (
        "<emails><ContactEmail><email>home@example.com</email></ContactEmail><ContactEmail>"
        "<email>Y@example.com</email><isMessengerEnabled>true</isMessengerEnabled>{}"
        "</ContactEmail></emails><contactType>Live</contactType><quickName>Y</quickName>"
    )
    expected = Contact(
        id="c", address="y@example.com", network=NetworkId.YAHOO, kind="Live", name="Y"
    )
    assert contact(email.format("")) == expected
    assert contact(email.format("<Capability>32</Capability>")) == expected
    assert contact(email.format("<Capability>2</Capability>")).network == NetworkId.OCS


def test_somebody_whose_address_is_written_down() -> None:
    written = contact("<passportName>z@example.com</passportName><displayName> Z </displayName>")
    assert written == Contact(
        id="c", address="z@example.com", kind="", name="Z", is_messenger=False
    )
    assert contact("").address == ""


def test_what_is_there_already() -> None:
    fault = (
        "<Envelope><Body><Fault><faultcode>soap:Client</faultcode><detail>"
        "<errorcode>ContactAlreadyExists</errorcode><additionalDetails>{}</additionalDetails>"
        "</detail></Fault></Body></Envelope>"
    )
    told = fault.format("<conflictObjectId>25AF</conflictObjectId>").encode()
    assert parse_id(500, told) == "25AF"
    assert parse_id(500, fault.format("").encode()) == Fault(code="ContactAlreadyExists")


def test_no_book() -> None:
    fault = (
        '<Envelope><Body><Fault><faultcode>soap:Client</faultcode><detail><errorcode xmlns="n">'
        f"{NO_BOOK}</errorcode></detail></Fault></Body></Envelope>"
    )
    assert parse_book(500, fault.encode()) == Fault(code=NO_BOOK)


@given(st.integers(0, 5_000), st.binary(max_size=8), st.integers(0, 20))
def test_damaged(at: int, other: bytes, cut: int) -> None:
    data = answers("login_chat", "ABFindAll")[0].data
    with suppress(WireError):
        parse_book(200, data[:at] + other + data[at + cut :])
