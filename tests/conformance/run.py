"""One run of the suite on its own: pytest without its own output, and a table at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.results import Outcome, Result, Results, check, one_line
from tests.conformance.site import Combination

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


class Run:
    """A plugin of pytest."""

    def __init__(self, combinations: Sequence[Combination], ids: Sequence[str] = ()) -> None:
        self.combinations = list(combinations)
        self.results = Results(combinations=[combination.name for combination in combinations])
        self._ids = {id.upper() for id in ids}

    def go(self) -> Results:
        settings = ["-c", str(ROOT / "pyproject.toml"), "-o", "addopts=--import-mode=importlib"]
        quiet = ["-p", "no:terminal", "-p", "no:cacheprovider"]
        pytest.main([*settings, *quiet, str(FOLDER)], plugins=[self])
        return self.results

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Only what is a check of a gateway, and asked for."""
        items[:] = [item for item in items if self._is_wanted(item)]
        order = {name: at for at, name in enumerate(self.results.combinations)}
        items.sort(key=lambda item: order[_combination(item)])
        for item in items:
            self.results.checks.setdefault(_check(item).name, _check(item))

    def _is_wanted(self, item: pytest.Item) -> bool:
        if not _combination(item):
            return False
        return not self._ids or _check(item).id in self._ids

    def not_applicable(self, item: pytest.Item, why: str) -> None:
        result = Result(Outcome.NOT_APPLICABLE, why)
        self.results.add(_check(item), _combination(item), result)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        if report.failed:
            error = call.excinfo.value if call.excinfo else AssertionError("it failed")
            self._note(item, Result(Outcome.FAILED, one_line(error)))
        elif report.when == "call":
            self._note(item, Result(Outcome.PASSED))
        return report

    def _note(self, item: pytest.Item, result: Result) -> None:
        self.results.add(_check(item), _combination(item), result)
        is_good = result.outcome is Outcome.PASSED
        print("." if is_good else f"[{_check(item).id}: {result.why}]", end="", flush=True)


def _combination(item: pytest.Item) -> str:
    """Where it is checked; empty: it is no check of a gateway."""
    callspec: Any = getattr(item, "callspec", None)
    found: Combination | None = callspec.params.get("site") if callspec else None
    return found.name if found else ""


def _check(item: Any) -> Any:
    return check(item.function)
