"""Registrations on trial, and what a network asks before it lets somebody in."""

from collections.abc import Callable
from dataclasses import replace

import gevent
import pytest

from gateway.commands import AnswerStep
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, Fill, LoggedIn, LoggedOut, Look, Offline, Picture, StepAsked
from gateway.fields import Field, FieldKind
from gateway.ids import PersonId
from gateway.network import Login
from gateway.sessions import State
from gateway.store import Account, Registration, StoreUnavailable
from gateway.xmpp import enrolment
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.enrolment import BUSY, CROWDED, REFUSED_BECAUSE, REGISTERED, WAIT, WRITE
from tests.gateway.tinynet import PATIENCE, log_lines, settle
from tests.gateway.xmpp.staging import JULIET, TRANSPORT, Rig, presence, rig, until

__all__ = ["log_lines", "rig"]

REFUSED = LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong password")
CODE = Field(name="code", label="Code", required=True, kind=FieldKind.SECRET)
FILL = Fill(text="Which code did we send you?", fields=(CODE,))
LOOK = Look(
    text="Open this.", uri="https://tiny.lit/in", picture=Picture(data=b"x", media_type="y")
)
WELCOME = LoggedIn(me=PersonId("Juliet"))


def come(bridge: Bridge) -> None:
    bridge.resources.available("balcony", "", presence(TRANSPORT))
    bridge.user_changed()
    settle()


# Registrations are tried before they are kept.

OLD, NEW = {"password": "old"}, {"password": "new"}


def passwords(rig: Rig) -> list[str]:
    """In the order in which they were tried."""
    return [login.fields["password"] for login in rig.stage.logins]


def only(*accepted: str, otherwise: Event | None = REFUSED) -> Callable[[Login], Event | None]:
    """A network that lets these passwords in."""

    def welcome(login: Login) -> Event | None:
        is_right = login.fields["password"] in accepted
        return LoggedIn(me=PersonId("Juliet")) if is_right else otherwise

    return welcome


def begin(bridge: Bridge) -> None:
    bridge.enrolment.begin(Registration(key=bridge.key, fields=NEW))


def test_a_registration_is_tried_at_once_and_kept(rig: Rig) -> None:
    bridge = rig.bridge(Account(key=rig.key()))
    begin(bridge)
    assert passwords(rig) == ["new"]
    assert bridge.registration
    assert bridge.keeper.state is State.ONLINE
    (account,) = rig.store.load(JULIET)
    assert account.registration == bridge.registration
    assert f"presence subscribe {TRANSPORT} juliet" in rig.out.take()


def test_a_new_registration_that_is_refused_leaves_nothing(rig: Rig) -> None:
    rig.stage.welcome = only("old")
    bridge = rig.bridge(Account(key=rig.key()))
    with pytest.raises(CommandRefused, match="Tiny: wrong password") as caught:
        begin(bridge)
    assert caught.value.reason is Reason.NOT_ACCEPTABLE
    assert bridge.registration is None
    settle()
    assert [line for line in rig.out.take() if "message" in line or "error" in line] == []
    assert passwords(rig) == ["new"]
    until(lambda: bridge.is_idle)


def test_the_old_one_holds_if_the_new_one_is_refused(rig: Rig) -> None:
    rig.stage.welcome = only("old")
    old = rig.save(fields=OLD)
    bridge = rig.bridge(Account(key=old.key, registration=old))
    come(bridge)
    with pytest.raises(CommandRefused):
        begin(bridge)
    assert bridge.registration == old
    until(lambda: bridge.keeper.state is State.ONLINE)
    assert passwords(rig) == ["old", "new", "old"]


def test_the_old_one_holds_if_there_is_no_answer(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "VERIFY_TIME", 0.01)
    rig.stage.welcome = only("old", otherwise=None)
    old = rig.save(fields=OLD)
    bridge = rig.bridge(Account(key=old.key, registration=old))
    come(bridge)
    with pytest.raises(CommandRefused, match="no answer") as caught:
        begin(bridge)
    assert caught.value.reason is Reason.TIMEOUT
    assert bridge.registration == old
    until(lambda: bridge.keeper.state is State.ONLINE)
    assert passwords(rig) == ["old", "new", "old"]


def test_the_old_one_holds_if_there_is_no_turn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "VERIFY_TIME", 0.01)
    old = rig.save(fields=OLD)
    bridge = rig.bridge(Account(key=old.key, registration=old))
    rig.context.pacers[TRANSPORT].slow_down(60.0)
    with pytest.raises(CommandRefused) as caught:
        begin(bridge)
    assert (caught.value.reason, caught.value.text) == (Reason.TIMEOUT, CROWDED)
    assert bridge.registration == old


def test_what_was_latched_is_latched_again_if_the_new_one_is_refused(rig: Rig) -> None:
    rig.stage.welcome = only("right")
    old = rig.save(fields=OLD, latched="wrong password")
    bridge = rig.bridge(Account(key=old.key, registration=old))
    come(bridge)
    with pytest.raises(CommandRefused):
        begin(bridge)
    settle()
    assert bridge.keeper.state is State.LATCHED
    assert passwords(rig) == ["new"]


def test_a_right_one_ends_the_latch(rig: Rig) -> None:
    rig.stage.welcome = only("new")
    old = rig.save(fields=OLD, latched="wrong password")
    bridge = rig.bridge(Account(key=old.key, registration=old))
    begin(bridge)
    assert bridge.keeper.state is State.ONLINE
    come(bridge)
    assert passwords(rig) == ["new"]


def test_a_store_that_fails_leaves_the_old_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.stage.welcome = only("old", "new")
    old = rig.save(fields=OLD)
    bridge = rig.bridge(Account(key=old.key, registration=old))

    def fail(_: Registration) -> None:
        raise StoreUnavailable("gone fishing")

    monkeypatch.setattr(rig.store, "save", fail)
    with pytest.raises(StoreUnavailable):
        begin(bridge)
    assert bridge.registration == old
    assert not bridge.enrolment.is_on_trial


def test_every_end_has_its_reason() -> None:
    assert set(REFUSED_BECAUSE) == set(Offline)


def test_one_at_a_time(rig: Rig) -> None:
    rig.stage.welcome = lambda _: None
    bridge = rig.bridge(Account(key=rig.key()))
    first = gevent.spawn(begin, bridge)
    settle()
    with pytest.raises(CommandRefused, match=BUSY):
        begin(bridge)
    rig.tell(bridge, WELCOME)
    first.get(timeout=PATIENCE)
    assert bridge.is_registered


def test_unregistering_calls_it_off(rig: Rig) -> None:
    rig.stage.welcome = lambda _: None
    bridge = rig.bridge(Account(key=rig.key()))
    waiting = gevent.spawn(begin, bridge)
    settle()
    bridge.close()
    with pytest.raises(CommandRefused, match="called off"):
        waiting.get(timeout=PATIENCE)
    assert rig.store.load(JULIET) == ()


# The network asks.


def asked(rig: Rig, question: Fill | Look = FILL, *answers: Event) -> Bridge:
    """Somebody registers, and is asked; what follows each of their answers."""
    rig.stage.welcome = lambda login: StepAsked(question=question)
    following = iter(answers)
    rig.stage.replies = {AnswerStep: lambda _: [next(following)]}
    bridge = rig.bridge(Account(key=rig.key()))
    begin(bridge)
    assert bridge.enrolment.asked is question
    assert bridge.keeper.state is State.ASKING
    assert rig.store.load(JULIET) == ()
    return bridge


def said(rig: Rig) -> list[str]:
    return [line for line in rig.out.take() if line.startswith("message")]


def test_an_answer_goes_to_the_network(rig: Rig) -> None:
    bridge = asked(rig, FILL, WELCOME)
    bridge.enrolment.answer(FILL, {"code": "1234", "else": "x"})
    assert rig.stage.take()[0] == AnswerStep(values=(("code", "1234"),))
    assert bridge.enrolment.asked is None
    assert not bridge.enrolment.is_on_trial
    (account,) = rig.store.load(JULIET)
    assert account.registration == bridge.registration
    assert said(rig) == []  # Whoever answered knows.


def test_another_question_follows(rig: Rig) -> None:
    again = replace(FILL, text="Not that one.")
    bridge = asked(rig, FILL, StepAsked(question=again), WELCOME)
    bridge.enrolment.answer(FILL, {"code": "1234"})
    assert bridge.enrolment.asked is again
    with pytest.raises(CommandRefused) as caught:
        bridge.enrolment.answer(FILL, {"code": "1234"})
    assert caught.value.reason is Reason.GONE
    bridge.enrolment.answer(again, {"code": "5678"})
    assert bridge.is_registered


def test_a_wrong_answer_ends_it(rig: Rig) -> None:
    bridge = asked(rig, FILL, LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong code"))
    with pytest.raises(CommandRefused, match="Tiny: wrong code"):
        bridge.enrolment.answer(FILL, {"code": "1234"})
    assert bridge.registration is None
    assert not bridge.enrolment.is_on_trial


def test_the_user_is_told_how_it_ended_if_nobody_waits(rig: Rig) -> None:
    bridge = asked(rig, LOOK)
    rig.tell(bridge, WELCOME)
    until(lambda: bridge.is_registered and not bridge.enrolment.is_on_trial)
    assert said(rig) == [f"message chat {TRANSPORT} juliet {REGISTERED}"]
    assert rig.store.load(JULIET)


@pytest.mark.parametrize("end", ["time", "network", "log-out"])
def test_nobody_answers(rig: Rig, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(enrolment, "STEP_TIME", 0.01 if end == "time" else PATIENCE)
    bridge = asked(rig)
    if end == "network":
        rig.tell(bridge, LoggedOut(why=Offline.NETWORK, detail="too slow"))
    elif end == "log-out":
        bridge.switch(False)
    until(lambda: not bridge.enrolment.is_on_trial)
    assert bridge.registration is None
    assert len(said(rig)) == 1
    assert rig.store.load(JULIET) == ()


def test_a_store_that_fails_while_nobody_waits(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, log_lines: Callable[[], list[str]]
) -> None:
    bridge = asked(rig)

    def fail(_: Registration) -> None:
        raise StoreUnavailable("gone fishing")

    monkeypatch.setattr(rig.store, "save", fail)
    rig.tell(bridge, WELCOME)
    until(lambda: not bridge.enrolment.is_on_trial)
    settle()
    assert any("event=store.write_failed" in line for line in log_lines())


def test_looking(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "LOOK_TIME", 0.01)
    bridge = asked(rig, LOOK)
    bridge.enrolment.look()
    assert bridge.enrolment.asked is LOOK
    monkeypatch.setattr(enrolment, "LOOK_TIME", PATIENCE)
    looking = gevent.spawn(bridge.enrolment.look)
    settle()
    rig.tell(bridge, WELCOME)
    looking.get(timeout=PATIENCE)
    assert bridge.enrolment.asked is None
    assert not bridge.enrolment.is_on_trial
    with pytest.raises(CommandRefused):
        bridge.enrolment.look()


def test_registering_anew_while_something_is_asked(rig: Rig) -> None:
    bridge = asked(rig)
    rig.stage.welcome = only("new")
    begin(bridge)
    assert bridge.keeper.state is State.ONLINE
    assert len(rig.stage.logins) == 2
    assert said(rig) == []


def test_a_later_log_in_asks_in_a_chat(rig: Rig) -> None:
    rig.stage.welcome = lambda _: StepAsked(question=FILL)
    rig.stage.replies = {AnswerStep: lambda _: [WELCOME]}
    bridge = rig.bridge()
    come(bridge)
    assert said(rig) == [f"message chat {TRANSPORT} juliet {FILL.text}\n{WRITE}"]
    bridge.enrolment.answer(FILL, {"code": "1234"})
    assert bridge.keeper.state is State.ONLINE


def test_what_is_said_of_a_link_and_a_picture(rig: Rig) -> None:
    assert asked(rig, LOOK).enrolment.question == "\n".join(
        [LOOK.text, LOOK.uri, enrolment.IN_FORM, WAIT]
    )


def test_what_is_asked_later_and_refused_is_latched(rig: Rig) -> None:
    rig.stage.welcome = lambda _: StepAsked(question=FILL)
    rig.stage.replies = {AnswerStep: lambda _: [REFUSED]}
    bridge = rig.bridge()
    come(bridge)
    with pytest.raises(CommandRefused, match="wrong password"):
        bridge.enrolment.answer(FILL, {"code": "1234"})
    rig.written_to_store()
    (account,) = rig.store.load(JULIET)
    assert isinstance(account.registration, Registration)
    assert account.registration.latched == "wrong password"
