"""https://xmpp.org/extensions/xep-0115.html"""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from gateway.network import Kind
from gateway.xmpp import caps
from tests.gateway.xmpp.asking import DOMAIN, User, get, transport, without_commands

FEATURES = [
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/caps",
    "http://jabber.org/protocol/muc",
    "http://jabber.org/protocol/disco#items",
]


def test_the_simple_example() -> None:
    """Section 5.2."""
    identity = ("client", "pc", "", "Exodus 0.9.1")
    assert caps.hashed([identity], FEATURES) == "QgayPKawpkPSDYmwT/WM94uAlu0="


def test_the_complex_example() -> None:
    """Section 5.3."""
    identities = [("client", "pc", "en", "Psi 0.11"), ("client", "pc", "el", "Ψ 0.11")]
    form = (
        "urn:xmpp:dataforms:softwareinfo",
        [
            ("ip_version", ["ipv4", "ipv6"]),
            ("os", ["Mac"]),
            ("os_version", ["10.5.1"]),
            ("software", ["Psi"]),
            ("software_version", ["0.11"]),
        ],
    )
    assert caps.hashed(identities, FEATURES, [form]) == "q07IKJEyjvHSyhy//CH0CxmKi8w="


@pytest.mark.parametrize(("kind", "to"), [(Kind.SERVER, DOMAIN), (Kind.PERSON, f"romeo@{DOMAIN}")])
def test_a_client_computes_the_same_from_what_disco_answers(kind: Kind, to: str) -> None:
    here = transport(name="Rock & <Roll>")
    c = fromstring(caps.caps(kind, here))
    node = f"{c.get('node')}#{c.get('ver')}"
    ns = "{http://jabber.org/protocol/disco#info}"
    found = get(User(here), f"<query xmlns='{ns[1:-1]}' node='{node}'/>", to)
    assert found.get("node") == node
    assert c.get("ver") == caps.hashed(
        [
            (i.get("category", ""), i.get("type", ""), "", i.get("name", ""))
            for i in found.iter(f"{ns}identity")
        ],
        [feature.get("var", "") for feature in found.iter(f"{ns}feature")],
    )


def test_another_network_another_hash() -> None:
    here = transport()
    assert caps.ver(Kind.PERSON, here) != caps.ver(Kind.PERSON, without_commands())
    assert caps.ver(Kind.SERVER, here) != caps.ver(Kind.SERVER, replace(here, name="Mantua"))
