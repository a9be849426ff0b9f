"""What SNACs are made of: numbers, strings and TLVs, taken apart and put together.

    TLV    type u16 | length u16 | value

All of it big-endian, but for ICQ's own data.  AOL's own description of OSCAR (2008), chapter *TLV*.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.errors import WireError

TLV_HEADER = struct.Struct(">HH")

# TLVs.


@dataclass(frozen=True, slots=True)
class Tlvs:
    """In order; a type may come twice, and then the first counts."""

    items: tuple[tuple[int, bytes], ...] = ()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return iter(self.items)

    def __contains__(self, type: int) -> bool:
        return self.get(type) is not None

    def get(self, type: int) -> bytes | None:
        for found, value in self.items:
            if found == type:
                return value
        return None

    def all(self, type: int) -> list[bytes]:
        return [value for found, value in self.items if found == type]

    def number(self, type: int) -> int | None:
        """None where it is missing or empty.  Of any length, because servers do not agree on that:
        09 of a sign-off is a u8 at one, a u16 at the other."""
        value = self.get(type)
        return int.from_bytes(value[:8], "big") if value else None

    def text(self, type: int) -> str:
        """A name, an address or the like; "" where it is missing."""
        return name(self.get(type) or b"")

    def but(self, *types: int) -> "Tlvs":
        """Without those."""
        return Tlvs(tuple(item for item in self.items if item[0] not in types))

    def encode(self) -> bytes:
        return b"".join(tlv(type, value) for type, value in self.items)


NO_TLVS = Tlvs()


def tlvs(*items: tuple[int, bytes]) -> Tlvs:
    return Tlvs(items)


def tlv(type: int, value: bytes = b"") -> bytes:
    return TLV_HEADER.pack(type, len(value)) + value


# Reading and writing of what is inside of a SNAC.


def name(raw: bytes) -> str:
    """A name as its owner wrote it.  They are ASCII; where one is not, nobody says what it is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class Reader:
    """Takes data apart from front to end.  Whatever it cannot do is a WireError."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """There is more."""
        return self._at < len(self._data)

    def __len__(self) -> int:
        """Bytes that are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        start, end = self._at, self._at + count
        if end > len(self._data):
            raise WireError(f"{len(self._data) - start} bytes left: {count} expected")
        self._at = end
        return self._data[start:end]

    def rest(self) -> bytes:
        return self.take(len(self))

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def le16(self) -> int:
        """Little-endian, as ICQ's own data is."""
        return int.from_bytes(self.take(2), "little")

    def le32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def string8(self) -> bytes:
        """Its length in a u8 in front."""
        return self.take(self.u8())

    def string16(self) -> bytes:
        return self.take(self.u16())

    def name8(self) -> str:
        return name(self.string8())

    def numbers(self, layout: struct.Struct) -> tuple[int, ...]:
        """Several at once: much faster than one by one."""
        found: tuple[int, ...] = layout.unpack(self.take(layout.size))
        return found

    def tlv(self) -> tuple[int, bytes]:
        type, size = self.numbers(TLV_HEADER)
        return type, self.take(size)

    def tlvs(self) -> Tlvs:
        """As many as are left."""
        return self._tlvs(len(self))

    def counted_tlvs(self) -> Tlvs:
        """A u16 number of TLVs, and they."""
        count = self.u16()
        found = self._tlvs(count)
        if len(found.items) < count:
            raise WireError(f"{len(found.items)} TLVs found: {count} expected")
        return found

    def _tlvs(self, most: int) -> Tlvs:
        """In one go: no other part of a message takes as long."""
        data, at, end = self._data, self._at, len(self._data)
        items: list[tuple[int, bytes]] = []
        while at < end and len(items) < most:
            start = at + TLV_HEADER.size
            if start > end:
                raise WireError(f"{end - at} bytes left: {TLV_HEADER.size} expected")
            type, size = TLV_HEADER.unpack_from(data, at)
            at = start + size
            if at > end:
                raise WireError(f"{end - start} bytes left: {size} expected")
            items.append((type, data[start:at]))
        self._at = at
        return Tlvs(tuple(items))

    def sized_tlvs(self) -> Tlvs:
        """A u16 number of bytes, and TLVs in these."""
        return Reader(self.string16()).tlvs()


def lenient_tlvs(data: bytes) -> Tlvs:
    """What can be read of data that should be TLVs; for what other users can put there, or what
    servers do not take seriously."""
    reader, items = Reader(data), []
    try:
        while reader:
            items.append(reader.tlv())
    except WireError:
        pass
    return Tlvs(tuple(items))


def u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def u32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def le16(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


def le32(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def string8(value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return u8(len(raw)) + raw


def string16(value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return u16(len(raw)) + raw


def counted_tlvs(items: Tlvs) -> bytes:
    return u16(len(items.items)) + items.encode()


def sized_tlvs(items: Tlvs) -> bytes:
    return string16(items.encode())
