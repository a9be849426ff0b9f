"""Playbooks in IRC's own spelling.

    (
        online()
        >> ":romeo!r@verona.lit PRIVMSG juliet :Hi"
        << Said("romeo", "romeo", "Hi")
        >> SendMessage(chat="romeo", body="Hello", token="1")
        << "PRIVMSG romeo Hello"
        << "PING greengate-1"
    ).end()

A text is a line: received after ``>>``, sent after ``<<``.
"""

from typing import Any, Self

from gateway.fsm import Connect, Connected, Got, Send
from gateway.network import Login
from networks.irc.fsm import IrcFsm
from networks.irc.news import Welcomed
from networks.irc.settings import IrcSettings, Rate
from networks.irc.state import State
from networks.irc.wire import IrcCodec, parse
from tests.playbook import Playbook

SETTINGS = IrcSettings(server="irc.verona.lit", tls=False, rate=Rate(burst=50))
NONCE = "0123456789abcdef0123456789abcdef"
EVERYTHING = (
    "account-notify account-tag away-notify batch cap-notify chghost echo-message extended-join "
    "invite-notify labeled-response message-tags multi-prefix server-time setname userhost-in-names"
)
SUPPORT = (
    "CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(qaohv)~&@%+ STATUSMSG=@+ "
    "CHANMODES=beI,k,l,imnpst MONITOR=100"
)


class IrcPlaybook(Playbook):
    fsm: IrcFsm

    def __rshift__(self, given: Any) -> Self:
        return super().__rshift__(Got(parse(given)) if isinstance(given, str) else given)

    def __lshift__(self, expected: Any) -> Self:
        return super().__lshift__(Send(parse(expected)) if isinstance(expected, str) else expected)


def how(fields: dict[str, str] | None = None, **login: Any) -> Login:
    account = login.pop("account", "")
    settings = login.pop("settings", SETTINGS)
    return Login(
        user="juliet@capulet.lit",
        account=account,
        fields={"nick": "juliet", **(fields or {})},
        settings=settings,
        nonce=NONCE,
        **login,
    )


def connect(port: int = 6667, **changed: Any) -> Connect:
    expected: dict[str, Any] = {
        "host": "irc.verona.lit",
        "port": port,
        "tls": None,
        "codec": IrcCodec("cp1252"),
    }
    return Connect(**expected | changed)


def connected(fields: dict[str, str] | None = None, **login: Any) -> IrcPlaybook:
    """The server listens."""
    play = IrcPlaybook(IrcFsm(how(fields, **login)))
    return play.skip() >> Connected()


def registering(fields: dict[str, str] | None = None, **login: Any) -> IrcPlaybook:
    """CAP LS, NICK and USER are sent."""
    return connected(fields, **login).skip()


def online(
    fields: dict[str, str] | None = None,
    *,
    caps: str = "",
    support: str = SUPPORT,
    **login: Any,
) -> IrcPlaybook:
    play = registering(fields, **login)
    if caps:
        (play >> f":irc.verona.lit CAP * LS :{caps}").skip()
        (play >> f":irc.verona.lit CAP * ACK :{caps}").skip()
    (play >> ":irc.verona.lit 001 juliet :Welcome juliet!j@capulet.lit").skip()
    (play >> f":irc.verona.lit 005 juliet {support} :are supported").skip()
    play >> ":irc.verona.lit 422 juliet :No MOTD"
    assert play.fsm.irc.state is State.ONLINE
    return play << Welcomed("juliet")


def in_room(*others: str, room: str = "#verona", **how: Any) -> IrcPlaybook:
    """Online, and in a channel with others: "@romeo"."""
    play = online(**how).skip()
    (play >> f":juliet!j@capulet.lit JOIN {room}").skip()
    names = " ".join(["juliet", *others])
    (play >> f":irc.verona.lit 353 juliet = {room} :{names}").skip()
    return (play >> f":irc.verona.lit 366 juliet {room} :End").skip()
