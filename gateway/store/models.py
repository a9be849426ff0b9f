"""The tables.  ``migrations/`` makes them; a test compares the two.

Primary keys are natural and begin with the session key (user, transport, account).  There are no
foreign keys between them: a guest has rooms and memory, but no registration.

Columns named ``sealed`` hold secrets, see ``gateway.store.seal``; nothing else in here is secret.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"}
)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC.  SQLite stores no zone, Postgres gives the one of its connection."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        assert value is None or value.tzinfo, "times are aware"
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        match value:
            case None:
                return None
            case datetime(tzinfo=None):
                return value.replace(tzinfo=UTC)
            case _:
                aware: datetime = value.astimezone(UTC)
                return aware


def _key(*more: str) -> list[Column[Any]]:
    return [
        Column(name, Text, primary_key=True) for name in ("user", "transport", "account", *more)
    ]


accounts = Table(
    "accounts",
    metadata,
    *_key(),
    Column("sealed", LargeBinary, nullable=False, comment="JSON: {field: value}"),
    Column("latched", Text, nullable=False, comment="why log-in is not tried; empty: it is"),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("preferences", Text, nullable=False, comment="JSON: {name: whether}"),
)

contacts = Table(
    "contacts",
    metadata,
    *_key("person"),
    Column("is_hidden", Boolean, nullable=False, comment="the user does not want them"),
    Column("seen", Text, comment="JSON: [[name, [group]] of the network, the same of the roster]"),
    Column("picture", Text, comment="JSON: [name, hash, bytes, media type]; null: not known"),
)
"""Whom the user's roster was told of."""

rooms = Table(
    "rooms",
    metadata,
    *_key("room"),
    Column("nick", Text, nullable=False),
    Column("sealed", LargeBinary, comment="the password; null: none"),
    Column("resources", Text, nullable=False, comment="JSON: [resource]"),
)

memory = Table(
    "memory",
    metadata,
    *_key("name"),
    Column("sealed", LargeBinary, nullable=False, comment="the value"),
    Column("expires_at", Moment, comment="null: never"),
    Index(None, "expires_at"),
)
