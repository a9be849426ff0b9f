"""What happened, in MSN's own terms: what the FSM tells the translator.

``chat`` and ``room`` are ids as XMPP knows them; ``who`` is an address.
"""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.errors import Reason
from gateway.events import Departure, Offline, Typing
from gateway.ids import ChatId, Token

# The session.


@dataclass(frozen=True, slots=True)
class Welcomed:
    """Online; the address book follows."""

    me: str


@dataclass(frozen=True, slots=True)
class Ended:
    why: Offline
    detail: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that our user had better know."""

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
    who: str
    name: str
    """What we call them."""
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The whole address book, once."""

    buddies: tuple[Buddy, ...]


@dataclass(frozen=True, slots=True)
class Blocklist:
    token: Token
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    buddy: Buddy


@dataclass(frozen=True, slots=True)
class Accepted:
    who: str


@dataclass(frozen=True, slots=True)
class Declined:
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class Requested:
    """They have us on their list, and wait for our answer."""

    who: str
    name: str


# Presence and people.


@dataclass(frozen=True, slots=True)
class Seen:
    """NLN, ILN, FLN, UBX."""

    who: str
    status: str
    """The three letters; FLN for offline."""
    text: str = ""
    """The personal message, and what is played."""


@dataclass(frozen=True, slots=True)
class Appeared:
    who: str
    name: str
    picture: str | None
    """Names it; "" for none, None: not said."""


@dataclass(frozen=True, slots=True)
class PictureFetched:
    token: Token
    who: str
    data: bytes = field(repr=False)
    """Empty: they do not show it any more."""


# Messages.


@dataclass(frozen=True, slots=True)
class Said:
    chat: ChatId
    who: str
    body: str
    xhtml: str = ""
    sent_at: datetime | None = None
    """Only of those that were stored."""
    is_room: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """All its parts were taken."""

    chat: ChatId
    token: Token
    body: str


@dataclass(frozen=True, slots=True)
class Typed:
    chat: ChatId
    who: str
    typing: Typing
    is_room: bool = False


@dataclass(frozen=True, slots=True)
class Nudged:
    chat: ChatId
    who: str


# Rooms.


@dataclass(frozen=True, slots=True)
class Entered:
    room: ChatId
    me: str
    people: tuple[str, ...]
    """Me too."""
    token: Token


@dataclass(frozen=True, slots=True)
class Came:
    room: ChatId
    who: str


@dataclass(frozen=True, slots=True)
class Went:
    room: ChatId
    who: str


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


News = (
    Welcomed
    | Ended
    | Noticed
    | Remember
    | Answered
    | Denied
    | Listed
    | Blocklist
    | Changed
    | Accepted
    | Declined
    | Requested
    | Seen
    | Appeared
    | PictureFetched
    | Said
    | Delivered
    | Typed
    | Nudged
    | Entered
    | Came
    | Went
    | Exited
    | Invited
)
