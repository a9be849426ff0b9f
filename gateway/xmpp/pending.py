"""Commands that wait for their answer, by token."""

import itertools
from xml.etree.ElementTree import Element

from gevent.event import AsyncResult

from gateway.events import Event
from gateway.frozen import frozen
from gateway.ids import ChatId, Token
from gateway.xmpp.lately import Said

MOST = 1000
"""Of one session.  FSMs answer every token, so this is only reached by a flood."""


@frozen()
class Sent:
    """A message or a subject from a client; refused, it comes back as an error."""

    stanza: Element
    is_in_room: bool = False
    said: Said | None = None
    """What is remembered of a message."""


@frozen()
class Joining:
    room: ChatId


@frozen()
class Question:
    """Somebody's greenlet waits."""

    answer: "AsyncResult[Event]"


Waiting = Sent | Joining | Question


class Pending:
    def __init__(self) -> None:
        self._waiting: dict[Token, Waiting] = {}
        self._numbers = itertools.count(1)

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= MOST

    def add(self, waiting: Waiting) -> Token:
        token = Token(str(next(self._numbers)))
        self._waiting[token] = waiting
        return token

    def take(self, token: Token) -> Waiting | None:
        return self._waiting.pop(token, None)

    def take_all(self) -> list[Waiting]:
        """The session is over: nobody will answer these any more."""
        waiting, self._waiting = list(self._waiting.values()), {}
        return waiting
