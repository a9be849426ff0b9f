"""Stories on networks that keep address books, on servers that note every mistake.

    user's client ── ejabberd ── gateway.py run ── fake servers ── played people

Each network has a rig of its own, with its servers and its names.
"""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from gateway.hub import HubLoop
from gateway.trial.ejabberd import Ejabberd
from tests.endtoend.client import Client
from tests.endtoend.rig import Audience, Gateway, secret


class Servers(Protocol):
    """Of one network, with different ways."""

    def of(self, transport: str) -> Any: ...

    def check(self) -> None:
        """No client has done what a server would mind."""
        ...


ServersT = TypeVar("ServersT", bound=Servers)
PersonT = TypeVar("PersonT")


@dataclass(frozen=True, slots=True)
class Member:
    """A user of the XMPP server who has an account on the network."""

    client: Client
    name: str
    """On the network."""
    transport: str
    address: str
    """That others on the network have in XMPP."""


class BookStage(Audience, Generic[ServersT, PersonT]):
    """And people on such a network."""

    def __init__(
        self, loop: HubLoop, server: Ejabberd, servers: ServersT, gateway: Gateway
    ) -> None:
        super().__init__(loop, server)
        self.servers = servers
        self.gateway = gateway
        self._people: list[Any] = []

    def new_name(self, transport: str, name: str) -> str:
        """That nobody has on the network."""
        raise NotImplementedError

    def address(self, transport: str, name: str) -> str:
        """In XMPP, of somebody on the network."""
        raise NotImplementedError

    def account(self, transport: str, name: str = "juliet", **how: Any) -> tuple[str, str]:
        """Name and password of somebody new on the network."""
        name, password = self.new_name(transport, name), secret("p")
        self.servers.of(transport).add_user(name, password, **how)
        return name, password

    def person(
        self, transport: str, name: str = "romeo", *, online: bool = True, **how: Any
    ) -> PersonT:
        """Somebody new on the network, played by the story."""
        name, _ = self.account(transport, name, **how)
        return self.play(transport, name, online=online)

    def play(self, transport: str, name: str, *, online: bool = True) -> PersonT:
        person = self.servers.of(transport).user(name)
        self._people.append(person)
        if online:
            person.sign_on()
        return person

    def member(self, transport: str, name: str = "juliet", **how: Any) -> Member:
        """A user who is registered with the transport, and logged in to it."""
        return self.enrol(self.user(), transport, name, **how)

    def enrol(self, user: Client, transport: str, name: str = "juliet", **how: Any) -> Member:
        name, password = self.account(transport, name, **how)
        user.register(transport, username=name, password=password)
        user.befriend(transport)
        user.sees_presence(transport)
        return Member(user, name, transport, self.address(transport, name))

    def log_in_again(self, member: Member) -> None:
        """By command: who only goes offline might be back soon, so that takes two seconds."""
        user, transport = member.client, member.transport
        user.say(transport, "disconnect")
        self.servers.of(transport).wait_offline(member.name)
        user.inbox.clear()
        user.say(transport, "connect")
        user.sees_presence(transport)

    def close(self) -> None:
        """A story in which the gateway makes a mistake, or a server sees one, has failed."""
        for person in self._people:
            person.sign_off()
        super().close()
        self.gateway.check("event=session.latched")
        self.servers.check()


TEXTS = (
    "Wherefore art thou?",
    "Rattenfänger – ¿qué?",
    "O \U0001f339 by any other name \U0001f98a ♥",
    '<tag> & "x" &amp; <b>not bold</b>',
    "one\ntwo  spaces\n\nend",
    "Привет, עברית, 日本語",
)


def converse(juliet: Member, romeo: Member) -> None:
    """Both ways, and texts arrive as they are; no more than three at once from either."""
    for there, back in zip(TEXTS[::2], TEXTS[1::2], strict=True):
        juliet.client.say(romeo.address, there)
        romeo.client.hears(juliet.address, there)
        romeo.client.say(juliet.address, back)
        juliet.client.hears(romeo.address, back)
