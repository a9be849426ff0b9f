"""Rows to records: what the tables have of a user, opened and put together by session key."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Row, Table

from gateway.errors import SealBroken
from gateway.ids import ChatId, PersonId, SessionKey
from gateway.store import sealing
from gateway.store.models import accounts, memory, rooms
from gateway.store.records import (
    Account,
    AccountRow,
    Broken,
    JoinedRoom,
    KnownContact,
    KnownPicture,
    Preferences,
    Registration,
    RosterItem,
    Seen,
)
from gateway.store.seal import Keyring, key_of

T = TypeVar("T")


class Found(NamedTuple):
    """What the tables have of one user."""

    accounts: Sequence[Row[Any]]
    contacts: Sequence[Row[Any]]
    rooms: Sequence[Row[Any]]
    memory: Sequence[Row[Any]]


class Reader:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def accounts(self, found: Found) -> tuple[Account, ...]:
        registrations = {_key(row): self._registration(row) for row in found.accounts}
        people: dict[SessionKey, list[KnownContact]] = defaultdict(list)
        joined: dict[SessionKey, list[JoinedRoom]] = defaultdict(list)
        remembered: dict[SessionKey, dict[str, str]] = defaultdict(dict)
        broken: dict[SessionKey, list[Broken]] = defaultdict(list)
        for row in found.contacts:
            people[_key(row)].append(_contact(row))
        for row in found.rooms:
            room, problems = self._room(row)
            joined[_key(row)].append(room)
            broken[_key(row)] += problems
        for row in found.memory:
            match self._open(memory, row, sealing.text):
                case Broken() as problem:
                    broken[_key(row)].append(problem)
                case value:
                    remembered[_key(row)][row.name] = value
        parts = (registrations, people, joined, remembered, broken)
        keys = set[SessionKey]().union(*parts)
        return tuple(
            Account(
                key=key,
                registration=registrations.get(key),
                contacts=tuple(people[key]),
                rooms=tuple(joined[key]),
                memory=remembered[key],
                broken=tuple(broken[key]),
            )
            for key in sorted(keys)
        )

    def _registration(self, row: Row[Any]) -> Registration | Broken:
        match self._open(accounts, row, sealing.fields):
            case Broken() as problem:
                return problem
            case fields:
                return Registration(
                    key=_key(row), fields=fields, preferences=_preferences(row), latched=row.latched
                )

    def _room(self, row: Row[Any]) -> tuple[JoinedRoom, list[Broken]]:
        """A room without its password is still worth joining: its refusal tells the user."""
        problems: list[Broken] = []
        password: str | Broken = ""
        if row.sealed is not None:
            password = self._open(rooms, row, sealing.text)
        if isinstance(password, Broken):
            problems.append(password)
            password = ""
        resources: list[str] = []
        try:
            resources = [sealing.text(resource) for resource in json.loads(row.resources)]
        except (ValueError, TypeError) as error:
            problems.append(sealing.broken(rooms, row, f"resources: {error}"))
        room = JoinedRoom(
            room=ChatId(row.room), nick=row.nick, password=password, resources=tuple(resources)
        )
        return room, problems

    def account_row(self, row: Row[Any]) -> AccountRow:
        try:
            key_id = key_of(row.sealed)
        except SealBroken:
            key_id = ""
        opened = self._open(accounts, row, sealing.fields)
        return AccountRow(
            key=_key(row),
            created_at=row.created_at,
            changed_at=row.changed_at,
            preferences=_preferences(row),
            latched=row.latched,
            key_id=key_id,
            broken=opened.why if isinstance(opened, Broken) else "",
        )

    def _open(self, table: Table, row: Row[Any], expect: Callable[[Any], T]) -> T | Broken:
        return sealing.unseal(self._keyring, table, row, row.sealed, expect)


def _preferences(row: Row[Any]) -> Preferences:
    """What this version does not know, or cannot read, is as it is for somebody new."""
    try:
        stored = json.loads(row.preferences)
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        return Preferences()
    names = [field.name for field in dataclasses.fields(Preferences)]
    known = {name: stored[name] is True for name in names if name in stored}
    return Preferences(**known)


def _contact(row: Row[Any]) -> KnownContact:
    """What was changed by hand, and so cannot be read, is not known."""
    seen = picture = None
    with suppress(ValueError, TypeError):
        seen = Seen(*(_item(side) for side in json.loads(row.seen)))
    with suppress(ValueError, TypeError, OverflowError):
        name, hash, size, media_type = json.loads(row.picture)
        picture = KnownPicture(str(name), str(hash), int(size), str(media_type))
    person = PersonId(row.person)
    return KnownContact(person=person, is_hidden=row.is_hidden, seen=seen, picture=picture)


def _item(found: Any) -> RosterItem:
    name, groups = found
    return RosterItem(name=sealing.text(name), groups=tuple(map(sealing.text, groups)))


def _key(row: Row[Any]) -> SessionKey:
    return SessionKey(row.user, row.transport, row.account)
