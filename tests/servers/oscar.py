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

import uuid
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

from gateway.trial.process import LOOPBACK
from tests.servers import oscar_bos as bos
from tests.servers import oscar_chat as chat
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_text as text
from tests.servers.clock import Clock, ManualClock, RealClock
from tests.servers.fake import HOST, Fake, running
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
from tests.servers.oscar_person import Person, SignedOff
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


class Oscar(Fake[Person]):
    def __init__(self, world: World, folder: Path | None) -> None:
        super().__init__(world, folder)
        self.tls_port = self.uas_port = self.uas_tls_port = 0
        if self.ca_file:
            self.host = HOST

    # Running.

    def start(self) -> None:
        world = self.world
        self.port = self.listen(
            StreamServer((LOOPBACK, self.port), lambda sock, _: serve(world, sock, False))
        )
        world.address = f"{self.host}:{self.port}"
        self.uas_port = self.listen(WSGIServer((LOOPBACK, self.uas_port), Uas(world), log=None))
        if not self._context:
            return
        tls = {"ssl_context": self._context}
        self.tls_port = self.listen(
            StreamServer((LOOPBACK, self.tls_port), lambda sock, _: serve(world, sock, True), **tls)
        )
        world.secure_address = f"{self.host}:{self.tls_port}"
        self.uas_tls_port = self.listen(
            WSGIServer((LOOPBACK, self.uas_tls_port), Uas(world), log=None, **tls)
        )

    def leave(self, link: Link) -> None:
        link.close()
        bos.leave(link)

    def displace(self, name: str) -> None:
        """Somebody else logs in as this user, on a client that wants to be alone."""
        for link in self.clients(name):
            bos.displace(link)

    def key(self, name: str) -> str:
        return ident(name)

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
        for link in self.clients(name):
            icbm.system_message(link, says)

    # What clients did.

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

    def recent(self) -> list[str]:
        return [f"{record.user} {record.snac}" for record in self.sent[-20:]]


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
) -> AbstractContextManager[Oscar]:
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
    return running(partial(Oscar, world), tls=tls, folder=folder)
