"""Switchboards: where messages are said.

USR ─► alone ─► CAL ─► JOI: with others ─► MSG …          who was called comes with ANS
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from tests.servers import msn_presence as presence
from tests.servers.msn_users import fold
from tests.servers.msn_wire import Broken, Command, mime, plain, quote
from tests.servers.msn_world import Board, Key, Record, Seat

BAD_ADDRESS, ALREADY_HERE, NOT_THERE, AUTHENTICATION = 208, 215, 217, 911

LONGEST_MESSAGE = 1664
"""Bytes of a payload; the switchboard ends with one more."""

ENTER_SECONDS = 60.0

P2P = "application/x-msnmsgrp2p"
TYPES = {
    "text/plain",
    "text/x-msmsgscontrol",
    "text/x-msnmsgr-datacast",
    "text/x-clientcaps",
    "text/x-mms-emoticon",
    "text/x-mms-animemoticon",
    "text/x-msmsgsinvite",
    P2P,
}
FORMAT = re.compile(r"FN=[^;\s]*; EF=[BIUS]*; CO=[0-9A-Fa-f]{1,6}; CS=\d+; PF=\d+(; RL=\d)?")
"""X-MMS-IM-Format, which every text should have."""

ACKNOWLEDGED = ("A", "D")
CAN_FAIL = ("A", "D", "N")

Handler = Callable[[Seat, Command], None]


def receive(seat: Seat, command: Command) -> None:
    world = seat.world
    world.sent.append(Record(seat.me.key if seat.user else "", seat.service, command))
    if command.name != "OUT":
        if not command.trid.isdigit() or int(command.trid) <= seat.trid:
            seat.violation(f"{command}: TrID after {seat.trid}")
        else:
            seat.trid = int(command.trid)
    if world.ways.silent and not seat.played:
        return
    table = OUTSIDE if seat.board is None else INSIDE
    handler = table.get(command.name)
    if handler is None:
        return seat.violation(f"{command}, on a switchboard: {seat.board is not None}")
    return handler(seat, command)


def expect_entry(seat: Seat) -> None:
    """USR or ANS must come soon."""

    def too_late() -> None:
        if seat.board is None and not seat.closed:
            seat.violation("neither USR nor ANS in time")
            leave(seat)

    seat.world.clock.later(ENTER_SECONDS, too_late)


def leave(seat: Seat) -> None:
    """Also more than once."""
    seat.close()
    if seat in seat.world.links:
        seat.world.links.remove(seat)
    if seat.board is not None and seat in seat.board.seats:
        seat.board.seats.remove(seat)
        for other in seat.board.seats:
            other.send("BYE", seat.me.address)


def enter_new(seat: Seat, asked: Command) -> None:
    """USR n address key."""
    if _enter(seat, asked, wanted=None):
        seat.send("USR", asked.trid, "OK", seat.me.address, quote(seat.me.name))


def enter_called(seat: Seat, asked: Command) -> None:
    """ANS n address key id."""
    board = _enter(seat, asked, wanted=asked.arg(3))
    if board is None:
        return
    others = board.others(seat)
    for number, other in enumerate(others, 1):
        other.had_company = seat.had_company = True
        seat.send("IRO", asked.trid, number, len(others), *_introduction(other))
    seat.send("ANS", asked.trid, "OK")
    for other in others:  # Who may have something to say at once.
        other.send("JOI", *_introduction(seat))


def _enter(seat: Seat, asked: Command, wanted: str | None) -> Board | None:
    """``wanted``: the switchboard that the key must be of; None: a new one."""
    key = seat.world.use_key(asked.arg(2))
    problem = _problem(key, plain(asked.arg(1)), wanted)
    if key is None or problem:
        seat.violation(f"{asked.name}: {problem}")
        seat.refuse_and_close(asked, AUTHENTICATION)
        return None
    if key.board is not None and not key.board.seats:
        seat.refuse_and_close(asked, AUTHENTICATION)  # Whoever called is gone.
        return None
    board = key.board or Board(os.urandom(16).hex()[1:])
    seat.user, seat.board = key.user, board
    board.seats.append(seat)
    return board


def _problem(key: Key | None, address: str, wanted: str | None) -> str:
    if key is None:
        return "a key that was not given, was used, or is too old"
    if key.user.address != address:
        return f"the key of {key.user.address}"
    if (key.board.id if key.board else None) != wanted:
        return f"the key of another switchboard than {wanted}"
    return ""


def _introduction(seat: Seat) -> tuple[str, str, str]:
    session = seat.world.session(seat.me)
    capabilities = session.capabilities if session else "0"
    return seat.me.address, quote(seat.me.name), capabilities


def call(seat: Seat, asked: Command) -> None:
    """CAL n address."""
    world, board, address = seat.world, seat.here, plain(asked.arg(1))
    if "@" not in address:
        seat.violation(str(asked))
        return seat.refuse(asked, BAD_ADDRESS)
    other = world.find(address)
    if other is not None and any(there.user is other for there in board.seats):
        if other is seat.user:
            seat.violation(f"{asked}: oneself")
        return seat.refuse(asked, ALREADY_HERE)
    session = presence.visible(world, other, seat.me) if other else None
    if other is None or session is None:
        return seat.refuse(asked, NOT_THERE)
    seat.send("CAL", asked.trid, "RINGING", board.id)
    key = world.make_key(other, board)
    caller = (seat.me.address, quote(seat.me.name), "U", "messenger.hotmail.com")
    return session.send("RNG", board.id, world.sb_address, "CKI", key, *caller, *session.network)


def say(seat: Seat, asked: Command) -> None:
    """MSG n acknowledgement, with the message as payload."""
    payload, want = asked.payload or b"", asked.arg(1)
    problem, fatal = _message_problem(seat, payload, want)
    if problem:
        seat.violation(f"MSG {want}: {problem}")
    if fatal:
        return leave(seat)
    if not seat.had_company:
        return seat.violation(f"{asked}: before the first JOI")
    if seat.world.ways.naks and not seat.played:
        if want in CAN_FAIL:
            seat.send("NAK", asked.trid)
        return None
    for other in seat.here.others(seat):
        other.send("MSG", seat.me.address, quote(seat.me.name), payload=payload)
    if want in ACKNOWLEDGED:
        seat.send("ACK", asked.trid)
    return None


def _message_problem(seat: Seat, payload: bytes, want: str) -> tuple[str, bool]:
    """What is wrong with a message, and whether the switchboard ends with it."""
    if len(payload) > LONGEST_MESSAGE:
        return f"{len(payload)} bytes", True
    try:
        headers, body = mime(payload)
    except Broken as problem:
        return str(problem), False
    if "chunk" in headers:
        return ("" if "message-id" in headers else "a chunk of no message"), False
    content_type, _, parameters = headers.get("content-type", "").partition(";")
    if content_type not in TYPES or want not in "AUND":
        return f"content type {content_type!r}", False
    if (content_type == P2P) != (want == "D"):
        return f"{content_type} with {want}", content_type == P2P
    if content_type == "text/plain":
        style = headers.get("x-mms-im-format", "")
        return _text_problem(parameters, style, body), False
    if content_type == "text/x-msmsgscontrol":
        user = headers.get("typinguser", "")
        return ("" if fold(user) == seat.me.key else f"typing of {user!r}"), False
    return "", False


def _text_problem(parameters: str, style: str, body: bytes) -> str:
    if not FORMAT.fullmatch(style):
        return f"X-MMS-IM-Format {style!r}"
    if parameters.strip().lower() != "charset=utf-8":
        return f"parameters {parameters!r}"
    try:
        text = body.decode()
    except UnicodeDecodeError as problem:
        return f"not UTF-8: {problem}"
    return "" if text else "an empty text"


def go(seat: Seat, asked: Command) -> None:
    leave(seat)


OUTSIDE: dict[str, Handler] = {"USR": enter_new, "ANS": enter_called, "OUT": go}
INSIDE: dict[str, Handler] = {"CAL": call, "MSG": say, "OUT": go}
