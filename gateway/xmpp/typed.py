"""What people type for a person or a room, to its address."""

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Kind


def find(transport: Transport, account: str, typed: str) -> tuple[str, Address]:
    """The local part, not escaped, and what it stands for.

    ``account`` is the server they talk to; there, a name alone is one of that server.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) no such address can exist.
    """
    addressing = transport.network.addressing(transport.settings)
    text = typed.strip()
    if account and text:
        local = addressing.local(account, ChatId(text))
        try:
            return local, addressing.parse(local)
        except CommandRefused:
            pass  # They named another server.
    local = addressing.from_prompt(text)
    return local, addressing.parse(local)


def find_kind(transport: Transport, account: str, typed: str, kind: Kind) -> tuple[str, Address]:
    """Raises as ``find`` does, and if it is something else."""
    local, address = find(transport, account, typed)
    if address.kind is not kind:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, f"{typed.strip()!r} is not a {kind.value}.")
    return local, address
