"""Playbooks in IRC's own spelling.

    (
        online()
        >> ":romeo!r@verona.lit PRIVMSG juliet :Hi"
        << Said("romeo", "romeo", "Hi")
        >> SendMessage(chat="romeo", body="Hello", token="1")
        << "PRIVMSG romeo Hello"
        << "PING greengate-1"
    ).end()

A text is a line: received after ``>>``, sent after ``<<``.  News need no ``Tell`` around them.
Timers that were asked for are in ``wakes``, and are not part of the script.
"""

from typing import Any, Self

from gateway.fsm import Connect, Connected, Got, HangUp, Send, Stop, Tell, Timer, Wake
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

    def __init__(self, fsm: IrcFsm) -> None:
        self.wakes: dict[str, float] = {}
        super().__init__(fsm)
        self._take_wakes()

    def __rshift__(self, given: Any) -> Self:
        given = Got(parse(given)) if isinstance(given, str) else given
        super().__rshift__(given)
        if isinstance(given, Timer):
            assert self.wakes.get(given.name) is not None, f"nobody asked for {given}"
        self._take_wakes()
        return self

    def __lshift__(self, expected: Any) -> Self:
        if isinstance(expected, str):
            expected = Send(parse(expected))
        elif not isinstance(expected, (Connect, HangUp, Send, Stop, Tell)):
            expected = Tell(expected)
        return super().__lshift__(expected)

    def _take_wakes(self) -> None:
        self.wakes |= {effect.name: effect.seconds for effect in self.done if type(effect) is Wake}
        self.done = [effect for effect in self.done if type(effect) is not Wake]

    def skip(self) -> Self:
        """Whatever was done: another test's business."""
        self.done = []
        return self


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
