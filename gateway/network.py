"""What a package under ``networks/`` exports, as NETWORK."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeVar

from gateway.events import Event
from gateway.fields import Field as Field
from gateway.fields import FieldKind as FieldKind
from gateway.fsm import Fsm
from gateway.ids import ChatId, PersonId
from gateway.settings import Settings

NewsT_contra = TypeVar("NewsT_contra", contravariant=True)


class Translator(Protocol[NewsT_contra]):
    """A network's own terms into common ones."""

    def translate(self, news: NewsT_contra) -> Iterator[Event]: ...


# Addresses: the local part of a JID, after XEP-0106 unescaping.


class Kind(Enum):
    SERVER = "server"  # The transport itself, or one of the servers behind it.
    PERSON = "person"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Address:
    kind: Kind
    account: str
    """Which of the user's accounts on this transport (``SessionKey.account``).  All that a network
    knows of it is the server, where users choose one."""
    chat: ChatId
    """Empty for a server."""


class Addressing(Protocol):
    """Both directions are inverse to each other for every address the network can have."""

    def parse(self, local: str) -> Address:
        """
        Raises:
            CommandRefused: (NOT_FOUND or BAD_REQUEST) nothing on this network can have it.
        """
        ...

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        """The local part for a chat or a person; "" for ("", "")."""
        ...

    def from_prompt(self, text: str) -> str:
        """The local part for what a person typed (``jabber:iq:gateway``, XEP-0100 section 4.4).

        Raises:
            CommandRefused: (NOT_ACCEPTABLE) no such address can exist.
        """
        ...


# Sessions.


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What one attempt to log in is given."""

    user: str
    """Bare JID of the user on our server; networks may not show it to others."""
    account: str
    fields: Mapping[str, str] = field(repr=False)
    """The registration, by field name, checked by ``Network.check``; holds secrets."""
    settings: Any
    """The network's own ``Settings`` for this transport."""
    contacts: tuple[PersonId, ...] = ()
    """Contacts the gateway keeps for the user, for networks that keep none."""
    memory: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What earlier log-ins of the same session key ``Remembered`` and is still valid."""
    is_invisible: bool = False
    """The user wants to look offline from the first moment on (``SetInvisible``)."""
    nonce: str = ""
    """Fresh and random, 32 characters of [0-9a-f]: an FSM has no source of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the servers of a network let people in from one address."""

    seconds: float
    """Between two log-ins, in the long run."""
    burst: int = 1
    """How many may come at once after a quiet time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a network takes as the picture of its user; ``gateway.pictures`` makes others fit."""

    media_types: tuple[str, ...]
    """The first, image/jpeg or image/png, is what others are made into."""
    max_bytes: int
    min_side: int
    max_side: int
    """Pixels, of width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    name: str
    """As in gateway.yaml, and the disco type of the identity (category ``gateway``)."""
    title: str
    """For people: "IRC"."""
    prompt: str
    """What to type into ``jabber:iq:gateway``: "Nickname"."""
    commands: frozenset[type]
    """Every command its FSM handles.  The features we offer over XMPP follow from this set."""
    settings: type[Settings]
    addressing: Callable[[Any], Addressing]
    """From the transport's settings."""
    fields: Callable[[Any, str], tuple[Field, ...]]
    """The registration form, from the transport's settings and the account ("" if not known)."""
    check: Callable[[Any, Mapping[str, str]], tuple[str, dict[str, str]]]
    """Settings and a filled-in form to (account, the fields to keep), normalised.  Raises
    CommandRefused (NOT_ACCEPTABLE) naming the field.  Knows no stored registration: the caller has
    filled in what the user left empty to keep."""
    guest: Callable[[Any, str, str], dict[str, str]] | None
    """Settings, account and a nickname to the fields of somebody who never registered, where the
    network lets such in; raises CommandRefused.  None: registration is a must."""
    search: tuple[Field, ...] = ()
    """What people can be searched by (XEP-0055), where there is ``SearchPeople``."""
    profile: tuple[Field, ...] = ()
    """What users can tell of themselves, where there is ``SetProfile``.  ``ProfileFetched`` of
    oneself has what is there, under the same labels."""
    picture: Picture | None = None
    """What ``SetAvatar`` has, where there is that; None: whatever the user has."""
    fsm: Callable[[Login], Fsm[Any, Any]]
    translator: Callable[[], Translator[Any]]
    show: Callable[[Any], str]
    """A frame as one line for the log, with secrets as "…"."""
    probe: Callable[[Any], tuple[str, int] | None]
    """Host and port that ``gateway.py check`` tries; None where only users know.  Transports with
    the same host share the pace of their log-ins."""
    pace: Pace | None = None
    """Of log-ins, where the operator sets none for the transport; None: as for any other."""
