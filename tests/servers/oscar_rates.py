"""Rate classes, counted as the real servers count them.

limited ───── level reaches clear ─────► clear
   ▲                                       │
   └─── level falls below limit ───────────┘      below disconnect: the connection is closed
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.servers.clock import Clock
from tests.servers.oscar_kinds import Kind, RateClass
from tests.servers.oscar_wire import u8, u16, u32

CHANGED, WARNING, LIMITED, CLEARED = 1, 2, 3, 4
"""Codes of 01/0a."""


class Verdict(Enum):
    PASS = "pass"
    DROP = "drop"
    CLOSE = "close"


@dataclass(slots=True)
class Level:
    """One class of one client."""

    limits: RateClass
    level: int
    last: float
    state: int = CLEARED
    told: int = CLEARED

    def at(self, now: float) -> int:
        limits = self.limits
        passed = max(0, round((now - self.last) * 1000))
        level = (self.level * (limits.window - 1) + passed) // limits.window
        return min(level, limits.maximum)

    def settle(self, level: int) -> None:
        limits = self.limits
        if self.state == LIMITED:
            if level >= limits.clear:
                self.state = CLEARED
        elif level < limits.limit:
            self.state = LIMITED
        elif level < limits.alert:
            self.state = WARNING
        elif level >= limits.clear:
            self.state = CLEARED

    def pack(self, level: int, last: int) -> bytes:
        limits = self.limits
        numbers = (limits.window, limits.clear, limits.alert, limits.limit, limits.disconnect)
        body = b"".join(map(u32, (*numbers, level, limits.maximum, last)))
        return u16(limits.number) + body + u8(self.state == LIMITED)


class Rates:
    def __init__(self, kind: Kind, clock: Clock, warning: int = 0) -> None:
        self.kind, self.clock = kind, clock
        now = clock.now()
        self.levels = {
            limits.number: Level(limits.scaled(warning), limits.start, now)
            for limits in kind.rate_classes
        }
        self.subscribed: set[int] = set()
        self.lowest = {number: level.level for number, level in self.levels.items()}
        """The lowest level each class ever had, for tests."""

    def count(self, family: int, subtype: int) -> tuple[Verdict, str]:
        """Take note of a SNAC; say what becomes of it, and why."""
        number = self.kind.rate_groups.get((family, subtype))
        if number is None:
            return Verdict.PASS, ""
        counted, now = self.levels[number], self.clock.now()
        counted.level, counted.last = counted.at(now), now
        self.lowest[number] = min(self.lowest[number], counted.level)
        counted.settle(counted.level)
        why = f"class {number} at {counted.level}: SNAC({family:02x},{subtype:02x})"
        if counted.level < counted.limits.disconnect:
            return Verdict.CLOSE, why
        return (Verdict.DROP if counted.state == LIMITED else Verdict.PASS), why

    def warned(self, warning: int) -> list[bytes]:
        """01/0a for the classes whose limits a new warning level moves."""
        notices = []
        for limits in self.kind.rate_classes:
            level, scaled = self.levels[limits.number], limits.scaled(warning)
            if scaled != level.limits:
                level.limits = scaled
                notices.append(self._notice(CHANGED, level))
        return [notice for notice in notices if self.subscribed]

    def notices(self) -> list[bytes]:
        """01/0a for every change that was not told yet."""
        now, notices = self.clock.now(), []
        for number, level in self.levels.items():
            if level.state != CLEARED and level.at(now) >= level.limits.clear:
                level.state = CLEARED
            if level.state != level.told and number in self.subscribed:
                level.told = level.state
                notices.append(self._notice(level.state, level))
        return notices

    @property
    def unsettled(self) -> bool:
        return any(level.state != CLEARED for level in self.levels.values())

    def _notice(self, code: int, level: Level) -> bytes:
        now = self.clock.now()
        shown = level.at(now) if code == CLEARED else level.level
        return u16(code) + level.pack(shown, int(now - level.last))

    def answer(self) -> bytes:
        """01/07."""
        last = int(self.clock.now()) if self.kind.absolute_times else 0
        classes = []
        for level in self.levels.values():
            shown = level.level if self.kind.absolute_times else level.limits.start
            classes.append(level.pack(shown, last))
        groups = []
        for number in self.levels:
            members = [kind for kind, group in self.kind.rate_groups.items() if group == number]
            listed = b"".join(u16(family) + u16(subtype) for family, subtype in members)
            groups.append(u16(number) + u16(len(members)) + listed)
        return u16(len(classes)) + b"".join(classes) + b"".join(groups)
