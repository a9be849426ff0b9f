"""Somebody on IRC: https://modern.ircdocs.horse/"""

import contextlib
import socket

import gevent

from tests.endtoend.inbox import GUARD, Inbox

LOOPBACK = "127.0.0.1"


class Peer:
    def __init__(
        self,
        nick: str,
        port: int,
        *capabilities: str,
        host: str = LOOPBACK,
        patience: float = GUARD,
    ) -> None:
        self.nick = nick
        self.inbox = Inbox[str](f"{nick} on IRC", patience)
        self._sock = socket.create_connection((host, port), timeout=GUARD)
        self._sock.settimeout(None)
        self._reader = gevent.spawn(self._read)
        if capabilities:
            self.send(f"CAP REQ :{' '.join(capabilities)}")
        self.send(f"NICK {nick}")
        self.send(f"USER {''.join(filter(str.isalnum, nick))[:8]} 0 * :{nick}")
        if capabilities:
            self.send("CAP END")
        self.numeric("001")
        self.inbox.expect(lambda line: line.split()[1:2] in (["376"], ["422"]), "the MOTD's end")

    def send(self, line: str) -> None:
        self._sock.sendall(line.encode() + b"\r\n")

    def say(self, target: str, text: str) -> None:
        self.send(f"PRIVMSG {target} :{text}")

    def join(self, channel: str) -> None:
        self.send(f"JOIN {channel}")
        self.numeric("366", channel)

    def numeric(self, number: str, *words: str) -> str:
        return self.inbox.expect(
            lambda line: (
                line.split()[1:2] == [number] and all(w.lower() in line.lower() for w in words)
            ),
            f"{number} {words}",
        )

    def expect(self, nick: str, command: str, *words: str) -> str:
        """A line of somebody: the command, and all these words in it."""
        return self.inbox.expect(
            lambda line: is_from(line, nick, command) and all(word in line for word in words),
            f"{command} of {nick} with {words}",
        )

    def refuse(self, nick: str, command: str, *words: str) -> None:
        """Nothing like that has come, and what was under way has come by now."""
        self.round_trip()
        self.inbox.refuse(
            lambda line: is_from(line, nick, command) and all(word in line for word in words),
            f"{command} of {nick} with {words}",
        )

    def round_trip(self) -> None:
        self.send("PING :fence")
        self.inbox.expect(lambda line: " PONG " in line and "fence" in line, "PONG")

    def close(self, reason: str = "bye") -> None:
        with contextlib.suppress(OSError):
            self.send(f"QUIT :{reason}")
            with gevent.Timeout(GUARD, False):
                self._reader.join()
        self._reader.kill()
        self._sock.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._sock.makefile("rb") as lines:
            for raw in lines:
                line = raw.decode(errors="replace").rstrip("\r\n")
                if line.startswith("PING"):
                    self.send(f"PONG{line[4:]}")
                else:
                    self.inbox.put(line)
        self.inbox.put("(the server hung up)")


def is_from(line: str, nick: str, command: str) -> bool:
    if line.startswith("@"):
        line = line.partition(" ")[2]
    source, _, rest = line.partition(" ")
    return source.partition("!")[0].lower() == f":{nick.lower()}" and rest.split()[:1] == [command]
