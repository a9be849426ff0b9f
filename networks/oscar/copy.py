"""The address book as it was at the last log-in, which the server then need not send again.

    13/06 items, time ──► Remember … Login.memory ──► 13/05 time, count ──► 13/0f  still so
                                                                       └──► 13/06  all of it

A copy cannot be wrong: only the server says that it holds, it says so by time and by number, and
no list is kept that could change later within the second it last changed in, or has changed in a
way that the server does not count (``contacts.accepted``).  What cannot be read, or is of another
account, is no copy.
"""

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from gateway.errors import WireError
from networks.oscar.data import Reader, string16, u8, u16, u32
from networks.oscar.feedbag import Item, parse_feedbag

NAME = "feedbag"
"""Of what is remembered."""

FORMAT = 1
"""Of a copy; one of another format is none."""

MAX_COPY = 60_000
"""Characters of a copy: the gateway keeps 64 KiB.  A thousand contacts take up to 40,000; a longer
list is read whole each time."""

MAX_BYTES = 1 << 20
"""Of a copy once it is unpacked: far more than can be packed into MAX_COPY, unless by intent."""

SAME, LATER = 0, 1


@dataclass(frozen=True, slots=True)
class Copy:
    items: tuple[Item, ...]
    changed: int
    """When, as the server said; seconds since 1970."""
    lag: int = SAME
    """What to add to that when asking.  IServerd says that a list is unchanged if that very second
    is named, open-oscar-server only if a later one is."""

    def query(self) -> bytes:
        """13/05."""
        return u32((self.changed + self.lag) & 0xFFFFFFFF) + u16(len(self.items) & 0xFFFF)

    def is_confirmed(self, data: bytes) -> bool:
        """By 13/0f: time, and how many items; a u8 at open-oscar-server, which does not count
        deletions as changes."""
        size = len(data) - 4
        return size in (1, 2) and int.from_bytes(data[4:]) == len(self.items) % (1 << 8 * size)

    def learn(self, before: "Copy | None") -> "Copy":
        """All of it was sent, in spite of the copy that we had before."""
        if before is None:
            return self
        is_same = (before.changed, len(before.items)) == (self.changed, len(self.items))
        return Copy(self.items, self.changed, LATER - before.lag if is_same else before.lag)

    def encode(self, owner: str) -> str:
        """Text to be remembered; "" if it is too long.  ``owner``: whose it is, and where."""
        items = b"".join(item.encode() for item in self.items)
        head = u8(FORMAT) + string16(owner) + u8(self.lag)
        packed = zlib.compress(head + u8(0) + u16(len(self.items)) + items + u32(self.changed), 1)
        text = b64encode(packed).decode()
        return text if len(text) <= MAX_COPY else ""


NO_COPY = Copy((), 0)


def decode(text: str, owner: str) -> Copy | None:
    """None: there is none that could be used."""
    try:
        reader = Reader(_unpacked(b64decode(text, validate=True)))
        if reader.u8() != FORMAT or reader.string16() != owner.encode():
            return None
        lag, found = reader.u8(), parse_feedbag(reader.rest())
    except (ValueError, zlib.error, WireError):
        return None
    return Copy(found.items, found.changed, lag)


def _unpacked(data: bytes) -> bytes:
    """
    Raises:
        zlib.error: it is damaged.
        WireError: it is not all there, or too long.
    """
    stream = zlib.decompressobj()
    found = stream.decompress(data, MAX_BYTES)
    if not stream.eof:
        raise WireError(f"copy does not end within {MAX_BYTES} bytes")
    return found
