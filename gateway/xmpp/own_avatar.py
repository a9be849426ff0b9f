"""The user's own picture, on to networks that show one (``SetAvatar``).

    a presence with a hash (XEP-0153) ──► the vCard, asked of the user's server ──┐
    published by PEP (XEP-0084)       ──► its data, asked likewise              ──┤
                                          SetAvatar ◄── made to fit (``pictures``) ┘

A server that makes each of the two from the other (XEP-0398) may convert the picture, so that they
differ: then the one in presence holds.  One that does not puts no hash there, or an empty one.

A hash that was seen is not asked for again, and a picture that the network has is not sent again,
whatever reconnects.  Somebody who has no picture in XMPP keeps the one they have on the network:
only what was put there from here is taken away.
"""

import binascii
from base64 import b64decode
from xml.etree.ElementTree import Element

import gevent
from gevent.lock import Semaphore

from gateway import i18n, pictures
from gateway.commands import SetAvatar
from gateway.errors import CommandRefused
from gateway.events import Avatar
from gateway.network import Picture
from gateway.sessions import State
from gateway.words import tr
from gateway.xmpp.avatars import photo
from gateway.xmpp.contact import VCARD_UPDATE
from gateway.xmpp.elements import element
from gateway.xmpp.host import Host
from gateway.xmpp.pep import items_of
from gateway.xmpp.picturenews import METADATA

VCARD = "{vcard-temp}vCard"
BINVAL = "{vcard-temp}PHOTO/{vcard-temp}BINVAL"
TYPE = "{vcard-temp}PHOTO/{vcard-temp}TYPE"

HASH = f"{{{VCARD_UPDATE}}}x/{{{VCARD_UPDATE}}}photo"

PUBSUB = "http://jabber.org/protocol/pubsub"
DATA = "urn:xmpp:avatar:data"
INFO = f"{{{METADATA}}}info"

USUAL_TYPE = "image/png"
"""Of a picture of which nobody says; XEP-0084 demands that it is there as that (section 4.1)."""


ONE_AT_A_TIME = Semaphore()
"""Large pictures take much memory for a moment."""


def _try(avatar: Avatar, limits: Picture) -> Avatar | CommandRefused:
    """In a thread, where exceptions would be printed."""
    try:
        return pictures.fit(avatar, limits)
    except CommandRefused as refusal:
        return refusal


def _avatar(base64: str, media_type: str = "") -> Avatar | None:
    try:
        data = b64decode("".join(base64.split()))
    except binascii.Error:
        return None
    return Avatar(data=data, media_type=media_type.strip() or USUAL_TYPE) if data else None


class OwnAvatar:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted: str | None = None
        """The hash that the user's clients show; None: they have not said."""
        self._done: str | None = None
        """The last that was dealt with."""
        self._published = ""
        """The hash of what was published by PEP."""
        self._is_in_presence = False
        """There was a hash in one."""
        self._sent = ""
        """Hash of what the network was given; "" if that is nothing."""
        self._fetching: gevent.Greenlet[..., None] | None = None

    def shown(self, presence: Element) -> None:
        """By a client of the user.  No ``photo`` at all: it does not know (section 4.1)."""
        found = presence.find(HASH)
        if found is None:
            return
        hash = (found.text or "").strip().lower()
        if hash or not self._published:
            self._is_in_presence = bool(hash)
            self._wanted = hash
            self.review()

    def published(self, event: Element) -> None:
        items = items_of(event, METADATA)
        if items is None:
            return
        here = (info for info in items.iter(INFO) if not info.get("url"))
        info = next(here, None)
        self._published = "" if info is None else info.get("id", "").lower()
        if not self._is_in_presence:
            self._wanted = self._published
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
                self._set(self._fitted(self._fetch(wanted)) if wanted else None)
                self._done = wanted
        except CommandRefused as refusal:  # Until the next presence, or log-in.
            self._host.log.debug("avatar.not_set", why=refusal.text)
        finally:
            self._fetching = None

    def _fetch(self, hash: str) -> Avatar | None:
        """
        Raises:
            CommandRefused: the user's server does not tell.
        """
        if hash == self._published:
            item = element(f"{{{PUBSUB}}}item", id=hash)
            items = element(f"{{{PUBSUB}}}items", item, node=DATA)
            answer = self._ask(element(f"{{{PUBSUB}}}pubsub", items))
            return _avatar("".join(answer.itertext()))
        card = self._ask(Element(VCARD))
        return _avatar(card.findtext(BINVAL, ""), card.findtext(TYPE, ""))

    def _ask(self, payload: Element) -> Element:
        return self._host.out.ask(self._host.address, self._host.key.user, payload)

    def _fitted(self, avatar: Avatar | None) -> Avatar | None:
        """None, and the user is told, if it can be shown in no way."""
        network = self._host.transport.network
        if avatar is None or network.picture is None:
            return avatar
        with ONE_AT_A_TIME:
            found = gevent.get_hub().threadpool.apply(_try, (avatar, network.picture))
        if isinstance(found, Avatar):
            return found
        i18n.speak(self._host.resources.language)
        self._host.say(
            tr("Your picture is not shown on {title}: {text}").format(
                title=network.title, text=tr(found.text)
            )
        )
        return None

    def _set(self, avatar: Avatar | None) -> None:
        """
        Raises:
            CommandRefused: the session ended meanwhile.
        """
        if photo(avatar) != self._sent:
            self._host.put(SetAvatar(avatar=avatar))
            self._sent = photo(avatar)
