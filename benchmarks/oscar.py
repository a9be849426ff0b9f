"""AIM: what a message between two people costs, and a log-in with a long address book.

oscar_in_cpu, oscar_out_cpu    as im_in_cpu and im_out_cpu, see ``messages``; 04/0c confirms
oscar_login_500_…              one log-in with ITEMS contacts, all in the user's roster already
oscar_login_500_again_…        the third of the same user: the server need not send them again
"""

from typing import Any

from benchmarks.loop import LOOPBACK
from benchmarks.messages import SESSIONS
from benchmarks.oscar_server import OscarServer, snac, tlv, u16, user_info
from benchmarks.report import Failed
from benchmarks.traffic import TEXT, Outwards, both_ways, login_figures, require_confirmations
from benchmarks.world import World, nick

SENDER = b"Juliet C"

HTML = b'<HTML><BODY BGCOLOR="#ffffff"><FONT LANG="0">%s</FONT></BODY></HTML>' % TEXT
"""As AIM's own clients send it."""

ITEMS = 500
"""In the address book, besides root and group."""


class OscarWorld(World):
    """The same, and the network is AIM; ``people`` are in everybody's roster and feedbag."""

    server: OscarServer

    def __init__(self, users: int, people: tuple[str, ...] = ()) -> None:
        self.people = people
        super().__init__(users)

    def start_server(self) -> OscarServer:
        return OscarServer(self.loop, (who.encode() for who in self.people))

    def transport(self) -> dict[str, Any]:
        return {
            "network": "aim",
            "server": LOOPBACK,
            "port": self.server.port,
            "ping_seconds": self.ping_seconds,
            "logins_per_second": 100000.0,
            "login_burst": 1000,
        }

    def form(self, number: int) -> dict[str, str]:
        return {"username": nick(number).decode(), "password": "secret"}


class OscarInwards:
    """04/07, each with a cookie of its own."""

    copies = 1

    def __init__(self, world: OscarWorld, sessions: int) -> None:
        self.sessions = sessions
        self._xmpp = world.xmpp
        self._connections = [world.server.people[nick(number)] for number in range(sessions)]
        text = u16(0, 0) + HTML
        inside = bytes.fromhex("0501000401010102") + b"\x01\x01" + u16(len(text)) + text
        rest = u16(1) + user_info(SENDER) + tlv(0x02, inside) + tlv(0x0B)
        frame = snac(0x04, 0x07, bytes(8) + rest, 0x80000001)
        self._head, self._tail = frame[: -len(rest) - 8], rest
        self._sent = 0

    def _message(self) -> bytes:
        self._sent += 1
        return self._head + self._sent.to_bytes(8, "big") + self._tail

    def send(self, number: int) -> None:
        self._connections[number % self.sessions].send(self._message())

    def send_many(self, number: int, at_most: int) -> int:
        frames = b"".join(self._message() for _ in range(at_most))
        self._connections[number // at_most % self.sessions].send(frames)
        return at_most

    def arrived(self) -> int:
        return self._xmpp.messages


def run(quick: bool) -> None:
    _messages(4_000 if quick else 10_000)
    _logins(3 if quick else 15)


def _messages(many: int) -> None:
    with OscarWorld(SESSIONS) as world:
        world.log_in(range(SESSIONS))
        require_confirmations(world)
        inwards, outwards = OscarInwards(world, SESSIONS), Outwards(world, SESSIONS)
        both_ways(world, "oscar", inwards, outwards, many)


def _logins(times: int) -> None:
    people = tuple(f"buddy{number}" for number in range(ITEMS))
    with OscarWorld(times + 1, people) as world:
        world.log_in([times])  # Warms up.
        first = [world.login_cost(number) for number in range(times)]
        for _ in range(2):  # In the second, the gateway learns how this server wants to be asked.
            world.log_out(range(times), lambda: len(world.server.people) == 1)
            again = [world.login_cost(number) for number in range(times)]
        world.require_known_people()
        if world.server.spared != times:
            raise Failed(f"{world.server.spared} of {times} address books were not sent again")
    login_figures(f"oscar_login_{ITEMS}", first)
    login_figures(f"oscar_login_{ITEMS}_again", again)
