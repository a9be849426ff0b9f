"""What the address book service answers: its XML, as the recorded server writes it."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from tests.servers import msn_book as book
from tests.servers.msn_users import ROLES, Contact, User
from tests.servers.msn_world import World

NAMESPACE = "http://www.msn.com/webservices/AddressBook"
NO_BOOK = "00000000-0000-0000-0000-000000000000"
"""Id of every address book."""

HEADER = f"""\
<ServiceHeader xmlns="{NAMESPACE}"><Version>15.01.1408.0000</Version>\
<CacheKey>12r1:WMDa7x</CacheKey><CacheKeyChanged>true</CacheKeyChanged>\
<PreferredHostName>127.0.0.1</PreferredHostName><SessionId>{uuid.uuid4()}</SessionId>\
</ServiceHeader>"""

MEMBER = """\
<Member xsi:type="PassportMember">\
<MembershipId>{role}/{id}</MembershipId><Type>Passport</Type><State>Accepted</State>\
<Deleted>false</Deleted><LastChanged>{now}</LastChanged><JoinedDate>{now}</JoinedDate>\
<ExpirationDate>0001-01-01T00:00:00</ExpirationDate><Changes />\
<PassportName>{address}</PassportName><IsPassportNameHidden>false</IsPassportNameHidden>\
<PassportId>0</PassportId><CID>{cid}</CID><PassportChanges />\
<LookedupByCID>false</LookedupByCID></Member>
"""

SERVICE = """\
<Service><Memberships>{memberships}</Memberships><Info><Handle><Id>1</Id><Type>Messenger</Type>\
<ForeignId /></Handle><InverseRequired>false</InverseRequired>\
<AuthorizationCriteria>Everyone</AuthorizationCriteria><IsBot>false</IsBot></Info><Changes />\
<LastChange>{now}</LastChange><Deleted>false</Deleted></Service>"""

OWNER = """\
<OwnerNamespace><Info><Handle><Id>{book}</Id><IsPassportNameHidden>false</IsPassportNameHidden>\
<CID>0</CID></Handle><CreatorPuid>0</CreatorPuid><CreatorCID>{cid}</CreatorCID>\
<CreatorPassportName>{address}</CreatorPassportName></Info><Changes />\
<CreateDate>{now}</CreateDate><LastChange>{now}</LastChange></OwnerNamespace>"""

CONTACT = """\
<Contact><contactId>{id}</contactId><contactInfo>{annotations}<contactType>{kind}</contactType>\
<quickName>{name}</quickName><passportName>{address}</passportName>\
<IsPassportNameHidden>false</IsPassportNameHidden><displayName>{name}</displayName>\
<puid>0</puid>{groups}<CID>{cid}</CID><IsNotMobileVisible>false</IsNotMobileVisible>\
<isMobileIMEnabled>false</isMobileIMEnabled><isMessengerUser>{messenger}</isMessengerUser>\
<isFavorite>false</isFavorite><isSmtp>false</isSmtp><hasSpace>false</hasSpace>\
<spotWatchState>NoDevice</spotWatchState><birthdate>0001-01-01T00:00:00</birthdate>\
<primaryEmailType>ContactEmailPersonal</primaryEmailType>\
<PrimaryLocation>ContactLocationPersonal</PrimaryLocation>\
<PrimaryPhone>ContactPhonePersonal</PrimaryPhone><IsPrivate>false</IsPrivate>\
<Gender>Unspecified</Gender><TimeZone>None</TimeZone></contactInfo><propertiesChanged />\
<fDeleted>false</fDeleted><lastChange>{now}</lastChange></Contact>
"""

GROUP = """\
<Group><groupId>{id}</groupId><groupInfo><annotations><Annotation><Name>MSN.IM.Display</Name>\
<Value>1</Value></Annotation></annotations>\
<groupType>c8529ce2-6ead-434d-881f-341e17db3ff8</groupType><name>{name}</name>\
<IsNotMobileVisible>false</IsNotMobileVisible><IsPrivate>false</IsPrivate>\
<IsFavorite>false</IsFavorite></groupInfo><propertiesChanged /><fDeleted>false</fDeleted>\
<lastChange>{now}</lastChange></Group>
"""

BOOK = """\
<{tag}><abId>{book}</abId><abInfo><ownerPuid>0</ownerPuid><OwnerCID>{cid}</OwnerCID>\
<ownerEmail>{address}</ownerEmail><fDefault>true</fDefault>\
<AddressBookType>Individual</AddressBookType></abInfo><lastChange>{now}</lastChange>\
<createDate>{now}</createDate><propertiesChanged /></{tag}>"""


def memberships(world: World, user: User) -> str:
    """Of FindMembership."""
    now = book.stamp(world)
    inside = "".join(_membership(world, user, role, now) for role in ROLES)
    service = SERVICE.format(memberships=inside, now=now)
    owner = OWNER.format(book=NO_BOOK, cid=user.cid, address=escape(user.address), now=now)
    return f"<Services>{service}</Services>{owner}"


def _membership(world: World, user: User, role: str, now: str) -> str:
    found = (world.find(address) for address in sorted(user.lists[ROLES[role]]))
    members = "".join(
        MEMBER.format(role=role, id=other.id, now=now, address=escape(other.address), cid=other.cid)
        for other in found
        if other is not None
    )
    complete = "<MembershipIsComplete>true</MembershipIsComplete>"
    roles = f"<MemberRole>{role}</MemberRole>\n<Members>{members}</Members>"
    return f"<Membership>{roles}{complete}</Membership>"


def contacts(world: World, user: User) -> list[str]:
    """The user is the last one."""
    now = book.stamp(world)
    found = [_contact(world, contact, now) for contact in user.contacts.values()]
    settings = {"MSN.IM.MBEA": "0", "MSN.IM.GTC": "0", "MSN.IM.BLP": str(int(user.blp == "AL"))}
    me = CONTACT.format(
        id=user.id,
        annotations=_annotations(settings),
        kind="Me",
        name=escape(user.name),
        address=escape(user.address),
        groups="",
        cid=user.cid,
        messenger="false",
        now=now,
    )
    return [*found, me]


def _contact(world: World, contact: Contact, now: str) -> str:
    other = world.find(contact.address)
    groups = "".join(f"<guid>{guid}</guid>" for guid in contact.groups)
    nickname = {"AB.NickName": contact.nickname} if contact.nickname else {}
    return CONTACT.format(
        id=contact.id,
        annotations=_annotations(nickname),
        kind="Regular",
        name=escape(contact.name),
        address=escape(contact.address),
        groups=f"<groupIds>{groups}</groupIds>" if groups else "",
        cid=other.cid if other else 0,
        messenger="true",
        now=now,
    )


def _annotations(values: dict[str, str]) -> str:
    inside = "".join(
        f"<Annotation><Name>{name}</Name><Value>{escape(value)}</Value></Annotation>"
        for name, value in values.items()
    )
    return f"<annotations>{inside}</annotations>" if inside else ""


def groups(world: World, user: User) -> str:
    now = book.stamp(world)
    found = user.groups.items()
    return "".join(GROUP.format(id=guid, name=escape(name), now=now) for guid, name in found)


def whole(world: World, user: User, tag: str) -> str:
    """About the book itself; ``tag`` is spelt differently in the answers."""
    now = book.stamp(world)
    return BOOK.format(tag=tag, book=NO_BOOK, cid=user.cid, address=escape(user.address), now=now)
