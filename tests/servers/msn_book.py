"""The address book and the lists: what is stored, and what others are told when it changes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from tests.servers import msn_presence as presence
from tests.servers.msn_users import Contact, Lists, User, domain
from tests.servers.msn_wire import quote
from tests.servers.msn_world import World

NOTIFICATION = """\
<NOTIFICATION id="0" siteid="45705" siteurl="http://contacts.msn.com">\r
\t<TO pid="0x{low}:0x{high}" name="{address}">\r
\t\t<VIA agent="messenger" />\r
\t</TO>\r
\t<MSG id="0">\r
\t\t<SUBSCR url="s.htm" />\r
\t\t<ACTION url="a.htm" />\r
\t\t<BODY>\r
\t\t\t&lt;NotificationData xmlns:xsd="http://www.w3.org/2001/XMLSchema" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"&gt;\r
\t\t\t\t&lt;Service&gt;ABCHInternal&lt;/Service&gt;\r
\t\t\t\t&lt;CID&gt;{cid}&lt;/CID&gt;\r
\t\t\t\t&lt;LastModifiedDate&gt;{now}&lt;/LastModifiedDate&gt;\r
\t\t\t\t&lt;HasNewItem&gt;false&lt;/HasNewItem&gt;\r
\t\t\t&lt;/NotificationData&gt;\r
\t\t</BODY>\r
\t</MSG>\r
</NOTIFICATION>"""


def stamp(world: World) -> str:
    return datetime.fromtimestamp(world.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ml(address: str, attributes: str) -> bytes:
    """The payload of ADL and RML, from the server."""
    name = address.partition("@")[0]
    contact = f'<c n={quoteattr(name)} t="1" {attributes} />'
    return f"<ml><d n={quoteattr(domain(address))}>{contact}</d></ml>".encode()


def add_contact(world: World, user: User, other: User) -> Contact:
    """Once; the other one's is told, or finds it in Pending."""
    if contact := user.contacts.get(other.key):
        return contact
    contact = user.contacts[other.key] = Contact(other.address, str(other.id), other.name)
    if not user.lists[Lists.BLOCK] & {other.key}:
        user.lists[Lists.ALLOW].add(other.key)
    if user is not other:
        _enter_reverse(world, user, other)
    presence.refresh(world)
    return contact


def _enter_reverse(world: World, user: User, other: User) -> None:
    known = other.bits(user.key) & (Lists.FORWARD | Lists.ALLOW | Lists.BLOCK)
    other.lists[Lists.REVERSE if known else Lists.PENDING].add(user.key)
    name = f'l="8" f={quoteattr(quote(user.name))}'
    _notify(world, other, "ADL", ml(user.address, name))


def delete_contact(world: World, user: User, other: User) -> None:
    if user.contacts.pop(other.key, None) is None:
        return
    for role in (Lists.REVERSE, Lists.PENDING):
        other.lists[role].discard(user.key)
    _notify(world, other, "RML", ml(user.address, 'l="8"'))
    presence.refresh(world)


def _notify(world: World, user: User, name: str, payload: bytes) -> None:
    session = world.session(user)
    if session is None or not session.online:
        return
    session.send(name, "0", payload=payload)
    high, low = user.id.hex[:8], user.id.hex[-8:]
    told = NOTIFICATION.format(
        high=high, low=low, address=user.address, cid=user.cid, now=stamp(world)
    )
    session.send("NOT", payload=told.encode())


def add_member(world: World, user: User, role: Lists, address: str) -> None:
    user.lists[role].add(address)
    presence.refresh(world)


def delete_member(world: World, user: User, role: Lists, address: str) -> None:
    """Who is taken from Pending goes to Reverse, if he still lists this user."""
    user.lists[role].discard(address)
    other = world.find(address)
    if role == Lists.PENDING and other is not None and user.key in other.contacts:
        user.lists[Lists.REVERSE].add(address)
    presence.refresh(world)


def add_group(user: User, name: str) -> str:
    guid = str(uuid.uuid4())
    user.groups[guid] = name
    return guid


def delete_group(user: User, guid: str) -> None:
    del user.groups[guid]
    for contact in user.contacts.values():
        contact.groups.discard(guid)
