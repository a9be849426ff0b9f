"""The command line, as an operator uses it: what is printed where, and the exit code."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import gevent
import pytest

from gateway import main as command_line
from gateway import operations
from gateway.config import load
from gateway.control import Control, Row
from gateway.ids import ChatId, PersonId, SessionKey
from gateway.main import FAILED, INTERRUPTED, OK, USAGE
from gateway.operations import table
from gateway.prepare import prepare
from gateway.store import (
    JoinedRoom,
    Keyring,
    KnownContact,
    Preferences,
    Registration,
    Store,
    new_key,
)
from tests.gateway.verona import verona, write

__all__ = ["verona"]

pytestmark = pytest.mark.usefixtures("verona")

ROOT = Path(__file__).parents[2]

JULIET = SessionKey("juliet@example.org", "verona.example.org", "")
ROMEO = SessionKey("romeo@example.org", "verona.example.org", "mantua")


class Cli:
    """Runs commands in a folder that has a gateway.yaml and a store with two accounts."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = write(folder)
        self.config = load(self.path)
        self._capsys = capsys
        prepare(self.config)
        store = Store.open(self.config.store, Keyring.load(self.config.keys))
        store.save(
            Registration(
                key=JULIET,
                fields={"password": "capulet"},
                preferences=Preferences(stay_online=True),
            )
        )
        store.save(Registration(key=ROMEO, fields={"password": "montague"}))
        store.latch(ROMEO, "wrong password")
        store.save_contact(JULIET, KnownContact(person=PersonId("nurse")))
        store.save_room(JULIET, JoinedRoom(room=ChatId("#balcony"), nick="jule", password="rose"))
        store.close()

    def __call__(self, *words: str) -> tuple[int, list[str], str]:
        """The exit code, the lines of standard output, and standard error."""
        code = command_line.main([*words, "--config", str(self.path)])
        printed = self._capsys.readouterr()
        assert not any(
            word in printed.out + printed.err for word in ("capulet", "montague", "rose")
        )
        return code, printed.out.splitlines(), printed.err

    def running(self, **commands: Callable[..., Iterable[Row]]) -> Control:
        gateway = Control(self.config.control.socket, commands)
        gateway.start()
        return gateway


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    with gevent.Timeout(30):
        yield Cli(tmp_path, capsys)


# Accounts.


def test_accounts_list(cli: Cli) -> None:
    code, (head, juliet, romeo), _ = cli("accounts", "list")
    assert code == OK
    assert head.split() == list(operations.ACCOUNT_COLUMNS)
    assert juliet.startswith("juliet@example.org  verona.example.org ")
    assert juliet.endswith("stays online")
    assert romeo.endswith("latched: wrong password")


def test_accounts_show(cli: Cli) -> None:
    assert cli("accounts", "show", "Juliet@example.org") == (
        OK,
        [
            "verona.example.org",
            "  registered, stays online",
            "  contacts: nurse",
            "  in #balcony as jule",
        ],
        "",
    )
    assert cli("accounts", "show", "romeo@example.org") == (
        OK,
        ["verona.example.org mantua", "  registered, latched: wrong password"],
        "",
    )


def test_accounts_show_nobody(cli: Cli) -> None:
    code, out, err = cli("accounts", "show", "nurse@example.org")
    assert (code, out) == (FAILED, [])
    assert err == "nurse@example.org has no account and is in no room\n"


@pytest.mark.parametrize("jid", ["juliet", "juliet@example.org/balcony", "a b@c", ""])
def test_no_jid(cli: Cli, jid: str) -> None:
    code, _, err = cli("accounts", "show", jid)
    assert code == USAGE
    assert err == f"gateway.py: {jid!r} is not the JID of a user, like juliet@example.org\n"


def test_accounts_remove(cli: Cli) -> None:
    assert cli("accounts", "remove", *ROMEO) == (OK, [f"removed {' '.join(ROMEO)}"], "")
    assert len(cli("accounts", "list")[1]) == 2
    code, _, err = cli("accounts", "remove", *ROMEO)
    assert code == FAILED
    assert "no such account" in err


def test_accounts_remove_asks_the_running_gateway(cli: Cli) -> None:
    asked = []

    def remove(**key: str) -> Iterable[Row]:
        asked.append(SessionKey(**key))
        yield {"removed": True}

    gateway = cli.running(remove=remove)
    assert cli("accounts", "remove", *ROMEO)[0] == OK
    gateway.stop()
    assert asked == [ROMEO]
    assert len(cli("accounts", "list")[1]) == 3, "the store is the gateway's while it runs"


# Sessions.


def sessions() -> Iterable[Row]:
    yield {
        **JULIET._asdict(),
        "state": "waiting",
        "since": "2026-01-01T00:00:00+00:00",
        "why": "network: \x1b[2Jgone",
        "next_try": None,
    }


def test_sessions(cli: Cli) -> None:
    gateway = cli.running(sessions=sessions)
    code, (head, juliet), _ = cli("sessions")
    gateway.stop()
    assert code == OK
    assert head.split() == list(operations.SESSION_COLUMNS)
    assert juliet.endswith("waiting  2026-01-01T00:00:00+00:00  network: �[2Jgone")


def test_no_sessions(cli: Cli) -> None:
    gateway = cli.running(sessions=lambda: [])
    assert cli("sessions") == (OK, ["no sessions"], "")
    gateway.stop()


def test_sessions_of_no_gateway(cli: Cli) -> None:
    code, _, err = cli("sessions")
    assert code == FAILED
    assert "no gateway answers there" in err


def test_sessions_watched(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until Ctrl-C, or until the gateway ends."""
    monkeypatch.setattr(operations, "WATCH_SECONDS", 0)
    looks = iter([[], [], KeyboardInterrupt])

    def interrupted() -> Iterable[Row]:
        look = next(looks)
        if look is KeyboardInterrupt:
            gevent.spawn(gateway.stop)
            gevent.sleep(60)
        return []

    gateway = cli.running(sessions=interrupted)
    code, out, err = cli("sessions", "--watch")
    assert code == FAILED
    assert out == [operations.CLEAR + "no sessions"] * 2
    assert "the gateway ended" in err


def test_table() -> None:
    assert table(("a", "bc"), [("12345", ""), ("", "x")]) == "a      bc\n12345\n       x"


# Keys.


def test_rotate_key(cli: Cli) -> None:
    assert cli.config.keys.file
    before = cli.config.keys.file.read_text()
    code, out, _ = cli("rotate-key", "--new")
    after = cli.config.keys.file.read_text()
    assert code == OK
    assert after.endswith(before)
    current = after.partition(":")[0]
    assert f"the current key is now {current}" in out[0]
    assert "accounts: 2 seen, 2 sealed anew" in out
    assert "3 secrets sealed under the current key" in out
    assert all(f" {current} " in line for line in cli("accounts", "list")[1][1:])
    assert cli.config.keys.file.stat().st_mode & 0o777 == 0o600
    assert "0 secrets sealed under the current key" in cli("rotate-key")[1]


def test_rotate_key_with_a_broken_row(cli: Cli) -> None:
    assert cli.config.keys.file
    cli.config.keys.file.write_text(new_key())
    code, _, err = cli("rotate-key")
    assert code == FAILED
    assert err.count("broken, left as it is") == 3


def test_rotate_key_asks_the_running_gateway(cli: Cli) -> None:
    row = {"table": "accounts", "seen": 2, "resealed": 2, "broken": []}
    gateway = cli.running(rotate=lambda: [row])
    assert cli("rotate-key")[1][:2] == [
        "accounts: 2 seen, 2 sealed anew",
        "2 secrets sealed under the current key",
    ]
    gateway.stop()


def test_rotate_key_of_the_environment(cli: Cli) -> None:
    cli.path.write_text(cli.path.read_text() + "keys: {env: KEYS}")
    code, _, err = cli("rotate-key", "--new")
    assert code == USAGE
    assert "KEYS is not ours to change" in err


# First start.


def test_migrate(cli: Cli) -> None:
    code, (line,), _ = cli("migrate")
    assert code == OK
    assert line.startswith("the tables are at version ")


def test_key_file_gone_with_secrets_in_the_store(cli: Cli) -> None:
    """A fresh key would hide that."""
    assert cli.config.keys.file
    cli.config.keys.file.unlink()
    code, _, err = cli("run")
    assert code == USAGE
    assert "the store has 3 secrets sealed with its keys; restore it" in err
    assert not cli.config.keys.file.exists()


# What holds for every command.


def test_wrong_configuration(cli: Cli) -> None:
    cli.path.write_text("xmpp: {}")
    code, _, err = cli("check")
    assert code == USAGE
    assert "xmpp.domain: is missing" in err


@pytest.mark.parametrize("option", ["", "--prosody"])
def test_server_config_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    words = ["ejabberd", "--config", str(write(tmp_path)), *option.split()]
    assert command_line.main(words) == OK
    assert "verona.example.org" in capsys.readouterr().out


def test_a_bug(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "list_accounts", lambda config: 1 // 0)
    code, _, err = cli("accounts", "list")
    assert code == FAILED
    assert err.endswith(
        "ZeroDivisionError: integer division or modulo by zero\n"
        "this is a bug in Greengate; please report it\n"
    )


def test_interrupted(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(config: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "list_accounts", interrupt)
    assert cli("accounts", "list")[0] == INTERRUPTED


@pytest.mark.parametrize(
    "words",
    [
        *([name] for name in ("run", "try", "check", "migrate", "ejabberd", "accounts")),
        *([name] for name in ("sessions", "rotate-key")),
        *(["accounts", name] for name in ("list", "show", "remove")),
    ],
    ids=" ".join,
)
def test_help_tells_the_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main([*words, "--help"])
    assert caught.value.code == OK
    assert "exit codes:" in capsys.readouterr().out


# gateway.py itself.


def test_the_script() -> None:
    """From another folder, with the standard library patched."""
    script = [sys.executable, str(ROOT / "gateway.py")]
    done = subprocess.run(
        [*script, "nonsense"], capture_output=True, text=True, cwd="/", timeout=60
    )
    assert done.returncode == USAGE
    assert "invalid choice: 'nonsense'" in done.stderr


def test_the_script_piped_into_head(tmp_path: Path) -> None:
    path = write(tmp_path, (ROOT / "gateway.yaml").read_text())
    reads, writes = os.pipe()
    os.close(reads)
    script = [sys.executable, str(ROOT / "gateway.py"), "ejabberd", "--config", str(path)]
    done = subprocess.run(script, stdout=writes, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writes)
    assert done.stderr == ""
    assert done.returncode == FAILED
