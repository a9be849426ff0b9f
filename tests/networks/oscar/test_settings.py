"""What the operator can set."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.fsm import Tls
from networks.oscar.settings import OscarSettings

HASH = "ab" * 32


def made(**values: Any) -> OscarSettings:
    return OscarSettings(**{"server": "login.verona.lit", **values})


def test_the_least() -> None:
    settings = made()
    assert (settings.port, settings.tls, settings.strong_hash) == (5190, False, True)
    assert settings.trust == Tls()
    assert (settings.login, settings.uas_port, settings.uas_tls) == ("bucp", 443, True)
    assert settings.first == ("login.verona.lit", 5190)


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ({}, ("login.verona.lit", 443)),
        ({"uas_host": ""}, ("login.verona.lit", 443)),
        ({"uas_host": "KDC.Verona.Lit", "uas_port": 1088}, ("kdc.verona.lit", 1088)),
    ],
)
def test_kerberos(values: dict[str, Any], first: tuple[str, int]) -> None:
    assert made(login="kerberos", **values).first == first


def test_unencrypted_has_to_be_meant() -> None:
    assert not made(login="kerberos", uas_tls=False).uas_tls
    assert made(tls=True, uas_tls=False).tls, "nothing goes there by BUCP"
    with pytest.raises(ValidationError, match="tls: true forbids uas_tls: false"):
        made(login="kerberos", tls=True, uas_tls=False)


def test_trust() -> None:
    pinned = ":".join(HASH[at : at + 2] for at in range(0, 64, 2)).upper()
    settings = made(verify=False, ca_file="ca.pem", fingerprints=[pinned])
    trust = Tls(verify=False, ca_file="ca.pem", fingerprints=frozenset({HASH}))
    assert settings.trust == trust


@pytest.mark.parametrize("server", ["Login.Verona.Lit", "127.0.0.1", "2001:db8::1"])
def test_servers(server: str) -> None:
    assert made(server=server).server == server.lower()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"server": ""}, "'' is not the name of a host"),
        ({"server": "a b"}, "'a b' is not the name of a host"),
        ({"uas_host": "a b"}, "'a b' is not the name of a host"),
        ({"uas_port": 0}, "greater than or equal to 1"),
        ({"login": "roasted"}, "Input should be 'bucp' or 'kerberos'"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"encoding": "klingon"}, "'klingon' is not the name of a character encoding"),
        ({"encoding": "rot13"}, "'rot13' is not the name of a character encoding"),
        ({"fingerprints": ["ab"]}, "'ab' is not a SHA-256 fingerprint (64 hexadecimal digits)"),
        ({"ping_seconds": 1.0}, "greater than or equal to 5"),
        ({"password": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        made(**values)
    assert problem in str(caught.value)


def test_a_server_is_needed() -> None:
    with pytest.raises(ValidationError, match="server"):
        OscarSettings()  # type: ignore[call-arg]
