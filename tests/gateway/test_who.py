"""RFC 7622, as far as operators meet it."""

import pytest

from gateway import who


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.org", "example.org"),
        ("Example.ORG", "example.org"),
        ("localhost", "localhost"),
        ("Bücher.example", "bücher.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_domain(text: str, domain: str) -> None:
    assert who.domain(text) == domain


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a..b", ".a", "-a", "a_b", "*", "a@b", "a/b", "[::1]", "x" * 64]
)
def test_no_domain(text: str) -> None:
    with pytest.raises(ValueError, match="not a domain"):
        who.domain(text)


@pytest.mark.parametrize(
    ("pattern", "meant", "others"),
    [
        ("*", ["juliet@example.org", "x@y"], []),
        ("Example.org", ["juliet@example.org"], ["juliet@a.example.org", "juliet@xexample.org"]),
        ("*.example.org", ["x@a.example.org", "x@a.b.example.org"], ["x@example.org"]),
        ("Juliet@example.org", ["juliet@example.org"], ["romeo@example.org", "juliet@example.com"]),
    ],
)
def test_pattern(pattern: str, meant: list[str], others: list[str]) -> None:
    parsed = who.Pattern.parse(pattern)
    assert all(parsed.matches(user) for user in meant)
    assert not any(parsed.matches(user) for user in others)


@pytest.mark.parametrize("text", ["", "a b@c", "@example.org", "a@", "a@b/c", "*@b", "*.", "a@*.b"])
def test_no_pattern(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        who.Pattern.parse(text)
