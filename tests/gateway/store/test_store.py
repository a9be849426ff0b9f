"""What goes in comes out, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
import pytest
from sqlalchemy import Connection, Engine, event, func, select, update

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId, SessionKey
from gateway.store import (
    Account,
    JoinedRoom,
    KnownContact,
    Preferences,
    Registration,
    RosterItem,
    Seen,
    Store,
    limits,
)
from gateway.store.models import accounts, contacts, memory, metadata
from gateway.store.store import SWEEP_EVERY
from tests.gateway.store.conftest import JULIET, ROMEO, Clock

REGISTRATION = Registration(key=JULIET, fields={"username": "juliet", "password": "x\0\ud800é"})
ROOM = JoinedRoom(
    room=ChatId("#verona"), nick="juliet", password="sesame", resources=("balcony", "orchard")
)
NURSE = KnownContact(person=PersonId("Nurse"))
ROMEO_HIDDEN = KnownContact(person=PersonId("Romeo"), is_hidden=True)


def only(store: Store, key: SessionKey = JULIET) -> Account:
    (account,) = store.load(key.user)
    assert account.key == key
    return account


def test_nothing_is_known_of_a_stranger(store: Store) -> None:
    assert store.load("tybalt@verona.lit") == ()
    assert store.users() == []
    assert list(store.accounts()) == []


def test_everything_of_an_account(store: Store) -> None:
    store.save(REGISTRATION)
    store.save_contact(JULIET, KnownContact(person=PersonId("Romeo")))
    store.save_contact(JULIET, NURSE)
    store.save_contact(JULIET, ROMEO_HIDDEN)
    store.save_room(JULIET, ROOM)
    store.remember(JULIET, "ticket", "t-1")
    assert only(store) == Account(
        key=JULIET,
        registration=REGISTRATION,
        contacts=(NURSE, ROMEO_HIDDEN),
        rooms=(ROOM,),
        memory={"ticket": "t-1"},
    )
    store.remove_contact(JULIET, PersonId("Romeo"))
    store.remove_room(JULIET, ROOM.room)
    store.remember(JULIET, "ticket", "")
    assert only(store) == Account(key=JULIET, registration=REGISTRATION, contacts=(NURSE,))


def test_nothing_is_left_of_who_was_removed(store: Store) -> None:
    """Not in any table, whatever tables there are by now; nor in the files of SQLite."""
    for key in (JULIET, ROMEO):
        store.save(Registration(key=key, fields={"username": "x"}))
        store.save_contact(key, NURSE)
        store.save_room(key, ROOM)
        store.remember(key, "ticket", "t-1")
    store.remove(JULIET)

    def everything(connection: Connection) -> str:
        return "".join(
            str([tuple(row) for row in connection.execute(select(table))])
            for table in metadata.sorted_tables
        )

    kept = store.database.run(everything)
    assert ROMEO.user in kept
    assert JULIET.user not in kept
    if store.database.dialect == "sqlite":
        place = Path(store.database.place)
        files = b"".join(path.read_bytes() for path in place.parent.glob(f"{place.name}*"))
        assert ROMEO.user.encode() in files
        assert JULIET.user.encode() not in files


def test_what_was_seen_of_a_contact(store: Store) -> None:
    seen = Seen(
        network=RosterItem(name="Ro \N{ROSE}", groups=("a", "b")), roster=RosterItem("", ())
    )
    romeo = KnownContact(person=PersonId("Romeo"), seen=seen)
    store.save_contact(JULIET, romeo)
    assert only(store).contacts == (romeo,)


@pytest.mark.parametrize("changed", ["", "{", "7", "[]", "[[1, []], 2]", '[["a", [1]], ["a", []]]'])
def test_what_was_seen_and_cannot_be_read_is_unknown(store: Store, changed: str) -> None:
    store.save_contact(JULIET, NURSE)
    change = update(contacts).values(seen=changed)
    store.database.run(lambda connection: connection.execute(change).close())
    assert only(store).contacts == (NURSE,)


@pytest.mark.parametrize(
    "changed", ["", "7", "null", '["a", "b"]', '["a", "b", "c", "d"]', '["a", "b", Infinity, "d"]']
)
def test_a_picture_that_cannot_be_read_is_unknown(store: Store, changed: str) -> None:
    store.save_contact(JULIET, NURSE)
    change = update(contacts).values(picture=changed)
    store.database.run(lambda connection: connection.execute(change).close())
    assert only(store).contacts == (NURSE,)


def test_accounts_are_kept_apart(store: Store) -> None:
    other = JULIET._replace(account="irc.montague.lit")
    for key in (JULIET, other, ROMEO):
        store.save(Registration(key=key, fields={"password": key.account}))
        store.save_room(key, ROOM)
    assert [account.key for account in store.load(JULIET.user)] == sorted([JULIET, other])
    assert store.remove(JULIET)
    assert only(store, other).rooms == (ROOM,)
    assert only(store, ROMEO).rooms == (ROOM,)


def test_a_guest_has_rooms_and_no_registration(store: Store) -> None:
    store.save_room(ROMEO, ROOM)
    assert only(store, ROMEO) == Account(key=ROMEO, rooms=(ROOM,))
    store.remember(JULIET, "nothing", "to log in to")
    assert store.users() == [(ROMEO.user, ROMEO.transport)]


def test_each_user_is_probed_once_per_transport(store: Store) -> None:
    store.save(REGISTRATION)
    store.save_room(JULIET, ROOM)
    store.save_room(JULIET._replace(account="other"), ROOM)
    store.save_room(JULIET._replace(transport="msn.verona.lit"), ROOM)
    assert store.users() == [
        (JULIET.user, "irc.verona.lit"),
        (JULIET.user, "msn.verona.lit"),
    ]


def test_removing_leaves_no_trace(store: Store) -> None:
    store.save(REGISTRATION)
    store.save_contact(JULIET, KnownContact(person=PersonId("Romeo")))
    store.save_room(JULIET, ROOM)
    store.remember(JULIET, "ticket", "t-1")
    assert store.remove(JULIET) is True
    assert store.load(JULIET.user) == ()
    assert store.remove(JULIET) is False
    store.remember(JULIET, "ticket", "t-1")
    assert store.remove(JULIET) is True


def test_saving_again_replaces(store: Store, clock: Clock) -> None:
    began = clock()
    store.save(replace(REGISTRATION, preferences=Preferences(stay_online=True)))
    clock.advance(60)
    store.save(replace(REGISTRATION, fields={"password": "new"}))
    assert only(store).registration == Registration(key=JULIET, fields={"password": "new"})
    (row,) = store.accounts()
    assert (row.created_at, row.changed_at) == (began, clock())


def test_a_latch_holds_until_the_next_save(store: Store) -> None:
    store.save(REGISTRATION)
    store.latch(JULIET, "464: Password\0 incorrect")
    assert only(store).registration == replace(REGISTRATION, latched="464: Password incorrect")
    store.save(REGISTRATION)
    assert only(store).registration == REGISTRATION
    store.save(replace(REGISTRATION, latched="asked to"))
    assert only(store).registration == replace(REGISTRATION, latched="asked to")


def test_a_latch_is_cut_to_its_limit_and_spares_guests(store: Store) -> None:
    store.save(REGISTRATION)
    store.latch(JULIET, "é" * 5_000 + "\ud800")
    store.latch(ROMEO, "no such registration")
    (row,) = store.accounts()
    assert row.latched == "é" * limits.MAX_LATCH
    assert store.load(ROMEO.user) == ()


def test_staying_online(store: Store) -> None:
    store.save(REGISTRATION)
    store.set_preferences(JULIET, Preferences(stay_online=True))
    assert only(store).registration == replace(
        REGISTRATION, preferences=Preferences(stay_online=True)
    )
    store.set_preferences(JULIET, Preferences())
    assert only(store).registration == REGISTRATION


@pytest.mark.parametrize(
    "stored", ["", "[]", '{"new": true, "stay_online": 1}', "null", "5", '["stay_online"]']
)
def test_preferences_that_this_version_does_not_understand(store: Store, stored: str) -> None:
    store.save(replace(REGISTRATION, preferences=Preferences(stay_online=True)))
    store.database.run(lambda c: c.execute(update(accounts).values(preferences=stored)).close())
    assert only(store).registration == REGISTRATION


def test_a_room_is_replaced(store: Store) -> None:
    store.save_room(JULIET, ROOM)
    bare = replace(ROOM, nick="j", password="", resources=())
    store.save_room(JULIET, bare)
    assert only(store).rooms == (bare,)


def test_memory_expires_and_is_swept(store: Store, clock: Clock) -> None:
    def rows() -> int:
        query = select(func.count()).select_from(memory)
        return store.database.run(lambda connection: connection.execute(query).scalar_one())

    store.remember(JULIET, "short", "a", 10)
    store.remember(JULIET, "long", "b", 1e300)
    store.remember(JULIET, "ever", "c")
    clock.advance(9.9)
    assert only(store).memory == {"short": "a", "long": "b", "ever": "c"}
    clock.advance(0.1)
    assert only(store).memory == {"long": "b", "ever": "c"}
    assert rows() == 3
    clock.advance(SWEEP_EVERY.total_seconds())
    store.remember(ROMEO, "another", "d")
    assert rows() == 3
    assert only(store).memory == {"long": "b", "ever": "c"}


def test_remembering_again_replaces_value_and_time(store: Store, clock: Clock) -> None:
    store.remember(JULIET, "ticket", "old", 10)
    store.remember(JULIET, "ticket", "new")
    clock.advance(11)
    assert only(store).memory == {"ticket": "new"}


def test_the_operator_sees_no_secrets(store: Store, clock: Clock) -> None:
    store.save(REGISTRATION)
    store.save(Registration(key=ROMEO, fields={}))
    assert [row.key for row in store.accounts()] == [JULIET, ROMEO]
    (row,) = store.accounts(JULIET.user)
    assert (row.key, row.key_id, row.broken) == (JULIET, "2026", "")
    assert row.created_at == clock() == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert row.created_at.tzinfo is UTC


def test_many_accounts_are_listed_page_by_page(store: Store) -> None:
    keys = [JULIET._replace(user=f"{number:04}@verona.lit") for number in range(450)]
    for key in keys:
        store.save(Registration(key=key, fields={"password": "x"}))
    assert [row.key for row in store.accounts()] == keys
    assert store.integrity().accounts == store.integrity().sealed == 450


def test_loading_takes_four_statements(store: Store) -> None:
    """A thousand users at log-in: whatever they have, no more than that each."""
    for number in range(3):
        key = JULIET._replace(account=str(number))
        store.save(Registration(key=key, fields={"password": "x"}))
        for room in range(20):
            store.save_room(key, replace(ROOM, room=ChatId(f"#{room}")))
    seen: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert len(store.load(JULIET.user)) == 3
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 4


def test_a_thousand_users_at_once(store: Store) -> None:
    """More than there are connections: they queue, and all are served."""
    store.save(REGISTRATION)
    greenlets = [gevent.spawn(store.load, JULIET.user) for _ in range(1_000)]
    gevent.joinall(greenlets, raise_error=True)
    assert all(greenlet.value[0].registration == REGISTRATION for greenlet in greenlets)


# Limits.


def refused(reason: Reason, call: Any, *args: Any) -> str:
    with pytest.raises(CommandRefused) as caught:
        call(*args)
    assert caught.value.reason is reason
    return caught.value.text


LONG = "é" * (limits.MAX_IDENTITY // 2)


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", LONG], ids=["nul", "surrogate", "long"])
def test_addresses_no_database_takes(store: Store, bad: str) -> None:
    for key in (JULIET._replace(user=bad), JULIET._replace(account=bad)):
        refused(Reason.NOT_ACCEPTABLE, store.save, Registration(key=key, fields={}))
        refused(Reason.NOT_ACCEPTABLE, store.latch, key, "why")
        refused(Reason.NOT_ACCEPTABLE, store.remove, key)
        refused(Reason.NOT_ACCEPTABLE, store.remember, key, "name", "value")
    contact = KnownContact(person=PersonId(bad))
    refused(Reason.NOT_ACCEPTABLE, store.save_contact, JULIET, contact)
    for call in (store.remove_contact, store.remove_room):
        refused(Reason.NOT_ACCEPTABLE, call, JULIET, bad)
    refused(Reason.NOT_ACCEPTABLE, store.save_room, JULIET, replace(ROOM, room=ChatId(bad)))
    refused(Reason.NOT_ACCEPTABLE, store.save_room, JULIET, replace(ROOM, nick=bad))
    refused(Reason.NOT_ACCEPTABLE, store.save_room, JULIET, replace(ROOM, resources=(bad,)))
    refused(Reason.NOT_ACCEPTABLE, store.remember, JULIET, bad, "value")
    assert store.load(JULIET.user) == ()


def test_the_longest_address_fits_an_index(store: Store) -> None:
    """Random, so that no compression hides that it would not."""
    text = "".join(chr(0x100 + number * 7919 % 1_500) for number in range(4_000))
    used = sum(len(part) for part in JULIET)
    room = text[: (limits.MAX_IDENTITY - used) // 2]
    store.save_room(JULIET, replace(ROOM, room=ChatId(room)))
    assert only(store).rooms[0].room == room


def test_values_have_limits(store: Store) -> None:
    longest = "x" * limits.MAX_VALUE
    store.save(replace(REGISTRATION, fields={"password": longest}))
    save = store.save
    text = refused(Reason.NOT_ACCEPTABLE, save, replace(REGISTRATION, fields={"p": longest + "x"}))
    assert text == "The field p is longer than 16384 bytes."
    many = {str(number): "" for number in range(limits.MAX_FIELDS + 1)}
    refused(Reason.NOT_ACCEPTABLE, save, replace(REGISTRATION, fields=many))
    refused(Reason.NOT_ACCEPTABLE, store.save_room, JULIET, replace(ROOM, password=longest + "x"))
    too_long = "x" * (limits.MAX_MEMORY_VALUE + 1)
    refused(Reason.NOT_ACCEPTABLE, store.remember, JULIET, "name", too_long)


def test_numbers_have_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_ACCOUNTS", "MAX_CONTACTS", "MAX_ROOMS", "MAX_MEMORY"):
        monkeypatch.setattr(limits, name, 2)
    for name in ("a", "b", "a", "b"):  # Replacing what is there is no growth.
        store.save(replace(REGISTRATION, key=JULIET._replace(account=name)))
        store.save_contact(JULIET, KnownContact(person=PersonId(name)))
        store.save_room(JULIET, replace(ROOM, room=ChatId(name)))
        store.remember(JULIET, name, "value")
    third = replace(REGISTRATION, key=JULIET._replace(account="c"))
    assert refused(Reason.TOO_MUCH, store.save, third) == "There are 2 accounts already."
    refused(Reason.TOO_MUCH, store.save_contact, JULIET, KnownContact(person=PersonId("c")))
    refused(Reason.TOO_MUCH, store.save_room, JULIET, replace(ROOM, room=ChatId("c")))
    refused(Reason.TOO_MUCH, store.remember, JULIET, "c", "value")
    store.save(Registration(key=ROMEO, fields={}))
