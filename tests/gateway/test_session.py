"""The three greenlets together, over real sockets, with a network of a few lines (tinynet)."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event as Flag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import link as link_module
from gateway import session as session_module
from gateway.commands import AnswerStep, Logout, SendMessage
from gateway.errors import CommandRefused, Reason
from gateway.events import LoggedIn, LoggedOut, NoticeReceived, Offline, StepAsked
from gateway.fsm import Tell
from gateway.ids import ChatId, Token
from gateway.session import OUR_MISTAKE, QUEUE_SIZE
from gateway.trial.certificates import make_certificate
from tests.gateway.tinynet import (
    PATIENCE,
    WORDS,
    Listener,
    Rig,
    TinyCodec,
    TinyFsm,
    TinyTranslator,
    break_down,
    listener,
    log_lines,
    settle,
)

__all__ = ["listener", "log_lines"]

LogLines = Callable[[], list[str]]

ASKED = LoggedOut(why=Offline.ASKED)


def message(body: str) -> SendMessage:
    return SendMessage(chat=ChatId("romeo"), body=body, token=Token("1"))


@pytest.fixture
def rig(listener: Listener) -> Rig:
    return Rig(listener)


# How sessions end.


def test_from_login_to_logout(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say("say Ho!")
    assert rig.notices(1) == ["Ho!"]
    rig.session.put(message("Hi"))
    assert peer.line() == "Hi"
    rig.session.put(Logout(reason="good night"))
    assert rig.event() == ASKED
    assert peer.line() == "QUIT good night"
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)


def test_a_question_and_its_answer(rig: Rig) -> None:
    rig.start()
    peer = rig.listener.accept()
    peer.line()
    peer.say("ask Which code?")
    assert isinstance(rig.event(), StepAsked)
    rig.session.put(AnswerStep(values=(("code", "1234"),)))
    assert peer.line() == "ANSWER 1234"
    peer.say("welcome")
    assert isinstance(rig.event(), LoggedIn)
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)


def test_server_closes(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say("say one", "say two")
    peer.close()
    assert rig.notices(2) == ["one", "two"]
    assert rig.event() == LoggedOut(why=Offline.NETWORK, detail="closed by the server")
    rig.check_it_is_over()


def test_nobody_listens(rig: Rig) -> None:
    rig.listener.sock.close()
    rig.start()
    where = f"127.0.0.1:{rig.listener.port}"
    assert rig.event() == LoggedOut(why=Offline.NETWORK, detail=f"{where}: Connection refused")
    rig.check_it_is_over()


def test_garbage_ends_the_session_with_the_reason(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say("!? ")
    detail = "line b'!? ' begins with '!'"
    assert rig.event() == LoggedOut(why=Offline.NETWORK, detail=detail)
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)


def test_logout_before_the_reader_has_run(rig: Rig) -> None:
    rig.start()
    rig.session.put(Logout())
    assert rig.event() == ASKED
    rig.check_it_is_over()


def test_logout_while_the_server_is_silent(listener: Listener, tmp_path: Path) -> None:
    """In the middle of the TLS handshake."""
    rig = Rig(listener, ca_file=str(make_certificate(tmp_path).ca_file))
    rig.start()
    peer = listener.accept()
    rig.session.put(Logout())
    assert rig.event() == ASKED
    while peer.sock.recv(1000):  # The greeting of TLS.
        pass
    rig.check_it_is_over(peer.sock)


def test_what_was_sent_before_stop_arrives(rig: Rig) -> None:
    """More than the kernel takes at once, to a peer that begins to read later."""
    peer = rig.log_in()
    words = ["x" * 10_000 + str(number) for number in range(60)]
    for word in words:
        rig.session.put(message(word))
    rig.session.put(Logout(reason="done"))
    assert rig.event() == ASKED
    assert [peer.line() for _ in range(61)] == [*words, "QUIT done"]
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)


def test_killed(rig: Rig) -> None:
    peer = rig.log_in()
    rig.session.kill()
    assert rig.event() == ASKED
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)


def test_killed_at_any_moment(listener: Listener) -> None:
    """Also while it connects, when a link could still be opened by a greenlet about to die."""
    for turns in range(12):
        rig = Rig(listener)
        rig.start()
        for _ in range(turns):
            gevent.sleep(0)  # One turn of the hub.
        rig.session.kill()
        rig.session.kill()
        while rig.event() != ASKED:
            pass
        rig.check_it_is_over()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_peer_that_floods_but_never_reads(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    """FSM waits for the socket, reader for the FSM, peer for us: SEND_TIMEOUT ends it."""
    monkeypatch.setattr(link_module, "SEND_TIMEOUT", 0.2)
    ca_file = ""
    if tls:
        ca_file = encrypt(listener, tmp_path)
    other = Rig(listener, ca_file=ca_file)
    witness = other.log_in()
    rig = Rig(listener, ca_file=ca_file)
    peer = rig.log_in()
    flood = gevent.spawn(peer.say, *["ping " + "x" * 500] * 100_000)  # More than TCP will buffer.
    assert rig.event() == LoggedOut(why=Offline.NETWORK, detail="the server stopped reading")
    flood.kill()
    rig.check_it_is_over(peer.sock)
    witness.say("say unimpressed")
    assert other.notices(1) == ["unimpressed"]
    other.session.kill()
    assert other.event() == ASKED
    other.check_it_is_over(peer.sock, witness.sock)


def encrypt(listener: Listener, folder: Path) -> str:
    """Make the listener one for TLS; returns the file of the authority to trust."""
    made = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert_file, made.key_file)
    listener.sock = context.wrap_socket(listener.sock, server_side=True)
    return str(made.ca_file)


def test_tls_from_login_to_logout(listener: Listener, tmp_path: Path) -> None:
    rig = Rig(listener, ca_file=encrypt(listener, tmp_path))
    peer = rig.log_in()
    peer.say("ping x")
    assert peer.line() == "pong x"
    rig.session.put(Logout(reason="good night"))
    assert rig.event() == ASKED
    assert peer.line() == "QUIT good night"
    assert peer.line() == ""
    rig.check_it_is_over(peer.sock)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_hanging_up_is_no_bug(listener: Listener, tmp_path: Path, tls: bool) -> None:
    rig = Rig(listener, ca_file=encrypt(listener, tmp_path) if tls else "")
    peer = rig.log_in()
    peer.say("ping x", "close main", *["say more"] * 20_000)
    seen: list[Any] = []
    while not isinstance(seen[-1] if seen else None, LoggedOut):
        seen.append(rig.event())
    assert set(seen[:-1]) <= {NoticeReceived(text="more")}
    assert seen[-1] == LoggedOut(why=Offline.NETWORK, detail="closed by us")
    assert peer.line() == "pong x"
    rig.check_it_is_over(peer.sock)


# Bugs.


def crash(lines: list[str]) -> str:
    (line,) = [line for line in lines if "event=session.crashed" in line]
    assert "level=error" in line
    assert "user=juliet" in line
    return line


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (TinyCodec, "receive"),
        (TinyCodec, "encode"),
        (TinyFsm, "handle"),
        (TinyTranslator, "event"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_bug_ends_this_session_only(
    rig: Rig, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str
) -> None:
    other = Rig(rig.listener)
    witness = other.log_in()
    peer = rig.log_in()
    monkeypatch.setattr(owner, method, break_down)
    peer.say("ping 1", "say 2")
    assert rig.event() == OUR_MISTAKE
    monkeypatch.undo()
    assert peer.rest() in ([], ["pong 1"])
    rig.check_it_is_over(peer.sock, witness.sock)
    found = crash(log_lines())
    assert "ZeroDivisionError: planted" in found
    assert "in break_down" in found
    witness.say("say unimpressed")
    assert other.notices(1) == ["unimpressed"]
    other.session.kill()
    assert other.over.wait(PATIENCE)


def test_a_bug_in_the_first_step(rig: Rig, log_lines: LogLines, monkeypatch: Any) -> None:
    monkeypatch.setattr(TinyFsm, "start", break_down)
    rig.start()
    assert rig.event() == OUR_MISTAKE
    rig.check_it_is_over()
    assert "planted" in crash(log_lines())


def test_a_bug_in_the_outbox(rig: Rig, log_lines: LogLines) -> None:
    peer = rig.log_in()

    def fail_once(event: Any) -> None:
        rig.deliver = rig.events.put
        break_down()

    rig.deliver = fail_once
    peer.say("say Ho!")
    assert rig.event() == OUR_MISTAKE
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)
    assert "planted" in crash(log_lines())


def test_an_outbox_that_never_works(rig: Rig, log_lines: LogLines) -> None:
    """Nobody can be told, but whoever started the session learns of its end."""
    peer = rig.log_in()
    rig.deliver = break_down
    peer.say("say Ho!")
    assert peer.rest() == []
    rig.check_it_is_over(peer.sock)
    crashes = [line for line in log_lines() if "event=session.crashed" in line]
    assert len(crashes) == 2  # For "Ho!" and for LoggedOut.


def test_an_outbox_that_fails_on_logged_out(rig: Rig, log_lines: LogLines) -> None:
    """It is not told again."""
    rig.log_in()
    told = []

    def fail(event: Any) -> None:
        told.append(event)
        break_down()

    rig.deliver = fail
    rig.session.put(Logout())
    assert rig.over.wait(PATIENCE)
    assert told == [ASKED]
    assert "planted" in crash(log_lines())


def test_news_before_the_crash_are_delivered(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the translator is behind."""
    peer = rig.log_in()
    gate, reached = Flag(), Flag()
    crashed = Flag()

    def wait(event: Any) -> None:
        reached.set()
        assert gate.wait(PATIENCE)
        rig.events.put(event)

    def fail(fsm: TinyFsm, text: str) -> Any:
        yield Tell(NoticeReceived(text="last"))
        crashed.set()
        break_down()

    rig.deliver = wait
    monkeypatch.setitem(WORDS, "boom", fail)
    peer.say(*[f"say {number}" for number in range(20)], "boom")
    assert reached.wait(PATIENCE)
    assert crashed.wait(PATIENCE)
    settle()
    gate.set()
    assert rig.notices(21) == [*map(str, range(20)), "last"]
    assert rig.event() == OUR_MISTAKE
    rig.check_it_is_over(peer.sock)


def test_killed_while_the_outbox_is_stuck(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket closes at once; the news that nobody takes are given up after a while."""
    monkeypatch.setattr(session_module, "LAST_NEWS", 0.1)
    peer = rig.log_in()
    stuck = Flag()

    def wait(event: Any) -> None:
        rig.deliver = rig.events.put
        stuck.set()
        Flag().wait(2 * PATIENCE)

    rig.deliver = wait
    peer.say("say 1")
    assert stuck.wait(PATIENCE)
    peer.say(*["say 2"] * (2 * QUEUE_SIZE))
    rig.session.kill()
    assert peer.rest() == []
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)


def test_two_bugs_at_once_are_both_logged(rig: Rig, log_lines: LogLines, monkeypatch: Any) -> None:
    peer = rig.log_in()
    monkeypatch.setitem(WORDS, "boom", break_down)
    monkeypatch.setattr(TinyTranslator, "event", break_down)
    peer.say("say 1", "boom")
    assert rig.event() == OUR_MISTAKE
    rig.check_it_is_over(peer.sock)
    assert len([line for line in log_lines() if "event=session.crashed" in line]) == 2


def test_fsm_that_stops_without_a_word(rig: Rig, log_lines: LogLines) -> None:
    peer = rig.log_in()
    peer.say("mute")
    assert rig.event() == OUR_MISTAKE
    rig.check_it_is_over(peer.sock)
    assert "told nothing that means LoggedOut" in crash(log_lines())


def test_logged_out_is_never_told_twice(rig: Rig, log_lines: LogLines) -> None:
    peer = rig.log_in()
    peer.say("babble")
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)
    assert "LoggedOut came after LoggedOut" in crash(log_lines())


# Commands.


def test_full_inbox_refuses_at_once(rig: Rig) -> None:
    rig.start()  # Its greenlets have not run yet: the inbox only fills.
    for number in range(QUEUE_SIZE):
        rig.session.put(message(str(number)))
    with pytest.raises(CommandRefused) as refusal:
        rig.session.put(message("one more"))
    assert refusal.value.reason is Reason.TOO_MUCH
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over()


def test_commands_after_the_end_are_refused(rig: Rig) -> None:
    peer = rig.log_in()
    refusals = []

    def answer(event: Any) -> None:
        with pytest.raises(CommandRefused) as refusal:
            rig.session.put(message("too late"))
        refusals.append(refusal.value.reason)
        rig.session.put(Logout())  # No error: that is what it does.
        rig.events.put(event)

    rig.deliver = answer
    peer.close()
    assert isinstance(rig.event(), LoggedOut)
    rig.check_it_is_over()
    with pytest.raises(CommandRefused):
        rig.session.put(message("much too late"))
    assert refusals == [Reason.UNAVAILABLE]


# Timers.


def test_timers_ring(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say("wake b 0.02", "wake a 0")
    assert rig.notices(2) == ["a rang", "b rang"]
    rig.session.kill()


def test_timer_can_be_moved_in_both_directions(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say("wake earlier 1000", "wake later 0.01", "wake later 1000", "wake earlier 0")
    assert rig.notices(1) == ["earlier rang"]
    peer.say("wake probe 0.05")
    assert rig.notices(1) == ["probe rang"]  # "later" would have come before it.
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)  # With no timer left.


def test_timer_that_finds_the_inbox_full(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It rings once there is room."""
    monkeypatch.setattr(session_module, "RETRY_TIMER", 0.01)
    peer = rig.log_in()
    gate, stuck = Flag(), Flag()

    def wait(event: Any) -> None:
        stuck.set()
        assert gate.wait(PATIENCE)
        rig.events.put(event)

    rig.deliver = wait
    peer.say("wake late 0.01", *["say x"] * (4 * QUEUE_SIZE))
    assert stuck.wait(PATIENCE)
    peer.say("say end")
    while not rig.session._inbox.full():
        gevent.idle()
    with gevent.Timeout(0.05, False):  # It rings meanwhile, in vain.
        Flag().wait()
    gate.set()
    found = rig.notices(4 * QUEUE_SIZE + 2)
    assert found.count("late rang") == 1
    rig.session.kill()


# Links.


def test_several_links(rig: Rig) -> None:
    peer = rig.log_in()
    elsewhere = Listener()
    peer.say(f"open second {elsewhere.port}")
    second = elsewhere.accept()
    assert second.line() == "HELLO juliet"
    second.say("say from second")
    assert rig.notices(1) == ["from second"]
    peer.say("pass-on second hello")
    assert second.line() == "hello"
    peer.say("close second")
    assert rig.notices(1) == ["second: closed by us"]
    assert second.rest() == []
    peer.say(f"open second {elsewhere.port}", "pass-on nobody hello")
    third = elsewhere.accept()
    assert third.line() == "HELLO juliet"
    third.close()
    assert rig.notices(1) == ["second: closed by the server"]
    peer.say("pass-on second too late", "say still there")
    assert rig.notices(1) == ["still there"]
    assert list(rig.session._links) == ["main"]
    peer.say(f"open second {elsewhere.port}")
    fourth = elsewhere.accept()
    assert fourth.line() == "HELLO juliet"
    rig.session.put(Logout())
    assert rig.event() == ASKED
    assert fourth.rest() == []
    elsewhere.sock.close()
    fourth.close()
    second.close()
    rig.check_it_is_over(peer.sock)


def test_hang_up_before_the_reader_has_run(rig: Rig) -> None:
    peer = rig.log_in()
    peer.say(f"open-and-close second {rig.listener.port}")
    assert rig.notices(1) == ["second: closed by us"]
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)


def test_hang_up_at_any_moment_of_connecting(rig: Rig) -> None:
    """Lost comes once, and is no bug."""
    peer = rig.log_in()
    for turns in range(12):
        peer.say(f"open second {rig.listener.port}")
        while "second" not in rig.session._links:
            gevent.sleep(0)
        for _ in range(turns):
            gevent.sleep(0)
        rig.session._links["second"].hang_up()
        assert rig.notices(1) == ["second: closed by us"]
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)


def test_link_opened_twice_is_a_bug(rig: Rig, log_lines: LogLines) -> None:
    """There would be two readers, and one of them nobody knows."""
    peer = rig.log_in()
    peer.say(f"open main {rig.listener.port}")
    assert rig.event() == OUR_MISTAKE
    rig.check_it_is_over(peer.sock)
    assert "link 'main' is open" in crash(log_lines())


# Pressure.


def test_outbox_that_blocks_stops_the_peer(rig: Rig) -> None:
    """Memory is bounded, and in the end all of it arrives in order."""
    peer = rig.log_in()
    gate = Flag()
    rig.deliver = lambda event: (gate.wait(PATIENCE), rig.events.put(event))[1]
    count = 15_000
    body = "x" * 1000
    sent = 0

    def flood() -> None:
        nonlocal sent
        for number in range(count):
            peer.say(f"say {number} {body}")
            sent = number

    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    flooding = gevent.spawn(flood)
    before = -1
    while sent != before:  # Until nothing moves any more.
        before = sent
        settle()
    assert not flooding.ready()
    assert rig.session._inbox.qsize() <= QUEUE_SIZE + 1
    assert rig.session._news.qsize() <= QUEUE_SIZE + 1
    gate.set()
    assert rig.notices(count) == [f"{number} {body}" for number in range(count)]
    flooding.get(timeout=PATIENCE)
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["server", "user", "wait"]), st.integers(1, 3 * QUEUE_SIZE)),
        max_size=8,
    )
)
def test_order_is_kept(listener: Listener, steps: list[tuple[str, int]]) -> None:
    """Both ways, however what the server and the user do is mixed."""
    rig = Rig(listener)
    peer = rig.log_in()
    sent: dict[str, list[str]] = {"server": [], "user": []}
    for who, count in steps:
        for _ in range(count if who != "wait" else 0):
            text = str(len(sent[who]))
            if who == "user":
                try:
                    rig.session.put(message(text))
                except CommandRefused:
                    break
            else:
                peer.say(f"say {text}")
            sent[who].append(text)
        if who == "wait":
            settle()
    peer.say("ping end")
    assert rig.notices(len(sent["server"])) == sent["server"]
    lines = [peer.line() for _ in range(len(sent["user"]) + 1)]
    assert [line for line in lines if line != "pong end"] == sent["user"]
    rig.session.kill()
    assert rig.event() == ASKED
    rig.check_it_is_over(peer.sock)
