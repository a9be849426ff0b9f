"""What users read, marked where it stands and said in their language.

    tr("You are registered.")      in the language of whom this greenlet speaks to
    mark("Nickname")               found for the catalogs, and said by ``tr`` where it is shown

``gateway.i18n`` chooses the language and reads the catalogs; here is what all may import, networks
too.  Text that is not in a catalog, such as a network's own words, is said as it is.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple


class Voice(NamedTuple):
    language: str
    translate: Callable[[str], str]


ENGLISH = Voice("en", str)

voice: ContextVar[Voice] = ContextVar("voice", default=ENGLISH)
"""Of this greenlet."""


def tr(text: str) -> str:
    """Placeholders are filled in afterwards: ``tr("{name} is away").format(name=name)``."""
    return voice.get().translate(text) if text else ""


def mark(text: str) -> str:
    return text


def language() -> str:
    """What ``tr`` says it in (RFC 5646)."""
    return voice.get().language
