"""Switchboards: a connection for each conversation, opened when something is to be said.

    XFR SB ──► ASKED ──► CONNECTING ──USR──► SIGNING_ON ──► READY    CAL ──► RINGING … JOI
    RNG    ───────────►  CONNECTING ──ANS──► SIGNING_ON ──► READY    IRO …
                                                             MSG  ACK  NAK  JOI  BYE

Nobody hears us before the first JOI or IRO, so parcels wait for that.  Who comes and goes is in
``attendance``.
"""

from gateway.errors import Reason
from gateway.fsm import MAIN, HangUp
from gateway.ids import ChatId
from networks.msn.ids import is_address
from networks.msn.login import connect, server_of
from networks.msn.presence import address
from networks.msn.requests import Asked, Request
from networks.msn.state import BUSY, Msn
from networks.msn.switchboard import Board, Parcel, Phase
from networks.msn.wire import Command, quote

PORT = 1863
"""Where the server does not say."""

MAX_BOARDS = 100
"""At a time.  Anybody can call us into one more."""

MAX_PARCELS = 64
"""That wait for somebody to come."""

CLOSED = "The chat was closed."
CALLED = "They are being called already."


# Opening.


def to(msn: Msn, who: ChatId) -> Board | None:
    """The one for talking to somebody, opened if there is none; None if there are too many."""
    usable = [
        board
        for board in msn.boards.values()
        if board.chat == who and (board.people or board.is_ours)
    ]
    return usable[-1] if usable else ask(msn, who, {who: None})


def ask(msn: Msn, chat: ChatId, calls: dict[ChatId, Request | None]) -> Board | None:
    """For a new one, into which these are to be called."""
    if len(msn.boards) >= MAX_BOARDS:
        return None
    link = msn.next_link("board")
    board = msn.boards[link] = Board(link, chat, calls=calls)
    msn.send("XFR", "SB", request=Request(Asked.BOARD, chat=chat, link=link))
    return board


def on_transfer(msn: Msn, command: Command) -> None:
    """XFR n SB host:port CKI key"""
    request = msn.take(MAIN, command.transaction, Asked.BOARD)
    board = msn.boards.get(request.link) if request else None
    if request is None or board is None:
        return
    where, key = server_of(command.arg(2), PORT), command.arg(4)
    if where is None or not key:
        msn.refuse(request, Reason.FULL, "The server does not say where the chat is.")
        return
    msn.done(request)
    board.key = key
    board.phase = Phase.CONNECTING
    connect(msn, where, board.link)


def on_ring(msn: Msn, command: Command) -> None:
    """RNG session host:port CKI key inviter name"""
    where, who = server_of(command.arg(1), PORT), address(command.arg(4))
    session, key = command.arg(0), command.arg(3)
    if where and session and key and is_address(who) and len(msn.boards) < MAX_BOARDS:
        link = msn.next_link("board")
        msn.boards[link] = Board(link, who, Phase.CONNECTING, key, session)
        connect(msn, where, link)
        msn.start_sweeping()


def on_connected(msn: Msn, board: Board) -> None:
    if board.phase is not Phase.CONNECTING:
        return
    board.phase = Phase.SIGNING_ON
    msn.connected(board.link)
    if board.is_ours:
        msn.send("USR", msn.address, quote(board.key), link=board.link)
    else:
        msn.send("ANS", msn.address, quote(board.key), quote(board.session), link=board.link)


# In.


def on_user(msn: Msn, board: Board, command: Command) -> None:
    """USR n OK"""
    if command.arg(1) != "OK":
        return
    board.phase = Phase.READY
    calls, board.calls = board.calls, {}
    for who, request in calls.items():
        call(msn, board, who, request)


def call(msn: Msn, board: Board, who: ChatId, request: Request | None) -> None:
    """CAL.  Without a request it is for what waits to be said to them."""
    request = request or Request(Asked.CALL, chat=who)
    request.link = board.link
    if board.phase is Phase.READY:
        msn.send("CAL", who, request=request, link=board.link)
    elif board.calls.get(who):
        msn.refuse(request, Reason.CONFLICT, CALLED)
    else:
        board.calls[who] = request


def on_ringing(msn: Msn, board: Board, command: Command) -> None:
    """CAL n RINGING session"""
    if request := msn.take(board.link, command.transaction, Asked.CALL):
        msn.done(request)


# Sending.


def put(msn: Msn, board: Board, parcel: Parcel) -> None:
    """Now, or when somebody is there."""
    if board.phase is Phase.READY and board.people:
        send(msn, board, parcel)
    elif parcel.request is None and parcel in board.parcels:
        return  # A signal; once is enough.
    elif len(board.parcels) < MAX_PARCELS:
        board.parcels.append(parcel)
    elif parcel.request:
        msn.refuse(parcel.request, Reason.TOO_MUCH, BUSY)


def put_all(msn: Msn, board: Board, pieces: list[bytes], request: Request) -> None:
    """Of a message."""
    request.parts = len(pieces)
    for piece in pieces:
        put(msn, board, Parcel(piece, "A", request))


def send(msn: Msn, board: Board, parcel: Parcel) -> None:
    board.idle = 0
    msn.send("MSG", parcel.kind, payload=parcel.payload, request=parcel.request, link=board.link)


def send_waiting(msn: Msn, board: Board) -> None:
    while board.parcels:
        send(msn, board, board.parcels.popleft())


# Ending.


def leave(msn: Msn, board: Board, reason: Reason, detail: str) -> None:
    """What happens there from now on is of no interest."""
    if board.phase is not Phase.ASKED:
        if board.phase is not Phase.CONNECTING:
            msn.send_bare("OUT", board.link)
        msn.effects.append(HangUp(board.link))
    forget(msn, board, reason, detail)


def forget(msn: Msn, board: Board, reason: Reason, detail: str) -> None:
    """It is gone, or never came: nothing that was said there will be answered."""
    del msn.boards[board.link]
    msn.closed.append(board)
    for request in [*board.requests(), *msn.sent_to(board.link)]:
        msn.refuse(request, reason, detail)
