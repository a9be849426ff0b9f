"""Every state, command of the server, command of the user and timer: nothing breaks, and every
command is answered once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.commands import SendMessage
from gateway.errors import Reason
from gateway.fsm import MAIN, Connect, Connected, Fetch, Fetched, Got, Lost, Timer
from gateway.ids import ChatId, Token
from networks.msn import NETWORK
from networks.msn.fsm import BOARD, COMMANDS_OF, MAX_HELD, NAMED_TIMERS, TIMERS, MsnFsm
from networks.msn.lists import On as Lists
from networks.msn.msnobject import picture
from networks.msn.news import Denied
from networks.msn.state import BUSY, State
from networks.msn.wire import Command, MsnCodec, quote
from tests.networks.msn.play import (
    BOB,
    DONE,
    ME,
    NONCE_LINE,
    TICKETS,
    On,
    authorizing,
    book,
    command,
    connected,
    contact,
    fault,
    how,
    listing,
    made,
    members,
    online,
    seen,
    signing_on,
    talking,
)
from tests.networks.msn.test_messages import NUDGE, TEXT, TYPING
from tests.networks.msn.test_rooms import inside
from tests.networks.watcher import Watcher, any_command, not_handled

MISSING = {
    *("AnswerStep", "EditMessage", "FetchProfile", "Kick", "ListAffiliations", "ListRooms"),
    *(
        "MarkRead",
        "SearchPeople",
        "SendRaw",
        "SetAffiliation",
        "SetProfile",
        "SetRole",
        "SetSubject",
    ),
}
"""Commands for which MSN has nothing."""


def test_commands() -> None:
    assert not_handled(NETWORK) == MISSING


def test_commands_that_are_too_short_are_ignored() -> None:
    for verb, (size, _) in COMMANDS_OF[State.ONLINE].items():
        if size:
            (seen() >> Got(Command(verb, ("1",) * (size - 1)))).end()
    for verb, (size, _) in BOARD.items():
        (talking() >> Got(Command(verb, ("1",) * (size - 1)), "board:1")).end()


def test_commands_of_no_table_are_ignored() -> None:
    (online() >> "SBS 0 null" >> "GCF 0\n<Policies/>" >> "NOT\nx" >> "XYZ 1").end()
    (online() >> "BLP 5 AL" >> "QRY 7" >> "UUX 8 0" >> "999 77").end()
    (authorizing() >> f"NLN NLN {BOB} 1 Bob 0 0" >> "MSG Hotmail Hotmail\nx").end()
    (talking() >> On("board:1", "XYZ 1") >> On("board:1", "999 77")).end()


def test_links_that_are_not_ours_to_listen_to() -> None:
    (
        online()
        >> On("board:9", f"MSG {BOB} Bob\n{TEXT}Hi")
        >> Connected("board:9")
        >> Lost("closed", "board:9")
        >> Fetched(name="RST", status=200, body=b"")
    ).end()
    fsm = online().fsm
    for name in ("unattended #x", "typed by x in y", "typing to x"):
        assert list(fsm.handle(Timer(name))) == []


def test_commands_wait_for_the_log_in() -> None:
    play = connected()
    for number in range(MAX_HELD):
        play >> SendMessage(chat=ChatId(BOB), body="Hi", token=Token(str(number)))
    play >> SendMessage(chat=ChatId(BOB), body="Hi", token=Token("too much"))
    (play << Denied(Token("too much"), Reason.TOO_MUCH, BUSY)).end()


# Random ones.

CAROL = "carol@example.com"
NAMES = [BOB, CAROL, ME, "Bob@Example.com", "#verona", "#x", "", "bob", "a b@x", "é@x"]
NAME = st.sampled_from(NAMES) | st.text(max_size=6)
LISTS = st.builds(
    lambda who, on: f'<ml><d n="{who[-4:]}"><c n="{who[:3]}" l="{on:d}" t="1"/></d></ml>',
    st.sampled_from(NAMES),
    st.sampled_from(list(Lists)),
)
P2P = "Content-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {}\r\n\r\n"
MAIL = "Content-Type: text/x-msmsgsoimnotification\r\n\r\nMail-Data: {}\r\n"
PAYLOAD = st.one_of(
    st.text(max_size=20),
    LISTS,
    st.sampled_from([f"{TEXT}Hi", TYPING.format(BOB), NUDGE, P2P.format(ME) + "\0" * 52]),
    st.sampled_from(
        [
            MAIL.format("too-large"),
            MAIL.format(f"<MD><M><T>11</T><E>{BOB}</E><I>1</I></M></MD>"),
            MAIL.format("<MD>"),
            "<Data><PSM><3</PSM><CurrentMedia>\\0Music\\01\\0{0}</CurrentMedia></Data>",
        ]
    ),
)
WORDS = st.one_of(
    st.sampled_from(
        [
            *("0", "1", "2", "5", "9", "10", "11", "12", "OK", "S", "I", "SB", "NS", "SSO", "TWN"),
            *(
                "MSNP15",
                "CKI",
                "NLN",
                "FLN",
                "BSY",
                "RINGING",
                "MFN",
                "OTH",
                "127.0.0.1:1864",
                "x:y",
            ),
            quote(picture(BOB, b"x").text),
        ]
    ),
    st.sampled_from(NAMES).map(quote),
    st.text(max_size=4).map(quote),
)
VERBS = sorted(
    {verb for table in COMMANDS_OF.values() for verb in table}
    | set(BOARD)
    | {"XYZ", "217", "208", "913", "911", "215", "600", "240"}
)
LINKS = st.sampled_from([MAIN, MAIN, MAIN, "board:1", "board:1", "board:2", "board:3"])
REAL = st.sampled_from(
    [
        f"JOI {CAROL} Carol 0",
        f"BYE {BOB}",
        f"BYE {CAROL}",
        f"NLN BSY {BOB} 1 Bob 0 {quote(picture(BOB, b'x').text)}",
        f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {CAROL} Carol U x 1",
        f"IRO 1 1 2 {BOB} Bob 0",
        "ANS 1 OK",
        f"USR 1 OK {ME} Alice",
        f"USR 4 OK {ME} 1 0",
        f"USR 3 SSO S {NONCE_LINE}",
        "XFR 3 NS 10.0.0.7:1863 U D",
    ]
).map(command)
FRAMES = REAL | st.builds(
    lambda verb, words, payload: Command(verb, tuple(words), payload),
    st.sampled_from(VERBS),
    st.lists(WORDS, max_size=7),
    st.none() | PAYLOAD.map(str.encode),
)
ANSWER = st.sampled_from(
    [
        *(DONE, TICKETS, made("1"), members(Pending=(CAROL,)), book(contact(BOB))),
        *(fault("Oh"), fault("PassportAuthFail"), fault("ABDoesNotExist")),
    ]
)
TIMER_NAMES = [*sorted(TIMERS), f"typed by {BOB} in {BOB}", f"typing to {BOB}", "unattended #x"]

COMMANDS_ = any_command(NETWORK, NAME)
INPUTS = st.lists(
    st.builds(Got, FRAMES, LINKS)
    | st.just("reply")
    | ANSWER
    | COMMANDS_
    | st.sampled_from(TIMER_NAMES).map(Timer)
    | st.builds(Connected, LINKS)
    | st.builds(Lost, st.just("lost"), st.sampled_from(["board:1", "board:2"])),
    max_size=25,
)


def fresh() -> MsnFsm:
    fsm = MsnFsm(how())
    list(fsm.start())
    return fsm


START = {
    State.CONNECTING: fresh,
    State.GREETING: lambda: connected().fsm,
    State.AUTHORIZING: lambda: authorizing().fsm,
    State.SIGNING_ON: lambda: signing_on().fsm,
    State.LISTING: lambda: listing().fsm,
    State.ONLINE: lambda: seen().fsm,
    "talking": lambda: talking().fsm,
    "room": lambda: inside()[0].fsm,
}


class MsnWatcher(Watcher):
    network = NETWORK
    codec = MsnCodec()
    timers = TIMERS
    more_timers = tuple(NAMED_TIMERS)

    def __init__(self, fsm: MsnFsm) -> None:
        super().__init__(fsm)
        self.links: set[str] = {MAIN}
        self.fetching = [fsm.msn.errands[0].ask.what] if fsm.msn.errands else []

    def give(self, given: Any) -> None:
        if isinstance(given, Lost):
            self.links.discard(given.link)
        super().give(given)

    def do(self, effect: Any) -> None:
        match effect:
            case Connect(link=link):
                assert link not in self.links
                self.links.add(link)
            case Fetch(name=name):
                assert not self.fetching, "one at a time"
                self.fetching.append(name)
        super().do(effect)


@pytest.mark.parametrize("state", START, ids=str)
@settings(max_examples=100, deadline=None)
@given(inputs=INPUTS, replies=st.data())
def test_whatever_comes(state: State, inputs: list[Any], replies: Any) -> None:
    watcher = MsnWatcher(START[state]())
    for given_ in inputs:
        if given_ == "reply":
            given_ = a_reply(watcher.fsm, replies)
        elif hasattr(given_, "failure") and not isinstance(given_, Fetched):
            if not watcher.fetching:
                continue
            given_ = Fetched(name=watcher.fetching.pop(), status=given_.status, body=given_.body)
        if not watcher.is_over:
            watcher.give(given_)
    watcher.lose()


def a_reply(fsm: MsnFsm, data: Any) -> Any:
    """To something that was asked."""
    pending = sorted(fsm.msn.pending)
    if not pending:
        return Timer("sweep")
    link, transaction = data.draw(st.sampled_from(pending))
    text = data.draw(
        st.sampled_from(
            [
                "XFR {} SB 10.0.0.8:1864 CKI b31b.1 U x 1",
                "CAL {} RINGING 17f8",
                "ACK {}",
                "NAK {}",
                "PRP {} MFN x",
                "217 {}",
                "208 {}",
            ]
        )
    )
    return Got(command(text.format(transaction)), link)


def test_the_end_is_the_end() -> None:
    watcher = MsnWatcher(online().fsm)
    watcher.log_out(
        then=(
            Got(command(f"NLN NLN {BOB} 1 Bob 0 0")),
            Timer("ping"),
            Fetched(name="RST", status=200),
            Lost("x"),
            SendMessage(chat=ChatId(BOB), body="Hi", token=Token("1")),
        )
    )
