"""https://xmpp.org/extensions/xep-0163.html: what users publish, as we are told of it"""

from xml.etree.ElementTree import fromstring

from gateway.xmpp.pep import EVENT, items_of


def test_items() -> None:
    event = fromstring(f"<event xmlns='{EVENT}'><items node='a'><item id='x'/></items></event>")
    items = items_of(event, "a")
    assert items is not None
    assert items[0].get("id") == "x"
    assert items_of(event, "b") is None
    assert items_of(fromstring(f"<event xmlns='{EVENT}'><purge node='a'/></event>"), "a") is None
