"""Chats of three and more: switchboards as rooms.

On MSN they have no names, and nobody asks before they call somebody into one.  So our user is
invited to a room of the gateway's making; what is said before they enter is kept, and shown then.
A room that our user opens has nobody in it until they invite somebody.

Who refuses to enter hears what is said there as messages of those who say it.
"""

from gateway.commands import Invite, JoinRoom, LeaveRoom, SendMessage
from gateway.errors import Reason
from gateway.events import Departure
from gateway.ids import ChatId
from networks.msn import boards
from networks.msn.ids import ROOM, is_room_name, normalise
from networks.msn.news import Came, Entered, Exited, Invited, Said, Went
from networks.msn.requests import Asked, Request
from networks.msn.state import Msn
from networks.msn.switchboard import Board, Room

MAX_ROOMS = 50
"""Each with people in it is a connection, and anybody can call us into one more."""

MAX_HELD = 100
"""Messages kept for somebody who has not entered yet; then the first are shown all the same."""

UNATTENDED_SECONDS = 60.0
"""For an invitation to be taken; what was said is shown then all the same."""

TIMER = "unattended "
"""What the names of timers begin with."""

NO_ROOM = "That is no room's name."
NOT_THERE = "You are not in that room."
NOBODY_THERE = "Nobody else is in the room; invite somebody first."
TOO_MANY = f"You are in {MAX_ROOMS} rooms already."


def is_entered(msn: Msn, chat: ChatId) -> bool:
    room = msn.rooms.get(chat)
    return room is not None and room.token is not None


def board_of(msn: Msn, chat: ChatId) -> Board | None:
    room = msn.rooms.get(chat)
    return msn.boards.get(room.link) if room else None


# Entering and leaving.


def join_room(msn: Msn, command: JoinRoom) -> None:
    room = msn.rooms.get(command.room)
    if not is_room_name(command.room):
        msn.deny(command.token, Reason.NOT_FOUND, NO_ROOM)
        return
    if room is None:
        if len(msn.rooms) >= MAX_ROOMS:
            msn.deny(command.token, Reason.TOO_MUCH, TOO_MANY)
            return
        room = msn.rooms[command.room] = Room(command.room)
    room.token = command.token
    msn.tell(Entered(room.id, msn.me, (*room.people, msn.me), command.token))
    held, room.held = room.held, []
    for said in held:
        msn.tell(said)


def leave_room(msn: Msn, command: LeaveRoom) -> None:
    room = msn.rooms.pop(command.room, None)
    if room is None:
        return
    if board := msn.boards.get(room.link):
        boards.leave(msn, board, Reason.GONE, NOT_THERE)
    if room.token:
        msn.tell(Exited(room.id, Departure.LEFT))


def invite(msn: Msn, command: Invite) -> None:
    room = msn.rooms.get(command.room)
    who = normalise(command.person)
    if room is None or not room.token:
        msn.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_THERE)
        return
    if problem := msn.problem(who):
        msn.deny(command.token, *problem)
        return
    request = Request(Asked.CALL, command.token, who)
    if board := msn.boards.get(room.link):
        boards.call(msn, board, who, request)
    elif opened := boards.ask(msn, room.id, {who: request}):
        room.link = opened.link
    else:
        msn.deny(command.token, Reason.TOO_MUCH, TOO_MANY)


# Who is there.


def on_crowd(msn: Msn, board: Board) -> None:
    """It has more than one other person in it now, and was no room before."""
    inviter = board.chat
    if len(msn.rooms) >= MAX_ROOMS:
        boards.leave(msn, board, Reason.TOO_MUCH, TOO_MANY)
        return
    id = ChatId(ROOM + msn.random(4).hex())
    msn.rooms[id] = Room(id, link=board.link, people=dict.fromkeys(board.people))
    board.chat = id
    msn.wake(f"{TIMER}{id}", UNATTENDED_SECONDS)
    msn.tell(Invited(id, inviter))


def on_came(msn: Msn, board: Board, who: ChatId) -> None:
    if room := msn.rooms.get(board.chat):
        room.people[who] = None
        if room.token:
            msn.tell(Came(room.id, who))


def on_went(msn: Msn, board: Board, who: ChatId) -> None:
    room = msn.rooms.get(board.chat)
    if room and who in room.people:
        del room.people[who]
        if room.token:
            msn.tell(Went(room.id, who))


def on_closed(msn: Msn, board: Board) -> None:
    """Its switchboard is no more.  Our user stays, alone, in a room they have entered."""
    room = msn.rooms.get(board.chat)
    if room is None or room.link != board.link:
        return
    room.link = ""
    for who in list(room.people):
        on_went(msn, board, who)
    if not room.token:
        show_held(msn, room)
        del msn.rooms[room.id]


# What is said.


def say(msn: Msn, command: SendMessage, pieces: list[bytes]) -> None:
    room = msn.rooms.get(command.chat)
    board = board_of(msn, command.chat)
    if room is None or not room.token:
        msn.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_THERE)
    elif board is None:
        msn.deny(command.token, Reason.UNAVAILABLE, NOBODY_THERE)
    else:
        request = Request(Asked.MESSAGE, command.token, room.id, board.link, command.body)
        boards.put_all(msn, board, pieces, request)


def hear(msn: Msn, said: Said) -> None:
    room = msn.rooms.get(said.chat)
    if room is None:
        return
    said = Said(said.chat, said.who, said.body, said.xhtml, is_room=True)
    if room.token:
        msn.tell(said)
        return
    room.held.append(said)
    if room.is_unattended or len(room.held) > MAX_HELD:
        show_held(msn, room)


def on_unattended_timer(msn: Msn, name: str) -> None:
    room = msn.rooms.get(ChatId(name.removeprefix(TIMER)))
    if room and not room.token:
        room.is_unattended = True
        show_held(msn, room)


def show_held(msn: Msn, room: Room) -> None:
    """As messages of those who have said it: our user is not in the room."""
    held, room.held = room.held, []
    for said in held:
        who = ChatId(said.who)
        msn.tell(Said(who, who, f"[{room.id}] {said.body}", sent_at=said.sent_at))
