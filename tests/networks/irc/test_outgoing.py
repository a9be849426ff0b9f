"""Lanes and the bucket."""

from networks.irc.outgoing import BACKGROUND, Entry, Outgoing
from networks.irc.requests import Asked, Request
from networks.irc.wire import Line


def entry(word: str, request: Request | None = None) -> Entry:
    return Entry(Line(word), request)


def order(outgoing: Outgoing) -> list[str]:
    found = []
    while taken := outgoing.take():
        found.append(taken.line.command)
    assert outgoing.waiting == 0
    return found


def test_lanes_take_turns_and_the_background_waits() -> None:
    outgoing = Outgoing(5)
    for lane, word in ((BACKGROUND, "W"), ("a", "A1"), ("a", "A2"), ("b", "B"), ("a", "A3")):
        outgoing.put(lane, entry(word))
    assert order(outgoing) == ["A1", "B", "A2", "A3", "W"]


def test_replace() -> None:
    outgoing = Outgoing(5)
    outgoing.replace("away", entry("A1"))
    outgoing.put("b", entry("B"))
    outgoing.replace("away", entry("A2"))
    assert order(outgoing) == ["B", "A2"]


def test_unsent_requests() -> None:
    outgoing = Outgoing(5)
    first, second = (Request(Asked.MESSAGE, None, number=number) for number in (1, 2))
    outgoing.put("b", entry("x", second))
    outgoing.put("a", entry("y", first))
    outgoing.put("a", entry("z", first))
    outgoing.put("a", entry("-"))
    assert outgoing.unsent() == [first, second]


def test_bucket_is_never_more_than_full() -> None:
    outgoing = Outgoing(2)
    outgoing.refill()
    assert outgoing.tokens == 2
    outgoing.tokens = -3
    outgoing.refill()
    assert outgoing.tokens == -2
