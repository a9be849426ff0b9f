"""What somebody in a story received, kept until the story expects it.

Nothing depends on who is faster, and a failure shows what came instead.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import gevent
from gevent.event import Event

ItemT = TypeVar("ItemT")

GUARD = 20.0
"""Seconds.  Everything takes milliseconds; this ends a test that waits for what will never come."""

SHOWN = 15
"""Items of one inbox that a failure shows: the last ones."""


class Inbox(Generic[ItemT]):
    def __init__(self, owner: str, patience: float = GUARD) -> None:
        """``patience``: seconds to wait for what is expected."""
        self.owner = owner
        self.patience = patience
        self.history: list[ItemT] = []
        """All there ever was, in order."""
        self._items: list[ItemT] = []
        self._changed = Event()

    def put(self, item: ItemT) -> None:
        self.history.append(item)
        self._items.append(item)
        self._changed.set()

    def __iter__(self) -> Iterator[ItemT]:
        """What came and nobody expected yet."""
        return iter(tuple(self._items))

    def expect(self, matches: Callable[[ItemT], bool], what: str) -> ItemT:
        """The first item that matches, come or to come; it is taken out."""
        with gevent.Timeout(
            self.patience, AssertionError(f"{self.owner} waited in vain for {what}")
        ) as t:
            try:
                return self._wait(matches)
            except AssertionError as error:
                if error is not t.exception:
                    raise
                raise AssertionError(f"{error}\n{self.shown()}") from None

    def _wait(self, matches: Callable[[ItemT], bool]) -> ItemT:
        while True:
            for item in self._items:
                if matches(item):
                    self._items.remove(item)
                    return item
            self._changed.clear()
            self._changed.wait()

    def refuse(self, matches: Callable[[ItemT], bool], what: str) -> None:
        """Nothing like that has come.  For after something that would have come later."""
        found = [str(item) for item in self._items if matches(item)]
        assert not found, f"{self.owner} got {what}:\n" + "\n".join(found)

    def discard(self, item: ItemT) -> None:
        if item in self._items:
            self._items.remove(item)

    def clear(self) -> None:
        self._items.clear()

    def shown(self) -> str:
        items = [f"  {item}" for item in self._items[-SHOWN:]] or ["  nothing"]
        return "\n".join([f"{self.owner} got, and nobody expected:", *items])
