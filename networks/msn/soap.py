"""SOAP 1.1 as MSN's services speak it: requests as bytes, answers as elements or faults.

POST <base URL><path>          Content-Type: text/xml; SOAPAction: "<action>"
200, 500                       an envelope; a fault may come with either
403, 404, 502 …                some page: a fault as well, with the status for its code
"""

from dataclasses import field
from xml.etree.ElementTree import Element

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn.xml import local, parse, text_of

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

NAMESPACES = (
    f' xmlns:soap="{SOAP}"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)

TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
"""The attribute."""

OK = 200


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
    existing: str = ""
    """The id of what was to be made, and is there already."""

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


def parse_done(status: int, data: bytes) -> Fault | None:
    """The answer to what has no result."""
    content = read(status, data)
    return content if isinstance(content, Fault) else None


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
        existing=said.get("conflictObjectId", ""),
    )
