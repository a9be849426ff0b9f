"""Commands that wait for their answer."""

from gateway.ids import ChatId, Token
from gateway.xmpp.pending import MOST, Joining, Pending


def test_a_token_is_taken_once() -> None:
    pending = Pending()
    waiting = Joining(ChatId("#balcony"))
    token = pending.add(waiting)
    assert pending.take(token) is waiting
    assert pending.take(token) is None


def test_tokens_are_never_the_same() -> None:
    pending = Pending()
    seen = set()
    for number in range(3 * MOST):
        token = pending.add(Joining(ChatId(str(number))))
        seen.add(token)
        pending.take(token)
    assert len(seen) == 3 * MOST


def test_unknown_tokens() -> None:
    assert Pending().take(Token("17")) is None


def test_all_are_taken_in_order() -> None:
    pending = Pending()
    waiting = [Joining(ChatId(str(number))) for number in range(5)]
    tokens = [pending.add(each) for each in waiting]
    assert pending.take_all() == waiting
    assert pending.take_all() == []
    assert pending.take(tokens[0]) is None


def test_there_is_a_limit() -> None:
    pending = Pending()
    tokens = [pending.add(Joining(ChatId("#x"))) for _ in range(MOST)]
    assert pending.is_full
    pending.take(tokens[0])
    assert not pending.is_full
