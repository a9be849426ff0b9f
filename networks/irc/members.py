"""Who is in a channel, and what changes about them: rank, nick, account, address, absence.

https://modern.ircdocs.horse/#who-message, #mode-message; https://ircv3.net/specs/extensions/whox
"""

from gateway.events import Departure
from networks.irc import answers, contacts
from networks.irc.ids import mask_matches, mode_changes
from networks.irc.known import Channel, words
from networks.irc.news import Changed, Renamed, Went
from networks.irc.people import channels_of, member, tell_changed, tell_changed_in
from networks.irc.requests import Asked
from networks.irc.roles import standing
from networks.irc.state import Irc
from networks.irc.wire import Line

MAX_WHO = 250
"""People in a channel up to which we ask who they are.  In larger ones the answer would take
minutes, and be a presence each."""

WHO_QUERY = "42"
"""WHOX calls it a token; tells answers to our own WHO."""

WHO_FIELDS = f"%tcuhnfa,{WHO_QUERY}"


# Who they are.


def ask_who_is_there(irc: Irc, channel: Channel) -> None:
    if irc.support.whox:
        irc.send_sometime("WHO", channel.name, WHO_FIELDS)
    elif "userhost-in-names" not in irc.caps:
        channel.is_who_asked = True
        irc.send_sometime("WHO", channel.name)


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


# Their nicks.


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


# Their ranks.


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


def is_under_ban(irc: Irc, channel: Channel, nick: str) -> bool:
    person = irc.people.get(irc.fold(nick))
    if person is None:
        return False
    mask = irc.fold(f"{person.nick}!{person.user}@{person.host}")
    return any(mask_matches(ban, mask) for ban in channel.bans)


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
