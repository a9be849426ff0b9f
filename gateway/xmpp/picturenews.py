"""User Avatar (XEP-0084): tells clients that want to know which picture a contact has.

    a client comes ──► what can it do? ──► it wants to know ──► of each contact
    a picture changes ──► each client that wants to know

As the contact's own server would by PEP (XEP-0163, section 4): clients say by their capabilities
(``…+notify``) that they want it.  The others see the hash in presence (XEP-0153).
"""

from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element

import gevent

from gateway.store import KnownPicture
from gateway.xmpp import stanzas
from gateway.xmpp.clients import CLIENTS
from gateway.xmpp.contact import Contact
from gateway.xmpp.elements import element
from gateway.xmpp.host import Host
from gateway.xmpp.pep import EVENT
from gateway.xmpp.stanzas import escape

METADATA = "urn:xmpp:avatar:metadata"

NOTIFY = f"{METADATA}+notify"

MOST = 32
"""Clients of one user that are told."""

Shown = Callable[[], Iterable[tuple[str, Contact]]]
"""Contacts that the user sees, by JID."""


class PictureNews:
    def __init__(self, host: Host, shown: Shown) -> None:
        self._host = host
        self._shown = shown
        self._wanting: dict[str, None] = {}
        """Full JIDs."""

    def client_came(self, client: str, caps: str) -> None:
        """Never blocks."""
        gevent.spawn(self._greet, client, caps)

    def client_left(self, client: str) -> None:
        self._wanting.pop(client, None)

    def _greet(self, client: str, caps: str) -> None:
        host = self._host
        if NOTIFY not in CLIENTS.features(host.out, host.address, client, caps):
            return
        if len(self._wanting) >= MOST:
            del self._wanting[next(iter(self._wanting))]
        self._wanting[client] = None
        for jid, contact in self._shown():
            if contact.shows_picture:
                self._tell(jid, contact, client)

    def changed(self, jid: str, contact: Contact) -> None:
        for client in self._wanting:
            self._tell(jid, contact, client)

    def _tell(self, jid: str, contact: Contact, client: str) -> None:
        if contact.picture is None:
            return
        shown = stanzas.serialize(metadata(contact.picture))
        item = f"<item id='{escape(contact.picture.hash)}'>{shown}</item>"
        news = f"<event xmlns='{EVENT}'><items node='{METADATA}'>{item}</items></event>"
        self._host.out.write(stanzas.message(jid, client, "headline", news))


def metadata(picture: KnownPicture) -> Element:
    """Section 4.2; empty if they have none."""
    if not picture.hash:
        return element(f"{{{METADATA}}}metadata")
    size = str(picture.size)
    info = element(f"{{{METADATA}}}info", id=picture.hash, bytes=size, type=picture.media_type)
    return element(f"{{{METADATA}}}metadata", info)
