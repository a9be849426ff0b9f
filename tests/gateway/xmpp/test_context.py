"""Writes that nobody waits for, and who shares the pace of log-ins."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from gevent.event import Event as Flag

from gateway.config import LimitSettings, Transport
from gateway.network import Network, Pace
from gateway.pacer import Pacer
from gateway.xmpp import context
from gateway.xmpp.context import Background
from tests.gateway.tinynet import NETWORK, PATIENCE, break_down, log_lines
from tests.gateway.xmpp.staging import transport

__all__ = ["log_lines"]


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close(PATIENCE)


def test_they_are_done_in_order(background: Background) -> None:
    done: list[int] = []
    for number in range(20):
        background.do(lambda number=number: done.append(number), "")  # type: ignore[misc]
    assert done == [], "it never blocks"
    background.catch_up()
    assert done == list(range(20))


def test_one_that_fails_is_logged(
    background: Background, log_lines: Callable[[], list[str]]
) -> None:
    done = Flag()
    background.do(break_down, "juliet@example.org")
    background.do(done.set, "")
    assert done.wait(PATIENCE)
    (line,) = [line for line in log_lines() if "event=store.write_failed" in line]
    assert "user=juliet@example.org" in line


def test_too_many_are_dropped(
    monkeypatch: pytest.MonkeyPatch, log_lines: Callable[[], list[str]]
) -> None:
    monkeypatch.setattr(context, "BACKLOG", 2)
    background = Background()
    done: list[int] = []
    for number in range(4):
        background.do(lambda number=number: done.append(number), "romeo")  # type: ignore[misc]
    background.close(PATIENCE)
    assert done == [0, 1]
    assert len([line for line in log_lines() if "event=store.backlog_full" in line]) == 2


def test_nobody_waits_for_ever(background: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CATCH_UP", 0.001)
    go, done = Flag(), Flag()
    background.do(lambda: go.wait(PATIENCE), "")
    background.do(done.set, "")
    background.catch_up()
    assert not done.is_set()
    go.set()
    assert done.wait(PATIENCE)


def test_closing_finishes_what_waits() -> None:
    background = Background()
    done: list[int] = []
    background.do(lambda: done.append(1), "")
    background.close(PATIENCE)
    assert done == [1]


def make(network: Network, **given: Any) -> Transport:
    return replace(transport(network), **given)


def pacers(**transports: Transport) -> dict[str, Pacer]:
    limits = LimitSettings(logins_per_second=2.0, logins_at_once=7)
    return context.pacers(transports, limits)


def paced(network: Network, pace: Pace | None, host: str | None = None) -> Network:
    return replace(network, pace=pace, probe=lambda _: (host, 5190) if host else None)


def settings_of(pacer: Pacer) -> tuple[float, int | None]:
    return pacer.per_second, pacer.burst


@pytest.mark.parametrize(
    ("pace", "given", "expected"),
    [
        (None, {}, (2.0, None)),
        (None, {"login_burst": 4}, (2.0, 4)),
        (Pace(seconds=50.0, burst=10), {}, (0.02, 10)),
        (Pace(seconds=50.0, burst=10), {"logins_per_second": 5.0}, (5.0, 10)),
        (Pace(seconds=50.0, burst=10), {"login_burst": 2}, (0.02, 2)),
    ],
)
def test_the_operator_knows_best_then_the_network(
    pace: Pace | None, given: dict[str, Any], expected: tuple[float, int | None]
) -> None:
    made = pacers(a=make(paced(NETWORK, pace), **given))
    assert settings_of(made["a"]) == expected


def test_one_pace_for_each_server() -> None:
    ten = Pace(seconds=50.0, burst=10)
    made = pacers(
        aim=make(paced(NETWORK, ten, "oscar.example.net")),
        icq=make(paced(NETWORK, None, "oscar.example.net"), login_burst=3),
        other=make(paced(NETWORK, ten, "oscar.example.org")),
        open=make(paced(NETWORK, None)),
        wide=make(paced(NETWORK, None)),
    )
    assert made["aim"] is made["icq"]
    assert settings_of(made["aim"]) == (0.02, 3)
    assert len({id(pacer) for pacer in made.values()}) == 4
    both = pacers(
        aim=make(paced(NETWORK, ten, "oscar.example.net")),
        icq=make(paced(NETWORK, None, "oscar.example.net")),
    )
    assert settings_of(both["aim"]) == (0.02, None)
