"""Buddy icons, ours and theirs."""

from hashlib import md5

import pytest

from gateway.commands import FetchAvatar, SetAvatar
from gateway.errors import Reason
from gateway.events import Avatar
from gateway.fsm import Got, Lost, Send
from gateway.ids import PersonId, Token
from networks.oscar.data import Tlvs
from networks.oscar.icons import NO_ICON
from networks.oscar.news import Denied, IconFetched, Noticed
from networks.oscar.wire import Signon
from tests.networks.oscar.play import (
    FAMILIES,
    RATES,
    Dialled,
    OscarPlaybook,
    item,
    online,
    reply,
    sent,
    snac,
)
from tests.servers.oscar_wire import name8, string16, tlvs, u8, u16

ICONS, TOKEN = "icons:1", Token("1")
GIF = b"GIF89a, and so on"
HASH = md5(GIF).digest()
PICTURE = Avatar(data=GIF, media_type="image/gif")
ID = u16(1) + u8(1) + u8(16) + HASH
OK = u16(0)


def opens(play: OscarPlaybook) -> OscarPlaybook:
    where = tlvs((0x0D, u16(0x10)), (0x05, "icons.verona.lit"), (0x06, b"let me in"))
    play >> reply("01/05", where, to="01/04") << Dialled("icons.verona.lit", 5190, ICONS)
    play >> Got(Signon(), ICONS) << Send(Signon(Tlvs(((0x06, b"let me in"),))), ICONS)
    (play >> snac("01/03", u16(0x10) + u16(1), ICONS)).skip()
    play >> snac("01/07", RATES, ICONS) << sent("01/08", None, ICONS) << sent("01/02", None, ICONS)
    return play


def ours(number: int = 1) -> bytes:
    return item("1", 0, number, 0x14, (0xD5, u8(1) + u8(16) + HASH), (0x131, b""))


# Ours.


def announced() -> OscarPlaybook:
    play = online() >> SetAvatar(avatar=PICTURE) << sent("13/11") << sent("13/08", ours())
    return play >> reply("13/0e", OK) << sent("13/12")


def test_upload() -> None:
    play = announced() >> snac("01/21", u16(1) + u8(0x41) + u8(16) + HASH)
    play << sent("01/04", u16(0x10))
    opens(play) << sent("10/02", u16(1) + string16(GIF), ICONS)
    play >> reply("10/03", b"\0" + ID)
    play >> snac("01/21", u16(1) + u8(0x41) + u8(16) + HASH)
    play.end()


def test_the_server_has_it_already() -> None:
    (announced() >> snac("01/21", ID)).end()


def test_another_client_announced_another() -> None:
    (announced() >> snac("01/21", u16(1) + u8(0x41) + u8(16) + bytes(16))).end()
    (online() >> snac("01/21", u16(1) + u8(0x41) + u8(16) + HASH)).end()


def test_upload_refused() -> None:
    play = announced() >> snac("01/21", u16(1) + u8(0x41) + u8(16) + HASH)
    play.skip()
    opens(play).skip()
    words = "Your picture could not be stored: the server refused it (code 3)."
    (play >> reply("10/03", b"\3") << Noticed(words)).end()


def test_changed_and_removed() -> None:
    old = item("1", 0, 7, 0x14, (0xD5, u8(1) + u8(16) + bytes(16)))
    play = online(items=(old,)) >> SetAvatar(avatar=PICTURE)
    new = item("1", 0, 7, 0x14, (0xD5, u8(1) + u8(16) + HASH))
    play << sent("13/11") << sent("13/09", new) >> reply("13/0e", OK) << sent("13/12")
    play >> SetAvatar(avatar=PICTURE)
    none = item("1", 0, 7, 0x14, (0xD5, u8(0) + u8(5) + bytes.fromhex("0201d20472")))
    play >> SetAvatar(avatar=None) << sent("13/11") << sent("13/09", none)
    play >> reply("13/0e", OK) << sent("13/12")
    (play >> SetAvatar(avatar=None)).end()
    (online() >> SetAvatar(avatar=None)).end()


def test_server_that_knows_of_no_icons() -> None:
    families = tuple(family for family in FAMILIES if family != 0x10)
    (online("100001", families=families) >> SetAvatar(avatar=PICTURE)).end()


# Theirs.


def fetch(avatar: str = HASH.hex(), name: str = "Romeo") -> FetchAvatar:
    return FetchAvatar(person=PersonId(name), avatar=avatar, token=TOKEN)


def test_fetch() -> None:
    play = online() >> fetch() << sent("01/04", u16(0x10))
    opens(play) << sent("10/04", name8("romeo") + b"\1" + ID, ICONS)
    play >> reply("10/05", name8("romeo") + ID + string16(GIF)) << IconFetched(TOKEN, "romeo", GIF)
    play >> fetch() << sent("10/04", None, ICONS)
    play >> reply("10/05", name8("romeo") + ID + string16(b""))
    (play << IconFetched(TOKEN, "romeo", b"")).end()


def test_lost_before_it_came() -> None:
    play = online() >> fetch() << sent("01/04")
    opens(play) << sent("10/04", None, ICONS) >> Lost("closed", ICONS)
    play << Denied(TOKEN, Reason.UNAVAILABLE, "closed")
    (play >> fetch() << sent("01/04")).end()


def test_server_without_icons() -> None:
    play = online() >> fetch() << sent("01/04") >> reply("01/01", u16(5))
    (play << Denied(TOKEN, Reason.FULL, "That service is not available now.")).end()


@pytest.mark.parametrize("avatar", ["", "not hexadecimal", "00" * 300])
def test_names_of_no_picture(avatar: str) -> None:
    (online() >> fetch(avatar) << Denied(TOKEN, Reason.NOT_FOUND, NO_ICON)).end()


def test_answer_that_cannot_be_read() -> None:
    play = online() >> fetch() << sent("01/04")
    opens(play) << sent("10/04", None, ICONS) >> reply("10/05", name8("romeo") + ID + u16(9))
    words = "The server's answer cannot be understood."
    (play << Denied(TOKEN, Reason.FULL, words)).end()
