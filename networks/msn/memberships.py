"""Who may see us and who is refused, who has us on their list, and who waits for an answer.

The lists by role are the SharingService's; what the notification server calls them: AL, BL, RL, PL.
"""

from enum import IntEnum, StrEnum
from xml.etree.ElementTree import Element

from gateway.frozen import frozen
from networks.msn.abservice import (
    AB,
    BLOCK_UNBLOCK,
    CONTACT_API,
    INITIAL,
    SHARING_PATH,
    annotations,
    operation,
    result,
)
from networks.msn.soap import TYPE, Fault, Request
from networks.msn.xml import quoted


class Role(StrEnum):
    ALLOW = "Allow"
    BLOCK = "Block"
    REVERSE = "Reverse"
    """They have us on their list."""
    PENDING = "Pending"
    """The same, and we have not said yet what we think of that."""


class NetworkId(IntEnum):
    """Also of ADL, NLN and UBX."""

    MSN = 1
    OCS = 2
    PHONE = 4
    MNI = 8
    SMTP = 16
    YAHOO = 32


@frozen(kw_only=True)
class Member:
    role: Role
    address: str
    """In lower case; of PHONE a number."""
    network: NetworkId = NetworkId.MSN
    name: str = ""
    """What they call themselves; servers say it for PENDING only, if at all."""


# Asking.

SERVICES = ("Messenger", "Invitation", "SocialNetwork", "Space", "Profile")

FILTER = "".join(f"<ServiceType>{service}</ServiceType>" for service in SERVICES)


def find_membership(ticket: str) -> Request:
    body = f"<serviceFilter><Types>{FILTER}</Types></serviceFilter>"
    return operation(SHARING_PATH, "FindMembership", ticket, INITIAL, body)


def add_member(ticket: str, member: Member) -> Request:
    return _change("AddMember", ticket, member)


def delete_member(ticket: str, member: Member) -> Request:
    return _change("DeleteMember", ticket, member)


def _change(name: str, ticket: str, member: Member) -> Request:
    body = (
        "<serviceHandle><Id>0</Id><Type>Messenger</Type><ForeignId></ForeignId></serviceHandle>"
        f"<memberships><Membership><MemberRole>{member.role}</MemberRole>"
        f"<Members>{_member(member)}</Members></Membership></memberships>"
    )
    scenario = BLOCK_UNBLOCK if member.role in (Role.ALLOW, Role.BLOCK) else CONTACT_API
    return operation(SHARING_PATH, name, ticket, scenario, body)


def _member(member: Member) -> str:
    address = quoted(member.address)
    match member.network:
        case NetworkId.MSN:
            kind, named = "Passport", f"<PassportName>{address}</PassportName>"
        case NetworkId.PHONE:
            kind, named = "Phone", f"<PhoneNumber>{address}</PhoneNumber>"
        case _:
            kind, named = "Email", _email(member, address)
    kept = f"<Type>{kind}</Type><State>Accepted</State>{named}"
    return f'<Member xsi:type="{kind}Member">{kept}</Member>'


BUDDY_TYPE = "MSN.IM.BuddyType"
"""The annotation of a member by mail address: the network's number and a colon."""


def _email(member: Member, address: str) -> str:
    return (
        f"<Email>{address}</Email><Annotations><Annotation><Name>{BUDDY_TYPE}</Name>"
        f"<Value>{member.network:02}:</Value></Annotation></Annotations>"
    )


# What is answered.

MESSENGER = "Messenger"
"""The service whose lists these are; others have lists of the same roles."""

KINDS = {
    "PassportMember": (f"{AB}PassportName", NetworkId.MSN),
    "EmailMember": (f"{AB}Email", NetworkId.YAHOO),
    "PhoneMember": (f"{AB}PhoneNumber", NetworkId.PHONE),
}
"""By xsi:type: where the address is, and the network if there is no annotation.  Circles, domains …
are members too, of lists that we do not keep."""

ROLES = {str(role): role for role in Role}


def parse_memberships(status: int, data: bytes) -> tuple[Member, ...] | Fault:
    """In the server's order.  Nobody at all, if there was never a list.

    Raises:
        WireError: the answer is to something else, or damaged.
    """
    found = result(status, data, "FindMembership")
    if isinstance(found, Fault):
        return found
    return tuple(
        member
        for service in found.iterfind(f"{AB}Services/{AB}Service")
        if service.findtext(f"{AB}Info/{AB}Handle/{AB}Type", "").strip() == MESSENGER
        for membership in service.iterfind(f"{AB}Memberships/{AB}Membership")
        if (role := ROLES.get(membership.findtext(f"{AB}MemberRole", "").strip()))
        for element in membership.iterfind(f"{AB}Members/{AB}Member")
        if (member := _parsed(element, role))
    )


def _parsed(element: Element, role: Role) -> Member | None:
    """Called a thousand times at log-in, so no step more than is needed."""
    kind = element.get(TYPE, "").rpartition(":")[2]
    if kind not in KINDS or element.findtext(f"{AB}Deleted") == "true":
        return None
    tag, network = KINDS[kind]
    address = element.findtext(tag, "").strip().lower()
    if kind == "EmailMember":
        network = network_of(annotations(element, "Annotations").get(BUDDY_TYPE, ""), network)
    name = element.findtext(f"{AB}DisplayName", "").strip()
    return Member(role=role, address=address, network=network, name=name) if address else None


def network_of(text: str, default: NetworkId) -> NetworkId:
    """From "32", "32:" or "02:"; anything else is ``default``."""
    number = text.partition(":")[0].strip()
    return NetworkId(int(number)) if number in NUMBERS else default


NUMBERS = {f"{network:{width}}" for network in NetworkId for width in ("", "02")}
