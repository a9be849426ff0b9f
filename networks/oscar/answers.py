"""What came of requests: errors, silence, links that are gone.

AOL's description of OSCAR, *SNAC error codes*: every family has them as its subtype 01.
"""

from collections.abc import Callable

from gateway.errors import Reason
from networks.oscar import contacts, icons, presence, rooms, services
from networks.oscar.blocks import SnacError, parse_error
from networks.oscar.parts import State
from networks.oscar.requests import PATIENCE, SWEEP_SECONDS, Asked, Request
from networks.oscar.state import Oscar
from networks.oscar.wire import Snac

OFFLINE = 0x04

ERRORS: dict[int, tuple[Reason, str]] = {
    0x01: (Reason.NOT_SUPPORTED, "The server does not know that request."),
    0x02: (Reason.TOO_MUCH, "Too fast; the server takes no more for a while."),
    0x03: (Reason.TOO_MUCH, "Too fast; they take no more for a while."),
    OFFLINE: (
        Reason.UNAVAILABLE,
        "They are not online, do not exist, or do not want to be reached.",
    ),
    0x05: (Reason.FULL, "That service is not available now."),
    0x06: (Reason.NOT_SUPPORTED, "The server has no such service."),
    0x07: (Reason.NOT_SUPPORTED, "The server has that service no more."),
    0x08: (Reason.NOT_SUPPORTED, "The server does not support that."),
    0x09: (Reason.NOT_SUPPORTED, "Their client does not support that."),
    0x0A: (Reason.FORBIDDEN, "Their client refused it."),
    0x0B: (Reason.NOT_ACCEPTABLE, "Too long."),
    0x0C: (Reason.FULL, "The server lost the answer."),
    0x0D: (Reason.FORBIDDEN, "The server denied it."),
    0x0E: (Reason.BAD_REQUEST, "The server did not understand the request."),
    0x0F: (Reason.FORBIDDEN, "You do not have the right to do that."),
    0x10: (Reason.NOT_ALLOWED, "You block them."),
    0x11: (Reason.POLICY, "The sender has been warned too often."),
    0x12: (Reason.POLICY, "The receiver has been warned too often."),
    0x13: (Reason.UNAVAILABLE, "They cannot be reached at the moment."),
    0x14: (Reason.NOT_FOUND, "The server found nothing."),
    0x15: (Reason.TOO_MUCH, "The list is full."),
    0x16: (Reason.BAD_REQUEST, "That means more than one."),
    0x17: (Reason.TOO_MUCH, "Their mailbox is full."),
    0x18: (Reason.NOT_ALLOWED, "Not while on AOL."),
    0x19: (Reason.FULL, "The server could not look it up."),
    0x1A: (Reason.TIMEOUT, "The server did not get an answer in time."),
    0x1C: (Reason.FULL, "The server could not do it."),
}

NO_ROOM_SUBCODE = 0x0F
"""Of 04: offline, and ten messages wait for them already."""

PERHAPS_KEPT = (
    Reason.UNAVAILABLE,
    "They are not online, do not exist, or do not want to be reached. If they are just not "
    "online, the server may have kept it for them.",
)
"""Some releases of open-oscar-server answer so when they keep what an ICQ number has sent."""

UNREADABLE = "The server's answer cannot be understood."
NO_ANSWER = "The server did not answer."


def explain(error: SnacError) -> tuple[Reason, str]:
    """The server's own words where it has any."""
    reason, words = ERRORS.get(
        error.code, (Reason.FULL, f"The server refused it (code {error.code:02x}h).")
    )
    if error.code == OFFLINE and error.subcode == NO_ROOM_SUBCODE:
        reason, words = ERRORS[0x17]
    return reason, error.text or words


def on_error(oscar: Oscar, snac: Snac) -> None:
    """xx/01"""
    if request := oscar.pending.pop(snac.request_id, None):
        error = parse_error(snac.data)
        is_perhaps_kept = oscar.is_icq and request.kind is Asked.MESSAGE and error.code == OFFLINE
        if is_perhaps_kept and not (error.subcode or error.text):
            oscar.refuse(request, *PERHAPS_KEPT)
        else:
            oscar.refuse(request, *explain(error))


def on_unreadable(oscar: Oscar, snac: Snac, request: Request) -> None:
    """An answer that is none."""
    oscar.pending.pop(snac.request_id, None)
    oscar.refuse(request, Reason.FULL, UNREADABLE)


def on_sweep_timer(oscar: Oscar) -> None:
    oscar.is_sweeping = False
    for request in set(oscar.pending.values()):
        request.age += 1
    for id, request in list(oscar.pending.items()):
        if request.age >= PATIENCE:
            del oscar.pending[id]
            oscar.refuse(request, Reason.TIMEOUT, NO_ANSWER)
    if services.grow_old(oscar) or oscar.pending:
        oscar.is_sweeping = True
        oscar.wake("sweep", SWEEP_SECONDS)


def lose(oscar: Oscar, link: str, reason: Reason, detail: str) -> None:
    """The link of a service is gone, or will not be."""
    service = services.forget(oscar, link, reason, detail)
    if service and service.family == services.CHAT:
        rooms.on_lost(oscar, link, reason, detail)


def on_service_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    lose(oscar, request.link, reason, detail)


def ignore(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    pass


Failed = Callable[[Oscar, Request, Reason, str], None]

FAILED: dict[Asked, Failed] = {
    Asked.SERVICE: on_service_failed,
    Asked.STEP: contacts.on_step_failed,
    Asked.ADDITION: contacts.on_addition_failed,
    Asked.CHANGE: contacts.on_change_failed,
    Asked.ROOM: rooms.on_room_failed,
    Asked.STATUS: presence.on_status_failed,
    Asked.AWAY: presence.on_away_failed,
    Asked.UPLOAD: icons.on_upload_failed,
    Asked.OFFLINE: ignore,
}
"""What nobody but we ourselves waited for."""


def settle(oscar: Oscar) -> None:
    while oscar.failed and oscar.state is not State.OVER:
        request, reason, detail = oscar.failed.popleft()
        FAILED[request.kind](oscar, request, reason, detail)
