"""How ``gateway.py sessions`` and the like ask the running gateway: a Unix socket, JSON lines.

    client  {"command": "remove", "arguments": {"user": …, "transport": …, "account": …}}
    server  {"row": {…}}                   as many as there are
    server  {"done": true}                 or {"refused": "a sentence"}

The socket's mode lets only its owner in; there is no other authentication.  Commands, which
``gateway.service`` provides (an argument that is wrong raises ``GatewayError``):

    sessions   {}                          → user transport account state since why next_try
    remove     {user, transport, account}  → removed
    rotate     {}                          → table seen resealed broken, a row per batch
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gevent.server import StreamServer

from gateway import log
from gateway.errors import ConfigError, GatewayError

MAX_REQUEST = 64 * 1024
"""Bytes.  A request is one line with a few names in it."""

REQUEST_SECONDS = 10.0
"""For a client to say what it wants, and to take each row; then it is hung up on."""

ANSWER_SECONDS = 120.0
"""For the gateway to answer: re-sealing a batch on a slow disk takes some."""

MAX_CLIENTS = 16
"""At a time; the others wait.  Operators are few."""

ONLY_OWNER = 0o177
"""Mask of the permissions nobody gets."""

Row = Mapping[str, Any]
Commands = Mapping[str, Callable[..., Iterable[Row]]]


class NotRunning(GatewayError):
    """Nobody answers at the socket."""


class Refused(GatewayError):
    """The gateway says no; the text says why."""


class Control:
    """The server.  Each client has a greenlet; a command may block it."""

    def __init__(self, path: Path, commands: Commands) -> None:
        self._path = path
        self._commands = commands
        self._server: Any = None

    def start(self) -> None:
        """
        Raises:
            ConfigError: another gateway runs with this socket, or it cannot be made.
        """
        if is_running(self._path):
            raise ConfigError(
                f"{self._path}: another gateway answers there; stop it first, "
                "or give this one a control.socket of its own"
            )
        try:
            self._server = StreamServer(_listen(self._path), self._serve, spawn=MAX_CLIENTS)
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be made: {error.strerror}") from None
        self._server.start()

    def stop(self) -> None:
        if self._server:
            self._server.stop(timeout=0)
            self._path.unlink(missing_ok=True)
            self._server = None

    def _serve(self, sock: socket.socket, _: object) -> None:
        sock.settimeout(REQUEST_SECONDS)
        with contextlib.suppress(OSError):  # The client went away, or sleeps.
            try:
                for row in self._answer(sock.makefile("rb").readline(MAX_REQUEST)):
                    _send(sock, {"row": row})
                _send(sock, {"done": True})
            except GatewayError as error:
                _send(sock, {"refused": str(error)})

    def _answer(self, request: bytes) -> Iterator[Row]:
        try:
            asked = json.loads(request)
            command, arguments = asked["command"], dict(asked["arguments"])
        except (ValueError, KeyError, TypeError):
            raise Refused("that is no request") from None
        if command not in self._commands:
            raise Refused(f"{command!r} is no command of this version of the gateway")
        log.info("control.asked", command=command)
        try:
            yield from self._commands[command](**arguments)
        except GatewayError:
            raise
        except Exception as error:
            log.exception("control.crashed", command=command)
            raise Refused("the gateway made a mistake; its log says more") from error


def is_running(path: Path) -> bool:
    """Whether a gateway answers at this socket."""
    try:
        _connect(path).close()
    except NotRunning:
        return False
    return True


def ask(path: Path, command: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """The rows of the answer, as they come.

    Raises:
        NotRunning: no gateway answers there, or no longer.
        Refused: it says no.
    """
    with _connect(path) as sock:
        sock.settimeout(ANSWER_SECONDS)
        try:
            _send(sock, {"command": command, "arguments": arguments})
            for line in sock.makefile("rb"):
                match json.loads(line):
                    case {"row": row}:
                        yield row
                    case {"refused": why}:
                        raise Refused(why)
                    case {"done": True}:
                        return
        except OSError as error:
            raise NotRunning(f"{path}: {error}") from None
        raise NotRunning(f"{path}: the gateway ended before it had answered")


def _connect(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(str(path))
    except OSError as error:
        sock.close()
        raise NotRunning(f"{path}: no gateway answers there ({error.strerror})") from None
    return sock


def _listen(path: Path) -> socket.socket:
    """A socket file left by a gateway that was killed is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    before = os.umask(ONLY_OWNER)
    try:
        sock.bind(str(path))
    finally:
        os.umask(before)
    sock.listen(MAX_CLIENTS)
    return sock


def _send(sock: socket.socket, message: Mapping[str, Any]) -> None:
    sock.sendall(json.dumps(message, default=str).encode() + b"\n")
