"""Child processes of a trial or a test: started, waited for, and never left behind.

    with Child("ngircd", [program("ngircd"), "-n", "-f", path], folder) as child:
        child.wait_until(lambda: answers(port))

A child gets a session of its own, so that Ctrl-C reaches only us and we stop things in order, and
the kernel ends it when we end in any other way (PR_SET_PDEATHSIG, see prctl(2)).

The kernel forgets that for a process that changes its user, as some servers do when root starts
them.  Such a server is started as ``nobody`` at once, with its configuration as standard input:
that works whatever folders above the file are closed to others.
"""

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.errors import GatewayError

LOOPBACK = "127.0.0.1"

START_TIMEOUT = 60.0
"""ejabberd takes 2 s on an idle machine; a loaded one with two cores is up to ten times slower."""

STOP_TIMEOUT = 10.0
"""After SIGTERM; ejabberd flushes its tables in less than one second.  SIGKILL follows."""

POLL_EVERY = 0.02
"""Between two looks at a server that is starting: short against the fastest of them (0.1 s)."""

PORTS = range(20_000, 32_000)
"""Below the range the kernel takes outgoing ports from (ip_local_port_range, 32768 and up):
otherwise a client that retries against a stopped server may take its port, or meet itself there."""

TAIL = 12
"""Lines of its output shown when a child does not start."""

PROGRAM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Debian puts servers into sbin, which is not on the path of ordinary users."""

NOBODY = "nobody"

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # Before any fork: loading takes locks.


class NotStarted(GatewayError):
    """A server of the trial is missing, or did not come up."""


def program(name: str) -> str:
    """The full path of a program.

    Raises:
        NotStarted: it is not installed.
    """
    if found := shutil.which(name, path=PROGRAM_PATH):
        return found
    raise NotStarted(f"{name}: not installed; scripts/setup installs everything needed")


def free_port(*preferred: int) -> int:
    """A TCP port on loopback that nobody listens on now, and no client will be given."""
    for port in (*preferred, *random.sample(PORTS, k=len(PORTS))):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As servers do.
            sock.bind((LOOPBACK, port))
            return port
    raise NotStarted(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


def accepts(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


class Child:
    """One process, its folder and the file with its output.  May be started again once ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        stdin: Path = Path(os.devnull),
        user: str | None = None,
        shown: bool = False,
    ) -> None:
        """
        Args:
            shown: what it prints goes where our own output goes, and not to the file.
        """
        self.name = name
        self.command = [str(word) for word in command]
        self.folder = folder
        self.output = folder / f"{name}.out"
        self.env = {**os.environ, **(env or {})}
        self.stdin = stdin
        self.user = user
        self.shown = shown
        self._process: subprocess.Popen[bytes] | None = None
        self._swept = True
        """Nothing of the last start is left, and its number may belong to somebody else by now."""

    @property
    def pid(self) -> int:
        assert self._process, f"{self.name} was never started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert not self.alive, f"{self.name} runs already"
        self.folder.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()
        mode = "ab" if self._process else "wb"  # What is from an earlier trial is of no use.
        with self.stdin.open("rb") as stdin, self.output.open(mode) as output:
            self._process = subprocess.Popen(  # noqa: S603  Our own words, no shell.
                self.command,
                cwd=self.folder,
                env=self.env,
                stdin=stdin,
                stdout=None if self.shown else output,
                stderr=None if self.shown else subprocess.STDOUT,
                user=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,
                preexec_fn=lambda: _die_with(parent),
            )
        self._swept = False

    def wait_until(self, ready: Callable[[], bool], seconds: float = START_TIMEOUT) -> None:
        """Wait for the child to be of use.  If it does not get there, or we are stopped meanwhile,
        it is killed: few programs know how to end before they have begun.

        Raises:
            NotStarted: it ended, or took longer; with the end of its output.
        """
        deadline = time.monotonic() + seconds
        try:
            while not ready():
                if not self.alive:
                    raise self.ended()
                if time.monotonic() > deadline:
                    raise NotStarted(f"{self.name}: not ready after {seconds:g} s\n{self.tail()}")
                time.sleep(POLL_EVERY)
        except BaseException:
            self.kill()
            raise

    def ended(self) -> NotStarted:
        """The error to raise when it has ended unasked."""
        return NotStarted(f"{self.name}: ended with status {self.status}\n{self.tail()}")

    @property
    def status(self) -> int | None:
        """As of subprocess: negative for a signal, None while it runs."""
        return self._process.poll() if self._process else None

    def tail(self) -> str:
        lines = self.output.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL:])

    def wait(self, seconds: float) -> int:
        """Its status, once it has ended; raises subprocess.TimeoutExpired."""
        assert self._process, f"{self.name} was never started"
        return self._process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """To the child alone, as a supervisor does."""
        assert self._process, f"{self.name} was never started"
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it in its own way: SIGTERM, then no mercy.  Harmless if it has ended."""
        if self.alive:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(STOP_TIMEOUT)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to it and to everything it started, as when the machine fails."""
        if self._process and not self._swept:
            self._swept = True
            with contextlib.suppress(ProcessLookupError):  # The last of them has gone already.
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _die_with(parent: int) -> None:
    """In the child, before exec: end when the parent does, even if that has just happened."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
