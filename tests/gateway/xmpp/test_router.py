"""Stanzas find whom they concern, and nothing that one user sends has an effect on another."""

import sys
from collections.abc import Callable
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import pytest
from gevent.event import Event as Flag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slixmpp import ComponentXMPP, Iq

from gateway.commands import JoinRoom, LeaveRoom, SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.events import Contact, ContactsListed, PresenceChanged, Show
from gateway.ids import PersonId
from gateway.network import Address
from gateway.sessions import State
from gateway.store import Account, KnownContact, Preferences, Store, StoreUnavailable
from gateway.xmpp import router as router_module
from gateway.xmpp import stanzas
from gateway.xmpp.component import Component
from gateway.xmpp.context import Background
from gateway.xmpp.rooms import MUC_USER
from gateway.xmpp.router import Router
from tests.gateway.tinynet import PATIENCE, break_down, log_lines, settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    FEW,
    JULIET,
    MUC,
    OPEN,
    PHONE,
    ROMEO,
    ROOM,
    TRANSPORT,
    Addressing,
    Rig,
    let_in,
    message,
    name,
    network,
    presence,
    rig,
    sent,
    stanza,
    transport,
    until,
)

__all__ = ["log_lines", "rig"]

NURSE = "nurse@example.org/kitchen"
TYBALT = "tybalt@example.org/square"
"""Whom the operator does not let in."""

QUERY = "{urn:query}query"


class SlowStore:
    """Answers when it is let, and fails as it is told."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.go = Flag()
        self.fails: dict[str, Exception] = {}

    def load(self, user: str) -> tuple[Account, ...]:
        self.go.wait(PATIENCE)
        if failure := self.fails.get(user):
            raise failure
        return self._store.load(user)


@pytest.fixture
def slow(rig: Rig) -> SlowStore:
    slow = SlowStore(rig.store)
    rig.context.store = cast(Store, slow)
    return slow


def online(rig: Rig, **replies: Any) -> Router:
    """Juliet has registered, and is on the network."""
    rig.stage.replies = {JoinRoom: let_in, SendMessage: sent}
    rig.save()
    router = rig.router()
    router.stanza(presence(TRANSPORT))
    until(lambda: rig.stage.logins)
    rig.out.take()
    rig.stage.take()
    return router


def in_room(rig: Rig) -> Router:
    router = online(rig)
    router.stanza(presence(f"{ROOM}/Juliet", children=MUC))
    assert f"message groupchat {ROOM} balcony" in rig.out.take()
    return router


def numbers(rig: Rig) -> list[str | None]:
    settle()
    return [found.get("id") for found in rig.out.written]


# A client comes, and asks how everybody is.


def friends(rig: Rig, count: int) -> Router:
    """Juliet is online, and so are all in her address book, of whom her roster knows."""
    people = [PersonId(f"friend{number}") for number in range(count)]
    for person in people:
        rig.store.save_contact(rig.key(), KnownContact(person=person))
    router = online(rig)
    bridge = router.user(JULIET).bridge(TRANSPORT, "")
    assert bridge
    rig.tell(bridge, ContactsListed(contacts=tuple(Contact(person=p) for p in people)))
    for person in people:
        bridge.deliver(PresenceChanged(person=person, show=Show.AWAY))
    rig.out.take()
    return router


def calls(work: Callable[[], None]) -> int:
    """Of functions: how much work that is, on whatever machine."""
    seen = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal seen
        seen += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen


def test_a_client_that_comes_costs_one_pass(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 contacts: as a server does it (RFC 6121, section 4.2.2), a probe of each and a presence
    to each.  Answered from what is known: the network hears nothing, the store is not asked."""
    router = friends(rig, 300)
    monkeypatch.setattr(Store, "load", break_down)
    monkeypatch.setattr(Background, "do", break_down)

    def come(sender: str, count: int) -> int:
        probes = [presence(f"friend{n}@{TRANSPORT}", "probe", "", sender) for n in range(count)]
        shown = [presence(f"friend{n}@{TRANSPORT}", "", "", sender) for n in range(count)]
        own = [presence(TRANSPORT, "probe", "", sender), presence(TRANSPORT, "", "", sender)]
        return calls(lambda: [router.stanza(each) for each in (*probes, *shown, *own)].clear())

    work = come(PHONE, 300)
    assert len(rig.out.written) == 301, "one for each who was asked about, and nothing else"
    assert len({(x.get("from"), x.get("to")) for x in rig.out.written}) == 301
    assert {x.findtext(f"{{{stanzas.NS}}}show") for x in rig.out.written} == {"away", None}
    assert {x.get("to") for x in rig.out.written} == {PHONE}
    assert rig.stage.take() == []
    half = come(f"{JULIET}/tablet", 150)
    assert work < 2.1 * half, "in proportion"


# Users on the way from the store.


def test_order_is_kept_while_a_user_is_loaded(rig: Rig, slow: SlowStore) -> None:
    router = rig.router()
    for number in range(5):
        router.stanza(stanza("message", ROMEO, "<body>x</body>", id=str(number)))
    settle()
    assert rig.out.written == []
    slow.go.set()
    router.stanza(stanza("message", ROMEO, "<body>x</body>", id="5"))
    until(lambda: rig.out.written)
    router.stanza(stanza("message", ROMEO, "<body>x</body>", id="6"))
    assert numbers(rig) == ["0", "1", "2", "3", "4", "5", "6"]
    assert set(rig.out.take()) == {f"message error {ROMEO} balcony registration-required"}


def test_others_do_not_wait_for_a_user_who_is_loaded(rig: Rig) -> None:
    router = online(rig)
    slow = SlowStore(rig.store)
    rig.context.store = cast(Store, slow)
    router.stanza(message(ROMEO, "x", sender=NURSE))
    router.stanza(message(ROMEO, "now"))
    settle()
    assert [said.body for said in rig.stage.of(SendMessage)] == ["now"]


def test_a_store_that_fails(rig: Rig, slow: SlowStore, log_lines: Callable[[], list[str]]) -> None:
    slow.fails["nurse@example.org"] = StoreUnavailable("gone fishing")
    slow.go.set()
    rig.save()
    router = rig.router()
    router.stanza(message(ROMEO, "x", sender=NURSE))
    router.stanza(presence(ROMEO, "unavailable", sender=NURSE))
    router.stanza(presence(TRANSPORT))
    until(lambda: rig.stage.logins)
    until(lambda: [user.jid for user in router.users()] == [JULIET])
    assert f"message error {ROMEO} {NURSE} remote-server-timeout" in rig.out.take()
    assert any("event=user.not_loaded" in line and "gone fishing" in line for line in log_lines())
    slow.fails.clear()
    router.stanza(message(ROMEO, "x", sender=NURSE))
    until(lambda: rig.out.written)
    assert rig.out.take() == [f"message error {ROMEO} {NURSE} registration-required"]


def test_a_bug_while_a_user_is_loaded(rig: Rig, slow: SlowStore) -> None:
    slow.fails[JULIET] = ZeroDivisionError("planted")
    slow.go.set()
    rig.router().stanza(message(ROMEO, "x"))
    until(lambda: rig.out.written)
    assert rig.out.take() == [f"message error {ROMEO} balcony internal-server-error"]


def test_patience_has_an_end(rig: Rig, slow: SlowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "PATIENCE", 3)
    router = rig.router()
    for number in range(5):
        router.stanza(stanza("message", ROMEO, "<body>x</body>", id=str(number)))
    assert numbers(rig) == ["3", "4"]
    assert set(rig.out.take()) == {f"message error {ROMEO} balcony resource-constraint"}
    slow.go.set()
    until(lambda: rig.out.written)
    assert numbers(rig) == ["0", "1", "2"]


def test_a_greenlet_that_waits_for_a_user(rig: Rig, slow: SlowStore) -> None:
    slow.go.set()
    router = rig.router()
    assert router.user(JULIET) is router.user(JULIET)
    slow.fails["nurse@example.org"] = StoreUnavailable("gone fishing")
    with pytest.raises(CommandRefused) as caught:
        router.user("nurse@example.org")
    assert caught.value.reason is Reason.TIMEOUT


# Whom it concerns.

ADDRESSES = {
    "transport": TRANSPORT,
    "person": ROMEO,
    "room": ROOM,
    "occupant": f"{ROOM}/Romeo",
    "server": f"srv@{OPEN}",
    "nobody": rf"no\20body@{TRANSPORT}",
    "elsewhere": "else.example.org",
}


@pytest.mark.parametrize("sender", [CLIENT, NURSE, TYBALT], ids=["user", "stranger", "forbidden"])
@pytest.mark.parametrize("to", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("kind", ["message", "presence"])
def test_errors_are_never_answered(rig: Rig, kind: str, to: str, sender: str) -> None:
    router = online(rig)
    error = stanzas.error(Reason.NOT_FOUND)
    router.stanza(stanza(kind, to, f"<body>x</body>{error}", sender, type="error"))
    until(lambda: all(user.is_loaded for user in router.users()))
    assert rig.out.take() == []


@pytest.mark.parametrize("to", [TRANSPORT, ROMEO, ROOM])
def test_unavailable_of_a_user_and_not_of_a_client_means_nothing(rig: Rig, to: str) -> None:
    """Prosody answers so to a subscription request that the user has not answered yet."""
    router = in_room(rig)
    router.stanza(presence(to, "unavailable", sender=JULIET))
    settle()
    (user,) = router.users()
    (bridge,) = user.bridges(TRANSPORT)
    assert bridge.is_needed
    assert bridge.resources
    assert [list(found.seats) for found in bridge.rooms] == [[CLIENT]]
    assert rig.out.take() == []


@pytest.mark.parametrize("to", ["else.example.org", "romeo@else.example.org", "example.org"])
def test_other_domains_are_none_of_ours(rig: Rig, to: str) -> None:
    router = online(rig)
    router.stanza(message(to, "x"))
    router.stanza(presence(to))
    assert rig.out.take() == []


def test_what_we_say_ourselves_is_not_for_us(rig: Rig) -> None:
    router = online(rig)
    router.stanza(message(TRANSPORT, "x", sender=ROMEO))
    assert [user.jid for user in router.users()] == [JULIET]
    assert rig.out.take() == []


SIGNAL = "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"


@pytest.mark.parametrize(
    ("made", "answers"),
    [
        (message(ROMEO, "x", sender=TYBALT), 1),
        (message(TRANSPORT, "help", sender=TYBALT), 1),
        (message(ROMEO, "x", "headline", sender=TYBALT), 0),
        (stanza("message", ROMEO, SIGNAL, TYBALT, type="chat"), 0),
        (presence(f"{ROOM}/Tybalt", children=MUC, sender=TYBALT), 1),
        (presence(TRANSPORT, "subscribe", sender=TYBALT), 1),
        (presence(TRANSPORT, "subscribed", sender=TYBALT), 0),
        (presence(TRANSPORT, "unavailable", sender=TYBALT), 0),
        (presence(TRANSPORT, "probe", sender=TYBALT), 0),
    ],
)
def test_who_is_not_admitted(rig: Rig, made: Element, answers: int) -> None:
    router = rig.router()
    router.stanza(made)
    until(lambda: all(user.is_loaded for user in router.users()))
    kind = name(made)
    expected = [f"{kind} error {made.get('to')} {TYBALT} forbidden"]
    assert rig.out.take() == expected * answers
    assert rig.said == []


PRESENCE: list[tuple[str, str, list[str]]] = [
    ("probe", TRANSPORT, [f"presence {TRANSPORT} balcony"]),
    ("probe", ROMEO, []),
    (
        "subscribe",
        TRANSPORT,
        [f"presence subscribed {TRANSPORT} juliet", f"presence {TRANSPORT} juliet"],
    ),
    ("subscribe", ROOM, [f"presence error {ROOM} balcony registration-required"]),
    ("subscribe", ROMEO, []),
    ("subscribed", TRANSPORT, []),
    ("subscribed", ROMEO, []),
    ("unsubscribe", ROMEO, []),
    ("unsubscribed", ROMEO, []),
    ("unavailable", ROMEO, []),
    ("unavailable", f"{ROOM}/Juliet", []),
    ("", ROMEO, []),
    ("", ROOM, [f"presence error {ROOM} balcony bad-request"]),
    ("no-such-type", TRANSPORT, []),
    ("no-such-type", ROMEO, []),
]


@pytest.mark.parametrize(("kind", "to", "expected"), PRESENCE)
def test_presence(rig: Rig, kind: str, to: str, expected: list[str]) -> None:
    router = online(rig)
    router.stanza(presence(to, kind))
    assert rig.out.take() == expected


def test_the_transport_answers_messages(rig: Rig) -> None:
    router = online(rig)
    router.stanza(message(TRANSPORT, "help"))
    router.stanza(stanza("message", TRANSPORT, type="chat"))
    assert rig.out.take() == [f"message chat {TRANSPORT} balcony you said help"]


def test_headlines_are_not_answered(rig: Rig) -> None:
    """RFC 6121, section 5.2.2: nobody expects it."""
    router = online(rig)
    router.stanza(message(TRANSPORT, "help", "headline"))
    assert rig.out.take() == []
    assert rig.said == []


# What goes wrong.


class Broken(Addressing):
    def parse(self, local: str) -> Address:
        if local == "tybalt":
            break_down()
        return super().parse(local)


def test_a_bug_is_told_to_who_met_it(rig: Rig, log_lines: Callable[[], list[str]]) -> None:
    broken = network(rig.stage, addressing=lambda _: Broken(is_open=False))
    rig.transports[TRANSPORT] = transport(broken)
    rig.make_context()
    router = online(rig)
    tybalt = f"tybalt@{TRANSPORT}"
    router.stanza(message(tybalt, "x"))
    router.stanza(presence(tybalt, "unavailable"))
    router.stanza(message(tybalt, "x", "error"))
    router.stanza(message(ROMEO, "y"))
    assert rig.out.take() == [f"message error {tybalt} balcony internal-server-error"]
    assert [said.body for said in rig.stage.of(SendMessage)] == ["y"]
    lines = [line for line in log_lines() if "event=stanza.failed" in line]
    assert len(lines) == 3
    assert all(f"user={JULIET}" in line and f"to={tybalt}" in line for line in lines)


def test_too_many_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "AT_ONCE", 1)
    go = Flag()

    def slowly(*_: Any) -> str:
        go.wait(PATIENCE)
        return "at last"

    monkeypatch.setattr(rig, "_say", slowly)
    router = online(rig)
    router.stanza(message(TRANSPORT, "one"))
    router.stanza(message(TRANSPORT, "two"))
    router.iq(iq("<query xmlns='urn:query'/>"))
    assert rig.out.take() == [
        f"message error {TRANSPORT} balcony resource-constraint",
        f"iq error {TRANSPORT} balcony resource-constraint",
    ]
    go.set()
    assert rig.out.take() == [f"message chat {TRANSPORT} balcony at last"]


# Languages.

NO_ACCOUNT = f",?@{TRANSPORT}"
"""A label that nobody can have."""


def speaking(language: str, made: Element) -> Element:
    made.set(router_module.LANG, language)
    return made


def words(rig: Rig) -> list[str]:
    """Of the errors that were written."""
    found = [written.findtext(".//{*}text", "") for written in rig.out.written]
    rig.out.written.clear()
    return found


def test_who_is_refused_is_spoken_to_in_their_language(rig: Rig) -> None:
    """And nobody in that of whoever came before, though one greenlet reads for all."""
    router = online(rig)
    router.stanza(speaking("de", message(NO_ACCOUNT, "x")))
    router.stanza(message(NO_ACCOUNT, "x"))  # As their client did before.
    router.user(NURSE.partition("/")[0])
    router.stanza(speaking("fr", message(NO_ACCOUNT, "x", sender=NURSE)))
    router.stanza(speaking("en", message(NO_ACCOUNT, "x")))
    settle()
    behind = ("Hinter dem Komma", "Hinter dem Komma", "après la virgule", "behind the comma")
    found = words(rig)
    assert len(found) == len(behind)
    assert all(expected in text for expected, text in zip(behind, found, strict=True))


def test_so_are_those_who_cannot_be_loaded(rig: Rig, slow: SlowStore) -> None:
    slow.fails = {jid: StoreUnavailable("gone fishing") for jid in (JULIET, "nurse@example.org")}
    slow.go.set()
    router = rig.router()
    router.stanza(speaking("de", message(ROMEO, "x")))
    until(lambda: rig.out.written)
    assert "Datenbank" in words(rig)[0]
    asked = iq("<query xmlns='urn:query'/>", sender=NURSE)
    speaking("fr", asked.xml)
    rig.router({("get", "{urn:query}query"): refuse}).iq(asked)
    until(lambda: rig.out.written)
    assert "base de données" in words(rig)[0]


def test_so_are_those_who_are_too_many(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "AT_ONCE_EACH", 0)
    router = online(rig)
    for language in ("de", "fr", "en"):
        asked = iq("<query xmlns='urn:query'/>")
        speaking(language, asked.xml)
        router.iq(asked)
    assert len(set(words(rig))) == 3


# IQs.


STREAM = ComponentXMPP("example.org", "montague")  # type: ignore[no-untyped-call]
"""Never connected: only the stanzas ask it who they are from."""


def iq(payload: str, kind: str = "get", to: str = TRANSPORT, sender: str = CLIENT) -> Any:
    return Iq(
        stream=STREAM,
        xml=fromstring(
            f"<iq xmlns='{stanzas.NS}' id='7' type='{kind}' from='{sender}' to='{to}'>"
            f"{payload}</iq>"
        ),
    )


def refuse(_: Any) -> None:
    raise CommandRefused(Reason.NOT_ALLOWED)


def answer(asked: Any) -> Element:
    return Element(QUERY, {"user": asked.user.jid, "resource": asked.resource})


IQS = {
    ("get", QUERY): answer,
    ("set", QUERY): lambda _: None,
    ("get", "{urn:no}no"): refuse,
    ("get", "{urn:bug}bug"): break_down,
}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (iq("<query xmlns='urn:query'/>", "set"), f"iq result {TRANSPORT} balcony"),
        (iq("<no xmlns='urn:no'/>"), f"iq error {TRANSPORT} balcony not-allowed"),
        (iq("<bug xmlns='urn:bug'/>"), f"iq error {TRANSPORT} balcony internal-server-error"),
        (iq("<what xmlns='urn:what'/>"), f"iq error {TRANSPORT} balcony service-unavailable"),
        (iq(""), f"iq error {TRANSPORT} balcony service-unavailable"),
        (
            iq("<query xmlns='urn:query'/>", to="else.example.org"),
            "iq error else.example.org balcony item-not-found",
        ),
        (
            iq("<query xmlns='urn:query'/>", to=rf"no\20body@{TRANSPORT}"),
            rf"iq error no\20body@{TRANSPORT} balcony item-not-found",
        ),
    ],
)
def test_iqs_are_always_answered(rig: Rig, made: Any, expected: str) -> None:
    router = rig.router(IQS)
    router.iq(made)
    until(lambda: rig.out.written)
    assert rig.out.take() == [expected]


def test_a_handler_is_told_who_asks(rig: Rig) -> None:
    router = rig.router(IQS)
    router.iq(iq("<query xmlns='urn:query'/>", to=f"{ROOM}/Romeo"))
    until(lambda: rig.out.written)
    (found,) = rig.out.written
    assert (found.get("type"), found.get("id")) == ("result", "7")
    assert found[0].attrib == {"user": JULIET, "resource": "Romeo"}


def test_an_iq_while_the_store_fails(rig: Rig, slow: SlowStore) -> None:
    slow.fails[JULIET] = StoreUnavailable("gone fishing")
    slow.go.set()
    rig.router(IQS).iq(iq("<query xmlns='urn:query'/>"))
    until(lambda: rig.out.written)
    assert rig.out.take() == [f"iq error {TRANSPORT} balcony remote-server-timeout"]


# Users who need no place in memory.


def test_idle_users_are_forgotten(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "SWEEP", FEW)
    router = online(rig)
    router.stanza(message(ROMEO, "x", sender=NURSE))
    until(lambda: rig.out.written)
    until(lambda: [user.jid for user in router.users()] == [JULIET])
    router.stanza(presence(TRANSPORT, "unavailable"))
    until(lambda: router.users() == [])
    assert list(rig.context.sessions) == []
    router.stanza(presence(TRANSPORT))
    until(lambda: len(rig.stage.logins) == 2)


# The XMPP server went, or came back.


def test_clients_are_asked_whether_they_are_still_there(rig: Rig) -> None:
    router = in_room(rig)
    rig.out.is_up = False
    router.cut_off(rig.stream)
    rig.out.is_up = True
    router.reconnected(rig.stream)
    assert rig.out.take() == [
        f"presence probe {TRANSPORT} juliet",
        f"presence {TRANSPORT} juliet",
    ]
    ((sender, to, is_there),) = rig.out.pings
    assert (sender, to) == (TRANSPORT, CLIENT)
    (user,) = router.users()
    is_there()
    assert user.doubtful_seats(rig.stream) == set()


def test_who_does_not_come_back_is_gone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "RETURN_TIME", FEW)
    router = in_room(rig)
    (user,) = router.users()
    router.cut_off(rig.stream)
    router.reconnected(rig.stream)
    until(lambda: user.all_bridges()[0].keeper.state is State.OFFLINE)
    assert user.doubtful_seats(rig.stream) == set()
    assert not user.all_bridges()[0].is_needed


def test_who_is_back_in_time_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "RETURN_TIME", FEW)
    router = in_room(rig)
    (user,) = router.users()
    is_over, give_up = Flag(), user.give_up_doubtful

    def give_up_and_say_so(stream: Component) -> None:
        give_up(stream)
        is_over.set()

    monkeypatch.setattr(user, "give_up_doubtful", give_up_and_say_so)
    router.cut_off(rig.stream)
    router.reconnected(rig.stream)
    router.stanza(presence(TRANSPORT))
    assert is_over.wait(PATIENCE)
    settle()
    assert user.all_bridges()[0].keeper.state is State.ONLINE
    room = user.all_bridges()[0].rooms
    assert [list(found.seats) for found in room] == [[CLIENT]]
    assert rig.stage.of(LeaveRoom) == []


def test_after_a_start_everybody_is_asked_for(rig: Rig) -> None:
    rig.save()
    rig.save(OPEN, "srv", preferences=Preferences(stay_online=True))
    router = rig.router()
    router.restore(rig.stream)
    assert [user.jid for user in router.users()] == [JULIET]
    asked = [line for line in rig.out.take() if "probe" in line]
    assert sorted(asked) == [
        f"presence probe srv@{OPEN} juliet",
        f"presence probe {TRANSPORT} juliet",
    ]
    assert [login.account for login in rig.stage.logins] == ["srv"]


def test_a_connection_for_each_transport(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of them goes through is nothing to the users of the other."""
    monkeypatch.setattr(router_module, "RETURN_TIME", FEW)
    rig.make_context(server="prosody")
    rig.save()
    rig.save(OPEN, "srv")
    router = rig.router()
    for domain in (TRANSPORT, OPEN):
        router.stanza(presence(domain))
    router.iq(iq("<query xmlns='urn:nobody'/>", to=f"srv@{OPEN}"))
    until(lambda: rig.out.written and len(rig.open_out.written) == 2)
    assert rig.out.take() == [f"presence {TRANSPORT} juliet"]
    assert sorted(rig.open_out.take()) == [
        f"iq error srv@{OPEN} balcony service-unavailable",
        f"presence srv@{OPEN} juliet",
    ]
    (user,) = router.users()
    (tiny,), (open_,) = user.bridges(TRANSPORT), user.bridges(OPEN)
    rig.open_out.is_up = False
    router.cut_off(rig.open_stream)
    rig.open_out.is_up = True
    router.reconnected(rig.open_stream)
    until(lambda: open_.keeper.state is State.OFFLINE)
    assert tiny.keeper.state is State.ONLINE
    assert rig.out.take() == []
    assert rig.open_out.take()[0] == f"presence probe srv@{OPEN} juliet"
    rig.out.take()
    router.restore(rig.stream)
    assert rig.out.take()[0] == f"presence probe {TRANSPORT} juliet"
    assert rig.open_out.take() == []


def test_farewell(rig: Rig) -> None:
    router = in_room(rig)
    router.farewell()
    assert rig.out.take() == [f"presence unavailable {TRANSPORT} juliet"]


# Whatever clients send.

WORDS = st.text("ab<&'\" \n/\\@\xe9\U0001f339", max_size=6).map(stanzas.escape)
CHILDREN = st.one_of(
    WORDS.map("<body>{}</body>".format),
    WORDS.map("<subject>{}</subject>".format),
    WORDS.map("<show>{}</show>".format),
    WORDS.map("<priority>{}</priority>".format),
    WORDS.map("<history xmlns='http://jabber.org/protocol/muc' maxstanzas='{0}'/>".format),
    WORDS.map(f"<x xmlns='{MUC_USER}'><invite to='{{0}}@{TRANSPORT}'/></x>".format),
    WORDS.map("<x xmlns='vcard-temp:x:update'><photo>{}</photo></x>".format),
    st.sampled_from(
        [
            MUC,
            "<body/>",
            f"<x xmlns='{MUC_USER}'><invite/></x>",
            "<x xmlns='jabber:x:conference'/>",
            "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
            "<attention xmlns='urn:xmpp:attention:0'/>",
            "<request xmlns='urn:xmpp:receipts'/>",
            "<encrypted xmlns='urn:xmpp:omemo:2'/>",
            stanzas.error(Reason.NOT_FOUND),
            stanzas.error(Reason.BAD_REQUEST),
        ]
    ),
)
TYPES = st.sampled_from(
    [
        *("", "chat", "normal", "groupchat", "headline", "error", "nonsense", "unavailable"),
        *("probe", "subscribe", "subscribed", "unsubscribe", "unsubscribed"),
    ]
)
LOCAL = st.sampled_from(["", "romeo", "#balcony", "#orchard", "#", r"a\20b", "srv", "#x%srv", "%"])
ANY_ADDRESS = st.builds(
    lambda local, domain, nick: f"{local}{'@' if local else ''}{domain}{nick}",
    LOCAL,
    st.sampled_from([TRANSPORT, TRANSPORT, OPEN]),
    st.sampled_from(["", "", "/Juliet", "/Romeo", "/\xe9"]),
)


@st.composite
def any_stanza(draw: st.DrawFn) -> Element:
    attributes = {"type": draw(TYPES), "id": draw(st.sampled_from(["", "1", "<&"]))}
    return stanza(
        draw(st.sampled_from(["message", "presence"])),
        draw(ANY_ADDRESS),
        "".join(draw(st.lists(CHILDREN, max_size=3))),
        draw(st.sampled_from([CLIENT, PHONE, NURSE, TYBALT, JULIET])),
        **{name: value for name, value in attributes.items() if value},
    )


def is_answer(found: Element) -> bool:
    body = found.findtext(f"{{{stanzas.NS}}}body") or ""
    return found.get("type") == "error" or body.startswith("you said")


@given(made=st.lists(any_stanza(), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_clients_send(
    rig: Rig, made: list[Element], log_lines: Callable[[], list[str]]
) -> None:
    router = online(rig)
    before = len(log_lines())
    for each in made:
        router.stanza(each)
        until(lambda: all(user.is_loaded for user in router.users()))
        settle()
        answers = [found for found in rig.out.written if is_answer(found)]
        assert len(answers) <= (0 if each.get("type") in ("error", "headline") else 1)
        assert all(found.get("to") == each.get("from") for found in answers)
        rig.out.take()
    assert not [line for line in log_lines()[before:] if "level=error" in line]
    for user in router.users():
        user.close()
    rig.stage.logins.clear()
    settle()
