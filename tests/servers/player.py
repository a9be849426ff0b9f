"""Plays a client's side of a transcript against a fake server, and compares what comes back.

What the recorded client sent goes out as it was, but for what the server gave then, which is what
it gives now.  What the recorded server said must come, in meaning, on the same connection before
the client goes on; and nothing else may come.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pprint import pformat
from typing import Any, ClassVar

import gevent

from tests.servers.clock import ManualClock

TIMEOUT = 5.0
SETTLE = 0.002

Meaning = tuple[Any, ...]
Feed = Callable[[bytes], Iterable[tuple[Meaning, Any]]]
"""Bytes to frames, each behind its meaning."""


@dataclass(frozen=True, slots=True)
class Arrived:
    number: int
    meaning: Meaning
    frame: Any


@dataclass(slots=True)
class Client:
    sock: socket.socket
    feed: Feed
    inbox: list[Arrived] = field(default_factory=list)
    count: int = 0
    latest: int = 0
    """The number of the latest frame that the recorded client is known to have read."""
    taken: list[Meaning] = field(default_factory=list)
    ended: bool = False

    def read(self) -> None:
        try:
            while data := self.sock.recv(65536):
                for meaning, frame in self.feed(data):
                    self.count += 1
                    self.inbox.append(Arrived(self.count, meaning, frame))
        except OSError:
            pass
        self.ended = True


class Player:
    kind_at: ClassVar[int]
    """Where a meaning has its kind."""
    repeated: ClassVar[Collection[str]]
    """Kinds that the recorded server says again for every change of either list; once is enough."""

    def __init__(self, server: Any, clock: ManualClock) -> None:
        self.server, self.clock = server, clock
        self.clients: dict[str, Client] = {}
        self.alike: Callable[[Meaning], Meaning] = lambda told: told
        """Without what is not to be compared."""
        self.besides: Collection[str] = ()
        """Kinds that may come though they did not come then."""
        self.sent = 0
        self.start = clock.now()
        self.log: list[str] = []

    def step(self, step: Any) -> None:
        raise NotImplementedError

    def play(self, steps: Iterable[Any]) -> None:
        for step in steps:
            self.log.append(f"{step} {step.data[:160]!r}")
            self.clock.advance_to(self.start + step.at)
            self.step(step)
        for name in self.clients:
            self.nothing_left(name)

    def connect(self, name: str, host: str, port: int, feed: Feed) -> None:
        sock = socket.create_connection((host, port), TIMEOUT)
        sock.settimeout(None)
        self.clients[name] = Client(sock, feed)
        gevent.spawn(self.clients[name].read)

    def send(self, name: str, data: bytes) -> None:
        self.clients[name].sock.sendall(data)
        self.sent += 1
        self.wait(lambda: self.server.world.taken >= self.sent, f"{self.log[-1]} to be taken")

    def find(self, client: Client, expected: Meaning) -> Arrived | None:
        return next((one for one in client.inbox if self.alike(one.meaning) == expected), None)

    def is_repeated(self, client: Client, meaning: Meaning) -> bool:
        return meaning[self.kind_at] in self.repeated and meaning in client.taken

    def get(self, name: str, expected: Meaning) -> Any:
        """The frame of that meaning, which must come."""
        client = self.clients[name]
        what = f"{name} to get\n{pformat(expected)}"
        self.wait(lambda: self.find(client, expected) is not None, what, client)
        found = self.find(client, expected)
        assert found is not None
        client.inbox.remove(found)
        client.latest = max(client.latest, found.number)
        client.taken.append(expected)
        return found.frame

    def wait(self, true: Callable[[], bool], what: str, client: Client | None = None) -> None:
        end = time.monotonic() + TIMEOUT
        while not true():
            if time.monotonic() > end:
                had = pformat([found.meaning for found in client.inbox]) if client else ""
                recent = "\n".join(self.log[-12:])
                raise AssertionError(f"{recent}\nwaited for {what}\nhad\n{had}")
            gevent.sleep(SETTLE)

    def nothing_left(self, name: str) -> None:
        """Of what came before something that the recorded client did read; what came later it may
        have had."""
        client = self.clients[name]
        came = [self.alike(found.meaning) for found in client.inbox if found.number < client.latest]
        came = [told for told in came if told[self.kind_at] not in self.besides]
        left = [told for told in came if not self.is_repeated(client, told)]
        assert not left, f"{name} got besides\n{pformat(left)}"
