"""How long messages take: each carries a number, both stubs look for it."""

import re
import time

PROBE = re.compile(rb"probe-([0-9]+)-")


class Probes:
    def __init__(self) -> None:
        self._sent: dict[int, float] = {}
        self._made = 0
        self.seconds: list[float] = []
        """Of those that arrived."""

    def text(self) -> bytes:
        """For a body that is sent at once."""
        self._made += 1
        self._sent[self._made] = time.monotonic()
        return b"probe-%d-" % self._made

    def look(self, data: bytes) -> None:
        now = time.monotonic()
        for found in PROBE.findall(data):
            if (at := self._sent.pop(int(found), None)) is not None:
                self.seconds.append(now - at)
