"""The documentation says what is there: every setting, every command, every link."""

import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import networks
from gateway import config, sections
from gateway.network import Network
from gateway.xmpp.chat import WORDS
from gateway.xmpp.commands import COMMAND
from networks.irc import NETWORK as IRC
from networks.irc.answers import ERRORS
from networks.irc.settings import IrcSettings

ROOT = Path(__file__).parents[1]

MADE = {".venv", "var", ".hypothesis"}
"""Folders that are not ours to check."""

PAGES = sorted(path for path in ROOT.glob("**/*.md") if path.relative_to(ROOT).parts[0] not in MADE)

SECTIONS: dict[str, type[BaseModel]] = {
    "xmpp": sections.XmppSettings,
    "store": sections.StoreSettings,
    "keys": sections.KeySettings,
    "log": sections.LogSettings,
    "control": sections.ControlSettings,
    "limits": sections.LimitSettings,
    "transports": sections.TransportSection,
}

PACKAGES = [
    import_module(f"networks.{module.name}") for module in pkgutil.iter_modules(networks.__path__)
]

NETWORKS: list[Network] = [package.NETWORK for package in PACKAGES if hasattr(package, "NETWORK")]
"""What several networks share has none."""

SHARED = {"aim": "aim-icq", "icq": "aim-icq"}
"""Networks that have one page together."""

QUOTE = '"'

EXAMPLE = (ROOT / "gateway.yaml").read_text()


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of its rank or above."""
    heading = re.search(rf"^(#+) {re.escape(title)}$", text, re.M)
    assert heading, f"no heading {title!r}"
    rest = text[heading.end() :]
    following = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.M)
    return rest[: following.start()] if following else rest


def rows(text: str) -> dict[str, list[str]]:
    """The cells of its tables, by the name in the first one."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    found = (([cell.strip() for cell in row], re.match(r"\s*`([^`]+)`", row[0])) for row in cells)
    return {name[1]: row[1:] for row, name in found if name}


def models(of: Any) -> Iterator[type[BaseModel]]:
    """Those in the annotation of a setting."""
    if isinstance(of, type) and issubclass(of, BaseModel):
        yield of
    for argument in getattr(of, "__args__", ()):
        yield from models(argument)


# Settings.  That docs/configuration.md has them all is tested where they are read.


def test_all_are_looked_at() -> None:
    assert set(SECTIONS) == set(config.SECTIONS)
    assert NETWORKS


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_every_setting_of_a_network_is_on_its_page(network: Network) -> None:
    page = (ROOT / f"docs/networks/{SHARED.get(network.name, network.name)}.md").read_text()
    described = rows(part(page, "Settings"))
    assert set(described) == set(network.settings.model_fields)
    for name, field in network.settings.model_fields.items():
        for model in models(field.annotation):
            missing = {inner for inner in model.model_fields if inner not in str(described[name])}
            assert not missing, f"{name}: {missing}"


@pytest.mark.parametrize("page", ["networks/irc.md", "configuration.md"])
def test_defaults_of_irc(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    described = rows(part(text, "Settings" if "irc" in page else "`network: irc`"))
    for name, field in IrcSettings.model_fields.items():
        if field.default and isinstance(field.default, bool | float | str):
            assert described[name][0] == f"`{json.dumps(field.default).strip(QUOTE)}`", name


@pytest.mark.parametrize("name", SECTIONS)
def test_example_has_every_section(name: str) -> None:
    below = re.search(rf"^{name}:\n((?:[ #].*\n|\n)+)", EXAMPLE + "\n", re.M)
    assert below, f"gateway.yaml: no section {name}"
    for setting in SECTIONS[name].model_fields:
        assert re.search(rf"^ +#?{setting}(_file|_env)?:", below[1], re.M), setting


def defaults() -> Iterator[tuple[str, Any, Any]]:
    """What gateway.yaml has commented out directly before a name, and what holds without it."""
    model: type[BaseModel] = SECTIONS["xmpp"]
    for line in EXAMPLE.splitlines():
        if opened := re.match(r"([a-z]+):$", line):
            model = SECTIONS[opened[1]]
        elif opened := re.match(r" +network: (\w+)", line):
            model = next(n for n in NETWORKS if n.name == opened[1]).settings
        elif commented := re.match(r" +#(\w+): (.*)", line):
            field = model.model_fields.get(commented[1])
            if field and field.default not in (None, PydanticUndefined):
                yield commented[1], yaml.safe_load(commented[2]), field.default


@pytest.mark.parametrize(("name", "said", "default"), list(defaults()))
def test_what_the_example_comments_out_is_the_default(name: str, said: Any, default: Any) -> None:
    if isinstance(default, BaseModel):
        default = default.model_dump()
    assert said == (list(default) if isinstance(default, tuple) else default)


# What users can do.


def test_every_word_of_the_chat() -> None:
    page = (ROOT / "docs/networks/irc.md").read_text()
    described = part(page, "Talking to the transport")
    for word in WORDS.values():
        assert f"`{word.usage}`" in described, word.usage


def test_every_command() -> None:
    of_irc = part((ROOT / "docs/networks/irc.md").read_text(), "Talking to the transport")
    of_contacts = part((ROOT / "docs/contacts.md").read_text(), "Commands of a contact")
    for command in COMMAND.values():
        has_irc = command.needs is None or command.needs in IRC.commands
        title = command.title.partition(", or change")[0]
        assert f"*{title}*" in " ".join((of_irc if has_irc else of_contacts).split()), title


def test_every_refusal_of_irc() -> None:
    page = (ROOT / "docs/networks/irc.md").read_text()
    table = part(page, "Refusals").partition("When logging in")[0]
    said = {
        numeric: condition
        for condition, cells in rows(table).items()
        for numeric in re.findall(r"\b\d{3}\b", cells[-1])
    }
    assert said == {numeric: reason.value for numeric, (reason, _) in ERRORS.items()}


# Links.


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{shown(page)}: {link}: no such file"
        if anchor:
            assert anchor in anchors(target), f"{shown(page)}: {link}: no such heading"
