"""What the checks found, as a table of ids."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import cleandoc

from tests.endtoend.client import Refused

NAME = re.compile(r"test_([A-Z]+[0-9]+)_\w+")
"""Of a check: its id, then what it is about."""

SECTION = re.compile(r"XEP-\d{4}(, section [0-9.]+)?|RFC \d{4}(, section [0-9.]+)?")

FRESH = r"\b(capulet|juliet|nobody|romeo)[0-9a-f]{6}\b"
"""The names of users and people, made up for each check."""

MAX_WHY = 160
"""Characters of a failure's one line."""


@dataclass(frozen=True, slots=True)
class Check:
    id: str
    name: str
    says: str
    """What it checks, in one sentence."""
    source: str
    """What demands it."""


class Outcome(StrEnum):
    PASSED = "pass"
    FAILED = "FAIL"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    why: str = ""


@dataclass
class Results:
    """By check and combination; checks in the order in which they came."""

    checks: dict[str, Check] = field(default_factory=dict)
    combinations: list[str] = field(default_factory=list)
    found: dict[tuple[str, str], Result] = field(default_factory=dict)

    def add(self, check: Check, combination: str, result: Result) -> None:
        self.checks[check.name] = check
        if combination not in self.combinations:
            self.combinations.append(combination)
        before = self.found.get((check.name, combination))
        if before is None or before.outcome is not Outcome.FAILED:
            self.found[check.name, combination] = result

    @property
    def is_good(self) -> bool:
        found = [result.outcome for result in self.found.values()]
        return Outcome.PASSED in found and Outcome.FAILED not in found

    def counts(self, combination: str) -> Mapping[Outcome, int]:
        found = [r.outcome for (_, where), r in self.found.items() if where == combination]
        return {outcome: found.count(outcome) for outcome in Outcome}


def check(function: Callable[..., object]) -> Check:
    """What a test function says of itself."""
    name = function.__name__
    matched = NAME.fullmatch(name)
    assert matched, f"{name}: not named by an id"
    paragraphs = re.split(r"\n\s*\n", cleandoc(function.__doc__ or ""))
    source = paragraphs[-1].removesuffix(".")
    assert len(paragraphs) > 1, f"{name}: says not what it checks and who demands it"
    says = " ".join(paragraphs[0].split())
    return Check(matched[1], name, says, " ".join(source.split()))


def text(results: Results) -> str:
    """For a terminal."""
    lines = []
    for combination in results.combinations:
        lines += ["", combination, "-" * len(combination)]
        for check in results.checks.values():
            if result := results.found.get((check.name, combination)):
                why = f"  {result.why}" if result.why else ""
                lines.append(f"{check.id:4} {result.outcome:14} {check.says}")
                lines += [f"{'':19} {why.strip()}"] if why else []
        lines.append(_sum(results, combination))
    return "\n".join(lines)


def _sum(results: Results, combination: str) -> str:
    counts = results.counts(combination)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "**✗**", Outcome.NOT_APPLICABLE: "–"}


def markdown(results: Results) -> str:
    """A table, and below it why something does not apply or has failed."""
    head = ["id", "what is checked", *results.combinations]
    lines = [_row(head), _row("---" for _ in head)]
    for check in results.checks.values():
        found = [results.found.get((check.name, where)) for where in results.combinations]
        marks = [MARKS[result.outcome] if result else "" for result in found]
        lines.append(_row([check.id, f"{_cell(check.says)} *{check.source}*", *marks]))
    sums = [_sum_short(results, where) for where in results.combinations]
    lines.append(_row(["", "", *sums]))
    return "\n".join([*lines, "", *_reasons(results)])


def _sum_short(results: Results, where: str) -> str:
    counts = results.counts(where)
    return f"{counts[Outcome.PASSED]} of {counts[Outcome.PASSED] + counts[Outcome.FAILED]}"


def _reasons(results: Results) -> Iterable[str]:
    for outcome, title in (
        (Outcome.NOT_APPLICABLE, "Not applicable (–)"),
        (Outcome.FAILED, "Failed (✗)"),
    ):
        reasons: dict[str, list[str]] = {}
        for (name, where), result in results.found.items():
            if result.outcome is outcome:
                ids = reasons.setdefault(result.why, [])
                if (shown := f"{results.checks[name].id} ({where})") not in ids:
                    ids.append(shown)
        if reasons:
            yield f"{title}:\n"
            yield from (f"- {_cell(why)}: {_ids(ids)}" for why, ids in reasons.items())
            yield ""


def _ids(shown: Sequence[str]) -> str:
    """``L1 (ejabberd irc)``: the same id once, with all its places."""
    places: dict[str, list[str]] = {}
    for one in shown:
        id, _, where = one.partition(" (")
        places.setdefault(id, []).append(where.rstrip(")"))
    by_place: dict[str, list[str]] = {}
    for id, found in places.items():
        by_place.setdefault(", ".join(found), []).append(id)
    return "; ".join(f"{', '.join(ids)} ({where})" for where, ids in by_place.items())


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def one_line(error: BaseException) -> str:
    """Why it failed, without what is different each time."""
    if isinstance(error, Refused):
        text = f"refused: {error.condition} {error.text}"
    else:
        text = str(error) or repr(error)
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = re.sub(FRESH, r"\1", line).replace("/one ", " ")
    return line if len(line) <= MAX_WHY else line[: MAX_WHY - 1] + "…"
