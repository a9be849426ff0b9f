"""Who may import whom: networks stay replaceable, state machines pure, asyncio in its corner."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CONTRACT = {
    *(
        "commands",
        "errors",
        "events",
        "fields",
        "frozen",
        "fsm",
        "ids",
        "network",
        "settings",
        "styling",
        "words",
    ),
}
"""The modules of gateway/ that a network may see."""

IMPURE = {
    *("gevent", "greenlet", "asyncio", "threading", "queue", "concurrent", "multiprocessing"),
    *("socket", "ssl", "select", "selectors", "http", "urllib.request", "subprocess"),
    *("time", "random", "secrets", "uuid", "os", "tempfile", "pathlib", "shutil", "logging"),
}
"""Doing, waiting, the clock and chance: a network asks for all of these by effects."""

SHARED = {"aim": "networks.oscar", "icq": "networks.oscar"}
"""Networks that are one protocol under several names."""

ASYNCIO = {
    "gateway/hub.py",
    "gateway/xmpp/component.py",
    "gateway/trial/people.py",
    "gateway/trial/proof.py",
    "gateway/trial/resident.py",
}
"""Where it is known: the loop, slixmpp's stream on it, and processes of their own."""

LEFT_OVER = re.compile(r"\b(TODO|FIXME)\b")
"""What is not finished is not there; docs/status.md says so."""

TEXTS = sorted(
    path
    for folder in (
        "",
        "deploy/",
        "docs/",
        "gateway/",
        "migrations/",
        "networks/",
        "scripts/",
        "tests/",
    )
    for path in ROOT.glob(f"{folder}**/*" if folder else "*")
    if path.is_file() and "__pycache__" not in path.parts and path != Path(__file__)
)

GATEWAY = sorted(ROOT.glob("gateway/**/*.py"))
NETWORKS = sorted(ROOT.glob("networks/*/**/*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full name of every module a file imports, and of everything it takes out of one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import in line {node.lineno}"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert {ROOT / "gateway/fsm.py"} < set(GATEWAY)
    assert {ROOT / "networks/irc/__init__.py"} < set(NETWORKS)


@pytest.mark.parametrize("path", NETWORKS, ids=shown)
def test_network_sees_the_contract_only(path: Path) -> None:
    allowed = {f"gateway.{name}" for name in CONTRACT}
    for name in imports(path):
        if within(name, {"gateway"}) and name != "gateway":
            assert within(name, allowed), f"{shown(path)}: {name} is not of the contract"


@pytest.mark.parametrize("path", NETWORKS, ids=shown)
def test_network_knows_no_other(path: Path) -> None:
    own = path.relative_to(ROOT / "networks").parts[0]
    allowed = {f"networks.{own}", SHARED.get(own, f"networks.{own}")}
    for name in imports(path):
        if within(name, {"networks"}):
            assert within(name, allowed), f"{shown(path)}: {name} is of another network"


@pytest.mark.parametrize("path", NETWORKS, ids=shown)
def test_network_does_nothing_itself(path: Path) -> None:
    for name in imports(path):
        assert not within(name, IMPURE), f"{shown(path)}: {name} is for gateway/ to use"


@pytest.mark.parametrize("path", GATEWAY, ids=shown)
def test_gateway_knows_no_network(path: Path) -> None:
    """``gateway.config`` finds them below the package ``networks`` by the names in gateway.yaml."""
    for name in imports(path):
        assert not name.startswith("networks."), f"{shown(path)}: {name}"
    if shown(path) != "gateway/config.py":
        assert "networks" not in set(imports(path)), shown(path)


@pytest.mark.parametrize("path", GATEWAY, ids=shown)
def test_asyncio_stays_in_its_corner(path: Path) -> None:
    if any(within(name, {"asyncio"}) for name in imports(path)):
        assert shown(path) in ASYNCIO, f"{shown(path)}: gateway.hub has what is needed of asyncio"


def test_nothing_is_left_over() -> None:
    for path in TEXTS:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            assert not LEFT_OVER.search(line), f"{shown(path)}:{number}: {line.strip()}"
