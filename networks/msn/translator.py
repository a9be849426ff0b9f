"""MSN's terms into common ones."""

from collections.abc import Iterator
from typing import assert_never

from gateway import events
from gateway.events import (
    AttentionAsked,
    AuthorizationAsked,
    Avatar,
    AvatarFetched,
    BlockedListed,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRefused,
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
    PresenceChanged,
    ProfileChanged,
    Refused,
    Remembered,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    Show,
    TypingChanged,
)
from gateway.ids import PersonId
from networks.msn import news as msn


class MsnTranslator:
    def translate(self, news: msn.News) -> Iterator[Event]:
        match news:
            case msn.Said(chat, who, body, xhtml, sent_at, is_room):
                yield MessageReceived(
                    chat=chat,
                    sender=PersonId(who),
                    body=body,
                    xhtml=xhtml,
                    sent_at=sent_at,
                    is_in_room=is_room,
                )
            case msn.Delivered(chat, token, body):
                yield MessageSent(chat=chat, token=token, body=body, confirmed=True)
            case msn.Typed(chat, who, typing, is_room):
                yield TypingChanged(
                    chat=chat, sender=PersonId(who), typing=typing, is_in_room=is_room
                )
            case msn.Nudged(chat, who):
                yield AttentionAsked(chat=chat, sender=PersonId(who))
            case msn.Seen():
                yield presence(news)
            case msn.Appeared(who, name, picture):
                yield ProfileChanged(person=PersonId(who), name=name, avatar=picture)
            case msn.Listed(buddies):
                yield ContactsListed(contacts=tuple(map(contact, buddies)))
            case msn.Blocklist(token, people):
                yield BlockedListed(token=token, people=tuple(map(PersonId, people)))
            case msn.Changed(buddy):
                yield ContactChanged(contact=contact(buddy))
            case msn.Accepted(who):
                yield ContactAdded(person=PersonId(who))
            case msn.Declined(who, detail):
                yield ContactRefused(person=PersonId(who), detail=detail)
            case msn.Requested(who, name):
                # Nobody else can say who that is.
                yield AuthorizationAsked(person=PersonId(who), reason=name)
            case msn.Came(room, who):
                yield OccupantJoined(room=room, occupant=Occupant(person=PersonId(who)))
            case msn.Went(room, who):
                yield OccupantLeft(room=room, person=PersonId(who), how=events.Departure.LEFT)
            case msn.Entered(room, me, people, token):
                yield RoomJoined(
                    room=room,
                    me=PersonId(me),
                    occupants=tuple(Occupant(person=PersonId(who)) for who in people),
                    token=token,
                )
            case msn.Exited(room, how, detail):
                yield RoomLeft(room=room, how=how, detail=detail)
            case msn.Invited(room, by):
                yield RoomInvited(room=room, by=PersonId(by))
            case msn.PictureFetched(token, who, data):
                yield AvatarFetched(token=token, person=PersonId(who), avatar=avatar(data))
            case msn.Answered(token):
                yield Done(token=token)
            case msn.Denied(token, reason, detail):
                yield Refused(token=token, reason=reason, detail=detail)
            case msn.Noticed(text):
                yield NoticeReceived(text=text)
            case msn.Remember(name, value, seconds):
                yield Remembered(name=name, value=value, seconds=seconds)
            case msn.Welcomed(me):
                yield LoggedIn(me=PersonId(me))
            case msn.Ended(why, detail):
                yield LoggedOut(why=why, detail=detail)
            case _:
                assert_never(news)


def contact(buddy: msn.Buddy) -> Contact:
    return Contact(person=PersonId(buddy.who), name=buddy.name, groups=buddy.groups)


STATUSES: dict[str, tuple[Show, str]] = {
    "NLN": (Show.AVAILABLE, ""),
    "BSY": (Show.DND, ""),
    "IDL": (Show.AWAY, "Idle"),
    "BRB": (Show.AWAY, "Be right back"),
    "AWY": (Show.AWAY, ""),
    "PHN": (Show.DND, "On the phone"),
    "LUN": (Show.AWAY, "Out to lunch"),
    "HDN": (Show.OFFLINE, ""),
    "FLN": (Show.OFFLINE, ""),
}
"""With the words for what XMPP cannot say otherwise."""


def presence(news: msn.Seen) -> PresenceChanged:
    show, words = STATUSES.get(news.status, (Show.AVAILABLE, ""))
    status = news.text or words if show is not Show.OFFLINE else ""
    return PresenceChanged(person=PersonId(news.who), show=show, status=status)


MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


def avatar(data: bytes) -> Avatar | None:
    """Nobody says of which type it is, and other users chose it: what is no picture is none."""
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return Avatar(data=data, media_type=media_type)
    return None
