"""The three ways into a roster, with servers and clients that do what real ones were seen to do."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import gevent
import pytest

from gateway import events
from gateway.commands import ChangeContact
from gateway.errors import CommandRefused, Reason
from gateway.events import ContactsListed
from gateway.ids import ChatId, PersonId
from gateway.store import KnownContact, RosterItem, Seen
from gateway.xmpp import placement
from gateway.xmpp.contacts import Contacts
from gateway.xmpp.privilege import Privilege
from gateway.xmpp.rosteritem import Entry, entries, query
from gateway.xmpp.rosterx import ROSTERX
from gateway.xmpp.stanzas import NS
from tests.gateway.xmpp.asking import DOMAIN, USER
from tests.gateway.xmpp.hosting import (
    PARIS,
    PARIS_JID,
    ROMEO,
    ROMEO_JID,
    Host,
    Out,
    contacts,
    said,
)

ROSTER = {Privilege.ROSTER_GET, Privilege.ROSTER_SET}

DISCO = "{http://jabber.org/protocol/disco#info}"


class Server(Out):
    """The user's server and clients, as far as they are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.roster: dict[str, Entry] = {}
        self.does_subscribe = True
        self.refuses: dict[str, Reason] = {}
        """What it does not do to an item, by JID."""
        self.clients: dict[str, tuple[str, ...]] = {}
        """Features, by resource."""
        self.sets: list[str] = []
        self.suggested: list[str] = []
        self.does_suggest = True

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        self.asked.append((sender, to, payload.tag))
        if payload.tag == f"{DISCO}query":
            features = self.clients[to.partition("/")[2]]
            answer = Element(f"{DISCO}query")
            answer.extend(Element(f"{DISCO}feature", var=feature) for feature in features)
            return answer
        assert (sender, to) == (DOMAIN, USER)
        answer = query()
        for jid, entry in self.roster.items():
            if not self.does_subscribe and entry.subscription == "none":
                continue
            answer.append(query(jid, entry.item, entry.subscription)[0])
        return answer

    def tell(self, sender: str, to: str, payload: Element) -> None:
        if payload.tag.endswith("}x"):
            self._suggest(to, payload)
            return
        assert (sender, to) == (DOMAIN, USER)
        ((jid, entry),) = entries(payload).items()
        self.sets.append(f"{entry.subscription} {jid.partition('@')[0]} {shown(entry.item)}")
        if reason := self.refuses.get(jid):
            raise CommandRefused(reason, reason.value)
        self._do(jid, entry)

    def _do(self, jid: str, entry: Entry) -> None:
        old = self.roster.pop(jid, None)
        if entry.subscription == "remove":
            if old is None:
                raise CommandRefused(Reason.NOT_FOUND)
            return
        before = old.subscription if old else "none"
        subscription = entry.subscription if self.does_subscribe else before
        self.roster[jid] = entry._replace(
            subscription=before if entry.subscription == "none" else subscription
        )

    def _suggest(self, to: str, payload: Element) -> None:
        if not self.does_suggest:
            raise CommandRefused(Reason.NOT_SUPPORTED)
        (action,) = {item.get("action") for item in payload}
        names = ", ".join(
            " ".join(
                [item.get("jid", "").partition("@")[0], *filter(None, [item.get("name")])]
                + [str(group.text) for group in item]
            )
            for item in payload
        )
        self.suggested.append(f"{action} {to.partition('/')[2]}: {names}")


def shown(item: RosterItem) -> str:
    return f"{item.name}/{','.join(item.groups)}"


def show(host: Host, resource: str, *features: str, priority: int = 0, caps: str = "1") -> None:
    """A client of the user, which can do that."""
    host.out.clients[resource] = features
    capabilities = f"<c xmlns='http://jabber.org/protocol/caps' node='n' ver='{caps}'/>"
    text = f"<presence xmlns='{NS}'><priority>{priority}</priority>{capabilities}</presence>"
    host.resources.available(resource, "", fromstring(text))


class Rig:
    def __init__(self, *privileges: Privilege) -> None:
        self.host = Host()
        self.server = Server()
        self.host.out = self.server
        self.host.context.privileges.privileges = set(privileges)
        self.contacts = contacts(self.host)

    def restart(self) -> None:
        self.contacts.logged_out()
        self.contacts = contacts(self.host)
        said(self.host)
        self.server.sets, self.server.suggested = [], []

    def client(self, resource: str, *features: str, priority: int = 0) -> None:
        show(self.host, resource, *features, priority=priority)

    def settle(self) -> None:
        """Until nobody is placed any more."""
        worker: Any = self.contacts._placement
        with gevent.Timeout(5):
            while worker._greenlet and not worker._greenlet.dead:
                gevent.sleep(0)

    def lists(self, *people: events.Contact) -> None:
        self.contacts.listed(ContactsListed(contacts=people))
        self.settle()

    @property
    def log(self) -> list[str]:
        failures: list[str] = self.host.context.privileges.failures
        return failures


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "EVERY", 0.0)
    monkeypatch.setattr(placement, "SETTLE", 0.0)


def person(name: PersonId = ROMEO, alias: str = "Ro", *groups: str) -> events.Contact:
    return events.Contact(person=name, name=alias, groups=groups)


def item(name: str, *groups: str) -> RosterItem:
    return RosterItem(name=name, groups=groups)


BOTH = (person(ROMEO, "Ro", "Friends"), person(PARIS, "Pa"))


# By privilege.


def test_put_there_by_the_server() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    assert rig.server.sets == ["both romeo Ro/Friends", "both paris Pa/"]
    assert said(rig.host) == ["unavailable romeo", "unavailable paris"]
    rig.restart()
    rig.lists(*BOTH)
    assert rig.server.sets == [], "it is there"
    assert said(rig.host) == []
    assert rig.contacts.get(ROMEO_JID)


def test_without_a_look_at_the_roster_nobody_knows_whether_they_are_subscribed() -> None:
    rig = Rig(Privilege.ROSTER_SET)
    rig.lists(person())
    assert rig.server.sets == ["both romeo Ro/"]
    assert said(rig.host) == ["subscribe romeo nick=Ro"]


def test_a_server_that_puts_them_there_unsubscribed() -> None:
    """ejabberd since 23.10.  Until the user has answered, it does not show them to us, either."""
    rig = Rig(*ROSTER)
    rig.server.does_subscribe = False
    rig.lists(*BOTH)
    assert rig.server.sets == ["both romeo Ro/Friends", "both paris Pa/"]
    assert said(rig.host) == ["subscribe romeo nick=Ro", "subscribe paris nick=Pa"]
    rig.contacts.changed(events.ContactChanged(contact=person(ROMEO, "Romeo", "Friends")))
    rig.settle()
    assert rig.server.sets[2:] == []
    rig.contacts.subscribed(ChatId("romeo"))
    rig.settle()
    assert rig.server.sets[2:] == ["none romeo Romeo/Friends"]
    rig.server.roster[ROMEO_JID] = rig.server.roster[ROMEO_JID]._replace(subscription="from")
    rig.restart()
    rig.lists(person(ROMEO, "Romeo", "Friends"), BOTH[1])
    assert (rig.server.sets, said(rig.host)) == ([], [])
    assert not any(contact.is_hidden for _, contact in rig.contacts.items())
    rig.contacts.removed(events.ContactRemoved(person=ROMEO))
    rig.settle()
    assert rig.server.sets == ["remove romeo /"]


def test_who_was_put_there_and_is_not_wanted() -> None:
    rig = Rig(*ROSTER)
    rig.server.does_subscribe = False
    rig.lists(*BOTH)
    rig.contacts.unsubscribed(ChatId("romeo"))
    rig.settle()
    assert [*rig.server.roster] == [PARIS_JID]
    rig.restart()
    rig.lists(*BOTH)
    assert rig.server.sets == []


def test_who_goes_before_the_user_has_answered() -> None:
    rig = Rig(*ROSTER)
    rig.server.does_subscribe = False
    rig.lists(*BOTH)
    rig.contacts.removed(events.ContactRemoved(person=ROMEO))
    rig.settle()
    assert [*rig.server.roster] == [PARIS_JID]


def test_a_server_that_grants_and_fails() -> None:
    """ejabberd before 23.10."""
    rig = Rig(*ROSTER)
    rig.server.refuses = dict.fromkeys((ROMEO_JID, PARIS_JID), Reason.INTERNAL)
    rig.lists(*BOTH)
    assert rig.server.sets == ["both romeo Ro/Friends"], "tried once"
    assert rig.log == ["roster set: internal-server-error"]
    assert said(rig.host) == ["subscribe romeo nick=Ro", "subscribe paris nick=Pa"]


def test_a_server_that_does_not_want_one_of_them() -> None:
    rig = Rig(*ROSTER)
    rig.server.refuses[ROMEO_JID] = Reason.NOT_ACCEPTABLE
    rig.lists(*BOTH)
    assert rig.server.sets == ["both romeo Ro/Friends", "both paris Pa/"]
    assert (rig.log, said(rig.host)) == ([], ["subscribe romeo nick=Ro", "unavailable paris"])


def test_a_connection_that_is_lost_meanwhile() -> None:
    """All is void then, and nothing has failed; it goes on when the server is back."""
    rig = Rig(*ROSTER)
    tell = rig.server.tell

    def lose(sender: str, to: str, payload: Element) -> None:
        rig.server.is_up = False
        rig.host.context.privileges.privileges = set()
        raise CommandRefused(Reason.TIMEOUT)

    rig.server.tell = lose  # type: ignore[method-assign]
    rig.lists(*BOTH)
    assert (rig.log, said(rig.host), rig.server.kept) == ([], [], [])
    rig.server.tell = tell  # type: ignore[method-assign]
    rig.server.is_up = True
    rig.host.context.privileges.privileges = set(ROSTER)
    rig.contacts.announce()
    rig.settle()
    assert rig.server.sets == ["both romeo Ro/Friends", "both paris Pa/"]


def test_what_changes_on_the_network() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    rig.server.sets = []
    for contact in (person(ROMEO, "Romeo", "Friends"), person(ROMEO, "Romeo", "Foes", "Friends")):
        rig.contacts.changed(events.ContactChanged(contact=contact))
        rig.settle()
    assert rig.server.sets == ["none romeo Romeo/Friends", "none romeo Romeo/Foes,Friends"]
    assert rig.server.roster[ROMEO_JID].subscription == "both"
    rig.contacts.changed(events.ContactChanged(contact=person(ROMEO, "Romeo", "Friends", "Foes")))
    rig.settle()
    assert len(rig.server.sets) == 2


def test_a_name_that_comes_late_and_goes_with_the_session() -> None:
    rig = Rig(*ROSTER)
    rig.lists(person(alias=""))
    rig.contacts.profile_changed(events.ProfileChanged(person=ROMEO, name="Romeo M."))
    rig.settle()
    assert rig.server.sets == ["both romeo /", "none romeo Romeo M./"]
    rig.restart()
    rig.lists(person(alias=""))
    rig.contacts.profile_changed(events.ProfileChanged(person=ROMEO, name="Romeo M."))
    rig.settle()
    assert rig.server.sets == []


def test_who_goes_from_the_network() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    said(rig.host)
    rig.contacts.removed(events.ContactRemoved(person=ROMEO))
    rig.settle()
    assert list(rig.server.roster) == [PARIS_JID]
    assert said(rig.host)[0] == "unsubscribe romeo"
    assert ROMEO not in rig.host.store.contacts


def test_who_goes_and_is_wanted_back_at_once() -> None:
    rig = Rig(*ROSTER)
    rig.lists(person())
    rig.contacts.removed(events.ContactRemoved(person=ROMEO))
    rig.contacts.subscribe(ChatId("romeo"))
    rig.settle()
    assert list(rig.server.roster) == [ROMEO_JID]


def test_what_is_known_of_them_before_the_network_has_told_is_no_change() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    rig.restart()
    rig.contacts.profile_changed(events.ProfileChanged(person=ROMEO, name="Romeo M."))
    rig.contacts.announce()
    rig.settle()
    assert rig.server.sets == []


def test_who_goes_while_a_client_is_asked() -> None:
    rig = Rig()
    rig.client("psi", ROSTERX)
    ask = rig.server.ask

    def ask_and_remove(sender: str, to: str, payload: Element) -> Element:
        rig.contacts.removed(events.ContactRemoved(person=ROMEO))
        return ask(sender, to, payload)

    rig.server.ask = ask_and_remove  # type: ignore[method-assign]
    rig.lists(*BOTH)
    assert rig.server.suggested == ["add psi: paris Pa"]


def test_who_goes_while_they_are_put_there() -> None:
    rig = Rig(*ROSTER)
    tell = rig.server.tell

    def tell_and_remove(sender: str, to: str, payload: Element) -> None:
        tell(sender, to, payload)
        rig.contacts.removed(events.ContactRemoved(person=ROMEO))

    rig.server.tell = tell_and_remove  # type: ignore[method-assign]
    rig.lists(*BOTH)
    assert list(rig.server.roster) == [PARIS_JID]


# What the user changed in the roster.


def changed_in_client(rig: Rig, name: str, *groups: str) -> None:
    entry = rig.server.roster[ROMEO_JID]
    rig.server.roster[ROMEO_JID] = entry._replace(item=item(name, *groups))


def placed(*listed: events.Contact) -> Rig:
    rig = Rig(*ROSTER)
    rig.lists(*(listed or BOTH))
    rig.restart()
    return rig


def test_renamed_and_moved() -> None:
    rig = placed()
    changed_in_client(rig, "My Romeo", "Mine")
    rig.lists(*BOTH)
    assert rig.host.take() == [ChangeContact(person=ROMEO, name="My Romeo", groups=("Mine",))]
    assert rig.server.sets == []
    mine = person(ROMEO, "My Romeo", "Mine")
    rig.contacts.changed(events.ContactChanged(contact=mine))
    rig.restart()
    rig.lists(mine, BOTH[1])
    assert (rig.host.take(), rig.server.sets) == ([], [])


def test_moved_only() -> None:
    """The name that is theirs is not made one that the user gave them."""
    rig = Rig(*ROSTER)
    rig.lists(person(ROMEO, "", "Friends"))
    rig.contacts.profile_changed(events.ProfileChanged(person=ROMEO, name="Romeo M."))
    rig.settle()
    rig.restart()
    changed_in_client(rig, "Romeo M.", "Mine")
    rig.lists(person(ROMEO, "", "Friends"))
    assert rig.host.take() == [ChangeContact(person=ROMEO, name="", groups=("Mine",))]


def test_renamed_on_both_sides() -> None:
    rig = placed()
    changed_in_client(rig, "My Romeo", "Friends")
    rig.lists(person(ROMEO, "Romeo", "Friends"), BOTH[1])
    assert rig.host.take() == []
    assert rig.server.sets == ["none romeo Romeo/Friends"]


def test_a_network_that_does_not_do_it_prevails_in_the_end() -> None:
    rig = placed()
    changed_in_client(rig, "My Romeo", "Friends")
    rig.lists(*BOTH)
    rig.host.take()
    rig.restart()
    rig.lists(*BOTH)
    assert rig.host.take() == []
    assert rig.server.sets == ["none romeo Ro/Friends"]


def test_who_was_taken_out_meanwhile_is_not_put_back() -> None:
    rig = placed()
    del rig.server.roster[ROMEO_JID]
    rig.lists(*BOTH)
    assert (rig.server.sets, rig.host.take(), said(rig.host)) == ([], [], [])
    assert rig.host.store.contacts[ROMEO].is_hidden
    rig.restart()
    rig.lists(*BOTH)
    assert rig.server.sets == []


def test_who_is_there_already_when_we_may_look_for_the_first_time() -> None:
    """With a name and a group of the user's own; nobody is made equal to the other."""
    rig = Rig()
    rig.lists(*BOTH)
    assert len(said(rig.host)) == 2
    rig.server.roster = {
        ROMEO_JID: Entry(item("My Romeo", "Mine"), "both"),
        PARIS_JID: Entry(item(""), "both"),
    }
    rig.restart()
    rig.host.context.privileges.privileges = set(ROSTER)
    rig.lists(*BOTH)
    assert rig.host.take() == []
    assert rig.server.sets == ["none paris Pa/"]
    rig.restart()
    rig.lists(*BOTH)
    assert (rig.host.take(), rig.server.sets) == ([], [])
    assert rig.host.store.contacts[ROMEO].seen == Seen(
        network=item("Ro", "Friends"), roster=item("My Romeo", "Mine")
    )


def test_who_is_there_from_another_life() -> None:
    """The store has forgotten; who is subscribed need not be asked again, but the others."""
    rig = Rig(*ROSTER)
    rig.server.roster = {
        ROMEO_JID: Entry(item("My Romeo", "Mine"), "both"),
        PARIS_JID: Entry(item("Pa"), "none"),
    }
    rig.lists(*BOTH)
    assert rig.server.sets == ["both paris Pa/"]


# By exchange.


def test_suggested_to_a_client() -> None:
    rig = Rig()
    rig.client("phone", priority=5)
    rig.client("psi", ROSTERX)
    rig.lists(*BOTH)
    assert rig.server.suggested == ["add psi: romeo Ro Friends, paris Pa"]
    assert said(rig.host) == []
    rig.contacts.changed(events.ContactChanged(contact=person(PARIS, "Paris", "Foes")))
    rig.settle()
    rig.contacts.removed(events.ContactRemoved(person=PARIS))
    rig.settle()
    assert rig.server.suggested[1:] == ["modify psi: paris Paris Foes", "delete psi: paris"]
    rig.restart()
    rig.lists(BOTH[0])
    assert rig.server.suggested == []
    assert len([asked for asked in rig.server.asked if DISCO in asked[2]]) == 2, "each once"


def test_a_client_that_says_that_it_takes_items_and_does_not() -> None:
    rig = Rig()
    rig.client("psi", ROSTERX)
    rig.server.does_suggest = False
    rig.lists(*BOTH)
    assert said(rig.host) == ["subscribe romeo nick=Ro", "subscribe paris nick=Pa"]


def test_a_client_that_does_not_answer() -> None:
    rig = Rig()
    rig.client("psi", ROSTERX)

    def silent(sender: str, to: str, payload: Element) -> Element:
        raise CommandRefused(Reason.TIMEOUT)

    rig.server.ask = silent  # type: ignore[method-assign]
    rig.lists(*BOTH)
    assert len(said(rig.host)) == 2


def test_many_are_suggested_in_several_stanzas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "MOST_AT_ONCE", 2)
    rig = Rig()
    rig.client("psi", ROSTERX)
    rig.lists(*(person(PersonId(f"p{number}")) for number in range(5)))
    assert [len(line.split(",")) for line in rig.server.suggested] == [2, 2, 1]


def test_a_client_that_comes_while_they_are_introduced(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    ask: Callable[..., None] = rig.contacts._roster.ask

    def ask_and_log_in(*given: Any) -> None:
        ask(*given)
        rig.client("psi", ROSTERX)

    monkeypatch.setattr(rig.contacts._roster, "ask", ask_and_log_in)
    rig.lists(*BOTH)
    assert said(rig.host) == ["subscribe romeo nick=Ro"]
    assert rig.server.suggested == ["add psi: paris Pa"]


# The end of the account.


def leave(rig: Rig) -> None:
    said(rig.host)
    rig.server.sets = []
    rig.contacts.farewell()
    rig.contacts.forget_transport(rig.host.address)


def test_taken_out_by_the_server() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    rig.server.roster["nurse@example.org"] = Entry(item("Nurse"), "both")
    rig.server.roster[DOMAIN] = Entry(item("AIM"), "both")
    leave(rig)
    assert list(rig.server.roster) == ["nurse@example.org"]
    assert (said(rig.host), rig.log) == ([], [])


def test_taken_out_by_a_client() -> None:
    rig = Rig()
    rig.client("psi", ROSTERX)
    rig.lists(*BOTH)
    leave(rig)
    assert rig.server.suggested[1:] == ["delete psi: romeo, paris"]
    assert said(rig.host) == []


def test_taken_out_by_nobody() -> None:
    rig = Rig(*ROSTER)
    rig.lists(*BOTH)
    rig.server.refuses[ROMEO_JID] = Reason.FORBIDDEN
    leave(rig)
    assert rig.log == ["roster set: forbidden"]
    assert [line.split()[0] for line in said(rig.host)] == 2 * [
        "unsubscribe",
        "unsubscribed",
        "unavailable",
    ]
    assert [*rig.server.roster] == [ROMEO_JID, PARIS_JID]


def test_hidden_ones_stay_hidden() -> None:
    rig = Rig(*ROSTER)
    rig.host.store.contacts[ROMEO] = KnownContact(person=ROMEO, is_hidden=True)
    rig.contacts = Contacts(rig.host, tuple(rig.host.store.contacts.values()))
    rig.lists(replace(BOTH[0], name="New name"))
    assert rig.server.sets == []
