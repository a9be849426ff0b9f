"""What the servers of all networks count, and whom they know."""

import socket
from typing import Any, ClassVar

from benchmarks.loop import Listener, Loop, Peer


class Connection(Peer):
    def __init__(self, loop: Loop, sock: socket.socket, server: Any) -> None:
        super().__init__(loop, sock)
        self.name = b""
        """Of whom it is, once that is known."""
        self._server = server
        self._rest = b""

    def close(self) -> None:
        super().close()
        self._server.left(self)


class Server:
    connection: ClassVar[type[Connection]]

    def __init__(self, loop: Loop) -> None:
        self.people: dict[bytes, Any] = {}
        """The connections of those who are online, by name."""
        self.said = 0
        """Messages from anybody."""
        self._loop = loop
        self._listener = Listener(loop, self._accepted)
        self.port = self._listener.port

    def _accepted(self, sock: socket.socket) -> None:
        self.connection(self._loop, sock, self)

    def left(self, who: Any) -> None:
        if self.people.get(who.name) is who:
            del self.people[who.name]

    def close(self) -> None:
        self._listener.close()
        for person in list(self.people.values()):
            person.close()
