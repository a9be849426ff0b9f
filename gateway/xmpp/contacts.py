"""People in the user's roster: subscriptions (RFC 6121, section 3) and presence.

Some networks keep an address book (those that handle ``ChangeContact``), and it is the truth: who
is in it is introduced to the user's roster, once (``placement`` has how); who goes from it, goes.
Whom the user denies is never introduced again.  Where the network keeps none, the store does, and
the network is told of it at each log-in (``Login.contacts``).

Nobody is ever told ``subscribed`` before the network has agreed, and only changes travel.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gateway import events
from gateway.commands import (
    AddContact,
    Authorize,
    ChangeContact,
    Command,
    FetchAvatar,
    RemoveContact,
)
from gateway.errors import CommandRefused, Reason
from gateway.events import Show
from gateway.ids import ChatId, PersonId
from gateway.sessions import State
from gateway.store import KnownContact, KnownPicture
from gateway.words import tr
from gateway.xmpp.avatars import NO_PICTURE, Avatars
from gateway.xmpp.contact import Contact
from gateway.xmpp.host import Host
from gateway.xmpp.picturenews import PictureNews
from gateway.xmpp.placement import Placement
from gateway.xmpp.roster import Roster

MOST = 2000
"""Contacts of one account."""

MOST_ASKING = 100
"""Strangers who wait for the user's answer.  Those who ask everybody shall not fill the roster."""


class Contacts:
    def __init__(self, host: Host, known: tuple[KnownContact, ...]) -> None:
        self._host = host
        self._contacts: dict[str, Contact] = {}
        self._roster = Roster(host)
        self._owed: dict[tuple[type, str], Command] = {}
        """What the user did while the network was away; by command and JID."""
        self._is_full = False
        self._placement = Placement(host, self._roster, self._contacts)
        self._avatars = Avatars(host, self._picture_known)
        self._picture_news = PictureNews(host, self._shown)
        for contact in known:
            jid = host.jid(contact.person)
            self._roster.load(jid)
            self._contacts[jid] = Contact(
                contact.person,
                is_hidden=contact.is_hidden,
                picture=contact.picture or (NO_PICTURE if self._has_pictures else None),
                is_authorized=not self._network_keeps_them,  # Where it does, its list will tell.
                seen=contact.seen,
            )

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

    @property
    def _has_pictures(self) -> bool:
        return FetchAvatar in self._host.transport.network.commands

    @property
    def _is_online(self) -> bool:
        return self._host.keeper.state is State.ONLINE

    # From the user.

    def subscribe(self, chat: ChatId) -> None:
        """
        Raises:
            CommandRefused: no such contact can be added.
        """
        host = self._host
        if not host.is_registered:
            raise CommandRefused(
                Reason.REGISTRATION_REQUIRED, tr("Register with this gateway first.")
            )
        jid = host.jid(chat)
        if jid not in self._contacts and len(self._contacts) >= MOST:
            raise CommandRefused(
                Reason.TOO_MUCH, tr("There are {most} contacts already.").format(most=MOST)
            )
        known = self._contacts.get(jid)
        is_agreed = known is not None and known.is_in_book and known.is_authorized
        if not is_agreed:
            host.quotas.subscriptions.spend()
        taken_back = self._owed.pop((RemoveContact, jid), None)
        person = taken_back.person if isinstance(taken_back, RemoveContact) else PersonId(chat)
        contact = known or Contact(person, is_in_book=False)
        if self._is_online and not is_agreed:
            host.put(AddContact(person=contact.person))
        self._contacts[jid] = contact
        self._placement.answered(jid, contact)
        contact.is_watched, contact.is_hidden = True, False
        if is_agreed:
            self._approve(jid, contact)
        else:
            contact.is_asked_for = True

    def subscribed(self, chat: ChatId) -> None:
        """Our user lets them see, or takes up what was introduced."""
        jid = self._host.jid(chat)
        if contact := self._contacts.get(jid):
            if contact.is_asking:
                self._answer(jid, contact, is_granted=True)
            if contact.is_in_book:
                contact.is_hidden = False
                self._placement.answered(jid, contact)
                self._roster.remember(jid, contact)
                if not contact.is_watched:
                    self._roster.tell(jid, contact)

    def unsubscribed(self, chat: ChatId) -> None:
        """Our user does not let them see, or does not want to see who was introduced."""
        jid = self._host.jid(chat)
        contact = self._contacts.get(jid)
        if contact is None:
            return
        if contact.is_asking:
            self._answer(jid, contact, is_granted=False)
        elif contact.is_watched:
            return  # Seen, but not to see: no network knows that.
        elif self._network_keeps_them:
            self._hide(jid, contact)
            self._placement.denied(jid)
        else:
            self.unsubscribe(chat)

    def _hide(self, jid: str, contact: Contact) -> None:
        """It stays in the book, and nobody hears of it again who does not ask."""
        contact.is_hidden = True
        self._roster.remember(jid, contact)

    def _answer(self, jid: str, contact: Contact, is_granted: bool) -> None:
        contact.is_asking = False
        self._do(jid, Authorize(person=contact.person, is_granted=is_granted))
        self._drop_stranger(jid, contact)

    def unsubscribe(self, chat: ChatId) -> None:
        """Our user removes them (XEP-0100, section 4.7)."""
        jid = self._host.jid(chat)
        contact = self._contacts.pop(jid, None)
        if contact is None:
            return
        self._roster.say_farewell(jid)
        if self._network_keeps_them and not self._is_online:
            contact.is_hidden = True  # If it is still in the book after a restart.
            self._roster.remember(jid, contact)
            self._roster.unload(jid)
        else:
            self._roster.forget(jid, contact.person)
        self._do(jid, RemoveContact(person=contact.person))

    def probe(self, chat: ChatId, to: str) -> None:
        """Answer from what is known; the network is not asked."""
        jid = self._host.jid(chat)
        if contact := self._contacts.get(jid):
            contact.is_watched = True
            if not contact.is_hidden:
                self._roster.tell_one(jid, contact, to)

    def _do(self, jid: str, command: Command) -> None:
        """Now, or after the next log-in."""
        if self._is_online:
            self._host.attempt(command)
        elif self._network_keeps_them and len(self._owed) < MOST:
            self._owed[type(command), jid] = command

    # From the network: the address book.

    def listed(self, event: events.ContactsListed) -> None:
        """The whole of it.  Who is gone from it went while nobody looked."""
        self._placement.listed()
        present = {}
        for contact in event.contacts:
            with suppress(CommandRefused):  # No address can carry that name.
                present[self._host.jid(contact.person)] = contact
        for jid, known in self.items():
            if known.is_in_book and jid not in present:
                self._removed(jid)
        for contact in present.values():
            self.changed(events.ContactChanged(contact=contact))
        self._catch_up()

    def added(self, event: events.ContactAdded) -> None:
        """The network lets our user see them."""
        if contact := self._contacts.get(self._host.jid(event.person)):
            agreed = events.Contact(
                person=event.person, name=contact.alias, groups=contact.groups, is_authorized=True
            )
            self.changed(events.ContactChanged(contact=agreed))

    def changed(self, event: events.ContactChanged) -> None:
        new = event.contact
        jid = self._host.jid(new.person)
        if (RemoveContact, jid) in self._owed:
            return
        contact = self._contacts.get(jid) or self._add(jid, new.person)
        if contact is None:
            return
        contact.is_in_book, contact.is_authorized = True, new.is_authorized
        contact.groups = new.groups
        self._call(jid, contact, contact.name, new.name)
        if contact.is_asked_for and new.is_authorized:
            self._approve(jid, contact)
        else:
            self._placement.review(jid)

    def removed(self, event: events.ContactRemoved) -> None:
        self._removed(self._host.jid(event.person))

    def refused(self, event: events.ContactRefused) -> None:
        """They do not want our user to see them (XEP-0100, section 4.6, alternate flow)."""
        jid = self._host.jid(event.person)
        if contact := self._contacts.get(jid):
            contact.is_asked_for = contact.is_authorized = contact.is_watched = False
            self._roster.refuse(jid, tr(event.detail))
            if contact.is_in_book and self._network_keeps_them:
                self._hide(jid, contact)  # Or the book would introduce who has just said no.
            self._drop_stranger(jid, contact)

    def asked(self, event: events.AuthorizationAsked) -> None:
        """They want to see our user (XEP-0100, section 4.9)."""
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact is None:
            asking = sum(contact.is_asking for contact in self._contacts.values())
            if asking >= MOST_ASKING or not (contact := self._add(jid, event.person)):
                return
            contact.is_in_book = contact.is_authorized = False
        if not contact.is_asking:  # The server asks at each log-in until it is answered.
            contact.is_asking = True
            self._roster.ask(jid, contact, event.reason)

    def logged_in(self) -> None:
        if not self._network_keeps_them:
            self._catch_up()

    def _catch_up(self) -> None:
        """The network takes commands again, and has said what it knows."""
        owed, self._owed = self._owed, {}
        for (_, jid), command in owed.items():
            self._host.attempt(command)
            if isinstance(command, RemoveContact):
                self._roster.forget(jid, command.person)
        for contact in self._contacts.values():
            if contact.is_asked_for:
                self._host.attempt(AddContact(person=contact.person))

    def _add(self, jid: str, person: PersonId) -> Contact | None:
        if len(self._contacts) < MOST:
            contact = self._contacts[jid] = Contact(person)
            return contact
        if not self._is_full:
            self._is_full = True
            self._host.log.warning("contacts.too_many", most=MOST)
        return None

    # From the network: presence.

    def presence_changed(self, event: events.PresenceChanged) -> None:
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact is None:
            return
        since = _since(event.idle)
        before = (contact.show, contact.status)
        if before != (event.show, event.status) or not contact.is_idle_since(since):
            contact.show, contact.status, contact.idle_since = event.show, event.status, since
            self._roster.tell(jid, contact)

    def profile_changed(self, event: events.ProfileChanged) -> None:
        jid = self._host.jid(event.person)
        contact = self._contacts.get(jid)
        if contact is None:
            return
        self._call(jid, contact, event.name or contact.name, contact.alias)
        if event.avatar is not None and self._has_pictures:
            self._avatars.changed(jid, contact, event.avatar)

    def _call(self, jid: str, contact: Contact, name: str, alias: str) -> None:
        before = contact.called
        contact.name, contact.alias = name, alias
        if contact.called != before:
            self._roster.tell_if_there(jid, contact)
            self._placement.review(jid)

    def _picture_known(self, jid: str, picture: KnownPicture) -> None:
        contact = self._contacts.get(jid)
        if contact is None or contact.picture == picture:
            return
        before, contact.picture = contact.picture, picture
        is_kept = jid in self._roster
        if is_kept and (before or picture.hash):  # Who shows none is not worth a write at log-in.
            self._roster.remember(jid, contact)
        if before is None or before.hash != picture.hash:
            self._roster.tell_if_there(jid, contact)
            if is_kept and not contact.is_hidden:
                self._picture_news.changed(jid, contact)

    def client_came(self, client: str, caps: str) -> None:
        """A full JID, and what its presence shows of what it can do.  Never blocks."""
        if self._has_pictures:
            self._picture_news.client_came(client, caps)

    def client_left(self, client: str) -> None:
        self._picture_news.client_left(client)

    def _shown(self) -> list[tuple[str, Contact]]:
        return [(j, c) for j, c in self.items() if j in self._roster and not c.is_hidden]

    def logged_out(self) -> None:
        self._placement.stop()
        self._avatars.stop()
        for jid, contact in self._contacts.items():
            if contact.show is not Show.OFFLINE:
                contact.show, contact.status, contact.idle_since = Show.OFFLINE, "", None
                self._roster.tell(jid, contact)

    def announce(self) -> None:
        """The XMPP server is back: tell what it missed."""
        self._roster.catch_up(self.get)
        self._placement.resume()

    def farewell(self) -> None:
        """The account is gone (XEP-0100, section 4.3).  Blocks."""
        self._avatars.stop()
        shown = [jid for jid, contact in self.items() if self._roster.shows(jid, contact)]
        for jid in self._placement.clear(shown):
            self._roster.say_farewell(jid)

    def forget_transport(self, address: str) -> None:
        """It has said farewell as well, or the account by that address.  Blocks."""
        self._placement.take_out(address)

    # What is told, and kept.

    def _approve(self, jid: str, contact: Contact) -> None:
        contact.is_asked_for = False
        self._roster.remember(jid, contact)
        self._roster.approve(jid, contact)

    def _removed(self, jid: str) -> None:
        """By somebody else than our user (XEP-0100, section 4.10)."""
        if contact := self._contacts.get(jid):
            if self._roster.shows(jid, contact):
                self._roster.say_farewell(jid)
            del self._contacts[jid]
            self._roster.forget(jid, contact.person)
            self._placement.remove(jid, contact)

    def _drop_stranger(self, jid: str, contact: Contact) -> None:
        """Nobody asks any more, and they are in no address book."""
        if not (contact.is_in_book or contact.is_asked_for or contact.is_asking):
            del self._contacts[jid]


def _since(idle: timedelta | None) -> datetime | None:
    """None also for what is before the first year; others choose the number."""
    try:
        return datetime.now(UTC) - idle if idle else None
    except OverflowError:
        return None
