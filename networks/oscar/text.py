"""Charsets, AIM's HTML and the sizes of messages.

    in AIM's HTML            plain, XEP-0393      XHTML-IM, XEP-0071
    <B> <STRONG>             *bold*               <strong>
    <I> <EM>                 _italic_             <em>
    <S> <STRIKE> <DEL>       ~strike~             text-decoration: line-through
    <U>                      (none)               text-decoration: underline
    <TT> <CODE> <PRE>        `mono`               font-family: monospace
    <FONT COLOR= BACK=>      (none)               color, background-color
    <A HREF="x">y</A>        y (x)                <a href="x">y</a>
    <BR> <P> <HR>            new line             <br/>

AIM's messages are HTML, ICQ's are not, and servers and clients get it wrong in several ways: see
``outgoing`` and ``incoming``, which are all that others need of this for messages.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape
from html.entities import html5
from itertools import groupby
from typing import NamedTuple

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


# HTML.


class Format(NamedTuple):
    """What is switched on at some place of a text."""

    on: frozenset[str] = frozenset()
    """Of "b", "i", "s", "u", "tt"."""
    color: str = ""
    """Six hexadecimal digits; "" for the reader's own."""
    back: str = ""
    href: str = ""


PLAIN = Format()


class Run(NamedTuple):
    """A piece of text that looks the same from end to end, and is not empty."""

    text: str
    format: Format


SWITCHES = {
    **dict.fromkeys(("b", "strong"), "b"),
    **dict.fromkeys(("i", "em"), "i"),
    **dict.fromkeys(("s", "strike", "del"), "s"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("tt", "code", "pre"), "tt"),
}

BREAKS = {"br", "hr"}
BLOCKS = {"p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"}
"""Begin a new line, and end with one."""

UNSEEN = {"head", "style", "script", "title"}
"""With everything in them."""

OTHERS = {
    *("html", "body", "font", "span", "a", "img", "big", "small", "sub", "sup", "center", "cite"),
    *("table", "tbody", "td", "th", "binary", "data", "meta", "link", "sml", "wbr", "bold"),
}

ELEMENTS = {*SWITCHES, *BREAKS, *BLOCKS, *UNSEEN, *OTHERS}
"""What is taken for HTML.  Any other "<tag>" is text that a client forgot to escape."""

MARKUP = re.compile(
    r"<!--.{0,500}?-->|<!doctype[^<>]*>"
    r"|<(?P<close>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\s[^<>]*|/)?)>"
    r"|&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});",
    re.IGNORECASE | re.DOTALL,
)
"""A tag, a comment or a reference.  html.parser will not do: what it makes of "<" that begins no
tag, and of a tag that never ends, has changed from one release of Python to the next.  Comments
have an end that is soon found, or looking for it could take quadratic time."""

ATTRIBUTE = re.compile(
    r"(?<![\w-])([a-z][a-z_-]{0,30})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)

ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Not in XML 1.0 (section 2.2), and the carriage return, which XML turns into a new line."""

MAX_DEPTH = 64
"""Elements inside of each other; deeper ones change nothing any more."""


class Parser:
    """One text of HTML, taken apart as leniently as AIM's clients do."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._open: list[tuple[str, Format]] = []
        """Elements, and what was on before each."""
        self._now = PLAIN
        self._unseen = ""
        self._break = False
        """A new line is due before whatever comes next."""

    def parse(self, html: str) -> list[Run]:
        at = 0
        for found in MARKUP.finditer(html):
            self._text(html[at : found.start()])
            at = found.end()
            self._markup(found)
        self._text(html[at:])
        return self.runs

    def _markup(self, found: re.Match[str]) -> None:
        name = (found["name"] or "").lower()
        if name in ELEMENTS:
            if found["close"]:
                self._closed(name)
            else:
                self._opened(name, found["attributes"])
        elif found[0].startswith("&"):
            self._text(_referred(found[0]))
        elif name:
            self._text(found[0])

    def _text(self, text: str) -> None:
        if self._unseen or not text:
            return
        if self._open and not self.runs:
            text = text.lstrip("\n")  # Between <HTML>, <BODY> and what there is to read.
        if text:
            self._end_line()
            self.runs.append(Run(text, self._now))

    def _end_line(self) -> None:
        if self._break and self.runs and not self.runs[-1].text.endswith("\n"):
            self.runs.append(Run("\n", PLAIN))
        self._break = False

    def _opened(self, name: str, attributes: str) -> None:
        if name in BREAKS and not self._unseen:
            self._end_line()
            self.runs.append(Run("\n", self._now))
        elif name in UNSEEN:
            self._unseen = self._unseen or name
        elif name == "img":
            self._text(_attributes(attributes).get("alt", ""))
        else:
            self._break = self._break or name in BLOCKS
            if len(self._open) < MAX_DEPTH:
                self._open.append((name, self._now))
                self._now = _switched(self._now, name, attributes)

    def _closed(self, name: str) -> None:
        """With everything in it that is still open.  What was never opened closes nothing."""
        if name == self._unseen:
            self._unseen = ""
        self._break = self._break or name in BLOCKS
        for at in reversed(range(len(self._open))):
            if self._open[at][0] == name:
                self._now = self._open[at][1]
                del self._open[at:]
                return


NBSP = " "
"""Clients write &nbsp; for any space that HTML would swallow."""


def _referred(reference: str) -> str:
    if reference.lower() == "&nbsp;":
        return NBSP
    return unescape(reference) if reference[1] == "#" else html5.get(reference[1:], reference)


def _attributes(text: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or found[4] or "")
        for found in ATTRIBUTE.finditer(text)
    }


COLOUR = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)

LINK = re.compile(r"(?:https?|ftp|mailto|aim|xmpp|sip):[^\s<>\"]+", re.IGNORECASE)
"""What a link may lead to, without anything that would end an attribute."""


def _switched(before: Format, name: str, attributes: str) -> Format:
    if switch := SWITCHES.get(name):
        return before._replace(on=before.on | {switch})
    if name == "a":
        href = ILLEGAL.sub("", _attributes(attributes).get("href", "").strip())
        return before._replace(href=href if LINK.fullmatch(href) else "")
    if name == "font":
        given = _attributes(attributes)
        return before._replace(
            color=_colour(given.get("color", ""), before.color, BLACK),
            back=_colour(given.get("back", ""), before.back, WHITE),
        )
    return before


BLACK, WHITE = "000000", "ffffff"
"""Every client names them, and nobody means them."""


def _colour(given: str, before: str, usual: str) -> str:
    found = COLOUR.fullmatch(given.strip())
    if not found:
        return before
    return "" if found[1].lower() == usual else found[1].lower()


def from_html(html: str) -> tuple[str, str]:
    """Plain text with XEP-0393 styling, and the inside of XHTML-IM's ``<body/>`` ("" if there is no
    formatting).  Both are fit for XML, whatever was sent."""
    runs = _merged(Parser().parse(_one_kind_of_line_end(html)))
    if all(run.format == PLAIN for run in runs):
        return "".join(run.text for run in runs), ""
    linked = [piece for run in runs for piece in _with_address(run)]
    text = "".join(run.text for run in linked)
    usable = [(code, mark) for code, mark in STYLES if mark not in text]
    lines = [_styled(line, usable, "") for line in _lines(linked)]
    return "\n".join(lines), "".join(map(_xhtml, runs))


def _one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _merged(runs: Iterable[Run]) -> list[Run]:
    """Neighbours that look alike as one, without what XML forbids."""
    merged = [
        Run(ILLEGAL.sub("", "".join(run.text for run in group)), look)
        for look, group in groupby(runs, key=lambda run: run.format)
    ]
    return [run for run in merged if run.text]


def _with_address(run: Run) -> Iterator[Run]:
    yield run
    href = run.format.href
    if href and run.text.strip() not in (href, href.removeprefix("mailto:")):
        yield Run(f" ({href})", PLAIN)


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Styling ends with the line (XEP-0393, section 6.2)."""
    line: list[Run] = []
    for run in runs:
        first, *others = run.text.split("\n")
        line.append(Run(first, run.format))
        for other in others:
            yield line
            line = [Run(other, run.format)]
    yield line


STYLES = (("b", "*"), ("i", "_"), ("s", "~"), ("tt", "`"))
"""XEP-0393, section 5.2, outermost first: nothing has a meaning inside of a preformatted span.  A
mark that the text itself uses is not used: the two might pair up."""


def _styled(runs: Sequence[Run], styles: Sequence[tuple[str, str]], before: str) -> str:
    """``before`` is the character in front, "" at the beginning of a line or of a span."""
    if not styles:
        return "".join(run.text for run in runs)
    (code, mark), *inner = styles
    out = ""
    for is_on, group in groupby(runs, key=lambda run: code in run.format.on):
        last = out[-1:] or before
        if not is_on:
            out += _styled(list(group), inner, last)
            continue
        pieces = list(group)
        text = _styled(pieces, inner, "")
        bare = text.strip()
        leading = len(text) - len(text.lstrip())
        # A span begins after white space only, with and ends before something that is none.
        if bare and (leading or not last or last.isspace()):
            out += f"{text[:leading]}{mark}{bare}{mark}{text[leading + len(bare) :]}"
        else:
            out += _styled(pieces, inner, last)
    return out


def _xhtml(run: Run) -> str:
    on, color, back, href = run.format
    text = _escaped(run.text).replace("\n", "<br/>")
    drawn = [name for code, name in DECORATIONS if code in on]
    style = [
        f"color: #{color}" if color else "",
        f"background-color: #{back}" if back else "",
        f"text-decoration: {' '.join(drawn)}" if drawn else "",
        "font-family: monospace" if "tt" in on else "",
    ]
    if declared := "; ".join(filter(None, style)):
        text = f'<span style="{declared}">{text}</span>'
    text = f"<em>{text}</em>" if "i" in on else text
    text = f"<strong>{text}</strong>" if "b" in on else text
    return f'<a href="{_escaped(href)}">{text}</a>' if href else text


DECORATIONS = (("u", "underline"), ("s", "line-through"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# To HTML.


def to_html(text: str) -> str:
    """XEP-0393 styling to tags, line by line, in ``<HTML><BODY>``.  Quotes, preformatted spans and
    blocks stay as they were written: no old client has anything for them."""
    out, is_code = [], False
    for line in _one_kind_of_line_end(text).split("\n"):
        is_fence = line.startswith(FENCE)
        if is_code or is_fence:
            out.append(_escaped(line))
            is_code ^= is_fence
        else:
            quote = QUOTE.match(line)
            start = quote.end() if quote else 0
            out.append(_escaped(line[:start]) + _tagged(line[start:]))
    return f"<HTML><BODY>{'<BR>'.join(out)}</BODY></HTML>"


FENCE = "```"

TAGS = {"*": "B", "_": "I", "~": "S"}

QUOTE = re.compile(r"(?:>\s*)*")

MARK = re.compile(r"(?<!\S)[*_~`](?!\s)")
"""XEP-0393, section 6.2: a span opens after white space and before something that is none …"""

CLOSING = {mark: re.compile(rf"(?<!\s){re.escape(mark)}") for mark in (*TAGS, "`")}
"""… and closes after something that is none, as soon as it can."""


def _tagged(text: str) -> str:
    """One line, or the inside of a span: there, too, a span may open at the very beginning."""
    out, at = [], 0
    hopeless: set[str] = set()  # Marks that never close from here on; or this would be quadratic.
    while opening := MARK.search(text, at):
        mark, start = opening[0], opening.start()
        closing = None if mark in hopeless else CLOSING[mark].search(text, start + 1)
        if closing is None or closing.start() == start + 1:
            # Nothing between two marks, and neither is one (``**``).
            out.append(_escaped(text[at : start + 1]))
            at = start + 1
            if closing is None:
                hopeless.add(mark)
            continue
        inside = text[start + 1 : closing.start()]
        out.append(_escaped(text[at:start]))
        if tag := TAGS.get(mark):
            out.append(f"<{tag}>{_tagged(inside)}</{tag}>")
        else:
            out.append(_escaped(f"{mark}{inside}{mark}"))
        at = closing.end()
    return "".join([*out, _escaped(text[at:])])


# Whole messages.

HTML_START = re.compile(r"<html", re.IGNORECASE)

MAX_PIECE = 2000
"""Bytes of a message.  Servers advise 512 and pass on 7000; old clients show some 2000."""

SPECIAL = re.compile(r"[<>&]")


def incoming(fragments: Iterable[Fragment], sender: str, local: str = LOCAL) -> tuple[str, str]:
    """The text of a message to us, as ``from_html`` returns it.

    AIM's is HTML.  ICQ's is not, unless it begins with ``<HTML``: libpurple sends that from ICQ
    accounts, too.
    """
    text = "".join(decode(item.charset, item.data, local) for item in fragments)
    return from_text(text, is_html=not is_uin(sender))


def from_text(text: str, *, is_html: bool) -> tuple[str, str]:
    if is_html or HTML_START.match(text):
        return from_html(text)
    return ILLEGAL.sub("", _one_kind_of_line_end(text)), ""


def outgoing(body: str, sender: str, receiver: str, limit: int = MAX_PIECE) -> list[Fragment]:
    """What to send so that ``body`` arrives, one fragment for each message.

    - To and from AIM names it is HTML, unless it looks the same without.
    - Between ICQ numbers it is plain; one that begins with ``<html`` gets a space in front, or it
      would be taken for HTML at the other end.
    - open-oscar-server takes tags and references out of what ICQ numbers send, except from UTF-16.
    """
    from_icq, to_icq = is_uin(sender), is_uin(receiver)

    def written(piece: str) -> Fragment:
        text = piece if from_icq and to_icq else _as_html(piece)
        if from_icq and to_icq and HTML_START.match(text):
            text = f" {text}"
        charset, data = encode(text, force_utf16=from_icq and bool(SPECIAL.search(text)))
        return Fragment(charset, 0, data)

    clean = ILLEGAL.sub("", _one_kind_of_line_end(body))
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
    for separator in ("\n", " "):
        found = text.rfind(separator, start + (low - start) // 2, low + 1)
        if found > start:
            return found
    good = low
    while good > max(start, low - LONGEST_CLUSTER) and _is_joined(text, good):
        good -= 1
    return good if good > start and not _is_joined(text, good) else low


LONGEST_CLUSTER = 40
"""Characters we go back for a place between two clusters; a family of emoji has some 10."""


def _is_joined(text: str, at: int) -> bool:
    """Whether a reader sees the characters around ``at`` as one (roughly UAX #29, section 3)."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if after.isascii():
        return False
    if "\u200d" in (before, after) or after in MODIFIERS or unicodedata.category(after)[0] == "M":
        return True
    return (after in REGIONAL and before in REGIONAL) or (after in JAMO and before in JAMO)


MODIFIERS = frozenset(map(chr, [*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)]))
"""Skin tones, and the tags of which the flags of Scotland and Wales are made."""
REGIONAL = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
JAMO = frozenset(map(chr, range(0x1100, 0x1200)))
