"""Frames of MSNP2P, and messages put together from them."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn import mime
from networks.msn.p2p import (
    ACK,
    DATA,
    MAX_CHUNK,
    Assembly,
    Frame,
    acknowledge,
    chunks,
    parse_frame,
    payload,
)
from networks.msn.text import MAX_PAYLOAD

FRAME = Frame(
    session=0x01020304,
    message=0x05060708,
    offset=1202,
    total=1205,
    flags=DATA,
    nonce=0x0A0B0C0D,
    data=b"abc",
    app=1,
)
BYTES = bytes.fromhex(
    "04030201 08070605 b204000000000000 b504000000000000 03000000 20000000 0d0c0b0a"
    "00000000 0000000000000000 616263 00000001"
)


def test_frame() -> None:
    assert FRAME.encode() == BYTES
    assert parse_frame(BYTES) == FRAME
    assert parse_frame(BYTES[:-4]) == replace(FRAME, app=0)


def test_acknowledge() -> None:
    frame = parse_frame(acknowledge(FRAME, 7).encode())
    assert frame == Frame(
        session=FRAME.session,
        message=7,
        total=1205,
        flags=ACK,
        nonce=FRAME.message,
        acked=FRAME.nonce,
        acked_size=1205,
        app=1,
    )


@pytest.mark.parametrize("data", [b"", BYTES[:47], BYTES[:50], replace(FRAME, total=9).encode()])
def test_damaged(data: bytes) -> None:
    with pytest.raises(WireError, match="P2P"):
        parse_frame(data)


@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    with suppress(WireError):
        assert len(parse_frame(data).data) <= len(data)


def test_payload() -> None:
    """The longest chunk for the longest address fits."""
    full = replace(FRAME, offset=0, total=MAX_CHUNK, data=b"x" * MAX_CHUNK)
    message = mime.parse(payload("bob@example.com", full))
    assert message.type == mime.P2P
    assert message.get("P2P-Dest") == "bob@example.com"
    assert parse_frame(message.body) == full
    assert len(payload("b" * 254, full)) <= MAX_PAYLOAD


# Messages.


def assembled(frames: list[Frame], total: int) -> list[bytes | None]:
    assembly = Assembly(total)
    return [assembly.add(frame) for frame in frames]


@given(st.binary(min_size=1, max_size=4 * MAX_CHUNK), st.randoms(use_true_random=False))
def test_chunks_in_any_order_and_again(data: bytes, random: object) -> None:
    frames = [*chunks(1, data, nonce=2)]
    assert [len(frame.data) for frame in frames[:-1]] == [MAX_CHUNK] * (len(frames) - 1)
    assert {frame.total for frame in frames} == {len(data)}
    shuffled = frames * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = assembled(shuffled, len(data))
    whole = [one for one in found if one is not None]
    assert whole
    assert set(whole) == {data}
    seen = {frame.offset for frame in shuffled[: found.index(data) + 1]}
    assert len(seen) == len(frames)


def test_a_gap() -> None:
    frames = [*chunks(1, b"x" * 3 * MAX_CHUNK, nonce=2)]
    assert assembled([frames[0], frames[2], frames[0]], 3 * MAX_CHUNK) == [None] * 3


def test_two_sizes() -> None:
    assembly = Assembly(5)
    with pytest.raises(WireError, match="5 bytes has 6 now"):
        assembly.add(Frame(message=1, total=6, data=b"x"))


@given(st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=10)), max_size=20))
def test_any_chunks(pieces: list[tuple[int, bytes]]) -> None:
    """It is whole when every place has been written to, however they overlap."""
    frames = [Frame(message=1, offset=at, total=10, data=data[: 10 - at]) for at, data in pieces]
    written: set[int] = set()
    for frame, whole in zip(frames, assembled(frames, 10), strict=True):
        written.update(range(frame.offset, frame.offset + len(frame.data)))
        assert (whole is not None) == (len(written) == 10)
