"""Every language says all that the code says."""

import ast
import pkgutil
import string
from importlib import import_module
from pathlib import Path
from typing import Any

import gevent
import pytest

import networks
from gateway import i18n, words
from gateway.words import ENGLISH, tr
from networks.irc.settings import IrcSettings

CATALOGS = sorted(i18n.LOCALE.glob("*.po"))

SOURCES = sorted(
    path for name in ("gateway", "networks") for path in i18n.ROOT.glob(f"{name}/**/*.py")
)

language = pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def texts() -> set[str]:
    return {str(message.id) for message in i18n.template() if message.id}


def test_there_are_some() -> None:
    assert [path.stem for path in CATALOGS] == ["de", "es", "fr"]
    assert set(i18n.voices()) == {"de", "en", "es", "fr"}


def test_the_catalogs_are_up_to_date() -> None:
    """``python -m gateway.i18n`` would change nothing."""
    assert i18n.updated(CATALOGS[0]) == CATALOGS[0].read_text("utf-8")


@language
def test_a_catalog_is_complete(path: Path, texts: set[str]) -> None:
    found = {str(m.id): m for m in i18n.catalog(path) if m.id}
    assert set(found) == texts
    assert [text for text, message in found.items() if not message.string or message.fuzzy] == []


@language
def test_a_translation_has_the_same_placeholders_and_lines(path: Path) -> None:
    for message in i18n.catalog(path):
        text, translated = str(message.id), str(message.string)
        if text:
            assert placeholders(translated) == placeholders(text), text
            assert translated.count("\n") == text.count("\n"), text


def placeholders(text: str) -> list[tuple[str | None, str | None, str | None]]:
    return sorted(
        (name, spec, conversion)
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def test_all_that_is_said_is_found(texts: set[str]) -> None:
    """And ``tr`` is given nothing that was put together before, for no catalog can have that."""
    for node in (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = node.args[0] if node.func.id in i18n.KEYWORDS else None
            assert not isinstance(given, ast.JoinedStr | ast.BinOp), ast.unparse(node)
            assert not isinstance(given, ast.Constant) or given.value in texts, ast.unparse(node)


def test_all_labels_of_networks_are_found(texts: set[str]) -> None:
    modes = [IrcSettings(server="irc.verona.lit"), IrcSettings(mode="open")]
    for module in pkgutil.iter_modules(networks.__path__):
        network: Any = getattr(import_module(f"networks.{module.name}"), "NETWORK", None)
        if network is None:
            continue
        fields = [field for mode in modes for field in network.fields(mode, "")]
        fields += [*network.search, *network.profile]
        assert network.prompt in texts
        for field in fields:
            assert field.label in texts, field
            assert not field.description or field.description in texts, field


# Which language.


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("fr-Latn-CA-x-verlan", "fr"),
        ("es-419", "es"),
        ("en-GB", "en"),
        ("tlh", "en"),
        ("deutsch", "en"),
        ("", "en"),
        ("-", "en"),
        ("é\0", "en"),
    ],
)
def test_tags(tag: str, spoken: str) -> None:
    assert i18n.find(tag).language == spoken


def test_no_flood_of_tags_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "MOST_TAGS", 2)
    i18n._known.clear()
    for tag in ("de", "x-1", "x-2", "x-3", "de"):
        i18n.find(tag)
        assert len(i18n._known) <= 2


def test_each_greenlet_has_its_own_voice() -> None:
    def say(tag: str) -> str:
        i18n.speak(tag)
        gevent.idle()
        return f"{words.language()}: {tr('Password')}"

    speakers = [gevent.spawn(say, tag) for tag in ("de", "fr-CA", "en", "es")]
    gevent.joinall(speakers, raise_error=True)
    assert [speaker.value for speaker in speakers] == [
        "de: Passwort",
        "fr: Mot de passe",
        "en: Password",
        "es: Contraseña",
    ]


def test_what_no_catalog_has() -> None:
    i18n.speak("de")
    assert tr("the network's own words") == "the network's own words"
    assert tr("") == ""
    words.voice.set(ENGLISH)
    assert tr("Password") == "Password"
