"""XML from servers and other clients: read with care, written with everything escaped.

Elements are found by their local names; who is in a hurry gives the namespace to ElementTree.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, XMLParser

from gateway.errors import WireError
from gateway.styling import ILLEGAL, escaped

MAX_SIZE = 8 * 1024 * 1024
"""Bytes.  An address book of 1,000 contacts, the most there could be, has about 2 MB."""


def quoted(text: str) -> str:
    """For the content of an element, and of an attribute in double quotes."""
    return escaped(ILLEGAL.sub("", text)).replace('"', "&quot;")


REFERENCE = re.compile(r"&#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}));")

DOCTYPE = "<!DOCTYPE"
"""Nobody needs one, and in it entities are declared that grow without bounds."""


def parse(data: bytes) -> Element:
    """Whatever encoding it says, it is UTF-8.  Names are what people made them: what is not allowed
    in XML is taken out when it does not parse with it.

    Raises:
        WireError: no well-formed XML, or too much of it.
    """
    if len(data) > MAX_SIZE:
        raise WireError(f"XML of {len(data)} bytes, more than {MAX_SIZE}")
    text = data.decode(errors="replace")
    if DOCTYPE in text:
        raise WireError("XML with a document type declaration")
    try:
        return _parsed(text)
    except ParseError:
        pass
    try:
        return _parsed(REFERENCE.sub(_allowed, ILLEGAL.sub("", text)))
    except ParseError as error:
        raise WireError(f"no XML: {error}") from None


def _allowed(reference: re.Match[str]) -> str:
    """Itself, unless it stands for what must not be in XML in any form."""
    number = int(reference[1] or reference[2], 10 if reference[1] else 16)
    is_allowed = number <= sys.maxunicode and not ILLEGAL.fullmatch(chr(number))
    return reference[0] if is_allowed else ""


def _parsed(text: str) -> Element:
    parser = XMLParser()  # noqa: S314  # Entities are what makes it dangerous; see DOCTYPE.
    parser.feed(text)
    root: Element = parser.close()
    return root


def time_of(text: str) -> datetime | None:
    """XML Schema's dateTime, in UTC; None if it is none."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def local(tag: str) -> str:
    """The name of an element, without its namespace."""
    return tag.rpartition("}")[2]


def text_of(element: Element | None) -> str:
    """Its text, without white space around it; "" if there is none."""
    return (element.text or "").strip() if element is not None else ""


def descend(element: Element, *names: str) -> Element | None:
    """Down by local names, always to the first."""
    at: Element | None = element
    for name in names:
        at = next(children(at, name), None) if at is not None else None
    return at


def children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local(child.tag) == name)
