"""SOAP 1.1 as MSN's services speak it: requests as bytes, answers as elements or faults.

POST <base URL><path>          Content-Type: text/xml; SOAPAction: "<action>"
200, 500                       an envelope; a fault may come with either
403, 404, 502 …                some page: a fault as well, with the status for its code
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, XMLParser

from gateway.errors import WireError
from gateway.frozen import frozen
from gateway.styling import ILLEGAL, escaped

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

NAMESPACES = (
    f' xmlns:soap="{SOAP}"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)

TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
"""The attribute."""

OK = 200

MAX_ANSWER = 8 * 1024 * 1024
"""Bytes.  An address book of 1,000 contacts, the most there could be, has about 2 MB."""


@frozen(kw_only=True)
class Request:
    """To be posted to the path, below the base URL of the services."""

    path: str
    action: str
    """Empty: no header ``SOAPAction``."""
    body: bytes = field(repr=False)
    """Holds passwords and tickets."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return TEXT_XML, *((("SOAPAction", f'"{self.action}"'),) if self.action else ())


TEXT_XML = ("Content-Type", "text/xml; charset=utf-8")


@frozen(kw_only=True)
class Fault:
    """The service refused; at the peer's word, so fit for the log and for nobody else."""

    code: str
    """``detail/errorcode`` or else ``faultcode``, without a prefix; or "HTTP 403"."""
    text: str = ""
    redirect: str = ""
    """Where to ask again (``psf:Redirect``)."""
    lock_key: str = ""
    """The challenge to answer before an offline message is taken."""

    @property
    def wants_new_tickets(self) -> bool:
        return self.code in EXPIRED


EXPIRED = {"PassportAuthFail", "BadContextToken", "HTTP 401", "HTTP 403"}
"""403 is also said of a ticket whose session on the notification server is gone."""


def request(path: str, action: str, header: str, body: str) -> Request:
    """From XML, of which the caller has escaped what needs it."""
    envelope = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope{NAMESPACES}>'
        f"<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    return Request(path=path, action=action, body=envelope.encode(errors="replace"))


def quoted(text: str) -> str:
    """For the content of an element, and of an attribute in double quotes."""
    return escaped(ILLEGAL.sub("", text)).replace('"', "&quot;")


def read(status: int, data: bytes) -> Element | Fault:
    """What is in the body of the envelope.

    Raises:
        WireError: it is no envelope, though the status says that all is well.
    """
    try:
        content = _content(parse(data))
    except WireError:
        if status == OK:
            raise
        return Fault(code=f"HTTP {status}")
    if local(content.tag) == "Fault":
        return _fault(content)
    return content if status == OK else Fault(code=f"HTTP {status}")


def _content(envelope: Element) -> Element:
    """RST has its faults beside the body."""
    for child in envelope:
        if local(child.tag) == "Fault":
            return child
        if local(child.tag) == "Body" and len(child):
            return child[0]
    raise WireError(f"no SOAP envelope with a body, but <{envelope.tag[:80]}>")


def _fault(fault: Element) -> Fault:
    said = {local(child.tag): text_of(child) for child in fault.iter()}
    code = said.get("errorcode") or said.get("faultcode", "").rpartition(":")[2]
    return Fault(
        code=code or "Fault",
        text=said.get("faultstring", ""),
        redirect=said.get("redirectUrl", ""),
        lock_key=said.get("LockKeyChallenge", ""),
    )


# XML.

REFERENCE = re.compile(r"&#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}));")

DOCTYPE = re.compile(r"<!DOCTYPE")
"""Nobody needs one, and in it entities are declared that grow without bounds."""


def parse(data: bytes) -> Element:
    """Whatever encoding it says, it is UTF-8.  Names are what people made them: what is not allowed
    in XML is taken out when it does not parse with it.

    Raises:
        WireError: no well-formed XML, or too much of it.
    """
    if len(data) > MAX_ANSWER:
        raise WireError(f"XML of {len(data)} bytes, more than {MAX_ANSWER}")
    text = data.decode(errors="replace")
    if DOCTYPE.search(text):
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
