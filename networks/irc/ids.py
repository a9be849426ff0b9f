"""How IRC names are compared, what is a name, and which address in XMPP each has.

    fixed transport    romeo                        #balcony                        (its server)
    open transport     romeo%irc.verona.lit         #balcony%irc.verona.lit         irc.verona.lit

https://modern.ircdocs.horse/#casemapping-parameter, #chantypes-parameter, #prefix-parameter …
"""

import ipaddress
import re
import stringprep
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from unicodedata import ucd_3_2_0

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId
from gateway.network import Address, Kind
from gateway.words import tr

CHANTYPES = "#&"
"""What a channel begins with if the server does not say; "+" and "!" only if it does."""

MAX_NAME = 200
"""Bytes of a nick or a channel.  RFC 1459 allows 200 to a channel, and no server more to a nick."""

MAX_HOST = 253
"""RFC 1035, section 2.3.4."""

# Comparing.

CACHE = 4096
"""Addresses kept as they were understood: people write to the same few again and again."""

ASCII_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ASCII_LOWER = ASCII_UPPER.lower()


class CaseMapping(Enum):
    """https://modern.ircdocs.horse/#casemapping-parameter; a value never heard of is RFC1459."""

    ASCII = "ascii"
    RFC1459 = "rfc1459"
    STRICT_RFC1459 = "strict-rfc1459"
    RFC7613 = "rfc7613"

    @classmethod
    def _missing_(cls, value: object) -> "CaseMapping":
        return cls.RFC1459

    def fold(self, name: str) -> str:
        """Two names are the same iff they fold to the same.  Folding twice changes nothing.

        Beyond ASCII it folds as XMPP does, whatever the server thinks: a folded name becomes part
        of a JID, and must come back from there as it was.
        """
        if name.isascii():
            folded = name.lower()  # A tenth of what ``translate`` takes.
            return folded.translate(FOLD[self]) if BRACKET.search(folded) else folded
        return nodeprep(name).translate(FOLD[self])


BRACKET = re.compile(r"[\[\]\\~]")
"""What only some mappings fold."""

FOLD = {
    CaseMapping.ASCII: str.maketrans(ASCII_UPPER, ASCII_LOWER),
    CaseMapping.RFC1459: str.maketrans(ASCII_UPPER + "[]\\~", ASCII_LOWER + "{}|^"),
    CaseMapping.STRICT_RFC1459: str.maketrans(ASCII_UPPER + "[]\\", ASCII_LOWER + "{}|"),
    CaseMapping.RFC7613: str.maketrans(ASCII_UPPER, ASCII_LOWER),
}


def nodeprep(text: str) -> str:
    """What happens to the local part of a JID on its way (RFC 6122, appendix A), but for what is
    prohibited there: XEP-0106 escapes that."""
    kept = (c for c in text if not stringprep.in_table_b1(c))
    return ucd_3_2_0.normalize("NFKC", "".join(map(stringprep.map_table_b2, kept)))


# Names.

NICK = re.compile(r"\*?[^\x00-\x20\x7f,*?!@$:#&~%+][^\x00-\x20\x7f,*?!@]*")
"""https://modern.ircdocs.horse/#clients, liberally: a digit in front is well (services have
them), and so is one "*" (modules of the bouncer ZNC)."""

CHANNEL = re.compile(r"[^\x00-\x20\x7f,]+")
"""https://modern.ircdocs.horse/#channels; no control character at all, as no JID has one."""


def is_nick(name: str) -> bool:
    return bool(NICK.fullmatch(name)) and _is_sendable(name)


def is_channel(name: str, chantypes: str = CHANTYPES) -> bool:
    return name[:1] in tuple(chantypes) and bool(CHANNEL.fullmatch(name)) and _is_sendable(name)


def _is_sendable(name: str) -> bool:
    try:
        return len(name.encode()) <= MAX_NAME
    except UnicodeEncodeError:  # A lone surrogate.
        return False


LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOSTNAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")


def server_name(text: str) -> str:
    """The one spelling of a server's host name or IP address; "" if it is neither.

    One label is enough: there are servers in local networks.
    """
    name = text.lower().removesuffix(".")
    if len(name) <= MAX_HOST and HOSTNAME.fullmatch(name):
        return name
    try:
        return "" if "%" in name else str(ipaddress.IPv6Address(name))
    except ValueError:
        return ""


# Addresses.


@dataclass(frozen=True, slots=True)
class IrcAddressing:
    """Brackets are not folded here, for only the session knows which of ``[]{}`` are equal: it
    folds the ids of commands by the server's ``CaseMapping``."""

    open: bool = False
    """Users choose the server, and the address names it."""
    chantypes: str = CHANTYPES

    @lru_cache(CACHE)  # noqa: B019  # There is one of these for each transport.
    def parse(self, local: str) -> Address:
        if not local:
            return Address(Kind.SERVER, "", ChatId(""))
        if not self.open:
            return self._chat("", local)
        name, percent, host = local.rpartition("%")  # A channel's name may have one, too.
        server = server_name(host)
        if not server:
            raise CommandRefused(
                Reason.NOT_FOUND,
                tr(
                    "{local!r}: {host!r} is not a server; nick%irc.example.org or "
                    "#channel%irc.example.org is expected"
                ).format(local=local, host=host),
            )
        if not percent:
            return Address(Kind.SERVER, server, ChatId(""))
        if not name:
            raise CommandRefused(
                Reason.BAD_REQUEST, tr("{local!r}: nothing in front of the %").format(local=local)
            )
        return self._chat(server, name)

    def _chat(self, account: str, name: str) -> Address:
        folded = ChatId(CaseMapping.ASCII.fold(name))
        if is_channel(folded, self.chantypes):
            return Address(Kind.ROOM, account, folded)
        if is_nick(folded):
            return Address(Kind.PERSON, account, folded)
        raise CommandRefused(
            Reason.NOT_FOUND, tr("{name!r} is neither a nickname nor a channel").format(name=name)
        )

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        folded = CaseMapping.ASCII.fold(chat)
        return f"{folded}%{account}" if account and folded else folded or account

    def from_prompt(self, text: str) -> str:
        """``Romeo`` or ``#balcony``; on an open transport also ``romeo@irc.verona.lit``."""
        typed = text.strip()
        if self.open and (found := PROMPT.fullmatch(typed)):
            typed = f"{found[1]}%{found[2]}"
        if not typed:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("A nickname or a channel is expected."))
        try:
            address = self.parse(typed)
        except CommandRefused as refused:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, refused.text) from refused
        return self.local(address.account, address.chat)


PROMPT = re.compile(r"(.+)[@%]([^@%]+)", re.DOTALL)


# Masks.


def mask_matches(mask: str, target: str) -> bool:
    r"""``*`` any characters, ``?`` one, ``\`` takes the meaning from what follows.

    https://modern.ircdocs.horse/#wildcard-expressions.  Fold both before.  Takes time proportional
    to the product of the lengths at worst, which regular expressions do not promise.
    """
    pattern = list(_pattern(mask))
    at = position = 0
    star = retry = -1
    while position < len(target):
        if at < len(pattern) and pattern[at] is ANY:
            star, retry = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in (ONE, target[position]):
            at += 1
            position += 1
        elif star >= 0:  # Let the last star take one more.
            retry += 1
            at, position = star + 1, retry
        else:
            return False
    return all(part is ANY for part in pattern[at:])


ANY, ONE = "any", "one"
"""Told from characters by their length."""


def _pattern(mask: str) -> Iterator[str]:
    for token in re.findall(r"\\.|.", mask, re.DOTALL):
        yield {"*": ANY, "?": ONE}.get(token, token[-1])


# What the server says about itself (005).


def parse_isupport(params: Sequence[str]) -> dict[str, str | None]:
    """The parameters of one 005 (our nick first, a sentence last) to values by token.

    "" where a token has no value; None if it is taken back (``-TOKEN``).
    https://modern.ircdocs.horse/#rplisupport-005
    """
    values: dict[str, str | None] = {}
    for token in params[1:-1]:
        name, _, value = token.partition("=")
        if name.startswith("-"):
            values[name[1:].upper()] = None
        elif name:
            values[name.upper()] = HEX.sub(lambda found: chr(int(found[1], 16)), value)
    return values


HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")


class Prefixes:
    """Ranks in a channel, highest first: PREFIX of 005, ``(qaohv)~&@%+``.

    https://modern.ircdocs.horse/#prefix-parameter
    """

    def __init__(self, isupport: str = "(ov)@+") -> None:
        found = re.fullmatch(r"\(([A-Za-z]*)\)(\S*)", isupport)
        pairs = list(zip(found[1], found[2], strict=False)) if found else []
        self.modes = "".join(mode for mode, _ in pairs)
        self.symbols = "".join(symbol for _, symbol in pairs)
        self._mode_of = {symbol: mode for mode, symbol in pairs}

    def split(self, name: str) -> tuple[str, str]:
        """``@+romeo`` (of 353, of 352, of a target) to ("ov", "romeo")."""
        bare = name.lstrip(self.symbols) if self.symbols else name
        return "".join(self._mode_of[c] for c in name[: len(name) - len(bare)]), bare

    def rank(self, mode: str) -> int:
        """0 is the highest; all that is no rank comes after the lowest."""
        at = self.modes.find(mode) if mode else -1
        return at if at >= 0 else len(self.modes)


CHANMODES = "beI,k,l,imnpst"
"""What most servers have in common, until a server says what it has."""


class ModeChange(NamedTuple):
    sign: str
    """"+" or "-"."""
    letter: str
    argument: str | None


def mode_changes(
    params: Sequence[str], chanmodes: str = CHANMODES, prefixes: Prefixes | None = None
) -> list[ModeChange]:
    """The parameters of MODE after its target, one by one.

    Lists (class A, without an argument: a question), keys (B) and ranks have an argument, limits
    (C) when they are set, flags (D) and what we never heard of have none.
    https://modern.ircdocs.horse/#chanmodes-parameter
    """
    lists, always, when_set, *_ = [*chanmodes.split(","), "", "", ""]
    with_argument = lists + always + (prefixes or Prefixes()).modes
    words = iter(params)
    changes = []
    sign = "+"
    for letter in next(words, ""):
        if letter in "+-":
            sign = letter
        elif letter in with_argument or (letter in when_set and sign == "+"):
            changes.append(ModeChange(sign, letter, next(words, None)))
        else:
            changes.append(ModeChange(sign, letter, None))
    return changes
