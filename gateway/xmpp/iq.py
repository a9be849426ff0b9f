"""IQs to us: a table of handlers, each in a small file named after what its XEP does.

A handler runs in a greenlet of its own, so it may wait for the store or for a network.  It returns
the payload of the result (None: an empty result) or raises CommandRefused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from gateway.config import Transport
from gateway.network import Address
from gateway.xmpp.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks something of one of our addresses, by IQ or by chat."""

    sender: str
    """Full JID."""
    user: User
    """Loaded."""
    transport: Transport
    address: Address
    """The transport or a server behind it, a person, a room."""
    resource: str = ""
    """Of the address: an occupant's nickname in a room, else "" as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Asker):
    """By an IQ of type get or set."""

    iq: Any
    """slixmpp's Iq, with its stanza plugins."""
    payload: Element
    """Its only child."""

    @property
    def to(self) -> str:
        return str(self.iq["to"])

    @property
    def lang(self) -> str:
        return str(self.iq["lang"] or "en")


Handler = Callable[[Ask], Any]
"""Returns an Element, a slixmpp stanza, or None."""

Table = dict[tuple[str, str], Handler]
"""(type, tag of the payload as {namespace}name): handler."""
