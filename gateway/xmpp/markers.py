"""Displayed Markers (XEP-0333): what was read, both ways, where the network knows such a thing.

A marker means everything up to that message.  Where the network does not know it, nothing is asked
for, and what clients send all the same ends here: nobody waits for an answer.
"""

from xml.etree.ElementTree import Element

from gateway.commands import MarkRead
from gateway.ids import ChatId, MessageId
from gateway.xmpp.host import Host
from gateway.xmpp.stanzas import escape

MARKERS = "urn:xmpp:chat-markers:0"

XEPS = {"XEP-0333": "0.5.0"}

MARKABLE = f"{{{MARKERS}}}markable"
DISPLAYED = f"{{{MARKERS}}}displayed"

STORE = "<store xmlns='urn:xmpp:hints'/>"
"""XEP-0334.  Clients that come later have to know what was read as well (XEP-0333, section 5)."""


def markable(host: Host) -> str:
    """Beside the body of a message, to be told when it was read (section 4.1)."""
    if MarkRead not in host.transport.network.commands:
        return ""
    return f"<markable xmlns='{MARKERS}'/>"


def displayed(id: str) -> str:
    return f"<displayed xmlns='{MARKERS}' id='{escape(id)}'/>{STORE}"


def mark(host: Host, stanza: Element, chat: ChatId) -> None:
    """By a client of the user: the last that it showed."""
    found = stanza.find(DISPLAYED)
    if found is None or MarkRead not in host.transport.network.commands:
        return
    if id := found.get("id"):
        host.attempt(MarkRead(chat=chat, id=MessageId(id)))
