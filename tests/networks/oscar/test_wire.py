"""FLAP and SNAC."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.oscar.data import (
    NO_TLVS,
    string8,
    tlvs,
    u8,
    u16,
)
from networks.oscar.wire import (
    HAS_PREAMBLE,
    HIDDEN,
    MAX_BODY,
    MORE_FOLLOWS,
    SEQUENCES,
    FlapError,
    Frame,
    KeepAlive,
    OscarCodec,
    Signoff,
    Signon,
    Snac,
    show,
)
from tests.networks.oscar import frames
from tests.networks.oscar.test_data import ANY_TLVS

# Both ways.

ROUND_TRIPS: list[tuple[str, Frame]] = [
    ("2a010000000400000001", Signon()),
    ("2a01000000080000000100060000", Signon(tlvs((6, b"")))),
    ("2a020000000a0001000e000000000004", Snac(1, 0x0E, b"", 4)),
    ("2a020000000c0004000100000000002400 04", Snac(4, 1, b"\0\x04", 0x24)),
    ("2a020000000b001500030001000000 1007", Snac(0x15, 3, b"\7", 16, MORE_FOLLOWS)),
    ("2a03000000020001", FlapError(b"\0\1")),
    ("2a0400000000", Signoff()),
    ("2a0400000005 0009000101", Signoff(tlvs((9, b"\1")))),
    ("2a0500000000", KeepAlive()),
]


@pytest.mark.parametrize(("data", "frame"), ROUND_TRIPS)
def test_round_trips(data: str, frame: Frame) -> None:
    raw = bytes.fromhex(data)
    # The length is that of what follows: kept out of the table, where it would only be copied.
    raw = raw[:4] + u16(len(raw) - 6) + raw[6:]
    assert OscarCodec().receive(raw) == [frame]
    assert OscarCodec().encode(frame) == raw


REAL = {name: value for name, value in vars(frames).items() if name.isupper()}


@pytest.mark.parametrize("name", REAL)
def test_real_frames(name: str) -> None:
    raw = REAL[name]
    [frame] = OscarCodec().receive(raw)
    again = OscarCodec(int.from_bytes(raw[2:4])).encode(frame)
    if raw[10] & HAS_PREAMBLE >> 8:
        assert OscarCodec().receive(again) == [frame]
    else:
        assert again == raw


def test_preamble_is_skipped() -> None:
    [frame] = OscarCodec().receive(frames.ASKED)
    assert isinstance(frame, Snac)
    assert frame.flags == 0
    assert frame.data.startswith(string8("100001"))


FRAMES = st.one_of(
    st.builds(Signon, ANY_TLVS, st.integers(0, 0xFFFFFFFF)),
    st.builds(
        Snac,
        *(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=40)),
        *(st.integers(0, 0xFFFFFFFF), st.integers(0, HAS_PREAMBLE - 1)),
    ),
    st.builds(FlapError, st.binary(max_size=9)),
    st.builds(Signoff, ANY_TLVS),
    st.builds(KeepAlive, st.binary(max_size=9)),
)


@given(st.lists(FRAMES, max_size=6))
def test_what_is_sent_arrives(sent: list[Frame]) -> None:
    codec = OscarCodec()
    assert codec.receive(b"".join(map(codec.encode, sent))) == sent


@given(
    st.lists(FRAMES, max_size=6), st.binary(max_size=5).map(lambda rest: b"*\4" + rest), st.data()
)
def test_any_split_of_the_stream_gives_the_same_frames(
    sent: list[Frame], short: bytes, data: st.DataObject
) -> None:
    codec, whole = OscarCodec(), OscarCodec()
    stream = b"".join(map(codec.encode, sent)) + short[:4]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [frame for piece in pieces for frame in codec.receive(piece)] == whole.receive(stream)


@given(st.lists(st.binary(max_size=80), max_size=8))
@example([b"*\2\0\0\0\x0e" + Snac(1, 1).data + bytes(6) + b"\x80\0" + bytes(6)])
def test_fuzz_bytes(pieces: list[bytes]) -> None:
    codec = OscarCodec()
    try:
        for piece in pieces:
            for frame in codec.receive(piece):
                assert isinstance(frame, Frame)
                assert show(frame).isprintable()
    except WireError:
        pass


@given(st.lists(st.tuples(st.integers(0, 7), st.binary(max_size=40)), max_size=8))
def test_fuzz_frames(bodies: list[tuple[int, bytes]]) -> None:
    """Whole frames, so that more than the mark is reached."""
    codec = OscarCodec()
    for channel, body in bodies:
        try:
            [frame] = codec.receive(u8(0x2A) + u8(channel) + u16(0, len(body)) + body)
        except WireError:
            return
        assert isinstance(frame, Frame)
        assert show(frame).isprintable()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("2b", "begins with 2b: 2a expected"),
        ("2a05000000002b", "begins with 2b: 2a expected"),
        ("2a0700000000", "channel 7: 1 to 5 expected"),
        ("2a020000000900010003000000000000", "SNAC of 9 bytes: 10 or more"),
        ("2a0100000003000001", "3 bytes left: 4 expected"),
        ("2a010000000900000001000600ff00", "1 bytes left: 255 expected"),
        ("2a020000000b0013001980000000000000", "1 bytes left: 2 expected"),
    ],
)
def test_no_oscar(data: str, words: str) -> None:
    with pytest.raises(WireError, match=words):
        OscarCodec().receive(bytes.fromhex(data))


def test_sign_off_without_a_length_is_no_frame() -> None:
    codec = OscarCodec()
    assert codec.receive(bytes.fromhex("2a0500000000 2a040071")) == [KeepAlive()]
    assert codec.receive(b"") == []


def test_sign_off_with_something_else_in_it() -> None:
    """iserverd repeats its answer to the log-in there."""
    [answer] = OscarCodec().receive(frames.LOGIN_DONE)
    assert isinstance(answer, Snac)
    body = frames.LOGIN_DONE[6:]
    assert OscarCodec().receive(b"*\4\0\0" + u16(len(body)) + body) == [Signoff(NO_TLVS)]


# Sequence numbers.


def numbers(codec: OscarCodec, count: int) -> list[int]:
    return [int.from_bytes(codec.encode(KeepAlive())[2:4]) for _ in range(count)]


def test_sequence_numbers() -> None:
    assert numbers(OscarCodec(), 3) == [0, 1, 2]
    assert numbers(OscarCodec(0x7FFF), 2) == [0x7FFF, 0x8000]
    assert numbers(OscarCodec(SEQUENCES - 2), 4) == [0xFFFE, 0xFFFF, 0, 1]


def test_codecs_made_alike_are_equal() -> None:
    used = OscarCodec(7)
    used.encode(KeepAlive())
    used.receive(b"*\5")
    assert used == OscarCodec(7) != OscarCodec(8)


def test_frame_too_long() -> None:
    assert len(OscarCodec().encode(KeepAlive(bytes(MAX_BODY)))) == MAX_BODY + 6
    with pytest.raises(ValueError, match="at most 65535"):
        OscarCodec().encode(KeepAlive(bytes(MAX_BODY + 1)))


# Logs.

COOKIE = bytes.fromhex("c0ffee" * 8)
SECRETS: list[tuple[Frame, str]] = [
    (Signon(tlvs((6, COOKIE))), "SIGNON 1 06=…"),
    (Signon(tlvs((1, b"ab"), (2, COOKIE))), "SIGNON 1 01=6162 02=…"),
    (Snac(0x17, 2, tlvs((1, b"ab"), (0x25, COOKIE)).encode()), "SNAC(17,02) id=0 01=6162 25=…"),
    (Snac(0x17, 3, tlvs((5, b"a"), (6, COOKIE)).encode(), 2), "SNAC(17,03) id=2 05=61 06=…"),
    (Snac(1, 5, tlvs((0xD, b"\0\x0d"), (6, COOKIE)).encode()), "SNAC(01,05) id=0 0d=000d 06=…"),
    (Snac(0x17, 7, COOKIE), "SNAC(17,07) id=0 …"),
    (Signoff(tlvs((5, b"a"), (6, COOKIE))), "SIGNOFF 05=61 06=…"),
]


@pytest.mark.parametrize(("frame", "shown"), SECRETS)
def test_secrets_are_not_shown(frame: Frame, shown: str) -> None:
    assert show(frame) == shown
    assert "c0ffee" not in shown


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        (Signon(), "SIGNON 1"),
        (Snac(4, 7, b"\1\2", 0x80000000, 1), "SNAC(04,07) id=80000000 flags=0001 0102"),
        (Snac(1, 6, b"", 3), "SNAC(01,06) id=3"),
        (FlapError(b"\1"), "ERROR 01"),
        (Signoff(), "SIGNOFF"),
        (KeepAlive(), "KEEPALIVE"),
    ],
)
def test_show(frame: Frame, shown: str) -> None:
    assert show(frame) == shown


def test_long_data_is_cut() -> None:
    shown = show(Snac(0x10, 5, bytes(7000)))
    assert len(shown) < 600
    assert shown.endswith("00" + HIDDEN)
