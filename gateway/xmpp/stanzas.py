"""Stanzas as text, and nothing that comes from outside can make them malformed.

One malformed stanza closes the whole connection to the XMPP server, for all users.  So everything
passes through ``escape`` here, which also drops what XML 1.0 cannot carry (section 2.2).  Text
rather than elements: messages and presence are most of the traffic, and this is the cheapest.
"""

import itertools
import os
import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from slixmpp.xmlstream.tostring import tostring

from gateway.errors import Reason
from gateway.ids import MessageId
from gateway.words import language

NS = "jabber:component:accept"

MAX_TEXT = 64 * 1024
"""Characters of one text.  Servers limit stanzas (ejabberd to 256 KiB) by closing the stream."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": ""}

ERROR_TYPES = {
    Reason.BAD_REQUEST: "modify",
    Reason.CONFLICT: "cancel",
    Reason.FORBIDDEN: "auth",
    Reason.GONE: "cancel",
    Reason.INTERNAL: "cancel",
    Reason.NOT_ACCEPTABLE: "modify",
    Reason.NOT_ALLOWED: "cancel",
    Reason.NOT_AUTHORIZED: "auth",
    Reason.NOT_FOUND: "cancel",
    Reason.NOT_SUPPORTED: "cancel",
    Reason.POLICY: "modify",
    Reason.REGISTRATION_REQUIRED: "auth",
    Reason.TOO_MUCH: "wait",
    Reason.UNAVAILABLE: "wait",
    Reason.FULL: "wait",
    Reason.TIMEOUT: "wait",
}
"""RFC 6120, section 8.3.3, and XEP-0045, section 7.2, for the conditions of rooms."""


_PROCESS = os.urandom(4).hex()
_NUMBERS = itertools.count(1)


def new_id() -> str:
    """For a stanza that has none from the network; no other process ever makes the same."""
    return f"{_PROCESS}-{next(_NUMBERS)}"


def clean(text: str) -> str:
    """What XML 1.0 can carry, and not too much of it."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text[:MAX_TEXT])


def escape(text: str) -> str:
    """For character data and for attribute values."""
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
    if not _SPECIAL.search(text):
        return text
    return _SPECIAL.sub(lambda c: _ENTITIES.get(c[0], "\N{REPLACEMENT CHARACTER}"), text)


def message(sender: str, to: str, kind: str, children: str, id: str | None = None) -> str:
    """``sender`` and ``to`` are valid JIDs; ``children`` is XML already."""
    identity = f" id='{escape(id)}'" if id else ""
    return (
        f"<message from='{escape(sender)}' to='{escape(to)}' type='{kind}'{identity}>"
        f"{children}</message>"
    )


def presence(
    sender: str, to: str, kind: str = "", children: str = "", id: str | None = None
) -> str:
    attributes = f" type='{kind}'" if kind else ""
    if id:
        attributes += f" id='{escape(id)}'"
    return f"<presence from='{escape(sender)}' to='{escape(to)}'{attributes}>{children}</presence>"


def element(name: str, text: str) -> str:
    """``<name>text</name>``, or nothing for no text."""
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def body(text: str, xhtml: str = "") -> str:
    """``xhtml``: well-formed children for XHTML-IM (XEP-0071), made by a network."""
    if not xhtml:
        return f"<body>{escape(text)}</body>"
    return (
        f"<body>{escape(text)}</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"
        f"<body xmlns='http://www.w3.org/1999/xhtml'>{xhtml}</body></html>"
    )


def delay(sender: str, at: datetime) -> str:
    """XEP-0203."""
    return f"<delay xmlns='urn:xmpp:delay' from='{escape(sender)}' stamp='{stamp(at)}'/>"


def stamp(at: datetime) -> str:
    """XEP-0082, section 3.2."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def moment(text: str | None) -> datetime | None:
    """XEP-0082, the other way; None if it is none."""
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stanza_id(by: str, id: MessageId | None) -> str:
    """XEP-0359."""
    if id is None:
        return ""
    return f"<stanza-id xmlns='urn:xmpp:sid:0' by='{escape(by)}' id='{escape(id)}'/>"


def error(reason: Reason, text: str = "", condition: str = "") -> str:
    """RFC 6120, section 8.3.  ``condition``: of an application, XML already (section 8.3.4)."""
    words = (
        f"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='{language()}'>"
        f"{escape(text)}</text>"
        if text
        else ""
    )
    return (
        f"<error type='{ERROR_TYPES[reason]}'>"
        f"<{reason.value} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{words}{condition}</error>"
    )


def condition(stanza: Element) -> str:
    """Of an error; empty if it has none."""
    for found in stanza.iterfind(f"{{{NS}}}error/*"):
        return found.tag.rpartition("}")[2]
    return ""


def refuse(stanza: Element, reason: Reason, text: str = "", condition: str = "") -> str:
    """The error that answers a stanza.  Do not call it for one that is an error itself."""
    name = stanza.tag.rpartition("}")[2]
    identity = stanza.get("id")
    attributes = f" id='{escape(identity)}'" if identity else ""
    return (
        f"<{name} from='{escape(stanza.get('to', ''))}' to='{escape(stanza.get('from', ''))}' "
        f"type='error'{attributes}>{error(reason, text, condition)}</{name}>"
    )


def serialize(stanza: Element) -> str:
    """An element of slixmpp's as text, as a child of our stream."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", tostring(stanza, xmlns=NS, top_level=True))
