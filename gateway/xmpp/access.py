"""Who may ask what, and which of their sessions, rooms and people they mean."""

from gateway.errors import CommandRefused, Reason
from gateway.events import Event, Occupant
from gateway.network import Kind
from gateway.sessions import State
from gateway.words import tr
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.iq import Asker
from gateway.xmpp.jid import resource
from gateway.xmpp.rooms import Room


def require_admitted(ask: Asker) -> None:
    """
    Raises:
        CommandRefused: the operator does not let them use this transport.
    """
    if not ask.transport.admits(ask.user.jid):
        raise CommandRefused(
            Reason.FORBIDDEN,
            tr("{name} is not open to you. Ask its operator.").format(name=ask.transport.name),
        )


def require_server(ask: Asker, advice: str) -> None:
    """
    Raises:
        CommandRefused: they ask a person or a room; ``advice`` says whom to ask instead.
    """
    if ask.address.kind is not Kind.SERVER:
        raise CommandRefused(Reason.NOT_SUPPORTED, advice)


def bridge_of(ask: Asker) -> Bridge | None:
    """Their session behind the address, whatever state it is in."""
    return ask.user.bridge(ask.transport.domain, ask.address.account)


def require_bridge(ask: Asker) -> Bridge:
    """
    Raises:
        CommandRefused: they have no account there.
    """
    bridge = bridge_of(ask)
    if bridge is None:
        raise CommandRefused(
            Reason.REGISTRATION_REQUIRED,
            tr("Register with {name} first.").format(name=ask.transport.name),
        )
    return bridge


def is_online(bridge: Bridge) -> bool:
    return bridge.keeper.state is State.ONLINE


def require_command(ask: Asker, command: type) -> None:
    """
    Raises:
        CommandRefused: the network has no such thing.
    """
    if command not in ask.transport.network.commands:
        raise CommandRefused(
            Reason.NOT_SUPPORTED,
            tr("{title} does not offer this.").format(title=ask.transport.network.title),
        )


def joined_room(ask: Asker) -> Room | None:
    """The room they ask about, if they are in it."""
    bridge = bridge_of(ask)
    room = bridge.rooms.get(ask.address.chat) if bridge else None
    return room if room is not None and room.is_joined else None


def require_seat(ask: Asker, otherwise: Reason = Reason.NOT_ACCEPTABLE) -> Room:
    """The room they ask about; the network may have lost it for a while.

    Raises:
        CommandRefused: the client that asks is not in it.
    """
    bridge = bridge_of(ask)
    room = bridge.rooms.get(ask.address.chat) if bridge else None
    if room is None or ask.sender not in room.seats:
        raise CommandRefused(otherwise, tr("You are not in this room. Join it first."))
    return room


def find_occupant(room: Room, nick: str) -> Occupant | None:
    """By nickname, as it stands in addresses."""
    if found := room.occupants.get(nick):
        return found
    wanted = resource(nick)
    return next((o for o in room.occupants.values() if resource(o.person) == wanted), None)


def require_occupant(room: Room, nick: str) -> Occupant:
    """
    Raises:
        CommandRefused: nobody in the room is called that.
    """
    if found := find_occupant(room, nick):
        return found
    raise CommandRefused(
        Reason.NOT_FOUND, tr("Nobody in the room is called {nick!r}.").format(nick=nick)
    )


def is_occupant(ask: Asker) -> bool:
    return ask.address.kind is Kind.ROOM and bool(ask.resource)


def require_ours(ask: Asker) -> None:
    """
    Raises:
        CommandRefused: they ask about a person, of whom we know nothing of the kind.
    """
    if ask.address.kind is Kind.PERSON or is_occupant(ask):
        raise CommandRefused(
            Reason.NOT_SUPPORTED,
            tr("{title} does not tell that of people.").format(title=ask.transport.network.title),
        )


def unexpected(event: Event) -> CommandRefused:
    """For an answer that the command asked for does not have: a bug of the network's package."""
    return CommandRefused(Reason.INTERNAL, f"{type(event).__name__} was no answer to that.")
