"""What the parts of the fake OSCAR server share: its users, its clients, and what it saw them do.

A ``Link`` is one client, on a socket or played by the test.  It belongs to one service: the log-in
server, BOS (the main one), ChatNav, a chat room, BART.  Handlers are the same for both.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.servers.clock import Clock
from tests.servers.oscar_kinds import BUCP, GENERIC, Kind
from tests.servers.oscar_rates import Rates
from tests.servers.oscar_users import Shown, User, ident
from tests.servers.oscar_wire import DATA, Snac, u16

SERVER_ID = 0x80000000
"""Request ids of what nobody asked for have this bit, or are 0."""

END = 0
"""Instead of a channel: hang up once all before is written."""

SHORT_SIGNOFF = -1
"""Instead of a channel: a signoff frame of 4 bytes, without a length, for clients of old."""


@dataclass(slots=True)
class Room:
    exchange: int
    cookie: str
    name: str
    created: int
    members: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a log-in cookie lets in: whom, and to which service."""

    user: User
    name: str
    service: int
    flags: int = 0
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One SNAC that a client sent."""

    user: str
    """Normalised; empty before the name is known."""
    service: int
    snac: Snac


class Limits(Protocol):
    def refuses(self) -> bool: ...


@dataclass
class World:
    kind: Kind
    clock: Clock
    rates: bool
    limiter: Limits | None
    make_key: Callable[[], bytes]
    """For the challenge of a log-in, 17/07."""
    feedbag_limit: int
    feedbag_part: int
    """Items in one 13/06."""
    address: str = ""
    secure_address: str = ""
    """``host:port`` that clients are sent on to, without and with TLS."""
    users: dict[str, User] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    tickets: dict[bytes, Ticket] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    icons: dict[bytes, bytes] = field(default_factory=dict)
    """By MD5."""
    taken: int = 0
    """Frames of clients that have had their effect."""
    turned_away: int = 0
    """Log-ins that the limiter refused."""
    log_ins: list[str] = field(default_factory=list)
    """Names that somebody tried to log in with (17/06), normalised."""
    sent: list[Record] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)
    """Names that logged in while they were logged in already."""

    def find(self, name: str) -> User | None:
        return self.users.get(ident(name))

    def clients(self, user: User) -> list[Link]:
        """Those of BOS, from their log-in on."""
        return [link for link in self.links if link.user is user and link.service == GENERIC]

    def online(self, user: User) -> list[Link]:
        return [link for link in self.clients(user) if link.online]

    def violation(self, link: Link, what: str) -> None:
        self.violations.append(f"{link}: {what}")


class Link:
    """The server's end.  ``write`` takes frames away."""

    def __init__(self, world: World, write: Callable[[int, bytes], None], played: bool) -> None:
        self.world = world
        self.write = write
        self.played = played
        self.service = BUCP
        self.user: User | None = None
        self.name = ""
        """As the client wrote it when it logged in."""
        self.secure = False
        self.closed = False
        self.online = False
        self.flags = 0
        """Of multiple connections: TLV 4a of the log-in."""
        self.asked: set[tuple[int, int]] = set()
        """Every kind of SNAC it has sent."""
        self.capabilities: tuple[bytes, ...] = ()
        self.icbm_flags = 0
        self.icbm_size = 8000
        self.seen: set[str] = set()
        """Whom this client believes to be online."""
        self.edits: set[str] | None = None
        """Whom the open transaction (13/11) touched."""
        self.rates: Rates | None = None
        self.last_snac = 0.0
        self.room: Room | None = None
        self.challenge = b""
        self._ids = itertools.count(random.randrange(0x1000000))

    @property
    def me(self) -> User:
        assert self.user is not None, "not logged in"
        return self.user

    @property
    def shown(self) -> Shown:
        assert self.me.shown is not None, "not signed on"
        return self.me.shown

    def reply(self, asked: Snac, subtype: int, data: bytes = b"", flags: int = 0) -> None:
        self.send(Snac(asked.family, subtype, data, flags, asked.request_id))

    def refuse(self, asked: Snac, code: int, more: bytes = b"") -> None:
        """xx/01."""
        self.reply(asked, 1, u16(code) + more)

    def push(
        self, family: int, subtype: int, data: bytes = b"", flags: int = 0, id: int = SERVER_ID
    ) -> None:
        """What was not asked for.  IServerd counts the ids of these, whatever ``id`` says."""
        if not self.world.kind.shares_accounts:
            id = SERVER_ID + 0x1F000000 + next(self._ids)
        self.send(Snac(family, subtype, data, flags, id))

    def send(self, snac: Snac) -> None:
        if not self.closed:
            self.write(DATA, snac.pack())

    def close(self, channel: int | None = None, body: bytes = b"") -> None:
        """Write a last frame, if any, and hang up."""
        if self.closed:
            return
        self.closed = True
        if channel is not None:
            self.write(channel, body)
        self.write(END, b"")

    def __str__(self) -> str:
        return f"{self.name or 'somebody'} at {self.service:02x}"


Handler = Callable[[Link, Snac], None]
Handlers = dict[tuple[int, int], Handler]
