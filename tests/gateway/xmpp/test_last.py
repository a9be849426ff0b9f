"""https://xmpp.org/extensions/xep-0012.html"""

import pytest

from gateway.errors import Reason
from gateway.events import Show
from gateway.ids import PersonId
from gateway.xmpp.contact import Contact
from tests.gateway.xmpp.asking import DOMAIN, User, get, refusal, same, transport

LAST = "<query xmlns='jabber:iq:last'/>"
ROMEO = f"romeo@{DOMAIN}"


def test_of_the_transport_is_its_uptime() -> None:
    assert int(get(User(transport()), LAST).get("seconds", "")) >= 0


def test_of_a_contact_who_is_there() -> None:
    user = User(transport(), "")
    user.only.contacts[ROMEO] = Contact(PersonId("Romeo"), show=Show.AWAY)
    assert same(get(user, LAST, ROMEO), "<query xmlns='jabber:iq:last' seconds='0'/>")


def test_of_a_contact_who_is_not() -> None:
    user = User(transport(), "")
    user.only.contacts[ROMEO] = Contact(PersonId("Romeo"))
    assert refusal(lambda: get(user, LAST, ROMEO)).reason is Reason.NOT_FOUND


@pytest.mark.parametrize("user", [User(transport()), User(transport(), "")])
def test_of_a_stranger(user: User) -> None:
    assert refusal(lambda: get(user, LAST, ROMEO)).reason is Reason.NOT_FOUND


def test_of_a_room() -> None:
    refused = refusal(lambda: get(User(transport()), LAST, f"#balcony@{DOMAIN}"))
    assert refused.reason is Reason.NOT_SUPPORTED
