"""An MSN server that lets everybody in, takes every message, and counts what is said.

    VER, CVR, USR, BLP … CHG ─► as OPENING answers them       the notification server
    USR, CAL ─► JOI at once; ANS ─► IRO; MSG ─► ACK           switchboards
    POST ─► tickets, members, contacts                        the services, without TLS

All on one port: the first word tells them apart.  The answers are made once, and a command is
looked at no further than it takes to choose one.
"""

import base64
import itertools
from collections.abc import Iterable

from benchmarks import server
from benchmarks.loop import LOOPBACK, Loop
from benchmarks.server import Server
from benchmarks.soap import ANSWER, MEMBER
from networks.msn.abservice import NAMESPACE

SITES = (
    "http://Passport.NET/tb",
    "messengerclear.live.com",
    "messenger.msn.com",
    "contacts.msn.com",
    "messengersecure.live.com",
    "storage.msn.com",
)

TICKET = "t=" + "Y6+H31sTUOFkqjNTDYqAAFLr5Ote7BMrMnUIzpg8" * 20 + "&amp;p="
"""As long as real ones are."""

NONCE = b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
SECRET = base64.b64encode(bytes(24)).decode()

TOKEN = (
    "<wst:RequestSecurityTokenResponse><wsp:AppliesTo><wsa:EndpointReference>"
    "<wsa:Address>{site}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo><wst:LifeTime>"
    "<wsu:Expires>2099-01-01T00:00:00Z</wsu:Expires></wst:LifeTime><wst:RequestedSecurityToken>"
    '<wsse:BinarySecurityToken Id="Compact">{ticket}</wsse:BinarySecurityToken>'
    "</wst:RequestedSecurityToken><wst:RequestedProofToken>"
    "<wst:BinarySecret>{secret}</wst:BinarySecret></wst:RequestedProofToken>"
    "</wst:RequestSecurityTokenResponse>"
)

TOKENS = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust" '
    'xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy" '
    'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing" '
    'xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext" xmlns:wsu="http://docs.oasis-open'
    '.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"><S:Body>'
    "<wst:RequestSecurityTokenResponseCollection>{tokens}"
    "</wst:RequestSecurityTokenResponseCollection></S:Body></S:Envelope>"
)

CONTACT = """<Contact>
    <contactId>25af9287-3e26-442c-92d2-{number:012}</contactId>
    <contactInfo><contactType>Regular</contactType>
        <quickName>{name}</quickName><passportName>{address}</passportName>
        <IsPassportNameHidden>false</IsPassportNameHidden>
        <displayName>{name}</displayName>
        <puid>0</puid><CID>-6736993302744149358</CID>
        <IsNotMobileVisible>false</IsNotMobileVisible>
        <isMobileIMEnabled>false</isMobileIMEnabled>
        <isMessengerUser>true</isMessengerUser>
        <isFavorite>false</isFavorite>
        <isSmtp>false</isSmtp>
        <hasSpace>false</hasSpace>
        <spotWatchState>NoDevice</spotWatchState>
        <birthdate>0001-01-01T00:00:00</birthdate>
        <primaryEmailType>ContactEmailPersonal</primaryEmailType>
        <PrimaryLocation>ContactLocationPersonal</PrimaryLocation>
        <PrimaryPhone>ContactPhonePersonal</PrimaryPhone>
        <IsPrivate>false</IsPrivate>
        <Gender>Unspecified</Gender>
        <TimeZone>None</TimeZone>
    </contactInfo>
    <propertiesChanged />
    <fDeleted>false</fDeleted>
    <lastChange>2026-11-23T05:18:20Z</lastChange>
</Contact>"""

BOOK = f"""<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<ABFindContactsPagedResponse xmlns="{NAMESPACE}"><ABFindContactsPagedResult><Groups></Groups>
<Contacts>{{contacts}}</Contacts></ABFindContactsPagedResult></ABFindContactsPagedResponse>
</soap:Body></soap:Envelope>"""

PAYLOADS = (b"ADL", b"UUX", b"MSG", b"QRY")
"""Of clients: they end in a length."""

CAPABILITIES = b"2788999228"

MAIL = (
    b"MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinitialmdatanotification; charset=UTF-8\r\n"
    b"\r\nMail-Data: <MD><E><I>0</I><IU>0</IU><O>0</O><OU>0</OU></E></MD>\r\n"
)


def http(body: str) -> bytes:
    data = body.encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: "
    return f"{head}{len(data)}\r\n\r\n".encode() + data


class Connection(server.Connection):
    _server: "MsnServer"
    is_board = False

    def received(self, data: bytes) -> None:
        self._server.heard += len(data)
        data = self._rest + data
        if data.startswith(b"POST "):
            self._post(data)
            return
        at = 0
        while (end := data.find(b"\r\n", at)) >= 0:
            words = data[at:end].split(b" ")
            after = end + 2
            if words[0] in PAYLOADS:
                after += int(words[-1])
            if after > len(data):
                break
            self._command(words)
            at = after
        self._rest = data[at:]

    def say(self, data: bytes) -> None:
        self._server.told += len(data)
        self.send(data)

    def _post(self, data: bytes) -> None:
        head, found, body = data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
        if not found or len(body) < int(length):
            self._rest = data
            return
        self._rest = b""
        answers = self._server.services
        self.say(next(answers[what] for what in answers if what in head))

    def _command(self, words: list[bytes]) -> None:
        verb = words[0]
        if verb == b"MSG":
            self._server.said += 1
            if words[2] == b"A":
                self.say(b"ACK %s\r\n" % words[1])
        elif verb == b"OUT":
            self.close()
        elif verb == b"USR":
            self._user(words)
        elif verb == b"CAL":
            answer = b"CAL %s RINGING 1\r\nJOI %s %s %s\r\n"
            self.say(answer % (words[1], words[2], words[2], CAPABILITIES))
        elif verb == b"ANS":
            self._enter(words[2])
            answer = b"IRO %s 1 1 %s Juliet %s\r\nANS %s OK\r\n"
            self.say(answer % (words[1], self._server.caller, CAPABILITIES, words[1]))
        else:
            self._opening(verb, words)

    def _user(self, words: list[bytes]) -> None:
        match words[2:4]:
            case [b"SSO", b"I"]:
                self.name = words[4]
                self.say(b"USR %s SSO S MBI_KEY_OLD %s\r\n" % (words[1], NONCE))
            case [b"SSO", b"S"]:
                self.say(b"USR %s OK %s 1 0\r\n" % (words[1], self.name))
            case _:
                self._enter(words[2])
                self.say(b"USR %s OK %s %s\r\n" % (words[1], self.name, self.name))

    def _enter(self, name: bytes) -> None:
        self.name, self.is_board = name, True
        self._server.boards[name] = self

    def _opening(self, verb: bytes, words: list[bytes]) -> None:
        here = b"%s:%d" % (LOOPBACK.encode(), self._server.port)
        match verb:
            case b"VER" | b"BLP" | b"PRP":
                self.say(b" ".join(words) + b"\r\n")
            case b"CVR":
                self.say(b"CVR %s 8.5 8.5 8.5 https://a https://b\r\n" % words[1])
            case b"ADL":
                self.say(b"ADL %s OK\r\n" % words[1])
            case b"UUX":
                self.say(b"UUX %s 0\r\n" % words[1])
            case b"CHG":
                self._server.people[self.name] = self
                self.say(b" ".join(words) + b"\r\n")
                self.say(self._server.presence.replace(b"ILN 0 ", b"ILN %s " % words[1]))
            case b"XFR":
                self.say(b"XFR %s SB %s CKI key U messenger.msn.com 1\r\n" % (words[1], here))
            case b"PNG":
                self.say(b"QNG 60\r\n")

    def call(self) -> None:
        """Into a switchboard where somebody waits."""
        number = next(self._server.calls)
        here = b"%s:%d" % (LOOPBACK.encode(), self._server.port)
        caller = self._server.caller
        self.say(b"RNG %d %s CKI key %s Juliet U messenger.msn.com 1\r\n" % (number, here, caller))


class MsnServer(Server):
    connection = Connection

    def __init__(self, loop: Loop, contacts: Iterable[str] = (), online: int = 0) -> None:
        """``contacts`` are on everybody's list; the first ``online`` of them are there."""
        names = tuple(contacts)
        super().__init__(loop)
        self.boards: dict[bytes, Connection] = {}
        """The switchboard that each of them entered last."""
        self.caller = b"juliet@bench.test"
        self.calls = itertools.count(1)
        self.heard = self.told = 0
        """Bytes from clients, and to them."""
        self.presence = b"".join(self._seen(name.encode()) for name in names[:online])
        self.presence += b"MSG Hotmail Hotmail %d\r\n" % len(MAIL) + MAIL
        self.services = self._answers(names)

    @staticmethod
    def _seen(name: bytes) -> bytes:
        data = b"<Data><PSM>at work</PSM><CurrentMedia></CurrentMedia></Data>"
        iln = b"ILN 0 NLN %s 1 %s %s 0\r\n" % (name, name, CAPABILITIES)
        return iln + b"UBX %s 1 %d\r\n" % (name, len(data)) + data

    @staticmethod
    def _answers(names: tuple[str, ...]) -> dict[bytes, bytes]:
        """By what is in the head of a request."""
        members = "".join(
            MEMBER.format(number=number).replace(f"somebody{number}@example.com", name)
            for number, name in enumerate(names)
        )
        contacts = "".join(
            CONTACT.format(number=number, name=name.partition("@")[0], address=name)
            for number, name in enumerate(names)
        )
        tokens = "".join(TOKEN.format(site=s, ticket=TICKET, secret=SECRET) for s in SITES)
        return {
            b"/RST.srf": http(TOKENS.format(tokens=tokens)),
            b"FindMembership": http(ANSWER.format(members=members)),
            b"ABFindContactsPaged": http(BOOK.format(contacts=contacts)),
        }

    def left(self, who: Connection) -> None:
        super().left(who)
        if self.boards.get(who.name) is who:
            del self.boards[who.name]

    def close(self) -> None:
        super().close()
        for board in list(self.boards.values()):
            board.close()
