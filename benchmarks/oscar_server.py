"""An OSCAR server that lets everybody in, takes every message, and counts what is said.

    17/06, 17/02 ─► 17/07, 17/03      the log-in server, which sends on to the same port
    sign-on with cookie ─► 01/03      BOS; 01/17, 01/06, 01/0e, 13/05 … as OPENING answers them
    04/06 ─► 04/0c                    taken

The answers are made once, and a frame is looked at no further than it takes to choose one.  FLAP
numbers stay 0: the gateway does not read those of servers.

AOL's description of OSCAR (2008), *Authorization*, *Connecting to BOS* and *ICBM*.
"""

import socket
import struct
from collections.abc import Iterable

from benchmarks import server
from benchmarks.loop import LOOPBACK, Loop
from benchmarks.server import Server

SIGNON, DATA, SIGNOFF = 1, 2, 4

FLAP = struct.Struct(">BBHH")
SNAC = struct.Struct(">HHHI")
HEADS = FLAP.size + SNAC.size

FAMILIES = (0x01, 0x02, 0x03, 0x04, 0x06, 0x08, 0x09, 0x0A, 0x0B, 0x10, 0x13, 0x15, 0x18)

RATE_CLASSES = (1, 2, 3, 4, 5)

WINDOW = 1_000_000
"""Each SNAC in a burst takes the level down by the WINDOWth part, so no limit is ever reached."""

LEVEL = 1_000_000_000


SINCE = 1_700_000_000
"""Everybody is online, ..."""

CHANGED = 1_600_000_000
"""... and no address book has changed."""


def u16(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}H", *numbers)


def u32(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def name8(name: bytes) -> bytes:
    return bytes([len(name)]) + name


def tlv(type: int, value: bytes = b"") -> bytes:
    return u16(type, len(value)) + value


def flap(channel: int, body: bytes) -> bytes:
    return FLAP.pack(0x2A, channel, 0, len(body)) + body


def snac(family: int, subtype: int, data: bytes, request_id: int) -> bytes:
    return flap(DATA, SNAC.pack(family, subtype, 0, request_id) + data)


def user_info(name: bytes) -> bytes:
    """As open-oscar-server describes somebody: flags, since when, status, capabilities."""
    capabilities = bytes.fromhex("094600004c7f11d18222444553540000") * 3
    items = (
        tlv(0x03, u32(SINCE))
        + tlv(0x01, u16(0x11))
        + tlv(0x06, u32(0))
        + tlv(0x0D, capabilities)
        + tlv(0x1E, u32(0))
    )
    return name8(name) + u16(0, 5) + items


def _rates() -> bytes:
    """01/07, with as many classes and members as servers have."""
    numbers = (WINDOW, 0, 0, 0, 0, LEVEL, LEVEL, 0)
    classes = b"".join(u16(number) + u32(*numbers) + b"\0" for number in RATE_CLASSES)
    members: dict[int, list[tuple[int, int]]] = {number: [] for number in RATE_CLASSES}
    for family in FAMILIES:
        for subtype in range(1, 0x29):
            is_message = (family, subtype) in ((0x04, 0x06), (0x02, 0x05))
            members[3 if is_message else 1].append((family, subtype))
    groups = b"".join(
        u16(number, len(found)) + b"".join(u16(*kind) for kind in found)
        for number, found in members.items()
    )
    return u16(len(RATE_CLASSES)) + classes + groups


def feedbag(names: Iterable[bytes]) -> bytes:
    """13/06: root, one group, and buddies in it."""
    root, group = 0, 1
    numbers = {name: at for at, name in enumerate(names, 1)}

    def item(name: bytes, group: int, number: int, kind: int, items: bytes) -> bytes:
        return u16(len(name)) + name + u16(group, number, kind, len(items)) + items

    listed = [
        item(b"", root, 0, 1, tlv(0xC8, u16(group))),
        item(b"Buddies", group, 0, 1, tlv(0xC8, u16(*numbers.values()))),
        *(item(name, group, number, 0, b"") for name, number in numbers.items()),
    ]
    return b"\0" + u16(len(listed)) + b"".join(listed) + u32(CHANGED)


def key(family: int, subtype: int) -> int:
    return family << 16 | subtype


OPENING: dict[int, tuple[int, int, bytes]] = {
    key(0x17, 0x06): (0x17, 0x07, u16(8) + b"benchkey"),
    key(0x01, 0x17): (0x01, 0x18, u16(*(part for family in FAMILIES for part in (family, 1)))),
    key(0x01, 0x06): (0x01, 0x07, _rates()),
    key(0x02, 0x02): (0x02, 0x03, tlv(0x01, u16(1000)) + tlv(0x02, u16(1000))),
    key(0x03, 0x02): (0x03, 0x03, tlv(0x01, u16(1000)) + tlv(0x02, u16(1000))),
    key(0x04, 0x04): (0x04, 0x05, u16(100) + u32(3) + u16(512, 999, 999) + u32(0)),
    key(0x09, 0x02): (0x09, 0x03, tlv(0x01, u16(1000)) + tlv(0x02, u16(1000))),
    key(0x13, 0x02): (0x13, 0x03, tlv(0x04, u16(1000, 100, 1000, 1000))),
    key(0x04, 0x10): (0x04, 0x17, b""),
}
"""Answers that are the same for everybody."""

LOG_IN, READY = key(0x17, 0x02), key(0x01, 0x02)
ASK_SELF, SET_STATUS = key(0x01, 0x0E), key(0x01, 0x1E)
ASK_FEEDBAG = key(0x13, 0x05)
MESSAGE = key(0x04, 0x06)

TAKEN = SNAC.pack(0x04, 0x0C, 0, 0)[:6]


class Connection(server.Connection):
    _server: "OscarServer"

    def __init__(self, loop: Loop, sock: socket.socket, server: "OscarServer") -> None:
        super().__init__(loop, sock, server)
        self.send(flap(SIGNON, u32(1)))

    def received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        answers: list[bytes] = []
        at, end = 0, len(data)
        while end - at >= FLAP.size:
            _, channel, _, length = FLAP.unpack_from(data, at)
            after = at + FLAP.size + length
            if after > end:
                break
            if channel == DATA:
                self._snac(data, at, after, answers)
            elif channel == SIGNON:
                self._sign_on(data[at + FLAP.size : after])
            elif channel == SIGNOFF:
                self.close()
                return
            at = after
        self._rest = data[at:]
        if answers:
            self.send(b"".join(answers))

    def _snac(self, data: bytes, at: int, after: int, answers: list[bytes]) -> None:
        start = at + HEADS
        kind = int.from_bytes(data[at + 6 : at + 10], "big")
        if kind == MESSAGE:  # Its cookie, channel and receiver are said again.
            said = data[start : start + 11 + data[start + 10]]
            length = SNAC.size + len(said)
            head = FLAP.pack(0x2A, DATA, 0, length) + TAKEN
            answers.append(head + data[at + 12 : start] + said)
            self._server.said += 1
        elif answer := self._answer(kind, data[start:after]):
            request_id = int.from_bytes(data[at + 12 : start], "big")
            answers.append(snac(*answer, request_id))

    def _answer(self, kind: int, data: bytes) -> tuple[int, int, bytes] | None:
        if kind in (ASK_SELF, SET_STATUS):
            return 0x01, 0x0F, user_info(self.name)
        if kind == ASK_FEEDBAG:
            if int.from_bytes(data[:4], "big") > CHANGED:
                self._server.spared += 1
                return 0x13, 0x0F, u32(CHANGED) + bytes([self._server.items & 0xFF])
            return 0x13, 0x06, self._server.feedbag
        if kind == LOG_IN:  # TLV 01, the name, is the first; it is the cookie, too.
            name = data[4 : 4 + data[3]]
            here = f"{LOOPBACK}:{self._server.port}".encode()
            return 0x17, 0x03, tlv(0x01, name) + tlv(0x05, here) + tlv(0x06, name)
        if kind == READY:
            self._server.people[self.name] = self
        return OPENING.get(kind)

    def _sign_on(self, body: bytes) -> None:
        """Without a cookie it is the log-in server that is meant."""
        if body[4:6] == u16(0x06):
            self.name = body[8:]
            self.send(snac(0x01, 0x03, u16(*FAMILIES), 0))


class OscarServer(Server):
    connection = Connection

    def __init__(self, loop: Loop, buddies: Iterable[bytes] = ()) -> None:
        """``buddies`` are in everybody's feedbag."""
        super().__init__(loop)
        names = tuple(buddies)
        self.spared = 0
        """Log-ins that needed no address book."""
        self.feedbag = feedbag(names)
        self.items = len(names) + 2
