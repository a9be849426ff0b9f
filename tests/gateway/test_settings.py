"""Kinds of values that networks let the operator set."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.fsm import Tls
from gateway.settings import Encoding, Fingerprints, Host, TlsSettings

PRINT = "ab" * 32


@pytest.mark.parametrize("name", ["cp1252", "latin-1", "koi8-r", "shift_jis", "utf-8", "gb18030"])
def test_encoding(name: str) -> None:
    assert TypeAdapter(Encoding).validate_python(name) == name


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        *(
            (Encoding, name, f"{name!r} is not the name of a character encoding")
            for name in ("", "no-such", "rot13", "hex", "idna", "punycode", "a\0b")
        ),
        *((Host, name, f"{name!r} is not the name of a host") for name in ("", "a b", "a" * 254)),
        (Fingerprints, [PRINT, "ab"], "'ab' is not a SHA-256 fingerprint (64 hexadecimal digits)"),
    ],
)
def test_mistakes(kind: Any, value: Any, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert problem in str(caught.value)


@pytest.mark.parametrize("host", ["IRC.Verona.Lit", "127.0.0.1", "2001:DB8::1"])
def test_hosts_in_lower_case(host: str) -> None:
    assert TypeAdapter(Host).validate_python(host) == host.lower()


def test_trust() -> None:
    assert TlsSettings().trust == Tls()
    pinned = ":".join(["AB"] * 32)
    settings = TlsSettings.model_validate(
        {"verify": False, "ca_file": "ca.pem", "fingerprints": [pinned]}
    )
    trust = Tls(verify=False, ca_file="ca.pem", fingerprints=frozenset({PRINT}))
    assert settings.trust == trust
