"""What everything on the XMPP side needs, made once by ``gateway.service``."""

from collections.abc import Callable
from dataclasses import dataclass, field

import gevent
from gevent.event import Event
from gevent.queue import Queue

from gateway import log
from gateway.config import Config, Transport
from gateway.network import Addressing, Kind
from gateway.pacer import Pacer
from gateway.sessions import Sessions
from gateway.store import Store
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
    pacers: dict[str, Pacer] = field(init=False)
    addressings: dict[str, Addressing] = field(init=False)

    def __post_init__(self) -> None:
        limits = self.config.limits
        transports = self.config.transports
        self.pacers = {
            domain: Pacer(
                transport.logins_per_second or limits.logins_per_second,
                limits.logins_at_once,
                transport.login_burst,
            )
            for domain, transport in transports.items()
        }
        self.addressings = {d: t.network.addressing(t.settings) for d, t in transports.items()}
