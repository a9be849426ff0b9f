"""Who is there, and whether we are.

03/0b  arrived, or anything about them changed        03/0c  gone
02/04  our away text         01/1e  our status (ICQ's word; invisible; a text)
01/11  how long we are idle
02/15, or 02/05 at old servers: their away text, which presence does not have  ──►  02/06
"""

from datetime import timedelta

from gateway.commands import SetInvisible, SetPresence
from gateway.errors import Reason
from gateway.events import Show
from networks.oscar.blocks import (
    LOCATE_AWAY,
    Located,
    build_locate,
    build_locate_more,
    build_location,
    build_status,
)
from networks.oscar.data import u32
from networks.oscar.ids import normalise
from networks.oscar.news import Appeared, Renamed, Seen
from networks.oscar.parts import Person
from networks.oscar.requests import Asked, Request
from networks.oscar.state import LOCATES, Oscar
from networks.oscar.text import decode_mime, encode_mime, to_html
from networks.oscar.users import (
    STATUS_AWAY,
    STATUS_DND,
    STATUS_FREE_FOR_CHAT,
    STATUS_INVISIBLE,
    STATUS_NA,
    STATUS_OCCUPIED,
    STATUS_ONLINE,
    UserInfo,
    parse_users,
)
from networks.oscar.wire import Snac

STATUS: dict[Show, int] = {
    Show.AVAILABLE: STATUS_ONLINE,
    Show.CHAT: STATUS_FREE_FOR_CHAT,
    Show.AWAY: STATUS_AWAY,
    Show.XA: STATUS_AWAY | STATUS_NA,
    Show.DND: STATUS_AWAY | STATUS_DND | STATUS_OCCUPIED,
    Show.OFFLINE: STATUS_INVISIBLE,
}
"""As ICQ's own clients send them: each of the stronger ones has the bits of the weaker."""

AWAY_WORDS = {Show.AWAY: "Away", Show.XA: "Away for longer", Show.DND: "Please do not disturb"}

MAX_AWAY = 1000
"""Bytes of an away text: what 02/03 of every server says."""

MAX_IDLE = 30 * 86_400
"""Seconds.  Servers make minutes of it, which have to fit a u16."""

VARYING = (0x04, 0x0F)
"""TLVs of user info that change by themselves: idle minutes, seconds online."""


# Ours.


def set_presence(oscar: Oscar, command: SetPresence) -> None:
    oscar.wanted = command
    update(oscar)


def set_invisible(oscar: Oscar, command: SetInvisible) -> None:
    oscar.is_invisible = command.is_invisible
    update(oscar)


def update(oscar: Oscar) -> None:
    """Only the last of several that wait is sent, and nothing when the server knows already.

    While nobody may see us it hears of nothing but that: open-oscar-server answers an away text or
    an idle time by telling everybody that we are there.
    """
    if oscar.is_invisible:
        set_status(oscar, STATUS_INVISIBLE, "")
    elif oscar.wanted:
        show_status(oscar, oscar.wanted)
        show_away(oscar, oscar.wanted)
        show_idle(oscar, oscar.wanted.idle)
    else:
        set_status(oscar, STATUS_ONLINE, "")


def show_status(oscar: Oscar, wanted: SetPresence) -> None:
    show = wanted.show
    note = wanted.status if oscar.is_icq or show not in AWAY_WORDS else ""
    # AIM knows one kind of absence, which the away text is.
    set_status(oscar, STATUS[show] if oscar.is_icq else STATUS[show] & STATUS_INVISIBLE, note)


def set_status(oscar: Oscar, status: int, note: str) -> None:
    own = oscar.own
    if not oscar.takes_notes:
        note = own.note
    if (status, note) != (own.status, own.note):
        own.status, own.note = status, note
        send_status(oscar)


def show_away(oscar: Oscar, wanted: SetPresence) -> None:
    words = AWAY_WORDS.get(wanted.show, "")
    away = (wanted.status or words) if words else ""
    if away != oscar.own.away:
        oscar.own.away = away
        location = build_location(away=encoded(away) if away else ("", b""))
        oscar.send(0x02, 0x04, location, key="away", is_owed=True)


def show_idle(oscar: Oscar, idle: timedelta | None) -> None:
    """01/11.  The server counts on from there."""
    if idle is not None or oscar.own.is_idle:
        oscar.own.is_idle = idle is not None
        oscar.send(0x01, 0x11, u32(idle_seconds(idle)), key="idle", is_owed=True)


def idle_seconds(idle: timedelta | None) -> int:
    """0 is for those who are not idle."""
    return 0 if idle is None else min(max(int(idle.total_seconds()), 1), MAX_IDLE)


def send_status(oscar: Oscar) -> None:
    own = oscar.own
    if not oscar.takes_notes:
        oscar.send(0x01, 0x1E, build_status(own.status), key="status", is_owed=True)
        return
    request = Request(Asked.STATUS)
    data = build_status(own.status, text=own.note)
    oscar.send(0x01, 0x1E, data, request, key="status", is_owed=True)


def on_status_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    """iserverd does not take a status with a text.  No answer is how other servers agree."""
    if reason is not Reason.TIMEOUT and oscar.takes_notes:
        oscar.takes_notes = False
        send_status(oscar)


def encoded(text: str) -> tuple[str, bytes]:
    """Type and bytes, cut so that the server takes it."""
    mime, data = encode_mime(to_html(text))
    while len(data) > MAX_AWAY:
        text = text[: len(text) * 3 // 4]
        mime, data = encode_mime(to_html(text))
    return mime, data


def learn_self(oscar: Oscar, snac: Snac) -> bool:
    """01/0f; the first block is the whole user.  Returns whether our name is written otherwise."""
    users = parse_users(snac.data)
    if not users or not oscar.is_me(users[0].name):
        return False
    before, oscar.name = oscar.name, users[0].name
    oscar.signon.signed_on = users[0].signed_on
    return oscar.name != before


def on_self(oscar: Oscar, snac: Snac) -> None:
    if request := oscar.take(snac.request_id, Asked.STATUS):
        oscar.done(request)
    if learn_self(oscar, snac):
        oscar.tell(Renamed(oscar.name))


# Theirs.


def on_arrived(oscar: Oscar, snac: Snac) -> None:
    """03/0b"""
    for info in parse_users(snac.data):
        oscar.learn_name(info.name)
        if (info.status or 0) & STATUS_INVISIBLE:  # open-oscar-server leaves that to clients.
            departed(oscar, info)
        else:
            arrived(oscar, info)


def arrived(oscar: Oscar, info: UserInfo) -> None:
    who = normalise(info.name)
    person = oscar.people.get(who)
    before = person.info if person else None
    if person is None:
        person = oscar.people[who] = Person(info)
    person.info = info
    if not info.is_away:
        person.away = ""
    elif before is None or not is_idling(before, info):
        fetch_away(oscar, info.name)
    icon = info.icon
    shown = (info.name, icon.hex() if icon is not None else None)
    if shown != person.shown:
        person.shown = shown
        oscar.tell(Appeared(*shown))
    tell(oscar, person)


def is_idling(before: UserInfo, now: UserInfo) -> bool:
    """Nothing happened but that time went by.  If nothing changed at all, it is the text that did:
    the server has no other reason to tell us."""
    is_other_time = before.idle_minutes != now.idle_minutes
    return is_other_time and before.tlvs.but(*VARYING) == now.tlvs.but(*VARYING)


def tell(oscar: Oscar, person: Person) -> None:
    info = person.info
    oscar.tell(
        Seen(
            info.name,
            True,
            info.is_away,
            info.status,
            person.away,
            info.status_text or "",
            info.idle_minutes,
        )
    )


def on_departed(oscar: Oscar, snac: Snac) -> None:
    """03/0c; the name may be normalised here."""
    for info in parse_users(snac.data):
        departed(oscar, info)


def departed(oscar: Oscar, info: UserInfo) -> None:
    oscar.people.pop(normalise(info.name), None)
    oscar.tell(Seen(oscar.written(info.name), False))


# Away texts.


def fetch_away(oscar: Oscar, name: str) -> None:
    """When nothing else waits to be sent; asked once, however often they come and go meanwhile."""
    who = normalise(name)
    request = Request(Asked.AWAY, chat=who)
    key = f"away of {who}"
    if oscar.locate == 0x15:
        data = build_locate_more(LOCATE_AWAY, who)
    elif oscar.locate == 0x05:
        data = build_locate(LOCATE_AWAY, who)
    else:
        return
    oscar.send(0x02, oscar.locate, data, request, key=key, is_background=True)


def on_away(oscar: Oscar, located: Located) -> None:
    """Of 02/06."""
    person = oscar.people.get(normalise(located.user.name))
    if person is None or not person.info.is_away or located.away is None:
        return
    away = decode_mime(located.away_type, located.away, oscar.settings.encoding)
    if away != person.away:
        person.away = away
        tell(oscar, person)


def on_away_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    """They have just gone, or the server does not know that way of asking."""
    if reason is not Reason.NOT_SUPPORTED or oscar.locate == LOCATES[-1]:
        return
    oscar.locate = LOCATES[LOCATES.index(oscar.locate) + 1]
    if person := oscar.people.get(request.chat):
        fetch_away(oscar, person.info.name)
