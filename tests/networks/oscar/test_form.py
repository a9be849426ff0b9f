"""The registration form, what is allowed in it, and what the two networks are."""

import pytest

from gateway.commands import Invite, JoinRoom, LeaveRoom
from gateway.errors import CommandRefused, Reason
from gateway.fields import MAX_PASSWORD
from gateway.network import FieldKind, Kind, Network
from networks.aim import NETWORK as AIM
from networks.icq import NETWORK as ICQ
from networks.oscar.fsm import COMMANDS
from networks.oscar.settings import OscarSettings

SETTINGS = OscarSettings(server="login.verona.lit")


def kept(network: Network, username: str, password: str = "wherefore") -> dict[str, str]:
    account, fields = network.check(SETTINGS, {"username": username, "password": password})
    assert account == ""
    return fields


@pytest.mark.parametrize(
    ("network", "username", "expected"),
    [
        (AIM, "Juliet", "Juliet"),
        (AIM, "  Juliet   Capulet ", "Juliet Capulet"),
        (AIM, "juliet@verona.lit", "juliet@verona.lit"),
        (AIM, "1juliet", "1juliet"),
        (ICQ, "100001", "100001"),
        (ICQ, " 123-456-789 ", "123456789"),
        (ICQ, "123 456", "123456"),
    ],
)
def test_names(network: Network, username: str, expected: str) -> None:
    assert kept(network, username) == {"username": expected, "password": "wherefore"}


@pytest.mark.parametrize(
    ("network", "username", "text"),
    [
        (AIM, "", "username: '' is not a screen name"),
        (AIM, "x" * 98, f"username: '{'x' * 97}' is not a screen name"),
        (AIM, "#verona", "username: '#verona' is not a screen name"),
        (AIM, "Жульетта", "username: 'Жульетта' is not a screen name"),
        (AIM, "100 001", "username: that is an ICQ number; a screen name is expected"),
        (ICQ, "", "username: '' is not an ICQ number"),
        (ICQ, "juliet", "username: 'juliet' is not an ICQ number"),
        (ICQ, "123", "username: '123' is not an ICQ number"),
        (ICQ, "4294967296", "username: '4294967296' is not an ICQ number"),
        (ICQ, "1" * 11, "username: '11111111111' is not an ICQ number"),
        (ICQ, "١٢٣٤٥٦", "username: '١٢٣٤٥٦' is not an ICQ number"),
    ],
)
def test_names_that_cannot_be(network: Network, username: str, text: str) -> None:
    with pytest.raises(CommandRefused) as caught:
        kept(network, username)
    assert (caught.value.reason, said(caught.value)) == (Reason.NOT_ACCEPTABLE, text)


def said(refused: CommandRefused) -> str:
    return f"{refused.field}: {refused.text}"


def test_password() -> None:
    assert kept(AIM, "Juliet", " with spaces ")["password"] == " with spaces "
    for password, problem in (
        ("", "a password is required"),
        ("x" * (MAX_PASSWORD + 1), f"longer than {MAX_PASSWORD} characters"),
        ("a\nb", "has a line break or a control character in it"),
    ):
        with pytest.raises(CommandRefused) as caught:
            kept(ICQ, "100001", password)
        assert said(caught.value) == f"password: {problem}"


def test_fields() -> None:
    for network, label in ((AIM, "Screen name"), (ICQ, "ICQ number")):
        name, password = network.fields(SETTINGS, "")
        assert (name.name, name.label, name.required) == ("username", label, True)
        assert (password.name, password.kind) == ("password", FieldKind.SECRET)
        assert network.prompt == label
        assert network.guest is None


def test_probe() -> None:
    assert AIM.probe(SETTINGS) == ("login.verona.lit", 5190)
    other = OscarSettings(server="login.verona.lit", login="kerberos")
    assert AIM.probe(other) == ("login.verona.lit", 443)


def test_addresses() -> None:
    assert AIM.addressing(SETTINGS).parse("#verona").kind is Kind.ROOM
    with pytest.raises(CommandRefused):
        ICQ.addressing(SETTINGS).parse("#verona")


def test_only_aim_has_rooms() -> None:
    assert AIM.commands == set(COMMANDS)
    assert AIM.commands - ICQ.commands == {JoinRoom, LeaveRoom, Invite}
    assert ICQ.commands < AIM.commands


def test_search() -> None:
    assert [field.name for field in AIM.search] == ["email"]
    assert [field.name for field in ICQ.search] == ["uin", "nick", "first", "last", "email"]
    assert (AIM.name, AIM.title, ICQ.name, ICQ.title) == ("aim", "AIM", "icq", "ICQ")
