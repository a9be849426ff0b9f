"""Entity Time (XEP-0202), of the gateway, in UTC: where the machine stands helps nobody."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from gateway.network import Kind
from gateway.xmpp.access import require_ours
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask, Table
from gateway.xmpp.stanzas import stamp

TIME = "urn:xmpp:time"

XEPS = {"XEP-0202": "2.0"}

FEATURES = {Kind.SERVER: (TIME,), Kind.ROOM: (TIME,)}


def time(ask: Ask) -> Element:
    require_ours(ask)
    return element(
        f"{{{TIME}}}time",
        element(f"{{{TIME}}}tzo", "+00:00"),
        element(f"{{{TIME}}}utc", stamp(datetime.now(UTC))),
    )


IQS: Table = {("get", f"{{{TIME}}}time"): time}
