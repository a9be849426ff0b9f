"""The life of an OSCAR session: which input is handled where.

    AUTHORIZING ──► CONNECTING ──► SIGNING_ON ──► ONLINE ──► OVER        (drawn in ``login``)

The tables at the end say what each state, and each service, accepts.  A SNAC with fewer bytes than
its row asks for is ignored, and so is one that is in no table, or cannot be read: much of what is
in SNACs other users wrote, and none of them may end our session.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.commands import (
    AddContact,
    Authorize,
    Block,
    ChangeContact,
    FetchAvatar,
    FetchProfile,
    Invite,
    JoinRoom,
    LeaveRoom,
    ListBlocked,
    Logout,
    RemoveContact,
    SearchPeople,
    SendMessage,
    SetAvatar,
    SetInvisible,
    SetPresence,
    SetProfile,
    SetTyping,
)
from gateway.errors import Reason, WireError
from gateway.events import Offline
from gateway.fsm import MAIN, Connected, Fetched, Got, Input, Lost, Timer
from gateway.network import Login
from networks.oscar import (
    answers,
    bos,
    contacts,
    icons,
    login,
    messages,
    own,
    people,
    presence,
    rooms,
    services,
)
from networks.oscar.parts import Service, State
from networks.oscar.rates import TIMER
from networks.oscar.state import AUTH, BUSY, Effect, Oscar
from networks.oscar.wire import Frame, Signoff, Signon, Snac

MAX_HELD = 64
"""Commands that wait until we are online: the rooms of a user, and what they say meanwhile."""

ERROR = 0x01
"""A subtype of every family."""


class OscarFsm:
    def __init__(self, how: Login) -> None:
        self.oscar = Oscar(how)

    def start(self) -> Iterator[Effect]:
        login.start(self.oscar)
        return self._effects()

    def handle(self, given: Input[Frame]) -> Iterator[Effect]:
        oscar = self.oscar
        match given:
            case _ if oscar.state is State.OVER:
                pass
            case Got(frame, link):
                self._handle_frame(frame, link)
            case Timer(name):
                if name.startswith(TIMER):
                    oscar.rates.elapsed(name)
                else:
                    TIMERS[name](oscar)
            case Fetched():
                login.on_ticket(oscar, given)
            case Connected():
                pass  # The server speaks first.
            case Lost(detail, link):
                self._handle_lost(detail, link)
            case Logout():
                bos.logout(oscar, given)
            case _:
                self._handle_command(given)
        answers.settle(oscar)
        while oscar.held and oscar.state is State.ONLINE:
            self._handle_command(oscar.held.popleft())
            answers.settle(oscar)
        if oscar.state is not State.OVER:
            oscar.flush()
        return self._effects()

    def _effects(self) -> Iterator[Effect]:
        oscar = self.oscar
        effects, oscar.effects = oscar.effects, []
        return iter(effects)

    def _handle_frame(self, frame: Frame, link: str) -> None:
        oscar = self.oscar
        oscar.heard = oscar.heard or link == MAIN
        service = oscar.services.get(link)
        match frame:
            case Snac():
                asked = oscar.pending.get(frame.request_id)
                try:
                    self._handle_snac(frame, link, service)
                except WireError as error:
                    login.on_unreadable(oscar, link, error)
                    if asked:
                        answers.on_unreadable(oscar, frame, asked)
            case Signon() if service:
                services.on_signon(oscar, service)
            case Signon() if link == MAIN:
                bos.on_signon(oscar)
            case Signon():
                login.on_signon(oscar)
            case Signoff() if link == MAIN:
                bos.on_signoff(oscar, frame)

    def _handle_snac(self, snac: Snac, link: str, service: Service | None) -> None:
        oscar = self.oscar
        kind = snac.family, snac.subtype
        if service:
            if row := SERVICES[service.family].get(kind):
                if len(snac.data) >= row[0]:
                    row[1](oscar, service, snac)
            elif snac.subtype == ERROR:
                answers.on_error(oscar, snac)
        elif link == LINKS.get(oscar.state):
            if found := SNACS[oscar.state].get(kind):
                if len(snac.data) >= found[0]:
                    found[1](oscar, snac)
            elif snac.subtype == ERROR:
                answers.on_error(oscar, snac)

    def _handle_lost(self, detail: str, link: str) -> None:
        oscar = self.oscar
        if link in oscar.services:
            answers.lose(oscar, link, Reason.UNAVAILABLE, detail)
        elif link == MAIN and oscar.rates.is_limited:
            oscar.end(Offline.NETWORK, bos.TOO_FAST)
        elif link == MAIN or (link == AUTH and oscar.state is State.AUTHORIZING):
            oscar.end(Offline.NETWORK, detail)

    def _handle_command(self, command: Any) -> None:
        oscar = self.oscar
        if oscar.state is State.ONLINE:
            COMMANDS[type(command)](oscar, command)
        elif len(oscar.held) < MAX_HELD:
            oscar.held.append(command)
        elif token := getattr(command, "token", None):
            oscar.deny(token, Reason.TOO_MUCH, BUSY)


Handler = Callable[[Oscar, Snac], None]
Table = dict[tuple[int, int], tuple[int, Handler]]
ServiceHandler = Callable[[Oscar, Service, Snac], None]
ServiceTable = dict[tuple[int, int], tuple[int, ServiceHandler]]

COMMANDS: dict[type, Callable[[Oscar, Any], None]] = {
    Logout: bos.logout,
    SetPresence: presence.set_presence,
    SetInvisible: presence.set_invisible,
    SendMessage: messages.send_message,
    SetTyping: messages.set_typing,
    AddContact: contacts.add_contact,
    ChangeContact: contacts.change_contact,
    RemoveContact: contacts.remove_contact,
    Authorize: contacts.authorize,
    Block: contacts.block,
    ListBlocked: contacts.list_blocked,
    SetAvatar: icons.set_avatar,
    FetchAvatar: icons.fetch_avatar,
    FetchProfile: people.fetch_profile,
    SearchPeople: people.search_people,
    SetProfile: own.set_profile,
    JoinRoom: rooms.join_room,
    LeaveRoom: rooms.leave_room,
    Invite: rooms.invite,
}

TIMERS: dict[str, Callable[[Oscar], None]] = {
    "login": login.on_login_timer,
    "ping": bos.on_ping_timer,
    "settled": contacts.on_settled_timer,
    "sweep": answers.on_sweep_timer,
}

LINKS = {
    State.AUTHORIZING: AUTH,
    State.CONNECTING: MAIN,
    State.SIGNING_ON: MAIN,
    State.ONLINE: MAIN,
}
"""The one that is listened to, besides those of services."""

# (Family, subtype): (bytes it needs, handler).

AUTHORIZING: Table = {
    (0x17, 0x07): (2, login.on_challenge),
    (0x17, 0x03): (4, login.on_login_answer),
}

ALWAYS: Table = {
    (0x01, 0x0A): (32, bos.on_rate_change),
    (0x01, 0x0F): (5, bos.on_self),
    (0x01, 0x12): (0, bos.on_moved),
    (0x01, 0x13): (2, bos.on_motd),
}

SIGNING_ON: Table = ALWAYS | {
    (0x01, 0x03): (2, bos.on_families),
    (0x01, 0x18): (0, bos.on_versions),
    (0x01, 0x07): (2, bos.on_rates),
    (0x13, 0x01): (2, bos.on_no_feedbag),
    (0x13, 0x06): (3, bos.on_feedbag),
    (0x13, 0x08): (10, bos.on_early_push),
    (0x13, 0x09): (10, bos.on_early_push),
    (0x13, 0x0A): (10, bos.on_early_push),
    (0x13, 0x0F): (0, bos.on_unchanged),
}

ONLINE: Table = ALWAYS | {
    (0x01, 0x05): (4, services.on_redirect),
    (0x01, 0x10): (2, messages.on_warned),
    (0x01, 0x21): (4, icons.on_reply),
    (0x02, 0x06): (5, people.on_located),
    (0x03, 0x0B): (5, presence.on_arrived),
    (0x03, 0x0C): (1, presence.on_departed),
    (0x04, 0x07): (15, messages.on_message),
    (0x04, 0x0A): (9, messages.on_missed),
    (0x04, 0x0C): (0, messages.on_acknowledged),
    (0x04, 0x14): (13, messages.on_typing),
    (0x04, 0x17): (0, messages.on_stored_end),
    (0x0A, 0x03): (0, people.on_names_found),
    (0x13, 0x08): (10, contacts.on_pushed),
    (0x13, 0x09): (10, contacts.on_pushed),
    (0x13, 0x0A): (10, contacts.on_pushed),
    (0x13, 0x0E): (0, contacts.on_results),
    (0x13, 0x15): (1, contacts.on_granted),
    (0x13, 0x19): (1, contacts.on_asked),
    (0x13, 0x1B): (2, contacts.on_answered),
    (0x13, 0x1C): (1, contacts.on_added_us),
    (0x15, 0x03): (4, people.on_icq_answer),
}

SNACS: dict[State, Table] = {
    State.AUTHORIZING: AUTHORIZING,
    State.CONNECTING: {},
    State.SIGNING_ON: SIGNING_ON,
    State.ONLINE: ONLINE,
    State.OVER: {},
}

EVERY_SERVICE: ServiceTable = {
    (0x01, 0x03): (2, services.on_families),
    (0x01, 0x18): (0, services.on_versions),
    (0x01, 0x07): (2, services.on_rates),
    (0x01, 0x0A): (32, services.on_rate_change),
}

SERVICES: dict[int, ServiceTable] = {
    services.CHATNAV: EVERY_SERVICE | {(0x0D, 0x09): (0, rooms.on_found)},
    services.CHAT: EVERY_SERVICE
    | {
        (0x0E, 0x02): (6, rooms.on_room_info),
        (0x0E, 0x03): (5, rooms.on_came),
        (0x0E, 0x04): (5, rooms.on_went),
        (0x0E, 0x06): (10, rooms.on_heard),
    },
    services.ICONS: EVERY_SERVICE
    | {
        (0x10, 0x03): (1, icons.on_uploaded),
        (0x10, 0x05): (6, icons.on_icon),
    },
}
