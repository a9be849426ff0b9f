"""What is said to one person and by them: texts, typing, nudges.

MSG A ──► ACK, NAK        on the switchboard to them, opened if there is none
to those who are offline, or cannot be called: left with the server, see ``offline``
"""

from gateway.commands import AskAttention, SendMessage, SetTyping
from gateway.errors import Reason
from gateway.events import Typing
from gateway.ids import ChatId
from networks.msn import boards, mime, offline, pictures, rooms
from networks.msn.ids import is_address, is_room
from networks.msn.memberships import Role
from networks.msn.mime import Message
from networks.msn.news import Delivered, Nudged, Said, Typed
from networks.msn.presence import address
from networks.msn.requests import Asked, Request
from networks.msn.state import BUSY, Msn
from networks.msn.switchboard import Board, Parcel
from networks.msn.text import incoming, is_nudge, is_typing, nudge, outgoing
from networks.msn.text import typing as typing_notice
from networks.msn.wire import Command

MAX_PIECES = 40
"""Of one message: some 60,000 bytes."""

TYPING_REPEATED = 4.5
"""Seconds.  Who types has to say so again as often as that …"""

TYPING_SHOWN = 7.0
"""… or they are taken to have stopped."""

MAX_REPEATS = 40
"""Three minutes of typing, by a client of ours that might be gone."""

IN, OUT = "typed by ", "typing to "
"""What the names of timers begin with."""

NOTHING = "There is nothing in it that could be sent."
TOO_LONG = "That is too long."
BLOCKED = "You block them."


# Out.


def send_message(msn: Msn, command: SendMessage) -> None:
    chat = command.chat
    stop_typing(msn, chat)
    pieces = outgoing(command.body)
    if not is_room(chat) and (problem := msn.problem(chat)):
        msn.deny(command.token, *problem)
    elif not pieces:
        msn.deny(command.token, Reason.NOT_ACCEPTABLE, NOTHING)
    elif len(pieces) > MAX_PIECES:
        msn.deny(command.token, Reason.NOT_ACCEPTABLE, TOO_LONG)
    elif is_room(chat):
        rooms.say(msn, command, pieces)
    elif chat in msn.book.members[Role.BLOCK]:
        msn.deny(command.token, Reason.NOT_ALLOWED, BLOCKED)
    elif must_be_left(msn, chat):
        offline.leave(msn, chat, command.body, command.token)
    elif board := boards.to(msn, chat):
        request = Request(Asked.MESSAGE, command.token, chat, board.link, command.body)
        boards.put_all(msn, board, pieces, request)
    else:
        msn.deny(command.token, Reason.TOO_MUCH, BUSY)


def must_be_left(msn: Msn, who: ChatId) -> bool:
    """They are known to be offline, or we are to look so and may call nobody; and they talk to us
    nowhere."""
    if any(board.people for board in msn.boards.values() if board.chat == who):
        return False
    is_away = who in msn.book.contacts and who not in msn.people
    return is_away or msn.own.shown[0] == "HDN"


def say_again(msn: Msn, request: Request) -> None:
    """On another switchboard, or not on any."""
    request.is_again = True
    if must_be_left(msn, request.chat):
        offline.take_over(msn, request)
    elif board := boards.to(msn, request.chat):
        request.link = board.link
        boards.put_all(msn, board, outgoing(request.body), request)
    else:
        msn.refuse(request, Reason.TOO_MUCH, BUSY)


def on_acknowledged(msn: Msn, board: Board, command: Command) -> None:
    """ACK n"""
    request = msn.take(board.link, command.transaction, Asked.MESSAGE)
    if request is None:
        return
    request.is_whole = False
    request.parts -= 1
    if request.parts == 0 and request.token:
        msn.done(request, Delivered(request.chat, request.token, request.body))


def on_refused(msn: Msn, board: Board, command: Command) -> None:
    """NAK n"""
    if request := msn.take(board.link, command.transaction, Asked.MESSAGE):
        msn.refuse(request, Reason.UNAVAILABLE, "The message did not reach everybody.")


# In.


def on_message(msn: Msn, board: Board, command: Command) -> None:
    """MSG address name"""
    who = address(command.arg(0))
    board.idle = 0
    message = mime.parse(command.payload or b"")
    if message.type == mime.P2P:
        if who in board.people:
            pictures.on_message(msn, board, who, message)
        return
    whole = board.assembler.add(who, message)
    if whole and is_address(who):
        heard(msn, board, who, whole)


def heard(msn: Msn, board: Board, who: ChatId, message: Message) -> None:
    match message.type:
        case mime.PLAIN:
            text = incoming(message)
            msn.typers.pop(typer(board.chat, who), None)
            if text.body:
                hear(msn, board, Said(board.chat, who, text.body, text.xhtml))
        case mime.CONTROL if is_typing(message):
            on_typing(msn, board, who)
        case mime.DATACAST if is_nudge(message):
            msn.tell(Nudged(who, who))
        case mime.INVITATION if message.field("Invitation-Command").upper() == "INVITE":
            what = message.field("Application-Name") or "something"
            msn.notice(f"{who} offers {what[:80]!r}, which is not possible from here.")


def hear(msn: Msn, board: Board, said: Said) -> None:
    if is_room(board.chat):
        rooms.hear(msn, said)
    else:
        msn.tell(said)


# Nudges.


def ask_attention(msn: Msn, command: AskAttention) -> None:
    put_signal(msn, command.chat, nudge(), "N")


def put_signal(msn: Msn, chat: ChatId, payload: bytes, kind: str) -> None:
    """Nobody waits to hear what becomes of it, so it is not left with the server."""
    if is_room(chat):
        board = rooms.board_of(msn, chat)
    elif msn.problem(chat) or must_be_left(msn, chat) or chat in msn.book.members[Role.BLOCK]:
        board = None
    else:
        board = boards.to(msn, chat)
    if board:
        boards.put(msn, board, Parcel(payload, kind))


# Typing.


def set_typing(msn: Msn, command: SetTyping) -> None:
    chat = command.chat
    if command.typing is Typing.COMPOSING:
        msn.typing_to[chat] = 0
        say_typing(msn, chat)
    else:
        stop_typing(msn, chat)


def stop_typing(msn: Msn, chat: ChatId) -> None:
    """There is no word for it: they notice that it is not said again."""
    msn.typing_to.pop(chat, None)


def say_typing(msn: Msn, chat: ChatId) -> None:
    put_signal(msn, chat, typing_notice(msn.address), "U")
    msn.wake(f"{OUT}{chat}", TYPING_REPEATED)


def on_typing_out_timer(msn: Msn, name: str) -> None:
    chat = ChatId(name.removeprefix(OUT))
    if chat in msn.typing_to:
        msn.typing_to[chat] += 1
        if msn.typing_to[chat] < MAX_REPEATS:
            say_typing(msn, chat)
        else:
            del msn.typing_to[chat]


def on_typing(msn: Msn, board: Board, who: ChatId) -> None:
    name = typer(board.chat, who)
    if name not in msn.typers:
        msn.typers[name] = board.chat, who
        tell_typing(msn, board.chat, who, Typing.COMPOSING)
    msn.wake(name, TYPING_SHOWN)


def typer(chat: ChatId, who: ChatId) -> str:
    """The name of the timer."""
    return f"{IN}{who} in {chat}"


def on_typing_in_timer(msn: Msn, name: str) -> None:
    if found := msn.typers.pop(name, None):
        tell_typing(msn, *found, Typing.PAUSED)


def tell_typing(msn: Msn, chat: ChatId, who: ChatId, typing: Typing) -> None:
    if not is_room(chat) or rooms.is_entered(msn, chat):
        msn.tell(Typed(chat, who, typing, is_room=is_room(chat)))
