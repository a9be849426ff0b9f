"""What one user may ask, and that who asks more is a burden to nobody else."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from gevent.event import Event as Flag
from slixmpp import ComponentXMPP, Iq

from gateway.commands import AddContact, FetchProfile, JoinRoom, SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.events import Contact, ContactsListed, Event, LoggedOut, Offline, ProfileFetched
from gateway.ids import PersonId
from gateway.store import Preferences
from gateway.xmpp import quotas, router
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.iq import Ask
from gateway.xmpp.quotas import Allowance, Quotas
from gateway.xmpp.users import User
from tests.gateway.tinynet import PATIENCE, settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    MUC,
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

STREAM = ComponentXMPP(TRANSPORT, "")  # type: ignore[no-untyped-call]

NURSE = "nurse@example.org/kitchen"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(quotas, "time", clock)
    return clock


def takes(allowance: Allowance) -> bool:
    try:
        allowance.spend()
    except CommandRefused as refusal:
        return refusal.reason is not Reason.TOO_MUCH
    return True


def spent(allowance: Allowance) -> int:
    """How often until there is nothing left."""
    return sum(takes(allowance) for _ in range(20))


def test_an_allowance_is_a_bucket(clock: Clock) -> None:
    allowance = Allowance(2.0, 5, "Too fast.")
    assert spent(allowance) == 5
    clock.now += 1.0
    assert spent(allowance) == 2
    clock.now += 0.25
    assert spent(allowance) == 0
    clock.now += 0.25
    assert spent(allowance) == 1, "what was refused has cost nothing"
    clock.now += 1e6
    assert spent(allowance) == 5


def test_what_is_given_back_can_be_spent(clock: Clock) -> None:
    allowance = Allowance(1.0, 2, "Too fast.")
    assert spent(allowance) == 2
    allowance.give_back()
    assert spent(allowance) == 1
    clock.now += 1e6
    allowance.give_back()
    assert spent(allowance) == 2


@pytest.mark.parametrize(
    ("most", "seconds", "words"),
    [(60, quotas.MINUTE, "Wait 2 seconds."), (10, quotas.HOUR, "Wait 6 minutes.")],
)
def test_a_refusal_says_how_long(clock: Clock, most: float, seconds: float, words: str) -> None:
    allowance = Allowance.per(seconds, most, "Too fast.")
    while takes(allowance):
        pass
    with pytest.raises(CommandRefused) as refused:
        allowance.spend()
    assert refused.value.text == f"Too fast. {words}"


def test_less_than_one_is_one_after_long(clock: Clock) -> None:
    allowance = Allowance.per(quotas.MINUTE, 0.5, "Too fast.")
    assert spent(allowance) == 1
    clock.now += 119
    assert spent(allowance) == 0
    clock.now += 1
    assert spent(allowance) == 1


def test_what_was_spent_is_not_forgotten_too_early(clock: Clock, rig: Rig) -> None:
    """Or a user who is not registered would be let guess anew whenever they are swept away."""
    made = Quotas(rig.make_context(failed_registrations_per_hour=10).config.limits)
    assert made.is_whole
    made.registrations.spend()
    made.requests.spend()
    clock.now += quotas.MINUTE
    assert not made.is_whole
    clock.now += quotas.HOUR
    assert made.is_whole


# What each is for.


def online(rig: Rig, **limits: Any) -> tuple[User, Bridge]:
    rig.stage.replies = {JoinRoom: let_in, SendMessage: sent, FetchProfile: describe}
    rig.make_context(**limits)
    rig.save()
    user = rig.user()
    arrive(rig, user, TRANSPORT)
    rig.stage.take()
    bridge = user.bridge(TRANSPORT, "")
    assert bridge
    return user, bridge


def describe(asked: FetchProfile) -> Iterable[Event]:
    yield ProfileFetched(token=asked.token, person=asked.person, fields=())


def arrive(rig: Rig, user: User, to: str, children: str = "", sender: str = CLIENT) -> None:
    bare, _, nick = to.partition("/")
    address = rig.context.addressings[TRANSPORT].parse(bare.rpartition("@")[0])
    user.available(presence(to, "", children, sender), rig.transport, address, nick)
    settle()


def subscribe(rig: Rig, user: User, name: str) -> None:
    to = f"{name}@{TRANSPORT}"
    address = rig.context.addressings[TRANSPORT].parse(name)
    user.subscription(presence(to, "subscribe"), rig.transport, address)
    settle()


def refusal(act: Callable[[], object]) -> CommandRefused:
    with pytest.raises(CommandRefused) as refused:
        act()
    assert refused.value.reason is Reason.TOO_MUCH
    return refused.value


def test_rooms_entered(rig: Rig) -> None:
    user, _ = online(rig, joins_per_minute=2)
    arrive(rig, user, f"{ROOM}/Juliet", MUC)
    for _ in range(5):  # Who is in it says how they are.
        arrive(rig, user, f"{ROOM}/Juliet")
    arrive(rig, user, f"{ROOM}/Juliet", MUC, PHONE)
    refusal(lambda: arrive(rig, user, f"#other@{TRANSPORT}/Juliet", MUC))
    assert len(rig.stage.of(JoinRoom)) == 1


def test_contacts_added(rig: Rig) -> None:
    """But not those who are in the address book already: the roster takes them up, all at once."""
    user, bridge = online(rig, subscriptions_per_minute=1)
    there = [Contact(person=PersonId(f"friend{n}")) for n in range(3)]
    rig.tell(bridge, ContactsListed(contacts=tuple(there)))
    for friend in there:
        subscribe(rig, user, friend.person)
    subscribe(rig, user, "romeo")
    refusal(lambda: subscribe(rig, user, "paris"))
    assert rig.stage.of(AddContact) == [AddContact(person=PersonId("romeo"))]


def test_questions_to_the_network(rig: Rig) -> None:
    _, bridge = online(rig, requests_per_minute=1)

    def ask(is_charged: bool = True) -> Event:
        romeo = PersonId("romeo")
        return bridge.ask(
            lambda token: FetchProfile(person=romeo, token=token), is_charged=is_charged
        )

    ask()
    refusal(ask)
    ask(is_charged=False)
    assert len(rig.stage.of(FetchProfile)) == 2


def test_registrations_that_are_refused(rig: Rig) -> None:
    """Nobody guesses passwords through us; who succeeds may go on."""
    rig.make_context(failed_registrations_per_hour=2)
    user = rig.user()

    def register(password: str) -> None:
        user.register(rig.transport, "", {"password": password}, Preferences())

    welcome = rig.stage.welcome
    rig.stage.welcome = lambda login: (
        welcome(login)
        if login.fields["password"] == "wherefore"
        else LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong password")
    )
    for _ in range(3):
        register("wherefore")
    for guess in ("a", "b"):
        with pytest.raises(CommandRefused, match="wrong password"):
            register(guess)
    logins = len(rig.stage.logins)
    assert "Wait 30 minutes." in refusal(lambda: register("wherefore")).text
    assert len(rig.stage.logins) == logins, "the network has not heard of it"
    bridge = user.bridge(TRANSPORT, "")
    assert bridge
    assert bridge.is_registered, "what was there stays"


# One user's flood.


def iq(sender: str) -> Iq:
    query = stanza("iq", TRANSPORT, "<query xmlns='urn:query'/>", sender, type="get", id="1")
    return Iq(stream=STREAM, xml=query)


def test_a_flood_is_a_burden_to_nobody_else(rig: Rig) -> None:
    """Juliet sends messages without end, and questions that are not answered; the nurse notices
    nothing: all of hers is done before a single one of Juliet's questions has been."""
    rig.stage.replies = {JoinRoom: let_in, SendMessage: sent}
    rig.make_context(messages_per_second=1e-6, message_burst=50)
    stuck = Flag()
    answered = []

    def question(ask: Ask) -> None:
        if ask.sender == CLIENT:
            stuck.wait(PATIENCE)
        answered.append(ask.sender)

    given = rig.router({("get", "{urn:query}query"): question})
    rig.save()
    rig.save(user="nurse@example.org")
    for sender in (CLIENT, NURSE):
        given.stanza(presence(TRANSPORT, sender=sender))
    until(lambda: len(rig.stage.logins) == 2)
    rig.out.take()
    rig.stage.take()

    for number in range(1000):
        given.stanza(message(ROMEO, f"flood {number}"))
        given.iq(iq(CLIENT))
    given.stanza(message(ROMEO, "hark", sender=NURSE))
    given.iq(iq(NURSE))
    settle()

    assert [x.body for x in rig.stage.of(SendMessage)][-1] == "hark"
    assert len(rig.stage.of(SendMessage)) == 51
    assert answered == [NURSE]
    refused = [x for x in rig.out.written if x.get("type") == "error"]
    assert {x.get("to") for x in refused} == {CLIENT}
    assert len(refused) == 950 + 1000 - router.AT_ONCE_EACH
    assert {x.find("{*}error").get("type") for x in refused} == {"wait"}  # type: ignore[union-attr]
    stuck.set()
    until(lambda: len(answered) == 1 + router.AT_ONCE_EACH)
    assert given.user(JULIET).at_work == 0
