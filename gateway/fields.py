"""What people are asked to fill in, to register or by a network before it lets them in."""

from dataclasses import dataclass
from enum import Enum

from gateway.errors import CommandRefused, Reason
from gateway.words import mark, tr

MAX_PASSWORD = 128
"""Characters.  Official clients of networks of old had 16 at most; servers of today may allow
more."""


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


PASSWORD = Field(name="password", label=mark("Password"), kind=FieldKind.SECRET, required=True)


def refused(field: str, problem: str) -> CommandRefused:
    """What was filled in there cannot be."""
    return CommandRefused(Reason.NOT_ACCEPTABLE, problem, field)


def checked_password(value: str) -> str:
    """As it is; of PASSWORD.

    Raises:
        CommandRefused: it cannot be one.  Never says what it is.
    """
    if not value:
        raise refused("password", tr("a password is required"))
    if len(value) > MAX_PASSWORD:
        raise refused("password", tr("longer than {most} characters").format(most=MAX_PASSWORD))
    if not value.isprintable():
        raise refused("password", tr("has a line break or a control character in it"))
    return value
