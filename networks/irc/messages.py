"""Messages, notices and CTCP.

https://modern.ircdocs.horse/#sending-messages, https://modern.ircdocs.horse/ctcp,
https://ircv3.net/specs/extensions/echo-message
"""

import re
from datetime import datetime
from functools import lru_cache

from gateway.commands import SendMessage
from gateway.errors import Reason
from gateway.ids import MessageId
from networks.irc import text as formatting
from networks.irc.answers import label_of
from networks.irc.ids import is_channel, is_nick
from networks.irc.known import chat_id
from networks.irc.news import Delivered, Said
from networks.irc.requests import Asked, Request
from networks.irc.rooms import say_in
from networks.irc.state import Irc
from networks.irc.wire import Line

ACTION = "\x01ACTION"

PLAIN = re.compile(r"(?!/)[^\x00-\x1f\ud800-\udfff*_~`]+")
"""One line, no styling, no command: to be sent as it is."""

CTCP_LIMIT = 4
"""Answers in CTCP_SECONDS.  Asking is a way to make others flood themselves off."""

CTCP_SECONDS = 10.0

NOBODY = "That is neither a nickname nor a channel."
NOTHING = "There is nothing in it that IRC could send."


# Out.


def send_message(irc: Irc, command: SendMessage) -> None:
    chat = command.chat
    if not is_target(chat, irc.support.chantypes):
        irc.deny(command.token, Reason.NOT_FOUND, NOBODY)
        return
    texts = cut(irc, chat, command.body)
    if not texts:
        irc.deny(command.token, Reason.NOT_ACCEPTABLE, NOTHING)
        return
    folded = irc.fold(chat)
    request = Request(
        Asked.MESSAGE,
        command.token,
        chat,
        (folded,),
        command.body,
        needs_fence="echo-message" not in irc.caps,
        commands=("PRIVMSG",),
    )
    irc.ask(request, *[Line("PRIVMSG", (chat, text)) for text in texts], lane=folded)
    irc.typing_to.pop(chat, None)


@lru_cache(maxsize=10_000)
def is_target(name: str, chantypes: str) -> bool:
    return is_channel(name, chantypes) or is_nick(name)


def cut(irc: Irc, chat: str, body: str) -> list[str]:
    """One text for each PRIVMSG."""
    ours = len(irc.nick.encode(errors="replace")) + irc.prefix_length
    room = formatting.room("PRIVMSG", chat, ours)
    if PLAIN.fullmatch(body) and len(body.encode(errors="replace")) <= room and body.strip():
        return [body]  # Nine of ten, and a tenth of the time.
    return formatting.to_privmsgs(body, room)


def is_echo(irc: Irc, line: Line, target: str, text: str) -> bool:
    """Whether this is what we sent ourselves, and not another client of the same bouncer."""
    if label := label_of(irc, line):
        if request := irc.requests.labeled(label):
            take_echo(irc, line, request, text)
        return True
    if "echo-message" not in irc.caps or "labeled-response" in irc.caps:
        return False
    folded = irc.fold(target)
    ours = [
        request
        for request in irc.requests
        if request.kind is Asked.MESSAGE and folded in request.targets and request.texts
    ]
    same = [request for request in ours if text in request.texts]
    if same or (ours and not is_bouncer(irc)):  # Servers may change a text, by +c for example.
        take_echo(irc, line, (same or ours)[0], text)
        return True
    return False


def is_bouncer(irc: Irc) -> bool:
    return any(name.startswith(("znc.in/", "soju.im/")) for name in irc.registration.offered)


def take_echo(irc: Irc, line: Line, request: Request, text: str) -> None:
    """One of its lines came back; with the last one it is delivered."""
    if request.kind is not Asked.MESSAGE:
        return
    if text in request.texts:
        request.texts.remove(text)
    elif request.texts:
        request.texts.popleft()
    if request.is_sent and not request.texts and request.token:
        message_id = line.tags.get("msgid")
        irc.done(
            request,
            Delivered(
                request.chat,
                request.token,
                request.body,
                True,
                MessageId(message_id) if message_id else None,
            ),
        )


# In.


def on_privmsg(irc: Irc, line: Line) -> None:
    said(irc, line, False)


def on_notice(irc: Irc, line: Line) -> None:
    said(irc, line, True)


def said(irc: Irc, line: Line, is_notice: bool) -> None:
    target, text = line.params[0], line.params[1]
    nick = line.source.partition("!")[0]
    if nick == line.source and is_server(irc, nick):
        where = f"{target}: " if irc.is_channel(target) else ""
        irc.notice(where + formatting.from_irc(text)[0])
        return
    message_id = sent_at = None
    if tags := line.tags:
        message_id = tags.get("msgid")
        if "batch" in tags and (batch := irc.batches.get(tags["batch"])) and batch.is_history:
            sent_at = parse_time(tags.get("time", ""))
    is_mine = irc.is_me(nick)
    if is_mine and sent_at is None and is_echo(irc, line, target, text):
        return
    is_action = text[:1] == "\x01" and text.startswith(ACTION)
    if text[:1] == "\x01" and not is_action:
        if not is_mine and sent_at is None:
            on_ctcp(irc, line, nick, text, is_notice)
        return
    only_for = ""
    if target[:1] in irc.support.statusmsg and irc.is_channel(target[1:]):
        only_for, target = target[:1], target[1:]
    is_room = irc.is_channel(target)
    is_mine = is_mine and (is_room or not irc.is_me(target))
    if is_room:
        channel = irc.channels.get(irc.fold(target))
        chat = channel.id if channel else irc.room_id(target)
    else:
        channel = None
        chat = chat_id(target if is_mine else nick)
    news = Said(
        chat,
        nick,
        text,
        is_room,
        is_notice,
        is_action,
        is_mine,
        MessageId(message_id) if message_id else None,
        sent_at,
        only_for,
    )
    if irc.typing_from:
        irc.typing_from.pop((chat, nick, is_room), None)
    say_in(irc, channel, news)


def is_server(irc: Irc, source: str) -> bool:
    """Of a source that is a name alone.  Services can be that, too, but only servers have a dot."""
    return not source or "." in source or source == irc.server


def parse_time(text: str) -> datetime | None:
    """https://ircv3.net/specs/extensions/server-time"""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


# CTCP.


def on_ctcp(irc: Irc, line: Line, nick: str, text: str, is_notice: bool) -> None:
    request = formatting.ctcp(text)
    if request is None:
        return
    command, argument = request
    shown = formatting.from_irc(argument)[0]
    if is_notice:
        irc.notice(f"{nick} answers {command}: {shown}")
        return
    if command == "DCC":
        irc.notice(f"{nick} offers a direct connection (DCC {shown}); it was refused.")
        kind = " ".join(argument.split(" ")[:2])
        answer_ctcp(irc, nick, "DCC", f"REJECT {kind}".rstrip())
        return
    answer = ctcp_answer(line, command, argument)
    if answer is None:
        irc.notice(f"{nick} sent an unknown request: CTCP {command} {shown}".rstrip())
    else:
        answer_ctcp(irc, nick, command, answer)


def ctcp_answer(line: Line, command: str, argument: str) -> str | None:
    match command:
        case "VERSION":
            return "Greengate, a gateway from XMPP"
        case "SOURCE":
            return "Greengate"
        case "PING":
            return argument
        case "CLIENTINFO":
            return "ACTION CLIENTINFO PING SOURCE TIME VERSION"
        case "TIME":  # There is no clock here; the server's is as good.
            return line.tags.get("time", "unknown")
    return None


def answer_ctcp(irc: Irc, nick: str, command: str, argument: str) -> None:
    if not is_nick(nick):
        return
    if irc.ctcp_answers == 0:
        irc.wake("ctcp", CTCP_SECONDS)
    if irc.ctcp_answers < CTCP_LIMIT:
        irc.ctcp_answers += 1
        irc.send_sometime("NOTICE", nick, formatting.ctcp_quote(command, argument))


def on_ctcp_timer(irc: Irc) -> None:
    irc.ctcp_answers = 0
