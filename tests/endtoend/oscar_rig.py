"""The gateway between a real XMPP server and servers for AIM and ICQ that note every mistake.

user's client ── ejabberd ── gateway.py run ── fake OSCAR servers ── played people
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.trial.ejabberd import DOMAIN
from tests.endtoend.book_rig import BookStage, Member
from tests.endtoend.client import Client
from tests.endtoend.rig import unique
from tests.servers.oscar import Oscar, Person, oscar
from tests.servers.oscar_kinds import MESSAGES, OOS, RateClass
from tests.servers.oscar_users import ident

AIM = f"aim.{DOMAIN}"
ICQ = f"icq.{DOMAIN}"
"""Of the same server, as open-oscar-server has it."""
ISD = f"isd.{DOMAIN}"
"""ICQ, by a server with the ways of IServerd."""
QUICK = f"quick.{DOMAIN}"
"""AIM, where who wrote too much need not wait for long."""
MORTAL = f"mortal.{DOMAIN}"
"""AIM, by a server that a story may stop."""

OSCAR_DOMAINS = (AIM, ICQ, ISD, QUICK, MORTAL)

ICQ_LIKE = (ICQ, ISD)

QUICK_MESSAGES = RateClass(
    MESSAGES, window=20, clear=510, alert=500, limit=490, disconnect=300, start=1300, maximum=1300
)
"""Some fifteen at once, then one in 0.6 seconds; the real one is eight times as slow."""

_uins = itertools.count(100_001)


def quick_rates() -> tuple[RateClass, ...]:
    return tuple(QUICK_MESSAGES if c.number == MESSAGES else c for c in OOS.rate_classes)


@dataclass(frozen=True, slots=True)
class Servers:
    main: Oscar
    isd: Oscar
    quick: Oscar
    mortal: Oscar

    def of(self, transport: str) -> Oscar:
        return {ISD: self.isd, QUICK: self.quick, MORTAL: self.mortal}.get(transport, self.main)

    def everybody(self) -> tuple[Oscar, ...]:
        return self.main, self.isd, self.quick, self.mortal

    def check(self) -> None:
        """No client has done what a server would mind."""
        for server in self.everybody():
            assert server.violations == []
            assert server.overlaps == []

    def transports(self) -> dict[str, Any]:
        def at(server: Oscar, network: str) -> dict[str, Any]:
            where = {"server": server.host, "port": server.port}
            return {"network": network, **where, "logins_per_second": 1000.0}

        networks = {AIM: "aim", ICQ: "icq", ISD: "icq", QUICK: "aim", MORTAL: "aim"}
        return {domain: at(self.of(domain), network) for domain, network in networks.items()}


@contextmanager
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(
            main=stack.enter_context(oscar("oos")),
            isd=stack.enter_context(oscar("isd")),
            quick=stack.enter_context(oscar("oos", rate_classes=quick_rates())),
            mortal=stack.enter_context(oscar("oos")),
        )


class OscarStage(BookStage[Servers, Person]):
    def new_name(self, transport: str, name: str) -> str:
        return str(next(_uins)) if transport in ICQ_LIKE else unique(name)

    def address(self, transport: str, name: str) -> str:
        return f"{ident(name)}@{transport}"

    def friends(self, transport: str) -> tuple[Member, Person, str]:
        """A user, somebody on the network who see each other, and that one's address."""
        juliet, romeo = self.member(transport), self.person(transport, authorise=False)
        self.servers.of(transport).account(juliet.name).authorise = False
        contact = f"{romeo.name}@{transport}"
        romeo.add(juliet.name)
        befriend(juliet.client, contact)
        juliet.client.sees_presence(contact)
        return juliet, romeo, contact

    def elsewhere(self, member: Member) -> Person:
        """Another client of the same account, played by the story."""
        server = self.servers.of(member.transport)
        is_second = server.is_online(member.name)
        person = self.play(member.transport, member.name)
        if is_second:
            server.overlaps.remove(member.name)  # That was us.
        return person


def befriend(user: Client, contact: str) -> None:
    """Who agrees, or need not."""
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "subscribed")
