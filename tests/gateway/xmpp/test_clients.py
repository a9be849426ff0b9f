"""What clients can do: asked once for each kind, and believed of others only if it is proved."""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.xmpp import clients
from gateway.xmpp.clients import Clients, verify
from tests.gateway.xmpp.asking import CLIENT, DOMAIN

PSI = """<query xmlns='http://jabber.org/protocol/disco#info' node='http://psi-im.org#q07'>
<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
<feature var='http://jabber.org/protocol/caps'/>
<feature var='http://jabber.org/protocol/disco#info'/>
<feature var='http://jabber.org/protocol/disco#items'/>
<feature var='http://jabber.org/protocol/muc'/>
<x xmlns='jabber:x:data' type='result'>
<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
<field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>
<field var='os'><value>Mac</value></field>
<field var='os_version'><value>10.5.1</value></field>
<field var='software'><value>Psi</value></field>
<field var='software_version'><value>0.11</value></field>
</x></query>"""
"""Of XEP-0115, section 5.3."""

VER = "q07IKJEyjvHSyhy//CH0CxmKi8w="

MUC = "http://jabber.org/protocol/muc"


class Out:
    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str | None]] = []

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        self.asked.append((sender, to, payload.get("node")))
        if not self.answers:
            raise CommandRefused(Reason.TIMEOUT)
        return fromstring(self.answers.pop(0))


def features(known: Clients, out: Any, kind: str = f"psi#{VER}") -> frozenset[str]:
    return known.features(out, DOMAIN, CLIENT, kind)


def test_the_hash_is_that_of_the_example() -> None:
    assert verify(fromstring(PSI)) == VER


def test_a_kind_is_asked_once() -> None:
    known, out = Clients(), Out(PSI)
    assert MUC in features(known, out)
    assert MUC in features(known, out)
    assert out.asked == [(DOMAIN, CLIENT, f"psi#{VER}")]


@pytest.mark.parametrize("kind", ["psi#another", ""])
def test_what_is_not_proved_is_not_remembered(kind: str) -> None:
    known, out = Clients(), Out(PSI, PSI)
    assert MUC in features(known, out, kind)
    assert MUC in features(known, out, kind)
    assert len(out.asked) == 2


def test_a_client_that_does_not_tell_can_nothing() -> None:
    known, out = Clients(), Out()
    assert features(known, out) == frozenset()
    out.answers = [PSI]
    assert MUC in features(known, out), "and is asked again"


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MOST", 1)
    known, out = Clients(), Out(PSI, PSI, PSI)
    for kind in (f"a#{VER}", f"b#{VER}", f"b#{VER}", f"a#{VER}"):
        features(known, out, kind)
    assert len(out.asked) == 3
