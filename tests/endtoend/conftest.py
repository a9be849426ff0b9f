"""One gateway for most stories; those that kill things start their own."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.hub import HubLoop
from gateway.trial.ejabberd import Ejabberd, ejabberd
from gateway.trial.ngircd import Ngircd
from tests.endtoend import msn_rig
from tests.endtoend.oscar_rig import OSCAR_DOMAINS, OscarStage, Servers, servers
from tests.endtoend.peer import Peer
from tests.endtoend.rig import DOMAINS, SECRET, Gateway, Stage, running, transports
from tests.servers.inspircd import OPERATOR, Inspircd


@pytest.fixture(scope="package")
def loop() -> Iterator[HubLoop]:
    """Of the users' clients."""
    loop = HubLoop()
    yield loop
    gc.collect()  # Clients of slixmpp want the loop when they are freed.
    loop.shut_down()


@pytest.fixture(scope="package")
def xmpp() -> Iterator[Ejabberd]:
    with ejabberd(domains=DOMAINS, secret=SECRET, privilege=False) as server:
        yield server


@pytest.fixture(scope="package")
def irc(ngircd_server: Ngircd) -> Ngircd:
    return ngircd_server


@pytest.fixture(scope="package")
def insp(inspircd_server: Inspircd) -> Inspircd:
    return inspircd_server


@pytest.fixture(scope="package")
def shared(
    xmpp: Ejabberd, irc: Ngircd, insp: Inspircd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running(Gateway(folder, xmpp, transports(irc, insp))) as gateway:
        yield gateway


@pytest.fixture(scope="package")
def boss(insp: Inspircd) -> Iterator[Peer]:
    """An operator of InspIRCd."""
    boss = Peer("boss", insp.port)
    boss.send(f"OPER {' '.join(OPERATOR)}")
    boss.numeric("381")
    yield boss
    boss.close()


@pytest.fixture
def gateway(shared: Gateway) -> Iterator[Gateway]:
    """The shared one; a test during which it makes a mistake has failed."""
    yield shared
    shared.check("event=session.latched")


@pytest.fixture
def stage(
    loop: HubLoop, xmpp: Ejabberd, irc: Ngircd, insp: Inspircd, boss: Peer
) -> Iterator[Stage]:
    stage = Stage(loop, xmpp, irc, insp, boss)
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def xmpp_alone() -> Iterator[Ejabberd]:
    """Another one, because two gateways that share one share the users' stanzas at random."""
    with ejabberd(domains=DOMAINS, secret=SECRET) as server:
        yield server


@pytest.fixture
def stage_alone(
    loop: HubLoop, xmpp_alone: Ejabberd, irc: Ngircd, insp: Inspircd, boss: Peer
) -> Iterator[Stage]:
    stage = Stage(loop, xmpp_alone, irc, insp, boss)
    yield stage
    stage.close()


@dataclass
class Alone:
    """A gateway of its own, for a story that kills it, or the XMPP server."""

    server: Ejabberd
    gateway: Gateway
    stage: Stage
    allowed: list[str]
    """Warnings and errors that are part of the story."""


@pytest.fixture
def alone(
    xmpp_alone: Ejabberd, irc: Ngircd, insp: Inspircd, stage_alone: Stage, tmp_path: Path
) -> Iterator[Alone]:
    if not xmpp_alone.child.alive:
        xmpp_alone.start()  # The last story failed half way.
    gateway = Gateway(tmp_path / "gateway", xmpp_alone, transports(irc, insp))
    alone = Alone(xmpp_alone, gateway, stage_alone, [])
    with running(gateway, alone.allowed):
        yield alone


# AIM and ICQ.


@pytest.fixture(scope="package")
def oscar_servers() -> Iterator[Servers]:
    with servers() as started:
        yield started


@pytest.fixture(scope="package")
def oscar_xmpp() -> Iterator[Ejabberd]:
    with ejabberd(domains=OSCAR_DOMAINS, secret=SECRET, privilege=False) as server:
        yield server


@pytest.fixture(scope="package")
def oscar_gateway(
    oscar_xmpp: Ejabberd, oscar_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One that a story may restart."""
    folder = tmp_path_factory.mktemp("oscar-gateway")
    with running(Gateway(folder, oscar_xmpp, oscar_servers.transports())) as gateway:
        yield gateway


@pytest.fixture
def verona(
    loop: HubLoop, oscar_xmpp: Ejabberd, oscar_servers: Servers, oscar_gateway: Gateway
) -> Iterator[OscarStage]:
    stage = OscarStage(loop, oscar_xmpp, oscar_servers, oscar_gateway)
    yield stage
    stage.close()


# MSN.


@pytest.fixture(scope="package")
def msn_servers() -> Iterator[msn_rig.Servers]:
    with msn_rig.servers() as started:
        yield started


@pytest.fixture(scope="package")
def msn_xmpp() -> Iterator[Ejabberd]:
    with ejabberd(domains=msn_rig.MSN_DOMAINS, secret=SECRET, privilege=False) as server:
        yield server


@pytest.fixture(scope="package")
def msn_gateway(
    msn_xmpp: Ejabberd, msn_servers: msn_rig.Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("msn-gateway")
    with running(Gateway(folder, msn_xmpp, msn_servers.transports())) as gateway:
        yield gateway
    text = gateway.bytes()
    assert not [ticket for ticket in msn_servers.tickets() if ticket in text]


@pytest.fixture
def mantua(
    loop: HubLoop, msn_xmpp: Ejabberd, msn_servers: msn_rig.Servers, msn_gateway: Gateway
) -> Iterator[msn_rig.MsnStage]:
    stage = msn_rig.MsnStage(loop, msn_xmpp, msn_servers, msn_gateway)
    yield stage
    stage.close()
