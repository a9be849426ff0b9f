"""What a user played by the test gets from the fake MSN server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from tests.servers.msn_wire import Broken, Command, mime, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A text, on the switchboard ``board``."""

    sender: str
    text: str
    style: str = ""
    """X-MMS-IM-Format."""
    board: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudged:
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The switchboard: JOI, or IRO of who was there before."""

    who: str
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    who: str
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked:
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An error."""

    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """NLN and ILN: is here, or is now like this."""

    who: str
    status: str
    name: str
    object: str
    """The description of the picture; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """UBX."""

    who: str
    psm: str
    media: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """ADL: was put on that one's list."""

    who: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """RML."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """OUT."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """The picture that was fetched."""

    who: str
    picture: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    command: Command


Event = (
    Heard
    | Typed
    | Nudged
    | Joined
    | Left
    | Acked
    | Failed
    | Came
    | Went
    | Personal
    | Listed
    | Unlisted
    | Ended
    | Pictured
    | Other
)


def decode(board: str, command: Command) -> Iterator[Event]:
    """``board``: the id of the switchboard that it comes from; empty: the notification server."""
    if command.name.isdigit():
        yield Failed(code=int(command.name))
    elif command.name == "MSG" and board:
        yield _message(board, command)
    elif command.name in DECODERS:
        yield DECODERS[command.name](board, command)
    else:
        yield Other(command=command)


def _message(board: str, command: Command) -> Event:
    sender = command.arg(0)
    try:
        headers, body = mime(command.payload or b"")
    except Broken:
        return Other(command=command)
    kind = headers.get("content-type", "").partition(";")[0]
    if kind == "text/plain":
        style = headers.get("x-mms-im-format", "")
        return Heard(sender=sender, text=body.decode(errors="replace"), style=style, board=board)
    if kind == "text/x-msmsgscontrol":
        return Typed(sender=headers.get("typinguser", ""))
    if kind == "text/x-msnmsgr-datacast" and body.startswith(b"ID: 1\r\n"):
        return Nudged(sender=sender)
    return Other(command=command)


def _came(args: tuple[str, ...]) -> Event:
    status, who, _network, name, _capabilities, described = args
    shown = "" if described == "0" else plain(described)
    return Came(who=who, status=status, name=plain(name), object=shown)


def _personal(board: str, command: Command) -> Event:
    """The server's UBX need not be XML: so it is cut."""
    text = (command.payload or b"").decode()

    def between(tag: str) -> str:
        inside = text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        return inside.replace("&#x26;", "&")

    return Personal(who=command.arg(0), psm=between("PSM"), media=between("CurrentMedia"))


def _listed(board: str, command: Command) -> Event:
    if command.payload is None or command.trid != "0":
        return Other(command=command)
    domain = ElementTree.fromstring(command.payload)[0]
    contact = domain[0]
    who = f"{contact.get('n')}@{domain.get('n')}"
    if command.name == "RML":
        return Unlisted(who=who)
    return Listed(who=who, name=plain(contact.get("f", "")))


DECODERS: dict[str, Callable[[str, Command], Event]] = {
    "JOI": lambda board, command: Joined(who=command.arg(0), board=board),
    "IRO": lambda board, command: Joined(who=command.arg(3), board=board),
    "BYE": lambda board, command: Left(who=command.arg(0), board=board),
    "ACK": lambda board, command: Acked(board=board),
    "NLN": lambda board, command: _came(command.args),
    "ILN": lambda board, command: _came(command.args[1:]),
    "FLN": lambda board, command: Went(who=command.arg(0)),
    "UBX": _personal,
    "ADL": _listed,
    "RML": _listed,
    "OUT": lambda board, command: Ended(why=command.args[0] if command.args else ""),
}
