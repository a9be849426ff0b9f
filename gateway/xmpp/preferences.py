"""What users can set for each of their accounts: a row each, whoever asks for it.

Asked for by the registration form, where that is natural, by the command ``settings`` and by the
word ``set`` of the chat; kept in ``gateway.store.Preferences``, which has a field for each.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from gateway.commands import SetInvisible
from gateway.errors import CommandRefused, Reason
from gateway.fields import Field, FieldKind
from gateway.network import Network
from gateway.store import Preferences, Registration
from gateway.words import mark, tr
from gateway.xmpp import forms
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    """Of the field of ``Preferences``."""
    label: str
    needs: type | None = None
    """The command that the network must know."""
    in_form: bool = False
    """It belongs to registering."""

    @property
    def field(self) -> Field:
        return Field(name=self.name, label=self.label, kind=FieldKind.YES_NO)


SETTINGS = (
    Setting(name="stay_online", label=mark("Stay connected when I am offline"), in_form=True),
    Setting(name="invisible", label=mark("Look offline to others"), needs=SetInvisible),
)


def offered(network: Network) -> tuple[Setting, ...]:
    return tuple(s for s in SETTINGS if s.needs is None or s.needs in network.commands)


def in_form(network: Network) -> tuple[Field, ...]:
    return tuple(setting.field for setting in offered(network) if setting.in_form)


def values(preferences: Preferences) -> dict[str, str]:
    """As forms have them."""
    return {name: "1" if is_on else "" for name, is_on in asdict(preferences).items()}


def changed(preferences: Preferences, given: Mapping[str, str]) -> Preferences:
    """By what was given, as ``forms.fill_in`` leaves it; what was not stays."""
    names = {setting.name for setting in SETTINGS} & given.keys()
    return replace(preferences, **{name: given[name] == "1" for name in names})


def require(bridge: Bridge) -> Preferences:
    """
    Raises:
        CommandRefused: they are a guest, of whom nothing is kept, or have to register anew.
    """
    if not isinstance(bridge.registration, Registration):
        raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr("Register first."))
    return bridge.registration.preferences


def show(bridge: Bridge) -> str:
    on = values(require(bridge))
    return "\n".join(
        f"{setting.name}: {forms.said(bool(on[setting.name]))} – {tr(setting.label)}"
        for setting in offered(bridge.transport.network)
    )


def put(user: User, bridge: Bridge, given: Mapping[str, str]) -> None:
    """Keep it, and do it.  Blocks."""
    user.set_preferences(bridge, changed(require(bridge), given))


def put_typed(user: User, bridge: Bridge, text: str) -> None:
    """``NAME yes`` or ``NAME no``.  Blocks.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) it is neither.
    """
    name, _, value = text.partition(" ")
    setting = next((s for s in offered(bridge.transport.network) if s.name == name), None)
    if setting is None:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE, tr("There is no setting {name!r}.").format(name=name[:50])
        )
    is_on = forms.yes_or_no(value)
    if is_on is None:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE, tr("Write: set {name} yes, or: set {name} no").format(name=name)
        )
    put(user, bridge, {name: "1" if is_on else ""})
