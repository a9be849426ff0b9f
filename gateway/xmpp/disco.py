"""Service Discovery (XEP-0030): what a transport, a person and a room are, and what is in them.

jid                      items
irc.example.org          its rooms; where users choose servers, the servers they chose; where the
                         network lists no rooms, further accounts of the user
irc.verona.lit@…         the rooms of that server
#balcony@…               those in it, if you are
node …/commands          the commands
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from gateway.commands import ListRooms
from gateway.errors import CommandRefused, Reason
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp import caps, commands, directory, forms, rsm
from gateway.xmpp.access import (
    bridge_of,
    is_occupant,
    is_online,
    joined_room,
    require_admitted,
    require_occupant,
    require_seat,
)
from gateway.xmpp.actions import name_of
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.elements import element
from gateway.xmpp.features import DISCO_INFO, DISCO_ITEMS, features, identities
from gateway.xmpp.iq import Ask, Table
from gateway.xmpp.jid import resource
from gateway.xmpp.rooms import Room

XEPS = {"XEP-0030": "2.5.0"}

MUC_ROOMINFO = "http://jabber.org/protocol/muc#roominfo"
RESERVED_NICK = "x-roomuser-item"
TRAFFIC = "http://jabber.org/protocol/muc#traffic"

ROOM_FEATURES = ("muc_semianonymous",)
"""XEP-0045, section 15.3.  Nobody in a room sees a JID that is not the gateway's.  Whether it is
moderated, hidden or for members only, networks do not tell in advance, so we say neither."""


# Info.


def info(ask: Ask) -> Element:
    if ask.address.kind is not Kind.SERVER:
        require_admitted(ask)
    node = ask.payload.get("node", "")
    kind = _kind(ask)
    if is_occupant(ask):  # XEP-0045, section 6.6.
        require_occupant(require_seat(ask, Reason.BAD_REQUEST), ask.resource)
    if not node or (kind is not Kind.ROOM and node == caps.node(kind, ask.transport)):
        return _described(ask, kind, node)
    if node == COMMANDS and kind is not Kind.ROOM:
        return _info(node, [("automation", "command-list", tr("Commands"))], [DISCO_ITEMS])
    titles = commands.offered(kind, ask.transport.network)
    if node in titles:
        return _info(node, [("automation", "command-node", titles[node])], [COMMANDS, forms.DATA])
    if kind is Kind.ROOM and node == RESERVED_NICK:
        return _reserved_nick(ask)
    if kind is Kind.ROOM and node == TRAFFIC:
        raise CommandRefused(Reason.NOT_SUPPORTED, tr("What passes a room depends on its network."))
    raise _no_node(node)


def _described(ask: Ask, kind: Kind, node: str) -> Element:
    network = ask.transport.network
    name = ask.address.chat if kind is Kind.ROOM else ask.transport.name
    offered: Iterable[str] = features(kind, network)
    answer = _info(node, identities(kind, network, name), offered)
    if kind is Kind.ROOM:
        answer.extend(element(f"{{{DISCO_INFO}}}feature", var=var) for var in ROOM_FEATURES)
        if room := joined_room(ask):
            answer.append(_room_info(room))
    return answer


def _room_info(room: Room) -> Element:
    """XEP-0045, section 6.4."""
    return forms.named_result(
        MUC_ROOMINFO,
        [
            ("muc#roominfo_occupants", str(len(room.occupants))),
            ("muc#roominfo_subject", room.subject),
        ],
    )


def _reserved_nick(ask: Ask) -> Element:
    """XEP-0045, section 7.12: the name they have on the network, and so in every room of it."""
    bridge = bridge_of(ask)
    if bridge is None or not bridge.me:
        return _info(RESERVED_NICK, [], [])
    return _info(RESERVED_NICK, [("conference", "text", resource(bridge.me))], [])


def _info(node: str, identities: Iterable[tuple[str, str, str]], offered: Iterable[str]) -> Element:
    return element(
        f"{{{DISCO_INFO}}}query",
        *(
            element(f"{{{DISCO_INFO}}}identity", category=category, type=type_, name=name)
            for category, type_, name in identities
        ),
        *(element(f"{{{DISCO_INFO}}}feature", var=var) for var in offered),
        node=node or None,
    )


# Items.


def items(ask: Ask) -> Element:
    node = ask.payload.get("node", "")
    kind = _kind(ask)
    if node == COMMANDS:
        titles = commands.offered(kind, ask.transport.network)
        rows = [(ask.to, title, name) for name, title in titles.items()]
        return _items(node, rows)
    if node in commands.offered(kind, ask.transport.network):
        return _items(node, [])
    if node:
        raise _no_node(node)
    match kind:
        case Kind.SERVER:
            bridge = bridge_of(ask)
            if bridge and ListRooms in ask.transport.network.commands:
                return _rooms(ask, bridge)
            return _items("", _accounts(ask))
        case Kind.ROOM:
            return _occupants(ask)
        case Kind.PERSON:
            return _items("", [])


def _accounts(ask: Ask) -> list[tuple[str, str, str]]:
    """Of the user, at the transport's own address: those that have addresses of their own."""
    if ask.address.account:
        return []
    bridges = ask.user.bridges(ask.transport.domain)
    return [(bridge.address, name_of(bridge), "") for bridge in bridges if bridge.key.account]


def _rooms(ask: Ask, bridge: Bridge) -> Element:
    """The largest come first, so that those who know nothing of pages get these."""
    if not is_online(bridge):
        return _items("", [])
    listed = directory.rooms(bridge)
    page = rsm.page([room.room for room in listed], ask.payload)
    rows = []
    for room in listed[page.start : page.stop]:
        try:
            address = bridge.jid(room.room)
        except CommandRefused:
            continue  # No JID can carry its name, so nobody can join it.
        people = "" if room.occupants is None else f" ({room.occupants})"
        rows.append((address, f"{room.room}{people}", ""))
    return _items("", rows, page.set)


def _occupants(ask: Ask) -> Element:
    room = joined_room(ask)
    if room is None:
        return _items("", [])
    nicks = sorted(resource(occupant.person) for occupant in room.occupants.values())
    page = rsm.page(nicks, ask.payload)
    rows = [(f"{room.jid}/{nick}", nick, "") for nick in nicks[page.start : page.stop]]
    return _items("", rows, page.set)


def _items(node: str, rows: Iterable[tuple[str, str, str]], page: Element | None = None) -> Element:
    """``rows``: JID, name, node."""
    return element(
        f"{{{DISCO_ITEMS}}}query",
        *(
            element(f"{{{DISCO_ITEMS}}}item", jid=jid, name=name, node=inner or None)
            for jid, name, inner in rows
        ),
        page,
        node=node or None,
    )


def _kind(ask: Ask) -> Kind:
    return Kind.PERSON if is_occupant(ask) else ask.address.kind


def _no_node(node: str) -> CommandRefused:
    return CommandRefused(Reason.NOT_FOUND, tr("There is no node {node!r} here.").format(node=node))


IQS: Table = {
    ("get", f"{{{DISCO_INFO}}}query"): info,
    ("get", f"{{{DISCO_ITEMS}}}query"): items,
}
