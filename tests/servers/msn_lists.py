"""ADL, RML and FQY: lists as a client tells them to the notification server.

<ml l="1"><d n="example.com"><c n="romeo" l="3" t="1"/></d></ml>      l only before the first CHG
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from tests.servers import msn_book as book
from tests.servers import msn_presence as presence
from tests.servers.msn_users import Lists, User, fold
from tests.servers.msn_wire import Command
from tests.servers.msn_world import Session, World

WRONG_NETWORK, NO_SUCH_USER, EMPTY_DOMAIN, BAD_PAYLOAD = 204, 208, 240, 241

OWN = Lists.FORWARD | Lists.ALLOW | Lists.BLOCK
"""What a client may change; the others are others' doing."""

EXCLUSIVE = Lists.ALLOW | Lists.BLOCK

MOST_CONTACTS, LONGEST = 150, 7500
"""In one ADL, historically: people and bytes."""

MSN = "1"


class Refused(Exception):
    def __init__(self, code: int, why: str, ends: bool) -> None:
        super().__init__(why)
        self.code, self.ends = code, ends


@dataclass(frozen=True, slots=True)
class Entry:
    address: str
    """Folded."""
    lists: Lists


def _refusal(code: int, why: str) -> Refused:
    return Refused(code, why, ends=True)


def parse(session: Session, payload: bytes) -> tuple[bool, list[Entry]]:
    """Whether it has l="1", and who is in it."""
    try:
        root = ElementTree.fromstring(payload)
    except ElementTree.ParseError as problem:
        raise _refusal(BAD_PAYLOAD, f"not XML, {problem}: {payload!r}") from problem
    if root.tag != "ml" or any(domain.tag != "d" for domain in root):
        raise _refusal(BAD_PAYLOAD, f"not a list: {payload!r}")
    initial = root.get("l") == "1"
    if len(root) > 1 and not initial and not session.world.ways.several_domains:
        raise _refusal(BAD_PAYLOAD, f"{len(root)} domains: {payload!r}")
    entries = []
    for domain in root:
        if not len(domain) or not domain.get("n"):
            raise _refusal(EMPTY_DOMAIN, f"an empty domain: {payload!r}")
        entries += [_entry(domain.get("n", ""), contact) for contact in domain]
    if len(entries) > MOST_CONTACTS or len(payload) > LONGEST:
        session.violation(f"{len(entries)} people in {len(payload)} bytes")
    return initial, entries


def _entry(domain: str, contact: ElementTree.Element) -> Entry:
    bits, network = contact.get("l", ""), contact.get("t", "")
    name = contact.get("n")
    if contact.tag != "c" or not name or not bits.isdigit():
        raise _refusal(BAD_PAYLOAD, f"not a contact: {contact.attrib}")
    lists = Lists(int(bits))
    if not lists or lists & ~OWN or lists & EXCLUSIVE == EXCLUSIVE:
        raise _refusal(BAD_PAYLOAD, f"lists of {contact.attrib}")
    if network != MSN:
        raise Refused(WRONG_NETWORK, f"network of {contact.attrib}", ends=False)
    return Entry(fold(f"{name}@{domain}"), lists)


def _change(
    session: Session, asked: Command, apply: Callable[[Session, Entry], None], change: str
) -> None:
    try:
        initial, entries = parse(session, asked.payload or b"")
        if initial != (change == "ADL" and not session.status):
            session.violation(f"{change} with l={initial}, status {session.status or 'none'}")
        if not initial:
            _known(session.world, entries)
        for entry in entries:
            apply(session, entry)
    except Refused as refused:
        session.violation(f"{change}: {refused}")
        return _refuse(session, asked, refused)
    presence.tell(session, asked.trid) if session.online else None
    presence.refresh(session.world)
    session.send(change, asked.trid, "OK")
    return None


def _known(world: World, entries: list[Entry]) -> None:
    for entry in entries:
        if world.find(entry.address) is None:
            raise Refused(NO_SUCH_USER, f"nobody is {entry.address}", ends=False)


def _refuse(session: Session, asked: Command, refused: Refused) -> None:
    if session.world.ways.error_payloads:
        session.send(str(refused.code), asked.trid, payload=asked.payload or b"<ml></ml>")
    else:
        session.refuse(asked, refused.code)
    if refused.ends:
        session.close()


def add(session: Session, asked: Command) -> None:
    _change(session, asked, _add, "ADL")


def remove(session: Session, asked: Command) -> None:
    _change(session, asked, _remove, "RML")


def _add(session: Session, entry: Entry) -> None:
    told = session.told.get(entry.address, Lists(0)) | entry.lists
    if told & EXCLUSIVE == EXCLUSIVE:
        session.violation(f"ADL: {entry.address} is allowed and blocked")
    session.told[entry.address] = told
    if entry.lists & Lists.FORWARD:
        session.watched.add(entry.address)
    other = session.world.find(entry.address)
    if not session.status or not session.world.ways.adl_stores or other is None:
        return
    if entry.lists & Lists.FORWARD:
        book.add_contact(session.world, session.me, other)
    for role in (Lists.ALLOW, Lists.BLOCK):
        if entry.lists & role:
            session.me.lists[role].add(entry.address)


def _remove(session: Session, entry: Entry) -> None:
    session.told[entry.address] = session.told.get(entry.address, Lists(0)) & ~entry.lists
    if entry.lists & Lists.FORWARD:
        session.watched.discard(entry.address)
    other = session.world.find(entry.address)
    if not session.world.ways.adl_stores or other is None:
        return
    if entry.lists & Lists.FORWARD:
        book.delete_contact(session.world, session.me, other)
    for role in (Lists.ALLOW, Lists.BLOCK):
        if entry.lists & role:
            session.me.lists[role].discard(entry.address)


def check_initial(session: Session) -> None:
    """Before the first CHG a client must have told everybody on a list of the user's."""
    user = session.me
    people = {*user.contacts, *user.lists[Lists.ALLOW], *user.lists[Lists.BLOCK]}
    stored = {address: user.bits(address) & OWN for address in people}
    for address in people | set(session.told):
        told, bits = session.told.get(address, Lists(0)), stored.get(address, Lists(0))
        if told != bits and not (bits == Lists.FORWARD and told == bits | Lists.ALLOW):
            session.violation(f"ADL says {told!r} of {address}, who is on {bits!r}")


def query(session: Session, asked: Command) -> None:
    """FQY: which network somebody is on."""
    try:
        root = ElementTree.fromstring(asked.payload or b"")
    except ElementTree.ParseError as problem:
        session.violation(f"FQY: {problem}")
        return session.refuse_and_close(asked, BAD_PAYLOAD)
    found = "".join(_answer(session.world, domain) for domain in root)
    if not found:
        return session.refuse(asked, NO_SUCH_USER)
    return session.send("FQY", asked.trid, payload=f"<ml>{found}</ml>".encode())


def _answer(world: World, domain: ElementTree.Element) -> str:
    names = [contact.get("n", "") for contact in domain]
    known = [name for name in names if world.find(f"{name}@{domain.get('n')}")]
    contacts = "".join(f'<c n={quoteattr(name)} t="1" />' for name in known)
    return f"<d n={quoteattr(domain.get('n', ''))}>{contacts}</d>" if known else ""


def differs(user: User, told: dict[str, Lists]) -> str:
    """Where what a session was told is not what is stored; empty: nowhere."""
    people = {*user.contacts, *told, *user.lists[Lists.ALLOW], *user.lists[Lists.BLOCK]}
    for address in people:
        stored, said = user.bits(address) & OWN, told.get(address, Lists(0))
        if stored & ~Lists.ALLOW != said & ~Lists.ALLOW:
            return f"{address} is on {stored!r}, ADL and RML say {said!r}"
    return ""
