"""Contacts: who of them is online; our own absence; getting our nick back.

IRC keeps no address book.  Servers tell who comes and goes if they know MONITOR, else we ask with
ISON in turns; people in our channels are seen there.
https://ircv3.net/specs/extensions/monitor, https://modern.ircdocs.horse/#ison-message
"""

from collections.abc import Iterable, Iterator

from gateway.commands import AddContact, RemoveContact, SetPresence
from gateway.events import Show
from networks.irc.ids import is_nick
from networks.irc.known import Contact
from networks.irc.news import Seen, Watched
from networks.irc.outgoing import Entry
from networks.irc.requests import Asked, Request
from networks.irc.state import Irc
from networks.irc.wire import Line, split_source

MAX_CONTACTS = 1000
"""Of one user.  ISON needs a line for some twenty."""

NAMES_LENGTH = 400
"""Characters of nicks in one line; the answer, with all of them and more, must fit into 512."""

ISON_SECONDS = 60.0
"""Between two questions about the same people, where they fit into one line."""

ISON_PACE = 15.0
"""Between two lines of ISON."""

AWAY_LANE = "\0away"
AWAY_WORDS = {Show.AWAY: "Away", Show.XA: "Away for longer", Show.DND: "Please do not disturb"}


# Commands.


def add_contact(irc: Irc, command: AddContact) -> None:
    if len(irc.contacts.known) < MAX_CONTACTS and is_nick(command.person):
        irc.tell(Watched(command.person))
        if contact := remember(irc, command.person):
            watch(irc, [contact.nick])


def remove_contact(irc: Irc, command: RemoveContact) -> None:
    folded = irc.fold(command.person)
    contact = irc.contacts.known.pop(folded, None)
    was_polled = folded in irc.contacts.polled
    irc.contacts.polled.pop(folded, None)
    if contact and irc.contacts.can_monitor and not was_polled:
        irc.send("", "MONITOR", "-", contact.nick)


def set_presence(irc: Irc, command: SetPresence) -> None:
    """Only the last of several that wait is sent, and nothing when the server knows already."""
    is_here = command.show in (Show.AVAILABLE, Show.CHAT)
    away = None if is_here else command.status or AWAY_WORDS.get(command.show, "Away")
    if away == irc.away:
        return
    irc.away = away
    line = Line("AWAY", () if away is None else (" ".join(away.split("\n")),))
    irc.outgoing.replace(AWAY_LANE, Entry(line))


# Watching.


def start(irc: Irc) -> None:
    irc.contacts.can_monitor = irc.support.monitor > 0
    for nick in irc.login.contacts[:MAX_CONTACTS]:
        if is_nick(nick):
            remember(irc, nick)
    watch(irc, [contact.nick for contact in irc.contacts.known.values()])
    if not irc.is_me(irc.wanted_nick):
        watch(irc, [irc.wanted_nick])


def remember(irc: Irc, nick: str) -> Contact | None:
    """None if they are known already."""
    folded = irc.fold(nick)
    if folded in irc.contacts.known:
        return None
    contact = irc.contacts.known[folded] = Contact(nick)
    return contact


def watch(irc: Irc, nicks: list[str]) -> None:
    free = irc.support.monitor - len(irc.contacts.known) + len(nicks)
    monitored = nicks[: max(free, 0)] if irc.contacts.can_monitor else []
    for names in grouped(monitored, ","):
        irc.send("", "MONITOR", "+", names)
    poll(irc, nicks[len(monitored) :])


def poll(irc: Irc, nicks: Iterable[str]) -> None:
    was_polling = bool(irc.contacts.polled)
    irc.contacts.polled.update(dict.fromkeys(map(irc.fold, nicks)))
    if irc.contacts.polled and not was_polling:
        ask_who_is_on(irc)


def grouped(names: Iterable[str], separator: str) -> Iterator[str]:
    """Joined, as many as fit into a line."""
    group: list[str] = []
    for name in names:
        if sum(map(len, group)) + len(group) + len(name) > NAMES_LENGTH:
            yield separator.join(group)
            group = []
        group.append(name)
    if group:
        yield separator.join(group)


def ask_who_is_on(irc: Irc) -> None:
    """One line of ISON; those asked go to the end of the queue."""
    polled = irc.contacts.polled
    if irc.folded_nick not in irc.contacts.known:
        polled.pop(irc.folded_nick, None)  # We have it back.
    if not polled:
        return
    names = next(grouped(polled, " ")).split(" ")
    for name in names:
        del polled[name]
        polled[name] = None
    irc.contacts.asked = tuple(names)
    irc.send_sometime("ISON", " ".join(names))
    irc.wake("ison", ISON_SECONDS if len(names) == len(polled) else ISON_PACE)


def on_ison(irc: Irc, line: Line) -> None:
    """303: nick, those of the asked who are on"""
    online = {irc.fold(nick): nick for nick in line.params[-1].split(" ") if nick}
    asked, irc.contacts.asked = irc.contacts.asked, ()
    for folded in asked:
        if folded in online:
            saw(irc, online[folded])
        else:
            lost_sight(irc, folded)
    if not asked:
        irc.notice("ISON: " + line.params[-1])


def on_monitor_online(irc: Irc, line: Line) -> None:
    """730: nick, nick!user@host,…"""
    for source in line.params[-1].split(","):
        saw(irc, split_source(source)[0])


def on_monitor_offline(irc: Irc, line: Line) -> None:
    """731: nick, nick,…"""
    for source in line.params[-1].split(","):
        lost_sight(irc, split_source(source)[0])


def on_monitor_full(irc: Irc, line: Line) -> None:
    """734: nick, limit, nick,…, words"""
    names = [nick for nick in line.params[2].split(",") if irc.fold(nick) in irc.contacts.known]
    poll(irc, names)


# What we see of them, wherever we see it.


def saw(irc: Irc, nick: str) -> None:
    contact = irc.contacts.known.get(irc.fold(nick))
    if contact and not contact.is_online:
        contact.is_online = True
        contact.nick = nick
        irc.tell(Seen(nick, True, contact.away))


def went_away(irc: Irc, nick: str, away: str | None) -> None:
    contact = irc.contacts.known.get(irc.fold(nick))
    if contact and contact.away != away:
        contact.away = away
        if contact.is_online:
            irc.tell(Seen(contact.nick, True, away))


def lost_sight(irc: Irc, nick: str) -> None:
    """They are offline, or have another nick now."""
    folded = irc.fold(nick)
    contact = irc.contacts.known.get(folded)
    if contact and contact.is_online is not False:
        contact.is_online, contact.away = False, None
        irc.tell(Seen(contact.nick, False))
    if folded == irc.fold(irc.wanted_nick) and not irc.is_me(nick):
        take_nick_back(irc)


def take_nick_back(irc: Irc) -> None:
    folded = irc.fold(irc.wanted_nick)
    if not irc.requests.of_kind(Asked.NICK, folded):
        request = Request(Asked.NICK, None, targets=(folded,), body=irc.wanted_nick)
        irc.ask(request, Line("NICK", (irc.wanted_nick,)))


# Away.


def on_peer_away(irc: Irc, line: Line) -> None:
    """301: nick, the other's nick, why.  Comes when we write to them, and with WHOIS."""
    saw(irc, line.params[1])
    went_away(irc, line.params[1], line.params[2])
