"""What the user's roster is told of contacts, and what the store keeps of that."""

from collections.abc import Callable

from gateway.events import Show
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.store import KnownContact
from gateway.xmpp import contact as looks
from gateway.xmpp import stanzas
from gateway.xmpp.contact import Contact
from gateway.xmpp.host import Host
from gateway.xmpp.stanzas import element

FAREWELL = ("unsubscribe", "unsubscribed")


class Roster:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._known: set[str] = set()
        """JIDs that it was told of."""
        self._unsent: set[str] = set()
        """Who changed while the XMPP server was away."""

    def __contains__(self, jid: str) -> bool:
        """It was told of them."""
        return jid in self._known

    def shows(self, jid: str, contact: Contact) -> bool:
        """There is something in it that would have to go with them."""
        is_shown = jid in self._known and not contact.is_hidden
        return is_shown or contact.is_asked_for or contact.is_asking

    # Kept.

    def load(self, jid: str) -> None:
        self._known.add(jid)

    def unload(self, jid: str) -> None:
        """They are gone from it, and not from the store."""
        self._known.discard(jid)

    def remember(self, jid: str, contact: Contact) -> None:
        self._known.add(jid)
        host = self._host
        known = KnownContact(
            person=contact.person,
            is_hidden=contact.is_hidden,
            seen=contact.seen,
            picture=contact.picture,
        )
        host.context.background.do(
            lambda: host.context.store.save_contact(host.key, known), host.key.user
        )

    def forget(self, jid: str, person: PersonId) -> None:
        self._known.discard(jid)
        host = self._host
        host.context.background.do(
            lambda: host.context.store.remove_contact(host.key, person), host.key.user
        )

    # Subscriptions: said once, so they must arrive.

    def ask(self, jid: str, contact: Contact, reason: str = "") -> None:
        """Whether the user wants to be seen by them."""
        self._write(looks.request(contact, jid, self._host.key.user, reason))

    def approve(self, jid: str, contact: Contact) -> None:
        """XEP-0100, section 4.6: approve, be present, and ask to be seen as well."""
        self._write(stanzas.presence(jid, self._host.key.user, "subscribed"))
        self.tell(jid, contact)
        self.ask(jid, contact)

    def refuse(self, jid: str, detail: str) -> None:
        status = element("status", detail)
        self._write(stanzas.presence(jid, self._host.key.user, "unsubscribed", status))

    def say_farewell(self, jid: str) -> None:
        """``unavailable`` need not be kept: a server that comes back knows of nobody's presence."""
        user = self._host.key.user
        for kind in FAREWELL:
            self._write(stanzas.presence(jid, user, kind))
        self._host.out.write(stanzas.presence(jid, user, "unavailable"))

    def _write(self, subscription: str) -> None:
        self._host.out.write(subscription, keep=True)

    # Presence.

    def tell(self, jid: str, contact: Contact) -> None:
        """How they are, unless it is none of the user's business, or not yet."""
        if contact.is_hidden or jid not in self._known:
            return
        if self._host.out.is_up:
            self.tell_one(jid, contact, self._host.key.user)
        else:
            self._unsent.add(jid)

    def tell_if_there(self, jid: str, contact: Contact) -> None:
        if contact.show is not Show.OFFLINE:
            self.tell(jid, contact)

    def tell_one(self, jid: str, contact: Contact, to: str) -> None:
        """A client, or a server, that asked."""
        caps = self._host.context.caps(Kind.PERSON, self._host.transport)
        self._host.out.write(looks.presence(contact, jid, to, caps))

    def catch_up(self, get: Callable[[str], Contact | None]) -> None:
        """The XMPP server is back: tell what it missed."""
        unsent, self._unsent = self._unsent, set()
        for jid in unsent:
            if contact := get(jid):
                self.tell(jid, contact)
