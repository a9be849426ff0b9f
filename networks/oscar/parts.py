"""What a session consists of: how far it is, what it knows of people, rooms and services.

Held and changed by handlers; ``state.Oscar`` has it all.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from gateway.ids import ChatId, Token
from networks.oscar.chat import RoomKey
from networks.oscar.copy import Copy
from networks.oscar.feedbag import Item
from networks.oscar.requests import Request
from networks.oscar.users import UserInfo
from networks.oscar.wire import Snac


class State(Enum):
    AUTHORIZING = "authorizing"
    CONNECTING = "connecting"  # The login server let us in; to BOS.
    SIGNING_ON = "signing-on"
    ONLINE = "online"
    OVER = "over"


class Phase(Enum):
    """Of the link to a service."""

    ASKED = "asked"  # BOS, where it is.
    CONNECTING = "connecting"
    SIGNING_ON = "signing-on"
    READY = "ready"


@dataclass(slots=True)
class SignOn:
    """Until we are online."""

    cookie: bytes = b""
    families: frozenset[int] = frozenset()
    has_self: bool = False
    has_feedbag: bool = False
    items: list[Item] = field(default_factory=list)
    """Of the address book, as far as it has come."""
    recalled: Copy | None = None
    """The address book as it was last time."""
    copy: Copy | None = None
    """The address book as it is."""
    early: list[Snac] = field(default_factory=list)
    """Changes of the address book by others, meanwhile."""
    signed_on: datetime | None = None
    """When, by the server's clock."""


@dataclass(slots=True)
class Errand:
    """What is to be sent once a service is ready."""

    subtype: int
    data: bytes
    request: Request | None


@dataclass(slots=True)
class Service:
    """ChatNav, a room, or icons: each has a connection of its own."""

    link: str
    family: int
    phase: Phase = Phase.ASKED
    cookie: bytes = b""
    versions: dict[int, int] = field(default_factory=dict)
    errands: deque[Errand] = field(default_factory=deque)
    age: int = 0
    """Turns of the sweeping timer without getting ready."""

    @property
    def is_signed_on(self) -> bool:
        return self.phase in (Phase.SIGNING_ON, Phase.READY)


@dataclass(slots=True)
class Room:
    id: ChatId
    token: Token
    """Of the JoinRoom that is under way, or was answered."""
    key: RoomKey | None = None
    link: str = ""
    max_message: int = 0
    """Bytes; 0 if the server has not said."""
    people: dict[ChatId, str] = field(default_factory=dict)
    is_entered: bool = False


@dataclass(slots=True)
class Person:
    """Somebody who is online, as far as the server tells us."""

    info: UserInfo
    away: str = ""
    """HTML; fetched, because presence does not have it."""
    shown: tuple[str, str | None] = ("", None)
    """Name and icon that XMPP knows of."""


@dataclass(slots=True)
class Own:
    """What the server knows of our presence, or will when what waits is sent."""

    status: int = 0
    """ICQ's word, or AIM's: invisible."""
    note: str = ""
    """The text beside it."""
    away: str = ""
    """Plain; empty: not away."""
    is_idle: bool = False
