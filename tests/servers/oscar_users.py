"""Who has an account on the fake OSCAR server, and what it keeps of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from tests.servers.oscar_wire import Reader, Tlvs, string16, u16


class Privacy(IntEnum):
    """Modes, TLV ca of a class 4 item."""

    PERMIT_ALL = 1
    PERMIT_NONE = 2
    PERMIT_LISTED = 3
    DENY_LISTED = 4
    PERMIT_BUDDIES = 5


AWAITING = 0x66
TYPING_EVENTS = 0x400000
"""Bit of TLV c9 of the class 5 item."""


class Class(IntEnum):
    """Classes of feedbag items."""

    BUDDY = 0
    GROUP = 1
    PERMIT = 2
    DENY = 3
    PRIVACY = 4
    PREFERENCES = 5
    IGNORE = 0x0E
    ICON = 0x14


def ident(name: str) -> str:
    """How names are compared: "Probe Bob" and "probebob" are one."""
    return name.replace(" ", "").lower()


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    group: int
    number: int
    kind: int
    tlvs: bytes = b""

    @property
    def key(self) -> tuple[int, int]:
        return self.group, self.number

    @property
    def fields(self) -> Tlvs:
        return Reader(self.tlvs).tlvs()

    def pack(self) -> bytes:
        head = u16(self.group) + u16(self.number) + u16(self.kind)
        return string16(self.name) + head + string16(self.tlvs)


def read_item(reader: Reader) -> Item:
    name = reader.string16().decode()
    group, number, kind = reader.u16(), reader.u16(), reader.u16()
    item = Item(name, group, number, kind, reader.string16())
    _ = item.fields  # Raises if they cannot be read.
    return item


def read_items(data: bytes) -> list[Item]:
    reader, items = Reader(data), []
    while reader.left:
        items.append(read_item(reader))
    return items


@dataclass(frozen=True, slots=True)
class Stored:
    """A message for somebody who was not there."""

    sender: str
    cookie: bytes
    channel: int
    tlvs: Tlvs
    at: float


@dataclass(slots=True)
class Details:
    """What ICQ's directory knows of somebody."""

    nick: str = ""
    first: str = ""
    last: str = ""
    email: str = ""
    city: str = ""
    state: str = ""
    phone: str = ""
    fax: str = ""
    address: str = ""
    cell: str = ""
    zip: str = ""
    country: int = 0
    timezone: int = 0
    publish: int = 0
    age: int = 0
    gender: int = 0
    homepage: str = ""
    birthday: tuple[int, int, int] = (0, 0, 0)
    languages: tuple[int, int, int] = (0, 0, 0)
    notes: str = ""
    work_country: int = 0


@dataclass(slots=True)
class Shown:
    """What others see of somebody who is online; gone when the last client goes."""

    since: float
    away: bytes = b""
    away_type: bytes = b""
    profile: bytes = b""
    profile_type: bytes = b""
    capabilities: tuple[bytes, ...] = ()
    status: int = 0
    direct: bytes = bytes(37)
    idle_since: float | None = None

    @property
    def invisible(self) -> bool:
        return bool(self.status & 0x100)


@dataclass(slots=True)
class User:
    name: str
    password: str
    authorise: bool
    """Others may have this one on their list only after being authorised."""
    refusal: int = 0
    """TLV 08 that every log-in is answered with, if not 0."""
    bot: bool = False
    """No rates are counted."""
    warning: int = 0
    """Per mille."""
    items: dict[tuple[int, int], Item] = field(default_factory=dict)
    changed: float = 0.0
    """When the feedbag was, 0 for never."""
    authorised: set[str] = field(default_factory=set)
    """Who may have this one on their list."""
    offline: list[Stored] = field(default_factory=list)
    notices: list[tuple[int, bytes]] = field(default_factory=list)
    """Subtype and data of 13/xx to be given at the next sign-on."""
    details: Details = field(default_factory=Details)
    shown: Shown | None = None

    @property
    def id(self) -> str:
        return ident(self.name)

    @property
    def is_icq(self) -> bool:
        return self.name.isdigit()

    def of(self, kind: int) -> list[Item]:
        return [item for item in self.items.values() if item.kind == kind]

    def lists(self, kinds: Iterable[int], name: str) -> bool:
        wanted = ident(name)
        return any(
            item.kind in kinds and ident(item.name) == wanted for item in self.items.values()
        )

    def buddy(self, name: str) -> Item | None:
        wanted = ident(name)
        return next((item for item in self.of(Class.BUDDY) if ident(item.name) == wanted), None)

    def awaits(self, name: str) -> bool:
        return any(
            ident(item.name) == ident(name) and AWAITING in item.fields
            for item in self.of(Class.BUDDY)
        )

    def blocks(self, other: User) -> bool:
        """Whether ``other`` neither sees nor reaches this one."""
        modes = [item.fields.number(0xCA) for item in self.of(Class.PRIVACY)]
        match modes[0] if modes else Privacy.PERMIT_ALL:
            case Privacy.PERMIT_NONE:
                return True
            case Privacy.PERMIT_LISTED:
                return not self.lists({Class.PERMIT}, other.name)
            case Privacy.DENY_LISTED:
                return self.lists({Class.DENY}, other.name)
            case Privacy.PERMIT_BUDDIES:
                return self.buddy(other.name) is None
        return False

    @property
    def announces_typing(self) -> bool:
        """The server adds TLV 0b to what this one writes."""
        return any(item.fields.number(0xC9) & TYPING_EVENTS for item in self.of(Class.PREFERENCES))
