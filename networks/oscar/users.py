"""Who somebody is, and what their client can do: user info, and what is in its TLVs.

    user info  name (u8 length) | warning u16 | TLVs (u16 count)
    BART       type u16 | flags u8 | hash (u8 length), one after the other in TLV 1d

What other users can put into it (capabilities, icons, texts) is read leniently: nobody may end our
session with it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.errors import WireError
from networks.oscar.data import NO_TLVS, Reader, Tlvs, counted_tlvs, string8, u8, u16


def when(seconds: int | None) -> datetime | None:
    """A time as OSCAR counts it."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


# Capabilities.


def capability(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


SHORT_CAPABILITY = capability("09460000-4c7f-11d1-8222-444553540000")
"""Bytes 2 and 3 are what TLV 19 has of one."""

CAP_CHAT = capability("748f2420-6287-11d1-8222-444553540000")
CAP_XHTML = capability("09460002-4c7f-11d1-8222-444553540000")
"""Without it open-oscar-server takes tags out of what ICQ users write to us."""
CAP_ICON = capability("09461346-4c7f-11d1-8222-444553540000")
CAP_ICQ_RELAY = capability("09461349-4c7f-11d1-8222-444553540000")
"""ICQ messages by channel 2.  Not announced: then everybody uses channel 1."""
CAP_INTEROPERATE = capability("0946134d-4c7f-11d1-8222-444553540000")
CAP_UTF8 = capability("0946134e-4c7f-11d1-8222-444553540000")
CAP_TYPING = capability("563fc809-0b6f-41bd-9f79-422609dfa2f3")


# User info.

FLAG_AWAY = 0x0020

STATUS_ONLINE = 0x0000
STATUS_AWAY = 0x0001
STATUS_DND = 0x0002
STATUS_NA = 0x0004
STATUS_OCCUPIED = 0x0010
STATUS_FREE_FOR_CHAT = 0x0020
STATUS_INVISIBLE = 0x0100
"""Bits of the low word of TLV 06.  Clients send DND as 13h, occupied as 11h, N/A as 5."""


@dataclass(frozen=True, slots=True)
class BartId:
    """Names an icon, a status text … (TLV 1d, family 10h)."""

    type: int
    flags: int
    hash: bytes

    def encode(self) -> bytes:
        return u16(self.type) + u8(self.flags) + string8(self.hash)


BART_ICON = 0x0001
BART_STATUS_TEXT = 0x0002
BART_UPLOAD = 0x40
"""Flag in 01/21: the server wants the data."""
BART_HAS_DATA = 0x04
"""Flag: what stands for the hash is the thing itself."""
NO_ICON = bytes.fromhex("0201d20472")
"""The hash of those who have none."""


@dataclass(frozen=True, slots=True)
class UserInfo:
    """01/0f, 03/0b, 03/0c, 02/06, 04/07, 0e/03, 0e/04."""

    name: str
    """As its owner writes it, mostly; in 03/0c it may be normalised."""
    warning: int = 0
    """Per mille."""
    tlvs: Tlvs = NO_TLVS

    @property
    def flags(self) -> int:
        return self.tlvs.number(0x01) or 0

    @property
    def is_away(self) -> bool:
        return bool(self.flags & FLAG_AWAY)

    @property
    def status(self) -> int | None:
        """ICQ's; None where the server does not say."""
        return self.tlvs.number(0x06)

    @property
    def idle_minutes(self) -> int:
        """0 also for iserverd's empty TLV 04, by which it means away."""
        return self.tlvs.number(0x04) or 0

    @property
    def signed_on(self) -> datetime | None:
        return when((self.tlvs.number(0x03) or 0) & 0xFFFFFFFF)

    @property
    def member_since(self) -> datetime | None:
        return when((self.tlvs.number(0x05) or 0) & 0xFFFFFFFF)

    @property
    def capabilities(self) -> frozenset[bytes]:
        """Of 16 bytes each."""
        long, short = self.tlvs.get(0x0D) or b"", self.tlvs.get(0x19) or b""
        found = [long[at : at + 16] for at in range(0, len(long) - 15, 16)]
        found += [
            SHORT_CAPABILITY[:2] + short[at : at + 2] + SHORT_CAPABILITY[4:]
            for at in range(0, len(short) - 1, 2)
        ]
        return frozenset(found)

    @property
    def bart(self) -> tuple[BartId, ...]:
        return lenient_bart(self.tlvs.get(0x1D) or b"")

    @property
    def icon(self) -> bytes | None:
        """Its hash; b"" if they have none, None if the server does not say."""
        for item in self.bart:
            if item.type == BART_ICON:
                return b"" if item.hash == NO_ICON else item.hash
        return None

    @property
    def status_text(self) -> str | None:
        """ICQ 6's, from TLV 1d; None if the server does not say."""
        for item in self.bart:
            if item.type == BART_STATUS_TEXT:
                return _status_text(item.hash)
        return None

    def encode(self) -> bytes:
        return string8(self.name) + u16(self.warning) + counted_tlvs(self.tlvs)


def read_user(reader: Reader) -> UserInfo:
    return UserInfo(reader.name8(), reader.u16(), reader.counted_tlvs())


def parse_users(data: bytes) -> tuple[UserInfo, ...]:
    """01/0f (the first is the whole user), 03/0b, 03/0c, 0e/03, 0e/04."""
    reader, found = Reader(data), []
    while reader:
        found.append(read_user(reader))
    return tuple(found)


def read_bart(reader: Reader) -> BartId:
    return BartId(reader.u16(), reader.u8(), reader.string8())


def lenient_bart(data: bytes) -> tuple[BartId, ...]:
    reader, found = Reader(data), []
    try:
        while reader:
            found.append(read_bart(reader))
    except WireError:
        pass
    return tuple(found)


def _status_text(data: bytes) -> str:
    try:
        return Reader(data).string16().decode(errors="replace")
    except WireError:
        return ""
