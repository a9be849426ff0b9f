"""The user's own presence, on to the network: show, status, idle time, and whether to look offline.

The network is told only what it would see a difference in.
"""

from datetime import UTC, datetime

from gateway.commands import SetInvisible, SetPresence
from gateway.events import Show
from gateway.sessions import State
from gateway.xmpp.host import Host
from gateway.xmpp.resources import Shown


class OwnPresence:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._shown: Shown | None = None
        """What this session of the network was told; None: nothing yet."""
        self._is_invisible = False
        """Likewise."""

    def logging_in(self) -> None:
        """The network is told with the log-in itself whether to look offline."""
        self._is_invisible = self._host.credentials.preferences.invisible

    def logged_in(self) -> None:
        self._shown = None
        self.review()

    def review(self) -> None:
        """A client of the user came, went, or changed its presence; or the preference changed, if
        only while we were logging in."""
        if self._host.keeper.state is not State.ONLINE:
            return
        wanted = self._host.credentials.preferences.invisible
        if wanted is not self._is_invisible:
            self._is_invisible = wanted
            self._host.attempt(SetInvisible(is_invisible=wanted))
            self._shown = None  # What it was told meanwhile of idle times is out of date.
        self._show()

    def _show(self) -> None:
        shown = self._host.resources.best()
        if shown.show is Show.OFFLINE:  # In a room, or staying online.
            shown = Shown(Show.XA if self._host.stays_online else Show.AVAILABLE)
        if shown == self._shown or SetPresence not in self._host.transport.network.commands:
            return
        idle = datetime.now(UTC) - shown.idle_since if shown.idle_since else None
        if self._host.attempt(SetPresence(show=shown.show, status=shown.status, idle=idle)):
            self._shown = shown
