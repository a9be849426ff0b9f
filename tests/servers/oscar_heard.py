"""What a user played by the test gets from the fake OSCAR server, decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.servers import oscar_chat as chat
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_text as text
from tests.servers.oscar_presence import AWAY, read_user_info
from tests.servers.oscar_wire import Reader, Snac, Tlvs, without_extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """04/07."""

    sender: str
    text: str
    """As it came, so HTML from AIM users; empty on channels other than 1."""
    channel: int = 1
    auto: bool = False
    cookie: bytes = b""
    sent_at: datetime | None = None
    """Of a message that was kept."""
    tlvs: Tlvs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """04/07 on channel 2, for a chat room."""

    sender: str
    text: str
    exchange: int
    room: str
    """Its cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    sender: str
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """03/0b: is here, or is now like this."""

    name: str
    away: bool
    status: int
    idle: int
    """Minutes."""
    icon: bytes
    """MD5, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Wants to have this user on the list."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    name: str
    granted: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorised:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked:
    cookie: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """xx/01."""

    family: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """13/0e."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """02/06."""

    name: str
    profile: str
    away: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    level: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Somebody is in the room: this user, those who were there before, or a newcomer."""

    room: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    room: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    room: str
    sender: str
    text: str
    whisper: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Anything else."""

    snac: Snac


Event = (
    Heard
    | Invited
    | Typed
    | Arrived
    | Departed
    | Asked
    | Answered
    | Added
    | PreAuthorised
    | Acked
    | Failed
    | Results
    | Info
    | Warned
    | Entered
    | Left
    | Said
    | Other
)


def decode(room: str, snac: Snac) -> Iterator[Event]:
    snac = without_extension(snac)
    reader = Reader(snac.data)
    if snac.subtype == 1:
        yield Failed(family=snac.family, code=reader.u16())
    elif snac.kind in DECODERS:
        yield DECODERS[snac.kind](reader)
    elif snac.family == 0x0E:
        yield from _room(room, snac, reader)
    else:
        yield Other(snac=snac)


def _heard(reader: Reader) -> Event:
    cookie, channel = reader.take(8), reader.u16()
    sender, _, _ = read_user_info(reader)
    fields = reader.tlvs()
    if channel == icbm.RENDEZVOUS and fields[0x05][10:14].hex() == "748f2420":
        offer = Reader(fields[0x05][26:]).tlvs()
        where = Reader(offer[0x2711])
        exchange, room = where.u16(), where.name8()
        return Invited(sender=sender, text=offer.text(0x0C), exchange=exchange, room=room)
    sent_at = datetime.fromtimestamp(fields.number(0x16), UTC) if 0x16 in fields else None
    said = text.read(fields[0x02]) if 0x02 in fields else ""
    return Heard(
        sender=sender,
        text=said,
        channel=channel,
        auto=0x04 in fields,
        cookie=cookie,
        sent_at=sent_at,
        tlvs=fields,
    )


def _typed(reader: Reader) -> Event:
    reader.take(10)
    return Typed(sender=reader.name8(), event=reader.u16())


def _arrived(reader: Reader) -> Event:
    name, _, fields = read_user_info(reader)
    return Arrived(
        name=name,
        away=bool(fields.number(0x01) & AWAY),
        status=fields.number(0x06),
        idle=fields.number(0x04),
        icon=(fields.get(0x1D) or b"")[4:],
    )


def _departed(reader: Reader) -> Event:
    return Departed(name=read_user_info(reader)[0])


def _asked(reader: Reader) -> Event:
    return Asked(name=reader.name8(), reason=reader.string16().decode("utf-8", "replace"))


def _answered(reader: Reader) -> Event:
    name, granted = reader.name8(), bool(reader.u8())
    reason = reader.string16().decode("utf-8", "replace")
    return Answered(name=name, granted=granted, reason=reason)


def _info(reader: Reader) -> Event:
    name, _, _ = read_user_info(reader)
    fields = reader.tlvs()
    return Info(name=name, profile=fields.text(0x02), away=fields.text(0x04))


def _warned(reader: Reader) -> Event:
    level = reader.u16()
    return Warned(level=level, by=reader.name8() if reader.left else "")


def _results(reader: Reader) -> Event:
    return Results(codes=tuple(reader.u16() for _ in range(reader.left // 2)))


def _room(room: str, snac: Snac, reader: Reader) -> Iterator[Event]:
    if snac.subtype in (3, 4):
        while reader.left:
            name, _, _ = read_user_info(reader)
            kind = Entered if snac.subtype == 3 else Left
            yield kind(room=room, name=name)
    elif snac.subtype == 6:
        reader.take(10)
        fields = reader.tlvs()
        sender = read_user_info(Reader(fields[chat.SENDER]))[0]
        _, said = chat.read_text(fields[chat.CONTENT])
        yield Said(room=room, sender=sender, text=said, whisper=chat.EVERYBODY not in fields)
    else:
        yield Other(snac=snac)


DECODERS: dict[tuple[int, int], Callable[[Reader], Event]] = {
    (0x01, 0x10): _warned,
    (0x02, 0x06): _info,
    (0x03, 0x0B): _arrived,
    (0x03, 0x0C): _departed,
    (0x04, 0x07): _heard,
    (0x04, 0x0C): lambda reader: Acked(cookie=reader.take(8)),
    (0x04, 0x14): _typed,
    (0x13, 0x0E): _results,
    (0x13, 0x15): lambda reader: PreAuthorised(name=reader.name8()),
    (0x13, 0x19): _asked,
    (0x13, 0x1B): _answered,
    (0x13, 0x1C): lambda reader: Added(name=reader.name8()),
}
