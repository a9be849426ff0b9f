"""The services over HTTP: one question at a time, each of a task that has several.

    run(task) ──► Fetch ──► Fetched ──► the task goes on, or is refused ──► Fetch … ──► done

A task is a generator: it yields what to ask, and is given what was answered.  Tasks wait for each
other, so each finds the address book as the one before it has left it.
"""

from collections.abc import Callable, Generator
from typing import Any

from gateway.errors import CommandRefused, Reason, WireError
from gateway.events import Offline
from gateway.fsm import Fetch, Fetched
from networks.msn.leaving import THROTTLED, UNKNOWN_RECEIVER
from networks.msn.requests import Asked, Request
from networks.msn.settings import Url
from networks.msn.soap import Fault
from networks.msn.soap import Request as Post
from networks.msn.sso import REFUSED, Tickets, parse_tickets, request_tickets
from networks.msn.state import BUSY, Ask, Errand, Msn, State, Task
from networks.msn.xml import MAX_SIZE

MAX_ERRANDS = 256
"""Tasks that wait for the one under way."""

MAX_REDIRECTS = 3
"""From one host to the next, whose tickets are asked for."""

RENEWED_AT = 0.9
"""Of the life of tickets: new ones are fetched then."""

SHORTEST_LIFE = 600.0
"""Seconds, whatever the server says: or it could have us ask all the time."""

LONGEST_LIFE = 8 * 3600.0
"""Seconds, where the server does not say."""

SECONDS = 60.0
"""For one answer.  The largest, an address book, takes a busy server some seconds."""

EXPIRED = "The server wants us to log in again."
UNREADABLE = "The server's answer cannot be understood."
UNENCRYPTED = "The server wants the password sent unencrypted, which its operator here forbids."

FAULTS: dict[str, tuple[Reason, str]] = {
    "InvalidPassportUser": (Reason.NOT_FOUND, "There is no such account."),
    "UserDoesNotExist": (Reason.NOT_FOUND, "There is no such account."),
    "BadEmailArgument": (Reason.NOT_FOUND, "That is nobody's address."),
    "ContactDoesNotExist": (Reason.NOT_FOUND, "They are not on the contact list."),
    "ContactAlreadyExists": (Reason.CONFLICT, "They are on the contact list already."),
    "GroupAlreadyExists": (Reason.CONFLICT, "There is such a group already."),
    "BadArgumentLength": (Reason.NOT_ACCEPTABLE, "The name of the group is too long."),
    "Forbidden": (Reason.NOT_SUPPORTED, "The server cannot do that."),
    UNKNOWN_RECEIVER: (
        Reason.UNAVAILABLE,
        "They are not online, and the server does not keep the message for them.",
    ),
    THROTTLED: (Reason.TOO_MUCH, "Too many offline messages; wait a little."),
    "InvalidContent": (Reason.NOT_ACCEPTABLE, "The server does not take that text."),
    REFUSED: (Reason.NOT_AUTHORIZED, "The address or the password is wrong."),
}
"""By the code of the fault."""


class ServiceRefused(CommandRefused):
    """A fault, as a task meets it."""

    def __init__(self, fault: Fault) -> None:
        words = f"The server refused it ({fault.code[:80]})."
        super().__init__(*FAULTS.get(fault.code, (Reason.FULL, words)))
        self.fault = fault


# Part of tasks.


def call(
    msn: Msn, what: str, build: Callable[[], Post], parse: Callable[[int, bytes], Any]
) -> Generator[Ask, Any, Any]:
    """One question; asked again with other tickets if the service takes the present ones no more.
    Some servers tie theirs to the log-in they were fetched for, so that new ones may be worse; with
    those, only another log-in helps once the old ones have expired."""
    ask = Ask(what, build, parse, msn.url)
    try:
        return (yield ask)
    except ServiceRefused as refused:
        if not refused.fault.wants_new_tickets:
            raise
    if msn.former_tickets:
        msn.tickets, msn.former_tickets = msn.former_tickets, {}
    else:
        yield from fetch_tickets(msn)
    try:
        return (yield ask)
    except ServiceRefused as refused:
        if refused.fault.wants_new_tickets and msn.is_renewed:
            msn.end(Offline.NETWORK, EXPIRED)
        raise


def attempt(task: Generator[Ask, Any, Any], *harmless: str) -> Generator[Ask, Any, Any]:
    """None if it is refused with one of these codes."""
    try:
        return (yield from task)
    except ServiceRefused as refused:
        if refused.fault.code not in harmless:
            raise
        return None


def fetch_tickets(msn: Msn) -> Generator[Ask, Any, None]:
    """For all sites, from wherever we are sent for them."""
    fields = msn.login.fields
    policies = {"twn_policy" if msn.is_twn else "sso_policy": msn.policy}

    def build() -> Post:
        return request_tickets(msn.address, fields["password"], **policies)

    for _ in range(MAX_REDIRECTS):
        try:
            found: Tickets = yield Ask("RST", build, parse_tickets, msn.passport)
        except ServiceRefused as refused:
            if not refused.fault.redirect:
                raise
            msn.passport = redirected(msn, refused.fault.redirect)
            continue
        msn.tickets = found
        lifetimes = [ticket.lifetime for ticket in found.values() if ticket.lifetime]
        msn.wake("tickets", max(SHORTEST_LIFE, min(lifetimes, default=LONGEST_LIFE) * RENEWED_AT))
        return
    raise CommandRefused(Reason.FULL, "The log-in server sends us in circles.")


def redirected(msn: Msn, where: str) -> Url:
    """
    Raises:
        CommandRefused: we do not go there.
    """
    try:
        url = Url.parse(where, is_whole=True)
    except ValueError as error:
        raise CommandRefused(Reason.FULL, UNREADABLE) from error
    if not (url.is_tls or msn.settings.plain_passwords):
        raise CommandRefused(Reason.POLICY, UNENCRYPTED)
    return url


def on_tickets_timer(msn: Msn) -> None:
    run(msn, renew(msn), Request(Asked.TICKETS))


def renew(msn: Msn) -> Task:
    former = msn.tickets
    yield from fetch_tickets(msn)
    msn.former_tickets = former
    msn.is_renewed = True


def on_renewal_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    """The old ones may be good enough; whoever needs better ones is told that there are none."""
    msn.wake("tickets", SHORTEST_LIFE)


# One step after the other.


def run(msn: Msn, task: Task, request: Request) -> None:
    """In turn."""
    if len(msn.errands) >= MAX_ERRANDS:
        msn.refuse(request, Reason.TOO_MUCH, BUSY)
        return
    msn.errands.append(Errand(task, request))
    if len(msn.errands) == 1:
        _go_on(msn, None)


def on_fetched(msn: Msn, fetched: Fetched) -> None:
    errand = msn.errands[0] if msn.errands else None
    if errand and errand.ask and errand.ask.what == fetched.name:
        _go_on(msn, _answer(errand.ask, fetched))


def _answer(ask: Ask, fetched: Fetched) -> Any:
    """What the task is given, or as what exception it is thrown."""
    if not fetched.status:
        return CommandRefused(Reason.TIMEOUT, fetched.failure)
    try:
        found = ask.parse(fetched.status, fetched.body)
    except WireError:
        return CommandRefused(Reason.FULL, UNREADABLE)
    return ServiceRefused(found) if isinstance(found, Fault) else found


def _go_on(msn: Msn, answer: Any) -> None:
    """With the first task; when it ends, the next begins."""
    while msn.errands and msn.state is not State.OVER:
        errand = msn.errands[0]
        try:
            errand.ask = (
                errand.task.throw(answer)
                if isinstance(answer, CommandRefused)
                else errand.task.send(answer)
            )
        except StopIteration:
            msn.errands.popleft()
            msn.done(errand.request)
        except CommandRefused as refused:
            msn.errands.popleft()
            msn.refuse(errand.request, refused.reason, refused.text)
        else:
            msn.effects.append(_fetch(msn, errand.ask))
            return
        answer = None


def _fetch(msn: Msn, ask: Ask) -> Fetch:
    post = ask.build()
    return Fetch(
        name=ask.what,
        host=ask.at.host,
        port=ask.at.port,
        tls=msn.settings.trust if ask.at.is_tls else None,
        path=ask.at.target(post.path),
        headers=post.headers,
        body=post.body,
        seconds=SECONDS,
        max_size=MAX_SIZE,
    )
