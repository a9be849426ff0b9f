"""Who comes to a switchboard, who goes, and when we do.

IRO, ANS    who was there before us          JOI  comes          BYE  goes

A switchboard that everybody else has left is dead, and one that is not used any more is left.
"""

from gateway.errors import Reason
from networks.msn import boards, messages, pictures, rooms
from networks.msn.ids import is_room
from networks.msn.presence import address
from networks.msn.requests import PATIENCE, Asked, Request
from networks.msn.state import Msn
from networks.msn.switchboard import Board, Phase
from networks.msn.wire import Command

IDLE_TURNS = 30
"""Turns of the sweeping timer without a word after which we leave: five minutes."""

NOBODY_CAME = "They did not come to the chat."


def on_present(msn: Msn, board: Board, command: Command) -> None:
    """IRO n number count address name"""
    if who := address(command.arg(3)):
        board.people[who] = command.arg(4)


def on_answered(msn: Msn, board: Board, command: Command) -> None:
    """ANS n OK: we are in."""
    if command.arg(1) != "OK":
        return
    board.phase = Phase.READY
    if not board.people:
        boards.leave(msn, board, Reason.UNAVAILABLE, boards.CLOSED)
    elif len(board.people) == 1 and not is_room(board.chat):
        board.chat = next(iter(board.people))
        boards.send_waiting(msn, board)
    else:
        rooms.on_crowd(msn, board)


def on_joined(msn: Msn, board: Board, command: Command) -> None:
    """JOI address name"""
    who = address(command.arg(0))
    if not who or who == msn.me:  # Later dialects tell us of ourselves.
        return
    is_new = who not in board.people
    board.people[who] = command.arg(1)
    board.idle = 0
    boards.send_waiting(msn, board)
    pictures.begin(msn, board)
    if is_room(board.chat):
        if is_new:
            rooms.on_came(msn, board, who)
    elif len(board.people) > 1:
        rooms.on_crowd(msn, board)


def on_left(msn: Msn, board: Board, command: Command) -> None:
    """BYE address"""
    who = address(command.arg(0))
    if board.people.pop(who, None) is None:
        return
    if is_room(board.chat):
        rooms.on_went(msn, board, who)
    if not board.people:
        unheard = take_unheard(msn, board)
        boards.leave(msn, board, Reason.UNAVAILABLE, boards.CLOSED)
        for request in unheard:
            messages.say_again(msn, request)


def take_unheard(msn: Msn, board: Board) -> list[Request]:
    """Messages to the one who has just gone.  Servers do one thing after the other, so what they
    had not acknowledged by then has reached nobody, even if they acknowledge it now."""
    found = {
        key: request
        for key, request in msn.pending.items()
        if key[0] == board.link
        and request.kind is Asked.MESSAGE
        and request.chat == board.chat
        and request.is_whole
        and not (request.is_again or is_room(board.chat))
    }
    for key in found:
        del msn.pending[key]
    return list(dict.fromkeys(found.values()))


def on_closed(msn: Msn, board: Board) -> None:
    """We have left it, or it is lost."""
    pictures.on_closed(msn, board)
    if is_room(board.chat):
        rooms.on_closed(msn, board)


def grow_old(msn: Msn) -> None:
    """Once a turn of the sweeping timer: whoever does not come is given up, and what is not used is
    left."""
    for board in list(msn.boards.values()):
        pictures.grow_old(msn, board)
        if board.phase is Phase.READY and board.people:
            board.idle += 1
            if board.idle >= IDLE_TURNS and not is_room(board.chat):
                boards.leave(msn, board, Reason.UNAVAILABLE, boards.CLOSED)
        else:
            board.age += 1
            if board.age >= PATIENCE:
                boards.leave(msn, board, Reason.TIMEOUT, NOBODY_CAME)
