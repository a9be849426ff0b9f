"""What ICQ knows of people, and looking for them: bodies of ``icq.py``'s META_QUERY, META_ANSWER.

04d0 -> 00c8 basic, 00dc more, 00eb addresses, 010e, 00d2 work, 00e6 notes, 00f0 interests, 00fa
04ba -> 0104 short
0569 0573 055f -> 01a4 for each person found, 01ae for the last or for nobody
03ea, 0406 -> 0064, 0082: our own are saved
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import WireError
from gateway.words import mark
from networks.oscar.data import Reader, le16, le32
from networks.oscar.icq import Meta, Result, read_string, string

QUERY_FULL = 0x04D0
SET_BASIC, SET_NOTES = 0x03EA, 0x0406
SEARCH_UIN, SEARCH_EMAIL, SEARCH_WHITE_PAGES = 0x0569, 0x0573, 0x055F

ANSWER_BASIC, ANSWER_MORE, ANSWER_WORK, ANSWER_NOTES = 0x00C8, 0x00DC, 0x00D2, 0x00E6
ANSWER_SHORT, ANSWER_FOUND, ANSWER_FOUND_LAST = 0x0104, 0x01A4, 0x01AE

# Details.


@dataclass(frozen=True, slots=True)
class Detail:
    """``key`` is one of DETAILS; ``value`` is not decoded: nobody says in which charset it is."""

    key: str
    value: bytes


Field = tuple[str, Callable[[Reader], bytes]]


def _string(reader: Reader) -> bytes:
    return read_string(reader)


def _number16(reader: Reader) -> bytes:
    return _number(reader.le16())


def _number(value: int) -> bytes:
    """0 is for what nobody told."""
    return str(value).encode() if value else b""


def _gender(reader: Reader) -> bytes:
    return {1: b"female", 2: b"male"}.get(reader.u8(), b"")


def _birthday(reader: Reader) -> bytes:
    year, month, day = reader.le16(), reader.u8(), reader.u8()
    return f"{year:04}-{month:02}-{day:02}".encode() if year and month and day else b""


def _strings(*keys: str) -> tuple[Field, ...]:
    return tuple((key, _string) for key in keys)


DETAILS: dict[int, tuple[Field, ...]] = {
    # Country, time zone and permissions at the end are numbers of tables that nobody has.
    ANSWER_BASIC: _strings(
        *("nick", "first", "last", "email", "city", "state"),
        *("phone", "fax", "street", "cellular", "zip"),
    ),
    ANSWER_MORE: (
        ("age", _number16),
        ("gender", _gender),
        ("homepage", _string),
        ("birthday", _birthday),
    ),
    ANSWER_WORK: (
        *_strings("work-city", "work-state", "work-phone", "work-fax", "work-street", "work-zip"),
        ("", _number16),
        *_strings("company", "department", "position"),
        ("", _number16),
        ("work-homepage", _string),
    ),
    ANSWER_NOTES: _strings("notes"),
    ANSWER_SHORT: _strings("nick", "first", "last", "email"),
}
"""Answer to its fields, in order; what follows them is of no use."""


def parse_details(meta: Meta) -> tuple[Detail, ...]:
    """Those that are not empty, as far as they can be read: servers leave out what they lack.  None
    of an answer with another result than OK, or that is not in DETAILS."""
    reader = Reader(meta.body if meta.result == Result.OK else b"")
    found = _read(reader, DETAILS.get(meta.subtype, ()))
    return tuple(detail for detail in found if detail.key and detail.value)


def _read(reader: Reader, fields: tuple[Field, ...]) -> list[Detail]:
    found = []
    try:
        for key, read in fields:
            found.append(Detail(key, read(reader)))
    except WireError:
        pass
    return found


LABELS = {
    "nick": mark("Nickname"),
    "first": mark("First name"),
    "last": mark("Last name"),
    "email": mark("E-mail"),
    "city": mark("City"),
    "state": mark("State"),
    "phone": mark("Phone"),
    "fax": mark("Fax"),
    "street": mark("Street"),
    "cellular": mark("Mobile phone"),
    "zip": mark("Postal code"),
    "age": mark("Age"),
    "gender": mark("Gender"),
    "homepage": mark("Home page"),
    "birthday": mark("Birthday"),
    "work-city": mark("City (work)"),
    "work-state": mark("State (work)"),
    "work-phone": mark("Phone (work)"),
    "work-fax": mark("Fax (work)"),
    "work-street": mark("Street (work)"),
    "work-zip": mark("Postal code (work)"),
    "company": mark("Company"),
    "department": mark("Department"),
    "position": mark("Position"),
    "work-homepage": mark("Home page (work)"),
    "notes": mark("About"),
}
"""Of keys, for people to read."""


# Our own.


def build_basic(body: bytes, changed: Mapping[str, bytes]) -> bytes:
    """03ea: what ANSWER_BASIC said, but for what is changed; it has no way to leave anything as it
    is.  Servers leave out what they lack."""
    reader = Reader(body)
    fields = DETAILS[ANSWER_BASIC]
    known = {detail.key: detail.value for detail in _read(reader, fields)} | dict(changed)
    strings = b"".join(string(known.get(key, b"")) for key, _ in fields)
    # Country and time zone; authorisation, web, direct connections; whether to publish.
    rest = reader.rest().ljust(7, b"\0")
    return strings + rest[:3] + rest[6:7]


# Search.


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """ANSWER_FOUND, ANSWER_FOUND_LAST."""

    uin: str
    nick: bytes
    first: bytes
    last: bytes
    email: bytes
    needs_authorization: bool
    is_online: bool
    gender: bytes
    age: int


def parse_found(meta: Meta) -> Found | None:
    """None: there is nobody."""
    if meta.result != Result.OK:
        return None
    outer = Reader(meta.body)
    reader = Reader(outer.take(outer.le16()))
    return Found(
        uin=str(reader.le32()),
        nick=read_string(reader),
        first=read_string(reader),
        last=read_string(reader),
        email=read_string(reader),
        needs_authorization=reader.u8() == 0,
        is_online=reader.le16() == 1,
        gender=_gender(reader),
        age=reader.le16(),
    )


def uin_body(uin: str) -> bytes:
    """Of QUERY_FULL."""
    return le32(int(uin))


def icq_tlv(type: int, value: bytes) -> bytes:
    return le16(type, len(value)) + value


TLV_UIN, TLV_NICK, TLV_FIRST, TLV_LAST, TLV_EMAIL = 0x0136, 0x0154, 0x0140, 0x014A, 0x015E
TLV_CITY, TLV_STATE = 0x0190, 0x019A

WHITE_PAGES = {
    "nick": TLV_NICK,
    "first": TLV_FIRST,
    "last": TLV_LAST,
    "email": TLV_EMAIL,
    "city": TLV_CITY,
    "state": TLV_STATE,
}
"""What people can be searched by, besides their number."""


def search_uin(uin: str) -> tuple[int, bytes]:
    """Subtype and body."""
    return SEARCH_UIN, icq_tlv(TLV_UIN, le32(int(uin)))


def search_email(email: bytes) -> tuple[int, bytes]:
    return SEARCH_EMAIL, icq_tlv(TLV_EMAIL, string(email))


def search_white_pages(fields: Iterable[tuple[str, bytes]]) -> tuple[int, bytes]:
    """Keys of WHITE_PAGES."""
    body = b"".join(icq_tlv(WHITE_PAGES[key], string(value)) for key, value in fields if value)
    return SEARCH_WHITE_PAGES, body
