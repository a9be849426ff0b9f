"""One user: what they may ask, when they are online, and that nothing is left when they leave."""

from typing import Any, cast

import gevent
import pytest
from gevent.event import Event as Flag
from sqlalchemy import func, select

from gateway import events
from gateway.commands import AddContact, JoinRoom, LeaveRoom, SendMessage
from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import LoggedIn, LoggedOut, Offline
from gateway.ids import PersonId
from gateway.network import Address, Kind
from gateway.sessions import State
from gateway.store import Broken, Keyring, Preferences, Registration, StoreUnavailable
from gateway.store.store import OF_A_KEY
from gateway.xmpp import labels, stanzas
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.users import GONE, User
from tests.gateway.tinynet import PATIENCE, settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    MUC,
    OPEN,
    PHONE,
    ROMEO,
    ROOM,
    TRANSPORT,
    Rig,
    let_in,
    message,
    presence,
    rig,
    sent,
    stanza,
    until,
)

__all__ = ["rig"]


def parsed(rig: Rig, to: str) -> tuple[Any, Address, str]:
    """What the router makes of an address."""
    bare, _, nick = to.partition("/")
    local, _, domain = bare.rpartition("@")
    return rig.transports[domain], rig.context.addressings[domain].parse(local), nick


def addressed(rig: Rig, local: str) -> tuple[Transport, Address]:
    return rig.transport, labels.addressing(rig.transport).parse(local)


def available(rig: Rig, user: User, to: str = TRANSPORT, sender: str = CLIENT) -> None:
    children = MUC if "#" in to else ""
    user.available(presence(to, "", children, sender), *parsed(rig, to))
    settle()


def unavailable(rig: Rig, user: User, to: str = TRANSPORT, sender: str = CLIENT) -> None:
    transport, address, _ = parsed(rig, to)
    user.unavailable(presence(to, "unavailable", sender=sender), transport, address)
    settle()


def say(rig: Rig, user: User, to: str, body: str = "x", kind: str = "chat") -> None:
    user.message(message(to, body, kind), *parsed(rig, to))
    settle()


def refused(rig: Rig, user: User, to: str, body: str = "x", kind: str = "chat") -> Reason:
    with pytest.raises(CommandRefused) as caught:
        say(rig, user, to, body, kind)
    return caught.value.reason


def bridge_of(user: User, domain: str = TRANSPORT, account: str = "") -> Bridge:
    bridge = user.bridge(domain, account)
    assert bridge
    return bridge


def registered(rig: Rig) -> User:
    rig.stage.replies = {JoinRoom: let_in, SendMessage: sent}
    rig.save()
    return rig.user()


def is_offline(bridge: Bridge) -> bool:
    return bridge.keeper.state is State.OFFLINE and not bridge.keeper.is_running


# How much they may ask.


def test_a_message_may_be_so_long(rig: Rig) -> None:
    rig.make_context(max_body=10)
    user = registered(rig)
    available(rig, user)
    say(rig, user, ROMEO, "x" * 10)
    assert refused(rig, user, ROMEO, "x" * 11) is Reason.POLICY
    assert refused(rig, user, ROMEO, "é" * 6) is Reason.POLICY


# Whether they are online.


def test_the_first_presence_logs_in(rig: Rig) -> None:
    user = registered(rig)
    settle()
    assert rig.stage.logins == []
    available(rig, user)
    assert bridge_of(user).keeper.state is State.ONLINE
    assert [login.user for login in rig.stage.logins] == [JULIET]


def test_several_clients_share_one_session(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user)
    available(rig, user, sender=PHONE)
    assert len(rig.stage.logins) == 1
    unavailable(rig, user)
    assert bridge_of(user).is_needed
    unavailable(rig, user, sender=PHONE)
    assert not bridge_of(user).is_needed
    until(lambda: is_offline(bridge_of(user)))


def test_a_client_that_returns_at_once_is_not_seen_to_leave(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user)
    user.unavailable(presence(TRANSPORT, "unavailable"), *parsed(rig, TRANSPORT)[:2])
    user.available(presence(TRANSPORT), *parsed(rig, TRANSPORT))
    settle()
    assert bridge_of(user).keeper.state is State.ONLINE
    assert len(rig.stage.logins) == 1


def test_presence_to_a_contact_is_enough(rig: Rig) -> None:
    """Servers send it to contacts whom they know of, even if the transport is in no roster."""
    user = registered(rig)
    available(rig, user, ROMEO)
    assert bridge_of(user).keeper.state is State.ONLINE
    unavailable(rig, user, ROMEO)
    until(lambda: is_offline(bridge_of(user)))


def test_accounts_on_one_transport_go_online_together(rig: Rig) -> None:
    rig.save(OPEN, "one")
    rig.save(OPEN, "two")
    user = rig.user()
    available(rig, user, OPEN)
    assert sorted(login.account for login in rig.stage.logins) == ["one", "two"]


def test_a_client_can_go_offline_to_one_account_only(rig: Rig) -> None:
    rig.save()
    rig.save(account=",work")
    user = rig.user()
    main, work = bridge_of(user), bridge_of(user, account=",work")

    def show(local: str, kind: str = "", sender: str = CLIENT) -> None:
        to = f"{local}@{TRANSPORT}" if local else TRANSPORT
        made = presence(to, kind, sender=sender)
        if kind:
            user.unavailable(made, *addressed(rig, local))
        else:
            user.available(made, *addressed(rig, local), "")
        settle()

    for sender in (CLIENT, PHONE):
        show("", sender=sender)
        show(",work", sender=sender)
    assert {main.keeper.state, work.keeper.state} == {State.ONLINE}
    show(",work", "unavailable")
    show("", "", PHONE)
    settle()
    assert work.keeper.state is State.ONLINE  # The phone is still there for it.
    show(",work", "unavailable", PHONE)
    until(lambda: is_offline(work))
    assert main.keeper.state is State.ONLINE
    show(",work")
    until(lambda: work.keeper.state is State.ONLINE)
    for local in (",work", ""):  # As a client that goes offline altogether.
        for sender in (CLIENT, PHONE):
            show(local, "unavailable", sender)
    until(lambda: is_offline(main) and is_offline(work))


def test_who_stays_online_needs_no_client(rig: Rig) -> None:
    rig.save(preferences=Preferences(stay_online=True))
    user = rig.user()
    settle()
    bridge = bridge_of(user)
    assert bridge.keeper.state is State.ONLINE
    available(rig, user)
    unavailable(rig, user)
    assert bridge.is_needed
    user.set_preferences(bridge, Preferences())
    until(lambda: is_offline(bridge))
    (account,) = rig.store.load(JULIET)
    assert isinstance(account.registration, Registration)
    assert not account.registration.preferences.stay_online


def test_only_who_is_registered_can_stay_online(rig: Rig) -> None:
    user = rig.user()
    available(rig, user, f"#x%srv@{OPEN}/Juliet")
    with pytest.raises(CommandRefused) as caught:
        user.set_preferences(bridge_of(user, OPEN, "srv"), Preferences(stay_online=True))
    assert caught.value.reason is Reason.REGISTRATION_REQUIRED


# Guests.


def test_a_room_keeps_a_guest(rig: Rig) -> None:
    rig.stage.replies = {JoinRoom: let_in}
    user = rig.user()
    room = f"#x%srv@{OPEN}"
    available(rig, user, f"{room}/Jules")
    bridge = bridge_of(user, OPEN, "srv")
    assert bridge.keeper.state is State.ONLINE
    assert [dict(login.fields) for login in rig.stage.logins] == [{"nick": "Jules"}]
    user.sweep()
    assert user.bridge(OPEN, "srv") is bridge
    assert not user.is_idle
    unavailable(rig, user, f"{room}/Jules")
    until(lambda: is_offline(bridge))
    assert user.is_idle
    user.sweep()
    assert user.all_bridges() == []
    assert list(rig.context.sessions) == []


def test_a_guest_who_was_not_let_in_can_try_again(rig: Rig) -> None:
    user = rig.user()
    rig.stage.welcome = lambda _: LoggedOut(why=Offline.BAD_CREDENTIALS, detail="taken")
    room = f"#x%srv@{OPEN}"
    available(rig, user, f"{room}/Jules")
    until(lambda: bridge_of(user, OPEN, "srv").keeper.state is State.LATCHED)
    until(lambda: not bridge_of(user, OPEN, "srv").keeper.is_running)
    user.sweep()
    assert user.all_bridges() == []


def test_a_guest_is_in_their_room_again_after_a_restart(rig: Rig) -> None:
    rig.stage.replies = {JoinRoom: let_in}
    user = rig.user()
    available(rig, user, f"#x%srv@{OPEN}/Jules")
    rig.written_to_store()
    user.farewell()
    rig.stage.logins.clear()
    again = rig.user()
    settle()
    assert [dict(login.fields) for login in rig.stage.logins] == [{"nick": "Juliet"}]
    assert again.doubtful_seats(rig.stream) == {(OPEN, CLIENT)}


def test_where_there_are_no_guests_a_room_is_not_enough(rig: Rig) -> None:
    user = rig.user()
    with pytest.raises(CommandRefused) as caught:
        available(rig, user, f"{ROOM}/Juliet")
    assert caught.value.reason is Reason.REGISTRATION_REQUIRED
    assert user.all_bridges() == []


# Whom they write to.


def test_strangers_can_write_to_nobody(rig: Rig) -> None:
    user = rig.user()
    for to in (ROMEO, ROOM, f"{ROOM}/Romeo"):
        assert refused(rig, user, to) is Reason.REGISTRATION_REQUIRED


def test_a_whisper_goes_to_the_person(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user)
    assert refused(rig, user, f"{ROOM}/Romeo") is Reason.NOT_ACCEPTABLE
    available(rig, user, f"{ROOM}/Juliet")
    assert refused(rig, user, f"{ROOM}/Romeo", kind="groupchat") is Reason.BAD_REQUEST
    say(rig, user, f"{ROOM}/Romeo", "psst")
    (command,) = rig.stage.of(SendMessage)
    assert (command.chat, command.body) == ("romeo", "psst")


def test_who_is_not_registered_has_no_contacts(rig: Rig) -> None:
    user = rig.user()
    transport, address, _ = parsed(rig, ROMEO)
    with pytest.raises(CommandRefused) as caught:
        user.subscription(presence(ROMEO, "subscribe"), transport, address)
    assert caught.value.reason is Reason.REGISTRATION_REQUIRED
    for kind in ("subscribed", "unsubscribe", "unsubscribed"):
        user.subscription(presence(ROMEO, kind), transport, address)
    assert rig.out.take() == []


def test_a_contact_is_added(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user)
    user.subscription(presence(ROMEO, "subscribe"), *parsed(rig, ROMEO)[:2])
    settle()
    assert rig.stage.of(AddContact) == [AddContact(person=PersonId("romeo"))]


def test_each_account_is_subscribed_to_at_its_own_address(rig: Rig) -> None:
    rig.save()
    rig.save(account=",work")
    user = rig.user()
    work, play = f",work@{TRANSPORT}", f",play@{TRANSPORT}"
    user.subscription(presence(work, "subscribe"), *addressed(rig, ",work"))
    assert rig.out.take() == [
        f"presence subscribed {work} juliet",
        f"presence unavailable {work} juliet",
    ]
    with pytest.raises(CommandRefused) as caught:
        user.subscription(presence(play, "subscribe"), *addressed(rig, ",play"))
    assert caught.value.reason is Reason.REGISTRATION_REQUIRED


def test_who_drops_the_transport_is_told_how_to_leave(rig: Rig) -> None:
    """And has not left: a client removes a contact with one click (XEP-0100, section 4.3)."""
    user = registered(rig)

    def subscription(kind: str) -> list[str]:
        user.subscription(presence(TRANSPORT, kind, sender=JULIET), *parsed(rig, TRANSPORT)[:2])
        return [line for line in rig.out.take() if line.startswith("message")]

    words = subscription("unsubscribe") + subscription("unsubscribed")
    assert len(words) == 1, "once, for what is one click"
    assert words[0].endswith("write: unregister")
    assert bridge_of(user).is_registered
    assert subscription("subscribe") == []
    assert len(subscription("unsubscribed")) == 1
    assert len(rig.store.load(JULIET)) == 1


# Stanzas that come back.

OTHERS = ("not-acceptable", "policy-violation", "resource-constraint", "internal-server-error")


@pytest.mark.parametrize(
    ("condition", "is_gone"),
    [*((tag.rpartition("}")[2], True) for tag in GONE), *((name, False) for name in OTHERS)],
)
def test_a_client_that_is_gone_loses_its_seat(rig: Rig, condition: str, is_gone: bool) -> None:
    user = registered(rig)
    available(rig, user)
    available(rig, user, f"{ROOM}/Juliet")
    (room,) = bridge_of(user).rooms
    error = f"<error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    bounced = stanza("message", f"{ROOM}/Romeo", error, type="error", id="1")
    transport, address, _ = parsed(rig, f"{ROOM}/Romeo")
    user.bounced(bounced, transport, address)
    assert (CLIENT not in room.seats) is is_gone
    if is_gone:
        until(lambda: rig.stage.of(LeaveRoom))


def test_what_comes_back_from_elsewhere_changes_nothing(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user, f"{ROOM}/Juliet")
    (room,) = bridge_of(user).rooms
    error = stanzas.error(Reason.NOT_FOUND)
    for to in (ROMEO, TRANSPORT):
        bounced = stanza("message", to, error, type="error")
        user.bounced(bounced, *parsed(rig, to)[:2])
    other = stanza("message", ROOM, error, sender=PHONE, type="error")
    user.bounced(other, *parsed(rig, ROOM)[:2])
    assert CLIENT in room.seats


# Registering.


def rows(rig: Rig) -> dict[str, int]:
    """How many there are in each table."""
    return {
        table.name: rig.store.database.run(
            lambda connection, table=table: connection.execute(  # type: ignore[misc]
                select(func.count()).select_from(table)
            ).scalar_one()
        )
        for table in OF_A_KEY
    }


def register(rig: Rig, user: User, **fields: str) -> None:
    user.register(rig.transport, "", fields, Preferences())


def test_registering(rig: Rig) -> None:
    user = rig.user()
    register(rig, user, password="a")
    assert rig.out.take() == [
        f"presence {TRANSPORT} juliet",
        f"presence subscribe {TRANSPORT} juliet",
    ]
    (account,) = rig.store.load(JULIET)
    assert isinstance(account.registration, Registration)
    assert account.registration.fields == {"password": "a"}


def test_registering_twice_changes_the_first(rig: Rig) -> None:
    user = rig.user()
    register(rig, user, password="a")
    rig.out.take()
    register(rig, user, password="b")
    assert f"presence subscribe {TRANSPORT} juliet" not in rig.out.take()
    assert [login.fields["password"] for login in rig.stage.logins] == ["a", "b"]
    (account,) = rig.store.load(JULIET)
    assert isinstance(account.registration, Registration)
    assert account.registration.fields == {"password": "b"}
    assert len(user.all_bridges()) == 1


def test_a_registration_that_is_refused_is_not_kept(rig: Rig) -> None:
    rig.stage.welcome = lambda login: (
        LoggedIn(me=PersonId("Juliet"))
        if login.fields["password"] == "a"
        else LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong")
    )
    user = rig.user()
    with pytest.raises(CommandRefused):
        register(rig, user, password="b")
    assert rig.store.load(JULIET) == ()
    register(rig, user, password="a")
    with pytest.raises(CommandRefused):
        register(rig, user, password="b")
    (account,) = rig.store.load(JULIET)
    assert isinstance(account.registration, Registration)
    assert account.registration.fields == {"password": "a"}


def test_nobody_comes_after_registering(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.xmpp.enrolment.RETURN_TIME", 0.001)
    user = rig.user()
    register(rig, user, password="a")
    until(lambda: is_offline(bridge_of(user)))


def fill(rig: Rig, user: User) -> None:
    """A row in each table."""
    available(rig, user)
    available(rig, user, f"{ROOM}/Juliet")
    user.subscription(presence(ROMEO, "subscribe"), *parsed(rig, ROMEO)[:2])
    settle()
    rig.tell(
        bridge_of(user),
        events.ContactAdded(person=PersonId("Romeo")),
        events.Remembered(name="cookie", value="crumb"),
    )


def test_unregistering_deletes_every_trace(rig: Rig) -> None:
    user = registered(rig)
    fill(rig, user)
    rig.written_to_store()
    assert min(rows(rig).values()) > 0
    rig.out.take()
    user.unregister(rig.transport, None)
    written = rig.out.take()
    assert f"presence unavailable {ROOM}/Juliet balcony" in written
    for jid in (ROMEO, TRANSPORT):
        kinds = [line.split(" ")[1] for line in written if line.endswith(f" {jid} juliet")]
        assert set(kinds) == {"unsubscribe", "unsubscribed", "unavailable"}
    rig.written_to_store()
    assert set(rows(rig).values()) == {0}
    assert user.all_bridges() == []
    assert list(rig.context.sessions) == []


def test_what_was_still_to_be_written_is_no_trace(rig: Rig) -> None:
    """Writes that nobody waits for may be behind the deletion."""
    user = registered(rig)
    go = Flag()
    rig.background.do(lambda: go.wait(PATIENCE), JULIET)
    fill(rig, user)
    leaving = gevent.spawn(user.unregister, rig.transport, None)
    until(lambda: user.all_bridges() == [] or leaving.ready())
    go.set()
    leaving.get(timeout=PATIENCE)
    rig.written_to_store()
    assert set(rows(rig).values()) == {0}


def test_who_registers_anew_meanwhile_is_kept(rig: Rig) -> None:
    user = registered(rig)
    go = Flag()
    rig.background.do(lambda: go.wait(PATIENCE), JULIET)
    leaving = gevent.spawn(user.unregister, rig.transport, None)
    until(lambda: user.all_bridges() == [] or leaving.ready())
    assert not leaving.ready()
    register(rig, user, password="b")
    go.set()
    leaving.get(timeout=PATIENCE)
    assert rows(rig)["accounts"] == 1


def taken_leave(rig: Rig) -> set[str]:
    """Whose subscriptions have ended."""
    lines = (line.split(" ") for line in rig.out.take())
    return {words[2] for words in lines if words[:2] == ["presence", "unsubscribed"]}


def test_unregistering_one_of_several(rig: Rig) -> None:
    rig.save(OPEN, "one")
    rig.save(OPEN, "two")
    user = rig.user()
    user.unregister(rig.transports[OPEN], "one")
    assert [account.key.account for account in rig.store.load(JULIET)] == ["two"]
    assert taken_leave(rig) == {f"one@{OPEN}"}
    user.unregister(rig.transports[OPEN], None)
    assert rig.store.load(JULIET) == ()
    assert taken_leave(rig) == {f"two@{OPEN}", OPEN}


def test_two_clients_unregister_at_once(rig: Rig) -> None:
    user = registered(rig)
    rig.out.take()
    leaving = [gevent.spawn(user.unregister, rig.transport, None) for _ in range(2)]
    for greenlet in leaving:
        greenlet.get(timeout=PATIENCE)
    assert rig.out.take().count(f"presence unsubscribe {TRANSPORT} juliet") == 1
    assert set(rows(rig).values()) == {0}


def test_unregistering_while_nobody_is_there_or_let_in(rig: Rig) -> None:
    """Away, or refused by the network: nothing has to be online for it."""
    for latched in ("", "wrong"):
        rig.save()
        rig.store.latch(rig.key(), latched)
        user = rig.user()
        assert bridge_of(user).keeper.state is (State.LATCHED if latched else State.OFFLINE)
        user.unregister(rig.transport, "")
        rig.written_to_store()
        assert set(rows(rig).values()) == {0}


def test_who_is_not_registered_cannot_unregister(rig: Rig) -> None:
    user = rig.user()
    available(rig, user, f"#x%srv@{OPEN}/Juliet")
    for domain, account in ((TRANSPORT, None), (OPEN, None), (OPEN, "srv")):
        with pytest.raises(CommandRefused) as caught:
            user.unregister(rig.transports[domain], account)
        assert caught.value.reason is Reason.REGISTRATION_REQUIRED
    assert user.bridge(OPEN, "srv")


def test_what_cannot_be_opened_can_be_deleted_or_replaced(rig: Rig) -> None:
    rig.save()
    rig.store.use(Keyring({"2027": b"m" * 32}))
    user = rig.user()
    assert isinstance(bridge_of(user).registration, Broken)
    register(rig, user, password="b")
    assert isinstance(bridge_of(user).registration, Registration)
    user.unregister(rig.transport, None)
    assert rig.store.load(JULIET) == ()


def test_a_store_that_fails_leaves_everything_as_it_is(rig: Rig) -> None:
    user = registered(rig)
    available(rig, user)

    class Failing:
        def remove(self, key: object) -> bool:
            raise StoreUnavailable("gone fishing")

    store, rig.context.store = rig.context.store, cast(Any, Failing())
    with pytest.raises(StoreUnavailable):
        user.unregister(rig.transport, None)
    rig.context.store = store
    assert bridge_of(user).keeper.state is State.ONLINE
    assert rows(rig)["accounts"] == 1


# Who is forgotten.


def test_who_is_idle(rig: Rig) -> None:
    user = registered(rig)
    assert user.is_idle
    available(rig, user)
    assert not user.is_idle
    unavailable(rig, user)
    until(lambda: is_offline(bridge_of(user)))
    assert user.is_idle


def test_who_is_not_loaded_is_not_idle(rig: Rig) -> None:
    assert not User(JULIET, rig.context).is_idle


def test_transports_that_are_gone_are_left_alone(rig: Rig) -> None:
    rig.save("old.example.org")
    user = rig.user()
    assert user.all_bridges() == []
    assert rows(rig)["accounts"] == 1


# Probes.


def test_probes_are_answered_from_what_is_known(rig: Rig) -> None:
    rig.save(OPEN, "one")
    rig.save(OPEN, "two")
    user = rig.user()
    available(rig, user, OPEN)
    rig.out.take()
    user.probe(presence(OPEN, "probe"), *parsed(rig, OPEN)[:2])
    assert sorted(rig.out.take()) == [f"presence {a}@{OPEN} balcony" for a in ("one", "two")]
    server = f"one@{OPEN}"
    transport = rig.transports[OPEN]
    one = Address(kind=Kind.SERVER, account="one", chat=cast(Any, ""))
    user.probe(presence(server, "probe"), transport, one)
    assert rig.out.take() == [f"presence {server} balcony"]
