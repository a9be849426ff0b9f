"""RST.srf: tickets for all services, for who knows the password."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers import msn_soap as soap
from tests.servers.msn_ns import CLEAR, POLICY, TWEENER
from tests.servers.msn_wire import Broken
from tests.servers.msn_world import Answer, Passport, World

PASSPORT = "http://Passport.NET/tb"
"""Its ticket is encrypted, and of no use."""

WANTED_POLICIES = {
    PASSPORT: {""},
    CLEAR: {POLICY},
    "messenger.msn.com": {"?id=507", f"?{TWEENER.replace(',', '&')}", TWEENER.replace(",", "&")},
    "contacts.msn.com": {"MBI"},
    "messengersecure.live.com": {"MBI_SSL"},
    "storage.msn.com": {"MBI"},
}

AUTH_INFO = {
    "HostingApp": "{7108E71A-9926-4FCB-BCC9-9A9D3F32E423}",
    "BinaryVersion": "4",
    "UIVersion": "1",
    "Cookies": None,
    "RequestParams": "AQAAAAIAAABsYwQAAAAxMDMz",
}
ISSUE = "http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue"

REDIRECTED = "/pp550/RST.srf"

HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext" \
xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust" \
xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy" \
xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" \
xmlns:psf="http://schemas.microsoft.com/Passport/SoapServices/SOAPFault">
"""

STATUS = """\
\t<S:Header><psf:pp><psf:serverVersion>1</psf:serverVersion>\
<psf:authstate>{state}</psf:authstate><psf:reqstatus>{status}</psf:reqstatus></psf:pp></S:Header>
"""

TOKEN = """\
<wst:RequestSecurityTokenResponse>
<wst:TokenType>urn:passport:{kind}</wst:TokenType>
<wsp:AppliesTo xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing">
<wsa:EndpointReference><wsa:Address>{address}</wsa:Address></wsa:EndpointReference>
</wsp:AppliesTo>
<wst:LifeTime><wsu:Created>{now}</wsu:Created><wsu:Expires>{end}</wsu:Expires></wst:LifeTime>
<wst:RequestedSecurityToken>{token}</wst:RequestedSecurityToken>
{proof}</wst:RequestSecurityTokenResponse>
"""

ENCRYPTED = """\
<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#" Id="BinaryDAToken0" \
Type="http://www.w3.org/2001/04/xmlenc#Element"><CipherData><CipherValue>Cap26AQZrSyMm2SwwTyJKw==\
</CipherValue></CipherData></EncryptedData>"""

PROOF = (
    "<wst:RequestedProofToken><wst:BinarySecret>{secret}</wst:BinarySecret>"
    "</wst:RequestedProofToken>\n"
)


def answer(world: World, path: str, data: bytes) -> Answer:
    try:
        header, body = soap.parse(data)
        name = header.findtext(".//{*}Username") or ""
        password = header.findtext(".//{*}Password") or ""
        addresses = _addresses(world, body)
        _check(world, header, body)
    except Broken as problem:
        world.violation("RST", str(problem))
        return Answer(200, _fault("S:Client", "Invalid Request"))
    if world.ways.redirect and path != REDIRECTED:
        to = f"<psf:redirectUrl>{world.url}{REDIRECTED}</psf:redirectUrl>"
        return Answer(200, _fault("psf:Redirect", "Authentication Failure", to))
    user = world.find(name)
    if user is None or user.password != password:
        status = STATUS.format(state="0x80048800", status="0x80048823")
        failed = _fault("wsse:FailedAuthentication", "Authentication Failure", status=status)
        return Answer(200, failed)
    passport = _issue(world, Passport(user, {}, world.make_secret(), world.clock.now()), addresses)
    return Answer(200, _tokens(world, passport))


def _check(world: World, header: ElementTree.Element, body: ElementTree.Element) -> None:
    """What the recorded server does not look at."""
    said = soap.fields(header.find("{*}AuthInfo"))
    if said != AUTH_INFO:
        world.violation("RST", f"AuthInfo {said}")
    if {found.text for found in body.iterfind(".//{*}RequestType")} != {ISSUE}:
        world.violation("RST", "another RequestType")


def _addresses(world: World, body: ElementTree.Element) -> list[str]:
    """Of the services that tickets are asked for."""
    addresses = []
    for wanted in body.iterfind(".//{*}RequestSecurityToken"):
        address = wanted.findtext(".//{*}Address") or ""
        policy = wanted.find(".//{*}PolicyReference")
        uri = policy.get("URI", "") if policy is not None else ""
        if uri not in WANTED_POLICIES.get(address, set()):
            world.violation("RST", f"policy {uri!r} for {address!r}")
        addresses.append(address)
    if addresses[:1] != [PASSPORT]:
        world.violation("RST", f"asks for {addresses}, {PASSPORT} not first")
    return addresses


def _issue(world: World, passport: Passport, addresses: list[str]) -> Passport:
    common = os.urandom(10).hex()
    for number, address in enumerate(addresses):
        ticket = f"t={common}{number}&p=p{number}"
        passport.tickets[address] = f"t={common}&p=" if world.ways.one_ticket else ticket
    world.passports.append(passport)
    return passport


def _tokens(world: World, passport: Passport) -> bytes:
    def moment(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    tokens = []
    for number, (address, ticket) in enumerate(passport.tickets.items(), 1):
        is_legacy, secret = address == PASSPORT, ""
        if is_legacy or address == CLEAR:
            key = os.urandom(24) if is_legacy else passport.secret
            secret = PROOF.format(secret=base64.b64encode(key).decode())
        compact = f'<wsse:BinarySecurityToken Id="Compact{number}">{escape(ticket)}'
        tokens.append(
            TOKEN.format(
                kind="legacy" if is_legacy else "compact",
                address=escape(address),
                now=moment(passport.issued),
                end=moment(passport.issued + world.ways.ticket_seconds),
                token=ENCRYPTED if is_legacy else f"{compact}</wsse:BinarySecurityToken>",
                proof=secret,
            )
        )
    status = STATUS.format(state="0x48803", status="0x0")
    collection = "wst:RequestSecurityTokenResponseCollection"
    body = f"\t<S:Body><{collection}>\n{''.join(tokens)}</{collection}></S:Body>\n</S:Envelope>"
    return f"{HEAD}{status}{body}".encode()


def _fault(code: str, text: str, more: str = "", status: str = "") -> bytes:
    """Directly below the envelope, as the real one has it."""
    fault = f"<faultcode>{code}</faultcode>{more}<faultstring>{text}</faultstring>"
    return f"{HEAD}{status}\t<S:Fault>{fault}</S:Fault>\n</S:Envelope>".encode()
