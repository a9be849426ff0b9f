"""What the operator can set."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.fsm import Tls
from networks.irc.settings import IrcSettings, Rate, target

PRINT = "ab" * 32
OVERRIDES = {
    "irc.Verona.lit": {"port": 7000, "tls": False, "encoding": "koi8-r", "rate": {"burst": 1}},
    "irc.mantua.lit": {"fingerprints": [":".join(["AB"] * 32)], "verify": False, "ca_file": "x"},
}


def open_settings(**more: Any) -> IrcSettings:
    return IrcSettings.model_validate({"mode": "open", "servers": OVERRIDES, **more})


def test_fixed() -> None:
    settings = IrcSettings(server="IRC.Verona.lit.")
    found = target(settings, "", {})
    assert (found.host, found.port, found.tls) == ("irc.verona.lit", 6697, Tls())
    assert not found.public_only
    plain = IrcSettings(server="127.0.0.1", tls=False)
    assert target(plain, "", {"tls": "1", "port": "1"}).port == 6667


def test_open() -> None:
    found = target(open_settings(), "irc.other.lit", {"tls": "", "port": "6660"})
    assert (found.host, found.port, found.tls) == ("irc.other.lit", 6660, None)
    assert found.public_only
    assert not target(open_settings(allow_private=True), "x.lit", {}).public_only


def test_overrides() -> None:
    verona = target(open_settings(), "irc.verona.lit", {})
    assert (verona.port, verona.tls, verona.encoding) == (7000, None, "koi8-r")
    assert verona.rate == Rate(burst=1)
    mantua = target(open_settings(), "irc.mantua.lit", {"certificate": "PEM"})
    trust = Tls(verify=False, ca_file="x", fingerprints=frozenset({PRINT}), certificate="PEM")
    assert (mantua.port, mantua.tls) == (6697, trust)


@pytest.mark.parametrize(
    ("host", "may"),
    [("irc.verona.lit", True), ("irc.mantua.lit", False), ("evil.verona.lit", False)],
)
def test_allow_and_deny(host: str, may: bool) -> None:
    settings = open_settings(allow=["*.Verona.lit"], deny=["evil.*"])
    assert settings.may_reach(host) is may


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "mode fixed needs server"),
        ({"mode": "other"}, "'fixed' or 'open'"),
        ({"server": "a b"}, "'a b' is not the name of a host"),
        ({"mode": "open", "server": "x"}, "server belongs to mode fixed"),
        ({"mode": "open", "password": "x"}, "password belongs to mode fixed"),
        ({"server": "x", "port": 0}, "greater than or equal to 1"),
        ({"server": "x", "encoding": "rot13"}, "'rot13' is not the name of a character encoding"),
        ({"server": "x", "fingerprints": ["AB"]}, "'AB' is not a SHA-256 fingerprint"),
        ({"server": "x", "rate": {"seconds": 0}}, "greater than or equal to 0.01"),
        ({"server": "x", "color": "red"}, "Extra inputs are not permitted"),
        ({"mode": "open", "servers": {"a b": {}}}, "'a b' is not the name of a host"),
        ({"mode": "open", "servers": {"x": {"encoding": "?"}}}, "'?' is not the name"),
        ({"mode": "open", "servers": {"x": {"fingerprints": ["?"]}}}, "'?' is not a SHA-256"),
    ],
)
def test_mistakes(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        IrcSettings.model_validate(raw)
    assert words in str(caught.value)


def test_password_is_not_shown() -> None:
    assert "hunter2" not in repr(IrcSettings(server="x", password="hunter2"))
