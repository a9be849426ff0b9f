"""What stands in CHG and NLN for a display picture: who has it, and its hash.

<msnobj Creator="bob@example.com" Size="2345" Type="3" Location="0" Friendly="AAA="
        SHA1D="…of the data…" SHA1C="…of all that…"/>
"""

from base64 import b64encode
from hashlib import sha1

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn.fields import number
from networks.msn.xml import parse, quoted

PICTURE = 3
"""``Type``; 2 is an emoticon of somebody's own."""

NO_NAME = "AAA="
"""An empty name for the picture, in base64 of UTF-16 that ends in zero."""

MAX_TEXT = 1000
"""Characters of an object.  It has some 250."""


@frozen()
class MsnObject:
    text: str
    """As it came: who has the picture compares this."""
    creator: str
    size: int
    kind: int
    sha1d: str
    """Of the data, in base64; names the picture."""

    def is_of(self, data: bytes) -> bool:
        return len(data) == self.size and hash_of(data) == self.sha1d


def hash_of(data: bytes) -> str:
    return b64encode(sha1(data, usedforsecurity=False).digest()).decode()


def picture(creator: str, data: bytes) -> MsnObject:
    """Of our own display picture."""
    fields = {
        "Creator": creator,
        "Size": str(len(data)),
        "Type": str(PICTURE),
        "Location": "0",
        "Friendly": NO_NAME,
        "SHA1D": hash_of(data),
    }
    all_of_it = "".join(f"{name}{value}" for name, value in fields.items())
    fields["SHA1C"] = hash_of(all_of_it.encode())
    written = " ".join(f'{name}="{quoted(value)}"' for name, value in fields.items())
    return MsnObject(f"<msnobj {written}/>", creator, len(data), PICTURE, fields["SHA1D"])


def parse_object(text: str) -> MsnObject | None:
    """None for "0", for "", and for what is no such object; it is some client's, not the server's.

    Args:
        text: unquoted.
    """
    if len(text) > MAX_TEXT or not text.startswith("<"):
        return None
    try:
        found = parse(text.encode(errors="replace")).attrib
    except WireError:
        return None
    size, kind, sha1d = (
        number(found.get("Size", "")),
        number(found.get("Type", "")),
        found.get("SHA1D"),
    )
    if not (size and kind and sha1d):
        return None
    return MsnObject(text, found.get("Creator", "").lower(), size, kind, sha1d)
