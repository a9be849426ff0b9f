"""What people type for a person or a room, to its address."""

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Kind
from gateway.xmpp import labels


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
        raise CommandRefused(Reason.NOT_ACCEPTABLE, f"{typed.strip()!r} is not a {kind.value}.")
    return local, address
