"""The address book of AIM and ICQ, and the roster."""

import time

import pytest

from gateway.xmpp.placement import EVERY
from tests.endtoend.book_rig import Member
from tests.endtoend.client import is_presence
from tests.endtoend.oscar_rig import AIM, ICQ, ISD, OscarStage, befriend
from tests.servers.oscar import Answered, Asked, Item
from tests.servers.oscar_wire import tlvs, u16

NICK = "{http://jabber.org/protocol/nick}nick"

ALIAS = 0x131

BOTH_ICQ = pytest.mark.parametrize("transport", [ICQ, ISD])

NETWORKS = pytest.mark.parametrize("transport", [AIM, ICQ, ISD])


def book(*names: str) -> tuple[Item, ...]:
    """One group, everybody with an alias."""
    buddies = [
        Item(name, 1, number, 0, tlvs((ALIAS, f"alias of {name}")))
        for number, name in enumerate(names, 1)
    ]
    return Item("", 0, 0, 1), Item("Capulets", 1, 0, 1), *buddies


def known(verona: OscarStage, transport: str, count: int) -> tuple[Member, list[str]]:
    """A user, and so many addresses of contacts who were in the book before."""
    people = [verona.person(transport, authorise=False) for _ in range(count)]
    juliet = verona.member(transport, items=book(*(person.name for person in people)))
    return juliet, [f"{person.name}@{transport}" for person in people]


@NETWORKS
def test_the_address_book_is_introduced_once(verona: OscarStage, transport: str) -> None:
    juliet, contacts = known(verona, transport, 3)
    user = juliet.client
    at = []
    for contact in contacts:
        asked = user.sees_presence(contact, "subscribe")
        at.append(time.monotonic())
        assert asked.xml.findtext(NICK) == f"alias of {contact.partition('@')[0]}"
    assert at[-1] - at[0] > EVERY
    for contact in contacts:
        user.presence(contact, "subscribed")
        user.presence(contact, "subscribe")
        user.sees_presence(contact, "subscribed")
        assert user.sees_presence(contact).xml.findtext(NICK)
    server = verona.servers.of(transport)
    server.account(juliet.name).changed -= 3600  # What has just changed is not remembered.
    for _ in range(3):  # So it is sent once more, and again until we know how to ask.
        verona.log_in_again(juliet)
        for contact in contacts:
            user.sees_presence(contact)
        user.fence(transport)
        user.inbox.refuse(lambda s: s.type == "subscribe", "an introduction again")
    last = server.records(0x13, 0x05, juliet.name)[-1]
    assert last.snac.data[4:] == u16(5), "the address book was not remembered"


def test_who_is_not_wanted_is_not_introduced_again(verona: OscarStage) -> None:
    """Nor after a restart; but the network keeps them, for the user's other clients."""
    juliet, (paris, romeo) = known(verona, AIM, 2)
    user, server = juliet.client, verona.servers.main
    user.sees_presence(paris, "subscribe")
    user.presence(paris, "unsubscribed")
    user.sees_presence(romeo, "subscribe")
    user.presence(romeo, "subscribed")
    user.presence(romeo, "subscribe")
    user.sees_presence(romeo, "subscribed")
    verona.gateway.stored(paris.partition("@")[0])
    restart(verona, juliet)
    user.sees_presence(romeo)
    user.fence(AIM)
    user.inbox.refuse(lambda s: s.bare == paris, "somebody unwanted")
    assert paris.partition("@")[0] in server.contacts(juliet.name)
    befriend(user, paris)
    user.sees_presence(paris)


def restart(verona: OscarStage, member: Member) -> None:
    verona.gateway.stop()
    verona.servers.of(member.transport).wait_offline(member.name)
    member.client.inbox.clear()
    verona.gateway.start()
    member.client.sees_presence(member.transport)


@BOTH_ICQ
def test_they_grant_it(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport, authorise=True)
    user, contact = juliet.client, f"{romeo.name}@{transport}"
    user.presence(contact, "subscribe")
    romeo.wait(Asked, name=juliet.name)
    user.fence(transport)
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribed"), "a promise")
    romeo.authorise(juliet.name)
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact)
    assert verona.servers.of(transport).contacts(juliet.name) == [romeo.name]


@BOTH_ICQ
def test_they_deny_it(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport, authorise=True)
    user, contact = juliet.client, f"{romeo.name}@{transport}"
    user.presence(contact, "subscribe")
    romeo.wait(Asked, name=juliet.name)
    romeo.authorise(juliet.name, granted=False, reason="Never & <ever>")
    denied = user.sees_presence(contact, "unsubscribed")
    assert denied.text("status") == "Never & <ever>"
    restart(verona, juliet)
    user.fence(transport)
    user.inbox.refuse(lambda s: s.bare == contact, "who said no")


@BOTH_ICQ
@pytest.mark.parametrize("is_granted", [True, False])
def test_they_ask(verona: OscarStage, transport: str, is_granted: bool) -> None:
    juliet, romeo = verona.member(transport, authorise=True), verona.person(transport)
    user, contact = juliet.client, f"{romeo.name}@{transport}"
    romeo.add(juliet.name, awaiting=True)
    romeo.ask(juliet.name, "It is I & <my sword>")
    asked = user.sees_presence(contact, "subscribe")
    assert asked.text("status") == "It is I & <my sword>"
    user.presence(contact, "subscribed" if is_granted else "unsubscribed")
    assert romeo.wait(Answered, name=juliet.name).granted is is_granted
    verona.log_in_again(juliet)
    user.fence(transport)
    user.inbox.refuse(lambda s: s.type == "subscribe", "the question again")


@NETWORKS
def test_removing_a_contact(verona: OscarStage, transport: str) -> None:
    juliet, romeo, contact = verona.friends(transport)
    server = verona.servers.of(transport)
    assert server.contacts(juliet.name) == [romeo.name]
    juliet.client.presence(contact, "unsubscribe")
    juliet.client.sees_presence(contact, "unsubscribe")
    server.wait_until(lambda: not server.contacts(juliet.name), "an empty list")
    verona.log_in_again(juliet)
    juliet.client.fence(transport)
    juliet.client.inbox.refuse(lambda s: s.bare == contact, "who was removed")


def test_removed_by_another_client_of_the_account(verona: OscarStage) -> None:
    juliet, romeo, contact = verona.friends(AIM)
    user = juliet.client
    elsewhere = verona.elsewhere(juliet)
    elsewhere.remove(romeo.name)
    for kind in ("unsubscribe", "unsubscribed", "unavailable"):
        user.sees_presence(contact, kind)
    elsewhere.add(romeo.name)
    user.sees_presence(contact, "subscribe")


def test_removed_while_nobody_looked(verona: OscarStage) -> None:
    juliet, romeo, contact = verona.friends(AIM)
    user, server = juliet.client, verona.servers.main
    user.say(AIM, "disconnect")
    server.wait_offline(juliet.name)
    elsewhere = verona.elsewhere(juliet)
    elsewhere.remove(romeo.name)
    elsewhere.sign_off()
    user.inbox.clear()
    user.say(AIM, "connect")
    for kind in ("unsubscribe", "unsubscribed"):
        user.sees_presence(contact, kind)


def test_nobody_of_that_name(verona: OscarStage) -> None:
    user = verona.member(ICQ).client
    user.presence(f"{'9' * 9}@{ICQ}", "subscribe")
    answer = user.expect("an answer", lambda s: s.bare == f"{'9' * 9}@{ICQ}")
    assert answer.type in ("subscribed", "unsubscribed", "error")
