"""Profiles, ICQ's details, and looking for people.

02/15 ──►  02/06   profile and away text
15/02 ──►  15/03   details of an ICQ number in parts; people found by number, name or address
0a/02 ──►  0a/03   screen names of an e-mail address
"""

from collections.abc import Mapping

from gateway.commands import FetchProfile, SearchPeople
from gateway.errors import Reason, WireError
from gateway.network import Field
from gateway.words import mark
from networks.oscar import messages, own, presence
from networks.oscar.blocks import (
    LOCATE_AWAY,
    LOCATE_PROFILE,
    Located,
    build_locate,
    build_locate_more,
    parse_located,
)
from networks.oscar.data import Reader
from networks.oscar.data import name as wire_name
from networks.oscar.details import (
    ANSWER_BASIC,
    LABELS,
    QUERY_FULL,
    WHITE_PAGES,
    Found,
    parse_details,
    parse_found,
    search_email,
    search_uin,
    search_white_pages,
    uin_body,
)
from networks.oscar.icq import (
    META_ANSWER,
    OFFLINE_END,
    OFFLINE_MESSAGE,
    Result,
    build_meta,
    parse_answer,
    parse_meta,
)
from networks.oscar.ids import is_name, is_uin, normalise
from networks.oscar.news import Described
from networks.oscar.news import Found as People
from networks.oscar.requests import Asked, Request
from networks.oscar.state import Oscar
from networks.oscar.text import decode_mime, decode_unnamed, from_html
from networks.oscar.wire import MORE_FOLLOWS, Snac

MAX_FOUND = 100
"""People of one search."""

SEARCH_AIM = (Field(name="email", label=mark("E-mail"), required=True),)
SEARCH_ICQ = (
    Field(name="uin", label=mark("ICQ number")),
    Field(name="nick", label=mark("Nickname")),
    Field(name="first", label=mark("First name")),
    Field(name="last", label=mark("Last name")),
    Field(name="email", label=mark("E-mail")),
)

BASIC = (ANSWER_BASIC, Result.OK)

NOBODY = "That is nobody's name."
NOTHING_ASKED = "Something to search for is needed."
NOT_A_UIN = "That is not an ICQ number."
NOT_HERE = "This server has no directory."


# Profiles.


def fetch_profile(oscar: Oscar, command: FetchProfile) -> None:
    who = normalise(command.person)
    if not is_name(who):
        oscar.deny(command.token, Reason.NOT_FOUND, NOBODY)
    elif oscar.profile and who == oscar.id:
        facts = (("Name", oscar.name), ("Profile", oscar.profile))
        oscar.tell(Described(command.token, oscar.name, facts))
    elif oscar.is_icq and is_uin(who) and 0x15 in oscar.signon.families:
        request = Request(Asked.DETAILS, command.token, who)
        query(oscar, request, QUERY_FULL, uin_body(who))
    else:
        request = Request(Asked.PROFILE, command.token, who)
        what = LOCATE_PROFILE | LOCATE_AWAY
        if oscar.locate == 0x15:
            oscar.send(0x02, 0x15, build_locate_more(what, who), request)
        else:
            oscar.send(0x02, 0x05, build_locate(LOCATE_PROFILE, who), request)


def on_located(oscar: Oscar, snac: Snac) -> None:
    """02/06"""
    request = oscar.take(snac.request_id, Asked.AWAY, Asked.PROFILE)
    if request is None:
        return
    located = parse_located(snac.data)
    if request.token:
        facts = tuple(describe(oscar, located))
        oscar.done(request, Described(request.token, located.user.name, facts))
    else:
        oscar.done(request)
        presence.on_away(oscar, located)


def describe(oscar: Oscar, located: Located) -> list[tuple[str, str]]:
    user, encoding = located.user, oscar.settings.encoding
    facts = [("Name", user.name)]
    if located.profile:
        profile = decode_mime(located.profile_type, located.profile, encoding)
        facts.append(("Profile", from_html(profile)[0]))
    if located.away:
        away = decode_mime(located.away_type, located.away, encoding)
        facts.append(("Away", from_html(away)[0]))
    if user.member_since:
        facts.append(("Member since", f"{user.member_since:%Y-%m-%d}"))
    if user.signed_on:
        facts.append(("Online since", f"{user.signed_on:%Y-%m-%d %H:%M} UTC"))
    if user.idle_minutes:
        facts.append(("Idle", f"{user.idle_minutes} minutes"))
    if user.warning:
        facts.append(("Warning level", f"{user.warning / 10:g} %"))
    return [(label, value) for label, value in facts if value.strip()]


# ICQ's own queries.


def query(oscar: Oscar, request: Request, subtype: int, body: bytes) -> None:
    request.sequence = oscar.next_sequence()
    oscar.send(0x15, 0x02, build_meta(oscar.id, request.sequence, subtype, body), request)


def on_icq_answer(oscar: Oscar, snac: Snac) -> None:
    """15/03"""
    answer = parse_answer(snac.data)
    if answer.type == OFFLINE_MESSAGE:
        messages.on_stored(oscar, answer.body)
    elif answer.type == OFFLINE_END:
        messages.on_all_stored(oscar, snac)
    elif answer.type == META_ANSWER:
        on_meta(oscar, snac, answer.sequence, answer.body)


def on_meta(oscar: Oscar, snac: Snac, sequence: int, body: bytes) -> None:
    """In parts: all but the last have MORE_FOLLOWS."""
    request = oscar.pending.get(snac.request_id)
    if request is None or request.sequence != sequence:
        return
    meta = parse_meta(body)
    request.age = 0
    if request.kind is Asked.DETAILS:
        request.rows += [(item.key, item.value) for item in parse_details(meta)]
    elif request.kind is Asked.OWN:
        request.rows += [meta.body] if (meta.subtype, meta.result) == BASIC else []
    elif request.kind is Asked.SEARCH and len(request.rows) < MAX_FOUND:
        try:
            found = parse_found(meta)
        except WireError:  # What others say of themselves must not hide those after them.
            found = None
        if found:
            request.rows.append(found)
    if not snac.flags & MORE_FOLLOWS and request.token:
        del oscar.pending[snac.request_id]
        finish(oscar, request, meta.result)


def finish(oscar: Oscar, request: Request, result: int) -> None:
    assert request.token
    if request.kind in own.KINDS:
        own.go_on(oscar, request, result)
    elif request.kind is Asked.SEARCH:
        rows = tuple((item.uin, row(oscar, item)) for item in request.rows)
        oscar.done(request, People(request.token, rows))
    elif request.rows:
        name = oscar.written(request.chat)
        facts = [("ICQ number", str(request.chat))]
        facts += [(LABELS[key], text(oscar, value)) for key, value in request.rows]
        oscar.done(request, Described(request.token, name, tuple(facts)))
    else:
        oscar.refuse(request, Reason.NOT_FOUND, "The server knows nothing of them.")


def text(oscar: Oscar, value: bytes) -> str:
    return decode_unnamed(value, oscar.settings.encoding)


def row(oscar: Oscar, found: Found) -> tuple[tuple[str, str], ...]:
    return (
        ("ICQ number", found.uin),
        (LABELS["nick"], text(oscar, found.nick)),
        (LABELS["first"], text(oscar, found.first)),
        (LABELS["last"], text(oscar, found.last)),
        (LABELS["email"], text(oscar, found.email)),
    )


# Search.


def search_people(oscar: Oscar, command: SearchPeople) -> None:
    wanted = {name: value.strip() for name, value in command.fields if value.strip()}
    family = 0x15 if oscar.is_icq else 0x0A
    if family not in oscar.signon.families:
        oscar.deny(command.token, Reason.NOT_SUPPORTED, NOT_HERE)
    elif oscar.is_icq:
        search_icq(oscar, command, wanted)
    elif email := wanted.get("email"):
        request = Request(Asked.SEARCH, command.token)
        oscar.send(0x0A, 0x02, email.encode(), request)
    else:
        oscar.deny(command.token, Reason.BAD_REQUEST, NOTHING_ASKED)


def search_icq(oscar: Oscar, command: SearchPeople, wanted: Mapping[str, str]) -> None:
    uin = wanted.get("uin", "").replace("-", "")
    fields = [(key, value.encode()) for key, value in wanted.items() if key in WHITE_PAGES]
    if uin and not (is_uin(uin) and int(uin[:11]) <= 0xFFFFFFFF):
        oscar.deny(command.token, Reason.BAD_REQUEST, NOT_A_UIN)
        return
    if uin:
        found = search_uin(uin)
    elif [key for key, _ in fields] == ["email"]:
        found = search_email(fields[0][1])
    elif fields:
        found = search_white_pages(fields)
    else:
        oscar.deny(command.token, Reason.BAD_REQUEST, NOTHING_ASKED)
        return
    query(oscar, Request(Asked.SEARCH, command.token), *found)


def on_names_found(oscar: Oscar, snac: Snac) -> None:
    """0a/03: TLV 01 for each."""
    request = oscar.take(snac.request_id, Asked.SEARCH)
    if request and request.token:
        found = Reader(snac.data).tlvs().all(0x01)[:MAX_FOUND]
        names = [wire_name(raw) for raw in found]
        rows = tuple((name, (("Screen name", name),)) for name in names)
        oscar.done(request, People(request.token, rows))
