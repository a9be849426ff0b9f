"""Offline messages that we leave for others (OIM, Store2).

Store2, no lock key  ──►  fault with a challenge: answer it, keep the key, again
Store2, lock key     ──►  it is kept                     with the ticket for OFFLINE
"""

from base64 import b64encode, encodebytes
from collections.abc import Iterator
from dataclasses import field

from gateway.frozen import frozen
from networks.msn.challenge import Product
from networks.msn.soap import Request, request
from networks.msn.sso import Ticket
from networks.msn.xml import quoted

STORE_PATH = "/OimWS/oim.asmx"
STORE_ACTION = "http://messenger.live.com/ws/2006/09/oim/Store2"
OIM = "http://messenger.msn.com/ws/2004/09/oim/"

NEEDS_LOCK_KEY = "AuthenticationFailed"
THROTTLED = "SenderThrottleLimitExceeded"
UNKNOWN_RECEIVER = "SystemUnavailable"
"""Codes of faults.  The last one is said of who blocks us, too."""


@frozen(kw_only=True)
class Leaving:
    """A message to leave for somebody who is offline."""

    sender: str
    name: str
    """How we are called."""
    to: str
    text: str
    run: str
    """A GUID in braces, one for the session."""
    number: int
    """Of the message in the session, from 1."""
    ticket: Ticket
    lock_key: str = field(repr=False)
    """The answer to the challenge in the last fault; "" before there was one."""
    product: Product
    dialect: str
    """``MSNP15``."""


def store(message: Leaving) -> Request:
    name = b64encode(message.name.encode(errors="replace")).decode()
    header = (
        f'<From memberName="{quoted(message.sender)}" friendlyName="=?utf-8?B?{name}?="'
        f' xml:lang="en-US" proxy="MSNMSGR" xmlns="{OIM}" msnpVer="{quoted(message.dialect)}"'
        f' buildVer="8.5.1302"/><To memberName="{quoted(message.to)}" xmlns="{OIM}"/>'
        f'<Ticket passport="{quoted(message.ticket.text)}" appid="{quoted(message.product.id)}"'
        f' lockkey="{quoted(message.lock_key)}" xmlns="{OIM}"/>'
        '<Sequence xmlns="http://schemas.xmlsoap.org/ws/2003/03/rm">'
        '<Identifier xmlns="http://schemas.xmlsoap.org/ws/2002/07/utility">'
        "http://messenger.msn.com</Identifier>"
        f"<MessageNumber>{message.number}</MessageNumber></Sequence>"
    )
    body = (
        f'<MessageType xmlns="{OIM}">text</MessageType>'
        f'<Content xmlns="{OIM}">{quoted(_content(message))}</Content>'
    )
    return request(STORE_PATH, STORE_ACTION, header, body)


def _content(message: Leaving) -> str:
    return "\n".join(_content_lines(message))


def _content_lines(message: Leaving) -> Iterator[str]:
    yield "MIME-Version: 1.0"
    yield "Content-Type: text/plain; charset=UTF-8"
    yield "Content-Transfer-Encoding: base64"
    yield "X-OIM-Message-Type: OfflineMessage"
    yield f"X-OIM-Run-Id: {message.run}"
    yield f"X-OIM-Sequence-Num: {message.number}"
    yield ""
    # In lines of 76, which the server insists on.
    yield encodebytes(message.text.encode(errors="replace")).decode().strip()
