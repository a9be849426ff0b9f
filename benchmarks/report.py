"""One figure per line, for people and for scripts.  What explains them goes to standard error."""

import sys


class Failed(Exception):
    """What was measured did not do its work, so there is no figure."""


def figure(name: str, value: float, unit: str) -> None:
    shown = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    print(f"bench name={name} value={shown} unit={unit}", flush=True)


def note(text: str) -> None:
    print(f"# {text}", file=sys.stderr, flush=True)
