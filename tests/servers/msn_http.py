"""The HTTP services, all at one address: a WSGI application.

/RST.srf                                    tickets
/abservice/…, /OimWS/…, /rsi/…, …           SOAP operations, for who has the right ticket
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers import msn_ab as ab
from tests.servers import msn_answers as answers
from tests.servers import msn_oim as oim
from tests.servers import msn_rst as rst
from tests.servers import msn_soap as soap
from tests.servers.msn_ns import MESSENGER
from tests.servers.msn_soap import Call, Fault, Forbidden, Operation, anywhere
from tests.servers.msn_users import User
from tests.servers.msn_wire import Broken
from tests.servers.msn_world import Answer, Request, World

STORAGE = "http://www.msn.com/webservices/storage/2008"


def get_profile(call: Call) -> str:
    """Of the storage service: name and personal message."""
    user = call.user
    shown = f"<DisplayName>{escape(user.name)}</DisplayName>"
    status = f"<PersonalStatus>{escape(user.psm)}</PersonalStatus>" if user.psm else ""
    profile = f"<ExpressionProfile><Version>205</Version>{shown}{status}</ExpressionProfile>"
    result = f"<ResourceID>{user.id.hex[:16]}!106</ResourceID>{profile}"
    inside = f"<GetProfileResult>{result}</GetProfileResult>"
    return f'<GetProfileResponse xmlns="{STORAGE}">{inside}</GetProfileResponse>'


def _token(path: str) -> Callable[[ElementTree.Element], str]:
    return lambda header: header.findtext(anywhere(path)) or ""


def _cookie(header: ElementTree.Element) -> str:
    t, p = (header.findtext(anywhere(f"PassportCookie/{name}")) or "" for name in "tp")
    return f"t={t}&p={p}"


def _ticket(header: ElementTree.Element) -> str:
    found = header.find(anywhere("Ticket"))
    return found.get("passport", "") if found is not None else ""


@dataclass(frozen=True, slots=True)
class Service:
    namespace: str
    operations: dict[str, Operation]
    ticket: Callable[[ElementTree.Element], str]
    """Where it is in the header."""
    ticket_for: str
    """The address that RST must have been asked for."""
    header: str = ""
    """Of answers."""
    check: Callable[[Call], None] = soap.unchecked
    """Notes what clients should not do, though it does no harm."""
    sits_in_body: bool = True
    """The operation has an element of its own name."""


_AB = (
    _token("ABAuthHeader/TicketToken"),
    "contacts.msn.com",
    answers.HEADER,
    ab.check,
)

SERVICES = {
    "/abservice/SharingService.asmx": Service(answers.NAMESPACE, ab.SHARING, *_AB),
    "/abservice/abservice.asmx": Service(answers.NAMESPACE, ab.CONTACTS, *_AB),
    "/OimWS/oim.asmx": Service(
        oim.OIM,
        oim.STORE,
        _ticket,
        "messengersecure.live.com",
        check=oim.check,
        sits_in_body=False,
    ),
    "/rsi/rsi.asmx": Service(oim.RSI, oim.FETCH, _cookie, MESSENGER),
    "/storageservice/SchematizedStore.asmx": Service(
        STORAGE,
        {"GetProfile": get_profile},
        _token("StorageUserHeader/TicketToken"),
        "storage.msn.com",
    ),
}


class Services:
    """The application."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            answer = self._answer(environ, body)
        except Broken as problem:
            self.world.violation(environ["PATH_INFO"], str(problem))
            answer = Answer(500, soap.envelope(Fault("Invalid Request").body("")))
        except Exception:
            self.world.violation("HTTP", f"the fake server failed:\n{traceback.format_exc()}")
            raise
        head = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", head)
        return [answer.body]

    def _answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST":
            raise Broken(f"{environ['REQUEST_METHOD']}, not POST")
        if not environ.get("CONTENT_TYPE", "").startswith("text/xml"):
            raise Broken(f"Content-Type {environ.get('CONTENT_TYPE')!r}")
        if path in ("/RST.srf", rst.REDIRECTED):
            self.world.asked.append(Request("", "RST", body))
            return self._scripted("RST") or rst.answer(self.world, path, body)
        if path not in SERVICES:
            self.world.violation("HTTP", f"nothing is at {path}")
            return Answer(404, b"404: Not Found", "text/plain")
        return self._operation(SERVICES[path], environ.get("HTTP_SOAPACTION", ""), body)

    def _scripted(self, operation: str) -> Answer | None:
        waiting = self.world.answers.get(operation)
        return waiting.pop(0) if waiting else None

    def _operation(self, service: Service, action: str, body: bytes) -> Answer:
        namespace, _, name = action.strip('"').rpartition("/")
        if f"{namespace}/" != f"{service.namespace.rstrip('/')}/" or action[:1] != '"':
            raise Broken(f"SOAPAction {action}")
        header, inside = soap.parse(body)
        if service.sits_in_body:
            inside = inside[0]
            if inside.tag != f"{{{service.namespace}}}{name}":
                raise Broken(f"SOAPAction {action} of {inside.tag}")
        try:
            user = self._user(service, header)
        except Forbidden as problem:
            self.world.violation(name, str(problem))
            return Answer(403, b"403: Forbidden", "text/plain; charset=utf-8")
        except Fault as refused:
            return self._fault(refused, action)
        self.world.asked.append(Request(user.key, name, body))
        if scripted := self._scripted(name):
            return scripted
        call = Call(self.world, user, name, header, inside)
        service.check(call)
        try:
            if name not in service.operations:
                self.world.violation(name, "no such operation")
                raise ab.forbidden(name)
            return Answer(200, soap.envelope(service.operations[name](call), service.header))
        except Fault as refused:
            return self._fault(refused, action)

    def _fault(self, refused: Fault, action: str) -> Answer:
        status = refused.status or self.world.ways.fault_status
        return Answer(status, soap.envelope(refused.body(action.strip('"'))))

    def _user(self, service: Service, header: ElementTree.Element) -> User:
        """Whose ticket it is, with a session that lives."""
        world, ticket = self.world, service.ticket(header)
        passport = world.passport(ticket)
        if passport is None:
            raise Forbidden("a ticket that was not given")
        if passport.tickets[service.ticket_for] != ticket:
            raise Forbidden(f"a ticket that is not for {service.ticket_for}")
        if world.expired(passport):
            raise ab.fault("PassportAuthFail", "Authentication Failure")
        session = world.session(passport.user)
        if session is None or (world.ways.tied and session.passport is not passport):
            raise Forbidden(f"no session of {passport.user.address} with this ticket")
        return passport.user
