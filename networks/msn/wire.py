"""Lines, and what follows some of them: bytes to commands and back.

    VERB transaction argument …\r\n
    VERB transaction argument … length\r\n      and that many bytes, with no end of line

Arguments are percent-encoded.  A number instead of a verb is an error.  The notification server and
switchboards both speak so; what comes by itself has no transaction, or 0.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote as percent_encode
from urllib.parse import unquote_to_bytes

from gateway.errors import WireError

PAYLOADS = frozenset(["MSG", "GCF", "ADL", "RML", "UBX", "UBN", "UBM", "NOT", "FQY", "NFY", "SDG"])
"""What the server says with a payload; ADL and RML not where they only say OK."""

ANSWERED = "OK"

MAX_LINE = 16 * 1024
"""Bytes.  The longest have a name and the description of a picture: some 1,500."""

MAX_PAYLOAD = 1024 * 1024
"""Bytes.  The longest is a list of contacts who were added meanwhile."""

VERB = re.compile(r"[A-Z]{3}|\d{3}")

LENGTH = re.compile(r"\d{1,9}")

BARE = re.compile(r"[\x00-\x20\x7f]")
"""What no argument can have in it."""


@dataclass(frozen=True, slots=True)
class Command:
    verb: str
    args: tuple[str, ...] = ()
    """As they are sent, still encoded; without the length of a payload."""
    payload: bytes | None = None

    @property
    def is_error(self) -> bool:
        return self.verb.isdigit()

    def arg(self, number: int) -> str:
        """Decoded; "" where there are not so many."""
        return unquote(self.args[number]) if number < len(self.args) else ""

    @property
    def transaction(self) -> int:
        """0 where there is none."""
        first = self.args[0] if self.args else ""
        return int(first) if LENGTH.fullmatch(first) else 0


def quote(text: str) -> str:
    return percent_encode(text, safe="", errors="replace")


def unquote(text: str) -> str:
    """Servers leave in UTF-8 as it is what they need not encode; a plus is one."""
    return unquote_to_bytes(text.encode(errors="replace")).decode(errors="replace")


@dataclass(slots=True)
class MsnCodec:
    """One connection."""

    _buffer: bytes = field(default=b"", init=False, repr=False, compare=False)
    _begun: Command | None = field(default=None, init=False, repr=False, compare=False)
    """Whose payload is not here yet."""
    _missing: int = field(default=0, init=False, repr=False, compare=False)
    """The size of that payload."""

    def receive(self, data: bytes) -> list[Command]:
        self._buffer += data
        commands: list[Command] = []
        while command := self._next():
            commands.append(command)
        return commands

    def _next(self) -> Command | None:
        """The first that is here from end to end."""
        if self._begun is None:
            line, end, rest = self._buffer.partition(b"\n")
            if len(line) > MAX_LINE:
                raise WireError(f"a line of more than {MAX_LINE} bytes")
            if not end:
                return None
            self._buffer = rest
            command, length = parse(line)
            if length is None:
                return command
            self._begun, self._missing = command, length
        if len(self._buffer) < self._missing:
            return None
        command, self._begun = self._begun, None
        payload, self._buffer = self._buffer[: self._missing], self._buffer[self._missing :]
        return Command(command.verb, command.args, payload)

    def encode(self, command: Command) -> bytes:
        """
        Raises:
            ValueError: an argument has a space in it, or is empty.
        """
        if bad := [arg for arg in command.args if not arg or BARE.search(arg)]:
            raise ValueError(f"{command.verb}: {bad[0]!r} is no argument")
        args = list(command.args)
        if command.payload is not None:
            args.append(str(len(command.payload)))
        line = " ".join([command.verb, *args]) + "\r\n"
        return line.encode(errors="replace") + (command.payload or b"")


def parse(line: bytes) -> tuple[Command, int | None]:
    """A line without its end; and how many bytes follow it, if any can.

    Raises:
        WireError: it is none.
    """
    verb, *args = line.decode(errors="replace").rstrip(" \r").split(" ")
    if not VERB.fullmatch(verb):
        raise WireError(f"line {line[:40]!r}: a command of three letters or digits expected")
    if not _has_payload(verb, args):
        return Command(verb, tuple(args)), None
    if not args or not LENGTH.fullmatch(args[-1]):
        raise WireError(f"line {line[:80]!r}: the length of a payload expected")
    length = int(args.pop())
    if length > MAX_PAYLOAD:
        raise WireError(f"{verb} with {length} bytes: at most {MAX_PAYLOAD} expected")
    return Command(verb, tuple(args)), length


def _has_payload(verb: str, args: list[str]) -> bool:
    """Some servers explain errors about lists, and say how long the explanation is."""
    if verb in PAYLOADS:
        return args[-1:] != [ANSWERED]
    return verb.startswith("24") and len(args) == 2


# Logs.

HIDDEN = "…"

LONGEST_SHOWN = 512
"""Bytes of a payload that the log shows."""

PROFILE = b"text/x-msmsgsprofile"
"""In it the server repeats our ticket."""


def show(command: Command) -> str:
    """One line for the log, with every secret in it as "…"."""
    shown = " ".join([command.verb, *_shown(command.verb, command.args)])
    if command.payload is None:
        return shown
    payload = command.payload
    if PROFILE in payload[:200]:
        return f"{shown} {HIDDEN}"
    cut = HIDDEN if len(payload) > LONGEST_SHOWN else ""
    return f"{shown} {payload[:LONGEST_SHOWN].decode(errors='replace')!a}{cut}"


def _shown(verb: str, args: tuple[str, ...]) -> Iterable[str]:
    """Tickets of USR, and keys of switchboards: USR, ANS, and after CKI."""
    match verb, args:
        case "USR", (_, "SSO" | "TWN", "S", *rest) if rest:
            return [*args[:3], HIDDEN]
        case "USR", (transaction, address, _) if address != ANSWERED and "@" in address:
            return [transaction, address, HIDDEN]
        case "ANS", (transaction, address, _, *rest):
            return [transaction, address, HIDDEN, *rest]
    if "CKI" in args:
        key = args.index("CKI") + 1
        return [*args[:key], HIDDEN, *args[key + 1 :]]
    return args
