"""Blocking people on their network: by the commands ``block`` and ``unblock`` of a person, and by
XEP-0191 at the transport.

What clients send for XEP-0191 goes to the user's own server, as a rule, which then keeps from them
what we deliver, and tells nobody: they do not notice, and neither do we.  To be blocked where the
other side notices, by a network that can, it has to be asked of us.
"""

from contextlib import suppress
from xml.etree.ElementTree import Element

from gateway.commands import Block, ListBlocked
from gateway.errors import CommandRefused, Reason
from gateway.events import BlockedListed
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.words import mark, tr
from gateway.xmpp import actions, jid, stanzas
from gateway.xmpp.access import (
    is_occupant,
    require_bridge,
    require_command,
    require_occupant,
    require_seat,
    require_server,
    unexpected,
)
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask, Asker, Table
from gateway.xmpp.steps import Done

BLOCKING = "urn:xmpp:blocking"

XEPS = {"XEP-0191": "1.3"}

FEATURES = {Kind.SERVER: (BLOCKING,)}

ITEM = f"{{{BLOCKING}}}item"

MOST_AT_ONCE = 50
"""People of one request; each is a question to the network."""

MOST_WATCHERS = 16
"""Clients of one user that are told of changes; many more than that were there once."""


# Commands.


def block(ask: Asker) -> Done:
    return _block_one(ask, True, mark("{name} is blocked."))


def unblock(ask: Asker) -> Done:
    return _block_one(ask, False, mark("{name} is not blocked any more."))


def _block_one(ask: Asker, is_blocked: bool, words: str) -> Done:
    """
    Raises:
        CommandRefused: there is no session, or the network says no.
    """
    if is_occupant(ask):
        person = require_occupant(require_seat(ask), ask.resource).person
    else:
        person = PersonId(ask.address.chat)
    bridge = require_bridge(ask)
    _block(bridge, person, is_blocked)
    _push(bridge, is_blocked, [person])
    return Done(text=tr(words).format(name=person))


def _block(bridge: Bridge, person: PersonId, is_blocked: bool) -> None:
    bridge.ask(lambda token: Block(person=person, is_blocked=is_blocked, token=token))


# XEP-0191.


def list_blocked(ask: Ask) -> Element:
    bridge = _require_one(ask)
    items = [element(ITEM, jid=found) for found in _addresses(bridge, _blocked(bridge))]
    if len(bridge.block_watchers) >= MOST_WATCHERS:
        bridge.block_watchers.clear()
    bridge.block_watchers.add(ask.sender)
    return element(f"{{{BLOCKING}}}blocklist", *items)


def block_all(ask: Ask) -> None:
    bridge = _require_one(ask)
    people = _named(bridge, ask.payload)
    if not people:
        raise CommandRefused(Reason.BAD_REQUEST, tr("Name whom to block."))  # Section 3.3.
    _change(bridge, people, True)


def unblock_all(ask: Ask) -> None:
    """Those named, or, if nobody is, all."""
    bridge = _require_one(ask)
    _change(bridge, _named(bridge, ask.payload) or _blocked(bridge)[:MOST_AT_ONCE], False)


def _require_one(ask: Ask) -> Bridge:
    require_command(ask, ListBlocked)
    require_server(ask, tr("Ask {domain} for that.").format(domain=ask.transport.domain))
    return actions.require_one(ask.user, ask.transport, ask.address.account)


def _blocked(bridge: Bridge) -> list[PersonId]:
    answer = bridge.ask(lambda token: ListBlocked(token=token))
    if not isinstance(answer, BlockedListed):
        raise unexpected(answer)
    return list(answer.people)


def _named(bridge: Bridge, query: Element) -> list[PersonId]:
    """
    Raises:
        CommandRefused: somebody is nobody of this network, or they are too many.
    """
    items = query.findall(ITEM)
    if len(items) > MOST_AT_ONCE:
        raise CommandRefused(
            Reason.TOO_MUCH,
            tr("Not more than {most_at_once} at once.").format(most_at_once=MOST_AT_ONCE),
        )
    return [_person(bridge, item.get("jid", "")) for item in items]


def _person(bridge: Bridge, address: str) -> PersonId:
    local, domain, _ = jid.split(jid.parse(address))
    if domain != bridge.transport.domain:
        raise CommandRefused(
            Reason.NOT_FOUND, tr("{address} is not on this network.").format(address=address)
        )
    found = bridge.addressing.parse(jid.unescape(local))
    if found.kind is not Kind.PERSON or found.account != bridge.key.account:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("{address} is nobody that can be blocked.").format(address=address),
        )
    return PersonId(found.chat)


def _change(bridge: Bridge, people: list[PersonId], is_blocked: bool) -> None:
    """One after the other; what was done before one is refused is told all the same."""
    done: list[PersonId] = []
    try:
        for person in people:
            _block(bridge, person, is_blocked)
            done.append(person)
    finally:
        _push(bridge, is_blocked, done)


def _addresses(bridge: Bridge, people: list[PersonId]) -> list[str]:
    """Of those who have one: nobody can do anything about the others."""
    found = []
    for person in people:
        with suppress(CommandRefused):
            found.append(bridge.jid(person))
    return found


def _push(bridge: Bridge, is_blocked: bool, people: list[PersonId]) -> None:
    """To clients that have the list (section 3.3).  They answer, and nobody needs to know."""
    if not (jids := _addresses(bridge, people)):
        return
    verb = "block" if is_blocked else "unblock"
    items = "".join(f"<item jid='{stanzas.escape(jid)}'/>" for jid in jids)
    for client in bridge.block_watchers:
        bridge.out.write(
            f"<iq type='set' from='{stanzas.escape(bridge.address)}' "
            f"to='{stanzas.escape(client)}' id='{stanzas.new_id()}'>"
            f"<{verb} xmlns='{BLOCKING}'>{items}</{verb}></iq>"
        )


IQS: Table = {
    ("get", f"{{{BLOCKING}}}blocklist"): list_blocked,
    ("set", f"{{{BLOCKING}}}block"): block_all,
    ("set", f"{{{BLOCKING}}}unblock"): unblock_all,
}
