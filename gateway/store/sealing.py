"""Which rows hold something sealed, and how their secrets go in and come out.

A secret is sealed for one row: its table and primary key are the associated data.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, Table, select, tuple_

from gateway.errors import SealBroken
from gateway.ids import SessionKey
from gateway.store.database import Database
from gateway.store.models import accounts, memory, rooms
from gateway.store.records import Broken
from gateway.store.seal import Keyring

T = TypeVar("T")

SEALED = (accounts, rooms, memory)

BATCH = 200
"""Rows read at a time when walking through a table: some 100 kB."""


def identity(table: Table, row: Sequence[str]) -> str:
    """Of the row, for the seal; ``row`` begins with the primary key.  As JSON, because no other
    row's key has the same, whatever characters are in it."""
    return json.dumps([table.name, *row[: len(primary_key(table))]])


def primary_key(table: Table) -> tuple[Column[Any], ...]:
    return tuple(table.primary_key)


def seal(keyring: Keyring, table: Table, row: Sequence[str], secret: object) -> bytes:
    return keyring.seal(json.dumps(secret).encode(), identity(table, row))


def unseal(
    keyring: Keyring, table: Table, row: Sequence[Any], sealed: bytes, expect: Callable[[Any], T]
) -> T | Broken:
    """The secret, or why there is none.  Never raises: one bad row must not hide the others."""
    try:
        return expect(json.loads(keyring.open(sealed, identity(table, row))))
    except (SealBroken, ValueError) as error:
        return broken(table, row, str(error))


def broken(table: Table, row: Sequence[Any], why: str) -> Broken:
    key = primary_key(table)
    where = " ".join(f"{column.name}={value!r}" for column, value in zip(key, row, strict=False))
    return Broken(key=SessionKey(*row[:3]), why=f"{table.name}: {where}: {why}")


def text(secret: Any) -> str:
    if not isinstance(secret, str):
        raise ValueError(f"holds {type(secret).__name__}, not text")
    return secret


def fields(secret: Any) -> dict[str, str]:
    if not isinstance(secret, dict):
        raise ValueError(f"holds {type(secret).__name__}, not fields")
    return {name: text(value) for name, value in secret.items()}


EXPECT: dict[Table, Callable[[Any], object]] = {accounts: fields, rooms: text, memory: text}


def pages(
    database: Database, table: Table, query: Select[Any], batch: int = BATCH
) -> Iterator[Sequence[Row[Any]]]:
    """Rows of ``query`` in the order of the primary key, which its columns begin with.  Each page
    is a transaction of its own; what changes meanwhile may be seen or not."""
    key = primary_key(table)
    query = query.order_by(*key).limit(batch)
    after = query
    while True:

        def read(connection: Connection, page: Select[Any] = after) -> Sequence[Row[Any]]:
            return connection.execute(page).all()

        rows = database.run(read)
        if rows:
            yield rows
        if len(rows) < batch:
            return
        after = query.where(tuple_(*key) > tuple_(*rows[-1][: len(key)]))


def sealed_rows(database: Database, table: Table, batch: int) -> Iterator[Sequence[Row[Any]]]:
    """The primary key and what is sealed, where there is anything sealed."""
    query = select(*primary_key(table), table.c.sealed).where(table.c.sealed.is_not(None))
    return pages(database, table, query, batch)
