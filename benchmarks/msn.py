"""MSN: what a message between two people costs, and a log-in with a long address book.

msn_in_cpu, msn_out_cpu    as im_in_cpu and im_out_cpu, see ``messages``; ACK confirms
msn_login_300_…            one log-in with CONTACTS contacts, all in the user's roster already
msn_login_300_again_…      the next of the same user: what is known of contacts is stored
"""

from typing import Any

from benchmarks.loop import LOOPBACK
from benchmarks.messages import SESSIONS
from benchmarks.msn_server import MsnServer
from benchmarks.report import figure
from benchmarks.traffic import (
    ARRIVE_SECONDS,
    TEXT,
    Outwards,
    both_ways,
    login_figures,
    require_confirmations,
)
from benchmarks.world import World, nick
from benchmarks.xmpp_server import DOMAIN

CONTACTS = 300
ONLINE = 100
"""Of them, with a personal message each."""

MESSAGE = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
    b"X-MMS-IM-Format: FN=Segoe%%20UI; EF=; CO=0; CS=0; PF=0\r\n\r\n%s" % TEXT
)
"""As the network's own clients send it."""

JULIET = b"juliet\\40bench.test@%s" % DOMAIN


def address(number: int) -> str:
    return f"{nick(number).decode()}@bench.test"


class MsnWorld(World):
    """The same, and the network is MSN; ``people`` are in everybody's roster and address book."""

    server: MsnServer

    def __init__(self, users: int, people: tuple[str, ...] = ()) -> None:
        self.people = people
        super().__init__(users)

    def start_server(self) -> MsnServer:
        return MsnServer(self.loop, self.people, ONLINE)

    def transport(self) -> dict[str, Any]:
        return {
            "network": "msn",
            "server": LOOPBACK,
            "port": self.server.port,
            "services": f"http://{LOOPBACK}:{self.server.port}",
            "plain_passwords": True,
            "ping_seconds": self.ping_seconds,
        }

    def form(self, number: int) -> dict[str, str]:
        return {"username": address(number), "password": "secret"}


class MsnInwards:
    """MSG, on a switchboard that Juliet has called each of them into."""

    copies = 1

    def __init__(self, world: MsnWorld, sessions: int) -> None:
        self.sessions = sessions
        self._xmpp = world.xmpp
        server, names = world.server, [address(n).encode() for n in range(sessions)]
        server.boards.clear()
        for name in names:
            server.people[name].call()
        world.loop.until(
            lambda: server.boards.keys() >= set(names),
            ARRIVE_SECONDS,
            lambda: f"{len(server.boards)} of {sessions} came",
        )
        self._boards = [server.boards[name] for name in names]
        self._message = b"MSG %s Juliet %d\r\n%s" % (server.caller, len(MESSAGE), MESSAGE)

    def send(self, number: int) -> None:
        self._boards[number % self.sessions].send(self._message)

    def send_many(self, number: int, at_most: int) -> int:
        self._boards[number // at_most % self.sessions].send(self._message * at_most)
        return at_most

    def arrived(self) -> int:
        return self._xmpp.messages


def run(quick: bool) -> None:
    _messages(4_000 if quick else 10_000)
    _logins(3 if quick else 15)


def _messages(many: int) -> None:
    with MsnWorld(SESSIONS) as world:
        world.log_in(range(SESSIONS))
        require_confirmations(world, JULIET)
        both_ways(
            world, "msn", MsnInwards(world, SESSIONS), Outwards(world, SESSIONS, JULIET), many
        )


def _logins(times: int) -> None:
    people = tuple(f"buddy{number}@bench.test" for number in range(CONTACTS))
    with MsnWorld(times + 1, people) as world:
        server, everybody = world.server, range(times)
        world.log_in([times])  # Warms up.
        before = server.heard + server.told
        first = [world.login_cost(number) for number in everybody]
        bytes_each = (server.heard + server.told - before) / times
        world.log_out(everybody, lambda: len(server.people) == 1)
        again = [world.login_cost(number) for number in everybody]
        world.require_known_people()
    login_figures(f"msn_login_{CONTACTS}", first)
    login_figures(f"msn_login_{CONTACTS}_again", again)
    figure(f"msn_login_{CONTACTS}_bytes", bytes_each, "B")
