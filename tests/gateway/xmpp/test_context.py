"""Writes that nobody waits for."""

from collections.abc import Callable, Iterator

import pytest
from gevent.event import Event as Flag

from gateway.xmpp import context
from gateway.xmpp.context import Background
from tests.gateway.tinynet import PATIENCE, break_down, log_lines

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
