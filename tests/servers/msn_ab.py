"""The address book and the membership lists by SOAP: abservice.asmx and SharingService.asmx."""

from __future__ import annotations

import uuid
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers import msn_book as book
from tests.servers.msn_soap import Call, Fault, Operation, anywhere
from tests.servers.msn_users import ROLES, Contact, Lists, User, check_address, fold
from tests.servers.msn_wire import Broken
from tests.servers.msn_world import World

NAMESPACE = "http://www.msn.com/webservices/AddressBook"
NO_BOOK = "00000000-0000-0000-0000-000000000000"
"""Id of every address book."""

LONGEST_GROUP = 61
"""Characters of a group's name."""

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


def fault(code: str, text: str, status: int = 0) -> Fault:
    where = f'xmlns="{NAMESPACE}"'
    detail = f"<errorcode {where}>{code}</errorcode>"
    detail += f"<errorstring {where}>{escape(text)}</errorstring>"
    return Fault(text, detail, status=status)


def forbidden(name: str) -> Fault:
    """Of an operation that is not known."""
    return fault("Forbidden", f"API {name} no longer supported", status=200)


def _answer(call: Call, result: str = "") -> str:
    inside = f"<{call.name}Result>{result}</{call.name}Result>" if result else ""
    return f'<{call.name}Response xmlns="{NAMESPACE}">{inside}</{call.name}Response>'


def _needs_book(call: Call) -> None:
    if not call.user.has_book:
        raise fault("ABDoesNotExist", "Address Book Does Not Exist")


# Reading.


def find_membership(call: Call) -> str:
    _needs_book(call)
    world, user = call.world, call.user
    if call.body.findtext(".//{*}deltasOnly") == "true":
        raise _full_sync()
    if "Messenger" not in [found.text for found in call.body.iterfind(".//{*}ServiceType")]:
        raise Broken("FindMembership without the service Messenger")
    now = book.stamp(world)
    memberships = "".join(_membership(world, user, role, now) for role in ROLES)
    service = SERVICE.format(memberships=memberships, now=now)
    owner = OWNER.format(book=NO_BOOK, cid=user.cid, address=escape(user.address), now=now)
    return _answer(call, f"<Services>{service}</Services>{owner}")


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


def find_all(call: Call) -> str:
    _needs_book(call)
    if call.text("deltasOnly") == "true":
        raise _full_sync()
    contacts = "".join(_contacts(call))
    parts = f"<groups>{_groups(call)}</groups><contacts>{contacts}</contacts>{_book(call, 'ab')}"
    return _answer(call, parts)


def find_paged(call: Call) -> str:
    """The next page, if there is one, is at the Cursor, to be given back in the pageContext."""
    _needs_book(call)
    if call.text("filterOptions/DeltasOnly") == "true":
        raise _full_sync()
    size = call.world.ways.page_size or int(call.text("pageContext/PageSize"))
    start = int(call.body.findtext(anywhere("pageContext/Cursor")) or 0)
    contacts = _contacts(call)
    more = f"<PageContext><Cursor>{start + size}</Cursor></PageContext>"
    cursor = more if start + size < len(contacts) else ""
    page = "".join(contacts[start : start + size])
    circles = "<CircleResult><CircleTicket>none</CircleTicket></CircleResult>"
    groups = f"<Groups>{_groups(call)}</Groups>"
    return _answer(call, f"{groups}<Contacts>{page}</Contacts>{circles}{_book(call, 'Ab')}{cursor}")


def _full_sync() -> Fault:
    return fault("FullSyncRequired", "Full sync required.  Details: Delta syncs disabled.", 200)


def _contacts(call: Call) -> list[str]:
    user, now = call.user, book.stamp(call.world)
    found = [_contact(call.world, contact, now) for contact in user.contacts.values()]
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


def _groups(call: Call) -> str:
    now = book.stamp(call.world)
    groups = call.user.groups.items()
    return "".join(GROUP.format(id=guid, name=escape(name), now=now) for guid, name in groups)


def _book(call: Call, tag: str) -> str:
    user, now = call.user, book.stamp(call.world)
    return BOOK.format(tag=tag, book=NO_BOOK, cid=user.cid, address=escape(user.address), now=now)


# Contacts.


def add_book(call: Call) -> str:
    call.user.has_book = True
    return _answer(call, f"<abId>{NO_BOOK}</abId>")


def add_contact(call: Call) -> str:
    _needs_book(call)
    address = call.text("contacts/Contact/contactInfo/passportName")
    try:
        check_address(address)
    except Broken as problem:
        raise fault("BadEmailArgument", f"Malformed email Argument {problem}") from problem
    other = call.world.find(address)
    if other is None:
        text = f"The Passport user specified is invalid SignInName: {address}"
        raise fault("InvalidPassportUser", text)
    contact = book.add_contact(call.world, call.user, other)
    return _answer(call, f"<guid>{contact.id}</guid>")


def _by_id(call: Call, path: str = "contacts/Contact/contactId") -> Contact:
    guid = call.text(path)
    for contact in call.user.contacts.values():
        if contact.id == guid:
            return contact
    raise fault("ContactDoesNotExist", "Contact Does Not Exist")


def delete_contact(call: Call) -> str:
    other = call.world.find(_by_id(call).address)
    assert other is not None
    book.delete_contact(call.world, call.user, other)
    return _answer(call)


def update_contact(call: Call) -> str:
    info = call.body.find(anywhere("contacts/Contact/contactInfo"))
    changed = call.text("contacts/Contact/propertiesChanged").split()
    if info is None or not changed:
        raise Broken("ABContactUpdate that changes nothing")
    if info.findtext("{*}contactType") == "Me":
        call.user.name = info.findtext("{*}displayName") or call.user.name
        return _answer(call)
    contact = _by_id(call)
    if "Annotation" in changed:
        for note in info.iterfind(anywhere("annotations/Annotation")):
            if note.findtext("{*}Name") == "AB.NickName":
                contact.nickname = note.findtext("{*}Value") or ""
    if "DisplayName" in changed:
        contact.name = info.findtext("{*}displayName") or ""
    return _answer(call)


# Groups.


def _check_group_name(call: Call, name: str) -> None:
    if len(name) > LONGEST_GROUP or not name:
        raise fault("BadArgumentLength", "Argument has an invalid length")
    if name in call.user.groups.values():
        raise fault("GroupAlreadyExists", "Group Already Exists")


def add_group(call: Call) -> str:
    name = call.text("groupInfo/GroupInfo/name")
    _check_group_name(call, name)
    return _answer(call, f"<guid>{book.add_group(call.user, name)}</guid>")


def _group_id(call: Call, path: str) -> str:
    guid = call.text(path)
    if guid not in call.user.groups:
        raise fault("GroupDoesNotExist", "Group Does Not Exist")
    return guid


FILTER = "groupFilter/groupIds/guid"


def add_to_group(call: Call) -> str:
    contact = _by_id(call)
    contact.groups.add(_group_id(call, FILTER))
    return _answer(call, f"<guid>{contact.id}</guid>")


def delete_from_group(call: Call) -> str:
    _by_id(call).groups.discard(_group_id(call, FILTER))
    return _answer(call)


def update_group(call: Call) -> str:
    guid = _group_id(call, "groups/Group/groupId")
    name = call.text("groups/Group/groupInfo/name")
    _check_group_name(call, name)
    call.user.groups[guid] = name
    return _answer(call)


def delete_group(call: Call) -> str:
    book.delete_group(call.user, _group_id(call, FILTER))
    return _answer(call)


# Lists.


def _members(call: Call) -> list[tuple[Lists, str]]:
    """Which list, and whom."""
    if call.text("serviceHandle/Type") != "Messenger":
        raise Broken(f"{call.name} of another service")
    found = []
    for membership in call.body.iterfind(anywhere("memberships/Membership")):
        role = ROLES.get(membership.findtext("{*}MemberRole") or "")
        for member in membership.iterfind(anywhere("Members/Member")):
            if role is None:
                raise Broken(f"{call.name} with the role {role}")
            found.append((role, _address(call, member)))
    return found


def _address(call: Call, member: ElementTree.Element) -> str:
    kind = member.get("{http://www.w3.org/2001/XMLSchema-instance}type")
    address = member.findtext("{*}PassportName") or ""
    if kind != "PassportMember" or not address:
        raise Broken(f"{call.name} of a member {kind} {address!r}")
    return fold(address)


def add_member(call: Call) -> str:
    for role, address in _members(call):
        if call.world.find(address) is None:
            raise fault("UserDoesNotExist", "User does not exist ")
        if role not in (Lists.ALLOW, Lists.BLOCK):
            raise Broken(f"AddMember to {role!r}")
        book.add_member(call.world, call.user, role, address)
    return _answer(call)


def delete_member(call: Call) -> str:
    for role, address in _members(call):
        if not call.user.bits(address):
            raise fault("MemberDoesNotExist", "Member does not exist")
        book.delete_member(call.world, call.user, role, address)
    return _answer(call)


SHARING: dict[str, Operation] = {
    "FindMembership": find_membership,
    "AddMember": add_member,
    "DeleteMember": delete_member,
}

CONTACTS: dict[str, Operation] = {
    "ABAdd": add_book,
    "ABFindAll": find_all,
    "ABFindContactsPaged": find_paged,
    "ABContactAdd": add_contact,
    "ABContactDelete": delete_contact,
    "ABContactUpdate": update_contact,
    "ABGroupAdd": add_group,
    "ABGroupContactAdd": add_to_group,
    "ABGroupContactDelete": delete_from_group,
    "ABGroupUpdate": update_group,
    "ABGroupDelete": delete_group,
}
