"""The suite itself: every check can fail, and says so where a gateway does it wrong."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.hub import HubLoop
from gateway.trial.ejabberd import Ejabberd, ejabberd
from tests.conformance import page, results
from tests.conformance.__main__ import main
from tests.conformance.running import listed
from tests.conformance.stage import Stage
from tests.conformance.toy import DOMAIN, SECRET, toy
from tests.conformance.toysession import Wrong
from tests.endtoend.client import Refused

FOLDER = Path(__file__).parent

PAGE = FOLDER.parents[1] / "docs" / "conformance.md"

PATIENCE = 1.0
"""Seconds that a check waits for what the toy never does."""

CAUGHT = {
    Wrong.HAS_NO_NAME: "test_D1_identity",
    Wrong.SPEAKS_WITH_RESOURCE: "test_D3_address_of_the_gateway",
    Wrong.ADDRESSES_AS_TYPED: "test_J4_spellings",
    Wrong.ANSWERS_ERRORS: "test_S2_no_answer_to_errors",
    Wrong.VERIFIES_NOTHING: "test_R3_wrong_data",
    Wrong.TELLS_PASSWORD: "test_E1_what_is_on_file",
    Wrong.FORGETS_OLD_REGISTRATION: "test_E3_a_change_that_fails",
    Wrong.TAKES_EMPTY_PASSWORD: "test_E4_an_empty_password",
    Wrong.REMOVES_ANYHOW: "test_U4_remove_and_more",
    Wrong.TAKES_NO_LEAVE: "test_U3_the_gateway_takes_its_leave",
    Wrong.STAYS_LOGGED_IN: "test_O1_the_last_client",
    Wrong.TRIES_AGAIN: "test_L6_is_not_repeated",
    Wrong.SAYS_NOT_WHY: "test_L6_wrong_password",
    Wrong.REPEATS_PRESENCE: "test_P2_the_users_own_changes",
    Wrong.FORGETS_PROBES: "test_P3_another_client",
    Wrong.GRANTS_EARLY: "test_A3_nothing_before_they_agree",
    Wrong.SWALLOWS_REQUESTS: "test_B1_they_ask",
    Wrong.ASKS_AGAIN: "test_B3_the_user_denies",
    Wrong.KEEPS_REMOVED: "test_X1_the_address_book",
    Wrong.SWALLOWS_MESSAGES: "test_M2_nobody_of_that_name",
    Wrong.CONFIRMS_EVERYTHING: "test_M4_receipts",
    Wrong.WRITES_WITH_RESOURCE: "test_C2_from_a_bare_jid",
    Wrong.TELLS_TWICE: "test_P1_only_changes",
    Wrong.FLOODS: "test_P10_no_flood",
}


def checks() -> dict[str, Callable[[Stage], None]]:
    names = sorted(path.stem for path in FOLDER.glob("test_*.py") if path.stem != "test_suite")
    modules = [importlib.import_module(f"tests.conformance.{name}") for name in names]
    return {
        name: function
        for module in modules
        for name, function in vars(module).items()
        if name.startswith("test_")
    }


@pytest.fixture(scope="module")
def server() -> Iterator[Ejabberd]:
    with ejabberd(domains=[DOMAIN], secret=SECRET) as server:
        yield server


@pytest.mark.parametrize("wrong", Wrong, ids=lambda wrong: wrong.name.lower())
def test_what_is_wrong_is_caught(wrong: Wrong, server: Ejabberd, clients_loop: HubLoop) -> None:
    with toy(server, clients_loop, wrong, PATIENCE) as site:
        stage = Stage(site, clients_loop)
        with pytest.raises((AssertionError, Refused)):
            checks()[CAUGHT[wrong]](stage)
        stage.close()


@pytest.mark.parametrize("check", checks().values(), ids=lambda check: check.__name__)
def test_each_check_says_what_and_why(check: Callable[[Stage], None]) -> None:
    found = results.check(check)
    assert found.says.endswith(".")
    assert results.SECTION.fullmatch(found.source), found.source


def test_the_page_has_all_of_them() -> None:
    """``make conformance`` writes it."""
    expected = [results.check(function) for function in checks().values()]
    assert sorted(page.ids(PAGE, "ours")) == sorted((check.id, check.says) for check in expected)


def test_a_table() -> None:
    def test_L2_success(stage: Any) -> None:
        """It is told.

        XEP-0100
        """

    found, check = results.Results(), results.check(test_L2_success)
    found.add(check, "here", results.Result(results.Outcome.PASSED))
    assert found.is_good
    found.add(check, "there", results.Result(results.Outcome.NOT_APPLICABLE, "no such thing"))
    assert found.is_good
    assert "| L2 | It is told. *XEP-0100* | ✓ | – |" in results.markdown(found)
    assert "- no such thing: L2 (there)" in results.markdown(found)
    found.add(check, "there", results.Result(results.Outcome.FAILED, "it is | not"))
    assert not found.is_good
    assert "- it is \\| not: L2 (there)" in results.markdown(found)
    assert "L2   FAIL" in results.text(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--on", "prosody smtp"], "--on prosody smtp: must be of ejabberd ngircd"),
        (["--component", "gw"], "give --users, or --make-user and --domain"),
        (["--component", "gw", "--at", "here"], "--at here: must be HOST:PORT"),
        (["--component", "gw", "--start", "x"], "--start and --stop: both or none"),
        (["--component", "gw", "--make-user", "x", "--domain", "y", "--field", "z"], "--field z"),
    ],
)
def test_what_is_wrong_on_the_command_line(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_users_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("juliet@example.org capulet\n\nromeo@example.org montague\n")
    with pytest.raises(ValueError, match="2 users, must be at least 3"):
        listed(file)
    file.write_text(file.read_text() + "nurse@example.org  nurse\n")
    assert listed(file)[-1] == ("nurse@example.org", "nurse")
