"""Sessions of the gateway on real and fake servers, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import gevent
from gevent.event import Event as Flag
from gevent.queue import Empty, Queue

from gateway import log
from gateway.commands import Command, Logout, SendMessage
from gateway.errors import CommandRefused
from gateway.events import Event, LoggedIn, LoggedOut
from gateway.ids import ChatId, PersonId, Token
from gateway.network import Login, Network
from gateway.session import Session

TIMEOUT = 20.0
"""For one event; they take milliseconds, a loaded machine much longer."""

E = TypeVar("E")
U = TypeVar("U", bound="Online")


class Online:
    """A user who logs in.  Each network has its own, which knows what its ``Login`` needs."""

    def __init__(self, network: Network, name: str, **login: Any) -> None:
        """``name``: on the network."""
        how = {"account": "", "nonce": "0123456789abcdef" * 2, **login}
        self.name = name
        self.events: Queue[Event] = Queue()
        self.seen: list[Event] = []
        self.over = Flag()
        self.session = Session(
            network, Login(**how), self.events.put, log.bind(user=name), lambda _: self.over.set()
        )
        self.session.start()

    def put(self, *commands: Command) -> None:
        for command in commands:
            self.session.put(command)

    def expect(self, type_: type[E], **fields: Any) -> E:
        """The next event of that type with these fields.  Others are passed over."""
        try:
            with gevent.Timeout(TIMEOUT):
                while True:
                    event: Any = self.events.get()
                    self.seen.append(event)
                    if isinstance(event, type_) and all(
                        getattr(event, name) == value for name, value in fields.items()
                    ):
                        return event
        except (gevent.Timeout, Empty):
            told = "\n".join(map(str, self.seen))
            raise AssertionError(f"no {type_.__name__} {fields} among:\n{told}") from None

    def saw(self, type_: type[E]) -> list[E]:
        return [event for event in self.seen if isinstance(event, type_)]

    def ended(self) -> LoggedOut:
        """How it ends by itself."""
        event = self.expect(LoggedOut)
        assert self.over.wait(TIMEOUT)
        return event


@contextmanager
def logged_in(someone: U, *then: type[Event]) -> Iterator[U]:
    """And out in the end.  ``then``: what is waited for, too."""
    try:
        someone.expect(LoggedIn, me=PersonId(someone.name))
        for type_ in then:
            someone.expect(type_)
        yield someone
    finally:
        with suppress(CommandRefused):  # It is over already.
            someone.session.put(Logout())
        if not someone.over.wait(TIMEOUT):
            someone.session.kill()


def say(chat: str, body: str, token: str = "1") -> SendMessage:
    return SendMessage(chat=ChatId(chat), body=body, token=Token(token))
