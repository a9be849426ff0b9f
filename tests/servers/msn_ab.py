"""The address book and the membership lists by SOAP: abservice.asmx and SharingService.asmx."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers import msn_answers as answers
from tests.servers import msn_book as book
from tests.servers.msn_answers import NAMESPACE, NO_BOOK
from tests.servers.msn_soap import Call, Fault, Operation, anywhere, fields
from tests.servers.msn_users import ROLES, Contact, Lists, check_address, fold
from tests.servers.msn_wire import Broken

APPLICATION = "CFE80F9D-180F-4399-82AB-413F33A1FA11"
SCENARIOS = {"Initial", "Timer", "ContactSave", "GroupSave", "BlockUnblock", "ContactMsgrAPI"}
"""What official clients said that a request is for."""

LONGEST_GROUP = 61
"""Characters of a group's name."""


def fault(code: str, text: str, status: int = 0) -> Fault:
    where = f'xmlns="{NAMESPACE}"'
    detail = f"<errorcode {where}>{code}</errorcode>"
    detail += f"<errorstring {where}>{escape(text)}</errorstring>"
    return Fault(text, detail, status=status)


def forbidden(name: str) -> Fault:
    """Of an operation that is not known."""
    return fault("Forbidden", f"API {name} no longer supported", status=200)


def check(call: Call) -> None:
    """What the recorded server does not look at."""
    said = fields(call.header.find("{*}ABApplicationHeader"))
    scenario = said.pop("PartnerScenario", "")
    if said != {"ApplicationId": APPLICATION, "IsMigration": "false"} or scenario not in SCENARIOS:
        call.violation(f"ABApplicationHeader {said} {scenario}")
    if call.header.findtext(".//{*}ManagedGroupRequest") != "false":
        call.violation("no ManagedGroupRequest")
    if call.body.findtext("{*}abId") not in (None, NO_BOOK):
        call.violation("another address book")


def _answer(call: Call, result: str = "") -> str:
    inside = f"<{call.name}Result>{result}</{call.name}Result>" if result else ""
    return f'<{call.name}Response xmlns="{NAMESPACE}">{inside}</{call.name}Response>'


def _needs_book(call: Call) -> None:
    if not call.user.has_book:
        raise fault("ABDoesNotExist", "Address Book Does Not Exist")


# Reading.


def find_membership(call: Call) -> str:
    _needs_book(call)
    if call.body.findtext(".//{*}deltasOnly") == "true":
        raise _full_sync()
    if "Messenger" not in [found.text for found in call.body.iterfind(".//{*}ServiceType")]:
        raise Broken("FindMembership without the service Messenger")
    return _answer(call, answers.memberships(call.world, call.user))


def find_all(call: Call) -> str:
    _needs_book(call)
    if call.text("deltasOnly") == "true":
        raise _full_sync()
    who = (call.world, call.user)
    groups, contacts = answers.groups(*who), "".join(answers.contacts(*who))
    parts = f"<groups>{groups}</groups><contacts>{contacts}</contacts>"
    return _answer(call, parts + answers.whole(*who, "ab"))


def find_paged(call: Call) -> str:
    """The next page, if there is one, is at the Cursor, to be given back in the pageContext."""
    _needs_book(call)
    if call.text("filterOptions/DeltasOnly") == "true":
        raise _full_sync()
    size = call.world.ways.page_size or int(call.text("pageContext/PageSize"))
    start = int(call.body.findtext(anywhere("pageContext/Cursor")) or 0)
    who = (call.world, call.user)
    contacts = answers.contacts(*who)
    more = f"<PageContext><Cursor>{start + size}</Cursor></PageContext>"
    cursor = more if start + size < len(contacts) else ""
    page = "".join(contacts[start : start + size])
    circles = "<CircleResult><CircleTicket>none</CircleTicket></CircleResult>"
    lists = f"<Groups>{answers.groups(*who)}</Groups><Contacts>{page}</Contacts>"
    return _answer(call, f"{lists}{circles}{answers.whole(*who, 'Ab')}{cursor}")


def _full_sync() -> Fault:
    return fault("FullSyncRequired", "Full sync required.  Details: Delta syncs disabled.", 200)


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
