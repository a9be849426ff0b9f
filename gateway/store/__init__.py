"""What the gateway keeps: SQLAlchemy tables and queries, and nothing but.

    store (queries) ──┬── limits               what is refused
                      ├── sealing ── seal      secrets, AES-256-GCM
                      ├── reader               rows to records
                      ├── rotation             all secrets under another key
                      └── database ─┬─ sqlite      one native thread
                                    └─ postgres    psycogreen
    schema   migrations: run, told, checked
    models   the tables;  records   what callers see of them

No call blocks the hub.  No secret is in a repr, a log line, an error, or readable in the database.
"""

from gateway.store.errors import StoreUnavailable
from gateway.store.records import (
    Account,
    AccountRow,
    Broken,
    Counts,
    JoinedRoom,
    KnownContact,
    KnownPicture,
    Preferences,
    Progress,
    Registration,
    RosterItem,
    Seen,
)
from gateway.store.schema import migrate, schema_version
from gateway.store.seal import Keyring, create_key_file, new_key
from gateway.store.store import Store

__all__ = [
    "Account",
    "AccountRow",
    "Broken",
    "Counts",
    "JoinedRoom",
    "Keyring",
    "KnownContact",
    "KnownPicture",
    "Preferences",
    "Progress",
    "Registration",
    "RosterItem",
    "Seen",
    "Store",
    "StoreUnavailable",
    "create_key_file",
    "migrate",
    "new_key",
    "schema_version",
]
