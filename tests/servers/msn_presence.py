"""Who sees whom, and how: ILN, NLN, UBX and FLN."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers.msn_users import Lists, User
from tests.servers.msn_wire import quote
from tests.servers.msn_world import Session, World

STATUSES = ("NLN", "BSY", "IDL", "BRB", "AWY", "PHN", "LUN", "HDN")
HIDDEN = "HDN"


@dataclass(frozen=True, slots=True)
class Shown:
    head: tuple[str, ...]
    """Of NLN: status, address, …"""
    data: bytes
    """Of UBX."""


def refresh(world: World) -> None:
    """Tell everybody what has changed for them."""
    for session in world.sessions():
        tell(session)


def tell(session: Session, trid: str = "") -> None:
    """``trid``: of the command that this answers, so that those who are there come as ILN."""
    world = session.world
    watched = session.watched
    if world.ways.adl_stores:
        watched = watched & set(session.me.contacts)
    for address in watched | set(session.seen):
        other = world.find(address)
        now = _shown(session, other) if other and address in watched else None
        before = session.seen.get(address)
        if now == before:
            continue
        if now is None:
            del session.seen[address]
            if address in watched and other is not None:
                rest = ("1", "0") if session.network else ()
                session.send("FLN", other.address, *rest)
            continue
        session.seen[address] = now
        assert other is not None
        _show(session, other, before, now, trid)


def _show(session: Session, other: User, before: object, now: Shown, trid: str) -> None:
    if not isinstance(before, Shown) or before.head != now.head:
        name = ("ILN", trid) if trid else ("NLN",)
        session.send(*name, *now.head)
    old = before.data if isinstance(before, Shown) else b""
    if trid or now.data != old:
        payload = ubx(session.world, now.data)
        if trid or old or says_something(payload):
            session.send("UBX", other.address, *session.network, payload=payload)


def begin(session: Session) -> None:
    """The recorded server does not look at what the first ADL says."""
    told = {address for address, bits in session.told.items() if bits & Lists.FORWARD}
    session.watched = set(session.me.contacts) if session.world.ways.adl_stores else told


def visible(world: World, other: User, watcher: User) -> Session | None:
    """The session of somebody, if the watcher may know of it.  BLP BL has no effect."""
    session = world.session(other)
    if session is None or not session.online or session.status == HIDDEN:
        return None
    return None if world.lists(other, watcher.key) & Lists.BLOCK else session


def _shown(watcher: Session, other: User) -> Shown | None:
    session = visible(watcher.world, other, watcher.me)
    if session is None:
        return None
    name = quote(other.name)
    words = (session.status, other.address, *watcher.network, name)
    return Shown((*words, session.capabilities, session.object), other.data)


def ubx(world: World, data: bytes) -> bytes:
    """What others get for a UUX.  Only ``&`` is escaped, so it need not be XML."""
    if not data or world.ways.proper_ubx:
        return data
    parts = []
    for element in ElementTree.fromstring(data):
        text = (element.text or "").replace("&", "&#x26;")
        parts.append(f"<{element.tag}>{text}</{element.tag}>")
    return f"<Data>{''.join(parts)}</Data>".encode()


def says_something(payload: bytes) -> bool:
    return payload not in (b"", uux())


def uux(psm: str = "", media: str = "") -> bytes:
    """As a client says it."""
    parts = f"<PSM>{escape(psm)}</PSM><CurrentMedia>{escape(media)}</CurrentMedia>"
    return f"<Data>{parts}</Data>".encode()
