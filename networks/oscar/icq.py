"""ICQ's own data, little-endian, inside of OSCAR: family 15h, and old message types.

    15/02, 15/03   TLV 01:  u16 length | own UIN u32 | type u16 | sequence u16 | body
    07d0, 07da     body:    subtype u16 | (in answers: result u8) | …
    strings        u16 length with the NUL | bytes | NUL

The layouts are those of the ICQ v8 descriptions (A. Shutko, 2005).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from gateway.errors import WireError
from networks.oscar.data import Reader, le16, le32, tlv, u8

# Queries and answers.

OFFLINE_QUERY, OFFLINE_DELETE, META_QUERY = 0x003C, 0x003E, 0x07D0
OFFLINE_MESSAGE, OFFLINE_END, META_ANSWER = 0x0041, 0x0042, 0x07DA


def build_query(uin: str, type: int, sequence: int, body: bytes = b"") -> bytes:
    """15/02."""
    inside = le32(int(uin)) + le16(type, sequence) + body
    return tlv(0x01, le16(len(inside)) + inside)


def build_meta(uin: str, sequence: int, subtype: int, body: bytes) -> bytes:
    return build_query(uin, META_QUERY, sequence, le16(subtype) + body)


@dataclass(frozen=True, slots=True)
class Answer:
    """15/03; as long as its SNAC says MORE_FOLLOWS, others come for the same query."""

    uin: str
    type: int
    sequence: int
    body: bytes


def parse_answer(data: bytes) -> Answer:
    value = Reader(data).tlvs().get(0x01)
    if value is None:
        raise WireError("15/03 without TLV 01")
    reader = Reader(value)
    reader.le16()
    return Answer(str(reader.le32()), reader.le16(), reader.le16(), reader.rest())


class Result(IntEnum):
    OK = 0x0A
    ERROR = 0x14
    NOTHING_FOUND = 0x32


@dataclass(frozen=True, slots=True)
class Meta:
    """The body of a META_ANSWER."""

    subtype: int
    result: int
    body: bytes


def parse_meta(body: bytes) -> Meta:
    reader = Reader(body)
    return Meta(reader.le16(), reader.u8() if reader else Result.ERROR, reader.rest())


def read_string(reader: Reader) -> bytes:
    """Empty is written as nothing by some servers, as a single NUL by others."""
    return reader.take(reader.le16()).removesuffix(b"\0")


def string(value: bytes) -> bytes:
    """NULs in it would end it."""
    clean = value.replace(b"\0", b"")
    return le16(len(clean) + 1) + clean + b"\0"


# Offline messages.


@dataclass(frozen=True, slots=True)
class Offline:
    """OFFLINE_MESSAGE.  Nobody says which charset the text has."""

    sender: str
    sent_at: datetime | None
    type: int
    text: bytes


def parse_offline(body: bytes) -> Offline:
    reader = Reader(body)
    sender = str(reader.le32())
    year, month, day, hour, minute = reader.le16(), *(reader.u8() for _ in range(4))
    type, _ = reader.u8(), reader.u8()
    return Offline(sender, _date(year, month, day, hour, minute), type, read_string(reader))


def _date(year: int, month: int, day: int, hour: int, minute: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None


# Old messages: channel 4, and in offline messages.


class MessageType(IntEnum):
    PLAIN = 0x01
    URL = 0x04
    """Description and address."""
    AUTH_REQUEST = 0x06
    """Nickname, first name, last name, e-mail address, a digit, reason."""
    AUTH_DENIED = 0x07
    AUTH_GRANTED = 0x08
    SERVER = 0x09
    ADDED = 0x0C
    """We have been: the same fields as AUTH_REQUEST."""
    WEB_PAGER = 0x0D
    EMAIL_PAGER = 0x0E
    CONTACTS = 0x13
    """How many, then number and nickname of each."""
    PLUGIN = 0x1A
    AWAY_QUERY_FIRST = 0xE8
    AWAY_QUERY_LAST = 0xEC


SEPARATOR = b"\xfe"


@dataclass(frozen=True, slots=True)
class OldMessage:
    sender: str
    """UIN."""
    type: int
    """A MessageType, or some other."""
    text: bytes

    @property
    def fields(self) -> list[bytes]:
        return self.text.split(SEPARATOR)

    def encode(self) -> bytes:
        return le32(int(self.sender)) + u8(self.type) + u8(0) + string(self.text)


def parse_old_message(data: bytes) -> OldMessage:
    reader = Reader(data)
    sender, type, _ = str(reader.le32()), reader.u8(), reader.u8()
    return OldMessage(sender, type, read_string(reader))


# Channel 2.

RELAY_UTF8 = b"{0946134E-4C7F-11D1-8222-444553540000}"


@dataclass(frozen=True, slots=True)
class Relayed:
    """A message for clients with CAP_ICQ_RELAY."""

    type: int
    text: bytes
    is_utf8: bool
    head: bytes = field(default=b"", repr=False)
    """What an answer repeats."""

    @property
    def is_away_query(self) -> bool:
        return MessageType.AWAY_QUERY_FIRST <= self.type <= MessageType.AWAY_QUERY_LAST

    def answer(self, text: bytes) -> bytes:
        """For 04/0b; ``text``: our away text if it was asked for, otherwise nothing."""
        return self.head + u8(self.type) + u8(0) + le16(0, 0) + string(text)


def parse_relayed(data: bytes) -> Relayed:
    reader = Reader(data)
    first = reader.take(reader.le16())
    second = reader.take(reader.le16())
    head = le16(len(first)) + first + le16(len(second)) + second
    type, _, _, _ = reader.u8(), reader.u8(), reader.le16(), reader.le16()
    text = read_string(reader)
    rest = reader.rest()
    return Relayed(type, text, RELAY_UTF8 in rest.upper(), head)
