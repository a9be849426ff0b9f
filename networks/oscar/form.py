"""The registration form: a name or a number, and its password."""

from collections.abc import Mapping

from gateway.fields import PASSWORD, Field, checked_password, refused
from gateway.words import mark, tr
from networks.oscar.ids import MAX_NAME, Service, is_name, is_uin, normalise
from networks.oscar.settings import OscarSettings

UIN_DIGITS = range(4, 11)
"""How many: ICQ began at five, servers of today give short ones away; ten is what fits 32 bits."""

LABELS = {Service.AIM: mark("Screen name"), Service.ICQ: mark("ICQ number")}


def fields(service: Service) -> tuple[Field, ...]:
    return (Field(name="username", label=LABELS[service], required=True), PASSWORD)


def check(service: Service, form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The account is "": a user has one on each transport."""
    typed = form.get("username", "").strip()
    name = _uin(typed) if service is Service.ICQ else _screen_name(typed)
    return "", {"username": name, "password": checked_password(form.get("password", ""))}


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


def probe(settings: OscarSettings) -> tuple[str, int]:
    return settings.first
