"""What one session logs in with: a registration, or what a guest may do without."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from gateway.config import Transport
from gateway.events import Remembered
from gateway.ids import PersonId, SessionKey
from gateway.network import Login
from gateway.store import Account, Broken, Preferences, Registration
from gateway.words import mark
from gateway.xmpp import labels

UNREADABLE = mark("your stored registration cannot be opened; register again")


class Credentials:
    def __init__(self, transport: Transport, account: Account) -> None:
        self.registration: Registration | Broken | None = account.registration
        self.guest_nick = account.rooms[0].nick if account.rooms else ""
        self._key: SessionKey = account.key
        self._transport = transport
        self._memory = dict(account.memory)

    @property
    def is_registered(self) -> bool:
        return self.registration is not None

    @property
    def preferences(self) -> Preferences:
        if isinstance(self.registration, Registration):
            return self.registration.preferences
        return Preferences()

    @property
    def hopeless(self) -> str:
        """Why a log-in is known to fail; empty if it is not."""
        match self.registration:
            case Broken():
                return UNREADABLE
            case Registration(latched=why):
                return why
        return ""

    def login(self, contacts: tuple[PersonId, ...]) -> Login:
        """For the next attempt.  Raises CommandRefused if guests are not let in any more."""
        return Login(
            user=self._key.user,
            account=labels.split(self._key.account)[0],
            fields=self._fields(),
            settings=self._transport.settings,
            contacts=contacts,
            memory=dict(self._memory),
            is_invisible=self.preferences.invisible,
            nonce=secrets.token_hex(16),
        )

    def _fields(self) -> Mapping[str, str]:
        if isinstance(self.registration, Registration):
            return self.registration.fields
        assert self._transport.network.guest
        return self._transport.network.guest(
            self._transport.settings, self._key.account, self.guest_nick
        )

    def remember(self, event: Remembered) -> None:
        if event.value:
            self._memory[event.name] = event.value
        else:
            self._memory.pop(event.name, None)

    def set_preferences(self, preferences: Preferences) -> None:
        assert isinstance(self.registration, Registration)
        self.registration = replace(self.registration, preferences=preferences)
