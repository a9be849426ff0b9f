"""MSNSLP: invitations to sessions between two clients, made like those of SIP.

INVITE MSNMSGR:bob@example.com MSNSLP/1.0       MSNSLP/1.0 200 OK
To: <msnmsgr:bob@example.com>                   To: <msnmsgr:alice@example.com>
From: <msnmsgr:alice@example.com>               From: <msnmsgr:bob@example.com>
Via: MSNSLP/1.0/TLP ;branch={…}                 Via: MSNSLP/1.0/TLP ;branch={…}
CSeq: 0                                         CSeq: 1
Call-ID: {…}                                    Call-ID: {…}
Max-Forwards: 0                                 Max-Forwards: 0
Content-Type: application/x-msnmsgr-sessionreqbody
Content-Length: …                               …

EUF-GUID: {A4268EEC-…}                          SessionID: 4711
SessionID: 4711
AppID: 1
Context: what is wanted, in base64
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import replace

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn.fields import Fields, first, number, parse_fields

VERSION = "MSNSLP/1.0"

REQUEST = "application/x-msnmsgr-sessionreqbody"
"""A session."""
CLOSE = "application/x-msnmsgr-sessionclosebody"

OBJECTS = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}"
FILES = "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
"""EUF-GUID: what a session is for."""

PICTURES = 1
"""AppID; of later clients 12."""

ACCEPTED, DECLINED, INTERNAL_ERROR = 200, 603, 500
REASONS = {ACCEPTED: "OK", DECLINED: "Decline", INTERNAL_ERROR: "Internal Error"}


@frozen(kw_only=True)
class Slp:
    method: str = ""
    """INVITE or BYE; "" of an answer."""
    status: int = 0
    """Of an answer."""
    sender: str
    receiver: str
    branch: str
    """Names the transaction, as a GUID in braces."""
    call: str
    """Names the call, in the same way."""
    sequence: int = 0
    type: str = REQUEST
    fields: Fields = ()
    """Of the body."""

    def get(self, name: str) -> str:
        """The field of that name, in any case; "" if there is none."""
        return first(self.fields, name)

    @property
    def session(self) -> int:
        """0 if none is named."""
        return number(self.get("SessionID"))

    @property
    def app(self) -> int:
        return number(self.get("AppID"))

    @property
    def context(self) -> bytes:
        """
        Raises:
            WireError: it is no base64.
        """
        text = re.sub(r"\s", "", self.get("Context")).rstrip("=")
        try:
            return b64decode(text + "=" * (-len(text) % 4))
        except (Error, ValueError):
            raise WireError("MSNSLP: the context is no base64") from None


def invite(sender: str, receiver: str, branch: str, call: str, session: int, wanted: str) -> Slp:
    """Asks for a display picture, by the text of its object."""
    return Slp(
        method="INVITE",
        sender=sender,
        receiver=receiver,
        branch=branch,
        call=call,
        fields=(
            ("EUF-GUID", OBJECTS),
            ("SessionID", str(session)),
            ("AppID", str(PICTURES)),
            ("Context", b64encode(wanted.encode(errors="replace") + b"\0").decode()),
        ),
    )


def answer(asked: Slp, status: int) -> Slp:
    return replace(
        asked,
        method="",
        status=status,
        sender=asked.receiver,
        receiver=asked.sender,
        sequence=asked.sequence + 1,
        fields=(("SessionID", str(asked.session)),) if asked.session else (),
    )


def bye(sender: str, receiver: str, branch: str, call: str) -> Slp:
    return Slp(method="BYE", sender=sender, receiver=receiver, branch=branch, call=call, type=CLOSE)


# Bytes.

END = "\r\n"


def encode(message: Slp) -> bytes:
    body = "".join(f"{name}: {value}{END}" for name, value in message.fields) + END + "\0"
    if message.method:
        start = f"{message.method} MSNMSGR:{message.receiver} {VERSION}"
    else:
        start = f"{VERSION} {message.status} {REASONS.get(message.status, '')}"
    head = (
        ("To", f"<msnmsgr:{message.receiver}>"),
        ("From", f"<msnmsgr:{message.sender}>"),
        ("Via", f"{VERSION}/TLP ;branch={message.branch}"),
        ("CSeq", f"{message.sequence} "),
        ("Call-ID", message.call),
        ("Max-Forwards", "0"),
        ("Content-Type", message.type),
        ("Content-Length", str(len(body.encode()))),
    )
    lines = (start, *(f"{name}: {value}" for name, value in head), "", body)
    return END.join(lines).encode()


START = re.compile(
    r"(?P<method>[A-Z]+) MSNMSGR:\S+ MSNSLP/1\.\d|MSNSLP/1\.\d (?P<status>\d{3})\b.*"
)

ADDRESS = re.compile(r"<msnmsgr:([^<>;]+)[^<>]*>", re.IGNORECASE)
"""Later clients put a semicolon and the GUID of the machine behind it."""

BRANCH = re.compile(r"branch=(\{[^}]*\})")


def parse(data: bytes) -> Slp:
    """
    Raises:
        WireError: it is no MSNSLP.
    """
    head, _, body = data.decode(errors="replace").partition(END * 2)
    begin, _, rest = head.partition(END)
    start = START.fullmatch(begin.strip())
    if not start:
        raise WireError(f"MSNSLP begins with {begin[:80]!r}")
    headers = parse_fields(rest)
    branch = BRANCH.search(first(headers, "Via"))
    call = first(headers, "Call-ID")
    if not call:
        raise WireError("MSNSLP without a Call-ID")
    return Slp(
        method=start["method"] or "",
        status=int(start["status"] or 0),
        sender=_address(first(headers, "From")),
        receiver=_address(first(headers, "To")),
        branch=branch[1] if branch else "",
        call=call,
        sequence=number(first(headers, "CSeq")),
        type=first(headers, "Content-Type").lower(),
        fields=parse_fields(body.strip("\0")),
    )


def _address(text: str) -> str:
    found = ADDRESS.search(text)
    return found[1].lower() if found else ""
