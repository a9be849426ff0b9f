"""What a server's frame says, without what is different each time: times, cookies, addresses."""

from __future__ import annotations

from typing import Any

from tests.servers.oscar_presence import read_user_info
from tests.servers.oscar_users import read_item
from tests.servers.oscar_wire import DATA, Broken, Reader, Tlvs, unpack_snac
from tests.servers.oscar_world import SERVER_ID

TIMES = {0x03, 0x05, 0x0F, 0x26}
"""TLVs of user information that tell when; 0f also counts seconds."""

COOKIE, ADDRESS = 0x06, 0x05
"""TLVs of an answer to a log-in, or of 01/05."""

CLOSE = 60
"""Levels that are so near are the same: recorded times are those of another machine's clock."""

Meaning = tuple[Any, ...]


class Level(int):
    """Of a rate class."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and abs(int(self) - int(other)) <= CLOSE

    __hash__ = None  # type: ignore[assignment]


def meaning(channel: int, body: bytes) -> Meaning:
    if channel != DATA:
        return "frame", channel, _frame(channel, body)
    snac = unpack_snac(body)
    own = snac.request_id == 0 or snac.request_id >= SERVER_ID
    asked = "server" if own else snac.request_id
    reader = Reader(snac.data)
    if snac.flags & 0x8000:
        reader.string16()
    told = MEANINGS.get(snac.kind, lambda rest: (rest.rest().hex(),))(reader)
    return "snac", f"{snac.family:02x}/{snac.subtype:02x}", asked, snac.flags, *told


def _frame(channel: int, body: bytes) -> Any:
    if channel == 4 and body[:4] == bytes.fromhex("00170003"):
        return "17/03 again", _login(Reader(body[10:]))
    return _login(Reader(body)) if channel == 4 else body.hex()


def _pairs(fields: Tlvs, without: set[int]) -> dict[str, str]:
    return {f"{kind:02x}": value.hex() for kind, value in fields.pairs if kind not in without}


def _login(reader: Reader) -> Meaning:
    fields = reader.tlvs()
    given = [kind for kind in (COOKIE, ADDRESS) if kind in fields]
    return _pairs(fields, {COOKIE, ADDRESS}), given


def _info(reader: Reader) -> Meaning:
    name, warning, fields = read_user_info(reader)
    told = _pairs(fields, TIMES)
    if 0x0D in fields:
        blob = fields[0x0D]
        told["0d"] = " ".join(sorted(blob[at : at + 16].hex() for at in range(0, len(blob), 16)))
    return name, warning, told


def _infos(reader: Reader) -> Meaning:
    found = []
    while reader.left:
        found.append(_info(reader))
    return (found,)


def _profile(reader: Reader) -> Meaning:
    return *_info(reader), _pairs(reader.tlvs(), set())


def _message(reader: Reader) -> Meaning:
    cookie, channel = reader.take(8).hex(), reader.u16()
    sender = _info(reader)
    fields = _pairs(reader.tlvs(), {0x16})
    if sender[0] == "OOS System Msg":
        fields = {"02": "whatever"}
    if cookie.startswith("00000000"):
        cookie = "of the server"
    return cookie, channel, *sender, fields


def _rates(reader: Reader) -> Meaning:
    classes = [_rate(reader) for _ in range(reader.u16())]
    groups = {}
    while reader.left:
        number = reader.u16()
        groups[number] = " ".join(sorted({reader.take(4).hex() for _ in range(reader.u16())}))
    return classes, groups


def _rate(reader: Reader) -> Meaning:
    number = reader.u16()
    window, clear, alert, limit, disconnect = (reader.u32() for _ in range(5))
    level, maximum, _last = Level(reader.u32()), reader.u32(), reader.u32()
    return number, window, clear, alert, limit, disconnect, level, maximum, reader.u8()


def _feedbag(reader: Reader) -> Meaning:
    version, count = reader.u8(), reader.u16()
    items = sorted((read_item(reader) for _ in range(count)), key=lambda item: item.key)
    return version, items


def _room(reader: Reader) -> Meaning:
    place = reader.u16(), reader.name8(), reader.u16(), reader.u8()
    return *place, _pairs(reader.counted_tlvs(), {0xCA})


def _navigation(reader: Reader) -> Meaning:
    fields = reader.tlvs()
    if 0x04 in fields:
        return ("room", *_room(Reader(fields[0x04])))
    return (sorted(fields.pairs),)


def _said(reader: Reader) -> Meaning:
    cookie, channel, fields = reader.take(8).hex(), reader.u16(), reader.tlvs()
    sender = _info(Reader(fields[0x03]))
    told = _pairs(fields, {0x03})
    if sender[0] == "OnlineHost":
        told["05"] = "dice"
    return cookie, channel, *sender, told


def _directory(reader: Reader) -> Meaning:
    """Offline messages begin with sender and time; the time is not compared."""
    data = reader.rest()
    if data[10:12] == bytes.fromhex("4100"):
        return data[:18].hex(), data[24:].hex()
    return (data.hex(),)


MEANINGS = {
    (0x01, 0x03): lambda reader: (sorted(reader.u16() for _ in range(reader.left // 2)),),
    (0x01, 0x05): _login,
    (0x01, 0x07): _rates,
    (0x01, 0x0A): lambda reader: (reader.u16(), *_rate(reader)),
    (0x01, 0x0F): _infos,
    (0x02, 0x06): _profile,
    (0x03, 0x0B): _infos,
    (0x03, 0x0C): _infos,
    (0x04, 0x07): _message,
    (0x0D, 0x09): _navigation,
    (0x0E, 0x02): _room,
    (0x0E, 0x03): _infos,
    (0x0E, 0x04): _infos,
    (0x0E, 0x06): _said,
    (0x13, 0x06): _feedbag,
    (0x15, 0x03): _directory,
    (0x17, 0x03): _login,
}


def cookie_in(channel: int, body: bytes) -> bytes | None:
    """The log-in cookie a frame gives, if it does."""
    try:
        if channel == DATA:
            snac = unpack_snac(body)
            if snac.kind not in ((0x17, 0x03), (0x01, 0x05)):
                return None
            body = snac.data
        return Reader(body).tlvs().get(COOKIE)
    except Broken:
        return None
