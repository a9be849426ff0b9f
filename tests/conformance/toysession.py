"""One user of the toy gateway, as the network sees them; and what can be done wrong."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

import gevent

from tests.conformance.toynet import OFFLINE, Someone, ToyNet

PAUSE = 0.4
"""Seconds between two requests of people from the address book."""


class Wrong(Enum):
    """What it can be told to do."""

    HAS_NO_NAME = auto()
    SPEAKS_WITH_RESOURCE = auto()
    ANSWERS_ERRORS = auto()
    ADDRESSES_AS_TYPED = auto()
    VERIFIES_NOTHING = auto()
    TELLS_PASSWORD = auto()
    FORGETS_OLD_REGISTRATION = auto()
    TAKES_EMPTY_PASSWORD = auto()
    STAYS_LOGGED_IN = auto()
    REMOVES_ANYHOW = auto()
    TAKES_NO_LEAVE = auto()
    TRIES_AGAIN = auto()
    SAYS_NOT_WHY = auto()
    REPEATS_PRESENCE = auto()
    FORGETS_PROBES = auto()
    GRANTS_EARLY = auto()
    SWALLOWS_REQUESTS = auto()
    ASKS_AGAIN = auto()
    KEEPS_REMOVED = auto()
    SWALLOWS_MESSAGES = auto()
    CONFIRMS_EVERYTHING = auto()
    WRITES_WITH_RESOURCE = auto()
    FLOODS = auto()
    TELLS_TWICE = auto()


class Gateway(Protocol):
    """The rest of it."""

    wrong: Wrong | None
    net: ToyNet

    def jid(self, name: str) -> str: ...

    def send(self, xml: str) -> None: ...

    def presence(
        self, name: str, to: str, kind: str = "", show: str = "", words: str = ""
    ) -> None: ...


@dataclass
class Session:
    """One user of ours: an endpoint of the network."""

    toy: Gateway
    user: str
    name: str
    password: str
    resources: set[str] = field(default_factory=set)
    offered: set[str] = field(default_factory=set)
    """Whom the roster knows of, or was asked about."""
    wanted: set[str] = field(default_factory=set)
    """Whom the user wants to see."""
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    someone: Someone | None = None
    is_hopeless: bool = False
    is_refused: set[str] = field(default_factory=set)

    def log_in(self) -> bool:
        if self.someone is None and not self.is_hopeless:
            self.someone = self.toy.net.log_in(self.name, self.password, self)
            if self.someone:
                gevent.spawn(self._introduce)
        return self.someone is not None

    def _introduce(self) -> None:
        """Whom the user does not know yet, one after the other."""
        for name in sorted(self.someone.book) if self.someone else []:
            if name not in self.offered | self.is_refused:
                self.offered.add(name)
                self.toy.presence(name, self.user, "subscribe")
                gevent.sleep(0 if self.toy.wrong is Wrong.FLOODS else PAUSE)

    def log_out(self) -> None:
        if self.someone:
            self.toy.net.log_out(self.someone)
            self.someone = None
        for name in list(self.shown):
            self.saw(name, OFFLINE, "")

    # From the network.

    def heard(self, sender: str, text: str) -> None:
        resource = "/toy" if Wrong.WRITES_WITH_RESOURCE is self.toy.wrong else ""
        self.toy.send(
            f"<message from={quoteattr(self.toy.jid(sender) + resource)} to='{self.user}' "
            f"type='chat'><body>{escape(text)}</body></message>"
        )

    def asked(self, name: str) -> None:
        if self.toy.wrong is Wrong.SWALLOWS_REQUESTS:
            return
        if name not in self.is_refused or self.toy.wrong is Wrong.ASKS_AGAIN:
            self.toy.presence(name, self.user, "subscribe")

    def answered(self, name: str, is_granted: bool) -> None:
        if not is_granted:
            self.toy.presence(name, self.user, "unsubscribed")
        elif name in self.wanted:
            self.offered.add(name)
            self.toy.presence(name, self.user, "subscribed")
            self.toy.presence(name, self.user, "subscribe")

    def saw(self, name: str, show: str, words: str) -> None:
        if show == OFFLINE:
            self.shown.pop(name, None)
        else:
            self.shown[name] = show, words
        if name in self.offered:
            self.show(name)
            if self.toy.wrong is Wrong.TELLS_TWICE:
                self.show(name)

    def show(self, name: str) -> None:
        show, words = self.shown.get(name, (OFFLINE, ""))
        kind = OFFLINE if show == OFFLINE else ""
        self.toy.presence(name, self.user, kind, "" if kind else show, words)
