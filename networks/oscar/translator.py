"""OSCAR's terms into common ones."""

from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from gateway import events
from gateway.events import (
    AuthorizationAsked,
    Avatar,
    AvatarFetched,
    BlockedListed,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRefused,
    ContactRemoved,
    ContactsListed,
    Done,
    Event,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    NoticeReceived,
    Occupant,
    OccupantJoined,
    OccupantLeft,
    PeopleFound,
    PresenceChanged,
    ProfileChanged,
    ProfileFetched,
    Refused,
    Remembered,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    Show,
    TypingChanged,
)
from gateway.ids import PersonId
from networks.oscar import news as oscar
from networks.oscar.text import from_html, from_text
from networks.oscar.users import (
    STATUS_AWAY,
    STATUS_DND,
    STATUS_FREE_FOR_CHAT,
    STATUS_NA,
    STATUS_OCCUPIED,
)


class OscarTranslator:
    def translate(self, news: oscar.News) -> Iterator[Event]:
        match news:
            case oscar.Said():
                message = said(news)
                if message.body.strip():  # iserverd makes empty ones of channel 4.
                    yield message
            case oscar.Delivered(chat, token, body, id):
                yield MessageSent(chat=chat, token=token, body=body, confirmed=True, id=id)
            case oscar.Typed(chat, name, typing):
                yield TypingChanged(chat=chat, sender=PersonId(name), typing=typing)
            case oscar.Seen():
                yield presence(news)
            case oscar.Appeared(name, icon):
                yield ProfileChanged(person=PersonId(name), name=name, avatar=icon)
            case oscar.Listed(buddies):
                yield ContactsListed(contacts=tuple(map(contact, buddies)))
            case oscar.Denylist(token, names):
                yield BlockedListed(token=token, people=tuple(map(PersonId, names)))
            case oscar.Changed(buddy):
                yield ContactChanged(contact=contact(buddy))
            case oscar.Removed(name):
                yield ContactRemoved(person=PersonId(name))
            case oscar.Accepted(name):
                yield ContactAdded(person=PersonId(name))
            case oscar.Declined(name, reason):
                yield ContactRefused(person=PersonId(name), detail=reason)
            case oscar.Requested(name, reason):
                yield AuthorizationAsked(person=PersonId(name), reason=reason)
            case oscar.Came(room, name):
                yield OccupantJoined(room=room, occupant=Occupant(person=PersonId(name)))
            case oscar.Went(room, name):
                yield OccupantLeft(room=room, person=PersonId(name), how=events.Departure.LEFT)
            case oscar.Entered(room, me, names, token):
                yield RoomJoined(
                    room=room,
                    me=PersonId(me),
                    occupants=tuple(Occupant(person=PersonId(name)) for name in names),
                    token=token,
                )
            case oscar.Exited(room, how, detail):
                yield RoomLeft(room=room, how=how, detail=detail)
            case oscar.Invited(room, by, text):
                yield RoomInvited(room=room, by=PersonId(by), reason=from_html(text)[0])
            case oscar.IconFetched(token, name, data):
                yield AvatarFetched(token=token, person=PersonId(name), avatar=avatar(data))
            case oscar.Described(token, name, facts):
                yield ProfileFetched(token=token, person=PersonId(name), fields=facts)
            case oscar.Found(token, people):
                yield PeopleFound(
                    token=token,
                    people=tuple(
                        events.Found(person=PersonId(name), fields=facts) for name, facts in people
                    ),
                )
            case oscar.Answered(token):
                yield Done(token=token)
            case oscar.Denied(token, reason, detail):
                yield Refused(token=token, reason=reason, detail=detail)
            case oscar.Noticed(text):
                yield NoticeReceived(text=text)
            case oscar.Remember(name, value, seconds):
                yield Remembered(name=name, value=value, seconds=seconds)
            case oscar.Welcomed(name):
                yield LoggedIn(me=PersonId(name))
            case oscar.Renamed(name):
                yield events.Renamed(me=PersonId(name))
            case oscar.Ended(why, detail, pause):
                yield LoggedOut(why=why, detail=detail, pause=pause)
            case _:
                assert_never(news)


AUTOMATIC = "(automatic answer) "
"""XMPP has no mark for it that clients would show."""


def said(news: oscar.Said) -> MessageReceived:
    body, xhtml = from_text(news.text, is_html=news.is_html)
    if news.is_automatic and body.strip():
        body, xhtml = AUTOMATIC + body, AUTOMATIC + xhtml if xhtml else ""
    return MessageReceived(
        chat=news.chat,
        sender=PersonId(news.name),
        body=body,
        id=news.id,
        sent_at=news.sent_at,
        xhtml=xhtml,
        is_in_room=news.is_room,
        whisper_in=news.whisper_in,
    )


def contact(buddy: oscar.Buddy) -> Contact:
    return Contact(
        person=PersonId(buddy.name),
        name=buddy.alias,
        groups=buddy.groups,
        is_authorized=not buddy.is_waiting,
    )


STATUSES: tuple[tuple[int, Show, str], ...] = (
    (STATUS_DND, Show.DND, "Do not disturb"),
    (STATUS_OCCUPIED, Show.DND, "Occupied"),
    (STATUS_NA, Show.XA, "Not available"),
    (STATUS_AWAY, Show.AWAY, ""),
    (STATUS_FREE_FOR_CHAT, Show.CHAT, ""),
)
"""Bits of ICQ's status: each of the stronger has those of the weaker, too.  The words are for what
XMPP cannot say otherwise."""

MOODS = {
    0x2000: "Out to lunch",
    0x3000: "In a bad mood",
    0x4000: "Depressed",
    0x5000: "At home",
    0x6000: "At work",
}
"""Above those bits, of clients since ICQ 5."""


def availability(news: oscar.Seen) -> tuple[Show, str]:
    """ICQ's word says more than the flag, which servers set for everybody who is away."""
    word = news.status or 0
    mood = MOODS.get(word & 0xF000, "")
    for bit, show, words in STATUSES:
        if word & bit:
            return show, mood or words
    return (Show.AWAY if news.is_away else Show.AVAILABLE), mood


def presence(news: oscar.Seen) -> PresenceChanged:
    if not news.is_online:
        return PresenceChanged(person=PersonId(news.name), show=Show.OFFLINE)
    show, words = availability(news)
    return PresenceChanged(
        person=PersonId(news.name),
        show=show,
        status=from_html(news.away)[0].strip() or news.note or words,
        idle=timedelta(minutes=news.idle_minutes) if news.idle_minutes else None,
    )


MAGIC = (
    (b"GIF8", "image/gif"),
    (b"\xff\xd8", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)


def avatar(data: bytes) -> Avatar | None:
    """Nobody says of which type it is, and other users chose it: what is no picture is none."""
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return Avatar(data=data, media_type=media_type)
    return None
