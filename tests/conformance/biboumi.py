"""biboumi, an IRC gateway by others, between a private ejabberd and ngIRCd.  Not part of any test.

    python -m tests.conformance.biboumi

Its users do not register: they join a channel, and are on IRC from then on.
https://doc.biboumi.louiz.org/admin.html
"""

from gevent import monkey

monkey.patch_all()

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.hub import HubLoop
from gateway.trial.ejabberd import DOMAIN, Ejabberd, ejabberd
from gateway.trial.ngircd import ngircd
from gateway.trial.process import LOOPBACK, Child, program
from tests.conformance.__main__ import report
from tests.conformance.adapter import Can
from tests.conformance.greengate import made_user
from tests.conformance.irc import NgIrcd
from tests.conformance.site import Site

COMPONENT = f"biboumi.{DOMAIN}"
SECRET = "biboumi-secret"

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

PATIENCE = 5.0
"""Seconds: much of this is waited for in vain."""

IRC_PORT = 6667
"""Where biboumi looks for an IRC server."""

LOBBY = "lobby"

CONNECTED = "Authenticated with the XMPP server"
"""In its log."""


@dataclass(frozen=True, slots=True)
class Biboumi:
    name: str = "biboumi"
    cannot: Mapping[Can, str] = field(default_factory=lambda: NgIrcd.cannot)

    @contextmanager
    def open(self, loop: HubLoop) -> Iterator[Site]:
        with ExitStack() as stack:
            irc = stack.enter_context(ngircd(port=IRC_PORT))
            server = stack.enter_context(ejabberd(domains=[COMPONENT], secret=SECRET))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="biboumi-")))
            gateway = Process(_child(folder, server))
            gateway.start()
            stack.callback(gateway.stop)
            yield Site(
                host=server.host,
                port=server.port,
                component=COMPONENT,
                network=NgIrcd(irc, PATIENCE),
                make_user=lambda: made_user(server),
                lobby=LOBBY,
                gateway=gateway,
                host_switch=server,
                patience=PATIENCE,
            )


@dataclass(frozen=True, slots=True)
class Process:
    child: Child

    def start(self) -> None:
        before = self._times_connected()
        self.child.start()
        self.child.wait_until(lambda: self._times_connected() > before)

    def _times_connected(self) -> int:
        output = self.child.output
        return output.read_text(errors="replace").count(CONNECTED) if output.exists() else 0

    def stop(self) -> None:
        self.child.stop()


def _child(folder: Path, server: Ejabberd) -> Child:
    config = folder / "biboumi.cfg"
    config.write_text(
        f"hostname={COMPONENT}\npassword={SECRET}\n"
        f"xmpp_server_ip={LOOPBACK}\nport={server.component_port}\n"
        f"fixed_irc_server={LOOPBACK}\ndb_name={folder}/biboumi.sqlite\nlog_level=1\n"
    )
    return Child("biboumi", [program("biboumi"), config], folder)


if __name__ == "__main__":
    sys.exit(report([Biboumi()], [], PAGE, "biboumi"))
