"""The registration form."""

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.fields import MAX_PASSWORD
from networks.msn.form import MAX_NICK, check, probe
from tests.networks.msn.play import SETTINGS

GOOD = {"username": "alice@example.com", "password": "s3cret"}


def test_good() -> None:
    account, fields = check(SETTINGS, {"username": " Alice@Example.com ", "password": " s3cret"})
    assert account == ""
    assert fields == {"username": "Alice@Example.com", "password": " s3cret", "nick": ""}
    assert check(SETTINGS, {**GOOD, "nick": " Alice  é "})[1]["nick"] == "Alice é"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "alice"),
        ("username", "a b@example.com"),
        ("username", "alicé@example.com"),
        ("username", "#verona"),
        ("password", ""),
        ("password", "s3cret" * MAX_PASSWORD),
        ("password", "s3\ncret"),
        ("nick", "x" * (MAX_NICK + 1)),
        ("nick", "a\0b"),
    ],
)
def test_bad(field: str, value: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        check(SETTINGS, {**GOOD, field: value})
    assert refused.value.reason is Reason.NOT_ACCEPTABLE
    assert refused.value.field == field
    assert refused.value.text
    assert "s3cret" not in refused.value.text


def test_probe() -> None:
    assert probe(SETTINGS) == ("msn.verona.lit", 1863)
