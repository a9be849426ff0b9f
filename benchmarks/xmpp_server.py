"""An XMPP server with one component (XEP-0114): counts what it is sent, says what it is told to."""

import re
import socket

from benchmarks.loop import Listener, Loop, Peer
from benchmarks.probes import Probes

DOMAIN = b"im.bench.example"
"""Of the component."""

HEADER = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    b"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='bench'>" % DOMAIN
)

MARK = re.compile(rb"<message from='([^']*)' to='\1' type='normal' id='(greengate-mark-[0-9]+)'>")
"""What the gateway sends to itself, to know that all before it has been routed."""

ONLINE = re.compile(rb"<presence from='%s' to='([^']*)'>" % re.escape(DOMAIN))
"""The transport is available to that user: their session is on."""


class Stream(Peer):
    def __init__(self, loop: Loop, sock: socket.socket, server: "XmppServer") -> None:
        super().__init__(loop, sock)
        self._server = server
        self._rest = b""
        self.is_up = False

    def received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        end = data.rfind(b">") + 1  # Never in text: so no tag is cut in two.
        data, self._rest = data[:end], data[end:]
        if self.is_up:
            self._stanzas(data)
        elif b"</handshake>" in data:
            self.send(b"<handshake/>")
            self.is_up = True
        elif b"<stream:stream" in data:
            self.send(HEADER)

    def _stanzas(self, data: bytes) -> None:
        server = self._server
        server.messages += data.count(b"</message>")
        if b"greengate-mark-" in data:
            for itself, mark in MARK.findall(data):
                server.messages -= 1
                self.send(
                    b"<message from='%s' to='%s' type='normal' id='%s'/>" % (itself, itself, mark)
                )
        if server.probes:
            server.probes.look(data)
        if b"<presence" in data:
            server.online.update(ONLINE.findall(data))
            server.probed += data.count(b"type='probe'")
            server.introduced += data.count(b"type='subscribe'")
            server.seated += data.count(b"code='110'")
        if b"type='error'" in data:
            server.errors.append(data[data.index(b"type='error'") - 100 :][:600])


class XmppServer:
    def __init__(self, loop: Loop) -> None:
        self.messages = 0
        """From the component."""
        self.online: set[bytes] = set()
        self.probed = 0
        """Presence probes."""
        self.introduced = 0
        """Contacts who ask to be let into somebody's roster."""
        self.seated = 0
        """Clients that a room told to be in it (XEP-0045, status 110)."""
        self.errors: list[bytes] = []
        self.probes: Probes | None = None
        self._loop = loop
        self._stream: Stream | None = None
        self._listener = Listener(loop, self._accepted)
        self.port = self._listener.port

    @property
    def is_up(self) -> bool:
        return self._stream is not None and self._stream.is_up

    def _accepted(self, sock: socket.socket) -> None:
        self._stream = Stream(self._loop, sock, self)

    def send(self, data: bytes) -> None:
        assert self._stream, "the component has not connected"
        self._stream.send(data)

    def close(self) -> None:
        self._listener.close()
        if self._stream:
            self._stream.close()
