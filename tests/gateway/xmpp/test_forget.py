"""Who unregistered and left is in no memory of ours: every object of the gateway is looked at."""

import functools
import gc
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any

from slixmpp import ComponentXMPP, Iq

from gateway.commands import JoinRoom, ListRooms, SendMessage
from gateway.events import (
    AuthorizationAsked,
    Contact,
    ContactsListed,
    MessageReceived,
    PresenceChanged,
    ProfileChanged,
    Remembered,
    RoomListing,
    RoomsListed,
    Show,
)
from gateway.ids import ChatId, PersonId
from gateway.network import Field
from gateway.xmpp import chat, router, xeps
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.commands import SESSIONS
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    FEW,
    MUC,
    ROMEO,
    ROOM,
    TRANSPORT,
    Rig,
    let_in,
    message,
    network,
    presence,
    rig,
    sent,
    stanza,
    transport,
    until,
)

__all__ = ["rig"]

ROSALINE = "rosaline@example.org"
"""Nobody else is called that in all of the tests and the code, so each mention is one of her."""

CLIENT = f"{ROSALINE}/orchard"

STREAM = ComponentXMPP(TRANSPORT, "")  # type: ignore[no-untyped-call]

CONTAINERS = (dict, list, tuple, set, frozenset, deque, OrderedDict, defaultdict, Counter)


def mentions() -> set[str]:
    """What of the gateway holds her name: an object's type, or a module's variable."""
    gc.collect()
    return {name for name, held in _held() if _says(held)}


def _held() -> Iterator[tuple[str, Any]]:
    for thing in gc.get_objects():
        if str(type(thing).__module__).startswith("gateway."):
            yield type(thing).__qualname__, gc.get_referents(thing)
        elif isinstance(thing, functools._lru_cache_wrapper):
            yield "lru_cache", gc.get_referents(thing)
    for name, module in list(sys.modules.items()):
        if name.startswith("gateway."):
            for variable, value in vars(module).items():
                if isinstance(value, CONTAINERS):
                    yield f"{name}.{variable}", value


def _says(held: Any, depth: int = 6) -> bool:
    if isinstance(held, str):
        return ROSALINE in held
    if not isinstance(held, CONTAINERS) or depth == 0:
        return False
    inner = [*held.keys(), *held.values()] if isinstance(held, dict) else held
    return any(_says(each, depth - 1) for each in inner)


def ask(given: router.Router, payload: str, kind: str) -> None:
    query = stanza("iq", TRANSPORT, payload, CLIENT, type=kind, id="1")
    given.iq(Iq(stream=STREAM, xml=query))
    settle()


def test_nothing_is_left(rig: Rig, monkeypatch: Any) -> None:
    field = Field(name="password", label="Password", required=True)
    made = network(rig.stage, fields=lambda *_: (field,))
    rig.transports[TRANSPORT] = transport(made)
    rig.make_context()
    rig.stage.replies = {
        JoinRoom: let_in,
        SendMessage: sent,
        ListRooms: lambda asked: [
            RoomsListed(token=asked.token, rooms=(RoomListing(room=ChatId("#balcony")),))
        ],
    }
    rig.save(user=ROSALINE)
    monkeypatch.setattr(router, "SWEEP", FEW)
    given = rig.router(xeps.IQS)
    given._say = chat.answer

    given.stanza(presence(TRANSPORT, sender=CLIENT))
    until(lambda: rig.stage.logins)
    bridge = given.user(ROSALINE).bridge(TRANSPORT, "")
    assert bridge
    romeo, paris = PersonId("romeo"), PersonId("paris")
    rig.tell(
        bridge,
        ContactsListed(contacts=(Contact(person=romeo), Contact(person=PersonId("nurse")))),
        PresenceChanged(person=romeo, show=Show.AWAY),
        ProfileChanged(person=romeo, name="Romeo", avatar="a-1"),
        AuthorizationAsked(person=paris),
        Remembered(name="ticket", value="t-1"),
        MessageReceived(chat=ChatId("romeo"), sender=romeo, body="hark"),
    )
    given.stanza(presence(f"{ROOM}/Rosaline", "", MUC, CLIENT))
    given.stanza(message(ROMEO, "hark", sender=CLIENT))
    given.stanza(message(f"{ROOM}/Romeo", "psst", sender=CLIENT))
    ask(given, "<query xmlns='http://jabber.org/protocol/disco#items'/>", "get")
    ask(given, f"<command xmlns='{COMMANDS}' node='unregister' action='execute'/>", "set")
    given.stanza(message(TRANSPORT, "unregister", sender=CLIENT))
    until(lambda: len(SESSIONS) and chat.DIALOGUES._dialogues)
    there = mentions()
    assert {"User", "Bridge", "Dialogues", "gateway.xmpp.directory._lists"} <= there

    given.user(ROSALINE).unregister(rig.transport, None)
    given.stanza(presence(TRANSPORT, "unavailable", sender=CLIENT))
    rig.written_to_store()
    bridge = None
    until(lambda: all(user.jid != ROSALINE for user in given.users()))
    rig.stage.logins.clear()
    rig.stage.commands.clear()
    rig._open.clear()
    settle()
    assert mentions() == set()
    assert rig.store.load(ROSALINE) == ()
