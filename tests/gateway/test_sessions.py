"""Keepers against a server on a real socket."""

import random
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gevent
import pytest
from gevent.event import Event as Flag
from gevent.queue import Queue
from hypothesis import given
from hypothesis import strategies as st

from gateway import sessions as sessions_module
from gateway.commands import SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedIn, LoggedOut, NoticeReceived, Offline, StepAsked
from gateway.ids import ChatId, PersonId, SessionKey, Token
from gateway.network import Login, Network
from gateway.pacer import Pacer
from gateway.session import OUR_MISTAKE, QUEUE_SIZE
from gateway.sessions import FIRST_RETRY, LAST_RETRY, Keeper, Sessions, State, backoff
from tests.gateway.tinynet import (
    NETWORK,
    PATIENCE,
    WORDS,
    Listener,
    Peer,
    break_down,
    listener,
    log_lines,
    login,
    settle,
)

__all__ = ["listener", "log_lines"]

ESTABLISHED = 1
"""Of Linux, tcp_states.h: neither side has closed."""

ASKED = LoggedOut(why=Offline.ASKED)
CLOSED = LoggedOut(why=Offline.NETWORK, detail="closed by the server")


def is_open(peer: Peer) -> bool:
    """Whether the client has not closed; bytes that we have not read do not matter."""
    info = peer.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    return info[0] == ESTABLISHED


class Server:
    """Answers each HELLO as told, and sees to it that nobody is there twice."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.answers: deque[str | None] = deque()
        """To the next; None closes.  Then everybody is welcome."""
        self.peers: Queue[Peer] = Queue()
        self.seen: dict[str, list[Peer]] = {}
        self.doubles: list[str] = []
        self.greenlet = gevent.spawn(self._serve)

    def _serve(self) -> None:
        while True:
            peer = self.listener.accept()
            try:
                user = peer.line().removeprefix("HELLO ")
            except ConnectionResetError:
                continue
            if not user:
                continue  # Gone already.
            before = self.seen.setdefault(user, [])
            if any(map(is_open, before)):
                self.doubles.append(user)
            before.append(peer)
            answer = self.answers.popleft() if self.answers else "welcome"
            if answer is None:
                peer.sock.shutdown(socket.SHUT_RDWR)
            else:
                peer.say(answer)
            self.peers.put(peer)

    def peer(self) -> Peer:
        peer: Peer = self.peers.get(timeout=PATIENCE)
        return peer


class Client:
    """A keeper and what it tells."""

    def __init__(self, port: int, pacer: Pacer, user: str = "juliet", network: Network = NETWORK):
        self.events: Queue[Event] = Queue()
        self.make: Callable[[], Login] = lambda: login(port, user)
        self.deliver: Callable[[Event], None] = self.events.put
        self.keeper = Keeper(
            SessionKey(user, "tiny.example.org", ""),
            network,
            pacer,
            lambda: self.make(),
            lambda event: self.deliver(event),
        )

    def event(self) -> Event:
        event: Event = self.events.get(timeout=PATIENCE)
        return event

    def until(self, *states: State) -> None:
        with gevent.Timeout(PATIENCE):
            while self.keeper.state not in states or (
                State.ONLINE not in states and self.keeper.is_running
            ):
                gevent.idle()


ME = LoggedIn(me=PersonId("juliet"))
HI = SendMessage(chat=ChatId("romeo"), body="Hi", token=Token("1"))


def fill(keeper: Keeper) -> None:
    """Its inbox.  Nobody else runs meanwhile."""
    for _ in range(QUEUE_SIZE + 1):
        keeper.put(HI)


@pytest.fixture
def server(listener: Listener) -> Iterator[Server]:
    server = Server(listener)
    yield server
    server.greenlet.kill()
    assert not server.doubles


@pytest.fixture
def juliet(server: Server) -> Iterator[Client]:
    client = Client(server.listener.port, Pacer(per_second=1000, at_once=10))
    yield client
    client.keeper.log_out()
    client.until(State.OFFLINE, State.LATCHED)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "FIRST_RETRY", 0.01)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnections are not seen in this test."""
    monkeypatch.setattr(sessions_module, "FIRST_RETRY", 500.0)


# What users want.


def test_in_and_out(server: Server, juliet: Client) -> None:
    keeper = juliet.keeper
    assert keeper.explain() == "Not connected to Tiny."
    assert not keeper.is_running
    keeper.log_in()
    assert keeper.explain() == "Connecting to Tiny…"
    assert juliet.event() == ME
    assert keeper.state is State.ONLINE
    assert keeper.is_running
    assert keeper.explain() == "Connected to Tiny."
    keeper.log_in()  # Changes nothing.
    keeper.put(HI)
    keeper.log_out("good night")
    assert juliet.event() == ASKED
    juliet.until(State.OFFLINE)
    assert keeper.why is Offline.ASKED
    assert keeper.explain() == "Not connected to Tiny."
    assert server.peer().rest() == ["Hi", "QUIT good night"]


def test_commands_need_a_session(juliet: Client) -> None:
    with pytest.raises(CommandRefused) as refusal:
        juliet.keeper.put(HI)
    assert refusal.value.reason is Reason.UNAVAILABLE
    assert refusal.value.text == "Not connected to Tiny."


def test_log_out_while_queued(server: Server) -> None:
    pacer = Pacer(per_second=1000, at_once=1)
    server.answers.append("say wait")
    first, second = (Client(server.listener.port, pacer, user) for user in ("first", "second"))
    first.keeper.log_in()
    second.keeper.log_in()
    assert first.event() == NoticeReceived(text="wait")
    assert second.keeper.state is State.QUEUED
    assert second.keeper.explain().startswith("Waiting for a turn to connect: Tiny lets in")
    second.keeper.log_out()
    assert second.keeper.state is State.OFFLINE
    first.keeper.log_out()
    assert first.event() == ASKED
    first.until(State.OFFLINE)
    assert second.event() == ASKED
    settle()
    assert second.events.empty()
    assert list(server.seen) == ["first"]


@pytest.mark.parametrize("turns", range(10))
def test_log_out_while_connecting(juliet: Client, turns: int) -> None:
    """At any moment of it; and back in."""
    juliet.keeper.log_in()
    for _ in range(turns):
        gevent.sleep(0)  # One turn of the hub.
    juliet.keeper.log_out()
    juliet.until(State.OFFLINE)
    settle()
    assert juliet.keeper.state is State.OFFLINE
    while not juliet.events.empty():
        assert juliet.event() in (ME, ASKED)
    juliet.keeper.log_in()
    assert juliet.event() == ME


@pytest.mark.parametrize("turns", range(10))
def test_log_out_and_in_at_once(juliet: Client, turns: int) -> None:
    """At any moment of connecting: in the end it is online, once."""
    juliet.keeper.log_in()
    for _ in range(turns):
        gevent.sleep(0)
    juliet.keeper.log_out()
    juliet.keeper.log_in()
    juliet.keeper.log_out()
    juliet.keeper.log_in()
    with gevent.Timeout(PATIENCE):
        while juliet.event() != ME or juliet.keeper.state is not State.ONLINE:
            pass
    settle()


def test_log_out_while_waiting(server: Server, juliet: Client, soon: None) -> None:
    server.answers.append(None)
    juliet.keeper.log_in()
    assert juliet.event() == CLOSED
    juliet.until(State.WAITING)
    juliet.keeper.log_out()
    assert juliet.keeper.state is State.OFFLINE
    assert juliet.event() == ASKED
    with gevent.Timeout(0.05, False):  # Past the next try.
        juliet.events.peek()
    assert juliet.keeper.state is State.OFFLINE
    assert len(server.seen["juliet"]) == 1


def test_log_out_between_logged_out_and_the_end(server: Server, juliet: Client, soon: None) -> None:
    """The session has said its last word, and is just being closed."""
    server.answers.append(None)

    def answer(event: Event) -> None:
        juliet.keeper.log_out()
        juliet.events.put(event)

    juliet.deliver = answer
    juliet.keeper.log_in()
    assert juliet.event() == CLOSED
    juliet.until(State.OFFLINE)
    with gevent.Timeout(0.05, False):  # Past the next try.
        juliet.events.peek()
    assert juliet.keeper.state is State.OFFLINE
    assert len(server.seen["juliet"]) == 1


def test_log_in_during_log_out(juliet: Client) -> None:
    juliet.keeper.log_in()
    assert juliet.event() == ME
    juliet.keeper.log_out()
    juliet.keeper.log_in()
    assert juliet.event() == ASKED
    assert juliet.event() == ME


def test_log_in_between_logged_out_and_the_end(juliet: Client) -> None:
    juliet.keeper.log_in()
    assert juliet.event() == ME

    def answer(event: Event) -> None:
        juliet.deliver = juliet.events.put
        juliet.keeper.log_in()
        juliet.events.put(event)

    juliet.deliver = answer
    juliet.keeper.log_out()
    assert juliet.event() == ASKED
    assert juliet.event() == ME


def test_log_out_when_too_busy_to_be_told(server: Server, juliet: Client) -> None:
    """The inbox is full, because the outbox waits for the XMPP server."""
    juliet.keeper.log_in()
    assert juliet.event() == ME
    peer = server.peer()
    gate, stuck = Flag(), Flag()

    def wait(event: Event) -> None:
        stuck.set()
        gate.wait(PATIENCE)
        juliet.events.put(event)

    juliet.deliver = wait
    peer.say(*["say x"] * (4 * QUEUE_SIZE))
    assert stuck.wait(PATIENCE)
    settle()  # The readers of both queues wait now.
    with pytest.raises(CommandRefused) as refusal:
        fill(juliet.keeper)
    assert refusal.value.reason is Reason.TOO_MUCH
    juliet.keeper.log_out()
    juliet.keeper.log_out()
    assert "QUIT " not in peer.rest()
    gate.set()
    seen = []
    while ASKED not in seen:
        seen.append(juliet.event())
    juliet.until(State.OFFLINE)
    assert juliet.events.empty()


# Retrying.


def test_retry_while_online(server: Server, juliet: Client) -> None:
    juliet.keeper.log_in()
    assert juliet.event() == ME
    juliet.keeper.retry()
    juliet.keeper.retry()
    assert juliet.event() == ASKED
    assert juliet.event() == ME
    assert server.peer().rest() == ["QUIT "]
    settle()
    assert juliet.events.empty()


def test_retry_when_too_busy_to_be_told(juliet: Client) -> None:
    juliet.keeper.log_in()
    assert juliet.event() == ME
    with pytest.raises(CommandRefused):
        fill(juliet.keeper)
    juliet.keeper.retry()
    assert juliet.event() == ASKED
    assert juliet.event() == ME


def test_retry_while_waiting(server: Server, juliet: Client, never: None) -> None:
    server.answers.append(None)
    juliet.keeper.log_in()
    assert juliet.event() == CLOSED
    juliet.until(State.WAITING)
    juliet.keeper.retry()
    assert juliet.event() == ME


@pytest.mark.parametrize("answer", ["denied wrong password", "replaced by another", None])
def test_retry_between_logged_out_and_the_end(
    server: Server, juliet: Client, never: None, answer: str | None
) -> None:
    server.answers.append(answer)

    def retry(event: Event) -> None:
        juliet.deliver = juliet.events.put
        juliet.keeper.retry()

    juliet.deliver = retry
    juliet.keeper.log_in()
    assert juliet.event() == ME
    assert juliet.keeper.state is State.ONLINE


def test_retry_with_new_credentials_while_the_old_are_refused(
    server: Server, juliet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of the old ones does not latch the new ones."""
    server.answers.append("check")

    def check(fsm: Any, text: str) -> Any:
        juliet.keeper.retry()  # While this answer is on its way.
        return fsm.denied("wrong password")

    monkeypatch.setitem(WORDS, "check", check)
    juliet.keeper.log_in()
    assert juliet.event() == LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong password")
    assert juliet.event() == ME


# How sessions end.


def test_server_closes(server: Server, juliet: Client, soon: None) -> None:
    """Each time it comes back, and tells when."""
    server.answers += [None, None, None]
    juliet.keeper.log_in()
    for number in range(3):
        assert juliet.event() == CLOSED
        assert juliet.keeper.is_first_failure is (number == 0)
    assert juliet.event() == ME
    assert juliet.keeper.next_try is None


def test_explains_when_the_next_try_is(server: Server, juliet: Client, never: None) -> None:
    server.answers.append(None)
    juliet.keeper.log_in()
    assert juliet.event() == CLOSED
    keeper = juliet.keeper
    assert keeper.state is State.WAITING
    assert keeper.next_try
    seconds = (keeper.next_try - keeper.since).total_seconds()
    assert 249 < seconds < LAST_RETRY * 1.5
    assert keeper.explain() == (
        f"Not connected to Tiny: closed by the server. Next try at {keeper.next_try:%H:%M:%S} UTC."
    )


def test_failures_count_until_it_was_stable(
    server: Server, juliet: Client, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers += [None, None]
    juliet.keeper.log_in()
    assert [juliet.event() for _ in range(3)] == [CLOSED, CLOSED, ME]
    for _ in range(2):
        server.peer()
    server.peer().sock.shutdown(socket.SHUT_RDWR)
    assert juliet.event() == CLOSED
    assert not juliet.keeper.is_first_failure
    assert juliet.event() == ME
    monkeypatch.setattr(sessions_module, "STABLE", 0.0)
    server.peer().sock.shutdown(socket.SHUT_RDWR)
    assert juliet.event() == CLOSED
    assert juliet.keeper.is_first_failure


def test_first_failure_after_a_log_out_counts_as_first(
    server: Server, juliet: Client, never: None
) -> None:
    for _ in range(2):
        server.answers.append(None)
        juliet.keeper.log_in()
        assert juliet.event() == CLOSED
        assert juliet.keeper.is_first_failure
        juliet.until(State.WAITING)
        juliet.keeper.log_out()
        assert juliet.event() == ASKED
        juliet.until(State.OFFLINE)


def test_bad_credentials_are_not_tried_again(server: Server, juliet: Client) -> None:
    server.answers.append("denied wrong password.")
    keeper = juliet.keeper
    keeper.log_in()
    assert juliet.event() == LoggedOut(why=Offline.BAD_CREDENTIALS, detail="wrong password.")
    juliet.until(State.LATCHED)
    assert keeper.explain() == (
        "Tiny refused the log-in: wrong password. Correct your registration."
    )
    keeper.log_in()
    keeper.log_out()
    keeper.log_in()
    settle()
    assert keeper.state is State.LATCHED
    assert len(server.seen["juliet"]) == 1
    keeper.retry()
    assert juliet.event() == ME


def test_bad_credentials_latch_even_if_logged_out_meanwhile(
    server: Server, juliet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers.append("check")

    def check(fsm: Any, text: str) -> Any:
        juliet.keeper.log_out()
        return fsm.denied("wrong password")

    monkeypatch.setitem(WORDS, "check", check)
    juliet.keeper.log_in()
    assert isinstance(juliet.event(), LoggedOut)
    juliet.until(State.LATCHED)


def test_latched_from_the_start(server: Server, juliet: Client) -> None:
    juliet.keeper.latch("it was refused yesterday")
    juliet.keeper.log_in()
    settle()
    assert juliet.keeper.explain() == (
        "Tiny refused the log-in: it was refused yesterday. Correct your registration."
    )
    assert not server.seen
    juliet.keeper.retry()
    assert juliet.event() == ME


def test_replaced_is_not_tried_again(server: Server, juliet: Client, soon: None) -> None:
    server.answers.append("replaced You signed in elsewhere")
    juliet.keeper.log_in()
    assert juliet.event() == LoggedOut(why=Offline.REPLACED, detail="You signed in elsewhere")
    juliet.until(State.OFFLINE)
    with gevent.Timeout(0.05, False):  # Past the next try, if there was one.
        juliet.events.peek()
    assert juliet.keeper.explain() == "Not connected to Tiny: You signed in elsewhere."
    assert len(server.seen["juliet"]) == 1
    juliet.keeper.log_in()  # But the user may ask for it.
    assert juliet.event() == ME


def test_our_mistakes_are_tried_again(server: Server, juliet: Client, soon: None) -> None:
    server.answers.append("no-such-word")
    juliet.keeper.log_in()
    assert juliet.event() == OUR_MISTAKE
    assert juliet.keeper.explain().startswith(
        "Not connected to Tiny: The gateway made a mistake. Its operator has been told. Next try"
    )
    assert juliet.event() == ME


@pytest.mark.parametrize("part", ["fsm", "translator", "make_login"])
def test_a_session_that_cannot_be_made(
    server: Server, soon: None, log_lines: Callable[[], list[str]], part: str
) -> None:
    """Others who wait for their turn do not suffer, nor does who freed the place."""
    pacer = Pacer(per_second=1000, at_once=1)
    parts: dict[str, Any] = {} if part == "make_login" else {part: break_down}
    broken = Client(server.listener.port, pacer, "broken", replace(NETWORK, **parts))
    if part == "make_login":
        broken.make = break_down
    others = [Client(server.listener.port, pacer, user) for user in ("one", "two")]
    for client in (others[0], broken, others[1]):
        client.keeper.log_in()
    assert broken.event() == OUR_MISTAKE
    for client, user in zip(others, ("one", "two"), strict=True):
        assert client.event() == LoggedIn(me=PersonId(user))
    assert broken.event() == OUR_MISTAKE  # It is tried again.
    for client in (broken, *others):
        client.keeper.log_out()
        client.until(State.OFFLINE)
    crashes = [line for line in log_lines() if "event=session.crashed" in line]
    assert all("user=broken" in line and "planted" in line for line in crashes)
    assert len(crashes) >= 2


def test_an_outbox_that_fails_for_a_session_that_cannot_be_made(
    server: Server, soon: None, log_lines: Callable[[], list[str]]
) -> None:
    """It goes on all the same."""
    client = Client(server.listener.port, Pacer(per_second=1000, at_once=1))
    good, client.make = client.make, break_down
    failed = Flag()

    def fail(event: Event) -> None:
        client.make, client.deliver = good, client.events.put
        failed.set()
        break_down()

    client.deliver = fail
    client.keeper.log_in()
    assert failed.wait(PATIENCE)
    assert client.event() == ME
    assert sum("event=session.crashed" in line for line in log_lines()) == 2
    client.keeper.log_out()
    client.until(State.OFFLINE)


def test_the_log_tells_why_and_when(
    server: Server, juliet: Client, never: None, log_lines: Callable[[], list[str]]
) -> None:
    server.answers.append(None)
    juliet.keeper.log_in()
    assert juliet.event() == CLOSED
    juliet.keeper.retry()
    assert juliet.event() == ME
    lines = [line for line in log_lines() if "event=session." in line]
    assert [line.split("event=session.")[1].split()[0] for line in lines] == [
        "connecting",
        "offline",
        "connecting",
        "online",
    ]
    assert all("user=juliet transport=tiny.example.org" in line for line in lines)
    assert 'why=network detail="closed by the server" next_try=' in lines[1]
    assert lines[3].endswith(" me=juliet")


# Never twice.


@pytest.mark.parametrize("seed", range(5))
def test_never_logged_in_twice(server: Server, juliet: Client, soon: None, seed: int) -> None:
    """Whatever users and servers do; the server would notice (see the fixture)."""
    chance = random.Random(seed)
    keeper = juliet.keeper

    def close_all() -> None:
        for peer in open_peers():
            peer.sock.shutdown(socket.SHUT_RDWR)

    def event_or_not() -> None:
        with gevent.Timeout(0.02, False):
            juliet.event()

    steps: list[Callable[[], object]] = [
        keeper.log_in,
        keeper.log_out,
        keeper.retry,
        settle,
        event_or_not,
        lambda: gevent.sleep(0),
        lambda: server.answers.append(chance.choice([None, "replaced x", "denied x", "welcome"])),
        close_all,
    ]

    def open_peers() -> list[Peer]:
        return [peer for peer in server.seen.get("juliet", ()) if is_open(peer)]

    for _ in range(150):
        chance.choice(steps)()
        assert len(open_peers()) <= 1
    server.answers.clear()
    keeper.retry()
    with gevent.Timeout(PATIENCE):
        while not (keeper.state is State.ONLINE and juliet.events.empty()):
            juliet.event()
    assert len(server.seen["juliet"]) > 3


# Backoff.


@given(st.integers(1, 10_000))
def test_backoff(failures: int) -> None:
    """Doubled each time, up to a limit, half of it left to chance."""
    middle = min(FIRST_RETRY * 2.0 ** min(failures - 1, 100), LAST_RETRY)
    assert middle * 0.5 <= backoff(failures) <= middle * 1.5


def test_backoff_is_not_always_the_same() -> None:
    assert len({backoff(3) for _ in range(10)}) > 1


# The pacer and its users; the pacer itself: test_pacer.


def test_places_are_freed_on_failure(server: Server, never: None) -> None:
    """By whatever end there is."""
    pacer = Pacer(per_second=1000, at_once=1)
    clients = [Client(server.listener.port, pacer, str(number)) for number in range(5)]
    server.answers += [None, "denied x", "replaced x", "no-such-word"]
    for client in clients:
        client.keeper.log_in()
    told = [client.event() for client in clients]
    assert [event.why for event in told[:4] if isinstance(event, LoggedOut)] == [
        Offline.NETWORK,
        Offline.BAD_CREDENTIALS,
        Offline.REPLACED,
        Offline.GATEWAY,
    ]
    assert told[4] == LoggedIn(me=PersonId("4"))
    for client in clients:
        client.keeper.log_out()
        client.until(State.OFFLINE, State.LATCHED)


def test_who_is_asked_something_keeps_nobody_waiting(server: Server) -> None:
    pacer = Pacer(per_second=1000, at_once=1)
    one, other = (Client(server.listener.port, pacer, user) for user in ("one", "other"))
    server.answers += ["ask Which code?"]
    one.keeper.log_in()
    other.keeper.log_in()
    assert isinstance(one.event(), StepAsked)
    assert one.keeper.state is State.ASKING
    assert one.keeper.explain() == "Tiny waits for you before it lets you in."
    assert other.event() == LoggedIn(me=PersonId("other"))
    for client in (one, other):
        client.keeper.log_out()
        client.until(State.OFFLINE)


# All of them.


def test_sessions(juliet: Client) -> None:
    sessions = Sessions()
    sessions.add(juliet.keeper)
    for keeper in sessions:  # May change meanwhile.
        sessions.discard(keeper.key)
    sessions.discard(juliet.keeper.key)
    assert list(sessions) == []


def test_a_guest_who_is_not_let_in_any_more(juliet: Client) -> None:
    """The operator changed the settings: that is no mistake of ours, and not tried again."""

    def refuse() -> Login:
        raise CommandRefused(Reason.REGISTRATION_REQUIRED, "Register first.")

    juliet.make = refuse
    juliet.keeper.log_in()
    assert juliet.event() == LoggedOut(why=Offline.BAD_CREDENTIALS, detail="Register first.")
    assert juliet.keeper.state is State.LATCHED
