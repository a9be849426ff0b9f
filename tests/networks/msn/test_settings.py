"""What the operator may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.fsm import Tls
from networks.msn.settings import MsnSettings, Url


def settings(**more: Any) -> MsnSettings:
    return MsnSettings(**{"server": "msn.example.net", **more})


def test_defaults_are_safe() -> None:
    plain = settings()
    assert plain.url == Url(True, "msn.example.net", 443, "")
    assert plain.trust == Tls()
    assert plain.protocol == "MSNP15"
    assert settings(server="MSN.Example.net").server == "msn.example.net"
    assert settings(server="::1").url == Url(True, "::1", 443, "")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://a.b", Url(True, "a.b", 443, "")),
        ("https://a.b:8443/msn/", Url(True, "a.b", 8443, "/msn")),
        ("https://[::1]:8443", Url(True, "::1", 8443, "")),
    ],
)
def test_services(text: str, url: Url) -> None:
    assert settings(services=text).url == url
    assert url.target("/RST.srf") == f"{url.path}/RST.srf"


def test_url_of_one_service() -> None:
    url = Url.parse("https://a.b/pp550/RST.srf", is_whole=True)
    assert url.target("/RST.srf") == "/pp550/RST.srf"


def test_passwords_are_not_sent_unencrypted() -> None:
    with pytest.raises(ValidationError, match="plain_passwords: true"):
        settings(services="http://a.b")
    url = settings(services="http://a.b", plain_passwords=True).url
    assert url == Url(False, "a.b", 80, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server", "a b"),
        ("server", ""),
        ("services", "a.b"),
        ("services", "ftp://a.b"),
        ("services", "https://"),
        ("services", "https://a.b:99999"),
        ("port", 0),
        ("protocol", "MSNP18"),
        ("fingerprints", ["xyz"]),
        ("ping_seconds", 1.0),
        ("unknown", 1),
    ],
)
def test_bad_values(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        settings(**{name: value})


def test_fingerprints() -> None:
    assert settings(fingerprints=["AB:" * 31 + "AB"]).trust.fingerprints == {"ab" * 32}
