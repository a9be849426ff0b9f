"""What is known of one switchboard, and of one room: who is there, and what waits to be said."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from gateway.ids import ChatId, Token
from networks.msn.mime import Assembler
from networks.msn.msnobject import MsnObject
from networks.msn.news import Said
from networks.msn.peer import Peer
from networks.msn.requests import Request


class Phase(Enum):
    """Of a switchboard."""

    ASKED = "asked"  # The notification server, where it is.
    CONNECTING = "connecting"
    SIGNING_ON = "signing-on"
    READY = "ready"


@dataclass(slots=True)
class Parcel:
    """A MSG to be sent once somebody is there."""

    payload: bytes
    kind: str
    """U nobody answers, N a NAK if it fails, A an ACK besides, D the same for pictures."""
    request: Request | None = None


@dataclass(slots=True, eq=False)
class Wish:
    """For somebody's picture."""

    request: Request
    object: MsnObject
    is_begun: bool = False
    """They have been asked."""


@dataclass(slots=True, eq=False)
class Board:
    link: str
    chat: ChatId
    """The other person, or a room when there are more."""
    phase: Phase = Phase.ASKED
    key: str = ""
    session: str = ""
    """Into which we were called; "" if it is ours."""
    calls: dict[ChatId, Request | None] = field(default_factory=dict)
    """Whom to call once we are in."""
    people: dict[ChatId, str] = field(default_factory=dict)
    """Who else is there, with their names."""
    parcels: deque[Parcel] = field(default_factory=deque)
    assembler: Assembler = field(default_factory=Assembler)
    age: int = 0
    """Turns of the sweeping timer without anybody there."""
    idle: int = 0
    """Turns without a word."""
    peers: dict[ChatId, Peer] = field(default_factory=dict)
    """Those with whom pictures go to and fro."""
    wishes: list[Wish] = field(default_factory=list)
    """Their pictures that are waited for."""

    @property
    def is_ours(self) -> bool:
        return not self.session

    def requests(self) -> list[Request]:
        """That wait for something to happen here, and have not been sent."""
        found = [*self.calls.values(), *(parcel.request for parcel in self.parcels)]
        return [*filter(None, found), *(wish.request for wish in self.wishes)]


@dataclass(slots=True)
class Room:
    id: ChatId
    token: Token | None = None
    """Of the JoinRoom that our user is in by; None while they have only been invited."""
    link: str = ""
    """Of its switchboard; "" while nobody else is there."""
    people: dict[ChatId, None] = field(default_factory=dict)
    held: list[Said] = field(default_factory=list)
    """What was said before our user entered."""
    is_unattended: bool = False
    """They have had time enough to enter."""
