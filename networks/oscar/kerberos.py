"""The log-in of AIM 6 and later ("Kerberos", UAS): one SNAC posted by HTTP, one in the answer.

    POST /    050c/0002  name, service "im/boss", password
    200       050c/0003  tickets, and in TLV 3 the redirect of BUCP's 17/03
              050c/0004  code, text

Written after a recorded exchange with open-oscar-server; the numbers in between are those of the
client in that record, and nobody says what they mean.
"""

import re
from dataclasses import dataclass, field

from gateway.errors import WireError
from networks.oscar.auth import roast
from networks.oscar.blocks import Redirect, redirect
from networks.oscar.wire import HIDDEN, SNAC_HEADER, Reader, string16, u16, u32

FAMILY, REQUEST, GRANTED, DENIED = 0x050C, 0x0002, 0x0003, 0x0004

CONTENT = "application/x-snac"

SERVICE = "im/boss"

ROASTED = 4
"""Version of a ticket request from which on the password is roasted."""

DATES = 39
"""Bytes of a ticket between who it is for and its TLVs: times and flags."""

MAX_ANSWER = 64 * 1024
"""Bytes of an answer with its head: the real ones have some 600."""


@dataclass(frozen=True, slots=True)
class TicketRequest:
    host: str
    """For HTTP."""
    name: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    redirect: Redirect


@dataclass(frozen=True, slots=True)
class Denied:
    code: int
    text: str


Frame = TicketRequest | Granted | Denied


@dataclass(slots=True)
class KerberosCodec:
    """One HTTP connection, one request."""

    _buffer: bytes = field(default=b"", init=False, repr=False, compare=False)

    def receive(self, data: bytes) -> list[Frame]:
        self._buffer += data
        if len(self._buffer) > MAX_ANSWER:
            raise WireError(f"HTTP answer of more than {MAX_ANSWER} bytes")
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return []
        length = content_length(head)
        if len(body) < length:
            return []
        self._buffer = b""
        return [parse_answer(body[:length])]

    def encode(self, frame: Frame) -> bytes:
        assert isinstance(frame, TicketRequest), "the others come from the server"
        body = build_request(frame.name, frame.password)
        host = re.sub(r"[^\w.:\[\]-]", "", frame.host, flags=re.ASCII)
        head = (
            f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def content_length(head: bytes) -> int:
    """Of an answer that is one.

    Raises:
        WireError: it is not HTTP, or refused, or does not say how long it is.
    """
    status = STATUS.match(head)
    if not status or status[1] != b"200":
        raise WireError(f"HTTP answer {head[:40]!r}: status 200 expected")
    length = LENGTH.search(head)
    if not length:
        raise WireError("HTTP answer without a length: Content-Length expected")
    return int(length[1])


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


def show(frame: Frame) -> str:
    """One line for the log, with every secret in it as "…"."""
    match frame:
        case TicketRequest(host, name):
            return f"POST {host} name={name!a} password={HIDDEN}"
        case Granted(found):
            return f"GRANTED {found.host}:{found.port} tls={found.is_tls} cookie={HIDDEN}"
        case Denied(code, text):
            return f"DENIED {code:04x} {text!a}"
