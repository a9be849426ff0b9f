"""Lines and payloads of MSNP, both ways.

CMD arg arg …\\r\\n                  the first argument is the TrID, where there is one
CMD arg arg … <length>\\r\\n<payload>
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

LONGEST_LINE = 8192
"""A ticket of 1,000 characters and a picture's description fit; more is a mistake."""

LONGEST_PAYLOAD = 64 * 1024

FROM_CLIENT = frozenset({"MSG", "QRY", "UUX", "ADL", "RML", "FQY", "UUN", "UUM"})
FROM_SERVER = frozenset({"MSG", "GCF", "ADL", "RML", "UBX", "UBN", "NOT", "FQY"})
"""Those that end in a length, with a payload behind them."""

QUOTED = str.maketrans({"%": "%25", " ": "%20", "\r": "%0D", "\n": "%0A"})
"""All that the server escapes: names come with other characters as they are."""


class Broken(Exception):
    """What a client sent is not MSNP, or not what it claims to be."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    args: tuple[str, ...] = ()
    """As on the line, without the length."""
    payload: bytes | None = None

    @property
    def trid(self) -> str:
        return self.args[0] if self.args else ""

    def arg(self, number: int) -> str:
        """Broken: there are not so many."""
        if number >= len(self.args):
            raise Broken(f"{self}: {len(self.args)} arguments")
        return self.args[number]

    def pack(self) -> bytes:
        length = () if self.payload is None else (str(len(self.payload)),)
        line = " ".join((self.name, *self.args, *length))
        return line.encode() + b"\r\n" + (self.payload or b"")

    def __str__(self) -> str:
        return " ".join((self.name, *self.args))[:200]


@dataclass(slots=True)
class Buffer:
    """Bytes to commands."""

    payloads: frozenset[str]
    """FROM_CLIENT or FROM_SERVER."""
    waiting: bytes = b""
    _line: list[str] = field(default_factory=list)
    """Of a command whose payload is not here yet."""

    def feed(self, data: bytes) -> Iterator[Command]:
        """Broken: not MSNP."""
        self.waiting += data
        while True:
            if not self._line:
                line, found, rest = self.waiting.partition(b"\r\n")
                if not found:
                    break
                self.waiting = rest
                self._line = _words(line)
            if not self._has_payload():
                name, *args = self._line
                self._line = []
                yield Command(name, tuple(args))
                continue
            length = int(self._line[-1])
            if len(self.waiting) < length:
                break
            name, *args, _ = self._line
            payload, self.waiting, self._line = self.waiting[:length], self.waiting[length:], []
            yield Command(name, tuple(args), payload)
        if len(self.waiting) > LONGEST_PAYLOAD:
            raise Broken(f"{len(self.waiting)} bytes without an end")

    def _has_payload(self) -> bool:
        name, *args = self._line
        if name not in self.payloads:
            # MSNP13 and later may explain an error.
            return self.payloads is FROM_SERVER and name.isdigit() and len(args) == 2
        if args[1:] == ["OK"] and name in ("ADL", "RML"):
            return False
        if name in ("GCF", "FQY") and len(args) < 2:
            return False
        least = 2 if self.payloads is FROM_CLIENT else 1
        if len(args) < least or not args[-1].isdigit() or int(args[-1]) > LONGEST_PAYLOAD:
            raise Broken(f"no length: {' '.join(self._line)[:200]}")
        return True


def _words(line: bytes) -> list[str]:
    try:
        words = line.decode().split(" ")
    except UnicodeDecodeError as problem:
        raise Broken(f"not UTF-8: {line[:200]!r}") from problem
    if len(line) > LONGEST_LINE or b"\n" in line or b"\r" in line or not all(words):
        raise Broken(f"not a line: {line[:200]!r}")
    return words


def quote(text: str) -> str:
    return text.translate(QUOTED)


def plain(word: str) -> str:
    """Without the escapes.  Broken: they are not of UTF-8."""
    try:
        return unquote(word, errors="strict")
    except UnicodeDecodeError as problem:
        raise Broken(f"not UTF-8: {word}") from problem


def mime(payload: bytes) -> tuple[dict[str, str], bytes]:
    """Headers by their names in lower case, and the body.  Broken: they are none."""
    head, found, body = payload.partition(b"\r\n\r\n")
    if not found:
        raise Broken(f"no empty line in {payload[:200]!r}")
    headers = {}
    try:
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            if not _:
                raise Broken(f"no header: {line!r}")
            headers[name.lower()] = value.strip()
    except UnicodeDecodeError as problem:
        raise Broken(f"headers that are not UTF-8: {head[:200]!r}") from problem
    return headers, body


def message(content_type: str, body: bytes | str = b"", *headers: tuple[str, str]) -> bytes:
    """The payload of a MSG."""
    lines = [("MIME-Version", "1.0"), ("Content-Type", content_type), *headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)
