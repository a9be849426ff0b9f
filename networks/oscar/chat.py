"""Rooms: where they are (family 0dh, ChatNav) and what is said in them (family 0eh, Chat).

    key        exchange u16 | cookie u8 length | instance u16
    room info  key | detail u8 | TLVs (u16 count)

Exchange 4 has the rooms that anybody makes, exchange 5 those of the server's operator.
"""

from dataclasses import dataclass

from gateway.errors import WireError
from networks.oscar.data import (
    NO_TLVS,
    Reader,
    Tlvs,
    counted_tlvs,
    lenient_tlvs,
    string8,
    tlv,
    tlvs,
    u8,
    u16,
)
from networks.oscar.users import UserInfo, read_user

PRIVATE, PUBLIC = 4, 5
"""Exchanges."""

CHANNEL = 3
"""Of messages, in the numbering of family 4."""

ANY_INSTANCE = 0xFFFF


@dataclass(frozen=True, slots=True)
class RoomKey:
    exchange: int
    cookie: bytes
    """The server's own name for it, such as ``4-0-lounge``."""
    instance: int = 0

    def encode(self) -> bytes:
        return u16(self.exchange) + string8(self.cookie) + u16(self.instance)


def read_room_key(reader: Reader) -> RoomKey:
    return RoomKey(reader.u16(), reader.string8(), reader.u16())


@dataclass(frozen=True, slots=True)
class Room:
    """0e/02, and TLV 04 of 0d/09."""

    key: RoomKey
    tlvs: Tlvs = NO_TLVS

    @property
    def name(self) -> str:
        """As who made it wrote it."""
        return self.tlvs.text(0xD3) or self.tlvs.text(0x6A)

    @property
    def max_message(self) -> int | None:
        """Bytes of a message."""
        return self.tlvs.number(0xD1)

    @property
    def occupants(self) -> int | None:
        return self.tlvs.number(0x6D)


def read_room(reader: Reader) -> Room:
    key = read_room_key(reader)
    detail = reader.u8()
    if detail == 0:  # Nothing but the key.
        return Room(key)
    return Room(key, reader.counted_tlvs())


def parse_room(data: bytes) -> Room:
    """0e/02."""
    return read_room(Reader(data))


@dataclass(frozen=True, slots=True)
class NavInfo:
    """0d/09: the answer to everything that ChatNav is asked."""

    exchanges: tuple[int, ...]
    rooms: tuple[Room, ...]


def parse_nav_info(data: bytes) -> NavInfo:
    items = Reader(data).tlvs()
    return NavInfo(
        exchanges=tuple(Reader(value).u16() for value in items.all(0x03)),
        rooms=tuple(parse_room(value) for value in items.all(0x04)),
    )


def build_create(name: str, exchange: int = PRIVATE) -> bytes:
    """0d/08: make it, or find it if there is one of that name."""
    items = tlvs((0xD7, b"en"), (0xD6, b"us-ascii"), (0xD3, name.encode()))
    key = RoomKey(exchange, b"create", ANY_INSTANCE)
    return key.encode() + u8(1) + counted_tlvs(items)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMessage:
    """0e/06."""

    cookie: bytes
    sender: UserInfo
    charset: str
    data: bytes
    """HTML."""
    is_whisper: bool


def parse_message(data: bytes) -> RoomMessage:
    """The order of the TLVs varies, and the text in TLV 05 is the sender's: read leniently."""
    reader = Reader(data)
    cookie, _ = reader.take(8), reader.u16()
    items = reader.tlvs()
    who = items.get(0x03)
    if who is None:
        raise WireError("0e/06 without TLV 03: a sender expected")
    inside = lenient_tlvs(items.get(0x05) or b"")
    return RoomMessage(
        cookie=cookie,
        sender=read_user(Reader(who)),
        charset=inside.text(0x02),
        data=inside.get(0x01) or b"",
        is_whisper=0x01 not in items,
    )


def build_message(
    cookie: bytes, charset: str, data: bytes, *, whisper_to: str = "", reflect: bool = True
) -> bytes:
    """0e/05; ``reflect``: the server sends it to us, too, which confirms it."""
    head = tlv(0x02, whisper_to.encode()) if whisper_to else tlv(0x01)
    inside = tlvs((0x02, charset.encode()), (0x03, b"en"), (0x01, data))
    mirror = tlv(0x06) if reflect else b""
    return cookie + u16(CHANNEL) + head + mirror + tlv(0x05, inside.encode())
