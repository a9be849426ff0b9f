"""AIM's HTML to plain text and XHTML-IM, and plain text to AIM's HTML.

in AIM's HTML            plain, XEP-0393      XHTML-IM, XEP-0071
<B> <STRONG>             *bold*               <strong>
<I> <EM>                 _italic_             <em>
<S> <STRIKE> <DEL>       ~strike~             text-decoration: line-through
<U>                      (none)               text-decoration: underline
<TT> <CODE> <PRE>        `mono`               font-family: monospace
<FONT COLOR= BACK=>      (none)               color, background-color
<A HREF="x">y</A>        y (x)                <a href="x">y</a>
<BR> <P> <HR>            new line             <br/>
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from gateway.styling import (
    FENCE,
    ILLEGAL,
    PLAIN,
    Run,
    Span,
    Style,
    escaped,
    one_kind_of_line_end,
    spans,
    styled,
    unquoted,
    xhtml,
)
from networks.oscar.markup import Parser

USUAL = re.compile(
    r"<html><body(?: bgcolor=[\"#\w]*)?>(?:<font(?: (?:lang|face|size|ptsize)=\"[^\"<>&]*\")*>)?"
    r"([^<>&]*)(?:</font>)?</body></html>",
    re.IGNORECASE,
)
"""Nothing but text in what AIM's own clients wrap it in: most messages, and much faster so."""


def from_html(html: str) -> tuple[str, str]:
    """Plain text with XEP-0393 styling, and the inside of XHTML-IM's ``<body/>`` ("" if there is no
    formatting).  Both are fit for XML, whatever was sent."""
    if usual := USUAL.fullmatch(html):
        return ILLEGAL.sub("", one_kind_of_line_end(usual[1]).lstrip("\n")), ""
    return taken_apart(html)


def taken_apart(html: str) -> tuple[str, str]:
    """``from_html`` of anything."""
    runs = _merged(Parser().parse(one_kind_of_line_end(html)))
    if all(run.look == PLAIN for run in runs):
        return "".join(run.text for run in runs), ""
    linked = [piece for run in runs for piece in _with_address(run)]
    return styled(linked), "".join(map(xhtml, runs)).replace("\n", "<br/>")


def _merged(runs: Iterable[Run]) -> list[Run]:
    """Neighbours that look alike as one, without what XML forbids."""
    merged = [
        Run(ILLEGAL.sub("", "".join(run.text for run in group)), look)
        for look, group in groupby(runs, key=lambda run: run.look)
    ]
    return [run for run in merged if run.text]


def _with_address(run: Run) -> Iterator[Run]:
    yield run
    href = run.look.href
    if href and run.text.strip() not in (href, href.removeprefix("mailto:")):
        yield Run(f" ({href})", PLAIN)


# To HTML.


def to_html(text: str) -> str:
    """XEP-0393 styling to tags, line by line, in ``<HTML><BODY>``.  Quotes, preformatted spans and
    blocks stay as they were written: no old client has anything for them."""
    out, is_code = [], False
    for line in one_kind_of_line_end(text).split("\n"):
        is_fence = line.startswith(FENCE)
        if is_code or is_fence:
            out.append(escaped(line))
            is_code ^= is_fence
        else:
            quote, rest = unquoted(line)
            out.append(escaped(quote) + _tagged(rest))
    return f"<HTML><BODY>{'<BR>'.join(out)}</BODY></HTML>"


TAGS = {Style.BOLD: "B", Style.ITALIC: "I", Style.STRIKE: "S"}


def _tagged(text: str) -> str:
    return "".join(map(_span, spans(text)))


def _span(piece: str | Span) -> str:
    if isinstance(piece, str):
        return escaped(piece)
    if tag := TAGS.get(piece.style):
        return f"<{tag}>{_tagged(piece.text)}</{tag}>"
    return escaped(f"{piece.style}{piece.text}{piece.style}")
