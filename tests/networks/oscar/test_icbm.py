"""Messages both ways."""

from datetime import UTC, datetime

import pytest

from networks.oscar.chat import RoomKey
from networks.oscar.data import Reader, string8, tlv, tlvs, u8, u16, u32
from networks.oscar.icbm import (
    MAX_MESSAGE,
    NO_COOKIE,
    OLD_ICQ,
    RENDEZVOUS,
    RENDEZVOUS_CANCEL,
    TEXT,
    WANT_MESSAGES,
    WANT_TYPING,
    ChatInvitation,
    Fragment,
    Incoming,
    Missed,
    Rendezvous,
    Text,
    TypingEvent,
    TypingState,
    Unreadable,
    build_client_response,
    build_invitation,
    build_message,
    build_old_message,
    build_params,
    build_typing,
    parse_incoming,
    parse_missed,
    parse_payload,
    parse_typing,
)
from networks.oscar.icq import MessageType, OldMessage, Relayed
from networks.oscar.users import CAP_CHAT, CAP_ICQ_RELAY, UserInfo
from tests.networks.oscar import frames

COOKIE = b"12345678"


def received(frame: bytes) -> Incoming:
    return parse_incoming(frame[16:])


def passed_on(sent: bytes) -> Incoming:
    """What the receiver gets of 04/06, at a server that changes nothing."""
    reader = Reader(sent)
    cookie, channel, _ = reader.take(8), reader.u16(), reader.name8()
    return parse_incoming(cookie + u16(channel) + UserInfo("me").encode() + reader.rest())


@pytest.mark.parametrize(
    ("frame", "fragment"),
    [
        (frames.MESSAGE_UTF16, Fragment(2, 0, "привет ✓ 😀".encode("utf-16-be"))),
        (frames.MESSAGE_LATIN1, Fragment(3, 0, b"caf\xe9")),
        (frames.MESSAGE_AUTOMATIC, Fragment(0, 0, b"auto reply text")),
        (frames.MESSAGE_STORED, Fragment(0, 0, b"stored while you were away")),
    ],
)
def test_texts(frame: bytes, fragment: Fragment) -> None:
    message = received(frame)
    assert message.payload == Text((fragment,))
    assert message.channel == TEXT
    assert message.sender.name.lower() == "probealice"
    assert message.is_automatic == (frame is frames.MESSAGE_AUTOMATIC)
    stored = frame is frames.MESSAGE_STORED
    assert message.was_stored == stored
    assert message.sent_at == (datetime(2026, 11, 23, 5, 36, 49, tzinfo=UTC) if stored else None)


def test_several_fragments() -> None:
    one, two = Fragment(0, 0, b"a"), Fragment(2, 0, b"\0b")
    raw = b"".join(u8(1) + u8(1) + u16(4 + len(f.data), f.charset, 0) + f.data for f in (one, two))
    assert parse_payload(TEXT, tlvs((2, b"\5\1\0\1\1" + raw))) == Text((one, two))


def test_others_invite_us() -> None:
    message = received(frames.INVITED)
    assert message.payload == ChatInvitation(
        RoomKey(4, b"4-0-probe room"), b"Join me in this Buddy Chat."
    )
    assert message.channel == RENDEZVOUS


def test_relayed() -> None:
    message = received(frames.RELAYED)
    assert isinstance(message.payload, Relayed)
    assert (message.payload.type, message.payload.text) == (MessageType.PLAIN, b"channel two text")
    data = message.payload.answer(b"")
    head = message.cookie + u16(RENDEZVOUS) + string8(message.sender.name) + u16(3)
    assert build_client_response(message, data) == head + data
    real = Reader(frames.CLIENT_RESPONSE[16:])
    real.take(8), real.u16(), real.name8(), real.u16()
    # The same, up to the text: theirs goes on with colours.
    assert len(real.rest()) - len(data) == 8
    assert data[:29] == message.payload.head[:29]


def test_old_messages() -> None:
    message = received(frames.OLD_URL)
    assert message.payload == OldMessage("100001", 4, b"look here\xfehttp://127.0.0.1/")
    request = OldMessage(
        "100001", MessageType.AUTH_REQUEST, b"\xfe".join([b"n", b"", b"", b"", b"1", b"why"])
    )
    sent = passed_on(build_old_message(COOKIE, "100002", request))
    assert sent.payload == request
    assert sent.channel == OLD_ICQ
    assert request.fields[-1] == b"why"


def rendezvous(kind: int, capability: bytes, *items: tuple[int, bytes]) -> bytes:
    return u16(kind) + COOKIE + capability + tlvs(*items).encode()


@pytest.mark.parametrize(
    ("channel", "type", "value"),
    [
        (1, 2, b""),
        (1, 2, b"\5\1\0\1\1"),
        (1, 2, b"\1\1\0\7\0\0\0\0"),
        (1, 2, b"\1\1\0\1\0"),
        (2, 5, b"\0"),
        (2, 5, rendezvous(0, CAP_CHAT, (0x2711, b"\0"))),
        (2, 5, rendezvous(0, CAP_ICQ_RELAY, (0x2711, b"\xff"))),
        (4, 5, b"\1\0\0\0\1"),
        (3, 5, b""),
    ],
)
def test_unreadable(channel: int, type: int, value: bytes) -> None:
    found = parse_payload(channel, tlvs((type, value)))
    assert isinstance(found, Unreadable)
    assert found.detail.startswith(f"channel {channel}")


def test_other_rendezvous() -> None:
    file = bytes(16)
    assert parse_payload(2, tlvs((5, rendezvous(0, file)))) == Rendezvous(0, file)
    assert parse_payload(2, tlvs((5, rendezvous(1, CAP_CHAT)))) == Rendezvous(
        RENDEZVOUS_CANCEL, CAP_CHAT
    )


# Sent.


def test_message() -> None:
    fragment = Fragment(2, 0, b"\0h")
    sent = build_message(COOKIE, "bob", fragment)
    assert sent.startswith(COOKIE + u16(1) + b"\3bob")
    message = passed_on(sent)
    assert message.payload == Text((fragment,))
    assert message.wants_typing
    assert not message.is_automatic
    assert [type for type, _ in message.tlvs] == [2, 3, 6, 0xB]
    assert passed_on(sent + tlv(0x04)).is_automatic


@pytest.mark.parametrize("text", ["come in", "né"])
def test_invitation(text: str) -> None:
    room = RoomKey(4, b"4-0-lounge", 2)
    message = passed_on(build_invitation(COOKIE, "bob", room, text))
    assert isinstance(message.payload, ChatInvitation)
    assert message.payload.room == room
    assert message.payload.text.decode() == text
    assert message.payload.charset == ("us-ascii" if text.isascii() else "utf-8")


def test_typing() -> None:
    assert parse_typing(frames.TYPING[16:]) == TypingEvent("ProbeAlice", TypingState.TYPING)
    assert parse_typing(build_typing("bob", TypingState.PAUSED)) == TypingEvent("bob", 1)
    assert build_typing("bob", TypingState.TYPING) == NO_COOKIE + u16(1) + b"\3bob" + u16(2)


def test_missed() -> None:
    raw = u16(1) + UserInfo("bob", 30).encode() + u16(2, 1)
    assert parse_missed(raw * 2) == (Missed(1, UserInfo("bob", 30), 2, 1),) * 2


def test_parameters() -> None:
    sent = build_params(WANT_MESSAGES | WANT_TYPING)
    assert sent == u16(0) + u32(9) + u16(MAX_MESSAGE, 999, 999) + u32(0)


def test_empty_parts() -> None:
    """A message without TLVs at all is unreadable, not an error of the server."""
    message = parse_incoming(COOKIE + u16(1) + UserInfo("x").encode())
    assert isinstance(message.payload, Unreadable)
    assert isinstance(passed_on(COOKIE + u16(1) + b"\1x" + tlv(5)).payload, Unreadable)
