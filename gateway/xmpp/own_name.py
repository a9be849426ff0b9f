"""The user's own nickname (XEP-0172, published by PEP), on to networks that show one (``SetName``).

Taking it away changes nothing: it would leave them without any name.
"""

from xml.etree.ElementTree import Element

from gateway.commands import SetName
from gateway.sessions import State
from gateway.xmpp.contact import NICK
from gateway.xmpp.host import Host
from gateway.xmpp.pep import items_of

NOTIFY = f"{NICK}+notify"


class OwnName:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted = ""

    def published(self, event: Element) -> None:
        items = items_of(event, NICK)
        if items is None:
            return
        found = next(items.iter(f"{{{NICK}}}nick"), None)
        name = " ".join((found.text or "").split()) if found is not None else ""
        if name and name != self._wanted:
            self._wanted = name
            self.review()

    def review(self) -> None:
        """Something changed, or the session is new.  Never blocks."""
        host = self._host
        is_shown = SetName in host.transport.network.commands
        if self._wanted and is_shown and host.keeper.state is State.ONLINE:
            host.attempt(SetName(name=self._wanted))
