"""Formatting both ways, long messages cut into lines, and CTCP.

    on IRC       plain, XEP-0393           XHTML-IM, XEP-0071
    02 … 02      *bold*                    <strong>
    1D … 1D      _italic_                  <em>
    1E … 1E      ~strike~                  text-decoration: line-through
    11 … 11      `mono`                    font-family: monospace
    1F … 1F      (none)                    text-decoration: underline
    03, 04, 16   (none)                    color, background-color
    0F           ends all                  ends all

https://modern.ircdocs.horse/formatting, https://modern.ircdocs.horse/ctcp
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from gateway import styling
from gateway.styling import ILLEGAL, Look, Run, Span, Style

MIN_ROOM = 64
"""Bytes in a line that ``lines`` always uses: repeating the formatting (up to 25) must leave place
for text.  The longest names together still leave more than 100."""

CODE = re.compile(
    r"\x03(?:(?P<fg>[0-9]{1,2})(?:,(?P<bg>[0-9]{1,2}))?)?"
    r"|\x04(?:(?P<hex_fg>[0-9A-Fa-f]{6})(?:,(?P<hex_bg>[0-9A-Fa-f]{6}))?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)

BOLD, REVERSE = "\x02", "\x16"

CODE_OF = {
    Style.BOLD: BOLD,
    Style.ITALIC: "\x1d",
    Style.STRIKE: "\x1e",
    Style.MONO: "\x11",
    Style.UNDERLINE: "\x1f",
}

PALETTE = (
    # 0 to 15: as clients please; these are mIRC's.
    "ffffff 000000 00007f 009300 ff0000 7f0000 9c009c fc7f00 "
    "ffff00 00fc00 009393 00ffff 0000fc ff00ff 7f7f7f d2d2d2 "
    # 16 to 98: https://modern.ircdocs.horse/formatting#colors-16-98
    "470000 472100 474700 324700 004700 00472c 004747 002747 000047 2e0047 470047 47002a "
    "740000 743a00 747400 517400 007400 007449 007474 004074 000074 4b0074 740074 740045 "
    "b50000 b56300 b5b500 7db500 00b500 00b571 00b5b5 0063b5 0000b5 7500b5 b500b5 b5006b "
    "ff0000 ff8c00 ffff00 b2ff00 00ff00 00ffa0 00ffff 008cff 0000ff a500ff ff00ff ff0098 "
    "ff5959 ffb459 ffff71 cfff60 6fff6f 65ffc9 6dffff 59b4ff 5959ff c459ff ff66ff ff59bc "
    "ff9c9c ffd39c ffff9c e2ff9c 9cff9c 9cffdb 9cffff 9cd3ff 9c9cff dc9cff ff9cff ff94d3 "
    "000000 131313 282828 363636 4d4d4d 656565 818181 9f9f9f bcbcbc e2e2e2 ffffff"
)
COLOURS = PALETTE.split()


class Format(NamedTuple):
    """What is switched on at some place of a text."""

    on: frozenset[str] = frozenset()
    """The codes that have been given an odd number of times."""
    fg: str = ""
    """Two digits of the palette or six hexadecimal ones; "" for the reader's own."""
    bg: str = ""

    def after(self, code: re.Match[str]) -> "Format":
        """What is on after one match of CODE."""
        character = code[0][0]
        if character == "\x0f":
            return PLAIN
        if character not in "\x03\x04":
            return self._replace(on=self.on ^ {character})
        fg, bg = code["fg"] or code["hex_fg"], code["bg"] or code["hex_bg"]
        if fg is None:  # Nothing but the code: both end.
            return self._replace(fg="", bg="")
        return self._replace(fg=_colour(fg), bg=self.bg if bg is None else _colour(bg))

    def look(self) -> Look:
        if self == PLAIN:
            return styling.PLAIN
        on = frozenset(style for style, code in CODE_OF.items() if code in self.on)
        fg, bg = _rgb(self.fg), _rgb(self.bg)
        if REVERSE in self.on:  # The reader's own colours are not known: black on white.
            fg, bg = bg or "ffffff", fg or "000000"
        return Look(on, fg, bg)

    def codes(self, text: str) -> str:
        """What switches this on in front of ``text``, where nothing is on."""
        colours = self._colour_codes()
        if colours and text.startswith(","):
            colours += BOLD + BOLD  # Or the comma could be taken for a part of the code.
        return "".join(sorted(self.on)) + colours

    def _colour_codes(self) -> str:
        fg, bg = self.fg, self.bg
        if len(fg) <= 2 and len(bg) <= 2:
            return f"\x03{fg or '99'},{bg}" if bg else f"\x03{fg}" if fg else ""
        if not bg:
            return f"\x04{fg}"
        both = f"\x04{_rgb(fg or bg)},{_rgb(bg)}"
        return both if fg else f"{both}\x0399"


PLAIN = Format()


def _colour(digits: str) -> str:
    """99 is the reader's own."""
    digits = digits.lower().zfill(2)
    return "" if digits == "99" else digits


def _rgb(colour: str) -> str:
    return COLOURS[int(colour)] if len(colour) == 2 else colour


def _runs(text: str) -> Iterator[Run]:
    at, format = 0, PLAIN
    for code in CODE.finditer(text):
        if piece := ILLEGAL.sub("", text[at : code.start()]):
            yield Run(piece, format.look())
        at, format = code.end(), format.after(code)
    if piece := ILLEGAL.sub("", text[at:]):
        yield Run(piece, format.look())


# From IRC.


def from_irc(text: str) -> tuple[str, str]:
    """Plain text with XEP-0393 styling, and the inside of XHTML-IM's ``<body/>`` ("" if there is no
    formatting).  Both are fit for XML, whatever was sent."""
    if not ILLEGAL.search(text):
        return text, ""
    runs = list(_runs(text))
    if all(run.look == styling.PLAIN for run in runs):
        return "".join(run.text for run in runs), ""
    return styling.styled(runs), "".join(map(styling.xhtml, runs))


# To IRC.


def to_irc(text: str) -> str:
    """XEP-0393 styling to codes, line by line.  Fences of code blocks go, what is in them stays as
    it is; quotes keep their ">", which IRC's people write themselves."""
    out = []
    is_code = False
    rows = _split(text)
    for number, line in enumerate(rows, 1):
        if is_code and line.rstrip() == styling.FENCE:
            is_code = False
        elif is_code:
            out.append(CODE_OF[Style.MONO] + line if line.strip() else line)
        elif number < len(rows) and FENCE_LINE.fullmatch(line):
            is_code = True
        else:
            quote, rest = styling.unquoted(line)
            out.append(quote + _coded(rest))
    return "\n".join(out)


FENCE_LINE = re.compile(f"{styling.FENCE}[^`]*")
"""Stricter than XEP-0393, section 5.1.2, which drops what else is in that line: people write
````code```` in one, and what they write must arrive."""


def _coded(text: str) -> str:
    return "".join(map(_span, styling.spans(text)))


def _span(piece: str | Span) -> str:
    if isinstance(piece, str):
        return piece
    code = CODE_OF[piece.style]
    return f"{code}{piece.text if piece.style == Style.MONO else _coded(piece.text)}{code}"


# Cutting.


def room(command: str, target: str, our_prefix_length: int) -> int:
    """Bytes for the text of a PRIVMSG, NOTICE … once the server has put our ``nick!user@host``
    (that many bytes) in front for the others: 512 is what they may get."""
    frame = f": {command} {target} :\r\n".encode(errors="replace")
    return max(512 - len(frame) - our_prefix_length, MIN_ROOM)


def lines(body: str, room: int, prefix: str = "") -> list[str]:
    """A message as texts of at most ``room`` bytes (at least MIN_ROOM), one for each PRIVMSG.

    One for each line, more where it is too long: cut at a space if there is one not too far back,
    and never inside of a character as people see it, if that is possible.  Formatting goes on after
    a cut.  Blank lines are dropped.  ``prefix`` is put in front of each text, and counts.
    """
    left = max(room - len(prefix.encode(errors="replace")), MIN_ROOM)
    return [prefix + piece for line in _split(body) for piece in _pieces(line, left)]


def _split(text: str) -> list[str]:
    # Not splitlines(), which takes formatting codes (1D, 1E) for line ends.
    return styling.one_kind_of_line_end(text).split("\n")


def _pieces(line: str, room: int) -> Iterator[str]:
    at, look = 0, PLAIN
    while at < len(line):
        again = look.codes(line[at : at + 1])
        end = _cut(line, at, room - len(again))
        piece = line[at:end]
        if CODE.sub("", piece).strip():
            yield again + piece
        for code in CODE.finditer(piece):
            look = look.after(code)
        at = end + (end < len(line) and line[end] == " ")


def _cut(line: str, start: int, room: int) -> int:
    """Where the piece ends that begins at ``start``."""
    window = line[start : start + room].encode(errors="replace")
    if start + room >= len(line) and len(window) <= room:
        return len(line)
    end = styling.cut(line, start, start + len(window[:room].decode(errors="ignore")))
    for code in CODE.finditer(line, max(start, end - LONGEST_CODE), end + LONGEST_CODE):
        if start < code.start() < end < code.end():
            return code.start()
    return end


LONGEST_CODE = len("\x04RRGGBB,RRGGBB")

# CTCP: https://modern.ircdocs.horse/ctcp


def ctcp(text: str) -> tuple[str, str] | None:
    """Command (upper case) and argument of a PRIVMSG or NOTICE that is one.  Some clients leave out
    the 01 at the end, and servers cut it off."""
    if not text.startswith("\x01"):
        return None
    command, _, argument = text[1:].removesuffix("\x01").partition(" ")
    return (command.upper(), argument) if command else None


def ctcp_quote(command: str, argument: str = "") -> str:
    inside = f"{command} {argument}" if argument else command
    return "\x01" + inside.replace("\x01", "") + "\x01"


PLAIN_LINE = re.compile(r"(?!/me )(?=.*\S)[^\x00-\x1f*_~`]+")
"""One line with nothing to be changed in it, as most messages are."""

ME = "/me "
"""XEP-0245."""


def from_privmsg(text: str) -> tuple[str, str] | None:
    """Like ``from_irc``, with a CTCP ACTION as ``/me …``; None for any other CTCP."""
    request = ctcp(text)
    if request is None:
        return from_irc(text)
    command, argument = request
    if command != "ACTION":
        return None
    plain, xhtml = from_irc(argument)
    return ME + plain, ME + xhtml if xhtml else ""


def to_privmsgs(body: str, room: int) -> list[str]:
    """``to_irc`` and ``lines``, with the first line of a ``/me …`` as CTCP ACTION."""
    if PLAIN_LINE.fullmatch(body) and len(body.encode(errors="replace")) <= room:
        return [body]
    first, *rest = _split(body)
    if not first.startswith(ME):
        return lines(to_irc(body), room)
    inside = room - len(ctcp_quote("ACTION", " ")) + 1
    acted = [ctcp_quote("ACTION", piece) for piece in lines(to_irc(first[len(ME) :]), inside)]
    return acted + lines(to_irc("\n".join(rest)), room)
