"""Log-ins to one server, so many per second and so many at once.

Servers refuse, or ban, an address that opens too many connections.
"""

import time
from collections import OrderedDict
from typing import Any, Protocol

import gevent


class Paced(Protocol):
    def connect(self) -> None:
        """It is its turn; it leaves when it has logged in, or given up."""


class Pacer:
    """Lets them through one by one, first come, first served."""

    def __init__(self, per_second: float, at_once: int, burst: int | None = None) -> None:
        """``burst``: how many may go at once, at first and after a quiet time.  None: one at first,
        a second's worth after a quiet time."""
        self.per_second = per_second
        self.burst = burst
        self._at_once = at_once
        self._waiting: OrderedDict[Paced, None] = OrderedDict()
        self._running: set[Paced] = set()
        self._free_at = time.monotonic() - (self._saved if burst else 0.0)
        self._timer: Any = None

    @property
    def _saved(self) -> float:
        """Seconds whose log-ins may be made up for."""
        return 1.0 if self.burst is None else (self.burst - 1) / self.per_second

    def slow_down(self, seconds: float) -> None:
        """The server refused somebody for coming too soon: nobody goes for so long, and from then
        on they go no closer together than that."""
        self.per_second = min(self.per_second, 1.0 / seconds)
        self._free_at = max(self._free_at, time.monotonic() + seconds)

    def join(self, keeper: Paced, is_first: bool = False) -> None:
        """``is_first``: before all others, because somebody looks on."""
        self._waiting[keeper] = None
        if is_first:
            self._waiting.move_to_end(keeper, last=False)
        self._pump()

    def holds(self, keeper: Paced) -> bool:
        """It is not its turn yet."""
        return keeper in self._waiting

    def leave(self, keeper: Paced) -> None:
        """Logged in, given up, or gone: its place is free."""
        self._waiting.pop(keeper, None)
        if keeper in self._running:
            self._running.discard(keeper)
            self._pump()

    def _pump(self) -> None:
        while self._waiting and len(self._running) < self._at_once:
            now = time.monotonic()
            if self._free_at > now:
                self._pump_later(self._free_at - now)
                return
            self._free_at = max(self._free_at, now - self._saved) + 1.0 / self.per_second
            keeper = next(iter(self._waiting))
            del self._waiting[keeper]
            self._running.add(keeper)
            gevent.spawn(self._let_through, keeper)

    def _let_through(self, keeper: Paced) -> None:
        """In a greenlet of its own: the one that freed the place belongs to another user."""
        if keeper in self._running:
            keeper.connect()

    def _pump_later(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = gevent.spawn_later(seconds, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._pump()
