"""What a user writes to the transport itself, or to one of the servers behind it: a command line.

For clients that show neither forms nor commands, which on phones are most.  Answers are for people;
the table at the end says which words there are, and which command the network must know for each.
A word that leads to more than an answer opens a dialogue, and what is written next belongs to that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.commands import (
    AddContact,
    ChangeNick,
    FetchProfile,
    JoinRoom,
    ListRooms,
    RemoveContact,
    SendRaw,
)
from gateway.errors import CommandRefused
from gateway.network import Network
from gateway.words import mark, tr
from gateway.xmpp import actions, contactlist, preferences, registration
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.dialogue import Dialogues
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Step

SHOWN_ROOMS = 30
"""Lines of one answer that people still read."""

MAX_ANSWER = 10_000
"""Characters.  A profile or a topic can be of any length."""


DIALOGUES = Dialogues()

Answer = str | Step


@dataclass(frozen=True, slots=True)
class Word:
    usage: str
    does: str
    answer: Callable[[Asker, str], Answer]
    """Given who asks, and what follows the word."""
    needs: type | None = None
    takes: bool = False
    """Something must follow."""


def answer(asker: Asker, body: str) -> str:
    """The answer to one message.  May block."""
    if asker in DIALOGUES:
        return DIALOGUES.hear(asker, body)[:MAX_ANSWER]
    name, _, rest = body.strip().partition(" ")
    name = name.removeprefix("/").removeprefix("!").casefold()
    word = WORDS.get(name)
    if word is None and registration.asking(asker):
        question = DIALOGUES.open(asker, registration.start(asker))
        return DIALOGUES.hear(asker, body) if asker in DIALOGUES else question
    if word is None:  # Unsaid: after a restart it may be a password that was asked for before.
        return tr("I do not know that. Write help.")
    if not _knows(word, asker.transport.network):
        return tr("I do not know {name!r}. Write help.").format(name=name)
    rest = rest.strip()
    if word.takes and not rest:
        return tr("Write: {usage}").format(usage=word.usage)
    try:
        said = word.answer(asker, rest)
    except CommandRefused as refused:
        said = refused.text or tr("That failed: {value}.").format(value=refused.reason.value)
    return (said if isinstance(said, str) else DIALOGUES.open(asker, said))[:MAX_ANSWER]


def _knows(word: Word, network: Network) -> bool:
    return word.needs is None or word.needs in network.commands


def _help(asker: Asker, _: str) -> Answer:
    words = [word for word in WORDS.values() if _knows(word, asker.transport.network)]
    lines = "\n".join(f"{word.usage} – {tr(word.does)}" for word in words)
    return tr("This is the gateway to {name}. Write to me:\n{lines}").format(
        name=asker.transport.name, lines=lines
    )


def _status(asker: Asker, _: str) -> Answer:
    return actions.status(asker.user, asker.transport, asker.address.account)


def _one(asker: Asker, name: str = "") -> Bridge:
    user, transport, account = asker.user, asker.transport, asker.address.account
    if name:
        return actions.find_account(user, transport, account, name)
    return actions.require_one(user, transport, account)


def _with_one(act: Callable[[Bridge], str]) -> Callable[[Asker, str], Answer]:
    """What follows the word is the name of the account, if anything does."""
    return lambda asker, name: act(_one(asker, name))


def _nick(asker: Asker, nick: str) -> Answer:
    return actions.change_nick(_one(asker), nick)


def _whois(asker: Asker, name: str) -> Answer:
    profile = actions.whois_typed(asker.user, asker.transport, asker.address.account, name)
    if not profile.fields:
        return tr("Nothing is told about {person}.").format(person=profile.person)
    return "\n".join(
        [profile.person, *(f"{tr(label)}: {value}" for label, value in profile.fields)]
    )


def _join(asker: Asker, name: str) -> Answer:
    room = actions.find_room(asker.user, asker.transport, asker.address.account, name)
    words = tr("Join this room in your client: {room}").format(room=room.jid)
    return f"{words}\nxmpp:{actions.uri(room.jid)}?join"


def _list(asker: Asker, pattern: str) -> Answer:
    found = actions.find_rooms(_one(asker), pattern)
    if not found:
        return tr("No room was found.")
    shown = found[:SHOWN_ROOMS]
    lines = [_room(room.room, room.occupants, room.subject) for room in shown]
    if len(found) > len(shown):
        lines.append(
            tr("… and {count} more. Write: list PART OF THE NAME").format(
                count=len(found) - len(shown)
            )
        )
    return "\n".join(lines)


def _room(name: str, occupants: int | None, subject: str) -> str:
    people = "" if occupants is None else f" ({occupants})"
    return f"{name}{people}{': ' if subject else ''}{subject[:200]}"


def _add(asker: Asker, name: str) -> Answer:
    return contactlist.add(_one(asker), name)


def _remove(asker: Asker, name: str) -> Answer:
    return contactlist.remove(_one(asker), name)


def _set(asker: Asker, text: str) -> Answer:
    bridge = _one(asker)
    if text:
        preferences.put_typed(asker.user, bridge, text)
    return preferences.show(bridge)


def _raw(asker: Asker, line: str) -> Answer:
    return actions.send_raw(_one(asker), line)


WORDS: dict[str, Word] = {
    "help": Word("help", mark("this text"), _help),
    "status": Word("status", mark("whether you are connected, and why not"), _status),
    "register": Word(
        "register [NAME]",
        mark("register, or change it; NAME: of a further account, such as work"),
        registration.start_typed,
    ),
    "unregister": Word(
        "unregister [NAME]",
        mark("delete everything that is stored about you, or about one account"),
        registration.leave,
    ),
    "contacts": Word(
        "contacts [NAME]",
        mark("who is in your list there, and how they are"),
        _with_one(contactlist.show),
    ),
    "add": Word("add NAME", mark("add somebody to your contacts"), _add, AddContact, takes=True),
    "remove": Word("remove NAME", mark("remove a contact"), _remove, RemoveContact, takes=True),
    "set": Word("set [NAME VALUE]", mark("your settings, or change one"), _set),
    "connect": Word(
        "connect [NAME]",
        mark("log in; NAME: of one of several accounts"),
        _with_one(actions.connect),
    ),
    "disconnect": Word("disconnect [NAME]", mark("log out"), _with_one(actions.disconnect)),
    "reconnect": Word(
        "reconnect [NAME]", mark("log out and in again"), _with_one(actions.reconnect)
    ),
    "nick": Word("nick NAME", mark("change your nickname"), _nick, ChangeNick, takes=True),
    "join": Word("join ROOM", mark("the address of a room"), _join, JoinRoom, takes=True),
    "list": Word("list [PART OF THE NAME]", mark("rooms, the largest first"), _list, ListRooms),
    "whois": Word("whois NAME", mark("who somebody is"), _whois, FetchProfile, takes=True),
    "raw": Word(
        "raw LINE", mark("a command in the network's own language"), _raw, SendRaw, takes=True
    ),
}
