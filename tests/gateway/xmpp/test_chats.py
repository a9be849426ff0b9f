"""Messages between two people, typing, receipts."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest

from gateway.commands import AskAttention, SendMessage, SetTyping
from gateway.errors import CommandRefused, Reason
from gateway.events import (
    AttentionAsked,
    MessageReceived,
    MessageSent,
    Refused,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, MessageId, PersonId
from gateway.xmpp import chats, stanzas
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.chats import ATTENTION, CHAT_STATES, RECEIPTS
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    ROMEO,
    ROOM,
    TRANSPORT,
    Rig,
    network,
    rig,
    sent,
    short,
    stanza,
    transport,
)

__all__ = ["rig"]

WANTS_RECEIPT = f"<body>x</body><request xmlns='{RECEIPTS}'/>"
TO_ROMEO = ChatId("romeo")


@pytest.fixture
def bridge(rig: Rig) -> Bridge:
    return rig.online()


def send(rig: Rig, bridge: Bridge, children: str, occupant_of: str = "") -> None:
    to = f"{occupant_of}/Romeo" if occupant_of else ROMEO
    given = stanza("message", to, children, id="7", type="chat")
    bridge.chats.message(given, TO_ROMEO, occupant_of)
    settle()


def received(body: str = "x", **changes: object) -> MessageReceived:
    made = MessageReceived(chat=TO_ROMEO, sender=PersonId("Romeo"), body=body)
    return replace(made, **changes)  # type: ignore[arg-type]


def only(rig: Rig) -> Element:
    settle()
    (found,) = rig.out.written
    rig.out.written = []
    return found


# To the network.


def test_a_message(rig: Rig, bridge: Bridge) -> None:
    send(rig, bridge, "<body>wherefore</body>")
    (command,) = rig.stage.take()
    assert isinstance(command, SendMessage)
    assert (command.chat, command.body) == ("romeo", "wherefore")


def test_one_that_is_refused_comes_back(rig: Rig, bridge: Bridge) -> None:
    rig.stage.replies[SendMessage] = lambda asked: [
        Refused(token=asked.token, reason=Reason.NOT_FOUND, detail="no such nick")
    ]
    send(rig, bridge, "<body>x</body>")
    found = only(rig)
    assert (found.get("from"), found.get("to"), found.get("id")) == (ROMEO, CLIENT, "7")
    assert short(found) == f"message error {ROMEO} balcony item-not-found"


@pytest.mark.parametrize(
    ("children", "confirmed", "is_receipted"),
    [
        (WANTS_RECEIPT, True, True),
        (WANTS_RECEIPT, False, False),
        ("<body>x</body>", True, False),
    ],
)
def test_receipts(
    rig: Rig, bridge: Bridge, children: str, confirmed: bool, is_receipted: bool
) -> None:
    """XEP-0184: only for what the network has confirmed, and only if it is asked for."""
    rig.stage.replies[SendMessage] = lambda asked: [
        MessageSent(chat=asked.chat, token=asked.token, body=asked.body, confirmed=confirmed)
    ]
    send(rig, bridge, children)
    receipts = [found.find(f"{{{RECEIPTS}}}received") for found in rig.out.written]
    assert [found.get("id") for found in receipts if found is not None] == ["7"] * is_receipted
    assert bridge.pending.take_all() == []


def test_a_message_without_an_id_has_no_receipt(rig: Rig, bridge: Bridge) -> None:
    rig.stage.replies[SendMessage] = sent
    bridge.chats.message(stanza("message", ROMEO, WANTS_RECEIPT, type="chat"), TO_ROMEO)
    assert rig.out.take() == []


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ("active", []),
        ("composing", [Typing.COMPOSING]),
        ("composing composing paused", [Typing.COMPOSING, Typing.PAUSED]),
        ("composing active inactive gone", [Typing.COMPOSING, Typing.ACTIVE]),
        ("paused gone composing", [Typing.PAUSED, Typing.ACTIVE, Typing.COMPOSING]),
    ],
)
def test_typing_travels_when_it_changes(
    rig: Rig, bridge: Bridge, states: str, told: list[Typing]
) -> None:
    for state in states.split():
        send(rig, bridge, f"<{state} xmlns='{CHAT_STATES}'/>")
    assert rig.stage.take() == [SetTyping(chat=TO_ROMEO, typing=typing) for typing in told]


def test_what_is_said_ends_the_typing_of_it(rig: Rig, bridge: Bridge) -> None:
    for children in ("composing", "active", "composing"):
        words = "<body>x</body>" if children == "active" else ""
        send(rig, bridge, f"{words}<{children} xmlns='{CHAT_STATES}'/>")
    assert [type(command) for command in rig.stage.take()] == [SetTyping, SendMessage, SetTyping]


@pytest.mark.parametrize("children", ["", "<subject>x</subject>", "<active xmlns='urn:other'/>"])
def test_what_says_nothing(rig: Rig, bridge: Bridge, children: str) -> None:
    send(rig, bridge, children)
    assert rig.stage.take() == []
    assert rig.out.take() == []


def test_typing_is_told_where_the_network_knows_it(rig: Rig) -> None:
    mute = network(rig.stage, commands=frozenset({SendMessage}))
    rig.transports[TRANSPORT] = transport(mute)
    rig.make_context()
    bridge = rig.online()
    send(rig, bridge, f"<composing xmlns='{CHAT_STATES}'/>")
    assert rig.stage.take() == []
    with pytest.raises(CommandRefused) as caught:
        send(rig, bridge, f"<attention xmlns='{ATTENTION}'/>")
    assert caught.value.reason is Reason.NOT_SUPPORTED


def test_typing_is_no_reason_to_complain(rig: Rig) -> None:
    bridge = rig.bridge()
    send(rig, bridge, f"<composing xmlns='{CHAT_STATES}'/>")
    with pytest.raises(CommandRefused):
        send(rig, bridge, "<body>x</body>")


def test_attention(rig: Rig, bridge: Bridge) -> None:
    send(rig, bridge, f"<attention xmlns='{ATTENTION}'/>")
    assert rig.stage.take() == [AskAttention(chat=TO_ROMEO)]
    rig.tell(bridge, AttentionAsked(chat=TO_ROMEO, sender=PersonId("Romeo")))
    found = only(rig)
    assert (found.get("from"), found.get("type")) == (ROMEO, "headline")
    assert found.find(f"{{{ATTENTION}}}attention") is not None


def test_attention_with_words(rig: Rig, bridge: Bridge) -> None:
    send(rig, bridge, f"<body>hey</body><attention xmlns='{ATTENTION}'/>")
    assert [type(command) for command in rig.stage.take()] == [SendMessage, AskAttention]


# From the network.


def test_a_message_from_the_network(rig: Rig, bridge: Bridge) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    rig.tell(bridge, received("hark", id=MessageId("m1"), sent_at=at))
    found = only(rig)
    assert (found.get("from"), found.get("to"), found.get("id")) == (ROMEO, JULIET, "m1")
    assert found.findtext(f"{{{stanzas.NS}}}body") == "hark"
    delay, stanza_id = found.find("{urn:xmpp:delay}delay"), found.find("{urn:xmpp:sid:0}stanza-id")
    assert delay is not None
    assert delay.attrib == {"from": TRANSPORT, "stamp": "2026-01-02T03:04:05.000Z"}
    assert stanza_id is not None
    assert stanza_id.attrib == {"by": TRANSPORT, "id": "m1"}
    assert rig.out.kept == [found], "it must arrive"


def test_a_message_without_a_name_of_its_own(rig: Rig, bridge: Bridge) -> None:
    rig.tell(bridge, received(), received())
    first, second = (found.get("id") for found in rig.out.written)
    assert first
    assert second
    assert first != second
    assert all(found.find("{urn:xmpp:sid:0}stanza-id") is None for found in rig.out.written)


def test_what_we_said_ourselves_is_shown_where_the_server_lets_us(rig: Rig, bridge: Bridge) -> None:
    rig.tell(bridge, received(is_mine=True))
    assert rig.out.take() == []
    granted = "<privilege xmlns='urn:xmpp:privilege:2'>"
    granted += "<perm access='message' type='outgoing'/></privilege>"
    rig.router().stanza(stanza("message", TRANSPORT, granted, sender="example.org"))
    rig.tell(
        bridge, received("from my phone", is_mine=True, sent_at=datetime(2026, 1, 2, tzinfo=UTC))
    )
    carried = only(rig)
    assert (carried.get("from"), carried.get("to")) == (TRANSPORT, "example.org")
    (inner,) = carried.iter("{jabber:client}message")
    assert (inner.get("from"), inner.get("to")) == (JULIET, ROMEO)
    assert inner.findtext("{jabber:client}body") == "from my phone"
    assert inner.find("{urn:xmpp:delay}delay") is not None
    assert rig.out.kept == [carried], "it must arrive"


@pytest.mark.parametrize("typing", Typing)
def test_typing_from_the_network(rig: Rig, bridge: Bridge, typing: Typing) -> None:
    rig.tell(bridge, TypingChanged(chat=TO_ROMEO, sender=PersonId("Romeo"), typing=typing))
    found = only(rig)
    assert [child.tag for child in found] == [
        f"{{{CHAT_STATES}}}{typing.value}",
        "{urn:xmpp:hints}no-store",
    ]
    assert rig.out.kept == [], "nobody wants to know later"


# The way back of a whisper.


def senders(rig: Rig, bridge: Bridge) -> list[str | None]:
    rig.out.take()
    rig.tell(
        bridge,
        received(),
        AttentionAsked(chat=TO_ROMEO, sender=PersonId("Romeo")),
        TypingChanged(chat=TO_ROMEO, sender=PersonId("Romeo"), typing=Typing.PAUSED),
    )
    return [found.get("from") for found in rig.out.written]


def test_a_whisper_is_answered_where_it_was_said(rig: Rig, bridge: Bridge) -> None:
    rig.stage.replies[SendMessage] = sent
    assert senders(rig, bridge) == [ROMEO] * 3
    send(rig, bridge, "<body>psst</body>", occupant_of=ROOM)
    assert senders(rig, bridge) == [f"{ROOM}/Romeo"] * 3
    send(rig, bridge, "<body>loud</body>")
    assert senders(rig, bridge) == [ROMEO] * 3


def test_only_so_many_ways_are_remembered(
    rig: Rig, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "WHISPERS", 1)
    for name in ("romeo", "paris"):
        whisper = stanza("message", f"{ROOM}/{name}", "<body>x</body>")
        bridge.chats.message(whisper, ChatId(name), ROOM)
    assert senders(rig, bridge) == [ROMEO] * 3
