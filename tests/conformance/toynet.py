"""A network that exists in memory only: an address book, consent, presence, kept messages."""

from dataclasses import dataclass, field
from typing import Protocol

AVAILABLE, AWAY, OFFLINE = "", "away", "unavailable"


class Endpoint(Protocol):
    """Who is logged in."""

    def heard(self, sender: str, text: str) -> None: ...

    def asked(self, name: str) -> None:
        """Somebody wants to see us."""

    def answered(self, name: str, is_granted: bool) -> None: ...

    def saw(self, name: str, show: str, words: str) -> None: ...


@dataclass
class Someone:
    name: str
    password: str
    must_be_asked: bool
    book: set[str] = field(default_factory=set)
    lets_see: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    """Who has asked."""
    kept: list[tuple[str, str]] = field(default_factory=list)
    show: str = OFFLINE
    words: str = ""
    endpoint: Endpoint | None = None
    log_ins: int = 0


class ToyNet:
    def __init__(self) -> None:
        self._people: dict[str, Someone] = {}

    def add_user(self, name: str, password: str, must_be_asked: bool) -> Someone:
        someone = self._people[fold(name)] = Someone(fold(name), password, must_be_asked)
        return someone

    def find(self, name: str) -> Someone | None:
        return self._people.get(fold(name))

    def log_in(self, name: str, password: str, endpoint: Endpoint) -> Someone | None:
        """None: not with that password."""
        someone = self.find(name)
        if someone is None:
            return None
        someone.log_ins += 1
        if password != someone.password:
            return None
        someone.endpoint = endpoint
        self.be(someone, AVAILABLE)
        for other in map(self.find, sorted(someone.book)):
            if other and other.show != OFFLINE and self._lets(other, someone):
                endpoint.saw(other.name, other.show, other.words)
        for asking in sorted(someone.waiting):
            endpoint.asked(asking)
        kept, someone.kept = someone.kept, []
        for sender, text in kept:
            endpoint.heard(sender, text)
        return someone

    def log_out(self, someone: Someone) -> None:
        someone.endpoint = None
        self.be(someone, OFFLINE)

    def be(self, someone: Someone, show: str, words: str = "") -> None:
        if (someone.show, someone.words) == (show, words):
            return
        someone.show, someone.words = show, words
        for other in self._people.values():
            if other.endpoint and someone.name in other.book and self._lets(someone, other):
                other.endpoint.saw(someone.name, show, words)

    def _lets(self, someone: Someone, see: Someone) -> bool:
        return not someone.must_be_asked or see.name in someone.lets_see

    def say(self, sender: Someone, to: str, text: str) -> bool:
        """Whether there is such a one."""
        other = self.find(to)
        if other is None:
            return False
        if other.endpoint:
            other.endpoint.heard(sender.name, text)
        else:
            other.kept.append((sender.name, text))
        return True

    def add(self, someone: Someone, name: str) -> bool:
        other = self.find(name)
        if other is None:
            return False
        someone.book.add(other.name)
        if self._lets(other, someone):
            self._granted(someone, other)
        else:
            other.waiting.add(someone.name)
            if other.endpoint:
                other.endpoint.asked(someone.name)
        return True

    def _granted(self, someone: Someone, other: Someone) -> None:
        if someone.endpoint:
            someone.endpoint.answered(other.name, True)
            if other.show != OFFLINE:
                someone.endpoint.saw(other.name, other.show, other.words)

    def answer(self, someone: Someone, name: str, is_granted: bool) -> None:
        other = self.find(name)
        if other is None or other.name not in someone.waiting:
            return
        someone.waiting.discard(other.name)
        if is_granted:
            someone.lets_see.add(other.name)
            self._granted(other, someone)
        elif other.endpoint:
            other.book.discard(someone.name)
            other.endpoint.answered(someone.name, False)


def fold(name: str) -> str:
    return name.replace(" ", "").casefold()
