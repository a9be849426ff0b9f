"""Family 01: how a client signs on to BOS or another service, and what every service answers.

FLAP 1 + cookie   ─►
                  ◄─ 01/03 families
01/17 versions    ─►
                  ◄─ 01/18, and 01/13 message of the day
01/06             ─►
                  ◄─ 01/07 rate classes
01/08             ─►    rights queries, feedbag, 02/04, 04/02, 13/07 …
01/02             ─►    online
                  ◄─ 0b/02, and 03/0b for each buddy who is there
"""

from __future__ import annotations

from tests.servers import oscar_chat as chat
from tests.servers import oscar_feedbag as feedbag
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_login as login
from tests.servers import oscar_presence as presence
from tests.servers.oscar_kinds import (
    BART,
    CHAT,
    CHATNAV,
    GENERIC,
    MINIMUM_INTERVAL,
    STATS,
)
from tests.servers.oscar_rates import Rates
from tests.servers.oscar_users import Shown
from tests.servers.oscar_wire import SIGNOFF, Reader, Snac, tlvs, u8, u16
from tests.servers.oscar_world import SHORT_SIGNOFF, Handlers, Link, Ticket

SHARED = 1
"""Flag of multiple connections (TLV 4a): all stay.  With another the newcomer does, alone."""

MOST_CLIENTS = 5
"""Of one account."""

REPLACED = 1
"""TLV 09 of a signoff frame: another client took over, or rates were exceeded."""

OOS_TEXT = "https://github.com/mk6i/open-oscar-server"
ISD_TEXT = "New client with same uin connected"

FAMILIES = {
    CHATNAV: (CHATNAV, GENERIC),
    CHAT: (GENERIC, CHAT),
    BART: (BART, GENERIC),
}


def families(link: Link) -> tuple[int, ...]:
    return FAMILIES.get(link.service, link.world.kind.families)


def admit(link: Link, ticket: Ticket) -> None:
    """A cookie was right."""
    world = link.world
    link.name, link.user, link.flags = ticket.name, ticket.user, ticket.flags
    link.room = ticket.room
    if ticket.service == GENERIC:
        _make_room(link, ticket)
    link.service = ticket.service
    if ticket.user.shown is None:
        ticket.user.shown = Shown(world.clock.now())
    link.rates = _rates(link, ticket)
    link.push(GENERIC, 3, b"".join(map(u16, families(link))))


def _rates(link: Link, ticket: Ticket) -> Rates | None:
    """BOS, ChatNav and BART of a user count together, each chat room counts for itself."""
    world, user = link.world, ticket.user
    if link.played or user.bot or not world.rates:
        return None
    others = [other for other in world.clients(user) if other is not link and other.rates]
    if others and world.kind.shares_accounts and ticket.service != CHAT:
        return others[0].rates
    return Rates(world.kind, world.clock, user.warning)


def _make_room(link: Link, ticket: Ticket) -> None:
    """Who was there before stays, if both sides allow that; else he is told and goes."""
    world = link.world
    others = world.clients(ticket.user)
    if not others:
        return
    world.overlaps.append(ticket.user.name)
    shared = world.kind.shares_accounts and ticket.flags == SHARED
    if shared and all(other.flags == SHARED for other in others) and len(others) < MOST_CLIENTS:
        for other in others:
            icbm.system_message(
                other,
                f"Your screen name ({ticket.user.name}) is now signed into Open OSCAR Server"
                f" in {len(others) + 1} locations.",
            )
        return
    for other in others:
        displace(other)


def displace(link: Link) -> None:
    """Somebody logged in elsewhere."""
    if link.world.kind.shares_accounts and not link.flags:
        link.close(SHORT_SIGNOFF)
    else:
        link.close(SIGNOFF, _goodbye(link, ISD_TEXT))
    leave(link)


def exceed(link: Link) -> None:
    """Too fast.  The same words as for being displaced."""
    link.close(SIGNOFF, _goodbye(link, OOS_TEXT))


def _goodbye(link: Link, isd_text: str) -> bytes:
    if link.world.kind.shares_accounts:
        return tlvs((0x09, u8(REPLACED)), (0x0B, OOS_TEXT))
    return tlvs((0x09, u16(REPLACED)), (0x0B, isd_text))


def leave(link: Link) -> None:
    """The connection is gone; when it was the last one, others learn that."""
    world = link.world
    if link in world.links:
        world.links.remove(link)
    link.online = False
    if link.service == CHAT:
        chat.left(link)
    user = link.user
    if link.service == GENERIC and user is not None and not world.clients(user):
        user.shown = None
        presence.announce(world, user)


# Handlers.


def versions(link: Link, snac: Snac) -> None:  # 01/17
    kind = link.world.kind
    if kind.shares_accounts:
        link.reply(snac, 0x18, snac.data)
    else:
        known = [u16(family) + u16(kind.versions.get(family, 1)) for family in kind.families]
        link.push(GENERIC, 0x18, b"".join(known))  # With an id of its own.
    link.push(GENERIC, 0x13, kind.motd)


def rates(link: Link, snac: Snac) -> None:  # 01/06
    user = link.me
    counted = link.rates or Rates(link.world.kind, link.world.clock, user.warning)
    link.reply(snac, 7, counted.answer())


def subscribe(link: Link, snac: Snac) -> None:  # 01/08
    reader = Reader(snac.data)
    numbers = {reader.u16() for _ in range(reader.left // 2)}
    reader.end()
    if not numbers <= {limits.number for limits in link.world.kind.rate_classes}:
        link.world.violation(link, f"01/08 for classes {sorted(numbers)}")
    if (GENERIC, 6) not in link.asked:
        link.world.violation(link, "01/08 before 01/06")
    if link.rates:
        link.rates.subscribed |= numbers


def online(link: Link, snac: Snac) -> None:  # 01/02
    reader = Reader(snac.data)
    listed = set()
    while reader.left:
        listed.add(reader.u16())
        reader.take(6)
    unknown = listed - set(families(link)) - {0x22}
    if not listed or unknown:
        link.world.violation(link, f"01/02 for families {sorted(unknown)} of {sorted(listed)}")
    if link.online:
        return link.world.violation(link, "01/02 twice")
    missing = {(GENERIC, 0x17), (GENERIC, 0x06), (GENERIC, 0x08)} - link.asked
    if missing:
        link.world.violation(link, f"01/02 before {sorted(missing)}")
    link.online = True
    if link.service == CHAT:
        return chat.joined(link)
    if link.service == GENERIC:
        _came_online(link)
    return None


def _came_online(link: Link) -> None:
    world = link.world
    presence.announce(world, link.me)
    presence.look_around(world, link)
    feedbag.deliver_notices(link)
    for client in world.online(link.me):
        client.push(STATS, 2, MINIMUM_INTERVAL)
    if world.kind.shares_accounts:
        icbm.announce_stored(link)


def right(link: Link, snac: Snac) -> None:
    subtype, data = link.world.kind.rights[snac.kind]
    link.reply(snac, subtype, data)


def ignore(link: Link, snac: Snac) -> None:
    """Taken without an answer."""


HANDLERS: Handlers = {
    (GENERIC, 0x02): online,
    (GENERIC, 0x06): rates,
    (GENERIC, 0x08): subscribe,
    (GENERIC, 0x17): versions,
    (GENERIC, 0x14): ignore,  # Privacy flags.
    (GENERIC, 0x1F): ignore,  # The answer to a probe.
}

QUERIES: Handlers = {
    (0x02, 0x02): right,
    (0x03, 0x02): right,
    (0x04, 0x04): right,
    (0x09, 0x02): right,
    (0x13, 0x02): right,
    (GENERIC, 0x04): login.service,
}
