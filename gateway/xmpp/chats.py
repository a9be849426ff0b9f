"""Messages between two people, typing, receipts, markers."""

from xml.etree.ElementTree import Element

from gateway.commands import AskAttention, SetTyping
from gateway.events import (
    AttentionAsked,
    MessageRead,
    MessageReceived,
    MessageSent,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, PersonId
from gateway.xmpp import corrections, markers, stanzas
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

NO_STORE = "<no-store xmlns='urn:xmpp:hints'/>"
"""XEP-0334.  Who types now is of no interest later (XEP-0085, section 5.6)."""

WHISPERS = 200
"""Conversations through a room whose way back is remembered."""

TYPED_AT_ONCE = 200
"""Chats that are being typed in; more than anybody has windows."""


class Chats:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._whispers: dict[str, str] = {}
        """Per JID of a person, the occupant's JID by which our user last wrote to them."""
        self._markable = markers.markable(host)
        self._typing: dict[ChatId, Typing] = {}
        """What the network was last told; nothing where that is ACTIVE, as it begins."""

    # From the user.

    def message(self, stanza: Element, chat: ChatId, occupant_of: str = "") -> None:
        """``occupant_of``: the JID of the room, if it is addressed to an occupant.

        Raises:
            CommandRefused: it cannot be sent.
        """
        body = stanza.findtext(BODY)
        if body:
            self._remember_way(chat, stanza, occupant_of)
            self._say(stanza, chat, body)
        elif stanza.find(ATTENTION_ASKED) is not None:
            self._host.put(AskAttention(chat=chat))
        else:
            self._tell_typing(stanza, chat)
            markers.mark(self._host, stanza, chat)

    def _say(self, stanza: Element, chat: ChatId, body: str) -> None:
        said_before = corrections.say(self._host, stanza, chat, body)
        self._typing.pop(chat, None)  # Networks take what is said for the end of typing it.
        if stanza.find(ATTENTION_ASKED) is not None:
            self._host.attempt(AskAttention(chat=chat))
        if said_before:
            self._confirm(said_before)

    def _remember_way(self, chat: ChatId, stanza: Element, occupant_of: str) -> None:
        if not occupant_of:
            if self._whispers:
                self._whispers.pop(self._host.jid(chat), None)
            return
        person = self._host.jid(chat)
        self._whispers[person] = stanza.get("to", "")
        if len(self._whispers) > WHISPERS:
            del self._whispers[next(iter(self._whispers))]

    def _tell_typing(self, stanza: Element, chat: ChatId) -> None:
        """What changed of it: "active", "inactive" and "gone" are all one to networks."""
        typing = next((TYPING[child.tag] for child in stanza if child.tag in TYPING), None)
        if typing in (None, self._typing.get(chat, Typing.ACTIVE)) or not self._can_tell_typing:
            return
        if typing is Typing.ACTIVE:
            del self._typing[chat]
        elif len(self._typing) < TYPED_AT_ONCE:
            self._typing[chat] = typing
        self._host.attempt(SetTyping(chat=chat, typing=typing))

    @property
    def _can_tell_typing(self) -> bool:
        return SetTyping in self._host.transport.network.commands and self._host.keeper.is_running

    # From the network.

    def received(self, event: MessageReceived) -> None:
        children = stanzas.body(event.body, event.xhtml)
        if event.sent_at:
            children += stanzas.delay(self._host.transport.domain, event.sent_at)
        if event.is_mine:
            self._show_sent(event.chat, children)
            return
        if event.id:
            children += stanzas.stanza_id(self._host.address, event.id)
            children += self._markable
        self.say(self._way_back(event.sender), children, event.id)

    def say(self, sender: str, children: str, id: str | None = None) -> None:
        self._host.out.write(
            stanzas.message(sender, self._host.key.user, "chat", children, id or stanzas.new_id()),
            keep=True,
        )

    def _show_sent(self, chat: ChatId, children: str) -> None:
        """From another client of the account: a carbon, where the server lets us (XEP-0356)."""
        host = self._host
        domain = host.transport.domain
        if sent := host.context.privileges.sent(host.key.user, domain, host.jid(chat), children):
            host.out.write(sent, keep=True)

    def _way_back(self, sender: PersonId) -> str:
        person = self._host.jid(sender)
        return self._whispers.get(person, person) if self._whispers else person

    def sent(self, event: MessageSent) -> Sent | None:
        """Returns what was sent if it belongs to a room, for that to reflect."""
        waiting = self._host.pending.take(event.token)
        if not isinstance(waiting, Sent):
            return None
        if waiting.said:
            waiting.said.taken(event.id, event.confirmed)
        if waiting.is_in_room:
            return waiting
        self._confirm(waiting)
        return None

    def _confirm(self, sent: Sent) -> None:
        """XEP-0184, section 5.4, if that is asked for.  The network has confirmed it; nothing
        weaker counts."""
        stanza = sent.stanza
        is_confirmed = sent.said is not None and sent.said.is_confirmed
        if not is_confirmed or stanza.find(RECEIPT_REQUEST) is None or not stanza.get("id"):
            return
        received = f"<received xmlns='{RECEIPTS}' id='{stanzas.escape(stanza.get('id', ''))}'/>"
        self._host.out.write(
            stanzas.message(
                stanza.get("to", ""), stanza.get("from", ""), "chat", received, stanzas.new_id()
            ),
            keep=True,
        )

    def read(self, event: MessageRead) -> None:
        """To the user's clients, in the name that one of them gave the message."""
        said = self._host.lately.named(event.chat, event.id)
        if said and said.is_markable:
            marker = markers.displayed(said.stanza_id)
            self.say(self._way_back(event.reader), marker)

    def attention_asked(self, event: AttentionAsked) -> None:
        """XEP-0224, section 3: for who is there now, so it is not stored for later."""
        attention = f"<attention xmlns='{ATTENTION}'/>"
        sender, user = self._way_back(event.sender), self._host.key.user
        self._host.out.write(
            stanzas.message(sender, user, "headline", attention, stanzas.new_id()), keep=True
        )

    def typing_changed(self, event: TypingChanged) -> None:
        state = f"<{event.typing.value} xmlns='{CHAT_STATES}'/>{NO_STORE}"
        sender = self._way_back(event.sender)
        self._host.out.write(stanzas.message(sender, self._host.key.user, "chat", state))
