"""Addresses of people and names of rooms, and which address in XMPP each has.

    person    Alice@example.com      alice@example.com
    room      #verona                a switchboard that our user has opened
              #3f9c2a71              one into which somebody called us

Addresses are compared case-insensitively.  Rooms have no names on MSN, which are the gateway's own:
nobody else sees them.
"""

from dataclasses import dataclass

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId
from gateway.network import Address, Kind
from gateway.words import tr

MAX_ADDRESS = 129
"""Characters of an address: what Passport took."""

MAX_ROOM_NAME = 64

ROOM = "#"
"""No address that Passport gave begins with it."""


def normalise(address: str) -> ChatId:
    """Two addresses are the same person's iff this is equal."""
    return ChatId(address.strip().lower())


def is_address(text: str) -> bool:
    """Of a person, normalised."""
    name, at, domain = text.rpartition("@")
    return (
        bool(name and at and domain)
        and len(text) <= MAX_ADDRESS
        and not text.startswith(ROOM)
        and "@" not in name
        and text.isprintable()
        and " " not in text
    )


def is_room(chat: str) -> bool:
    return chat.startswith(ROOM)


def room_chat(name: str) -> ChatId:
    return ChatId(ROOM + " ".join(name.removeprefix(ROOM).lower().split()))


def is_room_name(chat: str) -> bool:
    """Of a room, normalised."""
    name = chat.removeprefix(ROOM)
    return is_room(chat) and 0 < len(name) <= MAX_ROOM_NAME and name.isprintable()


@dataclass(frozen=True, slots=True)
class MsnAddressing:
    def parse(self, local: str) -> Address:
        if not local:
            return Address(Kind.SERVER, "", ChatId(""))
        if is_room(local):
            room = room_chat(local)
            if not is_room_name(room):
                raise CommandRefused(
                    Reason.NOT_FOUND,
                    tr("{name!r} is no room's name").format(name=local[:MAX_ROOM_NAME]),
                )
            return Address(Kind.ROOM, "", room)
        chat = normalise(local)
        if not is_address(chat):
            raise CommandRefused(
                Reason.NOT_FOUND,
                tr("{name!r} is nobody's address").format(name=local[:MAX_ADDRESS]),
            )
        return Address(Kind.PERSON, "", chat)

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        return chat if is_room(chat) else normalise(chat)

    def from_prompt(self, text: str) -> str:
        """``alice@example.com`` or ``#verona``."""
        typed = text.strip()
        if not typed:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("An address is expected."))
        try:
            return self.local("", self.parse(typed).chat)
        except CommandRefused as refused:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, refused.text) from refused
