"""Messages taken back, reactions: nothing of them reaches a network, and their sender knows."""

import pytest

from gateway.commands import SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.xmpp.stanzas import body
from gateway.xmpp.wordless import refuse_wordless
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    ROMEO,
    TRANSPORT,
    Rig,
    presence,
    rig,
    sent,
    stanza,
)

__all__ = ["rig"]

FALLBACK = "<fallback xmlns='urn:xmpp:fallback:0'/>"
SORRY = body("This person attempted to retract a previous message.") + FALLBACK
HAND = "<reaction>👋</reaction>"

REFUSED = {
    "Tiny cannot take messages back.": [
        f"<retract xmlns='urn:xmpp:message-retract:1' id='1'/>{SORRY}",
        "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>",
        f"{SORRY}<apply-to xmlns='urn:xmpp:fasten:0' id='1'>"
        "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to>",
    ],
    "Tiny has no reactions.": [
        f"<reactions xmlns='urn:xmpp:reactions:0' id='1'>{HAND}</reactions>",
        body("👋") + f"<reactions xmlns='urn:xmpp:reactions:0' id='1'>{HAND}</reactions>{FALLBACK}",
    ],
}

PASSING = [
    body("x"),
    body("> hark\nwho is there?") + "<reply xmlns='urn:xmpp:reply:0' id='1' to='x@y.example'/>"
    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='7'/>"
    "</fallback>",
    body("https://example.org/x.png") + "<x xmlns='jabber:x:oob'><url>x</url></x>",
    body("x") + "<apply-to xmlns='urn:xmpp:fasten:0' id='1'><external name='body'/></apply-to>",
]


@pytest.mark.parametrize(
    ("words", "children"), [(words, text) for words, texts in REFUSED.items() for text in texts]
)
def test_it_is_refused(words: str, children: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        refuse_wordless(stanza("message", ROMEO, children), "Tiny")
    assert refused.value.reason is Reason.NOT_SUPPORTED
    assert refused.value.text == words


def test_a_reaction_taken_back_was_never_there() -> None:
    taken_back = "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>"
    assert refuse_wordless(stanza("message", ROMEO, taken_back), "Tiny")


@pytest.mark.parametrize("children", PASSING)
def test_other_fallbacks_are_said_as_they_stand(rig: Rig, children: str) -> None:
    rig.save()
    rig.stage.replies[SendMessage] = sent
    user = rig.user()
    parse = rig.context.addressings[TRANSPORT].parse
    user.available(presence(TRANSPORT), rig.transport, parse(""), "")
    settle()
    given = stanza("message", ROMEO, children, type="chat")
    user.message(given, rig.transport, parse("romeo"), "")
    settle()
    assert [x.body for x in rig.stage.of(SendMessage)] == [given.findtext("{*}body")]
