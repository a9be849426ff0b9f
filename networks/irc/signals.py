"""Typing notifications, both ways.  https://ircv3.net/specs/client-tags/typing

Somebody who types says so every three seconds, and is taken to have stopped when they do not for
six.  XMPP says it once at either end (XEP-0085).
"""

from gateway.commands import SetTyping
from gateway.events import Typing
from gateway.ids import ChatId
from networks.irc.ids import is_nick
from networks.irc.known import chat_id
from networks.irc.messages import is_target
from networks.irc.news import Typed
from networks.irc.outgoing import BACKGROUND, Entry
from networks.irc.state import Irc
from networks.irc.wire import Line

TAG = "+typing"

REPEAT_SECONDS = 3.0
"""What the specification asks for: never faster, and again as long as it goes on."""

REPEATS = 20
"""A minute, in case XMPP never says that it is over."""

STALE_SECONDS = 6.0
"""Without another word they have stopped."""

MAX_TYPERS = 100
"""People whose typing we keep in mind; more only type in vain."""

VALUES = {"active": Typing.COMPOSING, "paused": Typing.PAUSED, "done": Typing.ACTIVE}
"""The tag's values."""


def set_typing(irc: Irc, command: SetTyping) -> None:
    chat = command.chat
    if not can_tell(irc) or not is_target(chat, irc.support.chantypes):
        return
    was_typing = irc.typing_to.pop(chat, None) is not None
    if command.typing is Typing.COMPOSING:
        if not irc.typing_to:
            irc.wake("typing", REPEAT_SECONDS)
        irc.typing_to[chat] = REPEATS
        if not was_typing:
            tell(irc, chat, "active")
    elif was_typing:
        tell(irc, chat, "paused" if command.typing is Typing.PAUSED else "done")


def can_tell(irc: Irc) -> bool:
    """CLIENTTAGDENY: "*" is all, "-typing" all but that.
    https://ircv3.net/specs/extensions/message-tags#rpl_isupport-tokens"""
    denied = irc.support.client_tags_denied.split(",")
    if "*" in denied and "-typing" not in denied:
        return False
    return "message-tags" in irc.caps and "typing" not in denied


def tell(irc: Irc, chat: str, value: str) -> None:
    """Only when nothing more important needs the line: what waits is out of date when it goes."""
    if not irc.outgoing.waiting and irc.outgoing.tokens > 1:
        irc.outgoing.put(BACKGROUND, Entry(Line("TAGMSG", (chat,), "", {TAG: value})))


def on_typing_timer(irc: Irc) -> None:
    for chat, left in list(irc.typing_to.items()):
        tell(irc, chat, "active")
        irc.typing_to[chat] = left - 1
        if left <= 1:
            del irc.typing_to[chat]
    if irc.typing_to:
        irc.wake("typing", REPEAT_SECONDS)


def on_tagmsg(irc: Irc, line: Line) -> None:
    """TAGMSG target"""
    typing = VALUES.get(line.tags.get(TAG, ""))
    nick, target = line.nick, line.params[0]
    if typing is None or irc.is_me(nick) or not is_nick(nick):
        return
    is_room = irc.is_channel(target)
    key = (irc.room_id(target) if is_room else chat_id(nick), nick, is_room)
    before = irc.typing_from.pop(key, None)
    if typing is Typing.COMPOSING:
        if len(irc.typing_from) >= MAX_TYPERS:
            return
        if not irc.typing_from:
            irc.wake("stale", STALE_SECONDS)
        irc.typing_from[key] = 0
    if typing is not Typing.COMPOSING or before is None:
        irc.tell(typed(key, typing))


def typed(key: tuple[ChatId, str, bool], typing: Typing) -> Typed:
    chat, nick, is_room = key
    return Typed(chat, nick, typing, is_room)


def on_stale_timer(irc: Irc) -> None:
    for key, turns in list(irc.typing_from.items()):
        irc.typing_from[key] = turns + 1
        if turns:
            del irc.typing_from[key]
            irc.tell(typed(key, Typing.ACTIVE))
    if irc.typing_from:
        irc.wake("stale", STALE_SECONDS)
