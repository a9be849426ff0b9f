"""How much one user may store, and which text a database takes.

Names and sizes come from users and from networks.  What does not fit is refused with a sentence,
before the database refuses it with an exception.
"""

from collections.abc import Mapping

from gateway.errors import CommandRefused, Reason
from gateway.ids import SessionKey
from gateway.store.records import JoinedRoom

MAX_IDENTITY = 2_500
"""Bytes of a primary key together: Postgres takes index entries up to 2,704, a third of a page."""

MAX_TEXT = 1_023
"""Bytes of a nickname or a resource (RFC 7622, section 3.4)."""

MAX_FIELDS = 64
"""Fields of a registration; forms have some ten."""

MAX_VALUE = 16 * 1024
"""Bytes of one field, of a password.  Holds a certificate chain with its key, or a token."""

MAX_MEMORY_VALUE = 64 * 1024
"""Bytes of one remembered value.  Networks keep tickets and cookies there, of a few kB."""

MAX_LATCH = 1_000
"""Characters.  The network's own words; cut, because there is nobody to refuse them to."""

MAX_SECONDS = 10 * 365 * 86_400.0
"""What a network wants remembered for longer than that, it forgets first."""

MAX_ACCOUNTS = 200
"""Per user.  All of them are loaded, and logged in, with one presence."""

MAX_CONTACTS = 5_000
"""Per account.  Each is a presence stanza at log-in."""

MAX_ROOMS = 1_000
"""Per account; each is joined again at log-in."""

MAX_MEMORY = 200
"""Names per account."""

MAX_RESOURCES = 100
"""Clients of one user in one room."""


def check_identity(key: SessionKey, *more: str) -> None:
    """
    Raises:
        CommandRefused: (NOT_ACCEPTABLE) no row can have this primary key.
    """
    if sum(_size(part) for part in (*key, *more)) > MAX_IDENTITY:
        raise _unacceptable(f"The address is longer than {MAX_IDENTITY} bytes.")


def check_fields(fields: Mapping[str, str]) -> None:
    if len(fields) > MAX_FIELDS:
        raise _unacceptable(f"There are more than {MAX_FIELDS} fields.")
    for name, value in fields.items():
        check_value("A field's name", name, MAX_TEXT)
        check_value(f"The field {name}", value, MAX_VALUE)


def check_value(what: str, value: str, limit: int) -> None:
    """Something sealed: any characters, but not without end."""
    if len(value.encode("utf-8", "surrogatepass")) > limit:
        raise _unacceptable(f"{what} is longer than {limit} bytes.")


def check_room(room: JoinedRoom) -> None:
    check_value("The password", room.password, MAX_VALUE)
    if len(room.resources) > MAX_RESOURCES:
        raise CommandRefused(Reason.TOO_MUCH, f"More than {MAX_RESOURCES} clients in the room.")
    for text in (room.nick, *room.resources):
        if _size(text) > MAX_TEXT:
            raise _unacceptable(f"A nickname or resource is longer than {MAX_TEXT} bytes.")


def check_count(what: str, count: int, limit: int) -> None:
    if count >= limit:
        raise CommandRefused(Reason.TOO_MUCH, f"There are {limit} {what} already.")


def tame(text: str, limit: int) -> str:
    """What a network said, so that any database takes it."""
    return text.replace("\0", "")[:limit].encode("utf-8", "replace").decode()


def _size(text: str) -> int:
    """Bytes, of something not sealed: no database takes half characters, Postgres takes no NUL."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in text:
        raise _unacceptable("An address or a name has characters in it that cannot be stored.")
    return size


def _unacceptable(text: str) -> CommandRefused:
    return CommandRefused(Reason.NOT_ACCEPTABLE, text)
