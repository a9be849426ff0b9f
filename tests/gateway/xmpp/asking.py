"""Asks a handler as the router does, of people and sessions that need no server.

The network is IRC's real one, for its addresses and its form; its sessions are made here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element, canonicalize, fromstring

from slixmpp import Iq

from gateway import who
from gateway.commands import Command
from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import Done, Event, Occupant
from gateway.ids import ChatId, PersonId, SessionKey, Token
from gateway.network import Network
from gateway.sections import LimitSettings
from gateway.sessions import State
from gateway.store import Broken, Preferences, Registration
from gateway.xmpp import jid, labels, stanzas, xeps
from gateway.xmpp.contact import Contact
from gateway.xmpp.iq import Ask
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.rooms import Room, Seat
from networks.irc import NETWORK
from networks.irc.settings import IrcSettings

USER = "juliet@example.org"
CLIENT = f"{USER}/balcony"
DOMAIN = "irc.example.org"
SERVER = "irc.verona.lit"
TOKEN = Token("token")

Answer = Event | CommandRefused


def transport(mode: str = "fixed", network: Network = NETWORK, **changes: Any) -> Transport:
    server = {"server": SERVER} if mode == "fixed" else {}
    made = Transport(
        domain=DOMAIN,
        network=network,
        settings=IrcSettings(mode=mode, **server),  # type: ignore[arg-type]
        name="Verona",
        allow_users=(who.Pattern.parse("example.org"),),
        deny_users=(),
    )
    return replace(made, **changes)


def without_commands(mode: str = "fixed") -> Transport:
    """Of a network that knows nothing but what all have to."""
    return transport(mode, replace(NETWORK, commands=frozenset()))


class Out:
    """The stream to the XMPP server."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.is_up = True

    def write(self, text: str, keep: bool = False) -> None:
        fromstring(text)  # Well-formed, or the test ends here.
        self.written.append(text)


class Keeper:
    def __init__(self) -> None:
        self.state = State.ONLINE
        self.since = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)

    def explain(self) -> str:
        return f"It is {self.state.value}."


class Bridge:
    def __init__(self, transport: Transport, account: str) -> None:
        self.key = SessionKey(USER, transport.domain, account)
        self.transport = transport
        self.me: PersonId | None = PersonId("Juliet")
        self.registration: Registration | Broken | None = None
        self.keeper = Keeper()
        self.enrolment = SimpleNamespace(asked=None)
        self.out = Out()
        self.contacts: dict[str, Contact] = {}
        self.rooms: dict[ChatId, Room] = {}
        self.switched: list[str] = []
        self.asked: list[Command] = []
        self.block_watchers: set[str] = set()
        self.quotas = Quotas(LimitSettings())
        self.answers: dict[type, Callable[[Any], Answer]] = {}
        """By command; what is not here is Done."""

    @property
    def is_registered(self) -> bool:
        return self.registration is not None

    @property
    def stays_online(self) -> bool:
        return self.credentials.preferences.stay_online

    @property
    def address(self) -> str:
        return self.jid(ChatId(""))

    def jid(self, chat: ChatId) -> str:
        addressing = labels.addressing(self.transport)
        return jid.address(addressing.local(self.key.account, chat), self.transport.domain)

    def ask(
        self, make: Callable[[Token], Command], seconds: float = 30.0, is_charged: bool = True
    ) -> Event:
        if self.keeper.state is not State.ONLINE:
            raise CommandRefused(Reason.UNAVAILABLE, self.keeper.explain())
        command = make(TOKEN)
        self.asked.append(command)
        answer = self.answers.get(type(command), lambda _: Done(token=TOKEN))(command)
        if isinstance(answer, CommandRefused):
            raise answer
        return answer

    def put(self, command: Command) -> None:
        self.ask(lambda _: command)

    def switch(self, is_on: bool) -> None:
        self.switched.append("on" if is_on else "off")

    @property
    def credentials(self) -> SimpleNamespace:
        is_readable = isinstance(self.registration, Registration)
        wishes = self.registration.preferences if is_readable else Preferences()
        return SimpleNamespace(preferences=wishes)

    def register(self, stay_online: bool = False, **fields: str) -> None:
        wishes = Preferences(stay_online=stay_online)
        self.registration = Registration(key=self.key, fields=fields, preferences=wishes)

    def room(self, chat: str = "#balcony", *people: str | Occupant, seat: str = CLIENT) -> Room:
        """They are in it."""
        room = Room(ChatId(chat), self.jid(ChatId(chat)), self.out)  # type: ignore[arg-type]
        room.is_joined, room.me = True, str(self.me)
        for person in (str(self.me), *people):
            occupant = person if isinstance(person, Occupant) else None
            occupant = occupant or Occupant(person=PersonId(str(person)))
            room.occupants[occupant.person] = occupant
        room.seats[seat] = Seat(seat, 0)
        self.rooms[room.chat] = room
        return room


class User:
    def __init__(self, transport: Transport, *accounts: str, jid: str = USER) -> None:
        """With a session for each of the accounts."""
        self.jid = jid
        self.transport = transport
        self._bridges = {account: Bridge(transport, account) for account in accounts}
        self.calls: list[tuple[Any, ...]] = []

    @property
    def only(self) -> Bridge:
        (bridge,) = self._bridges.values()
        return bridge

    def bridge(self, domain: str, account: str) -> Bridge | None:
        return self._bridges.get(account)

    def bridges(self, domain: str) -> list[Bridge]:
        return list(self._bridges.values())

    def register(
        self,
        transport: Transport,
        account: str,
        fields: dict[str, str],
        preferences: Preferences,
    ) -> None:
        self.calls.append(("register", account, fields, preferences))

    def unregister(self, transport: Transport, account: str | None) -> None:
        if not any(b.registration for b in self._bridges.values()):
            raise CommandRefused(Reason.REGISTRATION_REQUIRED)
        self.calls.append(("unregister", account))

    def set_preferences(self, bridge: Bridge, preferences: Preferences) -> None:
        assert isinstance(bridge.registration, Registration)
        bridge.registration = replace(bridge.registration, preferences=preferences)
        self.calls.append(("set_preferences", bridge.key.account, preferences))


def ask(user: User, payload: str, to: str = DOMAIN, kind: str = "get", sender: str = CLIENT) -> Ask:
    text = stanzas.escape
    xml = fromstring(
        f"<iq xmlns='{stanzas.NS}' id='1' type='{kind}' from='{text(sender)}' to='{text(to)}'>"
        f"{payload}</iq>"
    )
    local, _, resource = jid.split(to)
    addressing = labels.addressing(user.transport)
    return Ask(
        iq=Iq(xml=xml),
        payload=xml[0],
        sender=sender,
        user=user,  # type: ignore[arg-type]
        transport=user.transport,
        address=addressing.parse(jid.unescape(local)),
        resource=resource,
    )


def answer(asked: Ask) -> Element | None:
    """What comes back, as the client parses it."""
    made = xeps.IQS[asked.iq["type"], asked.payload.tag](asked)
    if made is None:
        return None
    return fromstring(stanzas.serialize(made))


def get(user: User, payload: str, to: str = DOMAIN, sender: str = CLIENT) -> Element:
    found = answer(ask(user, payload, to, "get", sender))
    assert found is not None
    return found


def set_(user: User, payload: str, to: str = DOMAIN, sender: str = CLIENT) -> Element | None:
    return answer(ask(user, payload, to, "set", sender))


def attempt(asked: Callable[[], Any]) -> CommandRefused | None:
    """The refusal that it ends in, if it does."""
    try:
        asked()
    except CommandRefused as refused:
        return refused
    return None


def refusal(asked: Callable[[], Any]) -> CommandRefused:
    """The refusal that it ends in."""
    refused = attempt(asked)
    assert refused, "it was not refused"
    return refused


def same(found: Element | None, expected: str) -> bool:
    """Equal as XML; a difference is shown as such."""
    assert found is not None
    assert canonical(stanzas.serialize(found)) == canonical(expected)
    return True


def canonical(text: str) -> str:
    return canonicalize(text, strip_text=True)
