"""What is remembered of what our user said."""

import pytest

from gateway.ids import ChatId, MessageId
from gateway.xmpp import lately
from gateway.xmpp.lately import Lately, Said

ROMEO, PARIS = ChatId("romeo"), ChatId("paris")


def add(given: Lately, id: str, chat: ChatId = ROMEO) -> Said:
    return given.add(chat, id, f"body of {id}", is_markable=False)


def test_a_message_is_found_by_either_name() -> None:
    given = Lately()
    first, second = add(given, "1"), add(given, "2")
    first.taken(MessageId("m1"), is_confirmed=True)
    assert given.find(ROMEO, "1") is first
    assert given.named(ROMEO, MessageId("m1")) is first
    assert given.find(PARIS, "1") is given.named(PARIS, MessageId("m1")) is None
    assert given.find(ROMEO, "2") is second


def test_the_last_is_that_of_its_chat() -> None:
    given = Lately()
    first, second, elsewhere = add(given, "1"), add(given, "2"), add(given, "3", PARIS)
    assert [given.is_last(said) for said in (first, second, elsewhere)] == [False, True, True]
    again = add(given, "1")  # A client that sends it anew.
    assert given.is_last(again)


def test_what_has_no_name_is_not_kept() -> None:
    given = Lately()
    add(given, "")
    assert given.find(ROMEO, "") is None


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lately, "MOST", 2)
    given = Lately()
    for name in "123":
        add(given, name)
    assert [given.find(ROMEO, name) is not None for name in "123"] == [False, True, True]


def test_what_it_says() -> None:
    said = add(Lately(), "1")
    assert said.says("body of 1")
    said.change("another")
    assert (said.says("another"), said.says("body of 1"), said.start) == (True, False, "another")
    said.refused()
    assert not said.says("another")
    assert said.never_was
    said.taken(None, is_confirmed=False)
    assert not said.never_was
