"""Names, rooms and messages of AIM and ICQ, and which address in XMPP each has.

    AIM name     Probe Alice        probealice
    ICQ number   100-001            100001
    room         Verona Balcony     #verona balcony       exchange 4, where people make rooms
                                    #lounge%5             exchange 5, the server's own

Names are compared without spaces and case-insensitively; a name of digits only is an ICQ number
(UIN), on AIM too.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, MessageId, PersonId
from gateway.network import Address, Kind
from gateway.words import tr

MAX_NAME = 97
"""Characters.  AIM's own are 16 at most; those that are e-mail addresses may be that long, and
descriptions of the protocol name no other limit."""

MAX_ROOM_NAME = 128
"""Characters; the cookie, some ten longer, has its length in a byte."""

ROOM = "#"
"""Nobody's name begins with it."""

DEFAULT_EXCHANGE = 4


# People.


def normalise(name: str) -> ChatId:
    """Two names are the same person's iff this is equal."""
    return ChatId(name.replace(" ", "").casefold())


def is_uin(name: str) -> bool:
    return name.isascii() and name.isdigit()


def is_name(text: str) -> bool:
    """Of a person, normalised."""
    return (
        0 < len(text) <= MAX_NAME
        and not text.startswith(ROOM)
        and text.isprintable()
        and " " not in text
    )


# Rooms.


class RoomName(NamedTuple):
    exchange: int
    name: str


EXCHANGE = re.compile(r"(.*)%(\d{1,5})", re.DOTALL)


def room_chat(exchange: int, name: str) -> ChatId:
    """Rooms are found case-insensitively.  The exchange is written where it is not the usual one,
    or where the name itself looks as if it had one."""
    folded = " ".join(name.casefold().split())
    usual = exchange == DEFAULT_EXCHANGE and not EXCHANGE.fullmatch(folded)
    return ChatId(f"{ROOM}{folded}" if usual else f"{ROOM}{folded}%{exchange}")


def room_name(chat: ChatId) -> RoomName:
    """What ``room_chat`` was given, folded."""
    name = chat.removeprefix(ROOM)
    if found := EXCHANGE.fullmatch(name):
        return RoomName(int(found[2]), found[1])
    return RoomName(DEFAULT_EXCHANGE, name)


def is_room(chat: str) -> bool:
    return chat.startswith(ROOM)


# Messages.


def message_id(cookie: bytes) -> MessageId | None:
    """None for those of the server itself, all of which have the same."""
    return MessageId(cookie.hex()) if any(cookie) else None


# Addresses.


class Service(Enum):
    AIM = "aim"
    ICQ = "icq"


@dataclass(frozen=True, slots=True)
class OscarAddressing:
    service: Service

    def parse(self, local: str) -> Address:
        if not local:
            return Address(Kind.SERVER, "", ChatId(""))
        if is_room(local):
            return Address(Kind.ROOM, "", self._room(local))
        chat = normalise(local)
        if not is_name(chat):
            raise CommandRefused(
                Reason.NOT_FOUND, tr("{name!r} is nobody's name").format(name=local[:MAX_NAME])
            )
        return Address(Kind.PERSON, "", chat)

    def _room(self, local: str) -> ChatId:
        if self.service is Service.ICQ:
            raise CommandRefused(Reason.NOT_FOUND, tr("ICQ has no rooms"))
        exchange, name = room_name(ChatId(local))
        chat = room_chat(exchange, name)
        name = room_name(chat).name
        if not 0 < len(name) <= MAX_ROOM_NAME or not name.isprintable() or exchange > 0xFFFF:
            raise CommandRefused(
                Reason.NOT_FOUND,
                tr("{name!r} is no room's name").format(name=local[:MAX_ROOM_NAME]),
            )
        return chat

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        return chat if is_room(chat) else normalise(chat)

    def from_prompt(self, text: str) -> str:
        """``Probe Alice``, ``100-001`` or ``#balcony``."""
        typed = text.strip()
        digits = typed.replace("-", "").replace(" ", "")
        if is_uin(digits):
            typed = digits
        if not typed:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("A name or a number is expected."))
        try:
            return self.local("", self.parse(typed).chat)
        except CommandRefused as refused:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, refused.text) from refused
