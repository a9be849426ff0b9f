"""Sessions of the gateway on the fake server, over real sockets.

with msn() as server, user(server, "juliet@msn.test") as juliet:
    juliet.put(SendMessage(chat="romeo@msn.test", body="Hi", token="1"))
    juliet.expect(MessageSent, token="1")
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import gevent
from gevent.event import Event as Flag
from gevent.queue import Empty, Queue

from gateway import log
from gateway.commands import Command, Logout
from gateway.errors import CommandRefused
from gateway.events import ContactsListed, Event, LoggedIn
from gateway.ids import PersonId
from gateway.network import Login
from gateway.session import Session
from networks.msn import NETWORK
from networks.msn.settings import MsnSettings
from tests.servers.msn import Msn

TIMEOUT = 20.0
"""For one event; they take milliseconds, a loaded machine much longer."""

NOTHING: Mapping[str, Any] = {}

E = TypeVar("E")


class User:
    def __init__(
        self,
        settings: MsnSettings,
        address: str,
        password: str = "secret",
        nick: str = "",
        **login: Any,
    ) -> None:
        login = Login(
            user=f"{address.partition('@')[0]}@verona.lit",
            account="",
            fields={"username": address, "password": password, "nick": nick},
            settings=settings,
            **{"nonce": "0123456789abcdef" * 2, **login},
        )
        self.events: Queue[Event] = Queue()
        self.seen: list[Event] = []
        self.over = Flag()
        self.session = Session(
            NETWORK, login, self.events.put, log.bind(user=address), lambda _: self.over.set()
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


def settings(server: Msn, **changed: Any) -> MsnSettings:
    how = {
        "server": server.host,
        "port": server.port,
        "services": server.url,
        "ca_file": str(server.ca_file or ""),
    }
    return MsnSettings(**{**how, **changed})


@contextmanager
def user(
    server: Msn,
    address: str,
    *,
    nick: str = "",
    session: Mapping[str, Any] = NOTHING,
    **changed: Any,
) -> Iterator[User]:
    """Logged in with their address book read, and out in the end.  ``session``: of its Login."""
    someone = User(settings(server, **changed), address, nick=nick, **session)
    try:
        someone.expect(LoggedIn, me=PersonId(address))
        someone.expect(ContactsListed)
        yield someone
    finally:
        with suppress(CommandRefused):  # It is over already.
            someone.session.put(Logout())
        if not someone.over.wait(TIMEOUT):
            someone.session.kill()
