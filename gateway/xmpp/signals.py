"""Stanzas that only say how a conversation goes: typing, received, displayed.

Their senders wait for nothing, and most clients show whatever error comes back as a message that
failed.  So what becomes of them is nobody's concern.
"""

from xml.etree.ElementTree import Element

from gateway.xmpp.chats import BODY, RECEIPTS, TYPING
from gateway.xmpp.markers import DISPLAYED, MARKERS

SIGNALS = frozenset(
    {
        *TYPING,
        f"{{{RECEIPTS}}}received",
        DISPLAYED,
        *(f"{{{MARKERS}}}{old}" for old in ("received", "acknowledged")),  # Up to XEP-0333 0.4.
    }
)


def is_signal(stanza: Element) -> bool:
    return not stanza.findtext(BODY) and any(child.tag in SIGNALS for child in stanza)
