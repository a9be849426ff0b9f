"""The log-in of AIM 6 and later: a SNAC of family 050c in an HTTP POST ("Kerberos", "UAS").

050c/0002   country, language, name, service, password      ─►
                                       ◄─  050c/0003 ticket with address and cookie of BOS
                                       ◄─  050c/0004 error
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.servers.oscar_kinds import GENERIC
from tests.servers.oscar_login import issue
from tests.servers.oscar_users import User
from tests.servers.oscar_wire import (
    Broken,
    Reader,
    Snac,
    string16,
    tlv,
    tlvs,
    u16,
    u32,
    unpack_snac,
)
from tests.servers.oscar_world import Ticket, World

FAMILY, REQUEST, TICKET, FAILURE = 0x050C, 0x02, 0x03, 0x04

ROAST = bytes.fromhex("7691c5e7d0d995dd9e2fead86b21c2bc")
ROASTED_FROM = 4
"""Version of the password field; before, it is plain."""

AUTHORISATION_FAILED = 0x0401
SHARED = 1

LIFETIME = 86400
FLAGS = bytes.fromhex("00000000600000004000000000000000")
TYPE = "application/x-snac"


class Uas:
    """A WSGI application."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            answer = self.answer(unpack_snac(body))
        except Broken as problem:
            self.world.violations.append(f"UAS: {problem}")
            start("400 Bad Request", [])
            return []
        start("200 OK", [("Content-Type", TYPE)])
        return [answer.pack()]

    def answer(self, asked: Snac) -> Snac:
        if asked.kind != (FAMILY, REQUEST):
            raise Broken(f"{asked} where 050c/0002 is expected")
        name, password = read_request(asked.data)
        user = self.world.find(name)
        if user is None or user.password.encode() != password or user.refusal:
            failed = u16(AUTHORISATION_FAILED) + string16("Auth failure")
            return Snac(FAMILY, FAILURE, u32(1) + string16(name) + failed + bytes(6))
        return Snac(FAMILY, TICKET, self._ticket(user, name))

    def _ticket(self, user: User, name: str) -> bytes:
        world, now = self.world, u32(int(self.world.clock.now()))
        cookie = issue(world, Ticket(user, name, GENERIC, SHARED))
        where = world.secure_address or world.address
        secure = u16(2 if world.secure_address else 0)
        fields = ((0x05, where), (0x06, cookie), (0x8E, secure))
        head = u32(1) + now + u32(0) + string16(name) + string16("AOL") + u16(1) + u16(5) + u16(0)
        service = string16("AOL") + string16("im/boss") + string16("AOL") + string16(name)
        times = bytes(11) + now + now + u32(int(world.clock.now()) + LIFETIME)
        redirect = u16(1) + u16(len(fields)) + tlvs(*fields)
        return head + service + times + FLAGS + u16(1) + tlv(0x03, redirect) + u16(0)


def read_request(data: bytes) -> tuple[str, bytes]:
    """Name and password."""
    reader = Reader(data)
    reader.take(4 + 4 + 4 + 18)
    _country, _language = reader.string16(), reader.string16()
    reader.take(7)
    name, _service = reader.string16(), reader.string16()
    reader.take(4 + 6)
    secret = Reader(reader.string16())
    secret.take(4)
    version = secret.u16()
    secret.take(6)
    password = secret.string16()
    if version >= ROASTED_FROM:
        password = unroast(password)
    return name.decode(), password


def unroast(data: bytes) -> bytes:
    return bytes(byte ^ ROAST[at % len(ROAST)] for at, byte in enumerate(data))
