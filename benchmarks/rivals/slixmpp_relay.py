"""What slixmpp's stanza objects cost, used as its documentation says."""

import asyncio
import sys
from functools import partial
from typing import Any

from slixmpp import ComponentXMPP


class Irc(asyncio.Protocol):
    def __init__(self, number: int, component: "Relay") -> None:
        self.number = number
        self.component = component
        self.rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"NICK n%d\r\nUSER n%d 0 * :n\r\n" % (self.number, self.number))

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            source, command, _, text = line.decode().split(" ", 3)
            if command == "PRIVMSG":
                sender = source[1:].partition("!")[0]
                self.component.make_message(
                    mfrom=f"{sender}@{self.component.boundjid.bare}",
                    mto=f"u{self.number}@example.org",
                    mtype="chat",
                    mbody=text[1:],
                ).send()


class Relay(ComponentXMPP):
    def __init__(self, domain: str, xmpp: int, irc: int, sessions: int) -> None:
        super().__init__(domain, "bench", "127.0.0.1", xmpp)  # type: ignore[no-untyped-call]
        self.irc: list[Irc] = []
        self.irc_port = irc
        self.sessions = sessions
        self.add_event_handler("session_start", self.connect_all)
        self.add_event_handler("message", self.pass_on)

    async def connect_all(self, _: object) -> None:
        for number in range(self.sessions):
            _transport, irc = await self.loop.create_connection(
                partial(Irc, number, self), "127.0.0.1", self.irc_port
            )
            self.irc.append(irc)

    def pass_on(self, message: Any) -> None:
        number = int(message["from"].user[1:])
        line = f"PRIVMSG {message['to'].user} :{message['body']}\r\n"
        self.irc[number].transport.write(line.encode())


if __name__ == "__main__":
    domain, xmpp, irc, sessions = sys.argv[1:]
    relay = Relay(domain, int(xmpp), int(irc), int(sessions))
    relay.connect()
    relay.loop.run_forever()
