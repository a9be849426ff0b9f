"""The lists of the SharingService."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn.memberships import (
    Member,
    NetworkId,
    Role,
    add_member,
    delete_member,
    find_membership,
    network_of,
    parse_memberships,
)
from networks.msn.soap import Fault, Request, parse_done
from tests.networks.msn.outlines import outline, sent_by_others
from tests.servers.msn_transcript import answers

ALICE = "alice@example.com"

RECORDED = [
    ("FindMembership", find_membership),
    ("AddMember", lambda t: add_member(t, Member(role=Role.ALLOW, address=ALICE))),
    ("DeleteMember", lambda t: delete_member(t, Member(role=Role.PENDING, address=ALICE))),
]


@pytest.mark.parametrize(("action", "make"), RECORDED)
def test_requests_are_the_recorded_ones(action: str, make: Callable[[str], Request]) -> None:
    recorded, ticket = sent_by_others("contacts", action)
    made = make(ticket)
    assert made.path == recorded.path
    assert made.action == f"http://www.msn.com/webservices/AddressBook/{action}"
    assert outline(made.body) == outline(recorded.data)


def test_members_of_other_networks() -> None:
    by_mail = Member(role=Role.BLOCK, address="y@example.com", network=NetworkId.YAHOO)
    body = add_member("t", by_mail).body.decode()
    assert '<Member xsi:type="EmailMember"><Type>Email</Type>' in body
    assert "<Email>y@example.com</Email>" in body
    assert "<Value>32:</Value>" in body
    phone = Member(role=Role.ALLOW, address="tel:+15551234", network=NetworkId.PHONE)
    assert "<PhoneNumber>tel:+15551234</PhoneNumber>" in add_member("t", phone).body.decode()


def test_recorded() -> None:
    step = answers("login_chat", "FindMembership")[0]
    assert parse_memberships(step.status, step.data) == tuple(
        Member(role=role, address=f"{name}@example.com")
        for role in (Role.ALLOW, Role.REVERSE)
        for name in ("bob", "carol")
    )


def test_recorded_pending() -> None:
    step = answers("contacts", "FindMembership")[2]
    assert parse_memberships(step.status, step.data) == (Member(role=Role.PENDING, address=ALICE),)


def test_recorded_changes() -> None:
    for action in ("AddMember", "DeleteMember"):
        step = answers("contacts", action)[0]
        assert parse_done(step.status, step.data) is None
    step = answers("contacts", "AddMember")[-1]
    refused = parse_done(step.status, step.data)
    assert isinstance(refused, Fault)
    assert refused.code == "UserDoesNotExist"


ANSWER = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>
    <FindMembershipResponse xmlns="http://www.msn.com/webservices/AddressBook">
    <FindMembershipResult><Services>{}</Services></FindMembershipResult></FindMembershipResponse>
    </soap:Body></soap:Envelope>"""

SERVICE = """<Service><Memberships><Membership><MemberRole>{role}</MemberRole>
    <Members>{members}</Members></Membership></Memberships>
    <Info><Handle><Type>{kind}</Type></Handle></Info></Service>"""


def members(inside: str, role: str = "Pending", kind: str = "Messenger") -> object:
    service = SERVICE.format(role=role, members=inside, kind=kind)
    return parse_memberships(200, ANSWER.format(service).encode())


MEMBERS = [
    (
        '<Member xsi:type="PassportMember"><DisplayName>Bob</DisplayName>'
        "<PassportName>BOB@example.com</PassportName></Member>",
        Member(role=Role.PENDING, address="bob@example.com", name="Bob"),
    ),
    (
        '<Member xsi:type="EmailMember"><Email>y@example.com</Email></Member>',
        Member(role=Role.PENDING, address="y@example.com", network=NetworkId.YAHOO),
    ),
    (
        '<Member xsi:type="EmailMember"><Email>o@example.com</Email><Annotations><Annotation>'
        "<Name>MSN.IM.BuddyType</Name><Value>02:</Value></Annotation></Annotations></Member>",
        Member(role=Role.PENDING, address="o@example.com", network=NetworkId.OCS),
    ),
    (
        '<Member xsi:type="PhoneMember"><PhoneNumber>tel:+1</PhoneNumber></Member>',
        Member(role=Role.PENDING, address="tel:+1", network=NetworkId.PHONE),
    ),
]


@pytest.mark.parametrize(("inside", "member"), MEMBERS)
def test_kinds_of_members(inside: str, member: Member) -> None:
    assert members(inside) == (member,)


@pytest.mark.parametrize(
    "inside",
    [
        '<Member xsi:type="EveryoneMember"/>',
        '<Member xsi:type="CircleMember"><CircleId>1</CircleId></Member>',
        '<Member xsi:type="PassportMember"><PassportName/></Member>',
        '<Member xsi:type="PassportMember"><Deleted>true</Deleted>'
        "<PassportName>bob@example.com</PassportName></Member>",
        "<Member/>",
    ],
)
def test_who_is_no_member(inside: str) -> None:
    assert members(inside) == ()


def test_other_lists() -> None:
    inside = MEMBERS[0][0]
    assert members(inside, role="ProfileExpression") == ()
    assert members(inside, kind="Space") == ()
    assert parse_memberships(200, ANSWER.format("").encode()) == ()


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("32:", NetworkId.YAHOO),
        ("02:", NetworkId.OCS),
        ("1", NetworkId.MSN),
        ("4", NetworkId.PHONE),
    ],
)
def test_network_of(text: str, network: NetworkId) -> None:
    assert network_of(text, NetworkId.SMTP) == network
    for other in ("", "x", "3:", "-1", "²:", ":32"):
        assert network_of(other, NetworkId.SMTP) == NetworkId.SMTP


def test_another_answer() -> None:
    step = answers("contacts", "ABFindAll")[0]
    with pytest.raises(WireError, match="FindMembershipResult"):
        parse_memberships(step.status, step.data)


@given(st.integers(0, 4_000), st.binary(max_size=8), st.integers(0, 20))
def test_damaged(at: int, other: bytes, cut: int) -> None:
    data = answers("login_chat", "FindMembership")[0].data
    with suppress(WireError):
        parse_memberships(200, data[:at] + other + data[at + cut :])
