"""A gateway, or a rival, between the two stubs."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.ircd import Ircd
from benchmarks.loop import LOOPBACK, Loop
from benchmarks.report import Failed
from benchmarks.server import Server
from benchmarks.xmpp_server import DOMAIN, XmppServer
from gateway.config import Config, load
from gateway.ids import SessionKey
from gateway.prepare import prepare
from gateway.store import Keyring, Store, sealing
from gateway.store.models import accounts, contacts
from gateway.trial.process import Child

ROOT = Path(__file__).parents[1]
GATEWAY = ROOT / "gateway.py"
RIVALS = Path(__file__).parent / "rivals"

MEMORY_DISK = Path("/dev/shm")
"""The disk is not what is measured, and thousands of registrations are written."""

CPU_CLOCK = 2
"""CPUCLOCK_SCHED of Linux: with the process, this makes a clock (clock_getcpuclockid(3))."""

START_SECONDS = 60.0
LOGIN_SECONDS = 120.0

NEVER = 3600
"""Seconds between two pings that fall into no measurement."""

SETTINGS = """\
xmpp: {{domain: example.org, host: {host}, port: {xmpp}, secret: bench}}
store: {{url: "sqlite:///greengate.db"}}
keys: {{file: keys}}
control: {{socket: control.sock}}
limits:
  messages_per_second: 100000.0
  message_burst: 1000000
  joins_per_minute: 1000000.0
  outbox: 100000
  logins_per_second: 100000.0
  logins_at_once: 200
transports:
  {domain}: {transport}
"""
"""Limits so high that nothing is refused: how they work is not measured."""


def jid(number: int) -> bytes:
    return b"u%d@example.org" % number


def nick(number: int) -> bytes:
    return b"n%d" % number


def _register(config: Config, forms: Iterable[Mapping[str, str]], people: Collection[str]) -> None:
    """All at once: one transaction for each, as ``Store.save`` has it, would take minutes."""
    keyring, now = Keyring.load(config.keys), datetime.now(UTC)
    (transport,) = config.transports.values()
    rows, known = [], []
    for number, form in enumerate(forms):
        account, fields = transport.network.check(transport.settings, form)
        key = SessionKey(jid(number).decode(), transport.domain, account)
        sealed = sealing.seal(keyring, accounts, key, fields)
        known += [{**key._asdict(), "person": who, "is_hidden": False} for who in people]
        rows.append(
            {
                **key._asdict(),
                "sealed": sealed,
                "preferences": "{}",
                "latched": "",
                "created_at": now,
                "changed_at": now,
            }
        )
    store = Store.open(config.store, keyring)
    store.database.run(lambda connection: connection.execute(accounts.insert(), rows))
    if known:
        store.database.run(lambda connection: connection.execute(contacts.insert(), known))
    store.close()


class World:
    """``users`` are registered, numbered from 0; nobody is online yet.  The network is IRC."""

    server: Server
    people: Collection[str] = ()
    """In everybody's roster."""

    def __init__(self, users: int = 0, *, rival: str = "", ping_seconds: int = NEVER) -> None:
        self.users = users
        self.loop = Loop()
        self.server = self.start_server()
        self.xmpp = XmppServer(self.loop)
        self._folder = Path(
            tempfile.mkdtemp(prefix="bench-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None)
        )
        self.ping_seconds = ping_seconds
        self._rival = rival
        self._child: Child | None = None

    def __enter__(self) -> Self:
        try:
            self._child = self._make_rival() if self._rival else self._make_gateway()
            self._child.start()
            self._wait_until_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._child:
                self._child.kill()  # A goodbye of thousands of sessions would only take time.
            if error is None:
                self._look_into_log()
        finally:
            self.server.close()
            self.xmpp.close()
            self.loop.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _make_gateway(self) -> Child:
        path = self._folder / "gateway.yaml"
        path.write_text(
            SETTINGS.format(
                host=LOOPBACK,
                xmpp=self.xmpp.port,
                domain=DOMAIN.decode(),
                transport=json.dumps(self.transport()),
            )
        )
        config = load(path)
        prepare(config)
        if self.users:
            _register(config, map(self.form, range(self.users)), self.people)
        return Child(
            "gateway", [sys.executable, GATEWAY, "run", "--config", path], self._folder / "run"
        )

    def _make_rival(self) -> Child:
        script = RIVALS / f"{self._rival}.py"
        words = [DOMAIN.decode(), str(self.xmpp.port), str(self.ircd.port), str(self.users)]
        return Child(self._rival, [sys.executable, script, *words], self._folder / "run")

    def _wait_until_ready(self) -> None:
        """A gateway asks everybody it knows whether they are there; a rival logs them in."""
        self.loop.until(
            lambda: self._is_ready or not self.child.alive, START_SECONDS, self.child.tail
        )
        if not self.child.alive:
            raise self.child.ended()

    @property
    def _is_ready(self) -> bool:
        done = len(self.ircd.people) if self._rival else self.xmpp.probed
        return self.xmpp.is_up and done >= self.users

    # The network.

    def start_server(self) -> Server:
        return Ircd(self.loop)

    @property
    def ircd(self) -> Ircd:
        assert isinstance(self.server, Ircd)
        return self.server

    def transport(self) -> dict[str, Any]:
        """Settings of the transport."""
        return {
            "network": "irc",
            "mode": "fixed",
            "server": LOOPBACK,
            "port": self.ircd.port,
            "tls": False,
            "rate": {"burst": 1000, "seconds": 2.0},
            "ping_seconds": self.ping_seconds,
        }

    def form(self, number: int) -> dict[str, str]:
        """What that user registers with."""
        return {"nick": nick(number).decode()}

    # For the benchmarks.

    @property
    def child(self) -> Child:
        assert self._child
        return self._child

    def log_in(self, numbers: Iterable[int]) -> None:
        """Send the presence of these users and wait until their sessions are on."""
        for number in numbers:
            self.xmpp.send(
                b"<presence from='%s/bench' to='%s'><priority>5</priority></presence>"
                % (jid(number), DOMAIN)
            )
        wanted = {jid(number) for number in numbers}
        self.loop.until(
            lambda: len(self.xmpp.online) >= len(wanted) and wanted <= self.xmpp.online,
            LOGIN_SECONDS,
            lambda: f"{len(wanted & self.xmpp.online)} of {len(wanted)} users online",
        )
        self.settle()

    def login_cost(self, number: int) -> tuple[float, float]:
        """CPU and seconds of one log-in, until the transport is available."""
        cpu, start = self.cpu(), time.monotonic()
        self.xmpp.send(b"<presence from='%s/bench' to='%s'/>" % (jid(number), DOMAIN))
        self.loop.until(
            lambda: jid(number) in self.xmpp.online,
            LOGIN_SECONDS,
            lambda: f"{number} is not online",
        )
        seconds = time.monotonic() - start
        self.settle()
        return self.cpu() - cpu, seconds

    def require_known_people(self) -> None:
        """
        Raises:
            Failed: the gateway introduced somebody who is in the roster.
        """
        if self.xmpp.introduced:
            raise Failed(f"{self.xmpp.introduced} contacts were introduced who are known")

    def log_out(self, numbers: Iterable[int], is_done: Callable[[], bool]) -> None:
        """``is_done``: the network has seen them all go."""
        for number in numbers:
            self.xmpp.send(
                b"<presence from='%s/bench' to='%s' type='unavailable'/>" % (jid(number), DOMAIN)
            )
            self.xmpp.online.discard(jid(number))
        self.loop.until(is_done, LOGIN_SECONDS, lambda: "somebody is still online")

    def settle(self) -> None:
        """Let what was begun come to its end."""
        self.loop.run(0.2)

    def cpu(self) -> float:
        """Seconds of CPU it has used, in all of its threads.  The clock of a process is what
        utime and stime of /proc/<pid>/stat are made from, without their rounding to 10 ms."""
        return time.clock_gettime(~self.child.pid << 3 | CPU_CLOCK)

    def memory(self) -> int:
        """Bytes of it that are in memory (VmRSS)."""
        text = Path(f"/proc/{self.child.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def logged(self, event: str) -> int:
        return self.child.output.read_text(errors="replace").count(f" event={event} ")

    def require_no_errors(self) -> None:
        """
        Raises:
            Failed: the gateway answered something with an error.
        """
        if self.xmpp.errors:
            first = self.xmpp.errors[0].decode(errors="replace")
            raise Failed(f"{len(self.xmpp.errors)} errors came, the first: {first}")

    def _look_into_log(self) -> None:
        self.require_no_errors()
        text = self.child.output.read_text(errors="replace")
        for line in text.splitlines():
            if " level=error " in line or "Traceback" in line:
                raise Failed(f"{self.child.name} logged: {line}")
