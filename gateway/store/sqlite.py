"""An SQLite file, in the one native thread that touches it.

sqlite3 blocks its thread, in a long query or in fsync.  So all of it happens in a thread of its
own, one for everything: that also serialises it, which SQLite would have to do anyway.

One process may own a file.  SQLite itself would stand several, but not the gateway: two of them on
one file would both log everybody in.  Copies need Postgres, which has what they coordinate with.
"""

import fcntl
import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from gevent.threadpool import ThreadPool
from sqlalchemy import URL, Connection, StaticPool, create_engine, event

from gateway.errors import ConfigError

T = TypeVar("T")

BUSY_TIMEOUT = 5_000
"""Milliseconds to wait for a reader in another process (``gateway.py accounts``, a backup)."""

PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT}",
    "foreign_keys = on",
    "secure_delete = on",  # What a user removed is not left in free pages.
)


class Access(Enum):
    CREATE = "create"  # Own it, and make it if it is not there: for migrations.
    OWN = "own"
    READ = "read"  # Beside its owner: for commands that only look.


class Sqlite:
    connections = 1

    def __init__(self, url: URL, access: Access) -> None:
        """
        Raises:
            ConfigError: no such file, or in use by another process.
        """
        if not url.database or url.database == ":memory:" or url.query:
            raise ConfigError("store.url: names no SQLite file, expected sqlite:///file")
        path = Path(url.database)
        self.place = str(path)
        self._lock: int | None = None
        if access is Access.CREATE:
            _make_folder(path)
        if access is not Access.READ:
            self._lock = _lock(path)
        try:
            _open_file(path, access)
        except ConfigError:
            self._unlock()
            raise
        self.engine = create_engine(
            URL.create("sqlite", database=str(path)), poolclass=StaticPool, hide_parameters=True
        )
        self._listen(access)
        self._thread = ThreadPool(1)

    def call(self, work: Callable[[], T]) -> T:
        """Do it in the thread.  If this greenlet is killed meanwhile, it is done all the same."""
        result: tuple[T] | None
        result, error = self._thread.apply(_caught, (work,))
        if error is not None:
            raise error
        assert result is not None
        return result[0]

    def scrub(self) -> None:
        """What was deleted is not left in the log of changes either, which SQLite writes anew from
        the beginning only when it has to.  A reader in another process may keep it a little."""

        def checkpoint() -> None:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                connection.close()

        self.call(checkpoint)

    def close(self) -> None:
        self.call(self.engine.dispose)
        self._thread.kill()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _listen(self, access: Access) -> None:
        # The driver would begin a transaction before some statements only, and none before DDL:
        # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
        more = ("query_only = on",) if access is Access.READ else ("journal_mode = wal",)
        # IMMEDIATE: one that reads first and writes later could not wait for its turn to write.
        begin = "BEGIN" if access is Access.READ else "BEGIN IMMEDIATE"

        def on_connect(connection: Any, record: object) -> None:
            connection.isolation_level = None
            for pragma in (*PRAGMAS, *more):
                connection.execute(f"PRAGMA {pragma}").close()

        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(self.engine, "connect", on_connect)
        event.listen(self.engine, "begin", on_begin)


def _caught(work: Callable[[], T]) -> tuple[tuple[T] | None, BaseException | None]:
    """An exception as a value: gevent would print one that leaves the thread."""
    try:
        return (work(),), None
    except BaseException as error:
        return None, error


def _make_folder(path: Path) -> None:
    """The last part only: a longer path that is not there is a typing mistake."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"store.url: {path}: no folder {path.parent}, and none can be made: {error.strerror}"
        ) from None


def _open_file(path: Path, access: Access) -> None:
    """For its owner only: SQLite gives the files it puts beside it the same mode."""
    flags = os.O_RDWR | (os.O_CREAT if access is Access.CREATE else 0)
    try:
        os.close(os.open(path, flags, 0o600))
    except FileNotFoundError:
        raise ConfigError(f"store.url: {path}: no such file: run gateway.py migrate") from None
    except OSError as error:
        raise ConfigError(f"store.url: {path}: {error.strerror}") from None


def _lock(path: Path) -> int:
    """A lock that falls with the process.  Beside the file, not on it: SQLite locks that."""
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"store.url: {lock}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise ConfigError(
            f"store.url: {path} is in use by another gateway (process {owner or 'unknown'}); "
            "stop it first, or use Postgres, which several can share"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
