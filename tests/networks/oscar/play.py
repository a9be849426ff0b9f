"""Playbooks in OSCAR's own spelling.

    (
        online()
        >> SendMessage(chat="romeo", body="Hi", token="1")
        << sent("04/06")
        >> reply("04/0c", bytes(8) + u16(1) + name8("romeo"))
        << Delivered("romeo", "1", "Hi")
    ).end()

``snac`` is what the server says by itself, ``reply`` what it says to the last SNAC we sent, or to
the last of a kind.  What the server packs is packed by the fake server's own code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from gateway.commands import JoinRoom
from gateway.events import Offline
from gateway.fsm import MAIN, Connect, Got, Send, Stop, Tls
from gateway.ids import ChatId, Token
from gateway.network import Login
from networks.oscar.data import Tlvs as Items
from networks.oscar.fsm import OscarFsm
from networks.oscar.news import Ended, Listed, Welcomed
from networks.oscar.parts import State
from networks.oscar.settings import OscarSettings
from networks.oscar.state import AUTH
from networks.oscar.wire import Signon, Snac
from tests.networks.oscar.frames import RATES_OOS
from tests.playbook import Like, Playbook
from tests.servers.oscar_presence import user_info
from tests.servers.oscar_wire import Reader, Tlvs, name8, string16, tlvs, u8, u16, u32

SETTINGS = OscarSettings(server="login.verona.lit")
NONCE = "0123456789abcdef0123456789abcdef"
RATES = RATES_OOS[16:]
"""01/07 without FLAP and SNAC header."""
FAMILIES = (0x01, 0x02, 0x03, 0x04, 0x06, 0x08, 0x09, 0x0A, 0x0B, 0x10, 0x13, 0x15)
COOKIE = b"cookie of a log-in"


@dataclass(frozen=True, slots=True)
class Sent(Like):
    """A SNAC that we send; without ``data``, whatever is in it."""

    kind: str
    data: bytes | None = None
    link: str = MAIN

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Send)
            and isinstance(other.frame, Snac)
            and kind_of(other.frame) == self.kind
            and (self.data is None or other.frame.data == self.data)
            and other.link == self.link
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Reply:
    kind: str
    data: bytes
    flags: int
    to: str


@dataclass(frozen=True, slots=True)
class Dialled(Like):
    """Connect, whatever the numbers of its frames begin with."""

    host: str
    port: int
    link: str
    tls: Tls | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connect) and (other.host, other.port, other.link, other.tls) == (
            self.host,
            self.port,
            self.link,
            self.tls,
        )

    __hash__ = None  # type: ignore[assignment]


def sent(kind: str, data: bytes | None = None, link: str = MAIN) -> Sent:
    return Sent(kind, data, link)


def snac(kind: str, data: bytes = b"", link: str = MAIN, id: int = 0x80000000) -> Got[Snac]:
    family, subtype = (int(part, 16) for part in kind.split("/"))
    return Got(Snac(family, subtype, data, id), link)


def reply(kind: str, data: bytes = b"", *, flags: int = 0, to: str = "") -> Reply:
    """To the last SNAC of the kind ``to``, or the very last."""
    return Reply(kind, data, flags, to)


def kind_of(frame: Snac) -> str:
    return f"{frame.family:02x}/{frame.subtype:02x}"


class OscarPlaybook(Playbook):
    fsm: OscarFsm

    def __init__(self, fsm: OscarFsm) -> None:
        self.sent: list[Send[Snac]] = []
        super().__init__(fsm)

    def __rshift__(self, given: Any) -> Self:
        return super().__rshift__(self._reply(given) if isinstance(given, Reply) else given)

    def _reply(self, said: Reply) -> Got[Snac]:
        to = next(
            effect for effect in reversed(self.sent) if said.to in ("", kind_of(effect.frame))
        )
        given = snac(said.kind, said.data, to.link, to.frame.request_id)
        family, subtype = given.frame.family, given.frame.subtype
        frame = Snac(family, subtype, said.data, to.frame.request_id, said.flags)
        return Got(frame, to.link)

    def _take(self, effects: Iterator[Any]) -> None:
        super()._take(effects)
        self.sent += [
            effect
            for effect in self.done
            if isinstance(effect, Send) and isinstance(effect.frame, Snac)
        ]

    def last(self, kind: str) -> bytes:
        """The data of the last SNAC of a kind that we sent."""
        return next(
            effect.frame.data for effect in reversed(self.sent) if kind_of(effect.frame) == kind
        )

    def fields(self, kind: str, skip: int = 0) -> Tlvs:
        """The TLVs of the last SNAC of a kind that we sent."""
        return Reader(self.last(kind)[skip:]).tlvs()


def how(name: str = "Juliet", password: str = "wherefore", **login: Any) -> Login:
    return Login(
        user="juliet@capulet.lit",
        account="",
        fields={"username": name, "password": password},
        settings=login.pop("settings", SETTINGS),
        nonce=NONCE,
        **login,
    )


def authorizing(name: str = "Juliet", **login: Any) -> OscarPlaybook:
    """The login server has said Hello; 17/06 is sent."""
    play = OscarPlaybook(OscarFsm(how(name, **login))).skip()
    return (play >> Got(Signon(), AUTH)).skip()


def redirected(name: str = "Juliet", **login: Any) -> OscarPlaybook:
    """And sent us on to BOS."""
    play = authorizing(name, **login)
    (play >> snac("17/07", string16(b"key"), AUTH)).skip()
    where = tlvs((0x05, "bos.verona.lit:5191"), (0x06, COOKIE))
    return (play >> snac("17/03", where, AUTH)).skip()


def signing_on(name: str = "Juliet", **login: Any) -> OscarPlaybook:
    return (redirected(name, **login) >> Got(Signon())).skip()


def feedbag(*items: bytes) -> bytes:
    """13/06"""
    return u8(0) + u16(len(items)) + b"".join(items) + u32(1_795_412_198)


def item(name: str, group: int, id: int, kind: int, *fields: tuple[int, bytes | str]) -> bytes:
    return string16(name) + u16(group) + u16(id) + u16(kind) + string16(tlvs(*fields))


ROOT = item("", 0, 0, 1, (0xC8, u16(1)))
GROUP = item("Friends", 1, 0, 1, (0xC8, u16(11) + u16(12)))
ROMEO = item("romeo", 1, 11, 0, (0x131, "My Romeo"))
NURSE = item("Nurse", 1, 12, 0)
BOOK = (ROOT, GROUP, ROMEO, NURSE)


def online(
    name: str = "Juliet",
    *,
    items: tuple[bytes, ...] = BOOK,
    families: tuple[int, ...] = FAMILIES,
    rates: bytes = RATES,
    **login: Any,
) -> OscarPlaybook:
    """Signed on, and nothing of it left to look at."""
    play = signing_on(name, **login)
    (play >> snac("01/03", b"".join(map(u16, families)))).skip()
    (play >> snac("01/18")).skip()
    (play >> snac("01/07", rates)).skip()
    (play >> snac("01/0f", user_info(name))).skip()
    play >> snac("13/06", feedbag(*items))
    assert play.fsm.oscar.state is State.ONLINE
    assert [type(news) for news in play.told(object)] == [Welcomed, Listed]
    play.log.clear()
    return play.skip()


def ended(play: OscarPlaybook, why: Offline) -> str:
    """The last thing that happened, in words."""
    last, stop = play.done[-2:]
    assert stop == Stop()
    assert isinstance(last.news, Ended)
    assert last.news.why is why
    return last.news.detail


def info(name: str, *fields: tuple[int, bytes], warning: int = 0) -> bytes:
    """03/0b"""
    return user_info(name, warning, *fields)


def with_romeo(**how: Any) -> OscarPlaybook:
    """Who is online."""
    return (online(**how) >> snac("03/0b", info("Romeo", (0x01, u16(0x10))))).skip()


# Rooms.

ROOM = ChatId("#verona")
NAV, CHAT = "chatnav:1", "chat:2"
KEY = u16(4) + name8("4-0-verona") + u16(0)
FOUND = tlvs((0x04, KEY + u8(2) + u16(2) + tlvs((0xD3, "Verona"), (0xD1, u16(1024)))))


def join(room: str = "#verona", token: str = "1") -> JoinRoom:
    return JoinRoom(room=ChatId(room), token=Token(token))


def where(family: int) -> bytes:
    return tlvs((0x0D, u16(family)), (0x05, "chat.verona.lit:5192"), (0x06, b"let me in"))


def opens(play: OscarPlaybook, family: int, link: str) -> OscarPlaybook:
    """BOS says where it is, and it lets us in."""
    play >> reply("01/05", where(family), to="01/04") << Dialled("chat.verona.lit", 5192, link)
    (
        play
        >> Got(Signon(), link)
        << Send(Signon(Items(((0x06, b"let me in"),))), link)
        >> snac("01/03", u16(family) + u16(1), link)
        << sent("01/17", u16(family) + u16(1) + u16(1) + u16(4), link)
        >> snac("01/18", b"", link)
        << sent("01/06", b"", link)
        >> snac("01/13", u16(4) + tlvs((0x0B, "Welcome")), link)
        >> snac("01/07", RATES, link)
        << sent("01/08", None, link)
        << sent("01/02", None, link)
    )
    return play


def found(**how: Any) -> OscarPlaybook:
    """ChatNav has found or made it; we know where it is."""
    play = online(**how) >> join() << sent("01/04", u16(0x0D))
    opens(play, 0x0D, NAV) << sent("0d/08", None, NAV)
    return play >> reply("0d/09", FOUND) << sent("01/04", u16(0x0E) + tlvs((0x01, KEY)))


def inside(*others: str) -> OscarPlaybook:
    play = opens(found(), 0x0E, CHAT)
    people = [info("Juliet"), *map(info, others)]
    play >> snac("0e/03", b"".join(people), CHAT)
    return play.skip()
