"""What our user said lately in one session, for what refers to it afterwards: corrections, markers.

Clients name a message by the id they gave it, networks by one of their own; both are here.
"""

from collections import OrderedDict
from dataclasses import dataclass

from gateway.ids import ChatId, MessageId

MOST = 200
"""Messages of one session.  People correct the last, hardly ever one of the last ten."""

START = 24
"""Characters that remind people of which message is meant."""


@dataclass(slots=True)
class Said:
    chat: ChatId
    stanza_id: str
    """As its client named it; a correction keeps the name of what it corrects (XEP-0308)."""
    start: str
    text: int | None
    """A hash of what it says now: all that it takes to see that a text is the same.  None: the last
    that was tried was refused."""
    is_markable: bool = False
    is_out: bool = False
    """The network took it."""
    is_confirmed: bool = False
    id: MessageId | None = None

    def says(self, body: str) -> bool:
        return self.text == hash(body)

    def change(self, body: str) -> None:
        self.start, self.text = body[:START], hash(body)

    def taken(self, id: MessageId | None, is_confirmed: bool) -> None:
        """By the network."""
        self.is_out, self.is_confirmed = True, is_confirmed
        self.id = id or self.id

    def refused(self) -> None:
        self.text = None

    @property
    def never_was(self) -> bool:
        return self.text is None and not self.is_out


class Lately:
    def __init__(self) -> None:
        self._said: OrderedDict[tuple[ChatId, str], Said] = OrderedDict()

    def add(self, chat: ChatId, stanza_id: str, body: str, is_markable: bool) -> Said:
        said = Said(chat, stanza_id, body[:START], hash(body), is_markable)
        if stanza_id:  # Else nothing can refer to it.
            kept, key = self._said, (chat, stanza_id)
            if key in kept:
                del kept[key]
            kept[key] = said
            if len(kept) > MOST:
                kept.popitem(last=False)
        return said

    def find(self, chat: ChatId, stanza_id: str) -> Said | None:
        return self._said.get((chat, stanza_id))

    def named(self, chat: ChatId, id: MessageId) -> Said | None:
        """By the name that the network gave it."""
        return next(
            (s for s in reversed(self._said.values()) if (s.chat, s.id) == (chat, id)), None
        )

    def is_last(self, said: Said) -> bool:
        """Of its chat."""
        late_first = reversed(self._said.values())
        return next(other for other in late_first if other.chat == said.chat) is said
