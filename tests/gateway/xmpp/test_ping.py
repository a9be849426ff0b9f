"""https://xmpp.org/extensions/xep-0199.html, https://xmpp.org/extensions/xep-0410.html"""

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.ids import PersonId
from gateway.xmpp.jid import INSTEAD
from tests.gateway.xmpp.asking import DOMAIN, USER, User, answer, ask, transport

PING = "<ping xmlns='urn:xmpp:ping'/>"
ROOM = f"#balcony@{DOMAIN}"


def ping(user: User, to: str, sender: str = f"{USER}/balcony") -> Reason | None:
    """None for an (empty) result."""
    try:
        assert answer(ask(user, PING, to, sender=sender)) is None
    except CommandRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("to", [DOMAIN, f"romeo@{DOMAIN}", ROOM])
def test_we_answer_for_the_transport_people_and_rooms(to: str) -> None:
    assert ping(User(transport()), to) is None


def test_self_ping_of_somebody_in_the_room() -> None:
    user = User(transport(), "")
    user.only.room()
    assert ping(user, f"{ROOM}/Juliet") is None


def test_self_ping_of_another_client_that_never_joined() -> None:
    user = User(transport(), "")
    user.only.room()
    assert ping(user, f"{ROOM}/Juliet", f"{USER}/chamber") is Reason.NOT_ACCEPTABLE


@pytest.mark.parametrize("user", [User(transport()), User(transport(), "")])
def test_self_ping_in_no_room(user: User) -> None:
    assert ping(user, f"{ROOM}/Juliet") is Reason.NOT_ACCEPTABLE


def test_self_ping_while_the_network_is_gone() -> None:
    """The room outlives that; joining again would not help."""
    user = User(transport(), "")
    user.only.room().is_joined = False
    assert ping(user, f"{ROOM}/Juliet") is None


def test_self_ping_with_an_old_nickname() -> None:
    user = User(transport(), "")
    user.only.room()
    assert ping(user, f"{ROOM}/Capulet") is Reason.NOT_FOUND


def test_ping_of_somebody_else_in_the_room() -> None:
    user = User(transport(), "")
    user.only.room("#balcony", "Romeo")
    assert ping(user, f"{ROOM}/Romeo") is Reason.NOT_SUPPORTED


def test_a_nickname_that_no_address_carries_as_it_is() -> None:
    user = User(transport(), "")
    user.only.me = PersonId("Ju\u202eliet")
    user.only.room()
    assert ping(user, f"{ROOM}/Ju{INSTEAD}liet") is None
