"""Display pictures: MSNSLP in P2P messages on a switchboard, both sides of it.

asks                                     has the picture
INVITE with its msnobj      ─►
                            ◄─           200 OK
                            ◄─           data preparation: four zeros
acknowledges                ─►
                            ◄─           the picture, in pieces
acknowledges, BYE           ─►

Every message is acknowledged.  A piece is a header of 48 bytes, little-endian, data, and the
application's number in 4 bytes, big-endian; pieces of a message have the same id.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import random
import struct
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.servers.msn_wire import Broken, message, mime

CONTENT_TYPE = "application/x-msnmsgrp2p"

HEADER = struct.Struct("<LLQQLLLLQ")
FOOTER = struct.Struct(">L")

LONGEST_PIECE = 1202

ACK, PICTURE = 0x02, 0x20
"""Flags."""

DATA_APPLICATION = 1
"""In the footer of pictures; 0: MSNSLP."""

PICTURE_GUID = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}"
PREPARATION = bytes(4)

REQUEST, CLOSE = "application/x-msnmsgr-sessionreqbody", "application/x-msnmsgr-sessionclosebody"


def msnobj(creator: str, picture: bytes) -> str:
    digest = base64.b64encode(hashlib.sha1(picture).digest()).decode()
    fields = {
        "Creator": creator,
        "Size": str(len(picture)),
        "Type": "3",
        "Location": "TFR2C.tmp",
        "Friendly": "AAA=",
        "SHA1D": digest,
    }
    text = "".join(name + value for name, value in fields.items())
    fields["SHA1C"] = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    attributes = " ".join(f'{name}="{value}"' for name, value in fields.items())
    return f"<msnobj {attributes}/>"


@dataclass(frozen=True, slots=True)
class Piece:
    session: int
    id: int
    offset: int
    total: int
    flags: int
    acked: int
    """The id of the message that this acknowledges; else by chance."""
    data: bytes = b""
    application: int = 0
    """Of the footer."""
    acked_unique: int = 0
    """What was in ``acked`` of the message that this acknowledges."""
    acked_size: int = 0


def pack(piece: Piece, to: str) -> bytes:
    """The payload of a MSG."""
    head = HEADER.pack(
        piece.session,
        piece.id,
        piece.offset,
        piece.total,
        len(piece.data),
        piece.flags,
        piece.acked,
        piece.acked_unique,
        piece.acked_size,
    )
    body = head + piece.data + FOOTER.pack(piece.application)
    return message(CONTENT_TYPE, body, ("P2P-Dest", to))


def unpack(payload: bytes) -> tuple[Piece, str]:
    """With the address it is for.  Broken: not of P2P."""
    headers, body = mime(payload)
    if len(body) < HEADER.size + FOOTER.size:
        raise Broken(f"P2P of {len(body)} bytes")
    session, id, offset, total, length, flags, acked, unique, size = HEADER.unpack_from(body)
    data, (application,) = body[HEADER.size : -FOOTER.size], FOOTER.unpack(body[-FOOTER.size :])
    if length != len(data) or offset + length > total:
        raise Broken(f"P2P: {length} bytes at {offset} of {total}, {len(data)} are there")
    piece = Piece(session, id, offset, total, flags, acked, data, application, unique, size)
    return piece, headers.get("p2p-dest", "")


@dataclass(frozen=True, slots=True)
class Slp:
    """A message of MSNSLP."""

    start: str
    headers: dict[str, str]
    body: dict[str, str]


def read_slp(data: bytes) -> Slp:
    head, _, body = data.rstrip(b"\0").decode().partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    return Slp(start, _fields(lines), _fields(body.split("\r\n")))


def _fields(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines if line)
    return {name.lower(): value.strip() for name, _, value in pairs}


@dataclass
class Transfer:
    """Of one picture, to this side or from it."""

    call: str
    session: int
    branch: str
    picture: bytes | None
    """None: it is being fetched."""
    prepared: bool = False


def nothing() -> None:
    """Needs to be done."""


@dataclass
class Pictures:
    """One user's end, towards one other."""

    me: str
    them: str
    send: Callable[[bytes], None]
    """Puts the payload of a MSG on the switchboard."""
    got: Callable[[bytes], None]
    """Is given pictures that were fetched."""
    picture: bytes = b""
    """One's own."""
    violation: Callable[[str], None] = print
    transfers: dict[str, Transfer] = field(default_factory=dict)
    """By Call-ID."""
    waiting: dict[int, tuple[int, Callable[[], None]]] = field(default_factory=dict)
    """The size of each message that is not acknowledged, and what follows when it is."""
    pieces: dict[int, bytes] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(_number()))

    def fetch(self, described: str) -> None:
        """``described``: an msnobj."""
        transfer = Transfer(_guid(), _number(), _guid(), None)
        self.transfers[transfer.call] = transfer
        context = base64.b64encode(described.encode() + b"\0").decode()
        body = (
            f"EUF-GUID: {PICTURE_GUID}\r\nSessionID: {transfer.session}\r\n"
            f"AppID: 1\r\nContext: {context}\r\n\r\n"
        )
        self._slp(f"INVITE MSNMSGR:{self.them} MSNSLP/1.0", transfer, 0, REQUEST, body)

    def receive(self, payload: bytes) -> None:
        piece, to = unpack(payload)
        if to.lower() != self.me.lower():
            return
        if piece.flags & ACK:
            size, then = self.waiting.pop(piece.acked, (-1, nothing))
            if size != piece.acked_size:
                self.violation(f"acknowledges {piece.acked_size} of {piece.acked}, not {size}")
            then()
            return
        data = self.pieces.pop(piece.id, b"") + piece.data
        if len(data) < piece.total:
            self.pieces[piece.id] = data
        else:
            react = self._data_came(piece, data) if piece.session else self._slp_came(data)
            self._acknowledge(piece)
            react()

    def _acknowledge(self, piece: Piece) -> None:
        """The last of a message.  The other side may go on before this returns."""
        answer = Piece(
            session=piece.session,
            id=next(self._ids),
            offset=0,
            total=piece.total,
            flags=ACK,
            acked=piece.id,
            acked_unique=piece.acked,
            acked_size=piece.total,
        )
        self.send(pack(answer, self.them))

    def _slp_came(self, data: bytes) -> Callable[[], None]:
        """What follows once it is acknowledged."""
        slp = read_slp(data)
        call = slp.headers.get("call-id", "")
        if slp.start.startswith("INVITE"):
            return lambda: self._invited(call, slp)
        if slp.start.startswith("BYE"):
            if self.transfers.pop(call, None) is None:
                self.violation(f"BYE of the call {call}")
        elif call not in self.transfers or " 200 " not in slp.start:
            self.violation(f"MSNSLP: {slp}")
        return nothing

    def _invited(self, call: str, slp: Slp) -> None:
        branch = slp.headers.get("via", "").rpartition("branch=")[2]
        wanted = base64.b64decode(slp.body.get("context", "")).rstrip(b"\0").decode()
        session = int(slp.body.get("sessionid", "0"))
        if slp.body.get("euf-guid") != PICTURE_GUID or not session or not branch:
            self.violation(f"MSNSLP: {slp}")
        if wanted != msnobj(self.me, self.picture):
            self.violation(f"the picture {wanted}")
        transfer = self.transfers[call] = Transfer(call, session, branch, self.picture)
        body = f"SessionID: {session}\r\n\r\n"
        self._slp("MSNSLP/1.0 200 OK", transfer, 1, REQUEST, body, lambda: self._prepare(transfer))

    def _prepare(self, transfer: Transfer) -> None:
        def deliver() -> None:
            self._send(transfer.session, transfer.picture or b"", PICTURE, nothing)

        self._send(transfer.session, PREPARATION, 0, deliver)

    def _data_came(self, piece: Piece, data: bytes) -> Callable[[], None]:
        """As ``_slp_came``."""
        found = [t for t in self.transfers.values() if t.session == piece.session]
        if not found or found[0].picture is not None or piece.application != DATA_APPLICATION:
            self.violation(f"data of the session {piece.session}")
            return nothing
        transfer = found[0]
        if not transfer.prepared:
            if data != PREPARATION:
                self.violation(f"data preparation {data[:20]!r}")
            transfer.prepared = True
            return nothing
        del self.transfers[transfer.call]

        def finish() -> None:
            self._slp(f"BYE MSNMSGR:{self.them} MSNSLP/1.0", transfer, 0, CLOSE, "\r\n")
            self.got(data)

        return finish

    def _slp(
        self,
        start: str,
        transfer: Transfer,
        number: int,
        kind: str,
        body: str,
        then: Callable[[], None] = nothing,
    ) -> None:
        body += "\0"
        text = (
            f"{start}\r\nTo: <msnmsgr:{self.them}>\r\nFrom: <msnmsgr:{self.me}>\r\n"
            f"Via: MSNSLP/1.0/TLP ;branch={transfer.branch}\r\nCSeq: {number} \r\n"
            f"Call-ID: {transfer.call}\r\nMax-Forwards: 0\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._send(0, text.encode(), 0, then)

    def _send(self, session: int, data: bytes, flags: int, then: Callable[[], None]) -> None:
        """``then``: what to do when it is acknowledged, which may be before this returns."""
        id = next(self._ids)
        self.waiting[id] = (len(data), then)
        application = DATA_APPLICATION if session else 0
        for offset in range(0, len(data), LONGEST_PIECE):
            part = data[offset : offset + LONGEST_PIECE]
            unique = random.randrange(1 << 32)
            piece = Piece(session, id, offset, len(data), flags, unique, part, application)
            self.send(pack(piece, self.them))


def _number() -> int:
    return random.randrange(1, 1 << 30)


def _guid() -> str:
    return f"{{{uuid.uuid4()}}}".upper()
