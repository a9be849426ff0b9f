"""OSCAR's terms into common ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway import events
from gateway.errors import Reason
from gateway.events import (
    AuthorizationAsked,
    Avatar,
    AvatarFetched,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRefused,
    ContactRemoved,
    ContactsListed,
    Departure,
    Done,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    NoticeReceived,
    Occupant,
    OccupantJoined,
    OccupantLeft,
    Offline,
    PeopleFound,
    PresenceChanged,
    ProfileChanged,
    ProfileFetched,
    Refused,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    Show,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, MessageId, PersonId, Token
from networks.oscar import news as oscar
from networks.oscar.translator import AUTOMATIC, OscarTranslator

ROMEO, CHAT, ROOM, TOKEN = PersonId("Romeo"), ChatId("romeo"), ChatId("#verona"), Token("1")
JULIET = PersonId("Juliet")
BUDDY = oscar.Buddy("Romeo", "My Romeo", ("Friends",), True)
CONTACT = Contact(person=ROMEO, name="My Romeo", groups=("Friends",), is_authorized=False)
AT = datetime(2008, 7, 6, tzinfo=UTC)


def translate(news: oscar.News) -> list[Any]:
    return list(OscarTranslator().translate(news))


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (oscar.Welcomed("Juliet"), LoggedIn(me=JULIET)),
        (oscar.Renamed("JULIET"), events.Renamed(me=PersonId("JULIET"))),
        (oscar.Ended(Offline.NETWORK, "x"), LoggedOut(why=Offline.NETWORK, detail="x")),
        (
            oscar.Ended(Offline.NETWORK, "x", 62.0),
            LoggedOut(why=Offline.NETWORK, detail="x", pause=62.0),
        ),
        (oscar.Noticed("a <b>"), NoticeReceived(text="a <b>")),
        (oscar.Answered(TOKEN), Done(token=TOKEN)),
        (
            oscar.Denied(TOKEN, Reason.GONE, "x"),
            Refused(token=TOKEN, reason=Reason.GONE, detail="x"),
        ),
        (oscar.Listed((BUDDY,)), ContactsListed(contacts=(CONTACT,))),
        (oscar.Changed(BUDDY), ContactChanged(contact=CONTACT)),
        (oscar.Removed("Romeo"), ContactRemoved(person=ROMEO)),
        (oscar.Accepted("Romeo"), ContactAdded(person=ROMEO)),
        (oscar.Declined("Romeo", "no"), ContactRefused(person=ROMEO, detail="no")),
        (oscar.Requested("Romeo", "pls"), AuthorizationAsked(person=ROMEO, reason="pls")),
        (oscar.Appeared("Romeo", "ab"), ProfileChanged(person=ROMEO, name="Romeo", avatar="ab")),
        (
            oscar.Typed(CHAT, "Romeo", Typing.PAUSED),
            TypingChanged(chat=CHAT, sender=ROMEO, typing=Typing.PAUSED),
        ),
        (
            oscar.Delivered(CHAT, TOKEN, "Hi", MessageId("a")),
            MessageSent(chat=CHAT, token=TOKEN, body="Hi", confirmed=True, id=MessageId("a")),
        ),
        (
            oscar.Entered(ROOM, "Juliet", ("Romeo", "Juliet"), TOKEN),
            RoomJoined(
                room=ROOM,
                me=JULIET,
                occupants=(Occupant(person=ROMEO), Occupant(person=JULIET)),
                token=TOKEN,
            ),
        ),
        (
            oscar.Came(ROOM, "Romeo"),
            OccupantJoined(room=ROOM, occupant=Occupant(person=ROMEO)),
        ),
        (
            oscar.Went(ROOM, "Romeo"),
            OccupantLeft(room=ROOM, person=ROMEO, how=Departure.LEFT),
        ),
        (
            oscar.Exited(ROOM, Departure.LOST, "x"),
            RoomLeft(room=ROOM, how=Departure.LOST, detail="x"),
        ),
        (
            oscar.Invited(ROOM, "Romeo", "<B>Come</B> &amp; go"),
            RoomInvited(room=ROOM, by=ROMEO, reason="*Come* & go"),
        ),
        (
            oscar.Described(TOKEN, "Romeo", (("Name", "R"),)),
            ProfileFetched(token=TOKEN, person=ROMEO, fields=(("Name", "R"),)),
        ),
        (
            oscar.Found(TOKEN, (("Romeo", (("Name", "R"),)),)),
            PeopleFound(token=TOKEN, people=(events.Found(person=ROMEO, fields=(("Name", "R"),)),)),
        ),
    ],
)
def test_terms(news: oscar.News, expected: Any) -> None:
    assert translate(news) == [expected]


# Messages.


@pytest.mark.parametrize(
    ("news", "changed"),
    [
        (
            oscar.Said(CHAT, "Romeo", "<HTML><B>Hi</B> &lt;</HTML>", True),
            {"body": "*Hi* <", "xhtml": "<strong>Hi</strong> &lt;"},
        ),
        (oscar.Said(CHAT, "Romeo", "a <b>", False), {"body": "a <b>"}),
        (
            oscar.Said(CHAT, "Romeo", "Hi", True, MessageId("a"), AT),
            {"body": "Hi", "id": "a", "sent_at": AT},
        ),
        (
            oscar.Said(CHAT, "Romeo", "<I>gone</I>", True, is_automatic=True),
            {"body": f"{AUTOMATIC}_gone_", "xhtml": f"{AUTOMATIC}<em>gone</em>"},
        ),
        (
            oscar.Said(CHAT, "Romeo", "gone", True, is_automatic=True),
            {"body": f"{AUTOMATIC}gone"},
        ),
        (
            oscar.Said(ROOM, "Romeo", "Hi", True, is_room=True),
            {"chat": ROOM, "body": "Hi", "is_in_room": True},
        ),
        (
            oscar.Said(CHAT, "Romeo", "Hi", True, whisper_in=ROOM),
            {"body": "Hi", "whisper_in": ROOM},
        ),
    ],
)
def test_said(news: oscar.Said, changed: dict[str, Any]) -> None:
    expected = {"chat": CHAT, "sender": ROMEO} | changed
    assert translate(news) == [MessageReceived(**expected)]


def test_nothing_said() -> None:
    for text in ("", " ", "<HTML><BODY></BODY></HTML>"):
        assert translate(oscar.Said(CHAT, "Romeo", text, True)) == []
        assert translate(oscar.Said(CHAT, "Romeo", text, True, is_automatic=True)) == []


# Presence.


@pytest.mark.parametrize(
    ("news", "show", "status"),
    [
        (oscar.Seen("Romeo", False), Show.OFFLINE, ""),
        (oscar.Seen("Romeo", True), Show.AVAILABLE, ""),
        (oscar.Seen("Romeo", True, note="Reading"), Show.AVAILABLE, "Reading"),
        (oscar.Seen("Romeo", True, True), Show.AWAY, ""),
        (oscar.Seen("Romeo", True, True, away="<B>out</B> "), Show.AWAY, "*out*"),
        (oscar.Seen("Romeo", True, True, 0), Show.AWAY, ""),
        (oscar.Seen("Romeo", True, False, 0x10000), Show.AVAILABLE, ""),
        (oscar.Seen("Romeo", True, True, 0x10000001), Show.AWAY, ""),
        (oscar.Seen("Romeo", True, True, 0x05), Show.XA, "Not available"),
        (oscar.Seen("Romeo", True, True, 0x11), Show.DND, "Occupied"),
        (oscar.Seen("Romeo", True, True, 0x13), Show.DND, "Do not disturb"),
        (oscar.Seen("Romeo", True, True, 0x13, "go away"), Show.DND, "go away"),
        (oscar.Seen("Romeo", True, False, 0x20), Show.CHAT, ""),
        (oscar.Seen("Romeo", True, False, 0x100), Show.AVAILABLE, ""),
        (oscar.Seen("Romeo", True, True, 0x2001), Show.AWAY, "Out to lunch"),
        (oscar.Seen("Romeo", True, False, 0x3000), Show.AVAILABLE, "In a bad mood"),
        (oscar.Seen("Romeo", True, False, 0x4000), Show.AVAILABLE, "Depressed"),
        (oscar.Seen("Romeo", True, False, 0x5000), Show.AVAILABLE, "At home"),
        (oscar.Seen("Romeo", True, False, 0x6000), Show.AVAILABLE, "At work"),
    ],
)
def test_seen(news: oscar.Seen, show: Show, status: str) -> None:
    assert translate(news) == [PresenceChanged(person=ROMEO, show=show, status=status)]


def test_idle() -> None:
    (event,) = translate(oscar.Seen("Romeo", True, idle_minutes=7))
    assert event.idle == timedelta(minutes=7)


# Icons.


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"GIF89a...", "image/gif"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n", "image/png"),
        (b"BM1234", "image/bmp"),
        (b"\0\0\1\0", "image/x-icon"),
    ],
)
def test_icon(data: bytes, media_type: str) -> None:
    avatar = Avatar(data=data, media_type=media_type)
    fetched = AvatarFetched(token=TOKEN, person=ROMEO, avatar=avatar)
    assert translate(oscar.IconFetched(TOKEN, "Romeo", data)) == [fetched]


@pytest.mark.parametrize("data", [b"", b"<svg>", b"\0\0"])
def test_no_icon(data: bytes) -> None:
    fetched = AvatarFetched(token=TOKEN, person=ROMEO, avatar=None)
    assert translate(oscar.IconFetched(TOKEN, "Romeo", data)) == [fetched]
