"""The registration form: a name or a number, and its password."""

from collections.abc import Mapping

from gateway.errors import CommandRefused, Reason
from gateway.network import Field, FieldKind
from gateway.words import mark, tr
from networks.oscar.ids import MAX_NAME, Service, is_name, is_uin, normalise
from networks.oscar.settings import OscarSettings

MAX_PASSWORD = 128
"""Characters.  AIM's own have 16 at most, ICQ's 8; servers of today may allow more."""

UIN_DIGITS = range(4, 11)
"""How many: ICQ began at five, servers of today give short ones away; ten is what fits 32 bits."""

LABELS = {Service.AIM: mark("Screen name"), Service.ICQ: mark("ICQ number")}

PASSWORD = Field(name="password", label=mark("Password"), kind=FieldKind.SECRET, required=True)


def fields(service: Service) -> tuple[Field, ...]:
    return (Field(name="username", label=LABELS[service], required=True), PASSWORD)


def refused(field: str, problem: str) -> CommandRefused:
    return CommandRefused(Reason.NOT_ACCEPTABLE, problem, field)


def check(service: Service, form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The account is "": a user has one on each transport."""
    typed = form.get("username", "").strip()
    name = _uin(typed) if service is Service.ICQ else _screen_name(typed)
    return "", {"username": name, "password": _password(form.get("password", ""))}


def _uin(typed: str) -> str:
    """``100-001`` is how ICQ itself writes them."""
    digits = typed.replace("-", "").replace(" ", "")
    if not is_uin(digits) or len(digits) not in UIN_DIGITS or int(digits) > 0xFFFFFFFF:
        raise refused("username", tr("{name!r} is not an ICQ number").format(name=typed[:MAX_NAME]))
    return digits


def _screen_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not is_name(normalise(name)) or not name.isascii():
        raise refused("username", tr("{name!r} is not a screen name").format(name=typed[:MAX_NAME]))
    if is_uin(normalise(name)):
        raise refused("username", tr("that is an ICQ number; a screen name is expected"))
    return name


def _password(value: str) -> str:
    """Never says what it is."""
    if not value:
        raise refused("password", tr("a password is required"))
    if len(value) > MAX_PASSWORD:
        raise refused(
            "password",
            tr("longer than {most} characters").format(most=MAX_PASSWORD),
        )
    if not value.isprintable():
        raise refused("password", tr("has a line break or a control character in it"))
    return value


def probe(settings: OscarSettings) -> tuple[str, int]:
    return settings.first
