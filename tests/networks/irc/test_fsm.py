"""Every state, line, command and timer: nothing breaks, and every command is answered once."""

from collections import Counter
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import commands
from gateway.commands import Logout, SendRaw
from gateway.events import (
    AffiliationsListed,
    Done,
    LoggedOut,
    MessageSent,
    Offline,
    ProfileFetched,
    Refused,
    RoomJoined,
    RoomsListed,
    SubjectChanged,
)
from gateway.fsm import Connected, Got, Lost, Send, Stop, Tell, Timer, Wake
from gateway.ids import ChatId, PersonId, Token
from networks.irc.fsm import COMMANDS, LINES, TIMERS, IrcFsm
from networks.irc.news import Noticed
from networks.irc.state import State
from networks.irc.translator import IrcTranslator
from networks.irc.wire import IrcCodec, Line, parse
from tests.networks.irc.play import EVERYTHING, SUPPORT, how, in_room, online

ANSWERS = (
    AffiliationsListed,
    Done,
    MessageSent,
    ProfileFetched,
    Refused,
    RoomJoined,
    RoomsListed,
    SubjectChanged,
)

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
    missing = set(get_args(commands.Command)) - set(COMMANDS)
    assert {kind.__name__ for kind in missing} == {
        # IRC has no address book, no pictures and no directory of people.
        *("AskAttention", "Authorize", "Block", "ChangeContact", "FetchAvatar", "SearchPeople"),
        "SetAvatar",
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
TIMERS_ = st.sampled_from(sorted(TIMERS)).map(Timer)

for _name in (ChatId, PersonId):
    st.register_type_strategy(_name, st.sampled_from(NAMES) | st.text(max_size=5))
st.register_type_strategy(Token, st.just(Token("?")))  # Numbered below.
COMMANDS_ = st.one_of([st.from_type(kind) for kind in COMMANDS if kind is not Logout])
INPUTS = st.lists(FRAMES.map(Got) | COMMANDS_ | TIMERS_ | st.just(Connected()), max_size=25)

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


class Watcher:
    """Does what the session would, and keeps count of the answers."""

    def __init__(self, fsm: IrcFsm) -> None:
        self.fsm = fsm
        self.translator = IrcTranslator()
        self.codec = IrcCodec()
        self.asked: set[str] = set()
        self.answered: Counter[str] = Counter()
        self.ends: list[LoggedOut] = []
        self.is_over = False

    def give(self, given: Any) -> None:
        if hasattr(given, "token"):
            token = Token(str(len(self.asked)))
            given = type(given)(**{**fields(given), "token": token})
            self.asked.add(token)
        for effect in self.fsm.handle(given):
            assert not self.is_over, f"{effect} after Stop"
            match effect:
                case Send(frame):
                    encoded = self.codec.encode(frame)
                    assert encoded.count(b"\n") == 1
                case Wake(name, seconds):
                    assert name in TIMERS
                    assert seconds > 0
                case Tell(news):
                    for event in self.translator.translate(news):
                        self.note(event)
                case Stop():
                    self.is_over = True

    def note(self, event: Any) -> None:
        if isinstance(event, ANSWERS) and event.token is not None:
            self.answered[event.token] += 1
        if isinstance(event, LoggedOut):
            self.ends.append(event)


def fields(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__dataclass_fields__}


@pytest.mark.parametrize("state", START, ids=lambda state: state.value)
@settings(max_examples=150, deadline=None)
@given(inputs=INPUTS)
def test_whatever_comes(state: State, inputs: list[Any]) -> None:
    watcher = Watcher(START[state]())
    for given_ in inputs:
        if not watcher.is_over:
            watcher.give(given_)
    while not watcher.is_over:  # MOVING goes on to CONNECTING.
        watcher.give(Lost("the end"))
    assert len(watcher.ends) == 1
    assert watcher.answered == Counter(watcher.asked)


def test_the_end_is_the_end() -> None:
    watcher = Watcher(online().fsm)
    watcher.give(Logout())
    assert [end.why for end in watcher.ends] == [Offline.ASKED]
    for given_ in (
        Got(Line("PING", ("x",))),
        Timer("ping"),
        Lost("x"),
        SendRaw(line="x", token=Token("1")),
    ):
        assert list(watcher.fsm.handle(given_)) == []
