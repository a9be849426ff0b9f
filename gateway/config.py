"""gateway.yaml to typed, frozen settings.

``load`` finds every problem there is, tells them all at once, and nothing starts before the list is
empty.  ``gateway.sections`` has the sections; docs/configuration.md explains them at length.

Wherever a setting ``password`` can stand, ``password_file`` (a path) or ``password_env`` (the name
of an environment variable) can stand instead, so that the file itself needs to hold no secret.
"""

import importlib
import json
import os
import pkgutil
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

import networks
from gateway import privatefile, who, yamlfile
from gateway.errors import ConfigError
from gateway.network import Network
from gateway.problems import Problems, closest, found
from gateway.sections import (
    ControlSettings,
    KeySettings,
    LimitSettings,
    LogSettings,
    StoreSettings,
    TransportSection,
    XmppSettings,
)
from gateway.settings import Settings

__all__ = [
    "Config",
    "ControlSettings",
    "KeySettings",
    "LimitSettings",
    "LogSettings",
    "StoreSettings",
    "Transport",
    "XmppSettings",
    "load",
]

ModelT = TypeVar("ModelT", bound=BaseModel)

SECTIONS = ("xmpp", "store", "keys", "log", "control", "limits", "transports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One entry of ``transports``: one domain of ours, and what is behind it."""

    domain: str
    network: Network
    settings: Settings
    """The network's own."""
    name: str
    """For people: "Libera Chat"."""
    allow_users: tuple[who.Pattern, ...]
    deny_users: tuple[who.Pattern, ...]
    logins_per_second: float | None = None
    """None: as in ``Config.limits``."""
    login_burst: int | None = None

    def admits(self, user: str) -> bool:
        """Whether the owner of the bare JID, prepared, may use this transport."""
        if any(pattern.matches(user) for pattern in self.deny_users):
            return False
        return any(pattern.matches(user) for pattern in self.allow_users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    path: Path
    xmpp: XmppSettings
    store: StoreSettings
    keys: KeySettings
    log: LogSettings
    control: ControlSettings
    limits: LimitSettings
    transports: Mapping[str, Transport]
    """By domain, in the order of the file; at least one."""


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """
    Makes the file that ``xmpp.secret_file`` names, if there is none.

    Raises:
        ConfigError: every problem there is, a line each.
    """
    return _Loading(path, environ).config()


class _Loading:
    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path.absolute()
        self.environ = environ
        self.problems = Problems(str(path))
        self.raw = self._refuse_unknown("", self._mapping("", _read(path)), SECTIONS)

    def config(self) -> Config:
        self._make_secret()
        xmpp = self._section("xmpp", XmppSettings)
        sections: dict[str, Any] = {
            "xmpp": xmpp,
            "store": self._section("store", StoreSettings),
            "keys": self._section("keys", KeySettings, self._keys()),
            "log": self._section("log", LogSettings),
            "control": self._section("control", ControlSettings),
            "limits": self._section("limits", LimitSettings),
        }
        transports = self._transports(xmpp.domain if xmpp else "")
        self.problems.raise_if_any()
        return Config(path=self.path, transports=MappingProxyType(transports), **sections)

    # Sections.

    def _make_secret(self) -> None:
        file = self._mapping("xmpp", self.raw.get("xmpp")).get("secret_file")
        if not isinstance(file, str) or not file:
            return  # _fill_in says so.
        path = Path(self.path.parent, file)
        try:
            privatefile.create(path, secrets.token_hex(32) + "\n")
        except OSError as error:
            if not path.is_file():
                self.problems.add("xmpp.secret_file", f"cannot be made: {error.strerror}")

    def _keys(self) -> dict[str, Any]:
        raw = self._mapping("keys", self.raw.get("keys"))
        given = {name for name in ("file", "env") if raw.get(name) is not None}
        if given == {"file", "env"}:
            self.problems.add("keys", "has both file and env; remove one of them")
        return raw if given != {"env"} else {**raw, "file": None}

    # Transports.

    def _transports(self, own: str) -> dict[str, Transport]:
        transports: dict[str, Transport] = {}
        raw = self._mapping("transports", self.raw.get("transports"))
        if not raw:
            self.problems.add("transports", "is empty; name at least one")
        seen: dict[str, str] = {}
        for key, value in raw.items():
            place = f"transports.{key}"
            domain = self._domain(place, key, own)
            if domain in seen:
                self.problems.add(place, f"is the same domain as {seen[domain]}")
            seen[domain] = place
            transport = self._transport(place, domain, self._mapping(place, value), own)
            if transport:
                transports[domain] = transport
        return transports

    def _domain(self, place: str, key: str, own: str) -> str:
        try:
            domain = who.domain(key)
        except ValueError:
            self.problems.add(place, "is not a domain like irc.example.org")
            return key
        if domain == own:
            self.problems.add(place, "is xmpp.domain; a transport needs a domain of its own")
        return domain

    def _transport(
        self, place: str, domain: str, raw: dict[str, Any], own: str
    ) -> Transport | None:
        common = {name: raw.pop(name) for name in TransportSection.model_fields if name in raw}
        section = self._validate(place, common, TransportSection)
        network = self._network(f"{place}.network", section.network) if section else None
        if not section or not network:
            return None
        settings = self._validate(place, raw, network.settings, TransportSection.model_fields)
        if not settings:
            return None
        return Transport(
            domain=domain,
            network=network,
            settings=settings,
            name=section.name or network.title,
            allow_users=(who.Pattern("", own),)
            if section.allow_users is None
            else section.allow_users,
            deny_users=section.deny_users,
            logins_per_second=section.logins_per_second,
            login_burst=section.login_burst,
        )

    def _network(self, place: str, name: str) -> Network | None:
        module = f"{networks.__name__}.{name}"
        if name.isidentifier():
            try:
                network = importlib.import_module(module).NETWORK
            except ModuleNotFoundError as error:
                if error.name != module:
                    raise
            else:
                assert isinstance(network, Network)
                return network
        known = sorted(module.name for module in pkgutil.iter_modules(networks.__path__))
        hint = closest(name, known) or f"; there are: {', '.join(known)}"
        self.problems.add(place, f"{found(name)} is no network{hint}")
        return None

    # Anything.

    def _section(
        self, place: str, model: type[ModelT], raw: dict[str, Any] | None = None
    ) -> ModelT | None:
        if raw is None:
            raw = self._mapping(place, self.raw.get(place))
        return self._validate(place, raw, model)

    def _mapping(self, place: str, raw: Any) -> dict[str, Any]:
        if raw is None:
            return {}
        if isinstance(raw, dict):
            return dict(raw)
        self.problems.add(place, f"{found(raw, secret=True)} is not a mapping (name: value)")
        return {}

    def _refuse_unknown(
        self, place: str, raw: dict[str, Any], names: Collection[str]
    ) -> dict[str, Any]:
        for key in raw.keys() - set(names):
            self.problems.add_unknown(place, key, names)
        return {key: value for key, value in raw.items() if key in names}

    def _validate(
        self, place: str, raw: dict[str, Any], model: type[ModelT], also: Collection[str] = ()
    ) -> ModelT | None:
        """``also``: what may be meant by an unknown name, besides the settings of the model."""
        raw, failed = self._fill_in(place, raw, model)
        raw = self._refuse_unknown(place, raw, [*model.model_fields, *also])
        context = {"folder": self.path.parent}
        try:
            # As JSON, because strict pydantic takes tuples, sets and paths from JSON only.
            return model.model_validate_json(json.dumps(raw), context=context)
        except ValidationError as error:
            self.problems.add_invalid(place, error, model, failed)
            return None

    def _fill_in(
        self, place: str, raw: dict[str, Any], model: type[BaseModel]
    ) -> tuple[dict[str, Any], set[str]]:
        """Put what ``x_file`` and ``x_env`` lead to into ``x``; name those that lead nowhere."""
        filled, failed = dict(raw), set()
        for key, source in raw.items():
            name, _, kind = key.rpartition("_")
            if key in model.model_fields or name not in model.model_fields:
                continue
            if kind not in ("file", "env"):
                continue
            del filled[key]
            try:
                if name in filled:
                    raise ValueError(f"stands beside {name}; remove one of them")
                if not isinstance(source, str) or not source:
                    raise ValueError("is not text (not empty)")
                filled[name] = self._from_file(source) if kind == "file" else self._from_env(source)
            except ValueError as error:
                self.problems.add(f"{place}.{key}", str(error))
                failed.add(name)
        return filled, failed

    def _from_file(self, source: str) -> str:
        path = Path(self.path.parent, source)
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except UnicodeError:
            raise ValueError(f"{path} is not text (UTF-8)") from None
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from None

    def _from_env(self, source: str) -> str:
        if source not in self.environ:
            raise ValueError("names an environment variable that is not set")
        return self.environ[source]


def _read(path: Path) -> Any:
    try:
        return yamlfile.read(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; name yours with --config, or start from the gateway.yaml that "
            "comes with Greengate"
        ) from None
    except UnicodeError:
        raise ConfigError(f"{path}: is not text (UTF-8)") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
