"""What a client says, as a command; also when it corrects what it said before (XEP-0308).

Where the network knows corrections (``EditMessage``), they are that.  Elsewhere they are said anew,
as what they are: ``[corrected] Romeo``, or, if something else was said since, ``[corrected “Rmoeo”]
Romeo``.  A text that is the same is not said twice.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from gateway.commands import Command, EditMessage, SendMessage
from gateway.errors import CommandRefused
from gateway.ids import ChatId, Token
from gateway.xmpp.host import Host
from gateway.xmpp.lately import START, Said
from gateway.xmpp.markers import MARKABLE
from gateway.xmpp.pending import Sent

CORRECTION = "urn:xmpp:message-correct:0"

XEPS = {"XEP-0308": "1.2.1"}

REPLACE = f"{{{CORRECTION}}}replace"

ACTION = "/me "


def say(
    host: Host, stanza: Element, chat: ChatId, body: str, is_in_room: bool = False
) -> Sent | None:
    """None: it is under way.  Else it need not be: it was said before, word for word.

    Raises:
        CommandRefused: it cannot be said.
    """
    replaced = stanza.find(REPLACE)
    if replaced is not None:
        return _correct(host, stanza, chat, body, is_in_room, replaced.get("id", ""))
    is_markable = stanza.find(MARKABLE) is not None
    said = host.lately.add(chat, stanza.get("id", ""), body, is_markable)
    sent = Sent(stanza, is_in_room, said)
    _put(host, sent, said, lambda token: SendMessage(chat=chat, body=body, token=token))
    return None


def _correct(
    host: Host, stanza: Element, chat: ChatId, body: str, is_in_room: bool, name: str
) -> Sent | None:
    before = host.lately.find(chat, name)
    said = before or host.lately.add(chat, name, body, stanza.find(MARKABLE) is not None)
    sent = Sent(stanza, is_in_room, said)
    if before and before.says(body):
        return sent
    is_new = before is not None and before.never_was
    words = body if is_new else _as_correction(host, before, body)
    said.change(body)

    def command(token: Token) -> Command:
        if not is_new and said.id and EditMessage in host.transport.network.commands:
            return EditMessage(chat=chat, id=said.id, body=body, token=token)
        return SendMessage(chat=chat, body=words, token=token)

    _put(host, sent, said, command)
    return None


def _put(host: Host, sent: Sent, said: Said, command: Callable[[Token], Command]) -> None:
    try:
        host.put_pending(sent, command)
    except CommandRefused:
        said.refused()
        raise


def _as_correction(host: Host, before: Said | None, body: str) -> str:
    mark = "[corrected]"
    if before and not host.lately.is_last(before):
        more = "…" if len(before.start) == START else ""
        mark = f"[corrected “{before.start.splitlines()[0]}{more}”]"
    if body.startswith(ACTION):
        return f"{ACTION}{mark} {body.removeprefix(ACTION)}"
    return f"{mark} {body}"
