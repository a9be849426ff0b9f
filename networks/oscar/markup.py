"""AIM's HTML, taken apart as leniently as AIM's clients do: a text as runs that look alike.

What is not HTML in it is text: people write "<3", and programs forget to escape.
"""

import re
from html import unescape
from html.entities import html5

from gateway.styling import ILLEGAL, PLAIN, Look, Run, Style

SWITCHES = {
    **dict.fromkeys(("b", "strong"), Style.BOLD),
    **dict.fromkeys(("i", "em"), Style.ITALIC),
    **dict.fromkeys(("s", "strike", "del"), Style.STRIKE),
    **dict.fromkeys(("u", "ins"), Style.UNDERLINE),
    **dict.fromkeys(("tt", "code", "pre"), Style.MONO),
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

MAX_DEPTH = 64
"""Elements inside of each other; deeper ones change nothing any more."""


class Parser:
    """One text of HTML, taken apart as leniently as AIM's clients do."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._open: list[tuple[str, Look]] = []
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


def _switched(before: Look, name: str, attributes: str) -> Look:
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
