"""Items of the address book that the server keeps (family 13h, "feedbag" or SSI).

    name (u16 length) | group u16 | item u16 | class u16 | TLVs (u16 length)

A group has an item 0, a buddy the id of its group; root is group 0, item 0, class GROUP.  TLV c8 of
root lists the groups, that of a group its buddies.
"""

import struct
from dataclasses import dataclass, replace
from enum import IntEnum

from networks.oscar.data import (
    NO_TLVS,
    Reader,
    Tlvs,
    name,
    sized_tlvs,
    string8,
    string16,
    u8,
    u16,
)
from networks.oscar.users import NO_ICON


class ItemClass(IntEnum):
    """Those we know; an item has any u16."""

    BUDDY = 0x0000
    GROUP = 0x0001
    PERMIT = 0x0002
    DENY = 0x0003
    PRIVACY = 0x0004
    PREFERENCES = 0x0005
    NON_BUDDY = 0x0006
    IGNORE = 0x000E
    LAST_UPDATE = 0x000F
    IMPORT_TIME = 0x0013
    ICON = 0x0014
    STATUS_NOTE = 0x015C


class Privacy(IntEnum):
    """TLV ca of the class PRIVACY."""

    ALLOW_ALL = 1
    DENY_ALL = 2
    ALLOW_PERMITTED = 3
    DENY_DENIED = 4
    ALLOW_BUDDIES = 5


TLV_WAITING = 0x0066
"""They have not authorised us yet; always empty."""
TLV_ORDER = 0x00C8
TLV_PRIVACY = 0x00CA
TLV_PRIVACY_MASK = 0x00CB
TLV_ICON = 0x00D5
TLV_ALIAS = 0x0131

ITEM_HEADER = struct.Struct(">4H")
"""What follows the name; at the end, how many bytes of TLVs."""

MAX_ID = 0x7FFF
"""Of groups and items.  Servers use those above for items they push."""


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    group: int
    id: int
    kind: int
    """An ``ItemClass``, or some other."""
    tlvs: Tlvs = NO_TLVS

    @property
    def key(self) -> tuple[int, int]:
        return self.group, self.id

    @property
    def alias(self) -> str:
        return (self.tlvs.get(TLV_ALIAS) or b"").decode(errors="replace")

    @property
    def is_waiting(self) -> bool:
        return TLV_WAITING in self.tlvs

    @property
    def order(self) -> tuple[int, ...]:
        value = self.tlvs.get(TLV_ORDER) or b""
        return tuple(int.from_bytes(value[at : at + 2]) for at in range(0, len(value) - 1, 2))

    @property
    def privacy(self) -> int:
        return self.tlvs.number(TLV_PRIVACY) or Privacy.ALLOW_ALL

    @property
    def icon(self) -> bytes | None:
        """The hash; None if the item has none that can be read."""
        value = self.tlvs.get(TLV_ICON) or b""
        return value[2:] if len(value) > 2 and value[1] == len(value) - 2 else None

    def with_tlv(self, type: int, value: bytes | None) -> "Item":
        """In its old place; None takes it out."""
        items = [(found, value if found == type else old) for found, old in self.tlvs]
        if type not in self.tlvs:
            items.append((type, value))
        return replace(self, tlvs=Tlvs(tuple((t, v) for t, v in items if v is not None)))

    def with_alias(self, alias: str) -> "Item":
        return self.with_tlv(TLV_ALIAS, alias.encode() or None)

    def with_order(self, ids: tuple[int, ...]) -> "Item":
        return self.with_tlv(TLV_ORDER, u16(*ids) if ids else None)

    def encode(self) -> bytes:
        return string16(self.name) + u16(self.group, self.id, self.kind) + sized_tlvs(self.tlvs)


def icon_tlv(hash: bytes) -> bytes:
    """TLV_ICON; its flags say whether there is one."""
    return u8(hash != NO_ICON) + string8(hash)


def read_item(reader: Reader) -> Item:
    called = name(reader.string16())
    group, id, kind, size = reader.numbers(ITEM_HEADER)
    return Item(called, group, id, kind, Reader(reader.take(size)).tlvs() if size else NO_TLVS)


def parse_items(data: bytes) -> tuple[Item, ...]:
    """13/08, 13/09, 13/0a."""
    reader, found = Reader(data), []
    while reader:
        found.append(read_item(reader))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Feedbag:
    """13/06; a long one comes in parts, all but the last with MORE_FOLLOWS."""

    items: tuple[Item, ...]
    changed: int
    """When, in seconds since 1970."""


def parse_feedbag(data: bytes) -> Feedbag:
    reader = Reader(data)
    reader.u8()
    items = tuple(read_item(reader) for _ in range(reader.u16()))
    return Feedbag(items, reader.u32() if reader else 0)


class Result(IntEnum):
    """13/0e, one for each item."""

    OK = 0x0000
    NOT_FOUND = 0x0002
    EXISTS = 0x0003
    CANNOT_ADD = 0x000A
    FULL = 0x000C
    IS_ICQ = 0x000D
    MUST_ASK = 0x000E
    """They have to authorise us: add again with TLV_WAITING, and ask."""


def parse_results(data: bytes) -> tuple[int, ...]:
    reader, found = Reader(data), []
    while reader:
        found.append(reader.u16())
    return tuple(found)


# Authorisation.


@dataclass(frozen=True, slots=True)
class Asked:
    """13/19."""

    name: str
    reason: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """13/1b."""

    name: str
    is_granted: bool
    reason: bytes


def parse_asked(data: bytes) -> Asked:
    reader = Reader(data)
    return Asked(reader.name8(), _reason(reader))


def parse_answered(data: bytes) -> Answered:
    reader = Reader(data)
    return Answered(reader.name8(), reader.u8() == 1, _reason(reader))


def parse_granted(data: bytes) -> Asked:
    """13/15: they let us see them before we asked.  Also 13/1c: they have added us."""
    reader = Reader(data)
    return Asked(reader.name8(), _reason(reader))


def _reason(reader: Reader) -> bytes:
    """Some other user wrote it: b"" if it is not as it should be."""
    size = reader.u16() if len(reader) >= 2 else 0
    return reader.take(min(size, len(reader)))


def build_ask(who: str, reason: str) -> bytes:
    """13/18."""
    return string8(who) + string16(reason) + u16(0)


def build_answer(who: str, is_granted: bool, reason: str) -> bytes:
    """13/1a; at the end no charset, which IServerd wants to read."""
    return string8(who) + u8(is_granted) + string16(reason) + u16(0)
