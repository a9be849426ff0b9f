"""ChatNav (family 0d), where rooms are made and found, and the rooms themselves (0e)."""

from __future__ import annotations

import random

from tests.servers import oscar_presence as presence
from tests.servers.oscar_kinds import CHAT, CHATNAV
from tests.servers.oscar_users import ident
from tests.servers.oscar_wire import Broken, Reader, Snac, name8, tlv, tlvs, u8, u16, u32
from tests.servers.oscar_world import Handlers, Link, Room, World

PRIVATE, PUBLIC = 4, 5
"""Exchanges.  Anybody may open a room on the one; those on the other are made by the operator."""

NO_SUCH_ROOM, NO_SUCH_EXCHANGE = 0x14, 0x08

EVERYBODY, WHISPER_TO, SENDER, CONTENT, REFLECT = 0x01, 0x02, 0x03, 0x05, 0x06

CHARSETS = {"us-ascii": "ascii", "iso-8859-1": "latin-1", "unicode-2-0": "utf-16-be"}

HOST = "OnlineHost"
"""Who tells what the dice show."""

GARBAGE_TIME = bytes.fromhex("886e0900")
"""The sign-on time of everybody in a room."""


def make_room(world: World, exchange: int, name: str) -> Room:
    cookie = f"{exchange}-0-{name}"
    return world.rooms.setdefault(cookie, Room(exchange, cookie, name, int(world.clock.now())))


def room_info(room: Room) -> bytes:
    pairs = (
        (0xC9, u16(0x0F)),
        (0xCA, u32(room.created)),
        (0xD1, u16(1024)),
        (0xD2, u16(100)),
        (0xD5, u8(2)),
        (0x6A, room.name),
        (0xD3, room.name),
        (0xDA, u16(1024)),
    )
    head = u16(room.exchange) + name8(room.cookie) + u16(0) + u8(2)
    return head + u16(len(pairs)) + tlvs(*pairs)


EXCHANGE = bytes.fromhex(
    "0009000300010a00020002001000040002006400c90002000f00d500010200d6000875732d6173636969"
    "00d70002656e00d8000875732d617363696900d90002656e"
)
"""What is told of either, after its number."""


# ChatNav.


def rights(link: Link, snac: Snac) -> None:  # 0d/02
    exchanges = [(0x03, u16(number) + EXCHANGE) for number in (PRIVATE, PUBLIC)]
    link.reply(snac, 9, tlvs((0x02, u8(10)), *exchanges))


def room_query(link: Link, snac: Snac) -> None:  # 0d/04
    reader = Reader(snac.data)
    exchange, cookie, _instance, _detail = reader.u16(), reader.name8(), reader.u16(), reader.u8()
    room = link.world.rooms.get(cookie)
    if room is None or room.exchange != exchange:
        return link.refuse(snac, NO_SUCH_ROOM)
    return link.reply(snac, 9, tlv(0x04, room_info(room)))


def create(link: Link, snac: Snac) -> None:  # 0d/08
    reader = Reader(snac.data)
    exchange, cookie, instance, detail = reader.u16(), reader.name8(), reader.u16(), reader.u8()
    fields = reader.counted_tlvs()
    reader.end()
    if cookie != "create" or instance != 0xFFFF or detail != 1 or 0xD3 not in fields:
        link.world.violation(link, f"0d/08 with {cookie!r} {instance:04x} {detail} {fields}")
    name = fields.text(0xD3)
    if exchange not in (PRIVATE, PUBLIC):
        return link.refuse(snac, NO_SUCH_EXCHANGE)
    if exchange == PUBLIC and f"{exchange}-0-{name}" not in link.world.rooms:
        return link.refuse(snac, NO_SUCH_ROOM)
    return link.reply(snac, 9, tlv(0x04, room_info(make_room(link.world, exchange, name))))


# Rooms.


def _member(name: str, flags: int = presence.FREE) -> bytes:
    return presence.user_info(
        name, 0, (0x03, GARBAGE_TIME), (0x01, u16(flags)), (0x06, u32(0)), (0x1E, u32(0))
    )


def joined(link: Link) -> None:
    """After 01/02: everybody, the newcomer too; then about the room.  The others hear of him."""
    room = _room(link)
    room.members.append(link)
    link.push(CHAT, 3, b"".join(_member(member.me.name) for member in room.members), id=0)
    link.push(CHAT, 2, room_info(room), id=0)
    for member in room.members:
        if member is not link:
            member.push(CHAT, 3, _member(link.me.name), id=0)


def left(link: Link) -> None:
    room = _room(link)
    if link in room.members:
        room.members.remove(link)
        for member in room.members:
            member.push(CHAT, 4, _member(link.me.name, flags=0), id=0)


def _room(link: Link) -> Room:
    assert link.room is not None, "not at a chat service"
    return link.room


def read_text(content: bytes) -> tuple[str, str]:
    """Charset and text of TLV 05, whatever their order."""
    fields = Reader(content).tlvs()
    charset = fields.text(0x02)
    if charset not in CHARSETS or 0x01 not in fields:
        raise Broken(f"a chat message with {fields}")
    try:
        return charset, fields[0x01].decode(CHARSETS[charset])
    except UnicodeDecodeError as problem:
        raise Broken(f"{charset}: {fields[0x01].hex()}") from problem


def say(link: Link, snac: Snac) -> None:  # 0e/05
    reader = Reader(snac.data)
    cookie, channel, fields = reader.take(8), reader.u16(), reader.tlvs()
    if channel != 3 or CONTENT not in fields:
        return link.world.violation(link, f"0e/05 on channel {channel} with {fields}")
    _, text = read_text(fields[CONTENT])
    if text.startswith("//roll"):
        return _roll(link, cookie, REFLECT in fields)
    head = cookie + u16(channel) + tlv(SENDER, _member(link.me.name))
    if EVERYBODY not in fields and WHISPER_TO in fields:
        wanted = ident(fields.text(WHISPER_TO))
        for member in _room(link).members:
            if member.me.id == wanted:
                member.push(CHAT, 6, head + tlv(CONTENT, fields[CONTENT]), id=0)
        return None
    body = head + tlv(EVERYBODY) + tlv(CONTENT, fields[CONTENT])
    for member in _room(link).members:
        if member is not link:
            member.push(CHAT, 6, body, id=0)
        elif REFLECT in fields:
            link.reply(snac, 6, body)
    return None


def _roll(link: Link, cookie: bytes, reflect: bool) -> None:
    dice = " ".join(str(random.randint(1, 6)) for _ in range(2))
    html = (
        f'<HTML><BODY BGCOLOR="#ffffff"><FONT LANG="0">{link.me.name} rolled 2 6-sided dice: {dice}'
    )
    content = tlvs((0x02, "us-ascii"), (0x03, "en"), (0x01, html + "</FONT></BODY></HTML>"))
    head = cookie + u16(3) + tlv(SENDER, _member(HOST))
    for member in _room(link).members:
        if reflect or member is not link:
            member.push(CHAT, 6, head + tlv(EVERYBODY) + tlv(CONTENT, content), id=0)


CHATNAV_HANDLERS: Handlers = {
    (CHATNAV, 0x02): rights,
    (CHATNAV, 0x04): room_query,
    (CHATNAV, 0x08): create,
}

CHAT_HANDLERS: Handlers = {(CHAT, 0x05): say}
