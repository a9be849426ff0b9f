"""The legacy network's other side, as the checks need it: accounts for our users, and people.

One module for each network implements it: ``irc``, ``oscar``, and ``toyside`` for a network that
exists in memory only.  What a network does not have, its adapter says in ``cannot``, with the
reason; the checks that need it are then reported as not applicable.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Can(StrEnum):
    """What a check may need, beyond messages from person to person."""

    PASSWORDS = "passwords"
    ADDRESS_BOOK = "an address book that the network keeps"
    CONSENT = "people who must be asked before they are seen"
    REMOVAL = "a contact that goes from the address book elsewhere"
    KEPT_MESSAGES = "messages that the network keeps for those who are away"
    BOUNCES = "an answer of the network when somebody is away"
    ABSENCE = "telling who is away"
    TYPING = "telling who is typing"
    ROOMS = "rooms"
    ESCAPED = "names that no JID can carry as they are"
    COUNTED = "counting log-ins"
    OUTAGE = "stopping the network's server"
    RESTART = "stopping the gateway"
    HOST_RESTART = "stopping the XMPP server"


@dataclass(frozen=True, slots=True)
class Account:
    """What one of our users registers with."""

    name: str
    password: str = ""


class Person(ABC):
    """Somebody on the network, played by the suite.  What waits, waits for ``patience`` seconds and
    raises AssertionError.  The last methods are there if the network can do that."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    def come(self) -> None:
        """Online."""

    @abstractmethod
    def go(self) -> None: ...

    @abstractmethod
    def say(self, to: str, text: str) -> None: ...

    @abstractmethod
    def hears(self, sender: str, text: str) -> None:
        """Wait for it.  Raises if another text of theirs comes before."""

    @abstractmethod
    def sees_away(self, name: str, words: str) -> None: ...

    def be_away(self, words: str) -> None:
        raise NotImplementedError(Can.ABSENCE)

    def sees_typing(self, name: str) -> None:
        raise NotImplementedError(Can.TYPING)

    def add(self, name: str) -> None:
        """To their address book; who must be asked, is asked."""
        raise NotImplementedError(Can.ADDRESS_BOOK)

    def is_asked(self, name: str) -> None:
        """Wait for ``name`` to ask to see us."""
        raise NotImplementedError(Can.CONSENT)

    def answer(self, name: str, is_granted: bool) -> None:
        """Whether they may."""
        raise NotImplementedError(Can.CONSENT)

    def is_answered(self, name: str) -> bool:
        """Wait for the answer to our own question."""
        raise NotImplementedError(Can.CONSENT)

    def join(self, room: str) -> None:
        raise NotImplementedError(Can.ROOMS)

    def say_in(self, room: str, text: str) -> None:
        raise NotImplementedError(Can.ROOMS)

    def hears_in(self, room: str, sender: str, text: str) -> None:
        raise NotImplementedError(Can.ROOMS)

    def sees_leave(self, room: str, name: str) -> None:
        raise NotImplementedError(Can.ROOMS)


class Adapter(ABC):
    type: ClassVar[str]
    """Of the gateway's identity (https://xmpp.org/registrar/disco-categories.html#gateway)."""
    cannot: ClassVar[Mapping[Can, str]]
    rooms_show: ClassVar[bool]
    """Who shares a room is told sooner, or more, of somebody's presence."""

    @abstractmethod
    def account(self, *contacts: Person, must_be_asked: bool = False) -> Account:
        """Somebody new, with these in the address book."""

    @abstractmethod
    def refused(self) -> Account:
        """What nobody can log in with."""

    @abstractmethod
    def person(self, *, is_online: bool = True, must_be_asked: bool = False) -> Person: ...

    @abstractmethod
    def local(self, name: str) -> str:
        """The first part of the JID that somebody should have."""

    @abstractmethod
    def spellings(self, name: str) -> tuple[str, ...]:
        """Other ways to write the name of somebody."""

    @abstractmethod
    def unknown(self) -> str:
        """A name that nobody has."""

    @abstractmethod
    def is_online(self, account: Account) -> bool: ...

    @abstractmethod
    def sessions(self, account: Account) -> int:
        """So many times it is logged in now."""

    @abstractmethod
    def dismiss(self) -> None:
        """Everybody played goes offline: a check is over."""

    # If the network can do that.

    def protected(self) -> Account:
        """One that has a password, where not all have."""
        raise NotImplementedError(Can.PASSWORDS)

    def change_password(self, account: Account) -> Account:
        raise NotImplementedError(Can.PASSWORDS)

    def awkward(self) -> Person:
        """One whose name no JID can carry as it is."""
        raise NotImplementedError(Can.ESCAPED)

    def room(self, name: str) -> str:
        """The first part of its JID."""
        raise NotImplementedError(Can.ROOMS)

    def log_ins(self, account: Account) -> int:
        """So often somebody tried to log in, so far."""
        raise NotImplementedError(Can.COUNTED)

    def book(self, account: Account) -> list[str]:
        """Names in the account's address book."""
        raise NotImplementedError(Can.ADDRESS_BOOK)

    def remove(self, account: Account, person: Person) -> None:
        """From the account's address book, by another client of it."""
        raise NotImplementedError(Can.REMOVAL)

    def stop(self) -> None:
        raise NotImplementedError(Can.OUTAGE)

    def start(self) -> None:
        raise NotImplementedError(Can.OUTAGE)
