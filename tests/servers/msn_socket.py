"""One connection to the fake MSN server: reads commands, and writes what links say."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable

from tests.servers import msn_ns as ns
from tests.servers import msn_sb as sb
from tests.servers.fake import Writer, receive
from tests.servers.msn_wire import FROM_CLIENT, Broken, Buffer, Command
from tests.servers.msn_world import Link, Seat, Session, World


def serve_ns(world: World, sock: socket.socket, dispatch: bool) -> None:
    """Until the client hangs up, or we did."""
    writer = Writer(sock)
    session = Session(world, writer.write, dispatch=dispatch)
    world.links.append(session)
    try:
        _read(session, sock, lambda command: ns.receive(session, command))
    finally:
        ns.leave(session)
        writer.finish()


def serve_sb(world: World, sock: socket.socket) -> None:
    writer = Writer(sock)
    seat = Seat(world, writer.write)
    world.links.append(seat)
    sb.expect_entry(seat)
    try:
        _read(seat, sock, lambda command: sb.receive(seat, command))
    finally:
        sb.leave(seat)
        writer.finish()


def _read(link: Link, sock: socket.socket, take: Callable[[Command], None]) -> None:
    buffer = Buffer(FROM_CLIENT)
    try:
        while not link.closed and (data := receive(sock)):
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
