"""https://xmpp.org/extensions/xep-0100.html, section 4: contacts, of both kinds of network."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import gevent
import pytest

from gateway import events
from gateway.commands import AddContact, Authorize, RemoveContact
from gateway.errors import CommandRefused, Reason
from gateway.events import (
    AuthorizationAsked,
    ContactAdded,
    ContactChanged,
    ContactRefused,
    ContactRemoved,
    ContactsListed,
    PresenceChanged,
    ProfileChanged,
    Show,
)
from gateway.ids import ChatId, PersonId
from gateway.sessions import State
from gateway.store import KnownContact
from gateway.xmpp import contacts as contacts_module
from gateway.xmpp import placement
from gateway.xmpp.contacts import Contacts
from gateway.xmpp.stanzas import NS
from tests.gateway.xmpp.asking import USER
from tests.gateway.xmpp.hosting import (
    BOOK,
    LISTLESS,
    PARIS,
    ROMEO,
    ROMEO_JID,
    Host,
    contacts,
    said,
)

R, P = ChatId("romeo"), ChatId("paris")

BOTH = pytest.mark.parametrize("takes", [LISTLESS, BOOK], ids=["listless", "book"])

FAREWELL = ["unsubscribe romeo", "unsubscribed romeo", "unavailable romeo"]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "EVERY", 0.001)
    monkeypatch.setattr(placement, "SETTLE", 0.0)


def listed(*people: PersonId | events.Contact) -> ContactsListed:
    return ContactsListed(
        contacts=tuple(
            one if isinstance(one, events.Contact) else events.Contact(person=one) for one in people
        )
    )


def changed(person: PersonId, **more: Any) -> ContactChanged:
    return ContactChanged(contact=events.Contact(person=person, **more))


def present(person: PersonId = ROMEO, show: Show = Show.AVAILABLE, **more: Any) -> PresenceChanged:
    return PresenceChanged(person=person, show=show, **more)


def until(is_so: Callable[[], bool]) -> None:
    with gevent.Timeout(5):
        while not is_so():
            gevent.sleep(0.001)


def settle(host: Host) -> list[str]:
    """What was said once nobody is introduced any more."""
    seen = -1
    while seen != len(host.out.written):
        seen = len(host.out.written)
        gevent.sleep(placement.EVERY * 5)
    return said(host)


def known(host: Host, *people: PersonId) -> Contacts:
    """In the book, introduced, and accepted; nothing of it is left to see."""
    made = contacts(host)
    made.listed(listed(*people))
    settle(host)
    for person in people:
        chat = ChatId(person.lower())
        made.subscribed(chat)
        made.subscribe(chat)
    said(host)
    host.take()
    return made


# The user adds somebody (4.6).


@BOTH
def test_add(takes: frozenset[type]) -> None:
    host = Host(takes)
    made = contacts(host)
    made.subscribe(R)
    assert host.take() == [AddContact(person=PersonId("romeo"))]
    assert said(host) == []  # Not before the network has agreed.
    made.presence_changed(present(show=Show.AWAY))
    assert said(host) == []
    made.added(ContactAdded(person=ROMEO))
    assert said(host) == ["subscribed romeo", "available romeo show=away", "subscribe romeo"]
    assert host.store.contacts == {PersonId("romeo"): KnownContact(person=PersonId("romeo"))}
    made.added(ContactAdded(person=ROMEO))
    assert settle(host) == []
    assert made.people() == (PersonId("romeo"),)


def test_add_where_they_have_to_agree() -> None:
    host = Host()
    made = contacts(host)
    made.subscribe(R)
    made.changed(changed(ROMEO, is_authorized=False))
    assert settle(host) == []
    made.changed(changed(ROMEO))
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


@BOTH
def test_they_do_not_agree(takes: frozenset[type]) -> None:
    host = Host(takes)
    made = contacts(host)
    made.subscribe(R)
    made.refused(ContactRefused(person=ROMEO, detail="Not you."))
    assert said(host) == ["unsubscribed romeo status=Not you."]
    assert ROMEO_JID not in made
    made.refused(ContactRefused(person=ROMEO))
    assert said(host) == []
    made.subscribe(R)
    made.added(ContactAdded(person=ROMEO))
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


def test_somebody_in_the_book_who_does_not_agree_stays_there() -> None:
    host = Host()
    made = contacts(host)
    made.subscribe(R)
    made.changed(changed(ROMEO, is_authorized=False))
    made.refused(ContactRefused(person=ROMEO))
    assert said(host) == ["unsubscribed romeo"]
    assert ROMEO_JID in made


@BOTH
def test_add_somebody_who_is_there_already(takes: frozenset[type]) -> None:
    host = Host(takes)
    made = known(host, ROMEO)
    made.subscribe(R)
    assert host.take() == []
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


@BOTH
def test_add_while_offline(takes: frozenset[type]) -> None:
    host = Host(takes)
    host.keeper.state = State.CONNECTING
    made = contacts(host)
    made.subscribe(R)
    assert host.commands == []
    host.keeper.state = State.ONLINE
    made.logged_in()
    if takes is BOOK:
        assert host.commands == []  # Perhaps they are in it.
        made.listed(listed(PARIS))
    assert host.take() == [AddContact(person=PersonId("romeo"))]


def test_after_a_restart_a_book_has_to_say_that_they_agree() -> None:
    host = Host()
    known(host, ROMEO)
    host.keeper.state = State.OFFLINE
    made = contacts(host)
    made.subscribe(R)
    assert said(host) == []
    host.keeper.state = State.ONLINE
    made.logged_in()
    made.listed(listed(ROMEO))
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]
    assert host.take() == []


def test_without_a_book_what_is_stored_is_agreed() -> None:
    host = Host(LISTLESS)
    host.store.contacts[ROMEO] = KnownContact(person=ROMEO)
    host.keeper.state = State.OFFLINE
    made = contacts(host)
    assert made.people() == (ROMEO,)
    made.subscribe(R)
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


@BOTH
def test_what_the_network_refuses_leaves_no_trace(takes: frozenset[type]) -> None:
    host = Host(takes)
    host.refuses = CommandRefused(Reason.TOO_MUCH)
    made = contacts(host)
    with pytest.raises(CommandRefused):
        made.subscribe(R)
    assert ROMEO_JID not in made
    host.refuses = None
    made.logged_in()
    made.listed(listed())
    assert host.take() == []


def test_guests_have_no_contacts() -> None:
    host = Host()
    host.is_registered = False
    with pytest.raises(CommandRefused) as refused:
        contacts(host).subscribe(R)
    assert refused.value.reason is Reason.REGISTRATION_REQUIRED


# The network introduces (its address book).


def test_each_is_introduced_once_and_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "EVERY", 0.02)
    host = Host()
    made = contacts(host)
    made.logged_in()
    started = datetime.now(UTC)
    book = listed(events.Contact(person=ROMEO, name="My Romeo"), PARIS)
    made.listed(book)
    assert host.out.written == []
    until(lambda: len(host.out.written) == 1)
    assert said(host) == ["subscribe romeo nick=My Romeo"]
    made.changed(changed(PARIS))
    made.changed(changed(ROMEO, name="My Romeo"))
    until(lambda: len(host.out.written) == 1)
    assert datetime.now(UTC) - started >= timedelta(seconds=0.02)
    assert settle(host) == ["subscribe paris"]
    made.logged_out()
    made.listed(book)
    assert settle(host) == []
    assert settle_again(host, book) == []


def settle_again(host: Host, book: ContactsListed) -> list[str]:
    """After a restart."""
    made = contacts(host)
    made.logged_in()
    made.listed(book)
    return settle(host)


def test_who_was_not_introduced_yet_is_after_the_next_log_in() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO, PARIS))
    until(lambda: len(host.out.written) == 1)
    made.logged_out()
    assert settle(host) == ["subscribe romeo"]
    made.listed(listed(ROMEO, PARIS))
    assert settle(host) == ["subscribe paris"]


def test_an_introduction_that_is_taken_up() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO))
    made.presence_changed(present())
    assert settle(host) == ["subscribe romeo"]
    made.subscribed(R)
    assert said(host) == ["available romeo"]
    made.subscribe(R)
    assert said(host) == ["subscribed romeo", "available romeo", "subscribe romeo"]
    made.subscribed(R)  # The user's server, by itself.
    assert said(host) == []
    assert host.take() == []


def test_denied_stays_denied() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO))
    settle(host)
    made.unsubscribed(R)
    made.presence_changed(present())
    made.profile_changed(ProfileChanged(person=ROMEO, name="R."))
    made.probe(R, USER)
    made.changed(changed(ROMEO, name="My Romeo"))
    assert settle(host) == []
    assert host.take() == []  # They stay in the book.
    assert host.store.contacts[ROMEO].is_hidden
    again = contacts(host)
    again.listed(listed(ROMEO))
    again.presence_changed(present())
    assert settle(host) == []
    again.removed(ContactRemoved(person=ROMEO))
    assert said(host) == []  # The user does not have them.
    assert host.store.contacts == {}


def test_who_says_no_is_not_introduced_by_the_book() -> None:
    """They stay in it, marked as not having agreed; nor after a restart."""
    host = Host()
    made = contacts(host)
    made.subscribe(R)
    made.changed(changed(ROMEO, is_authorized=False))
    made.refused(ContactRefused(person=ROMEO, detail="Never"))
    assert said(host) == ["unsubscribed romeo status=Never"]
    made.changed(changed(ROMEO, is_authorized=False))
    assert settle(host) == []
    again = contacts(host)
    again.listed(listed(events.Contact(person=ROMEO, is_authorized=False)))
    assert settle(host) == []
    again.subscribe(R)
    again.added(ContactAdded(person=ROMEO))
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


def test_denied_and_then_added_after_all() -> None:
    host = Host()
    host.store.contacts[ROMEO] = KnownContact(person=ROMEO, is_hidden=True)
    made = contacts(host)
    made.listed(listed(ROMEO))
    made.presence_changed(present(status="balcony"))
    assert settle(host) == []
    made.subscribe(R)
    assert said(host) == [
        "subscribed romeo",
        "available romeo status=balcony photo=",
        "subscribe romeo",
    ]
    assert not host.store.contacts[ROMEO].is_hidden


@BOTH
def test_who_is_seen_may_be_not_let_see(takes: frozenset[type]) -> None:
    """No network knows that; it is neither a removal nor a denial."""
    host = Host(takes)
    made = known(host, ROMEO)
    made.unsubscribed(R)
    made.presence_changed(present())
    assert said(host) == ["available romeo"]
    again = contacts(host)
    again.probe(R, USER)  # Which the server sends because it is subscribed.
    again.unsubscribed(R)
    assert ROMEO_JID in again
    assert not host.store.contacts[ROMEO].is_hidden


def test_without_a_book_nobody_is_kept_who_is_not_wanted() -> None:
    host = Host(LISTLESS)
    host.store.contacts[ROMEO] = KnownContact(person=ROMEO)
    made = contacts(host)
    made.unsubscribed(R)
    assert host.take() == [RemoveContact(person=ROMEO)]
    assert host.store.contacts == {}


# They want to see the user (4.9).


@pytest.mark.parametrize("is_granted", [True, False])
def test_asked_for_authorization(is_granted: bool) -> None:
    host = Host()
    made = contacts(host)
    made.asked(AuthorizationAsked(person=ROMEO, reason="By yonder moon"))
    made.asked(AuthorizationAsked(person=ROMEO, reason="By yonder moon"))
    assert said(host) == ["subscribe romeo status=By yonder moon"]
    assert made.people() == ()
    made.presence_changed(present())
    assert said(host) == []
    (made.subscribed if is_granted else made.unsubscribed)(R)
    assert host.take() == [Authorize(person=ROMEO, is_granted=is_granted)]
    assert said(host) == []
    assert host.store.contacts == {}
    assert ROMEO_JID not in made
    (made.subscribed if is_granted else made.unsubscribed)(R)
    assert host.take() == []


def test_asked_by_somebody_in_the_book() -> None:
    host = Host()
    made = known(host, ROMEO)
    made.asked(AuthorizationAsked(person=ROMEO))
    assert said(host) == ["subscribe romeo"]
    made.unsubscribed(R)
    assert host.take() == [Authorize(person=ROMEO, is_granted=False)]
    made.presence_changed(present())
    assert said(host) == ["available romeo"]


def test_asked_and_added_to_the_book_elsewhere() -> None:
    host = Host()
    made = contacts(host)
    made.asked(AuthorizationAsked(person=ROMEO))
    said(host)
    made.changed(changed(ROMEO))
    assert settle(host) == []  # There is a request already.
    made.presence_changed(present())
    made.subscribed(R)
    assert said(host) == ["available romeo"]
    assert list(host.store.contacts) == [ROMEO]


def test_asked_and_let_in_and_added() -> None:
    host = Host()
    made = contacts(host)
    made.asked(AuthorizationAsked(person=ROMEO))
    made.subscribe(R)
    made.subscribed(R)
    assert host.take() == [
        AddContact(person=ROMEO),
        Authorize(person=ROMEO, is_granted=True),
    ]
    said(host)
    made.added(ContactAdded(person=ROMEO))
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


def test_an_answer_while_offline_is_given_later() -> None:
    host = Host()
    made = contacts(host)
    made.asked(AuthorizationAsked(person=ROMEO))
    host.keeper.state = State.WAITING
    made.subscribed(R)
    assert host.take() == []
    host.keeper.state = State.ONLINE
    made.logged_in()
    made.listed(listed())
    assert host.take() == [Authorize(person=ROMEO, is_granted=True)]
    made.listed(listed())
    assert host.take() == []


# Removal.


@BOTH
def test_the_user_removes_somebody(takes: frozenset[type]) -> None:
    host = Host(takes)
    made = known(host, ROMEO)
    made.unsubscribe(R)
    made.unsubscribed(R)
    assert host.take() == [RemoveContact(person=ROMEO)]
    assert said(host) == FAREWELL
    assert host.store.contacts == {}
    made.presence_changed(present())
    made.removed(ContactRemoved(person=ROMEO))
    made.added(ContactAdded(person=ROMEO))
    made.unsubscribe(R)
    assert settle(host) == []
    assert host.take() == []


def test_a_removal_while_offline_is_told_later() -> None:
    host = Host()
    made = known(host, ROMEO, PARIS)
    host.keeper.state = State.WAITING
    made.unsubscribe(R)
    assert said(host) == FAREWELL
    assert host.store.contacts[ROMEO].is_hidden  # If nobody lives to tell.
    host.keeper.state = State.ONLINE
    made.logged_in()
    made.listed(listed(ROMEO, PARIS))
    assert settle(host) == []
    assert host.take() == [RemoveContact(person=ROMEO)]
    assert list(host.store.contacts) == [PARIS]


def test_a_removal_while_offline_that_is_taken_back() -> None:
    host = Host()
    made = known(host, ROMEO)
    host.keeper.state = State.WAITING
    made.unsubscribe(R)
    made.subscribe(R)
    said(host)
    host.keeper.state = State.ONLINE
    made.listed(listed(ROMEO))
    assert host.take() == []
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]
    assert host.store.contacts == {ROMEO: KnownContact(person=ROMEO)}


def test_the_network_removes_somebody() -> None:
    host = Host()
    made = known(host, ROMEO)
    made.removed(ContactRemoved(person=ROMEO))
    assert said(host) == FAREWELL
    assert host.take() == []
    assert host.store.contacts == {}
    made.removed(ContactRemoved(person=ROMEO))
    assert said(host) == []


def test_who_went_meanwhile_is_gone_after_log_in() -> None:
    host = Host()
    known(host, ROMEO, PARIS)
    made = contacts(host)
    made.listed(listed(PARIS))
    assert settle(host) == FAREWELL
    assert list(host.store.contacts) == [PARIS]


def test_who_has_not_been_introduced_goes_without_a_word() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO))
    made.removed(ContactRemoved(person=ROMEO))
    assert settle(host) == []


def test_who_waits_for_an_answer_does_not_go() -> None:
    host = Host()
    made = contacts(host)
    made.subscribe(R)
    made.asked(AuthorizationAsked(person=PARIS))
    said(host)
    made.listed(listed())
    assert said(host) == []
    made.added(ContactAdded(person=ROMEO))
    assert said(host)[0] == "subscribed romeo"


@BOTH
def test_the_account_is_gone(takes: frozenset[type]) -> None:
    host = Host(takes)
    made = known(host, ROMEO) if takes is BOOK else contacts(host)
    if takes is LISTLESS:
        made.subscribe(R)
        made.added(ContactAdded(person=ROMEO))
        said(host)
    made.farewell()
    assert settle(host) == FAREWELL


def test_nobody_is_introduced_after_the_account_is_gone() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO, PARIS))
    until(lambda: len(host.out.written) == 1)
    made.farewell()
    assert settle(host) == ["subscribe romeo", *FAREWELL]


# Presence.


def test_only_changes_travel() -> None:
    host = Host()
    made = known(host, ROMEO)
    away = present(show=Show.AWAY, status="Mantua", idle=timedelta(minutes=10))
    made.presence_changed(away)
    assert said(host) == ["available romeo show=away status=Mantua idle"]
    made.presence_changed(away)
    made.changed(changed(ROMEO))
    made.profile_changed(ProfileChanged(person=ROMEO))
    assert said(host) == []
    made.presence_changed(present(show=Show.AWAY, status="Mantua", idle=timedelta(hours=1)))
    assert said(host) == ["available romeo show=away status=Mantua idle"]
    made.presence_changed(present(show=Show.AWAY, status="Mantua"))
    assert said(host) == ["available romeo show=away status=Mantua"]
    made.presence_changed(present(show=Show.OFFLINE, status="gone"))
    assert said(host) == ["unavailable romeo status=gone"]
    made.presence_changed(present(PARIS))
    assert said(host) == []


@pytest.mark.parametrize("show", [Show.CHAT, Show.AWAY, Show.XA, Show.DND])
def test_every_show(show: Show) -> None:
    host = Host()
    made = known(host, ROMEO)
    made.presence_changed(present(show=show))
    assert said(host) == [f"available romeo show={show.value}"]


def test_idle_since_and_caps() -> None:
    host = Host()
    made = known(host, ROMEO)
    made.presence_changed(present(idle=timedelta(minutes=5)))
    (stanza,) = host.out.take()
    idle = stanza.find("{urn:xmpp:idle:1}idle")
    since = datetime.fromisoformat(idle.get("since"))
    assert abs(datetime.now(UTC) - timedelta(minutes=5) - since) < timedelta(seconds=10)
    assert stanza.find("{urn:caps}c").get("kind") == "person"
    assert stanza.find(f"{{{NS}}}show") is None


def test_names() -> None:
    """What our user calls them comes before what they call themselves."""
    host = Host()
    made = known(host, ROMEO)
    made.profile_changed(ProfileChanged(person=ROMEO, name="Montague"))
    assert said(host) == []  # Nobody sees it while they are offline.
    made.presence_changed(present())
    assert said(host) == ["available romeo nick=Montague"]
    made.changed(changed(ROMEO, name="<My> Romeo", groups=("Verona",)))
    assert said(host) == ["available romeo nick=<My> Romeo"]
    made.profile_changed(ProfileChanged(person=ROMEO, name="Capulet"))
    made.added(ContactAdded(person=ROMEO))
    assert said(host) == []
    contact = made.get(ROMEO_JID)
    assert contact
    assert (contact.alias, contact.name, contact.groups) == ("<My> Romeo", "Capulet", ("Verona",))
    made.changed(changed(ROMEO))
    assert said(host) == ["available romeo nick=Capulet"]


def test_offline_with_the_session() -> None:
    host = Host()
    made = known(host, ROMEO, PARIS)
    made.presence_changed(present(idle=timedelta(hours=1), status="balcony"))
    said(host)
    made.logged_out()
    assert said(host) == ["unavailable romeo"]
    made.logged_out()
    assert said(host) == []


def test_many_probes_ask_nobody() -> None:
    host = Host()
    people = [PersonId(f"p{number}") for number in range(300)]
    made = known(host, *people)
    for person in people[:100]:
        made.presence_changed(present(person))
    said(host)
    writes = host.store.writes
    for person in people:
        made.probe(ChatId(person), f"{USER}/balcony")
    answers = said(host)
    assert answers[:100] == [f"available p{n} to={USER}/balcony" for n in range(100)]
    assert answers[100:] == [f"unavailable p{n} to={USER}/balcony" for n in range(100, 300)]
    assert (host.take(), host.store.writes) == ([], writes)
    made.probe(R, USER)
    assert said(host) == []


# While the XMPP server is away.


def test_what_changed_meanwhile_is_told_once() -> None:
    host = Host()
    made = known(host, ROMEO, PARIS)
    host.out.is_up = False
    made.presence_changed(present())
    made.presence_changed(present(show=Show.DND))
    made.presence_changed(present(PARIS))
    made.removed(ContactRemoved(person=PARIS))
    host.out.back()
    made.announce()
    assert said(host) == [
        "unsubscribe paris",
        "unsubscribed paris",
        "available romeo show=dnd",
    ]
    made.announce()
    assert said(host) == []


def test_subscriptions_arrive_when_it_is_back() -> None:
    host = Host()
    made = contacts(host)
    made.subscribe(R)
    host.out.is_up = False
    made.presence_changed(present())
    made.added(ContactAdded(person=ROMEO))
    made.asked(AuthorizationAsked(person=PARIS))
    host.out.back()
    made.announce()
    assert said(host) == [
        "subscribed romeo",
        "subscribe romeo",
        "subscribe paris",
        "available romeo",
    ]


# Limits.


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts_module, "MOST", 2)
    monkeypatch.setattr(contacts_module, "MOST_ASKING", 2)


@pytest.mark.usefixtures("few")
def test_more_contacts_than_we_take() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(ROMEO, PARIS, PersonId("Tybalt")))
    assert settle(host) == ["subscribe romeo", "subscribe paris"]
    with pytest.raises(CommandRefused) as refused:
        made.subscribe(ChatId("tybalt"))
    assert refused.value.reason is Reason.TOO_MUCH
    made.asked(AuthorizationAsked(person=PersonId("Tybalt")))
    made.subscribe(R)  # Who is one of them.
    assert said(host) == ["subscribed romeo", "unavailable romeo", "subscribe romeo"]


def test_strangers_do_not_fill_the_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts_module, "MOST_ASKING", 2)
    host = Host()
    made = contacts(host)
    for number in range(5):
        made.asked(AuthorizationAsked(person=PersonId(f"spam{number}")))
    assert said(host) == ["subscribe spam0", "subscribe spam1"]
    made.unsubscribed(ChatId("spam0"))
    made.asked(AuthorizationAsked(person=ROMEO))
    assert said(host) == ["subscribe romeo"]


def test_a_name_that_no_address_can_carry_is_left_out() -> None:
    host = Host()
    made = contacts(host)
    made.listed(listed(PersonId("\u2028"), ROMEO))
    assert settle(host) == ["subscribe romeo"]
