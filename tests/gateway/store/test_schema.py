"""Migrations make the tables that the models describe, once, and the gateway insists on them."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from gateway.config import StoreSettings
from gateway.errors import ConfigError
from gateway.store import Keyring, Store, migrate, schema_version
from gateway.store.database import Database
from gateway.store.models import metadata
from tests.gateway.store.conftest import KEYS, settings_for

ROOT = Path(__file__).parents[3]

LATEST = max(path.name for path in (ROOT / "migrations/versions").glob("0*.py"))[:4]


def run(settings: StoreSettings, statement: str) -> None:
    database = Database(settings)
    database.run(lambda connection: connection.execute(text(statement)).close())
    database.close()


def test_the_migrations_make_what_the_models_say(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert store.database.run(differences) == []


def test_migrating_again_keeps_everything(settings: StoreSettings) -> None:
    migrate(settings)
    run(
        settings,
        "INSERT INTO contacts VALUES ('juliet@verona.lit', 'irc', '', 'Romeo', false, NULL, NULL)",
    )
    migrate(settings)
    assert schema_version(settings) == LATEST
    store = Store.open(settings, Keyring(KEYS))
    assert len(store.load("juliet@verona.lit")) == 1
    store.close()


def test_what_users_had_set_is_kept(settings: StoreSettings) -> None:
    """0002 puts it into one column."""
    columns = "'irc', '', 'sealed', {}, '', '2026-01-02 03:04:05', '2026-01-02 03:04:05'"
    migrate(settings, "0001")
    for user, stays in (("juliet", "true"), ("romeo", "false")):
        run(settings, f"INSERT INTO accounts VALUES ('{user}', {columns.format(stays)})")
    migrate(settings)
    database = Database(settings)
    query = text('SELECT preferences FROM accounts ORDER BY "user"')
    found = database.run(lambda connection: connection.execute(query).scalars().all())
    database.close()
    assert found == ['{"stay_online": true}', "{}"]


def test_an_empty_database_is_refused(postgres_settings: StoreSettings) -> None:
    assert schema_version(postgres_settings) == ""
    with pytest.raises(
        ConfigError,
        match=f"found tables of version none, expected {LATEST}: run gateway.py migrate",
    ):
        Store.open(postgres_settings, Keyring(KEYS))


def test_a_missing_file_is_refused_and_not_made(
    sqlite_settings: StoreSettings, tmp_path: Path
) -> None:
    for exclusive in (True, False):
        with pytest.raises(ConfigError, match=r"no such file: run gateway.py migrate"):
            Store.open(sqlite_settings, Keyring(KEYS), exclusive=exclusive)
    assert not (tmp_path / "greengate.db").exists()


def test_a_newer_database_is_left_alone(settings: StoreSettings) -> None:
    migrate(settings)
    run(settings, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        ConfigError, match=f"version 9999, expected {LATEST}: it is of a newer gateway"
    ):
        Store.open(settings, Keyring(KEYS))
    with pytest.raises(ConfigError, match="version 9999"):
        migrate(settings)
    assert schema_version(settings) == "9999"


def test_copies_started_together_migrate_once(postgres_settings: StoreSettings) -> None:
    code = (
        "from gevent import monkey; monkey.patch_all()\n"
        "import sys; from gateway.store import migrate\n"
        "from tests.gateway.store.conftest import settings_for\n"
        "migrate(settings_for(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, postgres_settings.url]
    copies = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [copy.wait(timeout=50) for copy in copies] == [0, 0, 0]
    assert schema_version(postgres_settings) == LATEST


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("mysql://u:hunter2@host/db", "found mysql:"),
        ("postgresql+asyncpg://u:hunter2@host/db", r"found postgresql\+asyncpg:"),
        ("hunter2", "not a database URL"),
        ("postgresql://u:hunter2@host:port/db", "not a database URL"),
    ],
)
def test_a_wrong_url(url: str, says: str) -> None:
    settings = StoreSettings.model_construct(url=url, pool_size=5)
    with pytest.raises(ConfigError, match=f"^store.url: {says}") as caught:
        migrate(settings)
    assert "hunter2" not in str(caught.value)


def test_something_else_than_a_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Romeo, Romeo! " * 100)
    with pytest.raises(ConfigError, match="not a database"):
        migrate(settings_for(f"sqlite:///{file}"))
    assert file.read_text().startswith("Romeo")


def test_no_such_folder(tmp_path: Path) -> None:
    migrate(settings_for(f"sqlite:///{tmp_path}/var/greengate.db"))
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    with pytest.raises(ConfigError, match=r"no folder .*/a/b, and none can be made"):
        migrate(settings_for(f"sqlite:///{tmp_path}/a/b/greengate.db"))
