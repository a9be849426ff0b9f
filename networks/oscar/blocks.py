"""What SNACs are made of, outside of messages, address books and ICQ's own data.

    family 1   the service itself: rates, ourselves, other services
    family 2   location: profiles and away texts
    family a   (on its own link, 10h) icons: BART

Every ``parse_…`` returns its value or raises WireError, and nothing else.  Who somebody is: see
``users.py``.
"""

import struct
from dataclasses import dataclass, field

from gateway.errors import WireError
from networks.oscar.data import Reader, Tlvs, string8, string16, tlv, u8, u16, u32
from networks.oscar.users import (
    BART_HAS_DATA,
    BART_ICON,
    BART_STATUS_TEXT,
    BartId,
    UserInfo,
    lenient_bart,
    read_bart,
    read_user,
)

PORT = 5190
"""Of an address that names none."""


# Family 1.


def parse_families(data: bytes) -> tuple[int, ...]:
    """01/03: what the server has."""
    reader, found = Reader(data), []
    while reader:
        found.append(reader.u16())
    return tuple(found)


def build_versions(versions: dict[int, int]) -> bytes:
    """01/17: family to version."""
    return b"".join(u16(family, version) for family, version in versions.items())


TOOL = 0x0110
TOOL_VERSION = 0x08E4
"""What AIM 5.9 says of itself; servers do not look."""


def build_online(versions: dict[int, int]) -> bytes:
    """01/02: ready."""
    return b"".join(
        u16(family, version, TOOL, TOOL_VERSION) for family, version in versions.items()
    )


def parse_motd(data: bytes) -> str:
    """01/13; "" if it has no text."""
    reader = Reader(data)
    reader.u16()
    return (reader.tlvs().get(0x0B) or b"").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class RateClass:
    """01/07, 01/0a.  All but id and window are in milliseconds."""

    id: int
    window: int
    clear: int
    alert: int
    limit: int
    disconnect: int
    current: int
    maximum: int

    def encode(self) -> bytes:
        return u16(self.id) + u32(
            *(self.window, self.clear, self.alert, self.limit),
            *(self.disconnect, self.current, self.maximum),
        )


@dataclass(frozen=True, slots=True)
class RateParams:
    classes: tuple[RateClass, ...]
    members: dict[tuple[int, int], int] = field(hash=False)
    """(family, subtype) to the id of its class."""


RATE = struct.Struct(">H7I")

MEMBER = struct.Struct(">HH")
"""Family and subtype."""

SHORT_RATE, LONG_RATE = 30, 35
"""Bytes of a class; families 1 of version 2 and later add the time of the last SNAC and a state."""


def read_rate(reader: Reader, size: int) -> RateClass:
    return RateClass(*Reader(reader.take(size)).numbers(RATE))


def parse_rates(data: bytes) -> RateParams:
    """01/07.  Nothing but the length tells which of the two forms it has."""
    try:
        return _rates(data, LONG_RATE)
    except WireError:
        return _rates(data, SHORT_RATE)


def _rates(data: bytes, size: int) -> RateParams:
    reader = Reader(data)
    classes = tuple(read_rate(reader, size) for _ in range(reader.u16()))
    members: dict[tuple[int, int], int] = {}
    known = {item.id for item in classes}
    while reader:
        id, count = reader.u16(), reader.u16()
        if id not in known:
            raise WireError(f"01/07: members of class {id} found, one of {sorted(known)} expected")
        members.update(dict.fromkeys(MEMBER.iter_unpack(reader.take(count * MEMBER.size)), id))
    return RateParams(classes, members)


RATE_CHANGED, RATE_WARNING, RATE_LIMITED, RATE_CLEARED = 1, 2, 3, 4


def parse_rate_change(data: bytes) -> tuple[int, RateClass]:
    """01/0a: what happened (RATE_…), and the class as it is now."""
    reader = Reader(data)
    code = reader.u16()
    return code, read_rate(reader, SHORT_RATE)


def build_rate_subscription(params: RateParams) -> bytes:
    """01/08: without it, no 01/0a."""
    return u16(*(item.id for item in params.classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """01/05 and 17/03: where to go, and what to say there."""

    host: str
    port: int
    cookie: bytes = field(repr=False)
    is_tls: bool = False


def redirect(items: Tlvs, default_port: int = PORT) -> Redirect:
    """
    Raises:
        WireError: there is no address, or no cookie.
    """
    host, port = parse_address(items.text(0x05), default_port)
    cookie = items.get(0x06)
    if not host or cookie is None:
        raise WireError("redirect without address (TLV 05) or cookie (TLV 06): both expected")
    return Redirect(host=host, port=port, cookie=cookie, is_tls=bool(items.number(0x8E)))


def parse_redirect(data: bytes) -> Redirect:
    """01/05."""
    return redirect(Reader(data).tlvs())


def parse_address(text: str, default_port: int = PORT) -> tuple[str, int]:
    """``host``, ``host:port`` or ``[v6]:port``."""
    bracket, _, rest = text.rpartition("]")
    host, _, port = rest.rpartition(":") if ":" in rest else (rest, "", "")
    if bracket:
        host = bracket.removeprefix("[")
    elif host.count(":"):
        host, port = text, ""  # An IPv6 address without brackets, hence without port.
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 0xFFFF):
        raise WireError(f"redirect to port {port[:20]!r}: 1 to 65535 expected")
    return host, int(port) if port else default_port


def build_service_request(family: int, room: bytes = b"", *, is_encrypted: bool = False) -> bytes:
    """01/04; ``room`` for the chat service: ``RoomKey.encode()``.  ``is_encrypted``: where it
    is to be reached so."""
    encrypted = tlv(0x8C) if is_encrypted else b""
    return u16(family) + (tlv(0x01, room) if room else b"") + encrypted


def parse_warned(data: bytes) -> tuple[int, UserInfo | None]:
    """01/10: our warning level now (per mille), and who did it, unless anonymously."""
    reader = Reader(data)
    level = reader.u16()
    return level, read_user(reader) if reader else None


def parse_bart_reply(data: bytes) -> tuple[BartId, ...]:
    """01/21: which icons of ours the server has, or wants."""
    return lenient_bart(data)


DC_INFO = u32(0, 0) + u8(0) + u16(8) + u32(0, 0, 3, 0, 0, 0) + u16(0)
"""TLV 0c of 01/1e: where to connect to directly.  Nowhere (type 0)."""


def build_status(status: int, with_dc_info: bool = False, text: str | None = None) -> bytes:
    """01/1e; ``text`` as clients from ICQ 6 on send it, where the server takes it."""
    data = tlv(0x06, u32(status))
    if with_dc_info:
        data += tlv(0x0C, DC_INFO) + tlv(0x08, u16(0))
    if text is not None:
        inside = string16(text.encode()[:MAX_STATUS_TEXT].decode(errors="ignore")) + u16(0)
        note = BartId(BART_STATUS_TEXT, BART_HAS_DATA, inside if text else b"")
        data += tlv(0x1D, note.encode() + BartId(0x0009, 0, b"").encode())
    return data


MAX_STATUS_TEXT = 250
"""Bytes: its length, with four more, is a u8."""


# Errors.


@dataclass(frozen=True, slots=True, kw_only=True)
class SnacError:
    """xx/01."""

    code: int
    subcode: int = 0
    text: str = ""
    url: str = ""


def parse_error(data: bytes) -> SnacError:
    reader = Reader(data)
    code = reader.u16()
    items = reader.tlvs()
    return SnacError(
        code=code,
        subcode=items.number(0x08) or 0,
        text=items.text(0x1B),
        url=items.text(0x04),
    )


# Family 2.

LOCATE_PROFILE, LOCATE_AWAY = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """02/06.  Texts are HTML, encoded as the MIME type next to them says; None: not asked for, or
    they have none."""

    user: UserInfo
    profile_type: str = ""
    profile: bytes | None = None
    away_type: str = ""
    away: bytes | None = None


def parse_located(data: bytes) -> Located:
    reader = Reader(data)
    user = read_user(reader)
    items = reader.tlvs()
    return Located(
        user=user,
        profile_type=items.text(0x01),
        profile=items.get(0x02),
        away_type=items.text(0x03),
        away=items.get(0x04),
    )


def build_locate(what: int, who: str) -> bytes:
    """02/05."""
    return u16(what) + string8(who)


def build_locate_more(what: int, who: str) -> bytes:
    """02/15: the same in rate class 1, where the server has it."""
    return u32(what) + string8(who)


def build_location(
    *,
    capabilities: tuple[bytes, ...] | None = None,
    profile: tuple[str, bytes] | None = None,
    away: tuple[str, bytes] | None = None,
) -> bytes:
    """02/04; None leaves as it is, an away text of b"" is back."""
    data = b""
    if profile is not None:
        data += tlv(0x01, profile[0].encode()) + tlv(0x02, profile[1])
    if away is not None:
        data += (tlv(0x03, away[0].encode()) if away[1] else b"") + tlv(0x04, away[1])
    if capabilities is not None:
        data += tlv(0x05, b"".join(capabilities))
    return data


# Family 10h.


def build_icon_upload(data: bytes) -> bytes:
    """10/02."""
    return u16(BART_ICON) + string16(data)


def parse_icon_uploaded(data: bytes) -> tuple[int, BartId | None]:
    """10/03: a code (0: taken), and which icon the server made of it."""
    reader = Reader(data)
    code = reader.u8()
    return code, read_bart(reader) if reader else None


def build_icon_request(who: str, hash: bytes) -> bytes:
    """10/04."""
    return string8(who) + u8(1) + BartId(BART_ICON, 1, hash).encode()


@dataclass(frozen=True, slots=True)
class Icon:
    """10/05."""

    name: str
    id: BartId
    data: bytes = field(repr=False)
    """Empty: the server does not have it."""


def parse_icon(data: bytes) -> Icon:
    reader = Reader(data)
    return Icon(reader.name8(), read_bart(reader), reader.string16())
