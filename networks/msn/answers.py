"""What came of requests: errors, silence, links that are gone."""

from collections.abc import Callable

from gateway.errors import Reason
from networks.msn import attendance, boards, contacts, login, offline, presence, services
from networks.msn.ids import is_room
from networks.msn.refusals import UNREACHABLE, explain
from networks.msn.requests import PATIENCE, Asked, Request
from networks.msn.state import Msn, State
from networks.msn.switchboard import Board, Phase
from networks.msn.wire import Command

NO_ANSWER = "The server did not answer."


def on_error(msn: Msn, link: str, command: Command) -> None:
    """A number and the transaction it answers."""
    number = int(command.verb)
    request = msn.pending.pop((link, command.transaction), None)
    board = msn.boards.get(request.link if request else link)
    if request is None:
        if board and board.phase is Phase.SIGNING_ON:
            boards.leave(msn, board, *explain(number))
        return
    if board and request.kind in CALLING and number in UNREACHABLE and not is_room(board.chat):
        leave_messages(msn, board)
    msn.refuse(request, *explain(number))


CALLING = {Asked.BOARD, Asked.CALL}


def leave_messages(msn: Msn, board: Board) -> None:
    """Nobody comes: what was to be said there is left with the server, whole."""
    waiting = [parcel.request for parcel in board.parcels if parcel.request]
    board.parcels.clear()
    for request in dict.fromkeys(waiting):
        offline.take_over(msn, request)


def on_sweep_timer(msn: Msn) -> None:
    msn.is_sweeping = False
    for request in set(msn.pending.values()):
        request.age += 1
    for key, request in list(msn.pending.items()):
        if request.age >= PATIENCE:
            del msn.pending[key]
            msn.refuse(request, Reason.TIMEOUT, NO_ANSWER)
    attendance.grow_old(msn)
    if msn.boards or msn.pending:
        msn.start_sweeping()


def on_call_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    """Nobody comes, or there is no switchboard: nothing can be said there."""
    board = msn.boards.get(request.link)
    if board and not board.people:
        boards.leave(msn, board, reason, detail)


Failed = Callable[[Msn, Request, Reason, str], None]

FAILED: dict[Asked, Failed] = {
    Asked.LOGIN: login.on_login_failed,
    Asked.TICKETS: services.on_renewal_failed,
    Asked.ADDITION: contacts.on_addition_failed,
    Asked.CHANGE: contacts.on_change_failed,
    Asked.STATUS: presence.on_status_failed,
    Asked.NAME: presence.on_name_failed,
    Asked.KEPT_NAME: presence.on_keeping_failed,
    Asked.BOARD: on_call_failed,
    Asked.CALL: on_call_failed,
    Asked.INBOX: offline.on_inbox_failed,
}
"""What nobody but we ourselves waited for."""


def settle(msn: Msn) -> None:
    while (msn.failed or msn.closed) and msn.state is not State.OVER:
        if msn.closed:
            attendance.on_closed(msn, msn.closed.popleft())
        else:
            request, reason, detail = msn.failed.popleft()
            FAILED[request.kind](msn, request, reason, detail)
