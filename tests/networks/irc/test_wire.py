"""https://modern.ircdocs.horse/#message-format, with the vectors of ircdocs/parser-tests."""

from typing import Any

import parser_tests.data
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.irc.wire import (
    MAX_BODY,
    MAX_LINE,
    MAX_TAGS,
    IrcCodec,
    Line,
    parse,
    show,
    split_source,
)


def line_of(atoms: dict[str, Any]) -> Line:
    return Line(
        atoms["verb"].upper(),
        tuple(atoms.get("params", ())),
        atoms.get("source", ""),
        atoms.get("tags", {}),
    )


# The vectors.


@pytest.mark.parametrize("vector", parser_tests.data.msg_split["tests"], ids=lambda v: v["input"])
def test_split_vectors(vector: dict[str, Any]) -> None:
    assert parse(vector["input"]) == line_of(vector["atoms"])
    assert IrcCodec().receive(vector["input"].encode() + b"\r\n") == [line_of(vector["atoms"])]


@pytest.mark.parametrize("vector", parser_tests.data.msg_join["tests"], ids=lambda v: v["desc"])
def test_join_vectors(vector: dict[str, Any]) -> None:
    line = line_of(vector["atoms"])
    # Theirs have the command in lower case.
    allowed = [text.replace("foo", "FOO", text.count("foo ")) for text in vector["matches"]]
    allowed += [text.replace(" foo", " FOO") for text in vector["matches"]]
    assert IrcCodec().encode(line).decode().removesuffix("\r\n") in allowed


@pytest.mark.parametrize("vector", parser_tests.data.userhost_split["tests"])
def test_userhost_vectors(vector: dict[str, Any]) -> None:
    atoms = vector["atoms"]
    expected = atoms.get("nick", ""), atoms.get("user", ""), atoms.get("host", "")
    line = Line("PING", source=vector["source"])
    assert split_source(vector["source"]) == (line.nick, line.user, line.host) == expected


# Both ways.

ROUND_TRIPS = [
    (b"PING\r\n", Line("PING")),
    (b"PING :\r\n", Line("PING", ("",))),
    (b"NICK juliet\r\n", Line("NICK", ("juliet",))),
    (b"PRIVMSG #balcony :But soft!\r\n", Line("PRIVMSG", ("#balcony", "But soft!"))),
    (b"PRIVMSG romeo ::-)\r\n", Line("PRIVMSG", ("romeo", ":-)"))),
    (b"PRIVMSG romeo \x1ditalic\x1f\r\n", Line("PRIVMSG", ("romeo", "\x1ditalic\x1f"))),
    (b":irc.verona.lit 001 juliet Hi\r\n", Line("001", ("juliet", "Hi"), "irc.verona.lit")),
    (b"TOPIC #v\xc3\xa9rone l\xe2\x80\x99amour\r\n", Line("TOPIC", ("#vérone", "l’amour"))),
    (b"@+typing=active TAGMSG romeo\r\n", Line("TAGMSG", ("romeo",), "", {"+typing": "active"})),
    (
        b"@label=1\\s2\\:\\\\;batch :r!u@h PRIVMSG a :b c\r\n",
        Line("PRIVMSG", ("a", "b c"), "r!u@h", {"label": "1 2;\\", "batch": ""}),
    ),
]


@pytest.mark.parametrize(("data", "line"), ROUND_TRIPS)
def test_round_trip(data: bytes, line: Line) -> None:
    assert IrcCodec().receive(data) == [line]
    assert IrcCodec().encode(line) == data


WORD = st.text(
    st.characters(exclude_characters="\0\r\n ", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda word: word[0] not in ":@")
TRAILING = st.text(
    st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=60
)
COMMAND = st.from_regex(r"\A(?:[A-Z]{1,12}|[0-9]{3})\Z")
TAGS = st.dictionaries(
    st.from_regex(r"\A\+?(?:[a-z.]{1,9}/)?[a-z-]{1,9}\Z"),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    max_size=3,
)
SENDABLE = st.builds(
    lambda command, middle, last, source, tags: Line(command, (*middle, *last), source, tags),
    COMMAND,
    st.lists(WORD, max_size=3),
    st.lists(TRAILING, max_size=1),
    st.one_of(st.just(""), WORD),
    TAGS,
)


@given(SENDABLE)
def test_what_is_written_is_read_back(line: Line) -> None:
    assert IrcCodec().receive(IrcCodec().encode(line)) == [line]


# Streams.


@given(st.lists(SENDABLE, max_size=6), st.data())
def test_any_split_of_the_stream_gives_the_same_lines(
    lines: list[Line], data: st.DataObject
) -> None:
    codec, whole = IrcCodec(), IrcCodec()
    stream = b"".join(map(codec.encode, lines))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [line for piece in pieces for line in codec.receive(piece)] == whole.receive(stream)


@given(
    st.lists(st.binary(max_size=80), max_size=8), st.sampled_from(["cp1252", "shift_jis", "utf-16"])
)
@example([b"\xff\n"], "cp1252")
@example([b"@\n", b":\n", b"@ :\n", b" : \n"], "cp1252")
def test_lines_or_wire_error_and_nothing_else(pieces: list[bytes], fallback: str) -> None:
    codec = IrcCodec(fallback)
    for piece in pieces:
        try:
            lines = codec.receive(piece)
        except WireError:
            continue
        for line in lines:
            assert line.command
            assert show(line).isprintable()
            assert codec.encode(line).count(b"\n") == 1


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r\r\n", b"\n\n", b"\r\n  \r\n"])
def test_line_ends(end: bytes) -> None:
    assert IrcCodec().receive(b"PING a" + end + b"PING b" + end) == [
        Line("PING", ("a",)),
        Line("PING", ("b",)),
    ]


def test_endless_line() -> None:
    codec = IrcCodec()
    for _ in range(MAX_LINE // 1000):
        assert codec.receive(b"x" * 1000) == []
    with pytest.raises(WireError, match=str(MAX_LINE)):
        codec.receive(b"x" * 1000)


def test_long_line_in_one_piece() -> None:
    assert IrcCodec().receive(b"PING " + b"x" * 8000 + b"\n")
    with pytest.raises(WireError):
        IrcCodec().receive(b"PING " + b"x" * MAX_LINE + b"\n")


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad\r\n", b":only\r\n"]
)
def test_other_protocols(data: bytes) -> None:
    with pytest.raises(WireError, match="IRC message expected"):
        IrcCodec().receive(data)


def test_codecs_are_equal_whatever_they_have_read() -> None:
    codec = IrcCodec()
    codec.receive(b"PI")
    assert codec == IrcCodec()
    assert codec != IrcCodec("koi8-r")


# Encodings.


@pytest.mark.parametrize(
    ("raw", "fallback", "text"),
    [
        ("né".encode(), "cp1252", "né"),
        ("né".encode("cp1252"), "cp1252", "né"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        (b"\x81", "cp1252", "\ufffd"),  # Not in cp1252 either.
        ("привет".encode()[:-1], "cp1252", "приве"),  # Cut by a server.
        ("caf" + "é", "cp1252", "café"),
    ],
)
def test_encodings(raw: bytes | str, fallback: str, text: str) -> None:
    data = raw if isinstance(raw, bytes) else raw.encode("cp1252")
    (line,) = IrcCodec(fallback).receive(b"PRIVMSG #a :" + data + b"\r\n")
    assert line.params[1] == text


# What must never go out.


@given(
    st.text(max_size=8),
    st.lists(st.text(max_size=300), max_size=5),
    st.text(max_size=9),
    st.dictionaries(st.text(max_size=5), st.text(max_size=2000), max_size=4),
)
@example("PRIVMSG", ["#a", "b\r\nQUIT", "c\rd\ne\0f"], "x\ny", {"a\r\nQUIT": "\r\n"})
def test_one_line_whatever_is_in_it(
    command: str, params: list[str], source: str, tags: dict[str, str]
) -> None:
    data = IrcCodec().encode(Line(command, tuple(params), source, tags))
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r") == 1
    assert b"\0" not in data
    data.decode()
    body = data.partition(b" ")[2] if data.startswith(b"@") else data
    assert len(body) <= MAX_BODY
    assert len(data) <= MAX_TAGS + MAX_BODY


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        (("#a b", "key"), b"JOIN #a_b key\r\n"),
        (("", "key"), b"JOIN * key\r\n"),
        ((":#a", "key"), b"JOIN #a key\r\n"),
        (("#a\r\nQUIT", "key"), b"JOIN #a_QUIT key\r\n"),
        (("#a", "b\r\nQUIT"), b"JOIN #a :b QUIT\r\n"),
    ],
)
def test_parameters_keep_their_places(params: tuple[str, ...], sent: bytes) -> None:
    assert IrcCodec().encode(Line("JOIN", params)) == sent


def test_long_text_is_cut_between_characters() -> None:
    data = IrcCodec().encode(Line("PRIVMSG", ("#a", "x" + "é" * 300)))
    assert MAX_BODY - 1 <= len(data) <= MAX_BODY
    assert set(data.decode().strip()[len("PRIVMSG #a x") :]) == {"é"}


def test_too_many_tags_are_left_out() -> None:
    assert IrcCodec().encode(Line("PING", (), "", {"a": "x" * MAX_TAGS})) == b"PING\r\n"


# Logs.

SHOWN = [
    ("PING :a b", "PING :a b"),
    ("@time=1 :r!u@h PRIVMSG #a :Hi all", "@time=1 :r!u@h PRIVMSG #a :Hi all"),
    ("PRIVMSG #a :\x02bold\x02", "PRIVMSG #a \\x02bold\\x02"),
    ("NOTICE * :*** Looking up your hostname", "NOTICE * :*** Looking up your hostname"),
    ("PASS hunter2", "PASS …"),
    ("OPER juliet hunter2", "OPER juliet …"),
    ("AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"),
    ("AUTHENTICATE +", "AUTHENTICATE +"),
    ("AUTHENTICATE hunter2", "AUTHENTICATE …"),
    ("JOIN #a,#b hunter2,x", "JOIN #a,#b …"),
    (":r!u@h JOIN #a romeo :Romeo M", ":r!u@h JOIN #a romeo :Romeo M"),
    ("MODE #a +o romeo", "MODE #a +o romeo"),
    ("MODE #a +ok romeo hunter2", "MODE #a +ok … …"),
    (":s 324 me #a +ntk hunter2", ":s 324 me #a +ntk …"),
    ("PRIVMSG NickServ :IDENTIFY hunter2", "PRIVMSG NickServ IDENTIFY …"),
    ("PRIVMSG NickServ@services.verona.lit :identify juliet hunter2", None),
    ("PRIVMSG nickserv :hunter2", "PRIVMSG nickserv …"),
    ("PRIVMSG ChanServ :REGISTER #a hunter2", "PRIVMSG ChanServ REGISTER …"),
    ("PRIVMSG NickServ :SET PASSWORD hunter2", "PRIVMSG NickServ SET …"),
    ("PRIVMSG romeo,NickServ :GHOST juliet hunter2", None),
    ("NOTICE NickServ :RECOVER juliet hunter2", "NOTICE NickServ RECOVER …"),
    ("PRIVMSG Q@CServe.quakenet.org :AUTH juliet hunter2", None),
    ("PRIVMSG *controlpanel :Set Password juliet hunter2", "PRIVMSG *controlpanel Set …"),
    (":juliet!u@h PRIVMSG NickServ :IDENTIFY hunter2", ":juliet!u@h PRIVMSG NickServ IDENTIFY …"),
    (":NickServ!s@s NOTICE juliet :Your password is now hunter2", ":NickServ!s@s NOTICE juliet …"),
    (":NickServ!s@s NOTICE juliet :You are in", ":NickServ!s@s NOTICE juliet :You are in"),
    ("NICKSERV IDENTIFY hunter2", "NICKSERV IDENTIFY …"),
    ("NS :RELEASE juliet hunter2", "NS RELEASE …"),
    ("MSG NickServ GROUP juliet hunter2", "MSG NickServ GROUP …"),
    ("IDENTIFY hunter2", "IDENTIFY …"),
    ("REGISTER juliet * hunter2", "REGISTER juliet … …"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_show(text: str, shown: str | None) -> None:
    logged = show(parse(text))
    assert "hunter2" not in logged
    assert shown in (None, logged)
