"""A private Prosody 0.12 on loopback; with XEP-0356 (of Debian's prosody-modules) if asked for.

https://prosody.im/doc/configure
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.trial.process import LOOPBACK, Child, accepts, free_port, program

DOMAIN = "prosody.test"

MODULES = (
    *("disco", "roster", "saslauth", "presence", "message", "iq", "carbons", "pep", "private"),
    *("smacks", "vcard_legacy", "blocklist", "ping", "time", "version", "register", "offline"),
)

GRANTED = '{ roster = "both"; message = "outgoing" }'


@dataclass(frozen=True, slots=True)
class Prosody:
    child: Child
    host: str
    port: int
    """Of clients; no TLS."""
    component_port: int
    domain: str
    secret: str

    def register(self, user: str, password: str) -> str:
        """Make an account; return its JID.  ``user``: letters and digits."""
        assert user.encode().isalnum(), "names of files are escaped otherwise"
        folder = _escaped(self.child.folder / "data", self.domain) / "accounts"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{user}.dat").write_text(f'return {{ ["password"] = {_lua(password)} }};\n')
        return f"{user}@{self.domain}"

    def start(self) -> None:
        """Also again, with the same accounts on the same ports, after stop or kill."""
        self.child.start()
        self.child.wait_until(lambda: accepts(self.port) and accepts(self.component_port))

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        self.child.kill()


@contextmanager
def prosody(
    folder: Path | None = None, *, domains: Sequence[str], secret: str, privilege: bool = False
) -> Iterator[Prosody]:
    """Start one that takes components for ``domains``."""
    with tempfile.TemporaryDirectory(prefix="prosody-") as temporary:
        folder = folder or Path(temporary)
        (folder / "data").mkdir(parents=True, exist_ok=True)
        port, component_port = free_port(), free_port()
        config = folder / "prosody.cfg.lua"
        config.write_text(_config(folder, port, component_port, domains, secret, privilege))
        child = Child("prosody", [program("prosody"), "--config", config, "-F"], folder)
        server = Prosody(child, LOOPBACK, port, component_port, DOMAIN, secret)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _config(
    folder: Path,
    port: int,
    component_port: int,
    domains: Sequence[str],
    secret: str,
    privilege: bool,
) -> str:
    lines = [
        f"run_as_root = {_lua(os.geteuid() == 0)}",
        f"pidfile = {_lua(folder / 'prosody.pid')}",
        f"data_path = {_lua(folder / 'data')}",
        f"interfaces = {{ {_lua(LOOPBACK)} }}",
        f"c2s_ports = {{ {port} }} c2s_direct_tls_ports = {{ }}",
        "s2s_ports = { } s2s_direct_tls_ports = { } http_ports = { } https_ports = { }",
        f"component_interfaces = {{ {_lua(LOOPBACK)} }} component_ports = {{ {component_port} }}",
        'log = { info = "*console" }',
        'authentication = "internal_plain"',
        "c2s_require_encryption = false",
        "allow_unencrypted_plain_auth = true",
        'modules_disabled = { "s2s"; "tls"; "limits" }',
        f"modules_enabled = {{ {'; '.join(map(_lua, MODULES))} }}",
        f"VirtualHost {_lua(DOMAIN)}",
    ]
    privileged = 'modules_enabled = { "privilege" }'
    if privilege:
        entities = (f"[{_lua(domain)}] = {GRANTED}" for domain in domains)
        lines += [privileged, f"privileged_entities = {{ {'; '.join(entities)} }}"]
    for domain in domains:
        lines += [f"Component {_lua(domain)}", f"  component_secret = {_lua(secret)}"]
        if privilege:
            lines.append(privileged)
    return "\n".join(lines) + "\n"


def _lua(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _escaped(folder: Path, domain: str) -> Path:
    """Prosody writes what is neither letter nor digit as %xx in names of files."""
    return folder / "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in domain)
