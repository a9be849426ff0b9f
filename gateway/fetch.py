"""One HTTP request on a connection of its own (RFC 9112), for networks that have HTTP services.

Connecting and TLS are those of ``gateway.link``, the protocol is h11's.  Whatever the server
answers, the FSM is told one way or the other; redirections it has to follow itself.
"""

import socket

import gevent
import h11

from gateway import log as logging
from gateway.fsm import Fetch, Fetched
from gateway.link import connect, describe

READ_SIZE = 64 * 1024
"""Bytes asked of the kernel at once: an address book has hundreds of thousands."""

MAX_HEAD = 16 * 1024
"""Bytes of the status line and all headers; h11 gives up beyond."""


class BadAnswer(Exception):
    """The server's answer cannot be used; the text says why."""


def fetch(what: Fetch, log: logging.Bound) -> Fetched:
    """Ask, and wait for the answer.  Raises nothing that a server could cause."""
    if logging.debugs:
        scheme = "https" if what.tls else "http"
        path = what.path.partition("?")[0]
        log.debug("http.asked", name=what.name, url=f"{scheme}://{_authority(what)}{path}")
    answer = _try(what)
    if logging.debugs:
        log.debug(
            "http.answered",
            name=what.name,
            status=answer.status,
            size=len(answer.body),
            failure=answer.failure,
        )
    return answer


def _try(what: Fetch) -> Fetched:
    http = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    late = TimeoutError(None, f"no answer in {what.seconds:.0f} s")
    try:
        request = _request(http, what)
        with gevent.Timeout(what.seconds, late), connect(what) as sock:
            sock.sendall(request)
            return _answer(http, sock, what)
    except h11.RemoteProtocolError as error:
        why = f"{what.host}:{what.port}: no whole HTTP answer: {error}"
    except h11.LocalProtocolError as error:  # A path that a server told us to go to.
        why = f"{what.host}:{what.port}: cannot be asked for: {error}"
    except BadAnswer as error:
        why = f"{what.host}:{what.port}: {error}"
    except OSError as error:
        why = describe(error, what)
    return Fetched(name=what.name, failure=why)


def _answer(http: h11.Connection, sock: socket.socket, what: Fetch) -> Fetched:
    head: h11.Response | None = None
    body = bytearray()
    while True:
        match http.next_event():
            case h11.NEED_DATA:
                http.receive_data(sock.recv(READ_SIZE))
            case h11.Response() as head:
                pass
            case h11.Data(data=data):
                body += data
                if len(body) > what.max_size:
                    raise BadAnswer(f"more than {what.max_size} bytes")
            case h11.EndOfMessage() if head is not None:
                headers = tuple(
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in head.headers
                )
                return Fetched(
                    name=what.name, status=head.status_code, headers=headers, body=bytes(body)
                )


def _request(http: h11.Connection, what: Fetch) -> bytes:
    headers = [
        ("Host", _authority(what)),
        ("Content-Length", str(len(what.body))),
        ("Connection", "close"),
        *what.headers,
    ]
    request = h11.Request(
        method=what.method.encode(),
        target=what.path.encode(errors="replace"),
        headers=[(name.encode(), value.encode()) for name, value in headers],
    )
    events = (request, h11.Data(data=what.body), h11.EndOfMessage())
    return b"".join(http.send(event) or b"" for event in events)


def _authority(what: Fetch) -> str:
    """For the Host header (RFC 9110, section 7.2): the port where it is not the usual one."""
    host = f"[{what.host}]" if ":" in what.host else what.host
    usual = 443 if what.tls else 80
    return host if what.port == usual else f"{host}:{what.port}"
