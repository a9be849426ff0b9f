"""Channels: coming, going, and the topic.  Who else is there is in ``members``.

    JOIN ◄── JOIN, 332, 333, 353 …, 366    and XMPP gets one snapshot
    MODE ◄── 324                           is it moderated?
    WHO  ◄── 354 …, 315                    who has which account, who is away

https://modern.ircdocs.horse/#channel-operations
"""

from gateway.commands import JoinRoom, LeaveRoom, SetSubject
from gateway.errors import Reason
from gateway.events import Departure
from networks.irc import answers, contacts
from networks.irc.ids import is_channel
from networks.irc.known import Channel, parse_unix, words
from networks.irc.members import MAX_WHO, ask_who_is_there, is_under_ban
from networks.irc.news import (
    Came,
    Entered,
    Exited,
    Invited,
    News,
    TopicChanged,
    Went,
)
from networks.irc.people import (
    drop_channel,
    enter,
    leave,
    member,
)
from networks.irc.requests import Asked, Request
from networks.irc.state import Irc
from networks.irc.wire import Line, split_source

MAX_CHANNELS = 500
"""We are in at the same time.  Networks allow some hundred."""

MAX_EARLY = 200
"""Messages kept from between JOIN and 366, some milliseconds."""

NOT_A_CHANNEL = "That is not the name of a channel."


# Commands.


def join_room(irc: Irc, command: JoinRoom) -> None:
    if not is_channel(command.room, irc.support.chantypes):
        irc.deny(command.token, Reason.NOT_FOUND, NOT_A_CHANNEL)
        return
    folded = irc.fold(command.room)
    request = Request(Asked.JOIN, command.token, command.room, (folded,))
    channel = irc.channels.get(folded)
    if channel and channel.is_complete:
        irc.tell(snapshot(irc, channel, request))
        return
    irc.asked_ids.setdefault(folded, command.room)
    key = [command.password] if command.password else []
    irc.ask(request, Line("JOIN", (command.room, *key)), lane=folded)


def leave_room(irc: Irc, command: LeaveRoom) -> None:
    folded = irc.fold(command.room)
    if folded not in irc.channels and not irc.requests.of_kind(Asked.JOIN, folded):
        irc.tell(Exited(command.room, Departure.LEFT))
        return
    reason = [command.reason] if command.reason else []
    request = Request(Asked.PART, None, command.room, (folded,))
    irc.ask(request, Line("PART", (command.room, *reason)), lane=folded)


def set_subject(irc: Irc, command: SetSubject) -> None:
    folded = irc.fold(command.room)
    subject = " ".join(command.subject.split("\n"))
    request = Request(Asked.TOPIC, command.token, command.room, (folded,), subject)
    irc.ask(request, Line("TOPIC", (command.room, subject)), lane=folded)


# Coming in.


def on_join(irc: Irc, line: Line) -> None:
    """JOIN channel, and with extended-join: account, real name."""
    name = line.params[0]
    nick, user, host = split_source(line.source)
    if irc.is_me(nick):
        on_own_join(irc, line, name)
    channel = irc.channels.get(irc.fold(name))
    person = enter(irc, channel, nick) if channel else None
    if channel is None or person is None:
        return
    person.nick, person.user, person.host = nick, user, host
    if len(line.params) > 2:
        person.account = None if line.params[1] == "*" else line.params[1]
    elif "account" in line.tags:
        person.account = line.tags["account"]
    if channel.is_complete:
        irc.tell(Came(channel.id, member(irc, channel, irc.fold(nick))))
    contacts.saw(irc, nick)


def on_own_join(irc: Irc, line: Line, name: str) -> None:
    folded = irc.fold(name)
    if folded in irc.channels or len(irc.channels) >= MAX_CHANNELS:
        return
    irc.learn_prefix(line.source)
    irc.channels[folded] = Channel(irc.room_id(name), name)
    irc.asked_ids.pop(folded, None)
    irc.send_sometime("MODE", name)


def on_names(irc: Irc, line: Line) -> None:
    """353: nick, kind of channel, channel, names with all of their prefixes"""
    channel = irc.channels.get(irc.fold(line.params[2]))
    if channel is None or channel.is_complete:
        irc.notice(words(line))
        return
    for word in line.params[3].split(" "):
        modes, source = irc.support.prefixes.split(word)
        nick, user, host = split_source(source)
        person = enter(irc, channel, nick, modes)
        if person and host:  # userhost-in-names
            person.user, person.host = user, host


def on_names_end(irc: Irc, line: Line) -> None:
    """366: nick, channel, words"""
    folded = irc.fold(line.params[1])
    channel = irc.channels.get(folded)
    if channel is None or channel.is_complete:
        return
    channel.is_complete = True
    if irc.folded_nick not in channel.members:
        enter(irc, channel, irc.nick)
    request = irc.requests.of_kind(Asked.JOIN, folded)
    irc.tell(snapshot(irc, channel, request))
    while request:  # More often than once only if XMPP asked again before the answer came.
        irc.requests.answered(request)
        if request := irc.requests.of_kind(Asked.JOIN, folded):
            irc.tell(snapshot(irc, channel, request))
    for news in channel.early:
        irc.tell(news)
    channel.early.clear()
    if len(channel.members) <= MAX_WHO:
        ask_who_is_there(irc, channel)


def snapshot(irc: Irc, channel: Channel, request: Request | None) -> Entered:
    return Entered(
        channel.id,
        irc.nick,
        tuple(member(irc, channel, folded) for folded in channel.members),
        channel.topic,
        channel.topic_by,
        channel.topic_at,
        request.token if request else None,
    )


def say_in(irc: Irc, channel: Channel | None, news: News) -> None:
    """Not before XMPP knows the room."""
    if channel is None or channel.is_complete:
        irc.tell(news)
    elif len(channel.early) < MAX_EARLY:
        channel.early.append(news)


def on_forward(irc: Irc, line: Line) -> None:
    """470: nick, the channel we asked for, the one we get instead, words.  Its JOIN follows."""
    folded = irc.fold(line.params[1])
    if request := irc.requests.of_kind(Asked.JOIN, folded):
        answers.fail(irc, request, Reason.NOT_ALLOWED, words(line))
    else:
        irc.notice(words(line))


# Going.


def on_part(irc: Irc, line: Line) -> None:
    detail = line.params[1] if len(line.params) > 1 else ""
    went(irc, line.params[0], line.nick, Departure.LEFT, detail=detail)


def on_kick(irc: Irc, line: Line) -> None:
    """KICK channel nick reason"""
    name, nick = line.params[:2]
    detail = line.params[2] if len(line.params) > 2 else ""
    channel = irc.channels.get(irc.fold(name))
    is_banned = channel is not None and is_under_ban(irc, channel, nick)
    how = Departure.BANNED if is_banned else Departure.KICKED
    went(irc, name, nick, how, line.nick, detail)


def went(irc: Irc, name: str, nick: str, how: Departure, by: str = "", detail: str = "") -> None:
    folded, folded_nick = irc.fold(name), irc.fold(nick)
    channel = irc.channels.get(folded)
    if channel is None or folded_nick not in channel.members:
        return
    if irc.is_me(nick):
        drop_channel(irc, folded)
        irc.tell(Exited(channel.id, how, by, detail))
        return
    leave(irc, channel, folded_nick)
    if channel.is_complete:
        irc.tell(Went(channel.id, nick, how, by, detail))


# Topics and invitations.


def on_topic(irc: Irc, line: Line) -> None:
    name, topic = line.params[:2]
    folded = irc.fold(name)
    channel = irc.channels.get(folded)
    if channel:
        channel.topic, channel.topic_by, channel.topic_at = topic, line.nick, None
    request = None
    if irc.is_me(line.nick) and (request := irc.requests.of_kind(Asked.TOPIC, folded)):
        irc.requests.answered(request)
    news = TopicChanged(
        irc.room_id(name), topic, line.nick, None, request.token if request else None
    )
    say_in(irc, channel, news)


def on_topic_is(irc: Irc, line: Line) -> None:
    """332: nick, channel, topic.  After JOIN it belongs to the snapshot."""
    channel = irc.channels.get(irc.fold(line.params[1]))
    if channel is None or channel.is_complete:
        irc.notice(words(line))
    else:
        channel.topic = line.params[2]


def on_no_topic(irc: Irc, line: Line) -> None:
    """331: nick, channel, words.  Few servers send it after JOIN."""
    channel = irc.channels.get(irc.fold(line.params[1]))
    if channel is None or channel.is_complete:
        irc.notice(words(line))


def on_topic_by(irc: Irc, line: Line) -> None:
    """333: nick, channel, who, when"""
    channel = irc.channels.get(irc.fold(line.params[1]))
    if channel and not channel.is_complete:
        channel.topic_by = split_source(line.params[2])[0]
        channel.topic_at = parse_unix(line.params[3]) if len(line.params) > 3 else None


def on_invite(irc: Irc, line: Line) -> None:
    """INVITE nick channel; of others with https://ircv3.net/specs/extensions/invite-notify"""
    nick, name = line.params[:2]
    if irc.is_me(nick):
        irc.tell(Invited(irc.room_id(name), line.nick))
    else:
        irc.notice(f"{name}: {line.nick} invites {nick}")
