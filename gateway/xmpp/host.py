"""What a bridge offers to its parts (``chats``, ``contacts``, ``rooms``)."""

from collections.abc import Callable
from typing import Protocol

from gateway.commands import Command
from gateway.config import Transport
from gateway.events import Event
from gateway.ids import ChatId, PersonId, SessionKey, Token
from gateway.log import Bound
from gateway.sessions import Keeper
from gateway.xmpp.component import Component
from gateway.xmpp.context import Context
from gateway.xmpp.credentials import Credentials
from gateway.xmpp.lately import Lately
from gateway.xmpp.pending import Pending, Waiting
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.resources import Resources


class Host(Protocol):
    context: Context
    transport: Transport
    key: SessionKey
    me: PersonId | None
    pending: Pending
    lately: Lately
    resources: Resources
    quotas: Quotas
    out: Component
    log: Bound
    keeper: Keeper
    credentials: Credentials

    @property
    def is_registered(self) -> bool: ...

    @property
    def stays_online(self) -> bool: ...

    @property
    def is_needed(self) -> bool: ...

    @property
    def address(self) -> str: ...

    def jid(self, chat: ChatId | PersonId) -> str: ...

    def review(self) -> None: ...

    def put(self, command: Command) -> None: ...

    def put_pending(self, waiting: Waiting, make: Callable[[Token], Command]) -> Token: ...

    def ask(
        self, make: Callable[[Token], Command], seconds: float = ..., is_charged: bool = ...
    ) -> Event: ...

    def attempt(self, command: Command) -> bool: ...

    def say(self, text: str) -> None: ...
