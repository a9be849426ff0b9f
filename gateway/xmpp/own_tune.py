"""What the user listens to (XEP-0118, published by PEP), on to networks that show it (``SetTune``).

An empty ``<tune/>`` ends it (section 2.3), and so does taking the item away.  Clients that are cut
off say neither, so nobody plays anything whose last client is gone.
"""

from xml.etree.ElementTree import Element

from gateway.commands import SetTune
from gateway.sessions import State
from gateway.xmpp.host import Host
from gateway.xmpp.pep import items_of

TUNE = "http://jabber.org/protocol/tune"

NOTIFY = f"{TUNE}+notify"

SILENCE = SetTune()


class OwnTune:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted = SILENCE

    def published(self, event: Element) -> None:
        items = items_of(event, TUNE)
        if items is None:
            return
        self._want(next((_tune(found) for found in items.iter(f"{{{TUNE}}}tune")), SILENCE))

    def user_changed(self) -> None:
        """A client of the user came, went, or changed its presence."""
        if not self._host.resources:
            self._want(SILENCE)

    def _want(self, tune: SetTune) -> None:
        if tune != self._wanted:
            self._wanted = tune
            self._tell()

    def review(self) -> None:
        """The session is new, and knows of no tune.  Never blocks."""
        if self._wanted != SILENCE:
            self._tell()

    def _tell(self) -> None:
        host = self._host
        is_shown = SetTune in host.transport.network.commands
        if is_shown and host.keeper.state is State.ONLINE:
            host.attempt(self._wanted)


def _tune(found: Element) -> SetTune:
    """A stream may have nothing but a source."""
    title, artist, source = (
        " ".join(found.findtext(f"{{{TUNE}}}{name}", "").split())
        for name in ("title", "artist", "source")
    )
    return SetTune(title=title or source, artist=artist)
