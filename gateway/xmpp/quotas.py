"""How much one user may ask of us, and through us of networks: token buckets.

Who has spent one is refused, and nobody else notices.  All accounts of a user share them: networks
see us as one address, and what one user does there is held against all of them.
"""

import time

from gateway.errors import CommandRefused, Reason
from gateway.sections import LimitSettings
from gateway.words import mark, tr

MINUTE, HOUR = 60.0, 3600.0


class Allowance:
    __slots__ = ("_at", "_burst", "_left", "_per_second", "_words")

    def __init__(self, per_second: float, burst: float, words: str) -> None:
        self._per_second = per_second
        self._burst = self._left = max(1.0, burst)
        self._words = words
        self._at = time.monotonic()

    @classmethod
    def per(cls, seconds: float, most: float, words: str) -> "Allowance":
        """As many at once, or one after the other, as a span of time has."""
        return cls(most / seconds, most, words)

    def _refill(self) -> None:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now

    def spend(self) -> None:
        """
        Raises:
            CommandRefused: (TOO_MUCH) nothing is left for now.
        """
        self._refill()
        if self._left < 1.0:
            wait = (1.0 - self._left) / self._per_second
            raise CommandRefused(Reason.TOO_MUCH, _too_much(self._words, wait))
        self._left -= 1.0

    def give_back(self) -> None:
        """It was no burden after all."""
        self._left = min(self._burst, self._left + 1.0)

    @property
    def is_whole(self) -> bool:
        """Nothing has been spent that time has not given back."""
        self._refill()
        return self._left == self._burst


class Quotas:
    """Of one user; ``gateway.sections.LimitSettings`` has the numbers and their reasons."""

    def __init__(self, limits: LimitSettings) -> None:
        self.messages = Allowance(
            limits.messages_per_second, limits.message_burst, mark("You are sending too fast.")
        )
        self.joins = Allowance.per(MINUTE, limits.joins_per_minute, mark("Too many rooms at once."))
        self.subscriptions = Allowance.per(
            MINUTE, limits.subscriptions_per_minute, mark("Too many contacts at once.")
        )
        self.requests = Allowance.per(
            MINUTE, limits.requests_per_minute, mark("You are asking too much at once.")
        )
        self.registrations = Allowance.per(
            HOUR, limits.failed_registrations_per_hour, mark("Too many log-ins were refused.")
        )

    @property
    def is_whole(self) -> bool:
        """Nothing would be forgiven by forgetting them."""
        return all(
            allowance.is_whole
            for allowance in (
                *(self.messages, self.joins, self.subscriptions),
                *(self.requests, self.registrations),
            )
        )


def _too_much(words: str, seconds: float) -> str:
    if seconds > MINUTE:
        wait = tr("Wait {minutes} minutes.").format(minutes=f"{seconds / MINUTE:.0f}")
    else:
        wait = tr("Wait {seconds} seconds.").format(seconds=f"{seconds + 1:.0f}")
    return f"{tr(words)} {wait}"
