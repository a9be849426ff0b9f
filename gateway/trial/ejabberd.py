"""A private ejabberd on loopback: https://docs.ejabberd.im/admin/configuration/

    with ejabberd(domains=["irc.xmpp.test"], secret="s3cret") as server:
        server.register("juliet", "capulet")

Debian's package, started without its wrapper: that insists on root or its own user, on a node name
and on the port mapper (epmd), all for clusters, while this one has no Erlang distribution at all.
"""

import http.client
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.trial.certificates import Certificate
from gateway.trial.ejabberd_config import Options, Ports, ejabberd_yml
from gateway.trial.process import LOOPBACK, Child, NotStarted, free_port, program

DOMAIN = "xmpp.test"

API_TIMEOUT = 20.0
"""An admin command takes some 3 ms; ejabberd may be busy with a load test."""


class ApiError(Exception):
    """ejabberd refused an admin command."""


@dataclass(frozen=True, slots=True)
class Ejabberd:
    child: Child
    domain: str
    ports: Ports
    secret: str

    @property
    def host(self) -> str:
        return LOOPBACK

    @property
    def port(self) -> int:
        """Of clients."""
        return self.ports.clients

    @property
    def component_port(self) -> int:
        return self.ports.components

    def api(self, command: str, **arguments: Any) -> Any:
        """Run an admin command: https://docs.ejabberd.im/developer/ejabberd-api/admin-api/

        Raises:
            ApiError: it was refused.
            OSError: ejabberd does not answer.
        """
        connection = http.client.HTTPConnection(LOOPBACK, self.ports.admin, timeout=API_TIMEOUT)
        try:
            connection.request("POST", f"/api/{command}", json.dumps(arguments))
            answer = connection.getresponse()
            body = answer.read().decode()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ApiError(f"{command}: {answer.status} {body}")
        return json.loads(body)

    def register(self, user: str, password: str) -> str:
        """Make an account, or give it this password if it exists; return its JID."""
        try:
            self.api("register", user=user, host=self.domain, password=password)
        except ApiError:
            self.api("change_password", user=user, host=self.domain, newpass=password)
        return f"{user}@{self.domain}"

    def unregister(self, user: str) -> None:
        self.api("unregister", user=user, host=self.domain)

    def kick(self, user: str) -> None:
        """End all sessions of an account."""
        self.api("kick_user", user=user, host=self.domain)

    def start(self) -> None:
        """Also again, with the same accounts on the same ports, after stop or kill."""
        self.child.start()
        self.child.wait_until(self._answers)

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        """SIGKILL, as when the machine fails."""
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _answers(self) -> bool:
        """Its ports listen half a second before it serves them: only an answer proves that."""
        try:
            self.api("status")
        except (OSError, http.client.HTTPException, ApiError):
            return False
        return True


@contextmanager
def ejabberd(
    folder: Path | None = None,
    *,
    domains: Sequence[str],
    secret: str,
    domain: str = DOMAIN,
    ports: Ports | None = None,
    mam: bool = False,
    privilege: bool = True,
    offline: bool = True,
    slots: int = 0,
    certificate: Certificate | None = None,
) -> Iterator[Ejabberd]:
    """Start one that takes components for ``domains``; folder and ports are made up if not given.

    ``slots``: spread each domain over that many connections by the user's bare JID
    (``domain_balancing``); without, every stanza takes a random one.
    """
    with tempfile.TemporaryDirectory(prefix="ejabberd-") as temporary:
        folder = (folder or Path(temporary)).absolute()
        ports = ports or Ports(free_port(), free_port(), free_port())
        options = Options(mam, privilege, offline, slots, certificate)
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        text = ejabberd_yml(domain, domains, secret, ports, options, upload=folder / "upload")
        (folder / "ejabberd.yml").write_text(text)
        # Names are looked up as everybody else on this machine does.
        (folder / "inetrc").write_text('{lookup, ["file", "native"]}.\n')
        server = Ejabberd(_child(folder, home), domain, ports, secret)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _child(folder: Path, home: Path) -> Child:
    command = [
        program("erl"),
        *("-noinput", "+K", "true"),
        *("-mnesia", "dir", json.dumps(str(folder / "spool"))),
        *("-s", "ejabberd"),
    ]
    env = {
        "HOME": str(home),
        "ERL_LIBS": str(_libraries()),
        "ERL_INETRC": str(folder / "inetrc"),
        "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
        "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        "EJABBERD_PID_PATH": str(folder / "ejabberd.pid"),
    }
    return Child("ejabberd", command, folder, env=env)


def _libraries() -> Path:
    """Where Debian put ejabberd's own code: /usr/lib/x86_64-linux-gnu, on a PC."""
    for found in Path("/usr/lib").glob("*/ejabberd-*/ebin"):
        return found.parent.parent
    raise NotStarted("ejabberd: not installed; scripts/setup installs everything needed")
