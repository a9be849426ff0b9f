"""What a user writes to the transport itself, or to one of the servers behind it: a command line.

For clients that show neither forms nor commands, which on phones are most.  Answers are for people;
the table at the end says which words there are, and which command the network must know for each.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.commands import ChangeNick, FetchProfile, JoinRoom, ListRooms, SendRaw
from gateway.config import Transport
from gateway.errors import CommandRefused
from gateway.network import Address, Network
from gateway.xmpp import actions, registration
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.users import User

SHOWN_ROOMS = 30
"""Lines of one answer that people still read."""

MAX_ANSWER = 10_000
"""Characters.  A profile or a topic can be of any length."""


@dataclass(frozen=True, slots=True)
class Said:
    user: User
    transport: Transport
    account: str
    rest: str
    """What follows the word."""


@dataclass(frozen=True, slots=True)
class Word:
    usage: str
    does: str
    answer: Callable[[Said], str]
    needs: type | None = None
    takes: bool = False
    """Something must follow."""


def answer(user: User, transport: Transport, address: Address, body: str, lang: str) -> str:
    """The answer to one message.  May block.  Only English is there, whatever ``lang`` is."""
    name, _, rest = body.strip().partition(" ")
    name = name.removeprefix("/").removeprefix("!").casefold()
    word = WORDS.get(name)
    if word is None or not _knows(word, transport.network):
        return f"I do not know {name[:50]!r}. Write help."
    rest = rest.strip()
    if word.takes and not rest:
        return f"Write: {word.usage}"
    try:
        said = Said(user, transport, address.account, rest)
        return word.answer(said)[:MAX_ANSWER]
    except CommandRefused as refused:
        return refused.text or f"That failed: {refused.reason.value}."


def _knows(word: Word, network: Network) -> bool:
    return word.needs is None or word.needs in network.commands


def _help(said: Said) -> str:
    words = [word for word in WORDS.values() if _knows(word, said.transport.network)]
    lines = "\n".join(f"{word.usage} – {word.does}" for word in words)
    return f"This is the gateway to {said.transport.name}. Write to me:\n{lines}"


def _status(said: Said) -> str:
    return actions.status(said.user, said.transport, said.account)


def _with_one(act: Callable[[Bridge], str]) -> Callable[[Said], str]:
    return lambda said: act(actions.require_one(said.user, said.transport, said.account))


def _nick(said: Said) -> str:
    bridge = actions.require_one(said.user, said.transport, said.account)
    return actions.change_nick(bridge, said.rest)


def _whois(said: Said) -> str:
    profile = actions.whois_typed(said.user, said.transport, said.account, said.rest)
    if not profile.fields:
        return f"Nothing is told about {profile.person}."
    return "\n".join([profile.person, *(f"{label}: {value}" for label, value in profile.fields)])


def _join(said: Said) -> str:
    room = actions.find_room(said.user, said.transport, said.account, said.rest)
    return f"Join this room in your client: {room.jid}\nxmpp:{actions.uri(room.jid)}?join"


def _list(said: Said) -> str:
    bridge = actions.require_one(said.user, said.transport, said.account)
    found = actions.find_rooms(bridge, said.rest)
    if not found:
        return "No room was found."
    shown = found[:SHOWN_ROOMS]
    lines = [_room(room.room, room.occupants, room.subject) for room in shown]
    if len(found) > len(shown):
        lines.append(f"… and {len(found) - len(shown)} more. Write: list PART OF THE NAME")
    return "\n".join(lines)


def _room(name: str, occupants: int | None, subject: str) -> str:
    people = "" if occupants is None else f" ({occupants})"
    return f"{name}{people}{': ' if subject else ''}{subject[:200]}"


def _raw(said: Said) -> str:
    bridge = actions.require_one(said.user, said.transport, said.account)
    return actions.send_raw(bridge, said.rest)


def _register(said: Said) -> str:
    form = registration.read(said.user, said.transport, said.account)
    state = "You are registered." if form.is_registered else "You are not registered."
    fields = ", ".join(field.label for field in form.fields)
    return (
        f"{state} Your client has a form for it: look for {said.transport.domain} in its list of "
        f"services or gateways, and choose Register, or run the command “register” there.\n"
        f"It asks for: {fields}.\n{registration.TRUST}"
    )


def _unregister(said: Said) -> str:
    if not registration.read(said.user, said.transport, said.account).is_registered:
        return "You are not registered."
    if said.rest != "yes":
        return (
            "Your contacts there go, and everything that is stored about you is deleted. "
            "If you are sure, write: unregister yes"
        )
    said.user.unregister(said.transport, said.account or None)
    return "You are not registered any more."


WORDS: dict[str, Word] = {
    "help": Word("help", "this text", _help),
    "status": Word("status", "whether you are connected, and why not", _status),
    "register": Word("register", "how to register, or to change it", _register),
    "unregister": Word("unregister", "delete everything that is stored about you", _unregister),
    "connect": Word("connect", "log in", _with_one(actions.connect)),
    "disconnect": Word("disconnect", "log out", _with_one(actions.disconnect)),
    "reconnect": Word("reconnect", "log out and in again", _with_one(actions.reconnect)),
    "nick": Word("nick NAME", "change your nickname", _nick, ChangeNick, takes=True),
    "join": Word("join ROOM", "the address of a room", _join, JoinRoom, takes=True),
    "list": Word("list [PART OF THE NAME]", "rooms, the largest first", _list, ListRooms),
    "whois": Word("whois NAME", "who somebody is", _whois, FetchProfile, takes=True),
    "raw": Word("raw LINE", "a command in the network's own language", _raw, SendRaw, takes=True),
}
