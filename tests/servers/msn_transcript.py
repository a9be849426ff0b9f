"""Reads the conversations in tests/transcripts/msn/; the README there says what is in them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "transcripts/msn"

NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@dataclass(frozen=True, slots=True)
class Step:
    """What went over one of the connections at once; or a note, about what comes next."""

    note: str = ""
    who: str = ""
    link: str = ""
    """``NS``, ``SB`` or ``https``."""
    is_ours: bool = False
    """From the client."""
    data: bytes = field(default=b"", repr=False)
    """Of HTTP: the body."""
    path: str = ""
    action: str = ""
    """Without the namespace: ``ABFindAll``; "" of RST."""
    namespace: str = ""
    status: int = 0
    at: float = 0.0
    """Seconds from the beginning; 0 of notes."""


def read(name: str) -> list[Step]:
    with (FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [_step(json.loads(line)) for line in lines]


def _step(line: dict[str, str]) -> Step:
    if "note" in line:
        return Step(note=line["note"])
    who, _, link = line["conn"].rpartition(" ")
    namespace, _, action = line.get("action", "").rpartition("/")
    return Step(
        who=who,
        link=link,
        is_ours=line["dir"] == "C",
        data=line.get("data", line.get("body", "")).encode(),
        path=line.get("post", line.get("get", "")),
        action=action,
        namespace=namespace,
        status=int(line.get("status", 0)),
        at=float(line["t"]),
    )


def answers(name: str, action: str) -> list[Step]:
    """What the services answered to each request of a kind; to ``/RST.srf`` by its path."""
    steps, found = read(name), []
    for at, step in enumerate(steps):
        if step.is_ours and action in (step.action, step.path):
            found.append(next(s for s in steps[at:] if s.link == step.link and not s.is_ours))
    return found


def requests(name: str, action: str) -> list[Step]:
    return [step for step in read(name) if step.is_ours and action in (step.action, step.path)]
