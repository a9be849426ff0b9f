"""One connection to the fake MSN server: reads commands, and writes what links say."""

from __future__ import annotations

import contextlib
import socket
import traceback
from collections.abc import Callable

import gevent
from gevent.queue import Queue

from tests.servers import msn_ns as ns
from tests.servers import msn_sb as sb
from tests.servers.msn_wire import FROM_CLIENT, Broken, Buffer, Command
from tests.servers.msn_world import Link, Seat, Session, World

CHUNK = 65536

DRAIN_TIMEOUT = 5.0
"""For a client to hang up after we did."""


class Writer:
    """The only greenlet that writes the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.commands: Queue[bytes | None] = Queue()
        self.greenlet = gevent.spawn(self._run)

    def write(self, data: bytes | None) -> None:
        self.commands.put(data)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            for data in iter(self.commands.get, None):
                self.sock.sendall(data)
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)


def serve_ns(world: World, sock: socket.socket, dispatch: bool) -> None:
    """Until the client hangs up, or we did."""
    writer = Writer(sock)
    session = Session(world, writer.write, dispatch=dispatch)
    world.links.append(session)
    try:
        _read(session, sock, lambda command: ns.receive(session, command))
    finally:
        ns.leave(session)
        _finish(writer)


def serve_sb(world: World, sock: socket.socket) -> None:
    writer = Writer(sock)
    seat = Seat(world, writer.write)
    world.links.append(seat)
    sb.expect_entry(seat)
    try:
        _read(seat, sock, lambda command: sb.receive(seat, command))
    finally:
        sb.leave(seat)
        _finish(writer)


def _read(link: Link, sock: socket.socket, take: Callable[[Command], None]) -> None:
    buffer = Buffer(FROM_CLIENT)
    try:
        while not link.closed and (data := _receive(sock)):
            for command in buffer.feed(data):
                if not link.closed:
                    take(command)
                link.world.taken += 1
        if buffer.waiting and not link.closed:
            link.violation(f"ended in the middle of a command: {buffer.waiting[:200]!r}")
    except Broken as problem:
        link.violation(str(problem))
    except Exception:
        link.violation(f"the fake server failed:\n{traceback.format_exc()}")


def _receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(CHUNK)
    except OSError:
        return b""


def _finish(writer: Writer) -> None:
    """Read what is still coming: closing before would take our last words from the client."""
    writer.greenlet.join()
    with contextlib.suppress(OSError), gevent.Timeout(DRAIN_TIMEOUT, False):
        while writer.sock.recv(CHUNK):
            pass
    writer.sock.close()
