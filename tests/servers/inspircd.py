"""A private InspIRCd 3 on loopback with the services of Anope 2: a modern IRC network.

    with inspircd() as server:
        server.register_account("juliet", "capulet")   # With NickServ; SASL then works.

https://docs.inspircd.org/3/ and https://wiki.anope.org/index.php/2.0/Configuration
"""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.trial.certificates import make_certificate
from gateway.trial.process import LOOPBACK, Child, accepts, free_port, program
from tests.servers import inspircd_config as config

OPERATOR = config.OPERATOR
"""Name and password for OPER, from any address; may use SAJOIN, SANICK, KILL and all the rest."""

ANSWER_TIMEOUT = 20.0
"""For one answer of server or services; they take milliseconds, a loaded machine much longer."""


@dataclass(frozen=True, slots=True)
class Inspircd:
    ircd: Child
    services: Child | None
    host: str
    """A name, because certificates and STS are about names; resolves to loopback."""
    port: int
    tls_port: int
    ca_file: Path
    """Who signed the certificate of ``host``."""

    def register_account(self, nick: str, password: str) -> None:
        """Register a nick and its account of the same name with NickServ."""
        with _Caller(self.port, nick) as caller:
            caller.say(f"PRIVMSG NickServ :REGISTER {password} {nick}@example.org")
            caller.wait_for(f"Nickname {nick} registered", refusal="already registered")

    def start(self) -> None:
        """Also again, on the same ports, after stop or kill."""
        self.ircd.start()
        self.ircd.wait_until(lambda: accepts(self.port))
        if self.services:
            self.services.start()
            with _Caller(self.port, "linkwatch") as caller:
                self.services.wait_until(caller.sees_nickserv)

    def stop(self) -> None:
        if self.services:
            self.services.stop()
        self.ircd.stop()

    def kill(self) -> None:
        """The server goes at once, as when its machine fails."""
        self.ircd.kill()
        if self.services:
            self.services.kill()


@contextmanager
def inspircd(
    folder: Path | None = None,
    *,
    services: bool = True,
    flood_limits: bool = False,
    sts: bool = False,
    password: str = "",
) -> Iterator[Inspircd]:
    """Start one.

    ``flood_limits``: throttle and disconnect as Debian's configuration does.
    ``sts``: announce a policy that demands TLS (https://ircv3.net/specs/extensions/sts).
    ``password``: what PASS must say.
    """
    with tempfile.TemporaryDirectory(prefix="inspircd-") as temporary:
        folder = folder or Path(temporary)
        certificate = make_certificate(folder)
        port, tls_port, link_port = free_port(), free_port(), free_port()
        options = config.Options(flood_limits, sts, password)
        ircd_file = folder / "inspircd.conf"
        ircd_file.write_text(config.ircd(port, tls_port, link_port, certificate, options))
        as_root = ["--runasroot"] if os.geteuid() == 0 else []
        ircd = Child(
            "inspircd",
            [program("inspircd"), "--config", ircd_file, "--nofork", "--nopid", *as_root],
            folder,
        )
        server = Inspircd(
            ircd,
            _anope(folder / "anope", link_port) if services else None,
            "localhost",
            port,
            tls_port,
            certificate.ca_file,
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _anope(folder: Path, link_port: int) -> Child:
    for name in ("data", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "services.conf").write_text(config.services(folder, link_port))
    places = [f"--confdir={folder}", f"--dbdir={folder}/data", f"--logdir={folder}/logs"]
    places.append("--modulesdir=/usr/lib/anope")  # Debian's; it looks below its folder.
    return Child("anope", [program("anope"), "--nofork", "--nothird", *places], folder)


class _Caller:
    """An IRC client of a few lines, to talk to the services."""

    def __init__(self, port: int, nick: str) -> None:
        self.sock = socket.create_connection((LOOPBACK, port), timeout=ANSWER_TIMEOUT)
        self.lines = self.sock.makefile("r", encoding="utf-8", errors="replace")
        self.say(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}")

    def __enter__(self) -> "_Caller":
        self.wait_for(" 001 ")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.say("QUIT")
            self.lines.read()  # Until the nick is free again.
        self.lines.close()
        self.sock.close()

    def say(self, line: str) -> None:
        self.sock.sendall(line.encode() + b"\r\n")

    def sees_nickserv(self) -> bool:
        self.say("ISON NickServ")
        return "NickServ" in self.wait_for(" 303 ").partition(" :")[2]

    def wait_for(self, text: str, refusal: str = "ERROR :") -> str:
        """The first line with ``text`` in it."""
        for received in self.lines:
            line = received.replace("\x02", "")  # Bold, which services are fond of.
            if line.startswith("PING"):
                self.say(line.strip().replace("PING", "PONG", 1))
            if refusal in line:
                break
            if text in line:
                return line.strip()
        else:
            line = "end of stream"
        raise ConnectionError(f"waited for {text!r}, got {line.strip()!r}")
