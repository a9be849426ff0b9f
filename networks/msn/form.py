"""The registration form: an address, its password, and how others see one's name."""

from collections.abc import Mapping

from gateway.fields import PASSWORD, Field, checked_password, refused
from gateway.words import mark, tr
from networks.msn.ids import MAX_ADDRESS, is_address, normalise
from networks.msn.settings import MsnSettings

MAX_NICK = 129
"""Characters of a display name: what official clients allow."""

FIELDS = (
    Field(name="username", label=mark("E-mail address of the account"), required=True),
    PASSWORD,
    Field(
        name="nick",
        label=mark("Display name"),
        description=mark("Empty: your nickname in XMPP, or the one that the network has."),
    ),
)


def check(settings: MsnSettings, form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The account is "": a user has one on each transport.  The address stays as it is spelled,
    because some servers compare it by letter."""
    typed = form.get("username", "").strip()
    if not is_address(normalise(typed)) or not typed.isascii():
        raise refused(
            "username",
            tr("{address!r} is not an e-mail address").format(address=typed[:MAX_ADDRESS]),
        )
    password = checked_password(form.get("password", ""))
    return "", {"username": typed, "password": password, "nick": _nick(form.get("nick", ""))}


def _nick(value: str) -> str:
    nick = " ".join(value.split())
    if len(nick) > MAX_NICK or not nick.isprintable():
        raise refused("nick", tr("not a name of at most {most} characters").format(most=MAX_NICK))
    return nick


def probe(settings: MsnSettings) -> tuple[str, int]:
    return settings.server, settings.port
