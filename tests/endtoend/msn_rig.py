"""The gateway between a real XMPP server and servers for MSN that note every mistake.

user's client ── ejabberd ── gateway.py run ── fake MSN servers ── played people
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.trial.ejabberd import DOMAIN
from gateway.trial.people import Stanza
from tests.endtoend.book_rig import BookStage, Member
from tests.endtoend.client import Client
from tests.endtoend.rig import unique
from tests.servers.msn import Msn, Person, msn

MSN = f"msn.{DOMAIN}"
"""A server with the ways of the recorded one."""
OLD = f"oldmsn.{DOMAIN}"
"""One with the ways that the network's own had, by MSNP14."""
MORTAL = f"mortalmsn.{DOMAIN}"
"""One that a story may stop, silence, and make old tickets with."""

MSN_DOMAINS = (MSN, OLD, MORTAL)

HISTORIC: dict[str, Any] = {
    "dispatch": True,
    "redirect": True,
    "proper_ubx": True,
    "page_size": 2,
    "metadata_escapes": 0,
    "adl_stores": False,
    "tied": False,
    "error_payloads": True,
    "challenge": True,
}

PING_SECONDS = 5.0
"""On the mortal one: so that its silence is noticed soon."""


@dataclass(frozen=True, slots=True)
class Servers:
    main: Msn
    old: Msn
    mortal: Msn

    def of(self, transport: str) -> Msn:
        return {OLD: self.old, MORTAL: self.mortal}.get(transport, self.main)

    def everybody(self) -> tuple[Msn, ...]:
        return self.main, self.old, self.mortal

    def check(self) -> None:
        """No client has done what a server would mind."""
        for server in self.everybody():
            server.check()

    def tickets(self) -> Iterator[str]:
        """All that were given.  They are as good as passwords, for a day."""
        for server in self.everybody():
            for passport in server.world.passports:
                yield from (ticket[2:20] for ticket in passport.tickets.values())

    def transports(self) -> dict[str, Any]:
        def at(server: Msn, **settings: Any) -> dict[str, Any]:
            place = {"server": server.host, "port": server.port, "services": server.url}
            return {"network": "msn", **place, "ca_file": str(server.ca_file), **settings}

        return {
            MSN: at(self.main),
            OLD: at(self.old, protocol="MSNP14"),
            MORTAL: at(self.mortal, ping_seconds=PING_SECONDS),
        }


@contextmanager
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(
            main=stack.enter_context(msn()),
            old=stack.enter_context(msn(**HISTORIC)),
            mortal=stack.enter_context(msn()),
        )


def local(address: str, transport: str) -> str:
    """What somebody on the network is in XMPP (XEP-0106)."""
    return f"{address.replace('@', chr(92) + '40')}@{transport}"


class MsnStage(BookStage[Servers, Person]):
    def new_name(self, transport: str, name: str) -> str:
        return f"{unique(name)}@msn.test"

    def address(self, transport: str, name: str) -> str:
        return local(name, transport)

    def friends(self, transport: str, **how: Any) -> tuple[Member, Person, str]:
        """A user, somebody on the network, who have long listed each other; and the latter's
        address in XMPP."""
        romeo = self.person(transport, online=False, **how)
        juliet = self.member(transport, contacts=(romeo.address,))
        self.servers.of(transport).befriend(juliet.name, romeo.address)
        contact = local(romeo.address, transport)
        accept(juliet.client, contact)
        romeo.sign_on()
        juliet.client.sees_presence(contact)
        return juliet, romeo, contact


def accept(user: Client, contact: str) -> None:
    """Somebody of the address book, whom the gateway introduces."""
    user.sees_presence(contact, "subscribe")
    user.presence(contact, "subscribed")
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")


def says(words: str) -> Callable[[Stanza], bool]:
    """In the status of a presence."""
    return lambda stanza: words in (stanza.text("status") or "")
