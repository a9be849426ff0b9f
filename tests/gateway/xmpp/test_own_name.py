"""https://xmpp.org/extensions/xep-0172.html: the user's own nickname, on to the network"""

from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import pytest

from gateway.commands import SetName
from gateway.sessions import State
from gateway.xmpp.contact import NICK
from gateway.xmpp.own_name import OwnName
from gateway.xmpp.pep import EVENT
from tests.gateway.xmpp.hosting import BOOK, Host

TAKES = BOOK | {SetName}


def event(inside: str, node: str = NICK) -> Element:
    return fromstring(
        f"<event xmlns='{EVENT}'><items node='{node}'><item id='x'>{inside}</item></items></event>"
    )


def nick(text: str) -> Element:
    return event(f"<nick xmlns='{NICK}'>{text}</nick>")


def rig(takes: frozenset[type] = TAKES) -> tuple[Host, OwnName]:
    host = Host(takes)
    return host, OwnName(cast(Any, host))


def test_published() -> None:
    host, own = rig()
    own.published(nick(" Juliet \n of Verona"))
    assert host.take() == [SetName(name="Juliet of Verona")]
    own.published(nick("Juliet of Verona"))
    assert host.take() == []
    own.published(nick("Jule"))
    assert host.take() == [SetName(name="Jule")]


@pytest.mark.parametrize(
    "stanza",
    [
        nick(""),
        nick("  "),
        event(""),
        event(f"<nick xmlns='{NICK}'>Juliet</nick>", "urn:xmpp:avatar:metadata"),
        event("<nick>Juliet</nick>"),
        fromstring(
            f"<event xmlns='{EVENT}'><items node='{NICK}'><retract id='x'/></items></event>"
        ),
        fromstring(f"<event xmlns='{EVENT}'/>"),
    ],
)
def test_no_name(stanza: Element) -> None:
    host, own = rig()
    own.published(stanza)
    assert host.take() == []


def test_before_the_log_in() -> None:
    host, own = rig()
    host.keeper.state = State.CONNECTING
    own.published(nick("Juliet"))
    assert host.take() == []
    host.keeper.state = State.ONLINE
    own.review()
    assert host.take() == [SetName(name="Juliet")]


def test_network_that_shows_none() -> None:
    host, own = rig(BOOK)
    own.published(nick("Juliet"))
    assert host.take() == []
