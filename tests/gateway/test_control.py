"""Operator and gateway, over a real socket."""

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from gateway import control
from gateway.control import Control, NotRunning, Refused, Row, ask, is_running
from gateway.errors import ConfigError


def count(to: str) -> Iterable[Row]:
    for number in range(int(to)):
        yield {"number": number}


def refuse() -> Iterable[Row]:
    yield {"number": 1}
    raise Refused("the database is away")


def crash() -> Iterable[Row]:
    yield {"number": 1 // 0}


def hang() -> Iterable[Row]:
    gevent.sleep(3600)
    yield {}


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "var" / "control.sock"
    server = Control(path, {"count": count, "refuse": refuse, "crash": crash, "hang": hang})
    server.start()
    with gevent.Timeout(10):
        yield path
    server.stop()
    assert not path.exists()


def test_rows(path: Path) -> None:
    assert list(ask(path, "count", to="3")) == [{"number": 0}, {"number": 1}, {"number": 2}]
    assert list(ask(path, "count", to="0")) == []


def test_several_at_a_time(path: Path) -> None:
    slow = gevent.spawn(list, ask(path, "hang"))
    first = ask(path, "count", to="2")
    next(first)
    assert len(list(ask(path, "count", to="5"))) == 5
    assert list(first) == [{"number": 1}]
    slow.kill()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("refuse", "the database is away"),
        ("crash", "the gateway made a mistake; its log says more"),
        ("fly", "'fly' is no command of this version of the gateway"),
        ("count", "the gateway made a mistake"),
    ],
)
def test_refused(path: Path, command: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        list(ask(path, command))


@pytest.mark.parametrize("request_", [b"\n", b"5\n", b"{}\n", b'{"command": "count"}\n', b"\xff\n"])
def test_no_request(path: Path, request_: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(request_)
        assert sock.makefile("rb").read() == b'{"refused": "that is no request"}\n'


def test_a_client_that_says_nothing_is_hung_up_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "REQUEST_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        assert sock.recv(1) == b""


def test_only_the_owner_may_ask(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_nobody_answers(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    assert not is_running(path)
    with pytest.raises(NotRunning, match="no gateway answers there"):
        list(ask(path, "sessions"))


def test_the_gateway_ends_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    asked = Event()

    def hang() -> Iterable[Row]:
        asked.set()
        gevent.sleep(3600)
        yield {}

    server = Control(path, {"hang": hang})
    server.start()
    waiting = gevent.spawn(list, ask(path, "hang"))
    assert asked.wait(5)
    server.stop()
    with pytest.raises(NotRunning, match="ended before it had answered"):
        waiting.get(timeout=5)


def test_another_gateway_is_running(path: Path) -> None:
    with pytest.raises(ConfigError, match="another gateway answers there"):
        Control(path, {}).start()
    assert is_running(path)


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
    assert path.exists()
    server = Control(path, {"count": count})
    server.start()
    assert len(list(ask(path, "count", to="1"))) == 1
    server.stop()
