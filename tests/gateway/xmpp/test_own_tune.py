"""https://xmpp.org/extensions/xep-0118.html: what the user listens to, on to the network"""

from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import pytest

from gateway.commands import SetTune
from gateway.sessions import State
from gateway.xmpp.contact import NICK
from gateway.xmpp.own_tune import TUNE, OwnTune
from gateway.xmpp.pep import EVENT
from tests.gateway.xmpp.hosting import BOOK, Host

TAKES = BOOK | {SetTune}

PLAYED = "<title>Heart of the Sunrise</title><artist>Yes</artist><source>Yessongs</source>"
YES = SetTune(title="Heart of the Sunrise", artist="Yes")


def event(inside: str, node: str = TUNE) -> Element:
    return fromstring(f"<event xmlns='{EVENT}'><items node='{node}'>{inside}</items></event>")


def tune(inside: str) -> Element:
    return event(f"<item id='x'><tune xmlns='{TUNE}'>{inside}</tune></item>")


def rig(takes: frozenset[type] = TAKES) -> tuple[Host, OwnTune]:
    host = Host(takes)
    return host, OwnTune(cast(Any, host))


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        (PLAYED, YES),
        ("<length>686</length><title>\n Heart  of </title>", SetTune(title="Heart of")),
        ("<artist>Yes</artist>", SetTune(artist="Yes")),
        ("<source>radio.example</source>", SetTune(title="radio.example")),
    ],
)
def test_played(inside: str, told: SetTune) -> None:
    host, own = rig()
    own.published(tune(inside))
    own.published(tune(inside))
    assert host.take() == [told]


@pytest.mark.parametrize("end", [tune(""), tune("<track>3</track>"), event("<retract id='x'/>")])
def test_ended(end: Element) -> None:
    host, own = rig()
    own.published(end)
    assert host.take() == []
    own.published(tune(PLAYED))
    own.published(end)
    own.published(end)
    assert host.take() == [YES, SetTune()]


@pytest.mark.parametrize(
    "other",
    [event(f"<item><tune xmlns='{TUNE}'/></item>", NICK), fromstring(f"<event xmlns='{EVENT}'/>")],
)
def test_something_else(other: Element) -> None:
    host, own = rig()
    own.published(tune(PLAYED))
    own.published(other)
    assert host.take() == [YES]


def test_each_session_is_told() -> None:
    host, own = rig()
    own.review()
    host.keeper.state = State.CONNECTING
    own.published(tune(PLAYED))
    assert host.take() == []
    host.keeper.state = State.ONLINE
    own.review()
    own.review()
    assert host.take() == [YES, YES]


def test_last_client_is_gone() -> None:
    """Who is kept online meanwhile plays nothing."""
    host, own = rig()
    host.resources.available("phone", "", Element("presence"))
    own.published(tune(PLAYED))
    own.user_changed()
    assert host.take() == [YES]
    host.resources.unavailable("phone", "")
    own.user_changed()
    own.user_changed()
    assert host.take() == [SetTune()]


def test_network_that_shows_none() -> None:
    host, own = rig(BOOK)
    own.published(tune(PLAYED))
    assert host.take() == []
