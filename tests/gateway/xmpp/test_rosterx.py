"""What a client is told; whom that is about, and which client it is, is in test_placement."""

import pytest

from gateway.network import Kind
from gateway.store import RosterItem
from gateway.xmpp import rosterx
from gateway.xmpp.features import features
from gateway.xmpp.rosterx import ROSTERX, Action, Exchange, suggestion
from networks.aim import NETWORK as AIM
from networks.irc import NETWORK as IRC
from tests.gateway.xmpp.asking import USER, same
from tests.gateway.xmpp.hosting import PARIS_JID, ROMEO_JID, Host
from tests.gateway.xmpp.test_placement import Server, show


def test_xml() -> None:
    items = {ROMEO_JID: RosterItem("Ro", ("A", "B")), PARIS_JID: RosterItem("", ())}
    assert same(
        suggestion(Action.ADD, items),
        f"<x xmlns='{ROSTERX}'><item action='add' jid='{ROMEO_JID}' name='Ro'><group>A</group>"
        f"<group>B</group></item><item action='add' jid='{PARIS_JID}'/></x>",
    )
    assert same(
        suggestion(Action.DELETE, {ROMEO_JID: None}),
        f"<x xmlns='{ROSTERX}'><item action='delete' jid='{ROMEO_JID}'/></x>",
    )


def test_advertised_where_there_is_an_address_book() -> None:
    assert ROSTERX in features(Kind.SERVER, AIM)
    assert ROSTERX not in features(Kind.SERVER, IRC)


@pytest.fixture
def host() -> Host:
    host = Host()
    host.out = Server()
    return host


def test_each_client_is_asked_once(host: Host) -> None:
    exchange = Exchange(host)
    assert exchange.taker() == ""
    show(host, "phone", priority=5)
    show(host, "psi", ROSTERX)
    for _ in range(2):
        assert exchange.taker() == f"{USER}/psi"
    assert [asked[1] for asked in host.out.asked] == [f"{USER}/phone", f"{USER}/psi"]
    show(host, "phone", ROSTERX, priority=5, caps="2")
    assert exchange.taker() == f"{USER}/phone", "it can do more now"


def test_few_are_remembered(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosterx, "MOST_ASKED", 2)
    exchange = Exchange(host)
    for caps in "abc":
        show(host, "phone", caps=caps)
        exchange.taker()
    show(host, "phone", caps="a")
    exchange.taker()
    assert len(host.out.asked) == 4
