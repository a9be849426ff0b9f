"""What one session logs in with: a registration, or what a guest may do without.

A registration is verified before it is stored (XEP-0100, section 4.1.2): the session logs in with
it while somebody waits for the outcome, and returns to the one before if the network says no.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace

import gevent
from gevent.event import AsyncResult

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import LoggedOut, Offline, Remembered
from gateway.ids import PersonId, SessionKey
from gateway.network import Login
from gateway.store import Account, Broken, Registration

VERIFY_TIME = 40.0
"""Seconds that a log-in may take while somebody waits for their registration to be accepted."""

UNREADABLE = "your stored registration cannot be opened; register again"

REFUSED_BECAUSE = {
    Offline.ASKED: Reason.NOT_ACCEPTABLE,
    Offline.BAD_CREDENTIALS: Reason.NOT_ACCEPTABLE,
    Offline.REPLACED: Reason.CONFLICT,
    Offline.NETWORK: Reason.TIMEOUT,
    Offline.GATEWAY: Reason.INTERNAL,
}
"""What a registration that could not be verified is refused with."""


class Credentials:
    def __init__(self, transport: Transport, account: Account) -> None:
        self.registration: Registration | Broken | None = account.registration
        self.guest_nick = account.rooms[0].nick if account.rooms else ""
        self._key: SessionKey = account.key
        self._transport = transport
        self._memory = dict(account.memory)
        self._verdict: AsyncResult[LoggedOut | None] | None = None
        """Whoever verifies a registration waits for how the log-in ends."""

    @property
    def is_registered(self) -> bool:
        return self.registration is not None

    @property
    def stays_online(self) -> bool:
        return isinstance(self.registration, Registration) and self.registration.stay_online

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
            account=self._key.account,
            fields=self._fields(),
            settings=self._transport.settings,
            contacts=contacts,
            memory=dict(self._memory),
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

    def set_stay_online(self, stay_online: bool) -> None:
        assert isinstance(self.registration, Registration)
        self.registration = replace(self.registration, stay_online=stay_online)

    # Verifying.

    @property
    def is_on_trial(self) -> bool:
        return self._verdict is not None

    def put_on_trial(self, registration: Registration) -> None:
        """From the next log-in on; ``await_verdict`` tells how it went."""
        self.registration = registration
        self._verdict = AsyncResult()

    def await_verdict(self) -> None:
        """Blocks.

        Raises:
            CommandRefused: the network says no, or does not answer.
        """
        assert self._verdict
        try:
            failure = self._verdict.get(timeout=VERIFY_TIME)
        except gevent.Timeout:
            failure = LoggedOut(why=Offline.NETWORK, detail="no answer")
        finally:
            self._verdict = None
        if failure is not None:
            title = self._transport.network.title
            raise CommandRefused(REFUSED_BECAUSE[failure.why], f"{title}: {failure.detail}")

    def logged_in(self) -> None:
        if self._verdict:
            self._verdict.set(None)

    def logged_out(self, event: LoggedOut) -> None:
        if self._verdict and event.why is not Offline.ASKED:  # Which was the session before it.
            self._verdict.set(event)
