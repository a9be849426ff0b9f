"""Each news in common terms."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from gateway import events
from gateway.errors import Reason
from gateway.events import (
    Affiliation,
    AffiliationsListed,
    ContactAdded,
    Departure,
    Done,
    Event,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    NoticeReceived,
    Occupant,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    Offline,
    PresenceChanged,
    ProfileFetched,
    Refused,
    Remembered,
    Role,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    RoomListing,
    RoomsListed,
    Show,
    SubjectChanged,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, MessageId, PersonId, Token
from networks.irc import news
from networks.irc.news import Member, Said
from networks.irc.roles import standing
from networks.irc.translator import IrcTranslator

ROOM, ROMEO, TOKEN, ID = ChatId("#verona"), ChatId("romeo"), Token("1"), MessageId("x")
NURSE = PersonId("Nurse")
MEMBER = Member("Nurse", "v", False, "nurse", "n@v", "\x02Asleep\x02")
OCCUPANT = Occupant(
    person=NURSE,
    role=Role.PARTICIPANT,
    affiliation=Affiliation.MEMBER,
    show=Show.AWAY,
    status="*Asleep*",
    account="nurse",
    address="n@v",
)
TIME = datetime(2008, 7, 6, tzinfo=UTC)

CASES: list[tuple[news.News, Event]] = [
    (news.Welcomed("Nurse"), LoggedIn(me=NURSE)),
    (news.Renamed("Nurse"), events.Renamed(me=NURSE)),
    (
        news.Ended(Offline.NETWORK, "\x02Bye"),
        LoggedOut(why=Offline.NETWORK, detail="*Bye*"),
    ),
    (news.Noticed("x\ny"), NoticeReceived(text="x\ny")),
    (news.Remember("sts", "6697", 5.0), Remembered(name="sts", value="6697", seconds=5.0)),
    (news.Answered(TOKEN), Done(token=TOKEN)),
    (
        news.Denied(TOKEN, Reason.FULL, "No"),
        Refused(token=TOKEN, reason=Reason.FULL, detail="No"),
    ),
    (
        Said(ROMEO, "Nurse", "a \x02b\x02", id=ID, sent_at=TIME),
        MessageReceived(
            chat=ROMEO,
            sender=NURSE,
            body="a *b*",
            xhtml="a <strong>b</strong>",
            id=ID,
            sent_at=TIME,
        ),
    ),
    (
        Said(ROOM, "Nurse", "\x01ACTION sighs\x01", True, True, True, True),
        MessageReceived(
            chat=ROOM,
            sender=NURSE,
            body="/me sighs",
            is_in_room=True,
            is_notice=True,
            is_mine=True,
        ),
    ),
    (
        Said(ROOM, "Nurse", "a", True, only_for="@"),
        MessageReceived(chat=ROOM, sender=NURSE, body="[to @] a", is_in_room=True),
    ),
    (
        news.Delivered(ROMEO, TOKEN, "Hi", True, ID),
        MessageSent(chat=ROMEO, token=TOKEN, body="Hi", confirmed=True, id=ID),
    ),
    (
        news.Typed(ROOM, "Nurse", Typing.PAUSED, True),
        TypingChanged(chat=ROOM, sender=NURSE, typing=Typing.PAUSED, is_in_room=True),
    ),
    (
        news.Entered(ROOM, "Nurse", (MEMBER,), "\x02Two", "prince", TIME, TOKEN),
        RoomJoined(
            room=ROOM,
            me=NURSE,
            occupants=(OCCUPANT,),
            subject="*Two*",
            subject_by="prince",
            subject_at=TIME,
            token=TOKEN,
        ),
    ),
    (news.Came(ROOM, MEMBER), OccupantJoined(room=ROOM, occupant=OCCUPANT)),
    (
        news.Went(ROOM, "Nurse", Departure.KICKED, "prince", "Go"),
        OccupantLeft(room=ROOM, person=NURSE, how=Departure.KICKED, by="prince", detail="Go"),
    ),
    (
        news.Changed(ROOM, "Nurse", MEMBER, "prince"),
        OccupantChanged(room=ROOM, person=NURSE, occupant=OCCUPANT, by="prince"),
    ),
    (
        news.Exited(ROOM, Departure.BANNED, "prince", "Go"),
        RoomLeft(room=ROOM, how=Departure.BANNED, by="prince", detail="Go"),
    ),
    (
        news.TopicChanged(ROOM, "Two", "prince", TIME, TOKEN),
        SubjectChanged(room=ROOM, subject="Two", by="prince", at=TIME, token=TOKEN),
    ),
    (news.Invited(ROOM, "Nurse"), RoomInvited(room=ROOM, by=NURSE)),
    (news.Watched("Nurse"), ContactAdded(person=NURSE)),
    (news.Seen("Nurse", True), PresenceChanged(person=NURSE, show=Show.AVAILABLE)),
    (news.Seen("Nurse", False), PresenceChanged(person=NURSE, show=Show.OFFLINE)),
    (
        news.Seen("Nurse", True, "Asleep"),
        PresenceChanged(person=NURSE, show=Show.AWAY, status="Asleep"),
    ),
    (
        news.Whois(TOKEN, "Nurse", (("Address", "n@v"),)),
        ProfileFetched(token=TOKEN, person=NURSE, fields=(("Address", "n@v"),)),
    ),
    (
        news.Listed(TOKEN, ((ROOM, 3, "Two"),)),
        RoomsListed(token=TOKEN, rooms=(RoomListing(room=ROOM, occupants=3, subject="Two"),)),
    ),
    (
        news.Masks(TOKEN, ROOM, (("*!*@v", "prince"),)),
        AffiliationsListed(token=TOKEN, room=ROOM, entries=(("*!*@v", "prince"),)),
    ),
]


@pytest.mark.parametrize(("told", "event"), CASES, ids=lambda case: type(case).__name__)
def test_translate(told: news.News, event: Event) -> None:
    assert list(IrcTranslator().translate(told)) == [event]


def test_every_news_is_tried() -> None:
    told: set[Any] = {type(case) for case, _ in CASES}
    assert told == set(get_args(news.News))


@pytest.mark.parametrize(
    ("modes", "is_silenced", "role", "affiliation"),
    [
        ("q", False, Role.MODERATOR, Affiliation.OWNER),
        ("ao", False, Role.MODERATOR, Affiliation.ADMIN),
        ("ov", False, Role.MODERATOR, Affiliation.ADMIN),
        ("hv", True, Role.MODERATOR, Affiliation.MEMBER),
        ("v", True, Role.PARTICIPANT, Affiliation.MEMBER),
        ("Y", False, Role.MODERATOR, Affiliation.ADMIN),
        ("", False, Role.PARTICIPANT, Affiliation.NONE),
        ("", True, Role.VISITOR, Affiliation.NONE),
    ],
)
def test_standing(modes: str, is_silenced: bool, role: Role, affiliation: Affiliation) -> None:
    assert standing(modes, is_silenced) == (role, affiliation)
