"""User Avatar (XEP-0084): answers who asks for the picture of a contact.

As the contact's own server would, of the two nodes that the XEP has.  ``picturenews`` tells clients
which picture there is.
"""

from base64 import b64encode
from xml.etree.ElementTree import Element

from gateway.commands import FetchAvatar
from gateway.errors import CommandRefused, Reason
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.store import KnownPicture
from gateway.words import tr
from gateway.xmpp import avatars
from gateway.xmpp.access import require_bridge, require_command
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask, Table
from gateway.xmpp.picturenews import METADATA, metadata

PUBSUB = "http://jabber.org/protocol/pubsub"
DATA = "urn:xmpp:avatar:data"

XEPS = {"XEP-0084": "1.1.4"}

FEATURES = {Kind.PERSON: (DATA, METADATA)}

ITEMS, ITEM = f"{{{PUBSUB}}}items", f"{{{PUBSUB}}}item"


def items(ask: Ask) -> Element:
    asked = ask.payload.find(ITEMS)
    if asked is None or ask.address.kind is not Kind.PERSON:
        raise CommandRefused(Reason.FULL)
    require_command(ask, FetchAvatar)
    bridge = require_bridge(ask)
    contact = bridge.contacts.get(bridge.jid(PersonId(ask.address.chat)))
    picture = contact.picture if contact else None
    wanted = [item.get("id") for item in asked.iterfind(ITEM)]
    if picture is None or not picture.hash or (wanted and picture.hash not in wanted):
        raise CommandRefused(Reason.NOT_FOUND, tr("They have no such picture."))
    if asked.get("node") == METADATA:
        return _answer(METADATA, picture, metadata(picture))
    if asked.get("node") != DATA:
        raise CommandRefused(Reason.NOT_FOUND, tr("There is no such node."))
    avatar = avatars.picture(bridge, contact)
    if avatar is None:
        raise CommandRefused(Reason.NOT_FOUND, tr("The network does not give it any more."))
    text = b64encode(avatar.data).decode()
    return _answer(DATA, picture, element(f"{{{DATA}}}data", text))


def _answer(node: str, picture: KnownPicture, payload: Element) -> Element:
    item = element(ITEM, payload, id=picture.hash)
    return element(f"{{{PUBSUB}}}pubsub", element(ITEMS, item, node=node))


IQS: Table = {("get", f"{{{PUBSUB}}}pubsub"): items}
"""Nobody can publish here: that answers service-unavailable, as whatever else is not known."""
