"""A network for tests of what knows no network: it has settings, an address, and no sessions."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import Field, model_validator

from gateway.config import Config, load
from gateway.network import Network
from gateway.settings import Settings


class Gate(Settings):
    port: int = Field(default=6667, ge=1, le=65535)


class VeronaSettings(Settings):
    host: str
    port: int = Field(default=6667, ge=1, le=65535)
    password: str = ""
    friends: tuple[str, ...] = ()
    gates: dict[str, Gate] = Field(default_factory=dict)
    hidden: bool = False

    @model_validator(mode="after")
    def _hides_somewhere(self) -> "VeronaSettings":
        if self.hidden and not self.gates:
            raise ValueError("hidden needs gates, to come in by")
        return self


def _nothing(*_: Any) -> Any:
    raise AssertionError("not a network to log in to")


def _probe(settings: VeronaSettings) -> tuple[str, int] | None:
    return None if settings.hidden else (settings.host, settings.port)


NETWORK = Network(
    name="verona",
    title="Verona",
    prompt="Name",
    commands=frozenset(),
    settings=VeronaSettings,
    addressing=_nothing,
    fields=_nothing,
    check=_nothing,
    guest=None,
    fsm=_nothing,
    translator=_nothing,
    show=repr,
    probe=_probe,
)


@pytest.fixture
def verona(monkeypatch: pytest.MonkeyPatch) -> None:
    """``network: verona`` can stand in gateway.yaml."""
    module = ModuleType("networks.verona")
    module.NETWORK = NETWORK  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


SMALLEST = """\
xmpp: {domain: example.org, secret: montague}
transports:
  verona.example.org: {network: verona, host: verona.lit}
"""


def write(folder: Path, text: str = SMALLEST) -> Path:
    path = folder / "gateway.yaml"
    path.write_text(text)
    return path


def config(folder: Path, text: str = SMALLEST, environ: Mapping[str, str] | None = None) -> Config:
    return load(write(folder, text), environ or {})
