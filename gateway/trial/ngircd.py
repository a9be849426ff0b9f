"""A private ngIRCd on loopback: https://ngircd.barton.de/man/ngircd.conf.5"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.trial.process import LOOPBACK, NOBODY, Child, accepts, free_port, program

OPERATOR = ("boss", "boss-password")


@dataclass(frozen=True, slots=True)
class Ngircd:
    child: Child
    host: str
    port: int
    password: str
    """Of the server (PASS); empty: none is asked."""

    def start(self) -> None:
        """Also again, on the same port, after stop or kill."""
        self.child.start()
        self.child.wait_until(lambda: accepts(self.port))

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        self.child.kill()


@contextmanager
def ngircd(
    folder: Path | None = None, *, port: int = 0, password: str = "", penalties: bool = False
) -> Iterator[Ngircd]:
    """Start one; ``folder`` and ``port`` are made up where not given.

    ``penalties``: slow down whoever talks fast, as ngIRCd does unless told otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="ngircd-") as temporary:
        folder = folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        port = port or free_port()
        config = folder / "ngircd.conf"
        config.write_text(_config(port, password, penalties))
        child = Child(
            "ngircd",
            [program("ngircd"), "-n", "-f", "/dev/stdin"],
            folder,
            stdin=config,
            user=NOBODY if os.geteuid() == 0 else None,  # It refuses to be root.
        )
        server = Ngircd(child, LOOPBACK, port, password)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _config(port: int, password: str, penalties: bool) -> str:
    name, secret = OPERATOR
    return f"""\
[Global]
    Name = irc.ngircd.test
    Info = A private server
    AdminInfo1 = Nobody
    AdminEMail = nobody@irc.ngircd.test
    Listen = {LOOPBACK}
    Ports = {port}
    MotdPhrase = Welcome.
    {f"Password = {password}" if password else ""}
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 24
    MaxPenaltyTime = {-1 if penalties else 0}
    PingTimeout = 120
[Options]
    DNS = no
    Ident = no
    PAM = no
    OperCanUseMode = yes
[Operator]
    Name = {name}
    Password = {secret}
"""
