"""Adding and removing contacts, from either side."""

import time
from xml.etree.ElementTree import Element

import pytest

from gateway.trial.people import Stanza
from tests.conformance.adapter import Can
from tests.conformance.stage import Member, Stage
from tests.endtoend.client import Client, is_presence

INFO = "http://jabber.org/protocol/disco#info"
ROSTERX = "http://jabber.org/protocol/rosterx"

FEW = 6
"""Contacts in an address book."""

AT_ONCE = 3
"""Requests that somebody can answer in a second."""


# The user adds somebody.


def test_A1_somebody_who_need_not_be_asked(stage: Stage) -> None:
    """A subscription is granted, answered by presence and by one the other way round.

    XEP-0100, section 4.6.1
    """
    person, member = stage.network.person(), stage.member()
    user, contact = member.client, stage.jid(person)
    stage.befriend(user, contact)
    user.sees_presence(contact)
    stage.until(lambda: stage.roster(user).get(contact) == "both", "the contact in the roster")


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_A1_the_address_book(stage: Stage) -> None:
    """Who is added in XMPP is added to the address book on the network.

    XEP-0100, section 4.6.1
    """
    person, member = stage.network.person(), stage.member()
    stage.befriend(member.client, stage.jid(person))
    assert stage.network.local(person.name) in stage.network.book(member.account)


@pytest.mark.needs(Can.CONSENT)
def test_A2_denied(stage: Stage) -> None:
    """Who does not want to be seen is not: the subscription is refused.

    XEP-0100, section 4.6.2
    """
    person, member = stage.network.person(must_be_asked=True), stage.member()
    user, contact = member.client, stage.jid(person)
    user.presence(contact, "subscribe")
    person.is_asked(member.account.name)
    person.answer(member.account.name, is_granted=False)
    user.sees_presence(contact, "unsubscribed")
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribed"), "a grant")


@pytest.mark.needs(Can.CONSENT)
def test_A3_nothing_before_they_agree(stage: Stage) -> None:
    """Nothing is granted before the other side has agreed.

    XEP-0100, section 4.6.1
    """
    person, member = stage.network.person(must_be_asked=True), stage.member()
    user, contact = member.client, stage.jid(person)
    user.presence(contact, "subscribe")
    person.is_asked(member.account.name)
    stage.settle(user)
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribed"), "a grant")
    person.answer(member.account.name, is_granted=True)
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact, "subscribe")
    user.sees_presence(contact)


def test_A4_not_registered(stage: Stage) -> None:
    """Who is not registered gets no contacts.

    XEP-0100, section 4.6
    """
    person, user = stage.network.person(), stage.user()
    contact = stage.jid(person)
    user.presence(contact, "subscribe")
    user.expect("a refusal", lambda s: s.bare == contact and s.type in ("error", "unsubscribed"))
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribed"), "a grant")


# The user removes somebody.


def test_X1_is_gone(stage: Stage) -> None:
    """Of who is removed nothing is heard any more, presence or requests, also after a log-in.

    XEP-0100, section 4.7.1
    """
    member, person, contact = stage.friends()
    user = member.client
    stage.remove(user, contact)
    stage.settle(user)
    user.inbox.clear()
    person.go()
    person.come()
    stage.log_in_again(member)
    person.say(member.account.name, "Remember me?")
    user.hears(contact, "Remember me?")
    user.inbox.refuse(lambda s: s.kind == "presence" and s.bare == contact, "a sign of them")
    assert contact not in stage.roster(user)


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_X1_the_address_book(stage: Stage) -> None:
    """Who is removed in XMPP is removed from the address book on the network.

    XEP-0100, section 4.7.1
    """
    member, person, contact = stage.friends()
    name = stage.network.local(person.name)
    assert name in stage.network.book(member.account)
    stage.remove(member.client, contact)
    stage.until(lambda: name not in stage.network.book(member.account), "the book without them")


# They ask the user.


@pytest.mark.needs(Can.CONSENT)
def test_B1_they_ask(stage: Stage) -> None:
    """Who wants to see the user asks, in their own name.

    XEP-0100, section 4.9.1
    """
    person, member = stage.network.person(), stage.member(must_be_asked=True)
    person.add(member.account.name)
    contact = stage.jid(person)
    assert member.client.sees_presence(contact, "subscribe").sender == contact


@pytest.mark.needs(Can.CONSENT)
def test_B2_the_user_agrees(stage: Stage) -> None:
    """They are told when the user agrees.

    XEP-0100, section 4.9.1
    """
    person, member = stage.network.person(), stage.member(must_be_asked=True)
    user, contact = member.client, stage.jid(person)
    person.add(member.account.name)
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "subscribed")
    assert person.is_answered(member.account.name)


@pytest.mark.needs(Can.CONSENT)
def test_B3_the_user_denies(stage: Stage) -> None:
    """They are told when the user does not, and the question does not come back.

    XEP-0100, section 4.9.2
    """
    person, member = stage.network.person(), stage.member(must_be_asked=True)
    user, contact = member.client, stage.jid(person)
    person.add(member.account.name)
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "unsubscribed")
    assert not person.is_answered(member.account.name)
    stage.log_in_again(member)
    person.say(member.account.name, "Why?")
    user.hears(contact, "Why?")
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribe"), "the question again")


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_B4_who_was_not_wanted(stage: Stage) -> None:
    """Somebody from the address book whom the user does not take up is not offered again.

    XEP-0100, section 4.9.2
    """
    person = stage.network.person()
    member, contact = stage.member(person), stage.jid(person)
    user = member.client
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "unsubscribed")
    stage.settle(user)
    stage.log_in_again(member)
    person.say(member.account.name, "Why?")
    user.hears(contact, "Why?")
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribe"), "the question again")


# They go.


@pytest.mark.needs(Can.REMOVAL)
def test_C1_they_go(stage: Stage) -> None:
    """Who goes on the network's side ends both subscriptions, and goes offline.

    XEP-0100, section 4.10.1
    """
    member, person, contact = stage.friends()
    stage.network.remove(member.account, person)
    for kind in ("unsubscribe", "unsubscribed", "unavailable"):
        member.client.sees_presence(contact, kind)


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_P10_no_flood(stage: Stage) -> None:
    """Requests for a whole address book come at a pace that somebody can answer.

    XEP-0100, section 5.1
    """
    people = [stage.network.person() for _ in range(FEW)]
    user, came = stage.member(*people).client, []
    for _ in people:
        user.expect("a request", lambda s: s.type == "subscribe" and "@" in s.sender)
        came.append(time.monotonic())
    spans = [last - first for first, last in zip(came, came[AT_ONCE:], strict=False)]
    assert min(spans) > 1.0, f"{AT_ONCE + 1} requests in {min(spans):.1f} s"


# Roster item exchange.


def offered(user: Client, since: int = 0) -> list[str]:
    """JIDs of people offered so far, by item exchange or as a request."""
    return [
        jid
        for stanza in user.inbox.history[since:]
        for jid in (
            [stanza.bare]
            if stanza.type == "subscribe" and "@" in stanza.sender
            else [item.get("jid", "") for item in items(stanza, "add")]
        )
    ]


def items(stanza: Stanza, *actions: str) -> list[Element]:
    found = stanza.xml.iter(f"{{{ROSTERX}}}item")
    return [item for item in found if not actions or item.get("action", "add") in actions]


def newcomer(stage: Stage) -> tuple[Member, set[str]]:
    """Somebody with a full address book, on a client that takes items, once all were offered."""
    people = [stage.network.person() for _ in range(FEW)]
    member = stage.enrol(stage.user(features=(ROSTERX,)), stage.network.account(*people))
    wanted = {stage.jid(person) for person in people}
    stage.until(lambda: wanted <= set(offered(member.client)), "all to be offered")
    return member, wanted


def is_mutual(stage: Stage, user: Client, contacts: set[str]) -> bool:
    """Whoever asks may see the user, at once or after they were subscribed to."""
    for stanza in user.inbox:
        if stanza.type == "subscribe" and stanza.sender in contacts:
            user.presence(stanza.sender, "subscribed")
            user.inbox.discard(stanza)
    return all(stage.roster(user).get(contact) == "both" for contact in contacts)


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_RX1_says_so(stage: Stage) -> None:
    """A gateway that sends roster items says that it does.

    XEP-0144, section 7
    """
    member, _ = newcomer(stage)
    if any(items(stanza) for stanza in member.client.inbox.history):
        answer = member.client.ask(stage.gateway, "get", f"<query xmlns='{INFO}'/>")
        assert ROSTERX in {found.get("var") for found in answer.iter(f"{{{INFO}}}feature")}


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_RX2_kinds_are_not_mixed(stage: Stage) -> None:
    """Items to add, delete and modify do not share a stanza; requests are for one client.

    XEP-0144, section 3.1
    """
    member, _ = newcomer(stage)
    for stanza in member.client.inbox.history:
        actions = {item.get("action", "add") for item in items(stanza)}
        assert len(actions) <= 1, str(stanza)
        assert not actions or stanza.kind != "iq" or stanza.xml.get("to") == member.client.full


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_RX3_nobody_twice(stage: Stage) -> None:
    """Who was offered is not offered again, at once or after the next log-in.

    XEP-0144, section 3.1
    """
    member, wanted = newcomer(stage)
    user, person = member.client, stage.network.person()
    assert sorted(offered(user)) == sorted(wanted)
    for contact in wanted:
        user.presence(contact, "subscribe")
    stage.until(lambda: is_mutual(stage, user, wanted), "all in the roster")
    at = len(user.inbox.history)
    stage.log_in_again(member)
    for contact in wanted:
        user.sees_presence(contact)
    person.say(member.account.name, "A moment later")
    user.hears(stage.jid(person), "A moment later")
    assert not set(offered(user, at)) & wanted, "offered again"
