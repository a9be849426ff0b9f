"""The plainest client that gets in to the fake MSN server: for the tests of that."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
from xml.sax.saxutils import escape, unescape

from tests.servers.msn import Msn
from tests.servers.msn_ab import APPLICATION
from tests.servers.msn_answers import NAMESPACE as AB
from tests.servers.msn_keys import sso_response
from tests.servers.msn_rst import AUTH_INFO, ISSUE
from tests.servers.msn_wire import FROM_SERVER, Buffer, Command

TIMEOUT = 10.0

POLICIES = {
    "http://Passport.NET/tb": "",
    "messengerclear.live.com": "MBI_KEY_OLD",
    "messenger.msn.com": "?id=507",
    "contacts.msn.com": "MBI",
    "messengersecure.live.com": "MBI_SSL",
    "storage.msn.com": "MBI",
}

RST = """\
<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><AuthInfo>{info}</AuthInfo>\
<Security><Username>{name}</Username><Password>{password}</Password></Security></Header>\
<Body><Tokens>{tokens}</Tokens></Body></Envelope>"""

SOAP = """\
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Header>{header}</s:Header>\
<s:Body>{body}</s:Body></s:Envelope>"""

Tickets = dict[str, str]


class Line:
    """To the notification server or a switchboard."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self.sock = socket.create_connection((host, int(port)), TIMEOUT)
        self.buffer = Buffer(FROM_SERVER)
        self.commands: list[Command] = []
        self.last = 0
        """TrID."""

    def send(self, name: str, *args: str, payload: bytes | None = None) -> None:
        if name not in ("PNG", "OUT"):
            self.last += 1
            args = (str(self.last), *args)
        self.sock.sendall(Command(name, args, payload).pack())

    def next(self) -> Command | None:
        """None: the stream has ended."""
        while not self.commands:
            data = self.sock.recv(65536)
            if not data:
                return None
            self.commands += self.buffer.feed(data)
        return self.commands.pop(0)

    def expect(self, name: str) -> Command:
        """The next of this name; what comes before it is skipped."""
        seen = []
        while (command := self.next()) is not None:
            if command.name == name:
                return command
            seen.append(str(command))
        raise AssertionError(f"no {name} in {seen}")

    def ask(self, name: str, *args: str, payload: bytes | None = None) -> Command:
        """Send, and skip to what answers it: what has the same TrID."""
        self.send(name, *args, payload=payload)
        trid = str(self.last)
        while True:
            command = self.next()
            assert command is not None, f"{name} ended the stream"
            if command.trid == trid and command.name != "ILN":
                return command

    def is_over(self) -> bool:
        """The server hangs up, whatever it says before."""
        while self.next() is not None:
            pass
        return True


class Plain:
    """A user's client."""

    def __init__(self, server: Msn, address: str, password: str = "secret") -> None:
        self.server, self.address, self.password = server, address, password
        self.ns = Line(f"127.0.0.1:{server.port}")
        self.tickets: Tickets = {}
        self.secret = b""

    # HTTP.

    def post(
        self, path: str, body: str, action: str = "", kind: str = "text/xml"
    ) -> tuple[int, str]:
        """The status and the body of the answer."""
        context = ssl.create_default_context(cafile=str(self.server.ca_file))
        host = self.server.url.partition("://")[2]
        connection = http.client.HTTPSConnection(host, timeout=TIMEOUT, context=context)
        headers = {"Content-Type": kind} | ({"SOAPAction": f'"{action}"'} if action else {})
        connection.request("POST", path, body.encode(), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def fetch_tickets(self, path: str = "/RST.srf") -> str:
        tokens = "".join(
            f"<RequestSecurityToken><RequestType>{ISSUE}</RequestType><Address>{address}</Address>"
            f'<PolicyReference URI="{policy}"/></RequestSecurityToken>'
            for address, policy in POLICIES.items()
        )
        info = "".join(f"<{name}>{value or ''}</{name}>" for name, value in AUTH_INFO.items())
        password = escape(self.password)
        body = RST.format(info=info, name=self.address, password=password, tokens=tokens)
        _, text = self.post(path, body)
        found = re.findall(r"<wsse:BinarySecurityToken[^>]*>([^<]*)<", text)
        self.tickets = dict(zip([*POLICIES][1:], map(unescape, found), strict=False))
        if secrets := re.findall(r"<wst:BinarySecret>([^<]*)<", text):
            self.secret = base64.b64decode(secrets[1])
        return text

    def soap(self, service: str, name: str, body: str, ticket: str = "") -> tuple[int, str]:
        ticket = ticket or self.tickets["contacts.msn.com"]
        header = (
            f"<ABApplicationHeader><ApplicationId>{APPLICATION}</ApplicationId>"
            "<IsMigration>false</IsMigration><PartnerScenario>Timer</PartnerScenario>"
            "</ABApplicationHeader><ABAuthHeader><ManagedGroupRequest>false</ManagedGroupRequest>"
            f"<TicketToken>{escape(ticket)}</TicketToken></ABAuthHeader>"
        )
        inside = f'<{name} xmlns="{AB}">{body}</{name}>'
        text = SOAP.format(header=header, body=inside)
        return self.post(f"/abservice/{service}.asmx", text, f"{AB}/{name}")

    def find_all(self, ticket: str = "") -> tuple[int, str]:
        return self.soap("abservice", "ABFindAll", "<deltasOnly>false</deltasOnly>", ticket)

    # The log-in.

    def hello(self, dialect: str = "MSNP15") -> None:
        self.ns.ask("VER", dialect, "CVR0")
        words = ("0x0409", "winnt", "5.1", "i386", "MSNMSGR", "8.5.1302", "msmsgs")
        self.ns.ask("CVR", *words, self.address)

    def initiate(self) -> str:
        """The nonce."""
        self.hello()
        return self.ns.ask("USR", "SSO", "I", self.address).args[-1]

    def authenticate(self, nonce: str) -> Command:
        ticket = self.tickets["messengerclear.live.com"]
        return self.ns.ask("USR", "SSO", "S", ticket, sso_response(self.secret, nonce))

    def log_in(self) -> Plain:
        nonce = self.initiate()
        self.fetch_tickets()
        assert self.authenticate(nonce).args[1] == "OK"
        return self

    def go_online(self) -> Plain:
        self.log_in()
        self.ns.ask("BLP", "AL")
        contacts = "".join(
            f'<c n="{address.partition("@")[0]}" l="{bits & 7:d}" t="1"/>'
            for address in self.server.account(self.address).contacts
            for bits in [self.server.account(self.address).bits(address)]
        )
        domain = self.address.partition("@")[2]
        inside = f'<d n="{domain}">{contacts}</d>' if contacts else ""
        self.ns.ask("ADL", payload=f'<ml l="1">{inside}</ml>'.encode())
        self.ns.ask("CHG", "NLN", "0", "0")
        return self

    # Switchboards.

    def open_board(self) -> Line:
        answer = self.ns.ask("XFR", "SB")
        board = Line(answer.args[2])
        assert board.ask("USR", self.address, answer.args[4]).args[1] == "OK"
        return board

    def call(self, address: str) -> Line:
        board = self.open_board()
        assert board.ask("CAL", address).args[1] == "RINGING"
        board.expect("JOI")
        return board
