"""https://xmpp.org/extensions/xep-0092.html"""

import pytest

from gateway import __version__
from gateway.errors import Reason
from tests.gateway.xmpp.asking import DOMAIN, User, get, refusal, same, transport

VERSION = "<query xmlns='jabber:iq:version'/>"


@pytest.mark.parametrize("to", [DOMAIN, f"#balcony@{DOMAIN}"])
def test_version(to: str) -> None:
    """No <os/>."""
    assert same(
        get(User(transport()), VERSION, to),
        "<query xmlns='jabber:iq:version'>"
        f"<name>Greengate</name><version>{__version__}</version></query>",
    )


@pytest.mark.parametrize("to", [f"romeo@{DOMAIN}", f"#balcony@{DOMAIN}/Romeo"])
def test_of_people_we_do_not_know(to: str) -> None:
    refused = refusal(lambda: get(User(transport()), VERSION, to))
    assert refused.reason is Reason.NOT_SUPPORTED
