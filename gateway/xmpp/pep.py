"""What users publish by PEP (XEP-0163), as it is told to us: like to any other of their contacts.

Their server sends what they last published whenever they come, because our capabilities ask for it
(``…+notify``; section 4.3).
"""

from xml.etree.ElementTree import Element

EVENT = "http://jabber.org/protocol/pubsub#event"

ITEMS = f"{{{EVENT}}}items"


def items_of(event: Element, node: str) -> Element | None:
    """What the event says of this node; None: it is about another."""
    items = event.find(ITEMS)
    return items if items is not None and items.get("node") == node else None
