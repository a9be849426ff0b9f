"""Questions: WHOIS, LIST; our nick; and lines that the user writes themselves.

https://modern.ircdocs.horse/#whois-message, #list-message, #nick-message
"""

from collections.abc import Callable
from datetime import timedelta

from gateway.commands import ChangeNick, FetchProfile, ListRooms, SendRaw
from gateway.errors import Reason, WireError
from gateway.ids import ChatId
from networks.irc import contacts
from networks.irc.ids import is_nick
from networks.irc.known import chat_id, parse_count, parse_unix, words
from networks.irc.news import Listed, Whois
from networks.irc.requests import Asked, Request
from networks.irc.state import Irc
from networks.irc.text import from_irc
from networks.irc.wire import Line, parse

MAX_ROOMS = 5000
"""Channels we pass on of a LIST; large networks have ten times as many."""

MAX_FACTS = 100
"""Lines of one WHOIS."""

MAX_RAW = 400
"""Characters; with the source in front, what others see of a longer line would be cut."""

OURS = frozenset(
    {"AUTHENTICATE", "BATCH", "CAP", "ERROR", "PASS", "QUIT", "STARTTLS", "USER", "WEBIRC"}
)
"""Commands that belong to the gateway: they would end the session or change its language."""

NOT_A_NICK = "That is not a nickname."


# Nick.


def change_nick(irc: Irc, command: ChangeNick) -> None:
    if not is_nick(command.nick):
        irc.deny(command.token, Reason.NOT_ACCEPTABLE, NOT_A_NICK)
        return
    irc.wanted_nick = command.nick
    request = Request(
        Asked.NICK, command.token, targets=(irc.fold(command.nick),), body=command.nick
    )
    irc.ask(request, Line("NICK", (command.nick,)))


# Raw.


def send_raw(irc: Irc, command: SendRaw) -> None:
    try:
        line = parse(command.line.translate({10: " ", 13: " ", 0: None}).strip())
    except WireError:
        irc.deny(command.token, Reason.BAD_REQUEST, "That is not a line of IRC.")
        return
    if line.command in OURS:
        irc.deny(command.token, Reason.NOT_ALLOWED, f"{line.command} is left to the gateway.")
    elif len(command.line) > MAX_RAW:
        irc.deny(command.token, Reason.NOT_ACCEPTABLE, f"Longer than {MAX_RAW} characters.")
    else:
        names = tuple(irc.fold(param) for param in line.params[:2])
        request = Request(Asked.RAW, command.token, targets=names)
        irc.ask(request, Line(line.command, line.params))


# WHOIS.


def fetch_profile(irc: Irc, command: FetchProfile) -> None:
    nick = command.person
    if not is_nick(nick):
        irc.deny(command.token, Reason.NOT_FOUND, NOT_A_NICK)
        return
    # Twice: only their own server knows how long they have been idle.
    request = Request(Asked.WHOIS, command.token, targets=(irc.fold(nick),), body=nick)
    irc.ask(request, Line("WHOIS", (nick, nick)), lane="whois")


def on_whois(irc: Irc, line: Line) -> None:
    """The second parameter is the nick it is about."""
    request = irc.requests.of_kind(Asked.WHOIS, irc.fold(line.params[1]))
    if request is None:
        irc.notice(words(line))
        return
    request.age = 0
    if line.command == "311":  # nick, theirs, user, host, "*", real name
        request.body = line.params[1]
        if name := from_irc(" ".join(line.params[5:]))[0]:
            request.rows.append(("Name", name))
    if len(request.rows) < MAX_FACTS:
        label, describe = FACTS.get(line.command, ("", last_words))
        if said := from_irc(describe(line.params))[0]:
            request.rows.append((label, said))


def on_whois_end(irc: Irc, line: Line) -> None:
    """318.  After 401 the request is gone."""
    if request := irc.requests.of_kind(Asked.WHOIS, irc.fold(line.params[1])):
        assert request.token
        if request.rows:
            irc.done(request, Whois(request.token, request.body, tuple(request.rows)))
        else:
            irc.refuse(request, Reason.NOT_FOUND, words(line))


def on_peer_away(irc: Irc, line: Line) -> None:
    """301: nick, the other's nick, why.  Comes with WHOIS, and when we write to them."""
    contacts.on_peer_away(irc, line)
    if irc.requests.of_kind(Asked.WHOIS, irc.fold(line.params[1])):
        on_whois(irc, line)


Params = tuple[str, ...]


def address(params: Params) -> str:
    """311: …, user, host, …"""
    return f"{params[2]}@{params[3]}" if len(params) > 3 else last_words(params)


def server(params: Params) -> str:
    """312: …, server, what it says of itself"""
    return f"{params[2]} ({params[3]})" if len(params) > 3 else last_words(params)


def idle(params: Params) -> str:
    """317: …, seconds, since when they are on, words"""
    seconds = parse_count(params[2]) if len(params) > 2 else None
    since = parse_unix(params[3]) if len(params) > 3 else None
    parts = [] if seconds is None else [f"{timedelta(seconds=seconds)}"]
    return ", ".join([*parts, f"online since {since:%Y-%m-%d %H:%M} UTC"] if since else parts)


def argument(params: Params) -> str:
    return params[2] if len(params) > 2 else ""


def last_words(params: Params) -> str:
    return " ".join(params[2:])


FACTS: dict[str, tuple[str, Callable[[Params], str]]] = {
    "276": ("Certificate", last_words),
    "301": ("Away", last_words),
    "307": ("Registered", last_words),
    "311": ("Address", address),
    "312": ("Server", server),
    "313": ("Operator", last_words),
    "317": ("Idle", idle),
    "319": ("Channels", last_words),
    "330": ("Account", argument),
    "335": ("Bot", last_words),
    "338": ("Actual address", last_words),
    "378": ("Host", last_words),
    "379": ("Modes", last_words),
    "671": ("Security", last_words),
}
"""Numeric of WHOIS: label, and what of its parameters to show."""

WHOIS_NUMERICS = (
    *FACTS,
    "320",
    "308",
    "309",
    "310",
    "316",
    "337",
    "344",
    "350",
    "569",
    "672",
    "673",
)


# LIST.


def list_rooms(irc: Irc, command: ListRooms) -> None:
    """Who asks while an answer is under way shares it."""
    request = Request(Asked.LIST, command.token, needs_fence=False)
    if irc.requests.of_kind(Asked.LIST):
        irc.requests.number(request)
        irc.requests.sent(request, is_last=True)
    else:
        irc.ask(request, Line("LIST"))


def on_list(irc: Irc, line: Line) -> None:
    """322: nick, channel, people, topic"""
    request = irc.requests.of_kind(Asked.LIST)
    if request is None:
        irc.notice(words(line))
        return
    request.age = 0
    if len(request.rows) < MAX_ROOMS and irc.is_channel(line.params[1]):
        topic = from_irc(line.params[3])[0] if len(line.params) > 3 else ""
        request.rows.append((chat_id(line.params[1]), parse_count(line.params[2]), topic))


def on_list_end(irc: Irc, line: Line) -> None:
    """323"""
    rows: tuple[tuple[ChatId, int | None, str], ...] = ()
    while request := irc.requests.of_kind(Asked.LIST):
        assert request.token
        rows = rows or tuple(request.rows)
        irc.done(request, Listed(request.token, rows))
