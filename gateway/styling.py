"""What texts of all networks have in common: how they look, and where they may be cut.

    Style       XEP-0393, section 5.2     XHTML-IM, XEP-0071
    BOLD        *bold*                    <strong>
    ITALIC      _italic_                  <em>
    STRIKE      ~strike~                  text-decoration: line-through
    MONO        `mono`                    font-family: monospace
    UNDERLINE   (none)                    text-decoration: underline

A network turns what it receives into runs; ``styled`` and ``xhtml`` make of these what XMPP gets.
What it sends it puts together from the ``spans`` of each line, and cuts where ``cut`` says.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Not in XML 1.0 (section 2.2), and the carriage return, which XML turns into a new line."""


def one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Style(StrEnum):
    """Outermost first: nothing has a meaning inside of MONO.  By the marks of XEP-0393."""

    BOLD = "*"
    ITALIC = "_"
    STRIKE = "~"
    MONO = "`"
    UNDERLINE = "underline"
    """Has no mark."""


MARKS = {str(style): style for style in Style if style is not Style.UNDERLINE}


class Look(NamedTuple):
    """What is switched on at some place of a text."""

    on: frozenset[Style] = frozenset()
    color: str = ""
    """Six hexadecimal digits; "" for the reader's own."""
    back: str = ""
    href: str = ""
    """Without anything that would end an attribute."""


PLAIN = Look()


class Run(NamedTuple):
    """A piece of text that looks the same from end to end, and is not empty."""

    text: str
    look: Look


# From a network.


def styled(runs: Sequence[Run]) -> str:
    """Plain text with marks.  One that the text itself uses is not used: the two might pair up."""
    text = "".join(run.text for run in runs)
    usable = [style for mark, style in MARKS.items() if mark not in text]
    return "\n".join(_marked(line, usable, "") for line in _lines(runs))


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Styling ends with the line (XEP-0393, section 6.2)."""
    line: list[Run] = []
    for run in runs:
        first, *others = run.text.split("\n")
        line.append(Run(first, run.look))
        for other in others:
            yield line
            line = [Run(other, run.look)]
    yield line


def _marked(runs: Sequence[Run], styles: Sequence[Style], before: str) -> str:
    """``before`` is the character in front, "" at the beginning of a line or of a span."""
    if not styles:
        return "".join(run.text for run in runs)
    style, *inner = styles
    out = ""
    for is_on, group in groupby(runs, key=lambda run: style in run.look.on):
        last = out[-1:] or before
        if not is_on:
            out += _marked(list(group), inner, last)
            continue
        pieces = list(group)
        text = _marked(pieces, inner, "")
        bare = text.strip()
        leading = len(text) - len(text.lstrip())
        # A span begins after white space only, with and ends before something that is none.
        if bare and (leading or not last or last.isspace()):
            out += f"{text[:leading]}{style}{bare}{style}{text[leading + len(bare) :]}"
        else:
            out += _marked(pieces, inner, last)
    return out


def xhtml(run: Run) -> str:
    """For the inside of XHTML-IM's ``<body/>``; new lines stay."""
    on, color, back, href = run.look
    text = escaped(run.text)
    drawn = [name for style, name in DECORATIONS if style in on]
    css = [
        f"color: #{color}" if color else "",
        f"background-color: #{back}" if back else "",
        f"text-decoration: {' '.join(drawn)}" if drawn else "",
        "font-family: monospace" if Style.MONO in on else "",
    ]
    if declared := "; ".join(filter(None, css)):
        text = f'<span style="{declared}">{text}</span>'
    text = f"<em>{text}</em>" if Style.ITALIC in on else text
    text = f"<strong>{text}</strong>" if Style.BOLD in on else text
    return f'<a href="{escaped(href)}">{text}</a>' if href else text


DECORATIONS = ((Style.UNDERLINE, "underline"), (Style.STRIKE, "line-through"))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# To a network.

FENCE = "```"
"""Around code blocks, in lines of its own."""

QUOTE = re.compile(r"(?:>\s*)*")


def unquoted(line: str) -> tuple[str, str]:
    """The ">" at the beginning, and what is quoted; "" and the line if nothing is."""
    found = QUOTE.match(line)
    start = found.end() if found else 0
    return line[:start], line[start:]


class Span(NamedTuple):
    style: Style
    text: str
    """Between the marks.  It may have spans of its own, unless the style is MONO."""


MARK = re.compile(r"(?<!\S)[*_~`](?!\s)")
"""XEP-0393, section 6.2: a span opens after white space and before something that is none …"""

CLOSING = {mark: re.compile(rf"(?<!\s){re.escape(mark)}") for mark in MARKS}
"""… and closes after something that is none, as soon as it can."""


def spans(text: str) -> Iterator[str | Span]:
    """Of one line, or of the inside of a span: there, too, one may open at the very beginning."""
    at = 0
    hopeless: set[str] = set()  # Marks that never close from here on; or this would be quadratic.
    while opening := MARK.search(text, at):
        mark, start = opening[0], opening.start()
        closing = None if mark in hopeless else CLOSING[mark].search(text, start + 1)
        if closing is None or closing.start() == start + 1:
            # Nothing between two marks, and neither is one (``**``).
            yield text[at : start + 1]
            at = start + 1
            if closing is None:
                hopeless.add(mark)
            continue
        yield text[at:start]
        yield Span(MARKS[mark], text[start + 1 : closing.start()])
        at = closing.end()
    yield text[at:]


# Cutting.

LONGEST_CLUSTER = 40
"""Characters we go back for a place between two clusters; a family of emoji has some 10.  What is
longer is a joke with combining marks, and is cut."""


def cut(text: str, start: int, end: int, separators: str = " ") -> int:
    """Where a piece had better end that begins at ``start`` and has to end at ``end``: at a
    separator (the first of them that is found) if there is one not too far back, and never inside
    of a character as people see it, if that is possible."""
    for separator in separators:
        found = text.rfind(separator, start + (end - start) // 2, end + 1)
        if found > start:
            return found
    good = end
    while good > max(start, end - LONGEST_CLUSTER) and is_joined(text, good):
        good -= 1
    return good if good > start and not is_joined(text, good) else end


def is_joined(text: str, at: int) -> bool:
    """Whether a reader sees the characters around ``at`` as one (roughly UAX #29, section 3)."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if after.isascii():
        return False
    if "\u200d" in (before, after) or after in MODIFIERS or unicodedata.category(after)[0] == "M":
        return True
    if after in REGIONAL and before in REGIONAL:  # Flags are pairs.
        flags = start = at - 1
        while start > max(0, at - LONGEST_CLUSTER) and text[start - 1] in REGIONAL:
            start -= 1
        return (flags - start) % 2 == 0
    return after in JAMO and before in JAMO


MODIFIERS = frozenset(map(chr, [*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)]))
"""Skin tones, and the tags of which the flags of Scotland and Wales are made."""
REGIONAL = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
JAMO = frozenset(map(chr, range(0x1100, 0x1200)))
