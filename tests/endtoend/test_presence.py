"""Presence: the XMPP server's logs users in and out of the network, and contacts come and go."""

import pytest

from tests.endtoend.client import Client, is_presence
from tests.endtoend.peer import Peer
from tests.endtoend.rig import INSP, IRC, Gateway, Stage, nick_of, until

BOTH = pytest.mark.parametrize("network", [IRC, INSP])


def is_on(peer: Peer, nick: str) -> bool:
    peer.send(f"ISON {nick}")
    return nick.lower() in peer.numeric("303").partition(" :")[2].lower().split()


def leave(gateway: Gateway, user: Client) -> None:
    at = gateway.position()
    user.presence(type="unavailable")
    gateway.logged("event=session.offline", "why=asked", f"user={user.jid} ", since=at)


def test_coming_online_logs_in_and_going_offline_logs_out(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    assert is_on(peer, nick_of(user))
    leave(gateway, user)
    assert not is_on(peer, nick_of(user))
    user.inbox.clear()
    user.presence()
    user.sees_presence(IRC)
    assert is_on(peer, nick_of(user))


def test_directed_presence_is_enough(gateway: Gateway, stage: Stage) -> None:
    """Who has not subscribed says it to the transport alone."""
    user, peer = stage.user(available=False), stage.peer()
    user.register(IRC, nick=nick_of(user))
    user.presence(IRC)
    gateway.logged("event=session.online", f"user={user.jid} ")
    assert is_on(peer, nick_of(user))
    at = gateway.position()
    user.presence(IRC, "unavailable")
    user.close()
    gateway.logged("event=session.offline", f"user={user.jid} ", since=at)


def test_three_resources_are_one_session(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    at = gateway.position()
    others = [stage.again(user, name) for name in ("two", "three")]
    for other in others:
        other.sees_presence(IRC)
    channel = stage.channel(peer, IRC)
    user.join(f"{channel}@{IRC}/{nick_of(user)}")
    for client in (user, others[0]):
        client.drop()
    others[1].say(f"{peer.nick}@{IRC}", "still here")
    peer.expect(nick_of(user), "PRIVMSG", "still here")
    assert gateway.count("event=session.connecting", user.jid, since=at) == 0
    others[1].drop()
    peer.inbox.expect(
        lambda line: nick_of(user) in line and ("QUIT" in line or "PART" in line), "the end"
    )
    gateway.logged("event=session.offline", f"user={user.jid} ", since=at)


def test_staying_online(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC, stay_online="1"), stage.peer()
    channel = stage.channel(peer, IRC)
    room = f"{channel}@{IRC}"
    user.join(f"{room}/{nick_of(user)}")
    peer.expect(nick_of(user), "JOIN")
    at = gateway.position()
    user.drop()
    gateway.logged("AWAY", nick_of(user), since=at)  # Else it goes to a dead client.
    peer.say(channel, "and in here")
    peer.say(nick_of(user), "when you are back")
    stage.waits_for(user, 1)
    back = stage.again(user)
    back.hears(f"{peer.nick}@{IRC}", "when you are back")
    came = back.join(f"{room}/{nick_of(user)}")
    assert "and in here" in [stanza.text("body") for stanza in came]
    assert is_on(peer, nick_of(user))
    assert gateway.count("event=session.offline", user.jid, since=at) == 0


@BOTH
def test_contacts(gateway: Gateway, stage: Stage, network: str) -> None:
    """By MONITOR on InspIRCd, by ISON on ngIRCd."""
    user, peer = stage.registered(network), stage.peer("romeo", network)
    contact = f"{peer.nick}@{network}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "subscribed")
    user.sees_presence(contact)
    user.fence(network)
    user.inbox.refuse(
        lambda s: is_presence(s, contact) and s.xml.get("to") == user.jid,  # Else it was a probe.
        "the same presence again",
    )
    other = stage.again(user, "two")  # Its server probes.
    other.sees_presence(contact)
    other.send(f"<presence to='{contact}' type='probe'/>")
    other.sees_presence(contact)
    if network == INSP:
        peer.close()
        user.sees_presence(contact, "unavailable")
    other.presence(type="unavailable")
    user.send(f"<presence to='{contact}' type='unsubscribe'/>")
    user.sees_presence(contact, "unsubscribe")
    user.fence(network)
    until(lambda: peer.nick not in gateway.rows(), "no trace in the store")


def test_a_contact_that_is_not_there_yet(gateway: Gateway, stage: Stage) -> None:
    user = stage.registered(INSP)
    nick = f"late{nick_of(user)}"
    contact = f"{nick}@{INSP}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact, "unavailable")
    peer = Peer(nick, stage.port(INSP))
    user.sees_presence(contact)
    peer.close()
    user.sees_presence(contact, "unavailable")


def test_absence_both_ways(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(INSP), stage.peer("romeo", INSP, "away-notify")
    channel = stage.channel(peer, INSP)
    contact = f"{peer.nick}@{INSP}"
    user.join(f"{channel}@{INSP}/{nick_of(user)}")
    user.presence(contact, "subscribe")
    user.sees_presence(contact)
    peer.send("AWAY :Banished")
    away = user.sees_presence(contact, "", lambda s: s.text("show") == "away")
    assert away.text("status") == "Banished"
    user.presence(show="dnd", status="Asleep & <dreaming>")
    peer.expect(nick_of(user), "AWAY", "Asleep & <dreaming>")
    user.presence()
    line = peer.expect(nick_of(user), "AWAY")
    assert line.endswith("AWAY")


def test_the_best_resource_counts(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(INSP), stage.peer("romeo", INSP, "away-notify")
    user.join(f"{stage.channel(peer, INSP)}@{INSP}/{nick_of(user)}")
    phone = stage.again(user, "phone", available=False)
    phone.send(
        "<presence><show>away</show><status>pocket</status><priority>5</priority></presence>"
    )
    peer.expect(nick_of(user), "AWAY", "pocket")
    leave_only(phone)
    assert peer.expect(nick_of(user), "AWAY").endswith("AWAY")


def leave_only(client: Client) -> None:
    client.presence(type="unavailable")
