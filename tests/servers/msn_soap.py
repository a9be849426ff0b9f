"""SOAP as the services of MSN speak it: envelopes, operations, faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers.msn_users import User
from tests.servers.msn_wire import Broken
from tests.servers.msn_world import World

ENVELOPE = """\
<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema">
{header}\t<soap:Body>
{body}
\t</soap:Body>
</soap:Envelope>"""

FAULT = """\
<soap:Fault>
<faultcode{binding}>{code}</faultcode>
<faultstring>{text}</faultstring>
<faultactor>{actor}</faultactor>
<detail>{detail}</detail>
</soap:Fault>"""

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


@dataclass(eq=False)
class Fault(Exception):
    """Instead of an answer."""

    text: str
    detail: str = ""
    code: str = "soap:Client"
    namespace: str = ""
    """Of the prefix q0, if the code has it."""
    status: int = 0
    """HTTP's; 0: as the server's ways are."""

    def body(self, actor: str) -> str:
        binding = f' xmlns:q0="{self.namespace}"' if self.namespace else ""
        return FAULT.format(
            binding=binding,
            code=self.code,
            text=escape(self.text),
            actor=escape(actor),
            detail=self.detail,
        )


class Forbidden(Exception):
    """HTTP 403: this ticket does not let anybody in."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation, asked for by somebody who may."""

    world: World
    user: User
    name: str
    header: ElementTree.Element
    body: ElementTree.Element
    """The operation's own element."""

    def violation(self, what: str) -> None:
        self.world.violation(f"{self.user.address}, {self.name}", what)

    def text(self, path: str) -> str:
        """Of an element in the body.  Broken: there is none."""
        found = self.body.find(anywhere(path))
        if found is None:
            raise Broken(f"{self.name} without {path}")
        return found.text or ""


Operation = Callable[[Call], str]
"""Answers with the XML inside the Body; or raises Fault."""


def unchecked(call: Call) -> None:
    """Nothing to look at beside what the operations do."""


def anywhere(path: str) -> str:
    """A path whose elements may be of any namespace."""
    return "/".join(f"{{*}}{step}" if step not in (".", "") else step for step in path.split("/"))


def fields(element: ElementTree.Element | None) -> dict[str, str | None]:
    """The texts of its children by their names; none if there is no such element."""
    children = [] if element is None else list(element)
    return {child.tag.rpartition("}")[2]: child.text for child in children}


def parse(data: bytes) -> tuple[ElementTree.Element, ElementTree.Element]:
    """Header and body.  Broken: not an envelope."""
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as problem:
        raise Broken(f"not XML, {problem}: {data[:300]!r}") from problem
    header, body = root.find(f"{SOAP}Header"), root.find(f"{SOAP}Body")
    if root.tag != f"{SOAP}Envelope" or header is None or body is None or len(body) == 0:
        raise Broken(f"not an envelope: {data[:300]!r}")
    return header, body


def envelope(body: str, header: str = "") -> bytes:
    header = f"<soap:Header>{header}</soap:Header>\n" if header else ""
    return ENVELOPE.format(header=header, body=body).encode()
