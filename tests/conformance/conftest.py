"""Each check at each combination; what cannot be checked somewhere is left out there, and noted."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.hub import HubLoop
from tests.conformance.greengate import IN_CI
from tests.conformance.run import Run
from tests.conformance.site import Combination, Site
from tests.conformance.stage import Stage
from tests.conformance.toy import ToyCombination

NEEDS = "needs"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{NEEDS}(*abilities): see tests/conformance/adapter.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "site" in metafunc.fixturenames:
        run = _run(metafunc.config)
        combinations: list[Combination] = run.combinations if run else [*IN_CI, ToyCombination()]
        names = [combination.name.replace(" ", "-") for combination in combinations]
        metafunc.parametrize("site", combinations, indirect=True, ids=names, scope="package")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = _run(config)
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        why = _why_not(item)
        (left_out if why else kept).append(item)
        if run and why:
            run.not_applicable(item, why)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


def _run(config: pytest.Config) -> Run | None:
    """None: the checks are some of all tests."""
    plugins = config.pluginmanager.get_plugins()
    return next((plugin for plugin in plugins if isinstance(plugin, Run)), None)


def _why_not(item: pytest.Item) -> str:
    """Why it does not apply there; empty: it does."""
    callspec: Any = getattr(item, "callspec", None)
    combination = callspec.params.get("site") if callspec else None
    if combination is None:
        return ""
    needed = [can for marker in item.iter_markers(NEEDS) for can in marker.args]
    return next((combination.cannot[can] for can in needed if can in combination.cannot), "")


@pytest.fixture(scope="package")
def clients_loop() -> Iterator[HubLoop]:
    """Gone before others start theirs: there can be one at a time."""
    loop = HubLoop()
    yield loop
    gc.collect()  # Clients of slixmpp want the loop when they are freed.
    loop.shut_down()


@pytest.fixture(scope="package")
def site(request: pytest.FixtureRequest, clients_loop: HubLoop) -> Iterator[Site]:
    combination: Combination = request.param
    with combination.open(clients_loop) as site:
        yield site


@pytest.fixture
def stage(site: Site, clients_loop: HubLoop) -> Iterator[Stage]:
    stage = Stage(site, clients_loop)
    yield stage
    stage.close()
