"""Offline messages for us: what waits is listed, fetched as a mail each, and deleted (RSI).

MSG Hotmail Hotmail, Mail-Data  ──►  what waits, or "too-large": ask GetMetadata
GetMessage, one by one; hand on; DeleteMessages          with the ticket for MESSENGER
"""

import re
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, datetime
from quopri import decodestring
from xml.etree.ElementTree import Element

from gateway.errors import WireError
from gateway.frozen import frozen
from gateway.styling import ILLEGAL, one_kind_of_line_end
from networks.msn import mime
from networks.msn.fields import number
from networks.msn.mime import Message, known_charset
from networks.msn.soap import Fault, Request, read, request
from networks.msn.sso import Ticket
from networks.msn.xml import children, descend, local, parse, quoted, text_of, time_of

# What waits.


@frozen(kw_only=True)
class Waiting:
    id: str
    sender: str
    """An address in lower case."""
    name: str = ""
    sent_at: datetime | None = None


TOO_LARGE = "too-large"
"""Instead of metadata, for more than some 25 messages."""


def parse_mail_data(message: Message) -> tuple[Waiting, ...] | None:
    """What a notification of mail lists; None: too much, ``get_metadata`` has it.

    Raises:
        WireError: what it lists is no XML.
    """
    text = message.field("Mail-Data")
    if not text:
        return ()
    return None if text == TOO_LARGE else _listed(parse(text.encode()))


OFFLINE = {"11", "13"}
"""``T`` of messages to computers and to telephones; others are mails of the mailbox."""


def _listed(metadata: Element) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(
            id=id,
            sender=_said(one, "E").lower(),
            name=decoded(_said(one, "N")),
            sent_at=time_of(_said(one, "RT")),
        )
        for one in children(metadata, "M")
        if _said(one, "T") in OFFLINE and (id := _said(one, "I"))
    )


def _said(element: Element, name: str) -> str:
    return text_of(descend(element, name))


RSI_PATH = "/rsi/rsi.asmx"
RSI = "http://www.hotmail.msn.com/ws/2004/09/oim/rsi"


def get_metadata(ticket: Ticket) -> Request:
    return _rsi("GetMetadata", ticket, "")


def get_message(ticket: Ticket, id: str) -> Request:
    body = f"<messageId>{quoted(id)}</messageId><alsoMarkAsRead>false</alsoMarkAsRead>"
    return _rsi("GetMessage", ticket, body)


def delete_messages(ticket: Ticket, ids: Iterable[str]) -> Request:
    body = "".join(f"<messageId>{quoted(id)}</messageId>" for id in ids)
    return _rsi("DeleteMessages", ticket, f"<messageIds>{body}</messageIds>")


def _rsi(name: str, ticket: Ticket, body: str) -> Request:
    t, p = ticket.cookie
    header = f'<PassportCookie xmlns="{RSI}"><t>{quoted(t)}</t><p>{quoted(p)}</p></PassportCookie>'
    return request(RSI_PATH, f"{RSI}/{name}", header, f'<{name} xmlns="{RSI}">{body}</{name}>')


MAX_ESCAPES = 2
"""Times that a server escapes the metadata; Escargot once."""


def parse_metadata(status: int, data: bytes) -> tuple[Waiting, ...] | Fault:
    """
    Raises:
        WireError: the answer is damaged.
    """
    content = read(status, data)
    if isinstance(content, Fault):
        return content
    for element in content.iter():
        if local(element.tag) == "MD":
            return _listed(element)
    text = "".join(content.itertext()).strip()
    for _ in range(MAX_ESCAPES):
        if not text.startswith("&"):
            break
        text = "".join(parse(f"<a>{text}</a>".encode()).itertext()).strip()
    return _listed(parse(text.encode())) if text else ()


# The mail that a message comes as.


@frozen(kw_only=True)
class OfflineMessage:
    sender: str
    text: str
    name: str = ""
    sent_at: datetime | None = None
    """None: as ``Waiting`` has it."""
    run: str = ""
    """Names the sender's session, in which messages are numbered."""
    number: int = 0


def parse_message(status: int, data: bytes) -> OfflineMessage | Fault:
    """
    Raises:
        WireError: the answer is damaged.
    """
    content = read(status, data)
    if isinstance(content, Fault):
        return content
    mail = descend(content, "GetMessageResult")
    if mail is None or not mail.text:
        raise WireError(f"no mail in <{content.tag[:80]}>")
    return _mail(mail.text.strip())


FOLDED = re.compile(r"\n[ \t]+")

SENDER = re.compile(r"^(?P<name>.*?)\s*<(?P<address>[^<>]*)>$")


def _mail(text: str) -> OfflineMessage:
    head, blank, body = one_kind_of_line_end(text).partition("\n\n")
    message = mime.parse((FOLDED.sub(" ", head) + blank + body).encode())
    written = message.get("From")
    found = SENDER.match(written)
    return OfflineMessage(
        sender=(found["address"] if found else written).strip().lower(),
        name=decoded(found["name"].strip('"')) if found else "",
        text=_body(message),
        sent_at=_arrived(message.get("X-OriginalArrivalTime")),
        run=message.get("X-OIM-Run-Id"),
        number=number(message.get("X-OIM-Sequence-Num")),
    )


def _body(message: Message) -> str:
    match message.get("Content-Transfer-Encoding").lower():
        case "base64":
            text = _base64(message.text).decode(message.charset, errors="replace")
        case "quoted-printable":
            text = decodestring(message.body).decode(message.charset, errors="replace")
        case _:
            text = message.body.decode()  # It was in XML, so whatever it was it is UTF-8.
    return ILLEGAL.sub("", one_kind_of_line_end(text)).strip("\n")


ARRIVED = re.compile(r"(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)")
"""In UTC.  What is said besides, "FILETIME" and the header Date, is wrong here or there."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _arrived(text: str) -> datetime | None:
    found = ARRIVED.search(text)
    if not found or found[2] not in MONTHS:
        return None
    day, year, hour, minute, second = map(int, found.group(1, 3, 4, 5, 6))
    month = MONTHS.index(found[2]) + 1
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


EARLIEST = datetime.min.replace(tzinfo=UTC)


def in_order(messages: Iterable[OfflineMessage]) -> list[OfflineMessage]:
    """As they were written: servers list them in any order, and know no parts of seconds."""
    found = list(messages)
    begun: dict[str, datetime] = {}
    for message in found:
        at = message.sent_at or EARLIEST
        begun[message.run] = min(at, begun.get(message.run, at))

    def place(message: OfflineMessage) -> tuple[datetime, str, int, datetime]:
        at = message.sent_at or EARLIEST
        return begun[message.run] if message.run else at, message.run, message.number, at

    return sorted(found, key=place)


# Encoded words, RFC 2047.

WORD = re.compile(r"=\?([\w.:-]+)(?:\*[\w-]+)?\?([bBqQ])\?([^?]*)\?=")

BETWEEN = re.compile(r"(\?=)\s+(=\?)")


def decoded(text: str) -> str:
    """Names in headers and metadata.  Servers put spaces into the words."""
    return ILLEGAL.sub("", WORD.sub(_word, BETWEEN.sub(r"\1\2", text))).strip()


def _word(found: re.Match[str]) -> str:
    if found[2] in "bB":
        data = _base64(found[3])
    else:
        data = decodestring(found[3].replace("_", " ").encode(), header=True)
    return data.decode(known_charset(found[1]), errors="replace")


NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def _base64(text: str) -> bytes:
    """As much as can be read of it."""
    digits = NO_BASE64.sub("", text)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]  # A lone digit is no byte.
    return b64decode(digits + "=" * (-len(digits) % 4))
