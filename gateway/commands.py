"""What XMPP asks of a network.  ``gateway.xmpp`` produces these, FSMs consume them.

Imperative, and one-way.  A command with a token is answered exactly once by an event that carries
the token: ``Done``, ``Refused``, or the event named in its docstring.  There is no Login: a session
starts when the gateway makes its FSM, and ends with ``LoggedOut``.
"""

from dataclasses import field
from datetime import timedelta

from gateway.events import Affiliation, Avatar, Role, Show, Typing
from gateway.frozen import frozen
from gateway.ids import ChatId, MessageId, PersonId, Token


@frozen(kw_only=True)
class Logout:
    reason: str = ""
    """The last words of the user, where the network shows them."""


@frozen(kw_only=True)
class AnswerStep:
    """To ``Fill`` of ``StepAsked``, in the order of its fields."""

    values: tuple[tuple[str, str], ...] = field(repr=False)
    """Name and value.  Perhaps secrets."""


@frozen(kw_only=True)
class SetPresence:
    show: Show
    status: str = ""
    idle: timedelta | None = None
    """For how long the user has not touched their client (XEP-0319); None: they are there."""


@frozen(kw_only=True)
class SetInvisible:
    """Be online and look offline, from now on; ``Login.is_invisible`` says how to begin."""

    is_invisible: bool


@frozen(kw_only=True)
class SendMessage:
    """Answered by ``MessageSent`` or ``Refused``."""

    chat: ChatId
    body: str
    """Plain text, XEP-0393 styling, perhaps several lines, ``/me `` for an action."""
    token: Token


@frozen(kw_only=True)
class EditMessage:
    """Change one of ours.  Answered by ``MessageSent`` or ``Refused``."""

    chat: ChatId
    id: MessageId
    """As ``MessageSent`` named it."""
    body: str
    token: Token


@frozen(kw_only=True)
class MarkRead:
    """The user has read that chat up to this message."""

    chat: ChatId
    id: MessageId
    """As ``MessageReceived`` named it.  Clients choose it, so it may be none that there was."""


@frozen(kw_only=True)
class SetTyping:
    chat: ChatId
    typing: Typing


@frozen(kw_only=True)
class AddContact:
    """Tells ``ContactAdded`` when we may see them, ``ContactRefused`` when we may not."""

    person: PersonId
    reason: str = ""
    """What they read when they have to agree."""


@frozen(kw_only=True)
class ChangeContact:
    """Give them this name and these groups, in the address book of the network."""

    person: PersonId
    name: str
    groups: tuple[str, ...]


@frozen(kw_only=True)
class Authorize:
    """The answer to ``AuthorizationAsked``."""

    person: PersonId
    is_granted: bool
    reason: str = ""


@frozen(kw_only=True)
class Block:
    """Answered by ``Done``."""

    person: PersonId
    is_blocked: bool
    token: Token


@frozen(kw_only=True)
class ListBlocked:
    """Who is blocked, by us or by another client.  Answered by ``BlockedListed``."""

    token: Token


@frozen(kw_only=True)
class SetAvatar:
    avatar: Avatar | None


@frozen(kw_only=True)
class SetName:
    """What our user calls themselves, to be shown to others beside their address."""

    name: str


@frozen(kw_only=True)
class SetTune:
    """What our user listens to, to be shown beside their status; nothing, where all is empty."""

    title: str = ""
    artist: str = ""


@frozen(kw_only=True)
class FetchAvatar:
    """Answered by ``AvatarFetched``."""

    person: PersonId
    avatar: str
    """As ``ProfileChanged`` named it."""
    token: Token


@frozen(kw_only=True)
class SearchPeople:
    """Answered by ``PeopleFound``."""

    fields: tuple[tuple[str, str], ...]
    """Name and value, of those in ``Network.search``."""
    token: Token


@frozen(kw_only=True)
class AskAttention:
    chat: ChatId


@frozen(kw_only=True)
class RemoveContact:
    person: PersonId


@frozen(kw_only=True)
class FetchProfile:
    """Answered by ``ProfileFetched``."""

    person: PersonId
    token: Token


@frozen(kw_only=True)
class SetProfile:
    """What others find about our user.  Answered by ``Done``."""

    fields: tuple[tuple[str, str], ...]
    """Name and value, of all those in ``Network.profile``; "" for nothing."""
    token: Token


@frozen(kw_only=True)
class JoinRoom:
    """Answered by ``RoomJoined``."""

    room: ChatId
    token: Token
    password: str = ""


@frozen(kw_only=True)
class LeaveRoom:
    """Tells ``RoomLeft``."""

    room: ChatId
    reason: str = ""


@frozen(kw_only=True)
class SetSubject:
    """Answered by ``SubjectChanged``."""

    room: ChatId
    subject: str
    token: Token


@frozen(kw_only=True)
class ChangeNick:
    """For the whole session, where the network has one name per session."""

    nick: str
    token: Token


@frozen(kw_only=True)
class Kick:
    room: ChatId
    person: PersonId
    token: Token
    reason: str = ""


@frozen(kw_only=True)
class SetRole:
    """MODERATOR, PARTICIPANT or VISITOR; to end a presence use ``Kick``."""

    room: ChatId
    person: PersonId
    role: Role
    token: Token


@frozen(kw_only=True)
class SetAffiliation:
    """Of an occupant, or of whoever matches a mask of the network's own form."""

    room: ChatId
    who: str
    affiliation: Affiliation
    token: Token
    reason: str = ""


@frozen(kw_only=True)
class ListAffiliations:
    """Answered by ``AffiliationsListed``."""

    room: ChatId
    affiliation: Affiliation
    token: Token


@frozen(kw_only=True)
class Invite:
    room: ChatId
    person: PersonId
    token: Token
    reason: str = ""


@frozen(kw_only=True)
class ListRooms:
    """Answered by ``RoomsListed``."""

    token: Token


@frozen(kw_only=True)
class SendRaw:
    """A line in the network's own language, for those who know it.  What comes back that nobody
    else asked for is told as ``NoticeReceived``."""

    line: str
    token: Token


Command = (
    Logout
    | AnswerStep
    | SetPresence
    | SetInvisible
    | SendMessage
    | EditMessage
    | MarkRead
    | SetTyping
    | AddContact
    | ChangeContact
    | Authorize
    | Block
    | ListBlocked
    | SetAvatar
    | SetName
    | SetTune
    | FetchAvatar
    | SearchPeople
    | AskAttention
    | RemoveContact
    | FetchProfile
    | SetProfile
    | JoinRoom
    | LeaveRoom
    | SetSubject
    | ChangeNick
    | Kick
    | SetRole
    | SetAffiliation
    | ListAffiliations
    | Invite
    | ListRooms
    | SendRaw
)
