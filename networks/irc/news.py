"""What happened, in IRC's own terms: what the FSM tells the translator.

``chat`` and ``room`` are ids as XMPP knows them; ``nick`` is written as its owner writes it.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import Reason
from gateway.events import Departure, Offline, Typing
from gateway.frozen import frozen
from gateway.ids import ChatId, MessageId, Token


@frozen()
class Welcomed:
    """Registered, and the server has told what it supports."""

    nick: str


@frozen()
class Renamed:
    nick: str


@frozen()
class Ended:
    why: Offline
    detail: str


@frozen()
class Noticed:
    """The server speaks, or a numeric came that nobody asked for."""

    text: str


@frozen()
class Remember:
    name: str
    value: str
    seconds: float | None = None


@frozen()
class Answered:
    token: Token


@frozen()
class Denied:
    token: Token
    reason: Reason
    detail: str


@dataclass(slots=True)
class Said:
    """PRIVMSG or NOTICE of a person; ``text`` as it came, formatting codes and all.

    Not frozen, as that would take a fifth of the time that a message takes from FSM to event.
    """

    chat: ChatId
    nick: str
    text: str
    is_room: bool = False
    is_notice: bool = False
    is_action: bool = False
    is_mine: bool = False
    id: MessageId | None = None
    sent_at: datetime | None = None
    """Only of history."""
    only_for: str = ""
    """STATUSMSG: "@" when only operators were told."""


@frozen()
class Delivered:
    """Our own message went out: all its lines."""

    chat: ChatId
    token: Token
    body: str
    confirmed: bool
    id: MessageId | None = None
    sent_at: datetime | None = None


@frozen()
class Typed:
    chat: ChatId
    nick: str
    typing: Typing
    is_room: bool


@frozen()
class Member:
    """Somebody in a channel, as they are now."""

    nick: str
    modes: str
    """Letters of the PREFIX modes they hold: "ov"."""
    is_silenced: bool
    """The channel is moderated (+m), and none of their modes lets them speak."""
    account: str | None
    address: str | None
    away: str | None
    """The reason, perhaps empty; None when not away."""


@frozen()
class Entered:
    """We are in, and know everybody there."""

    room: ChatId
    me: str
    members: tuple[Member, ...]
    topic: str
    topic_by: str
    topic_at: datetime | None
    token: Token | None


@frozen()
class Came:
    room: ChatId
    member: Member


@frozen()
class Went:
    room: ChatId
    nick: str
    how: Departure
    by: str = ""
    detail: str = ""


@frozen()
class Changed:
    room: ChatId
    nick: str
    """Until now."""
    member: Member
    by: str = ""


@frozen()
class Exited:
    """We are out."""

    room: ChatId
    how: Departure
    by: str = ""
    detail: str = ""


@frozen()
class TopicChanged:
    room: ChatId
    topic: str
    by: str = ""
    at: datetime | None = None
    token: Token | None = None


@frozen()
class Invited:
    room: ChatId
    by: str


@frozen()
class Watched:
    """They are on our list now (MONITOR or ISON)."""

    nick: str


@frozen()
class Seen:
    """A contact came, went, or went away."""

    nick: str
    is_online: bool
    away: str | None = None


@frozen()
class Whois:
    token: Token
    nick: str
    facts: tuple[tuple[str, str], ...]


@frozen()
class Listed:
    """LIST: channel, people there, topic."""

    token: Token
    rows: tuple[tuple[ChatId, int | None, str], ...]


@frozen()
class Masks:
    """A list of a channel: mask or nick, and who set it and when, for people to read."""

    token: Token
    room: ChatId
    entries: tuple[tuple[str, str], ...]


News = (
    Welcomed
    | Renamed
    | Ended
    | Noticed
    | Remember
    | Answered
    | Denied
    | Said
    | Delivered
    | Typed
    | Entered
    | Came
    | Went
    | Changed
    | Exited
    | TopicChanged
    | Invited
    | Watched
    | Seen
    | Whois
    | Listed
    | Masks
)
