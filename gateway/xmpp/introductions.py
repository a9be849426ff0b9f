"""Subscription requests to our user, one after the other at a pace that people can bear."""

from collections.abc import Callable

import gevent

EVERY = 0.5
"""Seconds between two.  Each may be a window that the user has to close."""


class Introductions:
    def __init__(self, introduce: Callable[[str], bool]) -> None:
        """``introduce`` sends the request, unless there is no reason to any more."""
        self._introduce = introduce
        self._waiting: dict[str, None] = {}
        """JIDs, in order."""
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def add(self, jid: str) -> None:
        self._waiting[jid] = None
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Whoever is still waiting will be added again after the next log-in."""
        self._waiting.clear()
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _run(self) -> None:
        while self._waiting:
            jid = next(iter(self._waiting))
            del self._waiting[jid]
            if self._introduce(jid):
                gevent.sleep(EVERY)
        self._greenlet = None
