"""Commands with and without payloads."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn.wire import MAX_LINE, MAX_PAYLOAD, Command, MsnCodec, quote, show, unquote
from tests.servers.msn_transcript import NAMES, read

ROUND_TRIPS: list[tuple[bytes, Command]] = [
    (b"PNG\r\n", Command("PNG")),
    (b"VER 1 MSNP15 CVR0\r\n", Command("VER", ("1", "MSNP15", "CVR0"))),
    (b"ADL 6 OK\r\n", Command("ADL", ("6", "OK"))),
    (b"RML 6 OK\r\n", Command("RML", ("6", "OK"))),
    (b"ADL 0 5\r\n<ml/>", Command("ADL", ("0",), b"<ml/>")),
    (b"UBX a@b 1 0\r\n", Command("UBX", ("a@b", "1"), b"")),
    (b"UUX 8 0\r\n", Command("UUX", ("8", "0"))),
    (b"NOT 2\r\n\r\n", Command("NOT", (), b"\r\n")),
    (b"217 3\r\n", Command("217", ("3",))),
    (b"241 3 2\r\nxx", Command("241", ("3",), b"xx")),
    (
        "NLN NLN a@b 1 Alice%20é%20<A> 0 0\r\n".encode(),
        Command("NLN", ("NLN", "a@b", "1", "Alice%20é%20<A>", "0", "0")),
    ),
]


@pytest.mark.parametrize(("data", "command"), ROUND_TRIPS)
def test_round_trips(data: bytes, command: Command) -> None:
    assert MsnCodec().receive(data) == [command]
    assert MsnCodec().encode(command) == data


def test_empty_arguments_keep_their_place() -> None:
    """Somebody without a name."""
    [command] = MsnCodec().receive(b"NLN NLN a@b 1  268435488 0\n")
    assert [command.arg(number) for number in range(7)] == [
        "NLN",
        "a@b",
        "1",
        "",
        "268435488",
        "0",
        "",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_recorded_commands(name: str) -> None:
    """Of servers and clients, whole; the client's payloads are not those of the server."""
    for who, link in {(step.who, step.link) for step in read(name) if step.link in ("NS", "SB")}:
        codec = MsnCodec()
        steps = [s for s in read(name) if (s.who, s.link, s.is_ours) == (who, link, False)]
        commands = [command for step in steps for command in codec.receive(step.data)]
        assert len(commands) >= len(steps)
        assert codec == MsnCodec()
        assert all(show(command).isprintable() for command in commands)


ARGS = st.lists(st.text(min_size=1, max_size=8).map(quote), min_size=1, max_size=4).map(tuple)
COMMANDS = st.one_of(
    st.builds(Command, st.sampled_from(["NLN", "XYZ", "215"]), ARGS),
    st.builds(Command, st.sampled_from(["MSG", "UBX", "NOT"]), ARGS, st.binary(max_size=20)),
)


@given(st.lists(COMMANDS, max_size=6))
def test_what_is_sent_arrives(sent: list[Command]) -> None:
    codec = MsnCodec()
    assert codec.receive(b"".join(map(codec.encode, sent))) == sent


@given(st.lists(COMMANDS, max_size=6), st.data())
def test_any_split_of_the_stream_gives_the_same_commands(
    sent: list[Command], data: st.DataObject
) -> None:
    codec = MsnCodec()
    stream = b"".join(map(codec.encode, sent)) + b"NLN a"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [one for piece in pieces for one in codec.receive(piece)] == sent


@given(
    st.lists(
        st.sampled_from([b"MSG a b ", b"ADL 0 ", b"2\r\n", b"\r\n", b"XFR", b"9" * 10, b"<ml/>"])
        | st.binary(max_size=12),
        max_size=12,
    ).map(b"".join)
)
def test_whatever_comes(data: bytes) -> None:
    with contextlib.suppress(WireError):
        for command in MsnCodec().receive(data):
            assert show(command)
            assert command.transaction >= 0


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"nln x\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"MSG a b x\r\n",
        b"MSG\r\n",
        b"MSG a b -1\r\n",
        b"ADL 0 " + str(MAX_PAYLOAD + 1).encode() + b"\r\n",
        b"NLN " + MAX_LINE * b"x",
    ],
)
def test_what_is_no_command(data: bytes) -> None:
    with pytest.raises(WireError):
        MsnCodec().receive(data)


def test_longest() -> None:
    codec = MsnCodec()
    assert codec.receive(b"ADL 0 " + str(MAX_PAYLOAD).encode() + b"\r\n") == []
    [command] = codec.receive(bytes(MAX_PAYLOAD))
    assert command.payload == bytes(MAX_PAYLOAD)


@pytest.mark.parametrize("argument", ["", "a b", "a\r\nOUT"])
def test_arguments_that_would_be_others(argument: str) -> None:
    with pytest.raises(ValueError, match="is no argument"):
        MsnCodec().encode(Command("PRP", ("1", "MFN", argument)))


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("Alice é", "Alice%20%C3%A9"),
        ("100% +", "100%25%20%2B"),
        ("a@b", "a%40b"),
        ("😀", "%F0%9F%98%80"),
    ],
)
def test_encoding(text: str, encoded: str) -> None:
    assert quote(text) == encoded
    assert unquote(encoded) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [("é<A>", "é<A>"), ("a+b", "a+b"), ("%", "%"), ("%zz%4", "%zz%4"), ("%ff", "\ufffd")],
)
def test_decoding_what_servers_leave(given: str, text: str) -> None:
    assert unquote(given) == text


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (Command("USR", ("4", "SSO", "S", "t=s3cret&p=", "HAAAs3cret")), "USR 4 SSO S …"),
        (Command("USR", ("4", "TWN", "S", "t=s3cret&p=")), "USR 4 TWN S …"),
        (Command("USR", ("3", "SSO", "I", "a@b")), "USR 3 SSO I a@b"),
        (Command("USR", ("4", "OK", "a@b", "1", "0")), "USR 4 OK a@b 1 0"),
        (Command("USR", ("1", "OK", "a@b", "Alice")), "USR 1 OK a@b Alice"),
        (Command("USR", ("1", "a@b", "s3cret")), "USR 1 a@b …"),
        (Command("ANS", ("1", "a@b", "s3cret", "17f8")), "ANS 1 a@b … 17f8"),
        (
            Command("XFR", ("10", "SB", "h:1864", "CKI", "s3cret", "U", "x", "1")),
            "XFR 10 SB h:1864 CKI … U x 1",
        ),
        (
            Command("RNG", ("17f8", "h:1864", "CKI", "s3cret", "a@b", "A")),
            "RNG 17f8 h:1864 CKI … a@b A",
        ),
        (
            Command("MSG", ("Hotmail", "Hotmail"), b"Content-Type: text/x-msmsgsprofile\r\ns3cret"),
            "MSG Hotmail Hotmail …",
        ),
        (Command("MSG", ("a@b", "A"), "é\r\n".encode()), r"MSG a@b A '\xe9\r\n'"),
    ],
)
def test_secrets_are_not_shown(command: Command, shown: str) -> None:
    assert show(command) == shown
