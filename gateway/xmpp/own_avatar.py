"""The user's own picture, on to networks that show one (``SetAvatar``).

    a presence with a hash (XEP-0153) ──► the vCard, asked of the user's server ──►
    made to fit (``gateway.pictures``) ──► SetAvatar

A hash that was seen is not asked for again, and a picture that the network has is not sent again,
whatever reconnects.  Somebody who has no picture in XMPP keeps the one they have on the network:
only what was put there from here is taken away.
"""

import binascii
from base64 import b64decode
from xml.etree.ElementTree import Element

import gevent
from gevent.lock import Semaphore

from gateway import pictures
from gateway.commands import SetAvatar
from gateway.errors import CommandRefused
from gateway.events import Avatar
from gateway.network import Picture
from gateway.sessions import State
from gateway.xmpp.avatars import photo
from gateway.xmpp.contact import VCARD_UPDATE
from gateway.xmpp.host import Host

VCARD = "{vcard-temp}vCard"
BINVAL = "{vcard-temp}PHOTO/{vcard-temp}BINVAL"
TYPE = "{vcard-temp}PHOTO/{vcard-temp}TYPE"

HASH = f"{{{VCARD_UPDATE}}}x/{{{VCARD_UPDATE}}}photo"

USUAL_TYPE = "image/png"
"""Of a picture whose vCard does not say."""


ONE_AT_A_TIME = Semaphore()
"""Large pictures take much memory for a moment."""


def _try(avatar: Avatar, limits: Picture) -> Avatar | CommandRefused:
    """In a thread, where exceptions would be printed."""
    try:
        return pictures.fit(avatar, limits)
    except CommandRefused as refusal:
        return refusal


class OwnAvatar:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted: str | None = None
        """The hash that the user's clients show; None: they have not said."""
        self._done: str | None = None
        """The last that was dealt with."""
        self._sent = ""
        """Hash of what the network was given; "" if that is nothing."""
        self._fetching: gevent.Greenlet[..., None] | None = None

    def shown(self, presence: Element) -> None:
        """By a client of the user.  No ``photo`` at all: it does not know (section 4.1)."""
        found = presence.find(HASH)
        if found is not None:
            self._wanted = (found.text or "").strip().lower()
            self.review()

    def review(self) -> None:
        """Something changed.  Never blocks."""
        if self._is_due and self._fetching is None:
            self._fetching = gevent.spawn(self._catch_up)

    @property
    def _is_due(self) -> bool:
        host = self._host
        return (
            self._wanted not in (None, self._done)
            and SetAvatar in host.transport.network.commands
            and host.is_registered
            and host.keeper.state is State.ONLINE
        )

    def _catch_up(self) -> None:
        """In a greenlet of its own."""
        try:
            while self._is_due:
                wanted = self._wanted
                self._set(self._fitted(self._fetch()) if wanted else None)
                self._done = wanted
        except CommandRefused as refusal:  # Until the next presence, or log-in.
            self._host.log.debug("avatar.not_set", why=refusal.text)
        finally:
            self._fetching = None

    def _fetch(self) -> Avatar | None:
        """
        Raises:
            CommandRefused: the user's server does not tell.
        """
        card = self._host.out.ask(self._host.address, self._host.key.user, Element(VCARD))
        try:
            data = b64decode("".join(card.findtext(BINVAL, "").split()))
        except binascii.Error:
            return None
        media_type = card.findtext(TYPE, "").strip() or USUAL_TYPE
        return Avatar(data=data, media_type=media_type) if data else None

    def _fitted(self, avatar: Avatar | None) -> Avatar | None:
        """None, and the user is told, if it can be shown in no way."""
        network = self._host.transport.network
        if avatar is None or network.picture is None:
            return avatar
        with ONE_AT_A_TIME:
            found = gevent.get_hub().threadpool.apply(_try, (avatar, network.picture))
        if isinstance(found, Avatar):
            return found
        self._host.say(f"Your picture is not shown on {network.title}: {found.text}")
        return None

    def _set(self, avatar: Avatar | None) -> None:
        """
        Raises:
            CommandRefused: the session ended meanwhile.
        """
        if photo(avatar) != self._sent:
            self._host.put(SetAvatar(avatar=avatar))
            self._sent = photo(avatar)
