"""Messages between two people, typing, receipts."""

from xml.etree.ElementTree import Element

from gateway.commands import AskAttention, SendMessage, SetTyping
from gateway.events import AttentionAsked, MessageReceived, MessageSent, Typing, TypingChanged
from gateway.ids import ChatId, PersonId
from gateway.xmpp import stanzas
from gateway.xmpp.host import Host
from gateway.xmpp.pending import Sent
from gateway.xmpp.stanzas import NS

RECEIPTS = "urn:xmpp:receipts"
ATTENTION = "urn:xmpp:attention:0"
CHAT_STATES = "http://jabber.org/protocol/chatstates"

BODY = f"{{{NS}}}body"
ATTENTION_ASKED = f"{{{ATTENTION}}}attention"
RECEIPT_REQUEST = f"{{{RECEIPTS}}}request"

TYPING = {
    f"{{{CHAT_STATES}}}active": Typing.ACTIVE,
    f"{{{CHAT_STATES}}}composing": Typing.COMPOSING,
    f"{{{CHAT_STATES}}}paused": Typing.PAUSED,
    f"{{{CHAT_STATES}}}inactive": Typing.ACTIVE,
    f"{{{CHAT_STATES}}}gone": Typing.ACTIVE,
}

WHISPERS = 200
"""Conversations through a room whose way back is remembered."""


class Chats:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._whispers: dict[str, str] = {}
        """Per JID of a person, the occupant's JID by which our user last wrote to them."""

    # From the user.

    def message(self, stanza: Element, chat: ChatId, occupant_of: str = "") -> None:
        """``occupant_of``: the JID of the room, if it is addressed to an occupant.

        Raises:
            CommandRefused: it cannot be sent.
        """
        body = stanza.findtext(BODY)
        if body:
            self._remember_way(chat, stanza, occupant_of)
            wants_receipt = stanza.find(RECEIPT_REQUEST) is not None
            self._host.put_pending(
                Sent(stanza, wants_receipt=wants_receipt),
                lambda token: SendMessage(chat=chat, body=body, token=token),
            )
        elif stanza.find(ATTENTION_ASKED) is not None:
            self._host.put(AskAttention(chat=chat))
        else:
            self._typing(stanza, chat)

    def _remember_way(self, chat: ChatId, stanza: Element, occupant_of: str) -> None:
        if not occupant_of:
            if self._whispers:
                self._whispers.pop(self._host.jid(chat), None)
            return
        person = self._host.jid(chat)
        self._whispers[person] = stanza.get("to", "")
        if len(self._whispers) > WHISPERS:
            del self._whispers[next(iter(self._whispers))]

    def _typing(self, stanza: Element, chat: ChatId) -> None:
        for child in stanza:
            if (typing := TYPING.get(child.tag)) and self._can_tell_typing:
                self._host.put(SetTyping(chat=chat, typing=typing))
                return

    @property
    def _can_tell_typing(self) -> bool:
        return SetTyping in self._host.transport.network.commands and self._host.keeper.is_running

    # From the network.

    def received(self, event: MessageReceived) -> None:
        if event.is_mine:
            return  # From another client of the account; to show it needs XEP-0356.
        children = stanzas.body(event.body, event.xhtml)
        if event.sent_at:
            children += stanzas.delay(self._host.transport.domain, event.sent_at)
        if event.id:
            children += stanzas.stanza_id(self._host.address, event.id)
        self.say(self._way_back(event.sender), children, event.id)

    def say(self, sender: str, children: str, id: str | None = None) -> None:
        self._host.out.write(
            stanzas.message(sender, self._host.key.user, "chat", children, id or stanzas.new_id()),
            keep=True,
        )

    def _way_back(self, sender: PersonId) -> str:
        person = self._host.jid(sender)
        return self._whispers.get(person, person) if self._whispers else person

    def sent(self, event: MessageSent) -> Sent | None:
        """Returns what was sent if it belongs to a room, for that to reflect."""
        waiting = self._host.pending.take(event.token)
        if not isinstance(waiting, Sent):
            return None
        if waiting.is_in_room:
            return waiting
        if waiting.wants_receipt and event.confirmed:
            self._receipt(waiting.stanza)
        return None

    def _receipt(self, stanza: Element) -> None:
        """XEP-0184, section 5.4.  The network has confirmed it; nothing weaker counts."""
        received = f"<received xmlns='{RECEIPTS}' id='{stanzas.escape(stanza.get('id', ''))}'/>"
        self._host.out.write(
            stanzas.message(
                stanza.get("to", ""), stanza.get("from", ""), "chat", received, stanzas.new_id()
            ),
            keep=True,
        )

    def attention_asked(self, event: AttentionAsked) -> None:
        """XEP-0224."""
        attention = f"<attention xmlns='{ATTENTION}'/>"
        self.say(self._way_back(event.sender), attention)

    def typing_changed(self, event: TypingChanged) -> None:
        state = f"<{event.typing.value} xmlns='{CHAT_STATES}'/>"
        sender = self._way_back(event.sender)
        self._host.out.write(stanzas.message(sender, self._host.key.user, "chat", state))
