"""The address book that the server keeps (feedbag, family 13h), and who may see whom.

    13/08 add   13/09 update   13/0a delete    ──►  13/0e results      and from other clients ◄──
    13/11 … 13/12  around each change: without, IServerd gives the list no new version
    13/18 ask ──►    13/19 ◄── asked    13/1a answer ──►    13/1b ◄── answered    13/15, 13/1c ◄──

One change is under way at a time, and of it one step; the next is planned when it is done.
"""

from gateway.commands import (
    AddContact,
    Authorize,
    Block,
    ChangeContact,
    ListBlocked,
    RemoveContact,
)
from gateway.errors import Reason
from gateway.ids import ChatId
from networks.oscar import copy
from networks.oscar.book import Book, Edit, Step, Verb, waiting
from networks.oscar.feedbag import (
    Item,
    ItemClass,
    Result,
    build_answer,
    build_ask,
    parse_answered,
    parse_asked,
    parse_granted,
    parse_items,
    parse_results,
)
from networks.oscar.icbm import build_old_message
from networks.oscar.icq import MessageType, OldMessage
from networks.oscar.ids import is_name, is_uin, normalise
from networks.oscar.news import (
    Accepted,
    Buddy,
    Changed,
    Declined,
    Denylist,
    Listed,
    Remember,
    Removed,
    Requested,
)
from networks.oscar.requests import Asked, Request
from networks.oscar.state import BUSY, MAX_EDITS, Oscar
from networks.oscar.text import decode_unnamed
from networks.oscar.wire import Snac

FAMILY = 0x13

DEFAULT_GROUPS = {False: "Buddies", True: "General"}
"""What clients of AIM, and of ICQ, call the first group they make."""

PLEASE = "Please let me add you to my contact list."

MAX_REASON = 200
"""Characters of what we ask or answer with; ICQ's own client takes some 250 bytes."""

SETTLING_SECONDS = 5.0
"""After the log-in XMPP asks again for whoever has not answered yet.  They have been asked, and
nobody wants to be asked at each reconnection of somebody else."""

REFUSALS: dict[int, tuple[Reason, str]] = {
    Result.NOT_FOUND: (Reason.NOT_FOUND, "The server does not know them."),
    Result.CANNOT_ADD: (Reason.NOT_ALLOWED, "The server does not let them be added."),
    Result.FULL: (Reason.TOO_MUCH, "The list is full."),
    Result.IS_ICQ: (Reason.NOT_ALLOWED, "An ICQ number cannot be on this list."),
    Result.MUST_ASK: (Reason.FORBIDDEN, "They have to authorise that."),
}

HARMLESS = {(Verb.ADD, Result.EXISTS), (Verb.DELETE, Result.NOT_FOUND)}
"""It is as we want it already."""

NOT_A_NAME = "That is nobody's name."


# Commands.


def add_contact(oscar: Oscar, command: AddContact) -> None:
    name = command.person
    who = normalise(name)
    if not is_name(who):
        oscar.tell(Declined(name, NOT_A_NAME))
        return
    buddy = oscar.book.buddy(who)
    if buddy and not buddy.is_waiting:
        oscar.tell(Accepted(oscar.written(name)))
    elif buddy:
        if not oscar.is_settling:  # Else it is not our user who asks once more.
            ask(oscar, name, command.reason)
    else:
        group = DEFAULT_GROUPS[oscar.is_icq]
        request = Request(Asked.ADDITION, chat=who, body=name)
        start(
            oscar,
            Edit(request, lambda book: book.add_buddy(name, group), reason=command.reason),
        )


def change_contact(oscar: Oscar, command: ChangeContact) -> None:
    who = normalise(command.person)
    request = Request(Asked.CHANGE, chat=who, body=command.person)
    start(oscar, Edit(request, lambda book: book.change_buddy(who, command.name, command.groups)))


def remove_contact(oscar: Oscar, command: RemoveContact) -> None:
    who = normalise(command.person)
    request = Request(Asked.CHANGE, chat=who, body=command.person)
    start(oscar, Edit(request, lambda book: book.remove_buddy(who)))


def block(oscar: Oscar, command: Block) -> None:
    name = command.person
    if not is_name(normalise(name)):
        oscar.deny(command.token, Reason.NOT_FOUND, NOT_A_NAME)
        return
    request = Request(Asked.CHANGE, command.token, normalise(name), body=name)
    start(oscar, Edit(request, lambda book: book.block(name, command.is_blocked)))


def list_blocked(oscar: Oscar, command: ListBlocked) -> None:
    oscar.tell(Denylist(command.token, oscar.book.blocked()))


def authorize(oscar: Oscar, command: Authorize) -> None:
    who = normalise(command.person)
    reason = command.reason[:MAX_REASON]
    if who in oscar.asked_by_message and oscar.is_icq and is_uin(who):
        # A client without feedbag: it knows messages of channel 4 only.
        oscar.asked_by_message.discard(who)
        kind = MessageType.AUTH_GRANTED if command.is_granted else MessageType.AUTH_DENIED
        answer = OldMessage(oscar.id, kind, reason.encode())
        oscar.send(0x04, 0x06, build_old_message(oscar.next_cookie(), who, answer))
    elif is_name(who):
        oscar.send(FAMILY, 0x1A, build_answer(who, command.is_granted, reason))


def ask(oscar: Oscar, name: str, reason: str) -> None:
    words = (reason or PLEASE)[:MAX_REASON]
    oscar.send(FAMILY, 0x18, build_ask(normalise(name), words), is_owed=True)


def on_settled_timer(oscar: Oscar) -> None:
    oscar.is_settling = False


# Changing it.


def start(oscar: Oscar, edit: Edit) -> None:
    if len(oscar.edits) >= MAX_EDITS:
        oscar.refuse(edit.request, Reason.TOO_MUCH, BUSY)
        return
    oscar.edits.append(edit)
    if len(oscar.edits) == 1:
        begin(oscar)


def begin(oscar: Oscar) -> None:
    """The next that takes any steps; the others are as they should be already."""
    while oscar.edits:
        edit = oscar.edits[0]
        edit.steps.extend(edit.plan(oscar.book))
        if edit.steps:
            oscar.send(FAMILY, 0x11)
            send_step(oscar, edit.steps[0])
            return
        oscar.edits.popleft()
        succeeded(oscar, edit)


def send_step(oscar: Oscar, step: Step) -> None:
    oscar.send(FAMILY, step.verb, step.item.encode(), Request(Asked.STEP))


def on_results(oscar: Oscar, snac: Snac) -> None:
    """13/0e"""
    request = oscar.take(snac.request_id, Asked.STEP)
    if request is None:
        return
    oscar.done(request)
    result = next(iter(parse_results(snac.data)), Result.OK)
    edit = oscar.edits[0]
    step = edit.steps[0]
    if result == Result.MUST_ASK and is_plain_addition(step):
        edit.must_ask = True
        edit.steps[0] = Step(Verb.ADD, waiting(step.item))
        send_step(oscar, edit.steps[0])
    elif result == Result.OK or (step.verb, result) in HARMLESS:
        edit.steps.popleft()
        edit.touched |= oscar.book.apply(step.verb, step.item)
        if edit.steps:
            send_step(oscar, edit.steps[0])
        else:
            finish(oscar)
            succeeded(oscar, edit)
            begin(oscar)
    else:
        unknown = (Reason.FULL, f"The server refused it (result {result:02x}h).")
        on_step_failed(oscar, request, *REFUSALS.get(result, unknown))


def is_plain_addition(step: Step) -> bool:
    item = step.item
    return step.verb is Verb.ADD and item.kind == ItemClass.BUDDY and not item.is_waiting


def on_step_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    """Or was not answered, or could not be sent.  What it did so far, it did."""
    edit = finish(oscar)
    edit.steps.clear()
    oscar.refuse(edit.request, reason, detail)
    announce(oscar, edit.touched)
    begin(oscar)


def finish(oscar: Oscar) -> Edit:
    oscar.send(FAMILY, 0x12, is_owed=True)
    return oscar.edits.popleft()


def succeeded(oscar: Oscar, edit: Edit) -> None:
    name = edit.request.body
    oscar.done(edit.request)
    announce(oscar, {who for who in edit.touched if who in oscar.book})
    if edit.must_ask:
        ask(oscar, name, edit.reason)
    elif edit.request.kind is Asked.ADDITION:
        oscar.tell(Accepted(oscar.written(name)))


def on_addition_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    oscar.tell(Declined(oscar.written(request.body), detail))


def on_change_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    about = f" ({request.body})" if request.body else ""
    oscar.notice(f"The contact list could not be changed{about}: {detail}")


# Told.


def announce(oscar: Oscar, people: set[ChatId]) -> None:
    for who in sorted(people):
        if buddy := written(oscar, oscar.book.buddy(who)):
            oscar.tell(Changed(buddy))
        else:
            oscar.tell(Removed(oscar.written(who)))


def written(oscar: Oscar, buddy: Buddy | None) -> Buddy | None:
    """With the name as its owner writes it."""
    if buddy is None:
        return None
    return Buddy(oscar.written(buddy.name), buddy.alias, buddy.groups, buddy.is_waiting)


def tell_all(oscar: Oscar) -> None:
    book: Book = oscar.book
    buddies = [written(oscar, book.buddy(who)) for who in book]
    oscar.tell(Listed(tuple(buddy for buddy in buddies if buddy)))


# From other clients of the account, and from the server itself.


def on_pushed(oscar: Oscar, snac: Snac) -> None:
    """13/08, 13/09, 13/0a"""
    verb = Verb(snac.subtype)
    items = parse_items(snac.data)
    waited = {item.key for item in items if is_waiting(oscar, item)}
    touched: set[ChatId] = set()
    for item in items:
        oscar.suggest_name(item.name)
        touched |= oscar.book.apply(verb, item)
    announce(oscar, touched)
    for item in items:
        if verb is not Verb.DELETE and item.key in waited and not item.is_waiting:
            accepted(oscar, item.name)


def is_waiting(oscar: Oscar, item: Item) -> bool:
    known = oscar.book.get(item.key)
    return known is not None and known.is_waiting


# Authorisation.


def on_asked(oscar: Oscar, snac: Snac) -> None:
    """13/19"""
    asked = parse_asked(snac.data)
    reason = decode_unnamed(asked.reason, oscar.settings.encoding)
    oscar.tell(Requested(oscar.written(asked.name), reason))


def on_answered(oscar: Oscar, snac: Snac) -> None:
    """13/1b"""
    answered = parse_answered(snac.data)
    if answered.is_granted:
        granted(oscar, answered.name)
    else:
        reason = decode_unnamed(answered.reason, oscar.settings.encoding)
        oscar.tell(Declined(oscar.written(answered.name), reason))


def on_granted(oscar: Oscar, snac: Snac) -> None:
    """13/15: before we asked, or without our item that waits."""
    granted(oscar, parse_granted(snac.data).name)


def granted(oscar: Oscar, name: str) -> None:
    """Some servers have pushed the item without its mark already."""
    who = normalise(name)
    buddy = oscar.book.buddy(who)
    if buddy and buddy.is_waiting:
        for item in oscar.book.authorised(who):
            oscar.book.put(item)
        announce(oscar, {who})
        accepted(oscar, name)


def accepted(oscar: Oscar, name: str) -> None:
    """IServerd gives the list no new version for it, so what we remember of it is out of date."""
    oscar.tell(Remember(copy.NAME, ""))
    oscar.tell(Accepted(oscar.written(name)))


def on_added_us(oscar: Oscar, snac: Snac) -> None:
    """13/1c"""
    added_us(oscar, parse_granted(snac.data).name)


def added_us(oscar: Oscar, name: str) -> None:
    oscar.notice(f"{oscar.written(name)} has added you to their contact list.")
