"""Passwords on their way to the server: hashed (BUCP) or roasted (Kerberos).

The hashes are MD5 because the servers want it so; whoever reads the connection can try passwords
against them, and read a roasted one.
"""

from hashlib import md5
from itertools import cycle

from networks.oscar.data import Reader, Tlvs, tlv, tlvs, u8, u16, u32

SALT = b"AOL Instant Messenger (SM)"

ROAST = bytes.fromhex("7691c5e7d0d995dd9e2fead86b21c2bc")
"""Of Kerberos (UAS) requests; sign-on frames have another."""

ICQ_PASSWORD = 8
"""Bytes that count of an ICQ password; the servers refuse longer ones."""


def password_bytes(password: str, is_uin: bool) -> bytes:
    raw = password.encode()
    return raw[:ICQ_PASSWORD] if is_uin else raw


def weak_hash(key: bytes, password: bytes) -> bytes:
    """TLV 25 of 17/02."""
    return _md5(key + password + SALT)


def strong_hash(key: bytes, password: bytes) -> bytes:
    """TLV 25 of 17/02, when an empty TLV 4c is there too."""
    return _md5(key + _md5(password) + SALT)


def _md5(data: bytes) -> bytes:
    return md5(data, usedforsecurity=False).digest()


def roast(password: bytes) -> bytes:
    """And back."""
    return bytes(byte ^ other for byte, other in zip(password, cycle(ROAST), strict=False))


# BUCP, family 17h.


def build_challenge_request(name: str) -> bytes:
    """17/06."""
    return tlv(0x01, name.encode()) + tlv(0x4B) + tlv(0x5A)


def parse_challenge(data: bytes) -> bytes:
    """17/07: the key."""
    return Reader(data).string16()


MULTI_BOTH = 1
"""TLV 4a: a second client of the account joins the first; 3 would take its place."""

CLIENT = "AOL Instant Messenger, version 5.9.6089/WIN32"
"""Servers know what to expect of that one."""


def build_login(
    name: str, hash: bytes, *, is_strong: bool = True, multi: int = MULTI_BOTH
) -> bytes:
    """17/02."""
    return tlvs(
        (0x01, name.encode()),
        (0x25, hash),
        *(((0x4C, b""),) if is_strong else ()),
        *client_tlvs(),
        (0x4A, u8(multi)),
    ).encode()


def client_tlvs() -> Tlvs:
    return tlvs(
        (0x03, CLIENT.encode()),
        (0x16, u16(0x0109)),
        (0x17, u16(5)),
        (0x18, u16(9)),
        (0x19, u16(0)),
        (0x1A, u16(6089)),
        (0x14, u32(0x55)),
        (0x0F, b"en"),
        (0x0E, b"us"),
    )
