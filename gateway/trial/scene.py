"""What the proof is told, and how its steps are told.  Imports nothing, so that all may."""

import time
from dataclasses import dataclass

RESIDENT = "benvolio"
"""Nick of who stays on IRC after the proof."""

STEP_SECONDS = 20.0
"""For one step.  Each takes milliseconds, logging in to a fresh IRC server less than a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    jid: str
    password: str
    host: str
    port: int
    ca_file: str
    transport: str
    """Domain of the IRC transport."""
    irc_host: str
    irc_port: int
    step_seconds: float = STEP_SECONDS


def tell(mark: str, began: float, what: str) -> None:
    print(f"{mark} {time.monotonic() - began:6.3f} s  {what}", flush=True)
