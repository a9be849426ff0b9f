"""What we do to others in a channel: KICK, MODE, INVITE.  See ``roles`` for what means what.

https://modern.ircdocs.horse/#operator-messages
"""

from gateway.commands import Invite, Kick, ListAffiliations, SetAffiliation, SetRole
from gateway.errors import Reason
from gateway.events import Affiliation, Role
from gateway.ids import ChatId, Token
from networks.irc import roles
from networks.irc.known import Channel, parse_unix, words
from networks.irc.news import Answered, Masks
from networks.irc.requests import Asked, Request
from networks.irc.state import Irc
from networks.irc.wire import Line

MAX_MASKS = 1000
"""Entries of a list we pass on; servers allow some hundred."""

MODES_PER_LINE = 3
"""RFC 2812, section 3.2.3; servers that allow more are not asked for it."""

NOT_THERE = "You are not in that channel."
NO_SUCH_MEMBER = "There is nobody of that name in the channel."
NO_SUCH_RANK = "This network does not have that rank."
NOT_MODERATED = "Everybody may speak there, as the channel is not moderated (+m)."


def change(irc: Irc, room: ChatId, token: Token, nick: str, *lines: Line) -> None:
    folded = irc.fold(room)
    irc.ask(Request(Asked.CHANGE, token, room, (folded, irc.fold(nick))), *lines, lane=folded)


def kick(irc: Irc, command: Kick) -> None:
    line = kick_line(command.room, command.person, command.reason)
    change(irc, command.room, command.token, command.person, line)


def kick_line(room: str, nick: str, reason: str) -> Line:
    return Line("KICK", (room, nick, " ".join(reason.split("\n")) or nick))


def invite(irc: Irc, command: Invite) -> None:
    line = Line("INVITE", (command.person, command.room))
    change(irc, command.room, command.token, command.person, line)


# Ranks.


def set_role(irc: Irc, command: SetRole) -> None:
    channel, modes = standing_of(irc, command.room, command.person)
    if channel is None or modes is None:
        irc.deny(command.token, Reason.NOT_FOUND, NOT_THERE if not channel else NO_SUCH_MEMBER)
        return
    ops = [mode for mode in modes if mode != "v"]
    match command.role:
        case Role.MODERATOR:
            remove, add = "", "" if ops else "o"
        case Role.PARTICIPANT:
            remove, add = "".join(ops), "v" if channel.is_moderated and "v" not in modes else ""
        case _ if not channel.is_moderated:
            irc.deny(command.token, Reason.NOT_ALLOWED, NOT_MODERATED)
            return
        case _:
            remove, add = modes, ""
    set_modes(irc, command.room, command.token, command.person, add, remove)


def set_affiliation(irc: Irc, command: SetAffiliation) -> None:
    who, room, token = command.who, command.room, command.token
    channel, modes = standing_of(irc, room, who)
    if command.affiliation is Affiliation.OUTCAST:
        mask = ban_mask(irc, who)
        lines = [Line("MODE", (room, "+b", mask))]
        if modes is not None:
            lines.append(kick_line(room, who, command.reason))
        change(irc, room, token, who, *lines)
    elif modes is None:
        # Somebody who is not there can only be banned: whatever else they are to be ends that.
        if command.affiliation is Affiliation.NONE:
            change(irc, room, token, who, Line("MODE", (room, "-b", ban_mask(irc, who))))
        else:
            irc.deny(token, Reason.NOT_FOUND, NO_SUCH_MEMBER if channel else NOT_THERE)
    else:
        wanted = roles.MODE_OF.get(command.affiliation, "")
        if wanted and wanted not in irc.support.prefixes.modes:
            irc.deny(token, Reason.NOT_SUPPORTED, NO_SUCH_RANK)
            return
        rank = irc.support.prefixes.rank
        higher = "".join(mode for mode in modes if rank(mode) < rank(wanted))
        set_modes(irc, room, token, who, wanted if wanted not in modes else "", higher)


def standing_of(irc: Irc, room: ChatId, nick: str) -> tuple[Channel | None, str | None]:
    channel = irc.channels.get(irc.fold(room))
    modes = channel.members.get(irc.fold(nick)) if channel else None
    # The others (an IRC operator's "y") are not ours to give or take.
    return channel, None if modes is None else "".join(m for m in modes if m in roles.ROLES)


def set_modes(irc: Irc, room: ChatId, token: Token, nick: str, add: str, remove: str) -> None:
    changes = [("-", mode) for mode in remove] + [("+", mode) for mode in add]
    lines = []
    for at in range(0, len(changes), MODES_PER_LINE):
        some = changes[at : at + MODES_PER_LINE]
        signs = {sign: "".join(mode for own, mode in some if own == sign) for sign in "-+"}
        modes = "".join(sign + letters for sign, letters in signs.items() if letters)
        lines.append(Line("MODE", (room, modes, *[nick] * len(some))))
    if lines:
        change(irc, room, token, nick, *lines)
    else:
        irc.tell(Answered(token))


def ban_mask(irc: Irc, who: str) -> str:
    """A nick is soon changed, so who is there is banned by their host."""
    if any(character in who for character in "!@*?$:"):
        return who
    person = irc.people.get(irc.fold(who))
    return f"*!*@{person.host}" if person and person.host else f"{who}!*@*"


# Lists.


def list_affiliations(irc: Irc, command: ListAffiliations) -> None:
    folded = irc.fold(command.room)
    channel = irc.channels.get(folded)
    if command.affiliation is Affiliation.OUTCAST:
        request = Request(Asked.MASKS, command.token, command.room, (folded,))
        irc.ask(request, Line("MODE", (command.room, "b")), lane=folded)
    elif channel is None:
        irc.deny(command.token, Reason.NOT_FOUND, NOT_THERE)
    else:
        found = [
            (irc.people[member].nick, "")
            for member, modes in channel.members.items()
            if roles.standing(modes, False)[1] is command.affiliation
        ]
        irc.tell(Masks(command.token, channel.id, tuple(found)))


def on_ban(irc: Irc, line: Line) -> None:
    """367: nick, channel, mask, and perhaps who set it, and when"""
    request = irc.requests.of_kind(Asked.MASKS, irc.fold(line.params[1]))
    if request is None:
        irc.notice(words(line))
    elif len(request.rows) < MAX_MASKS:
        request.age = 0
        mask, *setter = line.params[2:5]
        by = setter[0].partition("!")[0] if setter else ""
        when = parse_unix(setter[1]) if len(setter) > 1 else None
        request.rows.append((mask, f"{by}, {when:%Y-%m-%d %H:%M} UTC" if when else by))


def on_bans_end(irc: Irc, line: Line) -> None:
    """368"""
    if request := irc.requests.of_kind(Asked.MASKS, irc.fold(line.params[1])):
        assert request.token
        irc.done(request, Masks(request.token, request.chat, tuple(request.rows)))
