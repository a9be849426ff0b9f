"""One registration, three ways: a form, a command, and a chat.  The network has questions."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import gevent
import pytest

from gateway.errors import CommandRefused, Reason
from gateway.fields import Field, FieldKind
from gateway.ids import ChatId
from gateway.network import Address, Kind
from gateway.store import Registration
from gateway.xmpp import chat, enrolment, register, xeps
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.dialogue import Dialogues
from gateway.xmpp.iq import Ask, Asker
from gateway.xmpp.stanzas import escape
from gateway.xmpp.users import User
from tests.gateway import tinynet
from tests.gateway.tinynet import Listener, TinySettings, listener
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    OPEN,
    TRANSPORT,
    Addressing,
    Rig,
    rig,
    transport,
    until,
)

__all__ = ["listener", "rig"]

REGISTER = "jabber:iq:register"
DATA = "{jabber:x:data}"

FIELDS = (
    Field(name="username", label="Name", required=True),
    Field(name="password", label="Password", kind=FieldKind.SECRET, required=True),
)

NETWORK = replace(
    tinynet.NETWORK,
    addressing=lambda _: Addressing(is_open=False),
    probe=lambda _: None,
    fields=lambda *_: FIELDS,
    check=lambda _, given: ("", {name: given[name] for name in ("username", "password")}),
)


class Way:
    """How somebody registers.  Each answers with all the text that is shown."""

    def __init__(self, rig: Rig, user: User) -> None:
        self.asker = Asker(
            sender=CLIENT,
            user=user,
            transport=rig.transports[TRANSPORT],
            address=Address(Kind.SERVER, "", ChatId("")),
        )

    def begin(self) -> str:
        raise NotImplementedError

    def fill_in(self, **values: str) -> str:
        raise NotImplementedError

    def ask(self, kind: str, payload: str) -> Element | None:
        asker = self.asker
        child = fromstring(payload)
        asked = Ask(
            iq=None,
            payload=child,
            sender=asker.sender,
            user=asker.user,
            transport=asker.transport,
            address=asker.address,
        )
        answer: Element | None = xeps.IQS[kind, child.tag](asked)
        return answer


def submitted(values: dict[str, str]) -> str:
    fields = "".join(
        f"<field var='{name}'><value>{escape(value)}</value></field>"
        for name, value in values.items()
    )
    return f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>"


def texts(shown: Element) -> str:
    labels = (field.get("label", "") for field in shown.iter(f"{DATA}field"))
    return " ".join([*shown.itertext(), *labels])


class ByForm(Way):
    def begin(self) -> str:
        shown = self.ask("get", f"<query xmlns='{REGISTER}'/>")
        assert shown is not None
        return texts(shown)

    def fill_in(self, **values: str) -> str:
        try:
            self.ask("set", f"<query xmlns='{REGISTER}'>{submitted(values)}</query>")
        except CommandRefused as refused:
            text = refused.text
            return f"{text} {self.begin()}" if register.ONCE_MORE in text else text
        return enrolment.REGISTERED


class ByCommand(Way):
    session = ""

    def begin(self) -> str:
        return self._execute("")

    def fill_in(self, **values: str) -> str:
        return self._execute(submitted(values))

    def _execute(self, form: str) -> str:
        identity = f"sessionid='{self.session}'" if self.session else ""
        shown = self.ask(
            "set", f"<command xmlns='{COMMANDS}' node='register' {identity}>{form}</command>"
        )
        assert shown is not None
        self.session = shown.get("sessionid", "")
        return texts(shown)


class ByChat(Way):
    def begin(self) -> str:
        return chat.answer(self.asker, "register")

    def fill_in(self, **values: str) -> str:
        values.pop("stay_online", None)
        said = [chat.answer(self.asker, value) for value in values.values()]
        if "username" in values:
            said.append(chat.answer(self.asker, "done"))
        return said[-1]


WAYS = [ByForm, ByCommand, ByChat]


class Server:
    """Lets people in who know both codes."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.given: list[str] = []
        self.says: Callable[[tinynet.Peer], None] = self.asks_twice
        self.greenlet = gevent.spawn(self.run)

    def run(self) -> None:
        while True:
            peer = self.listener.accept()
            peer.line()
            self.says(peer)

    def asks_twice(self, peer: tinynet.Peer) -> None:
        peer.say("ask Which code did we send you?")
        self.given.append(peer.line())
        peer.say("ask And the other one?")
        self.given.append(peer.line())
        peer.say("welcome")

    def denies(self, peer: tinynet.Peer) -> None:
        peer.say("ask Which code did we send you?")
        self.given.append(peer.line())
        peer.say("denied wrong code")


@pytest.fixture
def server(listener: Listener, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(chat, "DIALOGUES", Dialogues())
    rig.transports[TRANSPORT] = replace(
        transport(NETWORK), settings=TinySettings(port=listener.port)
    )
    rig.make_context()
    server = Server(listener)
    yield server
    server.greenlet.kill()


ENTERED = {"username": "Juliet", "password": "R0meo!"}


@pytest.mark.parametrize("way", WAYS)
def test_registering_with_two_questions(rig: Rig, server: Server, way: type[Way]) -> None:
    juliet = way(rig, rig.user())
    assert "Name" in juliet.begin()
    assert "Which code did we send you?" in juliet.fill_in(**ENTERED)
    assert rig.store.load(JULIET) == ()
    assert "And the other one?" in juliet.fill_in(code="1234")
    assert rig.store.load(JULIET) == ()
    assert enrolment.REGISTERED in juliet.fill_in(code="5678")
    assert server.given == ["ANSWER 1234", "ANSWER 5678"]
    (account,) = rig.store.load(JULIET)
    assert account.registration is not None


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_answer_leaves_nothing(rig: Rig, server: Server, way: type[Way]) -> None:
    server.says = server.denies
    juliet = way(rig, rig.user())
    juliet.begin()
    juliet.fill_in(**ENTERED)
    assert "Tiny: wrong code" in juliet.fill_in(code="1234")
    assert rig.store.load(JULIET) == ()
    assert talk(rig, juliet.asker.user, "status") == "You are not registered with Tiny."
    assert talk(rig, juliet.asker.user, "connect") == "Register with Tiny first."


@pytest.mark.parametrize("way", WAYS)
def test_something_to_be_done_elsewhere(
    rig: Rig, server: Server, monkeypatch: pytest.MonkeyPatch, way: type[Way]
) -> None:
    """Whoever asks again meanwhile is shown it again; the end is told when it comes."""
    monkeypatch.setattr(enrolment, "LOOK_TIME", 0.001)
    peers: list[tinynet.Peer] = []

    def shows(peer: tinynet.Peer) -> None:
        peer.say("show https://tiny.lit/in")
        peers.append(peer)

    server.says = shows
    user = rig.user()
    juliet = way(rig, user)
    juliet.begin()
    assert "https://tiny.lit/in" in juliet.fill_in(**ENTERED)
    assert "https://tiny.lit/in" in juliet.begin()
    peers[0].say("welcome")
    until(lambda: not user.all_bridges()[0].enrolment.is_on_trial)
    assert rig.out.take()[-1] == f"message chat {TRANSPORT} juliet {enrolment.REGISTERED}"
    assert rig.store.load(JULIET)


@pytest.mark.parametrize(("begun", "ended"), list(itertools.permutations(WAYS, 2)))
def test_begun_one_way_and_ended_another(
    rig: Rig, server: Server, begun: type[Way], ended: type[Way]
) -> None:
    user = rig.user()
    first, second = begun(rig, user), ended(rig, user)
    first.begin()
    first.fill_in(**ENTERED)
    second.begin()
    second.fill_in(code="1234")
    assert enrolment.REGISTERED in second.fill_in(code="5678")


def test_an_answer_needs_no_dialogue(rig: Rig, server: Server) -> None:
    """What a later log-in asks comes in a chat, and is answered there."""
    rig.save(fields=dict(ENTERED))
    user = rig.user()
    bridge = user.all_bridges()[0]
    bridge.switch(True)
    until(lambda: bridge.enrolment.asked)
    asker = ByChat(rig, user).asker
    assert "waits for you" in chat.answer(asker, "status")
    assert "And the other one?" in chat.answer(asker, "1234")
    assert chat.answer(asker, "5678") == "Connected to Tiny."
    assert server.given == ["ANSWER 1234", "ANSWER 5678"]


def test_an_answer_that_comes_too_late(rig: Rig, server: Server) -> None:
    server.says = server.denies
    user = rig.user()
    one, other = ByCommand(rig, user), ByCommand(rig, user)
    one.begin()
    one.fill_in(**ENTERED)
    other.begin()
    one.fill_in(code="1234")
    assert "You are not registered with Tiny." in other.fill_in(code="1234")


# Several accounts.

WORK = f",work@{TRANSPORT}"


def welcomes(peer: tinynet.Peer) -> None:
    peer.say("welcome")


def accounts(rig: Rig) -> list[str]:
    return [account.key.account for account in rig.store.load(JULIET)]


@pytest.mark.parametrize("way", WAYS)
def test_a_further_account(rig: Rig, server: Server, way: type[Way]) -> None:
    server.says = welcomes
    user = rig.user()
    juliet = way(rig, user)
    juliet.begin()
    assert enrolment.REGISTERED in juliet.fill_in(**ENTERED)
    juliet = way(rig, user)
    if way is ByChat:
        chat.answer(juliet.asker, "register Work")
        assert enrolment.REGISTERED in juliet.fill_in(**ENTERED)
    else:
        assert "Another account" in juliet.begin()
        assert enrolment.REGISTERED in juliet.fill_in(**ENTERED, another=" Work ")
    assert accounts(rig) == ["", ",work"]
    assert f"presence subscribe {WORK} juliet" in rig.out.take()
    assert [bridge.address for bridge in user.all_bridges()] == [TRANSPORT, WORK]


def talk(rig: Rig, user: User, *lines: str) -> str:
    asker = ByChat(rig, user).asker
    return [chat.answer(asker, line) for line in lines][-1]


def both(rig: Rig, server: Server) -> User:
    server.says = welcomes
    rig.save(fields=dict(ENTERED))
    rig.save(account=",work", fields={**ENTERED, "username": "Capulet"})
    return rig.user()


def only_one_word(_: object, given: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    for name in ("username", "password"):
        if " " in given[name] or not given[name]:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, "one word is expected", name)
    return "", dict(given)


def test_a_chat_says_at_once_what_the_network_will_not_take(rig: Rig, server: Server) -> None:
    server.says = welcomes
    rig.transports[TRANSPORT] = replace(
        rig.transports[TRANSPORT], network=replace(NETWORK, check=only_one_word)
    )
    rig.make_context()
    user = rig.user()
    said = talk(rig, user, "register", "two words")
    assert said == "“Name”: one word is expected\n*Name*"
    assert "*Password*" in talk(rig, user, "Juliet")
    assert "“Password”: one word is expected" in talk(rig, user, "R0 meo")
    assert talk(rig, user, "R0meo!", "done") == enrolment.REGISTERED
    assert "20 letters" in talk(rig, user, "register", "skip", "skip", "no", "my office")
    assert "*Another account*" in talk(rig, user, "all")
    assert talk(rig, user, "cancel", "register", "Romeo", "clear").startswith("“Password” must")
    assert "“Name”: one word" in talk(rig, user, "back", "two words")


def test_a_further_account_is_changed_by_its_name_or_at_its_address(
    rig: Rig, server: Server
) -> None:
    user = both(rig, server)
    assert "Now: Juliet" in talk(rig, user, "register Tiny")  # As ``status`` calls the first.
    assert "Now: Capulet" in talk(rig, user, "cancel", "register work")
    talk(rig, user, "Juliet Capulet", "done")
    account = rig.store.load(JULIET)[1]
    assert isinstance(account.registration, Registration)
    assert account.registration.fields == {**ENTERED, "username": "Juliet Capulet"}
    by_form = ByForm(rig, user)
    by_form.asker = replace(by_form.asker, address=Address(Kind.SERVER, ",work", ChatId("")))
    assert "Juliet Capulet" in by_form.begin()
    assert by_form.fill_in(username="Montague") == enrolment.REGISTERED
    assert accounts(rig) == ["", ",work"]


def test_networks_never_see_labels(rig: Rig, server: Server) -> None:
    rig.save(OPEN, "srv,work")
    user = rig.user()
    user.all_bridges()[0].switch(True)
    until(lambda: rig.stage.logins)
    assert rig.stage.logins[0].account == "srv"


@pytest.mark.parametrize("name", ["-", "two words", "work!", "x" * 21])
def test_what_no_account_can_be_called(rig: Rig, server: Server, name: str) -> None:
    assert "20 letters" in talk(rig, rig.user(), f"register {name}")


def test_a_user_has_so_many_accounts(rig: Rig, server: Server) -> None:
    rig.make_context(accounts_per_transport=2)
    user = both(rig, server)
    assert "You have 2 accounts" in talk(rig, user, "register third", "Nurse", "secret", "done")
    assert accounts(rig) == ["", ",work"]
    assert enrolment.REGISTERED in talk(rig, user, "cancel", "register work", "done")


def test_what_is_said_of_several(rig: Rig, server: Server) -> None:
    user = both(rig, server)
    assert [line.partition(":")[0] for line in talk(rig, user, "status").splitlines()] == [
        "Tiny",
        "work",
    ]
    assert "Name one of your accounts: Tiny, work" in talk(rig, user, "connect home")
    talk(rig, user, "connect work")
    talk(rig, user, "set stay_online yes")  # At the transport the first is meant.
    first, second = user.all_bridges()
    assert (first.stays_online, second.stays_online) == (True, False)
    until(lambda: first.keeper.is_running and second.keeper.is_running)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["unregister work", "yes"], [""]),
        (["unregister Tiny", "yes"], [",work"]),
        (["unregister all", "yes"], []),
        (["unregister", "work", "yes"], [""]),
        (["unregister", "all", "yes"], []),
        (["unregister", "all", "no"], ["", ",work"]),
        (["unregister home"], ["", ",work"]),
    ],
)
def test_unregistering_one_or_all(
    rig: Rig, server: Server, lines: list[str], left: list[str]
) -> None:
    talk(rig, both(rig, server), *lines)
    assert accounts(rig) == left


def test_a_guest_has_no_label(rig: Rig) -> None:
    with pytest.raises(CommandRefused) as caught:
        rig.user()._guest(rig.transports[OPEN], "srv,work", "Juliet")
    assert caught.value.reason is Reason.REGISTRATION_REQUIRED
