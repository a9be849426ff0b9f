"""What one session knows of its network, and the few ways in which handlers may act.

Handlers are plain functions that are given this and a SNAC, a command or nothing.  What they want
done they note down here, in order; ``OscarFsm.handle`` hands it over.
"""

from collections import deque
from hashlib import md5

from gateway.commands import Command, SetPresence
from gateway.errors import Reason
from gateway.events import Avatar, Departure, Offline
from gateway.fsm import MAIN, Connect, Fetch, HangUp, Send, Stop, Tell, Wake
from gateway.ids import ChatId, Token
from gateway.network import Login
from networks.oscar.book import Book, Edit
from networks.oscar.chat import RoomKey
from networks.oscar.ids import is_uin, normalise
from networks.oscar.news import Answered, Denied, Ended, Exited, News, Noticed
from networks.oscar.parts import Own, Person, Room, Service, SignOn, State
from networks.oscar.rates import Entry, Rates
from networks.oscar.requests import SWEEP_SECONDS, Request
from networks.oscar.settings import OscarSettings
from networks.oscar.wire import Frame, KeepAlive, OscarCodec, Signoff, Signon, Snac

Effect = Connect | Send[Frame] | HangUp | Wake | Fetch | Tell[News] | Stop

AUTH = "auth"
"""The link to the login server (BUCP); MAIN is the one to where it sends us (BOS)."""

MAX_NAMES = 10_000
"""People whose way of writing their name is kept; then it starts anew."""

LOCATES = (0x15, 0x05, 0x00)
"""Subtypes of family 2 to fetch away texts with, the best first; 00 when the server has none."""

MAX_EDITS = 256
"""Changes of the address book that wait for the one under way."""

BUSY = "Too much is waiting to be sent; try again in a moment."


class Oscar:
    def __init__(self, login: Login) -> None:
        settings: OscarSettings = login.settings
        self.login = login
        self.settings = settings
        self.name = login.fields["username"]
        """As we write it; from 01/0f on, as the server does."""
        self.id = normalise(self.name)
        self.is_icq = is_uin(self.id)
        self.nonce = login.nonce
        self.state = State.AUTHORIZING
        self.signon = SignOn()
        self.own = Own()
        self.is_encrypted = False
        """The connection to BOS."""
        self.is_invisible = login.is_invisible
        self.profile = ""
        """Plain; AIM's, if it was set from here."""
        self.wanted: SetPresence | None = None
        """The last that XMPP said."""
        self.rates: Rates[Request] = Rates()
        self.pending: dict[int, Request] = {}
        """Sent and not answered, by the id of the SNAC."""
        self.services: dict[str, Service] = {}
        """By link."""
        self.rooms: dict[ChatId, Room] = {}
        self.book = Book()
        self.edits: deque[Edit] = deque()
        """The first is under way."""
        self.people: dict[ChatId, Person] = {}
        self.names: dict[ChatId, str] = {}
        """How people write their names."""
        self.unwilling: set[ChatId] = set()
        """Whose last message said that they do not want to know when we type."""
        self.passes_willingness = False
        """The server does not take that mark away from messages."""
        self.is_settling = True
        """XMPP says again what it said in earlier sessions."""
        self.asked_by_message: set[ChatId] = set()
        """Who asked for our authorisation in the old way, and is answered in it."""
        self.invited: dict[ChatId, RoomKey] = {}
        """Rooms that cannot be found by the names we have for them: in capitals, for one."""
        self.icon: Avatar | None = None
        """Ours, until the server has it."""
        self.locate = LOCATES[0]
        self.takes_notes = True
        """Texts beside our status, until the server says otherwise."""
        self.held: deque[Command] = deque()
        """Commands that came before we were online."""
        self.sequence = 0
        """Of the last query in ICQ's own terms."""
        self.is_sweeping = False
        self.heard = True
        """Since the last turn of the ping timer."""
        self.is_pinging = False
        self.failed: deque[tuple[Request, Reason, str]] = deque()
        """What we asked for ourselves, and did not get: see ``answers.FAILED``."""
        self.effects: list[Effect] = []
        self._made = 0
        self._ids = 0
        self._links = 0

    # Names.

    def is_me(self, name: str) -> bool:
        return normalise(name) == self.id

    def learn_name(self, name: str) -> None:
        """As they write it themselves."""
        if len(self.names) >= MAX_NAMES:
            self.names.clear()
        self.names[normalise(name)] = name

    def suggest_name(self, name: str) -> None:
        """As somebody else writes it: better than what we made of it for comparing."""
        if normalise(name) not in self.names:
            self.learn_name(name)

    def written(self, name: str) -> str:
        """As its owner writes it, if we know; else as given."""
        return self.names.get(normalise(name), name)

    # Numbers that have to be unlike all others.

    def next_id(self) -> int:
        """Of a SNAC; below 80000000, from where the server's own begin."""
        self._ids = self._ids % 0x7FFFFFFF + 1
        return self._ids

    def next_cookie(self) -> bytes:
        """Of a message: not to be guessed by those who get it, nor ever used again."""
        self._made += 1
        seed = f"{self.nonce}:{self._made}".encode()
        return md5(seed, usedforsecurity=False).digest()[:8]

    def next_sequence(self) -> int:
        self.sequence = self.sequence % 0x7FFF + 1
        return self.sequence

    def next_link(self, name: str) -> str:
        """Never the same: the old one may still be open when a new one is made."""
        self._links += 1
        return f"{name}:{self._links}"

    def codec(self) -> OscarCodec:
        """Its frames are numbered from a place that nobody can guess, and far from the end."""
        return OscarCodec(sequence=int.from_bytes(self.next_cookie()[:2], "big") & 0x0FFF)

    # What handlers may do.

    def tell(self, news: News) -> None:
        self.effects.append(Tell(news))

    def notice(self, text: str) -> None:
        if text:
            self.tell(Noticed(text))

    def wake(self, name: str, seconds: float) -> None:
        self.effects.append(Wake(name, seconds))

    def send_now(self, frame: Signon | Signoff | KeepAlive | Snac, link: str = MAIN) -> None:
        """Past all that waits, and not counted: what is no SNAC, and all of the login server."""
        self.effects.append(Send(frame, link))

    def has_room(self, family: int, subtype: int, count: int = 1) -> bool:
        return self.rates.has_room(family, subtype, count)

    def send(
        self,
        family: int,
        subtype: int,
        data: bytes = b"",
        request: Request | None = None,
        *,
        link: str = MAIN,
        key: str = "",
        is_background: bool = False,
        is_owed: bool = False,
    ) -> None:
        """In turn; refused, or dropped if nobody asked for it, when too much waits already and it
        is not owed: the end of something that has begun."""
        if not is_owed and not self.rates.has_room(family, subtype):
            if request:
                self.refuse(request, Reason.TOO_MUCH, BUSY)
            return
        snac = Snac(family, subtype, data, self.next_id())
        entry: Entry[Request] = Entry(snac, link, request, key)
        self.rates.put(entry, is_background=is_background)

    def flush(self) -> None:
        """Send as much as may be sent now."""
        for entry in self.rates.ready():
            if request := entry.tag:
                if request.is_answered:  # By the failure of another part of it.
                    continue
                self.pending[entry.snac.request_id] = request
                self.start_sweeping()
            self.effects.append(Send(entry.snac, entry.link))
        self.effects += [Wake(name, seconds) for name, seconds in self.rates.timers()]

    def start_sweeping(self) -> None:
        """Something was begun that might never end."""
        if not self.is_sweeping:
            self.is_sweeping = True
            self.wake("sweep", SWEEP_SECONDS)

    # How requests end.

    def take(self, request_id: int, *kinds: object) -> Request | None:
        """The request that this answers, if it is of these kinds.  It waits no longer."""
        request = self.pending.get(request_id)
        if request is None or request.kind not in kinds:
            return None
        del self.pending[request_id]
        return request

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

    def sent_to(self, link: str) -> list[Request]:
        """Of what has no answer yet; it waits no longer."""
        found = {id: request for id, request in self.pending.items() if request.link == link}
        for id in found:
            del self.pending[id]
        return list(found.values())

    def deny(self, token: Token, reason: Reason, detail: str) -> None:
        """A command that we do not even try."""
        self.tell(Denied(token, reason, detail))

    # The end.

    def end(self, why: Offline, detail: str, pause: float | None = None) -> None:
        """Everybody who waits is told; then nothing more happens."""
        if self.state is State.OVER:
            return
        self.state = State.OVER
        words = detail or "The connection has ended."
        for request in self.unanswered():
            self.refuse(request, Reason.TIMEOUT, words)
        for command in self.held:
            if token := getattr(command, "token", None):
                self.deny(token, Reason.TIMEOUT, words)
        for room in self.rooms.values():
            if room.is_entered:
                self.tell(Exited(room.id, Departure.LOST, detail))
            else:
                self.deny(room.token, Reason.TIMEOUT, words)
        self.tell(Ended(why, detail, pause))
        self.effects.append(Stop())

    def unanswered(self) -> list[Request]:
        """Everything that somebody may wait for but joins, in no order that matters."""
        errands = [errand for service in self.services.values() for errand in service.errands]
        return [
            *self.pending.values(),
            *(entry.tag for entry in self.rates.unsent if entry.tag),
            *(errand.request for errand in errands if errand.request),
            *(edit.request for edit in self.edits),
        ]
