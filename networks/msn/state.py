"""What one session knows of its network, and the few ways in which handlers may act.

Handlers are plain functions that are given this and a command of the server, one of the user, or
nothing.  What they want done they note down here, in order; ``MsnFsm.handle`` hands it over.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

from gateway import commands
from gateway.errors import Reason
from gateway.events import Departure, Offline, Show
from gateway.fsm import MAIN, Connect, Fetch, HangUp, Send, Stop, Tell, Wake
from gateway.ids import ChatId, Token
from gateway.network import Login
from networks.msn.addressbook import Contact
from networks.msn.ids import is_address, normalise
from networks.msn.memberships import NetworkId, Role
from networks.msn.news import Answered, Denied, Ended, Exited, News, Noticed
from networks.msn.peer import Ids, Picture
from networks.msn.personal import SILENCE, Tune
from networks.msn.requests import SWEEP_SECONDS, Request
from networks.msn.settings import MsnSettings, Url
from networks.msn.soap import Request as Post
from networks.msn.sso import Site, Ticket, Tickets
from networks.msn.switchboard import Board, Room
from networks.msn.wire import Command

Effect = Connect | Send[Command] | HangUp | Wake | Fetch | Tell[News] | Stop

BUSY = "Too much is waiting to be sent; try again in a moment."

ENDED = "The connection has ended."

NOBODY = "That is nobody's address."
ONESELF = "That is you yourself."


TWN = {"MSNP13", "MSNP14"}
"""Dialects whose log-in is TWN; that of the others is SSO."""

NO_TICKET = Ticket("")


class State(Enum):
    CONNECTING = "connecting"
    GREETING = "greeting"  # VER, CVR, USR I.
    AUTHORIZING = "authorizing"  # Tickets are fetched.
    SIGNING_ON = "signing-on"  # USR S is sent.
    LISTING = "listing"  # In; the lists are fetched.
    ONLINE = "online"
    OVER = "over"


# Services over HTTP.


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a service, as a task yields it."""

    what: str
    """For the log."""
    build: Callable[[], Post]
    parse: Callable[[int, bytes], Any]
    """Status and body to what the task is given; a Fault it is thrown."""
    at: Url


Task = Generator[Ask, Any, None]
"""What takes several questions, one after the other.  It is given the answers, or refusals."""


@dataclass(slots=True, eq=False)
class Errand:
    """A task that somebody waits for."""

    task: Task
    request: Request
    ask: Ask | None = None
    """The question that is under way."""


# The address book.


class Book:
    """Contacts and groups by what they are looked up with, and the lists of members."""

    def __init__(self) -> None:
        self.contacts: dict[ChatId, Contact] = {}
        self.groups: dict[str, str] = {}
        """Names by id."""
        self.members: dict[Role, dict[ChatId, NetworkId]] = {role: {} for role in Role}
        self.name = ""
        """Our own, as the server has stored it."""


# People.


@dataclass(slots=True)
class Person:
    """Somebody who is online, as far as the server tells us."""

    status: str
    name: str = ""
    text: str = ""
    """The personal message, and what is played."""
    picture: str = ""
    """The description of the one they show, as the server passes it on."""


@dataclass(slots=True)
class Own:
    """Our presence as our user wants it, and as the server knows it."""

    name: str = ""
    show: Show = Show.AVAILABLE
    text: str = ""
    idle: timedelta | None = None
    tune: Tune = SILENCE
    is_invisible: bool = False
    picture: str = "0"
    """As it is described in CHG."""
    shown: tuple[str, str] = ("", "")
    """Status and picture of the last CHG."""
    said: bytes = b""
    """The payload of the last UUX."""


class Msn:
    def __init__(self, login: Login) -> None:
        settings: MsnSettings = login.settings
        self.login = login
        self.settings = settings
        self.address: str = login.fields["username"]
        """As our user spells it, and the server once we are in: some compare it by letter."""
        self.me = normalise(self.address)
        self.state = State.CONNECTING
        self.server = settings.server, settings.port
        """Where the notification server is."""
        self.redirects = 0
        self.is_redirected = False
        """Once MAIN is lost it is opened anew."""
        self.url = settings.url
        self.passport = self.url
        """Where tickets are."""
        self.policy = ""
        """Of USR S."""
        self.nonce = ""
        """Of USR S."""
        self.tickets: Tickets = {}
        self.is_renewed = False
        """The tickets of the log-in were replaced at least once, so it is hours old."""
        self.former_tickets: Tickets = {}
        """Those before the last renewal, until they are needed or it is sure that they are not."""
        self.errands: deque[Errand] = deque()
        """The first is under way."""
        self.pending: dict[tuple[str, int], Request] = {}
        """Sent and not answered, by link and transaction."""
        self.book = Book()
        self.waiting: dict[ChatId, str] = {}
        """Names of those who asked to be let on our list while we were offline."""
        self.people: dict[ChatId, Person] = {}
        self.own = Own(login.fields.get("nick", ""), is_invisible=login.is_invisible)
        self.boards: dict[str, Board] = {}
        """Switchboards, by link."""
        self.closed: deque[Board] = deque()
        """Those that have just ended, until ``answers.settle`` has seen to it."""
        self.rooms: dict[ChatId, Room] = {}
        self.typing_to: dict[ChatId, int] = {}
        """How often we have said so."""
        self.typers: dict[str, tuple[ChatId, ChatId]] = {}
        """Who types where, by the timer that ends it."""
        self.lock_key = ""
        """Lets us leave offline messages; the service says how to make it."""
        self.left = 0
        """Offline messages that we have left."""
        self.told = set(login.memory.get("told", "").split())
        """Ids of offline messages that our user has, and the server too, for all we know."""
        self.picture: Picture | None = None
        """Ours."""
        self.ids = Ids(login.nonce)
        """For passing on pictures."""
        self.held: deque[commands.Command] = deque()
        """Commands that came before we were online."""
        self.is_sweeping = False
        self.heard = True
        """Since the last turn of the ping timer."""
        self.is_pinging = False
        self.failed: deque[tuple[Request, Reason, str]] = deque()
        """What we asked for ourselves, and did not get: see ``answers.FAILED``."""
        self.effects: list[Effect] = []
        self._transactions: dict[str, int] = {}
        self._links = 0
        self._made = 0

    # Numbers and names that have to be unlike all others.

    def next_link(self, name: str) -> str:
        """Never the same: the old one may still be open when a new one is made."""
        self._links += 1
        return f"{name}:{self._links}"

    @property
    def run(self) -> str:
        """Names this session, for offline messages: a GUID."""
        digits = sha256(self.login.nonce.encode()).hexdigest().upper()
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]
        return "{" + "-".join(parts) + "}"

    def random(self, size: int) -> bytes:
        """Not to be guessed, nor ever the same; up to 32 bytes."""
        self._made += 1
        return sha256(f"{self.login.nonce}:{self._made}".encode()).digest()[:size]

    # Log-in.

    @property
    def is_twn(self) -> bool:
        return self.settings.protocol in TWN

    def ticket(self, site: Site) -> Ticket:
        """An empty one, which no service takes, where the server has given none."""
        return self.tickets.get(site, NO_TICKET)

    # People.

    def problem(self, who: ChatId) -> tuple[Reason, str] | None:
        """Why nobody can have to do with them; None: somebody can."""
        if who == self.me:
            return Reason.NOT_ALLOWED, ONESELF
        return None if is_address(who) else (Reason.NOT_FOUND, NOBODY)

    # What handlers may do.

    def tell(self, news: News) -> None:
        self.effects.append(Tell(news))

    def notice(self, text: str) -> None:
        self.tell(Noticed(text))

    def wake(self, name: str, seconds: float) -> None:
        self.effects.append(Wake(name, seconds))

    def connected(self, link: str) -> None:
        """Transactions begin anew."""
        self._transactions[link] = 0

    def send(
        self,
        verb: str,
        *args: str,
        payload: bytes | None = None,
        request: Request | None = None,
        link: str = MAIN,
    ) -> int:
        """With the next transaction, which is returned."""
        number = self._transactions[link] = self._transactions.get(link, 0) + 1
        self.effects.append(Send(Command(verb, (str(number), *args), payload), link))
        if request:
            self.pending[link, number] = request
            self.start_sweeping()
        return number

    def send_bare(self, verb: str, link: str = MAIN) -> None:
        """Without a transaction: PNG and OUT."""
        self.effects.append(Send(Command(verb), link))

    def start_sweeping(self) -> None:
        """Something was begun that might never end."""
        if not self.is_sweeping:
            self.is_sweeping = True
            self.wake("sweep", SWEEP_SECONDS)

    # How requests end.

    def take(self, link: str, transaction: int, *kinds: object) -> Request | None:
        """The request that this answers, if it is of these kinds.  It waits no longer."""
        request = self.pending.get((link, transaction))
        if request is None or request.kind not in kinds:
            return None
        del self.pending[link, transaction]
        return request

    def sent_to(self, link: str) -> list[Request]:
        """Of what has no answer yet; it waits no longer."""
        found = {key: request for key, request in self.pending.items() if key[0] == link}
        for key in found:
            del self.pending[key]
        return list(found.values())

    def done(self, request: Request, news: News | None = None) -> None:
        if request.is_answered:
            return
        request.is_answered = True
        if news:
            self.tell(news)
        elif request.token:
            self.tell(Answered(request.token))

    def refuse(self, request: Request, reason: Reason, detail: str) -> None:
        if request.is_answered:
            return
        request.is_answered = True
        if request.token:
            self.tell(Denied(request.token, reason, detail))
        else:
            self.failed.append((request, reason, detail))

    def deny(self, token: Token, reason: Reason, detail: str) -> None:
        """A command that we do not even try."""
        self.tell(Denied(token, reason, detail))

    # The end.

    def end(self, why: Offline, detail: str) -> None:
        """Everybody who waits is told; then nothing more happens."""
        if self.state is State.OVER:
            return
        self.state = State.OVER
        words = detail or ENDED
        for request in self.unanswered():
            self.refuse(request, Reason.TIMEOUT, words)
        for command in self.held:
            if token := getattr(command, "token", None):
                self.deny(token, Reason.TIMEOUT, words)
        for room in self.rooms.values():
            if room.token:
                self.tell(Exited(room.id, Departure.LOST, detail))
        self.tell(Ended(why, detail))
        self.effects.append(Stop())

    def unanswered(self) -> list[Request]:
        return [
            *self.pending.values(),
            *(errand.request for errand in self.errands),
            *(request for board in self.boards.values() for request in board.requests()),
        ]
