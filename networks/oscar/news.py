"""What happened, in OSCAR's own terms: what the FSM tells the translator.

``chat`` and ``room`` are ids as XMPP knows them; ``name`` is a screen name or a UIN, written as its
owner writes it as far as we know.
"""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.errors import Reason
from gateway.events import Departure, Offline, Typing
from gateway.ids import ChatId, MessageId, Token

# The session.


@dataclass(frozen=True, slots=True)
class Welcomed:
    """Online; the address book follows."""

    name: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """Our own name is written otherwise now; it is the same name."""

    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    why: Offline
    detail: str
    pause: float | None = None
    """Seconds for which the server wants no log-in from our address."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The server speaks: MOTD, warnings, system messages; HTML if it says so itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Remember:
    name: str
    value: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    token: Token


@dataclass(frozen=True, slots=True)
class Denied:
    token: Token
    reason: Reason
    detail: str


# The address book.


@dataclass(frozen=True, slots=True)
class Buddy:
    name: str
    alias: str
    groups: tuple[str, ...]
    is_waiting: bool
    """They have not authorised us (TLV 66)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The whole feedbag, once."""

    buddies: tuple[Buddy, ...]


@dataclass(frozen=True, slots=True)
class Denylist:
    token: Token
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    buddy: Buddy


@dataclass(frozen=True, slots=True)
class Removed:
    name: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """They are our buddy, and let us see them."""

    name: str


@dataclass(frozen=True, slots=True)
class Declined:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Requested:
    """13/19: they ask for our authorisation."""

    name: str
    reason: str


# Presence and people.


@dataclass(frozen=True, slots=True)
class Seen:
    """03/0b, 03/0c, or an away text that came later."""

    name: str
    is_online: bool
    is_away: bool = False
    status: int | None = None
    """ICQ's word; None where there is none."""
    away: str = ""
    """HTML."""
    note: str = ""
    """Plain: the status text of AIM 6 and ICQ 6."""
    idle_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Appeared:
    """How they write their name, and which icon they show (its hash; "" for none)."""

    name: str
    icon: str | None


@dataclass(frozen=True, slots=True)
class IconFetched:
    token: Token
    name: str
    data: bytes = field(repr=False)
    """Empty: the server does not have it."""


@dataclass(frozen=True, slots=True)
class Described:
    token: Token
    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    token: Token
    people: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Name and facts."""


# Messages.


@dataclass(frozen=True, slots=True)
class Said:
    chat: ChatId
    name: str
    text: str
    is_html: bool
    id: MessageId | None = None
    sent_at: datetime | None = None
    """Only of those that were stored."""
    is_automatic: bool = False
    """Written by their client, not by them."""
    is_room: bool = False
    whisper_in: ChatId | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server took it: all its parts."""

    chat: ChatId
    token: Token
    body: str
    id: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    chat: ChatId
    name: str
    typing: Typing


# Rooms.


@dataclass(frozen=True, slots=True)
class Entered:
    room: ChatId
    me: str
    names: tuple[str, ...]
    token: Token


@dataclass(frozen=True, slots=True)
class Came:
    room: ChatId
    name: str


@dataclass(frozen=True, slots=True)
class Went:
    room: ChatId
    name: str


@dataclass(frozen=True, slots=True)
class Exited:
    """We are out."""

    room: ChatId
    how: Departure
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    room: ChatId
    by: str
    text: str


News = (
    Welcomed
    | Renamed
    | Ended
    | Noticed
    | Remember
    | Answered
    | Denied
    | Listed
    | Denylist
    | Changed
    | Removed
    | Accepted
    | Declined
    | Requested
    | Seen
    | Appeared
    | IconFetched
    | Described
    | Found
    | Said
    | Delivered
    | Typed
    | Entered
    | Came
    | Went
    | Exited
    | Invited
)
