"""A strict OSCAR server (AIM and ICQ) on loopback, for tests of clients.

    with oscar(kind="oos") as server:
        server.add_user("Juliet Capulet", "secret")
        romeo = server.user("romeo")
        romeo.sign_on()                      # Played by the test.
        …                                    # A client signs on as juliet, at server.port.
        romeo.say("julietcapulet", "Hi")
        assert romeo.wait(Heard).text == "Hello"
        assert server.violations == []

``kind`` is the real server whose ways it has: "oos" (open-oscar-server) or "isd" (IServerd, ICQ
only), see oscar_kinds.  One port is log-in server, BOS and all other services; ``uas_port`` has
the HTTP log-in of AIM 6, ``uas_tls_port`` the same by HTTPS.  It keeps to what both were seen to do
on the wire, and notes in ``violations`` whatever a client should not do, also where the real ones
would have let it pass.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
from gevent.baseserver import BaseServer
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

from gateway.trial.certificates import make_certificate
from gateway.trial.process import LOOPBACK
from tests.servers import oscar_bos as bos
from tests.servers import oscar_chat as chat
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_text as text
from tests.servers.clock import Clock, ManualClock, RealClock
from tests.servers.oscar_heard import (
    Acked,
    Added,
    Answered,
    Arrived,
    Asked,
    Departed,
    Entered,
    Failed,
    Heard,
    Info,
    Invited,
    Left,
    Other,
    PreAuthorised,
    Results,
    Said,
    Typed,
    Warned,
)
from tests.servers.oscar_kinds import KINDS
from tests.servers.oscar_login import Limiter
from tests.servers.oscar_person import WAIT, Person, SignedOff
from tests.servers.oscar_rates import Rates
from tests.servers.oscar_socket import serve
from tests.servers.oscar_uas import Uas
from tests.servers.oscar_users import Details, Item, User, ident, read_items
from tests.servers.oscar_wire import Reader, Snac, Tlvs
from tests.servers.oscar_world import Link, Record, World

__all__ = [
    "Acked",
    "Added",
    "Answered",
    "Arrived",
    "Asked",
    "Departed",
    "Details",
    "Entered",
    "Failed",
    "Heard",
    "Info",
    "Invited",
    "Item",
    "Left",
    "Link",
    "ManualClock",
    "Oscar",
    "Other",
    "Person",
    "PreAuthorised",
    "Record",
    "Results",
    "Said",
    "SignedOff",
    "Snac",
    "Typed",
    "Warned",
    "oscar",
]

HOST = "localhost"
"""As the certificate says; resolves to loopback."""

POLL = 0.005


class Oscar:
    def __init__(self, world: World, folder: Path | None) -> None:
        self.world = world
        self.host = LOOPBACK
        self.port = self.tls_port = self.uas_port = self.uas_tls_port = 0
        self.ca_file: Path | None = None
        self.people: dict[str, Person] = {}
        self._certificate = make_certificate(folder, HOST) if folder else None
        if self._certificate:
            self.host, self.ca_file = HOST, self._certificate.ca_file
        self._listeners: list[BaseServer] = []

    # Running.

    def start(self) -> None:
        """Also again, on the same ports, after ``stop``."""
        plain = StreamServer((LOOPBACK, self.port), lambda sock, _: serve(self.world, sock, False))
        plain.start()
        self.port = plain.server_port
        self.world.address = f"{self.host}:{self.port}"
        self._listeners = [plain]
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate.cert_file, self._certificate.key_file)
            secure = StreamServer(
                (LOOPBACK, self.tls_port),
                lambda sock, _: serve(self.world, sock, True),
                ssl_context=context,
            )
            secure.start()
            self.tls_port = secure.server_port
            self.world.secure_address = f"{self.host}:{self.tls_port}"
            self._listeners.append(secure)
            https = WSGIServer(
                (LOOPBACK, self.uas_tls_port), Uas(self.world), log=None, ssl_context=context
            )
            https.start()
            self.uas_tls_port = https.server_port
            self._listeners.append(https)
        uas = WSGIServer((LOOPBACK, self.uas_port), Uas(self.world), log=None)
        uas.start()
        self.uas_port = uas.server_port
        self._listeners.append(uas)

    def stop(self) -> None:
        """All connections end at once, without a word."""
        for link in [link for link in self.world.links if not link.played]:
            link.close()
            bos.leave(link)
        for listener in self._listeners:
            listener.stop(timeout=1)

    def drop(self, name: str) -> None:
        """The network fails for one user."""
        for link in self._links(name):
            link.close()
            bos.leave(link)

    def displace(self, name: str) -> None:
        """Somebody else logs in as this user, on a client that wants to be alone."""
        for link in self._links(name):
            bos.displace(link)

    def _links(self, name: str) -> list[Link]:
        wanted = ident(name)
        links = [link for link in self.world.links if not link.played]
        return [link for link in links if link.user is not None and link.user.id == wanted]

    # Who is there.

    def add_user(
        self,
        name: str,
        password: str = "secret",
        *,
        authorise: bool | None = None,
        refusal: int = 0,
        bot: bool = False,
        details: Details | None = None,
        items: tuple[Item, ...] = (),
    ) -> Person:
        """``authorise``: must be asked before being listed; ICQ users of "oos" must by default.
        ``refusal``: the error code (TLV 08) that every log-in is answered with."""
        if authorise is None:
            authorise = name.isdigit() and self.world.kind.shares_accounts
        user = User(name, password, authorise, refusal, bot)
        user.details = details or Details()
        user.items = {item.key: item for item in items or self._first_items()}
        if user.items:
            user.changed = self.world.clock.now()
        self.world.users[user.id] = user
        self.people[user.id] = Person(self.world, user)
        return self.people[user.id]

    def _first_items(self) -> tuple[Item, ...]:
        """IServerd makes a root and a group, the other nothing."""
        if self.world.kind.shares_accounts:
            return ()
        return Item("", 0, 0, 1), Item("General", 1, 0, 1)

    def user(self, name: str) -> Person:
        """Play this user; who does not exist yet is added."""
        return self.people.get(ident(name)) or self.add_user(name)

    def account(self, name: str) -> User:
        return self.world.users[ident(name)]

    def contacts(self, name: str) -> list[str]:
        """Names of the buddies in a feedbag."""
        return [item.name for item in self.account(name).of(0)]

    def is_online(self, name: str) -> bool:
        return bool(self.world.online(self.account(name)))

    def make_room(self, name: str, exchange: int = chat.PUBLIC) -> None:
        chat.make_room(self.world, exchange, name)

    def rates(self, name: str) -> Rates | None:
        """What is counted for the (first) client of a user."""
        links = [link for link in self.world.clients(self.account(name)) if not link.played]
        return links[0].rates if links else None

    def system_message(self, name: str, says: str) -> None:
        for link in self._links(name):
            icbm.system_message(link, says)

    # What clients did.

    @property
    def violations(self) -> list[str]:
        return self.world.violations

    @property
    def overlaps(self) -> list[str]:
        """Users who logged in while they were logged in."""
        return self.world.overlaps

    @property
    def sent(self) -> list[Record]:
        return self.world.sent

    def records(self, family: int, subtype: int, user: str = "") -> list[Record]:
        wanted = ident(user)
        found = [record for record in self.sent if record.snac.kind == (family, subtype)]
        return [record for record in found if not wanted or record.user == wanted]

    def wait_sent(self, family: int, subtype: int, user: str = "", count: int = 1) -> list[Record]:
        """All such SNACs, once there are ``count`` of them."""
        what = f"{count} of SNAC({family:02x},{subtype:02x}) from {user or 'anybody'}"
        self.wait_until(lambda: len(self.records(family, subtype, user)) >= count, what)
        return self.records(family, subtype, user)

    def wait_online(self, name: str) -> None:
        self.wait_until(lambda: self.is_online(name), f"{name} to be online")

    def wait_offline(self, name: str) -> None:
        self.wait_until(lambda: not self.is_online(name), f"{name} to be offline")

    def wait_until(self, true: Callable[[], bool], what: str = "", timeout: float = WAIT) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                seen = "\n".join(f"{record.user} {record.snac}" for record in self.sent[-20:])
                raise AssertionError(
                    f"waited for {what}; violations {self.violations}; got\n{seen}"
                )
            gevent.sleep(POLL)


def message_fields(record: Record) -> tuple[bytes, int, str, Tlvs]:
    """Of 04/06: cookie, channel, to whom, TLVs."""
    reader = Reader(record.snac.data)
    return reader.take(8), reader.u16(), reader.name8(), reader.tlvs()


def message_text(record: Record) -> str:
    """Of 04/06 on channel 1."""
    return text.read(message_fields(record)[3][0x02])


def feedbag_items(record: Record) -> list[Item]:
    """Of 13/08, 09 and 0a."""
    return read_items(record.snac.data)


@contextmanager
def oscar(
    kind: str = "oos",
    *,
    clock: Clock | None = None,
    rates: bool = True,
    login_limit: int | None = None,
    feedbag_limit: int = 1000,
    feedbag_part: int = 400,
    tls: bool = False,
    folder: Path | None = None,
    **changed: Any,
) -> Iterator[Oscar]:
    """Start one.

    ``clock``: a ManualClock makes time the test's own, for rates, idle times and the limiter.
    ``rates``: count them, drop and disconnect as the real ones do.
    ``login_limit``: so many log-ins at once, then one a minute; open-oscar-server has 10.
    ``feedbag_limit``: items that one list may have; ``feedbag_part``: how many come in one SNAC.
    ``tls``: listen on ``tls_port`` too; who comes there is sent on to there (TLV 8e).
    ``changed``: fields of ``oscar_kinds.Kind`` that are to be different.
    """
    clock = clock or RealClock()
    limiter = Limiter(login_limit, clock) if login_limit is not None else None
    world = World(
        replace(KINDS[kind], **changed),
        clock,
        rates,
        limiter,
        lambda: str(uuid.uuid4()).encode(),
        feedbag_limit,
        feedbag_part,
    )
    with contextlib.ExitStack() as stack:
        if tls and folder is None:
            temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix="oscar-"))
            folder = Path(temporary)
        server = Oscar(world, folder if tls else None)
        server.start()
        stack.callback(server.stop)
        yield server
