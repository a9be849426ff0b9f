"""The users of the fake MSN server, with what the services keep of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag

from tests.servers.msn_wire import Broken


class Lists(IntFlag):
    FORWARD = 1
    ALLOW = 2
    BLOCK = 4
    REVERSE = 8
    PENDING = 16


ROLES = {
    "Allow": Lists.ALLOW,
    "Block": Lists.BLOCK,
    "Reverse": Lists.REVERSE,
    "Pending": Lists.PENDING,
}
"""Names of the lists in FindMembership; FORWARD is the address book."""


def fold(address: str) -> str:
    return address.lower()


def domain(address: str) -> str:
    return address.partition("@")[2]


def check_address(address: str) -> None:
    """Broken, in the words of the service."""
    for needed in "@.":
        if needed not in address:
            raise Broken(f"Email missing '{needed}' character")


@dataclass(slots=True)
class Contact:
    address: str
    id: str
    name: str
    """That the other one had when added."""
    nickname: str = ""
    """Annotation AB.NickName."""
    groups: set[str] = field(default_factory=set)
    """Ids."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An offline message."""

    id: str
    sender: str
    sender_name: str
    """Encoded as it came: =?utf-8?B?…?="""
    content: str
    """As it came, with its headers."""
    arrived: datetime


@dataclass(eq=False, slots=True)
class User:
    address: str
    password: str
    name: str
    """That others see."""
    has_book: bool = True
    """Else the address book must be made by ABAdd first."""
    psm: str = ""
    data: bytes = b""
    """Of UUX, as it came: others get it as UBX."""
    blp: str = "AL"
    contacts: dict[str, Contact] = field(default_factory=dict)
    """By their addresses, folded; so are all lists."""
    lists: dict[Lists, set[str]] = field(
        default_factory=lambda: {role: set() for role in ROLES.values()}
    )
    groups: dict[str, str] = field(default_factory=dict)
    """Names by ids."""
    letters: dict[str, Letter] = field(default_factory=dict)
    """By ids."""
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def key(self) -> str:
        return fold(self.address)

    @property
    def cid(self) -> int:
        return int.from_bytes(self.id.bytes[-8:], "little", signed=True)

    def bits(self, address: str) -> Lists:
        """Which lists somebody is on."""
        found = Lists.FORWARD if address in self.contacts else Lists(0)
        for role, members in self.lists.items():
            if address in members:
                found |= role
        return found
