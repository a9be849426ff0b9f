"""What people type for a person or a room, to its address."""

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Kind
from gateway.words import mark, tr
from gateway.xmpp import labels

NOT_A = {
    Kind.SERVER: mark("{name!r} is not a server."),
    Kind.PERSON: mark("{name!r} is not a person."),
    Kind.ROOM: mark("{name!r} is not a room."),
}


def find(transport: Transport, account: str, typed: str) -> tuple[str, Address]:
    """The local part, not escaped, and what it stands for.

    ``account`` is the one they talk to; there, a name alone is one that this account sees.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) no such address can exist.
    """
    addressing = labels.addressing(transport)
    text = typed.strip()
    if account and text:
        local = addressing.local(account, ChatId(text))
        try:
            return local, addressing.parse(local)
        except CommandRefused:
            pass  # They named another server.
    name, _ = labels.split(addressing.from_prompt(text))
    local = labels.join(name, labels.split(account)[1])
    return local, addressing.parse(local)


def find_kind(transport: Transport, account: str, typed: str, kind: Kind) -> tuple[str, Address]:
    """Raises as ``find`` does, and if it is something else."""
    local, address = find(transport, account, typed)
    if address.kind is not kind:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, tr(NOT_A[kind]).format(name=typed.strip()))
    return local, address
