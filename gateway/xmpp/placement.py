"""How contacts get into the user's roster, and what is there stays true.

    privilege    the server puts them there by itself           (``userroster``, XEP-0356)
    exchange     a client of the user is told what to do        (``rosterx``, XEP-0144)
    request      they ask, one after the other, to be let in    (RFC 6121, section 3)

The first way that there is, looked at anew for each: a privilege may turn out to be none, and a
client may come that takes items.  Requests cannot rename anybody, nor remove.

Where the server shows us the roster, it is read at each log-in to the network, and what the user
changed in it since the last time is passed on.

All in one greenlet, which ends when there is nothing to do, or nobody to tell.
"""

from collections.abc import Mapping

import gevent

from gateway.commands import ChangeContact
from gateway.store import RosterItem, Seen
from gateway.xmpp.contact import Contact
from gateway.xmpp.host import Host
from gateway.xmpp.privilege import Privilege
from gateway.xmpp.roster import Roster
from gateway.xmpp.rosteritem import Entry, first_sight, for_network, for_roster, roster_item
from gateway.xmpp.rosterx import Action, Exchange
from gateway.xmpp.userroster import UserRoster

SETTLE = 0.5
"""Seconds before it begins.  After the list of contacts come their names, and after a connection to
the server comes what it grants."""

EVERY = 0.5
"""Seconds between two requests.  Each may be a window that the user has to close."""

MOST_AT_ONCE = 200
"""Items in one suggestion: some 30 KiB, and servers limit stanzas."""

SEEN = ("to", "both")
"""Subscriptions of a user who sees the contact."""


class Placement:
    def __init__(self, host: Host, roster: Roster, contacts: Mapping[str, Contact]) -> None:
        """``contacts``: by JID, those of now."""
        self._host = host
        self._roster = roster
        self._contacts = contacts
        self._user_roster = UserRoster(host)
        self._exchange = Exchange(host)
        self._is_listed = False
        """The network has told its address book, in this session."""
        self._is_unread = False
        """The roster is to be read before anything else."""
        self._befriends: bool | None = None
        """The server subscribes both ways whom we put into the roster; None: not seen yet."""
        self._unanswered: dict[str, Seen] = {}
        """Whom the server put there unsubscribed, so that they had to ask.  Until the user has
        answered, ejabberd does not show such items."""
        self._waiting: dict[str, None] = {}
        """JIDs, in order, whose item may not be what it should be."""
        self._gone: dict[str, None] = {}
        """JIDs whose item is to go."""
        self._greenlet: gevent.Greenlet[..., None] | None = None

    # Never blocks.

    def listed(self) -> None:
        """The network has told its address book: time to find out what the user changed."""
        self._is_listed = self._is_unread = True
        self._start()

    def review(self, jid: str) -> None:
        """They are new, or have another name, or are in other groups."""
        self._waiting[jid] = None
        self._start()

    def resume(self) -> None:
        """The XMPP server is back."""
        self._start()

    def denied(self, jid: str) -> None:
        """The user does not want them, so there shall be nothing of our making."""
        if self._unanswered.pop(jid, None):
            self._gone[jid] = None
            self._start()

    def answered(self, jid: str, contact: Contact) -> None:
        """The user wants them."""
        self._gone.pop(jid, None)
        if seen := self._unanswered.pop(jid, None):
            contact.seen = seen
            self.review(jid)

    def remove(self, jid: str, contact: Contact) -> None:
        """They are no contact any more."""
        self._waiting.pop(jid, None)
        if self._unanswered.pop(jid, None) or contact.seen:
            self._gone[jid] = None
            self._start()

    def stop(self) -> None:
        """Until the next log-in, when everybody will be looked at again."""
        self._is_listed = self._is_unread = False
        self._waiting.clear()
        self._gone.clear()
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _start(self) -> None:
        if self._is_listed and (self._greenlet is None or self._greenlet.dead):
            self._greenlet = gevent.spawn(self._run)

    # The greenlet.

    def _run(self) -> None:
        gevent.sleep(SETTLE)
        while self._host.out.is_up and self._is_listed:
            if self._is_unread:
                self._is_unread = False
                self._read()
            if not self._has_work():
                return
            client = "" if self._may_write else self._exchange.taker()
            if self._has_work():  # Still, after a client had its time to answer.
                self._go_on(client)

    def _go_on(self, client: str) -> None:
        if self._may_write:
            self._by_privilege()
        elif client:
            self._by_exchange(client)
        else:
            self._by_request()

    @property
    def _may_write(self) -> bool:
        return self._user_roster.may(Privilege.ROSTER_SET)

    def _has_work(self) -> bool:
        self._waiting = {jid: None for jid in self._waiting if self._is_due(jid)}
        return bool(self._waiting or self._gone)

    def _is_due(self, jid: str) -> bool:
        contact = self._contacts.get(jid)
        if contact is None or contact.is_hidden or not contact.is_in_book:
            return False
        if jid not in self._roster:
            return not contact.is_asked_for and not contact.is_asking
        return contact.seen is not None and contact.seen.network != wanted(contact)

    def _by_privilege(self) -> None:
        if self._gone:
            jid = next(iter(self._gone))
            if self.take_out(jid):
                self._gone.pop(jid, None)
            return
        jid = next(iter(self._waiting))
        is_new = jid not in self._roster
        seen = _done(self._contacts[jid])
        if self._user_roster.put(jid, seen.roster, is_new):
            self._placed(jid, seen, is_new)
        elif self._may_write:  # It does not want this one.
            self._waiting.pop(jid, None)
            if is_new:
                self._request(jid)

    def _placed(self, jid: str, seen: Seen, is_new: bool) -> None:
        contact = self._contacts.get(jid)
        if contact is None:  # Gone meanwhile.
            self._gone[jid] = None
            return
        if not is_new:
            contact.seen = seen
            self._roster.remember(jid, contact)
            return
        if self._befriends is None:
            entry = (self._user_roster.read() or {}).get(jid)
            self._befriends = entry is not None and entry.subscription in SEEN
        if self._befriends:
            contact.seen, contact.is_watched = seen, True
            self._roster.remember(jid, contact)
            self._roster.tell(jid, contact)
        else:
            self._unanswered[jid] = seen
            self._request(jid)

    def _by_exchange(self, client: str) -> None:
        """The first some of what there is to add, to modify or to delete."""
        if self._gone:
            gone: dict[str, RosterItem | None] = dict.fromkeys(list(self._gone)[:MOST_AT_ONCE])
            if self._exchange.suggest(client, Action.DELETE, gone):
                self._gone = {jid: None for jid in self._gone if jid not in gone}
            return
        new = [jid for jid in self._waiting if jid not in self._roster]
        action = Action.ADD if new else Action.MODIFY
        seen = {jid: _done(self._contacts[jid]) for jid in (new or [*self._waiting])[:MOST_AT_ONCE]}
        if self._exchange.suggest(client, action, {jid: seen[jid].roster for jid in seen}):
            for jid in seen:
                if contact := self._contacts.get(jid):
                    contact.seen = seen[jid]
                    self._roster.remember(jid, contact)

    def _by_request(self) -> None:
        self._gone.clear()
        new = [jid for jid in self._waiting if jid not in self._roster]
        self._waiting = dict.fromkeys(new)
        if new:
            self._request(new[0])

    def _request(self, jid: str) -> None:
        self._waiting.pop(jid, None)
        if contact := self._contacts.get(jid):
            self._roster.remember(jid, contact)
            self._roster.ask(jid, contact)
            gevent.sleep(EVERY)

    # What the user changed.

    def _read(self) -> None:
        found = self._user_roster.read()
        if found is None:
            return
        for jid, contact in list(self._contacts.items()):
            entry = found.get(jid)
            if contact.is_hidden or not contact.is_in_book:
                continue
            if entry and (jid in self._roster or entry.subscription in SEEN):
                self._compare(jid, contact, entry)
            elif entry is None and contact.seen:  # The user has taken them out.
                contact.is_hidden, contact.seen = True, None
                self._roster.remember(jid, contact)

    def _compare(self, jid: str, contact: Contact, entry: Entry) -> None:
        before, network = contact.seen, wanted(contact)
        if before is None:
            contact.seen = first_sight(network, entry.item)
        else:
            changed = for_network(before, network, entry.item)
            contact.seen = Seen(network=before.network, roster=entry.item)
            if changed != network:
                self._change(contact, network, changed)
        if contact.seen != before:
            self._roster.remember(jid, contact)
        contact.is_watched = contact.is_watched or entry.subscription in SEEN
        self._waiting[jid] = None

    def _change(self, contact: Contact, network: RosterItem, changed: RosterItem) -> None:
        """On the network.  If it does not do that, it will prevail after the next log-in."""
        assert contact.seen
        before = contact.seen.network
        if changed.name != network.name:
            contact.alias = changed.name
            before = before._replace(name=changed.name)
        if changed.groups != network.groups:
            contact.groups = changed.groups
            before = before._replace(groups=changed.groups)
        contact.seen = contact.seen._replace(network=before)
        self._host.attempt(
            ChangeContact(person=contact.person, name=contact.alias, groups=contact.groups)
        )

    # The end.

    def clear(self, jids: list[str]) -> list[str]:
        """The account is gone: take them out of the roster.  Blocks; returns whom nothing takes
        out."""
        self.stop()
        while jids and self.take_out(jids[0]):
            jids = jids[1:]
        while jids and (client := self._exchange.taker()):
            some: dict[str, RosterItem | None] = dict.fromkeys(jids[:MOST_AT_ONCE])
            if self._exchange.suggest(client, Action.DELETE, some):
                jids = jids[MOST_AT_ONCE:]
        return jids

    def take_out(self, jid: str) -> bool:
        """By privilege; False: we have none.  Blocks."""
        is_gone = self._user_roster.remove(jid)
        return is_gone or self._may_write  # Then it was not there.


def wanted(contact: Contact) -> RosterItem:
    """What the network would have in the roster.  A name that it has not told (yet) changes
    nothing."""
    name = contact.called or (contact.seen.network.name if contact.seen else "")
    return roster_item(name, contact.groups)


def _done(contact: Contact) -> Seen:
    """How both look when the roster has what it shall."""
    network = wanted(contact)
    return Seen(network=network, roster=for_roster(contact.seen, network))
