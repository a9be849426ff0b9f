"""The hub, in processes of its own where it must be started, and the asyncio loop on it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag

from gateway import hub
from gateway.hub import HubLoop
from tests.gateway.tinynet import PATIENCE, Listener, listener

__all__ = ["listener"]

ROOT = Path(__file__).parents[2]


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process that starts the hub and goes on with the script."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("GEVENT_LOOP", hub.SLOWER_LOOP)
    }
    return subprocess.run(
        [sys.executable, "-c", f"from gevent import monkey; monkey.patch_all()\n{script}"],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )


START = "from gateway import hub; print(hub.start())\n"


# Starting.


def test_start() -> None:
    found = run(
        START
        + """
import gc, greenlet, psycopg2.extensions
assert gc.get_freeze_count() > 1000
assert gc.get_threshold() == hub.GC_THRESHOLD
assert psycopg2.extensions.get_wait_callback() is not None
assert greenlet.gettrace() is None  # Nothing that slows each switch down.
"""
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == "gevent.libev.corecext:epoll\n"


def test_other_loops_are_refused() -> None:
    found = run(START, GEVENT_LOOP="libuv-cffi")
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1].startswith(
        "gateway.errors.ConfigError: event loop: found gevent.libuv.loop:default, "
        "expected gevent.libev; unset GEVENT_LOOP, or set "
    )


def test_other_loops_are_let_in_if_meant() -> None:
    found = run(START, GEVENT_LOOP="libuv-cffi", **{hub.SLOWER_LOOP: "1"})
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("gevent.libuv")


def test_stalls_are_logged_while_they_last(tmp_path: Path) -> None:
    """With the place, and again when they last; from another thread, since the hub cannot."""
    path = tmp_path / "log"
    found = run(
        START
        + f"""
import os
import gevent
from gateway import log
path = {str(path)!r}
log.configure("info", os.open(path, os.O_WRONLY | os.O_CREAT))

def reckon():
    while open(path).read().count("event=hub.stalled") < 3:
        pass

def greedy():
    reckon()

gevent.spawn(greedy).join()
"""
    )
    assert found.returncode == 0, found.stderr
    lines = path.read_text().splitlines()
    assert all("level=warning event=hub.stalled seconds=" in line for line in lines)
    assert all('greenlet="greedy (<string>:' in line for line in lines)
    assert all("reckon (<string>:" in line.split("stack=")[1] for line in lines)
    seconds = [float(line.split("seconds=")[1].split()[0]) for line in lines]
    assert seconds[0] >= hub.STALL
    assert seconds == sorted(seconds)
    assert len(seconds) == 3


def test_a_short_stall_after_a_long_one(tmp_path: Path) -> None:
    """It is said at once, as the first was."""
    path = tmp_path / "log"
    found = run(
        START
        + f"""
import os, time
import gevent
from gateway import log
path = {str(path)!r}
log.configure("info", os.open(path, os.O_WRONLY | os.O_CREAT))

def lines():
    return open(path).read().count("event=hub.stalled")

def greedy(until):
    while not until():
        pass

gevent.spawn(greedy, lambda: lines() >= 4).join()  # More than half a second.
while lines() == 4:
    gevent.sleep(hub.STALL)  # For the watch to see that the hub turns.
    end = time.monotonic() + 3 * hub.STALL
    gevent.spawn(greedy, lambda: time.monotonic() > end or lines() > 4).join()
"""
    )
    assert found.returncode == 0, found.stderr


# The asyncio loop.


@pytest.fixture
def loop() -> Iterator[HubLoop]:
    with gevent.Timeout(3 * PATIENCE):
        loop = HubLoop()
        yield loop
        if not loop.is_closed():
            loop.shut_down()


async def double(value: int, turns: int = 0) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return 2 * value


async def fail() -> None:
    await asyncio.sleep(0)
    raise LookupError("planted")


def test_wait_for_a_result(loop: HubLoop) -> None:
    assert loop.wait_for(double(21), PATIENCE) == 42


def test_a_second_loop_is_refused(loop: HubLoop) -> None:
    """asyncio has one for each thread; the tasks of another would wait for ever."""
    loop.wait_for(asyncio.sleep(0), 20.0)
    with pytest.raises(RuntimeError, match="already"):
        HubLoop()


def test_wait_for_an_exception(loop: HubLoop) -> None:
    with pytest.raises(LookupError, match="planted"):
        loop.wait_for(fail(), PATIENCE)


class Endless:
    """A coroutine that never ends by itself."""

    def __init__(self) -> None:
        self.started, self.cancelled = Flag(), Flag()

    async def run(self) -> None:
        self.started.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


def test_wait_for_too_long(loop: HubLoop) -> None:
    endless = Endless()
    with pytest.raises(TimeoutError):
        loop.wait_for(endless.run(), 0.01)
    assert endless.cancelled.is_set()


def test_wait_for_what_somebody_cancels(loop: HubLoop) -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionAbortedError):
        loop.wait_for(give_up(), PATIENCE)


def test_killed_while_waiting(loop: HubLoop) -> None:
    """Then nobody wants the result any more."""
    endless = Endless()
    waiting = gevent.spawn(loop.wait_for, endless.run(), PATIENCE)
    assert endless.started.wait(PATIENCE)
    waiting.kill()
    assert endless.cancelled.wait(PATIENCE)


def test_several_greenlets_wait(loop: HubLoop) -> None:
    """Each gets its own answer, also those behind one that waits for long or fails."""
    endless = Endless()
    stuck = gevent.spawn(loop.wait_for, endless.run(), PATIENCE)
    failing = [gevent.spawn(_outcome, loop) for _ in range(5)]
    waiting = [gevent.spawn(loop.wait_for, double(n, 50 - n), PATIENCE) for n in range(50)]
    gevent.joinall(waiting, timeout=PATIENCE, raise_error=True)
    assert [greenlet.value for greenlet in waiting] == [2 * n for n in range(50)]
    assert [greenlet.get(timeout=PATIENCE) for greenlet in failing] == ["planted"] * 5
    assert not stuck.ready()
    stuck.kill()


def _outcome(loop: HubLoop) -> str:
    try:
        loop.wait_for(fail(), PATIENCE)
    except LookupError as error:
        return str(error)
    return "no error"


def test_only_who_waits_is_blocked(loop: HubLoop) -> None:
    gate = asyncio.Event()

    async def wait() -> str:
        await gate.wait()
        return "opened"

    waiting = gevent.spawn(loop.wait_for, wait(), PATIENCE)
    gevent.sleep(0)
    assert loop.wait_for(double(1), PATIENCE) == 2
    assert not waiting.ready()
    loop.call_soon(gate.set)
    assert waiting.get(timeout=PATIENCE) == "opened"


def test_call_soon_wakes_the_loop(loop: HubLoop) -> None:
    """It sleeps until something happens on a socket; a call from another greenlet is no such."""
    for _ in range(3):
        gevent.idle()  # It sleeps.
        called = Flag()
        loop.call_soon(called.set)
        assert called.wait(PATIENCE)


def test_call_later_wakes_the_loop(loop: HubLoop) -> None:
    """Else it would sleep as long as before."""
    far = loop.call_later(10 * PATIENCE, pytest.fail)
    gevent.idle()
    called = Flag()
    loop.call_later(0.001, called.set)
    assert called.wait(PATIENCE)
    far.cancel()


def test_sockets(loop: HubLoop, listener: Listener) -> None:
    """asyncio's and gevent's talk to each other in one thread."""

    def echo() -> None:
        peer = listener.accept()
        peer.say(peer.line())
        peer.close()

    async def talk() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    echoing = gevent.spawn(echo)
    assert loop.wait_for(talk(), PATIENCE) == b"hello\n"
    echoing.get(timeout=PATIENCE)


def test_shut_down(loop: HubLoop) -> None:
    """Whoever waits still is told so."""
    endless = Endless()
    waiting = gevent.spawn(_aborted, loop, endless)
    assert endless.started.wait(PATIENCE)
    loop.shut_down()
    assert loop.is_closed()
    assert endless.cancelled.is_set()
    assert waiting.get(timeout=PATIENCE) == "cancelled"


def _aborted(loop: HubLoop, endless: Endless) -> str:
    try:
        loop.wait_for(endless.run(), PATIENCE)
    except ConnectionAbortedError as error:
        return str(error)
    return "no error"


def test_one_after_the_other(loop: HubLoop) -> None:
    loop.shut_down()
    other = HubLoop()
    assert other.wait_for(double(4), PATIENCE) == 8
    other.shut_down()
