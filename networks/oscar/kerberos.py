"""The log-in of AIM 6 and later ("Kerberos", UAS): one SNAC posted by HTTP, one in the answer.

    POST /    050c/0002  name, service "im/boss", password
    200       050c/0003  tickets, and in TLV 3 the redirect of BUCP's 17/03
              050c/0004  code, text

Written after a recorded exchange with open-oscar-server; the numbers in between are those of the
client in that record, and nobody says what they mean.
"""

from dataclasses import dataclass

from gateway.errors import WireError
from networks.oscar.auth import roast
from networks.oscar.blocks import Redirect, redirect
from networks.oscar.data import Reader, string16, u16, u32
from networks.oscar.wire import SNAC_HEADER

FAMILY, REQUEST, GRANTED, DENIED = 0x050C, 0x0002, 0x0003, 0x0004

CONTENT = "application/x-snac"

SERVICE = "im/boss"

ROASTED = 4
"""Version of a ticket request from which on the password is roasted."""

DATES = 39
"""Bytes of a ticket between who it is for and its TLVs: times and flags."""

MAX_ANSWER = 64 * 1024
"""Bytes of an answer: the real ones have some 600."""


@dataclass(frozen=True, slots=True)
class Granted:
    redirect: Redirect


@dataclass(frozen=True, slots=True)
class Denied:
    code: int
    text: str


def build_request(name: str, password: bytes, version: int = ROASTED) -> bytes:
    """050c/0002."""
    secret = roast(password) if version >= ROASTED else password
    ticket = u16(0x4000, 0x0010, version) + bytes(6) + string16(secret) + u16(0)
    return (
        SNAC_HEADER.pack(FAMILY, REQUEST, 0, 1)
        + u32(1, 0x7F000001, 1)
        + bytes(18)
        + string16("US")
        + string16("en")
        + u32(0)
        + u16(1)
        + bytes(1)
        + string16(name)
        + string16(SERVICE)
        + u32(0)
        + u16(2, 1, 2)
        + string16(ticket)
    )


def parse_answer(body: bytes) -> Granted | Denied:
    reader = Reader(body)
    family, subtype = reader.u16(), reader.u16()
    reader.take(SNAC_HEADER.size - 4)
    match family, subtype:
        case 0x050C, 0x0003:
            return _granted(reader)
        case 0x050C, 0x0004:
            reader.take(4)
            reader.string16()
            return Denied(reader.u16(), reader.string16().decode(errors="replace"))
    raise WireError(f"SNAC({family:04x},{subtype:04x}): (050c,0003) or (050c,0004) expected")


def _granted(reader: Reader) -> Granted:
    """The first ticket is the one we asked for."""
    reader.take(12)
    for _ in range(2):  # Who we are, and in which realm.
        reader.string16()
    reader.take(6)
    for _ in range(4):  # Realm and service, realm and name.
        reader.string16()
    reader.take(DATES)
    inside = reader.counted_tlvs().get(0x03)
    if inside is None:
        raise WireError("ticket without TLV 03: a redirect expected")
    ticket = Reader(inside)
    ticket.take(2)
    return Granted(redirect(ticket.counted_tlvs()))
