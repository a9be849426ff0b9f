"""The queries.  Each method is one short transaction; sealing and opening happen outside of it.

Any greenlet may call any method: it blocks that greenlet only, and until the row is written.  What
cannot be stored is refused (``CommandRefused``), a database that is away is ``StoreUnavailable``.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.config import StoreSettings
from gateway.errors import ConfigError
from gateway.ids import ChatId, PersonId, SessionKey
from gateway.store import limits, rotation, schema, sealing
from gateway.store.database import Database
from gateway.store.models import accounts, contacts, memory, rooms
from gateway.store.reader import Found, Reader
from gateway.store.records import (
    Account,
    AccountRow,
    Counts,
    JoinedRoom,
    KnownContact,
    Preferences,
    Progress,
    Registration,
)
from gateway.store.seal import Keyring
from gateway.store.sqlite import Access

OF_A_KEY = (accounts, contacts, rooms, memory)

SWEEP_EVERY = timedelta(hours=1)
"""Between two looks for expired memory.  It is not given out anyway; this only frees its place."""

INSERT: dict[str, Callable[[Table], Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}

LOAD = tuple(
    select(table).where(table.c.user == bindparam("of"), *more).order_by(*table.primary_key)
    for table, *more in (
        (accounts,),
        (contacts,),
        (rooms,),
        (memory, or_(memory.c.expires_at.is_(None), memory.c.expires_at > bindparam("now"))),
    )
)
"""In the order of ``Found``.  Built once: that costs more than running them."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    def __init__(self, database: Database, keyring: Keyring, clock: Clock = utc_now) -> None:
        self.database = database
        self._keyring = keyring
        self._clock = clock
        self._sweep_after = clock()

    @classmethod
    def open(
        cls,
        settings: StoreSettings,
        keyring: Keyring,
        *,
        exclusive: bool = True,
        clock: Clock = utc_now,
    ) -> "Store":
        """``exclusive=False`` only reads, beside the gateway that owns an SQLite file.

        Raises:
            ConfigError: the database cannot be reached, is not migrated, or is an SQLite file that
                another process owns.
        """
        database = Database(settings, Access.OWN if exclusive else Access.READ)
        try:
            schema.check(database)
        except ConfigError:
            database.close()
            raise
        return cls(database, keyring, clock)

    def close(self) -> None:
        self.database.close()

    def use(self, keyring: Keyring) -> None:
        """From now on; what is being sealed meanwhile is opened by either."""
        self._keyring = keyring

    def ping(self) -> None:
        """
        Raises:
            StoreUnavailable: it does not answer.
        """
        self.database.run(lambda connection: connection.execute(select(1)).scalar_one())

    # All of a user, or of everybody.

    def load(self, user: str) -> tuple[Account, ...]:
        """Every account of a bare JID, registered or guest, with all that goes with it."""
        limits.check_identity(SessionKey(user, "", ""))
        given = {"of": user, "now": self._clock()}

        def read(connection: Connection) -> Found:
            return Found(*(connection.execute(query, given).all() for query in LOAD))

        return Reader(self._keyring).accounts(self.database.run(read))

    def users(self) -> list[tuple[str, str]]:
        """Who has something to log in to: (user, transport)."""
        query = select(accounts.c.user, accounts.c.transport).union(
            select(rooms.c.user, rooms.c.transport)
        )
        rows = self.database.run(lambda connection: connection.execute(query).all())
        return sorted((user, transport) for user, transport in rows)

    # Registrations.

    def save(self, registration: Registration) -> None:
        """Insert or replace; ``latched`` becomes what the registration says, so usually nothing."""
        key = registration.key
        limits.check_identity(key)
        limits.check_fields(registration.fields)
        now = self._clock()
        self._put(
            accounts,
            key,
            {
                "sealed": sealing.seal(self._keyring, accounts, key, dict(registration.fields)),
                "preferences": json.dumps(asdict(registration.preferences)),
                "latched": limits.tame(registration.latched, limits.MAX_LATCH),
                "changed_at": now,
            },
            once={"created_at": now},
            owner=accounts.c.user == key.user,
            limit=("accounts", limits.MAX_ACCOUNTS),
        )

    def latch(self, key: SessionKey, why: str) -> None:
        """Log-in is not tried until the user saves the registration again."""
        self._change(key, latched=limits.tame(why, limits.MAX_LATCH))

    def set_preferences(self, key: SessionKey, preferences: Preferences) -> None:
        self._change(key, preferences=json.dumps(asdict(preferences)))

    def remove(self, key: SessionKey) -> bool:
        """Every trace of that key: account, contacts, rooms, memory.  False: there was none."""
        limits.check_identity(key)

        def write(connection: Connection) -> bool:
            gone = [connection.execute(delete(table).where(_is(table, key))) for table in OF_A_KEY]
            return any(result.rowcount for result in gone)

        was_there = self.database.run(write)
        self.database.scrub()
        return was_there

    # What goes with a session.

    def save_contact(self, key: SessionKey, contact: KnownContact) -> None:
        limits.check_identity(key, contact.person)
        self._put(
            contacts,
            (*key, contact.person),
            {
                "is_hidden": contact.is_hidden,
                "seen": contact.seen and json.dumps(contact.seen),
                "picture": contact.picture and json.dumps(contact.picture),
            },
            owner=_is(contacts, key),
            limit=("contacts", limits.MAX_CONTACTS),
        )

    def remove_contact(self, key: SessionKey, person: PersonId) -> None:
        limits.check_identity(key, person)
        self._delete(contacts, (*key, person))

    def save_room(self, key: SessionKey, room: JoinedRoom) -> None:
        row = (*key, room.room)
        limits.check_identity(key, room.room)
        limits.check_room(room)
        sealed = sealing.seal(self._keyring, rooms, row, room.password) if room.password else None
        self._put(
            rooms,
            row,
            {"nick": room.nick, "sealed": sealed, "resources": json.dumps(room.resources)},
            owner=_is(rooms, key),
            limit=("rooms", limits.MAX_ROOMS),
        )

    def remove_room(self, key: SessionKey, room: ChatId) -> None:
        limits.check_identity(key, room)
        self._delete(rooms, (*key, room))

    def remember(
        self, key: SessionKey, name: str, value: str, seconds: float | None = None
    ) -> None:
        """For the next log-in of this key, for so long or for ever; "" forgets it."""
        row = (*key, name)
        limits.check_identity(key, name)
        limits.check_value("What is to be remembered", value, limits.MAX_MEMORY_VALUE)
        self._sweep()
        if not value:
            self._delete(memory, row)
            return
        expires_at = (
            None
            if seconds is None
            else self._clock() + timedelta(seconds=min(seconds, limits.MAX_SECONDS))
        )
        sealed = sealing.seal(self._keyring, memory, row, value)
        self._put(
            memory,
            row,
            {"sealed": sealed, "expires_at": expires_at},
            owner=_is(memory, key),
            limit=("remembered values", limits.MAX_MEMORY),
        )

    # For the operator.

    def accounts(self, user: str | None = None) -> Iterator[AccountRow]:
        """Registrations, of one user or of all, by user.  Read page by page as they are taken."""
        query = select(accounts)
        if user is not None:
            limits.check_identity(SessionKey(user, "", ""))
            query = query.where(accounts.c.user == user)
        reader = Reader(self._keyring)
        for rows in sealing.pages(self.database, accounts, query):
            for row in rows:
                yield reader.account_row(row)

    def rotate(self, batch: int = sealing.BATCH) -> Iterator[Progress]:
        """Seal everything under the current key, a batch per step of the iterator, while others
        read and write.  Started again it goes on where it was cut short."""
        return rotation.rotate(self.database, self._keyring, batch)

    def integrity(self) -> Counts:
        return rotation.integrity(self.database, self._keyring)

    # Writing.

    def _put(
        self,
        table: Table,
        row: Sequence[str],
        values: Mapping[str, object],
        *,
        owner: ColumnElement[bool],
        limit: tuple[str, int],
        once: Mapping[str, object] | None = None,
    ) -> None:
        """Insert or replace one row, if its owner has no more than ``limit`` others; columns in
        ``once`` stay as they were inserted."""
        key = sealing.primary_key(table)
        others = select(func.count()).select_from(table).where(owner, ~_is(table, row))
        names = {column.name: value for column, value in zip(key, row, strict=True)}
        statement = INSERT[self.database.dialect](table).values(**names, **values, **(once or {}))
        statement = statement.on_conflict_do_update(index_elements=key, set_=values)

        def write(connection: Connection) -> None:
            what, most = limit
            limits.check_count(what, connection.execute(others).scalar_one(), most)
            connection.execute(statement)

        self.database.run(write)

    def _change(self, key: SessionKey, **values: object) -> None:
        limits.check_identity(key)
        statement = update(accounts).where(_is(accounts, key))
        statement = statement.values(changed_at=self._clock(), **values)
        self.database.run(lambda connection: connection.execute(statement).rowcount)

    def _delete(self, table: Table, row: Sequence[str]) -> None:
        statement = delete(table).where(_is(table, row))
        self.database.run(lambda connection: connection.execute(statement).rowcount)

    def _sweep(self) -> None:
        now = self._clock()
        if now < self._sweep_after:
            return
        self._sweep_after = now + SWEEP_EVERY
        statement = delete(memory).where(memory.c.expires_at <= now)
        self.database.run(lambda connection: connection.execute(statement).rowcount)


def _is(table: Table, row: Sequence[str]) -> ColumnElement[bool]:
    """It has this primary key, or the part of one that is given."""
    columns = sealing.primary_key(table)
    return and_(*(column == value for column, value in zip(columns, row, strict=False)))
