"""What the parts of the fake MSN server share: users, connections, tickets, and what clients did.

A ``Link`` is one client at the notification server (``Session``) or on a switchboard (``Seat``), on
a socket or played by the test.  Handlers are the same for both.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.clock import Clock
from tests.servers.msn_users import Lists, User, fold
from tests.servers.msn_wire import Command

KEY_SECONDS = 120.0
"""For which the key of a switchboard is good, once."""


@dataclass
class Ways:
    """In what servers differ.  A test may change them meanwhile."""

    dispatch: bool = False
    """The first server answers USR with XFR, to another port."""
    challenge: bool = False
    """CHL after the first CHG."""
    redirect: bool = False
    """RST says where to ask instead (psf:Redirect)."""
    naks: bool = False
    """No message arrives."""
    proper_ubx: bool = False
    """UBX is XML."""
    error_payloads: bool = False
    """Errors of ADL and RML say more, behind a length."""
    fault_status: int = 500
    """HTTP's, of SOAP faults."""
    metadata_escapes: int = 1
    """How often the XML in GetMetadata is escaped; 0: it is XML."""
    page_size: int = 0
    """Contacts in one answer of ABFindContactsPaged; 0: all."""
    several_domains: bool = False
    """In one ADL or RML, also after the first."""
    one_ticket: bool = False
    """One ticket, without ``p``, for everything, as the recorded server has it."""
    any_lockkey: bool = False
    """Nobody looks at it, as the recorded server does not."""
    tied: bool = True
    """HTTP services want the very tickets that the notification server was given."""
    ticket_seconds: float = 86400.0
    adl_stores: bool = True
    """ADL and RML change the lists that are stored; else SOAP alone, and those of the session."""
    silent: bool = False
    """Nothing is answered any more."""


@dataclass(eq=False)
class Passport:
    """What RST gave to somebody who knew the password."""

    user: User
    tickets: dict[str, str]
    """By the address of the service."""
    secret: bytes
    issued: float


@dataclass(frozen=True, slots=True)
class Key:
    """Of a switchboard: who may enter, and which one; None: a new one."""

    user: User
    board: Board | None
    issued: float


@dataclass(eq=False)
class Board:
    """A switchboard."""

    id: str
    seats: list[Seat] = field(default_factory=list)

    def others(self, seat: Seat) -> list[Seat]:
        return [other for other in self.seats if other is not seat]


@dataclass(frozen=True, slots=True)
class Record:
    """One command that a client sent."""

    user: str
    """Folded; empty before the name is known."""
    service: str
    command: Command


@dataclass(frozen=True, slots=True)
class Request:
    """One operation that a client asked of an HTTP service."""

    user: str
    operation: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "text/xml; charset=utf-8"


@dataclass
class World:
    clock: Clock
    ways: Ways
    make_nonce: Callable[[], str]
    """64 characters of base64."""
    make_challenge: Callable[[], str]
    """Digits."""
    make_secret: Callable[[], bytes]
    """24 bytes."""
    url: str = ""
    """Of the HTTP services."""
    ns_address: str = ""
    sb_address: str = ""
    users: dict[str, User] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    passports: list[Passport] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """What a test wants the next askers of an operation to get."""
    lockkeys: dict[str, str] = field(default_factory=dict)
    """The last LockKeyChallenge of each user."""
    sent: list[Record] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    taken: int = 0
    """Commands of clients that have had their effect."""

    def find(self, address: str) -> User | None:
        return self.users.get(fold(address))

    def session(self, user: User) -> Session | None:
        """The one that is logged in."""
        found = (link for link in self.links if isinstance(link, Session) and link.logged_in)
        return next((session for session in found if session.user is user), None)

    def sessions(self) -> list[Session]:
        """Those who have said how they want to be seen."""
        return [link for link in self.links if isinstance(link, Session) and link.online]

    def lists(self, user: User, address: str) -> Lists:
        """Which lists of the user's somebody is on, as far as presence goes."""
        session = self.session(user)
        if self.ways.adl_stores or session is None:
            return user.bits(address)
        return session.told.get(address, Lists(0))

    def passport(self, ticket: str) -> Passport | None:
        found = (p for p in self.passports if ticket in p.tickets.values())
        return next(found, None)

    def expired(self, passport: Passport) -> bool:
        return self.clock.now() >= passport.issued + self.ways.ticket_seconds

    def make_key(self, user: User, board: Board | None) -> str:
        text = os.urandom(10).hex()
        self.keys[text] = Key(user, board, self.clock.now())
        return text

    def use_key(self, text: str) -> Key | None:
        key = self.keys.pop(text, None)
        if key is None or self.clock.now() >= key.issued + KEY_SECONDS:
            return None
        return key

    def violation(self, who: object, what: str) -> None:
        self.violations.append(f"{who}: {what}")


class Link:
    """The server's end.  ``write`` takes commands away; None: hang up once all is written."""

    service = ""

    def __init__(
        self, world: World, write: Callable[[bytes | None], None], played: bool = False
    ) -> None:
        self.world, self.write, self.played = world, write, played
        self.user: User | None = None
        self.closed = False
        self.logged_in = False
        self.trid = 0
        """Of the last command."""

    @property
    def me(self) -> User:
        assert self.user is not None, "not logged in"
        return self.user

    def send(self, name: str, *args: object, payload: bytes | None = None) -> None:
        if not self.closed and (self.played or not self.world.ways.silent):
            self.write(Command(name, tuple(str(arg) for arg in args), payload).pack())

    def refuse(self, asked: Command, code: int) -> None:
        self.send(str(code), asked.trid)

    def refuse_and_close(self, asked: Command, code: int) -> None:
        self.refuse(asked, code)
        self.close()

    def violation(self, what: str) -> None:
        self.world.violation(self, what)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.write(None)

    def __str__(self) -> str:
        return f"{self.user.address if self.user else 'somebody'} at {self.service}"


class Session(Link):
    """With the notification server."""

    service = "NS"

    def __init__(
        self,
        world: World,
        write: Callable[[bytes | None], None],
        played: bool = False,
        dispatch: bool = False,
    ) -> None:
        super().__init__(world, write, played)
        self.dispatch = dispatch
        self.step = "VER"
        self.dialect = 0
        self.claimed = ""
        """The address, from CVR on."""
        self.nonce = ""
        self.passport: Passport | None = None
        self.status = ""
        """Empty before the first CHG."""
        self.capabilities = "0"
        self.object = "0"
        """The picture: an msnobj, escaped."""
        self.told: dict[str, Lists] = {}
        """By ADL and RML."""
        self.watched: set[str] = set()
        """Whose presence it is told: not before ADL."""
        self.seen: dict[str, object] = {}
        """How others were last shown to this one."""
        self.challenge = ""
        self.said: set[str] = set()
        """The names of all commands."""

    @property
    def online(self) -> bool:
        return self.logged_in and bool(self.status)

    @property
    def network(self) -> tuple[str, ...]:
        """The network id, which MSNP13 does not know."""
        return ("1",) if self.dialect > 13 else ()


class Seat(Link):
    """On a switchboard."""

    service = "SB"

    def __init__(
        self, world: World, write: Callable[[bytes | None], None], played: bool = False
    ) -> None:
        super().__init__(world, write, played)
        self.board: Board | None = None
        self.had_company = False

    @property
    def here(self) -> Board:
        assert self.board is not None, "not on a switchboard"
        return self.board
