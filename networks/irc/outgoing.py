"""Lines that wait to be sent, and how fast they may go.

A token bucket, refilled by a timer instead of a clock: RFC 1459, section 8.10, and what servers
made of it ("Excess Flood").  Each conversation has a lane; lanes take turns, so a long paste into
one does not hold up another.  Within a lane the order is kept.
"""

from collections import deque

from gateway.frozen import frozen
from networks.irc.requests import Request
from networks.irc.wire import Line

MAX_WAITING = 256
"""Lines in all lanes.  At one line in two seconds that is eight minutes: no conversation."""

BACKGROUND = "\0"
"""The lane of questions nobody waits for (WHO, MODE).  It goes when all others are empty."""


@frozen()
class Entry:
    line: Line
    request: Request | None = None
    """Answered before its line is sent (by the failure of an earlier one): the line is dropped."""
    is_last: bool = True


class Outgoing:
    def __init__(self, burst: int) -> None:
        self.burst = burst
        self.tokens = burst
        """How many lines may go now.  Lines that must not wait may take it below zero."""
        self.is_refilling = False
        """The timer runs."""
        self.waiting = 0
        self._lanes: dict[str, deque[Entry]] = {}

    def refill(self) -> None:
        """The timer came."""
        self.is_refilling = False
        self.tokens = min(self.tokens + 1, self.burst)

    def has_room(self, lines: int) -> bool:
        return self.waiting + lines <= MAX_WAITING

    def put(self, lane: str, entry: Entry) -> None:
        self._lanes.setdefault(lane, deque()).append(entry)
        self.waiting += 1

    def replace(self, lane: str, entry: Entry) -> None:
        """Instead of whatever waits there: only the last word counts."""
        self.waiting -= len(self._lanes.pop(lane, ()))
        self.put(lane, entry)

    def take(self) -> Entry | None:
        """The next line; its lane goes to the end of the line."""
        for lane in self._lanes:
            if lane != BACKGROUND or len(self._lanes) == 1:
                break
        else:
            return None
        entries = self._lanes.pop(lane)
        entry = entries.popleft()
        if entries:
            self._lanes[lane] = entries
        self.waiting -= 1
        return entry

    def unsent(self) -> list[Request]:
        """Requests with lines that never went out, each once, oldest first."""
        entries = (entry for lane in self._lanes.values() for entry in lane)
        found = {entry.request: None for entry in entries if entry.request}
        return sorted(found, key=lambda request: request.number)
