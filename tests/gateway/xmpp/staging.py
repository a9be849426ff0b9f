"""The XMPP side as it runs, between a stream that checks everything and a network without sockets.

    stanzas ──► Router, User, Bridge ──► Keeper, Session ──► Puppet      (an FSM; ``Stage`` has it)
       Out  ◄──                      ◄──                 ◄── what the test lets it tell

The store is a real one.  Everything but the two ends is what runs in production.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import gevent
import pytest
from gevent.event import Event as Flag
from slixmpp import JID

from gateway import commands as commands_module
from gateway import who
from gateway.commands import Command, EditMessage, Logout, SendMessage
from gateway.config import StoreSettings, Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import (
    Event,
    LoggedIn,
    LoggedOut,
    MessageSent,
    Occupant,
    Offline,
    RoomJoined,
)
from gateway.fsm import Effects, Stop, Tell
from gateway.ids import ChatId, MessageId, PersonId, SessionKey
from gateway.network import Address, Kind, Login, Network
from gateway.sections import LimitSettings, XmppServer
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.store import Account, Keyring, Registration, Store, migrate
from gateway.xmpp import attendance, roomlist, stanzas
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.component import Component
from gateway.xmpp.context import Background, Context
from gateway.xmpp.forget import forget
from gateway.xmpp.iq import Asker
from gateway.xmpp.privilege import Privileges
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.resources import Resources
from gateway.xmpp.router import Router
from gateway.xmpp.streams import Streams
from gateway.xmpp.users import User
from tests.gateway.tinynet import PATIENCE, settle

JULIET = "juliet@example.org"
CLIENT = f"{JULIET}/balcony"
PHONE = f"{JULIET}/phone"
TRANSPORT = "tiny.example.org"
OPEN = "open.example.org"
"""Where each server is an account, and guests are let in."""
ROOM = f"#balcony@{TRANSPORT}"
ROMEO = f"romeo@{TRANSPORT}"

MUC = "<x xmlns='http://jabber.org/protocol/muc'/>"

ALL_COMMANDS = frozenset(
    found
    for found in vars(commands_module).values()
    if isinstance(found, type) and found.__module__ == commands_module.__name__
)

UNLIMITED: dict[str, Any] = {
    **{"messages_per_second": 1e6, "message_burst": 10**6, "joins_per_minute": 1e6},
    **{"subscriptions_per_minute": 1e6, "requests_per_minute": 1e6},
    **{"failed_registrations_per_hour": 1e6, "logins_per_second": 1e6, "logins_at_once": 1000},
}

FEW = 0.001
"""Seconds, instead of the seconds that people are waited for."""


# The network.


@dataclass(frozen=True)
class Tells:
    """Given to the FSM like a command: let the network tell this."""

    event: Event


class Puppet:
    def __init__(self, stage: "Stage", login: Login) -> None:
        self.stage = stage
        self.login = login

    def start(self) -> Effects[Any, Event]:
        if (said := self.stage.welcome(self.login)) is not None:
            yield from self._tell(said)

    def handle(self, given: Any) -> Effects[Any, Event]:
        match given:
            case Tells(event):
                yield from self._tell(event)
            case Logout():
                yield from self._tell(LoggedOut(why=Offline.ASKED))
            case _:
                self.stage.commands.append(given)
                for event in self.stage.replies.get(type(given), lambda _: ())(given):
                    yield from self._tell(event)

    def _tell(self, event: Event) -> Effects[Any, Event]:
        yield Tell(event)
        if isinstance(event, LoggedOut):
            yield Stop()


class Translator:
    def translate(self, news: Event) -> Iterator[Event]:
        yield news


Reply = Callable[[Any], Iterable[Event]]


class Stage:
    """What the puppets do, and what was seen of them."""

    def __init__(self) -> None:
        self.logins: list[Login] = []
        self.commands: list[Command] = []
        self.welcome: Callable[[Login], Event | None] = lambda _: LoggedIn(me=PersonId("Juliet"))
        """The first that a session tells; None: nothing, so far."""
        self.replies: dict[type, Reply] = {}

    def fsm(self, login: Login) -> Puppet:
        self.logins.append(login)
        return Puppet(self, login)

    def take(self) -> list[Command]:
        taken, self.commands = self.commands, []
        return taken

    def of(self, kind: type) -> list[Any]:
        return [command for command in self.commands if type(command) is kind]


def let_in(asked: commands_module.JoinRoom) -> Iterable[Event]:
    """To rooms: everybody, and Romeo is there already."""
    people = tuple(Occupant(person=PersonId(name)) for name in ("Romeo", "Juliet"))
    yield RoomJoined(
        room=asked.room, me=PersonId("Juliet"), occupants=people, subject="Love", token=asked.token
    )


def named(asked: SendMessage | EditMessage) -> Iterable[Event]:
    """The network gives each message a name made from what it was told first."""
    id = MessageId(f"m-{asked.body}") if isinstance(asked, SendMessage) else asked.id
    yield MessageSent(chat=asked.chat, token=asked.token, body=asked.body, confirmed=True, id=id)


def sent(asked: SendMessage) -> Iterable[Event]:
    yield MessageSent(chat=asked.chat, token=asked.token, body=asked.body, confirmed=True)


class Addressing:
    """``romeo``, ``#balcony``; where users choose the server, with ``%server`` behind that."""

    def __init__(self, is_open: bool) -> None:
        self._is_open = is_open

    def parse(self, local: str) -> Address:
        name, account = local, ""
        if self._is_open and local:
            name, _, account = local.rpartition("%")
        if " " in local or (account == "" and self._is_open and local):
            raise CommandRefused(Reason.NOT_FOUND, f"{local!r} is nobody.")
        if not name:
            return Address(Kind.SERVER, account, ChatId(""))
        return Address(Kind.ROOM if name[0] == "#" else Kind.PERSON, account, ChatId(name))

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        name = chat.casefold()
        if not self._is_open or not account:
            return name
        return f"{name}%{account}" if name else account

    def from_prompt(self, text: str) -> str:
        return text


def _unused(*_: Any) -> Any:
    raise AssertionError("nobody asks for this here")


def network(stage: Stage, is_open: bool = False, **changes: Any) -> Network:
    made = Network(
        name="tiny",
        title="Tiny",
        prompt="Name",
        commands=ALL_COMMANDS,
        settings=Settings,
        addressing=lambda _: Addressing(is_open),
        fields=lambda *_: (),
        check=lambda _, given: ("", dict(given)),
        guest=(lambda settings, account, nick: {"nick": nick}) if is_open else None,
        fsm=stage.fsm,
        translator=Translator,
        show=str,
        probe=lambda _: None,
    )
    return replace(made, **changes)


def transport(made: Network, domain: str = TRANSPORT) -> Transport:
    return Transport(
        domain=domain,
        network=made,
        settings=Settings(),
        name="Tiny",
        allow_users=(who.Pattern.parse("example.org"),),
        deny_users=(who.Pattern.parse("tybalt@example.org"),),
    )


# The stream.


class Out:
    """The stream to the XMPP server, which would close it for what is not accepted here."""

    def __init__(self) -> None:
        self.is_up = True
        self.written: list[Element] = []
        self.kept: list[Element] = []
        self.pings: list[tuple[str, str, Callable[[], None]]] = []
        self.domain = "example.org"

    def write(self, text: str, keep: bool = False) -> None:
        stanza = accept(text, self.domain)
        if keep:
            self.kept.append(stanza)
        if self.is_up:
            self.written.append(stanza)

    def write_line(self, text: str, reader: Any) -> None:
        if self.is_up:
            self.write(text)
        else:
            reader.seen -= 1

    def wait_for_room(self) -> None: ...

    def ping(self, sender: str, to: str, is_there: Callable[[], None]) -> None:
        self.pings.append((sender, to, is_there))

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        raise CommandRefused(Reason.NOT_FOUND)

    def take(self) -> list[str]:
        """What was written since, each in short."""
        settle()
        taken, self.written = self.written, []
        return [short(stanza) for stanza in taken]


def accept(text: str, domain: str) -> Element:
    """As a server that follows RFC 6120 (sections 4.9.3, 8.1 and 11) reads it."""
    document = f"<stream xmlns='{stanzas.NS}'>{text}</stream>".encode()
    stream = fromstring(document)
    assert len(stream) == 1, text
    assert not stream.text, text
    stanza = stream[0]
    assert not stanza.tail, text
    assert stanza.tag in {f"{{{stanzas.NS}}}{kind}" for kind in ("message", "presence", "iq")}
    sender, to = JID(stanza.get("from", "")), JID(stanza.get("to", ""))
    assert to.domain, text
    assert sender.domain.endswith(f".{domain}"), text
    return stanza


def short(stanza: Element) -> str:
    """``presence subscribe from to``, then an error's condition, or the texts in it."""
    parts = [name(stanza), stanza.get("type", ""), stanza.get("from", ""), stanza.get("to", "")]
    if (error := stanza.find(f"{{{stanzas.NS}}}error")) is not None:
        parts.append(name(error[0]))
    elif (body := stanza.findtext(f"{{{stanzas.NS}}}body")) is not None:
        parts.append(body)
    return " ".join(filter(None, parts)).replace(stanza.get("to", ""), _client(stanza))


def _client(stanza: Element) -> str:
    """Juliet is who everything goes to."""
    to = stanza.get("to", "")
    return {JULIET: "juliet", CLIENT: "balcony", PHONE: "phone"}.get(to, to)


def name(found: Element) -> str:
    return found.tag.rpartition("}")[2]


# Stanzas from clients.


def stanza(
    kind: str, to: str, children: str = "", sender: str = CLIENT, **attributes: str
) -> Element:
    given = {"from": sender, "to": to, **attributes}
    text = " ".join(f"{key}='{stanzas.escape(value)}'" for key, value in given.items())
    return fromstring(f"<{kind} xmlns='{stanzas.NS}' {text}>{children}</{kind}>")


def message(to: str, body: str, kind: str = "chat", sender: str = CLIENT) -> Element:
    return stanza("message", to, stanzas.body(body), sender, type=kind)


def presence(to: str, kind: str = "", children: str = "", sender: str = CLIENT) -> Element:
    return stanza("presence", to, children, sender, **({"type": kind} if kind else {}))


# All of it.


class Rig:
    def __init__(self, folder: Path) -> None:
        self.stage = Stage()
        self.out = Out()
        self.stream = cast(Component, self.out)
        self.open_out = Out()
        """Of the open transport, where each has a connection of its own."""
        self.open_stream = cast(Component, self.open_out)
        settings = StoreSettings.model_validate(
            {"url": f"sqlite:///{folder}/greengate.db"}, context={"folder": folder}
        )
        migrate(settings)
        self.store = Store.open(settings, Keyring({"2026": b"n" * 32}))
        self.background = Background()
        self.transports = {
            TRANSPORT: transport(network(self.stage)),
            OPEN: transport(network(self.stage, is_open=True), OPEN),
        }
        self.context = self.make_context()
        self.said: list[str] = []
        self._routers: list[Router] = []
        self._open: list[User | Bridge] = []

    def make_context(self, server: XmppServer = "ejabberd", **limits: Any) -> Context:
        """Nothing is limited but what the test says."""
        limit = LimitSettings(**(UNLIMITED | limits))
        streams = Streams(
            server,
            list(self.transports),
            lambda domain: self.open_stream if domain == OPEN else self.stream,
        )
        self.context = Context(
            config=cast(Any, Configured(limits=limit, transports=self.transports)),
            store=self.store,
            streams=streams,
            privileges=Privileges("example.org", streams),
            sessions=Sessions(),
            background=self.background,
            caps=lambda kind, transport: f"<c xmlns='urn:caps' node='{kind.value}'/>",
            forget=forget,
        )
        return self.context

    @property
    def transport(self) -> Transport:
        return self.transports[TRANSPORT]

    def key(self, transport: str = TRANSPORT, account: str = "") -> SessionKey:
        return SessionKey(JULIET, transport, account)

    def save(
        self, transport: str = TRANSPORT, account: str = "", user: str = JULIET, **changes: Any
    ) -> Registration:
        """Juliet, if nobody else is named, has registered, long ago."""
        given = {"fields": {"password": "wherefore"}, **changes}
        registration = Registration(key=SessionKey(user, transport, account), **given)
        self.store.save(registration)
        return registration

    def user(self, jid: str = JULIET) -> User:
        """Loaded."""
        user = User(jid, self.context)
        self._open.append(user)
        user.load()
        return user

    def bridge(self, account: Account | None = None, transport: str = TRANSPORT) -> Bridge:
        """On its own, without a user; registered if nothing else is said."""
        given = account or Account(key=self.key(transport), registration=self.save(transport))
        quotas = Quotas(self.context.config.limits)
        bridge = Bridge(self.context, self.transports[transport], given, Resources(), quotas)
        self._open.append(bridge)
        return bridge

    def online(self, commands: frozenset[type] | None = None) -> Bridge:
        """One whose user has come, when all that brings is over.  ``commands``: of the network."""
        if commands is not None:
            self.transports[TRANSPORT] = transport(network(self.stage, commands=commands))
            self.make_context()
        bridge = self.bridge()
        bridge.resources.available("balcony", "", presence(TRANSPORT))
        bridge.review()
        settle()
        self.out.take()
        self.stage.take()
        return bridge

    def router(self, iqs: Any = None) -> Router:
        router = Router(self.context, iqs or {}, self._say)
        self._routers.append(router)
        return router

    def _say(self, asker: Asker, text: str) -> str:
        self.said.append(text)
        return f"you said {text}"

    def tell(self, bridge: Bridge, *events: Event) -> None:
        """The network tells it, through session and keeper."""
        for event in events:
            bridge.keeper.put(cast(Any, Tells(event)))
        settle()

    def written_to_store(self) -> None:
        """Wait for the writes that nobody else waits for."""
        done = Flag()
        self.background.do(done.set, JULIET)
        assert done.wait(PATIENCE)

    def close(self) -> None:
        for router in self._routers:
            router._sweeper.kill()
            self._open += router.users()
        for whose in self._open:
            whose.close()
        settle()
        self.background.close(PATIENCE)
        self.store.close()


@dataclass(frozen=True)
class Configured:
    """What is read of gateway.yaml here."""

    limits: LimitSettings
    transports: Mapping[str, Transport]


def until(holds: Callable[[], object]) -> None:
    """For what another thread, or a short timer, has a part in."""
    with gevent.Timeout(PATIENCE, AssertionError("it never came to that")):
        while not holds():
            gevent.idle()


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(attendance.Attendance.review, "__defaults__", (FEW,))
    monkeypatch.setattr(roomlist, "LINGER", FEW)
    made = Rig(tmp_path)
    with gevent.Timeout(6 * PATIENCE):
        yield made
    made.close()


def come(bridge: Bridge, resource: str = "balcony") -> None:
    """A client of the user."""
    bridge.resources.available(resource, "", presence(TRANSPORT))
    bridge.user_changed()
    settle()


def go(bridge: Bridge, resource: str = "balcony") -> None:
    bridge.resources.unavailable(resource, "")
    bridge.user_changed()
