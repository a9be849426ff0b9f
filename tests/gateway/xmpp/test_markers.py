"""Displayed Markers (XEP-0333), to networks that know what was read, and to those that do not."""

from xml.etree.ElementTree import Element

import pytest

from gateway.commands import JoinRoom, MarkRead, SendMessage
from gateway.events import MessageRead, MessageReceived
from gateway.ids import ChatId, MessageId, PersonId
from gateway.network import Kind
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.features import features
from gateway.xmpp.markers import MARKERS
from gateway.xmpp.stanzas import body
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    ALL_COMMANDS,
    CLIENT,
    JULIET,
    MUC,
    ROMEO,
    ROOM,
    Rig,
    let_in,
    named,
    network,
    presence,
    rig,
    stanza,
)

__all__ = ["rig"]

TO_ROMEO, BALCONY = ChatId("romeo"), ChatId("#balcony")
MARKABLE = f"<markable xmlns='{MARKERS}'/>"
SEEN = f"<displayed xmlns='{MARKERS}' id='m1'/>"
HARK = MessageReceived(chat=TO_ROMEO, sender=PersonId("Romeo"), body="hark", id=MessageId("m1"))


def online(rig: Rig, commands: frozenset[type] = ALL_COMMANDS) -> Bridge:
    rig.stage.replies = {JoinRoom: let_in, SendMessage: named}
    return rig.online(commands)


def displayed(rig: Rig) -> list[tuple[str | None, str | None, str | None]]:
    settle()
    found = [(x, x.find(f"{{{MARKERS}}}displayed")) for x in rig.out.written]
    return [(x.get("from"), x.get("to"), y.get("id")) for x, y in found if y is not None]


def to_romeo(children: str) -> Element:
    return stanza("message", ROMEO, children, id="7", type="chat")


def to_room(children: str) -> Element:
    return stanza("message", ROOM, children, id="7", type="groupchat")


def enter(bridge: Bridge) -> None:
    bridge.rooms.presence(presence(f"{ROOM}/Juliet", "", MUC), BALCONY, "Juliet")
    settle()


def test_the_user_has_read_something(rig: Rig) -> None:
    bridge = online(rig)
    rig.tell(bridge, HARK)
    (found,) = rig.out.written
    assert found.find(f"{{{MARKERS}}}markable") is not None
    bridge.chats.message(to_romeo(SEEN), TO_ROMEO)
    settle()
    assert rig.stage.take() == [MarkRead(chat=TO_ROMEO, id=MessageId("m1"))]


def test_what_nobody_can_name_is_not_to_be_marked(rig: Rig) -> None:
    bridge = online(rig)
    rig.tell(bridge, MessageReceived(chat=TO_ROMEO, sender=PersonId("Romeo"), body="x"))
    (found,) = rig.out.written
    assert found.find(f"{{{MARKERS}}}markable") is None
    bridge.chats.message(to_romeo(f"<displayed xmlns='{MARKERS}'/>"), TO_ROMEO)
    settle()
    assert rig.stage.take() == []


def test_the_user_has_read_a_room(rig: Rig) -> None:
    bridge = online(rig)
    enter(bridge)
    rig.stage.take()
    bridge.rooms.message(to_room(SEEN), BALCONY)
    settle()
    assert rig.stage.take() == [MarkRead(chat=BALCONY, id=MessageId("m1"))]


@pytest.mark.parametrize("is_online", [True, False])
def test_a_network_without_it_is_told_nothing_and_nobody_complains(
    rig: Rig, is_online: bool
) -> None:
    bridge = online(rig, ALL_COMMANDS - {MarkRead})
    enter(bridge)
    if not is_online:
        bridge.switch(False)
        settle()
    rig.tell(bridge, HARK) if is_online else None
    rig.stage.take()
    assert all(x.find(f"{{{MARKERS}}}markable") is None for x in rig.out.written)
    rig.out.take()
    bridge.chats.message(to_romeo(SEEN), TO_ROMEO)
    if is_online:
        bridge.rooms.message(to_room(SEEN), BALCONY)
    assert rig.out.take() == rig.stage.take() == []


def test_they_have_read_what_the_user_wrote(rig: Rig) -> None:
    bridge = online(rig)
    bridge.chats.message(to_romeo(body("hark") + MARKABLE), TO_ROMEO)
    bridge.chats.message(stanza("message", ROMEO, body("unasked"), id="8", type="chat"), TO_ROMEO)
    settle()
    for id in ("m-hark", "m-unasked", "m-unknown"):
        read = MessageRead(chat=TO_ROMEO, reader=PersonId("Romeo"), id=MessageId(id))
        rig.tell(bridge, read)
    assert displayed(rig) == [(ROMEO, JULIET, "7")]


def test_somebody_in_a_room_has_read_it(rig: Rig) -> None:
    """By the room's own name of the message, and whoever asked: XEP-0333, section 4.3."""
    bridge = online(rig)
    enter(bridge)
    rig.out.take()
    read = MessageRead(chat=BALCONY, reader=PersonId("Romeo"), id=MessageId("m1"), is_in_room=True)
    rig.tell(bridge, read)
    assert displayed(rig) == [(f"{ROOM}/Romeo", CLIENT, "m1")]


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.ROOM])
def test_it_is_advertised_where_it_is_known(rig: Rig, kind: Kind) -> None:
    assert MARKERS in features(kind, network(rig.stage))
    assert MARKERS not in features(kind, network(rig.stage, commands=ALL_COMMANDS - {MarkRead}))
