"""One logfmt line per event on standard output, for people who tail and grep.

    ts=2026-01-01T12:00:00.123Z level=info event=session.online user=juliet@example.org me=juliet

An event's name is ``noun.verb`` and never changes.  docs/logs.md lists them all; a test compares.
ERROR: a bug, or the operator must act.  WARNING: degraded.  INFO: sessions start and end.  DEBUG:
every frame; who logs those asks ``if log.debugs:`` first, which costs next to nothing.

What libraries log by ``logging``, from WARNING on, becomes ``library.message``.

May be called from any greenlet and any OS thread; never waits (``gateway.logwriter``).
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from gateway.logwriter import Writer

MAX_VALUE = 2000
"""Characters of one value: an IRC line fits four times, a flood of text does not fill the disk."""

MAX_TRACEBACK = 8000
"""Characters.  The end is kept: it says what happened, the beginning is always the same."""

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""As in ``logging``."""

_PLAIN = re.compile(r"[^\s\"=\\]+")
"""Needs no quotes, if it is printable."""

debugs = False
"""Whether level debug is on."""

_level = LEVELS["info"]


class Bound:
    """A logger that adds the same fields to every event."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def bind(self, **fields: object) -> "Bound":
        return Bound(self._prefix + format_fields(fields))

    def debug(self, event: str, **fields: object) -> None:
        if debugs:
            self._put("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        if _level <= LEVELS["info"]:
            self._put("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        if _level <= LEVELS["warning"]:
            self._put("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._put("error", event, fields)

    def exception(
        self, event: str, exc_info: BaseException | None = None, **fields: object
    ) -> None:
        """At level error, with the traceback of ``exc_info`` or of what is being handled."""
        shown = _traceback(exc_info)
        self._put("error", event, fields, f" traceback={_quoted(shown)}" if shown else "")

    def _put(
        self, level: str, event: str, fields: Mapping[str, object], traceback: str = ""
    ) -> None:
        _writer.put(
            f"ts={timestamp(time.time())} level={level} event={event}"
            f"{self._prefix}{format_fields(fields)}{traceback}\n"
        )


def _say_dropped(count: int) -> None:
    warning("log.dropped", count=count)


_writer = Writer(_say_dropped)
_root = Bound()
bind = _root.bind
debug = _root.debug
info = _root.info
warning = _root.warning
error = _root.error
exception = _root.exception


def configure(level: str, descriptor: int | None = None) -> None:
    """Set the level, route ``logging`` here, write to ``descriptor`` instead of standard output."""
    global _level, debugs
    _level = LEVELS[level]
    debugs = _level <= LEVELS["debug"]
    if descriptor is not None:
        flush()
        _writer.descriptor = descriptor
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    logging.captureWarnings(True)


def flush() -> None:
    """Wait until everything is written; for the end of the process, and for tests."""
    _writer.flush()


# The format.


def timestamp(seconds: float) -> str:
    return f"{_whole_second(int(seconds))}.{int(seconds * 1000) % 1000:03d}Z"


@lru_cache(maxsize=2)
def _whole_second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def format_fields(fields: Mapping[str, object]) -> str:
    """Each with a space before it; those that are None are left out."""
    return "".join(
        [f" {name}={_value(value)}" for name, value in fields.items() if value is not None]
    )


def _value(value: object) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    text = str(value)
    if len(text) > MAX_VALUE:
        text = f"{text[:MAX_VALUE]}… ({len(text)} characters)"
    if text.isprintable() and _PLAIN.fullmatch(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """As in JSON, with everything escaped that a terminal would act on or not show."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_escaped, quoted))


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]


def _traceback(error: BaseException | None) -> str:
    error = error or sys.exception()
    if error is None:
        return ""
    shown = "".join(traceback.format_exception(error)).rstrip()
    return shown if len(shown) <= MAX_TRACEBACK else "…" + shown[-MAX_TRACEBACK:]


class _Libraries(logging.Handler):
    """What slixmpp, SQLAlchemy, Alembic, asyncio … have to say."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1]:
                text += "\n" + _traceback(record.exc_info[1])
        except Exception:  # Wrong arguments for the format: a bug of theirs.
            text = str(record.msg)
        if record.levelno >= logging.ERROR:
            error("library.message", library=record.name, text=text)
        else:
            warning("library.message", library=record.name, text=text)
