"""HTTP requests against servers on real sockets: good ones, bad ones, and none."""

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import log
from gateway.commands import Logout
from gateway.events import LoggedOut, Offline
from gateway.fetch import MAX_HEAD, fetch
from gateway.fsm import Fetch, Fetched, Tls
from gateway.session import OUR_MISTAKE
from gateway.trial.certificates import Certificate, make_certificate
from tests.gateway.tinynet import PATIENCE, Listener, Rig, listener, log_lines

__all__ = ["listener", "log_lines"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Token: a\r\nX-Token: b\r\n\r\nHi"


class Server:
    """Reads one request after the other to its end, and answers each with the same bytes."""

    def __init__(self, listener: Listener, tls: ssl.SSLContext | None = None) -> None:
        self.port = listener.port
        self.answer = OK
        self.requests: list[bytes] = []
        self._listener = listener
        self._tls = tls
        self.greenlet = gevent.spawn(self._serve)

    def _serve(self) -> None:
        while True:
            sock, _ = self._listener.sock.accept()
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock:
                self.requests.append(_read_request(sock))
                sock.sendall(self.answer)


def _read_request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(1000)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += sock.recv(1000)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def server(listener: Listener) -> Iterator[Server]:
    server = Server(listener)
    yield server
    server.greenlet.kill()


def what(port: int, **more: Any) -> Fetch:
    return Fetch(**{"name": "x", "host": "127.0.0.1", "port": port, "tls": None, **more})


def get(given: Fetch) -> Fetched:
    return fetch(given, log.bind())


# Answers.


def test_request_and_answer(server: Server) -> None:
    asked = what(
        server.port, path="/RST.srf?x=%20", headers=(("Content-Type", "text/xml"),), body=b"<a/>"
    )
    answer = get(asked)
    assert answer == Fetched(
        name="x",
        status=200,
        headers=(("content-length", "2"), ("x-token", "a"), ("x-token", "b")),
        body=b"Hi",
    )
    head = (
        f"POST /RST.srf?x=%20 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 4\r\n"
        "Connection: close\r\nContent-Type: text/xml\r\n\r\n<a/>"
    )
    assert server.requests == [head.encode()]


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", 200, b"to the end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHi\r\n1\r\n!\r\n0\r\n\r\n",
            200,
            b"Hi!",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"Hi"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\n<no/>", 500, b"<no/>"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    ],
)
def test_answers(server: Server, answer: bytes, status: int, body: bytes) -> None:
    server.answer = answer
    found = get(what(server.port))
    assert (found.status, found.body, found.failure) == (status, body, "")


def test_redirections_are_not_followed(server: Server) -> None:
    server.answer = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    assert ("location", "/there") in get(what(server.port)).headers
    assert len(server.requests) == 1


def test_tls(listener: Listener, tmp_path_factory: pytest.TempPathFactory) -> None:
    certificate: Certificate = make_certificate(tmp_path_factory.mktemp("server"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    server = Server(listener, context)
    assert get(what(server.port, tls=Tls(ca_file=str(certificate.ca_file)))).body == b"Hi"
    server.greenlet.kill()


# None.


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\n", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHi", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nHi", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no whole HTTP answer"),
        (b"VER 1 MSNP15\r\n", "no whole HTTP answer"),
        (b"HTTP/1.1 101 Now something else\r\n\r\n", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + MAX_HEAD * b"x", "no whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + 11 * b"x", "more than 10 bytes"),
    ],
)
def test_bad_answers(server: Server, answer: bytes, failure: str) -> None:
    server.answer = answer
    found = get(what(server.port, max_size=10))
    assert failure in found.failure
    assert (found.status, found.headers, found.body) == (0, (), b"")


def test_as_large_as_may_be(server: Server) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\n\r\n" + 10 * b"x"
    assert get(what(server.port, max_size=10)).body == 10 * b"x"


def test_no_answer_in_time(listener: Listener) -> None:
    """Or one so slow that it might as well be none."""
    given = what(listener.port, seconds=0.1)
    assert get(given).failure == f"127.0.0.1:{listener.port}: no answer in 0 s"

    def drip() -> None:
        sock, _ = listener.sock.accept()
        with sock:
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                sock.sendall(b"x")
                gevent.sleep(0)

    dripping = gevent.spawn(drip)
    assert get(given).failure == f"127.0.0.1:{listener.port}: no answer in 0 s"
    dripping.kill()


def test_nobody_listens(listener: Listener) -> None:
    listener.sock.close()
    assert get(what(listener.port)).failure == f"127.0.0.1:{listener.port}: Connection refused"


def test_private_addresses_are_refused(server: Server) -> None:
    found = get(what(server.port, public_only=True))
    assert found.failure.endswith("private addresses are not allowed here")
    assert not server.requests


@pytest.mark.parametrize("path", ["/a b", "/\r\nX: y", "/\N{SNOWMAN}"])
def test_paths_that_cannot_be_asked_for(server: Server, path: str) -> None:
    """A server told us to go there."""
    assert "cannot be asked for" in get(what(server.port, path=path)).failure


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"\r\n", b"Content-Length: 3\r\n", b"0", b"ab"])
        | st.binary(max_size=20),
        max_size=8,
    ).map(b"".join)
)
def test_whatever_it_answers(answer: bytes) -> None:
    listener = Listener()
    server = Server(listener)
    server.answer = answer
    found = get(what(server.port, max_size=10, seconds=PATIENCE))
    assert bool(found.status) != bool(found.failure)
    server.greenlet.kill()
    listener.sock.close()


# In a session.


@pytest.fixture
def web() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.sock.close()


def test_answers_reach_the_fsm(listener: Listener, web: Listener) -> None:
    server = Server(web)
    rig = Rig(listener)
    peer = rig.log_in()
    peer.say(f"fetch one {web.port}", f"fetch two {web.port}")
    assert sorted(rig.notices(2)) == ["one: Hi", "two: Hi"]
    peer.say(f"fetch one {web.port}")  # The name is free again.
    assert rig.notices(1) == ["one: Hi"]
    server.greenlet.kill()


def test_two_of_one_name(listener: Listener, web: Listener) -> None:
    rig = Rig(listener)
    peer = rig.log_in()
    peer.say(f"fetch one {web.port}", f"fetch one {web.port}")
    assert rig.event() == OUR_MISTAKE


def test_requests_end_with_the_session(listener: Listener, web: Listener) -> None:
    rig = Rig(listener)
    peer = rig.log_in()
    peer.say(f"fetch one {web.port}")
    asked, _ = web.sock.accept()
    rig.session.put(Logout())
    assert rig.event() == LoggedOut(why=Offline.ASKED)
    while asked.recv(1000):  # It is closed.
        pass
    asked.close()
    rig.check_it_is_over(peer.sock)


def test_log_has_no_secrets(
    listener: Listener, web: Listener, log_lines: Callable[[], list[str]]
) -> None:
    server = Server(web)
    given = what(web.port, path="/a?secret", headers=(("Cookie", "secret"),), body=b"secret")
    fetch(given, log.bind(user="juliet"))
    asked, answered = log_lines()
    assert asked.endswith(f"event=http.asked user=juliet name=x url=http://127.0.0.1:{web.port}/a")
    assert answered.endswith('event=http.answered user=juliet name=x status=200 size=2 failure=""')
    assert "Cookie" not in repr(given)
    server.greenlet.kill()
