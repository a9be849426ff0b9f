"""The gateway as a process of its own, between a real XMPP server and real IRC servers.

    user's client ── ejabberd ── gateway.py run ── ngIRCd, InspIRCd ── peer

Its log is on ``debug``, and when it ends nothing secret may be found in the log or in the database,
nor any mistake that the story did not ask for.
"""

import itertools
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import gevent
import yaml

from gateway.hub import HubLoop
from gateway.trial.ejabberd import DOMAIN, Ejabberd
from gateway.trial.ngircd import Ngircd
from gateway.trial.process import Child
from tests.endtoend.client import Client
from tests.endtoend.inbox import GUARD
from tests.endtoend.peer import Peer
from tests.servers.inspircd import Inspircd
from tests.servers.postgres import binary
from tests.servers.prosody import Prosody

FoundT = TypeVar("FoundT")

ROOT = Path(__file__).parents[2]

IRC = f"irc.{DOMAIN}"
"""Fixed, ngIRCd."""
INSP = f"insp.{DOMAIN}"
"""Fixed, InspIRCd."""
OPEN = f"open.{DOMAIN}"
"""Users choose: 127.0.0.1 is ngIRCd, localhost is InspIRCd with TLS."""
MEMBERS = f"members.{DOMAIN}"
"""ngIRCd, and no guests."""
SLOW = f"slow.{DOMAIN}"
"""ngIRCd, lines paced."""
HOSTILE = f"hostile.{DOMAIN}"
"""Whoever listens there."""

DOMAINS = (IRC, INSP, OPEN, MEMBERS, SLOW, HOSTILE)

SECRET = "component-secret-5b1c"

FAST = {"burst": 500, "seconds": 0.01}
"""These servers do not mind."""

_numbers = itertools.count(1)
_secrets: list[str] = [SECRET]


def unique(name: str) -> str:
    """IRC servers and accounts outlive a test: everybody is new in each."""
    return f"{name}{next(_numbers)}"


def secret(name: str = "secret") -> str:
    """A password.  Nobody may find it anywhere."""
    made = f"{name}-{secrets.token_hex(8)}"
    _secrets.append(made)
    return made


class Gateway:
    def __init__(
        self,
        folder: Path,
        server: Ejabberd | Prosody,
        transports: Mapping[str, Any],
        *,
        limits: Mapping[str, Any] | None = None,
        store: str = "sqlite:///greengate.db",
        launcher: Sequence[str | Path] = (ROOT / "gateway.py",),
        xmpp_secret: str = SECRET,
    ) -> None:
        self.folder = folder
        self.store = store
        folder.mkdir(parents=True, exist_ok=True)
        self.config: dict[str, Any] = {
            "xmpp": {
                "server": "prosody" if isinstance(server, Prosody) else "ejabberd",
                "domain": server.domain,
                "host": server.host,
                "port": server.component_port,
                "secret": xmpp_secret,
            },
            "store": {"url": store},
            "keys": {"file": "greengate.keys"},
            "log": {"level": "debug"},
            "control": {"socket": "control.sock"},
            "limits": {
                "logins_per_second": 1000.0,
                "logins_at_once": 100,
                **(limits or {}),
            },
            "transports": dict(transports),
        }
        self.write_config()
        command = [sys.executable, *launcher, "run", "--config", folder / "gateway.yaml"]
        env = {"PYTHONPATH": str(ROOT)}
        self.child = Child("gateway", command, folder, env=env)
        self._checked = 0

    def write_config(self) -> None:
        text = yaml.safe_dump(self.config, sort_keys=False)
        (self.folder / "gateway.yaml").write_text(text)

    # The process.

    def start(self, wait_for: str = "event=xmpp.connected") -> None:
        at = self.position()
        self.child.start()
        self.child.wait_until(lambda: wait_for in self.log(at))

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        self.child.kill()

    # The log.

    def position(self) -> int:
        return self.child.output.stat().st_size if self.child.output.exists() else 0

    def log(self, since: int = 0) -> str:
        with self.child.output.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")

    def logged(self, *words: str, since: int = 0) -> str:
        """Wait for a line with all these words."""
        return until(
            lambda: next(
                (line for line in self.log(since).splitlines() if all(w in line for w in words)), ""
            ),
            f"a line with {words} in the log\n{self.child.tail()}",
        )

    def count(self, *words: str, since: int = 0) -> int:
        return sum(all(w in line for w in words) for line in self.log(since).splitlines())

    def check(self, *allowed: str) -> None:
        """No mistake since the last look, but those with one of these words."""
        since, self._checked = self._checked, self.position()
        mistakes = [
            line
            for line in self.log(since).splitlines()
            if (" level=error " in line or " level=warning " in line or not line.startswith("ts="))
            and not any(word in line for word in (*allowed, "event=hub.stalled"))
        ]
        assert not mistakes, "\n".join(line.replace("\\n", "\n") for line in mistakes)

    def check_secrets(self) -> None:
        """The log is one of the files."""
        text = self.bytes() + self.rows()
        assert not [word for word in _secrets if word in text]

    def stored(self, word: str) -> None:
        """Rooms and contacts are written soon after the network has answered."""
        until(lambda: word in self.rows(), f"{word} in the store")

    def rows(self) -> str:
        """All that the database knows."""
        if self.store.startswith("postgresql:"):
            dump = subprocess.run([binary("pg_dump"), self.store], check=True, capture_output=True)
            return dump.stdout.decode()
        with closing(sqlite3.connect(self.folder / "greengate.db")) as database:
            return "\n".join(database.iterdump())

    def bytes(self) -> str:
        """All that is in its folder, pages freed in the database too."""
        paths = (path for path in self.folder.iterdir() if path.is_file())
        texts = (p.read_bytes().decode("latin-1") for p in paths if p.name != "gateway.yaml")
        return "".join(texts)

    def accounts(self) -> Any:
        """What ``gateway.py sessions`` shows."""
        return self.command("sessions")

    def command(self, *words: str) -> str:
        command = [sys.executable, str(ROOT / "gateway.py"), *words]
        config = ["--config", str(self.folder / "gateway.yaml")]
        done = subprocess.run([*command, *config], check=True, capture_output=True, text=True)
        return done.stdout


@contextmanager
def running(gateway: Gateway, allowed: Sequence[str] = ()) -> Iterator[Gateway]:
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
    gateway.check(*allowed)
    gateway.check_secrets()


FIXED = {"network": "irc", "mode": "fixed", "tls": False, "rate": FAST}


def transports(irc: Ngircd, insp: Inspircd, hostile_port: int = 9) -> dict[str, Any]:
    ngircd = {**FIXED, "server": irc.host, "port": irc.port}
    return {
        IRC: {**ngircd, "name": "NgIRCd"},
        INSP: {**FIXED, "server": insp.host, "port": insp.port, "name": "InspIRCd"},
        OPEN: {
            "network": "irc",
            "mode": "open",
            "allow_private": True,
            "rate": FAST,
            "servers": {
                "127.0.0.1": {"port": irc.port, "tls": False},
                "localhost": {"port": insp.tls_port, "ca_file": str(insp.ca_file)},
            },
        },
        MEMBERS: {**ngircd, "guests": False},
        SLOW: {**ngircd, "rate": {"burst": 3, "seconds": 0.05}},
        HOSTILE: {**FIXED, "server": "127.0.0.1", "port": hostile_port},
    }


def until(condition: Callable[[], FoundT], what: str, seconds: float = GUARD) -> FoundT:
    """Wait for something that nobody tells of; returns what was found."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        gevent.sleep(0.02)
    return found


class Audience:
    """Makes users of the XMPP server for a story, and sends them home after it."""

    def __init__(self, loop: HubLoop, server: Ejabberd | Prosody) -> None:
        self.loop = loop
        self.server = server
        self._everybody: list[Client | Peer] = []

    def user(
        self, name: str = "juliet", *, available: bool = True, kind: Callable[..., Client] = Client
    ) -> Client:
        """Somebody new, logged in."""
        name, password = unique(name), secret("xmpp")
        jid = self.server.register(name, password)
        client = kind(self.loop, jid, password)
        self._everybody.append(client)
        return client.log_in(self.server.port, available=available)

    def again(
        self,
        user: Client,
        resource: str = "one",
        *,
        available: bool = True,
        kind: type[Client] = Client,
    ) -> Client:
        """Another client of the same user, or the same one once more."""
        client = kind(self.loop, user.jid, user.password, resource)
        self._everybody.append(client)
        return client.log_in(self.server.port, available=available)

    def waits_for(self, user: Client, messages: int) -> None:
        """So many are stored for them.  What ejabberd stores while a client is being let in is kept
        for the one after it."""
        of = {"user": nick_of(user), "server": self.server.domain}
        until(
            lambda: self.server.api("get_offline_count", **of)["value"] == messages,
            f"{messages} messages that are stored for {user.jid}",
        )

    def close(self) -> None:
        gevent.joinall([gevent.spawn(who.close) for who in self._everybody], raise_error=True)


class Stage(Audience):
    """And people on IRC."""

    def __init__(
        self, loop: HubLoop, server: Ejabberd, irc: Ngircd, insp: Inspircd, boss: Peer
    ) -> None:
        super().__init__(loop, server)
        self._boss = boss
        """An operator of InspIRCd."""
        self._ports = {IRC: irc.port, INSP: insp.port}

    def peer(self, name: str = "tybalt", network: str = IRC, *capabilities: str) -> Peer:
        peer = Peer(unique(name), self._ports[network], *capabilities)
        self._everybody.append(peer)
        return peer

    def channel(self, peer: Peer, network: str, *modes: str) -> str:
        """A new one, with the peer as its operator."""
        channel = unique("#verona")
        peer.join(channel)
        if network == INSP:  # Makes nobody an operator by itself.
            self._boss.send(f"SAMODE {channel} +o {peer.nick}")
            peer.expect(self._boss.nick, "MODE", "+o", peer.nick)
        for mode in modes:
            peer.send(f"MODE {channel} {mode}")
            peer.expect(peer.nick, "MODE", mode.split()[0])
        return channel

    def registered(self, transport: str = IRC, nick: str = "juliet", **values: str) -> Client:
        """A user who is registered with the transport and logged in to it; ``nick`` of the client
        is not told apart from the account's."""
        user = self.user(nick)
        user.register(transport, nick=nick_of(user), **values)
        user.befriend(transport)
        user.sees_presence(transport)
        return user

    def port(self, network: str) -> int:
        return self._ports[network]


def nick_of(user: Client) -> str:
    return user.jid.partition("@")[0]
