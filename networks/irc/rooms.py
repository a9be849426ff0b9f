"""Channels: being in them.  What we do to others there is in ``moderation``.

    JOIN ◄── JOIN, 332, 333, 353 …, 366    and XMPP gets one snapshot
    MODE ◄── 324                           is it moderated?
    WHO  ◄── 354 …, 315                    who has which account, who is away

https://modern.ircdocs.horse/#channel-operations
"""

from datetime import UTC, datetime

from gateway.commands import JoinRoom, LeaveRoom, SetSubject
from gateway.errors import Reason
from gateway.events import Departure
from networks.irc import answers, contacts
from networks.irc.ids import is_channel, mask_matches, mode_changes
from networks.irc.news import (
    Came,
    Changed,
    Entered,
    Exited,
    Invited,
    News,
    Renamed,
    TopicChanged,
    Went,
)
from networks.irc.people import (
    channels_of,
    drop_channel,
    enter,
    leave,
    member,
    tell_changed,
    tell_changed_in,
)
from networks.irc.requests import Asked, Request
from networks.irc.roles import standing
from networks.irc.state import Channel, Irc, words
from networks.irc.wire import Line, split_source

MAX_CHANNELS = 500
"""We are in at the same time.  Networks allow some hundred."""

MAX_WHO = 250
"""People in a channel up to which we ask who they are.  In larger ones the answer would take
minutes, and be a presence each."""

MAX_EARLY = 200
"""Messages kept from between JOIN and 366, some milliseconds."""

WHO_QUERY = "42"
"""WHOX calls it a token; tells answers to our own WHO."""

WHO_FIELDS = f"%tcuhnfa,{WHO_QUERY}"

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


def ask_who_is_there(irc: Irc, channel: Channel) -> None:
    if irc.support.whox:
        irc.send_sometime("WHO", channel.name, WHO_FIELDS)
    elif "userhost-in-names" not in irc.caps:
        channel.is_who_asked = True
        irc.send_sometime("WHO", channel.name)


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


def on_who(irc: Irc, line: Line) -> None:
    """354, as WHO_FIELDS asks: nick, token, channel, user, host, nick, flags, account"""
    if line.params[1] != WHO_QUERY:
        irc.notice(words(line))
        return
    _, _, _, user, host, nick, flags, account = line.params[:8]
    folded = irc.fold(nick)
    person = irc.people.get(folded)
    if person is None:
        return
    before = (person.account, person.away)
    person.user, person.host = user, host
    person.account = None if account in ("0", "*", "") else account
    if "away-notify" in irc.caps:  # Else they would stay away for ever.
        person.away = (person.away or "") if "G" in flags else None
    if before != (person.account, person.away):
        tell_changed(irc, folded)


def on_plain_who(irc: Irc, line: Line) -> None:
    """352: nick, channel, user, host, server, nick, flags, hops and real name"""
    channel = irc.channels.get(irc.fold(line.params[1]))
    if channel is None or not channel.is_who_asked:
        irc.notice(words(line))
    elif person := irc.people.get(irc.fold(line.params[5])):
        person.user, person.host = line.params[2:4]


def on_who_end(irc: Irc, line: Line) -> None:
    """315: nick, channel, words"""
    if channel := irc.channels.get(irc.fold(line.params[1])):
        channel.is_who_asked = False


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


def is_under_ban(irc: Irc, channel: Channel, nick: str) -> bool:
    person = irc.people.get(irc.fold(nick))
    if person is None:
        return False
    mask = irc.fold(f"{person.nick}!{person.user}@{person.host}")
    return any(mask_matches(ban, mask) for ban in channel.bans)


def on_quit(irc: Irc, line: Line) -> None:
    """Also for everybody behind a netsplit, in a batch or not."""
    folded = irc.fold(line.nick)
    detail = line.params[0] if line.params else ""
    if folded == irc.folded_nick:
        return  # ERROR follows.
    for channel in channels_of(irc, folded):
        channel.members.pop(folded)
        if channel.is_complete:
            irc.tell(Went(channel.id, line.nick, Departure.DISCONNECTED, "", detail))
    irc.people.pop(folded, None)
    contacts.lost_sight(irc, line.nick)


# What changes.


def on_nick(irc: Irc, line: Line) -> None:
    old, new = line.nick, line.params[0]
    if not new:
        return
    request = irc.requests.labeled(answers.label_of(irc, line))
    if request and request.kind is Asked.NICK:
        old = irc.nick  # InspIRCd 3 has the new one in the source, too, when there is a label.
    folded_old, folded_new = irc.fold(old), irc.fold(new)
    if irc.is_me(old):
        irc.set_nick(new)
        irc.wanted_nick = new  # If services did it, they would do it again.
        irc.tell(Renamed(new))
    if person := irc.people.pop(folded_old, None):
        person.nick = new
        irc.people[folded_new] = person
    for channel in channels_of(irc, folded_old):
        channel.members[folded_new] = channel.members.pop(folded_old)
        if channel.is_complete:
            irc.tell(Changed(channel.id, old, member(irc, channel, folded_new)))
    if folded_old != folded_new:
        contacts.lost_sight(irc, old)
        contacts.saw(irc, new)


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


def parse_unix(text: str) -> datetime | None:
    """Ten digits of seconds since 1970, if that is what it is."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 11
    return datetime.fromtimestamp(int(text), UTC) if is_number else None


def on_mode(irc: Irc, line: Line) -> None:
    """MODE channel changes arguments…"""
    name, *params = line.params
    channel = irc.channels.get(irc.fold(name))
    if channel is None:
        if not irc.is_me(name):
            irc.notice(f"{line.nick}: MODE {' '.join(line.params)}")
        return  # Our own user modes are nobody's business.
    others = []
    touched: dict[str, None] = {}
    for sign, letter, argument in mode_changes(params, irc.support.chanmodes, irc.support.prefixes):
        if argument is not None and letter in irc.support.prefixes.modes:
            if change_standing(irc, channel, sign, letter, irc.fold(argument)):
                touched[irc.fold(argument)] = None
        elif letter == "m":
            touched |= dict.fromkeys(moderate(channel, sign == "+"))
        else:
            if letter == "b" and argument:
                note_ban(irc, channel, sign, argument)
            others.append(f"{sign}{letter}{f' {argument}' if argument else ''}")
    for folded in touched:
        if channel.is_complete:
            tell_changed_in(irc, channel, folded, line.nick)
    if others:
        irc.notice(f"{channel.name}: {line.nick} sets {' '.join(others)}")


def change_standing(irc: Irc, channel: Channel, sign: str, mode: str, folded: str) -> bool:
    """Whether it makes a difference outside of IRC."""
    modes = channel.members.get(folded)
    if modes is None or (mode in modes) == (sign == "+"):
        return False
    kept = modes + mode if sign == "+" else modes.replace(mode, "")
    now = channel.members[folded] = "".join(sorted(kept, key=irc.support.prefixes.rank))
    is_silenced = channel.is_moderated
    return standing(modes, is_silenced) != standing(now, is_silenced)


def moderate(channel: Channel, is_moderated: bool) -> list[str]:
    """Those for whom it makes a difference."""
    if channel.is_moderated == is_moderated:
        return []
    channel.is_moderated = is_moderated
    return [folded for folded, modes in channel.members.items() if not modes]


def note_ban(irc: Irc, channel: Channel, sign: str, mask: str) -> None:
    folded = irc.fold(mask)
    if sign == "+":
        channel.bans.append(folded)
    elif folded in channel.bans:
        channel.bans.remove(folded)


def on_modes_are(irc: Irc, line: Line) -> None:
    """324: nick, channel, modes, arguments…"""
    channel = irc.channels.get(irc.fold(line.params[1]))
    if channel is None or channel.has_modes:
        irc.notice(words(line))
        return
    channel.has_modes = True
    changes = mode_changes(line.params[2:], irc.support.chanmodes, irc.support.prefixes)
    is_moderated = any(letter == "m" and sign == "+" for sign, letter, _ in changes)
    for folded in moderate(channel, is_moderated):
        if channel.is_complete:
            tell_changed_in(irc, channel, folded)


def on_away(irc: Irc, line: Line) -> None:
    """AWAY reason, or without one: back.  https://ircv3.net/specs/extensions/away-notify"""
    away = line.params[0] if line.params and line.params[0] else None
    folded = irc.fold(line.nick)
    person = irc.people.get(folded)
    if person and person.away != away:
        person.away = away
        tell_changed(irc, folded)
    contacts.saw(irc, line.nick)
    contacts.went_away(irc, line.nick, away)


def on_account(irc: Irc, line: Line) -> None:
    """ACCOUNT name, or "*".  https://ircv3.net/specs/extensions/account-notify"""
    account = None if line.params[0] == "*" else line.params[0]
    folded = irc.fold(line.nick)
    if folded == irc.folded_nick:
        irc.account = account or ""
    if person := irc.people.get(folded):
        person.account = account
        tell_changed(irc, folded)


def on_chghost(irc: Irc, line: Line) -> None:
    """CHGHOST user host.  https://ircv3.net/specs/extensions/chghost"""
    user, host = line.params[:2]
    if irc.is_me(line.nick):
        irc.learn_prefix(f"{irc.nick}!{user}@{host}")
    folded = irc.fold(line.nick)
    if person := irc.people.get(folded):
        person.user, person.host = user, host
        tell_changed(irc, folded)


def on_invite(irc: Irc, line: Line) -> None:
    """INVITE nick channel; of others with https://ircv3.net/specs/extensions/invite-notify"""
    nick, name = line.params[:2]
    if irc.is_me(nick):
        irc.tell(Invited(irc.room_id(name), line.nick))
    else:
        irc.notice(f"{name}: {line.nick} invites {nick}")
