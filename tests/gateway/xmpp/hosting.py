"""The host of ``contacts`` and ``avatars``: a session, its network, its stream and its store."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

from gateway import commands, log
from gateway.commands import Command
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, Show
from gateway.ids import ChatId, PersonId, SessionKey, Token
from gateway.network import Picture
from gateway.sections import LimitSettings
from gateway.sessions import State
from gateway.store import KnownContact
from gateway.xmpp import jid, stanzas
from gateway.xmpp.contacts import Contacts
from gateway.xmpp.lately import Lately
from gateway.xmpp.pending import Pending
from gateway.xmpp.privilege import Privilege
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.resources import Resources
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import DOMAIN, TOKEN, USER, transport

ROMEO, PARIS = PersonId("Romeo"), PersonId("Paris")
ROMEO_JID, PARIS_JID = f"romeo@{DOMAIN}", f"paris@{DOMAIN}"

LISTLESS = frozenset({commands.AddContact, commands.RemoveContact})
BOOK = LISTLESS | {commands.ChangeContact, commands.Authorize, commands.FetchAvatar}


class Out:
    """The stream to the XMPP server: what arrives there, and what is kept for it."""

    def __init__(self) -> None:
        self.is_up = True
        self.written: list[Element] = []
        self.kept: list[Element] = []
        self.vcards: list[Callable[[], Element]] = []
        """Answers to what is asked of the user's server, in order."""
        self.asked: list[tuple[str, str, str]] = []

    def write(self, text: str, keep: bool = False) -> None:
        stanza = fromstring(f"<stream xmlns='{stanzas.NS}'>{text}</stream>")[0]
        if self.is_up:
            self.written.append(stanza)
        elif keep:
            self.kept.append(stanza)

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        self.asked.append((sender, to, payload.tag))
        return self.vcards.pop(0)()

    def back(self) -> None:
        self.is_up = True
        self.written += self.kept
        self.kept = []

    def take(self) -> list[Element]:
        taken, self.written = self.written, []
        return taken


class Granted:
    """What the XMPP server lets us do."""

    def __init__(self) -> None:
        self.privileges: set[Privilege] = set()
        self.failures: list[str] = []

    def may(self, privilege: Privilege, user: str, domain: str) -> bool:
        assert (user, domain) == (USER, DOMAIN)
        return privilege in self.privileges

    def failed(self, privilege: Privilege, domain: str, why: str) -> None:
        self.privileges.discard(privilege)
        self.failures.append(f"{privilege.value}: {why}")


class Store:
    def __init__(self) -> None:
        self.contacts: dict[PersonId, KnownContact] = {}
        self.writes = 0

    def save_contact(self, key: SessionKey, contact: KnownContact) -> None:
        self.writes += 1
        self.contacts[contact.person] = contact

    def remove_contact(self, key: SessionKey, person: PersonId) -> None:
        self.writes += 1
        self.contacts.pop(person, None)


class Keeper:
    def __init__(self) -> None:
        self.state = State.ONLINE

    @property
    def is_running(self) -> bool:
        return self.state in (State.ONLINE, State.CONNECTING)


class Host:
    def __init__(
        self,
        takes: frozenset[type] = BOOK,
        store: Store | None = None,
        picture: Picture | None = None,
    ) -> None:
        self.store = store or Store()
        self.transport = transport(network=replace(NETWORK, commands=takes, picture=picture))
        self.context: Any = SimpleNamespace(
            store=self.store,
            background=SimpleNamespace(do=lambda what, user: what()),
            privileges=Granted(),
            caps=lambda kind, transport: f"<c xmlns='urn:caps' kind='{kind.value}'/>",
        )
        self.key = SessionKey(USER, DOMAIN, "")
        self.me: PersonId | None = PersonId("Juliet")
        self.pending = Pending()
        self.lately = Lately()
        self.resources = Resources()
        self.quotas = Quotas(LimitSettings(subscriptions_per_minute=1e6))
        self.out: Any = Out()
        self.log = log.bind(user=USER)
        self.keeper: Any = Keeper()
        self.is_registered = True
        self.stays_online = False
        self.is_needed = True
        self.commands: list[Command] = []
        self.said: list[str] = []
        """To the user, by the transport itself."""
        self.refuses: CommandRefused | None = None
        self.answers: Callable[[Command], Event] | None = None
        """For ``ask``; may block or raise."""

    @property
    def address(self) -> str:
        return DOMAIN

    def jid(self, chat: ChatId | PersonId) -> str:
        return jid.address(str(chat), DOMAIN)

    def review(self) -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)

    def put(self, command: Command) -> None:
        if type(command) not in self.transport.network.commands:
            raise CommandRefused(Reason.NOT_SUPPORTED)
        if self.keeper.state is not State.ONLINE:
            raise CommandRefused(Reason.UNAVAILABLE)
        if self.refuses:
            raise self.refuses
        self.commands.append(command)

    def put_pending(self, waiting: object, make: Callable[[Token], Command]) -> Token:
        self.put(make(TOKEN))
        return TOKEN

    def ask(
        self, make: Callable[[Token], Command], seconds: float = 30.0, is_charged: bool = True
    ) -> Event:
        command = make(TOKEN)
        self.put(command)
        assert self.answers
        return self.answers(command)

    def attempt(self, command: Command) -> bool:
        with suppress(CommandRefused):
            self.put(command)
            return True
        return False

    def take(self) -> list[Command]:
        taken, self.commands = self.commands, []
        return taken


def contacts(host: Host) -> Contacts:
    """As they are after a restart: with what the store has of them."""
    return Contacts(cast(Any, host), tuple(host.store.contacts.values()))


def said(host: Host) -> list[str]:
    """What the user was told, each as ``type who``, with the rest of what it has to say."""
    return [_short(stanza) for stanza in host.out.take()]


def _short(stanza: Element) -> str:
    assert stanza.tag == f"{{{stanzas.NS}}}presence"
    parts = [stanza.get("type") or Show.AVAILABLE.value]
    parts.append(stanza.get("from", "").partition("@")[0])
    if stanza.get("to") != USER:
        parts.append(f"to={stanza.get('to')}")
    for child in stanza:
        name = child.tag.rpartition("}")[2]
        if name in ("show", "status", "nick"):
            parts.append(f"{name}={child.text}")
        elif name == "x":
            parts.append(f"photo={child[0].text or ''}")
        elif name == "idle":
            parts.append("idle")
    return " ".join(parts)
