"""gevent, libev, psycogreen, and the asyncio loop that lives in a greenlet.

    one OS thread ── libev hub ─┬─ three greenlets per session
                                ├─ the XMPP stream and its handlers
                                └─ one greenlet that runs an asyncio loop (slixmpp's)

``gateway.py`` has patched the standard library before this is imported.  Nothing else in the tree
knows asyncio: who needs a coroutine's result calls ``wait_for``.
"""

import asyncio
import gc
import os
import sys
import time
import traceback
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

import gevent
import psycogreen.gevent
from gevent import monkey
from gevent.event import AsyncResult

from gateway import log
from gateway.errors import ConfigError

_start_thread: Any = monkey.get_original("_thread", "start_new_thread")
_native_sleep: Any = monkey.get_original("time", "sleep")
_native_ident: Any = monkey.get_original("_thread", "get_ident")

T = TypeVar("T")

STALL = 0.1
"""Seconds without a turn of the hub after which a stall is logged.  Everybody waits that long."""

DEPTH = 6
"""Places that are logged, beginning with the innermost: that is where the time goes."""

SLOWER_LOOP = "GREENGATE_ALLOW_SLOW_LOOP"
"""Set it to run on another event loop than libev all the same."""

GC_THRESHOLD = (100_000, 50, 1_000)
"""Full collections walk every session and stop all of them meanwhile, so they are made rare; what
is alive at start is frozen.  Sessions and stanzas hold few cycles: reference counts free them."""


def start() -> str:
    """Prepare this thread's hub and return the name of its event loop, for the log.

    Raises:
        ConfigError: the loop is not libev, and nobody said that this is meant.
    """
    psycogreen.gevent.patch_psycopg()
    hub = gevent.get_hub()
    name = f"{type(hub.loop).__module__}:{hub.loop.backend}"
    if not name.startswith("gevent.libev") and not os.environ.get(SLOWER_LOOP):
        raise ConfigError(
            f"event loop: found {name}, expected gevent.libev; unset GEVENT_LOOP, "
            f"or set {SLOWER_LOOP}=1 to run on a slower one"
        )
    hub.print_exception = _log_failure
    StallWatch()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    return name


def _log_failure(greenlet: Any, kind: Any, error: BaseException | None, trace: Any) -> None:
    """Instead of gevent's, which writes to standard error.  Greenlets of sessions have somebody
    who hears of their end and knows more about it (``gateway.session``)."""
    if not getattr(greenlet, "is_heard", False):
        log.exception("greenlet.failed", exc_info=error, greenlet=greenlet)


# Stalls.


class StallWatch:
    """An OS thread that sees whether the hub still turns, and where it is if it does not.

    gevent has a monitor, too.  It traces every switch, lists all greenlets in its report, and holds
    up the process for that while it is held up already.
    """

    def __init__(self) -> None:
        self._watched = _native_ident()
        self._turned_at = time.monotonic()
        timer = gevent.get_hub().loop.timer(0.0, STALL / 2, ref=False)
        timer.start(self._turn)
        self._timer = timer
        _start_thread(self._watch, ())

    def _turn(self) -> None:
        self._turned_at = time.monotonic()

    def _watch(self) -> None:
        """Says it again each time that it has lasted twice as long."""
        patience = STALL
        while True:
            _native_sleep(STALL / 2)
            seconds = time.monotonic() - self._turned_at
            if seconds < STALL:
                patience = STALL
            elif seconds >= patience:
                patience = seconds * 2
                self._report(seconds)

    def _report(self, seconds: float) -> None:
        if frame := sys._current_frames().get(self._watched):
            places = [_place(found) for found, _ in traceback.walk_stack(frame)]
            log.warning(
                "hub.stalled",
                seconds=f"{seconds:.1f}",
                greenlet=places[-1],
                stack=" < ".join(places[:DEPTH]),
            )


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({os.path.basename(code.co_filename)}:{frame.f_lineno})"


# asyncio.


class HubLoop(asyncio.SelectorEventLoop):
    """An asyncio loop that runs in a greenlet, on gevent's (patched) selector.

    All greenlets share one OS thread, so any of them may call into it.  But it may be asleep in its
    selector then: what it is handed from outside wakes it.
    """

    def __init__(self) -> None:
        super().__init__()
        if asyncio._get_running_loop() is not None:  # Else nobody would notice but our greenlet.
            self.close()
            raise RuntimeError("there is an asyncio loop already, and can be one for each thread")
        asyncio.set_event_loop(self)
        self._greenlet = gevent.spawn(self.run_forever)
        self._greenlet.name = "asyncio"

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        handle = super().call_soon(callback, *args, context=context)
        self._wake()
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        self._wake()
        return handle

    def _wake(self) -> None:
        if gevent.getcurrent() is not getattr(self, "_greenlet", None):
            self._write_to_self()  # type: ignore[attr-defined]

    def wait_for(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """Block this greenlet, and only it, until the coroutine is done.

        A greenlet that is killed meanwhile cancels it.

        Raises:
            TimeoutError: it was not, and has been cancelled.
            ConnectionAbortedError: it was cancelled by somebody else, perhaps the end of the loop.
            Exception: whatever the coroutine raised.
        """
        result: AsyncResult[T] = AsyncResult()

        async def run() -> None:
            try:
                result.set(await asyncio.wait_for(coroutine, seconds))
            except asyncio.CancelledError:
                result.set_exception(ConnectionAbortedError("cancelled"))
            except Exception as error:
                result.set_exception(error)

        task = self.create_task(run())
        try:
            done: T = result.get()
        finally:
            task.cancel()  # Does nothing to one that is done.
        return done

    def shut_down(self) -> None:
        """Cancel what still runs, and close the loop."""
        self.create_task(self._stop_all())
        self._greenlet.join(timeout=5)
        self.close()

    async def _stop_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=2)
        self.stop()
