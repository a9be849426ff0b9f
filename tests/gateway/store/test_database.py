"""The hub goes on, whatever the database does; what is lost is tried again, once."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import gevent.event
import pytest
from sqlalchemy import Connection, text

from gateway.config import StoreSettings
from gateway.errors import ConfigError
from gateway.store import Keyring, Registration, Store, StoreUnavailable, migrate
from gateway.store import database as database_module
from gateway.store.database import Database
from tests.gateway.store.conftest import JULIET, KEYS, settings_for
from tests.servers.postgres import Cluster, cluster, fresh_database

ROOT = Path(__file__).parents[3]

SLOW = {
    # A good part of a second on either; SQLite has no sleep, so it counts.
    "postgresql": "SELECT pg_sleep(0.5)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
    "SELECT count(*) FROM n",
}

TURNS = 50
"""Of the hub within that time.  Were it blocked, there would be one or two."""


def query(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement)).scalar()


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A cluster of one's own, to be stopped."""
    with cluster() as server:
        yield server


def test_a_slow_query_stalls_nobody_else(store: Store) -> None:
    slow = gevent.spawn(store.database.run, query(SLOW[store.database.dialect]))
    turns = 0
    while not slow.ready():
        gevent.sleep(0.001)
        turns += 1
    slow.get()
    assert turns > TURNS


def test_postgres_serves_as_many_at_once_as_there_are_connections(
    postgres_settings: StoreSettings,
) -> None:
    database = Database(postgres_settings)
    inside: list[Connection] = []
    all_inside = gevent.event.Event()

    def meet(connection: Connection) -> None:
        inside.append(connection)
        if len(inside) == postgres_settings.pool_size:
            all_inside.set()
        assert all_inside.wait(10)

    greenlets = [gevent.spawn(database.run, meet) for _ in range(postgres_settings.pool_size)]
    gevent.joinall(greenlets, raise_error=True)
    database.close()


def test_a_killed_greenlet_leaves_the_store_usable(store: Store) -> None:
    for _ in range(7):  # More than there are connections: none may leak.
        greenlet = gevent.spawn(store.database.run, query(SLOW[store.database.dialect]))
        gevent.sleep(0.01)
        greenlet.kill()
    store.ping()


def test_a_bug_in_a_query_is_no_outage(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        store.database.run(lambda connection: 1 / 0)
    store.ping()
    assert capfd.readouterr().err == ""


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def work(connection: Connection) -> None:
        connection.execute(
            text(
                'INSERT INTO contacts ("user", transport, account, person, is_hidden)'
                " VALUES ('juliet', 'irc', '', 'Romeo', false)"
            )
        )
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.database.run(work)
    assert store.load("juliet") == ()


def test_too_slow_is_unavailable(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match=r"no answer within 0.1 s"):
        store.database.run(query(SLOW[store.database.dialect]), 0.1)
    store.ping()


def test_the_callers_own_limit_is_its_own(store: Store) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        store.database.run(query(SLOW[store.database.dialect]))
    store.ping()


def test_too_busy_is_unavailable(
    sqlite_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "QUEUE_TIMEOUT", 0.1)
    migrate(sqlite_settings)
    database = Database(sqlite_settings)
    slow = gevent.spawn(database.run, query(SLOW["sqlite"]))
    gevent.sleep(0)
    with pytest.raises(StoreUnavailable, match=r"busy for 0.1 s"):
        database.run(query("SELECT 1"))
    slow.get()
    assert database.run(query("SELECT 1")) == 1
    database.close()


# Postgres comes and goes.


def test_a_lost_connection_is_tried_again_once(postgres_settings: StoreSettings) -> None:
    database = Database(postgres_settings)
    lives = [2]

    def suicidal(connection: Connection) -> str:
        lives[0] -= 1
        if lives[0] > 0:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return "alive"

    assert database.run(suicidal) == "alive"
    lives[0] = 3
    with pytest.raises(StoreUnavailable, match=r"terminat|closed|lost"):
        database.run(suicidal)
    assert lives == [1]
    assert database.run(query("SELECT 1")) == 1
    database.close()


def test_a_restart_between_two_queries_goes_unnoticed(server: Cluster) -> None:
    settings = settings_for(fresh_database(server.url))
    migrate(settings)
    store = Store.open(settings, Keyring(KEYS))
    gevent.joinall([gevent.spawn(store.ping) for _ in range(10)], raise_error=True)
    server.stop()
    server.start()
    greenlets = [gevent.spawn(store.load, JULIET.user) for _ in range(10)]
    gevent.joinall(greenlets, raise_error=True)
    store.close()


def test_an_outage_is_told_and_over_when_it_is_over(server: Cluster) -> None:
    settings = settings_for(fresh_database(server.url))
    migrate(settings)
    store = Store.open(settings, Keyring(KEYS))
    server.stop()
    registration = Registration(key=JULIET, fields={"password": "x"})
    for _ in range(7):  # More often than there are connections: none may leak.
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{server.port}/test_.*refused"):
            store.save(registration)
    with pytest.raises(ConfigError, match="refused"):
        Store.open(settings, Keyring(KEYS))
    server.start()
    store.save(registration)
    assert store.load(JULIET.user)[0].registration == registration
    store.close()


def test_a_server_that_accepts_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "ANSWER_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        database = Database(settings_for(f"postgresql://u:hunter2@127.0.0.1:{port}/db"))
        for _ in range(7):
            with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}/db: no answer"):
                database.run(query("SELECT 1"))
        database.close()


def test_a_name_that_leads_nowhere() -> None:
    database = Database(settings_for("postgresql://u:hunter2@nowhere.invalid/db"))
    with pytest.raises(StoreUnavailable, match=r"nowhere\.invalid: "):
        database.run(query("SELECT 1"))
    database.close()


def test_a_name_and_several_hosts(postgres_url: str) -> None:
    """The first of them refuses; the second is a name that gevent looks up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    host = postgres_url.rpartition("@")[2].partition("/")[0]
    port = host.partition(":")[2]
    user = postgres_url.partition("@")[0]
    url = f"{user}@/postgres?host=127.0.0.1:{closed}&host=localhost:{port}"
    database = Database(settings_for(url))
    assert database.run(query("SELECT 1")) == 1
    database.close()


def test_a_wrong_password_is_the_operators(postgres_url: str) -> None:
    wrong = postgres_url.replace("postgres-secret", "hunter2")
    with pytest.raises(ConfigError, match="password authentication failed") as caught:
        Store.open(settings_for(wrong), Keyring(KEYS))
    assert "hunter2" not in str(caught.value)


def test_the_server_limits_what_we_have_given_up(postgres_settings: StoreSettings) -> None:
    database = Database(postgres_settings)
    assert database.run(query("SHOW statement_timeout")) == "15s"
    assert database.run(query("SHOW lock_timeout")) == "5s"
    database.close()


# SQLite has one owner.

OPEN = (
    "from gevent import monkey; monkey.patch_all()\n"
    "import sys; from gateway.errors import ConfigError; from gateway.store import Keyring, Store\n"
    "from tests.gateway.store.conftest import KEYS, settings_for\n"
    "settings, exclusive = settings_for(sys.argv[1]), bool(sys.argv[2])\n"
    "try: store = Store.open(settings, Keyring(KEYS), exclusive=exclusive)\n"
    "except ConfigError as error: sys.exit(str(error))\n"
    "print(store.integrity().accounts)"
)


def second_process(settings: StoreSettings, exclusive: bool) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", OPEN, settings.url, "yes" if exclusive else ""]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)


def test_a_second_process_is_refused_but_may_look(sqlite_settings: StoreSettings) -> None:
    migrate(sqlite_settings)
    store = Store.open(sqlite_settings, Keyring(KEYS))
    store.save(Registration(key=JULIET, fields={"password": "x"}))
    refused = second_process(sqlite_settings, exclusive=True)
    assert refused.returncode == 1
    assert "is in use by another gateway (process " in refused.stderr
    assert second_process(sqlite_settings, exclusive=False).stdout == "1\n"
    with pytest.raises(ConfigError, match="in use by another gateway"):
        migrate(sqlite_settings)
    store.close()
    assert second_process(sqlite_settings, exclusive=True).stdout == "1\n"


def test_who_only_looks_cannot_write(sqlite_settings: StoreSettings) -> None:
    migrate(sqlite_settings)
    store = Store.open(sqlite_settings, Keyring(KEYS), exclusive=False)
    with pytest.raises(StoreUnavailable, match="readonly"):
        store.save(Registration(key=JULIET, fields={"password": "x"}))
    store.close()


def test_sqlite_is_set_up_as_meant(sqlite_settings: StoreSettings) -> None:
    migrate(sqlite_settings)
    database = Database(sqlite_settings)
    for pragma, value in (
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("secure_delete", 1),
    ):
        assert database.run(query(f"PRAGMA {pragma}")) == value
    database.close()
