"""Roster Item Exchange (XEP-0144): suggests to a client of the user what to do with its roster.

Only to clients that say that they know it, one of them at a time, and never the same twice: each
suggestion may be a window that the user has to answer.
"""

from collections.abc import Mapping
from enum import Enum
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused
from gateway.network import Kind
from gateway.store import RosterItem
from gateway.xmpp.clients import CLIENTS
from gateway.xmpp.elements import element
from gateway.xmpp.host import Host

XEPS = {"XEP-0144": "1.1.1"}

ROSTERX = "http://jabber.org/protocol/rosterx"

FEATURES = {Kind.SERVER: (ROSTERX,)}

MOST_ASKED = 50
"""Clients of one user that are remembered."""


class Action(Enum):
    """Section 3.  One stanza has items of one action (section 3.1)."""

    ADD = "add"
    MODIFY = "modify"
    DELETE = "delete"


class Exchange:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._takes: dict[tuple[str, str], bool] = {}
        """Per full JID and capabilities (XEP-0115).  Who does not answer is not asked for each
        contact again."""

    def taker(self) -> str:
        """The full JID of a client that takes items; empty if there is none.  Blocks."""
        host = self._host
        for resource, caps in host.resources.clients():
            asked = f"{host.key.user}/{resource}", caps
            if asked not in self._takes:
                if len(self._takes) >= MOST_ASKED:
                    self._takes.clear()
                features = CLIENTS.features(host.out, host.address, *asked)
                self._takes[asked] = ROSTERX in features
            if self._takes[asked]:
                return asked[0]
        return ""

    def suggest(self, client: str, action: Action, items: Mapping[str, RosterItem | None]) -> bool:
        """Whether the client took them; if not, it is not asked again.  Blocks."""
        try:
            self._host.out.tell(self._host.address, client, suggestion(action, items))
        except CommandRefused as refusal:
            self._host.log.debug("rosterx.refused", client=client, why=refusal.text)
            for asked in self._takes:
                if asked[0] == client:
                    self._takes[asked] = False
            return False
        return True


def suggestion(action: Action, items: Mapping[str, RosterItem | None]) -> Element:
    """``items``: by JID; for DELETE nothing but that is needed."""
    return element(
        f"{{{ROSTERX}}}x",
        *(
            element(
                f"{{{ROSTERX}}}item",
                *(element(f"{{{ROSTERX}}}group", group) for group in (item.groups if item else ())),
                action=action.value,
                jid=jid,
                name=(item.name or None) if item else None,
            )
            for jid, item in items.items()
        ),
    )
