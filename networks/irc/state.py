"""What one session knows of its network, and the few ways in which handlers may act.

Handlers are plain functions that are given this and a line, a command or nothing.  What they want
done they note down here, in order; ``IrcFsm.handle`` hands it over.
"""

from collections import deque
from enum import Enum

from gateway.commands import Command
from gateway.errors import Reason
from gateway.events import Departure, Offline
from gateway.fsm import Connect, HangUp, Send, Stop, Tell, Wake
from gateway.ids import ChatId, Token
from gateway.network import Login
from networks.irc.known import (
    Batch,
    Channel,
    Contacts,
    Person,
    Registration,
    Support,
    chat_id,
    ident,
)
from networks.irc.news import Answered, Denied, Ended, Exited, News, Noticed, Remember
from networks.irc.outgoing import BACKGROUND, Entry, Outgoing
from networks.irc.requests import FENCE, FENCED, SWEEP_SECONDS, Asked, Request, Requests
from networks.irc.settings import IrcSettings, Target, target
from networks.irc.wire import Line, split_source

Effect = Connect | Send[Line] | HangUp | Wake | Tell[News] | Stop

ASSUMED_PREFIX = 63 + 10 + 2
"""Bytes of ``!user@host`` until we know ours: the longest that servers allow."""

MAX_PEOPLE = 50_000
"""People in all channels together.  More than the largest networks have in one."""

MAX_FOLDED = 10_000
"""Names whose folding is kept; then it starts anew."""

BUSY = "Too much is waiting to be sent; try again in a moment."


class State(Enum):
    CONNECTING = "connecting"
    REGISTERING = "registering"
    WELCOMED = "welcomed"  # 001 came; what the server supports and its MOTD follow.
    ONLINE = "online"
    MOVING = "moving"  # STS: hanging up, to come back with TLS.
    OVER = "over"


class Irc:
    def __init__(self, login: Login) -> None:
        settings: IrcSettings = login.settings
        self.login = login
        self.settings = settings
        self.fields = login.fields
        self.target: Target = target(settings, login.account, dict(login.fields))
        self.state = State.CONNECTING
        self.is_encrypted = False
        self.port = self.target.port
        self.sts_port = 0
        """Where to come back with TLS."""
        self.sts: tuple[str, float] | None = None
        """Port and duration of the policy that this connection is under."""
        self.registration = Registration()
        self.wanted_nick = login.fields["nick"]
        self.nick = self.wanted_nick
        self.ident = ident(self.wanted_nick)
        self._folded: dict[str, str] = {}
        """Every line of a channel asks for the same few names."""
        self.folded_nick = ""
        """By the server's rules; kept, because every line of a channel is compared with it."""
        self.prefix_length = ASSUMED_PREFIX
        self.server = ""
        self.caps: set[str] = set()
        self.account = ""
        """What the server says we are logged in as."""
        self.support = Support()
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        """By the server's folding."""
        self.asked_ids: dict[str, ChatId] = {}
        """Channels being joined: as XMPP wrote them."""
        self.contacts = Contacts()
        self.batches: dict[str, Batch] = {}
        self.held: deque[Command] = deque()
        """Commands that came before we were online."""
        self.away: str | None = None
        """What the server knows, or will when what waits is sent."""
        self.typing_to: dict[str, int] = {}
        self.typing_from: dict[tuple[ChatId, str, bool], int] = {}
        self.ctcp_answers = 0
        self.outgoing = Outgoing(self.target.rate.burst)
        self.requests = Requests()
        self.is_sweeping = False
        self.heard = True
        """Since the last turn of the ping timer."""
        self.is_pinging = False
        self.effects: list[Effect] = []

    # Names.

    def fold(self, name: str) -> str:
        """By the server's rules."""
        folded = self._folded.get(name)
        if folded is None:
            if len(self._folded) >= MAX_FOLDED:
                self._folded.clear()
            folded = self._folded[name] = self.support.casemapping.fold(name)
        return folded

    def set_support(self) -> None:
        """005 came."""
        self._folded.clear()
        self.set_nick(self.nick)

    def is_me(self, nick: str) -> bool:
        return nick == self.nick or self.fold(nick) == self.folded_nick

    def set_nick(self, nick: str) -> None:
        self.nick = nick
        self.folded_nick = self.fold(nick)

    def learn_prefix(self, source: str) -> None:
        """How the server shows us to others, which limits how much we can say in a line."""
        _, user, host = split_source(source)
        if user and host:
            self.prefix_length = len(f"!{user}@{host}".encode(errors="replace"))

    def room_id(self, name: str) -> ChatId:
        folded = self.fold(name)
        channel = self.channels.get(folded)
        return channel.id if channel else self.asked_ids.get(folded) or chat_id(name)

    def is_channel(self, name: str) -> bool:
        return name[:1] in self.support.chantypes and name != ""

    # What handlers may do.

    def tell(self, news: News) -> None:
        self.effects.append(Tell(news))

    def wake(self, name: str, seconds: float) -> None:
        self.effects.append(Wake(name, seconds))

    def send_now(self, command: str, *params: str) -> None:
        """Past all that waits: what registers us, keeps the connection or ends it."""
        self.effects.append(Send(Line(command, params)))

    def send(self, lane: str, command: str, *params: str) -> None:
        """In turn, for ourselves: dropped when too much waits already."""
        if self.outgoing.has_room(1):
            self.outgoing.put(lane, Entry(Line(command, params)))

    def send_sometime(self, command: str, *params: str) -> None:
        self.send(BACKGROUND, command, *params)

    def ask(self, request: Request, *lines: Line, lane: str = "") -> None:
        """In turn, for a command of the user; all of its lines or none."""
        if not self.outgoing.has_room(len(lines)):
            if request.token:
                self.tell(Denied(request.token, Reason.TOO_MUCH, BUSY))
            return
        self.requests.number(request)
        request.needs_fence = request.needs_fence and request.kind in FENCED
        request.commands = request.commands or tuple({line.command for line in lines})
        last = lines[-1]
        for line in lines:
            self.outgoing.put(lane, Entry(line, request, line is last))

    # How requests end.

    def done(self, request: Request, news: News | None = None) -> None:
        self.requests.answered(request)
        if news:
            self.tell(news)
        elif request.token:
            self.tell(Answered(request.token))

    def refuse(self, request: Request, reason: Reason, detail: str) -> None:
        self.requests.answered(request)
        if request.token:
            self.tell(Denied(request.token, reason, detail))

    def deny(self, token: Token, reason: Reason, detail: str) -> None:
        """A command that we do not even try."""
        self.tell(Denied(token, reason, detail))

    def notice(self, text: str) -> None:
        if text:
            self.tell(Noticed(text))

    # Sending.

    def flush(self) -> None:
        """Send as much as may be sent now."""
        outgoing, requests, effects = self.outgoing, self.requests, self.effects
        while outgoing.tokens > 0 and (entry := outgoing.take()):
            line, request = entry.line, entry.request
            if request:
                if request.is_answered:
                    continue
                requests.sent(request, entry.is_last)
                if request.kind is Asked.MESSAGE:
                    request.texts.append(line.params[1])
                if request.token and "labeled-response" in self.caps:
                    line = self._labeled(line, request)
            outgoing.tokens -= 1
            effects.append(Send(line))
        if fence := requests.fence():
            outgoing.tokens -= 1
            effects.append(Send(Line("PING", (f"{FENCE}{fence}",))))
        if outgoing.tokens < outgoing.burst and not outgoing.is_refilling:
            outgoing.is_refilling = True
            effects.append(Wake("refill", self.target.rate.seconds))
        if len(requests) and not self.is_sweeping:
            self.is_sweeping = True
            effects.append(Wake("sweep", SWEEP_SECONDS))

    def _labeled(self, line: Line, request: Request) -> Line:
        request.labels += 1
        label = f"{request.number}.{request.labels}"
        return Line(line.command, line.params, "", {**line.tags, "label": label})

    # The end.

    def end(self, why: Offline, detail: str) -> None:
        """Everybody who waits is told; then nothing more happens."""
        if self.state is State.OVER:
            return
        self.state = State.OVER
        for request in [*self.requests, *self.outgoing.unsent()]:
            if not request.is_answered:  # Half sent ones are in both.
                self.refuse(request, Reason.TIMEOUT, detail or "The connection has ended.")
        for command in self.held:
            if token := getattr(command, "token", None):
                self.deny(token, Reason.TIMEOUT, detail or "The connection has ended.")
        for channel in self.channels.values():
            if channel.is_complete:
                self.tell(Exited(channel.id, Departure.LOST, detail=detail))
        if self.sts:  # https://ircv3.net/specs/extensions/sts#rescheduling-expiry-on-disconnect
            port, duration = self.sts
            self.tell(Remember("sts", port, duration))
        self.tell(Ended(why, detail))
        self.effects.append(Stop())
