"""What the store keeps, as the rest of the gateway sees it.  No repr of these shows a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from gateway.ids import ChatId, PersonId, SessionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a user set for an account.  One that is new needs no migration."""

    stay_online: bool = False
    """Stay logged in when the user's last client goes."""
    invisible: bool = False
    """Be online and look offline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a user gave us to log in with."""

    key: SessionKey
    fields: Mapping[str, str] = field(repr=False)
    """By field name, as ``Network.check`` left them; all of it sealed in the database."""
    preferences: Preferences = Preferences()
    latched: str = ""
    """Why log-in is not tried; empty: it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A row whose secret cannot be opened: changed, moved, or its key is gone."""

    key: SessionKey
    why: str
    """For the log: the row, and what is wrong with it."""


class RosterItem(NamedTuple):
    """What a roster says of a contact, or a network would have it say."""

    name: str
    groups: tuple[str, ...]
    """In alphabetical order."""


class Seen(NamedTuple):
    """Both sides as they were last seen."""

    network: RosterItem
    roster: RosterItem


class KnownPicture(NamedTuple):
    """What a contact shows, without the picture itself."""

    name: str
    """As the network names it; empty, as the hash, if they show none."""
    hash: str
    """SHA-1, in hexadecimal."""
    size: int
    """Bytes."""
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """Somebody whom the user's roster was told of: the contacts themselves where the network keeps
    no address book, else who need not be introduced again."""

    person: PersonId
    is_hidden: bool = False
    """The user said no, and is not asked again."""
    seen: Seen | None = None
    """None: nobody knows whether the user's roster has them."""
    picture: KnownPicture | None = None
    """The last that the user's clients were told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedRoom:
    """A room to be in again after the next log-in."""

    room: ChatId
    nick: str
    password: str = field(default="", repr=False)
    """Sealed in the database."""
    resources: tuple[str, ...] = ()
    """The user's clients that are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything about one session key."""

    key: SessionKey
    registration: Registration | Broken | None = None
    """None for a guest, who never registered."""
    contacts: tuple[KnownContact, ...] = ()
    rooms: tuple[JoinedRoom, ...] = ()
    memory: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is still valid of it."""
    broken: tuple[Broken, ...] = ()
    """Room passwords, taken as empty, and memory, left out, that cannot be opened.  For the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One registration, for the operator: no secrets, not even names of fields."""

    key: SessionKey
    created_at: datetime
    changed_at: datetime
    preferences: Preferences
    latched: str
    key_id: str
    """Of the key it is sealed with; empty if not even that can be read."""
    broken: str
    """Why it cannot be opened; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One batch of a rotation."""

    table: str
    seen: int
    resealed: int
    broken: tuple[Broken, ...]
    """Left as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What ``gateway.py check`` says of the store."""

    accounts: int
    sealed: int
    """Registrations, room passwords and memory."""
    broken: int
    old_keys: int
    """Rows under another key than the current one: ``gateway.py rotate-key``."""
