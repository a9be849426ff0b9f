"""Encrypted messages are refused, whatever stands beside the encrypted part."""

from types import SimpleNamespace
from typing import cast
from xml.etree.ElementTree import Element, fromstring

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.network import Address
from gateway.sections import LimitSettings
from gateway.xmpp import stanzas
from gateway.xmpp.context import Context
from gateway.xmpp.encrypted import refuse_encrypted
from gateway.xmpp.users import User
from tests.gateway.xmpp.asking import DOMAIN, USER, transport

FALLBACK = "<body>I sent you an OMEMO encrypted message, but your client…</body>"
OMEMO = "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>"

ENCRYPTED = {
    "OMEMO": [
        OMEMO,
        FALLBACK + OMEMO,
        FALLBACK + OMEMO + "<encryption xmlns='urn:xmpp:eme:0' name='OMEMO' namespace='x'/>",
        "<encrypted xmlns='urn:xmpp:omemo:1'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>" + FALLBACK,
    ],
    "OpenPGP": [
        "<openpgp xmlns='urn:xmpp:openpgp:0'>QUJD</openpgp>",
        "<encrypted xmlns='urn:xmpp:openpgp:0'>QUJD</encrypted>",
        "<body>This message is encrypted.</body><x xmlns='jabber:x:encrypted'>QUJD</x>",
    ],
    "OTR": [
        "<body>?OTR:AAMC</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:otr:0'/>"
    ],
    "encryption": [
        "<body>This message is encrypted with Rot13.</body>"
        "<encryption xmlns='urn:xmpp:eme:0' name='Rot13' namespace='urn:x-rot13'/>"
    ],
}


def message(children: str, to: str = f"romeo@{DOMAIN}") -> Element:
    return fromstring(
        f"<message xmlns='{stanzas.NS}' type='chat' from='{USER}/balcony' to='{to}'>"
        f"{children}</message>"
    )


@pytest.mark.parametrize(
    ("name", "children"), [(name, text) for name, texts in ENCRYPTED.items() for text in texts]
)
def test_it_is_refused_and_says_what_to_switch_off(name: str, children: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        refuse_encrypted(message(children), "IRC")
    assert refused.value.reason is Reason.NOT_ACCEPTABLE
    assert refused.value.text == (
        f"IRC cannot carry encrypted messages. Switch {name} off for this conversation."
    )


@pytest.mark.parametrize(
    "children",
    [
        "<body>hello</body>",
        "<body>?OTR</body>",  # Somebody may talk about it.
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
        "<body>signed</body><x xmlns='jabber:x:signed'>QUJD</x>",
        "",
    ],
)
def test_anything_else_passes(children: str) -> None:
    refuse_encrypted(message(children), "IRC")


@pytest.mark.parametrize(
    "to", [f"romeo@{DOMAIN}", f"#balcony@{DOMAIN}", f"#balcony@{DOMAIN}/Romeo"]
)
def test_to_people_and_to_rooms(to: str) -> None:
    config = SimpleNamespace(limits=LimitSettings())
    user = User(USER, cast(Context, SimpleNamespace(config=config)))
    local, _, nick = to.partition(f"@{DOMAIN}")
    made = transport()
    address: Address = made.network.addressing(made.settings).parse(local)
    with pytest.raises(CommandRefused, match="cannot carry encrypted"):
        user.message(message(FALLBACK + OMEMO, to), made, address, nick.removeprefix("/"))
