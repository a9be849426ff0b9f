"""A strict MSN server (MSNP13 to 15) on loopback, for tests of clients.

    with msn() as server:
        server.add_user("juliet@msn.test", "secret", contacts=("romeo@msn.test",))
        romeo = server.user("romeo@msn.test")
        romeo.sign_on()                      # Played by the test.
        …                                    # A client logs in as juliet, at server.port.
        romeo.say("juliet@msn.test", "Hi")
        assert romeo.wait(Heard).text == "Hello"
        server.check()

``port`` is the notification server's, ``url`` that of all HTTP services, whose certificate is of
``ca_file``.  It keeps to what the recorded server was seen to do on the wire, and notes in
``violations`` whatever a client should not do, also where that one would have let it pass.
``server.ways`` has what other servers do, see msn_world.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

from gateway.trial.process import LOOPBACK
from tests.servers import msn_lists as lists
from tests.servers import msn_ns as ns
from tests.servers.clock import Clock, ManualClock, RealClock
from tests.servers.fake import HOST, Fake, running
from tests.servers.msn_heard import (
    Acked,
    Came,
    Ended,
    Failed,
    Heard,
    Joined,
    Left,
    Listed,
    Nudged,
    Other,
    Personal,
    Pictured,
    Typed,
    Unlisted,
    Went,
)
from tests.servers.msn_http import Services
from tests.servers.msn_person import Person, Talk
from tests.servers.msn_socket import serve_ns, serve_sb
from tests.servers.msn_users import Contact, Lists, User, fold
from tests.servers.msn_world import Answer, Link, Record, Request, Session, Ways, World

__all__ = [
    "Acked",
    "Answer",
    "Came",
    "Ended",
    "Failed",
    "Heard",
    "Joined",
    "Left",
    "Listed",
    "Lists",
    "ManualClock",
    "Msn",
    "Nudged",
    "Other",
    "Person",
    "Personal",
    "Pictured",
    "Record",
    "Request",
    "Talk",
    "Typed",
    "Unlisted",
    "Ways",
    "Went",
    "msn",
]


class Msn(Fake[Person]):
    def __init__(self, world: World, folder: Path | None) -> None:
        super().__init__(world, folder)
        self.http_port = 0
        self._ports = {"ns": 0, "sb": 0, "dispatch": 0}

    @property
    def ways(self) -> Ways:
        return self.world.ways

    @property
    def url(self) -> str:
        return self.world.url

    # Running.

    def start(self) -> None:
        world = self.world
        world.ns_address = self._listen("ns", lambda sock, _: serve_ns(world, sock, False))
        world.sb_address = self._listen("sb", lambda sock, _: serve_sb(world, sock))
        if world.ways.dispatch:
            self._listen("dispatch", lambda sock, _: serve_ns(world, sock, True))
        self.port = self._ports["dispatch" if world.ways.dispatch else "ns"]
        tls = {"ssl_context": self._context} if self._context else {}
        self.http_port = self.listen(
            WSGIServer((LOOPBACK, self.http_port), Services(world), log=None, **tls)
        )
        scheme, host = ("https", HOST) if tls else ("http", LOOPBACK)
        world.url = f"{scheme}://{host}:{self.http_port}"

    def _listen(self, what: str, serve: Callable[[Any, Any], None]) -> str:
        self._ports[what] = self.listen(StreamServer((LOOPBACK, self._ports[what]), serve))
        return f"{LOOPBACK}:{self._ports[what]}"

    def go_down(self) -> None:
        """The server says that it is going down, and hangs up."""
        for link in self.clients():
            if isinstance(link, Session):
                link.send("OUT", "SSD")
            self.leave(link)

    def displace(self, address: str) -> None:
        """Somebody else logs in as this user."""
        session = self.session(address)
        session.send("OUT", "OTH")
        ns.leave(session)

    def challenge(self, address: str) -> None:
        ns.challenge(self.session(address))

    def send_raw(self, address: str, data: bytes) -> None:
        """Whatever the test wants, from the notification server."""
        self.session(address).write(data)

    def answer_next(self, operation: str, *answers: Answer) -> None:
        """Who asks for this operation ("RST", "ABFindAll", …) gets these, one each."""
        self.world.answers.setdefault(operation, []).extend(answers)

    def leave(self, link: Link) -> None:
        if isinstance(link, Session):
            ns.leave(link)
        else:
            link.close()

    def key(self, name: str) -> str:
        return fold(name)

    def session(self, address: str) -> Session:
        session = self.world.session(self.account(address))
        assert session is not None, f"{address} is not logged in"
        return session

    # Who is there.

    def add_user(
        self,
        address: str,
        password: str = "secret",
        *,
        name: str = "",
        contacts: tuple[str, ...] = (),
        has_book: bool = True,
    ) -> Person:
        """``contacts``: of whom those who do not exist yet are added; nobody is told."""
        user = User(address, password, name or address.partition("@")[0], has_book)
        self.world.users[user.key] = user
        self.people[user.key] = Person(self.world, user)
        for contact in contacts:
            self.add_contacts(address, contact)
        return self.people[user.key]

    def add_contacts(self, address: str, *contacts: str, group: str = "") -> None:
        """Put somebody on a user's list, as if it had been so for long."""
        user = self.account(address)
        for contact in contacts:
            other = self.user(contact).account
            found = user.contacts.setdefault(
                other.key, Contact(other.address, str(other.id), other.name)
            )
            user.lists[Lists.ALLOW].add(other.key)
            other.lists[Lists.REVERSE].add(user.key)
            if group:
                found.groups.add(self.group(address, group))

    def befriend(self, one: str, other: str) -> None:
        """Each has the other on the list."""
        self.add_contacts(one, other)
        self.add_contacts(other, one)

    def group(self, address: str, name: str) -> str:
        """Its id; made if there is none."""
        groups = self.account(address).groups
        found = [guid for guid, known in groups.items() if known == name]
        if not found:
            found = [str(self.account(address).id)[:-4] + f"{len(groups):04x}"]
            groups[found[0]] = name
        return found[0]

    def is_online(self, address: str) -> bool:
        session = self.world.session(self.account(address))
        return session is not None and session.online

    # What clients did.

    def check(self) -> None:
        """No client has done what a server would mind, since the last look; and all lists are as
        it said they are."""
        found, self.world.violations = self.world.violations, []
        assert not found, found
        for session in self.world.sessions():
            if not session.played:
                problem = lists.differs(session.me, session.told)
                assert not problem, f"{session}: {problem}"

    def records(self, name: str, address: str = "") -> list[Record]:
        wanted = fold(address)
        found = [record for record in self.world.sent if record.command.name == name]
        return [record for record in found if not wanted or record.user == wanted]

    def requests(self, operation: str, address: str = "") -> list[Request]:
        wanted = fold(address)
        found = [request for request in self.world.asked if request.operation == operation]
        return [request for request in found if not wanted or request.user == wanted]

    def wait_sent(self, name: str, address: str = "", count: int = 1) -> list[Record]:
        """All such commands, once there are ``count`` of them."""
        what = f"{count} of {name} from {address or 'anybody'}"
        self.wait_until(lambda: len(self.records(name, address)) >= count, what)
        return self.records(name, address)

    def wait_asked(self, operation: str, address: str = "", count: int = 1) -> list[Request]:
        what = f"{count} of {operation} from {address or 'anybody'}"
        self.wait_until(lambda: len(self.requests(operation, address)) >= count, what)
        return self.requests(operation, address)

    def recent(self) -> list[str]:
        return [f"{r.user} {r.service} {r.command}" for r in self.world.sent[-20:]]


def _nonce() -> str:
    return base64.b64encode(os.urandom(48)).decode()


def _challenge() -> str:
    return str(random.randrange(10**19, 10**20))


def _secret() -> bytes:
    return os.urandom(24)


def msn(
    *, clock: Clock | None = None, tls: bool = True, folder: Path | None = None, **ways: Any
) -> AbstractContextManager[Msn]:
    """Start one.

    ``clock``: a ManualClock makes time the test's own, for keys, tickets and challenges.
    ``tls``: the HTTP services have a certificate; else they are plain.  ``ways``: see Ways.
    """
    world = World(clock or RealClock(), Ways(**ways), _nonce, _challenge, _secret)
    return running(partial(Msn, world), tls=tls, folder=folder)
