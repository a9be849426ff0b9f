"""What a network tells XMPP.  Translators produce these, ``gateway.xmpp.bridge`` consumes them.

Past tense: each says what happened on the network, never what XMPP should do about it.  Times are
aware and in UTC; ``None`` means that the network does not say.
"""

from dataclasses import field
from datetime import datetime, timedelta
from enum import Enum

from gateway.errors import Reason
from gateway.fields import Field
from gateway.frozen import frozen
from gateway.ids import ChatId, MessageId, PersonId, Token


class Offline(Enum):
    """Why a session ended.  Decides whether we reconnect and what the user is told."""

    ASKED = "asked"  # The user logged out.
    NETWORK = "network"  # Connection lost or refused: reconnect with backoff.
    BAD_CREDENTIALS = "bad-credentials"  # Latched until the user gives new ones.
    REPLACED = "replaced"  # Signed in elsewhere: do not retry, or we fight the other client.
    GATEWAY = "gateway"  # Our own mistake, logged with a traceback: reconnect with backoff.


class Show(Enum):
    """Availability (RFC 6121, section 4.7.2.1), and the two states that have no <show/>."""

    AVAILABLE = "available"
    CHAT = "chat"
    AWAY = "away"
    XA = "xa"
    DND = "dnd"
    OFFLINE = "offline"


class Role(Enum):
    """XEP-0045, section 5.1."""

    MODERATOR = "moderator"
    PARTICIPANT = "participant"
    VISITOR = "visitor"
    NONE = "none"


class Affiliation(Enum):
    """XEP-0045, section 5.2."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    OUTCAST = "outcast"
    NONE = "none"


class Typing(Enum):
    """XEP-0085, as far as networks know it."""

    ACTIVE = "active"
    COMPOSING = "composing"
    PAUSED = "paused"


class Departure(Enum):
    """How somebody left a room."""

    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"
    DISCONNECTED = "disconnected"
    LOST = "lost"  # Our connection to the network is gone, and with it the room.


@frozen(kw_only=True)
class Occupant:
    """Somebody in a room, as they are now."""

    person: PersonId
    """Also the nickname in the room."""
    role: Role = Role.PARTICIPANT
    affiliation: Affiliation = Affiliation.NONE
    show: Show = Show.AVAILABLE
    status: str = ""
    account: str | None = None
    """A name that stays when the nickname changes (XEP-0421 is derived from it)."""
    address: str | None = None
    """Where the network says who they are (``user@host``), for people to read."""


@frozen(kw_only=True)
class Contact:
    """Somebody in an address book that the network keeps."""

    person: PersonId
    name: str = ""
    """What our user calls them; empty: nothing of their own."""
    groups: tuple[str, ...] = ()
    is_authorized: bool = True
    """They let us see their presence.  False: they have been asked, or will have to be."""


@frozen(kw_only=True)
class Avatar:
    data: bytes = field(repr=False)
    media_type: str


@frozen(kw_only=True)
class Picture:
    """To look at once."""

    data: bytes = field(repr=False)
    media_type: str


@frozen(kw_only=True)
class Found:
    """One result of a search."""

    person: PersonId
    fields: tuple[tuple[str, str], ...]
    """Label and value, the same labels in the same order for all results of a search."""


# Session.


@frozen(kw_only=True)
class LoggedIn:
    me: PersonId


@frozen(kw_only=True)
class Fill:
    """To be answered by ``AnswerStep``: a code that was sent to them, the letters in a picture."""

    text: str
    """Shown as is, so it says what to do."""
    fields: tuple[Field, ...]
    picture: Picture | None = None


@frozen(kw_only=True)
class Look:
    """To be done elsewhere, which the network notices by itself: open a link, scan a code."""

    text: str
    uri: str = ""
    picture: Picture | None = None


Question = Fill | Look


@frozen(kw_only=True)
class StepAsked:
    """The log-in waits for the user.  The next of these, ``LoggedIn`` or ``LoggedOut`` follows."""

    question: Question


@frozen(kw_only=True)
class Renamed:
    """The network, or we, changed our own name."""

    me: PersonId


@frozen(kw_only=True)
class LoggedOut:
    """The last event of a session."""

    why: Offline
    detail: str = ""
    """Shown to the user as is, so it names the network's own words if there were any."""
    pause: float | None = None
    """The server refused the log-in because too many came from our address, and should hear of
    nobody for so many seconds."""


@frozen(kw_only=True)
class NoticeReceived:
    """The server, not a person, has something to say: a MOTD, an unexpected numeric."""

    text: str


@frozen(kw_only=True)
class Remembered:
    """Keep this for the next log-in of the same session key (``Login.memory``); "" forgets it.
    More than 64 KiB are not kept."""

    name: str
    value: str
    seconds: float | None = None
    """For how long; None: for ever."""


# Answers to commands that carry a token.


@frozen(kw_only=True)
class Done:
    token: Token


@frozen(kw_only=True)
class Refused:
    token: Token
    reason: Reason
    detail: str = ""
    """The network's own words."""


@frozen(kw_only=True)
class MessageSent:
    """Our message went out.  In a room it must be reflected to the sender (XEP-0045, 7.4)."""

    chat: ChatId
    token: Token
    body: str
    confirmed: bool
    """The network said so.  Otherwise we only know that it was written to the socket."""
    id: MessageId | None = None
    sent_at: datetime | None = None


@frozen(kw_only=True)
class ProfileFetched:
    token: Token
    person: PersonId
    fields: tuple[tuple[str, str], ...]
    """Label and value, for people to read, in order."""


@frozen(kw_only=True)
class RoomListing:
    room: ChatId
    occupants: int | None = None
    subject: str = ""


@frozen(kw_only=True)
class RoomsListed:
    token: Token
    rooms: tuple[RoomListing, ...]


@frozen(kw_only=True)
class AffiliationsListed:
    token: Token
    room: ChatId
    entries: tuple[tuple[str, str], ...]
    """Who (a nickname, or a mask), and a reason or "" ."""


@frozen(kw_only=True)
class BlockedListed:
    token: Token
    people: tuple[PersonId, ...]


@frozen(kw_only=True)
class AvatarFetched:
    token: Token
    person: PersonId
    avatar: Avatar | None
    """None: they have none any more."""


@frozen(kw_only=True)
class PeopleFound:
    token: Token
    people: tuple[Found, ...]


# Address book and presence.


@frozen(kw_only=True)
class ContactsListed:
    """The whole address book, once after each log-in, from networks that keep one."""

    contacts: tuple[Contact, ...]


@frozen(kw_only=True)
class ContactChanged:
    """New, renamed, moved or authorized, by us, by them or by another client of the account."""

    contact: Contact


@frozen(kw_only=True)
class ContactRemoved:
    """By the network, by them or by another client of the account."""

    person: PersonId


@frozen(kw_only=True)
class ContactRefused:
    """They do not want us to see their presence."""

    person: PersonId
    detail: str = ""


@frozen(kw_only=True)
class AuthorizationAsked:
    """They want to see our presence, and wait for ``Authorize``."""

    person: PersonId
    reason: str = ""


@frozen(kw_only=True)
class ProfileChanged:
    """What they call themselves, or the picture they show."""

    person: PersonId
    name: str = ""
    """Empty: as before, or not said."""
    avatar: str | None = None
    """Names the picture; changes when it does.  "" for none, None: not said."""


@frozen(kw_only=True)
class ContactAdded:
    """The network accepted them as our contact: their presence will follow."""

    person: PersonId


@frozen(kw_only=True)
class PresenceChanged:
    person: PersonId
    show: Show
    status: str = ""
    idle: timedelta | None = None
    """For how long they have not touched their client, where the network says."""


# Messages.


@frozen(kw_only=True)
class MessageReceived:
    chat: ChatId
    sender: PersonId
    body: str
    """Plain text with XEP-0393 styling; begins with ``/me `` for an action."""
    id: MessageId | None = None
    sent_at: datetime | None = None
    """None for a live message; set for history and offline messages (XEP-0203)."""
    xhtml: str = ""
    """XHTML-IM (XEP-0071) children of ``<body/>``, well-formed, if there is more than text."""
    is_notice: bool = False
    is_mine: bool = False
    """Sent by another client of our account."""
    is_in_room: bool = False
    whisper_in: ChatId | None = None
    """A private message of an occupant of that room (XEP-0045, 7.5), if the network says."""


@frozen(kw_only=True)
class TypingChanged:
    chat: ChatId
    sender: PersonId
    typing: Typing
    is_in_room: bool = False


@frozen(kw_only=True)
class MessageRead:
    """Somebody has read what we wrote, up to this message."""

    chat: ChatId
    reader: PersonId
    id: MessageId
    """As ``MessageSent`` named it."""
    is_in_room: bool = False


@frozen(kw_only=True)
class AttentionAsked:
    """A nudge, a buzz."""

    chat: ChatId
    sender: PersonId


# Rooms.


@frozen(kw_only=True)
class RoomJoined:
    """A snapshot, once complete."""

    room: ChatId
    me: PersonId
    occupants: tuple[Occupant, ...]
    """Everybody there, me included: XEP-0045 needs the full list before our own presence."""
    subject: str = ""
    subject_by: str = ""
    subject_at: datetime | None = None
    token: Token | None = None
    """Of the JoinRoom; None if the network put us there by itself."""


@frozen(kw_only=True)
class OccupantJoined:
    room: ChatId
    occupant: Occupant


@frozen(kw_only=True)
class OccupantLeft:
    room: ChatId
    person: PersonId
    how: Departure
    by: str = ""
    detail: str = ""


@frozen(kw_only=True)
class OccupantChanged:
    """Nickname, role, affiliation, availability or account.  The occupant is as they are now."""

    room: ChatId
    person: PersonId
    """The name until now."""
    occupant: Occupant
    by: str = ""


@frozen(kw_only=True)
class SubjectChanged:
    room: ChatId
    subject: str
    by: str = ""
    at: datetime | None = None
    token: Token | None = None


@frozen(kw_only=True)
class RoomLeft:
    """We are not in that room any more."""

    room: ChatId
    how: Departure
    by: str = ""
    detail: str = ""


@frozen(kw_only=True)
class RoomInvited:
    room: ChatId
    by: PersonId
    reason: str = ""


Event = (
    LoggedIn
    | StepAsked
    | Renamed
    | LoggedOut
    | NoticeReceived
    | Remembered
    | Done
    | Refused
    | MessageSent
    | ProfileFetched
    | RoomsListed
    | AffiliationsListed
    | BlockedListed
    | AvatarFetched
    | PeopleFound
    | ContactsListed
    | ContactAdded
    | ContactChanged
    | ContactRemoved
    | ContactRefused
    | AuthorizationAsked
    | ProfileChanged
    | PresenceChanged
    | MessageReceived
    | TypingChanged
    | MessageRead
    | AttentionAsked
    | RoomJoined
    | OccupantJoined
    | OccupantLeft
    | OccupantChanged
    | SubjectChanged
    | RoomLeft
    | RoomInvited
)
