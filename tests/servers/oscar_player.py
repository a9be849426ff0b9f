"""Plays a client's side of a transcript against a server, and compares what comes back.

What the recorded client sent goes out as it was, but for cookies, which are those given now.  What
the recorded server said must come, in meaning, on the same connection before the client goes on;
and nothing else may come.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pprint import pformat

import gevent

from tests.servers.clock import ManualClock
from tests.servers.oscar import Oscar
from tests.servers.oscar_meaning import Meaning, cookie_in, meaning
from tests.servers.oscar_transcript import Step, Way
from tests.servers.oscar_wire import HEADER, FlapBuffer

TIMEOUT = 5.0
SETTLE = 0.002

RATES, RATES_LATE = "01/0a", 1.0
"""Told once a second, at another moment of each second than it was then."""

REPEATED = ("03/0b", "03/0c", "13/1c")
"""open-oscar-server says these again for every change of either list; once is enough."""


@dataclass(frozen=True, slots=True)
class Arrived:
    number: int
    meaning: Meaning
    channel: int
    body: bytes


@dataclass(slots=True)
class Client:
    sock: socket.socket
    buffer: FlapBuffer = field(default_factory=FlapBuffer)
    inbox: list[Arrived] = field(default_factory=list)
    count: int = 0
    latest: int = 0
    """The number of the latest frame that the recorded client is known to have read."""
    taken: list[Meaning] = field(default_factory=list)
    ended: bool = False

    def read(self) -> None:
        try:
            while data := self.sock.recv(65536):
                for channel, _, body in self.buffer.feed(data):
                    self.count += 1
                    self.inbox.append(Arrived(self.count, meaning(channel, body), channel, body))
        except OSError:
            pass
        self.ended = True


class Player:
    def __init__(
        self,
        server: Oscar,
        clock: ManualClock,
        *,
        ignored: frozenset[str] = frozenset(),
        alike: Callable[[Meaning], Meaning] = lambda told: told,
        before: dict[str, Callable[[], None]] | None = None,
        besides: frozenset[str] = frozenset(),
    ) -> None:
        """``ignored``: "01/0a", not compared.  ``alike``: what more is not to be compared.
        ``before``: what to do before a connection is opened.  ``besides``: what may come though
        it did not come then."""
        self.server, self.clock = server, clock
        self.ignored, self.alike, self.before = ignored, alike, before or {}
        self.besides = besides | ignored
        self.clients: dict[str, Client] = {}
        self.cookies: dict[bytes, bytes] = {}
        self.sent = 0
        self.start = clock.now()
        self.log: list[str] = []

    def play(self, steps: list[Step]) -> None:
        keys = [step.data[18:] for step in steps if step.data[6:10] == b"\x00\x17\x00\x07"]
        self.server.world.make_key = lambda: keys.pop(0)
        for step in steps:
            self.log.append(str(step)[:200])
            self.clock.advance_to(self.start + step.at)
            self._step(step)
        for name, client in self.clients.items():
            self._nothing_left(name, client)

    def _step(self, step: Step) -> None:
        match step.way:
            case Way.CONNECT:
                self.before.get(step.link, lambda: None)()
                if step.link in self.clients:
                    self._nothing_left(step.link, self.clients[step.link])
                sock = socket.create_connection((self.server.host, self.server.port), TIMEOUT)
                sock.settimeout(None)
                client = self.clients[step.link] = Client(sock)
                gevent.spawn(client.read)
            case Way.SENT:
                self._send(step)
            case Way.RECEIVED:
                self._receive(step)
            case Way.SERVER_CLOSED:
                client = self.clients[step.link]
                self._wait(lambda: client.ended, f"{step.link} to be closed")
                assert client.buffer.waiting[:2] + client.buffer.waiting[4:] == step.data[:2]
            case Way.CLIENT_CLOSED:
                self.clients[step.link].sock.shutdown(socket.SHUT_RDWR)
                self._wait(lambda: self.clients[step.link].ended, f"{step.link} to end")
                self._wait(self._all_noticed, f"the end of {step.link} to be noticed")

    def _send(self, step: Step) -> None:
        data = step.data
        for old, new in self.cookies.items():
            data = data.replace(old, new)
        if self.clients[step.link].ended:
            return  # What the recorded client had sent before it knew.
        self.clients[step.link].sock.sendall(data)
        self.sent += 1
        self._wait(lambda: self.server.world.taken >= self.sent, f"{step} to be taken")

    def _receive(self, step: Step) -> None:
        _, channel, _, _ = HEADER.unpack_from(step.data)
        body = step.data[HEADER.size :]
        expected = self.alike(meaning(channel, body))
        if expected[1] in self.ignored:
            return
        client = self.clients[step.link]

        def find() -> int | None:
            told = (self.alike(found.meaning) for found in client.inbox)
            return next((at for at, found in enumerate(told) if found == expected), None)

        if expected[1] in REPEATED and expected in client.taken:
            gevent.sleep(SETTLE)
            if find() is None:
                return
        if expected[1] == RATES and find() is None:
            self.clock.advance(RATES_LATE)
        self._wait(lambda: find() is not None, f"{step.link} to get\n{pformat(expected)}", client)
        at = find()
        assert at is not None
        found = client.inbox.pop(at)
        client.latest = max(client.latest, found.number)
        client.taken.append(expected)
        old, new = cookie_in(channel, body), cookie_in(found.channel, found.body)
        if old and new:
            self.cookies[old] = new

    def _all_noticed(self) -> bool:
        open_ones = [client for client in self.clients.values() if not client.ended]
        links = [link for link in self.server.world.links if not link.played]
        return len(links) <= len(open_ones)

    def _wait(self, true: Callable[[], bool], what: str, client: Client | None = None) -> None:
        end = time.monotonic() + TIMEOUT
        while not true():
            if time.monotonic() > end:
                had = pformat([found.meaning for found in client.inbox]) if client else ""
                recent = "\n".join(self.log[-12:])
                raise AssertionError(f"{recent}\nwaited for {what}\nhad\n{had}")
            gevent.sleep(SETTLE)

    def _nothing_left(self, name: str, client: Client) -> None:
        """Frames before one that the recorded client did read; what came later it may have had."""
        left = [found.meaning for found in client.inbox if found.number < client.latest]
        left = [self.alike(told) for told in left if told[1] not in self.besides]
        left = [told for told in left if told[1] not in REPEATED or told not in client.taken]
        assert not left, f"{name} got besides\n{pformat(left)}"
