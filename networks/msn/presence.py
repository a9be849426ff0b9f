"""Who is there, whether we are, and what stands below the names.

ILN at log-in, NLN, FLN    and UBX for the text          CHG, UUX, PRP    ours
Up to MSNP13 nobody says on which network somebody is.
"""

from hashlib import sha1

from gateway.commands import ChangeNick, SetInvisible, SetName, SetPresence, SetTune
from gateway.errors import Reason
from gateway.events import Show
from gateway.fsm import MAIN
from gateway.ids import ChatId
from networks.msn.editing import rename_me
from networks.msn.form import MAX_NICK
from networks.msn.ids import normalise
from networks.msn.msnobject import PICTURE, parse_object
from networks.msn.news import Appeared, Seen
from networks.msn.personal import Tune, build_uux, parse_ubx
from networks.msn.requests import Asked, Request
from networks.msn.services import call, run
from networks.msn.soap import parse_done
from networks.msn.sso import Site
from networks.msn.state import Msn, Person, State, Task
from networks.msn.wire import Command, quote

CAPABILITIES = "268435488"
"""10000000h, pictures as Messenger 6 shows them, and 20h, messages in chunks.  What more there is
(ink, winks, cameras …) we could not show."""

STATUS: dict[Show, str] = {
    Show.AVAILABLE: "NLN",
    Show.CHAT: "NLN",
    Show.AWAY: "AWY",
    Show.XA: "AWY",
    Show.DND: "BSY",
    Show.OFFLINE: "HDN",
}

MAX_TEXT = 129
"""Characters of a personal message, and of each part of a tune: what official clients show."""

TOO_FAST_SECONDS = 30.0
"""Until a status is said again that changed too fast for the server (800)."""

NOTHING = ("", "")
"""Of what the server knows."""

NO_PICTURE = "0"

NOT_A_NAME = f"That is not a name of at most {MAX_NICK} characters."


# Ours.


def set_presence(msn: Msn, command: SetPresence) -> None:
    own = msn.own
    own.show, own.text, own.idle = command.show, command.status, command.idle
    update(msn)


def set_invisible(msn: Msn, command: SetInvisible) -> None:
    msn.own.is_invisible = command.is_invisible
    update(msn)


def set_tune(msn: Msn, command: SetTune) -> None:
    msn.own.tune = Tune(command.title[:MAX_TEXT], command.artist[:MAX_TEXT])
    update(msn)


def announce(msn: Msn) -> None:
    """For the first time; nobody sees us before CHG."""
    own = msn.own
    own.name = own.name or msn.book.name or msn.me
    send_name(msn, own.name)
    if own.name != msn.book.name and msn.login.fields.get("nick"):
        store_name(msn, own.name)
    update(msn)


def update(msn: Msn) -> None:
    """Say what the server does not know yet.  Before we are online, all of it is said later."""
    if msn.state is not State.ONLINE:
        return
    own = msn.own
    said = build_uux(own.text[:MAX_TEXT], own.tune)
    if said != own.said:
        own.said = said
        msn.send("UUX", payload=said)
    shown = status(msn), own.picture
    if shown != own.shown:
        own.shown = shown
        msn.send("CHG", shown[0], CAPABILITIES, shown[1], request=Request(Asked.STATUS))


def on_status(msn: Msn, command: Command) -> None:
    """CHG n status: the answer to ours."""
    if request := msn.take(MAIN, command.transaction, Asked.STATUS):
        msn.done(request)


def on_status_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    """Too fast: what holds then is said later.  Else there is nothing better to say."""
    if reason is Reason.TOO_MUCH:
        msn.wake("status", TOO_FAST_SECONDS)


def on_status_timer(msn: Msn) -> None:
    msn.own.shown = NOTHING
    update(msn)


def status(msn: Msn) -> str:
    own = msn.own
    if own.is_invisible:
        return "HDN"
    is_idle = own.idle is not None and own.show in (Show.AVAILABLE, Show.CHAT)
    return "IDL" if is_idle else STATUS[own.show]


def send_name(msn: Msn, name: str, request: Request | None = None) -> None:
    msn.send("PRP", "MFN", quote(name), request=request)


def store_name(msn: Msn, name: str) -> None:
    """For those who look us up while we are offline, and for our next log-in."""
    msn.book.name = name
    run(msn, renaming(msn, name), Request(Asked.KEPT_NAME))


def renaming(msn: Msn, name: str) -> Task:
    yield from call(
        msn,
        "ABContactUpdate",
        lambda: rename_me(msn.ticket(Site.CONTACTS).text, name),
        parse_done,
    )


def on_keeping_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    msn.notice(f"Your display name holds until you log out, and could not be stored: {detail}")


def change_nick(msn: Msn, command: ChangeNick) -> None:
    name = " ".join(command.nick.split())
    if not 0 < len(name) <= MAX_NICK or not name.isprintable():
        msn.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_A_NAME)
        return
    send_name(msn, name, Request(Asked.NAME, command.token, body=name))


def set_name(msn: Msn, command: SetName) -> None:
    """Unless our user has said at registration how they want to be called here."""
    name = command.name[:MAX_NICK].strip()
    is_chosen = bool(msn.login.fields.get("nick"))
    if name and name.isprintable() and name != msn.own.name and not is_chosen:
        send_name(msn, name, Request(Asked.NAME, body=name))


def on_name_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    msn.notice(f"You are not shown as {request.body!r} on MSN: {detail}")


def on_property(msn: Msn, command: Command) -> None:
    """PRP n MFN name: the answer to ours."""
    from_us = msn.take(MAIN, command.transaction, Asked.NAME)
    if from_us:
        msn.own.name = from_us.body
        msn.done(from_us)
        store_name(msn, from_us.body)


# Theirs.


def on_initial(msn: Msn, command: Command) -> None:
    """ILN n status address network name capabilities picture"""
    seen(msn, command, 1)


def on_online(msn: Msn, command: Command) -> None:
    """NLN status address network name capabilities picture"""
    seen(msn, command, 0)


def seen(msn: Msn, command: Command, first: int) -> None:
    who = address(command.arg(first + 1))
    rest = first + (2 if msn.settings.protocol == "MSNP13" else 3)
    if not who or who == msn.me:
        return
    before = msn.people.get(who)
    person = msn.people[who] = Person(
        command.arg(first),
        command.arg(rest),
        before.text if before else "",
        "" if command.arg(rest + 2) == NO_PICTURE else command.arg(rest + 2),
    )
    if before is None or (before.name, before.picture) != (person.name, person.picture):
        msn.tell(Appeared(who, person.name, picture_name(person.picture)))
    if before is None or before.status != person.status:
        msn.tell(Seen(who, person.status, person.text))


def on_offline(msn: Msn, command: Command) -> None:
    """FLN address network"""
    who = address(command.arg(0))
    if msn.people.pop(who, None):
        msn.tell(Seen(who, "FLN"))


def on_personal(msn: Msn, command: Command) -> None:
    """UBX address network, with the text as payload"""
    who = address(command.arg(0))
    person = msn.people.get(who)
    text = parse_ubx(command.payload or b"").shown
    if person and text != person.text:
        person.text = text
        msn.tell(Seen(who, person.status, text))


def address(text: str) -> ChatId:
    """Without what later dialects put behind it."""
    return normalise(text.partition(";")[0])


def picture_name(described: str) -> str:
    """Changes when the picture does; "" for none."""
    found = parse_object(described)
    if found is None or found.kind != PICTURE:
        return ""
    return sha1(found.sha1d.encode(), usedforsecurity=False).hexdigest()
