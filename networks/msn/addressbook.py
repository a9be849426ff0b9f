"""The address book: contacts, the names we gave them, and the groups they are in."""

from collections.abc import Iterator
from enum import StrEnum
from xml.etree.ElementTree import Element

from gateway.frozen import frozen
from networks.msn.abservice import (
    AB,
    BEGINNING,
    BOOK_PATH,
    CONTACT_SAVE,
    GROUP_SAVE,
    INITIAL,
    TIMER,
    annotations,
    operation,
    result,
)
from networks.msn.memberships import NetworkId, network_of
from networks.msn.soap import Fault, Request
from networks.msn.xml import quoted

BOOK_ID = "<abId>00000000-0000-0000-0000-000000000000</abId>"
"""Everybody's own address book."""


class Kind(StrEnum):
    """``contactType``."""

    ME = "Me"
    REGULAR = "Regular"
    LIVE = "Live"
    PENDING = "LivePending"
    """Invited, and has not agreed."""


@frozen(kw_only=True)
class Contact:
    id: str
    address: str
    """In lower case; "" of one who has only a name and a telephone."""
    network: NetworkId = NetworkId.MSN
    kind: str = Kind.REGULAR
    """A ``Kind``, or some other."""
    name: str = ""
    """What they call themselves, as the server last heard it."""
    nick: str = ""
    """What we call them."""
    groups: tuple[str, ...] = ()
    """Ids."""
    is_messenger: bool = True
    """Not only somebody whose address is written down here."""


@frozen()
class Group:
    id: str
    name: str


@frozen(kw_only=True)
class Book:
    """One page of it."""

    contacts: tuple[Contact, ...] = ()
    groups: tuple[Group, ...] = ()
    me: Contact | None = None
    cursor: str = ""
    """What to ask for the next page with; "" on the last one."""


NO_BOOK = "ABDoesNotExist"
"""The code of the fault for a new account: ``add_book`` first."""

# Asking.


def find_all(ticket: str) -> Request:
    body = (
        f"{BOOK_ID}<abView>Full</abView><deltasOnly>false</deltasOnly>"
        f"<lastChange>{BEGINNING}</lastChange>"
    )
    return operation(BOOK_PATH, "ABFindAll", ticket, INITIAL, body)


NEVER = "0001-01-01T00:00:00.00-08:00"
"""As the official clients say BEGINNING here."""

PAGE_SIZE = 1500
"""Contacts; what the official clients ask for."""


def find_page(ticket: str, cursor: str = "") -> Request:
    at = f"<Cursor>{quoted(cursor)}</Cursor>" if cursor else ""
    body = (
        "<abView>MessengerClient8</abView>"
        "<extendedContent>AB AllGroups CircleResult</extendedContent>"
        "<filterOptions><ContactFilter><IncludeShellContacts>true</IncludeShellContacts>"
        "<IncludeHiddenContacts>true</IncludeHiddenContacts></ContactFilter>"
        f"<DeltasOnly>false</DeltasOnly><LastChanged>{NEVER}</LastChanged></filterOptions>"
        f"<pageContext><PageSize>{PAGE_SIZE}</PageSize><Direction>Forward</Direction>{at}"
        "</pageContext>"
    )
    return operation(BOOK_PATH, "ABFindContactsPaged", ticket, INITIAL, body)


def add_book(ticket: str, owner: str) -> Request:
    """For an account that has none."""
    body = (
        f"<abInfo><name/><ownerPuid>0</ownerPuid><ownerEmail>{quoted(owner)}</ownerEmail>"
        "<fDefault>true</fDefault></abInfo>"
    )
    return operation(BOOK_PATH, "ABAdd", ticket, INITIAL, body)


def add_contact(
    ticket: str,
    address: str,
    network: NetworkId = NetworkId.MSN,
    *,
    own_name: str = "",
    invitation: str = "",
) -> Request:
    """Answered by an id.  They read the invitation, signed with our name."""
    who = quoted(address)
    if network == NetworkId.MSN:
        named = (
            f"<contactType>{Kind.PENDING}</contactType><passportName>{who}</passportName>"
            "<isMessengerUser>true</isMessengerUser>"
        )
    else:
        named = (
            "<emails><ContactEmail><contactEmailType>Messenger2</contactEmailType>"
            f"<email>{who}</email><isMessengerEnabled>true</isMessengerEnabled>"
            f"<Capability>{network:d}</Capability>"
            "<MessengerEnabledExternally>false</MessengerEnabledExternally>"
            "<propertiesChanged>Email IsMessengerEnabled Capability</propertiesChanged>"
            "</ContactEmail></emails>"
        )
    body = (
        f"{BOOK_ID}<contacts><Contact><contactInfo>{named}{_invited(own_name, invitation)}"
        "</contactInfo></Contact></contacts>"
        "<options><EnableAllowListManagement>true</EnableAllowListManagement></options>"
    )
    return operation(BOOK_PATH, "ABContactAdd", ticket, CONTACT_SAVE, body)


def _invited(own_name: str, invitation: str) -> str:
    if not own_name and not invitation:
        return ""
    said = _annotation("MSN.IM.InviteMessage", invitation)
    pending = f"<PendingAnnotations>{said}</PendingAnnotations>" if invitation else ""
    name = f"<DisplayName>{quoted(own_name)}</DisplayName>"
    return f"<MessengerMemberInfo>{pending}{name}</MessengerMemberInfo>"


def _annotation(name: str, value: str) -> str:
    return f"<Annotation><Name>{name}</Name><Value>{quoted(value)}</Value></Annotation>"


NICK = "AB.NickName"


def rename_contact(ticket: str, id: str, nick: str) -> Request:
    """ "" takes the name away that we gave them."""
    info = f"<annotations>{_annotation(NICK, nick)}</annotations>"
    return _update(ticket, f"<contactId>{quoted(id)}</contactId>", info, "Annotation ")


def rename_me(ticket: str, name: str) -> Request:
    """Our own name, for those who ask while we are offline."""
    return _update(ticket, "", f"{ME}<displayName>{quoted(name)}</displayName>", "DisplayName ")


ME = f"<contactType>{Kind.ME}</contactType>"


def _update(ticket: str, who: str, info: str, changed: str) -> Request:
    """``changed`` names the properties, each with a space behind it."""
    body = (
        f"{BOOK_ID}<contacts><Contact>{who}<contactInfo>{info}</contactInfo>"
        f"<propertiesChanged>{changed}</propertiesChanged></Contact></contacts>"
    )
    return operation(BOOK_PATH, "ABContactUpdate", ticket, CONTACT_SAVE, body)


def delete_contact(ticket: str, id: str) -> Request:
    return operation(BOOK_PATH, "ABContactDelete", ticket, TIMER, BOOK_ID + _contacts(id))


def _contacts(id: str) -> str:
    return f"<contacts><Contact><contactId>{quoted(id)}</contactId></Contact></contacts>"


# Asking: groups.

GROUP_TYPE = "C8529CE2-6EAD-434d-881F-341E17DB3FF8"


def add_group(ticket: str, name: str) -> Request:
    """Answered by an id."""
    body = (
        f"{BOOK_ID}<groupAddOptions><fRenameOnMsgrConflict>false</fRenameOnMsgrConflict>"
        f"</groupAddOptions><groupInfo><GroupInfo><name>{quoted(name)}</name>"
        f"<groupType>{GROUP_TYPE}</groupType><fMessenger>false</fMessenger>"
        f"<annotations>{_annotation('MSN.IM.Display', '1')}</annotations></GroupInfo></groupInfo>"
    )
    return operation(BOOK_PATH, "ABGroupAdd", ticket, GROUP_SAVE, body)


def delete_group(ticket: str, id: str) -> Request:
    return operation(BOOK_PATH, "ABGroupDelete", ticket, TIMER, BOOK_ID + _group(id))


def add_to_group(ticket: str, group: str, contact: str) -> Request:
    body = BOOK_ID + _group(group) + _contacts(contact)
    return operation(BOOK_PATH, "ABGroupContactAdd", ticket, GROUP_SAVE, body)


def remove_from_group(ticket: str, group: str, contact: str) -> Request:
    body = BOOK_ID + _group(group) + _contacts(contact)
    return operation(BOOK_PATH, "ABGroupContactDelete", ticket, GROUP_SAVE, body)


def _group(id: str) -> str:
    return f"<groupFilter><groupIds><guid>{quoted(id)}</guid></groupIds></groupFilter>"


# What is answered.


def parse_book(status: int, data: bytes) -> Book | Fault:
    """The answer to ``find_all``.

    Raises:
        WireError: the answer is to something else, or damaged.
    """
    found = result(status, data, "ABFindAll")
    return found if isinstance(found, Fault) else _book(found)


def parse_page(status: int, data: bytes) -> Book | Fault:
    """The answer to ``find_page``; like ``parse_book``."""
    found = result(status, data, "ABFindContactsPaged")
    return found if isinstance(found, Fault) else _book(found)


def _book(found: Element) -> Book:
    """Pages spell some elements with a capital, or not, as the server likes."""
    contacts, me = [], None
    for element in _all(found, "ontacts", "Contact"):
        info = element.find(f"{AB}contactInfo")
        if info is None or _is_deleted(element):
            continue
        contact = _contact(_text(element, "contactId"), info)
        if contact.kind == Kind.ME:
            me = contact
        else:
            contacts.append(contact)
    return Book(
        contacts=tuple(contacts),
        groups=tuple(_groups(found)),
        me=me,
        cursor=found.findtext(f"{AB}PageContext/{AB}Cursor", "").strip(),
    )


def _all(found: Element, many: str, one: str) -> Iterator[Element]:
    initial = one[0]
    for name in (initial.lower() + many, initial + many):
        yield from found.iterfind(f"{AB}{name}/{AB}{one}")


def _is_deleted(element: Element) -> bool:
    return _text(element, "fDeleted") == "true"


def _text(element: Element, name: str) -> str:
    return element.findtext(AB + name, "").strip()


def _groups(found: Element) -> Iterator[Group]:
    for element in _all(found, "roups", "Group"):
        group = Group(
            _text(element, "groupId"), element.findtext(f"{AB}groupInfo/{AB}name", "").strip()
        )
        if group.id and group.name and not _is_deleted(element):
            yield group


def _contact(id: str, info: Element) -> Contact:
    address, network = _text(info, "passportName"), NetworkId.MSN
    is_messenger = _text(info, "isMessengerUser") == "true"
    if not address or not is_messenger:
        for email in info.iterfind(f"{AB}emails/{AB}ContactEmail"):
            if _text(email, "isMessengerEnabled") == "true" and _text(email, "email"):
                address, is_messenger = _text(email, "email"), True
                network = network_of(_text(email, "Capability"), NetworkId.YAHOO)
    return Contact(
        id=id,
        address=address.lower(),
        network=network,
        kind=_text(info, "contactType"),
        name=_text(info, "displayName") or _text(info, "quickName"),
        nick=annotations(info).get(NICK, ""),
        groups=tuple(
            guid.text.strip() for guid in info.iterfind(f"{AB}groupIds/{AB}guid") if guid.text
        ),
        is_messenger=is_messenger,
    )
