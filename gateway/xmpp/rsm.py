"""Result Set Management (XEP-0059): long answers in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.words import tr
from gateway.xmpp.elements import element, text

RSM = "http://jabber.org/protocol/rsm"

XEPS = {"XEP-0059": "1.0.0"}

MAX_PAGE = 500
"""Items of one answer, whatever is asked for.  Servers end streams that carry longer stanzas."""


@dataclass(frozen=True, slots=True)
class Page:
    start: int
    stop: int
    set: Element | None
    """What to add to the answer; None if they know nothing of pages."""


def page(ids: Sequence[str], query: Element) -> Page:
    """Which part of the results to send.  ``ids`` name them, each once.

    Raises:
        CommandRefused: (NOT_FOUND) the result that the page begins or ends at is not there (any
            more); (BAD_REQUEST) what they ask for makes no sense.
    """
    asked = query.find(f"{{{RSM}}}set")
    if asked is None:
        return Page(0, min(len(ids), MAX_PAGE), None)
    start, stop = _range(ids, asked)
    return Page(start, stop, _set(ids, start, stop))


def _range(ids: Sequence[str], asked: Element) -> tuple[int, int]:
    most = min(_number(asked, "max", MAX_PAGE), MAX_PAGE)
    if most == 0:
        return 0, 0
    before = asked.find(f"{{{RSM}}}before")
    if before is not None:
        stop = _position(ids, before.text) if before.text else len(ids)
        return max(stop - most, 0), stop
    after = text(asked, f"{{{RSM}}}after")
    start = _position(ids, after) + 1 if after else _number(asked, "index", 0)
    if start > len(ids):
        raise CommandRefused(
            Reason.NOT_FOUND, tr("There are only {count} results.").format(count=len(ids))
        )
    return start, min(start + most, len(ids))


def _set(ids: Sequence[str], start: int, stop: int) -> Element:
    count = element(f"{{{RSM}}}count", str(len(ids)))
    if start >= stop:
        return element(f"{{{RSM}}}set", count)
    return element(
        f"{{{RSM}}}set",
        element(f"{{{RSM}}}first", ids[start], index=str(start)),
        element(f"{{{RSM}}}last", ids[stop - 1]),
        count,
    )


def _position(ids: Sequence[str], id: str) -> int:
    try:
        return ids.index(id)
    except ValueError:
        raise CommandRefused(Reason.NOT_FOUND, tr("That result is not there any more.")) from None


def _number(asked: Element, name: str, otherwise: int) -> int:
    given = text(asked, f"{{{RSM}}}{name}")
    if not given:
        return otherwise
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise CommandRefused(Reason.BAD_REQUEST, f"<{name}/> is not a number.")
    return int(given)
