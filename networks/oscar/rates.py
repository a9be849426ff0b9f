"""Rate classes, counted by us: no message is dropped by the server, and no session closed for it.

Each SNAC that we send belongs to a class, and each class has a level, computed at both ends:

    level = min(maximum, (level * (window - 1) + milliseconds since the last one) / window)

Below *limit* servers drop what we send without a word, below *disconnect* they hang up; a burst
gets no warning.  So nothing is sent that would take the level below *alert*: it waits here, and
what cannot wait is refused before it is put in.

There is no clock here.  Time is what timers have measured: each SNAC moves the timer of its class
(``Wake`` under the same name), so that when it comes back, that much time has passed since, or
more.  Our level is therefore never above the server's.

All connections of a session count together, for one server does so.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from networks.oscar.blocks import RATE_CLEARED, RATE_LIMITED, RateClass, RateParams
from networks.oscar.wire import Snac

TagT = TypeVar("TagT")

JITTER_MS = 2000
"""How much closer together than we sent them two SNACs may arrive: the network held up the first
one.  Costs as much of a class's burst as this divided by its window."""

TICK_MS = 1000
"""How exactly we know for how long a class has been silent.  Finer means more timers."""

MAX_DELAY_MS = 5 * 60 * 1000
"""What would have to wait longer than this is refused: no conversation goes that slowly."""

TIMER = "rate:"
"""And the number of the class."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[TagT]):
    snac: Snac
    link: str
    tag: TagT | None = None
    """Whatever the session wants back with it."""
    key: str = ""
    """Only the last word counts among those with the same key (typing, presence)."""


@dataclass(slots=True)
class Level(Generic[TagT]):
    """One class."""

    params: RateClass
    level: int
    """Never above what the server has."""
    silent_ms: int = 0
    """Measured since the last SNAC."""
    armed_ms: int = 0
    """The timer runs, for that long."""
    is_limited: bool = False
    """The server said that it drops: it does until the level passes *clear*."""
    has_sent: bool = False
    """The timer has to be moved."""
    waiting: deque[Entry[TagT]] = field(default_factory=deque)
    background: deque[Entry[TagT]] = field(default_factory=deque)
    """Goes when nothing waits: questions that nobody asked aloud."""

    @property
    def floor(self) -> int:
        """Where the level may fall to.  Never above what it can reach."""
        params = self.params
        bound = max(params.clear, params.alert) if self.is_limited else params.alert
        return min(bound + -(-JITTER_MS // self.window), params.maximum)

    @property
    def window(self) -> int:
        return max(self.params.window, 1)

    @property
    def next_level(self) -> int:
        """If we sent now.  One less than the formula says: servers round, we do not know how, and
        windows of small errors would add up."""
        after = (self.level * (self.window - 1) + self.silent_ms) // self.window - 1
        return min(self.params.maximum, after)

    @property
    def is_free(self) -> bool:
        return self.next_level >= self.floor

    @property
    def missing_ms(self) -> int:
        """Until the next one may go."""
        return max(0, self._needed(self.floor) - self.silent_ms)

    @property
    def recovering_ms(self) -> int:
        """Until silence earns nothing more."""
        return max(0, self._needed(self.params.maximum) - self.silent_ms)

    def _needed(self, target: int) -> int:
        """The silence after which ``next_level`` is the target."""
        return (target + 1) * self.window - self.level * (self.window - 1)

    def spend(self) -> None:
        self.level = max(self.next_level, 0)
        self.silent_ms = 0
        self.has_sent = True

    def take(self) -> Entry[TagT] | None:
        queue = self.waiting or self.background
        if not queue or not self.is_free:
            return None
        self.is_limited = False  # Or it would not be free: it has passed *clear*.
        self.spend()
        return queue.popleft()


class Rates(Generic[TagT]):
    """What waits to be sent, and what may go.

    Before the first ``learn`` everything goes at once: that is the log-in itself, which servers
    expect.
    """

    def __init__(self) -> None:
        self._levels: dict[int, Level[TagT]] = {}
        self._members: dict[tuple[int, int], int] = {}
        self._free: deque[Entry[TagT]] = deque()
        """What is in no class."""

    # What the server says.

    def learn(self, params: RateParams) -> None:
        """01/07, of any link.  The level that it names is the one before what we send from now on:
        nothing may be on its way that was sent after 01/06."""
        for found in params.classes:
            known = self._levels.get(found.id)
            if known is None:
                self._levels[found.id] = Level(found, found.current)
            else:
                known.params = found
                known.level = min(known.level, found.current)
        self._members.update(params.members)

    def change(self, code: int, params: RateClass) -> None:
        """01/0a.  What it says of the level may be older than what we know."""
        level = self._levels.get(params.id)
        if level is None:
            return
        level.params = params
        level.level = min(level.level, params.current)
        if code in (RATE_LIMITED, RATE_CLEARED):
            level.is_limited = code == RATE_LIMITED
        elif params.current < params.limit:
            level.is_limited = True

    @property
    def is_limited(self) -> bool:
        """A connection that is closed now is closed because of this."""
        return any(level.is_limited for level in self._levels.values())

    # What we want to send.

    def has_room(self, family: int, subtype: int, count: int = 1) -> bool:
        """Whether so many would go within MAX_DELAY_MS.  One goes each ``floor`` milliseconds,
        once the burst is over."""
        level = self._level(family, subtype)
        if level is None:
            return True
        waiting = len(level.waiting) + count
        return waiting * max(level.floor, 1) <= MAX_DELAY_MS or (waiting == 1 and level.is_free)

    def put(self, entry: Entry[TagT], *, is_background: bool = False) -> None:
        level = self._level(entry.snac.family, entry.snac.subtype)
        if level is None:
            queue = self._free
        else:
            queue = level.background if is_background else level.waiting
        if entry.key:
            for at, other in enumerate(queue):
                if (other.key, other.link) == (entry.key, entry.link):
                    queue[at] = entry
                    return
        queue.append(entry)

    def ready(self) -> Iterator[Entry[TagT]]:
        """Everything that may go now; it counts as sent."""
        while self._free:
            yield self._free.popleft()
        for level in self._levels.values():
            while entry := level.take():
                yield entry

    def drop(self, link: str) -> list[Entry[TagT]]:
        """What waits for a link that is gone, oldest first of each class."""
        dropped = []
        for queue in self._queues():
            dropped += [entry for entry in queue if entry.link == link]
            kept = [entry for entry in queue if entry.link != link]
            queue.clear()
            queue.extend(kept)
        return dropped

    @property
    def unsent(self) -> list[Entry[TagT]]:
        return [entry for queue in self._queues() for entry in queue]

    def _queues(self) -> Iterator[deque[Entry[TagT]]]:
        yield self._free
        for level in self._levels.values():
            yield from (level.waiting, level.background)

    def _level(self, family: int, subtype: int) -> Level[TagT] | None:
        return self._levels.get(self._members.get((family, subtype), -1))

    # Time.

    def timers(self) -> Iterator[tuple[str, float]]:
        """Names and seconds for ``Wake``: ask after each ``ready`` and each ``elapsed``."""
        for id, level in self._levels.items():
            if not level.has_sent and level.armed_ms:
                continue  # It runs, and moving it would lose what it has measured.
            level.has_sent = False
            level.armed_ms = self._next(level)
            if level.armed_ms:
                yield f"{TIMER}{id}", level.armed_ms / 1000

    @staticmethod
    def _next(level: Level[TagT]) -> int:
        if level.waiting or level.background:
            return max(level.missing_ms, 1)
        return min(TICK_MS, level.recovering_ms)

    def elapsed(self, timer: str) -> None:
        """The timer of that name came."""
        level = self._levels.get(int(timer.removeprefix(TIMER)))
        if level is not None:
            level.silent_ms += level.armed_ms
            level.armed_ms = 0
