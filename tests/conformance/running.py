"""A gateway that runs already, wherever it is."""

import argparse
import itertools
import secrets
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.hub import HubLoop
from tests.conformance.adapter import Adapter, Can
from tests.conformance.irc import Irc, fresh
from tests.conformance.oscar import Aim, Icq
from tests.conformance.site import Site, Switch
from tests.servers.oscar import oscar

NETWORKS: Mapping[str, type[Adapter]] = {"irc": Irc, "aim": Aim, "icq": Icq}

FEWEST = 3
"""Users that one check needs."""

NOT_OURS = {
    Can.RESTART: "no commands were given that stop and start the gateway",
    Can.HOST_RESTART: "the XMPP server is not ours to stop",
}

User = tuple[str, str]
"""JID and password."""


@dataclass(frozen=True, slots=True)
class Commands:
    to_start: str
    to_stop: str

    def start(self) -> None:
        _run(self.to_start)

    def stop(self) -> None:
        _run(self.to_stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    component: str
    host: str
    port: int
    is_tls: bool
    network: str
    at: tuple[str, int]
    make_user: Callable[[], User]
    reuses_users: bool
    filled: Mapping[str, str]
    lobby: str
    gateway: Switch | None
    patience: float

    @property
    def name(self) -> str:
        return self.component

    @property
    def cannot(self) -> Mapping[Can, str]:
        ours = {
            can: why for can, why in NOT_OURS.items() if not (can is Can.RESTART and self.gateway)
        }
        return {**NETWORKS[self.network].cannot, **ours}

    @contextmanager
    def open(self, loop: HubLoop) -> Iterator[Site]:
        with ExitStack() as stack:
            yield Site(
                host=self.host,
                port=self.port,
                component=self.component,
                network=self._adapter(stack),
                make_user=self.make_user,
                reuses_users=self.reuses_users,
                is_tls=self.is_tls,
                filled=self.filled,
                lobby=self.lobby,
                gateway=self.gateway,
                patience=self.patience,
            )

    def _adapter(self, stack: ExitStack) -> Adapter:
        host, port = self.at
        if self.network == "irc":
            return Irc(host, port, self.patience)
        server = stack.enter_context(oscar("oos", rates=False))
        server.stop()  # To start it where the gateway looks for it.
        server.host, server.port = host, port
        server.start()
        return (Icq if self.network == "icq" else Aim)(server, self.patience)


def combination(given: argparse.Namespace) -> Running:
    """
    Raises:
        ValueError: something is missing, or wrong.
    """
    host, _, port = given.at.rpartition(":")
    if not port.isdigit():
        raise ValueError(f"--at {given.at}: must be HOST:PORT")
    if bool(given.start) != bool(given.stop):
        raise ValueError("--start and --stop: both or none")
    return Running(
        component=given.component,
        host=given.host,
        port=given.port,
        is_tls=given.tls,
        network=given.network,
        at=(host, int(port)),
        make_user=_users(given),
        reuses_users=given.users is not None,
        lobby=given.lobby,
        filled=dict(_pair(field) for field in given.field),
        gateway=Commands(given.start, given.stop) if given.start else None,
        patience=given.patience,
    )


def _pair(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals:
        raise ValueError(f"--field {field}: must be NAME=VALUE")
    return name, value


def _users(given: argparse.Namespace) -> Callable[[], User]:
    if given.users:
        return itertools.cycle(listed(given.users)).__next__
    if given.make_user and given.domain:
        return lambda: _made(given.make_user, given.domain)
    raise ValueError("users: give --users, or --make-user and --domain")


def listed(file: Path) -> list[User]:
    users = [
        (words[0], words[1]) for line in file.read_text().splitlines() if (words := line.split())
    ]
    if len(users) < FEWEST:
        raise ValueError(f"{file}: {len(users)} users, must be at least {FEWEST}")
    return users


def _made(command: str, domain: str) -> User:
    user, password = fresh("capulet"), secrets.token_hex(8)
    _run(command.replace("{user}", user).replace("{password}", password))
    return f"{user}@{domain}", password


def _run(command: str) -> None:
    """
    Raises:
        subprocess.CalledProcessError: it failed.
    """
    subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)
