"""Family 10: the pictures of buddies, known by the MD5 of their bytes."""

from __future__ import annotations

import hashlib

from tests.servers import oscar_presence as presence
from tests.servers.oscar_kinds import BART
from tests.servers.oscar_users import Class
from tests.servers.oscar_wire import Reader, Snac, name8, string16, u8, u16
from tests.servers.oscar_world import Handlers, Link

ICON = 1
PRESENT = 1
"""Flag of a picture that the server has."""

OK, INVALID, TOO_BIG = 0, 1, 3

LARGEST = 7168

SHOWN = (b"GIF8", b"\xff\xd8", b"BM")
"""How those begin that clients show: GIF, JPEG, BMP."""

NO_ICON = bytes.fromhex("0201d20472")
"""Instead of an MD5."""


def icon_id(digest: bytes, flags: int) -> bytes:
    return u16(ICON) + u8(flags) + u8(len(digest)) + digest


def upload(link: Link, snac: Snac) -> None:  # 10/02
    reader = Reader(snac.data)
    kind, picture = reader.u16(), reader.string16()
    reader.end()
    world, digest = link.world, hashlib.md5(picture).digest()
    if kind != ICON or not picture:
        return link.reply(snac, 3, u8(INVALID))
    if len(picture) > LARGEST:
        world.violation(link, f"a picture of {len(picture)} bytes, at most {LARGEST}")
        return link.reply(snac, 3, u8(TOO_BIG))
    if not picture.startswith(SHOWN):
        world.violation(link, f"a picture that no client shows: {picture[:8].hex()} …")
    if not any(item.fields[0xD5][2:] == digest for item in link.me.of(Class.ICON)):
        world.violation(link, f"upload of {digest.hex()}, which the feedbag does not announce")
    world.icons[digest] = picture
    link.reply(snac, 3, u8(OK) + icon_id(digest, PRESENT))
    return presence.announce(world, link.me)


def download(link: Link, snac: Snac) -> None:  # 10/04
    reader = Reader(snac.data)
    name, count = reader.name8(), reader.u8()
    for _ in range(count):
        asked, digest = _read_id(reader)
        picture = link.world.icons.get(digest, b"")
        link.reply(snac, 5, name8(name) + asked + string16(picture))
    reader.end()


def download2(link: Link, snac: Snac) -> None:  # 10/06
    reader = Reader(snac.data)
    name, count = reader.name8(), reader.u8()
    for _ in range(count):
        asked, digest = _read_id(reader)
        picture = link.world.icons.get(digest, b"")
        code = u8(OK if picture else INVALID)
        link.reply(snac, 7, name8(name) + asked + code + asked + string16(picture))
    reader.end()


def _read_id(reader: Reader) -> tuple[bytes, bytes]:
    start = reader.at
    reader.take(3)
    digest = reader.take(reader.u8())
    return reader.data[start : reader.at], digest


HANDLERS: Handlers = {
    (BART, 0x02): upload,
    (BART, 0x04): download,
    (BART, 0x06): download2,
}
