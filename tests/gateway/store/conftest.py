"""The same tests on both databases: each ``store`` is a fresh, migrated one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gevent
import pytest

from gateway.config import StoreSettings
from gateway.ids import SessionKey
from gateway.store import Keyring, Store, migrate
from tests.servers.postgres import fresh_database, postgres

KEYS = {"2026": b"n" * 32, "2025": b"o" * 32}

JULIET = SessionKey("juliet@verona.lit", "irc.verona.lit", "irc.capulet.lit:6697")
ROMEO = SessionKey("romeo@verona.lit", "irc.verona.lit", "")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    with gevent.Timeout(60):
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


def settings_for(url: str, pool_size: int = 5) -> StoreSettings:
    return StoreSettings.model_validate(
        {"url": url, "pool_size": pool_size}, context={"folder": Path("/nonexistent")}
    )


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> StoreSettings:
    return settings_for(f"sqlite:///{tmp_path}/greengate.db")


@pytest.fixture
def postgres_settings(postgres_url: str) -> StoreSettings:
    return settings_for(fresh_database(postgres_url))


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    chosen = request.getfixturevalue(f"{request.param}_settings")
    assert isinstance(chosen, StoreSettings)
    return chosen


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(KEYS)


@pytest.fixture
def store(settings: StoreSettings, keyring: Keyring, clock: Clock) -> Iterator[Store]:
    migrate(settings)
    store = Store.open(settings, keyring, clock=clock)
    yield store
    store.close()
