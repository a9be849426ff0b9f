"""Passwords: vectors from the transcripts (their passwords are those of test accounts)."""

import pytest

from networks.oscar.auth import (
    build_challenge_request,
    build_login,
    parse_challenge,
    password_bytes,
    roast,
    strong_hash,
    weak_hash,
)
from networks.oscar.data import Reader, u16
from tests.networks.oscar import frames

PASSWORD = b"alicepw1"


def test_strong_hash() -> None:
    key = parse_challenge(frames.CHALLENGE[16:])
    assert key == b"287f90b1-6f03-43e4-b1eb-963d6dd6dc0f"
    assert strong_hash(key, PASSWORD).hex() == "1425645e588dfa7fb26e9ea2dca42e07"


def test_weak_hash() -> None:
    assert weak_hash(b"key", b"password").hex() == "67b345d4b1d1d56d38f507e54986ca77"


def test_login() -> None:
    hash = strong_hash(parse_challenge(frames.CHALLENGE[16:]), PASSWORD)
    real = Reader(frames.LOGIN[16:]).tlvs()
    ours = Reader(build_login("ProbeAlice", hash)).tlvs()
    assert sorted(ours) == sorted(real)
    weak = Reader(build_login("ProbeAlice", hash, is_strong=False, multi=3)).tlvs()
    assert 0x4C not in weak
    assert weak.number(0x4A) == 3


def test_challenge() -> None:
    asked = build_challenge_request("ProbeAlice")
    assert asked.hex() == "0001000a50726f6265416c696365004b0000005a0000"
    assert parse_challenge(u16(2) + b"keyrest") == b"ke"


@pytest.mark.parametrize(
    ("password", "roasted"),
    [
        (b"", ""),
        (b"\0" * 18, "7691c5e7d0d995dd9e2fead86b21c2bc7691"),
        (PASSWORD, "17fdac84b5a9e2ec"),
    ],
)
def test_roast(password: bytes, roasted: str) -> None:
    assert roast(password).hex() == roasted
    assert roast(roast(password)) == password


@pytest.mark.parametrize(
    ("password", "is_uin", "raw"),
    [
        ("0123456789", True, b"01234567"),
        ("0123456789", False, b"0123456789"),
        ("ééééé", True, b"\xc3\xa9" * 4),
        ("é", False, b"\xc3\xa9"),
    ],
)
def test_password_bytes(password: str, is_uin: bool, raw: bytes) -> None:
    assert password_bytes(password, is_uin) == raw
