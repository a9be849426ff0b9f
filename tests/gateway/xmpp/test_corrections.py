"""Corrections by the user's clients (XEP-0308): edited where the network can, else said anew."""

from xml.etree.ElementTree import Element

import pytest

from gateway.commands import Command, EditMessage, JoinRoom, SendMessage
from gateway.errors import Reason
from gateway.events import Refused
from gateway.ids import ChatId
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.corrections import CORRECTION
from gateway.xmpp.stanzas import NS, body, escape
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    ALL_COMMANDS,
    CLIENT,
    MUC,
    PHONE,
    ROMEO,
    ROOM,
    Rig,
    let_in,
    named,
    presence,
    rig,
    short,
    stanza,
)

__all__ = ["rig"]

TO_ROMEO, BALCONY = ChatId("romeo"), ChatId("#balcony")
RECEIPT = "<request xmlns='urn:xmpp:receipts'/>"
ORIGIN = "<origin-id xmlns='urn:xmpp:sid:0' id='o'/>"


def online(rig: Rig, commands: frozenset[type]) -> Bridge:
    rig.stage.replies = {JoinRoom: let_in, SendMessage: named, EditMessage: named}
    return rig.online(commands)


@pytest.fixture
def bridge(rig: Rig) -> Bridge:
    """To a network that knows no corrections."""
    return online(rig, ALL_COMMANDS - {EditMessage})


def say(bridge: Bridge, id: str, text: str, replaces: str = "", more: str = "") -> None:
    children = body(text) + more
    if replaces:
        children += f"<replace xmlns='{CORRECTION}' id='{escape(replaces)}'/>"
    bridge.chats.message(stanza("message", ROMEO, children, id=id, type="chat"), TO_ROMEO)
    settle()


def told(rig: Rig) -> list[str]:
    return [_told(command) for command in rig.stage.take()]


def _told(command: Command) -> str:
    match command:
        case SendMessage():
            return command.body
        case EditMessage():
            return f"{command.id}: {command.body}"
    raise AssertionError(command)


def receipts(rig: Rig) -> list[str | None]:
    found = [x.find("{urn:xmpp:receipts}received") for x in rig.out.written]
    return [receipt.get("id") for receipt in found if receipt is not None]


def test_the_last_message_is_said_anew(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "Rmoeo")
    say(bridge, "2", "Romeo", replaces="1")
    assert told(rig) == ["Rmoeo", "[corrected] Romeo"]


def test_an_earlier_one_says_which(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "wherefore atr thou\nRomeo")
    say(bridge, "2", "hm")
    say(bridge, "3", "wherefore art thou", replaces="1")
    say(bridge, "4", "a rose by any other name would smell as sweet")
    say(bridge, "5", "hm?", replaces="2")
    say(bridge, "6", "wherefore, oh, wherefore", replaces="1")
    say(bridge, "7", "a rose", replaces="4")
    assert told(rig)[2:] == [
        "[corrected “wherefore atr thou…”] wherefore art thou",
        "a rose by any other name would smell as sweet",
        "[corrected “hm”] hm?",
        "[corrected “wherefore art thou”] wherefore, oh, wherefore",
        "[corrected] a rose",
    ]


def test_what_is_corrected_twice_is_told_by_its_first_name(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "a")
    say(bridge, "2", "b", replaces="1")
    say(bridge, "3", "c", replaces="1")
    say(bridge, "4", "c", replaces="1")
    assert told(rig) == ["a", "[corrected] b", "[corrected] c"]


def test_what_was_said_long_ago(rig: Rig, bridge: Bridge) -> None:
    """Or before a restart: nothing is known of it."""
    say(bridge, "9", "Romeo", replaces="unknown")
    say(bridge, "10", "/me waves", replaces="also unknown")
    assert told(rig) == ["[corrected] Romeo", "/me [corrected] waves"]


def test_the_same_text_is_not_said_twice(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "Romeo", more=RECEIPT)
    say(bridge, "2", "Romeo", replaces="1", more=RECEIPT)
    assert told(rig) == ["Romeo"]
    assert receipts(rig) == ["1", "2"], "its client waits for both"


def test_receipts_name_the_correction(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "Rmoeo")
    say(bridge, "2", "Romeo", replaces="1", more=RECEIPT)
    assert receipts(rig) == ["2"]


def test_what_was_refused_is_no_correction(rig: Rig, bridge: Bridge) -> None:
    """Nobody has seen it."""
    rig.stage.replies[SendMessage] = lambda asked: [
        Refused(token=asked.token, reason=Reason.NOT_FOUND, detail="no such nick")
    ]
    say(bridge, "1", "Romeo")
    assert [short(found) for found in rig.out.written] == [
        f"message error {ROMEO} balcony item-not-found"
    ]
    rig.stage.replies[SendMessage] = named
    say(bridge, "2", "Romeo", replaces="1")
    say(bridge, "3", "Romeo!", replaces="1")
    assert told(rig) == ["Romeo", "Romeo", "[corrected] Romeo!"]


def test_a_correction_that_was_refused_can_be_tried_again(rig: Rig, bridge: Bridge) -> None:
    say(bridge, "1", "a")
    rig.stage.replies[SendMessage] = lambda asked: [
        Refused(token=asked.token, reason=Reason.TOO_MUCH)
    ]
    say(bridge, "2", "b", replaces="1")
    rig.stage.replies[SendMessage] = named
    say(bridge, "3", "b", replaces="1")
    assert told(rig) == ["a", "[corrected] b", "[corrected] b"]


def test_a_network_that_can_edits(rig: Rig) -> None:
    bridge = online(rig, ALL_COMMANDS)
    say(bridge, "1", "Rmoeo")
    say(bridge, "2", "hm")
    say(bridge, "3", "Romeo", replaces="1", more=RECEIPT)
    say(bridge, "4", "Romeo!", replaces="1")
    say(bridge, "5", "x", replaces="unknown")
    assert told(rig) == ["Rmoeo", "hm", "m-Rmoeo: Romeo", "m-Rmoeo: Romeo!", "[corrected] x"]
    assert receipts(rig) == ["3"]


# In rooms, where everything is reflected.


def say_in_room(bridge: Bridge, id: str, text: str, more: str = "", sender: str = CLIENT) -> None:
    given = stanza("message", ROOM, body(text) + more, sender, id=id, type="groupchat")
    bridge.rooms.message(given, BALCONY)
    settle()


@pytest.fixture
def in_room(rig: Rig, bridge: Bridge) -> Bridge:
    for sender in (CLIENT, PHONE):
        bridge.rooms.presence(presence(f"{ROOM}/Juliet", "", MUC, sender), BALCONY, "Juliet")
        settle()
    rig.out.take()
    rig.stage.take()
    return bridge


def replaced(found: Element) -> list[str | None]:
    return [child.get("id") for child in found.iterfind(f"{{{CORRECTION}}}replace")]


def test_a_room_reflects_a_correction_as_one(rig: Rig, in_room: Bridge) -> None:
    """And the text without our mark, to each client of the user."""
    say_in_room(in_room, "1", "Rmoeo")
    rig.out.take()
    for id in ("2", "3"):  # The second says nothing new, but its client waits for its echo.
        say_in_room(in_room, id, "Romeo", f"<replace xmlns='{CORRECTION}' id='1'/>")
        seen = [(x.get("id"), x.findtext(f"{{{NS}}}body"), replaced(x)) for x in rig.out.written]
        assert seen == [(id, "Romeo", ["1"])] * 2
        rig.out.take()
    assert told(rig) == ["Rmoeo", "[corrected] Romeo"]


def test_a_room_keeps_what_clients_know_their_message_by(rig: Rig, in_room: Bridge) -> None:
    reply = "<reply xmlns='urn:xmpp:reply:0' id='x'/>"
    say_in_room(in_room, "1", "hm", ORIGIN + reply + "<x xmlns='urn:other'/>")
    assert [[child.tag for child in found][1:3] for found in rig.out.written] == [
        ["{urn:xmpp:sid:0}origin-id", "{urn:xmpp:reply:0}reply"]
    ] * 2
    assert all(found.find("{urn:other}x") is None for found in rig.out.written)
    assert {found.get("id") for found in rig.out.written} == {"1"}
