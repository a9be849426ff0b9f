"""Last Activity (XEP-0012): how long the gateway runs, and whether a contact is there.

Networks tell that a contact is there or not, and not since when: so for one who is not, and for
anybody else, there is no answer.  How long people are idle is in their vCard, where networks tell.
"""

import time
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.events import Show
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp.access import bridge_of, require_ours
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask, Table

LAST = "jabber:iq:last"

XEPS = {"XEP-0012": "2.0"}

FEATURES = {Kind.SERVER: (LAST,), Kind.PERSON: (LAST,)}

STARTED = time.monotonic()


def last(ask: Ask) -> Element:
    if ask.address.kind is Kind.PERSON:
        return _contact(ask)
    require_ours(ask)
    if ask.address.kind is Kind.ROOM:
        raise CommandRefused(Reason.NOT_SUPPORTED, tr("Rooms do not tell that."))
    return _seconds(int(time.monotonic() - STARTED))


def _contact(ask: Ask) -> Element:
    """Section 3: 0 for the bare JID of somebody who is available."""
    bridge = bridge_of(ask)
    contact = bridge.contacts.get(bridge.jid(ask.address.chat)) if bridge else None
    if contact is None or contact.show is Show.OFFLINE:
        raise CommandRefused(
            Reason.NOT_FOUND,
            tr("{title} does not tell when they were there last.").format(
                title=ask.transport.network.title
            ),
        )
    return _seconds(0)


def _seconds(seconds: int) -> Element:
    return element(f"{{{LAST}}}query", seconds=str(seconds))


IQS: Table = {("get", f"{{{LAST}}}query"): last}
