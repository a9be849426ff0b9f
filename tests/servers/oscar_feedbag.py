"""Family 13: the list of contacts that the server keeps, and who may be on whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.servers import oscar_presence as presence
from tests.servers.oscar_kinds import FEEDBAG, GENERIC
from tests.servers.oscar_users import AWAITING, Class, Item, User, ident, read_items
from tests.servers.oscar_wire import (
    EXTENDED,
    MORE_FOLLOWS,
    Reader,
    Snac,
    Tlvs,
    name8,
    string16,
    tlvs,
    u8,
    u16,
    u32,
)
from tests.servers.oscar_world import Handlers, Link, World

OK, NOT_FOUND, EXISTS, CANNOT_ADD, LIMIT_REACHED, NEEDS_AUTHORISATION = 0, 2, 3, 0xA, 0xC, 0xE
"""Results in 13/0e."""

NOT_SUPPORTED = 8

HIGHEST_ID = 0x7FFF

DELETE = 0x0A


def query(link: Link, snac: Snac) -> None:  # 13/04
    items = sorted(link.me.items.values(), key=lambda item: item.key)
    size = link.world.feedbag_part
    parts = [items[at : at + size] for at in range(0, len(items), size)] or [[]]
    for number, part in enumerate(parts, 1):
        body = b"".join(item.pack() for item in part)
        answer = u8(0) + u16(len(part)) + body + u32(int(link.me.changed))
        link.reply(snac, 6, answer, flags=MORE_FOLLOWS if number < len(parts) else 0)


def query_if_modified(link: Link, snac: Snac) -> None:  # 13/05
    reader = Reader(snac.data)
    asked, count = reader.u32(), reader.u16()
    reader.end()
    changed, size = int(link.me.changed), len(link.me.items)
    if link.world.kind.shares_accounts and size and changed < asked:
        return link.reply(snac, 0x0F, u32(changed) + u8(size & 0xFF))
    if not link.world.kind.shares_accounts and (changed, size) == (asked, count):
        return link.reply(snac, 0x0F, u32(changed) + u16(size))
    return query(link, snac)


def activate(link: Link, snac: Snac) -> None:  # 13/07
    """From here on the server would use the list; ours always does."""


def begin(link: Link, snac: Snac) -> None:  # 13/11
    if link.edits is not None:
        link.world.violation(link, "13/11 inside a transaction")
    link.edits = set()


def end(link: Link, snac: Snac) -> None:  # 13/12
    if link.edits is None:
        link.world.violation(link, "13/12 without 13/11")
    touched, link.edits = link.edits or set(), None
    if not link.world.kind.shares_accounts:
        link.me.changed = link.world.clock.now()
    _apply(link, touched)


# Changes.

Change = Callable[[Link, Item], int]


def _change(change: Change) -> Callable[[Link, Snac], None]:
    def handle(link: Link, snac: Snac) -> None:
        items = read_items(snac.data)
        if not items:
            link.world.violation(link, f"SNAC(13,{snac.subtype:02x}) without an item")
        if any(_is_self(link, item) for item in items):
            return link.refuse(snac, NOT_SUPPORTED)
        was = presence.self_info(link)
        results = [change(link, item) for item in items]
        link.reply(snac, 0x0E, b"".join(map(u16, results)))
        done = [item for item, result in zip(items, results, strict=True) if result == OK]
        _tell_other_clients(link, snac, done)
        touched = {ident(item.name) for item in done if item.kind == Class.BUDDY}
        if any(item.kind in (Class.PERMIT, Class.DENY, Class.PRIVACY) for item in done):
            touched |= set(link.world.users)
        icons = [item for item in done if item.kind == Class.ICON]
        if icons and snac.subtype == DELETE:
            link.push(GENERIC, 0x0F, was, id=0)  # Told too early: it still has the icon.
            presence.announce(link.world, link.me)
        elif icons:
            _icon_changed(link, icons)
        if link.edits is None:
            _apply(link, touched)
        else:
            link.edits |= touched
        return None

    return handle


def _is_self(link: Link, item: Item) -> bool:
    return item.kind == Class.DENY and ident(item.name) == link.me.id


def _insert(link: Link, item: Item) -> int:
    world, user = link.world, link.me
    _check_ids(link, item)
    if item.key in user.items:
        return EXISTS
    if len(user.items) >= world.feedbag_limit:
        return LIMIT_REACHED
    if item.kind == Class.BUDDY:
        if world.kind.uins_only and not item.name.isdigit():
            return CANNOT_ADD
        result, item = _with_authorisation(link, item)
        if result != OK:
            return result
    _keep(link, item)
    return OK


def _with_authorisation(link: Link, item: Item) -> tuple[int, Item]:
    """ICQ users are told that they must ask; for AIM users the server asks at once."""
    target = link.world.find(item.name)
    if target is None or not target.authorise or link.me.id in target.authorised:
        if target is not None and target.is_icq and AWAITING not in item.fields:
            _added(link.world, link.me, target)
        return OK, item
    if AWAITING in item.fields:
        return OK, item
    if link.me.is_icq:
        return NEEDS_AUTHORISATION, item
    _ask(link.world, link.me, target, b"")
    return OK, replace(item, tlvs=item.tlvs + tlvs((AWAITING, b"")))


def _update(link: Link, item: Item) -> int:
    if item.key not in link.me.items:
        return NOT_FOUND
    old = link.me.items[item.key]
    if old.kind != item.kind:
        return CANNOT_ADD
    if AWAITING in old.fields and AWAITING not in item.fields and item.kind == Class.BUDDY:
        target = link.world.find(item.name)
        if target and target.authorise and link.me.id not in target.authorised:
            return NEEDS_AUTHORISATION
    _keep(link, item)
    return OK


def _delete(link: Link, item: Item) -> int:
    if item.key not in link.me.items:
        return NOT_FOUND
    del link.me.items[item.key]
    return OK


def _check_ids(link: Link, item: Item) -> None:
    root = item.kind == Class.GROUP
    if item.group > HIGHEST_ID or item.number > HIGHEST_ID or (not root and not item.number):
        what = f"item {item.group}/{item.number} of class {item.kind}"
        link.world.violation(link, f"{what}: ids are 1 to 7fff")


def _keep(link: Link, item: Item) -> None:
    """open-oscar-server keeps names normalised, the others as they came."""
    named = item.kind in (Class.BUDDY, Class.PERMIT, Class.DENY)
    if named and link.world.kind.shares_accounts:
        item = replace(item, name=ident(item.name))
    link.me.items[item.key] = item
    _version(link.world, link.me)


def _version(world: World, user: User) -> None:
    """open-oscar-server has one of each item that is there, IServerd of what 13/11 and 13/12 are
    around."""
    if world.kind.shares_accounts:
        user.changed = world.clock.now()


def _tell_other_clients(link: Link, snac: Snac, items: list[Item]) -> None:
    body = b"".join(item.pack() for item in items)
    for other in link.world.online(link.me):
        if other is not link and items:
            other.push(FEEDBAG, snac.subtype, body)


def _apply(link: Link, touched: set[str]) -> None:
    """Both sides of every name that a change was about learn how they now see each other."""
    world, user = link.world, link.me
    for other in [world.users[name] for name in sorted(touched) if name in world.users]:
        for client in world.online(user):
            presence.look(world, client, other)
        for client in world.online(other):
            presence.look(world, client, user, again=False)


def _icon_changed(link: Link, icons: list[Item]) -> None:
    world = link.world
    for icon in icons:
        value = icon.fields[0xD5]
        if len(value) < 2 or len(value) != 2 + value[1]:
            world.violation(link, f"icon id (TLV d5) {value.hex()}")
        link.push(GENERIC, 0x21, u16(1) + presence.icon_id(world, value), id=0)
    link.push(GENERIC, 0x0F, presence.self_info(link), id=0)
    wanted = [presence.icon_id(world, icon.fields[0xD5])[0] for icon in link.me.of(Class.ICON)]
    if not any(flags & presence.ICON_UPLOAD for flags in wanted):
        presence.announce(world, link.me)  # Else once the picture is here.


# Authorisation.


def _extended(kind: int, data: bytes) -> bytes:
    return string16(tlvs((1, u16(kind)))) + data


def tell(world: World, user: User, subtype: int, data: bytes) -> None:
    """13/19, 13/1b, 13/1c and 13/15: at once, or when he signs on."""
    clients = world.online(user)
    if not clients:
        user.notices.append((subtype, data))
    for client in clients:
        if world.kind.shares_accounts:
            number = 4 if subtype == 0x1C else 2
            client.push(FEEDBAG, subtype, _extended(number, data), flags=EXTENDED, id=0)
        else:
            client.push(FEEDBAG, subtype, data)


def _ask(world: World, asker: User, target: User, reason: bytes) -> None:
    name = asker.name if asker.is_icq else asker.id
    tell(world, target, 0x19, name8(name) + string16(reason) + u16(0))


def _added(world: World, who: User, target: User) -> None:
    name = who.name if who.is_icq else who.id
    rest = u16(0) if world.kind.shares_accounts else b""
    tell(world, target, 0x1C, name8(name) + rest)


def pre_authorise(link: Link, snac: Snac) -> None:  # 13/14
    reader = Reader(snac.data)
    target = link.world.find(reader.name8())
    reason = reader.string16()
    if target:
        link.me.authorised.add(target.id)
        tell(link.world, target, 0x15, name8(link.me.name) + string16(reason) + u16(0))


def ask(link: Link, snac: Snac) -> None:  # 13/18
    reader = Reader(snac.data)
    target = link.world.find(reader.name8())
    reason = reader.string16()
    if reader.left:
        reader.u16()
    reader.end()
    if target is None:
        return link.refuse(snac, presence.NOT_LOGGED_ON)
    return _ask(link.world, link.me, target, reason)


def answer(link: Link, snac: Snac) -> None:  # 13/1a
    reader = Reader(snac.data)
    asker = link.world.find(reader.name8())
    granted, reason = reader.u8(), reader.string16()
    if reader.left or not link.world.kind.shares_accounts:
        reader.u16()
    reader.end()
    if granted not in (0, 1):
        link.world.violation(link, f"13/1a with {granted} for yes or no")
    if asker is None:
        return link.refuse(snac, presence.NOT_LOGGED_ON)
    return decide(link.world, link.me, asker, bool(granted), reason)


def decide(world: World, owner: User, asker: User, granted: bool, reason: bytes) -> None:
    """Without an item that waits for it the asker is told that he is *pre*-authorised."""
    waiting = [item for item in asker.of(Class.BUDDY) if ident(item.name) == owner.id]
    waiting = [item for item in waiting if AWAITING in item.fields]
    if granted:
        owner.authorised.add(asker.id)
    if granted and not waiting:
        return tell(world, asker, 0x15, name8(owner.name) + string16(b"") + u16(0))
    if granted:
        _release(world, asker, waiting)
    kept = b"" if granted else reason
    tell(world, asker, 0x1B, name8(owner.name) + u8(granted) + string16(kept) + u16(0))
    if granted:
        for client in world.online(asker):
            presence.look(world, client, owner)
        if owner.is_icq:
            _added(world, asker, owner)
        for client in world.online(owner):
            presence.look(world, client, asker, again=False)
    return None


def _release(world: World, asker: User, waiting: list[Item]) -> None:
    for item in waiting:
        rest = Tlvs([pair for pair in item.fields.pairs if pair[0] != AWAITING])
        free = replace(item, tlvs=rest.pack())
        asker.items[item.key] = free
        _version(world, asker)
        for client in world.online(asker):
            client.push(FEEDBAG, 9, free.pack(), id=0)


def deliver_notices(link: Link) -> None:
    notices, link.me.notices = link.me.notices, []
    for subtype, data in notices:
        tell(link.world, link.me, subtype, data)


HANDLERS: Handlers = {
    (FEEDBAG, 0x04): query,
    (FEEDBAG, 0x05): query_if_modified,
    (FEEDBAG, 0x07): activate,
    (FEEDBAG, 0x08): _change(_insert),
    (FEEDBAG, 0x09): _change(_update),
    (FEEDBAG, 0x0A): _change(_delete),
    (FEEDBAG, 0x11): begin,
    (FEEDBAG, 0x12): end,
    (FEEDBAG, 0x14): pre_authorise,
    (FEEDBAG, 0x18): ask,
    (FEEDBAG, 0x1A): answer,
}
