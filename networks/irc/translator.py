"""IRC's terms into common ones."""

from collections.abc import Iterator
from typing import assert_never

from gateway import events
from gateway.events import (
    AffiliationsListed,
    ContactAdded,
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
    PresenceChanged,
    ProfileFetched,
    Refused,
    Remembered,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    RoomListing,
    RoomsListed,
    Show,
    SubjectChanged,
    TypingChanged,
)
from gateway.ids import PersonId
from networks.irc import news as irc
from networks.irc.roles import standing
from networks.irc.text import from_irc, from_privmsg


class IrcTranslator:
    def translate(self, news: irc.News) -> Iterator[Event]:
        match news:
            case irc.Said():
                yield said(news)
            case irc.Delivered():
                yield MessageSent(
                    chat=news.chat,
                    token=news.token,
                    body=news.body,
                    confirmed=news.confirmed,
                    id=news.id,
                    sent_at=news.sent_at,
                )
            case irc.Typed():
                yield TypingChanged(
                    chat=news.chat,
                    sender=PersonId(news.nick),
                    typing=news.typing,
                    is_in_room=news.is_room,
                )
            case irc.Came(room, member):
                yield OccupantJoined(room=room, occupant=occupant(member))
            case irc.Went(room, nick, how, by, detail):
                yield OccupantLeft(
                    room=room, person=PersonId(nick), how=how, by=by, detail=plain(detail)
                )
            case irc.Changed(room, nick, member, by):
                yield OccupantChanged(
                    room=room, person=PersonId(nick), occupant=occupant(member), by=by
                )
            case irc.Entered():
                yield RoomJoined(
                    room=news.room,
                    me=PersonId(news.me),
                    occupants=tuple(map(occupant, news.members)),
                    subject=plain(news.topic),
                    subject_by=news.topic_by,
                    subject_at=news.topic_at,
                    token=news.token,
                )
            case irc.Exited(room, how, by, detail):
                yield RoomLeft(room=room, how=how, by=by, detail=plain(detail))
            case irc.TopicChanged(room, topic, by, at, token):
                yield SubjectChanged(room=room, subject=plain(topic), by=by, at=at, token=token)
            case irc.Invited(room, by):
                yield RoomInvited(room=room, by=PersonId(by))
            case irc.Watched(nick):
                yield ContactAdded(person=PersonId(nick))
            case irc.Seen(nick, is_online, away):
                show, status = availability(is_online, away)
                yield PresenceChanged(person=PersonId(nick), show=show, status=status)
            case irc.Answered(token):
                yield Done(token=token)
            case irc.Denied(token, reason, detail):
                yield Refused(token=token, reason=reason, detail=plain(detail))
            case irc.Whois(token, nick, facts):
                yield ProfileFetched(token=token, person=PersonId(nick), fields=facts)
            case irc.Listed(token, rows):
                yield RoomsListed(
                    token=token,
                    rooms=tuple(
                        RoomListing(room=room, occupants=count, subject=topic)
                        for room, count, topic in rows
                    ),
                )
            case irc.Masks(token, room, entries):
                yield AffiliationsListed(token=token, room=room, entries=entries)
            case irc.Noticed(text):
                yield NoticeReceived(text=plain(text))
            case irc.Welcomed(nick):
                yield LoggedIn(me=PersonId(nick))
            case irc.Renamed(nick):
                yield events.Renamed(me=PersonId(nick))
            case irc.Remember(name, value, seconds):
                yield Remembered(name=name, value=value, seconds=seconds)
            case irc.Ended(why, detail):
                yield LoggedOut(why=why, detail=plain(detail))
            case _:
                assert_never(news)


def plain(text: str) -> str:
    return from_irc(text)[0]


def said(news: irc.Said) -> MessageReceived:
    body, xhtml = from_privmsg(news.text) or from_irc(news.text)
    if news.only_for:
        body, xhtml = f"[to {news.only_for}] {body}", ""
    return MessageReceived(
        chat=news.chat,
        sender=PersonId(news.nick),
        body=body,
        id=news.id,
        sent_at=news.sent_at,
        xhtml=xhtml,
        is_notice=news.is_notice,
        is_mine=news.is_mine,
        is_in_room=news.is_room,
    )


def occupant(member: irc.Member) -> Occupant:
    role, affiliation = standing(member.modes, member.is_silenced)
    show, status = availability(True, member.away)
    return Occupant(
        person=PersonId(member.nick),
        role=role,
        affiliation=affiliation,
        show=show,
        status=status,
        account=member.account,
        address=member.address,
    )


def availability(is_online: bool, away: str | None) -> tuple[Show, str]:
    if not is_online:
        return Show.OFFLINE, ""
    return (Show.AVAILABLE, "") if away is None else (Show.AWAY, plain(away))
