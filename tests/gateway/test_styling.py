"""How texts look, and where they are cut."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.styling import (
    ILLEGAL,
    LONGEST_CLUSTER,
    MARKS,
    PLAIN,
    Look,
    Run,
    Span,
    Style,
    cut,
    escaped,
    is_joined,
    one_kind_of_line_end,
    spans,
    styled,
    unquoted,
    xhtml,
)

BOLD, ITALIC, STRIKE, MONO, UNDERLINE = Style


def run(text: str, *on: Style) -> Run:
    return Run(text, Look(frozenset(on)))


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([], ""),
        ([run("a")], "a"),
        ([run("a", BOLD)], "*a*"),
        ([run("a", BOLD, ITALIC, STRIKE, MONO)], "*_~`a`~_*"),
        ([run("a", UNDERLINE)], "a"),
        ([run("a ", BOLD), run("b", BOLD, ITALIC)], "*a _b_*"),
        ([run("a"), run("b", BOLD)], "ab"),  # A span begins after white space,
        ([run("a "), run(" b ", BOLD), run("c")], "a  *b* c"),  # and has none at its ends.
        ([run(" ", BOLD)], " "),
        ([run("2*3 "), run("b", BOLD)], "2*3 b"),  # It has a star of its own.
        ([run("a\nb", BOLD), run(" c\nd")], "*a*\n*b* c\nd"),
        ([run("\n", BOLD)], "\n"),
    ],
)
def test_styled(runs: list[Run], text: str) -> None:
    assert styled(runs) == text


@pytest.mark.parametrize(
    ("look", "markup"),
    [
        (PLAIN, "a &lt;\n"),
        (Look(frozenset({BOLD, ITALIC})), "<strong><em>a &lt;\n</em></strong>"),
        (
            Look(frozenset({STRIKE, UNDERLINE})),
            '<span style="text-decoration: underline line-through">a &lt;\n</span>',
        ),
        (
            Look(frozenset({MONO}), "ff0000", "00ff00"),
            '<span style="color: #ff0000; background-color: #00ff00; font-family: monospace">'
            "a &lt;\n</span>",
        ),
        (Look(href="http://a/?b&c"), '<a href="http://a/?b&amp;c">a &lt;\n</a>'),
    ],
)
def test_xhtml(look: Look, markup: str) -> None:
    assert xhtml(Run("a <\n", look)) == markup


LOOKS = st.builds(
    Look,
    st.frozensets(st.sampled_from(Style)),
    st.sampled_from(["", "ff0000"]),
    st.just("00ff00"),
    st.sampled_from(["", "http://a/?b&c"]),
)
RUNS = st.lists(st.builds(Run, st.text(st.sampled_from("ab <&>\n*_"), min_size=1), LOOKS))


@given(RUNS)
def test_nothing_is_lost_or_breaks_xml(runs: list[Run]) -> None:
    text = "".join(run.text for run in runs)
    body = ElementTree.fromstring(f"<body>{''.join(map(xhtml, runs))}</body>")
    assert "".join(body.itertext()) == text
    unmarked = styled(runs)
    for mark in MARKS:
        if mark not in text:
            unmarked = unmarked.replace(mark, "")
    assert unmarked == text


@given(st.text())
def test_what_xml_forbids(text: str) -> None:
    clean = ILLEGAL.sub("", one_kind_of_line_end(text))
    read = ElementTree.fromstring(f"<body>{escaped(clean)}</body>").text
    assert read == (clean or None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ["a"]),
        ("*a* b", [Span(BOLD, "a"), " b"]),
        ("a _b_ ~c~ `d`", ["a ", Span(ITALIC, "b"), " ", Span(STRIKE, "c"), " ", Span(MONO, "d")]),
        ("*a _b_*", [Span(BOLD, "a _b_")]),
        ("`*a*`", [Span(MONO, "*a*")]),
        ("*a _b* c_", [Span(BOLD, "a _b"), " c_"]),
        ("2*3*4", ["2*3*4"]),
        ("* a*", ["* a*"]),
        ("*a *", ["*", "a *"]),
        ("**", ["*", "*"]),
        ("*a", ["*", "a"]),
    ],
)
def test_spans(text: str, expected: list[str | Span]) -> None:
    assert [piece for piece in spans(text) if piece] == expected


@given(st.text(st.sampled_from("*_~`ab ")))
def test_spans_are_the_text(text: str) -> None:
    def written(piece: str | Span) -> str:
        return piece if isinstance(piece, str) else f"{piece.style}{piece.text}{piece.style}"

    assert "".join(map(written, spans(text))) == text


def test_spans_take_no_quadratic_time() -> None:
    text = "*a _b ~c `d " * 20_000
    assert "".join(piece for piece in spans(text) if isinstance(piece, str)) == text


@pytest.mark.parametrize(
    ("line", "quote", "rest"), [("a", "", "a"), (">a", ">", "a"), ("> > a > b", "> > ", "a > b")]
)
def test_unquoted(line: str, quote: str, rest: str) -> None:
    assert unquoted(line) == (quote, rest)


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("abcdef", 4, 4),
        ("ab def", 4, 2),
        ("abcd f", 4, 4),
        ("a cdefgh", 6, 6),  # Too far back.
        ("ab d\nfg", 5, 4),
        ("abc\nd fg", 6, 3),
        ("abce\u0301f", 4, 3),
        ("ab👩\u200d💻c", 4, 2),
        ("ab👍🏽c", 3, 2),
        ("ab🇫🇷🇮🇹", 5, 4),
        ("abᄀ\u1161c", 3, 2),
        ("e" + "\u0301" * 60, 50, 50),  # None near enough.
    ],
)
def test_cut(text: str, end: int, expected: int) -> None:
    assert cut(text, 0, end, "\n ") == expected


@given(st.text(st.sampled_from("ab e\u0301🇫🇷👩\u200d"), min_size=2, max_size=99), st.data())
def test_cut_goes_on(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, len(text) - 1))
    assert start < cut(text, start, end) <= end


@pytest.mark.parametrize("at", [-1, 0, 2, 3, LONGEST_CLUSTER])
def test_the_ends_are_not_joined(at: int) -> None:
    assert not is_joined("e\u0301", at)
    assert is_joined("e\u0301", 1)
