"""One contact: what is known of them, and how that looks as a presence (RFC 6121, section 4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.events import Show
from gateway.ids import PersonId
from gateway.store import KnownPicture, Seen
from gateway.xmpp import stanzas
from gateway.xmpp.stanzas import element, escape

NICK = "http://jabber.org/protocol/nick"
IDLE = "urn:xmpp:idle:1"
VCARD_UPDATE = "vcard-temp:x:update"

SAME_IDLE = timedelta(minutes=2)
"""Networks tell whole minutes, and take a moment to tell them."""


@dataclass(slots=True)
class Contact:
    person: PersonId
    name: str = ""
    """What they call themselves."""
    alias: str = ""
    """What our user calls them, in the network's address book."""
    groups: tuple[str, ...] = ()
    show: Show = Show.OFFLINE
    status: str = ""
    idle_since: datetime | None = None
    picture: KnownPicture | None = None
    """None: not known (yet)."""
    is_in_book: bool = True
    """False: they only ask to be let in, or have been asked."""
    is_authorized: bool = True
    """They let our user see their presence."""
    is_hidden: bool = False
    """Our user does not want to see them."""
    is_watched: bool = False
    """Our user subscribed to them, or our user's server has asked how they are, as it does for
    those that the user is subscribed to."""
    is_asked_for: bool = False
    """Our user has subscribed and waits for the network to agree."""
    seen: Seen | None = None
    """The user's roster had an item of them when we last looked: this, while the network said that.
    None: not as far as we know."""
    is_asking: bool = False
    """They want to see our user, who has not answered yet."""

    @property
    def shows_picture(self) -> bool:
        return self.picture is not None and bool(self.picture.hash)

    @property
    def called(self) -> str:
        return self.alias or self.name

    def is_idle_since(self, since: datetime | None) -> bool:
        """As far as can be told."""
        if self.idle_since is None or since is None:
            return self.idle_since is since
        return abs(self.idle_since - since) < SAME_IDLE


def presence(contact: Contact, jid: str, to: str, caps: str) -> str:
    status = element("status", contact.status)
    if contact.show is Show.OFFLINE:
        return stanzas.presence(jid, to, "unavailable", status)
    show = "" if contact.show is Show.AVAILABLE else contact.show.value
    children = element("show", show) + status + _idle(contact) + _nick(contact) + _photo(contact)
    return stanzas.presence(jid, to, "", children + caps)


def request(contact: Contact, jid: str, to: str, reason: str = "") -> str:
    """They ask to see our user."""
    return stanzas.presence(jid, to, "subscribe", element("status", reason) + _nick(contact))


def _nick(contact: Contact) -> str:
    """XEP-0172."""
    return f"<nick xmlns='{NICK}'>{escape(contact.called)}</nick>" if contact.called else ""


def _idle(contact: Contact) -> str:
    """XEP-0319."""
    if contact.idle_since is None:
        return ""
    return f"<idle xmlns='{IDLE}' since='{stanzas.stamp(contact.idle_since)}'/>"


def _photo(contact: Contact) -> str:
    """XEP-0153.  Nothing at all until we know: that leaves what clients show as it is."""
    if contact.picture is None:
        return ""
    return f"<x xmlns='{VCARD_UPDATE}'><photo>{escape(contact.picture.hash)}</photo></x>"
