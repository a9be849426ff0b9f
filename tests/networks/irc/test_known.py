"""Small words."""

from datetime import UTC, datetime

import pytest

from networks.irc.known import chat_id, ident, parse_count, parse_unix, words
from networks.irc.wire import parse


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("12", 12), ("", None), ("-1", None), ("x", None), ("٣", None), ("9" * 5000, None)],
)
def test_count(text: str, count: int | None) -> None:
    assert parse_count(text) == count


def test_unix_time() -> None:
    assert parse_unix("1215302400") == datetime(2008, 7, 6, tzinfo=UTC)
    for text in ("", "x", "-1", "٣", "9" * 12, "9" * 5000):
        assert parse_unix(text) is None
    assert parse_unix("9" * 11) is not None


@pytest.mark.parametrize(
    ("nick", "name"),
    [("Juliet", "juliet"), ("[a]-b", "ab"), ("Ζωή", "user"), ("x" * 20, "x" * 10)],
)
def test_user_name(nick: str, name: str) -> None:
    assert ident(nick) == name


def test_id() -> None:
    assert chat_id("#Verona[]") == "#verona[]"


def test_words_of_a_numeric() -> None:
    assert words(parse(":s 401 juliet romeo :No such nick")) == "romeo No such nick"
    assert words(parse(":s 401 :Only this")) == "Only this"
