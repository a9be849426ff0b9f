"""Signals, whose senders want no answer, and what is none."""

import pytest

from gateway.xmpp.signals import is_signal
from gateway.xmpp.stanzas import body
from tests.gateway.xmpp.staging import ROMEO, stanza

TYPING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
HINT = "<no-store xmlns='urn:xmpp:hints'/>"


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        (TYPING, True),
        (TYPING + HINT, True),
        ("<received xmlns='urn:xmpp:receipts' id='1'/>", True),
        ("<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", True),
        ("<acknowledged xmlns='urn:xmpp:chat-markers:0' id='1'/>", True),
        (TYPING + body("x"), False),
        ("<request xmlns='urn:xmpp:receipts'/>", False),
        ("<attention xmlns='urn:xmpp:attention:0'/>", False),
        ("", False),
    ],
)
def test_what_is_one(children: str, expected: bool) -> None:
    assert is_signal(stanza("message", ROMEO, children)) is expected
