"""Whether one session is to be online: somebody is there, or it is kept for them.

                    needed                       not needed, for LINGER
    (offline) ────────────────► (online) ──────────────────────────────► (offline)

Nothing here knows how to log in; the keeper does.
"""

from collections.abc import Callable

import gevent

from gateway.sessions import Keeper, State
from gateway.xmpp.resources import Resources

LINGER = 2.0
"""Seconds between the last reason to be online and the log-out.  A client that reconnects at once
is not seen to leave, and a server that shuts down (it reports everybody gone first) loses the
connection to us within that time, which calls it off."""

RETURN_TIME = 60.0
"""Seconds that clients have to come back after the XMPP server did."""


class Attendance:
    def __init__(self, keeper: Keeper, resources: Resources, is_wanted: Callable[[], bool]) -> None:
        """``is_wanted``: by a client, a room or a setting; ``resources`` are those clients."""
        self._keeper = keeper
        self._resources = resources
        self._is_wanted = is_wanted
        self._leaving: gevent.Greenlet[..., None] | None = None
        self._was_present = False
        self._is_switched_off = False
        """The user disconnected by hand, or another client took over.  Until they connect by hand,
        register anew, or come back after they were away."""

    @property
    def is_needed(self) -> bool:
        return not self._is_switched_off and self._is_wanted()

    def review(self, linger: float = LINGER) -> None:
        """Something changed: log in, or begin to think of logging out."""
        if self._resources and not self._was_present:
            self._is_switched_off = False
        self._was_present = bool(self._resources)
        if self.is_needed:
            self.stay()
            self._keeper.log_in()
        elif self._leaving is None and self._keeper.state not in (State.OFFLINE, State.LATCHED):
            self._leaving = gevent.spawn_later(linger, self._leave)

    def _leave(self) -> None:
        self._leaving = None
        if not self.is_needed:
            self._keeper.log_out()

    def stay(self) -> None:
        """Call the log-out off."""
        if self._leaving is not None:
            self._leaving.kill(block=False)
            self._leaving = None

    def switch(self, is_on: bool) -> None:
        """Connect or disconnect by hand."""
        self._is_switched_off = not is_on
        if not is_on:
            self._keeper.log_out()
        elif self._keeper.state is State.OFFLINE:
            self._keeper.log_in()
        else:
            self._keeper.retry()

    def give_way(self) -> None:
        """Another client took over: whoever came last stays."""
        self._is_switched_off = True

    def begin(self) -> None:
        """Log in now, with what is new."""
        self._is_switched_off = False
        self._keeper.retry()
