"""Charsets, AIM's HTML, and messages cut to size."""

from collections.abc import Iterable
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from networks.oscar.html import taken_apart
from networks.oscar.icbm import Fragment, Text, parse_incoming
from networks.oscar.ids import is_uin
from networks.oscar.text import (
    ASCII,
    LATIN1,
    MAX_PIECE,
    UTF8,
    UTF16,
    decode,
    decode_mime,
    decode_named,
    decode_unnamed,
    encode,
    encode_mime,
    encode_named,
    from_html,
    from_text,
    outgoing,
    split,
    to_html,
)
from tests.networks.oscar import frames

# Charsets.

NAMES = "оффлайн"


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        (ASCII, b"plain", "plain"),
        (ASCII, "né".encode(), "né"),
        (ASCII, b"n\xe9", "né"),
        (ASCII, b"\x93n\xe9\x94", "“né”"),
        (UTF16, NAMES.encode("utf-16-be"), NAMES),
        (UTF16, "😀".encode("utf-16-be"), "😀"),
        (UTF16, b"\xfe\xff\0h\0i", "hi"),
        (UTF16, b"\0h\0i\0", "hi"),
        (UTF16, b"\0h\xd8=", "h�"),
        (LATIN1, b"caf\xe9", "café"),
        (LATIN1, b"\x80 5", "€ 5"),
        (UTF8, "né".encode(), "né"),
        (UTF8, b"n\xe9", "né"),
        (0x1234, "né".encode(), "né"),
    ],
)
def test_decode(charset: int, data: bytes, text: str) -> None:
    assert decode(charset, data) == text


def test_decode_by_the_local_charset() -> None:
    raw = NAMES.encode("cp1251")
    assert decode(ASCII, raw, "cp1251") == NAMES
    assert decode_unnamed(raw, "cp1251") == NAMES
    assert decode_named("", raw, "cp1251") == NAMES


@given(st.integers(0, 0x10), st.binary(max_size=40))
def test_any_bytes_are_some_text(charset: int, data: bytes) -> None:
    assert isinstance(decode(charset, data), str)
    assert isinstance(decode_unnamed(data), str)
    assert isinstance(decode_mime('text/x; charset="unicode-2-0"', data), str)


@given(st.text(max_size=40))
def test_encode(text: str) -> None:
    charset, data = encode(text)
    assert charset == (ASCII if text.isascii() else UTF16)
    written = text.encode("utf-16-be", errors="replace").decode("utf-16-be")
    assert decode(charset, data) == written.removeprefix("\ufeff")
    assert encode(text, force_utf16=True)[0] == UTF16
    assert decode_named(*encode_named(text)) == written.removeprefix("\ufeff")
    assert decode_mime(*encode_mime(text)) == written.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("mime", "data", "text"),
    [
        ('text/aolrtf; charset="us-ascii"', b"lunch", "lunch"),
        ('text/aolrtf; charset="us-ascii"', "né".encode(), "né"),
        ('text/aolrtf; charset="unicode-2-0"', b"\0h\0i", "hi"),
        ("text/x-aolrtf; charset=ISO-8859-1", b"n\xe9", "né"),
        ("text/plain", b"n\xe9", "né"),
        ("", b"", ""),
    ],
)
def test_decode_mime(mime: str, data: bytes, text: str) -> None:
    assert decode_mime(mime, data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"offline ascii", "offline ascii"),
        (NAMES.encode(), NAMES),
        (NAMES.encode("utf-16-be"), NAMES),
        ("hi there".encode("utf-16-be"), "hi there"),
        ("日本 ok".encode("utf-16-be"), "日本 ok"),
        (b"n\xe9", "né"),
        (b"", ""),
        (b"ab\r\n\tc", "ab\r\n\tc"),
    ],
)
def test_decode_what_nobody_names(data: bytes, text: str) -> None:
    assert decode_unnamed(data) == text


# From HTML.

FROM_HTML = [
    ("hello", "hello", ""),
    ("", "", ""),
    ("<HTML><BODY>hello</BODY></HTML>", "hello", ""),
    ("<html>\n<body>\nhello\nyou", "hello\nyou", ""),
    ("a<br>b<BR/>c<br />d", "a\nb\nc\nd", ""),
    ("a<p>b</p>c", "a\nb\nc", ""),
    ("<div>a</div><div>b</div>", "a\nb", ""),
    ("a<hr>b", "a\nb", ""),
    ("a\r\nb\rc", "a\nb\nc", ""),
    ("a &amp; b &lt;c&gt; &quot;d&quot; &#233; &#xe9; &eacute;", 'a & b <c> "d" é é é', ""),
    ("a&nbsp;&nbsp;b", "a  b", ""),
    ("http://a/?b&copy=1&unknown;", "http://a/?b&copy=1&unknown;", ""),
    ("a<!-- no -->b", "ab", ""),
    ("<head><title>no</title></head>yes", "yes", ""),
    ("<style>no<br></style>yes", "yes", ""),
    # What a client forgot to escape is text, unless it is HTML.
    ("if a < b and c > d <3", "if a < b and c > d <3", ""),
    ("hi aim <tag>", "hi aim <tag>", ""),
    ("<tag", "<tag", ""),
    ("<", "<", ""),
    ("</nothing> </b>", "</nothing> ", ""),
    ("<b>bold</b>", "*bold*", "<strong>bold</strong>"),
    ("<B>bold", "*bold*", "<strong>bold</strong>"),
    ("a<b>b</b>", "ab", "a<strong>b</strong>"),
    ("<i>it</i> <em>too</em>", "_it_ _too_", "<em>it</em> <em>too</em>"),
    ("<b>a <i>b</b> c</i>", "*a _b_* c", "<strong>a </strong><strong><em>b</em></strong> c"),
    (
        "<s>no</s> <u>line</u>",
        "~no~ line",
        '<span style="text-decoration: line-through">no</span> '
        '<span style="text-decoration: underline">line</span>',
    ),
    ("<tt>x_y</tt>", "`x_y`", '<span style="font-family: monospace">x_y</span>'),
    ("<b>a<br>b</b>", "*a*\n*b*", "<strong>a<br/>b</strong>"),
    ("<b>2*3</b>", "2*3", "<strong>2*3</strong>"),
    ('<FONT FACE="Arial" SIZE=2 COLOR="#000000" BACK="#ffffff">x</FONT>', "x", ""),
    ("<font color=#FF0000>red", "red", '<span style="color: #ff0000">red</span>'),
    (
        '<font color="#ff0000" back="#00ff00">x',
        "x",
        '<span style="color: #ff0000; background-color: #00ff00">x</span>',
    ),
    ("<font color='red\"><script>'>x", "<script>'>x", None),
    (
        '<a href="http://a/?b&amp;c">here</a>',
        "here (http://a/?b&c)",
        '<a href="http://a/?b&amp;c">here</a>',
    ),
    ('<A HREF="http://a/">http://a/</A>', "http://a/", '<a href="http://a/">http://a/</a>'),
    ('<a href="mailto:a@b">a@b</a>', "a@b", '<a href="mailto:a@b">a@b</a>'),
    ('<a href="javascript:alert(1)">x</a>', "x", ""),
    ('<img src="x" alt=":-)">', ":-)", ""),
    ("&#0;&#13;&#x1b;&#xd800;a\x00", "��a", ""),
    ("/me <b>waves</b>", "/me *waves*", "/me <strong>waves</strong>"),
]


@pytest.mark.parametrize(("html", "plain", "xhtml"), FROM_HTML)
def test_from_html(html: str, plain: str, xhtml: str | None) -> None:
    found = from_html(html)
    assert found[0] == plain or xhtml is None
    assert found[1] == xhtml or xhtml is None


HTML = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(
            [
                *(
                    "<b>",
                    "</b>",
                    "<i>",
                    "</i>",
                    "<u>",
                    "<s>",
                    "</s>",
                    "<tt>",
                    "<br>",
                    "<p>",
                    "</p>",
                ),
                *("<html>", "<head>", "</head>", "<a>", "</a>", "<font>", "</font>", "<!--", "-->"),
                *("&lt;", "&amp;", "&#0;", "&nbsp;", "<", ">", "&", '"', "'", "\n", "*", "_", "`"),
                '<a href="http://a/?b&amp;c">',
                "<font color=#123456 back='#fedcba'>",
                "<a href='x:\"><b>'>",
            ]
        ),
    ),
    max_size=20,
).map("".join)


@given(HTML)
@example("<a href=http://a/\x00>x</a>")
@example('<font color="#ff0000">' * 100 + "x" + "</font>" * 200)
def test_any_html_becomes_fit_for_xml(html: str) -> None:
    plain, xhtml = from_html(html)
    ElementTree.fromstring(f"<body>{xhtml}</body>")
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;")
    assert ElementTree.fromstring(f"<body>{escaped}</body>").text in (plain, None)


WRAPS = (
    "<HTML><BODY>{}</BODY></HTML>",
    '<HTML><BODY BGCOLOR="#ffffff"><FONT LANG="0">{}</FONT></BODY></HTML>',
    '<html><body bgcolor=#fff><font face="Arial" size="2" lang="0">{}</font></body></html>',
    "<HTML><BODY><FONT>{}</BODY></HTML>",
    "<HTML><BODY>{}</FONT></BODY></HTML>",
    '<HTML><BODY><FONT COLOR="#ff0000">{}</FONT></BODY></HTML>',
)


@given(st.sampled_from(WRAPS), st.text(alphabet="a <>&\r\n\0\x0b\u00a0;", max_size=12))
def test_the_usual_way_is_only_a_shorter_one(wrap: str, text: str) -> None:
    html = wrap.format(text)
    assert from_html(html) == taken_apart(html)


def test_long_nonsense_takes_no_time() -> None:
    """Anything quadratic would take minutes."""
    assert from_html(f"<a {'x' * 60_000}>y</a>")[0] == "y"
    assert from_html(f"<a {'x ' * 30_000}>y</a>")[0] == "y"
    for text in ("<" * 60_000, "<b" * 30_000, "<!--" * 15_000, "&" * 60_000, "<a href='" * 6_000):
        assert from_html(text)[0].startswith(text[0])
    for text in ("*a " * 20_000, "> " * 30_000, "*_~" * 20_000):
        assert to_html(text).endswith("</BODY></HTML>")


# To HTML.

TO_HTML = [
    ("hello", "hello"),
    ("a\nb", "a<BR>b"),
    ('a <tag> & "b"', 'a &lt;tag&gt; &amp; "b"'),
    ("*bold* _italic_ ~strike~", "<B>bold</B> <I>italic</I> <S>strike</S>"),
    ("*a _b_*", "<B>a <I>b</I></B>"),
    ("`*code*` **", "`*code*` **"),
    ("2*3*4 a_b_c * x *", "2*3*4 a_b_c * x *"),
    ("*a\nb*", "*a<BR>b*"),
    ("> *quoted*", "&gt; <B>quoted</B>"),
    ("```\n*code* <b>\n```\n*b*", "```<BR>*code* &lt;b&gt;<BR>```<BR><B>b</B>"),
    ("*<b>*", "<B>&lt;b&gt;</B>"),
    ("/me waves", "/me waves"),
]


@pytest.mark.parametrize(("text", "html"), TO_HTML)
def test_to_html(text: str, html: str) -> None:
    assert to_html(text) == f"<HTML><BODY>{html}</BODY></HTML>"


STYLED = ["*bold*", "_a_ b *c*", "~x~\n*y*", "*a _b_*", "> *q*"]


@pytest.mark.parametrize("text", STYLED)
def test_styling_both_ways(text: str) -> None:
    plain, xhtml = from_html(to_html(text))
    assert plain == text
    assert xhtml


# Whole messages.

PEOPLE = [(a, b) for a in ("Probe Alice", "100001") for b in ("probebob", "100002")]
TAGS = [
    "hi <tag>",
    "<b>",
    "a & b",
    "&amp;",
    "<HTML>",
    "if a < b then c > d",
    "x\n<y>\n",
    "né <b>é</b>",
]


def oos(fragment: Fragment, sender: str) -> Fragment:
    """What open-oscar-server does to what ICQ users send: tags and references of 8-bit text go, and
    each carriage return becomes a new line."""
    if not sender.isdigit() or fragment.charset == UTF16:
        return Fragment(fragment.charset, 0, fragment.data.replace(b"\r", b"\n"))
    assert not set(b"<>&") & set(fragment.data), "it would be lost"
    return fragment


def incoming(fragments: Iterable[Fragment], sender: str) -> tuple[str, str]:
    text = "".join(decode(item.charset, item.data) for item in fragments)
    return from_text(text, is_html=not is_uin(sender))


def arrives(body: str, sender: str, receiver: str) -> str:
    fragments = outgoing(body, sender, receiver)
    return "".join(incoming([oos(piece, sender)], sender)[0] for piece in fragments)


@pytest.mark.parametrize(("sender", "receiver"), PEOPLE)
@pytest.mark.parametrize("body", TAGS)
def test_no_tag_is_lost(sender: str, receiver: str, body: str) -> None:
    found = arrives(body, sender, receiver)
    assert found == body or (found, receiver) == (f" {body}", "100002")


@given(
    st.sampled_from(PEOPLE),
    st.text(
        st.characters(
            exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="*_~`\ufeff\u0d05"
        )
    )
    | st.text(st.sampled_from("<>/ab&;#1 \nщ"), max_size=30),
)
def test_every_text_arrives(people: tuple[str, str], body: str) -> None:
    if not body.strip():
        assert outgoing(body, *people) == []
        return
    if any(0x0D in divmod(ord(character) % 0x10000, 256) for character in body):
        return  # The server's new lines are in the middle of characters.
    found = arrives(body, *people)
    assert found in (body, f" {body}") or body.startswith("\n")


def test_nothing_is_html_that_need_not_be() -> None:
    assert outgoing("hello", "Probe Alice", "probebob") == [Fragment(ASCII, 0, b"hello")]
    assert outgoing("hello", "100001", "100002") == [Fragment(ASCII, 0, b"hello")]
    assert outgoing("a\nb", "Probe Alice", "probebob")[0].data.startswith(b"<HTML>")
    assert outgoing("a\r\nb", "100001", "100002") == [Fragment(ASCII, 0, b"a\nb")]


def test_icq_numbers_send_tags_in_utf16() -> None:
    assert outgoing("a<b>", "100001", "100002") == [Fragment(UTF16, 0, "a<b>".encode("utf-16-be"))]
    [html] = outgoing("a<b>", "100001", "probebob")
    assert html.charset == UTF16
    assert html.data.decode("utf-16-be") == "<HTML><BODY>a&lt;b&gt;</BODY></HTML>"


@pytest.mark.parametrize(
    ("frame", "plain"),
    [
        (frames.MESSAGE_HTML, "hi *alice* & <all>\nline2"),
        (frames.MESSAGE_UTF16, "привет ✓ 😀"),
        (frames.MESSAGE_LATIN1, "café"),
    ],
)
def test_real_messages(frame: bytes, plain: str) -> None:
    message = parse_incoming(frame[16:])
    assert isinstance(message.payload, Text)
    assert incoming(message.payload.fragments, message.sender.name)[0] == plain


def test_fragments_are_one_text() -> None:
    both = [Fragment(ASCII, 0, b"<b>caf"), Fragment(LATIN1, 0, b"\xe9</b>")]
    assert incoming(both, "probebob") == ("*café*", "<strong>café</strong>")


@pytest.mark.parametrize(
    ("text", "is_html", "plain"),
    [
        ("a <b>b</b> &amp;", False, "a <b>b</b> &amp;"),
        ("<html><b>b</b>", False, "*b*"),
        ("<HTML><BODY>&lt;tag&gt;", False, "<tag>"),
        ("a\r\nb\x00\x0b", False, "a\nb"),
        ("<b>b</b>", True, "*b*"),
    ],
)
def test_plain_or_html(text: str, is_html: bool, plain: str) -> None:
    assert from_text(text, is_html=is_html)[0] == plain


# Sizes.


@given(
    st.text(max_size=300) | st.text(st.sampled_from("ab <&é😀\n*"), max_size=300),
    st.sampled_from(PEOPLE),
    st.integers(120, 400),
)
def test_pieces_fit(body: str, people: tuple[str, str], limit: int) -> None:
    for piece in outgoing(body, *people, limit):
        assert 0 < len(piece.data) <= limit


@given(st.text(st.sampled_from("ab<&é😀щ"), min_size=1, max_size=300), st.integers(10, 100))
def test_nothing_is_lost_between_pieces(text: str, limit: int) -> None:
    pieces = list(split(text, lambda piece: len(piece.encode("utf-16-be")), limit))
    assert "".join(pieces) == text
    assert all(len(piece.encode("utf-16-be")) <= limit for piece in pieces)


def test_cut_at_white_space() -> None:
    words = "lorem ipsum dolor sit amet"
    assert list(split(words, len, 12)) == ["lorem ipsum", "dolor sit", "amet"]
    assert list(split("one two\nthree four five", len, 12)) == ["one two", "three four", "five"]
    assert list(split("x" * 25, len, 10)) == ["x" * 10, "x" * 10, "x" * 5]
    assert list(split(" \n ", len, 10)) == []
    assert list(split(" a\n", len, 10)) == [" a\n"]


@pytest.mark.parametrize("cluster", ["e\u0301", "👩\u200d💻", "👍🏽", "🇮🇹", "각"])
def test_what_people_see_as_one_stays_one(cluster: str) -> None:
    pieces = list(split("x" * 8 + cluster + "y" * 8, len, 9))
    assert any(cluster in piece for piece in pieces)


def test_messages_to_be_kept_as_c_strings() -> None:
    people = "100001", "100002"
    assert outgoing("a <b>", *people, keep_in="cp1252") == [Fragment(ASCII, 0, b"a <b>")]
    assert outgoing("да", *people, keep_in="cp1251") == [Fragment(ASCII, 0, "да".encode("cp1251"))]
    assert outgoing("да", *people, keep_in="cp1252") == [Fragment(UTF8, 0, "да".encode())]


def test_long_messages() -> None:
    pieces = outgoing("я" * 3000, "100001", "100002")
    assert [len(piece.data) for piece in pieces] == [MAX_PIECE, MAX_PIECE, MAX_PIECE]
    assert "".join(decode(piece.charset, piece.data) for piece in pieces) == "я" * 3000
