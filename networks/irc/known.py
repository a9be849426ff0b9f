"""What is known: of the server, of people, of channels.  Plain records, and no behaviour.

``state.Irc`` holds them; who fills them in is said at each.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from gateway.ids import ChatId
from networks.irc.ids import CHANMODES, CHANTYPES, CaseMapping, Prefixes
from networks.irc.news import News
from networks.irc.sasl import Assembler, Mechanism
from networks.irc.wire import Line


@dataclass(slots=True)
class Registration:
    """Until we are in.  Made anew for each connection."""

    offered: dict[str, str] = field(default_factory=dict)
    """Capabilities, with their values."""
    asked: deque[set[str]] = field(default_factory=deque)
    """CAP REQ without answer, oldest first."""
    is_introduced: bool = False
    """NICK and USER are sent."""
    is_negotiated: bool = False
    """CAP END is sent."""
    mechanism: Mechanism | None = None
    challenge: Assembler = field(default_factory=Assembler)
    offers: tuple[str, ...] = ()
    """SASL mechanisms of the server; empty if it did not say."""
    tried: list[str] = field(default_factory=list)
    nicks_tried: int = 0
    motd: list[str] = field(default_factory=list)
    is_identifying: bool = False
    """NickServ has our password and has not answered."""
    refusal: str = ""
    """What the server said of why it will hang up (465)."""


@dataclass(slots=True)
class Person:
    """Somebody who shares a channel with us."""

    nick: str
    user: str = ""
    host: str = ""
    account: str | None = None
    away: str | None = None

    @property
    def address(self) -> str | None:
        return f"{self.user}@{self.host}" if self.host else None


@dataclass(slots=True)
class Channel:
    id: ChatId
    """As XMPP asked for it; brackets may differ from how the server folds them."""
    name: str
    members: dict[str, str] = field(default_factory=dict)
    """Folded nick to the modes they hold."""
    is_complete: bool = False
    """366 came, and XMPP knows the room."""
    is_moderated: bool = False
    has_modes: bool = False
    """324 came; another one is for the user who asked."""
    is_who_asked: bool = False
    """By us; 315 will end it."""
    topic: str = ""
    topic_by: str = ""
    topic_at: datetime | None = None
    early: list[News] = field(default_factory=list)
    """What was said before it was complete."""
    bans: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    """Set while we watched; tells a ban from a kick."""


@dataclass(slots=True)
class Contact:
    nick: str
    is_online: bool | None = None
    """None: not known yet."""
    away: str | None = None


@dataclass(slots=True)
class Contacts:
    known: dict[str, Contact] = field(default_factory=dict)
    polled: dict[str, None] = field(default_factory=dict)
    """Those the server does not MONITOR for us; we ask with ISON, in turns."""
    asked: tuple[str, ...] = ()
    """In the ISON under way."""
    can_monitor: bool = False


@dataclass(slots=True)
class Batch:
    type: str
    label: str = ""
    is_history: bool = False


@dataclass(slots=True)
class Support:
    """What 005 said."""

    casemapping: CaseMapping = CaseMapping.RFC1459
    prefixes: Prefixes = field(default_factory=Prefixes)
    chantypes: str = CHANTYPES
    statusmsg: str = ""
    chanmodes: str = CHANMODES
    monitor: int = 0
    """How many nicks; 0 for no MONITOR at all."""
    whox: bool = False
    client_tags_denied: str = ""


# Words.


@lru_cache(maxsize=10_000)
def chat_id(name: str) -> ChatId:
    """As ``IrcAddressing`` makes them."""
    return ChatId(CaseMapping.ASCII.fold(name))


def ident(nick: str) -> str:
    """The user name of USER: most servers take letters and digits only, and ten of them."""
    return "".join(c for c in nick.lower() if c.isascii() and c.isalnum())[:10] or "user"


def words(line: Line) -> str:
    """What a numeric says, without our nick in front."""
    return " ".join(line.params[1:]) if len(line.params) > 1 else " ".join(line.params)


def parse_count(text: str) -> int | None:
    """A number the server gave, if it is one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def parse_unix(text: str) -> datetime | None:
    """Ten digits of seconds since 1970, if that is what it is."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 11
    return datetime.fromtimestamp(int(text), UTC) if is_number else None
