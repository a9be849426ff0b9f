"""The texts inside ICBM TLV 02, and what open-oscar-server does to those of ICQ users.

TLV 02 is a row of fragments ``id u8 | version u8 | length u16 | data``: 05 01 are capabilities,
01 01 a text, ``charset u16 | subset u16 | bytes``.
"""

from __future__ import annotations

import html
import re

from tests.servers.oscar_wire import Broken, Reader, string16, u16

ASCII, UTF16, LATIN1, UTF8 = 0, 2, 3, 0xD

CAPABILITIES, TEXT = 0x05, 0x01

TAG = re.compile(rb"<[A-Za-z/!][^<>]*>")
ENTITY = re.compile(rb"&#?[A-Za-z0-9]+;")

Fragment = tuple[int, int, bytes]


def fragments(value: bytes) -> list[Fragment]:
    reader, found = Reader(value), []
    while reader.left:
        found.append((reader.u8(), reader.u8(), reader.string16()))
    return found


def pack(parts: list[Fragment]) -> bytes:
    return b"".join(bytes((kind, version)) + string16(data) for kind, version, data in parts)


def message(text: str, charset: int | None = None, capabilities: bytes = b"\x01") -> bytes:
    """ASCII if it can be, else UTF-16BE."""
    if charset is None:
        charset = ASCII if text.isascii() else UTF16
    data = u16(charset) + u16(0) + text.encode(_codec(charset))
    return pack([(CAPABILITIES, 1, capabilities), (TEXT, 1, data)])


def read(value: bytes, *, is_any_8_bit: bool = False) -> str:
    """All texts in it, in their own charsets.  Broken: they are not in the charset they claim.
    ``is_any_8_bit``: ASCII is what clients of old call by that name."""
    texts = []
    for kind, _, data in fragments(value):
        if kind == TEXT:
            reader = Reader(data)
            charset, _subset = reader.u16(), reader.u16()
            try:
                codec = "latin-1" if is_any_8_bit and charset == ASCII else _codec(charset)
                texts.append(reader.rest().decode(codec))
            except UnicodeDecodeError as problem:
                raise Broken(f"charset {charset}: {data.hex()}") from problem
    if not texts:
        raise Broken(f"no text in {value.hex()}")
    return "".join(texts)


def _codec(charset: int) -> str:
    codecs = {ASCII: "ascii", UTF16: "utf-16-be", LATIN1: "latin-1", UTF8: "utf-8"}
    if charset not in codecs:
        raise Broken(f"charset {charset}")
    return codecs[charset]


def strip(value: bytes) -> bytes:
    """TLV 02 with tags and entities gone, without regard to the charset.

    Works on bytes, so UTF-16 keeps its tags; and each 0d becomes 0a, wherever it stands.
    """
    return pack(
        [
            (kind, version, data[:4] + _strip(data[4:]) if kind == TEXT else data)
            for kind, version, data in fragments(value)
        ]
    )


def _strip(data: bytes) -> bytes:
    data = TAG.sub(b"", data)
    data = ENTITY.sub(lambda found: _unescape(found.group()), data)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _unescape(entity: bytes) -> bytes:
    return html.unescape(entity.decode("ascii")).encode("utf-8")
