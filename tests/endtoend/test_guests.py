"""Without registration, and transports where users choose the server."""

import pytest

from tests.endtoend.client import Refused, codes, has_code
from tests.endtoend.rig import INSP, IRC, MEMBERS, OPEN, Gateway, Stage, nick_of, until


def test_joining_is_enough_on_a_fixed_transport(gateway: Gateway, stage: Stage) -> None:
    peer, guest = stage.peer(), stage.user("guest")
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    guest.join(f"{room}/{nick_of(guest)}")
    peer.expect(nick_of(guest), "JOIN")
    guest.say(f"{peer.nick}@{IRC}", "By your leave")
    peer.expect(nick_of(guest), "PRIVMSG", "By your leave")
    with pytest.raises(Refused) as refused:
        guest.unregister(IRC)
    assert refused.value.condition == "registration-required"


def test_a_guest_is_forgotten_when_they_leave(gateway: Gateway, stage: Stage) -> None:
    peer, guest = stage.peer(), stage.user("guest")
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    guest.join(f"{room}/{nick_of(guest)}")
    guest.presence(f"{room}/x", "unavailable")
    peer.expect(nick_of(guest), "QUIT")
    gateway.logged("event=session.offline", f"user={guest.jid} ")
    until(lambda: guest.jid not in gateway.rows(), "no trace in the store")


def test_members_only(gateway: Gateway, stage: Stage) -> None:
    peer, user = stage.peer(), stage.user()
    channel = stage.channel(peer, IRC)
    user.enter(f"{channel}@{MEMBERS}/{nick_of(user)}")
    user.sees_error(f"{channel}@{MEMBERS}", "registration-required", "presence")
    user.say(f"{peer.nick}@{MEMBERS}", "Hail")
    user.sees_error(f"{peer.nick}@{MEMBERS}", "registration-required")
    user.register(MEMBERS, nick=nick_of(user))
    user.join(f"{channel}@{MEMBERS}/{nick_of(user)}")


def test_two_servers_at_once_on_an_open_transport(gateway: Gateway, stage: Stage) -> None:
    """One without TLS, one with, as gateway.yaml says of each."""
    user = stage.user()
    nick = nick_of(user)
    rooms = {}
    for network, server in ((IRC, "127.0.0.1"), (INSP, "localhost")):
        peer = stage.peer("tybalt", network)
        rooms[server] = (peer, f"{stage.channel(peer, network)}%{server}@{OPEN}")
    for peer, room in rooms.values():
        user.join(f"{room}/{nick}")
        peer.expect(nick, "JOIN")
    for server, (peer, room) in rooms.items():
        channel = room.partition("%")[0]
        peer.say(channel, f"at {server}")
        user.hears(f"{room}/{peer.nick}", f"at {server}", "groupchat")
        user.say(room, "and here am I", "groupchat")
        peer.expect(nick, "PRIVMSG", channel, "and here am I")
        peer.say(nick, "a word")
        user.hears(f"{peer.nick}%{server}@{OPEN}", "a word")
    for _, room in rooms.values():
        user.presence(f"{room}/{nick}", "unavailable")
        user.sees_presence(f"{room}/{nick}", "unavailable", has_code(110))


def test_registering_with_one_server_of_an_open_transport(gateway: Gateway, stage: Stage) -> None:
    peer, user = stage.peer(), stage.user()
    server = f"127.0.0.1@{OPEN}"
    user.register(server, nick=nick_of(user))
    user.befriend(server)
    user.sees_presence(server)
    peer.say(nick_of(user), "Hail")
    user.hears(f"{peer.nick}%127.0.0.1@{OPEN}", "Hail")
    status = user.ask(OPEN, "get", "<query xmlns='http://jabber.org/protocol/disco#items'/>")
    assert server in [found.get("jid") for found in status.iter() if found.get("jid")]
    user.unregister(server)
    user.sees_presence(server, "unsubscribed")


def test_a_server_that_may_not_be_reached(gateway: Gateway, stage: Stage) -> None:
    user = stage.user()
    user.enter(f"#verona%no-such-host.invalid@{OPEN}/{nick_of(user)}")
    user.sees_error(f"#verona%no-such-host.invalid@{OPEN}", "remote-server-timeout", "presence")


def test_guests_of_the_same_name(gateway: Gateway, stage: Stage) -> None:
    peer = stage.peer()
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    first, second = stage.user(), stage.user()
    first.join(f"{room}/{nick_of(first)}")
    second.enter(f"{room}/{nick_of(first)}")
    mine = second.expect("self-presence", has_code(110))
    assert codes(mine) == {"110", "210"}
    first.sees_presence(f"{room}/{nick_of(first)}_")
