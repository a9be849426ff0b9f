"""Texts of messages.  A message looks the same from end to end: MSN formats no part of it.

    X-MMS-IM-Format: FN=Segoe%20UI; EF=BI; CO=ff; CS=1; PF=0

FN font, EF effects (bold, italic, underline, strike), CO colour as hexadecimal blue, green, red
without leading zeros, CS charset and PF pitch of the font.  Custom emoticons are announced by
messages of their own, which we pass over: what is typed for them stands in the text.
"""

from collections.abc import Iterator

from gateway.frozen import frozen
from gateway.styling import (
    ILLEGAL,
    PLAIN,
    Look,
    Run,
    Span,
    Style,
    cut,
    one_kind_of_line_end,
    spans,
    styled,
    xhtml,
)
from networks.msn import mime
from networks.msn.mime import Message, build

FORMAT = "X-MMS-IM-Format"

EFFECTS = {
    "B": Style.BOLD,
    "I": Style.ITALIC,
    "U": Style.UNDERLINE,
    "S": Style.STRIKE,
}

# From the network.


@frozen()
class Text:
    body: str
    """With XEP-0393 styling; "" if there is nothing to show."""
    xhtml: str = ""
    """The inside of XHTML-IM's ``<body/>``; "" without formatting."""


def incoming(message: Message) -> Text:
    text = ILLEGAL.sub("", one_kind_of_line_end(message.text)).strip("\n")
    look = _look(message.get(FORMAT))
    if look == PLAIN or not text.strip():
        return Text(text if text.strip() else "")
    run = Run(text, look)
    return Text(styled([run]), xhtml(run).replace("\n", "<br/>"))


def _look(format: str) -> Look:
    fields = dict(field.strip().partition("=")[::2] for field in format.split(";"))
    effects = {EFFECTS[letter] for letter in fields.get("EF", "").upper() if letter in EFFECTS}
    return Look(frozenset(effects), _color(fields.get("CO", "")))


HEXADECIMAL = set("0123456789abcdefABCDEF")

BLACK = "000000"
"""What clients say when nobody chose a colour."""


def _color(text: str) -> str:
    """Six digits, red first; "" for black and for what is no colour."""
    digits = text.strip().rjust(6, "0").lower()
    if len(digits) != 6 or not HEXADECIMAL.issuperset(digits):
        return ""
    color = digits[4:] + digits[2:4] + digits[:2]
    return "" if color == BLACK else color


# To the network.

MAX_PAYLOAD = 1664
"""Bytes of MSG with its headers.  After one more the server closes the switchboard."""

LETTERS = {style: letter for letter, style in EFFECTS.items()}

NEW_LINE = "\r\n"


def outgoing(body: str) -> list[bytes]:
    """Payloads that arrive as ``body`` one after the other; none for a blank one."""
    effects, text = _effects(ILLEGAL.sub("", one_kind_of_line_end(body)))
    format = f"FN=Segoe%20UI; EF={effects}; CO=0; CS=1; PF=0"
    room = MAX_PAYLOAD - len(_payload("", format))
    pieces = _pieces(text.replace("\n", NEW_LINE), room)
    return [_payload(piece, format) for piece in pieces]


def _payload(text: str, format: str) -> bytes:
    return build(mime.PLAIN, text.encode(), (FORMAT, format), charset="UTF-8")


def _effects(text: str) -> tuple[str, str]:
    """The letters for what every line is marked with from end to end, and the text without.  Other
    marks stay as they are typed."""
    lines, effects = text.split("\n"), ""
    while (style := _common_style(lines)) in LETTERS:
        effects += LETTERS[style]
        lines = [line.strip()[1:-1] for line in lines]
    return effects, "\n".join(lines)


def _common_style(lines: list[str]) -> Style | None:
    styles = {_style(line) for line in lines if line.strip()}
    return styles.pop() if len(styles) == 1 else None


def _style(line: str) -> Style | None:
    """Of a line that is one span and nothing else."""
    match [piece for piece in spans(line.strip()) if piece]:
        case [Span(style, _)]:
            return style
        case _:
            return None


def _pieces(text: str, room: int) -> Iterator[str]:
    """Of at most ``room`` bytes, cut between lines or words if that is possible, and never inside
    of a character."""
    at = 0
    while at < len(text):
        end = at + len(text[at : at + room].encode()[:room].decode(errors="ignore"))
        if end < len(text):
            end = cut(text, at, end, "\n ")
        piece = text[at:end]
        if piece.strip():
            yield piece if len(piece) == len(text) else piece.strip()
        at = end


# Signals.

NUDGE = "1"
"""The ID of a datacast."""


def typing(me: str) -> bytes:
    return build(mime.CONTROL, b"\r\n", ("TypingUser", me))


def nudge() -> bytes:
    return build(mime.DATACAST, f"ID: {NUDGE}\r\n\r\n".encode())


def is_nudge(message: Message) -> bool:
    return message.type == mime.DATACAST and message.field("ID") == NUDGE


def is_typing(message: Message) -> bool:
    return message.type == mime.CONTROL and bool(message.get("TypingUser"))
