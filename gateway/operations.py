"""What the operator does to accounts, sessions and keys, by ``gateway.py``.

Each asks the running gateway, if there is one, so that sessions end and SQLite has one writer only;
otherwise it goes to the store itself.  Each prints and returns whether all is well.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from slixmpp.jid import JID, InvalidJID

from gateway import control, privatefile
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.ids import SessionKey
from gateway.store import Account, AccountRow, Keyring, Registration, Store, new_key
from gateway.store.seal import KEY_FILE_HEAD

WATCH_SECONDS = 2.0
"""Between two looks of ``sessions --watch``."""

CLEAR = "\x1b[H\x1b[2J"
"""To the upper left, and erase (ECMA-48, CUP and ED)."""

SESSION_COLUMNS = ("user", "transport", "account", "state", "since", "why", "next_try")

ACCOUNT_COLUMNS = ("user", "transport", "account", "registered", "changed", "key", "state")


# Accounts.


def list_accounts(config: Config) -> bool:
    with _store(config, exclusive=False) as store:
        rows = [_account_row(row) for row in store.accounts()]
    print(table(ACCOUNT_COLUMNS, rows) if rows else "nobody has registered")
    return True


def _account_row(row: AccountRow) -> Sequence[str]:
    state = "stays online" if row.preferences.stay_online else ""
    if row.latched:
        state = f"latched: {row.latched}"
    if row.broken:
        state = f"broken: {row.broken}"
    registered, changed = f"{row.created_at:%Y-%m-%d}", f"{row.changed_at:%Y-%m-%d}"
    return (*row.key, registered, changed, row.key_id, state)


def show_account(config: Config, user: str) -> bool:
    user = bare_jid(user)
    with _store(config, exclusive=False) as store:
        accounts = store.load(user)
    for account in accounts:
        print("\n".join(_description(account)))
    if not accounts:
        print(f"{user} has no account and is in no room", file=sys.stderr)
    return bool(accounts)


def _description(account: Account) -> Iterator[str]:
    yield f"{account.key.transport} {account.key.account}".rstrip()
    match account.registration:
        case None:
            yield "  a guest, not registered"
        case Registration(latched="", preferences=preferences):
            yield "  registered" + (", stays online" if preferences.stay_online else "")
        case Registration(latched=why):
            yield f"  registered, latched: {why}"
        case broken:
            yield f"  broken: {broken.why}"
    if account.contacts:
        yield f"  contacts: {', '.join(contact.person for contact in account.contacts)}"
    for room in account.rooms:
        yield f"  in {room.room} as {room.nick}"
    for problem in account.broken:
        yield f"  broken: {problem.why}"


def remove_account(config: Config, user: str, transport: str, account: str) -> bool:
    key = SessionKey(bare_jid(user), transport, account)
    if control.is_running(config.control.socket):
        rows = list(control.ask(config.control.socket, "remove", **key._asdict()))
        removed = any(row["removed"] for row in rows)
    else:
        with _store(config) as store:
            removed = store.remove(key)
    name = " ".join(key).rstrip()
    if removed:
        print(f"removed {name}")
        return True
    print(f"{name}: no such account; `gateway.py accounts list` shows them", file=sys.stderr)
    return False


def bare_jid(text: str) -> str:
    try:
        jid = JID(text)
    except InvalidJID:
        jid = JID()
    if not jid.local or jid.resource:
        raise ConfigError(f"{text!r} is not the JID of a user, like juliet@example.org")
    return jid.bare


# Sessions.


def show_sessions(config: Config, watch: bool) -> bool:
    while True:
        rows = [_session_row(row) for row in control.ask(config.control.socket, "sessions")]
        shown = table(SESSION_COLUMNS, rows) if rows else "no sessions"
        print(CLEAR + shown if watch else shown, flush=True)
        if not watch:
            return True
        time.sleep(WATCH_SECONDS)


def _session_row(row: Mapping[str, Any]) -> Sequence[str]:
    values = {name: str(value) for name, value in row.items() if value is not None}
    if detail := values.get("detail"):
        values["why"] = f"{values.get('why', '')}: {detail}".removeprefix(": ")
    return [values.get(name, "") for name in SESSION_COLUMNS]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they must be; what a terminal would act on is taken out."""
    lines = [[_shown(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _shown(cell: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in cell)


# Keys.


def rotate_key(config: Config, new: bool) -> bool:
    if new:
        _add_key(config)
    sealed = broken = 0
    for progress in _rotation(config):
        sealed += progress["resealed"]
        broken += len(progress["broken"])
        print(f"{progress['table']}: {progress['seen']} seen, {progress['resealed']} sealed anew")
        for why in progress["broken"]:
            print(f"broken, left as it is: {why}", file=sys.stderr)
    print(f"{sealed} secrets sealed under the current key")
    if not broken:
        print("older keys are needed only for older copies of the store")
    return not broken


def _add_key(config: Config) -> None:
    file = config.keys.file
    if file is None:
        raise ConfigError(
            f"keys.env: {config.keys.env} is not ours to change; put a line id:base64(32 bytes) "
            "before the others yourself, restart, then run rotate-key without --new"
        )
    line = new_key()
    try:
        if file.exists():
            privatefile.replace(file, f"{line}\n{file.read_text(encoding='utf-8')}")
        else:
            privatefile.create(file, f"{KEY_FILE_HEAD}{line}\n")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from None
    print(f"{file}: the current key is now {line.partition(':')[0]}; renew your copy of the file")


def _rotation(config: Config) -> Iterator[Mapping[str, Any]]:
    if control.is_running(config.control.socket):
        yield from control.ask(config.control.socket, "rotate")
        return
    with _store(config) as store:
        yield from rotation(store)


def rotation(store: Store) -> Iterator[Mapping[str, Any]]:
    """The rows that the control command ``rotate`` answers with."""
    for progress in store.rotate():
        yield {
            "table": progress.table,
            "seen": progress.seen,
            "resealed": progress.resealed,
            "broken": [broken.why for broken in progress.broken],
        }


@contextmanager
def _store(config: Config, exclusive: bool = True) -> Iterator[Store]:
    store = Store.open(config.store, Keyring.load(config.keys), exclusive=exclusive)
    try:
        yield store
    finally:
        store.close()
