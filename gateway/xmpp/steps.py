"""What people are led through step by step, in whatever way they came.

    start ──► Input, Show or Confirm ──advance──► … ──► Done or Failed

Three ways lead through the same steps: forms (``register``, XEP-0077), commands (``adhoc``,
XEP-0050) and talking to the transport (``dialogue``).  A step holds nothing of who asks: whoever
goes on with it says that anew, because users come and go in memory while a form is left open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.events import Picture
from gateway.network import Field, FieldKind
from gateway.xmpp import forms
from gateway.xmpp.iq import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Something to fill in, and what follows from it."""

    title: str
    instructions: str
    fields: tuple[Field, ...]
    submit: Callable[[Asker, dict[str, str]], "Step"]
    """Raises CommandRefused: it is asked again, with the reason."""
    try_out: Callable[[Mapping[str, str]], object] | None = None
    """What is given so far, from who is asked for one field after the other.  Raises CommandRefused
    for the first field that will not do, and minds no other."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What is on file; no secrets."""
    is_checked: bool = True
    """The fields are checked before ``submit``; else it does that itself."""
    is_last: bool = True
    """Nothing has to be filled in after it."""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Something to look at, and to do elsewhere."""

    title: str
    instructions: str
    go_on: Callable[[Asker], "Step"]
    """They say that it is done.  Raises CommandRefused: not yet."""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Something that cannot be undone."""

    title: str
    instructions: str
    label: str
    """What yes means."""
    act: Callable[[Asker], "Step"]
    declined: str
    """What no means."""

    @property
    def field(self) -> Field:
        return Field(name="sure", label=self.label, kind=FieldKind.YES_NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    text: str = ""
    form: Element | None = None
    """To read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It is over, and asking the same again would not help."""

    reason: Reason
    text: str


Stage = Input | Show | Confirm
"""Of these something follows."""

Step = Stage | Done | Failed


def fields(stage: Stage) -> tuple[Field, ...]:
    match stage:
        case Input():
            return stage.fields
        case Show():
            return ()
        case Confirm():
            return (stage.field,)
        case _:
            assert_never(stage)


def values(stage: Stage) -> Mapping[str, str]:
    return stage.values if isinstance(stage, Input) else {}


def picture(stage: Stage) -> Picture | None:
    return None if isinstance(stage, Confirm) else stage.picture


def try_out(stage: Stage, name: str, given: Mapping[str, str]) -> None:
    """
    Raises:
        CommandRefused: the field of that name will not do, whatever is still to be given.
    """
    if not isinstance(stage, Input) or stage.try_out is None:
        return
    try:
        stage.try_out(given)
    except CommandRefused as refused:
        if refused.field == name:
            raise


def advance(stage: Stage, asker: Asker, given: Mapping[str, str]) -> Step:
    """What follows.  May block.

    Raises:
        CommandRefused: what was given will not do; the stage can be shown again.
    """
    match stage:
        case Input(is_checked=True):
            return stage.submit(asker, forms.fill_in(stage.fields, given))
        case Input():
            return stage.submit(asker, dict(given))
        case Show():
            return stage.go_on(asker)
        case Confirm():
            is_sure = forms.fill_in((stage.field,), given)[stage.field.name]
            return stage.act(asker) if is_sure else Done(text=stage.declined)
        case _:
            assert_never(stage)
