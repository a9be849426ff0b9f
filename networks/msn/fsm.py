"""The life of an MSN session: which input is handled where.

    CONNECTING ──► GREETING ──► AUTHORIZING ──► SIGNING_ON ──► LISTING ──► ONLINE ──► OVER
                                                                     (drawn in ``login``)

The tables at the end say what each state, and each switchboard, accepts.  A command with fewer
arguments than its row asks for is ignored, and so is one that is in no table: what other people
make of their names and messages may end nobody's session.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.commands import (
    AddContact,
    AskAttention,
    Authorize,
    Block,
    ChangeContact,
    ChangeNick,
    FetchAvatar,
    Invite,
    JoinRoom,
    LeaveRoom,
    ListBlocked,
    Logout,
    RemoveContact,
    SendMessage,
    SetAvatar,
    SetInvisible,
    SetName,
    SetPresence,
    SetTune,
    SetTyping,
)
from gateway.errors import Reason
from gateway.events import Offline
from gateway.fsm import MAIN, Connected, Fetched, Got, Input, Lost, Timer
from gateway.network import Login
from networks.msn import (
    answers,
    attendance,
    boards,
    contacts,
    login,
    messages,
    offline,
    pictures,
    presence,
    rooms,
    services,
)
from networks.msn.state import BUSY, Effect, Msn, State
from networks.msn.switchboard import Board
from networks.msn.wire import Command

MAX_HELD = 64
"""Commands that wait until we are online: the rooms of a user, and what they say meanwhile."""


class MsnFsm:
    def __init__(self, how: Login) -> None:
        self.msn = Msn(how)

    def start(self) -> Iterator[Effect]:
        login.start(self.msn)
        return self._effects()

    def handle(self, given: Input[Command]) -> Iterator[Effect]:
        msn = self.msn
        match given:
            case _ if msn.state is State.OVER:
                pass
            case Got(command, link):
                self._handle_frame(command, link)
            case Fetched():
                services.on_fetched(msn, given)
            case Timer(name):
                self._handle_timer(name)
            case Connected(link):
                if link == MAIN:
                    login.on_connected(msn)
                elif board := msn.boards.get(link):
                    boards.on_connected(msn, board)
            case Lost(detail, link):
                self._handle_lost(detail, link)
            case Logout():
                login.logout(msn, given)
            case _:
                self._handle_command(given)
        answers.settle(msn)
        while msn.held and msn.state is State.ONLINE:
            self._handle_command(msn.held.popleft())
            answers.settle(msn)
        return self._effects()

    def _effects(self) -> Iterator[Effect]:
        msn = self.msn
        effects, msn.effects = msn.effects, []
        return iter(effects)

    def _handle_frame(self, command: Command, link: str) -> None:
        msn = self.msn
        if board := msn.boards.get(link):
            if command.is_error:
                answers.on_error(msn, link, command)
            elif (row := BOARD.get(command.verb)) and len(command.args) >= row[0]:
                row[1](msn, board, command)
        elif link == MAIN:
            msn.heard = True
            if command.is_error and msn.state is State.ONLINE:
                answers.on_error(msn, link, command)
            elif command.is_error:
                login.on_login_error(msn, command)
            elif (found := COMMANDS_OF[msn.state].get(command.verb)) and (
                len(command.args) >= found[0]
            ):
                found[1](msn, command)

    def _handle_timer(self, name: str) -> None:
        if handler := TIMERS.get(name):
            handler(self.msn)
            return
        for beginning, named in NAMED_TIMERS.items():
            if name.startswith(beginning):
                named(self.msn, name)

    def _handle_lost(self, detail: str, link: str) -> None:
        msn = self.msn
        if board := msn.boards.get(link):
            boards.forget(msn, board, Reason.UNAVAILABLE, detail)
        elif link == MAIN and msn.is_redirected:
            login.on_redirected(msn)
        elif link == MAIN:
            msn.end(Offline.NETWORK, detail)

    def _handle_command(self, command: Any) -> None:
        msn = self.msn
        kind = type(command)
        if msn.state is State.ONLINE or kind in ANYTIME:
            COMMANDS[kind](msn, command)
        elif len(msn.held) < MAX_HELD:
            msn.held.append(command)
        elif token := getattr(command, "token", None):
            msn.deny(token, Reason.TOO_MUCH, BUSY)


COMMANDS: dict[type, Callable[[Msn, Any], None]] = {
    Logout: login.logout,
    SetPresence: presence.set_presence,
    SetInvisible: presence.set_invisible,
    ChangeNick: presence.change_nick,
    SetName: presence.set_name,
    SetTune: presence.set_tune,
    SendMessage: messages.send_message,
    SetTyping: messages.set_typing,
    AskAttention: messages.ask_attention,
    AddContact: contacts.add_contact,
    ChangeContact: contacts.change_contact,
    RemoveContact: contacts.remove_contact,
    Authorize: contacts.authorize,
    Block: contacts.block,
    ListBlocked: contacts.list_blocked,
    SetAvatar: pictures.set_avatar,
    FetchAvatar: pictures.fetch_avatar,
    JoinRoom: rooms.join_room,
    LeaveRoom: rooms.leave_room,
    Invite: rooms.invite,
}

ANYTIME = {SetPresence, SetInvisible, SetAvatar, SetTune}
"""Need not wait until we are online: so that we are at once as our user wants to be seen."""

TIMERS: dict[str, Callable[[Msn], None]] = {
    "login": login.on_login_timer,
    "ping": login.on_ping_timer,
    "sweep": answers.on_sweep_timer,
    "tickets": services.on_tickets_timer,
    "status": presence.on_status_timer,
}

NAMED_TIMERS: dict[str, Callable[[Msn, str], None]] = {
    messages.IN: messages.on_typing_in_timer,
    messages.OUT: messages.on_typing_out_timer,
    rooms.TIMER: rooms.on_unattended_timer,
}
"""By what their names begin with."""

# Verb: (arguments it needs, handler).

Handler = Callable[[Msn, Command], None]
Table = dict[str, tuple[int, Handler]]

ALWAYS: Table = {
    "CHL": (2, login.on_challenge),
    "OUT": (0, login.on_out),
}

GREETING: Table = ALWAYS | {
    "VER": (2, login.on_version),
    "CVR": (1, login.on_client),
    "USR": (4, login.on_user),
    "XFR": (3, login.on_redirect),
}

SIGNING_ON: Table = ALWAYS | {
    "USR": (3, login.on_accepted),
    "XFR": (3, login.on_redirect),
}

ONLINE: Table = ALWAYS | {
    "ADL": (1, contacts.on_added),
    "RML": (1, contacts.on_removed),
    "ILN": (5, presence.on_initial),
    "NLN": (4, presence.on_online),
    "FLN": (1, presence.on_offline),
    "UBX": (1, presence.on_personal),
    "CHG": (2, presence.on_status),
    "PRP": (2, presence.on_property),
    "XFR": (5, boards.on_transfer),
    "RNG": (5, boards.on_ring),
    "MSG": (2, offline.on_server_message),
}

COMMANDS_OF: dict[State, Table] = {
    State.CONNECTING: {},
    State.GREETING: GREETING,
    State.AUTHORIZING: ALWAYS,
    State.SIGNING_ON: SIGNING_ON,
    State.LISTING: ALWAYS,
    State.ONLINE: ONLINE,
    State.OVER: {},
}

BOARD: dict[str, tuple[int, Callable[[Msn, Board, Command], None]]] = {
    "USR": (2, boards.on_user),
    "CAL": (2, boards.on_ringing),
    "IRO": (4, attendance.on_present),
    "ANS": (2, attendance.on_answered),
    "JOI": (1, attendance.on_joined),
    "BYE": (1, attendance.on_left),
    "ACK": (1, messages.on_acknowledged),
    "NAK": (1, messages.on_refused),
    "MSG": (2, messages.on_message),
}
