"""The log-in server: BUCP (family 17) and the roasted log-in of old clients.

Names a client to BOS by a cookie of 256 bytes, once.
"""

from __future__ import annotations

import hashlib
import os

from tests.servers.clock import Clock
from tests.servers.oscar_kinds import BUCP, GENERIC, SSL_NONE, SSL_USE
from tests.servers.oscar_users import User, ident
from tests.servers.oscar_wire import SIGNOFF, Reader, Snac, Tlvs, string16, tlvs, u16
from tests.servers.oscar_world import Handlers, Link, Room, Ticket, World

SALT = b"AOL Instant Messenger (SM)"
ROAST = bytes.fromhex("f32681c43986db9271a3b9e6537a957c")

COOKIE = 256
ICQ_PASSWORD = 8
"""Bytes of it that count."""

WRONG_PASSWORD, TOO_MANY, UNKNOWN_ROASTED = 0x05, 0x1D, 0x08

LIMIT_WINDOW = 60.0
"""Seconds after which one more log-in from the same address is allowed."""


class Limiter:
    """Ten log-ins at once, then one a minute: a bucket that fills again."""

    def __init__(self, size: int, clock: Clock) -> None:
        self.size, self.clock = size, clock
        self.level, self.at = float(size), clock.now()

    def refuses(self) -> bool:
        now = self.clock.now()
        self.level = min(self.size, self.level + (now - self.at) / LIMIT_WINDOW)
        self.at = now
        if self.level < 1:
            return True
        self.level -= 1
        return False


def _limited(link: Link) -> bool:
    """Told with request id 0 and without a signoff frame, before the name is looked at."""
    limiter = link.world.limiter
    if limiter is None or not limiter.refuses():
        return False
    link.world.turned_away += 1
    link.send(Snac(BUCP, 3, tlvs((0x08, u16(TOO_MANY)))))
    link.close()
    return True


def challenge(link: Link, snac: Snac) -> None:  # 17/06
    world, fields = link.world, Reader(snac.data).tlvs()
    if _limited(link):
        return None
    link.name = _name(link, fields)
    world.log_ins.append(ident(link.name))
    user = world.find(link.name)
    if user is None:
        link.send(Snac(BUCP, 3, tlvs((0x08, u16(world.kind.unknown_user))), 0, _id(link, snac)))
        return link.close()
    link.challenge = world.make_key()
    return link.send(Snac(BUCP, 7, string16(link.challenge), 0, _id(link, snac)))


def log_in(link: Link, snac: Snac) -> None:  # 17/02
    world, fields = link.world, Reader(snac.data).tlvs()
    if not link.challenge:
        world.violation(link, "17/02 without 17/06")
        return link.close()
    missing = [kind for kind in (0x03, 0x16, 0x17, 0x18, 0x1A, 0x0E, 0x0F) if kind not in fields]
    if missing:
        world.violation(link, f"17/02 without TLVs {[f'{kind:02x}' for kind in missing]}")
    user = world.find(_name(link, fields))
    right = user is not None and fields.get(0x25) == _hash(user, link.challenge, 0x4C in fields)
    echoed = [] if not world.kind.echoes_authorisation else [(0x01, fields[0x01])]
    if not right or user is None:
        answer = tlvs(*echoed, (0x08, u16(WRONG_PASSWORD)))
    elif user.refusal:
        answer = tlvs(*echoed, (0x08, u16(user.refusal)))
    else:
        flags = fields.number(0x4A)
        answer = _welcome(link, Ticket(user, link.name, GENERIC, flags), fields[0x01])
    return _finish(link, Snac(BUCP, 3, answer, 0, _id(link, snac)))


def _finish(link: Link, snac: Snac) -> None:
    """One server ends with an empty signoff, the other says all of it again in one and waits."""
    link.send(snac)
    if link.world.kind.echoes_authorisation:
        link.close(SIGNOFF)
    elif 0x06 in Reader(snac.data).tlvs():
        link.write(SIGNOFF, snac.pack())


def roasted(link: Link, fields: Tlvs) -> None:
    """FLAP 1 with name and password: answered by a signoff frame."""
    world = link.world
    if _limited(link):
        return None
    link.name = _name(link, fields)
    user = world.find(link.name)
    name = (0x01, fields[0x01])
    plain = unroast(fields[0x02])
    if user is None:
        answer = tlvs(name, (0x08, u16(UNKNOWN_ROASTED)))
    elif plain != _password(user):
        answer = tlvs(name, (0x08, u16(WRONG_PASSWORD)))
    elif user.refusal:
        answer = tlvs(name, (0x08, u16(user.refusal)))
    else:
        ticket = Ticket(user, link.name, GENERIC, fields.number(0x4A))
        answer = _welcome(link, ticket, fields[0x01])
    return link.close(SIGNOFF, answer)


def unroast(data: bytes) -> bytes:
    return bytes(byte ^ ROAST[at % len(ROAST)] for at, byte in enumerate(data))


def _name(link: Link, fields: Tlvs) -> str:
    if 0x01 not in fields:
        link.world.violation(link, "log-in without a name (TLV 01)")
        return ""
    return fields[0x01].decode("utf-8", "replace")


def _id(link: Link, snac: Snac) -> int:
    return snac.request_id if link.world.kind.echoes_authorisation else 0


def _password(user: User) -> bytes:
    password = user.password.encode()
    return password[:ICQ_PASSWORD] if user.is_icq else password


def _hash(user: User, key: bytes, strong: bool) -> bytes:
    password = _password(user)
    if strong:
        password = hashlib.md5(password).digest()
    return hashlib.md5(key + password + SALT).digest()


# Cookies, for BOS and for all other services.


def issue(world: World, ticket: Ticket) -> bytes:
    cookie = os.urandom(32).ljust(COOKIE, b"\0")
    world.tickets[cookie] = ticket
    return cookie


def address(link: Link, is_secure: bool) -> tuple[bytes, bytes]:
    """TLVs 05 and 8e: where the next connection goes, and whether by TLS."""
    world = link.world
    if is_secure:
        return world.secure_address.encode(), SSL_USE
    return world.address.encode(), SSL_NONE


def _welcome(link: Link, ticket: Ticket, name: bytes) -> bytes:
    where, _ = address(link, link.secure)
    cookie = issue(link.world, ticket)
    return tlvs((0x01, name), (0x05, where), (0x06, cookie), (0x8E, SSL_NONE))


def service(link: Link, snac: Snac) -> None:  # 01/04
    reader = Reader(snac.data)
    family, fields = reader.u16(), reader.tlvs()
    world = link.world
    if family not in world.kind.services:
        return link.refuse(snac, 6)
    room: Room | None = None
    if family == 0x0E:
        room = _room(world, fields.get(0x01) or b"")
        if room is None:
            return link.refuse(snac, 0x14)
    cookie = issue(world, Ticket(link.me, link.name, family, link.flags, room))
    where, secure = address(link, 0x8C in fields)
    answer = tlvs((0x0D, u16(family)), (0x05, where), (0x06, cookie), (0x8E, secure))
    return link.reply(snac, 0x05, answer)


def _room(world: World, value: bytes) -> Room | None:
    reader = Reader(value)
    exchange, cookie, _instance = reader.u16(), reader.name8(), reader.u16()
    room = world.rooms.get(cookie)
    return room if room and room.exchange == exchange else None


HANDLERS: Handlers = {(BUCP, 0x02): log_in, (BUCP, 0x06): challenge}
