"""Messages through it, and what they cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from benchmarks.report import Failed, figure, note
from benchmarks.world import World, jid, nick
from benchmarks.xmpp_server import DOMAIN

TEXT = b"But soft, what light through yonder window breaks?"

BUSY = 4
"""Messages of one session on their way: there is always work, and every queue is short."""

JULIET = b"juliet@%s" % DOMAIN
"""Whom they write to."""

SATURATED = 32
"""The same with long queues.  A session's takes 64, and refuses what is above."""

ARRIVE_SECONDS = 60.0


class Flow(Protocol):
    """One direction.  Sessions take turns."""

    sessions: int
    copies: int
    """How often each message arrives."""

    def send(self, number: int) -> None: ...

    def send_many(self, number: int, at_most: int) -> int:
        """In one write, as many as make sense; returns how many messages that was."""
        ...

    def arrived(self) -> int: ...


class Inwards:
    """From the network to XMPP."""

    copies = 1

    def __init__(self, world: World, sessions: int) -> None:
        self.sessions = sessions
        self._xmpp = world.xmpp
        self._connections = [world.ircd.people[nick(number)] for number in range(sessions)]
        self._lines = [
            b":juliet!capulet@verona.example PRIVMSG %s :%s\r\n" % (nick(number), TEXT)
            for number in range(sessions)
        ]

    def send(self, number: int) -> None:
        at = number % self.sessions
        self._connections[at].send(self._lines[at])

    def send_many(self, number: int, at_most: int) -> int:
        at = number // at_most % self.sessions
        self._connections[at].send(self._lines[at] * at_most)
        return at_most

    def arrived(self) -> int:
        return self._xmpp.messages


class Outwards:
    """From XMPP to the network."""

    copies = 1

    def __init__(self, world: World, sessions: int, to: bytes = JULIET) -> None:
        self.sessions = sessions
        self._server = world.server
        self._xmpp = world.xmpp
        self._stanzas = [
            b"<message from='%s/bench' to='%s' type='chat' id='m%d' xml:lang='en'>"
            b"<body>%s</body></message>" % (jid(number), to, number, TEXT)
            for number in range(sessions)
        ]
        self._round = b"".join(self._stanzas)

    def send(self, number: int) -> None:
        self._xmpp.send(self._stanzas[number % self.sessions])

    def send_many(self, number: int, at_most: int) -> int:
        self._xmpp.send(self._round)
        return self.sessions

    def arrived(self) -> int:
        return self._server.said


@dataclass(frozen=True, slots=True)
class Cost:
    messages: int
    cpu: float
    """Seconds, of the gateway."""
    driver_cpu: float
    seconds: float

    @property
    def micros(self) -> float:
        """Microseconds of CPU per message."""
        return self.cpu / self.messages * 1e6

    def report(self, name: str) -> None:
        figure(name, self.micros, "us")
        note(
            f"{name}: {self.messages} messages, {self.messages / self.seconds:.0f}/s, "
            f"the driver used {self.driver_cpu / self.messages * 1e6:.1f} us each"
        )


def paced(world: World, flow: Flow, rate: float, seconds: float) -> Cost:
    """One by one, at a rate that leaves it time to wait for each."""
    _settle(world, flow, None)
    return _measure(world, flow, lambda: _send_paced(world, flow, int(rate * seconds), rate))


def loaded(world: World, flow: Flow, messages: int, on_the_way: int) -> Cost:
    """As fast as it goes with so many messages of each session on the way."""
    burst = max(on_the_way // 4, 1)
    messages -= messages % (burst * flow.sessions)
    _settle(world, flow, None)
    return _measure(world, flow, lambda: _send_all(world, flow, messages, on_the_way, burst))


def both_ways(world: World, network: str, inwards: Flow, outwards: Flow, messages: int) -> None:
    """The figures of a network."""
    for way, flow in (("in", inwards), ("out", outwards)):
        loaded(world, flow, messages // 5, SATURATED)  # Warms up.
        loaded(world, flow, messages, BUSY).report(f"{network}_{way}_cpu")


def login_figures(name: str, costs: Sequence[tuple[float, float]]) -> None:
    """Of log-ins one after the other; the median, because each is over in a moment."""
    figure(f"{name}_cpu", median(cpu for cpu, _ in costs) * 1e6, "us")
    figure(f"{name}_seconds", median(took for _, took in costs), "s")


def require_confirmations(world: World, to: bytes = JULIET) -> None:
    """One message from everybody, with a receipt asked for: it comes when the network confirmed.

    Raises:
        Failed: one did not come.
    """
    before = world.xmpp.messages
    for number in range(world.users):
        world.xmpp.send(
            b"<message from='%s/bench' to='%s' type='chat' id='r%d'><body>%s</body>"
            b"<request xmlns='urn:xmpp:receipts'/></message>" % (jid(number), to, number, TEXT)
        )
    world.loop.until(
        lambda: world.xmpp.messages - before >= world.users,
        ARRIVE_SECONDS,
        lambda: f"{world.xmpp.messages - before} of {world.users} messages were confirmed",
    )
    world.settle()


def _measure(world: World, flow: Flow, send: Callable[[], int]) -> Cost:
    before = flow.arrived()
    cpu, driver, start = world.cpu(), time.process_time(), time.monotonic()
    sent = send()
    _settle(world, flow, before + sent * flow.copies)
    return Cost(
        sent,
        world.cpu() - cpu,
        time.process_time() - driver,
        time.monotonic() - start,
    )


def _send_paced(world: World, flow: Flow, messages: int, rate: float) -> int:
    start = time.monotonic()
    sent = 0
    while sent < messages:
        due = min(int((time.monotonic() - start) * rate) + 1, messages)
        while sent < due:
            flow.send(sent)
            sent += 1
        world.loop.turn(max(0.0, start + sent / rate - time.monotonic()))
    return sent


def _send_all(world: World, flow: Flow, messages: int, on_the_way: int, burst: int) -> int:
    before = flow.arrived()
    sent = 0
    most = flow.sessions * on_the_way
    deadline = time.monotonic() + ARRIVE_SECONDS
    while sent < messages:
        while sent < messages and sent - (flow.arrived() - before) // flow.copies < most * 3 // 4:
            sent += flow.send_many(sent, burst)
        world.loop.turn(0.01)
        if time.monotonic() > deadline:
            raise Failed(f"{flow.arrived() - before} of {sent} messages after {ARRIVE_SECONDS} s")
    return sent


def _settle(world: World, flow: Flow, expected: int | None) -> None:
    """Until all is there, and nothing more comes."""
    if expected is not None:
        world.loop.until(
            lambda: flow.arrived() >= expected or not world.child.alive,
            ARRIVE_SECONDS,
            lambda: f"{expected - flow.arrived()} messages are missing",
        )
    world.settle()
    world.require_no_errors()
    if expected is not None and flow.arrived() != expected:
        raise Failed(f"{flow.arrived() - expected:+d} messages arrived, beside those expected")
