"""What others find about our user: the profile of AIM, the details of ICQ.

AIM   02/04, at each log-in anew: servers forget it with the session, so we remember it
ICQ   04d0 ──► 00c8 … all there is ──► 03ea with what is new ──► 0064 ──► 0406 ──► 0082
"""

from gateway.commands import SetProfile
from gateway.errors import Reason
from gateway.network import Field, FieldKind
from gateway.words import mark
from networks.oscar.blocks import build_location
from networks.oscar.details import (
    LABELS,
    QUERY_FULL,
    SET_BASIC,
    SET_NOTES,
    build_basic,
    uin_body,
)
from networks.oscar.icq import Result, build_meta, string
from networks.oscar.news import Remember
from networks.oscar.requests import Asked, Request
from networks.oscar.state import Oscar
from networks.oscar.text import encode_mime, to_html

PROFILE = "profile"

PROFILE_AIM = (Field(name=PROFILE, label=mark("Profile"), kind=FieldKind.LONG),)

NOTES = "notes"

PROFILE_ICQ = (
    *(
        Field(name=key, label=LABELS[key])
        for key in ("nick", "first", "last", "email", "city", "state", "phone", "cellular")
    ),
    Field(name=NOTES, label=LABELS[NOTES], kind=FieldKind.LONG),
)
"""Not the home page, age and gender: servers do not agree on how these are sent."""

MAX_PROFILE = 1000
"""Bytes of HTML: what 02/03 of open-oscar-server says."""

MAX_DETAIL, MAX_NOTES = 250, 450
"""Bytes: what IServerd reads of a text, and what ICQ's own clients let people write."""

KINDS = (Asked.OWN, Asked.OWN_BASIC, Asked.OWN_NOTES)
"""What a request of ICQ's is one after the other."""

NOT_HERE = "This server has no directory."
NOT_SAVED = "The server did not save it."


def set_profile(oscar: Oscar, command: SetProfile) -> None:
    values = {name: value.strip() for name, value in command.fields}
    request = Request(Asked.OWN, command.token, oscar.id, values=values)
    if not oscar.is_icq:
        set_text(oscar, request, values.get(PROFILE, ""))
    elif 0x15 not in oscar.signon.families:
        oscar.refuse(request, Reason.NOT_SUPPORTED, NOT_HERE)
    elif long := [field.label for field in PROFILE_ICQ if is_too_long(field.name, values)]:
        oscar.refuse(request, Reason.NOT_ACCEPTABLE, f"Too long: {', '.join(long)}.")
    else:
        ask(oscar, request, QUERY_FULL, uin_body(oscar.id))


def is_too_long(name: str, values: dict[str, str]) -> bool:
    return len(values.get(name, "").encode()) > (MAX_NOTES if name == NOTES else MAX_DETAIL)


# AIM.


def set_text(oscar: Oscar, request: Request, text: str) -> None:
    """Servers do not answer."""
    profile = encoded(text)
    if len(profile[1]) > MAX_PROFILE:
        too_long = f"A profile has at most some {MAX_PROFILE} characters, formatting included."
        oscar.refuse(request, Reason.NOT_ACCEPTABLE, too_long)
        return
    oscar.send(0x02, 0x04, build_location(profile=profile), key="profile", is_owed=True)
    oscar.profile = text
    oscar.tell(Remember(memory_name(oscar), text))
    oscar.done(request)


def encoded(text: str) -> tuple[str, bytes]:
    return encode_mime(to_html(text) if text else "")


def memory_name(oscar: Oscar) -> str:
    """Another account of the same user has another."""
    return f"profile of {oscar.id}"


def recall(oscar: Oscar) -> tuple[str, bytes] | None:
    """Our profile, for the log-in; None if it was never set from here."""
    oscar.profile = oscar.login.memory.get(memory_name(oscar), "")
    return encoded(oscar.profile) if oscar.profile else None


# ICQ.


def ask(oscar: Oscar, request: Request, subtype: int, body: bytes) -> None:
    request.sequence = oscar.next_sequence()
    oscar.send(0x15, 0x02, build_meta(oscar.id, request.sequence, subtype, body), request)


def go_on(oscar: Oscar, request: Request, result: int) -> None:
    """The last part of an answer has come; ``rows`` are the bodies of ANSWER_BASIC."""
    match request.kind:
        case Asked.OWN:
            changed = {name: value.encode() for name, value in request.values.items()}
            request.kind = Asked.OWN_BASIC
            ask(oscar, request, SET_BASIC, build_basic(b"".join(request.rows[:1]), changed))
        case _ if result != Result.OK:
            oscar.refuse(request, Reason.FULL, NOT_SAVED)
        case Asked.OWN_BASIC:
            request.kind = Asked.OWN_NOTES
            ask(oscar, request, SET_NOTES, string(request.values.get(NOTES, "").encode()))
        case _:
            oscar.done(request)
