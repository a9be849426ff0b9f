"""Formatting both ways, long messages, and CTCP."""

import re
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from networks.irc.text import (
    CODE,
    COLOURS,
    MIN_ROOM,
    ctcp,
    ctcp_quote,
    from_irc,
    from_privmsg,
    lines,
    room,
    to_irc,
    to_privmsgs,
)

# From IRC.


@pytest.mark.parametrize(
    ("text", "plain", "xhtml"),
    [
        ("But soft!", "But soft!", ""),
        ("a < b & c", "a < b & c", ""),
        ("a\tb", "a\tb", ""),
        ("\x02bold\x02 not", "*bold* not", "<strong>bold</strong> not"),
        ("\x02bold\x0f not", "*bold* not", "<strong>bold</strong> not"),
        ("\x1dit", "_it_", "<em>it</em>"),
        ("\x11a < b\x11", "`a < b`", '<span style="font-family: monospace">a &lt; b</span>'),
        ("\x1eno\x1e", "~no~", '<span style="text-decoration: line-through">no</span>'),
        ("\x1fu\x1f", "u", '<span style="text-decoration: underline">u</span>'),
        ("\x02\x1dboth", "*_both_*", "<strong><em>both</em></strong>"),
        (
            "\x02one \x1dtwo\x02 three",
            "*one _two_* _three_",
            "<strong>one </strong><strong><em>two</em></strong><em> three</em>",
        ),
        ("a\x02b\x02c", "abc", "a<strong>b</strong>c"),  # A span begins after white space.
        ("\x02b\x02c", "*b*c", "<strong>b</strong>c"),
        ("a \x02 b \x02 c", "a  *b*  c", "a <strong> b </strong> c"),
        ("\x02 \x02a", " a", "<strong> </strong>a"),
        ("2*3 \x02b", "2*3 b", "2*3 <strong>b</strong>"),  # It has a star of its own.
        ("\x02\x02plain", "plain", ""),
        ("\x0304red", "red", '<span style="color: #ff0000">red</span>'),
        ("\x034red", "red", '<span style="color: #ff0000">red</span>'),
        ("\x0304,01x", "x", '<span style="color: #ff0000; background-color: #000000">x</span>'),
        ("\x0304red\x03 not", "red not", '<span style="color: #ff0000">red</span> not'),
        ("\x0304,x", ",x", '<span style="color: #ff0000">,x</span>'),
        ("\x03045", "5", '<span style="color: #ff0000">5</span>'),
        ("\x0399x", "x", ""),
        ("\x0399,04x", "x", '<span style="background-color: #ff0000">x</span>'),
        ("\x04FF8800x", "x", '<span style="color: #ff8800">x</span>'),
        (
            "\x04FF8800,00ff00x",
            "x",
            '<span style="color: #ff8800; background-color: #00ff00">x</span>',
        ),
        ("\x16x", "x", '<span style="color: #ffffff; background-color: #000000">x</span>'),
        ("\x0304\x16x", "x", '<span style="color: #ffffff; background-color: #ff0000">x</span>'),
        ("be\x07ll\x00\r\ufffe", "bell", ""),
        ("\x02", "", ""),
    ],
)
def test_from_irc(text: str, plain: str, xhtml: str) -> None:
    assert from_irc(text) == (plain, xhtml)


def test_palette() -> None:
    assert len(COLOURS) == 99
    assert all(re.fullmatch("[0-9a-f]{6}", colour) for colour in COLOURS)
    assert (COLOURS[4], COLOURS[52], COLOURS[98]) == ("ff0000", "ff0000", "ffffff")


SOUP = st.text(
    st.sampled_from('\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f\x00\x01 \r*_~`ab09,F<&>"é\ufffe')
)


@given(st.one_of(SOUP, st.text()))
@example("\x02]]>\x02")
def test_always_fit_for_xml(text: str) -> None:
    plain, xhtml = from_irc(text)
    body = ElementTree.fromstring(f"<body>{xhtml}</body>")
    if xhtml:
        assert re.sub(r"[*_~`]", "", "".join(body.itertext())) == re.sub(r"[*_~`]", "", plain)
        assert len(list(body.iter())) > 1
    note = ElementTree.Element("note")
    note.text = plain
    assert ElementTree.fromstring(ElementTree.tostring(note)).text in (plain, plain or None)


@given(st.text(st.sampled_from("\x02\x11\x1d\x1e ab.")))
def test_styling_can_be_read_back(text: str) -> None:
    """What we say is bold is bold by the rules of XEP-0393."""
    plain, _ = from_irc(text)
    assert CODE.sub("", to_irc(plain)) == CODE.sub("", text)


# To IRC.


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("But soft!", "But soft!"),
        ("*bold* not", "\x02bold\x02 not"),
        ("a _b_ ~c~ `d`", "a \x1db\x1d \x1ec\x1e \x11d\x11"),
        ("*_both_*", "\x02\x1dboth\x1d\x02"),
        ("*one _two_ three*", "\x02one \x1dtwo\x1d three\x02"),
        ("`*not*`", "\x11*not*\x11"),
        ("*this _is* text_", "\x02this _is\x02 text_"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("2*3*4", "2*3*4"),
        ("snake_case_name", "snake_case_name"),
        ("__init__", "__init__"),
        ("**", "**"),
        ("***", "***"),
        ("*a *", "*a *"),
        ("* a*", "* a*"),
        ("*a", "*a"),
        ("*a _b_ c", "*a \x1db\x1d c"),
        ("*a\nb*", "*a\nb*"),
        ("> *quoted*", "> \x02quoted\x02"),
        (">*quoted*", ">\x02quoted\x02"),
        ("```\n*code*\n\nmore\n```\n*text*", "\x11*code*\n\n\x11more\n\x02text\x02"),
        ("```python\nx\n```", "\x11x"),
        ("```\nopen", "\x11open"),
        ("```one line```", "```one line```"),
        ("```last line", "```last line"),
        ("", ""),
    ],
)
def test_to_irc(text: str, sent: str) -> None:
    assert to_irc(text) == sent


@given(st.text(st.sampled_from("*_~`ab \n>")))
def test_to_irc_loses_only_marks(text: str) -> None:
    def kept(found: str) -> str:
        return re.sub(r"[*_~`\s]", "", CODE.sub("", found))

    assume("```" not in text)  # What is behind an opening fence goes with it.
    assert kept(to_irc(text)) == kept(text)


def test_to_irc_takes_no_quadratic_time() -> None:
    text = "*a _b ~c `d " * 20_000
    assert to_irc(text) == text


# Cutting.


def test_room() -> None:
    prefix = "juliet!j@verona.lit"
    size = room("PRIVMSG", "#balcony", len(prefix))
    frame = f":{prefix} PRIVMSG #balcony :{'x' * size}\r\n"
    assert len(frame) == 512
    assert room("PRIVMSG", "#é", 5) == room("PRIVMSG", "#ab", 5)
    assert room("PRIVMSG", "x" * 600, 90) == MIN_ROOM


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("one", ["one"]),
        ("one\n\ntwo\r\n \nthree\r", ["one", "two", "three"]),
        ("  indented", ["  indented"]),
        ("\x1done\x1etwo", ["\x1done\x1etwo"]),  # These are no line ends.
        ("\x02\x02", []),
        ("a" * 100, ["a" * 64, "a" * 36]),
        ("a" * 40 + " " + "b" * 40, ["a" * 40, "b" * 40]),
        ("a" * 64 + " " + "b" * 10, ["a" * 64, "b" * 10]),
        ("a " + "b" * 80, ["a " + "b" * 62, "b" * 18]),  # Too far back.
        ("é" * 40, ["é" * 32, "é" * 8]),
        ("a" + "é" * 40, ["a" + "é" * 31, "é" * 9]),
        ("a" * 63 + "e\u0301" + "b", ["a" * 63, "e\u0301b"]),
        ("a" * 62 + "e\u0301\u0302" + "b", ["a" * 62, "e\u0301\u0302b"]),
        ("a" * 50 + "👩‍👩‍👧" + "b", ["a" * 50, "👩‍👩‍👧b"]),
        ("a" * 60 + "👍🏽" + "b", ["a" * 60, "👍🏽b"]),
        ("a" * 56 + "🇫🇷🇮🇹" + "b", ["a" * 56 + "🇫🇷", "🇮🇹b"]),
        ("a" * 52 + "🇫🇷🇮🇹" + "b", ["a" * 52 + "🇫🇷", "🇮🇹b"]),
        ("\x02" + "a" * 100, ["\x02" + "a" * 63, "\x02" + "a" * 37]),
        ("\x0304,05" + "a" * 100, ["\x0304,05" + "a" * 58, "\x0304,05" + "a" * 42]),
        ("\x034" + "a" * 61 + ",b,c", ["\x034" + "a" * 61 + ",", "\x0304b,c"]),
        ("\x034" + "a" * 62 + ",b", ["\x034" + "a" * 62, "\x0304\x02\x02,b"]),
        ("a" * 62 + "\x0304b", ["a" * 62, "\x0304b"]),  # Not inside of a code.
        ("\x04ff8800" + "a" * 62, ["\x04ff8800" + "a" * 57, "\x04ff8800" + "a" * 5]),
        (
            "\x04000000,ff8800\x0304" + "a" * 50,
            ["\x04000000,ff8800\x0304" + "a" * 47, "\x04ff0000,ff8800aaa"],
        ),
        (
            "\x04000000,ff8800\x0399" + "a" * 50,
            ["\x04000000,ff8800\x0399" + "a" * 47, "\x04ff8800,ff8800\x0399aaa"],
        ),
        ("\x02a\x02" + "b" * 100, ["\x02a\x02" + "b" * 61, "b" * 39]),
    ],
)
def test_lines(body: str, expected: list[str]) -> None:
    assert lines(body, 64) == expected


def test_lines_with_prefix() -> None:
    assert lines("a" * 150 + "\nb", 102, "> ") == ["> " + "a" * 100, "> " + "a" * 50, "> b"]


BODY = st.text(
    st.one_of(
        st.sampled_from("ab \n\r\x02\x03\x04\x0f\x160123,\u0301\u200d👩🏽🇫🇷é"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=600,
)


@given(BODY, st.integers(MIN_ROOM, 200))
def test_lines_fit_and_lose_nothing(body: str, size: int) -> None:
    pieces = lines(body, size)
    for piece in pieces:
        assert len(piece.encode()) <= size
        assert not re.search(r"[\r\n]", piece)

    def seen(text: str) -> str:
        return "".join(CODE.sub("", text).split())

    assert "".join(map(seen, pieces)) == "".join(map(seen, re.split(r"[\r\n]", body)))


@given(BODY)
def test_formatting_goes_on_after_a_cut(body: str) -> None:
    """Each visible character looks the same as if the line had not been cut."""

    def looks(text: str) -> list[str]:
        _, xhtml = from_irc(text)
        root = ElementTree.fromstring(f"<body>{xhtml}</body>") if xhtml else None
        found: list[str] = []

        def walk(element: ElementTree.Element, look: str) -> None:
            look += f"{element.tag}{element.get('style', '')}"
            found.extend(c + look for c in element.text or "" if not c.isspace())
            for child in element:
                walk(child, look)
                found.extend(c + look for c in child.tail or "" if not c.isspace())

        if root is None:
            return [c + "body" for c in from_irc(text)[0] if not c.isspace()]
        walk(root, "")
        return found

    for line in re.split(r"[\r\n]", body):
        pieces = lines(line, MIN_ROOM)
        assert [look for piece in pieces for look in looks(piece)] == looks(line)


@given(st.text(st.sampled_from("ae\u0301\u0302"), max_size=300))
def test_accents_stay_on_their_letters(body: str) -> None:
    assume(not re.search("[\u0301\u0302]{8}", body))
    for piece in lines("x" + body, MIN_ROOM):
        assert not unicodedata.combining(piece[0])


def test_lines_take_no_quadratic_time() -> None:
    assert len(lines("a" * 1_000_000, 400)) == 2500


# CTCP.


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("hello", None),
        ("", None),
        ("\x01", None),
        ("\x01\x01", None),
        ("\x01VERSION\x01", ("VERSION", "")),
        ("\x01version", ("VERSION", "")),
        ("\x01PING 1 2\x01", ("PING", "1 2")),
        ("\x01ACTION waves\x01", ("ACTION", "waves")),
        ("\x01ACTION  waves ", ("ACTION", " waves ")),
        ("a\x01VERSION\x01", None),
    ],
)
def test_ctcp(text: str, request_: tuple[str, str] | None) -> None:
    assert ctcp(text) == request_


@given(st.from_regex(r"\A[A-Z]+\Z"), st.text(st.characters(exclude_characters="\x01")))
def test_ctcp_round_trip(command: str, argument: str) -> None:
    assert ctcp(ctcp_quote(command, argument)) == (command, argument)


def test_ctcp_cannot_be_left() -> None:
    assert ctcp_quote("ACTION", "a\x01b") == "\x01ACTION ab\x01"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", ("hello", "")),
        ("\x01ACTION waves\x01", ("/me waves", "")),
        ("\x01ACTION \x02waves\x02\x01", ("/me *waves*", "/me <strong>waves</strong>")),
        ("\x01ACTION\x01", ("/me ", "")),
        ("\x01VERSION\x01", None),
    ],
)
def test_from_privmsg(text: str, expected: tuple[str, str] | None) -> None:
    assert from_privmsg(text) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("hello *you*", ["hello \x02you\x02"]),
        ("/me waves *much*", ["\x01ACTION waves \x02much\x02\x01"]),
        ("/me waves\nhello", ["\x01ACTION waves\x01", "hello"]),
        ("/meow", ["/meow"]),
        ("hello\n/me waves", ["hello", "/me waves"]),
    ],
)
def test_to_privmsgs(body: str, expected: list[str]) -> None:
    assert to_privmsgs(body, 400) == expected


def test_long_action() -> None:
    pieces = to_privmsgs("/me " + "a" * 300, 109)
    assert pieces == [f"\x01ACTION {'a' * 100}\x01"] * 3
