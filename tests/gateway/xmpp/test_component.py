"""The stream, against a server on a real socket that does as little as it can."""

import re
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

import gevent
import pytest
from gevent.queue import Queue

from gateway.errors import CommandRefused, Reason
from gateway.hub import HubLoop
from gateway.xmpp import component as component_module
from gateway.xmpp import stanzas
from gateway.xmpp.component import Component
from gateway.xmpp.rooms import Seat

DOMAIN = "irc.example.org"

HEAD = b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
HEAD += b"xmlns='jabber:component:accept' id='s1' from='irc.example.org'>"


class Server:
    """One connection at a time; what the component sends is read until a pattern is in it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sock: socket.socket | None = None
        self.heard = b""

    def accept(self, handshake: bytes = b"<handshake/>") -> None:
        self.sock, _ = self.listener.accept()
        self.heard = b""
        self.expect(rb"<stream:stream [^>]*>")
        self.sock.sendall(HEAD)
        self.expect(
            rb"<handshake>[0-9a-f]{40}</handshake>|<handshake [^>]*>[0-9a-f]{40}</handshake>"
        )
        self.sock.sendall(handshake)

    def expect(self, pattern: bytes) -> re.Match[bytes]:
        """What comes up to and with the match is taken away."""
        assert self.sock
        while not (found := re.search(pattern, self.heard)):
            data = self.sock.recv(65536)
            assert data, f"the component hung up after {self.heard!r}"
            self.heard += data
        self.heard = self.heard[found.end() :]
        return found

    def return_mark(self) -> None:
        mark = self.expect(rb"<message [^>]*id='greengate-mark-\d+'[^>]*></message>")
        assert self.sock
        self.sock.sendall(mark[0])

    def hang_up(self) -> None:
        assert self.sock
        self.sock.close()


class Rig:
    def __init__(self, server: Server, loop: HubLoop, most_kept: int = 100) -> None:
        self.server = server
        self.stanzas: Queue[Element] = Queue()
        self.iqs: Queue[Any] = Queue()
        self.ups: Queue[bool] = Queue()
        self.component = Component(
            domain=DOMAIN,
            secret="s3cret",
            address=server.listener.getsockname(),
            loop=loop,
            most_kept=most_kept,
            on_stanza=self.stanzas.put,
            on_iq=self.iqs.put,
            on_up=lambda _: self.ups.put(True),
            on_down=lambda _: self.ups.put(False),
        )
        self.component.start()

    def connect(self) -> None:
        self.server.accept()
        assert self.ups.get(timeout=5) is True

    def lose(self) -> None:
        self.server.hang_up()
        assert self.ups.get(timeout=5) is False


@pytest.fixture(scope="module")
def loop() -> Iterator[HubLoop]:
    loop = HubLoop()
    yield loop
    loop.shut_down()


@pytest.fixture
def rig(loop: HubLoop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(component_module, "FIRST_RETRY", 0.01)
    server = Server()
    rig = Rig(server, loop)
    with gevent.Timeout(20):
        yield rig
    rig.component.close(0)
    server.listener.close()


def text(number: int) -> str:
    return stanzas.message("a@" + DOMAIN, "b@example.org", "chat", stanzas.body(f"no {number}"))


def numbers(data: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"no (\d+)<", data)]


def test_elements_in_and_text_out(rig: Rig) -> None:
    rig.connect()
    rig.component.write(text(1))
    rig.server.expect(b"no 1</body></message>")
    assert rig.server.sock
    rig.server.sock.sendall(b"<presence from='b@example.org/x' to='irc.example.org'/>")
    assert rig.stanzas.get(timeout=5).get("from") == "b@example.org/x"
    rig.server.sock.sendall(b"<iq type='get' id='1' from='b@example.org/x' to='irc.example.org'/>")
    assert rig.iqs.get(timeout=5)["id"] == "1"


def test_what_no_mark_has_proven_is_sent_again(rig: Rig) -> None:
    rig.connect()
    rig.component.write(text(1), keep=True)
    rig.server.expect(b"no 1<")
    rig.server.return_mark()
    rig.component.write(text(2), keep=True)
    rig.server.expect(b"no 2<")
    rig.lose()
    rig.component.write(text(3), keep=True)
    rig.component.write(text(4))
    rig.connect()
    heard = rig.server.heard
    rig.component.write(text(5), keep=True)
    rig.server.expect(b"(?s)(.*)no 5<")
    assert numbers(heard) in ([], [2], [2, 3])


def test_everything_that_must_arrive_arrives_in_order(rig: Rig) -> None:
    """Whatever is in the air when connections end: each at least once, first times in order."""
    rig.connect()
    seen: list[int] = []
    for turn in range(5):
        for number in range(10):
            rig.component.write(text(turn * 10 + number), keep=True)
        seen += numbers(rig.server.expect(b"(?s).*no %d<" % (turn * 10 + turn))[0])
        rig.lose()
        rig.connect()
    rig.component.write(text(99), keep=True)
    seen += numbers(rig.server.expect(b"(?s).*no 99<")[0])
    assert list(dict.fromkeys(seen)) == [*range(50), 99]


def test_what_was_proven_is_never_sent_again(rig: Rig) -> None:
    rig.connect()
    for number in range(10):
        rig.component.write(text(number), keep=True)
    rig.server.expect(b"(?s).*no 9<")
    rig.server.return_mark()
    # Only when the component has read the mark does it answer this.
    assert rig.server.sock
    rig.server.sock.sendall(b"<presence from='b@example.org/x' to='irc.example.org'/>")
    rig.stanzas.get(timeout=5)
    rig.lose()
    rig.connect()
    rig.component.write(text(10), keep=True)
    assert numbers(rig.server.expect(b"(?s).*no 10<")[0]) == [10]


def test_what_waited_says_since_when(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component_module, "STALE", 0.0)
    rig.component.write(text(1), keep=True)
    rig.connect()
    rig.server.expect(b"no 1</body><delay xmlns='urn:xmpp:delay' [^>]*/></message>")


def test_a_subscription_that_waited_arrives_as_it_is(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(component_module, "STALE", 0.0)
    subscription = stanzas.presence(f"a@{DOMAIN}", "b@example.org", "subscribe")
    rig.component.write(subscription, keep=True)
    rig.connect()
    assert rig.server.expect(b"<presence.*</presence>")[0].decode() == subscription


def question(rig: Rig) -> tuple["gevent.Greenlet[..., Any]", str]:
    """Somebody who asks for a vCard, and the id of their IQ."""
    rig.connect()
    payload = Element("{vcard-temp}vCard")
    asking = gevent.spawn(rig.component.ask, DOMAIN, "b@example.org", payload)
    iq = rig.server.expect(b"<iq [^>]*><vCard xmlns=.vcard-temp. ?/></iq>")[0].decode()
    assert 'type="get"' in iq.replace("'", '"')
    return asking, re.findall(r"id=.([^'\"]+)", iq)[0]


def test_an_answer_to_who_asks(rig: Rig) -> None:
    asking, id = question(rig)
    assert rig.server.sock
    rig.server.sock.sendall(
        f"<iq type='result' from='b@example.org' to='{DOMAIN}' id='{id}'>"
        "<vCard xmlns='vcard-temp'><FN>B</FN></vCard></iq>".encode()
    )
    card = asking.get(timeout=5)
    assert card.findtext("{vcard-temp}FN") == "B"


@pytest.mark.parametrize(
    "answer",
    [
        "<iq type='error' from='b@example.org' to='{d}' id='{id}'><error type='cancel'>"
        "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<iq type='result' from='b@example.org' to='{d}' id='{id}'/>",
    ],
)
def test_no_answer_to_who_asks(rig: Rig, answer: str) -> None:
    asking, id = question(rig)
    assert rig.server.sock
    rig.server.sock.sendall(answer.format(d=DOMAIN, id=id).encode())
    with pytest.raises(CommandRefused) as refused:
        asking.get(timeout=5)
    assert refused.value.reason is Reason.NOT_FOUND


PING_RESULT = "<iq type='result' from='b@example.org/x' to='{d}' id='{id}'/>"

PING = "<iq type='error' from='b@example.org/x' to='{d}' id='{id}'><error type='cancel'>"
PING += "<{} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        (PING_RESULT, True),
        (PING.replace("{}", "feature-not-implemented"), True),
        (PING.replace("{}", "service-unavailable"), False),
    ],
)
def test_ping(rig: Rig, answer: str, is_there: bool) -> None:
    rig.connect()
    found: Queue[str] = Queue()
    for who in ("first", "last"):
        rig.component.ping(DOMAIN, "b@example.org/x", partial(found.put, who))
        iq = rig.server.expect(b"<iq [^>]*><ping xmlns=.urn:xmpp:ping. ?/></iq>")[0].decode()
        (id,) = re.findall(r" id=.([^'\"]+)", iq)
        reply = answer if who == "first" else PING_RESULT
        assert rig.server.sock
        rig.server.sock.sendall(reply.format(d=DOMAIN, id=id).encode())
    names = [found.get(timeout=5)]
    if is_there:
        names.append(found.get(timeout=5))
    assert names == (["first", "last"] if is_there else ["last"])


def test_silence_to_who_asks(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component_module, "PING_TIMEOUT", 0.05)
    asking, _ = question(rig)
    with pytest.raises(CommandRefused) as refused:
        asking.get(timeout=5)
    assert refused.value.reason is Reason.TIMEOUT


def test_nobody_is_asked_without_a_connection(rig: Rig) -> None:
    with pytest.raises(CommandRefused) as refused:
        rig.component.ask(DOMAIN, "b@example.org", Element("{vcard-temp}vCard"))
    assert refused.value.reason is Reason.TIMEOUT


def test_an_error_to_who_tells(rig: Rig) -> None:
    """Its condition says whether it is about that item, or about all of them."""
    rig.connect()
    payload = Element("{jabber:iq:roster}query")
    telling = gevent.spawn(rig.component.tell, DOMAIN, "b@example.org", payload)
    iq = rig.server.expect(b"<iq [^>]*><query xmlns=.jabber:iq:roster. ?/></iq>")[0].decode()
    (id,) = re.findall(r" id=.([^'\"]+)", iq)
    assert rig.server.sock
    rig.server.sock.sendall(
        f"<iq type='error' from='b@example.org' to='{DOMAIN}' id='{id}'><error type='wait'>"
        "<internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>".encode()
    )
    with pytest.raises(CommandRefused) as refused:
        telling.get(timeout=5)
    assert refused.value.reason is Reason.INTERNAL


def test_lines_of_rooms_are_taken_back_instead(rig: Rig) -> None:
    seat = Seat("b@example.org/x", 0)
    rig.connect()
    for number in (1, 2, 3):
        seat.seen = number
        rig.component.write_line(text(number), seat)
    rig.server.expect(b"no 3<")
    rig.lose()
    assert seat.seen == 0
    seat.seen = 1
    rig.component.write_line(text(4), seat)
    assert seat.seen == 0
    rig.connect()
    rig.component.write(text(5), keep=True)
    assert numbers(rig.server.expect(b"(?s).*no 5<")[0]) == [5]


def test_sessions_wait_for_a_server_that_does_not_prove(loop: HubLoop) -> None:
    server = Server()
    rig = Rig(server, loop, most_kept=5)
    try:
        with gevent.Timeout(20):
            rig.connect()
            for number in range(6):
                rig.component.write(text(number), keep=True)
            waiting = gevent.spawn(rig.component.wait_for_room)
            server.expect(b"no 5<")
            gevent.idle()
            assert not waiting.ready()
            server.return_mark()
            waiting.get(timeout=5)
    finally:
        rig.component.close(0)
        server.listener.close()


def test_a_refused_handshake_is_tried_again(rig: Rig) -> None:
    rig.server.accept(
        b"<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        b"</stream:error></stream:stream>"
    )
    rig.server.hang_up()
    rig.connect()


def test_garbage_ends_the_connection_and_nothing_else(rig: Rig) -> None:
    rig.connect()
    assert rig.server.sock
    rig.server.sock.sendall(b"<message><</message>")
    assert rig.ups.get(timeout=5) is False
    rig.connect()


def test_somebody_elses_mark_is_a_message(rig: Rig) -> None:
    rig.connect()
    assert rig.server.sock
    rig.server.sock.sendall(b"<message id='greengate-mark-1' from='b@example.org' to='a@b'/>")
    assert rig.stanzas.get(timeout=5).get("from") == "b@example.org"
