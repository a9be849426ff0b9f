"""What the fake servers of all networks have in common: they listen on loopback, the test plays
people on them, and looks at what clients did.

A world has ``users`` by their keys, ``links`` (clients, on a socket or played), and ``violations``.
"""

from __future__ import annotations

import ssl
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import SHUT_WR, socket
from typing import Any, Generic, TypeVar

import gevent
from gevent.baseserver import BaseServer
from gevent.queue import Empty, Queue

from gateway.trial.certificates import make_certificate
from gateway.trial.process import LOOPBACK

HOST = "localhost"
"""As the certificate says; resolves to loopback."""

WAIT = 10.0
"""Seconds for anything that must come; it takes milliseconds, on a loaded machine more."""

POLL = 0.005

CHUNK = 65536

DRAIN_TIMEOUT = 5.0
"""For a client to hang up after we did."""

EventT = TypeVar("EventT")
FakeT = TypeVar("FakeT", bound="Fake[Any]")
FoundT = TypeVar("FoundT")


class Played(Generic[EventT]):
    """A user whom the test plays: keeps what the server says."""

    def __init__(self, name: str) -> None:
        self._called = name
        self.received: Queue[EventT] = Queue()
        self.passed_over: list[EventT] = []
        """By all that waited."""

    def wait(self, kind: type[FoundT], timeout: float = WAIT, **fields: Any) -> FoundT:
        """The next event of this kind with these fields; others are passed over."""
        skipped: list[object] = []
        while True:
            try:
                event: Any = self.received.get(timeout=timeout)
            except Empty:
                found = "\n".join(map(str, skipped)) or "nothing"
                wanted = f"{kind.__name__} {fields or ''}"
                raise AssertionError(
                    f"{self.known_as} waited for {wanted}, got:\n{found}"
                ) from None
            if isinstance(event, kind) and all(
                getattr(event, name) == value for name, value in fields.items()
            ):
                return event
            skipped.append(event)
            self.passed_over.append(event)


PersonT = TypeVar("PersonT", bound=Played[Any])


class Fake(ABC, Generic[PersonT]):
    def __init__(self, world: Any, folder: Path | None) -> None:
        """``folder``: for a certificate; None: there is none."""
        self.world = world
        self.host = LOOPBACK
        self.port = 0
        self.ca_file: Path | None = None
        self.people: dict[str, PersonT] = {}
        self._listeners: list[BaseServer] = []
        self._context: ssl.SSLContext | None = None
        if folder:
            certificate = make_certificate(folder, HOST)
            self.ca_file = certificate.ca_file
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.cert_file, certificate.key_file)

    # What each has of its own.

    @abstractmethod
    def start(self) -> None:
        """Also again, on the same ports, after ``stop``."""

    @abstractmethod
    def leave(self, link: Any) -> None:
        """One client is gone."""

    @abstractmethod
    def key(self, name: str) -> str:
        """As names are compared."""

    @abstractmethod
    def add_user(self, name: str, password: str = "secret") -> PersonT: ...

    @abstractmethod
    def is_online(self, name: str) -> bool: ...

    @abstractmethod
    def recent(self) -> list[str]:
        """What clients sent last."""

    # Running.

    def listen(self, listener: BaseServer) -> int:
        """On which port."""
        listener.start()
        self._listeners.append(listener)
        port: int = listener.server_port
        return port

    def stop(self) -> None:
        """All connections end at once, without a word."""
        for link in self.clients():
            self.leave(link)
        for listener in self._listeners:
            listener.stop(timeout=1)
        self._listeners.clear()

    def drop(self, name: str) -> None:
        """The network fails for one user."""
        for link in self.clients(name):
            self.leave(link)

    def clients(self, name: str = "") -> list[Any]:
        """Those that are not played; of one user, or all."""
        links = [link for link in self.world.links if not link.played]
        return [link for link in links if not name or link.user is self.account(name)]

    # Who is there.

    def user(self, name: str) -> PersonT:
        """Play this user; who does not exist yet is added."""
        return self.people.get(self.key(name)) or self.add_user(name)

    def account(self, name: str) -> Any:
        return self.world.users[self.key(name)]

    # What clients did.

    @property
    def violations(self) -> list[str]:
        found: list[str] = self.world.violations
        return found

    def wait_online(self, name: str) -> None:
        self.wait_until(lambda: self.is_online(name), f"{name} to be online")

    def wait_offline(self, name: str) -> None:
        self.wait_until(lambda: not self.is_online(name), f"{name} to be offline")

    def wait_until(self, true: Callable[[], bool], what: str = "", timeout: float = WAIT) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                seen = "\n".join(self.recent())
                raise AssertionError(
                    f"waited for {what}; violations {self.violations}; got\n{seen}"
                )
            gevent.sleep(POLL)


@contextmanager
def running(
    make: Callable[[Path | None], FakeT], *, tls: bool, folder: Path | None
) -> Iterator[FakeT]:
    """``tls``: it has a certificate, in ``folder`` or a temporary one."""
    with ExitStack() as stack:
        if tls and folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fake-")))
        server = make(folder if tls else None)
        server.start()
        stack.callback(server.stop)
        yield server


# Sockets.


class Writer:
    """The only greenlet that writes the socket."""

    def __init__(self, sock: socket) -> None:
        self.sock = sock
        self._waiting: Queue[bytes | None] = Queue()
        self._greenlet = gevent.spawn(self._run)

    def write(self, data: bytes | None) -> None:
        """None: hang up once all before is written."""
        self._waiting.put(data)

    def _run(self) -> None:
        with suppress(OSError):
            for data in iter(self._waiting.get, None):
                self.sock.sendall(data)
        with suppress(OSError):
            self.sock.shutdown(SHUT_WR)

    def finish(self) -> None:
        """Read what is still coming: closing before would take our last words from the client."""
        self._greenlet.join()
        with suppress(OSError), gevent.Timeout(DRAIN_TIMEOUT, False):
            while self.sock.recv(CHUNK):
                pass
        self.sock.close()


def receive(sock: socket) -> bytes:
    """Nothing: it is over."""
    try:
        return sock.recv(CHUNK)
    except OSError:
        return b""
