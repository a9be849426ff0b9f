"""A network of lines whose server says what the FSM shall do, and the server.

    HELLO juliet ──►                   to be logged in: ◄── welcome
    pong x ──►                         ◄── ping x
    ANSWER code ──►                    ◄── ask what
    QUIT reason ──►                    the answer to Logout

The other words are in ``WORDS``.  A line that begins with "!" is not of the protocol.
"""

import contextlib
import gc
import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event as Flag
from gevent.queue import Queue

from gateway import log
from gateway.commands import AnswerStep, Logout, SendMessage
from gateway.errors import WireError
from gateway.events import (
    Event,
    Fill,
    LoggedIn,
    LoggedOut,
    Look,
    NoticeReceived,
    Offline,
    StepAsked,
)
from gateway.fields import Field
from gateway.fsm import (
    MAIN,
    Connect,
    Connected,
    Effects,
    Fetch,
    Fetched,
    Got,
    HangUp,
    Lost,
    Send,
    Stop,
    Tell,
    Timer,
    Tls,
    Wake,
)
from gateway.ids import PersonId
from gateway.network import Login, Network
from gateway.session import Session
from gateway.settings import Settings

PATIENCE = 20.0
"""Seconds until a test that waits has failed.  What it waits for takes milliseconds."""


# The network.


@dataclass
class TinyCodec:
    buffer: bytes = field(default=b"", compare=False)

    def receive(self, data: bytes) -> list[str]:
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        if bad := [line for line in lines if line.startswith(b"!")]:
            raise WireError(f"line {bad[0]!r} begins with '!'")
        return [line.decode() for line in lines]

    def encode(self, frame: str) -> bytes:
        return frame.encode() + b"\n"


class TinySettings(Settings):
    port: int
    host: str = "127.0.0.1"
    ca_file: str = ""
    """With TLS if set."""


class TinyFsm:
    def __init__(self, login: Login) -> None:
        self.login = login

    def connect(self, port: int, link: str = MAIN) -> Connect:
        settings: TinySettings = self.login.settings
        tls = Tls(ca_file=settings.ca_file) if settings.ca_file else None
        return Connect(host=settings.host, port=port, tls=tls, codec=TinyCodec(), link=link)

    def start(self) -> Effects[str, Event]:
        yield self.connect(self.login.settings.port)

    def handle(self, given: Any) -> Effects[str, Event]:
        match given:
            case Connected(link):
                yield Send(f"HELLO {self.login.user}", link)
            case Got(line, _):
                word, _, rest = line.partition(" ")
                yield from WORDS[word](self, rest)
            case Lost(detail, link) if link == MAIN:
                yield Tell(LoggedOut(why=Offline.NETWORK, detail=detail))
                yield Stop()
            case Lost(detail, link):
                yield Tell(NoticeReceived(text=f"{link}: {detail}"))
            case Timer(name):
                yield Tell(NoticeReceived(text=f"{name} rang"))
            case Fetched(name=name, body=body, failure=failure):
                yield Tell(NoticeReceived(text=f"{name}: {body.decode()}{failure}"))
            case SendMessage(body=body):
                yield Send(body)
            case AnswerStep(values=((_, answer),)):
                yield Send(f"ANSWER {answer}")
            case Logout(reason=reason):
                yield Tell(LoggedOut(why=Offline.ASKED))
                yield Send(f"QUIT {reason}")
                yield Stop()

    # What the server may say.

    def welcome(self, _: str) -> Effects[str, Event]:
        yield Tell(LoggedIn(me=PersonId(self.login.user)))

    def ask(self, text: str) -> Effects[str, Event]:
        yield Tell(StepAsked(question=Fill(text=text, fields=(Field(name="code", label="Code"),))))

    def show(self, text: str) -> Effects[str, Event]:
        yield Tell(StepAsked(question=Look(text="Open this.", uri=text)))

    def say(self, text: str) -> Effects[str, Event]:
        yield Tell(NoticeReceived(text=text))

    def ping(self, text: str) -> Effects[str, Event]:
        yield Send(f"pong {text}")

    def wake(self, text: str) -> Effects[str, Event]:
        name, seconds = text.split()
        yield Wake(name, float(seconds))

    def open(self, text: str) -> Effects[str, Event]:
        link, port = text.split()
        yield self.connect(int(port), link)

    def open_and_close(self, text: str) -> Effects[str, Event]:
        yield from self.open(text)
        yield HangUp(text.split()[0])

    def pass_on(self, text: str) -> Effects[str, Event]:
        link, _, line = text.partition(" ")
        yield Send(line, link)

    def close(self, link: str) -> Effects[str, Event]:
        yield HangUp(link)

    def fetch(self, text: str) -> Effects[str, Event]:
        name, port = text.split()
        yield Fetch(name=name, host="127.0.0.1", port=int(port), tls=None)

    def denied(self, text: str) -> Effects[str, Event]:
        yield Tell(LoggedOut(why=Offline.BAD_CREDENTIALS, detail=text))
        yield Stop()

    def replaced(self, text: str) -> Effects[str, Event]:
        yield Tell(LoggedOut(why=Offline.REPLACED, detail=text))
        yield Stop()

    def mute(self, _: str) -> Effects[str, Event]:
        yield Stop()

    def babble(self, _: str) -> Effects[str, Event]:
        yield Tell(LoggedOut(why=Offline.ASKED))
        yield Tell(LoggedOut(why=Offline.NETWORK))
        yield Stop()


Word = Callable[[TinyFsm, str], Effects[str, Event]]

WORDS: dict[str, Word] = {
    "welcome": TinyFsm.welcome,
    "ask": TinyFsm.ask,
    "show": TinyFsm.show,
    "say": TinyFsm.say,
    "ping": TinyFsm.ping,
    "wake": TinyFsm.wake,
    "open": TinyFsm.open,
    "open-and-close": TinyFsm.open_and_close,
    "pass-on": TinyFsm.pass_on,
    "close": TinyFsm.close,
    "fetch": TinyFsm.fetch,
    "denied": TinyFsm.denied,
    "replaced": TinyFsm.replaced,
    "mute": TinyFsm.mute,
    "babble": TinyFsm.babble,
}


class TinyTranslator:
    def translate(self, news: Event) -> Iterator[Event]:
        yield self.event(news)

    def event(self, news: Event) -> Event:
        return news


def _unused(*_: Any) -> Any:
    raise AssertionError("sessions need none of this")


NETWORK = Network(
    name="tiny",
    title="Tiny",
    prompt="Name",
    commands=frozenset({AnswerStep, Logout, SendMessage}),
    settings=TinySettings,
    addressing=_unused,
    fields=_unused,
    check=_unused,
    guest=None,
    fsm=TinyFsm,
    translator=TinyTranslator,
    show=str,
    probe=_unused,
)


def login(port: int, user: str = "juliet", **settings: Any) -> Login:
    return Login(
        user=user, account="", fields={}, settings=TinySettings(port=port, **settings), nonce=""
    )


# The server, one connection at a time.


class Peer:
    """The server's end of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._lines = sock.makefile("rb")

    def line(self) -> str:
        """The next line; "" at the end."""
        return self._lines.readline().decode().rstrip("\n")

    def rest(self) -> list[str]:
        """What still comes, once the other side has closed."""
        found = []
        with contextlib.suppress(ConnectionResetError):  # We have sent what was not read.
            while line := self.line():
                found.append(line)
        return found

    def say(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        self._lines.close()
        self.sock.close()


class Listener:
    def __init__(self) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.sock.getsockname()[1]

    def accept(self) -> Peer:
        return Peer(self.sock.accept()[0])


# A session, and what it leaves behind.


class Rig:
    def __init__(self, listener: Listener, **settings: Any) -> None:
        self._before: dict[int, object] = {}
        self.listener = listener
        self.events: Queue[Event] = Queue()
        self.over = Flag()
        self.endings = 0
        settings = {"port": listener.port, **settings}
        self.session = Session(
            NETWORK, login(**settings), self._deliver, log.bind(user="juliet"), self._ended
        )
        self.deliver: Callable[[Event], None] = self.events.put
        """The outbox, which tests replace."""

    def _deliver(self, event: Event) -> None:
        self.deliver(event)

    def _ended(self, session: Session) -> None:
        assert session is self.session
        self.endings += 1
        self.over.set()

    def start(self) -> None:
        self._before = running()
        self.session.start()

    def log_in(self) -> Peer:
        self.start()
        peer = self.listener.accept()
        assert peer.line() == "HELLO juliet"
        peer.say("welcome")
        assert self.event() == LoggedIn(me=PersonId("juliet"))
        return peer

    def event(self) -> Event:
        event: Event = self.events.get(timeout=PATIENCE)
        return event

    def notices(self, count: int) -> list[str]:
        found = [self.event() for _ in range(count)]
        assert all(isinstance(event, NoticeReceived) for event in found), found
        return [event.text for event in found if isinstance(event, NoticeReceived)]

    def check_it_is_over(self, *open_sockets: socket.socket) -> None:
        """All is said, ``ended`` was called once, and nothing is left but these sockets."""
        assert self.over.wait(PATIENCE)
        settle()
        assert self.endings == 1
        assert self.events.empty(), self.events.get()
        left = {
            key: thing
            for key, thing in running().items()
            if key not in self._before and thing not in open_sockets
        }
        assert not left, left


def running() -> dict[int, object]:
    """Greenlets that are not dead, open sockets and active timers, by identity."""
    found = {}
    for thing in gc.get_objects():
        is_alive = (
            (isinstance(thing, gevent.Greenlet) and not thing.dead)
            or (isinstance(thing, socket.socket) and thing.fileno() != -1)
            or (type(thing) is _TIMER and thing.active)
        )
        if is_alive:
            found[id(thing)] = thing
    return found


_TIMER = type(gevent.get_hub().loop.timer(0))


def settle() -> None:
    """Let everybody who can run do so."""
    for _ in range(10):
        gevent.idle()


def break_down(*_: Any) -> Any:
    """A bug."""
    raise ZeroDivisionError("planted")


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    with gevent.Timeout(3 * PATIENCE):
        yield listener
    listener.sock.close()


@pytest.fixture
def log_lines(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Call it for what was logged so far."""
    path = tmp_path / "log"
    before = logging.root.handlers[:], logging.root.level
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log.configure("debug", descriptor)

    def lines() -> list[str]:
        log.flush()
        return path.read_text().splitlines()

    yield lines
    log.configure("info", 1)
    logging.captureWarnings(False)
    logging.root.handlers[:], level = before
    logging.root.setLevel(level)
    os.close(descriptor)
