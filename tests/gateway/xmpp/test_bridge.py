"""A session as its user sees it: whatever a network tells, and how registrations are tried."""

import typing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import events
from gateway.commands import FetchProfile, JoinRoom, SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedIn, LoggedOut, Offline, Show
from gateway.ids import ChatId, PersonId, Token
from gateway.sessions import State
from gateway.store import Account, Broken, KnownContact
from gateway.xmpp import stanzas
from gateway.xmpp.bridge import DELIVER, UNEXPLAINED, Bridge
from gateway.xmpp.pending import MOST, Sent
from tests.gateway.tinynet import log_lines, settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    MUC,
    OPEN,
    ROOM,
    TRANSPORT,
    Rig,
    come,
    go,
    let_in,
    message,
    presence,
    rig,
    until,
)

__all__ = ["log_lines", "rig"]

EVENTS: tuple[type, ...] = typing.get_args(Event)

LATER = LoggedOut(why=Offline.NETWORK, detail="the line is dead")
REFUSED = LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong password")


def test_every_event_is_delivered() -> None:
    assert set(DELIVER) == set(EVENTS)


# Whatever a network tells.

ANY_CHARACTER = st.characters(blacklist_categories=())  # Surrogates, too.
NASTY = st.sampled_from(
    "<>&'\"]\x00\x07\x0b\r\n\t\x7f\x85\ud800\udfff\ufffe\uffff/ @\\%#:\xe9\u202e"
)
TEXT = st.one_of(
    st.sampled_from(["Romeo", "Juliet", "", "]]>", "<!--"]),
    st.text(NASTY, max_size=8),
    st.text(ANY_CHARACTER, max_size=20),
)

KNOWN = {
    ChatId: ("#balcony", "#balcony", "#Orchard", "Romeo"),
    PersonId: ("Romeo", "Juliet", "Paris"),
    Token: ("1", "2", "3"),
}
"""Names for which there is something; without these, little would happen."""

XHTML = st.one_of(st.just(""), TEXT.map(lambda text: f"<em>{stanzas.escape(text)}</em>"))
"""Networks make it, and promise that it is well-formed."""

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=20),
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.timedeltas(),
    type(None): st.none(),
}


def strategy(annotation: Any) -> st.SearchStrategy[Any]:
    """Of everything that the type admits."""
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    if isinstance(annotation, typing.NewType):
        known = st.sampled_from(KNOWN.get(annotation, ("1",)))
        return st.one_of(known, known, known, TEXT)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    arguments = typing.get_args(annotation)
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union:
        return st.one_of(*map(strategy, arguments))
    if typing.get_origin(annotation) is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(strategy(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*map(strategy, arguments))
    fields = typing.get_type_hints(annotation)
    given = {name: XHTML if name == "xhtml" else strategy(of) for name, of in fields.items()}
    return st.builds(annotation, **given)


ANY_EVENT = st.one_of(*map(strategy, EVENTS))


def in_full_swing(rig: Rig) -> Bridge:
    """Online, in a room, with a contact, a stranger who asks, and commands that wait."""
    bridge = rig.bridge()
    rig.stage.replies = {JoinRoom: let_in}
    bridge.resources.available("balcony", "", presence(TRANSPORT))
    bridge.review()
    settle()
    bridge.rooms.presence(presence(ROOM, children=MUC), ChatId("#balcony"), "Juliet")
    bridge.contacts.subscribe(ChatId("romeo"))
    settle()
    rig.tell(
        bridge,
        events.ContactAdded(person=PersonId("Romeo")),
        events.AuthorizationAsked(person=PersonId("Paris")),
    )
    bridge.chats.message(message(f"romeo@{TRANSPORT}", "x"), ChatId("romeo"))
    bridge.rooms.message(message(ROOM, "y", "groupchat"), ChatId("#balcony"))
    assert bridge.keeper.state is State.ONLINE
    room = bridge.rooms.get(ChatId("#balcony"))
    assert room
    assert list(room.seats) == [CLIENT]
    return bridge


@given(told=st.lists(ANY_EVENT, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_that_a_network_tells_can_end_the_stream(rig: Rig, told: list[Event]) -> None:
    """``Out`` is as strict as an XMPP server, which would close it for everybody."""
    bridge = in_full_swing(rig)
    for event in told:
        bridge.deliver(event)
    bridge.reconnected()
    bridge.close()
    settle()
    rig.written_to_store()
    rig.store.remove(bridge.key)


@given(sender=TEXT, body=TEXT)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_message_is_never_lost_for_its_senders_name(rig: Rig, sender: str, body: str) -> None:
    """Who has no address in XMPP is heard through the transport."""
    bridge = in_full_swing(rig)
    rig.out.take()
    chat = ChatId(sender)
    bridge.deliver(events.MessageReceived(chat=chat, sender=PersonId(sender), body=body))
    (written,) = [s for s in rig.out.written if s.tag.endswith("message")]
    # XML makes one line break of all that there are, and what it cannot carry is replaced.
    expected = stanzas.clean(body.replace("\r", "")).replace("\N{REPLACEMENT CHARACTER}", "")
    found = written.findtext(f"{{{stanzas.NS}}}body", "").replace("\N{REPLACEMENT CHARACTER}", "")
    assert expected in found
    bridge.close()


# How sessions end.


def test_refused_credentials_latch(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.out.take()
    rig.tell(bridge, REFUSED)
    assert bridge.keeper.state is State.LATCHED
    error, words = rig.out.take()[-2:]
    assert error == f"presence error {TRANSPORT} juliet not-authorized"
    assert words.startswith(f"message chat {TRANSPORT} juliet Tiny refused the log-in")
    rig.written_to_store()
    (account,) = rig.store.load(JULIET)
    assert account.registration
    assert account.registration.latched == "wrong password"  # type: ignore[union-attr]


def test_what_is_logged_and_kept_is_english(rig: Rig, log_lines: Callable[[], list[str]]) -> None:
    """Whatever language the user is told it in."""
    bridge = rig.bridge()
    bridge.resources.language = "de"
    come(bridge)
    rig.tell(bridge, LoggedOut(why=Offline.BAD_CREDENTIALS))
    rig.written_to_store()
    (account,) = rig.store.load(JULIET)
    assert account.registration.latched == UNEXPLAINED  # type: ignore[union-attr]
    assert "hat die Anmeldung abgelehnt" in rig.out.take()[-1]
    assert any("event=session.latched" in line and UNEXPLAINED in line for line in log_lines())


def test_what_was_latched_is_not_tried(rig: Rig) -> None:
    registration = rig.save(latched="wrong password")
    bridge = rig.bridge(Account(key=registration.key, registration=registration))
    come(bridge)
    assert bridge.keeper.state is State.LATCHED
    assert rig.stage.logins == []


def test_what_cannot_be_opened_is_not_tried(rig: Rig, log_lines: Callable[[], list[str]]) -> None:
    broken = Broken(key=rig.key(), why="tampered with")
    bridge = rig.bridge(Account(key=rig.key(), registration=broken))
    come(bridge)
    assert bridge.keeper.state is State.LATCHED
    assert bridge.is_registered
    assert any("event=account.broken" in line for line in log_lines())


def test_replaced_gives_way(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.out.take()
    rig.tell(bridge, LoggedOut(why=Offline.REPLACED, detail="signed in elsewhere"))
    assert [line for line in rig.out.take() if "error" in line or "message" in line] == [
        f"presence error {TRANSPORT} juliet conflict",
        f"message chat {TRANSPORT} juliet Not connected to Tiny: signed in elsewhere.",
    ]
    come(bridge, "phone")
    assert bridge.keeper.state is State.OFFLINE
    assert not bridge.is_needed
    go(bridge)
    go(bridge, "phone")
    come(bridge)
    assert bridge.keeper.state is State.ONLINE, "whoever comes last stays"


def test_what_waits_is_refused_when_the_session_ends(rig: Rig) -> None:
    bridge = in_full_swing(rig)
    asked = gevent.spawn(attempt, bridge, 20.0)
    settle()
    rig.out.take()
    rig.tell(bridge, LATER)
    assert asked.get(timeout=20).reason is Reason.UNAVAILABLE
    refused = [line for line in rig.out.take() if line.startswith("message error")]
    assert refused == [
        f"message error romeo@{TRANSPORT} balcony recipient-unavailable",
        f"message error {ROOM} balcony recipient-unavailable",
    ]
    assert bridge.pending.take_all() == []


def attempt(bridge: Bridge, seconds: float) -> Any:
    try:
        return bridge.ask(
            lambda token: FetchProfile(person=PersonId("Romeo"), token=token), seconds
        )
    except CommandRefused as refusal:
        return refusal


# Commands.


def test_an_answer_finds_who_asked(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.stage.replies[FetchProfile] = lambda asked: [events.Done(token=asked.token)]
    assert isinstance(attempt(bridge, 20.0), events.Done)


def test_a_refusal_finds_who_asked(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.stage.replies[FetchProfile] = lambda asked: [
        events.Refused(token=asked.token, reason=Reason.NOT_FOUND, detail="no such nick")
    ]
    refusal = attempt(bridge, 20.0)
    assert (refusal.reason, refusal.text) == (Reason.NOT_FOUND, "no such nick")


def test_no_answer_is_a_refusal(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    assert attempt(bridge, 0.001).reason is Reason.TIMEOUT
    assert bridge.pending.take_all() == []


def test_what_the_network_cannot_is_refused(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    with pytest.raises(CommandRefused) as caught:
        bridge.put(object())  # type: ignore[arg-type]
    assert caught.value.reason is Reason.NOT_SUPPORTED


def test_a_command_that_is_not_taken_does_not_wait(rig: Rig) -> None:
    bridge = rig.bridge()
    assert attempt(bridge, 20.0).reason is Reason.UNAVAILABLE
    assert bridge.pending.take_all() == []


def test_a_flood_is_refused(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    for _ in range(MOST):
        bridge.pending.add(Sent(message(ROOM, "x")))
    with pytest.raises(CommandRefused) as caught:
        bridge.put_pending(
            Sent(message(ROOM, "x")),
            lambda token: SendMessage(chat=ChatId("romeo"), body="x", token=token),
        )
    assert caught.value.reason is Reason.TOO_MUCH
    assert rig.stage.of(SendMessage) == []


# The end.


def test_a_closed_bridge_tells_nothing_more(rig: Rig) -> None:
    bridge = in_full_swing(rig)
    bridge.close()
    rig.out.take()
    bridge.deliver(LoggedIn(me=PersonId("Juliet")))
    bridge.deliver(events.NoticeReceived(text="x"))
    until(lambda: not bridge.keeper.is_running)
    assert rig.out.take() == []
    assert list(rig.context.sessions) == []


def test_farewell(rig: Rig) -> None:
    """Rooms hear nothing, everybody else goes offline, and the log-out that follows is silent."""
    bridge = in_full_swing(rig)
    rig.tell(bridge, events.PresenceChanged(person=PersonId("Romeo"), show=Show.AVAILABLE))
    rig.out.take()
    bridge.farewell()
    assert rig.out.take() == [
        f"presence unavailable romeo@{TRANSPORT} juliet",
        f"presence unavailable {TRANSPORT} juliet",
    ]
    bridge.keeper.log_out("The gateway is restarting.")
    until(lambda: not bridge.keeper.is_running)
    assert rig.out.take() == []


def test_a_guest_who_left_is_idle(rig: Rig) -> None:
    bridge = rig.bridge(Account(key=rig.key(OPEN, "srv")), OPEN)
    assert bridge.is_idle
    rig.stage.replies = {JoinRoom: let_in}
    room = f"#x%srv@{OPEN}"
    bridge.rooms.presence(presence(room, children=MUC), ChatId("#x"), "Juliet")
    settle()
    assert not bridge.is_idle
    bridge.rooms.unavailable(ChatId("#x"), CLIENT)
    until(lambda: bridge.keeper.state is State.OFFLINE and not bridge.keeper.is_running)
    assert bridge.is_idle


def test_what_is_remembered_is_there_at_the_next_log_in(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.tell(bridge, events.Remembered(name="cookie", value="crumb"))
    rig.written_to_store()
    (account,) = rig.store.load(JULIET)
    assert dict(account.memory) == {"cookie": "crumb"}
    bridge.keeper.retry()
    until(lambda: len(rig.stage.logins) == 2)
    assert dict(rig.stage.logins[1].memory) == {"cookie": "crumb"}


def test_a_stored_contact_is_told_to_a_network_that_keeps_none(rig: Rig) -> None:
    known = (KnownContact(person=PersonId("Romeo"), is_hidden=False),)
    bridge = rig.bridge(Account(key=rig.key(), registration=rig.save(), contacts=known))
    come(bridge)
    assert rig.stage.logins[0].contacts == ("Romeo",)
