"""The gateway ends, as asked or not, and is started again."""

import pytest

from tests.endtoend.client import has_code
from tests.endtoend.conftest import Alone
from tests.endtoend.rig import INSP, IRC, nick_of


def test_ending_as_asked(alone: Alone) -> None:
    gateway, stage = alone.gateway, alone.stage
    user, peer = stage.registered(IRC), stage.peer()
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    user.join(f"{room}/{nick_of(user)}")
    contact = f"{peer.nick}@{IRC}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact)
    gateway.stop()
    assert gateway.child.status == 0
    peer.expect(nick_of(user), "QUIT")
    user.sees_presence(IRC, "unavailable")
    user.sees_presence(contact, "unavailable")
    assert "event=gateway.stopped" in gateway.log()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_who_is_online_is_back_without_doing_anything(alone: Alone, how: str) -> None:
    gateway, stage = alone.gateway, alone.stage
    user, peer = stage.registered(IRC), stage.peer()
    guest = stage.user("guest")
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    for somebody in (user, guest):
        somebody.join(f"{room}/{nick_of(somebody)}")
        peer.expect(nick_of(somebody), "JOIN")
    contact = f"{peer.nick}@{IRC}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact)
    gateway.stored(room.partition("@")[0])
    gateway.stored(peer.nick)
    getattr(gateway, how)()
    for somebody in (user, guest):
        peer.expect(nick_of(somebody), "QUIT")
    user.inbox.clear()
    at = gateway.position()
    gateway.start()
    user.sees_presence(IRC)
    user.sees_presence(contact)
    for somebody in (user, guest):
        peer.expect(nick_of(somebody), "JOIN")
        gateway.logged("event=session.online", f"user={somebody.jid} ", since=at)
    peer.say(room.partition("@")[0], "Back already?")
    for somebody in (user, guest):
        somebody.hears(f"{room}/{peer.nick}", "Back already?", "groupchat")
        somebody.say(room, f"{nick_of(somebody)} is", "groupchat")
        somebody.hears(f"{room}/{nick_of(somebody)}", f"{nick_of(somebody)} is", "groupchat")
        assert gateway.count("event=session.connecting", f"user={somebody.jid} ", since=at) == 1


def test_who_went_offline_meanwhile_stays_offline(alone: Alone) -> None:
    gateway, stage = alone.gateway, alone.stage
    user, other, peer = stage.registered(IRC), stage.registered(IRC), stage.peer()
    gateway.stop()
    user.close()
    at = gateway.position()
    gateway.start()
    gateway.logged("event=session.online", f"user={other.jid} ", since=at)
    other.fence(IRC)
    assert gateway.count("event=session.connecting", f"user={user.jid} ", since=at) == 0
    peer.send(f"ISON {nick_of(user)}")
    assert nick_of(user) not in peer.numeric("303").partition(" :")[2].split()


def test_staying_online_needs_nobody_there(alone: Alone) -> None:
    gateway, stage = alone.gateway, alone.stage
    user, peer = stage.registered(INSP, stay_online="1"), stage.peer("romeo", INSP)
    channel = stage.channel(peer, INSP)
    user.join(f"{channel}@{INSP}/{nick_of(user)}")
    peer.expect(nick_of(user), "JOIN")
    user.close()
    gateway.stored(channel)
    gateway.kill()
    peer.expect(nick_of(user), "QUIT")
    gateway.start()
    peer.expect(nick_of(user), "JOIN", channel)
    peer.say(nick_of(user), "for later")
    peer.round_trip()
    gateway.logged("for later")
    back = stage.again(user)
    back.hears(f"{peer.nick}@{INSP}", "for later")


def test_leaving_a_room_is_remembered(alone: Alone) -> None:
    gateway, stage = alone.gateway, alone.stage
    user, peer = stage.registered(IRC), stage.peer()
    rooms = [f"{stage.channel(peer, IRC)}@{IRC}" for _ in range(2)]
    for room in rooms:
        user.join(f"{room}/{nick_of(user)}")
    user.presence(f"{rooms[0]}/x", "unavailable")
    user.sees_presence(rooms[0], "unavailable", has_code(110))
    peer.expect(nick_of(user), "PART")
    gateway.stored(rooms[1].partition("@")[0])
    peer.inbox.clear()
    gateway.kill()
    peer.expect(nick_of(user), "QUIT")
    gateway.start()
    peer.expect(nick_of(user), "JOIN", rooms[1].partition("@")[0])
    peer.refuse(nick_of(user), "JOIN", rooms[0].partition("@")[0])
