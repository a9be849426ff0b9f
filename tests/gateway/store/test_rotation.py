"""Another key, and rows that are broken: noticed, told apart, and nobody else's trouble."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, text, update

from gateway.config import StoreSettings
from gateway.ids import ChatId, SessionKey
from gateway.store import Account, Broken, JoinedRoom, Keyring, Registration, Store, migrate
from gateway.store.models import accounts, memory, rooms
from tests.gateway.store.conftest import JULIET, KEYS, ROMEO

OLD = Keyring({"2025": KEYS["2025"]})
ROOM = JoinedRoom(room=ChatId("#verona"), nick="j", password="sesame")


def fill(store: Store, keys: list[SessionKey]) -> None:
    for key in keys:
        store.save(Registration(key=key, fields={"password": key.user}))
        store.save_room(key, ROOM)
        store.save_room(key, replace(ROOM, room=ChatId("#open"), password=""))
        store.remember(key, "ticket", f"of {key.user}")


def put(store: Store, table: Table, key: SessionKey, **values: Any) -> None:
    """Behind the store's back."""
    statement = update(table).where(table.c.user == key.user).values(**values)
    assert store.database.run(lambda connection: connection.execute(statement).rowcount)


def sealed(store: Store, table: Table, key: SessionKey) -> bytes:
    query = text(f'SELECT sealed FROM {table.name} WHERE "user" = :user AND sealed IS NOT NULL')
    given = {"user": key.user}
    return bytes(
        store.database.run(lambda connection: connection.execute(query, given).scalar_one())
    )


def account(store: Store, key: SessionKey) -> Account:
    (found,) = store.load(key.user)
    return found


@pytest.fixture
def old_store(settings: StoreSettings) -> Iterator[Store]:
    migrate(settings)
    store = Store.open(settings, OLD)
    yield store
    store.close()


def with_keys(store: Store, keyring: Keyring) -> Store:
    """The same database as another process would see it (which SQLite would not allow)."""
    return Store(store.database, keyring)


def test_rotation_leaves_nothing_under_the_old_key(old_store: Store) -> None:
    keys = [JULIET._replace(user=f"{number}@verona.lit") for number in range(5)]
    fill(old_store, keys)
    before = [old_store.load(key.user) for key in keys]
    store = with_keys(old_store, Keyring(KEYS))
    assert store.integrity().old_keys == 15
    steps = list(store.rotate(batch=2))
    assert sum(step.seen for step in steps) == sum(step.resealed for step in steps) == 15
    assert {step.table for step in steps} == {"accounts", "rooms", "memory"}
    assert max(step.seen for step in steps) == 2
    assert store.integrity().old_keys == 0
    new_only = with_keys(store, Keyring({"2026": KEYS["2026"]}))
    assert [new_only.load(key.user) for key in keys] == before


def test_a_rotation_cut_short_goes_on(old_store: Store) -> None:
    fill(old_store, [JULIET._replace(user=f"{number}@verona.lit") for number in range(5)])
    store = with_keys(old_store, Keyring(KEYS))
    first = next(store.rotate(batch=2))
    assert first.resealed == 2
    assert sum(step.resealed for step in store.rotate(batch=2)) == 13
    assert sum(step.resealed for step in store.rotate()) == 0


def test_rotation_does_not_count_as_a_change(old_store: Store) -> None:
    fill(old_store, [JULIET])
    (before,) = old_store.accounts()
    store = with_keys(old_store, Keyring(KEYS))
    list(store.rotate())
    (after,) = store.accounts()
    assert after == replace(before, key_id="2026")


class Meddling(Keyring):
    """Somebody saves, or removes, exactly between the rotation's reading a row and writing it."""

    def __init__(self, meddle: Any) -> None:
        super().__init__(KEYS)
        self.meddle = meddle

    def open(self, sealed: bytes, row: str) -> bytes:
        plain = super().open(sealed, row)
        self.meddle()
        return plain


@pytest.mark.parametrize("meddler", [Keyring(KEYS), OLD], ids=["new key", "old key"])
def test_what_is_saved_meanwhile_is_not_lost(old_store: Store, meddler: Keyring) -> None:
    fill(old_store, [JULIET])
    newer = Registration(key=JULIET, fields={"password": "changed meanwhile"})
    other = with_keys(old_store, meddler)
    store = with_keys(old_store, Meddling(lambda: other.save(newer)))
    first = next(store.rotate())
    assert (first.table, first.seen, first.resealed) == ("accounts", 1, 0)
    assert account(with_keys(old_store, Keyring(KEYS)), JULIET).registration == newer


def test_what_is_removed_meanwhile_stays_removed(old_store: Store) -> None:
    fill(old_store, [JULIET])
    store = with_keys(old_store, Meddling(lambda: old_store.remove(JULIET)))
    assert sum(step.resealed for step in store.rotate()) == 0
    assert store.load(JULIET.user) == ()


# Broken rows.


def changed_at(place: int) -> Any:
    def change(blob: bytes) -> bytes:
        changed = bytearray(blob)
        changed[place] ^= 1
        return bytes(changed)

    return change


DAMAGE = {
    # Envelope: version, length, key id (4), nonce (12), ciphertext, tag (16).
    "version": changed_at(0),
    "length of the key id": changed_at(1),
    "key id": changed_at(2),
    "nonce": changed_at(6),
    "ciphertext": changed_at(18),
    "tag": changed_at(-1),
    "cut": lambda blob: blob[:-1],
    "empty": lambda blob: b"",
    "foreign": lambda blob: b"password=hunter2",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_one_users_trouble(store: Store, damage: Any) -> None:
    fill(store, [JULIET, ROMEO])
    intact = account(store, ROMEO)
    for table in (accounts, rooms, memory):
        put(store, table, JULIET, sealed=damage(sealed(store, table, JULIET)))
    found = account(store, JULIET)
    assert isinstance(found.registration, Broken)
    assert found.registration.key == JULIET
    assert found.registration.why.startswith("accounts: user='juliet@verona.lit'")
    assert {room.password for room in found.rooms} == {""}
    assert found.memory == {}
    assert [problem.why.partition(":")[0] for problem in found.broken] == [
        *("rooms", "rooms"),
        "memory",
    ]
    assert account(store, ROMEO) == intact
    assert [bool(row.broken) for row in store.accounts()] == [True, False]
    counts = store.integrity()
    assert (counts.accounts, counts.broken, counts.old_keys) == (2, 4, 0)


def test_a_secret_moved_to_another_row(store: Store) -> None:
    """Who can write the database still cannot log in as somebody else."""
    fill(store, [JULIET, ROMEO])
    for table in (accounts, rooms, memory):
        put(store, table, JULIET, sealed=sealed(store, table, ROMEO))
    found = account(store, JULIET)
    assert isinstance(found.registration, Broken)
    assert "of another row" in found.registration.why
    assert (found.memory, {room.password for room in found.rooms}) == ({}, {""})


@pytest.mark.parametrize("plain", [b"{", b"", b"\xff", b"[]", b"null", b'{"password": 1}'])
def test_nonsense_that_was_sealed_properly(store: Store, plain: bytes) -> None:
    fill(store, [JULIET])
    row = json.dumps(["accounts", *JULIET])
    put(store, accounts, JULIET, sealed=Keyring(KEYS).seal(plain, row))
    assert isinstance(account(store, JULIET).registration, Broken)


@pytest.mark.parametrize("resources", ["", "[", "null", "1", "[1]", "[null]"])
def test_nonsense_in_resources(store: Store, resources: str) -> None:
    fill(store, [JULIET])
    put(store, rooms, JULIET, resources=resources)
    found = account(store, JULIET)
    assert [room.resources for room in found.rooms] == [(), ()]
    assert len(found.broken) == 2


def test_rotation_reports_broken_rows_and_goes_on(old_store: Store) -> None:
    fill(old_store, [JULIET, ROMEO])
    put(old_store, accounts, JULIET, sealed=b"nonsense")
    store = with_keys(old_store, Keyring(KEYS))
    steps = list(store.rotate(batch=1))
    assert [problem.key for step in steps for problem in step.broken] == [JULIET]
    assert sealed(store, accounts, JULIET) == b"nonsense"
    assert account(store, ROMEO).registration == Registration(
        key=ROMEO, fields={"password": ROMEO.user}
    )
    assert store.integrity().old_keys == 0


def test_the_key_is_gone(old_store: Store) -> None:
    fill(old_store, [JULIET])
    store = with_keys(old_store, Keyring({"2026": KEYS["2026"]}))
    found = account(store, JULIET)
    assert isinstance(found.registration, Broken)
    assert "'2025', which is not among the keys" in found.registration.why
    (row,) = store.accounts()
    assert (row.key_id, bool(row.broken)) == ("2025", True)


def test_a_new_registration_mends_a_broken_one(store: Store) -> None:
    fill(store, [JULIET])
    put(store, accounts, JULIET, sealed=b"nonsense")
    newer = Registration(key=JULIET, fields={"password": "again"})
    store.save(newer)
    assert account(store, JULIET).registration == newer
