"""Messages, typing, warnings (family 4), and messages that were stored.

04/06 ──►  04/0c  the server took it     04/01  it did not          04/07 ◄──
04/14 typing, both ways                   04/0a  some were not passed on to us
04/10 ──►  04/07 …  04/17       AIM's stored messages: deleted as they are sent
15/02 ──►  15/03 …              ICQ's: we have to say when we have them all
"""

from datetime import datetime

from gateway.commands import SendMessage, SetTyping
from gateway.errors import Reason
from gateway.events import Typing
from gateway.ids import ChatId, MessageId
from networks.oscar import contacts, rooms
from networks.oscar.blocks import parse_warned
from networks.oscar.icbm import (
    RENDEZVOUS_REQUEST,
    ChatInvitation,
    Fragment,
    Incoming,
    Rendezvous,
    Text,
    TypingState,
    Unreadable,
    build_client_response,
    build_message,
    build_typing,
    parse_incoming,
    parse_missed,
    parse_typing,
)
from networks.oscar.icq import (
    OFFLINE_DELETE,
    OFFLINE_QUERY,
    MessageType,
    OldMessage,
    Relayed,
    build_query,
    parse_offline,
)
from networks.oscar.ids import is_name, is_room, is_uin, message_id, normalise
from networks.oscar.news import Declined, Delivered, Requested, Said, Typed
from networks.oscar.requests import Asked, Request
from networks.oscar.state import Oscar
from networks.oscar.text import ASCII, UTF8, decode, decode_unnamed, from_html, outgoing
from networks.oscar.wire import Snac

FAMILY = 0x04

SYSTEM = {"aolsystemmsg", "oossystemmsg"}
"""Names under which open-oscar-server itself speaks, with an empty cookie.  Either alone is no
proof: anybody can leave the cookie empty, and some releases do so in their users' names."""

TRANSLATION = 0x0C
"""A family that only IServerd has.  What it keeps for those who are offline ends at the first NUL,
which UTF-16 has in every space."""

MAX_KEPT = 450
"""Bytes of what it keeps; longer ones it drops without a word."""

MAX_UNWILLING = 10_000
"""People who want to hear nothing of our typing; when there are more, all hear of it again."""

MAX_ASKED = 1000
"""People who asked in the old way and have no answer; more are answered in the new way."""

NOBODY = "That is nobody's name."
NOTHING = "There is nothing in it that could be sent."
TOO_FAST = "So much text at once would take minutes to send."

STATES = {
    Typing.COMPOSING: TypingState.TYPING,
    Typing.PAUSED: TypingState.PAUSED,
    Typing.ACTIVE: TypingState.STOPPED,
}

TYPING: dict[int, Typing] = {
    TypingState.TYPING: Typing.COMPOSING,
    TypingState.PAUSED: Typing.PAUSED,
    TypingState.STOPPED: Typing.ACTIVE,
    TypingState.CLOSED: Typing.ACTIVE,
}

MISSED_BECAUSE = {
    0: "they were not valid",
    1: "they were too long",
    2: "they came too fast",
    3: "the sender has been warned too often",
    4: "you have been warned too often",
}
"""04/0a"""


# Out.


def send_message(oscar: Oscar, command: SendMessage) -> None:
    chat = command.chat
    if is_room(chat):
        rooms.say(oscar, command)
        return
    if not is_name(chat):
        oscar.deny(command.token, Reason.NOT_FOUND, NOBODY)
        return
    fragments = pieces(oscar, command.body, chat)
    if not fragments:
        oscar.deny(command.token, Reason.NOT_ACCEPTABLE, NOTHING)
    elif not oscar.has_room(FAMILY, 0x06, len(fragments)):
        oscar.deny(command.token, Reason.TOO_MUCH, TOO_FAST)
    else:
        request = Request(
            Asked.MESSAGE, command.token, chat, body=command.body, parts=len(fragments)
        )
        for fragment in fragments:
            cookie = oscar.next_cookie()
            request.id = request.id or message_id(cookie)
            oscar.send(FAMILY, 0x06, build_message(cookie, chat, fragment), request)


def pieces(oscar: Oscar, body: str, chat: ChatId) -> list[Fragment]:
    if TRANSLATION in oscar.signon.families and chat not in oscar.people:
        return outgoing(body, oscar.id, chat, MAX_KEPT, keep_in=oscar.settings.encoding)
    return outgoing(body, oscar.id, chat)


def on_acknowledged(oscar: Oscar, snac: Snac) -> None:
    """04/0c: cookie, channel, receiver"""
    request = oscar.take(snac.request_id, Asked.MESSAGE, Asked.INVITATION)
    if request is None:
        return
    request.parts -= 1
    if request.parts == 0 and request.kind is Asked.INVITATION:
        oscar.done(request)
    elif request.parts == 0 and request.token:
        oscar.done(request, Delivered(request.chat, request.token, request.body, request.id))


# In.


def on_message(oscar: Oscar, snac: Snac) -> None:
    """04/07"""
    message = parse_incoming(snac.data)
    name = message.sender.name
    if normalise(name) in SYSTEM and not any(message.cookie):
        system_message(oscar, message)
        return
    oscar.learn_name(name)
    note_willingness(oscar, message)
    match message.payload:
        case Text(fragments):
            encoding = oscar.settings.encoding
            text = "".join(decode(part.charset, part.data, encoding) for part in fragments)
            said(oscar, message, text, is_html=not is_uin(name))
        case ChatInvitation():
            rooms.on_invited(oscar, name, message.payload)
        case Relayed():
            on_relayed(oscar, message, message.payload)
        case OldMessage():
            on_old_message(oscar, message.payload, message_id(message.cookie), message.sent_at)
        case Rendezvous(kind):
            if kind == RENDEZVOUS_REQUEST:
                oscar.notice(f"{name} offers a direct connection, which is not possible from here.")
        case Unreadable():
            oscar.notice(f"{name} sent a message that cannot be read.")


def system_message(oscar: Oscar, message: Incoming) -> None:
    if isinstance(message.payload, Text):
        parts = message.payload.fragments
        text = "".join(decode(part.charset, part.data, oscar.settings.encoding) for part in parts)
        oscar.notice(from_html(text)[0])


def note_willingness(oscar: Oscar, message: Incoming) -> None:
    """TLV 0b: they want to know when we type.  IServerd takes it out of all messages, so that it is
    missing means something only where somebody's has come."""
    who = normalise(message.sender.name)
    oscar.passes_willingness |= message.wants_typing
    if message.wants_typing or message.was_stored or message.is_automatic:
        oscar.unwilling.discard(who)
    elif oscar.passes_willingness:
        if len(oscar.unwilling) >= MAX_UNWILLING:
            oscar.unwilling.clear()
        oscar.unwilling.add(who)


def said(oscar: Oscar, message: Incoming, text: str, *, is_html: bool) -> None:
    name = message.sender.name
    oscar.tell(
        Said(
            normalise(name),
            name,
            text,
            is_html,
            message_id(message.cookie),
            message.sent_at,
            message.is_automatic,
        )
    )


def on_relayed(oscar: Oscar, message: Incoming, relayed: Relayed) -> None:
    """ICQ's own, by channel 2.  Their client waits for an answer of ours, not of the server."""
    away = oscar.own.away.encode() if relayed.is_away_query else b""
    oscar.send(FAMILY, 0x0B, build_client_response(message, relayed.answer(away)))
    if relayed.is_away_query:
        return
    if relayed.type == MessageType.PLAIN:
        charset = UTF8 if relayed.is_utf8 else ASCII
        text = decode(charset, relayed.text, oscar.settings.encoding)
        said(oscar, message, text, is_html=False)
    else:
        old = OldMessage(message.sender.name, relayed.type, relayed.text)
        on_old_message(oscar, old, message_id(message.cookie))


def on_old_message(
    oscar: Oscar, old: OldMessage, id: MessageId | None = None, sent_at: datetime | None = None
) -> None:
    """Channel 4, and ICQ's stored messages."""
    name = old.sender
    fields = [decode_unnamed(part, oscar.settings.encoding) for part in old.fields]
    match old.type:
        case MessageType.AUTH_REQUEST:
            if len(oscar.asked_by_message) < MAX_ASKED:
                oscar.asked_by_message.add(normalise(name))
            oscar.tell(Requested(name, fields[-1]))
        case MessageType.AUTH_DENIED:
            oscar.tell(Declined(name, fields[-1]))
        case MessageType.AUTH_GRANTED:
            contacts.granted(oscar, name)
        case MessageType.ADDED:
            contacts.added_us(oscar, name)
        case MessageType.SERVER | MessageType.WEB_PAGER | MessageType.EMAIL_PAGER:
            oscar.notice("\n".join(filter(None, fields)))
        case MessageType.PLAIN:
            text = decode_unnamed(old.text, oscar.settings.encoding)
            oscar.tell(Said(normalise(name), name, text, False, id, sent_at))
        case _:  # URL: description, address.  CONTACTS: how many, number, name, number …
            text = "\n".join(filter(None, fields))
            oscar.tell(Said(normalise(name), name, text, False, id, sent_at))


def on_missed(oscar: Oscar, snac: Snac) -> None:
    """04/0a"""
    for missed in parse_missed(snac.data):
        why = MISSED_BECAUSE.get(missed.reason, f"reason {missed.reason}")
        name = missed.sender.name
        oscar.notice(f"{missed.count} of {name}'s messages did not reach you, because {why}.")


def on_warned(oscar: Oscar, snac: Snac) -> None:
    """01/10"""
    level, by = parse_warned(snac.data)
    who = oscar.written(by.name) if by else "Somebody"
    oscar.notice(f"{who} has warned you. Your warning level is {level / 10:g} % now.")


# Typing.


def set_typing(oscar: Oscar, command: SetTyping) -> None:
    """Of what waits only the last word is of interest."""
    chat = command.chat
    if is_name(chat) and not is_room(chat) and chat not in oscar.unwilling:
        data = build_typing(chat, STATES[command.typing])
        oscar.send(FAMILY, 0x14, data, key=f"typing to {chat}")


def on_typing(oscar: Oscar, snac: Snac) -> None:
    """04/14"""
    event = parse_typing(snac.data)
    if typing := TYPING.get(event.event):
        oscar.tell(Typed(normalise(event.name), oscar.written(event.name), typing))


# Stored.


def ask_for_stored(oscar: Oscar) -> None:
    request = Request(Asked.OFFLINE, sequence=oscar.next_sequence())
    if not oscar.is_icq:
        oscar.send(FAMILY, 0x10, b"", request)
    elif 0x15 in oscar.signon.families:
        oscar.send(0x15, 0x02, build_query(oscar.id, OFFLINE_QUERY, request.sequence), request)


def on_stored_end(oscar: Oscar, snac: Snac) -> None:
    """04/17"""
    if request := oscar.take(snac.request_id, Asked.OFFLINE):
        oscar.done(request)


def on_stored(oscar: Oscar, body: bytes) -> None:
    """OFFLINE_MESSAGE"""
    stored = parse_offline(body)
    on_old_message(oscar, OldMessage(stored.sender, stored.type, stored.text), None, stored.sent_at)


def on_all_stored(oscar: Oscar, snac: Snac) -> None:
    """OFFLINE_END: we have them all, and the server may forget them.  It does not answer."""
    if request := oscar.take(snac.request_id, Asked.OFFLINE):
        oscar.done(request)
        query = build_query(oscar.id, OFFLINE_DELETE, oscar.next_sequence())
        oscar.send(0x15, 0x02, query, is_owed=True)
