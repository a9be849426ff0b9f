"""Writes lines to a file descriptor from a thread of its own.

A pipe to a log collector can fill up, a terminal can be stopped by Ctrl-S, a disk can hang: the hub
must not wait for any of them.  So lines go through a queue that gevent has not patched to an OS
thread that gevent does not know.  The queue is bounded; what does not fit is counted, and said.
"""

import atexit
import os
from collections.abc import Callable
from typing import Any

from gevent import monkey

_start_thread: Any = monkey.get_original("_thread", "start_new_thread")
_new_lock: Any = monkey.get_original("_thread", "allocate_lock")
_NativeQueue: Any = monkey.get_original("queue", "SimpleQueue")
_native_select: Any = monkey.get_original("select", "select")

MAX_LINES = 20_000
"""Some megabytes; a second or two of a busy gateway at level debug."""

MAX_BATCH = 500
"""Lines in one write."""

FLUSH_SECONDS = 3.0
"""At the end of the process, for a reader that may be stuck."""


class Writer:
    """``put`` may be called from any greenlet and any OS thread."""

    def __init__(self, say_dropped: Callable[[int], None], max_lines: int = MAX_LINES) -> None:
        self.descriptor = 1
        """Standard output."""
        self._say_dropped = say_dropped
        self._dropped = 0
        """Only grows, so that nobody has to lock it."""
        self._max_lines = max_lines
        self._queue = _NativeQueue()
        self._starting = _new_lock()
        self._started = False

    def put(self, line: str) -> None:
        if not self._started:
            self._start()
        if self._queue.qsize() < self._max_lines:
            self._queue.put(line)
        else:
            self._dropped += 1

    def flush(self) -> None:
        """Wait until what was put so far is written.  Blocks the whole hub, FLUSH_SECONDS at most:
        for the end of the process, and for tests."""
        if self._started:
            written = _new_lock()
            written.acquire()
            self._queue.put(written)
            written.acquire(True, FLUSH_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                atexit.register(self.flush)
                _start_thread(self._run, ())

    def _run(self) -> None:
        said = 0
        can_write = True
        while True:
            lines, waiting = self._batch()
            if lines:
                can_write = self._write(lines)
            if can_write and said < self._dropped and self._queue.empty():
                self._say_dropped(self._dropped - said)
                said = self._dropped
            if waiting:
                waiting.release()

    def _batch(self) -> tuple[list[str], Any]:
        """What is there, but at least something; a lock if somebody waits for all before it."""
        lines: list[str] = []
        while not lines or (len(lines) < MAX_BATCH and not self._queue.empty()):
            item = self._queue.get()
            if not isinstance(item, str):
                return lines, item
            lines.append(item)
        return lines, None

    def _write(self, lines: list[str]) -> bool:
        data = "".join(lines).encode(errors="backslashreplace")
        while data:
            try:
                data = data[os.write(self.descriptor, data) :]
            except BlockingIOError:  # Whoever gave us the descriptor made it so.
                _native_select([], [self.descriptor], [])
            except OSError:  # Nobody reads any more, or the disk is full.
                self._dropped += len(lines)
                return False
        return True
