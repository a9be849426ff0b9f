"""FLAP, SNAC and TLVs as the fake OSCAR server packs them.

    FLAP  2a | channel u8 | sequence u16 | length u16 | body
    SNAC  family u16 | subtype u16 | flags u16 | request id u32 | data      (the body on channel 2)
    TLV   type u16 | length u16 | value

Shares nothing with networks/oscar, so that the two can only agree by both being right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

SIGNON, DATA, ERROR, SIGNOFF, KEEPALIVE = 1, 2, 3, 4, 5

MARK = 0x2A
HEADER = struct.Struct(">BBHH")
SNAC_HEADER = struct.Struct(">HHHI")

MORE_FOLLOWS = 0x0001
EXTENDED = 0x8000
"""Data begins with ``u16 length`` and as many bytes of TLVs, before what it would be otherwise."""


class Broken(Exception):
    """What the client sent cannot be read."""


@dataclass(frozen=True, slots=True)
class Snac:
    family: int
    subtype: int
    data: bytes = b""
    flags: int = 0
    request_id: int = 0

    def pack(self) -> bytes:
        head = SNAC_HEADER.pack(self.family, self.subtype, self.flags, self.request_id)
        return head + self.data

    @property
    def kind(self) -> tuple[int, int]:
        return self.family, self.subtype

    def __str__(self) -> str:
        return f"SNAC({self.family:02x},{self.subtype:02x}) {self.data.hex()}"


def unpack_snac(body: bytes) -> Snac:
    if len(body) < SNAC_HEADER.size:
        raise Broken(f"a SNAC of {len(body)} bytes")
    family, subtype, flags, request_id = SNAC_HEADER.unpack_from(body)
    return Snac(family, subtype, body[SNAC_HEADER.size :], flags, request_id)


def without_extension(snac: Snac) -> Snac:
    if not snac.flags & EXTENDED:
        return snac
    reader = Reader(snac.data)
    reader.take(reader.u16())
    return replace(snac, data=reader.rest())


def pack_flap(channel: int, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(MARK, channel, sequence, len(body)) + body


class FlapBuffer:
    """Bytes of one direction of a connection into ``(channel, sequence, body)``."""

    def __init__(self) -> None:
        self.waiting = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        self.waiting += data
        while len(self.waiting) >= HEADER.size:
            mark, channel, sequence, length = HEADER.unpack_from(self.waiting)
            if mark != MARK:
                raise Broken(f"a frame that begins with {mark:02x}")
            if len(self.waiting) < HEADER.size + length:
                return
            body = self.waiting[HEADER.size : HEADER.size + length]
            self.waiting = self.waiting[HEADER.size + length :]
            yield channel, sequence, body


def u8(number: int) -> bytes:
    return struct.pack(">B", number)


def u16(number: int) -> bytes:
    return struct.pack(">H", number)


def u32(number: int) -> bytes:
    return struct.pack(">I", number)


def name8(name: str) -> bytes:
    data = name.encode()
    return u8(len(data)) + data


def string16(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return u16(len(data)) + data


def tlv(kind: int, value: bytes | str = b"") -> bytes:
    return u16(kind) + string16(value)


def tlvs(*pairs: tuple[int, bytes | str]) -> bytes:
    return b"".join(tlv(kind, value) for kind, value in pairs)


class Tlvs:
    """In the order they came; a type may come twice."""

    def __init__(self, pairs: list[tuple[int, bytes]]) -> None:
        self.pairs = pairs

    def __contains__(self, kind: int) -> bool:
        return any(found == kind for found, _ in self.pairs)

    def get(self, kind: int) -> bytes | None:
        return next((value for found, value in self.pairs if found == kind), None)

    def __getitem__(self, kind: int) -> bytes:
        value = self.get(kind)
        if value is None:
            raise Broken(f"TLV {kind:02x} expected, found {self}")
        return value

    def number(self, kind: int, otherwise: int = 0) -> int:
        return int.from_bytes(self[kind], "big") if kind in self else otherwise

    def text(self, kind: int) -> str:
        return self[kind].decode("latin-1") if kind in self else ""

    def pack(self) -> bytes:
        return tlvs(*self.pairs)

    def __repr__(self) -> str:
        return repr({f"{kind:04x}": value.hex() for kind, value in self.pairs})


class Reader:
    """Takes fields from the front.  ``order``: "<" inside ICQ's data, which is little-endian."""

    def __init__(self, data: bytes, order: str = ">") -> None:
        self.data, self.at, self.order = data, 0, order

    def take(self, count: int) -> bytes:
        if self.left < count:
            raise Broken(f"{count} bytes expected, {self.left} found, in {self.data.hex()}")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def _number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big" if self.order == ">" else "little")

    def u8(self) -> int:
        return self._number(1)

    def u16(self) -> int:
        return self._number(2)

    def u32(self) -> int:
        return self._number(4)

    def rest(self) -> bytes:
        return self.take(self.left)

    def end(self) -> None:
        if self.left:
            raise Broken(f"{self.left} bytes too many in {self.data.hex()}")

    def name8(self) -> str:
        return self.take(self.u8()).decode("utf-8", "replace")

    def string16(self) -> bytes:
        return self.take(self.u16())

    def tlv(self) -> tuple[int, bytes]:
        kind = self.u16()
        return kind, self.string16()

    def tlvs(self) -> Tlvs:
        """All that follow."""
        pairs = []
        while self.left:
            pairs.append(self.tlv())
        return Tlvs(pairs)

    def counted_tlvs(self) -> Tlvs:
        """As in user information: ``u16 count`` and so many of them."""
        return Tlvs([self.tlv() for _ in range(self.u16())])

    def sized_tlvs(self) -> Tlvs:
        """As in feedbag items: ``u16 length`` in bytes, then the TLVs."""
        return Reader(self.string16()).tlvs()

    def icq_string(self) -> bytes:
        """``u16 length including NUL | bytes | NUL``; length 0 is an empty one too."""
        value = self.take(self.u16())
        if value and not value.endswith(b"\0"):
            raise Broken(f"an ICQ string without its NUL: {value.hex()}")
        return value[:-1]
