"""Plays a client's side of a transcript of OSCAR; cookies are those given now."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import gevent

from tests.servers import player
from tests.servers.clock import ManualClock
from tests.servers.oscar import Oscar
from tests.servers.oscar_meaning import Meaning, cookie_in, meaning
from tests.servers.oscar_transcript import Step, Way
from tests.servers.oscar_wire import HEADER, FlapBuffer
from tests.servers.player import SETTLE

RATES, RATES_LATE = "01/0a", 1.0
"""Told once a second, at another moment of each second than it was then."""


class Player(player.Player):
    kind_at = 1
    repeated = ("03/0b", "03/0c", "13/1c")

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
        super().__init__(server, clock)
        self.ignored, self.alike, self.before = ignored, alike, before or {}
        self.besides = besides | ignored
        self.buffers: dict[str, FlapBuffer] = {}
        self.cookies: dict[bytes, bytes] = {}

    def play(self, steps: list[Step]) -> None:
        keys = [step.data[18:] for step in steps if step.data[6:10] == b"\x00\x17\x00\x07"]
        self.server.world.make_key = lambda: keys.pop(0)
        super().play(steps)

    def step(self, step: Step) -> None:
        match step.way:
            case Way.CONNECT:
                self.before.get(step.link, lambda: None)()
                if step.link in self.clients:
                    self.nothing_left(step.link)
                self._connect(step.link)
            case Way.SENT:
                self._send(step)
            case Way.RECEIVED:
                self._receive(step)
            case Way.SERVER_CLOSED:
                client = self.clients[step.link]
                self.wait(lambda: client.ended, f"{step.link} to be closed")
                waiting = self.buffers[step.link].waiting
                assert waiting[:2] + waiting[4:] == step.data[:2]
            case Way.CLIENT_CLOSED:
                self.clients[step.link].sock.shutdown(socket.SHUT_RDWR)
                self.wait(lambda: self.clients[step.link].ended, f"{step.link} to end")
                self.wait(self._all_noticed, f"the end of {step.link} to be noticed")

    def _connect(self, link: str) -> None:
        buffer = self.buffers[link] = FlapBuffer()

        def feed(data: bytes) -> Iterator[tuple[Meaning, Any]]:
            for channel, _, body in buffer.feed(data):
                yield meaning(channel, body), (channel, body)

        self.connect(link, self.server.host, self.server.port, feed)

    def _send(self, step: Step) -> None:
        data = step.data
        for old, new in self.cookies.items():
            data = data.replace(old, new)
        if self.clients[step.link].ended:
            return  # What the recorded client had sent before it knew.
        self.send(step.link, data)

    def _receive(self, step: Step) -> None:
        _, channel, _, _ = HEADER.unpack_from(step.data)
        body = step.data[HEADER.size :]
        expected = self.alike(meaning(channel, body))
        if expected[1] in self.ignored:
            return
        client = self.clients[step.link]
        if self.is_repeated(client, expected):
            gevent.sleep(SETTLE)
            if self.find(client, expected) is None:
                return
        if expected[1] == RATES and self.find(client, expected) is None:
            self.clock.advance(RATES_LATE)
        old, new = cookie_in(channel, body), cookie_in(*self.get(step.link, expected))
        if old and new:
            self.cookies[old] = new

    def _all_noticed(self) -> bool:
        open_ones = [client for client in self.clients.values() if not client.ended]
        links = [link for link in self.server.world.links if not link.played]
        return len(links) <= len(open_ones)
