"""The registration form."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.errors import CommandRefused, Reason
from gateway.network import FieldKind
from networks.irc import NETWORK
from networks.irc.form import CHECKS, check, fields, guest, probe
from networks.irc.settings import IrcSettings

FIXED = IrcSettings(server="irc.verona.lit")
OPEN = IrcSettings(mode="open", deny=("*.montague.lit",))
SECRET = "hunter2"


def pem() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "juliet")])
    now = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(1))
    ).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


def refusal(settings: IrcSettings, **form: str) -> CommandRefused:
    with pytest.raises(CommandRefused) as caught:
        check(settings, {"nick": "juliet", **form})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)
    return caught.value


def said(refused: CommandRefused) -> str:
    return f"{refused.field}: {refused.text}"


def test_fixed() -> None:
    form = {"nick": " juliet ", "password": " x y ", "server": "evil.lit", "port": "1", "foo": "x"}
    assert check(FIXED, form) == ("", {"nick": "juliet", "password": " x y "})


@pytest.mark.parametrize(
    ("server", "port", "account", "kept"),
    [
        ("IRC.Verona.lit.", "", "irc.verona.lit", None),
        ("irc.verona.lit", "6667", "irc.verona.lit", "6667"),
        ("irc.verona.lit:7000", "", "irc.verona.lit", "7000"),
        ("[2001:db8::1]:7000", "", "2001:db8::1", "7000"),
        ("2001:db8::1", "", "2001:db8::1", None),
    ],
)
def test_open(server: str, port: str, account: str, kept: str | None) -> None:
    found, values = check(OPEN, {"nick": "juliet", "server": server, "port": port, "tls": "true"})
    assert found == values["server"] == account
    assert values.get("port") == kept
    assert values["tls"] == "1"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"nick": ""}, "nick: a nickname is required"),
        ({"nick": "a b"}, "nick: 'a b' is not a nickname"),
        ({"nick": "#x"}, "nick: '#x' is not a nickname"),
        ({"password": f"{SECRET}\r\nQUIT"}, "password: has a line break"),
        ({"password": SECRET + "x" * 500}, "password: longer than 500 characters"),
        ({"password": SECRET + "\u05d0"}, "password: has a character"),
        ({"serverpass": f"{SECRET}\n"[:-1] + "\t"}, ""),
        ({"username": "a b"}, "username: 'a b' has a space in it"),
        ({"name": "x" * 101}, "name: one line of at most 100 characters"),
        ({"mechanism": "NTLM"}, "mechanism: 'NTLM' is not one of EXTERNAL, SCRAM-SHA-256, PLAIN"),
        ({"certificate": SECRET}, "certificate: a certificate and its key, not encrypted"),
        ({"perform": f"PRIVMSG Q :AUTH {SECRET}\n:{SECRET}"}, "perform: line 2 is not a command"),
        ({"perform": f"PASS {SECRET}"}, "perform: line 1: PASS is left to the gateway"),
        ({"perform": "MODE x\n" * 21}, "perform: 21 lines; at most 20"),
        ({"perform": "PRIVMSG x " + "x" * 400}, "perform: line 1 is too long"),
    ],
)
def test_not_acceptable(form: dict[str, str], text: str) -> None:
    if not text:  # White space around it is dropped.
        assert check(FIXED, {"nick": "juliet", **form})[1]["serverpass"] == SECRET
        return
    error = refusal(FIXED, **form)
    assert error.reason is Reason.NOT_ACCEPTABLE
    assert said(error).startswith(text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({}, "server: the name of an IRC server is required"),
        ({"server": "not a host"}, "server: 'not a host' is not the name of a server"),
        ({"server": "irc.montague.lit"}, "server: irc.montague.lit is not one of the servers"),
        ({"server": "x.lit", "port": "70000"}, "port: '70000' is not a port (1 to 65535)"),
        ({"server": "x.lit", "tls": "maybe"}, "tls: 'maybe' is neither yes (1) nor no (0)"),
    ],
)
def test_open_not_acceptable(form: dict[str, str], text: str) -> None:
    assert said(refusal(OPEN, **form)).startswith(text)


def test_certificate_survives_a_field_of_one_line() -> None:
    certificate, key = pem()
    for text in (certificate + key, (key + certificate).replace("\n", " ")):
        kept = check(FIXED, {"nick": "juliet", "certificate": text})[1]["certificate"]
        assert certificate in kept
        assert key in kept


def test_key_of_another_certificate() -> None:
    (certificate, _), (_, key) = pem(), pem()
    error = refusal(FIXED, certificate=certificate + key)
    assert said(error) == "certificate: the key does not belong to the certificate"


def test_fields() -> None:
    def names(settings: Any, account: str) -> list[str]:
        return [field.name for field in fields(settings, account)]

    own = ["nick", "password", "username", "name", "mechanism", "certificate", "perform"]
    assert names(FIXED, "") == [*own, "serverpass"]
    assert names(FIXED.model_copy(update={"password": "x"}), "") == own
    assert names(OPEN, "") == ["server", "port", "tls", *own, "serverpass"]
    assert set(names(OPEN, "")) == set(CHECKS)


def test_field_of_the_server() -> None:
    assert fields(OPEN, "")[0].required
    known = fields(OPEN, "irc.verona.lit")[0]
    assert (known.required, known.default) == (False, "irc.verona.lit")


def test_secrets_are_marked() -> None:
    secret = {field.name for field in fields(OPEN, "") if field.kind is FieldKind.SECRET}
    assert secret == {"password", "certificate", "serverpass"}


def test_guest() -> None:
    assert guest(FIXED, "", "juliet") == {"nick": "juliet"}
    assert guest(OPEN, "irc.verona.lit", "juliet") == {"nick": "juliet"}
    for settings, account, nick, reason in (
        (FIXED.model_copy(update={"guests": False}), "", "juliet", Reason.REGISTRATION_REQUIRED),
        (FIXED, "", "a b", Reason.NOT_ACCEPTABLE),
        (OPEN, "irc.montague.lit", "juliet", Reason.NOT_ACCEPTABLE),
    ):
        with pytest.raises(CommandRefused) as caught:
            guest(settings, account, nick)
        assert caught.value.reason is reason


def test_probe() -> None:
    assert probe(OPEN) is None
    assert probe(FIXED) == ("irc.verona.lit", 6697)
    assert NETWORK.probe(FIXED.model_copy(update={"tls": False})) == ("irc.verona.lit", 6667)
