"""Families 02 and 03, and what 01 says of oneself: who is there, and how."""

from __future__ import annotations

from tests.servers.oscar_kinds import BUDDY, GENERIC
from tests.servers.oscar_users import Class, Shown, User
from tests.servers.oscar_wire import Reader, Snac, Tlvs, name8, string16, tlvs, u8, u16, u32
from tests.servers.oscar_world import Handlers, Link, World

UNCONFIRMED, FREE, AWAY, OF_ICQ, BOT = 0x01, 0x10, 0x20, 0x40, 0x400
"""User flags, TLV 01."""

FREE_FOR_CHAT, INVISIBLE = 0x20, 0x100
"""ICQ status."""

WEB_AWARE = 0x10000

NOT_LOGGED_ON = 4
BUSTED = 0x0E

ADDRESS = bytes([127, 0, 0, 1])

ICON_UPLOAD = 0x40

INTEROPERATES = bytes.fromhex("0946134d4c7f11d18222444553540000")
"""The capability to talk to the other network, which open-oscar-server tells nobody of."""


def user_info(name: str, warning: int = 0, *pairs: tuple[int, bytes]) -> bytes:
    return name8(name) + u16(warning) + u16(len(pairs)) + tlvs(*pairs)


def read_user_info(reader: Reader) -> tuple[str, int, Tlvs]:
    return reader.name8(), reader.u16(), reader.counted_tlvs()


def described(world: World, user: User, capabilities: bool = True) -> bytes:
    """The user info block of somebody online."""
    shown = user.shown
    assert shown is not None, f"{user.name} is offline"
    describe = _by_oos if world.kind.shares_accounts else _by_isd
    return user_info(user.name, user.warning, *describe(world, user, shown, capabilities))


def _flags(world: World, user: User) -> int:
    """IServerd takes free for chat for a way of being away."""
    shown, by_oos = user.shown, world.kind.shares_accounts
    assert shown is not None, f"{user.name} is offline"
    flags = FREE | (UNCONFIRMED if by_oos else 0)
    flags |= (OF_ICQ if user.is_icq else 0) | (BOT if user.bot else 0)
    status = shown.status & 0xFFFF & ~INVISIBLE
    present = (0, FREE_FOR_CHAT) if by_oos else (0,)
    is_away = bool(shown.away) or (user.is_icq and status not in present)
    return flags | (AWAY if is_away else 0)


def _by_oos(world: World, user: User, shown: Shown, capabilities: bool) -> list[tuple[int, bytes]]:
    pairs = [
        (0x03, u32(int(shown.since))),
        (0x01, u16(_flags(world, user))),
        (0x06, u32(shown.status)),
    ]
    for icon in user.of(Class.ICON):
        pairs.append((0x1D, u16(1) + icon_id(world, icon.fields[0xD5])))
    if shown.idle_since is not None:
        pairs.append((0x04, u16(int(world.clock.now() - shown.idle_since) // 60)))
    if user.is_icq:
        pairs.append((0x0C, shown.direct))
    if capabilities:
        pairs.append((0x0D, _sorted(shown.capabilities)))
    return [*pairs, (0x1E, u32(0))]


def _sorted(capabilities: tuple[bytes, ...]) -> bytes:
    return b"".join(sorted(set(capabilities) - {INTEROPERATES}))


def _by_isd(world: World, user: User, shown: Shown, capabilities: bool) -> list[tuple[int, bytes]]:
    flags = _flags(world, user)
    cookie = int.from_bytes(shown.direct[11:15], "big") * 2 & 0xFFFFFFFF  # Whyever it does so.
    direct = shown.direct[:11] + u32(cookie) + shown.direct[15:]
    pairs = [(0x01, u16(flags)), (0x0C, direct), (0x0A, ADDRESS)]
    if flags & AWAY:
        pairs.append((0x04, b"" if shown.away else u16(1)))
    pairs.append((0x06, u32(shown.status | WEB_AWARE)))
    if capabilities and not flags & AWAY:
        pairs.append((0x0D, b"".join(shown.capabilities)))
    return [*pairs, (0x0F, u32(0)), (0x03, u32(0))]


def brief(world: World, user: User) -> bytes:
    """How IServerd describes the sender of a message."""
    shown = user.shown
    assert shown is not None, f"{user.name} is offline"
    flags = (0x01, u16(_flags(world, user)))
    status = (0x06, u32(shown.status | WEB_AWARE))
    return user_info(user.name, 0, flags, status, (0x0F, u32(3)), (0x03, u32(0)))


def icon_id(world: World, value: bytes) -> bytes:
    """TLV d5 (flags, length, MD5), with the flag that says whether we still want the picture."""
    missing = value[2:] not in world.icons and len(value) == 18
    return u8((value[0] & ~ICON_UPLOAD) | (ICON_UPLOAD if missing else 0)) + value[1:]


# Who sees whom.


def sees(world: World, watcher: User, user: User) -> bool:
    """Presence is sent only for buddies in the feedbag who did not block the watcher."""
    shown = user.shown
    if shown is None or shown.invisible or not world.online(user):
        return False
    if watcher.buddy(user.name) is None or watcher.awaits(user.name):
        return False
    return not user.blocks(watcher) and not watcher.blocks(user)


def look(world: World, link: Link, user: User, again: bool = True) -> None:
    """Tell one client how ``user`` is now; ``again``: also if it knew that he is there."""
    if not link.online or link.me is user:
        return
    if sees(world, link.me, user):
        if again or user.id not in link.seen:
            link.push(BUDDY, 0x0B, described(world, user))
        link.seen.add(user.id)
    elif user.id in link.seen:
        link.seen.discard(user.id)
        if link.me.buddy(user.name) is None:
            return  # Taken off the list: nothing is said.
        blocked = bool(world.online(user)) and user.shown is not None and not user.shown.invisible
        pairs = [] if blocked else [(0x01, u16(0))]
        link.push(BUDDY, 0x0C, user_info(user.id, 0, *pairs))


def announce(world: World, user: User) -> None:
    """Tell everybody who watches ``user``."""
    for link in list(world.links):
        if link.service == GENERIC:
            look(world, link, user)


def look_around(world: World, link: Link) -> None:
    for user in world.users.values():
        look(world, link, user, again=False)


# 01: oneself.


def self_info(link: Link, *, update: bool = False) -> bytes:
    """01/0f.  open-oscar-server answers 01/0e with a block for the user and one per client."""
    world, user = link.world, link.me
    shown = link.shown
    if not world.kind.shares_accounts:
        return _self_by_isd(world, user, shown, update)
    pairs = _by_oos(world, user, shown, bool(shown.capabilities))
    if update:
        return user_info(user.name, user.warning, *pairs)
    since = u32(int(shown.since))
    count = len(world.clients(user))
    online = u32(int(world.clock.now() - shown.since))
    whole = [*pairs, (0x05, since), (0x03, since), (0x0F, online), (0x14, u8(count))]
    blocks = [user_info(user.name, user.warning, *whole)]
    shared = [pair for pair in pairs if pair[0] not in (0x0C, 0x0D, 0x1E)]
    for number in range(1, count + 1):
        own = [(0x0D, _sorted(shown.capabilities)), (0x1E, u32(0))]
        if user.of(Class.ICON):
            own.append((0x26, since))
        own.append((0x28, u8(number)))
        blocks.append(user_info(user.name, user.warning, *shared, *own))
    return b"".join(blocks)


def _self_by_isd(world: World, user: User, shown: Shown, update: bool) -> bytes:
    flags = (0x01, u16(_flags(world, user)))
    since, address = (0x03, u32(int(shown.since))), (0x0A, ADDRESS)
    ends = (0x1E, u32(0)), (0x05, u32(0))
    if update:
        middle = [(0x06, u32(shown.status)), (0x0F, u32(0)), since, address]
    else:
        middle = [(0x0C, bytes(37)), address, (0x0F, u32(0)), since, address]
    return user_info(user.name, 0, flags, *middle, *ends)


def query_self(link: Link, snac: Snac) -> None:  # 01/0e
    link.reply(snac, 0x0F, self_info(link))


def set_fields(link: Link, snac: Snac) -> None:  # 01/1e
    fields, shown = Reader(snac.data).tlvs(), link.shown
    if 0x1D in fields and not link.world.kind.profiles:
        return link.refuse(snac, BUSTED)
    if 0x06 in fields:
        shown.status = fields.number(0x06)
        announce(link.world, link.me)  # Before it is known how to connect directly.
    if 0x0C in fields:
        if len(fields[0x0C]) != 37:
            link.world.violation(link, f"direct connection of {len(fields[0x0C])} bytes, not 37")
        shown.direct = fields[0x0C]
    if link.world.kind.shares_accounts:
        link.reply(snac, 0x0F, self_info(link, update=True))
    elif not link.online:
        header = string16(tlvs((1, u16(3))))
        link.push(GENERIC, 0x0F, header + self_info(link, update=True), flags=0x8000)
    return None


def set_idle(link: Link, snac: Snac) -> None:  # 01/11
    reader = Reader(snac.data)
    seconds = reader.u32()
    reader.end()
    _stay_hidden(link, "01/11")
    link.shown.idle_since = link.world.clock.now() - seconds if seconds else None
    announce(link.world, link.me)


def _stay_hidden(link: Link, what: str) -> None:
    """open-oscar-server would tell everybody that they are there; ours does not."""
    if link.world.kind.shares_accounts and link.online and link.shown.invisible:
        link.world.violation(link, f"{what} from somebody invisible")


# 02: profiles and away texts.


def set_info(link: Link, snac: Snac) -> None:  # 02/04
    fields, shown = Reader(snac.data).tlvs(), link.shown
    if 0x04 in fields or 0x05 in fields:
        _stay_hidden(link, "02/04")
    if 0x05 in fields:
        blob = fields[0x05]
        if len(blob) % 16:
            link.world.violation(link, f"capabilities of {len(blob)} bytes")
        parts = tuple(blob[at : at + 16] for at in range(0, len(blob), 16))
        link.capabilities = shown.capabilities = parts
    if 0x02 in fields:
        shown.profile, shown.profile_type = fields[0x02], fields.get(0x01) or b""
    if 0x04 in fields:
        if fields[0x04] and 0x03 not in fields:
            link.world.violation(link, "away text without its type (TLV 03)")
        shown.away, shown.away_type = fields[0x04], fields.get(0x03) or b""
    if 0x04 in fields or 0x05 in fields:
        announce(link.world, link.me)


def query_info(link: Link, snac: Snac) -> None:  # 02/05
    reader = Reader(snac.data)
    _answer_info(link, snac, reader.u16(), reader.name8())


def query_info2(link: Link, snac: Snac) -> None:  # 02/15
    reader = Reader(snac.data)
    _answer_info(link, snac, reader.u32(), reader.name8())


def _answer_info(link: Link, snac: Snac, wanted: int, name: str) -> None:
    """``wanted``: bits, 1 profile, 2 away text; 4 (capabilities) is not answered."""
    world = link.world
    user = world.find(name)
    if user is None or not world.kind.profiles or not world.online(user) or user.blocks(link.me):
        return link.refuse(snac, NOT_LOGGED_ON)
    shown = user.shown
    assert shown is not None
    pairs = []
    if wanted & 1:
        pairs += [(0x01, shown.profile_type), (0x02, shown.profile)]
    if wanted & 2:
        pairs += [(0x03, shown.away_type), (0x04, shown.away)]
    return link.reply(snac, 0x06, described(world, user) + tlvs(*pairs))


HANDLERS: Handlers = {
    (0x01, 0x0E): query_self,
    (0x01, 0x11): set_idle,
    (0x01, 0x1E): set_fields,
    (0x02, 0x04): set_info,
    (0x02, 0x05): query_info,
    (0x02, 0x15): query_info2,
}
