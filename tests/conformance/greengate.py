"""Greengate itself, fresh, between a private XMPP server and a private network."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.hub import HubLoop
from gateway.trial.ejabberd import DOMAIN as EJABBERD
from gateway.trial.ejabberd import Ejabberd, ejabberd
from tests.conformance.adapter import Adapter, Can
from tests.conformance.irc import InspIrcd, NgIrcd, fresh
from tests.conformance.oscar import Aim, Icq
from tests.conformance.site import Site
from tests.endtoend.rig import FAST, SECRET, Gateway, running, secret
from tests.servers.inspircd import Inspircd, inspircd
from tests.servers.ngircd import Ngircd, ngircd
from tests.servers.oscar import Oscar, oscar
from tests.servers.prosody import DOMAIN as PROSODY
from tests.servers.prosody import Prosody, prosody

DOMAINS = {"ejabberd": EJABBERD, "prosody": PROSODY}

NETWORKS: Mapping[str, type[Adapter]] = {
    "ngircd": NgIrcd,
    "inspircd": InspIrcd,
    "aim": Aim,
    "icq": Icq,
}

IRC = {"mode": "fixed", "tls": False, "rate": FAST}

EXPECTED = ("event=session.latched", "event=xmpp.lost", "event=privilege.failed")
"""Warnings that are part of the checks: wrong passwords, an XMPP server that goes, and what
ejabberd 23.01 grants without being able to do it (XEP-0356)."""


@dataclass(frozen=True, slots=True)
class Greengate:
    server: str
    network: str
    """A key of NETWORKS."""

    @property
    def name(self) -> str:
        return f"{self.server} {self.network}"

    @property
    def cannot(self) -> Mapping[Can, str]:
        return NETWORKS[self.network].cannot

    @contextmanager
    def open(self, loop: HubLoop) -> Iterator[Site]:
        component = f"gw.{DOMAINS[self.server]}"
        with ExitStack() as stack:
            adapter, transport = self._network(stack)
            server = self._server(stack, component)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
            gateway = Gateway(folder, server, {component: transport})
            stack.enter_context(running(gateway, EXPECTED))
            yield Site(
                host=server.host,
                port=server.port,
                component=component,
                network=adapter,
                make_user=lambda: made_user(server),
                gateway=gateway,
                host_switch=server,
            )

    def _network(self, stack: ExitStack) -> tuple[Adapter, dict[str, Any]]:
        match self.network:
            case "ngircd":
                ngircd_server = stack.enter_context(ngircd())
                return NgIrcd(ngircd_server), {**_at(ngircd_server, "irc"), **IRC}
            case "inspircd":
                inspircd_server = stack.enter_context(inspircd())
                return InspIrcd(inspircd_server), {**_at(inspircd_server, "irc"), **IRC}
        oscar_server = stack.enter_context(oscar("oos", rates=False))
        stack.callback(lambda: _no_mistakes(oscar_server.violations))
        adapter = Icq(oscar_server) if self.network == "icq" else Aim(oscar_server)
        return adapter, _at(oscar_server, self.network)

    def _server(self, stack: ExitStack, component: str) -> Ejabberd | Prosody:
        if self.server == "prosody":
            return stack.enter_context(prosody(domains=[component], secret=SECRET))
        return stack.enter_context(ejabberd(domains=[component], secret=SECRET))


def _at(server: Ngircd | Inspircd | Oscar, network: str) -> dict[str, Any]:
    """Where these are slow by themselves, they are so to spare real servers."""
    at = {"network": network, "server": server.host, "port": server.port}
    return {**at, "logins_per_second": 1000.0}


def made_user(server: Ejabberd | Prosody) -> tuple[str, str]:
    password = secret("xmpp")
    return server.register(fresh("capulet"), password), password


def _no_mistakes(violations: list[str]) -> None:
    assert violations == []


EVERYWHERE = [Greengate(server, network) for server in DOMAINS for network in NETWORKS]

IN_CI = [Greengate("ejabberd", "icq"), Greengate("prosody", "ngircd")]
"""What there is time for: each server; a network with everything, one without an address book."""
