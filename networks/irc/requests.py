"""Commands that wait for an answer, and how answers find them.

IRC does not say which line an answer answers, unless it has labels
(https://ircv3.net/specs/extensions/labeled-response).  Without, three things help: errors name the
channel or the nick; servers handle lines in order; so what had no answer when the PONG to a later
PING comes was accepted.  That PING is called a fence here.  One is under way at a time and stands
for all requests before it.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from gateway.ids import ChatId, Token

FENCE = "greengate-"
"""Starts the parameter of the PING, and so of its PONG."""

PATIENCE = 3
"""Turns of the sweeping timer without any answer before a request is given up."""

SWEEP_SECONDS = 30.0


class Asked(Enum):
    MESSAGE = "message"
    JOIN = "join"
    PART = "part"
    TOPIC = "topic"
    NICK = "nick"
    CHANGE = "change"  # KICK, MODE, INVITE, whatever is done when it did not fail.
    RAW = "raw"
    WHOIS = "whois"
    LIST = "list"
    MASKS = "masks"


FENCED = frozenset({Asked.MESSAGE, Asked.TOPIC, Asked.NICK, Asked.CHANGE, Asked.RAW, Asked.PART})
"""The others have an answer that ends them."""


NO_CHAT = ChatId("")


@dataclass(slots=True, eq=False)
class Request:
    kind: Asked
    token: Token | None
    """None: we asked for ourselves, and tell nobody how it went."""
    chat: ChatId = NO_CHAT
    targets: tuple[str, ...] = ()
    """What an error about it would name, folded as the server does: channel, nick."""
    body: str = ""
    """The message, topic or nick, to be told when it got through."""
    needs_fence: bool = True
    number: int = 0
    """Set when it is made; its labels begin with it."""
    labels: int = 0
    """How many of its lines were sent with one."""
    fence: int = 0
    """Set when its last line was sent: the PONG that says all is well."""
    commands: tuple[str, ...] = ()
    """What errors about a command as such would name (421, 461, 263)."""
    texts: deque[str] = field(default_factory=deque)
    """Lines of a message that were sent and have not come back yet."""
    is_sent: bool = False
    """Its last line too."""
    is_answered: bool = False
    age: int = 0
    rows: list[Any] = field(default_factory=list)
    """What came of it so far: of WHOIS, LIST, MODE +b."""


class Requests:
    def __init__(self) -> None:
        self._all: dict[int, Request] = {}
        """Sent, at least in part, and not answered.  Oldest first."""
        self._made = 0
        self._fences = 0
        self._fence_out = 0
        self.wants_fence = False
        """Something was sent after the last one."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Request]:
        return iter(list(self._all.values()))

    def number(self, request: Request) -> None:
        self._made += 1
        request.number = self._made

    def sent(self, request: Request, is_last: bool) -> None:
        """One of its lines went out."""
        self._all[request.number] = request
        if is_last:
            request.is_sent = True
            if request.needs_fence:
                request.fence = self._fences + 1
                self.wants_fence = True

    def fence(self) -> int:
        """The number of the fence to send now; 0 for none."""
        if not self.wants_fence or self._fence_out:
            return 0
        self.wants_fence = False
        self._fences += 1
        self._fence_out = self._fences
        return self._fences

    def passed(self, fence: int) -> list[Request]:
        """All that this PONG settles."""
        if fence != self._fence_out:
            return []
        self._fence_out = 0
        return [request for request in self._all.values() if 0 < request.fence <= fence]

    def answered(self, request: Request) -> None:
        request.is_answered = True
        self._all.pop(request.number, None)

    def grown_old(self) -> list[Request]:
        """Called once a turn: those for which nobody should wait any longer."""
        for request in self._all.values():
            request.age += request.is_sent
        old = [request for request in self._all.values() if request.age >= PATIENCE]
        if any(request.fence for request in old):
            self._fence_out = 0  # Its PONG will not come either.
        return old

    def labeled(self, label: str) -> Request | None:
        number = label.partition(".")[0]
        is_number = number.isascii() and number.isdecimal() and len(number) < 10
        return self._all.get(int(number)) if is_number else None

    def of_kind(self, kind: Asked, target: str = "") -> Request | None:
        for request in self._all.values():
            if request.kind is kind and (not target or target in request.targets):
                return request
        return None
