"""https://xmpp.org/extensions/xep-0059.html"""

from xml.etree.ElementTree import fromstring

import pytest

from gateway.errors import Reason
from gateway.xmpp.rsm import MAX_PAGE, RSM, page
from tests.gateway.xmpp.asking import refusal, same

IDS = list("abcdefg")


def asked(inner: str):  # type: ignore[no-untyped-def]
    return fromstring(f"<query><set xmlns='{RSM}'>{inner}</set></query>")


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<max>3</max>", "abc"),
        ("<max>3</max><after>c</after>", "def"),
        ("<max>3</max><after>f</after>", "g"),
        ("<max>3</max><after>g</after>", ""),
        ("<max>3</max><before/>", "efg"),
        ("<max>3</max><before>e</before>", "bcd"),
        ("<max>3</max><before>b</before>", "a"),
        ("<max>3</max><before>a</before>", ""),
        ("<max>2</max><index>4</index>", "ef"),
        ("<max>2</max><index>7</index>", ""),
        ("<max>0</max>", ""),
        ("", "abcdefg"),
    ],
)
def test_pages(inner: str, expected: str) -> None:
    found = page(IDS, asked(inner))
    assert "".join(IDS[found.start : found.stop]) == expected
    first, last = expected[:1], expected[-1:]
    bounds = f"<first index='{found.start}'>{first}</first><last>{last}</last>" if first else ""
    assert same(found.set, f"<set xmlns='{RSM}'>{bounds}<count>7</count></set>")


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("<max>3</max><after>z</after>", Reason.NOT_FOUND),
        ("<max>3</max><before>z</before>", Reason.NOT_FOUND),
        ("<max>3</max><index>8</index>", Reason.NOT_FOUND),
        ("<max>-1</max>", Reason.BAD_REQUEST),
        ("<max>many</max>", Reason.BAD_REQUEST),
        ("<max>3</max><index>²</index>", Reason.BAD_REQUEST),
    ],
)
def test_pages_that_are_not_there(inner: str, reason: Reason) -> None:
    assert refusal(lambda: page(IDS, asked(inner))).reason is reason


def test_who_asks_for_no_page_gets_the_first_without_a_word() -> None:
    many = [str(number) for number in range(MAX_PAGE + 1)]
    found = page(many, fromstring("<query/>"))
    assert (found.start, found.stop, found.set) == (0, MAX_PAGE, None)


def test_no_page_is_longer_than_a_stanza_may_be() -> None:
    many = [str(number) for number in range(MAX_PAGE * 2)]
    found = page(many, asked(f"<max>{MAX_PAGE * 2}</max>"))
    assert found.stop - found.start == MAX_PAGE


def test_turning_pages_shows_everything_once() -> None:
    seen: list[str] = []
    while True:
        after = f"<after>{seen[-1]}</after>" if seen else ""
        found = page(IDS, asked(f"<max>2</max>{after}"))
        if found.start == found.stop:
            break
        seen += IDS[found.start : found.stop]
    assert seen == IDS
