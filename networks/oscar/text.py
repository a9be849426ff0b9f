"""Charsets and sizes of messages, and who is sent what.

AIM's messages are HTML (``html.py``), ICQ's are not, and servers and clients get it wrong in
several ways: see ``outgoing`` and ``from_text``.
"""

import re
from collections.abc import Callable, Iterator

from gateway.styling import ILLEGAL, cut, one_kind_of_line_end
from networks.oscar.html import from_html as from_html
from networks.oscar.html import to_html as to_html
from networks.oscar.icbm import Fragment
from networks.oscar.ids import is_uin

# Charsets.

ASCII, UTF16, LATIN1, UTF8 = 0x0000, 0x0002, 0x0003, 0x000D
"""Of fragments.  In the wild ASCII is any 8-bit one, and UTF8 may be Latin-1."""

LOCAL = "cp1252"
"""What 8-bit text is that nobody names and that is not UTF-8; operators may set another."""


def decode(charset: int, data: bytes, local: str = LOCAL) -> str:
    """A fragment's text."""
    if charset == UTF16:
        return _utf16(data)
    if charset == LATIN1:
        return data.decode("cp1252", errors="replace")  # As the Web does: 80h to 9Fh are no text.
    return _utf8_or(data, local)


def _utf16(data: bytes) -> str:
    """An odd byte at the end is half a character."""
    return data[: len(data) & ~1].decode("utf-16-be", errors="replace").removeprefix("\ufeff")


def _utf8_or(data: bytes, local: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(local, errors="replace")


def encode(text: str, *, force_utf16: bool = False) -> tuple[int, bytes]:
    """Everybody reads ASCII and UTF-16."""
    if text.isascii() and not force_utf16:
        return ASCII, text.encode()
    return UTF16, text.encode("utf-16-be", errors="replace")


def encode_to_keep(text: str, local: str) -> tuple[int, bytes]:
    """For servers that keep a message as a C string, and nothing of its charset: 8-bit text, as
    clients of their time read it, or else UTF-8."""
    try:
        return ASCII, text.encode(local)
    except UnicodeEncodeError:
        return UTF8, text.encode()


MIME_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)

MIME_UTF16 = {"unicode-2-0", "utf-16be", "utf-16", "unicode"}


def decode_named(charset: str, data: bytes, local: str = LOCAL) -> str:
    """By the names that rooms use: ``us-ascii``, ``iso-8859-1``, ``unicode-2-0`` …"""
    folded = charset.strip().lower()
    if folded in MIME_UTF16:
        return _utf16(data)
    if folded in ("iso-8859-1", "latin-1", "windows-1252"):
        return data.decode("cp1252", errors="replace")
    return _utf8_or(data, local)


def encode_named(text: str) -> tuple[str, bytes]:
    if text.isascii():
        return "us-ascii", text.encode()
    return "unicode-2-0", text.encode("utf-16-be", errors="replace")


def decode_mime(mime: str, data: bytes, local: str = LOCAL) -> str:
    """Profiles and away texts: ``text/aolrtf; charset="us-ascii"``."""
    found = MIME_CHARSET.search(mime)
    return decode_named(found[1] if found else "", data, local)


def encode_mime(text: str) -> tuple[str, bytes]:
    charset, data = encode_named(text)
    return f'text/aolrtf; charset="{charset}"', data


def decode_unnamed(data: bytes, local: str = LOCAL) -> str:
    """ICQ's offline messages and old strings, of which nobody says what they are: UTF-16 if it
    looks like it, UTF-8 if it is, or else some 8-bit charset."""
    if len(data) % 2 == 0 and _controls(data[::2]) > _controls(data[1::2]):
        return _utf16(data)
    return _utf8_or(data, local)


def _controls(data: bytes) -> int:
    """How many bytes are in no text of 8 bits, but are first halves in UTF-16: of ASCII, and of
    most letters between Latin and Thai."""
    return sum(byte < 0x20 and byte not in b"\t\n\r" for byte in data)


# Whole messages.

HTML_START = re.compile(r"<html", re.IGNORECASE)

MAX_PIECE = 2000
"""Bytes of a message.  Servers advise 512 and pass on 7000; old clients show some 2000."""

SPECIAL = re.compile(r"[<>&]")


def from_text(text: str, *, is_html: bool) -> tuple[str, str]:
    """The text of a message to us, as ``from_html`` returns it.

    AIM's is HTML.  ICQ's is not, unless it begins with ``<HTML``: libpurple sends that from ICQ
    accounts, too.
    """
    if is_html or HTML_START.match(text):
        return from_html(text)
    return ILLEGAL.sub("", one_kind_of_line_end(text)), ""


def outgoing(
    body: str, sender: str, receiver: str, limit: int = MAX_PIECE, *, keep_in: str = ""
) -> list[Fragment]:
    """What to send so that ``body`` arrives, one fragment for each message.

    - To and from AIM names it is HTML, unless it looks the same without.
    - Between ICQ numbers it is plain; one that begins with ``<html`` gets a space in front, or it
      would be taken for HTML at the other end.
    - open-oscar-server takes tags and references out of what ICQ numbers send, except from UTF-16.
    - ``keep_in``: not in UTF-16, but in that charset; see ``encode_to_keep``.
    """
    from_icq, to_icq = is_uin(sender), is_uin(receiver)

    def written(piece: str) -> Fragment:
        text = piece if from_icq and to_icq else _as_html(piece)
        if from_icq and to_icq and HTML_START.match(text):
            text = f" {text}"
        if keep_in:
            charset, data = encode_to_keep(text, keep_in)
        else:
            charset, data = encode(text, force_utf16=from_icq and bool(SPECIAL.search(text)))
        return Fragment(charset, 0, data)

    clean = ILLEGAL.sub("", one_kind_of_line_end(body))
    if len(clean) <= limit and len((whole := written(clean)).data) <= limit:
        return [whole] if clean.strip() else []
    return [written(piece) for piece in split(clean, lambda piece: len(written(piece).data), limit)]


def _as_html(text: str) -> str:
    html = to_html(text)
    return text if html == f"<HTML><BODY>{text}</BODY></HTML>" else html


def split(text: str, size: Callable[[str], int], limit: int) -> Iterator[str]:
    """Pieces that are at most ``limit`` when sent: cut at a line end or a space if there is one not
    too far back, and never inside of a character as people see it, if that is possible.  Pieces
    that are blank are left out."""
    at = 0
    while at < len(text):
        end = _cut(text, at, size, limit)
        if piece := text[at:end].strip():
            yield text if end - at == len(text) else piece
        at = end


def _cut(text: str, start: int, size: Callable[[str], int], limit: int) -> int:
    """Where the piece ends that begins at ``start``; at least one character on."""
    low, high = start + 1, min(len(text), start + limit)
    if high == len(text) and size(text[start:]) <= limit:
        return high
    while low < high:  # The longest that fits.
        middle = (low + high + 1) // 2
        if size(text[start:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return cut(text, start, low, "\n ")
