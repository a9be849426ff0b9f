"""Running a room (XEP-0045, sections 8 to 10): kick, roles, affiliations and the lists of them.

    <item nick= role='none'/>       Kick
    <item nick= role=/>             SetRole
    <item nick= or jid= affiliation=/>   SetAffiliation: of somebody, or of a mask of the network's
                                    own form (``*!*@evil.example``), which is the escaped local part
                                    of a JID of ours, and so can be taken from a list and sent back

The network decides who may.
"""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.commands import Kick, ListAffiliations, SetAffiliation, SetRole
from gateway.errors import CommandRefused, Reason
from gateway.events import Affiliation, AffiliationsListed, Occupant, Role
from gateway.ids import PersonId, Token
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp import forms, jid, labels
from gateway.xmpp.access import require_bridge, require_occupant, require_seat, unexpected
from gateway.xmpp.elements import element, text
from gateway.xmpp.iq import Ask, Table

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"

ITEM = f"{{{ADMIN}}}item"

XEPS = {"XEP-0045": "1.35.1"}

MOST = 50
"""Items of one IQ.  Each waits for the network, and networks limit how fast they are told."""

Change = Kick | SetRole | SetAffiliation
MakeChange = Callable[[Token], Change]


@dataclass(frozen=True, slots=True)
class Item:
    nick: str
    jid: str
    role: Role | None
    affiliation: Affiliation | None
    reason: str


# Lists.


def get_list(ask: Ask) -> Element:
    _require_room(ask)
    wanted = _items(ask)
    if len(wanted) != 1:
        raise CommandRefused(Reason.BAD_REQUEST, tr("Ask for one list at a time."))
    item = wanted[0]
    if item.role is not None:
        found = _by_role(ask, item.role)
    else:
        assert item.affiliation
        found = _by_affiliation(ask, item.affiliation)
    return element(f"{{{ADMIN}}}query", *found)


def _by_role(ask: Ask, role: Role) -> list[Element]:
    room = require_seat(ask)
    return [_occupant(room.jid, o) for o in room.occupants.values() if o.role is role]


def _occupant(room: str, occupant: Occupant) -> Element:
    nick = jid.resource(occupant.person)
    return element(
        ITEM,
        affiliation=occupant.affiliation.value,
        role=occupant.role.value,
        nick=nick,
        jid=f"{room}/{nick}",
    )


def _by_affiliation(ask: Ask, affiliation: Affiliation) -> list[Element]:
    answer = require_bridge(ask).ask(
        lambda token: ListAffiliations(room=ask.address.chat, affiliation=affiliation, token=token)
    )
    if not isinstance(answer, AffiliationsListed):
        raise unexpected(answer)
    return [_entry(ask, affiliation, who, reason) for who, reason in answer.entries]


def _entry(ask: Ask, affiliation: Affiliation, who: str, reason: str) -> Element:
    try:
        address = jid.address(who, ask.transport.domain)
    except CommandRefused:
        address = None  # Nothing to send back, but to read all the same.
    why = element(f"{{{ADMIN}}}reason", reason) if reason else None
    return element(ITEM, why, affiliation=affiliation.value, jid=address, nick=who)


# Changes.


def change(ask: Ask) -> None:
    """All items are understood before the first is done; the first refusal ends it."""
    _require_room(ask)
    changes = [_change(ask, item) for item in _items(ask)]
    bridge = require_bridge(ask)
    for make in changes:
        bridge.ask(make)


def _change(ask: Ask, item: Item) -> MakeChange:
    if item.role is None:
        assert item.affiliation
        return _affiliation(ask, item, item.affiliation)
    if not item.nick:
        raise CommandRefused(Reason.BAD_REQUEST, tr("Roles are given by nickname."))
    person = require_occupant(require_seat(ask), item.nick).person
    if item.role is Role.NONE:
        return _kick(ask, person, item.reason)
    return _role(ask, person, item.role)


def _kick(ask: Ask, person: PersonId, reason: str) -> MakeChange:
    room = ask.address.chat
    return lambda token: Kick(room=room, person=person, token=token, reason=reason)


def _role(ask: Ask, person: PersonId, role: Role) -> MakeChange:
    room = ask.address.chat
    return lambda token: SetRole(room=room, person=person, role=role, token=token)


def _affiliation(ask: Ask, item: Item, affiliation: Affiliation) -> MakeChange:
    who = _who(ask, item)
    return lambda token: SetAffiliation(
        room=ask.address.chat, who=who, affiliation=affiliation, token=token, reason=item.reason
    )


def _who(ask: Ask, item: Item) -> str:
    if not item.jid:
        return item.nick
    local, domain, _ = jid.split(jid.parse(item.jid))
    resource = item.jid.partition("/")[2]
    if domain != ask.transport.domain:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE, tr("{jid!r} is not on this network.").format(jid=item.jid)
        )
    if resource:  # An occupant, by their address in the room.
        return require_occupant(require_seat(ask), resource).person
    name = jid.unescape(local)
    try:
        address = labels.addressing(ask.transport).parse(name)
    except CommandRefused:
        return name  # A mask.
    return address.chat if address.kind is Kind.PERSON else name


# Reading items.


def _items(ask: Ask) -> list[Item]:
    items = ask.payload.findall(ITEM)
    if not items:
        raise CommandRefused(Reason.BAD_REQUEST, tr("There is no item."))
    if len(items) > MOST:
        raise CommandRefused(
            Reason.TOO_MUCH, tr("No more than {most} items at a time.").format(most=MOST)
        )
    return [_item(item, is_change=ask.iq["type"] == "set") for item in items]


def _item(item: Element, is_change: bool) -> Item:
    try:
        role = Role(item.attrib["role"]) if "role" in item.attrib else None
        affiliation = (
            Affiliation(item.attrib["affiliation"]) if "affiliation" in item.attrib else None
        )
    except ValueError:
        raise CommandRefused(Reason.BAD_REQUEST, tr("There is no such role.")) from None
    if (role is None) == (affiliation is None):
        raise CommandRefused(Reason.BAD_REQUEST, tr("An item has a role or an affiliation."))
    read = Item(
        nick=item.get("nick", ""),
        jid=item.get("jid", ""),
        role=role,
        affiliation=affiliation,
        reason=text(item, f"{{{ADMIN}}}reason"),
    )
    if is_change and not (read.nick or read.jid):
        raise CommandRefused(Reason.BAD_REQUEST, tr("An item names nobody."))
    return read


def _require_room(ask: Ask) -> None:
    if ask.address.kind is not Kind.ROOM or ask.resource:
        raise CommandRefused(Reason.NOT_SUPPORTED, tr("Only rooms have that."))


# The owner's part.


def refuse_form(ask: Ask) -> None:
    """Section 10.2: there is nothing a form could hold."""
    _require_room(ask)
    title = ask.transport.network.title
    raise CommandRefused(
        Reason.NOT_SUPPORTED,
        tr("Rooms of {title} have no form. Use commands of {title} itself.").format(title=title),
    )


def configure(ask: Ask) -> None:
    """Section 10.1.2: an empty form means that the room is all right as it is."""
    _require_room(ask)
    if ask.payload.find(f"{{{OWNER}}}destroy") is not None:
        raise CommandRefused(
            Reason.NOT_ALLOWED,
            tr("Rooms of {title} cannot be destroyed. They end when all leave.").format(
                title=ask.transport.network.title
            ),
        )
    if forms.find(ask.payload) is None:
        raise CommandRefused(Reason.BAD_REQUEST, tr("There is no form."))
    if forms.is_cancelled(ask.payload):
        return
    if set(forms.submitted(ask.payload) or {}) - {"FORM_TYPE"}:
        refuse_form(ask)


FEATURES: dict[Kind, tuple[str, ...]] = {}

IQS: Table = {
    ("get", f"{{{ADMIN}}}query"): get_list,
    ("set", f"{{{ADMIN}}}query"): change,
    ("get", f"{{{OWNER}}}query"): refuse_form,
    ("set", f"{{{OWNER}}}query"): configure,
}
