"""No secret is readable in the database, in a repr, in the log or in an exception."""

import base64
import logging
import os
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, insert, text

from gateway.config import StoreSettings
from gateway.errors import CommandRefused, ConfigError
from gateway.ids import ChatId
from gateway.store import (
    JoinedRoom,
    Keyring,
    Registration,
    Store,
    limits,
    migrate,
)
from gateway.store.errors import QueryFailed
from gateway.store.models import accounts
from tests.gateway.store.conftest import JULIET, KEYS, ROMEO
from tests.servers.postgres import PASSWORD, binary

SECRETS = ("hunter2-of-juliet", "sesame-of-the-room", "ticket-of-passport")
FIELDS, ROOM, TICKET = SECRETS


def forms(secret: bytes) -> tuple[bytes, ...]:
    """As it is, and as a dump or a log would write bytes; the hexadecimal in both cases."""
    return secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)


def assert_clean(haystack: bytes) -> None:
    for secret in (*(secret.encode() for secret in SECRETS), PASSWORD.encode(), *KEYS.values()):
        for form in forms(secret):
            assert form not in haystack


def fill(store: Store) -> None:
    store.save(Registration(key=JULIET, fields={"password": FIELDS}))
    store.save_room(JULIET, JoinedRoom(room=ChatId("#verona"), nick="j", password=ROOM))
    store.remember(JULIET, "ticket", TICKET, 600)


def contents(settings: StoreSettings) -> bytes:
    """The whole database as somebody who steals it has it."""
    if settings.url.startswith("sqlite"):
        path = Path(settings.url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    dump = [binary("pg_dump"), "--dbname", settings.url]
    return subprocess.run(dump, check=True, capture_output=True).stdout


def test_the_database(store: Store, settings: StoreSettings) -> None:
    fill(store)
    list(store.rotate())
    found = contents(settings)
    assert JULIET.user.encode() in found  # We look in the right place.
    assert_clean(found)


def test_what_is_removed_is_gone_from_the_file(
    sqlite_settings: StoreSettings, tmp_path: Path
) -> None:
    migrate(sqlite_settings)
    store = Store.open(sqlite_settings, Keyring(KEYS))
    fill(store)
    store.remove(JULIET)
    store.close()  # Empties the write-ahead log into the file.
    assert JULIET.user.encode() not in contents(sqlite_settings)


def test_no_repr_shows_one(store: Store) -> None:
    fill(store)
    (account,) = store.load(JULIET.user)
    shown = (account, account.registration, account.rooms, store, store.database, store.__dict__)
    assert_clean(repr(shown).encode())


def failures(store: Store) -> list[Callable[[], object]]:
    """Ways to make the store, or a bug in it, fail with a secret in its hands."""
    long = (FIELDS * limits.MAX_VALUE)[: limits.MAX_VALUE + 1]
    row = {**JULIET._asdict(), "sealed": FIELDS.encode(), "preferences": None, "latched": ROOM}
    # Postgres would quote "the failing row", and "LINE 1" with the values in their places.

    def run(work: Callable[[Connection], object]) -> Callable[[], object]:
        return lambda: store.database.run(work)

    return [
        lambda: store.save(Registration(key=ROMEO, fields={"password": long})),
        lambda: store.remember(JULIET, "ticket", TICKET * limits.MAX_MEMORY_VALUE),
        run(lambda connection: connection.execute(insert(accounts).values(row))),
        run(lambda connection: connection.execute(text("SELECT :x FROM x"), {"x": FIELDS})),
        run(
            lambda connection: connection.execute(
                text("SELECT 1 WHERE :a = :b ORDER BY nothing").bindparams(
                    bindparam("a", ROOM), bindparam("b", TICKET)
                )
            )
        ),
    ]


def test_no_exception_and_no_log_line_shows_one(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fill(store)
    for failure in failures(store):
        with pytest.raises((CommandRefused, QueryFailed)) as caught:
            failure()
        assert_clean("".join(traceback.format_exception(caught.value)).encode())
    assert_clean(caplog.text.encode())


def test_an_unreachable_database_shows_no_password(postgres_settings: StoreSettings) -> None:
    wrong = postgres_settings.model_copy(update={"url": f"{postgres_settings.url}_gone"})
    with pytest.raises(Exception, match="does not exist") as caught:
        Store.open(wrong, Keyring(KEYS))
    assert_clean("".join(traceback.format_exception(caught.value)).encode())
    assert isinstance(caught.value, ConfigError)


def test_the_file_is_its_owners_alone(sqlite_settings: StoreSettings) -> None:
    migrate(sqlite_settings)
    store = Store.open(sqlite_settings, Keyring(KEYS))
    fill(store)
    path = Path(sqlite_settings.url.removeprefix("sqlite:///"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in os.scandir(path.parent)}
    store.close()
    assert len(modes) == 4  # The file, its log and shared memory, and our lock.
    assert set(modes.values()) == {0o600}
