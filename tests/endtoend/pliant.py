"""An IRC server that says whatever a story wants."""

import socket

from gevent.server import StreamServer

from tests.endtoend.inbox import Inbox


class Server:
    """Lets everybody in, and then says whatever the story wants."""

    def __init__(self) -> None:
        self.lines = Inbox[str]("the pliant server")
        self._sock: socket.socket | None = None
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()

    @property
    def port(self) -> int:
        port: int = self._server.address[1]
        return port

    def send(self, line: str | bytes) -> None:
        assert self._sock
        raw = line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
        self._sock.sendall(raw.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n")

    def close(self) -> None:
        self._server.stop(timeout=1)

    def _serve(self, sock: socket.socket, _: object) -> None:
        self._sock = sock
        for raw in sock.makefile("rb"):
            line = raw.decode(errors="replace").rstrip("\r\n")
            word, _, rest = line.partition(" ")
            if word == "NICK":
                nick = rest
            elif word == "USER":
                self.send(f":irc.test 001 {nick} :Welcome {nick}!u@h")
                self.send(f":irc.test 422 {nick} :No MOTD")
            elif word == "CAP" and "LS" in rest:
                self.send(":irc.test CAP * LS :message-tags")
            elif word == "PING":
                self.send(f":irc.test PONG irc.test :{rest.lstrip(':')}")
            elif word == "JOIN":
                self.send(f":{nick}!u@h JOIN {rest}")
                self.send(f":irc.test 353 {nick} = {rest} :{nick} @romeo")
                self.send(f":irc.test 366 {nick} {rest} :End")
            elif word == "TOPIC":
                self.send(f":irc.test 482 {nick} {rest.split()[0]} :{line}")
            self.lines.put(line)
