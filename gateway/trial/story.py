"""``gateway.py try``: the gateway at work, on this machine, with nothing to set up.

Starts a private ejabberd and ngIRCd and, as a process of its own, the gateway between them; proves
that they work together (``gateway.trial.proof``); then stays up for whoever wants to try it with an
XMPP client, showing the gateway's log.  Everything is below var/try, and ends when we do.
"""

import contextlib
import dataclasses
import fcntl
import json
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import yaml

from gateway.trial.certificates import Certificate, make_certificate
from gateway.trial.ejabberd import Ejabberd, ejabberd
from gateway.trial.ejabberd_config import Ports
from gateway.trial.ngircd import Ngircd, ngircd
from gateway.trial.process import POLL_EVERY, Child, NotStarted, free_port
from gateway.trial.scene import RESIDENT, Scene, tell

ROOT = Path(__file__).parents[2]

FOLDER = ROOT / "var" / "try"

DOMAIN = "localhost"
"""A domain that clients find on this machine without being told a host."""

TRANSPORT = f"irc.{DOMAIN}"

CLIENT_PORT = 5222
"""The registered one (RFC 6120, section 14.7), which clients try by themselves; if it is free."""

IRC_PORT = 6667

CHANNEL = "#verona"

MODULES = {"PYTHONPATH": str(ROOT)}
"""For ``python -m``, which is started in another folder."""

USERS = ("juliet", "romeo")
"""Accounts to log in with; the password is the name."""


def main(*, check: bool = False) -> int:
    """The exit status.  ``check``: end after the proof.

    Raises:
        NotStarted: what is missing, or why something did not come up.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    with _only_one(), _servers() as (xmpp, irc, certificate), _gateway(xmpp, irc) as gateway:
        status = _prove(xmpp, irc, certificate, gateway)
        if check or status:
            return status
        with _resident(irc):
            _invite(xmpp, irc)
            return _follow(gateway)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """As an exception, so that everything is stopped on the way out.  Ctrl-C is no failure."""
    print("\nStopping.", flush=True)
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"{FOLDER}: in use, a trial runs already") from None
        yield


@contextlib.contextmanager
def _servers() -> Iterator[tuple[Ejabberd, Ngircd, Certificate]]:
    certificate = _certificate(FOLDER / "tls")
    began = time.monotonic()
    with ngircd(FOLDER / "ngircd", port=free_port(IRC_PORT)) as irc:
        tell("✓", began, f"ngIRCd is up, port {irc.port}")
        began = time.monotonic()
        with ejabberd(
            FOLDER / "ejabberd",
            domain=DOMAIN,
            domains=[TRANSPORT],
            secret=_secret(),
            ports=Ports(free_port(CLIENT_PORT), free_port(), free_port()),
            certificate=certificate,
        ) as xmpp:
            tell("✓", began, f"ejabberd is up, port {xmpp.port}")
            yield xmpp, irc, certificate


def _certificate(folder: Path) -> Certificate:
    """The same each time, so that clients need to be told only once that it is trusted."""
    kept = Certificate(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    return kept if kept.key_file.exists() else make_certificate(folder, DOMAIN)


def _secret() -> str:
    file = FOLDER / "xmpp.secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32) + "\n")
    return file.read_text().strip()


@contextlib.contextmanager
def _gateway(xmpp: Ejabberd, irc: Ngircd) -> Iterator[Child]:
    config = FOLDER / "gateway.yaml"
    config.write_text(yaml.safe_dump(_config(xmpp, irc), sort_keys=False))
    command = [sys.executable, str(ROOT / "gateway.py"), "run", "--config", str(config)]
    with Child("gateway", command, FOLDER, env={"PYTHONUNBUFFERED": "1"}) as child:
        yield child


def _config(xmpp: Ejabberd, irc: Ngircd) -> dict[str, object]:
    return {
        "xmpp": {
            "domain": DOMAIN,
            "host": xmpp.host,
            "port": xmpp.component_port,
            "secret_file": "xmpp.secret",
        },
        "store": {"url": "sqlite:///greengate.db"},
        "keys": {"file": "greengate.keys"},
        "control": {"socket": "control.sock"},
        "transports": {
            TRANSPORT: {
                "network": "irc",
                "name": "IRC on this machine",
                "mode": "fixed",
                "server": irc.host,
                "port": irc.port,
                "tls": False,
                "rate": {"burst": 100, "seconds": 0.1},  # The server is our own.
            }
        },
    }


def _prove(xmpp: Ejabberd, irc: Ngircd, certificate: Certificate, gateway: Child) -> int:
    """The exit status of the proof; it says itself what it sees."""
    user, password = f"proof{secrets.token_hex(4)}", secrets.token_hex(8)
    scene = Scene(
        jid=xmpp.register(user, password),
        password=password,
        host=xmpp.host,
        port=xmpp.port,
        ca_file=str(certificate.ca_file),
        transport=TRANSPORT,
        irc_host=irc.host,
        irc_port=irc.port,
    )
    command = [sys.executable, "-m", "gateway.trial.proof", json.dumps(dataclasses.asdict(scene))]
    began = time.monotonic()
    try:
        with Child("proof", command, FOLDER, env=MODULES, shown=True) as proof:
            while proof.alive:
                if not gateway.alive:
                    raise gateway.ended()
                time.sleep(POLL_EVERY)
    finally:
        xmpp.unregister(user)
    if proof.status:
        print(f"the end of the gateway's log, {gateway.output}:\n{gateway.tail()}")
        return 1
    tell("✓", began, "in all: it works")
    return 0


def _resident(irc: Ngircd) -> Child:
    command = [sys.executable, "-m", "gateway.trial.resident"]
    arguments = json.dumps([irc.host, irc.port, CHANNEL])
    return Child("resident", [*command, arguments], FOLDER, env=MODULES)


def _invite(xmpp: Ejabberd, irc: Ngircd) -> None:
    for user in USERS:
        xmpp.register(user, user)
    names = " or ".join(f"{user}@{xmpp.domain} (password {user})" for user in USERS)
    print(f"""
Try it with an XMPP client:
    log in      as {names}
    server      {xmpp.host}, port {xmpp.port}; its certificate is {FOLDER / "tls" / "cert.pem"}
    then        find the service {TRANSPORT} and register with it, or just join the
                room {CHANNEL}@{TRANSPORT}
    talk to     {RESIDENT}@{TRANSPORT}, who is on IRC and answers
    on IRC      {irc.host}, port {irc.port}, no TLS

Ctrl-C ends it.  The log of the gateway:
""")


def _follow(gateway: Child) -> int:
    """Show its log until one of us ends."""
    with gateway.output.open(errors="replace") as log:
        log.seek(0, 2)
        while gateway.alive:
            if text := log.read():
                print(text, end="", flush=True)
            else:
                time.sleep(POLL_EVERY)
        print(log.read(), end="")
    raise gateway.ended()
