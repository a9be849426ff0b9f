"""Messages and what belongs to them (family 4, "inter-client basic messages").

    04/06   cookie 8 bytes | channel u16 | receiver u8 length | TLVs       from us
    04/07   cookie 8 bytes | channel u16 | user info | TLVs                to us

Channel 1 is text in fragments (TLV 02), channel 2 a rendezvous (invitations to rooms, ICQ's own
messages; TLV 05), channel 4 what ICQ had before (TLV 05).  What is in these TLVs other users wrote:
if it cannot be read, the message is ``Unreadable``, and the session goes on.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from struct import Struct

from gateway.errors import WireError
from networks.oscar.chat import RoomKey, read_room_key
from networks.oscar.data import NO_TLVS, Reader, Tlvs, string8, tlv, u8, u16, u32
from networks.oscar.icq import OldMessage, Relayed, parse_old_message, parse_relayed
from networks.oscar.users import CAP_CHAT, CAP_ICQ_RELAY, UserInfo, read_user, when

COOKIE = 8
"""Bytes of a message's cookie."""
NO_COOKIE = bytes(COOKIE)
"""Of messages by the server itself, and of typing."""

TEXT, RENDEZVOUS, OLD_ICQ = 1, 2, 4
"""Channels."""

# Parameters.

WANT_MESSAGES, WANT_MISSED, WANT_TYPING = 0x01, 0x02, 0x08

MAX_MESSAGE = 8000
"""Bytes others may send us at once: all that servers allow."""


def build_params(flags: int, max_message: int = MAX_MESSAGE) -> bytes:
    """04/02, for all channels."""
    return u16(0) + u32(flags) + u16(max_message, 999, 999) + u32(0)


# Received.


@dataclass(frozen=True, slots=True)
class Fragment:
    charset: int
    subset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """Channel 1: one text, perhaps with fragments of different charsets."""

    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class ChatInvitation:
    """Channel 2 with CAP_CHAT."""

    room: RoomKey
    text: bytes
    charset: str = ""
    """As TLV 0d names it: ``us-ascii``, ``unicode-2-0`` …"""


@dataclass(frozen=True, slots=True)
class Rendezvous:
    """Channel 2 with any other capability: a file, a picture …"""

    kind: int
    """RENDEZVOUS_REQUEST …"""
    capability: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    detail: str


RENDEZVOUS_REQUEST, RENDEZVOUS_CANCEL = 0, 1

Payload = Text | ChatInvitation | Rendezvous | Relayed | OldMessage | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """04/07."""

    cookie: bytes
    channel: int
    sender: UserInfo
    payload: Payload
    tlvs: Tlvs = field(default=NO_TLVS, repr=False)

    @property
    def is_automatic(self) -> bool:
        return 0x04 in self.tlvs

    @property
    def was_stored(self) -> bool:
        return 0x16 in self.tlvs

    @property
    def sent_at(self) -> datetime | None:
        """Of a stored message."""
        return when((self.tlvs.number(0x16) or 0) & 0xFFFFFFFF)

    @property
    def wants_typing(self) -> bool:
        return 0x0B in self.tlvs


def parse_incoming(data: bytes) -> Incoming:
    reader = Reader(data)
    cookie, channel, sender = reader.take(COOKIE), reader.u16(), read_user(reader)
    items = reader.tlvs()
    return Incoming(
        cookie=cookie,
        channel=channel,
        sender=sender,
        payload=parse_payload(channel, items),
        tlvs=items,
    )


def parse_payload(channel: int, items: Tlvs) -> Payload:
    """Never raises WireError: see above."""
    try:
        match channel:
            case 1:
                return Text(_fragments(items.get(0x02) or b""))
            case 2:
                return _rendezvous(items.get(0x05) or b"")
            case 4:
                return parse_old_message(items.get(0x05) or b"")
    except WireError as error:
        return Unreadable(f"channel {channel}: {error}")
    return Unreadable(f"channel {channel}: 1, 2 or 4 expected")


FRAGMENT = Struct(">BBH")


def _fragments(data: bytes) -> tuple[Fragment, ...]:
    """TLV 02: id u8, version u8, length u16; id 1 is text, id 5 what it takes to read it."""
    reader, found = Reader(data), []
    while reader:
        id, _, size = reader.numbers(FRAGMENT)
        inside = Reader(reader.take(size))
        if id == 1:
            found.append(Fragment(inside.u16(), inside.u16(), inside.rest()))
    if not found:
        raise WireError("no text found in TLV 02: a fragment 1 expected")
    return tuple(found)


def _rendezvous(data: bytes) -> Payload:
    reader = Reader(data)
    kind, _, capability = reader.u16(), reader.take(COOKIE), reader.take(16)
    items = reader.tlvs()
    extension = items.get(0x2711)
    if kind == RENDEZVOUS_REQUEST and extension is not None:
        if capability == CAP_CHAT:
            room = read_room_key(Reader(extension))
            return ChatInvitation(room, items.get(0x0C) or b"", items.text(0x0D))
        if capability == CAP_ICQ_RELAY:
            return parse_relayed(extension)
    return Rendezvous(kind, capability)


@dataclass(frozen=True, slots=True)
class Missed:
    """04/0a: messages that were not passed on to us."""

    channel: int
    sender: UserInfo
    count: int
    reason: int
    """0 invalid, 1 too long, 2 too fast, 3 the sender is too evil, 4 we are."""


def parse_missed(data: bytes) -> tuple[Missed, ...]:
    reader, found = Reader(data), []
    while reader:
        found.append(Missed(reader.u16(), read_user(reader), reader.u16(), reader.u16()))
    return tuple(found)


class TypingState(IntEnum):
    STOPPED = 0x0000
    PAUSED = 0x0001
    """There is text, but nobody types."""
    TYPING = 0x0002
    CLOSED = 0x000F
    """The window was."""


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """04/14."""

    name: str
    event: int
    """A TypingState, or some other."""


def parse_typing(data: bytes) -> TypingEvent:
    reader = Reader(data)
    reader.take(COOKIE)
    reader.u16()
    return TypingEvent(reader.name8(), reader.u16())


# Sent.

FEATURES = bytes.fromhex("01010102")
"""Fragment 5 as libpurple sends it."""


WISHES = tlv(0x03) + tlv(0x06) + tlv(0x0B)
"""An acknowledgement by the server; to be stored if they are offline; and to know when they type,
in every message, because some clients tell that only to those whose last message said so."""


def build_message(cookie: bytes, receiver: str, fragment: Fragment) -> bytes:
    """04/06, channel 1."""
    text = u16(fragment.charset, fragment.subset) + fragment.data
    inside = u8(5) + u8(1) + u16(len(FEATURES)) + FEATURES + u8(1) + u8(1) + u16(len(text)) + text
    return cookie + u16(TEXT) + string8(receiver) + tlv(0x02, inside) + WISHES


def build_invitation(cookie: bytes, receiver: str, room: RoomKey, text: str) -> bytes:
    """04/06, channel 2."""
    inside = u16(RENDEZVOUS_REQUEST) + cookie + CAP_CHAT
    inside += tlv(0x0A, u16(1)) + tlv(0x0F)
    charset, raw = ("us-ascii", text.encode()) if text.isascii() else ("utf-8", text.encode())
    inside += tlv(0x0D, charset.encode()) + tlv(0x0C, raw) + tlv(0x2711, room.encode())
    return cookie + u16(RENDEZVOUS) + string8(receiver) + tlv(0x05, inside) + tlv(0x03)


def build_old_message(cookie: bytes, receiver: str, message: OldMessage) -> bytes:
    """04/06, channel 4: authorisation of those who have no feedbag."""
    head = cookie + u16(OLD_ICQ) + string8(receiver)
    return head + tlv(0x05, message.encode()) + tlv(0x06)


def build_typing(receiver: str, state: TypingState) -> bytes:
    """04/14."""
    return NO_COOKIE + u16(TEXT) + string8(receiver) + u16(state)


def build_client_response(message: Incoming, data: bytes, reason: int = 3) -> bytes:
    """04/0b: their client, not the server, answers a message of channel 2; ``data`` is
    ``Relayed.answer(…)``."""
    return message.cookie + u16(message.channel) + string8(message.sender.name) + u16(reason) + data
