"""The time of a fake server: the real one, or a test's own."""

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

import gevent


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def later(self, seconds: float, do: Callable[[], None]) -> None: ...


class RealClock:
    def now(self) -> float:
        return time.time()

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        gevent.spawn_later(seconds, do)


class ManualClock:
    """Stands still until it is told to go on."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        return self._now

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._now + seconds, next(self._order), do))

    def advance(self, seconds: float) -> None:
        self.advance_to(self._now + seconds)

    def advance_to(self, moment: float) -> None:
        while self._due and self._due[0][0] <= moment:
            self._now, _, do = heapq.heappop(self._due)
            do()
        self._now = max(self._now, moment)
