"""People in the user's roster: subscriptions (RFC 6121, section 3) and presence.

The network decides who may see whom, where it knows such a thing; a contact that the network keeps
no list of is kept in the store, and added again at each log-in (``Login.contacts``).
"""

from dataclasses import dataclass

from gateway.commands import AddContact, RemoveContact
from gateway.errors import CommandRefused, Reason
from gateway.events import ContactAdded, PresenceChanged, Show
from gateway.ids import ChatId, PersonId
from gateway.network import Kind
from gateway.xmpp import stanzas
from gateway.xmpp.host import Host
from gateway.xmpp.stanzas import element

MOST = 2000
"""Contacts of one account."""


@dataclass(slots=True)
class Contact:
    person: PersonId
    show: Show = Show.OFFLINE
    status: str = ""


class Contacts:
    def __init__(self, host: Host, people: tuple[PersonId, ...]) -> None:
        self._host = host
        self._contacts = {host.jid(person): Contact(person) for person in people}
        self._asked: set[str] = set()
        """JIDs that our user wants to subscribe to, until the network has agreed."""
        self._unsent: set[str] = set()
        """Who changed while the XMPP server was away."""

    def __contains__(self, jid: str) -> bool:
        return jid in self._contacts

    def get(self, jid: str) -> Contact | None:
        return self._contacts.get(jid)

    def items(self) -> list[tuple[str, Contact]]:
        return list(self._contacts.items())

    def people(self) -> tuple[PersonId, ...]:
        return tuple(contact.person for contact in self._contacts.values())

    # From the user.

    def subscribe(self, chat: ChatId) -> None:
        """
        Raises:
            CommandRefused: no such contact can be added.
        """
        host, person = self._host, PersonId(chat)
        jid = host.jid(chat)
        if not host.is_registered:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, "Register with this gateway first.")
        if len(self._contacts) >= MOST:
            raise CommandRefused(Reason.TOO_MUCH, f"There are {MOST} contacts already.")
        if jid not in self._contacts:
            self._contacts[jid] = Contact(person)
            host.context.background.do(
                lambda: host.context.store.add_contact(host.key, person), host.key.user
            )
        self._asked.add(jid)
        if host.keeper.is_running:
            host.put(AddContact(person=person))

    def unsubscribe(self, chat: ChatId) -> None:
        """Removed from the roster, whichever of the two subscriptions went first."""
        host, person = self._host, PersonId(chat)
        jid = host.jid(chat)
        self._asked.discard(jid)
        if self._contacts.pop(jid, None) is None:
            return
        host.context.background.do(
            lambda: host.context.store.remove_contact(host.key, person), host.key.user
        )
        host.attempt(RemoveContact(person=person))
        for kind in ("unsubscribe", "unsubscribed", "unavailable"):
            host.out.write(stanzas.presence(jid, host.key.user, kind))

    def probe(self, chat: ChatId, to: str) -> None:
        """Answer from what is known; the network is not asked."""
        jid = self._host.jid(chat)
        if contact := self._contacts.get(jid):
            self._host.out.write(self._presence(jid, contact, to))

    # From the network.

    def added(self, event: ContactAdded) -> None:
        """XEP-0100, section 4.6: approve, be present, and ask to be seen as well."""
        jid = self._host.jid(event.person)
        if jid not in self._asked:
            return
        self._asked.discard(jid)
        user = self._host.key.user
        self._host.out.write(stanzas.presence(jid, user, "subscribed"))
        if contact := self._contacts.get(jid):
            self._host.out.write(self._presence(jid, contact, user))
        self._host.out.write(stanzas.presence(jid, user, "subscribe"))

    def changed(self, event: PresenceChanged) -> None:
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact is None or (contact.show, contact.status) == (event.show, event.status):
            return
        contact.show, contact.status = event.show, event.status
        self._tell(jid, contact)

    def logged_in(self) -> None:
        for jid in tuple(self._asked):
            self._host.attempt(AddContact(person=self._contacts[jid].person))

    def logged_out(self) -> None:
        for jid, contact in self._contacts.items():
            if contact.show is not Show.OFFLINE:
                contact.show, contact.status = Show.OFFLINE, ""
                self._tell(jid, contact)

    def announce(self) -> None:
        """The XMPP server is back: tell what it missed."""
        unsent, self._unsent = self._unsent, set()
        for jid in unsent:
            if contact := self._contacts.get(jid):
                self._tell(jid, contact)

    def farewell(self) -> None:
        """The account is gone (XEP-0100, section 4.3)."""
        for jid in self._contacts:
            for kind in ("unsubscribe", "unsubscribed", "unavailable"):
                self._host.out.write(stanzas.presence(jid, self._host.key.user, kind))

    def _tell(self, jid: str, contact: Contact) -> None:
        if self._host.out.is_up:
            self._host.out.write(self._presence(jid, contact, self._host.key.user))
        else:
            self._unsent.add(jid)

    def _presence(self, jid: str, contact: Contact, to: str) -> str:
        status = element("status", contact.status)
        if contact.show is Show.OFFLINE:
            return stanzas.presence(jid, to, "unavailable", status)
        show = "" if contact.show is Show.AVAILABLE else contact.show.value
        caps = self._host.context.caps(Kind.PERSON, self._host.transport)
        return stanzas.presence(jid, to, "", element("show", show) + status + caps)
