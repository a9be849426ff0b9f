"""The XMPP server goes and comes back while people talk.

What IRC says to the user arrives exactly once, what the user says is said or refused, and IRC
notices nothing.
"""

import contextlib
from collections import Counter
from functools import partial

import gevent
import pytest
from gevent.event import Event

from tests.endtoend.client import Client
from tests.endtoend.conftest import Alone
from tests.endtoend.inbox import GUARD
from tests.endtoend.rig import IRC, nick_of, until

NUMBERS = 200
"""Messages each way: some before the outage, some in it, some after."""

PAUSE = 0.02
"""Seconds between two, so that they last longer than the outage begins to."""


class Talk:
    """A peer who counts, to the user and in a room, while the XMPP server fails."""

    def __init__(self, alone: Alone) -> None:
        self.alone = alone
        alone.allowed += ["event=xmpp.lost"]
        user = alone.stage.registered(IRC)
        at = alone.gateway.position()
        alone.server.restart()  # Writes what it knows to the disk; a kill would lose the user.
        self.wait_for_server(at)
        self.user = alone.stage.again(user)
        self.peer = alone.stage.peer()
        self.nick = nick_of(self.user)
        self.contact = f"{self.peer.nick}@{IRC}"
        self.channel = alone.stage.channel(self.peer, IRC)
        self.room = f"{self.channel}@{IRC}"
        self.user.join(f"{self.room}/{self.nick}")
        self.clients = [self.user]
        self.sent: dict[str, int] = {}
        self.said = 0
        self.may_speak = Event()
        self.may_speak.set()

    def wait_for_server(self, since: int) -> None:
        self.alone.gateway.logged("event=xmpp.connected", since=since)

    def count(self) -> None:
        """From IRC."""
        for number in range(NUMBERS):
            self.may_speak.wait()
            self.peer.say(self.nick, f"chat {number}")
            self.peer.say(self.channel, f"room {number}")
            self.said = number + 1
            gevent.sleep(PAUSE)
        self.peer.round_trip()

    def hush(self) -> None:
        """Until all that was said is heard.  A server that goes down loses what it has already
        taken from us and not yet passed on to a client; no gateway can know of that."""
        self.may_speak.clear()
        for kind in ("chat ", "room "):
            until(lambda kind=kind: len(self.received(kind)) == self.said, "what was said so far")

    def answer(self, user: Client, numbers: range) -> None:
        """To IRC."""
        for number in numbers:
            self.sent[user.say(self.contact, f"back {number}")] = number

    def come_back(self) -> Client:
        user = self.alone.stage.again(self.user)
        self.clients.append(user)
        user.join(f"{self.room}/{self.nick}")
        return user

    def received(self, kind: str) -> Counter[int]:
        """How often each number came, to all clients together."""
        bodies = (
            stanza.text("body") or ""
            for client in self.clients
            for stanza in client.inbox.history
            if stanza.kind == "message" and stanza.type in ("chat", "groupchat")
        )
        return Counter(int(body.removeprefix(kind)) for body in bodies if body.startswith(kind))

    def has_all(self, kind: str) -> bool:
        return len(self.received(kind)) == NUMBERS

    def check(self, most_doubled: int) -> None:
        once = Counter(range(NUMBERS))
        for kind in ("chat ", "room "):
            with contextlib.suppress(AssertionError):  # Below it says which.
                until(partial(self.has_all, kind), "all", GUARD)
            found = self.received(kind)
            assert (kind, once - found) == (kind, Counter()), "missing"
            assert (found - once).total() <= most_doubled, f"doubled: {found - once}"
        assert not [line for line in self.peer.inbox.history if "QUIT" in line]
        assert self.alone.gateway.count("event=session.offline") == 0
        assert self.alone.gateway.child.alive

    def check_answers(self) -> None:
        said = {
            int(line.partition(" :")[2].removeprefix("back "))
            for line in self.peer.inbox.history
            if " :back " in line
        }
        refused = {
            self.sent[stanza.xml.get("id", "")]
            for client in self.clients
            for stanza in client.inbox.history
            if stanza.type == "error" and stanza.xml.get("id", "") in self.sent
        }
        assert set(self.sent.values()) == said | refused
        assert not said & refused


@pytest.mark.parametrize(("how", "most_doubled"), [("stop", 0), ("kill", 2)])
def test_an_outage_while_people_talk(alone: Alone, how: str, most_doubled: int) -> None:
    """A server that is killed may have routed what it did not confirm: some milliseconds' worth."""
    talk = Talk(alone)
    counting = gevent.spawn(talk.count)
    until(lambda: talk.received("chat "), "the conversation")
    talk.answer(talk.user, range(5))
    talk.peer.expect(talk.nick, "PRIVMSG", "back 4")
    talk.hush()
    at = alone.gateway.position()
    getattr(alone.server, how)()
    talk.may_speak.set()
    alone.gateway.logged("event=xmpp.lost", since=at)
    alone.server.start()
    talk.wait_for_server(at)
    user = talk.come_back()
    talk.answer(user, range(5, 10))
    talk.peer.expect(talk.nick, "PRIVMSG", "back 9")
    counting.get(timeout=GUARD)
    talk.check(most_doubled)
    talk.check_answers()


def test_longer_than_sessions_are_kept(alone: Alone) -> None:
    gateway = alone.gateway
    gateway.stop()
    gateway.config["limits"]["keep_without_server"] = 0.5
    gateway.write_config()
    gateway.start()
    alone.allowed += ["event=xmpp.lost", "event=xmpp.given_up"]
    user, peer = alone.stage.registered(IRC), alone.stage.peer()
    peer.join("#verona")
    user.join(f"#verona@{IRC}/{nick_of(user)}")
    at = gateway.position()
    alone.server.stop()
    peer.expect(nick_of(user), "QUIT")
    alone.server.start()
    gateway.logged("event=xmpp.connected", since=at)
    alone.stage.again(user).sees_presence(IRC)


def test_a_wrong_secret_is_said_and_tried_again(alone: Alone) -> None:
    gateway = alone.gateway
    gateway.stop()
    gateway.config["xmpp"]["secret"] = "wrong-secret-1f7e"
    gateway.write_config()
    alone.allowed += ["event=xmpp.lost", "event=library.message"]
    gateway.start(wait_for="event=xmpp.lost")
    assert "secret" in gateway.logged("event=xmpp.lost")
    until(lambda: gateway.count("event=xmpp.lost") > 1, "another try")
    assert gateway.child.alive


def test_privileges_show_us_our_own_presence(alone: Alone) -> None:
    """XEP-0356, section 7: with it, an XMPP server shows us the presence of users' contacts, which
    are we ourselves."""
    user, peer = alone.stage.registered(IRC), alone.stage.peer()
    contact = f"{peer.nick}@{IRC}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact)
    room = f"{alone.stage.channel(peer, IRC)}@{IRC}"
    user.join(f"{room}/{nick_of(user)}")
    user.fence(IRC)
    assert alone.gateway.count(f"user={contact}") == 0
    user.inbox.refuse(lambda s: s.type == "error", "an error")
