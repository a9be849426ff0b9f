"""JIDs (RFC 7622) as plain strings, and the escaping of local parts (XEP-0106).

Addresses in stanzas from our server are prepared already, so they are only split.  Addresses that
we make up from a network's names are checked once and remembered.
"""

import re
from functools import lru_cache

from slixmpp.jid import JID, InvalidJID

from gateway.errors import CommandRefused, Reason
from gateway.words import tr

MAX_PART = 1023
"""Bytes of one part (RFC 7622, section 3.1)."""

CACHE = 65_536
"""Names that are kept prepared: preparing one costs more than sending a message does."""

INSTEAD = "?"
"""Of a character that no resource may have; U+FFFD is one of those (RFC 3920, appendix B.5)."""

ESCAPES = {
    " ": r"\20",
    '"': r"\22",
    "&": r"\26",
    "'": r"\27",
    "/": r"\2f",
    ":": r"\3a",
    "<": r"\3c",
    ">": r"\3e",
    "@": r"\40",
}
"""XEP-0106, section 3.1; a backslash only where it would look like one of these."""

_TO_ESCAPE = re.compile(r"[ \"&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)")
_ESCAPED = re.compile(r"\\(20|22|26|27|2f|3a|3c|3e|40|5c)")
_NOT_IN_RESOURCE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)


def split(jid: str) -> tuple[str, str, str]:
    """Local part, domain and resource of a JID that is known to be valid."""
    bare, _, resource = jid.partition("/")
    local, _, domain = bare.rpartition("@")
    return local, domain, resource


def bare(jid: str) -> str:
    return jid.partition("/")[0]


def escape(local: str) -> str:
    r"""A name to a local part: ``tom&jerry`` to ``tom\26jerry``."""
    if not _TO_ESCAPE.search(local):
        return local
    return _TO_ESCAPE.sub(lambda found: ESCAPES.get(found[0], r"\5c"), local)


def unescape(local: str) -> str:
    if "\\" not in local:
        return local
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), local)


@lru_cache(CACHE)
def address(local: str, domain: str) -> str:
    """The bare JID of something on a network; ``local`` is not escaped yet.

    Raises:
        CommandRefused: no JID can carry that name.
    """
    if not local:
        return domain
    escaped = escape(local)
    try:
        return str(JID(f"{escaped}@{domain}").bare)
    except (InvalidJID, UnicodeEncodeError):
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("The name {local!r} has no address in XMPP.").format(local=local),
        ) from None


@lru_cache(CACHE)
def resource(nick: str) -> str:
    """A nickname as the resource of an occupant: itself, unless XMPP forbids it."""
    cleaned = _NOT_IN_RESOURCE.sub(INSTEAD, nick).strip()
    cleaned = _cut(cleaned) or INSTEAD
    if (found := _prepared(cleaned)) is None:
        found = _prepared(_cut("".join(map(_spelled, cleaned))))
    # Or each character may be there, and all together may not: two directions of writing in one.
    return found or _cut("".join(c if c.isascii() else _code(c) for c in cleaned))


def _prepared(resource: str) -> str | None:
    try:
        return str(JID(f"room@example.org/{resource}").resource)
    except (InvalidJID, UnicodeEncodeError):
        return None


def _cut(resource: str) -> str:
    return resource.encode()[:MAX_PART].decode(errors="ignore")


def _spelled(character: str) -> str:
    return character if character.isascii() or _prepared(character) else _code(character)


def _code(character: str) -> str:
    """So that two nicknames stay two: Prosody would take what is newer than Unicode 3.2, as emoji
    are (RFC 3454, section 7), and ejabberd up to now bounces every stanza with it."""
    return f"[{ord(character):X}]"


def parse(text: str) -> str:
    """A bare JID that somebody typed, prepared.

    Raises:
        CommandRefused: it is not one.
    """
    try:
        return str(JID(text.strip()).bare)
    except (InvalidJID, UnicodeEncodeError):
        raise CommandRefused(
            Reason.BAD_REQUEST, tr("{text!r} is not a JID.").format(text=text)
        ) from None
