"""What people are asked to fill in, to register or by a network before it lets them in."""

from dataclasses import dataclass
from enum import Enum


class FieldKind(Enum):
    """XEP-0004, section 3.3."""

    TEXT = "text-single"
    SECRET = "text-private"  # noqa: S105  # Not one itself.
    LONG = "text-multi"
    CHOICE = "list-single"
    YES_NO = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    name: str
    """``username``, ``password``, ``nick``, ``name``, ``email`` … are XEP-0077's own: clients
    without forms can fill in those only."""
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    default: str = ""
    """Of YES_NO: "1" or ""."""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and label."""
    description: str = ""
