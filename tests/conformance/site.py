"""Where the checks take place: an XMPP server, a gateway behind it, and a network behind that.

A ``Combination`` is one of those, described; opened it is a ``Site``.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gateway.hub import HubLoop
from tests.conformance.adapter import Adapter, Can
from tests.endtoend.inbox import GUARD


class Switch(Protocol):
    """A process that can be stopped and started."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    host: str
    port: int
    """Of the XMPP server, for clients."""
    component: str
    """The JID of the gateway."""
    network: Adapter
    make_user: Callable[[], tuple[str, str]]
    """JID and password of somebody new on the XMPP server."""
    reuses_users: bool = False
    """It may be somebody again who has been in a check before."""
    is_tls: bool = False
    filled: Mapping[str, str] = field(default_factory=dict)
    """Fields of the registration form that only this gateway has."""
    lobby: str = ""
    """The room by which users come who cannot register.  Empty: they can."""
    gateway: Switch | None = None
    host_switch: Switch | None = None
    patience: float = GUARD
    """Seconds that anything may take."""


class Combination(Protocol):
    @property
    def name(self) -> str:
        """A column of the table."""

    @property
    def cannot(self) -> Mapping[Can, str]:
        """What cannot be checked here, and why."""

    def open(self, loop: HubLoop) -> AbstractContextManager[Site]:
        """``loop``: that of the users' clients; there can only be one."""
