"""Values that do not change: events, commands, frames.

The type checker refuses to assign to their fields.  At run time nothing does: a dataclass that is
frozen there too takes three times as long to make, and several are made for each message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

ClassT = TypeVar("ClassT", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, kw_only: bool = False) -> Callable[[ClassT], ClassT]:
    """A slotted dataclass, comparable and hashable by its fields."""

    def make(cls: ClassT) -> ClassT:
        decorate: Any = dataclass(slots=True, kw_only=kw_only, unsafe_hash=True)
        made: ClassT = decorate(cls)
        return made

    return make
