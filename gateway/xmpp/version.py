"""Software Version (XEP-0092), of the gateway; the operating system is nobody's business."""

from xml.etree.ElementTree import Element

from gateway import __version__
from gateway.network import Kind
from gateway.xmpp.access import require_ours
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask, Table

VERSION = "jabber:iq:version"
NAME = "Greengate"

XEPS = {"XEP-0092": "1.1"}

FEATURES = {Kind.SERVER: (VERSION,), Kind.ROOM: (VERSION,)}


def version(ask: Ask) -> Element:
    require_ours(ask)
    return element(
        f"{{{VERSION}}}query",
        element(f"{{{VERSION}}}name", NAME),
        element(f"{{{VERSION}}}version", __version__),
    )


IQS: Table = {("get", f"{{{VERSION}}}query"): version}
