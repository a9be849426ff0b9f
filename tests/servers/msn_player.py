"""Plays a client's side of a transcript of MSN; tickets, keys and ids are those given now."""

from __future__ import annotations

import http.client
import re
import socket
from base64 import b64decode
from pprint import pformat

import gevent

from tests.servers import msn_presence as presence
from tests.servers import player
from tests.servers.clock import ManualClock
from tests.servers.msn import Msn
from tests.servers.msn_meaning import Meaning, given, ids, meaning, soap_meaning
from tests.servers.msn_transcript import Step
from tests.servers.msn_wire import FROM_SERVER, Buffer, Command
from tests.servers.player import SETTLE, TIMEOUT, Client


def _text(command: Command) -> str:
    return command.pack().decode()


class Player(player.Player):
    kind_at = 0
    repeated = ("NLN", "FLN", "UBX", "NOT")

    def __init__(self, server: Msn, clock: ManualClock) -> None:
        super().__init__(server, clock)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.now: dict[str, str] = {}
        """What was given then, and what is given now."""

    def play(self, steps: list[Step]) -> None:
        self._foresee(steps)
        super().play(steps)

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

    def step(self, step: Step) -> None:
        name = f"{step.who} {step.link}"
        if step.note:
            self._note(*step.note.partition(": ")[::2])
        elif step.link == "https":
            self._ask(name, step) if step.is_ours else self._compare(name, step)
        elif step.is_ours:
            self.send(name, self._replace(step.data))
        else:
            self._receive(name, step)

    def _note(self, name: str, what: str) -> None:
        """Connections begin and end in notes."""
        if what.startswith("TCP connect"):
            self._connect(name)
        elif what.startswith("server closed"):
            client = self.clients[name]
            self.wait(lambda: client.ended, f"{name} to be closed")

    def _connect(self, name: str) -> None:
        if name in self.clients:
            self._hang_up(name)
        world = self.server.world
        address = world.ns_address if name.endswith("NS") else world.sb_address
        host, _, port = address.partition(":")
        buffer = Buffer(FROM_SERVER)
        self.connect(
            name,
            host,
            int(port),
            lambda data: ((meaning(command), command) for command in buffer.feed(data)),
        )

    def _hang_up(self, name: str) -> None:
        """Recorded clients did so without a note."""
        self.nothing_left(name)
        client = self.clients.pop(name)
        if not client.ended:
            client.sock.shutdown(socket.SHUT_RDWR)
            self.wait(lambda: client.ended, f"{name} to end")

    def _replace(self, data: bytes) -> bytes:
        for old, new in self.now.items():
            data = data.replace(old.encode(), new.encode())
        return data

    def _replaced(self, command: Command) -> Command:
        args = tuple(self._replace(arg.encode()).decode() for arg in command.args)
        payload = self._replace(command.payload) if command.payload is not None else None
        return Command(command.name, args, payload)

    def _receive(self, name: str, step: Step) -> None:
        (recorded,) = Buffer(FROM_SERVER).feed(step.data)
        command = self._replaced(recorded)
        expected = meaning(command)
        client = self.clients[name]
        if command.name == "BYE" and self.find(client, expected) is None:
            self._notice_leaving(command.arg(0))
        if command.name in self.repeated:
            gevent.sleep(SETTLE)
            if not self.find(client, expected) and self._may_miss(client, command, expected):
                return
        found = self.get(name, expected)
        if command.name == "ILN":
            client.taken.append(("NLN", *expected[2:]))
        self.now |= zip(given(_text(command)), given(_text(found)), strict=True)

    def _notice_leaving(self, address: str) -> None:
        """Who was recorded to be gone has hung up, if not by OUT."""
        name = f"{address.partition('@')[0]} SB"
        if name in self.clients:
            self._hang_up(name)

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
