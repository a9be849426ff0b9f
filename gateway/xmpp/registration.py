"""Registering, the same whether by form (XEP-0077) or by command (XEP-0050).

    read ──► the form ──► the user ──► submit ──► Network.check ──► User.register

On a transport where users choose the server, each server is an account of its own: asked at the
server's JID the form is that account's, at the transport's JID it has a field ``server``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.network import Field, FieldKind
from gateway.store import Broken, Registration
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.forms import fill_in
from gateway.xmpp.users import User

STAY_ONLINE = Field(
    name="stay_online",
    label="Stay connected when I am offline",
    kind=FieldKind.YES_NO,
)
"""Of every form: it is the gateway that stays."""

SERVER = "server"
"""The field that names the account where users choose the server."""

NEW = "Fill in what you use to log in to {title}."
CHANGE = "You are registered. Change what you like; leave a password empty to keep it."
BROKEN = (
    "You are registered, but what was stored cannot be opened any more. "
    "Please fill in everything again."
)
ANOTHER = (
    "You are registered with {servers}. Name a server again to change that, or another to add it."
)
TRUST = (
    "Your password is stored encrypted. "
    "The operator of this gateway can read what passes through it."
)


@dataclass(frozen=True, slots=True)
class Form:
    """What there is to fill in, and what is on file but for the secrets."""

    fields: tuple[Field, ...]
    values: Mapping[str, str]
    instructions: str
    is_registered: bool


def read(user: User, transport: Transport, account: str) -> Form:
    """The form as it stands for this user, at the JID of that account."""
    on_file = _registration(user.bridge(transport.domain, account))
    others = [] if account else _registered(user, transport)
    match on_file:
        case Registration():
            words = CHANGE
        case Broken():
            words = BROKEN
        case None if others:
            servers = ", ".join(bridge.key.account for bridge in others)
            words = ANOTHER.format(servers=servers)
        case None:
            words = NEW.format(title=transport.name)
    fields = _fields(transport, account)
    secrets = {field.name for field in fields if field.kind is FieldKind.SECRET}
    values = {name: value for name, value in _values(on_file).items() if name not in secrets}
    return Form(
        fields=fields,
        values=values,
        instructions=f"{words} {TRUST}",
        is_registered=on_file is not None or bool(others),
    )


def submit(user: User, transport: Transport, account: str, given: Mapping[str, str]) -> str:
    """Register, or change what is registered; returns the account.  Blocks.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) names the field; what was on file still holds.
    """
    known = [
        bridge for bridge in _registered(user, transport) if account in ("", bridge.key.account)
    ]
    for bridge in known:
        found, fields, stays = _check(transport, account, given, _values(bridge.registration))
        if found == bridge.key.account:
            break
    else:
        found, fields, stays = _check(transport, account, given, {})
    if account and found != account:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, f"This address is for {account} only.")
    user.register(transport, found, fields, stays)
    return found


def _check(
    transport: Transport, account: str, given: Mapping[str, str], on_file: Mapping[str, str]
) -> tuple[str, dict[str, str], bool]:
    filled = fill_in(_fields(transport, account), given, on_file)
    stays = filled.pop(STAY_ONLINE.name) == "1"
    if account and not filled.get(SERVER):
        filled[SERVER] = account
    found, fields = transport.network.check(transport.settings, filled)
    return found, fields, stays


def _fields(transport: Transport, account: str) -> tuple[Field, ...]:
    return (*transport.network.fields(transport.settings, account), STAY_ONLINE)


def _values(registration: Registration | Broken | None) -> dict[str, str]:
    if not isinstance(registration, Registration):
        return {}
    return {**registration.fields, STAY_ONLINE.name: "1" if registration.stay_online else ""}


def _registration(bridge: Bridge | None) -> Registration | Broken | None:
    return bridge.registration if bridge else None


def _registered(user: User, transport: Transport) -> list[Bridge]:
    return [bridge for bridge in user.bridges(transport.domain) if bridge.registration]
