"""What a client must compute: the answer to SSO's nonce and to the challenges of MSNP11 and OIM."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

PRODUCTS = {
    "PROD0119GSJUC$18": "ILTXC!4IXB5FB*PX",
    "PROD0114ES4Z%Q5W": "PK}_A_0N_K%O?A9S",
    "PROD0118R6%2WYOS": "YIXPX@5I2P0UT*LK",
    "PROD01065C%ZFN6F": "O4BG@C7BWLYQX?5G",
    "PROD0090YUAUV{2B": "YMM8C_H7KCQ2S_KL",
}
"""Ids of clients and their keys."""

SSO_HEAD = (28, 1, 0x6603, 0x8004, 8, 20, 72)
"""Sizes and algorithms: CBC, 3DES, SHA-1, 8 bytes of IV, 20 of hash, 72 of cipher."""

HASH_KEY = b"WS-SecureConversationSESSION KEY HASH"
ENCRYPTION_KEY = b"WS-SecureConversationSESSION KEY ENCRYPTION"

PADDING = b"\x08" * 8

MASK = 0x7FFFFFFF
MAGIC = 0x0E79A9C1


def derive(key: bytes, magic: bytes) -> bytes:
    def mac(data: bytes) -> bytes:
        return hmac.digest(key, data, "sha1")

    first, third = mac(magic), mac(mac(magic))
    return mac(first + magic) + mac(third + magic)[:4]


def _cipher(secret: bytes, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(TripleDES(derive(secret, ENCRYPTION_KEY)), modes.CBC(iv))


def sso_response(secret: bytes, nonce: str, iv: bytes = b"") -> str:
    """As a client computes it."""
    iv = iv or os.urandom(8)
    digest = hmac.digest(derive(secret, HASH_KEY), nonce.encode(), "sha1")
    encryptor = _cipher(secret, iv).encryptor()
    cipher = encryptor.update(nonce.encode() + PADDING) + encryptor.finalize()
    return base64.b64encode(struct.pack("<7L", *SSO_HEAD) + iv + digest + cipher).decode()


def sso_problem(secret: bytes, nonce: str, response: str) -> str:
    """What is wrong with a response; empty: nothing."""
    try:
        data = base64.b64decode(response, validate=True)
    except binascii.Error as problem:
        return str(problem)
    if len(data) != 128 or struct.unpack_from("<7L", data) != SSO_HEAD:
        return f"{len(data)} bytes that begin with {data[:28].hex()}"
    iv, digest, cipher = data[28:36], data[36:56], data[56:]
    if digest != hmac.digest(derive(secret, HASH_KEY), nonce.encode(), "sha1"):
        return "the hash is of something else"
    decryptor = _cipher(secret, iv).decryptor()
    if decryptor.update(cipher) + decryptor.finalize() != nonce.encode() + PADDING:
        return "the cipher is of something else"
    return ""


def challenge_response(challenge: str, product: str) -> str:
    """MSNP11.  KeyError: not a product."""
    digest = hashlib.md5((challenge + PRODUCTS[product]).encode()).digest()
    keys = struct.unpack("<4L", digest)
    masked = [key & MASK for key in keys]
    text = (challenge + product).encode()
    text += b"0" * (-len(text) % 8)
    words = struct.unpack(f"<{len(text) // 4}L", text)
    high = low = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        step = (MAGIC * even) % MASK + high
        step = (masked[0] * step + masked[1]) % MASK
        high = (odd + step) % MASK
        high = (masked[2] * high + masked[3]) % MASK
        low += high + step
    high, low = (high + masked[1]) % MASK, (low + masked[3]) % MASK
    parts = (keys[0] ^ high, keys[1] ^ low, keys[2] ^ high, keys[3] ^ low)
    return struct.pack("<4L", *parts).hex()
