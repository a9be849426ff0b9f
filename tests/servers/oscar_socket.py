"""One connection to the fake OSCAR server: reads frames, checks them, and writes the answers."""

from __future__ import annotations

import random
import socket
import traceback

from tests.servers import oscar_bos as bos
from tests.servers import oscar_dispatch as dispatch
from tests.servers import oscar_login as login
from tests.servers.fake import Writer, receive
from tests.servers.oscar_wire import (
    SIGNOFF,
    SIGNON,
    Broken,
    FlapBuffer,
    Reader,
    pack_flap,
    u32,
    unpack_snac,
)
from tests.servers.oscar_world import END, SHORT_SIGNOFF, Link, World

VERSION = u32(1)

FIRST_SEQUENCE = 100
"""Of open-oscar-server; the other begins anywhere."""


class FlapWriter(Writer):
    """Numbers frames."""

    def __init__(self, sock: socket.socket, sequence: int) -> None:
        super().__init__(sock)
        self.sequence = sequence

    def write_frame(self, channel: int, body: bytes) -> None:
        self.write(None if channel == END else self._frame(channel, body))

    def _frame(self, channel: int, body: bytes) -> bytes:
        number, self.sequence = self.sequence, (self.sequence + 1) & 0xFFFF
        if channel == SHORT_SIGNOFF:
            return pack_flap(SIGNOFF, number)[:4]
        return pack_flap(channel, number, body)


def serve(world: World, sock: socket.socket, secure: bool) -> None:
    """Until the client hangs up, or we did."""
    first = FIRST_SEQUENCE if world.kind.shares_accounts else random.randrange(0x10000)
    writer = FlapWriter(sock, first)
    link = Link(world, writer.write_frame, played=False)
    link.secure = secure
    world.links.append(link)
    writer.write_frame(SIGNON, VERSION)
    try:
        Connection(link).read(sock)
    except Exception:
        world.violation(link, f"the fake server failed:\n{traceback.format_exc()}")
    finally:
        link.close()
        bos.leave(link)
        writer.finish()


class Connection:
    """What one client sends, frame by frame."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.sequence: int | None = None
        self.signed_on = False

    def read(self, sock: socket.socket) -> None:
        buffer = FlapBuffer()
        while not self.link.closed and (data := receive(sock)):
            try:
                for frame in buffer.feed(data):
                    if not self.link.closed:
                        self._take(*frame)
                    self.link.world.taken += 1
            except Broken as problem:
                self.link.world.violation(self.link, str(problem))
                self.link.close()
        if buffer.waiting and not self.link.closed:
            self.link.world.violation(self.link, "ended in the middle of a frame")

    def _take(self, channel: int, sequence: int, body: bytes) -> None:
        link = self.link
        if not self._follows(sequence):
            return
        match channel:
            case 1:
                self._sign_on(body)
            case 2 if self.signed_on:
                dispatch.receive(link, unpack_snac(body))
            case 4:
                link.close()
            case 5:
                if body:
                    link.world.violation(link, f"a keepalive of {len(body)} bytes")
            case _:
                raise Broken(f"a frame on channel {channel}, signed on: {self.signed_on}")

    def _follows(self, sequence: int) -> bool:
        """The stricter server hangs up without a word when a number is not the next one."""
        expected, self.sequence = self.sequence, sequence
        if expected is None or sequence == (expected + 1) & 0xFFFF:
            return True
        world = self.link.world
        world.violation(self.link, f"sequence number {sequence} after {expected}")
        if world.kind.strict_sequence:
            self.link.close()
        return not world.kind.strict_sequence

    def _sign_on(self, body: bytes) -> None:
        link, reader = self.link, Reader(body)
        if self.signed_on or reader.u32() != 1:
            raise Broken(f"signon {body.hex()}, signed on: {self.signed_on}")
        self.signed_on = True
        fields = reader.tlvs()
        if 0x06 in fields:
            ticket = link.world.tickets.pop(fields[0x06], None)
            if ticket is None:
                link.world.violation(link, "a cookie that was not given, or given and used")
                return link.close()
            return bos.admit(link, ticket)
        if 0x01 in fields and 0x02 in fields and link.world.kind.roasted:
            return login.roasted(link, fields)
        if fields.pairs:
            link.world.violation(link, f"signon with {fields}")
        return None
