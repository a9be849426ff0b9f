"""Every state, line, command and timer: nothing breaks, and every command is answered once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import commands
from gateway.commands import SendRaw
from gateway.events import RoomJoined, SubjectChanged
from gateway.fsm import Connected, Got, Lost, Send, Timer
from gateway.ids import ChatId, PersonId, Token
from networks.irc import NETWORK
from networks.irc.fsm import LINES, TIMERS, IrcFsm
from networks.irc.news import Noticed
from networks.irc.settings import Rate
from networks.irc.state import State
from networks.irc.wire import IrcCodec, Line, parse
from tests.networks.irc.play import EVERYTHING, SETTINGS, SUPPORT, how, in_room, online
from tests.networks.watcher import Watcher, any_command, not_handled

# Unknown lines.


def test_numerics_nobody_asked_for_are_shown() -> None:
    (
        online()
        >> ":s 391 juliet verona.lit :Sunday"
        << Noticed("verona.lit Sunday")
        >> ":s 499 juliet #v :You're not a channel owner"
        << Noticed("#v You're not a channel owner")
        >> ":s 391 juliet"
        >> ":s 305 juliet :Noise"
        >> ":s 251 juliet :There are 3 users"
        << Noticed("There are 3 users")
        >> ":s UNHEARDOF of"
        >> ":s NOTE * CODE :Standard reply"
        << Noticed("Standard reply")
        >> ":s WARN JOIN CODE #x :Standard reply"
        << Noticed("JOIN #x: Standard reply")
    ).end()


def test_lines_with_too_few_parameters_are_ignored() -> None:
    for table in LINES.values():
        for command, (arity, _) in table.items():
            if arity:
                play = online()
                (play >> Got(Line(command, ("x",) * (arity - 1)))).end()


def test_commands_that_are_not_handled() -> None:
    assert not_handled(NETWORK) == {
        # IRC has no address book, no pictures and no directory of people …
        *("AskAttention", "Authorize", "Block", "ChangeContact", "FetchAvatar", "ListBlocked"),
        *("SearchPeople", "SetAvatar", "SetName", "SetProfile", "SetTune"),
        # … lets people in at once, and shows what they say and that they are there as it is.
        *("AnswerStep", "EditMessage", "MarkRead", "SetInvisible"),
    }


# Random ones.

NAMES = ["juliet", "romeo", "#verona", "@#verona", "*", "nobody", "", "#x", "&y", "romeo,nurse"]
WORDS = st.sampled_from(
    [
        *NAMES,
        *("romeo!r@v", "+o", "-o+vm", "b", "greengate-1", "greengate-2", "LS", "ACK", "NAK", "NEW"),
        *("DEL", "sasl", "sts=port=6697", "sts=duration=0", "batch echo-message", "+x", "-x"),
        *("chathistory", "labeled-response", "+", "dGVzdA==", "42", "1215302400", "9" * 30),
        *("CASEMAPPING=ascii", "PREFIX=", "PREFIX=(x", "CHANTYPES=", "MONITOR=x", "MONITOR=1"),
        *(
            "\x01VERSION\x01",
            "\x01ACTION x",
            "\x01",
            "@+romeo nurse",
            "PRIVMSG",
            "-WHOX",
            "STATUSMSG=",
        ),
    ]
) | st.text(max_size=8)
SOURCES = st.sampled_from(
    ["", "juliet!j@c", "romeo!r@v", "irc.verona.lit", "NickServ!n@s", "nurse", "!@", "\U0001f339"]
)
TAGS = st.dictionaries(
    st.sampled_from(["label", "batch", "time", "msgid", "account", "+typing"]),
    st.sampled_from(["1.1", "2.1", "x", "", "active", "done", "2008-07-06T10:00:00Z", "9" * 30]),
    max_size=3,
)
KNOWN = sorted({command for table in LINES.values() for command in table} | {"999", "ODD", "400"})
FRAMES = st.builds(
    Line, st.sampled_from(KNOWN), st.lists(WORDS, max_size=9).map(tuple), SOURCES, TAGS
)
PLAUSIBLE = st.sampled_from(
    [
        *(f":s PONG s greengate-{number}" for number in (1, 2, 3, 4)),
        *(f"@label={number}.1 :s 482 juliet #verona :No" for number in (1, 2, 3)),
        *(f"@label={number}.1 :s ACK" for number in (1, 2)),
        *("@label=1.1 :juliet!j@c PRIVMSG romeo x", ":juliet!j@c PRIVMSG #verona x"),
        *(":s 401 juliet romeo :No", ":s 404 juliet #verona :No", ":s 482 juliet #verona :No"),
        *(":s 318 juliet romeo :End", ":s 323 juliet :End", ":s 368 juliet #verona :End"),
        *(":s 311 juliet romeo r v * :R", ":s 322 juliet #x 1 :", ":s 367 juliet #verona a!*@*"),
        *(
            ":juliet!j@c JOIN #x",
            ":s 366 juliet #x :End",
            ":s 475 juliet #x :Key",
            ":juliet PART #x",
        ),
        *(":juliet!j@c TOPIC #verona x", ":juliet!j@c NICK capulet", ":juliet!j@c PART #verona"),
        *(
            ":s 001 juliet :Hi",
            ":s 422 juliet :None",
            ":s 903 juliet :Yes",
            ":s 333 a #x b 99999999999",
        ),
        *(":s 333 juliet #x nurse ٣", ":romeo!r@v QUIT", ":s CAP * LS :echo-message sasl"),
    ]
).map(parse)
TIMERS_ = st.sampled_from(sorted(TIMERS)).map(Timer)

COMMANDS_ = any_command(
    NETWORK, st.sampled_from(["romeo", "#verona", "#x", *NAMES]) | st.text(max_size=5)
)
SWEEP = st.just(Timer("sweep"))
INPUTS = st.lists(
    st.one_of(FRAMES.map(Got), PLAUSIBLE.map(Got), COMMANDS_, TIMERS_, SWEEP, st.just(Connected())),
    max_size=30,
)

START = {
    State.CONNECTING: lambda: IrcFsm(how({"password": "x"})),
    State.REGISTERING: lambda: START_REGISTERING(),
    State.WELCOMED: lambda: welcomed(),
    State.ONLINE: lambda: (
        in_room("@romeo", "nurse", caps=EVERYTHING, support=SUPPORT + " WHOX").fsm
    ),
}


def START_REGISTERING() -> IrcFsm:
    fsm = IrcFsm(how({"password": "x"}, memory={"sts": "no port"}))
    list(fsm.start())
    list(fsm.handle(Connected()))
    return fsm


def welcomed() -> IrcFsm:
    fsm = START_REGISTERING()
    list(fsm.handle(Got(parse(":irc.verona.lit 001 juliet :Hi"))))
    return fsm


class IrcWatcher(Watcher):
    network = NETWORK
    codec = IrcCodec()
    timers = TIMERS
    unasked = (RoomJoined, SubjectChanged)

    def do(self, effect: Any) -> None:
        if isinstance(effect, Send):
            assert self.codec.encode(effect.frame).count(b"\n") == 1
        super().do(effect)


@pytest.mark.parametrize("state", START, ids=lambda state: state.value)
@settings(max_examples=150, deadline=None)
@given(inputs=INPUTS)
def test_whatever_comes(state: State, inputs: list[Any]) -> None:
    watcher = IrcWatcher(START[state]())
    for given_ in inputs:
        if not watcher.is_over:
            watcher.give(given_)
    watcher.lose()  # MOVING goes on to CONNECTING.


USUAL = st.sampled_from(
    [
        commands.SendMessage(chat=ChatId("romeo"), body="a\nb\nc", token=Token("")),
        commands.SendMessage(chat=ChatId("#verona"), body="x", token=Token("")),
        commands.JoinRoom(room=ChatId("#x"), token=Token("")),
        commands.LeaveRoom(room=ChatId("#verona")),
        commands.SetSubject(room=ChatId("#verona"), subject="x", token=Token("")),
        commands.Kick(room=ChatId("#verona"), person=PersonId("romeo"), token=Token("")),
        commands.ChangeNick(nick="capulet", token=Token("")),
        commands.FetchProfile(person=PersonId("romeo"), token=Token("")),
        commands.ListRooms(token=Token("")),
        commands.SendRaw(line="KICK #verona romeo", token=Token("")),
    ]
)
SOME_TIMERS = st.sampled_from([Timer("sweep"), Timer("refill")])


@pytest.mark.parametrize("caps", ["", EVERYTHING], ids=["bare", "labels"])
@settings(max_examples=300, deadline=None)
@given(
    given_=st.lists(USUAL, min_size=1, max_size=4),
    then=st.lists(PLAUSIBLE.map(Got) | PLAUSIBLE.map(Got) | SOME_TIMERS, max_size=40),
)
def test_whatever_is_answered(caps: str, given_: list[Any], then: list[Any]) -> None:
    slow = SETTINGS.model_copy(update={"rate": Rate(burst=4)})
    watcher = IrcWatcher(in_room("@romeo", caps=caps, settings=slow).fsm)
    for input_ in [*given_, *then, Lost("the end")]:
        watcher.give(input_)
    watcher.check()


def test_the_end_is_the_end() -> None:
    watcher = IrcWatcher(online().fsm)
    watcher.log_out(
        then=(
            Got(Line("PING", ("x",))),
            Timer("ping"),
            Lost("x"),
            SendRaw(line="x", token=Token("1")),
        )
    )
