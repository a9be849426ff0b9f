"""What moving the bytes costs under gevent: a greenlet per socket, no XML and no state."""

import re
import socket as sockets
import sys

from gevent import monkey

monkey.patch_all()

import gevent
from gevent.event import Event

STANZA = re.compile(rb"<message from='u([0-9]+)@[^>]* to='([^@]*)@[^>]*>.*?<body>(.*?)</body>")

HEADER = (
    b"<stream:stream xmlns='jabber:component:accept' "
    b"xmlns:stream='http://etherx.jabber.org/streams' to='%s'>"
)


def dial(port: int) -> sockets.socket:
    sock = sockets.create_connection(("127.0.0.1", port))
    sock.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
    return sock


class Relay:
    def __init__(self, domain: str, xmpp: int, irc: int, sessions: int) -> None:
        self.domain = domain.encode()
        self.xmpp = dial(xmpp)
        self.xmpp.sendall(HEADER % self.domain)
        self.xmpp.recv(4096)
        self.xmpp.sendall(b"<handshake>none</handshake>")
        self.xmpp.recv(4096)
        self.out: list[bytes] = []
        self.wake = Event()
        self.irc = [dial(irc) for _ in range(sessions)]

    def run(self) -> None:
        greenlets = [gevent.spawn(self.read_irc, n, sock) for n, sock in enumerate(self.irc)]
        gevent.joinall(
            [*greenlets, gevent.spawn(self.write_xmpp), gevent.spawn(self.read_xmpp)],
            count=1,
        )

    def read_irc(self, number: int, sock: sockets.socket) -> None:
        sock.sendall(b"NICK n%d\r\nUSER n%d 0 * :n\r\n" % (number, number))
        rest = b""
        while data := sock.recv(16384):
            *lines, rest = (rest + data).split(b"\r\n")
            for line in lines:
                source, command, _, text = line.split(b" ", 3)
                if command == b"PRIVMSG":
                    sender = source[1:].partition(b"!")[0]
                    self.out.append(
                        b"<message from='%s@%s' to='u%d@example.org' type='chat'>"
                        b"<body>%s</body></message>" % (sender, self.domain, number, text[1:])
                    )
            self.wake.set()

    def write_xmpp(self) -> None:
        while self.wake.wait():
            self.wake.clear()
            data = b"".join(self.out)
            self.out.clear()
            self.xmpp.sendall(data)

    def read_xmpp(self) -> None:
        rest = b""
        while data := self.xmpp.recv(65536):
            data = rest + data
            end = data.rfind(b"</message>") + 10 if b"</message>" in data else 0
            data, rest = data[:end], data[end:]
            for number, to, body in STANZA.findall(data):
                self.irc[int(number)].sendall(b"PRIVMSG %s :%s\r\n" % (to, body))


if __name__ == "__main__":
    domain, xmpp, irc, sessions = sys.argv[1:]
    Relay(domain, int(xmpp), int(irc), int(sessions)).run()
