"""The pacer against a clock of our own."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import pacer as pacer_module
from gateway.pacer import Pacer


class Clock:
    """Stands in for ``time`` and for the part of gevent that waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.now

    def spawn(self, function: Callable[..., None], *args: Any) -> None:
        function(*args)

    def spawn_later(self, seconds: float, function: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, function))

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer[0] <= end]:
            timer = min(due, key=lambda timer: timer[0])
            self.timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1]()
        self.now = end


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacer_module, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(pacer_module, "gevent", clock)
    return clock


class Waiting:
    """As much of a keeper as the pacer sees."""

    def __init__(self, name: int, started: list[tuple[float, int]], clock: Clock) -> None:
        self.name = name
        self._started = started
        self._clock = clock

    def connect(self) -> None:
        self._started.append((self._clock.now, self.name))


class Crowd:
    def __init__(self, clock: Clock, rate: float, at_once: int, count: int) -> None:
        self.started: list[tuple[float, int]] = []
        self.pacer = Pacer(rate, at_once)
        self.keepers: list[Any] = [Waiting(name, self.started, clock) for name in range(count)]

    @property
    def names(self) -> list[int]:
        return [name for _, name in self.started]


def test_places_at_once(clock: Clock) -> None:
    crowd = Crowd(clock, rate=100, at_once=3, count=6)
    for keeper in crowd.keepers:
        crowd.pacer.join(keeper)
    clock.advance(1000)
    assert crowd.names == [0, 1, 2]
    crowd.pacer.leave(crowd.keepers[1])
    clock.advance(1)
    assert crowd.names == [0, 1, 2, 3]
    crowd.pacer.leave(crowd.keepers[4])  # From the queue: nobody gets a place for it.
    crowd.pacer.leave(crowd.keepers[4])
    clock.advance(1000)
    assert crowd.names == [0, 1, 2, 3]
    crowd.pacer.leave(crowd.keepers[0])
    clock.advance(1)
    assert crowd.names == [0, 1, 2, 3, 5]


def test_so_many_per_second(clock: Clock) -> None:
    crowd = Crowd(clock, rate=2, at_once=100, count=20)
    for keeper in crowd.keepers:
        crowd.pacer.join(keeper)
    clock.advance(5.1)
    assert 10 <= len(crowd.started) <= 13
    clock.advance(10)
    assert crowd.names == list(range(20))


@given(
    rate=st.sampled_from([0.1, 0.5, 1.0, 3.0, 50.0]),
    at_once=st.integers(1, 5),
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, 19)),
            st.tuples(st.just("advance"), st.floats(0, 30)),
        ),
        max_size=80,
    ),
)
def test_limits_hold(rate: float, at_once: int, steps: list[tuple[str, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(pacer_module, "time", SimpleNamespace(monotonic=clock.monotonic))
        patch.setattr(pacer_module, "gevent", clock)
        crowd = Crowd(clock, rate, at_once, count=20)
        queue: list[int] = []
        running: set[int] = set()
        known = 0

        def follow() -> None:
            """What started, started in the order of the queue, and had a place."""
            nonlocal known
            for name in crowd.names[known:]:
                assert name == queue.pop(0)
                running.add(name)
                assert len(running) <= at_once
            known = len(crowd.started)

        for step, value in steps:
            name = int(value)
            if step == "advance":
                clock.advance(value)
            elif step == "leave":
                if name in queue:
                    queue.remove(name)
                running.discard(name)
                crowd.pacer.leave(crowd.keepers[name])
            elif name not in running and name not in queue:
                queue.append(name)
                crowd.pacer.join(crowd.keepers[name])
            follow()
        while queue:  # Everybody comes in the end, if places are freed.
            before = len(queue)
            for name in tuple(running):
                running.discard(name)
                crowd.pacer.leave(crowd.keepers[name])
                follow()
            clock.advance(1.0 / rate + 0.001)
            follow()
            assert len(queue) < before
        times = [when for when, _ in crowd.started]
        for first in range(len(times)):
            for last in range(first, len(times)):
                most = rate * (times[last] - times[first] + 1.0) + 1.0
                assert last - first + 1 <= most + 0.001


def test_a_burst_and_then_one_by_one(clock: Clock) -> None:
    """As servers count that let in ten and then one a minute."""
    started: list[tuple[float, int]] = []
    pacer = Pacer(1 / 60, 100, burst=10)
    for name in range(13):
        pacer.join(Waiting(name, started, clock))
    clock.advance(0)
    assert [name for _, name in started] == list(range(10))
    clock.advance(180)
    assert [when for when, _ in started[10:]] == pytest.approx([160, 220, 280])
    clock.advance(600)
    for name in range(13, 30):
        pacer.join(Waiting(name, started, clock))
    assert [name for _, name in started[13:]] == list(range(13, 23))


def test_a_refusal_slows_everybody_down(clock: Clock) -> None:
    crowd = Crowd(clock, rate=10, at_once=3, count=8)
    for keeper in crowd.keepers:
        crowd.pacer.join(keeper)
    clock.advance(1)
    assert crowd.names == [0, 1, 2]
    crowd.pacer.slow_down(60)
    for keeper in crowd.keepers[:3]:
        crowd.pacer.leave(keeper)
    clock.advance(59)
    assert crowd.names == [0, 1, 2]
    clock.advance(125)
    assert [when for when, _ in crowd.started[3:]] == pytest.approx([161, 221, 281])
    crowd.pacer.slow_down(5)  # It was slower than that already.
    for keeper in crowd.keepers[3:6]:
        crowd.pacer.leave(keeper)
    clock.advance(1000)
    assert [when for when, _ in crowd.started[6:]] == pytest.approx([341, 401])


def test_after_a_refusal_a_burst_has_to_be_saved_for(clock: Clock) -> None:
    started: list[tuple[float, int]] = []
    pacer = Pacer(10, 100, burst=3)
    pacer.slow_down(60)
    for name in range(2):
        pacer.join(Waiting(name, started, clock))
    clock.advance(60 + 60 + 3 * 60)
    for name in range(2, 9):
        pacer.join(Waiting(name, started, clock))
    assert [name for _, name in started] == [0, 1, 2, 3, 4]
