"""The clients of one user that are available to one transport (RFC 6121, section 4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element

from gateway.events import Show
from gateway.xmpp.contact import IDLE
from gateway.xmpp.stanzas import NS, moment

CAPS = "http://jabber.org/protocol/caps"

SHOWS = {show.value: show for show in (Show.CHAT, Show.AWAY, Show.XA, Show.DND)}

TRANSPORT = ""
"""Where presence goes that is meant for the transport itself."""


class Shown(NamedTuple):
    """What a client says of its user."""

    show: Show
    status: str = ""
    idle_since: datetime | None = None
    """XEP-0319; None: they are there."""


@dataclass(slots=True)
class Available:
    shown: Shown
    priority: int
    told: set[str]
    """Local parts of ours that were sent this presence.  A client is gone when it has taken it back
    from the transport, or, if it never sent it there, from every contact."""
    accounts: set[str] = field(default_factory=set)
    """Of the user's, those to whose addresses it was sent; "" is that of the transport itself."""
    hidden_from: set[str] = field(default_factory=set)
    """Accounts for which alone it was taken back."""
    caps: str = ""
    """What it says that it can do, as a hash (XEP-0115)."""
    is_sure: bool = True
    """False from the loss of the XMPP connection until it shows itself again."""


class Resources:
    def __init__(self) -> None:
        self.language = "en"
        """What the user's clients were last seen to speak (RFC 5646)."""
        self._available: dict[str, Available] = {}

    def __bool__(self) -> bool:
        return bool(self._available)

    def __contains__(self, resource: str) -> bool:
        return resource in self._available

    def is_there_for(self, account: str) -> bool:
        """Somebody is, and does not hide from that account alone."""
        return any(account not in here.hidden_from for here in self._available.values())

    def available(self, resource: str, local: str, presence: Element, account: str = "") -> bool:
        """Whether that changed anything for others.  ``account``: to whose address it went, if to
        ``TRANSPORT``."""
        before = self.best()
        here = Available(_shown(presence), _priority(presence), set(), caps=_caps(presence))
        is_back = False
        if old := self._available.get(resource):
            here.told, here.accounts, here.hidden_from = old.told, old.accounts, old.hidden_from
            is_back = local == TRANSPORT and account in here.hidden_from
        if local == TRANSPORT:
            here.told = {TRANSPORT}
            here.accounts.add(account)
            here.hidden_from.discard(account)
        elif TRANSPORT not in here.told:
            here.told.add(local)
        self._available[resource] = here
        return is_back or self.best() != before

    def unavailable(self, resource: str, local: str, account: str = "") -> bool:
        """Whether the resource is gone now."""
        if not (here := self._available.get(resource)):
            return False
        if local != TRANSPORT and TRANSPORT in here.told:
            return False  # It hides from that contact only.
        if local == TRANSPORT and account:
            here.hidden_from.add(account)
            here.accounts.discard(account)
            if here.accounts:
                return False
        here.told.discard(local)
        if here.told:
            return False
        del self._available[resource]
        return True

    def clients(self) -> list[tuple[str, str]]:
        """Resource and capabilities (XEP-0115) of each, the best first."""
        here = sorted(self._available.items(), key=lambda row: _rank(row[1]), reverse=True)
        return [(resource, found.caps) for resource, found in here]

    def best(self) -> Shown:
        """Of the resource with the highest priority, and of those of one in use; OFFLINE if there
        is none."""
        best = max(self._available.values(), key=_rank, default=None)
        return best.shown if best else Shown(Show.OFFLINE)

    def doubt(self) -> None:
        """The XMPP connection was lost: who is still there will tell."""
        for here in self._available.values():
            here.is_sure = False

    def drop_doubtful(self) -> None:
        self._available = {r: here for r, here in self._available.items() if here.is_sure}


def _rank(here: Available) -> tuple[int, bool]:
    return here.priority, here.shown.idle_since is None


def _shown(presence: Element) -> Shown:
    show = presence.findtext(f"{{{NS}}}show", "").strip()
    status = presence.findtext(f"{{{NS}}}status", "")
    idle = presence.find(f"{{{IDLE}}}idle")
    since = None if idle is None else moment(idle.get("since"))
    return Shown(SHOWS.get(show, Show.AVAILABLE), status, since)


def _caps(presence: Element) -> str:
    found = presence.find(f"{{{CAPS}}}c")
    return "" if found is None else f"{found.get('node')}#{found.get('ver')}"


def _priority(presence: Element) -> int:
    try:
        return int(presence.findtext(f"{{{NS}}}priority", "").strip() or 0)
    except ValueError:
        return 0
