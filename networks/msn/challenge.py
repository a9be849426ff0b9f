"""What only a client can answer who knows the key of its product (MSNP11 and later).

The server asks ``CHL 0 <challenge>`` now and then and closes without a ``QRY`` in time; the service
for offline messages asks for a "lock key" before it takes one.
"""

import struct
from hashlib import md5

from gateway.frozen import frozen


@frozen()
class Product:
    """A client that Microsoft published, and the key that was in it."""

    id: str
    key: str


MSNP13 = Product("PROD01065C%ZFN6F", "O4BG@C7BWLYQX?5G")
MSNP15 = Product("PROD0119GSJUC$18", "ILTXC!4IXB5FB*PX")

PRODUCTS = {"MSNP13": MSNP13, "MSNP14": MSNP13, "MSNP15": MSNP15}
"""By the dialect they spoke: Messenger 8.0, 8.1 and 8.5."""

MAGIC = 0x0E79A9C1
MODULUS = 0x7FFFFFFF


def answer(challenge: str, product: Product) -> str:
    """32 hexadecimal digits, for any challenge."""
    key = struct.unpack(
        "<4I", md5((challenge + product.key).encode(), usedforsecurity=False).digest()
    )
    high, low = _mixed(challenge + product.id, [word & MODULUS for word in key])
    words = zip(key, (high, low, high, low), strict=True)
    return struct.pack("<4I", *(word ^ mask for word, mask in words)).hex()


def _mixed(text: str, key: list[int]) -> tuple[int, int]:
    """Two words, of every byte of the text."""
    data = text.encode()
    data += b"0" * (-len(data) % 8)
    high = low = 0
    for first, second in struct.iter_unpack("<2I", data):
        mixed = (MAGIC * first % MODULUS + high) * key[0] + key[1]
        mixed %= MODULUS
        high = ((second + mixed) % MODULUS * key[2] + key[3]) % MODULUS
        low += high + mixed
    return (high + key[1]) % MODULUS, (low + key[3]) % MODULUS
