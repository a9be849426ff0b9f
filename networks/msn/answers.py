"""What came of requests: errors, silence, links that are gone."""

from collections.abc import Callable

from gateway.errors import Reason
from networks.msn import boards, contacts, login, offline, services
from networks.msn.refusals import UNREACHABLE, explain
from networks.msn.requests import PATIENCE, Asked, Request
from networks.msn.state import Board, Msn, State
from networks.msn.wire import Command

NO_ANSWER = "The server did not answer."


def on_error(msn: Msn, link: str, command: Command) -> None:
    """A number and the transaction it answers."""
    request = msn.pending.pop((link, command.transaction), None)
    if request is None:
        return
    number = int(command.verb)
    board = msn.boards.get(request.link) if request.kind in (Asked.BOARD, Asked.CALL) else None
    if board and number in UNREACHABLE:
        leave_messages(msn, board)
    msn.refuse(request, *explain(number))


def leave_messages(msn: Msn, board: Board) -> None:
    """Nobody comes: what was to be said there is left with the server, whole."""
    parcels, kept = list(board.parcels), [one for one in board.parcels if not one.request]
    board.parcels.clear()
    board.parcels.extend(kept)
    for request in dict.fromkeys(one.request for one in parcels):
        if request and request.token and not request.is_answered:
            offline.leave(msn, request.chat, request.body, request.token)


def on_sweep_timer(msn: Msn) -> None:
    msn.is_sweeping = False
    for request in set(msn.pending.values()):
        request.age += 1
    for key, request in list(msn.pending.items()):
        if request.age >= PATIENCE:
            del msn.pending[key]
            msn.refuse(request, Reason.TIMEOUT, NO_ANSWER)
    if boards.grow_old(msn) or msn.pending:
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
    Asked.BOARD: on_call_failed,
    Asked.CALL: on_call_failed,
    Asked.INBOX: offline.on_inbox_failed,
}
"""What nobody but we ourselves waited for."""


def settle(msn: Msn) -> None:
    while msn.failed and msn.state is not State.OVER:
        request, reason, detail = msn.failed.popleft()
        FAILED[request.kind](msn, request, reason, detail)
