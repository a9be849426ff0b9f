"""Every secret under the current key, while the gateway runs; and how many are not yet.

A row is read, opened and sealed anew outside of any transaction, then written only if it still
holds what was read.  Who saved it meanwhile used the current key anyway.  So nothing is locked,
nothing is lost, and a rotation that was cut short is started again: what is done is passed over.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, func, select, update

from gateway.errors import SealBroken
from gateway.store.database import Database
from gateway.store.models import accounts
from gateway.store.records import Broken, Counts, Progress
from gateway.store.seal import Keyring, key_of
from gateway.store.sealing import (
    BATCH,
    EXPECT,
    SEALED,
    broken,
    identity,
    primary_key,
    sealed_rows,
    unseal,
)


def rotate(database: Database, keyring: Keyring, batch: int = BATCH) -> Iterator[Progress]:
    for table in SEALED:
        for rows in sealed_rows(database, table, batch):
            yield _rotate(database, keyring, table, rows)


def _rotate(
    database: Database, keyring: Keyring, table: Table, rows: Sequence[Row[Any]]
) -> Progress:
    unreadable: list[Broken] = []
    renewed: list[tuple[Row[Any], bytes]] = []
    for row in rows:
        try:
            if key_of(row.sealed) != keyring.current:
                name = identity(table, row)
                renewed.append((row, keyring.seal(keyring.open(row.sealed, name), name)))
        except SealBroken as error:
            unreadable.append(broken(table, row, str(error)))

    def write(connection: Connection) -> int:
        return sum(_swap(connection, table, row, sealed) for row, sealed in renewed)

    return Progress(
        table=table.name,
        seen=len(rows),
        resealed=database.run(write) if renewed else 0,
        broken=tuple(unreadable),
    )


def _swap(connection: Connection, table: Table, row: Row[Any], sealed: bytes) -> int:
    key = primary_key(table)
    is_it = and_(*(column == value for column, value in zip(key, row, strict=False)))
    unchanged = table.c.sealed == row.sealed
    return connection.execute(update(table).where(is_it, unchanged).values(sealed=sealed)).rowcount


def integrity(database: Database, keyring: Keyring) -> Counts:
    """Opens everything once."""
    sealed = damaged = old = 0
    for table in SEALED:
        for rows in sealed_rows(database, table, BATCH):
            sealed += len(rows)
            for row in rows:
                if isinstance(unseal(keyring, table, row, row.sealed, EXPECT[table]), Broken):
                    damaged += 1
                elif key_of(row.sealed) != keyring.current:
                    old += 1

    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(accounts)).scalar_one()

    return Counts(accounts=database.run(count), sealed=sealed, broken=damaged, old_keys=old)
