"""People in the user's roster: subscriptions (RFC 6121, section 3) and presence.

Some networks keep an address book (those that handle ``ChangeContact``), and it is the truth: who
is in it is introduced to the user's roster, once, by subscription requests at a bearable pace; who
goes from it, goes.  A request that the user denies is never repeated.  Where the network keeps
none, the store does, and the network is told of it at each log-in (``Login.contacts``).

Nobody is ever told ``subscribed`` before the network has agreed, and only changes travel.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import gevent

from gateway import events
from gateway.commands import AddContact, Authorize, ChangeContact, RemoveContact
from gateway.errors import CommandRefused, Reason
from gateway.events import Show
from gateway.ids import ChatId, PersonId
from gateway.network import Kind
from gateway.store import KnownContact
from gateway.xmpp import stanzas
from gateway.xmpp.host import Host
from gateway.xmpp.stanzas import element, escape

MOST = 2000
"""Contacts of one account."""

INTRODUCTION_EVERY = 0.5
"""Seconds between two subscription requests.  Each may be a window that the user has to close."""

FAREWELL = ("unsubscribe", "unsubscribed", "unavailable")


@dataclass(slots=True)
class Contact:
    person: PersonId
    name: str = ""
    """What they call themselves, or what our user calls them on the network."""
    show: Show = Show.OFFLINE
    status: str = ""
    idle_since: datetime | None = None
    is_in_book: bool = True
    """False: they are only asking to be let in."""
    is_authorized: bool = True
    """They let our user see their presence."""
    is_hidden: bool = False
    """Our user does not want to see them."""
    is_asked_for: bool = False
    """Our user has subscribed and waits for the network to agree."""
    is_asking: bool = False
    """They want to see our user, who has not answered yet."""


class Contacts:
    def __init__(self, host: Host, known: tuple[KnownContact, ...]) -> None:
        self._host = host
        self._contacts: dict[str, Contact] = {}
        self._known: set[str] = set()
        """JIDs that the user's roster was told of."""
        self._unsent: set[str] = set()
        """Who changed while the XMPP server was away."""
        self._strangers: list[str] = []
        """Who is still to be introduced."""
        self._introducing: gevent.Greenlet[..., None] | None = None
        for contact in known:
            jid = host.jid(contact.person)
            self._known.add(jid)
            self._contacts[jid] = Contact(contact.person, is_hidden=contact.is_hidden)

    def __contains__(self, jid: str) -> bool:
        return jid in self._contacts

    def get(self, jid: str) -> Contact | None:
        return self._contacts.get(jid)

    def items(self) -> list[tuple[str, Contact]]:
        return list(self._contacts.items())

    def people(self) -> tuple[PersonId, ...]:
        return tuple(contact.person for contact in self._contacts.values() if contact.is_in_book)

    @property
    def _network_keeps_them(self) -> bool:
        return ChangeContact in self._host.transport.network.commands

    # From the user.

    def subscribe(self, chat: ChatId) -> None:
        """
        Raises:
            CommandRefused: no such contact can be added.
        """
        host = self._host
        if not host.is_registered:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, "Register with this gateway first.")
        if len(self._contacts) >= MOST:
            raise CommandRefused(Reason.TOO_MUCH, f"There are {MOST} contacts already.")
        jid = host.jid(chat)
        contact = self._contacts.get(jid)
        if contact is None:
            contact = self._contacts[jid] = Contact(PersonId(chat), is_in_book=False)
        contact.is_hidden = False
        if contact.is_in_book and contact.is_authorized:
            self._approve(jid, contact)
            return
        contact.is_asked_for = True
        if host.keeper.is_running:
            host.put(AddContact(person=contact.person))

    def subscribed(self, chat: ChatId) -> None:
        """Our user lets them see, or takes up what was introduced."""
        jid = self._host.jid(chat)
        if contact := self._contacts.get(jid):
            if contact.is_asking:
                contact.is_asking = False
                self._host.attempt(Authorize(person=contact.person, is_granted=True))
            contact.is_hidden = False
            self._remember(jid, contact)
            self._tell(jid, contact)

    def unsubscribed(self, chat: ChatId) -> None:
        """Our user does not let them see, or does not want to see who was introduced."""
        jid = self._host.jid(chat)
        if not (contact := self._contacts.get(jid)):
            return
        if contact.is_asking:
            contact.is_asking = False
            self._host.attempt(Authorize(person=contact.person, is_granted=False))
            if not contact.is_in_book:
                del self._contacts[jid]
        elif self._network_keeps_them:
            contact.is_hidden = True
            self._remember(jid, contact)
        else:
            self.unsubscribe(chat)

    def unsubscribe(self, chat: ChatId) -> None:
        """Our user removes them (XEP-0100, section 4.7)."""
        jid = self._host.jid(chat)
        if contact := self._contacts.pop(jid, None):
            self._forget(jid, contact)
            self._host.attempt(RemoveContact(person=contact.person))
            self._send_farewell(jid)

    def probe(self, chat: ChatId, to: str) -> None:
        """Answer from what is known; the network is not asked."""
        jid = self._host.jid(chat)
        if (contact := self._contacts.get(jid)) and not contact.is_hidden:
            self._host.out.write(self._presence(jid, contact, to))

    # From the network: the address book.

    def listed(self, event: events.ContactsListed) -> None:
        """The whole of it.  Who is gone from it went while nobody looked."""
        present = {self._host.jid(contact.person): contact for contact in event.contacts}
        for jid in [jid for jid, contact in self._contacts.items() if contact.is_in_book]:
            if jid not in present:
                self._removed(jid)
        for contact in event.contacts:
            self.changed(events.ContactChanged(contact=contact))

    def added(self, event: events.ContactAdded) -> None:
        """The network lets our user see them."""
        self.changed(events.ContactChanged(contact=events.Contact(person=event.person)))

    def changed(self, event: events.ContactChanged) -> None:
        new = event.contact
        jid = self._host.jid(new.person)
        contact = self._contacts.get(jid)
        if contact is None:
            if len(self._contacts) >= MOST:
                return
            contact = self._contacts[jid] = Contact(new.person)
        contact.is_in_book, contact.is_authorized = True, new.is_authorized
        if new.name and new.name != contact.name:
            contact.name = new.name
            if jid in self._known and contact.show is not Show.OFFLINE:
                self._tell(jid, contact)
        if contact.is_asked_for and new.is_authorized:
            self._approve(jid, contact)
        elif jid not in self._known and not contact.is_asked_for and not contact.is_asking:
            self._introduce(jid)

    def removed(self, event: events.ContactRemoved) -> None:
        self._removed(self._host.jid(event.person))

    def refused(self, event: events.ContactRefused) -> None:
        """They do not want our user to see them (XEP-0100, section 4.6, alternate flow)."""
        jid = self._host.jid(event.person)
        if contact := self._contacts.get(jid):
            contact.is_asked_for = contact.is_authorized = False
            status = element("status", event.detail)
            self._host.out.write(stanzas.presence(jid, self._host.key.user, "unsubscribed", status))

    def asked(self, event: events.AuthorizationAsked) -> None:
        """They want to see our user (XEP-0100, section 4.9)."""
        jid = self._host.jid(event.person)
        if jid not in self._contacts:
            if len(self._contacts) >= MOST:
                return
            self._contacts[jid] = Contact(event.person, is_in_book=False)
        contact = self._contacts[jid]
        contact.is_asking = True
        self._request(jid, contact, event.reason)

    def logged_in(self) -> None:
        for contact in self._contacts.values():
            if contact.is_asked_for:
                self._host.attempt(AddContact(person=contact.person))

    # From the network: presence.

    def presence_changed(self, event: events.PresenceChanged) -> None:
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact is None:
            return
        since = datetime.now(UTC) - event.idle if event.idle else None
        is_same = (contact.show, contact.status) == (event.show, event.status) and (
            _is_about(contact.idle_since, since)
        )
        if not is_same:
            contact.show, contact.status, contact.idle_since = event.show, event.status, since
            self._tell(jid, contact)

    def profile_changed(self, event: events.ProfileChanged) -> None:
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact and event.name and event.name != contact.name:
            contact.name = event.name
            if contact.show is not Show.OFFLINE:
                self._tell(jid, contact)

    def logged_out(self) -> None:
        self._stop_introducing()
        for jid, contact in self._contacts.items():
            if contact.show is not Show.OFFLINE:
                contact.show, contact.status, contact.idle_since = Show.OFFLINE, "", None
                self._tell(jid, contact)

    def announce(self) -> None:
        """The XMPP server is back: tell what it missed."""
        unsent, self._unsent = self._unsent, set()
        for jid in unsent:
            if contact := self._contacts.get(jid):
                self._tell(jid, contact)

    def farewell(self) -> None:
        """The account is gone (XEP-0100, section 4.3)."""
        self._stop_introducing()
        for jid in self._contacts:
            self._send_farewell(jid)

    # Introductions.

    def _introduce(self, jid: str) -> None:
        self._strangers.append(jid)
        if self._introducing is None:
            self._introducing = gevent.spawn(self._introduce_all)

    def _introduce_all(self) -> None:
        while self._strangers:
            jid = self._strangers.pop(0)
            if (contact := self._contacts.get(jid)) and jid not in self._known:
                self._remember(jid, contact)
                self._request(jid, contact)
                gevent.sleep(INTRODUCTION_EVERY)
        self._introducing = None

    def _stop_introducing(self) -> None:
        self._strangers.clear()
        if self._introducing is not None:
            self._introducing.kill(block=False)
            self._introducing = None

    def _request(self, jid: str, contact: Contact, reason: str = "") -> None:
        children = element("status", reason) + _nick(contact)
        self._host.out.write(
            stanzas.presence(jid, self._host.key.user, "subscribe", children), keep=True
        )

    # What is told, and kept.

    def _approve(self, jid: str, contact: Contact) -> None:
        """XEP-0100, section 4.6: approve, be present, and ask to be seen as well."""
        contact.is_asked_for = False
        self._remember(jid, contact)
        user = self._host.key.user
        self._host.out.write(stanzas.presence(jid, user, "subscribed"))
        self._host.out.write(self._presence(jid, contact, user))
        self._host.out.write(stanzas.presence(jid, user, "subscribe", _nick(contact)))

    def _removed(self, jid: str) -> None:
        """By somebody else than our user (XEP-0100, section 4.10)."""
        if contact := self._contacts.pop(jid, None):
            self._forget(jid, contact)
            self._send_farewell(jid)

    def _send_farewell(self, jid: str) -> None:
        for kind in FAREWELL:
            self._host.out.write(stanzas.presence(jid, self._host.key.user, kind))

    def _remember(self, jid: str, contact: Contact) -> None:
        self._known.add(jid)
        host = self._host
        known = KnownContact(person=contact.person, is_hidden=contact.is_hidden)
        host.context.background.do(
            lambda: host.context.store.save_contact(host.key, known), host.key.user
        )

    def _forget(self, jid: str, contact: Contact) -> None:
        self._known.discard(jid)
        host = self._host
        host.context.background.do(
            lambda: host.context.store.remove_contact(host.key, contact.person), host.key.user
        )

    def _tell(self, jid: str, contact: Contact) -> None:
        if contact.is_hidden:
            return
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
        children = element("show", show) + status + _idle(contact) + _nick(contact) + caps
        return stanzas.presence(jid, to, "", children)


def _nick(contact: Contact) -> str:
    """XEP-0172."""
    if not contact.name:
        return ""
    return f"<nick xmlns='http://jabber.org/protocol/nick'>{escape(contact.name)}</nick>"


def _idle(contact: Contact) -> str:
    """XEP-0319."""
    if contact.idle_since is None:
        return ""
    return f"<idle xmlns='urn:xmpp:idle:1' since='{stanzas.stamp(contact.idle_since)}'/>"


def _is_about(one: datetime | None, other: datetime | None) -> bool:
    """Networks tell whole minutes."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < timedelta(minutes=2)
