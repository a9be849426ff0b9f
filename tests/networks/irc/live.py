"""Sessions of real users on real servers, over real sockets.

with user(settings, "juliet") as juliet:
    juliet.put(JoinRoom(room="#verona", token="1"))
    juliet.expect(RoomJoined, room="#verona")
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import gevent
from gevent.event import Event as Flag
from gevent.queue import Empty, Queue

from gateway import log
from gateway.commands import Command, Logout
from gateway.errors import CommandRefused
from gateway.events import Event, LoggedIn
from gateway.ids import PersonId
from gateway.network import Login
from gateway.session import Session
from networks.irc import NETWORK
from networks.irc.settings import IrcSettings

TIMEOUT = 20.0
"""For one event; they take milliseconds, a loaded machine much longer."""

E = TypeVar("E")


class User:
    def __init__(self, settings: IrcSettings, nick: str, **how: Any) -> None:
        fields = {"nick": nick, **how.pop("fields", {})}
        login = Login(
            user=f"{nick}@verona.lit",
            account=how.pop("account", ""),
            fields=fields,
            settings=settings,
            nonce="0123456789abcdef" * 2,
            **how,
        )
        self.events: Queue[Event] = Queue()
        self.seen: list[Event] = []
        self.over = Flag()
        self.session = Session(
            NETWORK, login, self.events.put, log.bind(user=nick), lambda _: self.over.set()
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


@contextmanager
def user(settings: IrcSettings, nick: str, **how: Any) -> Iterator[User]:
    """Logged in, and out in the end."""
    someone = User(settings, nick, **how)
    try:
        someone.expect(LoggedIn, me=PersonId(nick))
        yield someone
    finally:
        with suppress(CommandRefused):  # It is over already.
            someone.session.put(Logout())
        if not someone.over.wait(TIMEOUT):
            someone.session.kill()
