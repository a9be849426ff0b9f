"""The version of the tables: told, checked, and brought up to date by Alembic (``migrations/``)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.config import StoreSettings
from gateway.errors import ConfigError
from gateway.store.database import Database
from gateway.store.errors import QueryFailed, StoreUnavailable
from gateway.store.sqlite import Access

MIGRATIONS = Path(__file__).parents[2] / "migrations"

MIGRATE_TIMEOUT = 600.0
"""Seconds.  Also for the copy that waits while another one migrates."""

LOCK = 0x6772_6E67
"""Postgres advisory lock (the letters "grng"): copies started together migrate one by one."""


def migrate(settings: StoreSettings, to: str = "head") -> None:
    """Bring the tables up to date, in one transaction; an SQLite file is made if it is not there.

    Raises:
        ConfigError: the database cannot be reached, or is newer than this gateway.
    """

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        version = _current(connection)
        if version and version not in _known():
            raise ConfigError(_mismatch(database.place, version))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)

    with closing(Database(settings, Access.CREATE)) as database, _for_the_operator():
        database.run(upgrade, MIGRATE_TIMEOUT)


def schema_version(settings: StoreSettings) -> str:
    """The revision the tables are at; "" if there are none.

    Raises:
        ConfigError: the database cannot be reached.
    """
    with closing(Database(settings, Access.READ)) as database, _for_the_operator():
        return database.run(_current)


def check(database: Database) -> None:
    """
    Raises:
        ConfigError: the database cannot be reached, or its tables are not those of this gateway.
    """
    with _for_the_operator():
        version = database.run(_current)
    if version != _head():
        raise ConfigError(_mismatch(database.place, version))


@contextmanager
def _for_the_operator() -> Iterator[None]:
    """What is wrong with the database is wrong with what they configured."""
    try:
        yield
    except (StoreUnavailable, QueryFailed) as error:
        raise ConfigError(f"store.url: {error}") from None


def _current(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _head() -> str:
    head = _scripts().get_current_head()
    assert head, "there is a migration, and one line of them"
    return head


def _known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def _mismatch(place: str, version: str) -> str:
    advice = "run gateway.py migrate"
    if version and version not in _known():
        advice = "it is of a newer gateway, or of something else: update this one"
    return (
        f"store.url: {place}: found tables of version {version or 'none'}, "
        f"expected {_head()}: {advice}"
    )
