"""Family 15: ICQ's own protocol inside OSCAR, little-endian: directory and offline messages.

15/02, 15/03   TLV 01: length u16 | own UIN u32 | type u16 | sequence u16 | data
type 07d0      data: subtype u16 | …          answered by 07da: subtype u16 | result u8 | …
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_text as text
from tests.servers.oscar_kinds import ICQ
from tests.servers.oscar_users import Details, Stored, User
from tests.servers.oscar_wire import MORE_FOLLOWS, Broken, Reader, Snac, tlv
from tests.servers.oscar_world import Handlers, Link

OFFLINE_MESSAGE, OFFLINE_END, META_ANSWER = 0x41, 0x42, 0x7DA

OK, FAILED, ERROR = 0x0A, 0x32, 0x14

MOST_FOUND = 40


def u8(number: int) -> bytes:
    return struct.pack("<B", number)


def u16(number: int) -> bytes:
    return struct.pack("<H", number)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


@dataclass(frozen=True, slots=True)
class Query:
    link: Link
    snac: Snac
    sequence: int
    reader: Reader

    def answer(self, kind: int, data: bytes = b"", *, more: bool = False) -> None:
        body = u32(int(self.link.me.id)) + u16(kind) + u16(self.sequence) + data
        flags = MORE_FOLLOWS if more else 0
        self.link.reply(self.snac, 3, tlv(0x01, u16(len(body)) + body), flags)

    def tell(self, subtype: int, result: int, data: bytes = b"", *, more: bool = False) -> None:
        self.answer(META_ANSWER, u16(subtype) + u8(result) + data, more=more)

    def text(self, value: str) -> bytes:
        """One server writes nothing for an empty text, the other its NUL."""
        data = value.encode() + b"\0" if value or not self.link.world.kind.shares_accounts else b""
        return u16(len(data)) + data

    def user(self, uin: int) -> User | None:
        found = self.link.world.find(str(uin))
        return found if found and found.is_icq else None


def query(link: Link, snac: Snac) -> None:  # 15/02
    reader = Reader(Reader(snac.data).tlvs()[0x01], "<")
    length = reader.u16()
    if length != reader.left:
        raise Broken(f"15/02: length {length}, {reader.left} bytes follow")
    uin, kind, sequence = reader.u32(), reader.u16(), reader.u16()
    if str(uin) != link.me.id:
        link.world.violation(link, f"15/02 as {uin}")
    asked = Query(link, snac, sequence, reader)
    match kind:
        case 0x3C:
            _offline(asked)
        case 0x3E:
            link.me.offline = [kept for kept in link.me.offline if not _is_sent_here(kept)]
        case 0x7D0:
            subtype = reader.u16()
            handler = METAS.get(subtype)
            if handler is None:
                return link.world.violation(link, f"15/02 07d0 {subtype:04x}")
            handler(asked)
        case _:
            link.world.violation(link, f"15/02 {kind:04x}")
    return None


# Offline messages.


def _is_sent_here(message: Stored) -> bool:
    """ICQ users' messages come as 0041, and stay until 003e; those of AIM users as 04/07."""
    return message.sender.isdigit()


def _offline(asked: Query) -> None:
    link = asked.link
    for message in [kept for kept in link.me.offline if not _is_sent_here(kept)]:
        link.me.offline.remove(message)
        icbm.deliver(link, message)
    for message in link.me.offline:
        asked.answer(OFFLINE_MESSAGE, _stored(asked, message), more=True)
    asked.answer(OFFLINE_END, u8(0))


def _stored(asked: Query, message: Stored) -> bytes:
    at = datetime.fromtimestamp(message.at, UTC)
    when = u16(at.year) + bytes((at.month, at.day, at.hour, at.minute))
    kind, flags, content = 1, 0, b""
    if message.channel == icbm.OLD_ICQ:
        old = Reader(message.tlvs[0x05], "<")
        _uin, kind, flags = old.u32(), old.u8(), old.u8()
        content = old.icq_string()
    elif asked.link.world.kind.utf8_offline:
        content = text.read(message.tlvs[0x02]).encode()
    else:
        parts = text.fragments(message.tlvs[0x02])
        content = b"".join(data[4:] for part, _, data in parts if part == text.TEXT)
    body = content + b"\0"
    return u32(int(message.sender)) + when + u8(kind) + u8(flags) + u16(len(body)) + body


# Information about people.


def short_info(asked: Query) -> None:  # 04ba
    user = asked.user(asked.reader.u32())
    if user is None:
        return asked.tell(0x0104, ERROR, bytes(11))
    info, string = user.details, asked.text
    names = b"".join(map(string, (info.nick, info.first, info.last, info.email)))
    tail = u8(0 if user.authorise else 1) + u8(0) + u8(info.gender)
    return asked.tell(0x0104, OK, names + tail)


def full_info(asked: Query) -> None:  # 04b2 (others), 04d0 (oneself)
    """open-oscar-server says nothing at all about a UIN that nobody has."""
    user = asked.user(asked.reader.u32())
    if user is not None:
        *parts, (last, data) = _parts(asked, user)
        for subtype, part in parts:
            asked.tell(subtype, OK, part, more=True)
        asked.tell(last, OK, data)


BASIC = (
    *("nick", "first", "last", "email", "city", "state"),
    *("phone", "fax", "address", "cell", "zip"),
)


def _parts(asked: Query, user: User) -> Iterator[tuple[int, bytes]]:
    info, string = user.details, asked.text
    by_oos = asked.link.world.kind.shares_accounts
    basic = b"".join(string(getattr(info, name)) for name in BASIC)
    open_to_all = u8(0 if user.authorise else 1)
    tail = u16(info.country) + u8(info.timezone) + open_to_all + u8(1) + u8(0) + u8(info.publish)
    yield 0x00C8, basic + tail
    year, month, day = info.birthday
    more = u16(info.age) + u8(info.gender) + string(info.homepage) + u16(year) + bytes((month, day))
    more += bytes(info.languages) + u16(0) + string(info.city) + string(info.state)
    origin = u16(info.country) + u8(info.timezone) + bytes(4) if by_oos else bytes(3)
    yield 0x00DC, more + origin
    yield 0x00EB, u8(0)
    yield 0x010E, u8(0) + u16(0) + string("") + u8(0)
    yield 0x00D2, string("") * 6 + u16(info.work_country) + string("") * 3 + u16(0) + string("")
    yield 0x00E6, string(info.notes)
    nothing = u16(0) + string("")
    yield 0x00F0, u8(4 if by_oos else 0) + nothing * 4
    yield 0x00FA, u8(3) + nothing * 3 + u8(3) + nothing * (3 if by_oos else 4)


# Search.


def _found(asked: Query, people: list[User]) -> None:
    """01a4 each, 01ae for the last."""
    if not people:
        return asked.tell(0x01AE, FAILED, u16(18) + bytes(18) + bytes(12))
    for user in people[:-1]:
        asked.tell(0x01A4, OK, _entry(asked, user), more=True)
    return asked.tell(0x01AE, OK, _entry(asked, people[-1]) + bytes(12))


def _entry(asked: Query, user: User) -> bytes:
    info, string = user.details, asked.text
    names = b"".join(map(string, (info.nick, info.first, info.last, info.email)))
    open_to_all = u8(0 if user.authorise else 1)
    online = u16(1 if asked.link.world.online(user) else 0)
    tail = open_to_all + online + u8(info.gender) + u16(info.age)
    body = u32(int(user.id)) + names + tail
    return u16(len(body)) + body


def by_uin(asked: Query) -> None:  # 051f
    user = asked.user(asked.reader.u32())
    _found(asked, [user] if user else [])


def by_uin_tlv(asked: Query) -> None:  # 0569
    user = asked.user(int.from_bytes(_tlvs(asked).get(0x0136, b"\0"), "little"))
    _found(asked, [user] if user else [])


def by_email(asked: Query) -> None:  # 0529
    _matching(asked, {"email": asked.reader.icq_string()})


def by_email_tlv(asked: Query) -> None:  # 0573
    _matching(asked, {"email": _string(_tlvs(asked)[0x015E])})


def by_names(asked: Query) -> None:  # 0515
    first, last, nick = (asked.reader.icq_string() for _ in range(3))
    _matching(asked, {"first": first, "last": last, "nick": nick})


WHITE_PAGES = {0x0140: "first", 0x014A: "last", 0x0154: "nick", 0x015E: "email", 0x0190: "city"}
NUMBERS = {0x01A4: "country", 0x017C: "gender"}


def white_pages(asked: Query) -> None:  # 055f
    wanted: dict[str, bytes] = {}
    for kind, value in _tlvs(asked).items():
        if kind in WHITE_PAGES:
            wanted[WHITE_PAGES[kind]] = _string(value)
        elif kind in NUMBERS:
            wanted[NUMBERS[kind]] = str(int.from_bytes(value, "little")).encode()
        elif kind != 0x0230:  # Only those who are online.
            asked.link.world.violation(asked.link, f"055f with TLV {kind:04x}")
    _matching(asked, wanted)


def _matching(asked: Query, wanted: dict[str, bytes]) -> None:
    """Those who have all of it, without regard to case."""
    given = {
        name: value.decode("utf-8", "replace").lower() for name, value in wanted.items() if value
    }

    def fits(info: Details) -> bool:
        return all(str(getattr(info, name)).lower() == value for name, value in given.items())

    people = [
        user for user in asked.link.world.users.values() if user.is_icq and fits(user.details)
    ]
    _found(asked, people[:MOST_FOUND] if given else [])


def _tlvs(asked: Query) -> dict[int, bytes]:
    found = {}
    while asked.reader.left:
        kind = asked.reader.u16()
        found[kind] = asked.reader.string16()
    return found


def _string(value: bytes) -> bytes:
    return Reader(value, "<").icq_string()


# Changing what is known of oneself.


def set_basic(asked: Query) -> None:  # 03ea
    info, reader = asked.link.me.details, asked.reader
    for name in BASIC:
        setattr(info, name, reader.icq_string().decode("utf-8", "replace"))
    info.country, info.timezone, info.publish = reader.u16(), reader.u8(), reader.u8()
    asked.tell(0x0064, OK, bytes(25))


def set_more(asked: Query) -> None:  # 03fd
    info, reader = asked.link.me.details, asked.reader
    info.age, info.gender = reader.u8(), reader.u16()
    info.homepage = reader.icq_string().decode("utf-8", "replace")
    info.birthday = reader.u16(), reader.u8(), reader.u8()
    info.languages = reader.u8(), reader.u8(), reader.u8()
    info.age = _age(asked, info.birthday) or info.age
    asked.tell(0x0078, OK, bytes(25))


def _age(asked: Query, birthday: tuple[int, int, int]) -> int:
    year, month, day = birthday
    today = datetime.fromtimestamp(asked.link.world.clock.now(), UTC)
    had_it = (today.month, today.day) >= (month, day)
    return today.year - year - (0 if had_it else 1) if year else 0


def set_notes(asked: Query) -> None:  # 0406
    asked.link.me.details.notes = asked.reader.icq_string().decode("utf-8", "replace")
    asked.tell(0x0082, OK, bytes(25))


def set_permissions(asked: Query) -> None:  # 0424
    """0: others must ask before they may list this one; 1: they need not."""
    asked.link.me.authorise = asked.reader.u8() == 0
    asked.tell(0x00A0, OK, bytes(25))


def set_form(asked: Query) -> None:  # 0c3a
    fields = _tlvs(asked)
    if 0x02F8 in fields:
        asked.link.me.authorise = fields[0x02F8] == b"\0"
    asked.tell(0x0C3F, OK, bytes(25))


METAS: dict[int, Callable[[Query], None]] = {
    0x03EA: set_basic,
    0x03FD: set_more,
    0x0406: set_notes,
    0x0424: set_permissions,
    0x04B2: full_info,
    0x04BA: short_info,
    0x04D0: full_info,
    0x0515: by_names,
    0x051F: by_uin,
    0x0529: by_email,
    0x055F: white_pages,
    0x0569: by_uin_tlv,
    0x0573: by_email_tlv,
    0x0C3A: set_form,
}

HANDLERS: Handlers = {(ICQ, 0x02): query}
