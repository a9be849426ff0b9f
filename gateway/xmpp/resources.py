"""The clients of one user that are available to one transport (RFC 6121, section 4)."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.events import Show
from gateway.xmpp.stanzas import NS

SHOWS = {show.value: show for show in (Show.CHAT, Show.AWAY, Show.XA, Show.DND)}

TRANSPORT = ""
"""Where presence goes that is meant for the transport itself."""


@dataclass(slots=True)
class Available:
    show: Show
    status: str
    priority: int
    told: set[str]
    """Local parts of ours that were sent this presence.  A client is gone when it has taken it back
    from the transport, or, if it never sent it there, from every contact."""
    is_sure: bool = True
    """False from the loss of the XMPP connection until it shows itself again."""


class Resources:
    def __init__(self) -> None:
        self._available: dict[str, Available] = {}

    def __bool__(self) -> bool:
        return bool(self._available)

    def __contains__(self, resource: str) -> bool:
        return resource in self._available

    def available(self, resource: str, local: str, presence: Element) -> bool:
        """Whether that changed anything for others."""
        before = self.best()
        old = self._available.get(resource)
        told = old.told if old else set()
        if local == TRANSPORT:
            told = {TRANSPORT}
        elif TRANSPORT not in told:
            told.add(local)
        show, status, priority = _read(presence)
        self._available[resource] = Available(show, status, priority, told)
        return self.best() != before

    def unavailable(self, resource: str, local: str) -> bool:
        """Whether the resource is gone now."""
        if not (here := self._available.get(resource)):
            return False
        if local != TRANSPORT and TRANSPORT in here.told:
            return False  # It hides from that contact only.
        here.told.discard(local)
        if here.told:
            return False
        del self._available[resource]
        return True

    def best(self) -> tuple[Show, str]:
        """Of the resource with the highest priority; OFFLINE if there is none."""
        if not self._available:
            return Show.OFFLINE, ""
        best = max(self._available.values(), key=lambda here: here.priority)
        return best.show, best.status

    def doubt(self) -> None:
        """The XMPP connection was lost: who is still there will tell."""
        for here in self._available.values():
            here.is_sure = False

    def drop_doubtful(self) -> None:
        self._available = {r: here for r, here in self._available.items() if here.is_sure}


def _read(presence: Element) -> tuple[Show, str, int]:
    show = presence.findtext(f"{{{NS}}}show", "").strip()
    status = presence.findtext(f"{{{NS}}}status", "")
    priority = presence.findtext(f"{{{NS}}}priority", "").strip()
    try:
        return SHOWS.get(show, Show.AVAILABLE), status, int(priority or 0)
    except ValueError:
        return SHOWS.get(show, Show.AVAILABLE), status, 0
