"""gateway.yaml: what it means, and what is said when it means nothing."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from gateway.config import (
    ControlSettings,
    KeySettings,
    LimitSettings,
    LogSettings,
    StoreSettings,
    XmppSettings,
    load,
)
from gateway.errors import ConfigError
from gateway.sections import TransportSection
from networks.irc.settings import IrcSettings
from tests.gateway.verona import SMALLEST, VeronaSettings, config, verona, write

__all__ = ["verona"]

pytestmark = pytest.mark.usefixtures("verona")

DOCUMENTED = (
    XmppSettings,
    StoreSettings,
    KeySettings,
    LogSettings,
    ControlSettings,
    LimitSettings,
    TransportSection,
)

ROOT = Path(__file__).parents[2]

TRANSPORT = "transports: {verona.example.org: {network: verona, host: h"


def problems(folder: Path, text: str) -> list[str]:
    """Without the path of the file, which begins each line."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_smallest(tmp_path: Path) -> None:
    found = config(tmp_path)
    assert found.xmpp.domain == "example.org"
    assert found.xmpp.secret.get_secret_value() == "montague"
    assert (found.xmpp.host, found.xmpp.port) == ("127.0.0.1", 5275)
    assert found.store.url == f"sqlite:///{tmp_path}/var/greengate.db"
    assert found.keys.file == tmp_path / "var/greengate.keys"
    assert found.control.socket == tmp_path / "var/control.sock"
    transport = found.transports["verona.example.org"]
    assert transport.settings == VeronaSettings(host="verona.lit")
    assert transport.name == "Verona"
    assert transport.admits("juliet@example.org")
    assert not transport.admits("juliet@example.com")


def test_the_one_that_comes_with_it(tmp_path: Path) -> None:
    """It loads as it is, and what it comments out is what holds without it."""
    text = (ROOT / "gateway.yaml").read_text()
    path = write(tmp_path, text)
    as_it_is = load(path, {})
    assert as_it_is.transports["irc.example.org"].network.name == "irc"
    lines = [line.replace("#", "", 1) if _is_default(line) else line for line in text.splitlines()]
    written_out = load(write(tmp_path, "\n".join(lines)), {})
    assert lines != text.splitlines()
    # The network has defaults that depend on each other; that its settings load is enough.
    assert replace(written_out, transports=as_it_is.transports) == as_it_is


def _is_default(line: str) -> bool:
    """A commented setting: no space after the ``#``; alternatives are not defaults."""
    bare = line.lstrip()
    alternatives = ("#env:", "#allow_users:", "#anyirc", "#aim", "#msn")
    return bare.startswith("#") and bare[1:2].isalpha() and not bare.startswith(alternatives)


@pytest.mark.parametrize("domain", ["anyirc.example.org", "aim.example.org", "msn.example.org"])
def test_a_commented_transport_that_comes_with_it(tmp_path: Path, domain: str) -> None:
    text = (ROOT / "gateway.yaml").read_text()
    before, mark, after = text.partition(f"  #{domain}")
    block, end, rest = after.partition("\n\n")
    uncommented = re.sub(r"^  #", "  ", mark + block, flags=re.MULTILINE)
    found = load(write(tmp_path, before + uncommented + end + rest), {})
    assert list(found.transports) == ["irc.example.org", domain]


def test_frozen(tmp_path: Path) -> None:
    found = config(tmp_path)
    with pytest.raises(ValidationError):
        found.xmpp.port = 1
    with pytest.raises(TypeError):
        found.transports["other"] = found.transports["verona.example.org"]  # type: ignore[index]


def test_no_secret_in_repr(tmp_path: Path) -> None:
    text = SMALLEST + "store: {url: 'postgresql://romeo:capulet@h/d'}"
    shown = repr(config(tmp_path, text))
    assert "montague" not in shown
    assert "capulet" not in shown


# Secrets.


def test_secret_file_is_made_once(tmp_path: Path) -> None:
    text = SMALLEST.replace("secret: montague", "secret_file: var/xmpp.secret")
    first = config(tmp_path, text).xmpp.secret
    file = tmp_path / "var/xmpp.secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(first.get_secret_value()) == 64
    assert config(tmp_path, text).xmpp.secret == first
    file.write_text("my own\n")
    assert config(tmp_path, text).xmpp.secret.get_secret_value() == "my own"


def test_secret_from_the_environment(tmp_path: Path) -> None:
    text = SMALLEST.replace("secret: montague", "secret_env: SECRET")
    found = config(tmp_path, text, {"SECRET": "rosaline"})
    assert found.xmpp.secret.get_secret_value() == "rosaline"


def test_a_networks_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mercutio\n")
    text = SMALLEST.replace("host: verona.lit", "host: verona.lit, password_file: password")
    settings = config(tmp_path, text).transports["verona.example.org"].settings
    assert settings == VeronaSettings(host="verona.lit", password="mercutio")


def test_keys_from_the_environment(tmp_path: Path) -> None:
    found = config(tmp_path, SMALLEST + "keys: {env: GREENGATE_KEYS}").keys
    assert (found.file, found.env) == (None, "GREENGATE_KEYS")


# Who may use a transport.


@pytest.mark.parametrize(
    ("lists", "admitted"),
    [
        ("", {"juliet@example.org", "romeo@example.org"}),
        ("allow_users: ['*']", {"juliet@example.org", "romeo@example.org", "x@a.example.com"}),
        ("allow_users: []", set()),
        ("allow_users: [Juliet@Example.ORG]", {"juliet@example.org"}),
        ("allow_users: ['*.example.com']", {"x@a.example.com"}),
        ("deny_users: [romeo@example.org]", {"juliet@example.org"}),
        ("allow_users: ['*'], deny_users: [example.org]", {"x@a.example.com"}),
    ],
)
def test_who_is_admitted(tmp_path: Path, lists: str, admitted: set[str]) -> None:
    text = SMALLEST.replace("host: verona.lit", f"host: verona.lit, {lists}")
    transport = config(tmp_path, text).transports["verona.example.org"]
    everybody = {"juliet@example.org", "romeo@example.org", "x@a.example.com"}
    assert {user for user in everybody if transport.admits(user)} == admitted


# What is wrong.

FIRST = "xmpp: {domain: example.org, secret: s}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{FIRST}{TRANSPORT}, port: sixty}}}}", "port: 'sixty' is not a port (1 to 65535)"),
        (f"{FIRST}{TRANSPORT}, port: 65536}}}}", "port: 65536 is not a port (1 to 65535)"),
        (f"{FIRST}{TRANSPORT}, hst: x}}}}", "hst: is no setting; did you mean 'host'?"),
        (f"{FIRST}{TRANSPORT}, netwrk: x}}}}", "netwrk: is no setting; did you mean 'network'?"),
        (f"{FIRST}{TRANSPORT}, friends: x}}}}", "friends: 'x' is not a list"),
        (f"{FIRST}{TRANSPORT}, password: 5}}}}", "password: … is not text (in quotes, if it looks"),
        (f"{FIRST}{TRANSPORT}, gates: {{s: {{port: 0}}}}}}}}", "gates.s.port: 0 is not a port"),
        (f"{FIRST}{TRANSPORT}, hidden: no}}}}", "hidden: 'no' is not true or false"),
        (
            f"{FIRST}{TRANSPORT}, allow_users: ['a b@c']}}}}",
            "allow_users[0]: 'a b@c' is not juliet",
        ),
        (
            f"{FIRST}{TRANSPORT}, password_env: NO}}}}",
            "password_env: names an environment variable",
        ),
        (f"{FIRST}{TRANSPORT}, password_file: no}}}}", "password_file: "),
    ],
)
def test_a_transport_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    (line,) = problems(tmp_path, text)
    assert line.startswith(f"transports.verona.example.org.{expected}")


@pytest.mark.parametrize(
    ("transports", "expected"),
    [
        ("", "transports: is empty; name at least one"),
        ("a.org: {network: verona}", "transports.a.org.host: is missing"),
        ("a.org: {host: h}", "transports.a.org.network: is missing"),
        (
            "a.org: {network: verona, host: h, hidden: true}",
            "transports.a.org: hidden needs gates, to come in by",
        ),
        (
            "'a b': {network: verona, host: h}",
            "transports.a b: is not a domain like irc.example.org",
        ),
        (
            "Example.ORG: {network: verona, host: h}",
            "transports.Example.ORG: is xmpp.domain; a transport needs a domain of its own",
        ),
        (
            "{a.org: {network: verona, host: h}, A.ORG: {network: verona, host: h}}",
            "transports.A.ORG: is the same domain as transports.a.org",
        ),
        ("a.org: 5", "transports.a.org: … is not a mapping (name: value)"),
    ],
)
def test_transports_are_wrong(tmp_path: Path, transports: str, expected: str) -> None:
    assert expected in problems(tmp_path, f"{FIRST}transports:\n  {transports}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mlan", "'mlan' is no network; did you mean 'milan'?"),
        ("../milan", "'../milan' is no network; did you mean 'milan'?"),
        ("sms", "'sms' is no network; there are: milan, verona"),
    ],
)
def test_no_such_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    for known in ("verona", "milan"):
        (tmp_path / known).mkdir()
        (tmp_path / known / "__init__.py").touch()
    monkeypatch.setattr("networks.__path__", [str(tmp_path)])
    text = f"{FIRST}transports: {{a.org: {{network: {name}}}}}"
    assert problems(tmp_path, text) == [f"transports.a.org.network: {expected}"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("logg: {}", "logg: is no setting; did you mean 'log'?"),
        ("log: {level: loud}", "log.level: 'loud' is not debug, info, warning or error"),
        ("log: 5", "log: … is not a mapping (name: value)"),
        ("limits: {outbox: 1.5}", "limits.outbox: 1.5 is not a whole number (1 or more)"),
        ("limits: {outbox: true}", "limits.outbox: true is not a whole number (1 or more)"),
        ("limits: {max_body:}", "limits.max_body: nothing is not a whole number (1 or more)"),
        (
            "limits: {logins_per_second: 0}",
            "limits.logins_per_second: 0 is not a number above 0",
        ),
        ("keys: {file: a, env: B}", "keys: has both file and env; remove one of them"),
        ("keys: {env: 1 2}", "keys.env: … is not the name of an environment variable"),
        (
            "store: {url: 'mysql://romeo:capulet@h/d'}",
            "store.url: 'mysql://romeo:…@h/d' is not sqlite:///a/path or "
            "postgresql://user:password@host/database",
        ),
        (
            "store: {url: 'sqlite://'}",
            "store.url: 'sqlite://' is not sqlite:///a/path or "
            "postgresql://user:password@host/database",
        ),
        (
            f"control: {{socket: /{'x' * 107}}}",
            f"control.socket: '/{'x' * 59}…' is not a path of at most 107 bytes "
            "(its folder included)",
        ),
    ],
)
def test_a_section_is_wrong(tmp_path: Path, section: str, expected: str) -> None:
    assert problems(tmp_path, f"{SMALLEST}{section}") == [expected]


@pytest.mark.parametrize(
    ("xmpp", "expected"),
    [
        ("{secret: s}", "xmpp.domain: is missing"),
        ("{domain: a@b, secret: s}", "xmpp.domain: 'a@b' is not a domain like example.org"),
        ("{domain: a..b, secret: s}", "xmpp.domain: 'a..b' is not a domain like example.org"),
        ("{domain: a.org}", "xmpp.secret: is missing"),
        ("{domain: a.org, secret: ''}", "xmpp.secret: … is not text (not empty)"),
        ("{domain: a.org, secret: 5}", "xmpp.secret: … is not text (not empty)"),
        (
            "{domain: a.org, secret: s, secret_env: S}",
            "xmpp.secret_env: stands beside secret; remove one of them",
        ),
        ("{domain: a.org, secret_file: 5}", "xmpp.secret_file: is not text (not empty)"),
    ],
)
def test_xmpp_is_wrong(tmp_path: Path, xmpp: str, expected: str) -> None:
    assert problems(tmp_path, f"xmpp: {xmpp}\n{TRANSPORT}}}}}") == [expected]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = f"xmpp: {{domain: 5, port: x}}\nlog: {{level: x}}\n{TRANSPORT}, port: 0}}}}"
    places = [line.partition(": ")[0] for line in problems(tmp_path, text)]
    assert set(places) == {
        "xmpp.domain",
        "xmpp.port",
        "xmpp.secret",
        "log.level",
        "transports.verona.example.org.port",
    }


def test_secret_file_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text = SMALLEST.replace("secret: montague", "secret_file: file/secret")
    assert any("xmpp.secret_file: cannot be made" in line for line in problems(tmp_path, text))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; name yours with --config"):
        load(tmp_path / "gateway.yaml")


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not text"):
        load(path)


def test_a_bug_in_a_network_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that exists and fails to import what it needs is our bug, not the operator's."""
    package = tmp_path / "networks_for_test" / "broken"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import no_such_module_anywhere")
    monkeypatch.setattr("networks.__path__", [str(package.parent)])
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        config(tmp_path, f"{FIRST}transports: {{a.org: {{network: broken}}}}")


def test_paths_start_at_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, SMALLEST + "keys: {file: /etc/keys}")
    monkeypatch.chdir(tmp_path.parent)
    found = load(Path(os.path.relpath(tmp_path / "gateway.yaml")), {})
    assert found.control.socket == tmp_path / "var/control.sock"
    assert found.keys.file == Path("/etc/keys")


# What is written about it.


@pytest.mark.parametrize("model", [*DOCUMENTED, IrcSettings], ids=lambda model: model.__name__)
def test_every_setting_is_explained(model: type[BaseModel]) -> None:
    """And shown in the gateway.yaml that comes with it."""
    explained = (ROOT / "docs/configuration.md").read_text()
    shown = (ROOT / "gateway.yaml").read_text()
    assert [name for name in model.model_fields if f"| `{name}` |" not in explained] == []
    assert [name for name in model.model_fields if not re.search(rf"\b{name}\w*:", shown)] == []


def test_defaults_are_as_written() -> None:
    explained = (ROOT / "docs/configuration.md").read_text()
    for model in DOCUMENTED:
        for name, field in model.model_fields.items():
            if not field.is_required() and isinstance(field.default, str | int | float | Path):
                assert f"| `{name}` | `{field.default}` |" in explained, (model, name)
