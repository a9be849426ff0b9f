"""What everything on the XMPP side needs, made once by ``gateway.service``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import gevent
from gevent.event import Event
from gevent.queue import Queue

from gateway import log
from gateway.config import Config, LimitSettings, Transport
from gateway.ids import SessionKey
from gateway.network import Addressing, Kind
from gateway.pacer import Pacer
from gateway.sessions import Sessions
from gateway.store import Store
from gateway.xmpp.labels import addressing
from gateway.xmpp.privilege import Privileges
from gateway.xmpp.streams import Streams

BACKLOG = 10_000
"""Writes waiting for the store.  They are small and rare (a room joined, a contact added)."""

CATCH_UP = 10.0
"""Seconds that somebody waits until all of them are written.  A store that is away takes longer;
then the writes fail, as a rule."""


class Background:
    """Writes to the store that nobody waits for, one after the other, in order."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[Callable[[], object], str]] = Queue(BACKLOG)
        self._greenlet = gevent.spawn(self._run)
        self._greenlet.name = "store-writer"

    def do(self, what: Callable[[], object], user: str) -> None:
        """May be called from any greenlet; never blocks.  A failure is logged."""
        if self._queue.full():
            log.error("store.backlog_full", user=user)
        else:
            self._queue.put_nowait((what, user))

    def catch_up(self) -> None:
        """Block this greenlet until what waits now is written, or for CATCH_UP."""
        done = Event()
        self.do(done.set, "")
        done.wait(CATCH_UP)

    def _run(self) -> None:
        for what, user in self._queue:
            try:
                what()
            except Exception:
                log.exception("store.write_failed", user=user)

    def close(self, seconds: float) -> None:
        """Finish what is waiting, if that takes no longer than that."""
        self._queue.put(StopIteration)
        self._greenlet.join(timeout=seconds)


def pacers(transports: Mapping[str, Transport], limits: LimitSettings) -> dict[str, Pacer]:
    """By domain.  One for each server: transports that lead to the same one share theirs, and the
    most careful of their settings."""
    servers: dict[str, list[str]] = {}
    for domain, transport in transports.items():
        where = transport.network.probe(transport.settings)
        servers.setdefault(where[0] if where else domain, []).append(domain)
    made: dict[str, Pacer] = {}
    for domains in servers.values():
        rates, bursts = zip(*(_pace(transports[domain], limits) for domain in domains), strict=True)
        burst = None if None in bursts else min(bursts)
        made |= dict.fromkeys(domains, Pacer(min(rates), limits.logins_at_once, burst))
    return made


def _pace(transport: Transport, limits: LimitSettings) -> tuple[float, int | None]:
    """Log-ins per second, and at once: what the operator set for the transport, or else what the
    network wants, or else what holds for all."""
    pace = transport.network.pace
    usual = 1.0 / pace.seconds if pace else limits.logins_per_second
    burst = pace.burst if pace else None
    return transport.logins_per_second or usual, transport.login_burst or burst


@dataclass(kw_only=True)
class Context:
    config: Config
    store: Store
    streams: Streams
    sessions: Sessions
    background: Background
    privileges: Privileges
    caps: Callable[[Kind, Transport], str]
    """The <c/> of XEP-0115 for our presence."""
    forget: Callable[[SessionKey], None]
    """What is remembered of somebody beside their sessions; they are gone."""
    pacers: dict[str, Pacer] = field(init=False)
    addressings: dict[str, Addressing] = field(init=False)

    def __post_init__(self) -> None:
        transports = self.config.transports
        self.pacers = pacers(transports, self.config.limits)
        self.addressings = {domain: addressing(t) for domain, t in transports.items()}
