"""What is printed for the XMPP servers, tried on real ones."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import check, server_config
from gateway.config import Config
from gateway.trial.ejabberd import DOMAIN, ejabberd
from gateway.trial.process import LOOPBACK
from tests.gateway.verona import config, verona
from tests.servers import prosody as prosody_server

__all__ = ["verona"]

pytestmark = pytest.mark.usefixtures("verona")

DOMAINS = ("verona.xmpp.test", "mantua.xmpp.test")

GRANTED = "grants message outgoing, roster both"

ODD_SECRET = 'qu"ote \\ #hash: ü'


def settings(
    folder: Path, port: int, domain: str = DOMAIN, host: str = LOOPBACK, server: str = "ejabberd"
) -> Config:
    text = {
        "xmpp": {
            **{"server": server, "domain": domain, "host": host, "port": port},
            "secret": ODD_SECRET,
        },
        "transports": {name: {"network": "verona", "host": LOOPBACK} for name in DOMAINS},
    }
    return config(folder, yaml.safe_dump(text, sort_keys=False))


def xmpp_findings(config: Config) -> list[str]:
    return [str(found) for found in check.findings(config) if found.what == "xmpp"]


def test_ejabberd_takes_it(tmp_path: Path) -> None:
    folder = tmp_path / "ejabberd"
    with ejabberd(folder, domains=["other.xmpp.test"], secret="other", privilege=False) as server:
        config = settings(tmp_path, server.component_port)
        server.stop()
        file = folder / "ejabberd.yml"
        whole = _merge(
            yaml.safe_load(file.read_text()), yaml.safe_load(server_config.ejabberd(config))
        )
        file.write_text(yaml.safe_dump(whole))
        server.start()
        place = f"127.0.0.1:{server.component_port}"
        assert xmpp_findings(config) == [
            f"ok    xmpp     {place}: accepts verona.xmpp.test, {GRANTED}",
            f"ok    xmpp     {place}: accepts mantua.xmpp.test, {GRANTED}",
        ]


def _merge(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    listeners = [each for each in whole["listen"] if each["module"] != "ejabberd_service"]
    return {
        **whole,
        "acl": whole["acl"] | part["acl"],
        "access_rules": whole["access_rules"] | part["access_rules"],
        "modules": whole["modules"] | part["modules"],
        "listen": listeners + part["listen"],
    }


def test_prosody_takes_it(tmp_path: Path) -> None:
    folder = tmp_path / "prosody"
    with prosody_server.prosody(folder, domains=["other"], secret="other") as server:
        server.stop()
        file = folder / "prosody.cfg.lua"
        before, _, _ = file.read_text().partition("component_interfaces")
        config = settings(tmp_path, server.component_port, server.domain, server="prosody")
        ports, mark, rest = server_config.prosody(config).partition("-- Into your VirtualHost")
        modules = 'modules_enabled = { "privilege"; "roster" }\n'
        host = f'VirtualHost "{server.domain}"\n'
        file.write_text(f"{before}\n{modules}{ports}{host}{mark}{rest}")
        server.start()
        place = f"127.0.0.1:{server.component_port}"
        assert xmpp_findings(config) == [
            f"ok    xmpp     {place}: accepts verona.xmpp.test, {GRANTED}",
            f"ok    xmpp     {place}: accepts mantua.xmpp.test, {GRANTED}",
        ]


def test_prosody_has_to_be_named_in_the_file(tmp_path: Path) -> None:
    hint = "xmpp: {server: prosody}"
    assert hint in server_config.prosody(settings(tmp_path, 5275, server="ejabberd"))
    assert hint not in server_config.prosody(settings(tmp_path, 5275, server="prosody"))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("localhost", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("xmpp.example.org", "::"),
    ],
)
def test_ejabberd_listens_no_wider_than_it_must(tmp_path: Path, host: str, address: str) -> None:
    printed = yaml.safe_load(server_config.ejabberd(settings(tmp_path, 5275, host=host)))
    (listener,) = printed["listen"]
    assert listener["ip"] == address
    assert listener["hosts"]["mantua.xmpp.test"] == {"password": ODD_SECRET}
