"""A socket to a legacy server, and the greenlet that reads it.

The reader is generic: it owns the socket and the network's codec, and its last word is ``Lost``.
The FSM greenlet writes.  What it writes in one go is sent in one go (``flush``).
"""

import contextlib
import hashlib
import ipaddress
import os
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import gevent
from gevent.queue import SimpleQueue

from gateway import log as logging
from gateway.errors import WireError
from gateway.fsm import Codec, Connect, Connected, Fetch, Got, Lost, Tls

READ_SIZE = 16 * 1024
"""Bytes asked of the kernel at once: some fifty chat lines."""

WRITE_SIZE = 16 * 1024
"""Bytes that are collected before they are sent although more may follow."""

CONNECT_TIMEOUT = 30.0
"""Seconds for name resolution, TCP and TLS together; then the next try, with backoff."""

SEND_TIMEOUT = 30.0
"""The FSM waits for the socket, and the reader for the FSM.  A peer that does not read
while it writes would stop both for good; this ends it."""

ADDRESS_TIMEOUT = 10.0
"""Seconds for one address of several: the first may be IPv6, on a network that swallows it."""

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, which may be a private one."""


class Link:
    def __init__(
        self,
        how: Connect,
        inbox: "SimpleQueue[Any]",
        show: Callable[[Any], str],
        log: logging.Bound,
        crashed: Callable[[Any], None],
    ) -> None:
        self.name = how.link
        self.codec: Codec[Any] = how.codec
        self.sock: socket.socket | None = None
        self._how = how
        self._is_dialling = False
        self._inbox = inbox
        self._show = show
        self._log = log
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0
        self._hung_up = ""
        """Why, once we have.  Reported instead of the end of the stream it causes."""
        self.reader = gevent.spawn(self._read)
        self.reader.is_heard = True  # Of its failure: see gateway.hub.
        self.reader.link_exception(crashed)

    # For the FSM greenlet.

    def send(self, frame: object) -> None:
        if logging.debugs:
            self._log.debug("frame.sent", link=self.name, frame="> " + self._show(frame))
        data = self.codec.encode(frame)
        self._outgoing.append(data)
        self._outgoing_size += len(data)
        if self._outgoing_size > WRITE_SIZE:
            self.flush()

    def flush(self) -> None:
        """Send what was collected.  Blocks while the peer does not read, up to SEND_TIMEOUT."""
        if not self._outgoing:
            return
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        self._outgoing_size = 0
        if self.sock is None or self._hung_up:
            return  # Lost is on its way.
        try:
            sent = _send_at_once(self.sock, data)
            if sent < len(data):
                with gevent.Timeout(SEND_TIMEOUT, TimeoutError("the server stopped reading")):
                    self.sock.sendall(memoryview(data)[sent:])
        except OSError as error:
            self.hang_up(describe(error, self._how))

    def hang_up(self, why: str = "closed by us") -> None:
        self._hung_up = self._hung_up or why
        if self.sock is not None:
            _shut_down(self.sock)
        else:
            gevent.get_hub().loop.run_callback(self._stop_dialling)

    def _stop_dialling(self) -> None:
        """In the hub, where nothing can happen between the question and the throw."""
        if self._is_dialling:
            self.reader.throw(ConnectionAbortedError(self._hung_up))
        elif self.sock is not None:
            _shut_down(self.sock)

    # The reader greenlet.

    def _read(self) -> None:
        inbox, name, how = self._inbox, self.name, self._how
        try:
            self.sock = sock = self._dial()
            try:
                inbox.put(Connected(name))
                while data := sock.recv(READ_SIZE):
                    for frame in self.codec.receive(data):
                        if logging.debugs:
                            self._log.debug(
                                "frame.received", link=name, frame="< " + self._show(frame)
                            )
                        inbox.put(Got(frame, name))
            finally:
                sock.close()
            detail = self._hung_up or "closed by the server"
        except (OSError, WireError) as error:
            detail = self._hung_up or describe(error, how)
        inbox.put(Lost(detail, name))

    def _dial(self) -> socket.socket:
        if self._hung_up:  # Before we came to run.
            raise ConnectionAbortedError(self._hung_up)
        self._is_dialling = True
        try:
            return connect(self._how)
        finally:
            self._is_dialling = False


def _send_at_once(sock: socket.socket, data: bytes) -> int:
    """What the kernel takes now, without the cost of a timeout; usually that is all."""
    if isinstance(sock, ssl.SSLSocket):
        return 0  # gevent's would wait for ever.
    try:
        return sock.send(data, 0, 0.0)  # type: ignore[call-arg]  # gevent's timeout.
    except BlockingIOError:
        return 0


def _shut_down(sock: socket.socket) -> None:
    """Wake its reader.  Below TLS, whose own shutdown() would let the reader go on without."""
    with contextlib.suppress(OSError):  # Already gone.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def describe(error: Exception, how: Connect | Fetch) -> str:
    """What went wrong on a connection, for people."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {how.host} is not trusted: {error.verify_message}"
        case ssl.SSLError(reason=str(reason)) if reason:
            return f"{how.host}:{how.port}: no TLS: {reason.replace('_', ' ').lower()}"
        case socket.gaierror():
            return f"no address for {how.host}: {error.strerror}"
        case OSError(strerror=str(words)) if words:
            return f"{how.host}:{how.port}: {words}"
    return str(error)


# Connecting.


def connect(how: Connect | Fetch) -> socket.socket:
    """A connected socket, after the TLS handshake if there is to be one.

    Raises:
        OSError: of which ssl.SSLError, TimeoutError and socket.gaierror are kinds.
    """
    with gevent.Timeout(CONNECT_TIMEOUT, _no_answer(CONNECT_TIMEOUT)):
        sock = _dial(how)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _secure(sock, how.host, how.tls) if how.tls else sock
        except BaseException:
            sock.close()
            raise


def _no_answer(seconds: float) -> TimeoutError:
    return TimeoutError(None, f"no answer in {seconds:.0f} s")


def _dial(how: Connect | Fetch) -> socket.socket:
    """Try each address in turn, and say what was wrong with the last."""
    problem: OSError = socket.gaierror(socket.EAI_NONAME, "no usable address")
    for family, kind, protocol, _, address in _addresses(how):
        if how.public_only and not _is_public(str(address[0])):
            problem = PermissionError(None, "private addresses are not allowed here")
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            with gevent.Timeout(ADDRESS_TIMEOUT, _no_answer(ADDRESS_TIMEOUT)):
                sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
    raise problem


def _addresses(how: Connect | Fetch) -> list[Any]:
    try:
        return socket.getaddrinfo(how.host, how.port, type=socket.SOCK_STREAM)
    except ValueError as error:  # Of IDNA: an empty label, or one of more than 63 characters.
        raise socket.gaierror(socket.EAI_NONAME, "not a name of a host") from error


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        address = _inner(address) or address
    return address.is_global and not address.is_multicast


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that connecting to this one leads to."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _secure(sock: socket.socket, host: str, tls: Tls) -> socket.socket:
    # Reading the authorities takes some 20 ms of CPU: not in this thread.
    context = gevent.get_hub().threadpool.apply(_context, (tls,))
    try:
        secured = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except ValueError as error:  # A name that no certificate can have, such as ".example.org".
        raise ConnectionAbortedError(None, f"no name to check: {error}") from error
    try:
        secured.do_handshake()
        _check_fingerprint(secured, tls.fingerprints)
    except BaseException:
        secured.close()  # It took the descriptor over from ``sock``.
        raise
    return secured  # type: ignore[no-any-return]


def _check_fingerprint(secured: ssl.SSLSocket, pinned: frozenset[str]) -> None:
    certificate = secured.getpeercert(binary_form=True) or b""
    found = hashlib.sha256(certificate).hexdigest()
    if pinned and found not in pinned:
        raise ConnectionAbortedError(
            None, f"the certificate's SHA-256 is {found}, which is not one of those pinned"
        )


@lru_cache(maxsize=256)
def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    # A write that waits for the peer to be read would meet our reader, waiting for the same.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if tls.fingerprints or not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate:
        # OpenSSL reads certificates from files only; this one is never on a disk.
        with os.fdopen(os.memfd_create("certificate"), "w") as file:
            file.write(tls.certificate)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
