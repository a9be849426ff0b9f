"""The user's roster on their own server, as far as that lets us at it (XEP-0356, section 4)."""

from gateway.errors import CommandRefused, Reason
from gateway.store import RosterItem
from gateway.xmpp.host import Host
from gateway.xmpp.privilege import Privilege
from gateway.xmpp.rosteritem import Entry, entries, query

ABOUT_THE_ITEM = (
    *(Reason.BAD_REQUEST, Reason.NOT_ACCEPTABLE, Reason.NOT_ALLOWED, Reason.NOT_FOUND),
    Reason.TOO_MUCH,
)
"""Why a server refuses one item; what else it says is about all of them."""


class UserRoster:
    def __init__(self, host: Host) -> None:
        self._host = host

    def may(self, privilege: Privilege) -> bool:
        host = self._host
        return host.context.privileges.may(privilege, host.key.user, host.transport.domain)

    def read(self) -> dict[str, Entry] | None:
        """By JID; None: we may not, or cannot.  Blocks."""
        if not self.may(Privilege.ROSTER_GET):
            return None
        host = self._host
        try:
            return entries(host.out.ask(host.transport.domain, host.key.user, query()))
        except CommandRefused as refusal:
            self._refused(Privilege.ROSTER_GET, refusal)
            return None

    def put(self, jid: str, item: RosterItem, is_new: bool) -> bool:
        """Whether it is there now.  What is new is subscribed both ways, if the server agrees
        (ejabberd does not); what is not stays as it is.  Blocks."""
        return self._set(jid, item, "both" if is_new else "")

    def remove(self, jid: str) -> bool:
        """Whether it is gone.  Blocks."""
        return self._set(jid, None, "remove")

    def _set(self, jid: str, item: RosterItem | None, subscription: str) -> bool:
        if not self.may(Privilege.ROSTER_SET):
            return False
        host = self._host
        try:
            host.out.tell(host.transport.domain, host.key.user, query(jid, item, subscription))
        except CommandRefused as refusal:
            if refusal.reason not in ABOUT_THE_ITEM:
                self._refused(Privilege.ROSTER_SET, refusal)
            return False
        return True

    def _refused(self, privilege: Privilege, refusal: CommandRefused) -> None:
        """Unless that is because the connection was lost, and all privileges with it."""
        host = self._host
        if host.out.is_up:
            host.context.privileges.failed(privilege, host.transport.domain, refusal.text)
