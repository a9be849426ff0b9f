"""Reads tests/transcripts/oscar/*.txt: what is in them is told in the README there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "transcripts" / "oscar"

FRAME = re.compile(r"(?P<at>[\d.]+ )?(?P<link>\S+) (?P<way><--|-->) (?P<what>.*)")
REPEATED = re.compile(r"\{(\w\w)x(\d+)\}")
DEFINED = re.compile(r"\{(\w+)\}")


class Way(Enum):
    CONNECT = "connects"
    SENT = "-->"
    RECEIVED = "<--"
    SERVER_CLOSED = "server closed"
    CLIENT_CLOSED = "closes"


@dataclass(frozen=True, slots=True)
class Step:
    at: float
    link: str
    way: Way
    data: bytes = b""
    what: str = ""

    def __str__(self) -> str:
        return f"{self.at} {self.link} {self.way.value} {self.what} {self.data.hex()}"


def read(name: str) -> list[Step]:
    """The steps of ``<name>.txt``, in order."""
    texts: dict[str, str] = {}
    steps: list[Step] = []
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        at = steps[-1].at if steps else 0.0
        if line.startswith("= "):
            _, key, value = line.split()
            texts[key] = value
        elif line.startswith("-- "):
            steps.append(_connection(at, line.removeprefix("-- ")))
        elif frame := FRAME.fullmatch(line):
            time = float(frame["at"] or at)
            steps.append(Step(time, frame["link"], Way(frame["way"]), b"", frame["what"]))
        elif line.startswith("    "):
            last = steps[-1]
            data = bytes.fromhex(_expand(line.strip(), texts))
            steps[-1] = Step(last.at, last.link, last.way, data, last.what)
    return steps


def _connection(at: float, line: str) -> Step:
    link = re.split(r":? ", line)[0]
    for way in (Way.CONNECT, Way.SERVER_CLOSED, Way.CLIENT_CLOSED):
        if way.value in line:
            return Step(at, link, way)
    raise ValueError(f"a line that is neither connect nor close: {line!r}")


def _expand(text: str, texts: dict[str, str]) -> str:
    text = REPEATED.sub(lambda found: found[1] * int(found[2]), text)
    text = DEFINED.sub(lambda found: texts[found[1]], text)
    return REPEATED.sub(lambda found: found[1] * int(found[2]), text)
