"""Lines as they come out of a descriptor, and the list of them in docs/logs.md."""

import ast
import logging
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent import monkey
from hypothesis import given
from hypothesis import strategies as st

from gateway import log
from gateway.logwriter import Writer

ROOT = Path(__file__).parents[2]

# The writer's thread is none of gevent's, which would close only once its hub runs.
native_select = monkey.get_original("select", "select")
native_close = monkey.get_original("os", "close")

TIMESTAMP = re.compile(r"ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


class Output:
    """What is written to a file instead of standard output, without the time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        log.flush()
        found = self.path.read_text().splitlines()
        assert all(TIMESTAMP.match(line) for line in found)
        return [TIMESTAMP.sub("", line, count=1) for line in found]


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Output]:
    path = tmp_path / "log"
    before = logging.root.handlers[:], logging.root.level
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log.configure("debug", descriptor)
    yield Output(path)
    log.configure("info", 1)
    logging.captureWarnings(False)
    logging.root.handlers[:], level = before
    logging.root.setLevel(level)
    os.close(descriptor)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("juliet@example.org", "juliet@example.org"),
        ("#verona%irc.libera.chat", "#verona%irc.libera.chat"),
        ("", '""'),
        (None, None),
        (True, "true"),
        (0, "0"),
        (1.5, "1.5"),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("two\nlines\r\t", r'"two\nlines\r\t"'),
        ("\x1b[2J\x9b\x00", r'"\u001b[2J\u009b\u0000"'),
        ("Käse", "Käse"),
        ("no\u00a0break", r'"no\u00a0break"'),
        ("\u202egnp.exe", r'"\u202egnp.exe"'),
        ("line\u2028separator", r'"line\u2028separator"'),
        ("\ud800", r'"\ud800"'),
        ("x" * 2001, '"' + "x" * 2000 + '… (2001 characters)"'),
    ],
)
def test_values(output: Output, value: object, written: str | None) -> None:
    log.info("test.value", value=value)
    shown = "" if written is None else f" value={written}"
    assert output.lines() == [f"level=info event=test.value{shown}"]


@given(st.text(st.characters(codec=None)))
def test_any_text_stays_in_its_line_and_field(text: str) -> None:
    shown = log.format_fields({"a": text})
    assert shown.isprintable()
    assert re.fullmatch(r' a=([^\s"=\\]+|"([^"\\]|\\.)*")', shown)


def test_levels(output: Output) -> None:
    log.debug("test.a")
    log.configure("warning")
    log.debug("test.b")
    log.info("test.c")
    log.warning("test.d")
    log.error("test.e")
    assert output.lines() == [
        "level=debug event=test.a",
        "level=warning event=test.d",
        "level=error event=test.e",
    ]


def test_whether_debug_is_on_can_be_asked(output: Output) -> None:
    assert log.debugs
    log.configure("info")
    assert not log.debugs


def test_bound(output: Output) -> None:
    bound = log.bind(user="juliet@example.org").bind(transport="irc.example.org", account=None)
    bound.info("test.bound", why="asked")
    assert output.lines() == [
        "level=info event=test.bound user=juliet@example.org transport=irc.example.org why=asked"
    ]


def test_exception_is_one_line(output: Output) -> None:
    try:
        int("x")
    except ValueError:
        log.exception("test.crashed", user="juliet@example.org")
    (line,) = output.lines()
    assert line.startswith("level=error event=test.crashed user=juliet@example.org traceback=")
    assert line.endswith("ValueError: invalid literal for int() with base 10: 'x'\"")
    assert r"\n  File" in line


def test_exception_of_another_greenlet(output: Output) -> None:
    log.exception("test.crashed", exc_info=ValueError("later"))
    assert output.lines() == ['level=error event=test.crashed traceback="ValueError: later"']


def test_exception_without_one(output: Output) -> None:
    log.exception("test.crashed")
    assert output.lines() == ["level=error event=test.crashed"]


def test_a_long_traceback_keeps_its_end(output: Output) -> None:
    log.exception("test.crashed", exc_info=ValueError("x" * 9000 + "the end"))
    (line,) = output.lines()
    assert line.endswith('the end"')
    assert len(line) < 9000


def test_what_libraries_log(output: Output) -> None:
    log.configure("debug")  # Without the handlers of pytest, which choke on wrong arguments.
    logging.getLogger("slixmpp.x").info("never mind")
    logging.getLogger("slixmpp.x").warning("that is %s", "odd")
    logging.getLogger("alembic").error("wrong arguments %s %s", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    odd, wrong, old = output.lines()
    assert odd == 'level=warning event=library.message library=slixmpp.x text="that is odd"'
    assert wrong == (
        'level=error event=library.message library=alembic text="wrong arguments %s %s"'
    )
    assert old.startswith("level=warning event=library.message library=py.warnings text=")


def test_a_traceback_of_a_library(output: Output) -> None:
    try:
        int("x")
    except ValueError:
        logging.getLogger("asyncio").exception("failed")
    (line,) = output.lines()
    assert 'text="failed\\nTraceback' in line


# The writer.


class Pipe:
    """Somebody who may read what a writer writes, or not."""

    def __init__(self, max_lines: int) -> None:
        self.reads, self.writes = os.pipe()
        self.said: list[int] = []
        self.writer = Writer(self._say, max_lines)
        self.writer.descriptor = self.writes

    def _say(self, count: int) -> None:
        self.said.append(count)
        self.writer.put(f"dropped {count}\n")

    def close(self) -> None:
        native_close(self.reads)
        native_close(self.writes)

    def read_until(self, end: bytes) -> bytes:
        read = b""
        while end not in read:
            assert native_select([self.reads], [], [], 5)[0], "nothing more comes"
            read += os.read(self.reads, 1 << 20)
        return read


LINE = "x" * 99 + "\n"


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pipe stops the writer's thread and nobody else; what is too much is counted."""
    pipe = Pipe(max_lines=1000)
    for _ in range(10_000):  # A pipe holds 64 KiB: 655 of these.
        pipe.writer.put(LINE)
    monkeypatch.setattr("gateway.logwriter.FLUSH_SECONDS", 0.05)
    pipe.writer.flush()  # Does not hang either.
    read = pipe.read_until(b"dropped")
    assert read.count(LINE.encode()) >= 1000
    assert read.count(LINE.encode()) + pipe.said[0] == 10_000
    pipe.close()


def test_nonblocking_descriptor() -> None:
    """Standard output may be a terminal that another program set so."""
    pipe = Pipe(max_lines=10_000)
    os.set_blocking(pipe.writes, False)
    for _ in range(5000):
        pipe.writer.put(LINE)
    pipe.writer.put("end\n")
    assert pipe.read_until(b"end\n").count(b"\n") == 5001
    assert not pipe.said
    pipe.close()


def test_reader_gone_and_back() -> None:
    """What nobody read meanwhile is counted, and said to the next one."""
    pipe = Pipe(max_lines=10)
    native_close(pipe.reads)
    for _ in range(3):
        pipe.writer.put(LINE)
        pipe.writer.flush()
    assert not pipe.said
    native_close(pipe.writes)
    pipe.reads, pipe.writes = os.pipe()
    pipe.writer.descriptor = pipe.writes
    pipe.writer.put(LINE)
    assert pipe.read_until(b"dropped 3\n").startswith(LINE.encode())
    pipe.close()


# The list.

TABLE_ROW = re.compile(r"^\| `(?P<event>\w+\.\w+)` \| (?P<levels>[a-z, ]+) \|", re.MULTILINE)

EVENT = re.compile(r"[a-z]+\.[a-z_]+")

LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
}


def documented() -> set[tuple[str, str]]:
    rows = TABLE_ROW.finditer((ROOT / "docs/logs.md").read_text())
    return {(row["event"], level) for row in rows for level in row["levels"].split(", ")}


def logged() -> set[tuple[str, str]]:
    paths = [*ROOT.glob("gateway/**/*.py"), *ROOT.glob("networks/**/*.py")]
    found = {call for path in paths for call in _calls(path)}
    assert found
    return found


def _calls(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        logger, _, method = name.rpartition(".")
        is_ours = path.name == "log.py" or re.search(r"(^|[._])log(ging)?$", logger)
        if method not in LEVELS and not (path.name == "log.py" and name in LEVELS):
            continue
        event = node.args[0] if node.args else None
        if is_ours and isinstance(event, ast.Constant) and isinstance(event.value, str):
            yield event.value, LEVELS[method or name]


def test_names_are_of_one_form() -> None:
    assert [event for event, _ in logged() if not EVENT.fullmatch(event)] == []


def test_every_event_is_documented() -> None:
    assert logged() - documented() == set(), "not in docs/logs.md"


def test_every_documented_event_exists() -> None:
    assert documented() - logged() == set(), "only in docs/logs.md"
