"""Rooms (ChatNav 0dh, Chat 0eh): a connection for finding them, and one for each we are in.

0d/08 make or find ──►  0d/09  its key    01/04 with the key ──►  01/05 ──► its own link
0e/03 who is there, ourselves too; then who comes     0e/04 who goes     0e/02 about the room
0e/05 say ──►  0e/06 heard; ours, too, which confirms it        closing the link leaves
04/06 on channel 2 invites
"""

import re

from gateway.commands import Invite, JoinRoom, LeaveRoom, SendMessage
from gateway.errors import Reason
from gateway.events import Departure
from gateway.ids import ChatId
from networks.oscar import services
from networks.oscar.chat import (
    RoomKey,
    build_create,
    build_message,
    parse_message,
    parse_nav_info,
    parse_room,
)
from networks.oscar.icbm import ChatInvitation, build_invitation
from networks.oscar.ids import is_name, is_room, message_id, normalise, room_chat, room_name
from networks.oscar.news import Came, Delivered, Entered, Exited, Invited, Said, Went
from networks.oscar.parts import Room, Service
from networks.oscar.requests import Asked, Request
from networks.oscar.services import CHAT, CHATNAV
from networks.oscar.state import Oscar
from networks.oscar.text import decode_named, encode_named, split, to_html
from networks.oscar.users import parse_users
from networks.oscar.wire import Snac

MAX_MESSAGE = 1024
"""Bytes, where the server has not said: what open-oscar-server allows."""

MAX_ROOMS = 20
"""Each is a connection; servers allow few more."""

MAX_INVITED = 100
"""Invitations kept to rooms that cannot be found by the names we have for them."""

HOST_COMMAND = "//roll"
"""Of which only the result is sent to the room."""

COOKIE = re.compile(r"\d+-\d+-(.+)", re.DOTALL)
"""Exchange, instance, name."""

NO_ROOM = "That is no room's name."
NOT_THERE = "You are not in that room."
LEFT = "You left before you were in."
TOO_MANY = f"You are in {MAX_ROOMS} rooms already."
UNDER_WAY = "You are about to enter that room already."
COME = "Join me in this chat."
NOT_FOUND = "There is no such room, and only the server's operator can make one there."


# Joining.


def join_room(oscar: Oscar, command: JoinRoom) -> None:
    chat = command.room
    room = oscar.rooms.get(chat)
    if not is_room(chat):
        oscar.deny(command.token, Reason.NOT_FOUND, NO_ROOM)
    elif room and room.is_entered:
        room.token = command.token
        tell_entered(oscar, room)
    elif room:
        oscar.deny(command.token, Reason.CONFLICT, UNDER_WAY)
    elif len(oscar.rooms) >= MAX_ROOMS:
        oscar.deny(command.token, Reason.TOO_MUCH, TOO_MANY)
    else:
        room = oscar.rooms[chat] = Room(chat, command.token)
        if key := oscar.invited.get(chat):
            enter(oscar, room, key)
        else:
            exchange, name = room_name(chat)
            request = Request(Asked.ROOM, chat=chat)
            services.run(oscar, CHATNAV, 0x08, build_create(name, exchange), request)


def on_found(oscar: Oscar, service: Service, snac: Snac) -> None:
    """0d/09"""
    request = oscar.take(snac.request_id, Asked.ROOM)
    if request is None:
        return
    found = parse_nav_info(snac.data).rooms
    if not found:
        oscar.refuse(request, Reason.NOT_FOUND, NOT_FOUND)
        return
    oscar.done(request)
    room = oscar.rooms.get(request.chat)
    if room and not room.key:  # Else it was left meanwhile, and perhaps joined anew.
        room.max_message = found[0].max_message or 0
        enter(oscar, room, found[0].key)


def enter(oscar: Oscar, room: Room, key: RoomKey) -> None:
    room.key = key
    room.link = services.ask(oscar, CHAT, key.encode()).link


def on_room_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    """ChatNav does not know it, or there is no ChatNav."""
    room = oscar.rooms.get(request.chat)
    if room and not room.is_entered:
        del oscar.rooms[room.id]
        words = NOT_FOUND if reason is Reason.NOT_FOUND else detail
        oscar.deny(room.token, reason, words)


def at(oscar: Oscar, link: str) -> Room | None:
    return next((room for room in oscar.rooms.values() if room.link == link), None)


# Who is there.


def on_came(oscar: Oscar, service: Service, snac: Snac) -> None:
    """0e/03; the first has everybody."""
    room = at(oscar, service.link)
    if room is None:
        return
    names = [info.name for info in parse_users(snac.data)]
    new = [name for name in names if normalise(name) not in room.people]
    room.people |= {normalise(name): name for name in names}
    if not room.is_entered:
        room.people.setdefault(oscar.id, oscar.name)
        room.is_entered = True
        tell_entered(oscar, room)
        return
    for name in new:
        oscar.tell(Came(room.id, name))


def tell_entered(oscar: Oscar, room: Room) -> None:
    names = tuple(room.people.values())
    oscar.tell(Entered(room.id, room.people[oscar.id], names, room.token))


def on_went(oscar: Oscar, service: Service, snac: Snac) -> None:
    """0e/04"""
    room = at(oscar, service.link)
    if room is None:
        return
    for info in parse_users(snac.data):
        name = None if oscar.is_me(info.name) else room.people.pop(normalise(info.name), None)
        if name:
            oscar.tell(Went(room.id, name))


def on_room_info(oscar: Oscar, service: Service, snac: Snac) -> None:
    """0e/02"""
    if room := at(oscar, service.link):
        room.max_message = parse_room(snac.data).max_message or room.max_message


# Leaving.


def leave_room(oscar: Oscar, command: LeaveRoom) -> None:
    room = oscar.rooms.pop(command.room, None)
    if room is None:
        return
    if room.link:
        # What was said there and not confirmed will never be.
        services.close(oscar, room.link, Reason.GONE, NOT_THERE)
    if room.is_entered:
        oscar.tell(Exited(room.id, Departure.LEFT))
    else:
        oscar.deny(room.token, Reason.GONE, LEFT)


def on_lost(oscar: Oscar, link: str, reason: Reason, detail: str) -> None:
    """Its link is gone, or never came to be."""
    room = at(oscar, link)
    if room is None:
        return
    del oscar.rooms[room.id]
    oscar.invited.pop(room.id, None)
    if room.is_entered:
        oscar.tell(Exited(room.id, Departure.LOST, detail))
    else:
        oscar.deny(room.token, reason, detail)


# What is said.


def say(oscar: Oscar, command: SendMessage) -> None:
    room = oscar.rooms.get(command.chat)
    if room is None or not room.is_entered:
        oscar.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_THERE)
        return

    def written(piece: str) -> tuple[str, bytes]:
        return encode_named(to_html(piece))

    limit = room.max_message or MAX_MESSAGE
    pieces = list(split(command.body, lambda piece: len(written(piece)[1]), limit))
    if not pieces:
        oscar.deny(command.token, Reason.NOT_ACCEPTABLE, "There is nothing in it to be sent.")
    elif command.body.startswith(HOST_COMMAND):
        data = build_message(oscar.next_cookie(), *encode_named(command.body))
        oscar.send(CHAT, 0x05, data, link=room.link)
        oscar.tell(Delivered(room.id, command.token, command.body))
    elif not oscar.has_room(CHAT, 0x05, len(pieces)):
        oscar.deny(command.token, Reason.TOO_MUCH, "So much text at once is not allowed here.")
    else:
        request = Request(
            Asked.ROOM_MESSAGE,
            command.token,
            room.id,
            room.link,
            body=command.body,
            parts=len(pieces),
        )
        for piece in pieces:
            cookie = oscar.next_cookie()
            request.id = message_id(cookie)
            data = build_message(cookie, *written(piece))
            oscar.send(CHAT, 0x05, data, request, link=room.link)


def on_heard(oscar: Oscar, service: Service, snac: Snac) -> None:
    """0e/06"""
    room = at(oscar, service.link)
    if room is None:
        return
    heard = parse_message(snac.data)
    if oscar.is_me(heard.sender.name):
        request = oscar.take(snac.request_id, Asked.ROOM_MESSAGE)
        if request and request.token:
            request.parts -= 1
            if request.parts == 0:
                oscar.done(request, Delivered(room.id, request.token, request.body, request.id))
            return
    name = heard.sender.name
    text = decode_named(heard.charset, heard.data, oscar.settings.encoding)
    who = normalise(name)
    whisper_in = room.id if heard.is_whisper else None
    oscar.tell(
        Said(
            who if heard.is_whisper else room.id,
            room.people.get(who, name),
            text,
            True,
            message_id(heard.cookie),
            is_room=not heard.is_whisper,
            whisper_in=whisper_in,
        )
    )


# Invitations.


def invite(oscar: Oscar, command: Invite) -> None:
    room = oscar.rooms.get(command.room)
    who = normalise(command.person)
    if room is None or not room.is_entered or room.key is None:
        oscar.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_THERE)
    elif not is_name(who):
        oscar.deny(command.token, Reason.NOT_FOUND, "That is nobody's name.")
    else:
        request = Request(Asked.INVITATION, command.token, who)
        data = build_invitation(oscar.next_cookie(), who, room.key, command.reason or COME)
        oscar.send(0x04, 0x06, data, request)


def on_invited(oscar: Oscar, name: str, invitation: ChatInvitation) -> None:
    chat = chat_of(invitation.room)
    is_found_by_name = cookie_text(invitation.room).endswith(f"-{room_name(chat).name}")
    if not is_found_by_name and len(oscar.invited) < MAX_INVITED:
        oscar.invited[chat] = invitation.room
    text = decode_named(invitation.charset, invitation.text, oscar.settings.encoding)
    oscar.tell(Invited(chat, name, text))


def chat_of(key: RoomKey) -> ChatId:
    text = cookie_text(key)
    found = COOKIE.fullmatch(text)
    return room_chat(key.exchange, found[1] if found else text)


def cookie_text(key: RoomKey) -> str:
    return key.cookie.decode(errors="replace")
