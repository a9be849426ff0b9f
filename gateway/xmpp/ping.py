"""XMPP Ping (XEP-0199) and MUC Self-Ping (XEP-0410).

Clients ping their own occupant to learn whether they are still in a room.  What they make of the
answer (XEP-0410, section 3.3):

    result                   in the room
    not-acceptable           not in the room: join again
    item-not-found           in the room, and called differently now
    feature-not-implemented  in the room, and the occupant answers no pings
"""

from gateway.errors import CommandRefused, Reason
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp.access import is_occupant, require_occupant, require_seat
from gateway.xmpp.iq import Ask, Table
from gateway.xmpp.jid import resource

PING = "urn:xmpp:ping"
SELF_PING = "http://jabber.org/protocol/muc#self-ping-optimization"

XEPS = {"XEP-0199": "2.0.1", "XEP-0410": "1.1.0"}

FEATURES = {
    Kind.SERVER: (PING,),
    Kind.PERSON: (PING,),
    Kind.ROOM: (PING, SELF_PING),
}


def ping(ask: Ask) -> None:
    """We answer for people, as servers answer for bare JIDs; in rooms networks let nobody ping."""
    if not is_occupant(ask):
        return
    room = require_seat(ask)
    if resource(room.me) == resource(ask.resource):
        return
    require_occupant(room, ask.resource)
    raise CommandRefused(
        Reason.NOT_SUPPORTED,
        tr("{title} cannot ping people in rooms.").format(title=ask.transport.network.title),
    )


IQS: Table = {("get", f"{{{PING}}}ping"): ping}
