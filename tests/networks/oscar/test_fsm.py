"""Every state, SNAC, command and timer: nothing breaks, and every command is answered once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.commands import SendMessage
from gateway.errors import Reason
from gateway.fsm import MAIN, Connect, Connected, Got, Lost, Timer
from gateway.ids import ChatId, Token
from networks.aim import NETWORK
from networks.oscar.data import tlvs, u16
from networks.oscar.fsm import MAX_HELD, SERVICES, SNACS, TIMERS, OscarFsm
from networks.oscar.news import Denied
from networks.oscar.parts import State
from networks.oscar.rates import TIMER
from networks.oscar.state import AUTH, BUSY
from networks.oscar.wire import FlapError, KeepAlive, OscarCodec, Signoff, Signon, Snac
from tests.networks.oscar.play import (
    RATES,
    ROMEO,
    authorizing,
    feedbag,
    how,
    info,
    inside,
    online,
    redirected,
    signing_on,
    snac,
)
from tests.networks.watcher import Watcher, any_command, not_handled
from tests.servers import oscar_wire as pack

MISSING = {
    *("AnswerStep", "AskAttention", "ChangeNick", "EditMessage", "Kick", "ListAffiliations"),
    *("ListRooms", "MarkRead", "SendRaw", "SetAffiliation", "SetName", "SetRole", "SetSubject"),
    "SetTune",
}
"""Commands for which OSCAR has nothing."""


def test_commands() -> None:
    assert not_handled(NETWORK) == MISSING


def test_snacs_that_are_too_short_are_ignored() -> None:
    for (family, subtype), (size, _) in SNACS[State.ONLINE].items():
        if size:
            play = online() >> Got(Snac(family, subtype, bytes(size - 1)))
            play.end()


def test_snacs_of_no_table_are_ignored() -> None:
    (online() >> snac("99/99", b"x") >> snac("01/07", b"x") >> snac("04/01", b"\0\x04")).end()
    (signing_on() >> snac("04/07", bytes(20))).end()
    (authorizing() >> snac("01/03", bytes(4))).end()


def test_links_that_are_not_ours_to_listen_to() -> None:
    (
        online()
        >> snac("17/03", bytes(8), AUTH)
        >> Got(Signoff(), AUTH)
        >> Lost("closed", AUTH)
        >> Lost("closed", "chat:9")
        >> Got(Signon(), "chat:9")
        >> snac("0e/03", info("Romeo"), "chat:9")
        >> Got(FlapError(b"?"))
    ).end()


def test_commands_wait_for_the_log_in() -> None:
    play = signing_on()
    for number in range(MAX_HELD):
        play >> SendMessage(chat=ChatId("romeo"), body="Hi", token=Token(str(number)))
    play >> SendMessage(chat=ChatId("romeo"), body="Hi", token=Token("too much"))
    (play << Denied(Token("too much"), Reason.TOO_MUCH, BUSY)).end()


# Random ones.

NAMES = ["juliet", "Romeo", "nurse", "100001", "#verona", "#x%5", "", "OOS System Msg", "Juliet"]
NAME = st.sampled_from(NAMES) | st.text(max_size=6)
RAW = st.binary(max_size=24)


def _fields(*kinds: int) -> st.SearchStrategy[bytes]:
    pair = st.tuples(st.sampled_from(kinds), st.sampled_from([b"", b"\0\0", b"\1\4\0\0"]) | RAW)
    return st.lists(pair, max_size=4).map(lambda pairs: pack.tlvs(*pairs))


def _name8(name: str) -> bytes:
    raw = name.encode()[:90]
    return bytes([len(raw)]) + raw


USER = st.builds(
    lambda name, pairs: _name8(name) + u16(0) + u16(len(pairs)) + pack.tlvs(*pairs),
    NAME,
    st.lists(
        st.tuples(
            st.sampled_from([0x01, 0x04, 0x06, 0x1D]),
            st.sampled_from([b"", b"\0\x20", b"\0\0\0\x13", b"\0\1\1\x02ab"]) | RAW,
        ),
        max_size=3,
    ),
)
ITEM = st.builds(
    lambda name, group, id, kind, waits: (
        pack.string16(name.encode()[:50])
        + u16(group)
        + u16(id)
        + u16(kind)
        + pack.string16(pack.tlvs((0x66, b"")) if waits else b"")
    ),
    NAME,
    st.integers(0, 2),
    st.sampled_from([0, 1, 2, 11, 12]),
    st.sampled_from([0, 1, 2, 3, 4, 0x14]),
    st.booleans(),
)
TEXT = tlvs((2, bytes.fromhex("0501000101") + b"\1\1\0\6\0\0\0\0Hi")).encode()
ICQ = st.sampled_from([0x41, 0x42, 0x7DA]).flatmap(
    lambda kind: RAW.map(
        lambda body: pack.tlvs(
            (1, bytes(2) + bytes(4) + kind.to_bytes(2, "little") + b"\1\0" + body)
        )
    )
)
DATA = st.one_of(
    RAW,
    USER,
    st.lists(ITEM, max_size=3).map(b"".join),
    st.lists(ITEM, max_size=3).map(lambda items: feedbag(*items)),
    USER.map(lambda user: bytes(7) + b"\1" + u16(1) + user + TEXT),
    st.tuples(USER, st.sampled_from([1, 2, 4]), _fields(2, 5, 0x0B, 0x16)).map(
        lambda parts: bytes(7) + b"\1" + u16(parts[1]) + parts[0] + parts[2]
    ),
    _fields(1, 2, 3, 4, 5, 6, 8, 0x0D, 0x8E),
    ICQ,
    st.just(RATES),
    st.just(u16(1, 2, 3, 4, 0x0A, 0x10, 0x13, 0x15)),
    st.just(pack.tlvs((0x0D, u16(0x0E)), (0x05, "chat.verona.lit:5190"), (0x06, b"c"))),
    st.just(pack.tlvs((4, u16(4) + b"\x0a4-0-verona" + u16(0) + b"\2" + u16(0)))),
    st.sampled_from([bytes(2), u16(0x0E), u16(0x04), u16(0x01)]),
)
TABLES = [*SNACS.values(), *SERVICES.values()]
KINDS = sorted({kind for table in TABLES for kind in table} | {(4, 1), (0x13, 1), (2, 1), (1, 1)})
LINKS = st.sampled_from([MAIN, MAIN, MAIN, AUTH, "chatnav:1", "chat:1", "chat:2", "icons:1"])
FRAMES = st.one_of(
    st.builds(
        lambda kind, data, id, flags: Snac(*kind, data, id, flags),
        st.sampled_from(KINDS),
        DATA,
        st.integers(0, 40) | st.just(0x80000000),
        st.sampled_from([0, 0, 1]),
    ),
    st.just(Signon()),
    st.just(KeepAlive()),
    st.just(FlapError()),
)
RATE_TIMERS = [f"{TIMER}{number}" for number in range(1, 6)]
TIMERS_ = st.sampled_from([*sorted(TIMERS), *RATE_TIMERS]).map(Timer)

COMMANDS_ = any_command(NETWORK, NAME)
INPUTS = st.lists(
    st.builds(Got, FRAMES, LINKS)
    | st.just("reply")
    | COMMANDS_
    | TIMERS_
    | st.builds(Connected, LINKS)
    | st.builds(Lost, st.just("lost"), st.sampled_from(["chatnav:1", "chat:1", "chat:2", AUTH])),
    max_size=25,
)


def fresh() -> OscarFsm:
    fsm = OscarFsm(how())
    list(fsm.start())
    return fsm


START = {
    State.AUTHORIZING: fresh,
    State.CONNECTING: lambda: redirected().fsm,
    State.SIGNING_ON: lambda: signing_on().fsm,
    State.ONLINE: lambda: online().fsm,
    "room": lambda: inside("Romeo").fsm,
    "icq": lambda: online("100002", items=(ROMEO,)).fsm,
}


class OscarWatcher(Watcher):
    network = NETWORK
    codec = OscarCodec()
    timers = TIMERS
    more_timers = (TIMER,)

    def __init__(self, fsm: OscarFsm) -> None:
        super().__init__(fsm)
        self.links: set[str] = set()
        """Of services."""

    def give(self, given: Any) -> None:
        if isinstance(given, Lost):
            self.links.discard(given.link)
        super().give(given)

    def do(self, effect: Any) -> None:
        if isinstance(effect, Connect) and effect.link not in (MAIN, AUTH):
            assert effect.link not in self.links
            self.links.add(effect.link)
        super().do(effect)

    def last_link(self) -> str:
        return AUTH if self.fsm.oscar.state is State.AUTHORIZING else MAIN


@pytest.mark.parametrize("state", START, ids=str)
@settings(max_examples=100, deadline=None)
@given(inputs=INPUTS, replies=st.data())
def test_whatever_comes(state: State, inputs: list[Any], replies: Any) -> None:
    watcher = OscarWatcher(START[state]())
    for given_ in inputs:
        if given_ == "reply":
            given_ = a_reply(watcher.fsm, replies)
        if not watcher.is_over:
            watcher.give(given_)
    watcher.lose()


def a_reply(fsm: OscarFsm, data: Any) -> Any:
    """To something that was asked, with something of the right family."""
    pending = sorted(fsm.oscar.pending.items())
    if not pending:
        return Timer("sweep")
    id, request = data.draw(st.sampled_from(pending))
    kind = data.draw(st.sampled_from(KINDS))
    return Got(Snac(*kind, data.draw(DATA), id), request.link if request.link else MAIN)


def test_the_end_is_the_end() -> None:
    watcher = OscarWatcher(online().fsm)
    watcher.log_out(
        then=(
            snac("04/07", bytes(30)),
            Timer("ping"),
            Lost("x"),
            SendMessage(chat=ChatId("romeo"), body="Hi", token=Token("1")),
        )
    )
