"""Logging in and out, and who is shown how."""

from itertools import pairwise

import pytest

from tests.conformance.adapter import Can
from tests.conformance.stage import Stage
from tests.endtoend.client import is_presence

WORDS = "Gone fishing"


# Logging in.


def test_L1_once(stage: Stage) -> None:
    """The first presence logs a user in; more clients, and more presences, do not do so again.

    XEP-0100, section 4.4.1
    """
    member = stage.member()
    stage.leave(member)
    user, others = member.client, [stage.again(member.client, name) for name in ("two", "three")]
    user.presence()
    for client in (user, *others):
        client.sees_presence(stage.gateway)
        client.presence(show="away")
    stage.settle(user)
    sessions = stage.network.sessions(member.account)
    assert sessions == 1, f"logged in {sessions} times"


def test_L1_directed_to_the_gateway(stage: Stage) -> None:
    """Presence that is sent to the gateway alone logs in, too.

    XEP-0100, section 4.4.1
    """
    member = stage.member()
    stage.leave(member)
    member.client.presence(stage.gateway)
    stage.until(lambda: stage.network.is_online(member.account), "the log-in")


def test_L1_directed_to_a_contact(stage: Stage) -> None:
    """So does presence that is sent to somebody on the network.

    XEP-0100, section 4.4.1
    """
    member, person = stage.member(), stage.network.person()
    stage.leave(member)
    member.client.presence(stage.jid(person))
    stage.until(lambda: stage.network.is_online(member.account), "the log-in")


def test_L2_success(stage: Stage) -> None:
    """Once logged in, the gateway is available.

    XEP-0100, section 4.4.1
    """
    member = stage.member()
    stage.log_in_again(member)
    assert stage.network.is_online(member.account), "nobody is on the network"


@pytest.mark.needs(Can.ADDRESS_BOOK)
def test_L3_the_address_book(stage: Stage) -> None:
    """People in the network's address book are offered; nobody is pushed upon the user as granted.

    XEP-0100, section 5.1
    """
    people = [stage.network.person() for _ in range(2)]
    user = stage.member(*people).client
    for person in people:
        stage.take_up(user, stage.jid(person))
        user.sees_presence(stage.jid(person))
    asked = [s.sender for s in user.inbox.history if s.type == "subscribe"]
    granted = [s.sender for s in user.inbox.history if s.type == "subscribed"]
    assert set(granted) <= set(asked), "granted before it was offered"


def test_L4_contacts(stage: Stage) -> None:
    """Contacts come and go as they do on the network, by bare JIDs.

    XEP-0100, section 4.4.1
    """
    member, person, contact = stage.friends()
    stage.meet(member, person, "l4")
    person.go()
    assert member.client.sees_presence(contact, "unavailable").sender == contact


@pytest.mark.needs(Can.ABSENCE)
def test_L4_absence(stage: Stage) -> None:
    """Contacts who are away are shown so.

    XEP-0100, section 4.4.1
    """
    member, person, contact = stage.friends()
    stage.meet(member, person, "l4")
    person.be_away(WORDS)
    away = member.client.sees_presence(contact, "", lambda s: s.text("show") == "away")
    assert away.sender == contact


def test_L5_what_the_user_does_later(stage: Stage) -> None:
    """Later changes of the user's presence reach the network.

    XEP-0100, section 4.4.1
    """
    member, person, _ = stage.friends()
    member.client.presence(show="away", status=WORDS)
    person.sees_away(member.account.name, WORDS)


@pytest.mark.needs(Can.PASSWORDS)
def test_L6_wrong_password(stage: Stage) -> None:
    """A password that is right no more is told by an error of type presence, and not tried again.

    XEP-0100, section 4.4.2
    """
    member = stage.protected()
    stage.leave(member)
    changed = stage.network.change_password(member.account)
    user = member.client
    user.presence()
    user.sees_error(stage.gateway, "not-authorized", "presence")
    assert not stage.network.is_online(member.account)
    stage.register(user, changed)
    user.sees_presence(stage.gateway)


@pytest.mark.needs(Can.PASSWORDS, Can.COUNTED)
def test_L6_is_not_repeated(stage: Stage) -> None:
    """However many clients and presences follow, a wrong password is tried once.

    XEP-0100, section 4.4.2
    """
    member = stage.protected()
    stage.leave(member)
    before = stage.network.log_ins(member.account)
    stage.network.change_password(member.account)
    user = member.client
    user.presence()
    user.sees_error(stage.gateway, "not-authorized", "presence")
    user.presence(show="away")
    other = stage.again(user, "two")
    stage.settle(other)
    stage.settle(user)
    assert stage.network.log_ins(member.account) == before + 1


@pytest.mark.needs(Can.OUTAGE)
def test_L6_network_down(stage: Stage) -> None:
    """A network that cannot be reached is told as such, and logged in to when it is back.

    XEP-0100, section 4.4.2
    """
    member = stage.member()
    stage.leave(member)
    stage.network.stop()
    try:
        member.client.presence()
        member.client.sees_error(stage.gateway, "remote-server-timeout", "presence")
    finally:
        stage.network.start()
    member.client.sees_presence(stage.gateway)


@pytest.mark.needs(Can.RESTART)
def test_L7_restart(stage: Stage) -> None:
    """A gateway that stops takes itself and all contacts offline; once it is back, so are they.

    XEP-0100, section 4.4.1
    """
    assert stage.site.gateway
    member, _, contact = stage.friends()
    user = member.client
    try:
        stage.site.gateway.stop()
        for jid in (contact, stage.gateway):
            user.sees_presence(jid, "unavailable")
        user.inbox.clear()
    finally:
        stage.site.gateway.start()
    for jid in (stage.gateway, contact):
        user.sees_presence(jid)


# Logging out.


def test_O1_the_last_client(stage: Stage) -> None:
    """When the last client goes the user is logged out, and not before.

    XEP-0100, section 4.5.1
    """
    member = stage.member()
    other = stage.again(member.client, "two")
    other.sees_presence(stage.gateway)
    member.client.presence(type="unavailable")
    person = stage.network.person()
    person.say(member.account.name, "Still there?")
    other.hears(stage.jid(person), "Still there?")
    other.drop()
    stage.until(lambda: not stage.network.is_online(member.account), "the log-out")


def test_O1_directed(stage: Stage) -> None:
    """Who goes offline to the gateway alone is logged out, and sees it and its contacts go.

    XEP-0100, section 4.5.1
    """
    member, _, contact = stage.friends()
    member.client.inbox.clear()
    member.client.presence(stage.gateway, "unavailable")
    for jid in (contact, stage.gateway):
        member.client.sees_presence(jid, "unavailable")
    stage.until(lambda: not stage.network.is_online(member.account), "the log-out")


def test_O2_one_contact(stage: Stage) -> None:
    """Who goes offline to one contact is not logged out.

    XEP-0100, section 4.5
    """
    member, person, contact = stage.friends()
    member.client.presence(contact, "unavailable")
    stage.settle(member.client)
    person.say(member.account.name, "Are you hiding?")
    member.client.hears(contact, "Are you hiding?")
    assert stage.network.is_online(member.account)


# What others got wrong.


@pytest.mark.needs(Can.ABSENCE)
def test_P1_only_changes(stage: Stage) -> None:
    """What is the same as before is not told again.

    RFC 6121, section 4.4
    """
    member, person, contact = stage.friends()
    user = member.client
    stage.meet(member, person, "p1")
    stage.settle(user)
    at = len(user.inbox.history)
    for _ in range(2):
        person.be_away(WORDS)
    user.sees_presence(contact, "", lambda s: s.text("show") == "away")
    person.say(member.account.name, "Told?")
    user.hears(contact, "Told?")
    told = [
        (s.type, s.text("show"), s.text("status"))
        for s in user.inbox.history[at:]
        if s.kind == "presence" and s.bare == contact
    ]
    assert all(before != after for before, after in pairwise(told)), f"{told}"


def test_P2_the_users_own_changes(stage: Stage) -> None:
    """Whatever the user's presence does, that of contacts is not sent again.

    RFC 6121, section 4.4
    """
    member, _, contact = stage.friends()
    user = member.client
    stage.settle(user)
    user.inbox.clear()
    for show in ("away", "dnd", None):
        user.presence(show=show)
    stage.settle(user)
    user.inbox.refuse(lambda s: is_presence(s, contact), "a presence that did not change")


def test_P3_another_client(stage: Stage) -> None:
    """A client that comes later is told how all contacts are.

    RFC 6121, section 4.3
    """
    member, _, contact = stage.friends()
    other = stage.again(member.client, "two")
    for jid in (contact, stage.gateway):
        other.sees_presence(jid)


@pytest.mark.needs(Can.RESTART)
def test_P4_restart_repeats_nothing(stage: Stage) -> None:
    """After a restart nothing comes that was there before: no messages, no introductions.

    XEP-0100, section 4.4.1
    """
    assert stage.site.gateway
    member, person, contact = stage.friends()
    user = member.client
    person.say(member.account.name, "Before it.")
    user.hears(contact, "Before it.")
    try:
        stage.site.gateway.stop()
        user.inbox.clear()
    finally:
        stage.site.gateway.start()
    for jid in (stage.gateway, contact):
        user.sees_presence(jid)
    person.say(member.account.name, "After it.")
    user.hears(contact, "After it.")
    user.inbox.refuse(
        lambda s: s.kind == "message" or s.type in ("subscribe", "subscribed"), "something again"
    )


@pytest.mark.needs(Can.HOST_RESTART)
def test_P5_the_xmpp_server_restarts(stage: Stage) -> None:
    """Nobody on the network notices when the XMPP server restarts.

    XEP-0114
    """
    assert stage.site.host_switch
    member, person = stage.member(), stage.network.person()
    stage.site.host_switch.stop()
    stage.site.host_switch.start()
    back = stage.again(member.client, "back")
    back.sees_presence(stage.gateway)
    person.say(member.account.name, "Have you been away?")
    back.hears(stage.jid(person), "Have you been away?")
    assert stage.network.sessions(member.account) == 1
