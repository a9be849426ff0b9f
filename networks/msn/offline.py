"""Messages that wait: those left for us while we were offline, and those we leave for others.

MSG with Mail-Data ──► GetMessage … ──► told in order ──► DeleteMessages
Store2 ──► a challenge, the first time ──► Store2
"""

from collections.abc import Collection, Generator
from dataclasses import replace
from typing import Any

from gateway.errors import CommandRefused, Reason, WireError
from gateway.ids import ChatId, Token
from networks.msn import challenge
from networks.msn.ids import is_address, normalise
from networks.msn.leaving import NEEDS_LOCK_KEY, Leaving, store
from networks.msn.mime import INITIAL_MAIL, OFFLINE_MESSAGE, parse
from networks.msn.news import Delivered, Remember, Said
from networks.msn.oim import (
    EARLIEST,
    OfflineMessage,
    Waiting,
    delete_messages,
    get_message,
    get_metadata,
    in_order,
    parse_mail_data,
    parse_message,
    parse_metadata,
)
from networks.msn.requests import Asked, Request
from networks.msn.services import ServiceRefused, call, run
from networks.msn.soap import parse_done
from networks.msn.sso import Site
from networks.msn.state import Ask, Msn, Task
from networks.msn.wire import Command

AT_ONCE = 20
"""Messages that are fetched, told and deleted together."""

TOLD = "told"
"""The name under which we remember what was told and, for all we know, not yet deleted."""

TOLD_SECONDS = 30 * 86_400.0
"""Servers kept them no longer."""


# For us.


def on_server_message(msn: Msn, command: Command) -> None:
    """MSG Hotmail Hotmail"""
    message = parse(command.payload or b"")
    if message.type not in (INITIAL_MAIL, OFFLINE_MESSAGE):
        return
    try:
        waiting = parse_mail_data(message)
    except WireError:
        waiting = None  # The service says it once more, in its own words.
    if waiting != ():
        run(msn, receiving(msn, waiting), Request(Asked.INBOX))


def receiving(msn: Msn, waiting: tuple[Waiting, ...] | None) -> Task:
    """None: what there is has to be asked for."""
    if waiting is None:
        waiting = yield from call(
            msn, "GetMetadata", lambda: get_metadata(msn.ticket(Site.MESSENGER)), parse_metadata
        )
    oldest_first = sorted(waiting, key=lambda one: one.sent_at or EARLIEST)
    for start in range(0, len(waiting), AT_ONCE):
        yield from fetching(msn, oldest_first[start : start + AT_ONCE])


def fetching(msn: Msn, waiting: Collection[Waiting]) -> Task:
    """Some of them, in the order in which they were written."""
    found: dict[str, OfflineMessage] = {}
    done = {one.id for one in waiting} & msn.told
    for one in waiting:
        if one.id not in done and (message := (yield from fetch(msn, one))):
            found[one.id] = message
    for message in in_order(found.values()):
        who = normalise(message.sender)
        if is_address(who) and message.text.strip():
            msn.tell(Said(who, who, message.text, sent_at=message.sent_at))
    done |= found.keys()
    if not done:
        return
    ids = [one.id for one in waiting if one.id in done]
    remember(msn, msn.told | done)
    yield from call(
        msn,
        "DeleteMessages",
        lambda: delete_messages(msn.ticket(Site.MESSENGER), ids),
        parse_done,
    )
    remember(msn, msn.told - done)


def fetch(msn: Msn, one: Waiting) -> Generator[Ask, Any, OfflineMessage | None]:
    """None for one that cannot be had: the others must not suffer from it."""
    try:
        message: OfflineMessage = yield from call(
            msn,
            "GetMessage",
            lambda: get_message(msn.ticket(Site.MESSENGER), one.id),
            parse_message,
        )
    except CommandRefused as refused:
        if refused.reason is Reason.TIMEOUT:  # Nor can the others.
            raise
        msn.notice(f"An offline message of {one.sender} cannot be fetched: {refused.text}")
        return None
    return replace(message, sent_at=message.sent_at or one.sent_at)


def remember(msn: Msn, told: set[str]) -> None:
    """What must not be told again, should we be gone before it is deleted."""
    msn.told = told
    msn.tell(Remember(TOLD, " ".join(sorted(told)), TOLD_SECONDS))


def on_inbox_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    msn.notice(f"Offline messages could not be fetched: {detail}  They are kept.")


# For others.


def leave(msn: Msn, who: ChatId, body: str, token: Token) -> None:
    request = Request(Asked.OFFLINE, token, who, body=body)
    run(msn, leaving(msn, request), request)


def take_over(msn: Msn, request: Request) -> None:
    """Of a message for which there is no switchboard."""
    if request.token and not request.is_answered:
        request.is_answered = True
        leave(msn, request.chat, request.body, request.token)


def leaving(msn: Msn, request: Request) -> Task:
    msn.left += 1
    number = msn.left

    def ask() -> Task:
        message = Leaving(
            sender=msn.address,
            name=msn.own.name,
            to=request.chat,
            text=request.body,
            run=msn.run,
            number=number,
            ticket=msn.ticket(Site.OFFLINE),
            lock_key=msn.lock_key,
            product=challenge.PRODUCTS[msn.settings.protocol],
            dialect=msn.settings.protocol,
        )
        yield from call(msn, "Store2", lambda: store(message), parse_done)

    try:
        yield from ask()
    except ServiceRefused as refused:
        if refused.fault.code != NEEDS_LOCK_KEY or not refused.fault.lock_key:
            raise
        product = challenge.PRODUCTS[msn.settings.protocol]
        msn.lock_key = challenge.answer(refused.fault.lock_key, product)
        yield from ask()
    assert request.token
    msn.done(request, Delivered(request.chat, request.token, request.body))
