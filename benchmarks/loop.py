"""Sockets of the driver: one selector, no threads, nothing that blocks."""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from benchmarks.report import Failed

LOOPBACK = "127.0.0.1"

READ_SIZE = 256 * 1024

BACKLOG = 4096
"""Connections that wait to be accepted: thousands of sessions log in at once."""


class Loop:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, sock: socket.socket, is_writing: bool, ready: Callable[[int], None]) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_writing else 0)
        try:
            self._selector.modify(sock, events, ready)
        except KeyError:
            self._selector.register(sock, events, ready)

    def forget(self, sock: socket.socket) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(sock)

    def turn(self, seconds: float) -> None:
        """Do what is to be done, or wait that long for something."""
        for key, events in self._selector.select(seconds):
            key.data(events)

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.turn(left)

    def until(self, is_done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """
        Raises:
            Failed: it did not come to that; ``what`` says how far it came.
        """
        deadline = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > deadline:
                raise Failed(f"after {seconds:g} s: {what()}")
            self.turn(0.01)

    def close(self) -> None:
        self._selector.close()


class Listener:
    """Accepts connections, and hands each to ``accepted``."""

    def __init__(self, loop: Loop, accepted: Callable[[socket.socket], None]) -> None:
        self._loop = loop
        self._accepted = accepted
        self._sock = socket.create_server((LOOPBACK, 0), backlog=BACKLOG)
        self._sock.setblocking(False)
        self.port: int = self._sock.getsockname()[1]
        loop.watch(self._sock, False, self._ready)

    def _ready(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _address = self._sock.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._accepted(sock)

    def close(self) -> None:
        self._loop.forget(self._sock)
        self._sock.close()


class Peer:
    """One accepted connection."""

    def __init__(self, loop: Loop, sock: socket.socket) -> None:
        self._loop = loop
        self._sock = sock
        self._unsent = bytearray()
        self.is_closed = False
        loop.watch(sock, False, self._ready)

    def received(self, data: bytes) -> None:
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:  # Reading will tell.
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.watch(self._sock, True, self._ready)

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send_rest()
        if events & selectors.EVENT_READ:
            try:
                data = self._sock.recv(READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self.received(data)
            else:
                self.close()

    def _send_rest(self) -> None:
        with contextlib.suppress(OSError):  # Reading will tell.
            del self._unsent[: self._sock.send(self._unsent)]
        if not self._unsent:
            self._loop.watch(self._sock, False, self._ready)

    def close(self) -> None:
        self.is_closed = True
        self._loop.forget(self._sock)
        self._sock.close()
