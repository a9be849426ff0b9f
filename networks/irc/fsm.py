"""The life of an IRC session: which input is handled where.

    CONNECTING ──► REGISTERING ──► WELCOMED ──► ONLINE ──► OVER        (drawn in ``login``)

The tables at the end say what each state accepts.  A line with fewer parameters than its row asks
for is ignored; so is one that is in no table, unless we are online: then it is shown.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.commands import (
    AddContact,
    ChangeNick,
    FetchProfile,
    Invite,
    JoinRoom,
    Kick,
    LeaveRoom,
    ListAffiliations,
    ListRooms,
    Logout,
    RemoveContact,
    SendMessage,
    SendRaw,
    SetAffiliation,
    SetPresence,
    SetRole,
    SetSubject,
    SetTyping,
)
from gateway.errors import Reason
from gateway.fsm import Connected, Got, Input, Lost, Timer
from gateway.network import Login
from networks.irc import (
    answers,
    capabilities,
    contacts,
    login,
    members,
    messages,
    moderation,
    queries,
    rooms,
    sasl_login,
    signals,
    support,
)
from networks.irc.known import words
from networks.irc.state import BUSY, Effect, Irc, State
from networks.irc.wire import Line

MAX_HELD = 64
"""Commands that wait until we are online: the rooms of a user, and what they say meanwhile."""


class IrcFsm:
    def __init__(self, how: Login) -> None:
        self.irc = Irc(how)

    def start(self) -> Iterator[Effect]:
        login.start(self.irc)
        return self._effects()

    def handle(self, given: Input[Line]) -> Iterator[Effect]:
        irc = self.irc
        match given:
            case Got(line):  # First, as nearly all are.
                irc.heard = True
                self._handle_line(line)
            case _ if irc.state is State.OVER:
                pass
            case Timer(name):
                TIMERS[name](irc)
            case Connected():
                login.on_connected(irc)
            case Lost(detail):
                login.on_lost(irc, detail)
            case Logout():
                login.logout(irc, given)
            case _:
                self._handle_command(given)
        while irc.held and irc.state is State.ONLINE:
            self._handle_command(irc.held.popleft())
        # Most lines leave nothing to send.
        has_to_send = irc.outgoing.waiting or irc.requests.wants_fence or type(given) is not Got
        if has_to_send and irc.state is State.ONLINE:
            irc.flush()
        return self._effects()

    def _effects(self) -> Iterator[Effect]:
        irc = self.irc
        effects, irc.effects = irc.effects, []
        return iter(effects)

    def _handle_line(self, line: Line) -> None:
        irc = self.irc
        row = LINES[irc.state].get(line.command)
        if row is None:
            if line.command.isdecimal() and irc.state in SHOWING:
                show(irc, line)
        elif len(line.params) >= row[0]:
            row[1](irc, line)

    def _handle_command(self, command: Any) -> None:
        irc = self.irc
        if irc.state is State.ONLINE:
            COMMANDS[type(command)](irc, command)
        elif len(irc.held) < MAX_HELD:
            irc.held.append(command)
        elif token := getattr(command, "token", None):
            irc.deny(token, Reason.TOO_MUCH, BUSY)


def show(irc: Irc, line: Line) -> None:
    """A numeric that is in no table: an error may be about a request, all else is for people."""
    if line.command[0] in "45" and len(line.params) > 1:
        answers.on_error_numeric(irc, line)
    elif len(line.params) > 1:
        irc.notice(words(line))


def ignore(irc: Irc, line: Line) -> None:
    pass


def refill(irc: Irc) -> None:
    irc.outgoing.refill()


def on_notice_before_welcome(irc: Irc, line: Line) -> None:
    """Whoever says it, it is the server's ("*** Looking up your hostname")."""
    irc.notice(line.params[-1])


Handler = Callable[[Irc, Line], None]
Table = dict[str, tuple[int, Handler]]

COMMANDS: dict[type, Callable[[Irc, Any], None]] = {
    Logout: login.logout,
    SetPresence: contacts.set_presence,
    SendMessage: messages.send_message,
    SetTyping: signals.set_typing,
    AddContact: contacts.add_contact,
    RemoveContact: contacts.remove_contact,
    FetchProfile: queries.fetch_profile,
    JoinRoom: rooms.join_room,
    LeaveRoom: rooms.leave_room,
    SetSubject: rooms.set_subject,
    ChangeNick: queries.change_nick,
    Kick: moderation.kick,
    SetRole: moderation.set_role,
    SetAffiliation: moderation.set_affiliation,
    ListAffiliations: moderation.list_affiliations,
    Invite: moderation.invite,
    ListRooms: queries.list_rooms,
    SendRaw: queries.send_raw,
}

TIMERS: dict[str, Callable[[Irc], None]] = {
    "cap": login.on_cap_timer,
    "login": login.on_login_timer,
    "motd": login.on_motd_timer,
    "identify": login.on_identify_timer,
    "ping": login.on_ping_timer,
    "refill": refill,
    "sweep": answers.on_sweep_timer,
    "ison": contacts.ask_who_is_on,
    "ctcp": messages.on_ctcp_timer,
    "typing": signals.on_typing_timer,
    "stale": signals.on_stale_timer,
}

# Command: (parameters it needs, handler).

ALWAYS: Table = {
    "PING": (1, login.on_ping),
    "ERROR": (1, login.on_error),
    "CAP": (3, capabilities.on_cap),
    "AUTHENTICATE": (1, sasl_login.on_authenticate),
    "900": (3, sasl_login.on_logged_in),
    "901": (1, sasl_login.on_logged_out),
    "902": (1, sasl_login.on_failure),
    "903": (1, sasl_login.on_success),
    "904": (1, sasl_login.on_failure),
    "905": (1, sasl_login.on_failure),
    "906": (1, sasl_login.on_failure),
    "907": (1, sasl_login.on_success),
    "908": (2, sasl_login.on_mechanisms),
}

REGISTERING: Table = ALWAYS | {
    "001": (1, login.on_welcome),
    "ERROR": (1, login.on_early_error),
    "410": (1, capabilities.on_no_cap),
    "421": (1, capabilities.on_no_cap),
    "451": (1, capabilities.on_no_cap),
    "432": (1, login.on_nick_refused),
    "433": (1, login.on_nick_taken),
    "436": (1, login.on_nick_taken),
    "437": (1, login.on_nick_taken),
    "463": (1, login.on_banned),
    "464": (1, login.on_wrong_password),
    "465": (1, login.on_banned),
    "466": (1, login.on_banned),
    "NOTICE": (2, on_notice_before_welcome),
}

NOISE = ("305", "306", "321", "329", "341")
"""Our absence is known; LIST begins; when a channel was made; INVITE went out."""

WELCOME_NOISE = (*("002", "003", "004", "042", "221"), *map(str, range(250, 256)), "265", "266")
"""Who the server is, how many are on, our user modes.  Later they come only when asked for."""

ONLINE: Table = (
    {command: (0, ignore) for command in NOISE}
    | {numeric: (2, answers.on_error_numeric) for numeric in answers.ERRORS}
    | {numeric: (2, queries.on_whois) for numeric in queries.WHOIS_NUMERICS}
    | ALWAYS
    | {
        "005": (2, support.on_support),
        "372": (2, login.on_motd),
        "375": (1, login.on_motd_start),
        "376": (1, login.on_motd_end),
        "422": (1, login.on_motd_end),
        "396": (2, support.on_host_hidden),
        "PONG": (1, answers.on_pong),
        "ACK": (0, answers.on_ack),
        "BATCH": (1, answers.on_batch),
        "FAIL": (3, answers.on_fail),
        "WARN": (3, answers.on_remark),
        "NOTE": (3, answers.on_remark),
        "PRIVMSG": (2, messages.on_privmsg),
        "NOTICE": (2, messages.on_notice),
        "TAGMSG": (1, signals.on_tagmsg),
        "JOIN": (1, rooms.on_join),
        "PART": (1, rooms.on_part),
        "QUIT": (0, members.on_quit),
        "KICK": (2, rooms.on_kick),
        "NICK": (1, members.on_nick),
        "MODE": (2, members.on_mode),
        "TOPIC": (2, rooms.on_topic),
        "AWAY": (0, members.on_away),
        "ACCOUNT": (1, members.on_account),
        "CHGHOST": (2, members.on_chghost),
        "SETNAME": (0, ignore),
        "INVITE": (2, rooms.on_invite),
        "301": (3, queries.on_peer_away),
        "303": (2, contacts.on_ison),
        "315": (2, members.on_who_end),
        "318": (2, queries.on_whois_end),
        "322": (3, queries.on_list),
        "323": (1, queries.on_list_end),
        "324": (3, members.on_modes_are),
        "331": (2, rooms.on_no_topic),
        "332": (3, rooms.on_topic_is),
        "333": (3, rooms.on_topic_by),
        "352": (6, members.on_plain_who),
        "353": (4, rooms.on_names),
        "354": (8, members.on_who),
        "366": (2, rooms.on_names_end),
        "367": (3, moderation.on_ban),
        "368": (2, moderation.on_bans_end),
        "470": (3, rooms.on_forward),
        "730": (2, contacts.on_monitor_online),
        "731": (2, contacts.on_monitor_offline),
        "734": (3, contacts.on_monitor_full),
    }
)

LINES: dict[State, Table] = {
    State.CONNECTING: {},
    State.REGISTERING: REGISTERING,
    State.WELCOMED: ONLINE
    | {numeric: (0, ignore) for numeric in WELCOME_NOISE}
    | {"NOTICE": (2, login.on_early_notice)},
    State.ONLINE: ONLINE,
    State.MOVING: {},
    State.OVER: {},
}

SHOWING = frozenset({State.REGISTERING, State.WELCOMED, State.ONLINE})
"""States in which numerics that are in no table are shown."""
