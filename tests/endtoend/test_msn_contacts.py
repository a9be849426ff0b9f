"""The address book of MSN, and the roster; who is there, and how."""

from collections.abc import Callable

import pytest

from gateway.trial.people import Stanza
from tests.endtoend.client import Client, is_presence
from tests.endtoend.msn_rig import MSN, OLD, MsnStage, accept, local, says
from tests.servers.msn import Came, Listed, Lists, Personal, Unlisted, Went

NICK = "{http://jabber.org/protocol/nick}nick"

NETWORKS = pytest.mark.parametrize("transport", [MSN, OLD])


@NETWORKS
def test_the_address_book_is_introduced_once(mantua: MsnStage, transport: str) -> None:
    """On one server it comes in pages, with people of two domains."""
    server = mantua.servers.of(transport)
    people = [mantua.person(transport, name=f"lord{number}") for number in range(3)]
    server.add_user(f"{people[0].address}.mantua")
    for person in people:
        person.rename("Lord & <Lady>")
    addresses = (*(person.address for person in people), f"{people[0].address}.mantua")
    juliet = mantua.member(transport, contacts=addresses)
    for address in addresses:
        contact = local(address, transport)
        accept(juliet.client, contact)
    for person in people:
        shown = juliet.client.sees_presence(local(person.address, transport))
        assert shown.xml.findtext(NICK) == "Lord & <Lady>"
    mantua.log_in_again(juliet)
    for person in people:
        juliet.client.sees_presence(local(person.address, transport))
    juliet.client.fence(transport)
    juliet.client.inbox.refuse(lambda s: s.type == "subscribe", "an introduction again")


@NETWORKS
def test_adding_and_removing(mantua: MsnStage, transport: str) -> None:
    server = mantua.servers.of(transport)
    juliet, romeo = mantua.member(transport), mantua.person(transport)
    user, contact = juliet.client, local(romeo.address, transport)
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact)
    assert romeo.wait(Listed).who == juliet.name
    romeo.accept(juliet.name)
    romeo.wait(Came, who=juliet.name)
    user.ask(
        user.jid,
        "set",
        f"<query xmlns='jabber:iq:roster'><item jid='{contact}' subscription='remove'/></query>",
    )
    assert romeo.wait(Unlisted).who == juliet.name
    server.wait_until(lambda: not server.account(juliet.name).contacts)


@NETWORKS
@pytest.mark.parametrize("is_granted", [True, False])
def test_they_ask(mantua: MsnStage, transport: str, is_granted: bool) -> None:
    """While we are there, and not again later."""
    server = mantua.servers.of(transport)
    juliet, romeo = mantua.member(transport), mantua.person(transport)
    user, contact = juliet.client, local(romeo.address, transport)
    romeo.add(juliet.name)
    user.sees_presence(contact, "subscribe")
    romeo.wait(Came, who=juliet.name)
    user.presence(contact, "subscribed" if is_granted else "unsubscribed")
    account = server.account(juliet.name)
    server.wait_until(lambda: romeo.account.key not in account.lists[Lists.PENDING])
    decided = Lists.ALLOW if is_granted else Lists.BLOCK
    assert romeo.account.key in account.lists[decided]
    if not is_granted:
        romeo.wait(Went, who=juliet.name)
    mantua.log_in_again(juliet)
    user.fence(transport)
    user.inbox.refuse(lambda s: is_presence(s, contact, "subscribe"), "the question again")


def test_they_asked_meanwhile(mantua: MsnStage) -> None:
    juliet, romeo = mantua.member(MSN), mantua.person(MSN)
    juliet.client.say(MSN, "disconnect")
    mantua.servers.main.wait_offline(juliet.name)
    romeo.add(juliet.name)
    juliet.client.say(MSN, "connect")
    juliet.client.sees_presence(local(romeo.address, MSN), "subscribe")


@NETWORKS
def test_presence_both_ways(mantua: MsnStage, transport: str) -> None:
    juliet, romeo, contact = mantua.friends(transport)
    user = juliet.client
    for status, show in (("BSY", "dnd"), ("AWY", "away"), ("NLN", None)):
        romeo.status(status)
        user.sees_presence(contact, "", shows(show))
    romeo.personal("at work & <busy>")
    user.sees_presence(contact, "", says("at work & <busy>"))
    romeo.personal("", "\\0Music\\01\\0{0} - {1}\\0Song & dance\\0Artist\\0")
    user.sees_presence(contact, "", says("Song & dance - Artist"))
    romeo.rename("Romeo & <co>")
    user.sees_presence(contact, "", lambda s: s.xml.findtext(NICK) == "Romeo & <co>")
    romeo.status("HDN")
    user.sees_presence(contact, "unavailable")
    romeo.status("NLN")
    user.sees_presence(contact)

    user.say(transport, "nick Juliet & <co>")
    romeo.wait(Came, who=juliet.name, name="Juliet & <co>")
    publish(user, "nick", "Jule &lt;3")
    romeo.wait(Came, who=juliet.name, name="Jule <3")
    publish(user, "tune", "<title>Song, dance</title><artist>Artist</artist>")
    media = "\\0Music\\01\\0{0} - {1}\\0Song, dance\\0Artist\\0\\0\\0"
    romeo.wait(Personal, who=juliet.name, media=media)
    publish(user, "tune", "")
    romeo.wait(Personal, who=juliet.name, media="")
    server = mantua.servers.of(transport)
    account = server.account(juliet.name)
    user.presence(show="away", status="Asleep & <dreaming>")
    romeo.wait(Came, who=juliet.name, status="AWY")
    server.wait_until(lambda: account.psm == "Asleep & <dreaming>")
    user.presence(show="dnd")
    romeo.wait(Came, who=juliet.name, status="BSY")
    server.wait_until(lambda: account.psm == "")


def publish(user: Client, name: str, inside: str) -> None:
    """By PEP, an element of a namespace of its own name."""
    node = f"http://jabber.org/protocol/{name}"
    item = f"<item id='current'><{name} xmlns='{node}'>{inside}</{name}></item>"
    publishing = f"<publish node='{node}'>{item}</publish>"
    pubsub = f"<pubsub xmlns='http://jabber.org/protocol/pubsub'>{publishing}</pubsub>"
    user.ask(user.jid, "set", pubsub)


def shows(show: str | None) -> Callable[[Stanza], bool]:
    return lambda stanza: stanza.text("show") == show


@NETWORKS
def test_blocking(mantua: MsnStage, transport: str) -> None:
    juliet, romeo, contact = mantua.friends(transport)
    assert "is blocked" in juliet.client.command(contact, "block")
    romeo.wait(Went, who=juliet.name)
    assert "not blocked any more" in juliet.client.command(contact, "unblock")
    romeo.wait(Came, who=juliet.name)
    romeo.block(juliet.name)
    juliet.client.sees_presence(contact, "unavailable")
    romeo.unblock(juliet.name)
    juliet.client.sees_presence(contact)


@NETWORKS
def test_renaming(mantua: MsnStage, transport: str) -> None:
    juliet, romeo, contact = mantua.friends(transport)
    juliet.client.fill_in(contact, "rename", name="My <dear>", groups="Montagues")
    juliet.client.sees_presence(contact, "", lambda s: s.xml.findtext(NICK) == "My <dear>")
    account = mantua.servers.of(transport).account(juliet.name)
    stored = account.contacts[romeo.account.key]
    assert stored.nickname == "My <dear>"
    assert [account.groups[guid] for guid in stored.groups] == ["Montagues"]
