"""Family 04: messages, typing, warnings, and what is kept for those who are away."""

from __future__ import annotations

import random

from tests.servers import oscar_presence as presence
from tests.servers import oscar_text as text
from tests.servers.oscar_kinds import GENERIC, ICBM
from tests.servers.oscar_users import Stored, User
from tests.servers.oscar_wire import Broken, Reader, Snac, Tlvs, name8, tlvs, u16, u32
from tests.servers.oscar_world import Handlers, Link

PLAIN, RENDEZVOUS, OLD_ICQ = 1, 2, 4
"""Channels."""

NOT_LOGGED_ON, REFUSED, BLOCKED_BY_YOU = 4, 0x0A, 0x10
INBOX_FULL = tlvs((0x08, u16(0x0F)))

INBOX = 10
"""Messages kept for one user."""

MAX_KEPT_BY_ISD = 450
"""Bytes of a text."""

WARNING, ANONYMOUS_WARNING = 100, 30
"""Per mille that a warning adds."""

TYPING = 0x08
"""04/02: this client wants typing events."""

XHTML = bytes.fromhex("094600024c7f11d18222444553540000")
"""open-oscar-server leaves texts alone for clients with this capability."""

NO_COOKIE = bytes(8)


def set_parameters(link: Link, snac: Snac) -> None:  # 04/02
    reader = Reader(snac.data)
    channel, flags, size = reader.u16(), reader.u32(), reader.u16()
    reader.take(2 + 2 + 4)
    reader.end()
    if channel == 0:
        link.icbm_flags, link.icbm_size = flags, size


def send(link: Link, snac: Snac) -> None:  # 04/06
    reader = Reader(snac.data)
    cookie, channel, name = reader.take(8), reader.u16(), reader.name8()
    fields = reader.tlvs()
    _check(link, cookie, channel, fields)
    world, target = link.world, link.world.find(name)
    if world.kind.shares_accounts:
        code, more = _send_by_oos(link, target, cookie, channel, fields)
        if code:
            return link.refuse(snac, code, more)
    elif target is not None and not world.online(target):
        if not _keep_by_isd(link, target, cookie, channel, fields):
            return None
    elif target is not None and not _send_by_isd(link, target, cookie, channel, fields):
        return link.refuse(snac, REFUSED)
    if 0x03 in fields:
        link.reply(snac, 0x0C, cookie + u16(channel) + name8(name))
    return None


def _check(link: Link, cookie: bytes, channel: int, fields: Tlvs) -> None:
    if cookie == NO_COOKIE:
        link.world.violation(link, "04/06 with message cookie 0, which is the server's own")
    wanted = {PLAIN: 0x02, RENDEZVOUS: 0x05, OLD_ICQ: 0x05}.get(channel)
    if wanted is None or wanted not in fields:
        return link.world.violation(link, f"04/06 on channel {channel} without its content")
    try:
        if channel == PLAIN:
            text.read(fields[0x02], is_any_8_bit=not link.world.kind.shares_accounts)
        elif channel == RENDEZVOUS:
            _check_rendezvous(fields[0x05], cookie)
        else:
            _check_old(link, fields[0x05])
    except Broken as problem:
        link.world.violation(link, f"04/06: {problem}")
    return None


def _check_rendezvous(data: bytes, cookie: bytes) -> None:
    reader = Reader(data)
    kind, inner, _capability = reader.u16(), reader.take(8), reader.take(16)
    reader.tlvs()
    if kind not in (0, 1, 2) or inner != cookie:
        raise Broken(f"rendezvous {kind} with cookie {inner.hex()} in a message {cookie.hex()}")


def _check_old(link: Link, data: bytes) -> None:
    reader = Reader(data, "<")
    uin, _kind, _flags = reader.u32(), reader.u8(), reader.u8()
    reader.icq_string()
    if str(uin) != link.me.id:
        raise Broken(f"channel 4 from {uin}")


def _send_by_oos(
    link: Link, target: User | None, cookie: bytes, channel: int, fields: Tlvs
) -> tuple[int, bytes]:
    world, sender = link.world, link.me
    if target is None or target.blocks(sender):
        return NOT_LOGGED_ON, b""
    if sender.blocks(target):
        return BLOCKED_BY_YOU, b""
    clients = world.online(target)
    if not clients:
        if 0x06 not in fields:
            return NOT_LOGGED_ON, b""
        if len(target.offline) >= INBOX:
            return NOT_LOGGED_ON, INBOX_FULL
        target.offline.append(Stored(sender.id, cookie, channel, fields, world.clock.now()))
        return 0, b""
    pairs = [pair for pair in fields.pairs if pair[0] not in (0x03, 0x06)]
    if sender.announces_typing and 0x0B not in fields and channel == PLAIN:
        pairs.append((0x0B, b""))
    for client in clients:
        body = tlvs(*(_as_shown(client, sender, channel, pair) for pair in pairs))
        head = cookie + u16(channel) + presence.described(world, sender)
        client.push(ICBM, 0x07, head + body)
    return 0, b""


def _as_shown(
    client: Link, sender: User, channel: int, pair: tuple[int, bytes]
) -> tuple[int, bytes]:
    kind, value = pair
    strips = client.world.kind.strips_icq_html and sender.is_icq and channel == PLAIN
    if strips and kind == 0x02 and XHTML not in client.shown.capabilities:
        return kind, text.strip(value)
    return kind, value


def _send_by_isd(link: Link, target: User, cookie: bytes, channel: int, fields: Tlvs) -> bool:
    """Messages to nobody are taken all the same; cookies and fragments are made anew."""
    world, sender = link.world, link.me
    for client in world.online(target):
        if len(fields.pack()) > client.icbm_size:
            return False
        head, body = cookie + u16(channel), Tlvs(fields.pairs).pack()
        if channel != RENDEZVOUS:
            head = bytes(4) + random.randbytes(4) + u16(PLAIN)
            body = tlvs((0x02, _made_anew(channel, fields)))
        client.push(ICBM, 0x07, head + presence.brief(world, sender) + body)
    return True


def _keep_by_isd(link: Link, target: User, cookie: bytes, channel: int, fields: Tlvs) -> bool:
    """As C strings, which end at the first NUL; long ones are dropped, and nobody is told."""
    if channel == PLAIN:
        [text_part] = [part for part in text.fragments(fields[0x02]) if part[0] == text.TEXT]
        kind, version, data = text_part
        if len(data) - 4 > MAX_KEPT_BY_ISD:
            return False
        kept = data[:4] + data[4:].split(b"\0")[0]
        fields = Tlvs([(0x02, text.pack([(kind, version, kept)]))])
    now = link.world.clock.now()
    target.offline.append(Stored(link.me.id, cookie, channel, fields, now))
    return True


def _made_anew(channel: int, fields: Tlvs) -> bytes:
    """Channel 4 becomes channel 1, and loses its text on the way."""
    if channel == OLD_ICQ:
        return text.message("", capabilities=b"\0")
    texts = [part for part in text.fragments(fields[0x02]) if part[0] == text.TEXT]
    return text.pack([(text.CAPABILITIES, 1, b"\0"), *texts])


def system_message(link: Link, says: str) -> None:
    """From the server itself: cookie 0, and a sender that nobody can answer."""
    world = link.world
    if world.kind.system_name:
        sender = presence.user_info(world.kind.system_name)
        content = tlvs((0x02, text.message(says, capabilities=b"\x01\x01\x02")))
        link.push(ICBM, 0x07, NO_COOKIE + u16(PLAIN) + sender + content)


# Signals.


def typing(link: Link, snac: Snac) -> None:  # 04/14
    reader = Reader(snac.data)
    cookie, channel, name, event = reader.take(8), reader.u16(), reader.name8(), reader.u16()
    reader.end()
    if channel != PLAIN or event not in (0, 1, 2, 0x0F):
        link.world.violation(link, f"typing event {event} on channel {channel}")
    target = link.world.find(name)
    if target is None or target.blocks(link.me):
        return
    body = cookie + u16(channel) + name8(link.me.name) + u16(event)
    for client in link.world.online(target):
        if not link.world.kind.typing_by_flag or client.icbm_flags & TYPING:
            client.push(ICBM, 0x14, body, id=snac.request_id)


def warn(link: Link, snac: Snac) -> None:  # 04/08
    reader = Reader(snac.data)
    anonymous, name = reader.u16(), reader.name8()
    reader.end()
    world, target = link.world, link.world.find(name)
    if target is None or not world.online(target) or target.blocks(link.me):
        return link.refuse(snac, NOT_LOGGED_ON)
    step = ANONYMOUS_WARNING if anonymous else WARNING
    target.warning = min(999, target.warning + step)
    link.reply(snac, 0x09, u16(step) + u16(target.warning))
    who = b"" if anonymous else presence.user_info(link.me.name)
    for client in world.online(target):
        client.push(GENERIC, 0x10, u16(target.warning) + who, id=0)
        if client.rates:
            for notice in client.rates.warned(target.warning):
                client.push(GENERIC, 0x0A, notice)
    return presence.announce(world, target)


def relay(link: Link, snac: Snac) -> None:  # 04/0b
    reader = Reader(snac.data)
    cookie, channel, name = reader.take(8), reader.u16(), reader.name8()
    target = link.world.find(name)
    if target is None:
        return
    body = cookie + u16(channel) + name8(link.me.name) + reader.rest()
    for client in link.world.online(target):
        client.push(ICBM, 0x0B, body, id=snac.request_id)


# What was kept.


def fetch(link: Link, snac: Snac) -> None:  # 04/10
    if not link.world.kind.shares_accounts:
        return
    stored, link.me.offline = link.me.offline, []
    for message in stored:
        deliver(link, message)
    link.reply(snac, 0x17)


def deliver(link: Link, message: Stored) -> None:
    """As 04/07, with all TLVs it was sent with and the time in TLV 16."""
    sender = presence.user_info(message.sender)
    body = message.tlvs.pack() + tlvs((0x16, u32(int(message.at))))
    link.push(ICBM, 0x07, message.cookie + u16(message.channel) + sender + body)


def announce_stored(link: Link) -> None:
    count = len(link.me.offline)
    if count and not link.me.is_icq:
        system_message(link, f"You just received {count} IM(s) while you were offline.")


HANDLERS: Handlers = {
    (ICBM, 0x02): set_parameters,
    (ICBM, 0x06): send,
    (ICBM, 0x08): warn,
    (ICBM, 0x0B): relay,
    (ICBM, 0x10): fetch,
    (ICBM, 0x14): typing,
}
