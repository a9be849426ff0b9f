"""FLAP frames and the SNACs in them: bytes to frames and back.

    FLAP   2a | channel u8 | sequence u16 | length u16 | body
             1 sign-on    version u32 | TLVs
             2 data       SNAC: family u16 | subtype u16 | flags u16 | request id u32 | data
             3 error      4 sign-off    5 keep-alive

All of it big-endian.  AOL's own description of OSCAR (2008), chapters *FLAP* and *SNAC*.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.errors import WireError
from networks.oscar.data import NO_TLVS, Reader, Tlvs, lenient_tlvs, u32

MARK = 0x2A
HEADER = struct.Struct(">BBHH")
SNAC_HEADER = struct.Struct(">HHHI")

MAX_BODY = 0xFFFF
"""Bytes in a frame: what its length can say."""

SEQUENCES = 0x10000
"""Numbers wrap here for servers that count (iserverd).  Some clients, and descriptions, say 8000h;
nobody sends that many frames in one connection."""

MORE_FOLLOWS = 0x0001
"""SNAC flag: other replies to the same request come after this one."""
HAS_PREAMBLE = 0x8000
"""SNAC flag: a u16 length and that many bytes of TLVs stand in front of the data."""


# Frames.


@dataclass(frozen=True, slots=True)
class Signon:
    """Channel 1, the first frame of each side."""

    tlvs: Tlvs = NO_TLVS
    version: int = 1


@dataclass(frozen=True, slots=True)
class Snac:
    """Channel 2.  ``data`` is what follows the TLVs that HAS_PREAMBLE announces, and ``flags`` do
    not have that one any more: nothing in those TLVs is of use."""

    family: int
    subtype: int
    data: bytes = b""
    request_id: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class FlapError:
    """Channel 3.  Not seen from any server."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Signoff:
    """Channel 4.  No ``tlvs`` where there is anything else: one server repeats a SNAC there."""

    tlvs: Tlvs = NO_TLVS


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Channel 5."""

    data: bytes = b""


Frame = Signon | Snac | FlapError | Signoff | KeepAlive


@dataclass(slots=True)
class OscarCodec:
    """One connection.  It numbers what it encodes, so each frame must be encoded once, in the order
    in which they are sent.

    A sign-off of four bytes without a length, which is all that some servers send to clients
    without TLV 4a, stays in the buffer: the end of the connection follows it.
    """

    sequence: int = 0
    """Of the first frame we send: below SEQUENCES, any."""
    _sent: int = field(default=0, init=False, repr=False, compare=False)
    _buffer: bytes = field(default=b"", init=False, repr=False, compare=False)

    def receive(self, data: bytes) -> list[Frame]:
        buffer = self._buffer + data if self._buffer else data
        frames: list[Frame] = []
        at, end = 0, len(buffer)
        while end - at >= HEADER.size:
            mark, channel, _, length = HEADER.unpack_from(buffer, at)
            if mark != MARK:
                break
            start = at + HEADER.size
            if end - start < length:
                break
            frames.append(decode(channel, buffer[start : start + length]))
            at = start + length
        if at < end and buffer[at] != MARK:
            raise WireError(f"FLAP begins with {buffer[at]:02x}: {MARK:02x} expected")
        self._buffer = buffer[at:]
        return frames

    def encode(self, frame: Frame) -> bytes:
        channel, body = encode(frame)
        if len(body) > MAX_BODY:
            raise ValueError(f"FLAP of {len(body)} bytes: at most {MAX_BODY} fit")
        number = (self.sequence + self._sent) % SEQUENCES
        self._sent += 1
        return HEADER.pack(MARK, channel, number, len(body)) + body


def decode(channel: int, body: bytes) -> Frame:
    """
    Raises:
        WireError: the frame is of no kind there is.
    """
    match channel:
        case 2:
            return _decode_snac(body)
        case 1:
            reader = Reader(body)
            version = reader.u32()
            return Signon(reader.tlvs(), version)
        case 3:
            return FlapError(body)
        case 4:
            return Signoff(_tlvs_or_none(body))
        case 5:
            return KeepAlive(body)
    raise WireError(f"FLAP channel {channel}: 1 to 5 expected")


def _decode_snac(body: bytes) -> Snac:
    if len(body) < SNAC_HEADER.size:
        raise WireError(f"SNAC of {len(body)} bytes: {SNAC_HEADER.size} or more expected")
    family, subtype, flags, request_id = SNAC_HEADER.unpack_from(body)
    data = body[SNAC_HEADER.size :]
    if flags & HAS_PREAMBLE:
        reader = Reader(data)
        reader.string16()
        data, flags = reader.rest(), flags & ~HAS_PREAMBLE
    return Snac(family, subtype, data, request_id, flags)


def _tlvs_or_none(data: bytes) -> Tlvs:
    try:
        return Reader(data).tlvs()
    except WireError:
        return NO_TLVS


def encode(frame: Frame) -> tuple[int, bytes]:
    """Its channel and its body."""
    match frame:
        case Snac(family, subtype, data, request_id, flags):
            return 2, SNAC_HEADER.pack(family, subtype, flags, request_id) + data
        case Signon(items, version):
            return 1, u32(version) + items.encode()
        case FlapError(data):
            return 3, data
        case Signoff(items):
            return 4, items.encode()
        case KeepAlive(data):
            return 5, data


# Logs.

HIDDEN = "…"

SECRET_TLVS = {0x02, 0x06, 0x25}
"""In a sign-on and in SECRET_SNACS: the roasted password, the cookie of a log-in, the hash."""

SECRET_SNACS = {(0x01, 0x05), (0x17, 0x02), (0x17, 0x03)}

UNSHOWN_SNACS = {(0x17, 0x07)}
"""Altogether: the key of a log-in, with which a hash can be tried against passwords."""

LONGEST_SHOWN = 256
"""Bytes of a SNAC that the log shows: an icon has thousands."""


def show(frame: Frame) -> str:
    """One line for the log, with every secret in it as "…"."""
    match frame:
        case Snac(family, subtype, data, request_id, flags):
            flagged = f" flags={flags:04x}" if flags else ""
            head = f"SNAC({family:02x},{subtype:02x}) id={request_id:x}{flagged}"
            return f"{head} {_shown(family, subtype, data)}".rstrip()
        case Signon(items, version):
            return f"SIGNON {version} {_show_tlvs(items)}".rstrip()
        case FlapError(data):
            return f"ERROR {data[:LONGEST_SHOWN].hex()}".rstrip()
        case Signoff(items):
            return f"SIGNOFF {_show_tlvs(items)}".rstrip()
        case KeepAlive():
            return "KEEPALIVE"


def _shown(family: int, subtype: int, data: bytes) -> str:
    if (family, subtype) in UNSHOWN_SNACS:
        return HIDDEN
    if (family, subtype) in SECRET_SNACS:
        return _show_tlvs(lenient_tlvs(data))
    cut = HIDDEN if len(data) > LONGEST_SHOWN else ""
    return data[:LONGEST_SHOWN].hex() + cut


def _show_tlvs(items: Iterable[tuple[int, bytes]]) -> str:
    return " ".join(
        f"{type:02x}={HIDDEN if type in SECRET_TLVS else value[:LONGEST_SHOWN].hex()}"
        for type, value in items
    )
