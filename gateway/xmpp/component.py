"""The stream to the XMPP server (XEP-0114): slixmpp's, with a fast lane and a memory.

    reader greenlet ──bytes──► slixmpp's parser ──elements──► router
    everybody ──text──► outgoing ──► writer greenlet ──one write per turn──► socket

slixmpp gives the stream, the handshake and the stanza classes.  Its transport is a gevent socket
of ours, so messages and presence never pass through asyncio: they are taken as elements before a
stanza object is built, and written as text.

**What must not be lost** (``keep=True``) is remembered until the server has certainly routed it.
Components get no acknowledgements, but a server works through a connection in order: so a mark,
a message to ourselves, follows, and when it comes back all before it went where it should.  When
the connection is lost, what no mark has covered is sent again on the next one; for the moment
between routing and the mark's return that may be twice (milliseconds, when a server is killed).
"""

import asyncio
import random
import socket
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol
from xml.etree.ElementTree import Element

import gevent
from gevent.event import Event
from slixmpp import ComponentXMPP
from slixmpp.exceptions import IqError, IqTimeout

from gateway import log
from gateway.errors import CommandRefused, Reason
from gateway.hub import HubLoop
from gateway.xmpp.stanzas import NS, condition, delay, message

READ_SIZE = 32 * 1024
"""Bytes; some hundred stanzas, which take a few milliseconds."""

HIGH_WATER = 4 * 1024 * 1024
"""Characters waiting to be sent above which legacy sessions must wait.  The server reads nothing
while it is blocked on us, so reading goes on whatever happens here."""

LOW_WATER = HIGH_WATER // 2

CONNECT_TIMEOUT = 10.0

HANDSHAKE_TIMEOUT = 15.0
"""Seconds.  ejabberd lets an unauthenticated connection live for 30."""

FIRST_RETRY = 0.5
"""Seconds, on average, before the first reconnection; doubled each time, up to ..."""

LAST_RETRY = 15.0
"""... this.  All users wait for it, and there is only one of us to burden the server."""

PING_TIMEOUT = 30
"""Seconds, also for other questions."""

STALE = 2.0
"""Seconds after which something that waited for the connection is marked as delayed (XEP-0203)."""

MESSAGE = f"{{{NS}}}message"
PRESENCE = f"{{{NS}}}presence"
IQ = f"{{{NS}}}iq"

NO_PING = f"{{{NS}}}error/{{urn:ietf:params:xml:ns:xmpp-stanzas}}feature-not-implemented"
"""The answer of clients that do not know pings."""

REASONS = {reason.value: reason for reason in Reason}

MARK = "greengate-mark-"


class Reader(Protocol):
    """Who is sent a series of numbered lines, and can be sent them again later."""

    seen: int


class Kept:
    """A stanza that must arrive: sent again on the next connection, or, if it is a line of a room,
    taken back from what its reader has seen."""

    __slots__ = ("at", "line", "reader", "text")

    def __init__(self, text: str, reader: Reader | None = None) -> None:
        self.text = text
        self.at = time.time()
        self.reader = reader
        self.line = reader.seen if reader else 0


class Component(ComponentXMPP):
    """One connection, made under one domain; what else it carries, ``streams`` knows."""

    def __init__(
        self,
        domain: str,
        secret: str,
        address: tuple[str, int],
        loop: HubLoop,
        most_kept: int,
        on_stanza: Callable[[Element], None],
        on_iq: Callable[[Any], None],
        on_up: Callable[["Component"], None],
        on_down: Callable[["Component"], None],
    ) -> None:
        """The callbacks are called in the reader greenlet and must not block it.

        most_kept: stanzas that may wait for a proof of arrival before sessions must wait too.
        on_stanza: a message or a presence.  on_iq: slixmpp's Iq, of type get or set.
        on_up: the stream is up, before anything is read from it or sent.  on_down: it is lost.
        """
        super().__init__(domain, secret)  # type: ignore[no-untyped-call]
        self.domain = domain
        self._address = address
        self._hub_loop = loop
        self._most_kept = most_kept
        self._on_stanza = on_stanza
        self._on_iq = on_iq
        self._on_up = on_up
        self._on_down = on_down
        self.is_up = False
        self._sock: socket.socket | None = None
        self._outgoing: list[str] = []
        self._outgoing_size = 0
        self._wake_writer = Event()
        self._drained = Event()
        self._drained.set()
        self._unproven: deque[Kept] = deque()
        """Sent or to be sent, not known to be routed; the oldest first."""
        self._mark = 0
        self._marked: int | None = None
        """How many of them the mark that is under way proves, if one is."""
        self._closing = False
        self.add_event_handler("session_start", self._handshake_accepted)
        self._runner: Any = None

    # For everybody.

    def write(self, text: str, keep: bool = False) -> None:
        """Send a stanza.  May be called from any greenlet; never blocks.

        Without ``keep`` it is dropped while there is no connection: presence and answers are
        made anew when it is back.
        """
        if keep:
            self._unproven.append(Kept(text))
            if len(self._unproven) > self._most_kept:
                self._drained.clear()
        if self.is_up:
            self._append(text)

    def write_line(self, text: str, reader: Reader) -> None:
        """Send the line that ``reader.seen`` names.  If the connection is lost with it, then
        ``seen`` is set back and the reader's owner sends it again."""
        if self.is_up:
            self._unproven.append(Kept(text, reader))
            self._append(text)
        else:
            reader.seen -= 1

    def _append(self, text: str) -> None:
        self._outgoing.append(text)
        self._outgoing_size += len(text)
        if self._outgoing_size > HIGH_WATER:
            self._drained.clear()
        self._wake_writer.set()

    def wait_for_room(self) -> None:
        """Block while too much is waiting to be sent.  For the greenlets of sessions."""
        if not self._drained.is_set():
            self._drained.wait()

    def _let_on(self) -> None:
        if self._outgoing_size < LOW_WATER and len(self._unproven) <= self._most_kept:
            self._drained.set()

    def ping(self, sender: str, to: str, is_there: Callable[[], None]) -> None:
        """Call ``is_there`` if the client answers (XEP-0199); its server answers for one that is
        gone, with service-unavailable."""

        def answered(iq: Any) -> None:
            if iq["type"] == "result" or iq.xml.find(NO_PING) is not None:
                is_there()

        iq = self.make_iq_get(ito=to, ifrom=sender)
        iq.append(Element("{urn:xmpp:ping}ping"))
        answer = iq.send(callback=answered, timeout=PING_TIMEOUT)  # type: ignore[no-untyped-call]
        answer.add_done_callback(lambda done: done.exception())  # Or asyncio complains of it.

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        """The payload that answers an IQ of type get.  Blocks this greenlet.

        Raises:
            CommandRefused: the answer is an error, or there was none in time.
        """
        found: Element | None = next(iter(self._exchange("get", sender, to, payload).xml), None)
        if found is None:
            raise CommandRefused(Reason.NOT_FOUND, f"{to} has nothing to tell.")
        return found

    def tell(self, sender: str, to: str, payload: Element) -> None:
        """An IQ of type set, until it is answered.  Blocks and raises as ``ask`` does."""
        self._exchange("set", sender, to, payload)

    def _exchange(self, kind: Literal["get", "set"], sender: str, to: str, payload: Element) -> Any:
        async def answer() -> Any:
            iq = self.make_iq(ito=to, ifrom=sender, itype=kind)
            iq.append(payload)
            return await iq.send(timeout=PING_TIMEOUT)  # type: ignore[no-untyped-call]

        if not self.is_up:
            raise CommandRefused(Reason.TIMEOUT, "The XMPP server is not connected.")
        try:
            return self._hub_loop.wait_for(answer(), 2.0 * PING_TIMEOUT)
        except (IqTimeout, TimeoutError, ConnectionAbortedError):
            raise CommandRefused(Reason.TIMEOUT, f"{to} did not answer.") from None
        except IqError as error:
            said = condition(error.iq.xml)  # slixmpp itself looks for it in ``jabber:client``.
            text = f"{to} refused: {said}."
            raise CommandRefused(REASONS.get(said, Reason.NOT_FOUND), text) from None

    def start(self) -> None:
        self._hub_loop.call_soon(self._start_filters)
        self._runner = gevent.spawn(self._run)
        self._runner.name = "xmpp-reader"

    def close(self, seconds: float = 3.0) -> None:
        """End the stream after what is to be sent was sent, or after that many seconds."""
        self._closing = True
        with gevent.Timeout(seconds, False):
            while self.is_up and (self._outgoing or self._unproven):
                self._wake_writer.set()
                gevent.sleep(0.01)
        if self._sock is not None:
            self._sock.close()
        if self._runner:
            self._runner.kill()

    # The reader greenlet: connect, read, again.

    def _run(self) -> None:
        failures = 0
        while not self._closing:
            was_up = False
            try:
                with gevent.Timeout(CONNECT_TIMEOUT, TimeoutError("no answer")):
                    self._sock = socket.create_connection(self._address)
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                why = self._serve(self._sock)
                was_up = self.is_up
            except OSError as error:
                why = str(error)
                was_up = self.is_up
            finally:
                self._lost()
            if self._closing:
                return
            failures = 1 if was_up else failures + 1
            seconds = _backoff(failures)
            log.warning("xmpp.lost", domain=self.domain, why=why, next_try=round(seconds, 1))
            gevent.sleep(seconds)

    def _serve(self, sock: socket.socket) -> str:
        """Read until the end, and say why it ended."""
        writer = gevent.spawn(self._write_all, sock)
        writer.name = "xmpp-writer"
        deadline = gevent.spawn_later(HANDSHAKE_TIMEOUT, self._give_up_handshake, sock)
        try:
            self.connection_made(StreamSocket(sock))  # type: ignore[arg-type]
            while data := sock.recv(READ_SIZE):
                self.data_received(data)
                if len(data) == READ_SIZE:
                    # There is more, and a socket that has more never makes its reader wait: after
                    # a restart of the server, thousands of presences.  Everybody else has a turn.
                    gevent.sleep(0)
                if self.is_up:
                    deadline.kill(block=False)
        except OSError:
            if sock.fileno() >= 0:
                raise
            # slixmpp has closed it, after a stream error: that says more.
        finally:
            gevent.killall([writer, deadline], block=False)
        return self._farewell()

    def _give_up_handshake(self, sock: socket.socket) -> None:
        if not self.is_up:
            sock.close()

    def _farewell(self) -> str:
        reason = str(self.disconnect_reason or "closed by the server")
        return reason if self.is_up else f"the handshake was refused ({reason}); check the secret"

    def _lost(self) -> None:
        was_up, self.is_up = self.is_up, False
        self.connection_lost(None)
        self._sock = None
        self._outgoing.clear()
        self._outgoing_size = 0
        self._marked = None
        for kept in self._unproven:
            if kept.reader:
                kept.reader.seen = min(kept.reader.seen, kept.line - 1)
        self._unproven = deque(kept for kept in self._unproven if not kept.reader)
        if was_up:
            self._on_down(self)

    def _handshake_accepted(self, _: object) -> None:
        """The handshake was accepted."""
        self.is_up = True
        log.info("xmpp.connected", domain=self.domain)
        self._on_up(self)
        for kept in self._unproven:
            self._outgoing.append(_late(kept, self.domain))
        self._outgoing_size = sum(map(len, self._outgoing))
        self._wake_writer.set()

    # slixmpp's hooks.

    def _spawn_event(self, xml: Element) -> None:
        """The fast lane.  slixmpp calls this with each complete stanza."""
        tag = xml.tag
        if tag in (MESSAGE, PRESENCE):
            if xml.get("id", "").startswith(MARK) and xml.get("from") == self.domain:
                self._proven(xml.get("id", ""))
            else:
                self._on_stanza(xml)
        elif tag == IQ and xml.get("type") in ("get", "set"):
            self._on_iq(self._build_stanza(xml))
        else:
            super()._spawn_event(xml)

    def send_raw(self, data: str | bytes) -> None:
        """slixmpp sends here what went through its stanza objects, and the stream's header."""
        if isinstance(data, bytes):
            data = data.decode()
        if self._sock is None:
            return
        self._append(data)

    def exception(self, exception: BaseException) -> None:
        log.exception("xmpp.handler_failed", exc_info=exception)

    def _start_filters(self) -> None:
        self._run_out_filters = asyncio.ensure_future(self.run_filters(), loop=self.loop)

    # The writer greenlet.

    def _write_all(self, sock: socket.socket) -> None:
        try:
            while True:
                self._wake_writer.wait()
                self._wake_writer.clear()
                while self._outgoing:
                    self._append_mark()
                    data = "".join(self._outgoing).encode()
                    self._outgoing.clear()
                    sock.sendall(data)
                    self._outgoing_size = sum(map(len, self._outgoing))
                    self._let_on()
        except OSError:
            sock.close()  # The reader notices, and says why.

    def _append_mark(self) -> None:
        if self.is_up and self._unproven and self._marked is None:
            self._mark += 1
            self._marked = len(self._unproven)
            self._outgoing.append(
                message(self.domain, self.domain, "normal", "", f"{MARK}{self._mark}")
            )

    def _proven(self, mark: str) -> None:
        if mark != f"{MARK}{self._mark}" or self._marked is None:
            return
        for _ in range(self._marked):
            self._unproven.popleft()
        self._marked = None
        self._let_on()
        if self._unproven:
            self._append_mark()
            self._wake_writer.set()


class StreamSocket:
    """What slixmpp asks of an asyncio transport."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._sock if name == "socket" else default

    def close(self) -> None:
        self._sock.close()

    abort = close


def _late(kept: Kept, domain: str) -> str:
    """Subscriptions are kept, too; of those nobody asks how old they are."""
    end = "</message>"
    if time.time() - kept.at < STALE or "<delay " in kept.text or not kept.text.endswith(end):
        return kept.text
    at = datetime.fromtimestamp(kept.at, UTC)
    return f"{kept.text.removesuffix(end)}{delay(domain, at)}{end}"


def _backoff(failures: int) -> float:
    seconds = min(FIRST_RETRY * 2.0 ** (failures - 1), LAST_RETRY)
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311  # Not for secrets.
