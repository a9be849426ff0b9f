"""What the server knows of people, as it is fetched, announced and told when we come.

FindMembership ──► ABFindContactsPaged, or ABFindAll ──► ADL, so that we hear of their presence
       └── there is no address book: ABAdd, and from the beginning
"""

from collections.abc import Callable, Generator
from typing import Any

from gateway.ids import ChatId
from networks.msn import addressbook, editing, memberships
from networks.msn.addressbook import NO_BOOK, parse_book, parse_page
from networks.msn.ids import is_address, normalise
from networks.msn.lists import Listed, On, initial_lists
from networks.msn.memberships import Member, NetworkId, Role, parse_memberships
from networks.msn.news import Appeared, Buddy, Requested
from networks.msn.news import Listed as BookListed
from networks.msn.services import ServiceRefused, call
from networks.msn.soap import Request as Post
from networks.msn.soap import parse_done
from networks.msn.sso import Site
from networks.msn.state import Ask, Msn, Task

MAX_PAGES = 20
"""Of an address book: 1,500 contacts each, more than any server keeps."""

Step = Generator[Ask, Any, Any]


def ask(
    msn: Msn, what: str, build: Callable[[str], Post], parse: Callable[[int, bytes], Any]
) -> Step:
    """A question to the address book."""
    return call(msn, what, lambda: build(msn.ticket(Site.CONTACTS).text), parse)


# Fetched.


def fetch_lists(msn: Msn) -> Task:
    """A new account has none: neither service answers before there is an address book."""
    try:
        yield from read_lists(msn)
    except ServiceRefused as refused:
        if refused.fault.code != NO_BOOK:
            raise
        yield from ask(msn, "ABAdd", lambda ticket: editing.add_book(ticket, msn.me), parse_done)
        yield from read_lists(msn)


def read_lists(msn: Msn) -> Step:
    members: tuple[Member, ...] = yield from ask(
        msn, "FindMembership", memberships.find_membership, parse_memberships
    )
    for member in members:
        msn.book.members[member.role][normalise(member.address)] = member.network
    for member in members:
        who = normalise(member.address)
        if member.role is Role.PENDING and not on(msn, who):
            msn.waiting[who] = member.name
    yield from read_book(msn)


def read_book(msn: Msn) -> Step:
    """By pages, or in one piece from servers that know no pages."""
    cursor = ""
    try:
        for _ in range(MAX_PAGES):
            page: addressbook.Book = yield from ask(
                msn,
                "ABFindContactsPaged",
                lambda ticket: addressbook.find_page(ticket, cursor),  # noqa: B023  Asked at once.
                parse_page,
            )
            learn(msn, page)
            cursor = page.cursor
            if not cursor:
                return
    except ServiceRefused as refused:
        if cursor or refused.fault.code == NO_BOOK:
            raise
        learn(msn, (yield from ask(msn, "ABFindAll", addressbook.find_all, parse_book)))


def learn(msn: Msn, page: addressbook.Book) -> None:
    book = msn.book
    book.groups |= {group.id: group.name for group in page.groups}
    for contact in page.contacts:
        who = normalise(contact.address)
        if contact.is_messenger and is_address(who) and who != msn.me:
            book.contacts[who] = contact
    if page.me:
        book.name = page.me.name


# Announced.


def announce_lists(msn: Msn) -> None:
    """Everybody we know anything of, blocked or not."""
    book = msn.book
    people = dict.fromkeys([*book.contacts, *book.members[Role.ALLOW], *book.members[Role.BLOCK]])
    for payload in initial_lists(
        Listed(address=who, on=on(msn, who), network=network(msn, who)) for who in people
    ):
        msn.send("ADL", payload=payload)


def on(msn: Msn, who: ChatId) -> On:
    """Nobody is both allowed and blocked, whatever the lists say."""
    book = msn.book
    found = On.CONTACTS if who in book.contacts else On.NOTHING
    if who in book.members[Role.BLOCK]:
        return found | On.BLOCK
    return found | On.ALLOW if who in book.members[Role.ALLOW] else found


def network(msn: Msn, who: ChatId) -> NetworkId:
    book = msn.book
    if contact := book.contacts.get(who):
        return contact.network
    found = [members[who] for members in book.members.values() if who in members]
    return found[0] if found else NetworkId.MSN


# Told.


def tell_all(msn: Msn) -> None:
    msn.tell(BookListed(tuple(buddy(msn, who) for who in msn.book.contacts)))
    for who, contact in msn.book.contacts.items():
        if contact.name not in ("", who):
            msn.tell(Appeared(who, contact.name, None))  # Until they come and say it themselves.
    waiting, msn.waiting = msn.waiting, {}
    for who, name in waiting.items():
        msn.tell(Requested(who, name))


def buddy(msn: Msn, who: ChatId) -> Buddy:
    contact = msn.book.contacts[who]
    names = [msn.book.groups.get(id, "") for id in contact.groups]
    return Buddy(who, contact.nick, tuple(dict.fromkeys(filter(None, names))))
