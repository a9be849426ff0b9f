"""The languages users are spoken to in: catalogs of gettext under ``gateway/locale``.

    router, bridge ── speak("de-AT") ──► the greenlet's voice ──► tr

English is in the code.  A language that there is no catalog of is what it begins with (de-AT: de),
or else English.

    python -m gateway.i18n    finds what the code says anew, and brings the catalogs up to date
"""

import io
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gateway.words import ENGLISH, Voice, voice

ROOT = Path(__file__).parents[1]

LOCALE = Path(__file__).parent / "locale"

KEYWORDS = {"tr": None, "mark": None}

WIDTH = 100

HEADER = """\
# Made by python -m gateway.i18n from what the code says; the translations are written here.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""

MOST_TAGS = 1024
"""Language tags that are kept with what they lead to; anybody can make up more."""

_known: dict[str, Voice] = {}


def speak(tag: str) -> None:
    """To the one whom this greenlet is about to answer."""
    voice.set(find(tag))


def find(tag: str) -> Voice:
    """Of a tag like ``de-AT`` (RFC 5646), which comes from outside."""
    found = _known.get(tag)
    if found is None:
        if len(_known) >= MOST_TAGS:
            _known.clear()
        found = _known[tag] = _find(tag.casefold().replace("_", "-"))
    return found


def _find(tag: str) -> Voice:
    while tag:
        if tag in voices():
            return voices()[tag]
        tag = tag.rpartition("-")[0]  # RFC 4647, section 3.4.
    return ENGLISH


@cache
def voices() -> dict[str, Voice]:
    """By language.  Reads all catalogs the first time, which takes a moment."""
    return {path.stem: _read(path) for path in sorted(LOCALE.glob("*.po"))} | {"en": ENGLISH}


def _read(path: Path) -> Voice:
    compiled = io.BytesIO()
    write_mo(compiled, catalog(path))
    compiled.seek(0)
    return Voice(path.stem, GNUTranslations(compiled).gettext)


def catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


# Bringing the catalogs up to date.


def template() -> Catalog:
    """All that the code says."""
    made = Catalog(project="Greengate", charset="utf-8")
    for text in _texts():
        made.add(text)
    return made


def _texts() -> Iterator[str]:
    for folder in ("gateway", "networks"):
        found = extract_from_dir(
            ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=()
        )
        yield from (text for _, _, text, *_ in found if isinstance(text, str))


def update(path: Path) -> None:
    path.write_text(updated(path), "utf-8")


def updated(path: Path) -> str:
    """Without what is not said any more; what is new stands there without a translation."""
    made = catalog(path)
    made.update(template(), no_fuzzy_matching=True)
    made.obsolete.clear()
    texts = io.BytesIO()
    write_po(texts, made, width=WIDTH, sort_output=True, omit_header=True)
    return HEADER.format(language=path.stem) + texts.getvalue().decode()


if __name__ == "__main__":
    for path in sorted(LOCALE.glob("*.po")):
        update(path)
