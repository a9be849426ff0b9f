"""What is in MSG: headers, a blank line, a body.  Long messages come in chunks.

MIME-Version: 1.0                               Message-ID: {…}
Content-Type: text/plain; charset=UTF-8         Chunk: 1
Message-ID: {…}
Chunks: 2                                       the second part
                                                of the body
the first part
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace

from gateway.frozen import frozen
from networks.msn.fields import Fields, first, number, parse_fields

PLAIN = "text/plain"
CONTROL = "text/x-msmsgscontrol"
DATACAST = "text/x-msnmsgr-datacast"
INVITATION = "text/x-msmsgsinvite"
P2P = "application/x-msnmsgrp2p"
PROFILE = "text/x-msmsgsprofile"
INITIAL_MAIL = "text/x-msmsgsinitialmdatanotification"
OFFLINE_MESSAGE = "text/x-msmsgsoimnotification"


@frozen()
class Message:
    type: str
    """In lower case, without parameters; "" if it was not said."""
    body: bytes
    headers: Fields = ()
    """All others."""
    charset: str = "utf-8"
    """One that Python knows."""

    def get(self, name: str) -> str:
        """The first header of that name, in any case; "" if there is none."""
        return first(self.headers, name)

    def field(self, name: str) -> str:
        """The same of lines in the body that look like headers, as those of notifications do."""
        return first(parse_fields(self.body.decode(errors="replace")), name)

    @property
    def text(self) -> str:
        return self.body.decode(self.charset, errors="replace")


END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
"""Of the headers."""

CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)


def parse(payload: bytes) -> Message:
    """Of any bytes.  Without a blank line everything is headers."""
    end = END.search(payload)
    head, body = (payload[: end.start()], payload[end.end() :]) if end else (payload, b"")
    headers = parse_fields(head.decode(errors="replace"))
    content = first(headers, "Content-Type")
    return Message(
        type=content.partition(";")[0].strip().lower(),
        body=body,
        headers=tuple(one for one in headers if one[0].lower() not in DROPPED),
        charset=known_charset(found[1]) if (found := CHARSET.search(content)) else "utf-8",
    )


DROPPED = {"mime-version", "content-type"}


def known_charset(name: str) -> str:
    """As Python calls it; UTF-8 for what it does not know, and for ASCII."""
    try:
        "".encode(name)  # Not every codec is one of texts: "hex" and "rot13" are none.
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known == "ascii" else known


def build(type: str, body: bytes, *headers: tuple[str, str], charset: str = "") -> bytes:
    content = f"{type}; charset={charset}" if charset else type
    lines = (("MIME-Version", "1.0"), ("Content-Type", content), *headers)
    return "".join(f"{name}: {value}\r\n" for name, value in lines).encode() + b"\r\n" + body


# Chunks.

MAX_CHUNKS = 40
"""Of one message: more than anybody types."""

MAX_WHOLE = MAX_CHUNKS * 1664
"""Bytes of one message; each chunk has at most as many as MSG."""

MAX_OPEN = 8
"""Messages of which the rest is to come; the one begun first is given up for a ninth."""


class Assembler:
    """Puts chunks together, of all senders on one switchboard.  They come in order (TCP)."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[Message, int, list[bytes]]] = {}

    def add(self, sender: str, message: Message) -> Message | None:
        """The whole message that this one was, or completes; None while the rest is missing, or
        for one of which the beginning is."""
        id, chunks = message.get("Message-ID"), number(message.get("Chunks"))
        if id and chunks > 1:
            self._begin((sender, id), message, chunks)
            return None
        if id and message.get("Chunk"):
            return self._continue((sender, id), message.body, number(message.get("Chunk")))
        return message

    def _begin(self, key: tuple[str, str], message: Message, chunks: int) -> None:
        self._open.pop(key, None)
        if chunks <= MAX_CHUNKS and len(message.body) <= MAX_WHOLE:
            while len(self._open) >= MAX_OPEN:
                self._open.pop(next(iter(self._open)))
            self._open[key] = message, chunks, [message.body]

    def _continue(self, key: tuple[str, str], body: bytes, number: int) -> Message | None:
        if key not in self._open:
            return None
        first, chunks, parts = self._open[key]
        if number != len(parts) or sum(map(len, parts)) + len(body) > MAX_WHOLE:
            del self._open[key]
            return None
        parts.append(body)
        if len(parts) < chunks:
            return None
        del self._open[key]
        return replace(first, body=b"".join(parts), headers=tuple(_whole(first.headers)))


def _whole(headers: Fields) -> Iterator[tuple[str, str]]:
    return (one for one in headers if one[0].lower() not in ("chunks", "message-id"))
