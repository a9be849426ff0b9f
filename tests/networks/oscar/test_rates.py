"""Rate classes against the formula at the server's end."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.oscar.blocks import (
    RATE_CHANGED,
    RATE_CLEARED,
    RATE_LIMITED,
    RATE_WARNING,
    RateClass,
    RateParams,
    parse_rate_change,
    parse_rates,
)
from networks.oscar.rates import JITTER_MS, MAX_DELAY_MS, TICK_MS, Entry, Rates
from networks.oscar.wire import Snac
from tests.networks.oscar import frames

IM = RateClass(3, 20, 5100, 5000, 4000, 3000, 6000, 6000)
"""As open-oscar-server has it for 04/06."""
EDITS = RateClass(1, 80, 2500, 2000, 1500, 800, 5850, 6000)
PARAMS = RateParams((EDITS, IM), {(4, 6): 3, (2, 5): 3, (0x13, 8): 1, (4, 0x14): 1})


def im(tag: str = "", key: str = "", link: str = "main") -> Entry[str]:
    return Entry(Snac(4, 6), link, tag, key)


def rates(*classes: RateClass) -> Rates[str]:
    made: Rates[str] = Rates()
    if classes:
        members = {key: id for key, id in PARAMS.members.items() if id in {c.id for c in classes}}
        made.learn(RateParams(classes, members))
    return made


@dataclass
class Server:
    """One class at the other end; times in milliseconds."""

    params: RateClass
    level: int
    last: int = 0
    lowest: int = 1 << 30

    def receive(self, now: int) -> None:
        window = self.params.window
        level = (self.level * (window - 1) + now - self.last) // window
        self.level, self.last = min(self.params.maximum, level), now
        self.lowest = min(self.lowest, self.level)


@dataclass
class World:
    """Both ends, timers that come late, and a network that holds things up."""

    rates: Rates[str]
    server: Server
    lateness: list[int]
    delays: list[int]
    now: int = 0
    arrived: int = 0
    sent: list[tuple[int, str]] = field(default_factory=list)
    timers: dict[str, int] = field(default_factory=dict)

    def put(self, tag: str) -> None:
        self.rates.put(im(tag))
        self.flush()

    def flush(self) -> None:
        for entry in self.rates.ready():
            self.sent.append((self.now, entry.tag or ""))
            delay = self.delays[len(self.sent) % len(self.delays)]
            self.arrived = max(self.arrived, self.now + delay)
            self.server.receive(self.arrived)
        for name, seconds in self.rates.timers():
            late = self.lateness[self.now % len(self.lateness)]
            self.timers[name] = self.now + round(seconds * 1000) + late

    def run_until(self, then: int) -> None:
        while due := [(at, name) for name, at in self.timers.items() if at <= then]:
            at, name = min(due)
            self.now = at
            del self.timers[name]
            self.rates.elapsed(name)
            self.flush()
        self.now = then


def world(params: RateClass = IM, lateness: int = 0, delays: tuple[int, ...] = (0,)) -> World:
    made = World(rates(params), Server(params, params.current), [lateness], list(delays))
    made.flush()
    return made


CLASSES = st.builds(
    lambda window, alert, span, share: RateClass(
        *(3, window, alert + span // 4, alert, alert * 3 // 4, alert // 2),
        *(alert + span * share // 100, alert + span),
    ),
    *(st.integers(1, 100), st.integers(500, 8000), st.integers(300, 4000), st.integers(50, 100)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.just(IM), CLASSES),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 6)), max_size=12),
    st.lists(st.integers(0, 800), min_size=1, max_size=5),
    st.lists(st.integers(0, JITTER_MS), min_size=1, max_size=7),
)
def test_the_server_never_sees_us_below_alert(
    params: RateClass, puts: list[tuple[int, int]], lateness: list[int], delays: list[int]
) -> None:
    here = World(rates(params), Server(params, params.current), lateness, delays)
    here.flush()
    for pause, count in puts:
        here.run_until(here.now + pause)
        for number in range(count):
            here.put(str(number))
    here.run_until(here.now + 4_000_000)
    assert len(here.sent) == sum(count for _, count in puts)
    assert not here.timers, "a timer runs although nothing is left to measure"
    floor = min(params.alert, params.maximum - JITTER_MS // params.window - 1)
    assert here.server.lowest >= floor


def test_a_burst_then_one_by_one() -> None:
    here = world()
    for number in range(12):
        here.put(str(number))
    assert 2 <= len(here.sent) <= 7
    burst = len(here.sent)
    here.run_until(300_000)
    assert [tag for _, tag in here.sent] == list(map(str, range(12)))
    gaps = [b[0] - a[0] for a, b in zip(here.sent[burst:], here.sent[burst + 1 :], strict=False)]
    assert all(4900 <= gap <= 5300 for gap in gaps)
    assert here.server.lowest >= IM.alert


def test_silence_is_credited() -> None:
    here = world()
    for number in range(20):
        here.run_until(number * 7000)
        here.put(str(number))
        assert len(here.sent) == number + 1, "nobody who writes every seven seconds has to wait"


def test_the_timer_stops_when_nothing_is_left_to_measure() -> None:
    here = world()
    here.put("a")
    assert list(here.timers.values()) == [TICK_MS]
    here.run_until(60_000)
    assert not here.timers


def test_timers_come_late_and_nothing_is_lost() -> None:
    here = world(lateness=30_000)
    for number in range(8):
        here.put(str(number))
    here.run_until(10_000_000)
    assert len(here.sent) == 8


def test_before_the_log_in_everything_goes() -> None:
    free = rates()
    for number in range(300):
        free.put(im(str(number)))
    assert [entry.tag for entry in free.ready()] == list(map(str, range(300)))
    assert list(free.timers()) == []
    assert free.has_room(4, 6)


def test_snacs_of_no_class_go() -> None:
    limited = rates(IM)
    for _ in range(50):
        limited.put(Entry(Snac(0x0B, 3), "main"))
    assert len(list(limited.ready())) == 50


def test_classes_do_not_wait_for_each_other() -> None:
    both = rates(EDITS, IM)
    for _ in range(10):
        both.put(im())
    list(both.ready())
    both.put(Entry(Snac(0x13, 8), "main", "edit"))
    assert [entry.tag for entry in both.ready()] == ["edit"]
    assert {name for name, _ in both.timers()} == {"rate:1", "rate:3"}


def test_only_the_last_word_counts() -> None:
    limited = rates(IM)
    for tag in "abc":
        limited.put(im(tag))
    list(limited.ready())
    for tag, key in [("typing", "k"), ("text", ""), ("stopped", "k"), ("other", "l")]:
        limited.put(im(tag, key))
    limited.put(im("elsewhere", "k", "chat"))
    assert [entry.tag for entry in limited.unsent] == ["stopped", "text", "other", "elsewhere"]


def test_background_goes_last() -> None:
    limited = rates(IM)
    for _ in range(4):
        limited.put(im())
    list(limited.ready())
    limited.put(im("asked by nobody"), is_background=True)
    limited.put(im("said"))
    here = World(limited, Server(IM, IM.current), [0], [0])
    here.flush()
    here.run_until(60_000)
    assert [tag for _, tag in here.sent if tag] == ["said", "asked by nobody"]


def test_what_would_wait_too_long_has_no_room() -> None:
    limited = rates(IM)
    count = 0
    while limited.has_room(4, 6):
        limited.put(im(str(count)))
        count += 1
    assert MAX_DELAY_MS // 5200 <= count <= MAX_DELAY_MS // 5000
    assert not limited.has_room(4, 6, 2)
    assert limited.has_room(0x13, 8)
    here = World(limited, Server(IM, IM.current), [0], [0])
    here.flush()
    here.run_until(MAX_DELAY_MS)
    assert len(here.sent) == count


def test_a_link_that_is_gone() -> None:
    limited = rates(IM)
    for tag, link in [("a", "main"), ("b", "chat"), ("c", "main"), ("d", "chat"), ("e", "main")]:
        limited.put(im(tag, link=link))
    assert [entry.tag for entry in limited.drop("chat")] == ["b", "d"]
    assert [entry.tag for entry in limited.unsent] == ["a", "c", "e"]


def test_limits_change() -> None:
    """By a warning: from the transcript, after 02/05 and five messages."""
    [change] = [parse_rate_change(frames.RATE_WARNING[16:])]
    assert change == (RATE_WARNING, replace(IM, current=4733))
    limited = rates(IM)
    limited.change(*change)
    assert not limited.is_limited
    limited.put(im("a"))
    assert list(limited.ready()) == []
    [(name, seconds)] = limited.timers()
    assert name == "rate:3"
    # Until 4733 * 19 + ms is 5000 and the margin, times 20.
    assert seconds * 1000 == pytest.approx(5100 * 20 - 4733 * 19, abs=25)
    limited.change(RATE_CHANGED, replace(IM, id=9))  # Of a class that was never there.


def test_limited_waits_for_clear() -> None:
    low = replace(IM, current=3900)
    server = Server(low, 3900)
    here = World(rates(IM), server, [0], [0])
    here.rates.change(RATE_LIMITED, low)
    assert here.rates.is_limited
    here.put("a")
    here.run_until(20_000)
    assert not here.sent
    here.run_until(60_000)
    assert [tag for _, tag in here.sent] == ["a"]
    assert server.lowest >= IM.clear
    assert not here.rates.is_limited


def test_a_level_below_limit_counts_as_limited() -> None:
    limited = rates(IM)
    limited.change(RATE_WARNING, replace(IM, current=3999))
    assert limited.is_limited
    limited.change(RATE_CLEARED, replace(IM, current=5100))
    assert not limited.is_limited


def test_another_link_tells_a_lower_level() -> None:
    """open-oscar-server counts all connections of a session together."""
    limited = rates(IM)
    limited.learn(RateParams((replace(IM, current=5050),), {(0x0E, 5): 3}))
    limited.put(Entry(Snac(0x0E, 5), "chat", "a"))
    assert list(limited.ready()) == []


@pytest.mark.parametrize("frame", [frames.RATES_OOS, frames.RATES_ISD])
def test_real_classes(frame: bytes) -> None:
    params = parse_rates(frame[16:])
    real: Rates[str] = Rates()
    real.learn(params)
    for _ in range(3):
        real.put(im())
    sent = list(real.ready())
    assert 1 <= len(sent) <= 3
    assert all(seconds > 0 for _, seconds in real.timers())


def test_alert_above_what_can_be_reached() -> None:
    """No server does that; but then one goes when the level is full, instead of none ever."""
    odd = replace(IM, alert=7000, clear=7000)
    here = world(odd)
    here.put("a")
    here.put("b")
    here.run_until(300_000)
    assert len(here.sent) == 2
