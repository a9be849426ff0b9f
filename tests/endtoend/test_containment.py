"""A bug ends one session, and that one only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.trial.ejabberd import Ejabberd
from gateway.trial.ngircd import Ngircd
from tests.endtoend.rig import IRC, Gateway, Stage, nick_of, running, transports
from tests.servers.inspircd import Inspircd

FAULTY = Path(__file__).with_name("faulty_gateway.py")

TRACEBACK = ("Traceback", "  File ", "    ", "RuntimeError: planted", "> failed with RuntimeError")
"""gevent shows it, too, on standard error."""


@pytest.fixture(scope="module")
def faulty(
    xmpp_alone: Ejabberd, irc: Ngircd, insp: Inspircd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("faulty")
    gateway = Gateway(folder, xmpp_alone, transports(irc, insp), launcher=[FAULTY])
    with running(gateway, ["event=session.crashed", *TRACEBACK]):
        yield gateway


@pytest.mark.parametrize("part", ["reader", "fsm", "translator"])
def test_a_bug_in_one_part_of_a_session(faulty: Gateway, stage_alone: Stage, part: str) -> None:
    gateway, stage = faulty, stage_alone
    victim, other, peer = stage.registered(IRC), stage.registered(IRC), stage.peer()
    contact = f"{peer.nick}@{IRC}"
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    victim.join(f"{room}/{nick_of(victim)}")
    peer.expect(nick_of(victim), "JOIN")
    at = gateway.position()
    peer.say(nick_of(victim), f"bug-in-{part}")
    victim.expect(
        "a sentence", lambda s: s.sender == IRC and "made a mistake" in (s.text("body") or "")
    )
    victim.sees_presence(IRC, "unavailable")
    line = gateway.logged("event=session.crashed", f"user={victim.jid} ", since=at)
    assert "traceback=" in line
    assert f"planted: bug-in-{part}" in line
    peer.say(nick_of(other), "and you?")
    other.hears(contact, "and you?")
    other.say(contact, "I am well")
    peer.expect(nick_of(other), "PRIVMSG", "I am well")
    victim.sees_presence(IRC)
    peer.expect(nick_of(victim), "JOIN")
    peer.say(nick_of(victim), "up again")
    victim.hears(contact, "up again")
    assert gateway.count("event=session.crashed", since=at) == 1
    assert gateway.count("event=session.offline", f"user={other.jid} ", since=at) == 0
