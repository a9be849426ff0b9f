"""The address book: contacts, the names we gave them, and the groups they are in."""

from collections.abc import Iterator
from enum import StrEnum
from xml.etree.ElementTree import Element

from gateway.frozen import frozen
from networks.msn.abservice import (
    AB,
    BEGINNING,
    BOOK_ID,
    BOOK_PATH,
    INITIAL,
    annotations,
    operation,
    result,
)
from networks.msn.memberships import NetworkId, network_of
from networks.msn.soap import Fault, Request
from networks.msn.xml import quoted


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
"""The code of the fault for a new account: one has to be added first."""

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


CONTACTS = (f"{AB}contacts/{AB}Contact", f"{AB}Contacts/{AB}Contact")
GROUPS = (f"{AB}groups/{AB}Group", f"{AB}Groups/{AB}Group")
"""With a capital in pages, if the server likes."""


def _book(found: Element) -> Book:
    contacts, me = [], None
    for element in _all(found, CONTACTS):
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


def _all(found: Element, paths: tuple[str, ...]) -> Iterator[Element]:
    return (element for path in paths for element in found.iterfind(path))


def _is_deleted(element: Element) -> bool:
    return _text(element, "fDeleted") == "true"


def _text(element: Element, name: str) -> str:
    return element.findtext(AB + name, "").strip()


def _groups(found: Element) -> Iterator[Group]:
    for element in _all(found, GROUPS):
        group = Group(
            _text(element, "groupId"), element.findtext(f"{AB}groupInfo/{AB}name", "").strip()
        )
        if group.id and group.name and not _is_deleted(element):
            yield group


NICK = "AB.NickName"
"""The annotation with what we call them."""


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
