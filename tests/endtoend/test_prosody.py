"""Prosody gives each domain a connection of its own; one gateway has them all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.hub import HubLoop
from gateway.trial.ngircd import Ngircd
from tests.endtoend.client import Client
from tests.endtoend.peer import Peer
from tests.endtoend.rig import FIXED, SECRET, Audience, Gateway, nick_of, running, unique
from tests.servers.inspircd import Inspircd
from tests.servers.prosody import DOMAIN, Prosody, prosody

NG, INSP = f"ng.{DOMAIN}", f"insp.{DOMAIN}"


@pytest.fixture(scope="module")
def xmpp() -> Iterator[Prosody]:
    with prosody(domains=(NG, INSP), secret=SECRET) as server:
        yield server


@pytest.fixture
def gateway(xmpp: Prosody, irc: Ngircd, insp: Inspircd, tmp_path: Path) -> Iterator[Gateway]:
    transports = {
        NG: {**FIXED, "server": irc.host, "port": irc.port},
        INSP: {**FIXED, "server": insp.host, "port": insp.port},
    }
    gateway = Gateway(tmp_path / "gateway", xmpp, transports)
    with running(gateway, ["event=xmpp.lost"]):
        gateway.logged("event=xmpp.connected", f"domain={NG}")
        gateway.logged("event=xmpp.connected", f"domain={INSP}")
        yield gateway


@pytest.fixture
def audience(loop: HubLoop, xmpp: Prosody) -> Iterator[Audience]:
    audience = Audience(loop, xmpp)
    yield audience
    audience.close()


def test_two_transports(
    gateway: Gateway, audience: Audience, xmpp: Prosody, irc: Ngircd, insp: Inspircd
) -> None:
    user = audience.user()
    user.roster()
    nick = nick_of(user)
    peers = {
        NG: Peer(unique("tybalt"), irc.port),
        INSP: Peer(unique("paris"), insp.port),
    }
    for transport, peer in peers.items():
        user.register(transport, nick=nick)
        user.befriend(transport)
        user.sees_presence(transport)
        talk(user, transport, peer)
    at = gateway.position()
    xmpp.stop()
    for transport in peers:
        gateway.logged("event=xmpp.lost", f"domain={transport}", since=at)
    for peer in peers.values():
        peer.say(nick, "While you were away")
    xmpp.start()
    again = audience.again(user)
    for transport, peer in peers.items():
        again.sees_presence(transport)
        again.hears(f"{peer.nick}@{transport}", "While you were away")
        talk(again, transport, peer)
        peer.close()
    assert gateway.count("event=session.offline") == 0


def talk(user: Client, transport: str, peer: Peer) -> None:
    peer.say(nick_of(user), "Who is there?")
    user.hears(f"{peer.nick}@{transport}", "Who is there?")
    user.say(f"{peer.nick}@{transport}", "It is I")
    peer.expect(nick_of(user), "PRIVMSG", "It is I")
