"""Transactions that block the greenlet that asks, and never the hub.

    greenlet ── run(work) ── slots ──┬── SQLite:   work in the one native thread that owns the file
                                     └── Postgres: work right here; psycopg2 waits by psycogreen

``slots`` is the only queue: as many transactions at once as there are connections, so that nobody
ever waits inside SQLAlchemy's pool or behind somebody else's time limit.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.lock import BoundedSemaphore
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
)

from gateway.config import StoreSettings
from gateway.errors import ConfigError
from gateway.store.errors import QueryFailed, StoreUnavailable
from gateway.store.postgres import Postgres
from gateway.store.sqlite import Access, Sqlite

T = TypeVar("T")

QUEUE_TIMEOUT = 60.0
"""Seconds to wait for a free connection.  Long, because a start loads every user at once and each
takes milliseconds; whoever still waits then is told that the store is unavailable."""

ANSWER_TIMEOUT = 15.0
"""Seconds for one transaction, with connecting.  They are short: beyond it the server hangs, or the
way to it does, and the caller must go on."""

WORTH_A_RETRY = {"40001", "40P01"}
"""SQLSTATE of a serialization failure and of a deadlock: the other one has finished by now."""

EXPECTED = "expected sqlite:///file or postgresql://user:password@host/database"


class Database:
    """May be used from any greenlet of the thread that opened it."""

    def __init__(self, settings: StoreSettings, access: Access = Access.OWN) -> None:
        """Connects to nothing yet, but takes the lock of an SQLite file.

        Raises:
            ConfigError: the URL is wrong, or the SQLite file is in use by another process.
        """
        url = _parse(settings.url)
        self._backend: Sqlite | Postgres
        if url.get_backend_name() == "sqlite":
            self._backend = Sqlite(url, access)
        else:
            self._backend = Postgres(url, settings.pool_size, ANSWER_TIMEOUT)
        self.place = self._backend.place
        """The database, for messages: without user and password."""
        self.dialect = self._backend.engine.dialect.name
        self._slots = BoundedSemaphore(self._backend.connections)

    def __repr__(self) -> str:
        return f"<Database {self.place}>"

    def run(self, work: Callable[[Connection], T], seconds: float | None = None) -> T:
        """What ``work`` returns, in a transaction of its own, within ANSWER_TIMEOUT or ``seconds``.

        ``work`` is idempotent: when the connection is lost, even at the commit, it is run again,
        once.  It touches nothing but the connection: on SQLite it runs in another thread.

        Raises:
            StoreUnavailable: the transaction may have been committed all the same.
            QueryFailed: a bug in ``work``.  Its other exceptions pass as they are.
        """
        if not self._slots.acquire(timeout=QUEUE_TIMEOUT):
            raise StoreUnavailable(f"{self.place}: busy for {QUEUE_TIMEOUT:g} s")
        try:
            return self._limited(work, ANSWER_TIMEOUT if seconds is None else seconds)
        finally:
            self._slots.release()

    def scrub(self) -> None:
        """Of what was deleted; Postgres does so by itself (autovacuum)."""
        if isinstance(self._backend, Sqlite):
            self._backend.scrub()

    def close(self) -> None:
        self._backend.close()

    def _limited(self, work: Callable[[Connection], T], seconds: float) -> T:
        limit = gevent.Timeout(seconds)
        try:
            with limit:
                return self._retried(work)
        except gevent.Timeout as expired:
            if expired is not limit:
                raise  # The caller's own limit.
            raise StoreUnavailable(f"{self.place}: no answer within {seconds:g} s") from None

    def _retried(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._once(work)
        except DBAPIError as error:
            if not _is_worth_a_retry(error):
                raise self._renamed(error) from None
        try:
            return self._once(work)
        except DBAPIError as error:
            raise self._renamed(error) from None

    def _once(self, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with self._backend.engine.begin() as connection:
                return work(connection)

        return self._backend.call(transaction)

    def _renamed(self, error: DBAPIError) -> StoreUnavailable | QueryFailed:
        # The first line only: the ones after it may quote values.
        what = (str(error.orig).strip().splitlines() or ["connection lost"])[0]
        if _is_failure(error):
            return StoreUnavailable(f"{self.place}: {what}")
        name = type(error.orig).__name__
        renamed = QueryFailed(f"{self.place}: {name}: {what}: {error.statement}")
        return renamed.with_traceback(error.__traceback__)


def _is_failure(error: DBAPIError) -> bool:
    """Of the database, not of the statement.  SQLite tells of a damaged file by DatabaseError, and
    of a statement it does not understand by OperationalError with its most general code."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return False
    return (
        error.connection_invalidated
        or isinstance(error, OperationalError | InterfaceError)
        or type(error) is DatabaseError
    )


def _is_worth_a_retry(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "pgcode", "") in WORTH_A_RETRY


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not shown: there may be a password in it.
        raise ConfigError(f"store.url: not a database URL, {EXPECTED}") from None
    match url.drivername:
        case "sqlite" | "sqlite+pysqlite" | "postgresql" | "postgresql+psycopg2":
            return url
        case other:
            raise ConfigError(f"store.url: found {other}:, {EXPECTED}")
