"""Offline messages: stored by oim.asmx, told at log-in and fetched from rsi.asmx."""

from __future__ import annotations

import base64
import re
import uuid
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from tests.servers.msn_keys import PRODUCTS, challenge_response
from tests.servers.msn_soap import Call, Fault, Operation, anywhere
from tests.servers.msn_users import Letter, Lists, User
from tests.servers.msn_wire import Broken, message, mime
from tests.servers.msn_world import Session, World

OIM = "http://messenger.live.com/ws/2006/09/oim/"
RSI = "http://www.hotmail.msn.com/ws/2004/09/oim/rsi"

MOST_TOLD = 25
"""Letters that Mail-Data names; more are "too-large"."""

LONGEST_LINE = 77
"""Of base64 in a letter."""

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

RUN_ID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
ENCODED_NAME = re.compile(r"=\?utf-8\?B\?[A-Za-z0-9+/=]*\?=", re.IGNORECASE)

QUOTA = "<Q><QTM>409600</QTM><QNM>204800</QNM></Q>"
INITIAL = "<E><I>0</I><IU>0</IU><O>0</O><OU>0</OU></E>"

PACIFIC = timedelta(hours=-8)
"""The zone of Date: which is wrong."""

MAIL = """\
X-Message-Info: cwRBnLifKNE8dVZlNj6AiX8142B67OTjG9BFMLMyzuui1H4Xx7m3NQ==\r
Received: from OIM-SSI02.phx.gbl ([65.54.237.206]) by oim1-f1.hotmail.com with Microsoft \
SMTPSVC(6.0.3790.211);\r
\t {there}\r
From: {name} <{sender}>\r
To: {to}\r
Subject: \r
X-OIM-originatingSource: 127.0.0.1\r
X-OIMProxy: MSNMSGR\r
{head}\r
Message-ID: <OIM-SSI02zDv60gxapz00061a8b@OIM-SSI02.phx.gbl>\r
X-OriginalArrivalTime: {arrived} (UTC) FILETIME=[E56C0780:01DD7B08]\r
Date: {date}\r
Return-Path: ndr@oim.messenger.msn.com\r
\r
{body}"""


# Sending.


def _refusal(code: str, detail: str = "") -> Fault:
    text = "Exception of type System.Web.Services.Protocols.SoapException was thrown."
    return Fault(text, detail, f"q0:{code}", OIM)


def store(call: Call) -> str:
    """Store2."""
    world, user = call.world, call.user
    _check_lockkey(call)
    sender, to, sequence = (call.header.find(f"{{*}}{name}") for name in ("From", "To", "Sequence"))
    if sender is None or to is None or sequence is None:
        raise Broken("Store2 without From, To or Sequence")
    name, content = sender.get("friendlyName", ""), _content(call)
    if sender.get("memberName") != user.address or not ENCODED_NAME.fullmatch(name):
        raise Broken(f"Store2 from {sender.attrib}")
    _check_content(content, sequence.findtext("{*}MessageNumber") or "")
    other = world.find(to.get("memberName", ""))
    if other is None or user.key in other.lists[Lists.BLOCK]:
        raise _refusal("SystemUnavailable")
    keep(world, other, user, name, content)
    return f'<StoreResponse xmlns="{OIM}"><PointsConsumed>0</PointsConsumed></StoreResponse>'


def check(call: Call) -> None:
    """What the recorded server does not look at."""
    sender = call.header.find("{*}From")
    session = call.world.session(call.user)
    wanted = {"proxy": "MSNMSGR", "msnpVer": f"MSNP{session.dialect if session else 0}"}
    said = dict(sender.attrib) if sender is not None else {}
    if wanted.items() - said.items() or not {"buildVer", LANGUAGE} <= said.keys():
        call.violation(f"From {said}")
    if call.header.findtext("{*}Sequence/{*}Identifier") != "http://messenger.msn.com":
        call.violation("no Identifier")


def _content(call: Call) -> str:
    """Beside MessageType in the body, and with the line ends that XML leaves of CR LF."""
    content = call.body.find("{*}Content")
    if content is None or call.body.findtext("{*}MessageType") != "text":
        raise Broken("Store2 without Content, or not of type text")
    return (content.text or "").replace("\r\n", "\n").replace("\n", "\r\n")


def _check_lockkey(call: Call) -> None:
    ticket = call.header.find(anywhere("Ticket"))
    assert ticket is not None, "let in with it"
    product, lockkey = ticket.get("appid", ""), ticket.get("lockkey", "")
    challenge = call.world.lockkeys.get(call.user.key, "")
    if product not in PRODUCTS:
        raise Broken(f"Store2 by {product!r}")
    if lockkey and challenge and lockkey == challenge_response(challenge, product):
        return
    if lockkey:
        call.world.violation(call.user.address, f"lockkey {lockkey!r} for {challenge!r}")
        if call.world.ways.any_lockkey:
            return
    challenge = call.world.lockkeys[call.user.key] = call.world.make_challenge()
    tweener = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1"
    raise _refusal(
        "AuthenticationFailed",
        f'<TweenerChallenge xmlns="{OIM}">{tweener}</TweenerChallenge>'
        f'<LockKeyChallenge xmlns="{OIM}">{challenge}</LockKeyChallenge>',
    )


def _check_content(content: str, number: str) -> None:
    headers, body = mime(content.encode())
    wanted = {
        "mime-version": "1.0",
        "content-type": "text/plain; charset=UTF-8",
        "content-transfer-encoding": "base64",
        "x-oim-message-type": "OfflineMessage",
        "x-oim-sequence-num": number,
    }
    for name, value in wanted.items():
        if headers.get(name) != value:
            raise Broken(f"Store2 with {name} {headers.get(name)!r}, not {value!r}")
    if not RUN_ID.fullmatch(headers.get("x-oim-run-id", "")):
        raise Broken(f"Store2 with the run {headers.get('x-oim-run-id')}")
    if any(len(line) > LONGEST_LINE for line in body.split(b"\r\n")):
        raise Broken("Store2 with a line that is too long")


def keep(world: World, to: User, sender: User, name: str, content: str) -> Letter:
    arrived = datetime.fromtimestamp(world.clock.now(), UTC)
    letter = Letter(str(uuid.uuid4()).upper(), sender.address, name, content, arrived)
    to.letters[letter.id] = letter
    if (session := world.session(to)) and session.online:
        # This one has no time, and a name that is not quite well-formed.
        name = name.removesuffix("?=") + " ?="
        parts = f"<S>6</S><RS>0</RS><SZ>900</SZ><E>{escape(sender.address)}</E>"
        told = f"<M><T>11</T>{parts}<I>{letter.id}</I><F>.!!OIM</F><N>{name}</N></M>"
        _notify(session, "text/x-msmsgsoimnotification", f"<MD>{told}<SU> </SU></MD>")
    return letter


# Receiving.


def _notify(session: Session, content_type: str, data: str) -> None:
    payload = message(f"{content_type}; charset=UTF-8", f"Mail-Data: {data}\r\n")
    session.send("MSG", "Hotmail", "Hotmail", payload=payload)


def tell_waiting(session: Session) -> None:
    """After the first CHG."""
    letters = session.me.letters
    told = f"<MD>{INITIAL}{QUOTA}{_metadata(session.me)}</MD>"
    data = told if len(letters) <= MOST_TOLD else "too-large"
    _notify(session, "text/x-msmsgsinitialmdatanotification", data)


def _metadata(user: User) -> str:
    return "".join(
        f"<M><T>11</T><S>6</S><RT>{letter.arrived:%Y-%m-%dT%H:%M:%SZ}</RT><RS>0</RS>"
        f"<SZ>900</SZ><E>{escape(letter.sender)}</E><I>{letter.id}</I>"
        f"<F>00000000-0000-0000-0000-000000000009</F><N>{letter.sender_name}</N></M>"
        for letter in user.letters.values()
    )


def get_metadata(call: Call) -> str:
    text = f"<MD>{QUOTA}{_metadata(call.user)}</MD>"
    for _ in range(call.world.ways.metadata_escapes):
        text = escape(text)
    return f'<GetMetadataResponse xmlns="{RSI}">{text}</GetMetadataResponse>'


def _no_such_letter() -> Fault:
    return Fault("Schema validation error")


def get_message(call: Call) -> str:
    letter = call.user.letters.get(call.text("messageId"))
    if letter is None or call.text("alsoMarkAsRead") != "false":
        raise _no_such_letter()
    result = f"<GetMessageResult>{escape(_mail(call.user, letter))}</GetMessageResult>"
    return f'<GetMessageResponse xmlns="{RSI}">{result}</GetMessageResponse>'


def _mail(user: User, letter: Letter) -> str:
    head, _, body = letter.content.partition("\r\n\r\n")
    local = letter.arrived + PACIFIC
    there = f"{local:%a, %d %b %Y %H:%M:%S} -0800"
    return MAIL.format(
        there=there,
        name=letter.sender_name,
        sender=letter.sender,
        to=user.address,
        head=head,
        arrived=f"{letter.arrived:%d %b %Y %H:%M:%S}.0000",
        date=f"{local:%d %b %Y %H:%M:%S} -0800",
        body=body.replace("\r\n", ""),
    )


def delete_messages(call: Call) -> str:
    """The client has handed them on."""
    ids = [found.text or "" for found in call.body.iterfind(anywhere("messageIds/messageId"))]
    if not ids or not set(ids) <= set(call.user.letters):
        raise _no_such_letter()
    for id in ids:
        del call.user.letters[id]
    if session := call.world.session(call.user):
        moved = f"Src-Folder: .!!OIM\r\nDest-Folder: .!!trAsH\r\nMessage-Delta: {len(ids)}\r\n"
        content_type = "text/x-msmsgsactivemailnotification; charset=UTF-8"
        session.send("MSG", "Hotmail", "Hotmail", payload=message(content_type, moved))
    return f'<DeleteMessagesResponse xmlns="{RSI}" />'


STORE: dict[str, Operation] = {"Store2": store}

FETCH: dict[str, Operation] = {
    "GetMetadata": get_metadata,
    "GetMessage": get_message,
    "DeleteMessages": delete_messages,
}


# As a client writes it.


def letter(text: str, run: str, number: int) -> str:
    body = base64.encodebytes(text.encode()).decode().strip().replace("\n", "\r\n")
    return (
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        "Content-Transfer-Encoding: base64\r\nX-OIM-Message-Type: OfflineMessage\r\n"
        f"X-OIM-Run-Id: {run}\r\nX-OIM-Sequence-Num: {number}\r\n\r\n{body}"
    )


def encoded_name(name: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="
