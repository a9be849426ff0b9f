"""Plays a client's side of a transcript against a fake MSN server, and compares what comes back.

What the recorded client sent goes out as it was, but for tickets, keys and ids, which are those
given now.  What the recorded server said must come, in meaning, on the same connection before the
client goes on; and nothing else may come.
"""

from __future__ import annotations

import http.client
import re
import socket
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pprint import pformat

import gevent

from tests.servers import msn_presence as presence
from tests.servers.clock import ManualClock
from tests.servers.msn import Msn
from tests.servers.msn_meaning import Meaning, given, ids, meaning, soap_meaning
from tests.servers.msn_transcript import Step
from tests.servers.msn_wire import FROM_SERVER, Buffer, Command

TIMEOUT = 5.0
SETTLE = 0.002

REPEATED = ("NLN", "FLN", "UBX", "NOT")
"""The recorded server says these again for every change of either list; once is enough."""


@dataclass(frozen=True, slots=True)
class Arrived:
    number: int
    meaning: Meaning
    text: str


@dataclass(slots=True)
class Client:
    sock: socket.socket
    buffer: Buffer = field(default_factory=lambda: Buffer(FROM_SERVER))
    inbox: list[Arrived] = field(default_factory=list)
    count: int = 0
    latest: int = 0
    """The number of the latest command that the recorded client is known to have read."""
    taken: list[Meaning] = field(default_factory=list)
    ended: bool = False

    def read(self) -> None:
        try:
            while data := self.sock.recv(65536):
                for command in self.buffer.feed(data):
                    self.count += 1
                    self.inbox.append(Arrived(self.count, meaning(command), _text(command)))
        except OSError:
            pass
        self.ended = True


def _text(command: Command) -> str:
    return command.pack().decode()


class Player:
    def __init__(self, server: Msn, clock: ManualClock) -> None:
        self.server, self.clock = server, clock
        self.clients: dict[str, Client] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.now: dict[str, str] = {}
        """What was given then, and what is given now."""
        self.sent = 0
        self.start = clock.now()
        self.log: list[str] = []

    def play(self, steps: list[Step]) -> None:
        self._foresee(steps)
        for step in steps:
            self.log.append(f"{step} {step.data[:160]!r}")
            self.clock.advance_to(self.start + step.at)
            self._step(step)
        for name, client in self.clients.items():
            self._nothing_left(name, client)

    def _foresee(self, steps: list[Step]) -> None:
        """Chance falls as it did then."""
        said = b"\n".join(step.data for step in steps if not step.is_ours).decode()
        nonces = re.findall(r"^USR \d+ SSO S \S+ (\S+)\r$", said, re.MULTILINE)
        challenges = re.findall(r"CHL 0 (\d+)|<LockKeyChallenge[^>]*>(\d+)", said)
        secrets = re.findall(r"clear\.live\.com.*?<wst:BinarySecret>([^<]*)", said, re.DOTALL)
        world = self.server.world
        world.make_nonce = lambda: nonces.pop(0)
        world.make_challenge = lambda: "".join(challenges.pop(0))
        world.make_secret = lambda: b64decode(secrets.pop(0))

    def _step(self, step: Step) -> None:
        name = f"{step.who} {step.link}"
        if step.note:
            self._note(*step.note.partition(": ")[::2])
        elif step.link == "https":
            self._ask(name, step) if step.is_ours else self._compare(name, step)
        elif step.is_ours:
            self._send(name, step)
        else:
            self._receive(name, step)

    def _note(self, name: str, what: str) -> None:
        """Connections begin and end in notes."""
        if what.startswith("TCP connect"):
            self._connect(name)
        elif what.startswith("server closed"):
            client = self.clients[name]
            self._wait(lambda: client.ended, f"{name} to be closed")

    def _connect(self, name: str) -> None:
        if name in self.clients:
            self._hang_up(name)
        world = self.server.world
        address = world.ns_address if name.endswith("NS") else world.sb_address
        host, _, port = address.partition(":")
        sock = socket.create_connection((host, int(port)), TIMEOUT)
        sock.settimeout(None)
        client = self.clients[name] = Client(sock)
        gevent.spawn(client.read)

    def _hang_up(self, name: str) -> None:
        """Recorded clients did so without a note."""
        client = self.clients.pop(name)
        self._nothing_left(name, client)
        if not client.ended:
            client.sock.shutdown(socket.SHUT_RDWR)
            self._wait(lambda: client.ended, f"{name} to end")

    def _replace(self, data: bytes) -> bytes:
        for old, new in self.now.items():
            data = data.replace(old.encode(), new.encode())
        return data

    def _replaced(self, command: Command) -> Command:
        args = tuple(self._replace(arg.encode()).decode() for arg in command.args)
        payload = self._replace(command.payload) if command.payload is not None else None
        return Command(command.name, args, payload)

    def _send(self, name: str, step: Step) -> None:
        self.clients[name].sock.sendall(self._replace(step.data))
        self.sent += 1
        self._wait(lambda: self.server.world.taken >= self.sent, f"{step} to be taken")

    def _receive(self, name: str, step: Step) -> None:
        (recorded,) = Buffer(FROM_SERVER).feed(step.data)
        command = self._replaced(recorded)
        expected = meaning(command)
        client = self.clients[name]
        if command.name == "BYE" and self._find(client, expected) is None:
            self._notice_leaving(command.arg(0))
        if command.name in REPEATED:
            gevent.sleep(SETTLE)
            if not self._find(client, expected) and self._may_miss(client, command, expected):
                return
        what = f"{name} to get\n{pformat(expected)}"
        self._wait(lambda: self._find(client, expected) is not None, what, client)
        found = self._find(client, expected)
        assert found is not None
        client.inbox.remove(found)
        client.latest = max(client.latest, found.number)
        client.taken.append(expected)
        if command.name == "ILN":
            client.taken.append(("NLN", *expected[2:]))
        self.now |= zip(given(_text(command)), given(found.text), strict=True)

    def _notice_leaving(self, address: str) -> None:
        """Who was recorded to be gone has hung up, if not by OUT."""
        name = f"{address.partition('@')[0]} SB"
        if name in self.clients:
            self._hang_up(name)

    @staticmethod
    def _find(client: Client, expected: Meaning) -> Arrived | None:
        return next((found for found in client.inbox if found.meaning == expected), None)

    @staticmethod
    def _may_miss(client: Client, command: Command, expected: Meaning) -> bool:
        """Said before, or a personal message that says nothing."""
        is_empty = command.name == "UBX" and not presence.says_something(command.payload or b"")
        return expected in client.taken or is_empty

    def _ask(self, name: str, step: Step) -> None:
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        if step.action:
            headers["SOAPAction"] = f'"{step.namespace}/{step.action}"'
        host = self.server.url.partition("://")[2]
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        connection.request("POST", step.path, self._replace(step.data), headers)
        answer = connection.getresponse()
        self.answers[name] = (answer.status, answer.read())
        connection.close()

    def _compare(self, name: str, step: Step) -> None:
        status, body = self.answers.pop(name)
        recorded = self._replace(step.data)
        expected, got = soap_meaning(step.status, recorded), soap_meaning(status, body)
        assert got == expected, "\n".join([*self.log[-6:], pformat(got), pformat(expected)])
        self.now |= zip(ids(recorded), ids(body), strict=True)

    def _wait(self, true: Callable[[], bool], what: str, client: Client | None = None) -> None:
        end = time.monotonic() + TIMEOUT
        while not true():
            if time.monotonic() > end:
                had = pformat([found.meaning for found in client.inbox]) if client else ""
                recent = "\n".join(self.log[-12:])
                raise AssertionError(f"{recent}\nwaited for {what}\nhad\n{had}")
            gevent.sleep(SETTLE)

    def _nothing_left(self, name: str, client: Client) -> None:
        """Of what came before something that the recorded client did read."""
        left = [found.meaning for found in client.inbox if found.number < client.latest]
        left = [told for told in left if told[0] not in REPEATED or told not in client.taken]
        assert not left, f"{name} got besides\n{pformat(left)}"
