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
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from networks.oscar.markup import ILLEGAL, PLAIN, Parser, Run


def from_html(html: str) -> tuple[str, str]:
    """Plain text with XEP-0393 styling, and the inside of XHTML-IM's ``<body/>`` ("" if there is no
    formatting).  Both are fit for XML, whatever was sent."""
    runs = _merged(Parser().parse(one_kind_of_line_end(html)))
    if all(run.format == PLAIN for run in runs):
        return "".join(run.text for run in runs), ""
    linked = [piece for run in runs for piece in _with_address(run)]
    text = "".join(run.text for run in linked)
    usable = [(code, mark) for code, mark in STYLES if mark not in text]
    lines = [_styled(line, usable, "") for line in _lines(linked)]
    return "\n".join(lines), "".join(map(_xhtml, runs))


def one_kind_of_line_end(text: str) -> str:
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
    for line in one_kind_of_line_end(text).split("\n"):
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
