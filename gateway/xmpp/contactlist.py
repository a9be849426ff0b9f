"""Contacts as people read and change them in a chat."""

from gateway.errors import CommandRefused, Reason
from gateway.events import Show
from gateway.ids import ChatId
from gateway.network import Kind
from gateway.words import mark, tr
from gateway.xmpp import typed
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.contact import Contact

SHOWN = 100
"""Lines of one answer that people still read."""

SHOWN_AS = {
    Show.AVAILABLE: mark("online"),
    Show.CHAT: mark("free to chat"),
    Show.AWAY: mark("away"),
    Show.XA: mark("away for long"),
    Show.DND: mark("do not disturb"),
    Show.OFFLINE: mark("offline"),
}


def show(bridge: Bridge) -> str:
    """Who is in the address book; those who are there come first."""
    found = [contact for _, contact in bridge.contacts.items() if contact.is_in_book]
    found.sort(key=lambda contact: (contact.show is Show.OFFLINE, _name(contact).casefold()))
    if not found:
        return tr("You have no contacts.")
    lines = [_line(contact) for contact in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(tr("… and {count} more.").format(count=len(found) - SHOWN))
    return "\n".join(lines)


def _line(contact: Contact) -> str:
    status = f": {contact.status}" if contact.status else ""
    return f"{_name(contact)} – {tr(SHOWN_AS[contact.show])}{status}"


def _name(contact: Contact) -> str:
    called = contact.called
    return f"{called} ({contact.person})" if called else contact.person


def add(bridge: Bridge, name: str) -> str:
    """
    Raises:
        CommandRefused: that cannot be one, or not be added.
    """
    bridge.contacts.subscribe(_find(bridge, name))
    return tr(
        "{name} is asked where the network wants that. Your client then asks you about them."
    ).format(name=name)


def remove(bridge: Bridge, name: str) -> str:
    """
    Raises:
        CommandRefused: that is none of them.
    """
    chat = _find(bridge, name)
    if bridge.jid(chat) not in bridge.contacts:
        raise CommandRefused(
            Reason.NOT_FOUND, tr("{name!r} is none of your contacts.").format(name=name)
        )
    bridge.contacts.unsubscribe(chat)
    return tr("{name} is removed.").format(name=name)


def _find(bridge: Bridge, name: str) -> ChatId:
    _, address = typed.find_kind(bridge.transport, bridge.key.account, name, Kind.PERSON)
    return address.chat
