"""vcard-temp (XEP-0054): of the transport, and of people what the network tells.

For a person we ask the network, which may take it a while, and networks limit how often they are
asked: clients that want the vCard of everybody at once are told to come back later, or given the
picture alone (XEP-0153), for which most of them ask.
"""

from base64 import b64encode
from collections import Counter
from xml.etree.ElementTree import Element

from gateway.commands import FetchAvatar, FetchProfile
from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar, ProfileFetched
from gateway.ids import PersonId, SessionKey
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp import avatars, labels
from gateway.xmpp.access import (
    is_occupant,
    joined_room,
    require_bridge,
    require_command,
    require_occupant,
    require_seat,
    unexpected,
)
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.elements import element, elements
from gateway.xmpp.iq import Ask, Table

VCARD = "vcard-temp"

XEPS = {"XEP-0054": "1.2"}

FEATURES = {Kind.SERVER: (VCARD,), Kind.PERSON: (VCARD,), Kind.ROOM: (VCARD,)}

AT_ONCE = 2
"""Profiles under way in one session.  On IRC each is a line that delays what the user says, and
more lines than the server likes end the connection."""

_under_way: Counter[SessionKey] = Counter()


def vcard(ask: Ask) -> Element:
    match ask.address.kind:
        case Kind.SERVER:
            return _transport(ask)
        case Kind.ROOM if not ask.resource:
            return _room(ask)
        case _:
            return _person(ask)


def _transport(ask: Ask) -> Element:
    name = labels.shown(ask.address.account) or ask.transport.name
    return _card(
        ("FN", name),
        ("DESC", tr("A gateway to {title}.").format(title=ask.transport.network.title)),
    )


def _room(ask: Ask) -> Element:
    room = joined_room(ask)
    return _card(("FN", ask.address.chat), ("DESC", room.subject if room else ""))


def _person(ask: Ask) -> Element:
    if is_occupant(ask):
        require_command(ask, FetchProfile)
        person = require_occupant(require_seat(ask), ask.resource).person
        return _described(fetch(require_bridge(ask), person))
    if FetchAvatar not in ask.transport.network.commands:
        require_command(ask, FetchProfile)
    bridge = require_bridge(ask)
    person = PersonId(ask.address.chat)
    contact = bridge.contacts.get(bridge.jid(person))
    picture = avatars.picture(bridge, contact)
    try:
        card = _described(fetch(bridge, person), contact.name if contact else "")
    except CommandRefused:
        if picture is None:
            raise
        card = _card(("FN", person))
    if picture is not None:
        card.append(_photo(picture))
    return card


def _described(fetched: ProfileFetched, name: str = "") -> Element:
    lines = "\n".join(f"{tr(label)}: {value}" for label, value in fetched.fields)
    return _card(("FN", fetched.person), ("NICKNAME", name or fetched.person), ("DESC", lines))


def _photo(avatar: Avatar) -> Element:
    data = b64encode(avatar.data).decode()
    pairs = [("TYPE", avatar.media_type), ("BINVAL", data)]
    return element(f"{{{VCARD}}}PHOTO", *elements(VCARD, pairs))


def fetch(bridge: Bridge, person: PersonId) -> ProfileFetched:
    """
    Raises:
        CommandRefused: the network does, or too much is asked of it at once.
    """
    if _under_way[bridge.key] >= AT_ONCE:
        raise CommandRefused(Reason.TOO_MUCH, tr("Too many profiles at once; try again later."))
    _under_way[bridge.key] += 1
    try:
        answer = bridge.ask(lambda token: FetchProfile(person=person, token=token))
    finally:
        _under_way[bridge.key] -= 1
        if not _under_way[bridge.key]:
            del _under_way[bridge.key]
    if not isinstance(answer, ProfileFetched):
        raise unexpected(answer)
    return answer


def _card(*pairs: tuple[str, str]) -> Element:
    return element(f"{{{VCARD}}}vCard", *elements(VCARD, (pair for pair in pairs if pair[1])))


def refuse_change(ask: Ask) -> None:
    raise CommandRefused(Reason.NOT_ALLOWED, tr("This is not your vCard."))


IQS: Table = {
    ("get", f"{{{VCARD}}}vCard"): vcard,
    ("set", f"{{{VCARD}}}vCard"): refuse_change,
}
