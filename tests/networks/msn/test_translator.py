"""MSN's terms in common ones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import events
from gateway.errors import Reason
from gateway.events import Departure, Event, Offline, Show, Typing
from gateway.ids import ChatId, PersonId, Token
from networks.msn import news
from networks.msn.translator import STATUSES, MsnTranslator

BOB = PersonId("bob@example.com")
CHAT = ChatId(BOB)
ROOM = ChatId("#verona")
TOKEN = Token("1")
AT = datetime(2026, 11, 23, tzinfo=UTC)
PNG = b"\x89PNG data"


def occupant(who: str) -> events.Occupant:
    return events.Occupant(person=PersonId(who))


TABLE: list[tuple[news.News, Event]] = [
    (news.Welcomed(BOB), events.LoggedIn(me=BOB)),
    (news.Ended(Offline.REPLACED, "x"), events.LoggedOut(why=Offline.REPLACED, detail="x")),
    (news.Noticed("x"), events.NoticeReceived(text="x")),
    (news.Remember("a", "b", 1.0), events.Remembered(name="a", value="b", seconds=1.0)),
    (news.Answered(TOKEN), events.Done(token=TOKEN)),
    (
        news.Denied(TOKEN, Reason.GONE, "x"),
        events.Refused(token=TOKEN, reason=Reason.GONE, detail="x"),
    ),
    (
        news.Listed((news.Buddy(BOB, "Bobby", ("Friends",)),)),
        events.ContactsListed(
            contacts=(events.Contact(person=BOB, name="Bobby", groups=("Friends",)),)
        ),
    ),
    (
        news.Blocklist(TOKEN, (BOB,)),
        events.BlockedListed(token=TOKEN, people=(BOB,)),
    ),
    (
        news.Changed(news.Buddy(BOB, "", ())),
        events.ContactChanged(contact=events.Contact(person=BOB)),
    ),
    (news.Accepted(BOB), events.ContactAdded(person=BOB)),
    (news.Declined(BOB, "x"), events.ContactRefused(person=BOB, detail="x")),
    (news.Requested(BOB, "Bob"), events.AuthorizationAsked(person=BOB, reason="Bob")),
    (news.Appeared(BOB, "Bob", "a"), events.ProfileChanged(person=BOB, name="Bob", avatar="a")),
    (
        news.PictureFetched(TOKEN, BOB, PNG),
        events.AvatarFetched(
            token=TOKEN, person=BOB, avatar=events.Avatar(data=PNG, media_type="image/png")
        ),
    ),
    (
        news.PictureFetched(TOKEN, BOB, b"<svg"),
        events.AvatarFetched(token=TOKEN, person=BOB, avatar=None),
    ),
    (
        news.Said(CHAT, BOB, "*Hi*", "<strong>Hi</strong>", AT),
        events.MessageReceived(
            chat=CHAT, sender=BOB, body="*Hi*", xhtml="<strong>Hi</strong>", sent_at=AT
        ),
    ),
    (
        news.Said(ROOM, BOB, "Hi", is_room=True),
        events.MessageReceived(chat=ROOM, sender=BOB, body="Hi", is_in_room=True),
    ),
    (
        news.Delivered(CHAT, TOKEN, "Hi"),
        events.MessageSent(chat=CHAT, token=TOKEN, body="Hi", confirmed=True),
    ),
    (
        news.Typed(ROOM, BOB, Typing.PAUSED, is_room=True),
        events.TypingChanged(chat=ROOM, sender=BOB, typing=Typing.PAUSED, is_in_room=True),
    ),
    (news.Nudged(CHAT, BOB), events.AttentionAsked(chat=CHAT, sender=BOB)),
    (
        news.Entered(ROOM, "me@x", (BOB, "me@x"), TOKEN),
        events.RoomJoined(
            room=ROOM,
            me=PersonId("me@x"),
            occupants=(occupant(BOB), occupant("me@x")),
            token=TOKEN,
        ),
    ),
    (news.Came(ROOM, BOB), events.OccupantJoined(room=ROOM, occupant=occupant(BOB))),
    (news.Went(ROOM, BOB), events.OccupantLeft(room=ROOM, person=BOB, how=Departure.LEFT)),
    (
        news.Exited(ROOM, Departure.LOST, "x"),
        events.RoomLeft(room=ROOM, how=Departure.LOST, detail="x"),
    ),
    (news.Invited(ROOM, BOB), events.RoomInvited(room=ROOM, by=BOB)),
    (
        news.Seen(BOB, "NLN", "x"),
        events.PresenceChanged(person=BOB, show=Show.AVAILABLE, status="x"),
    ),
    (news.Seen(BOB, "BSY"), events.PresenceChanged(person=BOB, show=Show.DND)),
    (
        news.Seen(BOB, "LUN"),
        events.PresenceChanged(person=BOB, show=Show.AWAY, status="Out to lunch"),
    ),
    (news.Seen(BOB, "LUN", "x"), events.PresenceChanged(person=BOB, show=Show.AWAY, status="x")),
    (news.Seen(BOB, "FLN", "x"), events.PresenceChanged(person=BOB, show=Show.OFFLINE)),
    (news.Seen(BOB, "???"), events.PresenceChanged(person=BOB, show=Show.AVAILABLE)),
]


@pytest.mark.parametrize(("given", "event"), TABLE, ids=lambda value: type(value).__name__)
def test_each(given: Any, event: Event) -> None:
    assert list(MsnTranslator().translate(given)) == [event]


def test_all() -> None:
    assert {type(given) for given, _ in TABLE} == set(news.News.__args__)
    assert set(STATUSES) == set(["NLN", "BSY", "IDL", "BRB", "AWY", "PHN", "LUN", "HDN", "FLN"])
