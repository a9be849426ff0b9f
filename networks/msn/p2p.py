"""Frames of MSNP2P over a switchboard: messages of any size, in chunks that fit into MSG.

    MSG n D size      Content-Type: application/x-msnmsgrp2p, P2P-Dest: who it is for
    ┌──────────────────────────────── 48 bytes, little endian ────────────────────────────────┐
    │ session | message | offset u64 | total u64 | length | flags | nonce | acked | acked u64  │
    └─────────────────────────────────────────────────────────────────────────────────────────┘
    up to 1202 bytes of the message, then what kind of session it is (u32, big endian)

All chunks of a message have its number.  Who has got all of it says so (ACK).
"""

import struct
from collections.abc import Iterator

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn import mime

HEADER = struct.Struct("<IIQQIIIIQ")
FOOTER = struct.Struct(">I")

MAX_CHUNK = 1202
"""Bytes of a message in one frame: what the official clients send."""

ACK = 0x02
CLOSING = 0x08 | 0x40 | 0x80
"""Something went wrong; the receiver, or the sender, has ended the session."""
DATA = 0x20
"""Of an object: a picture."""

DESTINATION = "P2P-Dest"


@frozen(kw_only=True)
class Frame:
    session: int = 0
    """0: the message is MSNSLP."""
    message: int
    offset: int = 0
    total: int = 0
    flags: int = 0
    nonce: int = 0
    """Of an ACK: the number of the message it is for."""
    acked: int = 0
    """Of an ACK: the nonce of that message's frame."""
    acked_size: int = 0
    data: bytes = b""
    app: int = 0
    """0 with MSNSLP, or the AppID that the session was asked for with."""

    def encode(self) -> bytes:
        head = HEADER.pack(
            self.session,
            self.message,
            self.offset,
            self.total,
            len(self.data),
            self.flags,
            self.nonce,
            self.acked,
            self.acked_size,
        )
        return head + self.data + FOOTER.pack(self.app)


def parse_frame(body: bytes) -> Frame:
    """
    Raises:
        WireError: it is shorter than it says, or says what cannot be.
    """
    if len(body) < HEADER.size:
        raise WireError(f"a P2P frame of {len(body)} bytes")
    session, message, offset, total, length, flags, nonce, acked, size = HEADER.unpack_from(body)
    data = body[HEADER.size : HEADER.size + length]
    if len(data) != length or (offset + length > total and not flags & ACK):
        raise WireError(f"a P2P frame with {length} bytes at {offset} of {total}: {len(body)} came")
    footer = body[HEADER.size + length :][: FOOTER.size]
    return Frame(
        session=session,
        message=message,
        offset=offset,
        total=total,
        flags=flags,
        nonce=nonce,
        acked=acked,
        acked_size=size,
        data=data,
        app=FOOTER.unpack(footer)[0] if len(footer) == FOOTER.size else 0,
    )


def chunks(
    message: int, data: bytes, *, nonce: int, session: int = 0, flags: int = 0, app: int = 0
) -> Iterator[Frame]:
    """The frames that a message goes out in."""
    for offset in range(0, len(data), MAX_CHUNK):
        yield Frame(
            session=session,
            message=message,
            offset=offset,
            total=len(data),
            flags=flags,
            nonce=nonce,
            data=data[offset : offset + MAX_CHUNK],
            app=app,
        )


def acknowledge(frame: Frame, message: int) -> Frame:
    """That all of the message has come that this frame was of."""
    return Frame(
        session=frame.session,
        message=message,
        total=frame.total,
        flags=ACK,
        nonce=frame.message,
        acked=frame.nonce,
        acked_size=frame.total,
        app=frame.app,
    )


def payload(to: str, frame: Frame) -> bytes:
    """Of MSG, to be sent with "D"."""
    return mime.build(mime.P2P, frame.encode(), (DESTINATION, to))


class Assembly:
    """A message of which some chunks have come: in any order, and again."""

    def __init__(self, total: int) -> None:
        self._data = bytearray(total)
        self._has = bytearray(total)
        self._missing = total

    def add(self, frame: Frame) -> bytes | None:
        """The whole message, once it is there.

        Raises:
            WireError: the frame is of another message.
        """
        if frame.total != len(self._data):
            raise WireError(f"a P2P message of {len(self._data)} bytes has {frame.total} now")
        place = slice(frame.offset, frame.offset + len(frame.data))
        self._missing -= self._has[place].count(0)
        self._has[place] = b"\1" * len(frame.data)
        self._data[place] = frame.data
        return None if self._missing else bytes(self._data)
