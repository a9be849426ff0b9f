"""What is said in another language than English; the languages themselves: test_i18n."""

from gateway import words
from gateway.words import ENGLISH, Voice, mark, tr


def test_english_is_said_as_it_is_written() -> None:
    assert (tr("Password"), words.language()) == ("Password", "en")


def test_another_voice() -> None:
    words.voice.set(Voice("tlh", {"Password": "mu'"}.__getitem__))
    assert (tr("Password"), words.language()) == ("mu'", "tlh")
    assert tr("") == ""
    words.voice.set(ENGLISH)


def test_a_mark_changes_nothing() -> None:
    assert mark("Password") == "Password"
