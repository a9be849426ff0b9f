"""What two real servers said to clients, said to ours.

Replies go to what our session asked of the same kind, if it did; the rest comes as it was recorded.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.events import (
    AuthorizationAsked,
    ContactsListed,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    PresenceChanged,
    ProfileChanged,
    RoomInvited,
    TypingChanged,
)
from gateway.fsm import MAIN, Connect, Got, HangUp, Lost, Send, Stop, Tell, Wake
from networks.oscar.fsm import OscarFsm
from networks.oscar.parts import State
from networks.oscar.state import AUTH
from networks.oscar.translator import OscarTranslator
from networks.oscar.wire import OscarCodec, Snac
from tests.networks.oscar.play import how
from tests.servers.oscar_transcript import FOLDER, Step, Way, read

SERVER_MADE = 0x80000000
"""Request ids from here on are no answers."""


class Replay:
    """One client's connections to the log-in server and to BOS."""

    def __init__(self, name: str) -> None:
        self.fsm = OscarFsm(how(name))
        self.translator = OscarTranslator()
        self.codecs = {AUTH: OscarCodec(), MAIN: OscarCodec()}
        self.events: list[Any] = []
        self.asked: dict[tuple[int, int], int] = {}
        """By family and subtype: the id of our last question."""
        self.theirs: dict[int, tuple[int, int]] = {}
        """By id: what the recorded client asked."""
        self.is_over = False
        self._do(self.fsm.start())

    def take(self, step: Step, link: str) -> None:
        match step.way:
            case Way.SENT:
                self._note(step.data)
            case Way.RECEIVED:
                for frame in self.codecs[link].receive(step.data):
                    self._give(Got(self._ours(frame), link))
            case Way.SERVER_CLOSED:
                self._give(Lost("closed by the server", link))

    def _note(self, data: bytes) -> None:
        for frame in OscarCodec().receive(data):
            if isinstance(frame, Snac):
                self.theirs[frame.request_id] = frame.family, frame.subtype

    def _ours(self, frame: Any) -> Any:
        if not isinstance(frame, Snac) or not 0 < frame.request_id < SERVER_MADE:
            return frame
        id = self.asked.get(self.theirs.get(frame.request_id, (0, 0)), 0x7FFFFFFF)
        return Snac(frame.family, frame.subtype, frame.data, id, frame.flags)

    def _give(self, given: Any) -> None:
        if not self.is_over:
            self._do(self.fsm.handle(given))

    def _do(self, effects: Iterator[Any]) -> None:
        for effect in effects:
            match effect:
                case Tell(news):
                    self.events += self.translator.translate(news)
                case Send(Snac() as frame):
                    self.asked[frame.family, frame.subtype] = frame.request_id
                case Stop():
                    self.is_over = True
                case Connect() | HangUp() | Wake() | Send():
                    pass


def replay(name: str, who: str) -> Replay:
    """The first time that ``who`` signs on in a transcript."""
    links = {f"{who}@auth": AUTH, who: MAIN}
    steps = [step for step in read(name) if step.link in links]
    account = next(filter(None, (account_in(step) for step in steps)))
    played = Replay(account)
    for step in steps:
        played.take(step, links[step.link])
    return played


def brief(event: Any) -> str:
    """In a few words; "" for what is of no interest here."""
    match event:
        case LoggedIn(me=me):
            return f"in as {me}"
        case LoggedOut(why=why):
            return f"out: {why.value}"
        case PresenceChanged(person=person, show=show, status=status, idle=idle):
            return f"{person} is {show.value} {status} {idle or ''}".strip()
        case MessageReceived(sender=sender, body=body, sent_at=sent_at):
            return f"{sender}{', stored' if sent_at else ''}: {body[:40]}"
        case TypingChanged(sender=sender, typing=typing):
            return f"{sender} is {typing.value}"
        case ProfileChanged(person=person, avatar=str(avatar)):
            return f"{person} has the icon {avatar}"
        case AuthorizationAsked(person=person, reason=reason):
            return f"{person} asks: {reason}"
        case RoomInvited(by=by, room=room):
            return f"{by} invites to {room}"
        case ContactsListed(contacts=contacts):
            return f"contacts: {', '.join(contact.person for contact in contacts)}"
    return ""


def briefly(events: list[Any]) -> list[str]:
    """What is told twice in a row, as servers do, is told once."""
    told: list[str] = []
    for words in filter(None, map(brief, events)):
        if told[-1:] != [words]:
            told.append(words)
    return told


def account_in(step: Step) -> str:
    """The name in 17/06, or in 17/02 or 01/0f where that is left out."""
    found = re.search(rb"\x00\x17\x00[\x06\x02]......\x00\x01\x00.([ -~]+?)\x00", step.data, re.S)
    return found[1].decode() if found and step.way is Way.SENT else ""


TOLD: dict[tuple[str, str], list[str]] = {
    ("aim_pair", "alice"): [
        "in as ProbeAlice",
        "contacts: ",
        "Probe Bob is available",
        "Probe Bob: hi *alice* & <all>\nline2",
        "Probe Bob is available",
        "Probe Bob is offline",
        "Probe Bob is available",
        "Probe Bob is offline",
        "Probe Bob is available",
        "out: network",
    ],
    ("aim_pair", "bob"): [
        "in as Probe Bob",
        "contacts: ",
        "ProbeAlice is available",
        "ProbeAlice: hello bob, plain ascii",
        "ProbeAlice: привет ✓ 😀",
        "ProbeAlice: café",
        "ProbeAlice: (automatic answer) auto reply text",
        "ProbeAlice: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ProbeAlice is composing",
        "ProbeAlice is paused",
        "ProbeAlice is active",
        "ProbeAlice is away",
        "ProbeAlice is away gone to lunch",
        "ProbeAlice is available",
        "ProbeAlice is available  0:10:00",
        "ProbeAlice is available",
        "ProbeAlice is offline",
        "ProbeAlice is available",
        "ProbeAlice is offline",
        "ProbeAlice is available",
    ],
    ("aim_pair", "bob2"): [
        "in as Probe Bob",
        "contacts: probealice",
        "ProbeAlice is available",
        "probealice, stored: stored while you were away",
    ],
    ("chat", "bob"): [
        "in as Probe Bob",
        "contacts: ",
        "ProbeAlice invites to #probe room",
    ],
    ("cross", "alice"): [
        "in as ProbeAlice",
        "contacts: ",
        "100003 is available",
        "100003: hi aim ",
        "100003 is composing",
        "100003 is offline",
    ],
    ("cross", "x"): [
        "in as 100003",
        "contacts: ",
        "probealice asks: ",
        "ProbeAlice is available",
        "ProbeAlice: hi *icq*",
    ],
    ("cross", "x2"): [
        "in as 100003",
        "contacts: probealice",
        "ProbeAlice is available",
        "probealice, stored: offline from aim",
    ],
    ("icons", "bob"): [
        "in as Probe Bob",
        "contacts: ",
        "ProbeAlice is available",
        "ProbeAlice has the icon cfab286c974016780d0cdf2b96371b10",
        "ProbeAlice is available",
    ],
    ("icq_pair", "x"): [
        "in as 100001",
        "contacts: ",
        "100002 is available",
        "100002 is offline",
    ],
    ("icq_pair", "y"): [
        "in as 100002",
        "contacts: ",
        "100001 is available",
        "100001 asks: please let me add you",
        "100001 is available",
        "100001 is away",
        "100001 is xa Not available",
        "100001 is dnd Occupied",
        "100001 is dnd Do not disturb",
        "100001 is chat",
        "100001 is away",
        "100001 is available",
        "100001 is offline",
        "100001 is available",
        "100001 is away",
        "100001: plain ascii from x",
        "100001: юникод",
        "100001: html & x",
        "100001: a<b and <i>юни</i>",
        "100001: if a < b then c",
        "100001: two\n\nlines",
        "100001: ਅਮ",
        "100001: channel two text",
        "100001: ch4 plain",
        "100001: look here\nhttp://127.0.0.1/",
        "100001 is composing",
    ],
    ("icq_pair", "y2"): [
        "in as 100002",
        "contacts: 100001",
        "100001 is away",
        "100001, stored: offline ascii",
        "100001, stored: оффлайн",
    ],
    ("interop_aim", "probe"): [
        "in as GwPeer",
        "contacts: ",
        "GwUser has the icon ",
        "GwUser is available",
        "GwUser: hello from libpurple",
        "GwUser: привет <tag> &",
        "GwUser: café",
        "GwUser is composing",
        "GwUser is away",
        "GwUser is available",
        "GwUser invites to #interoproom",
    ],
    ("interop_icq", "probe"): [
        "in as 100003",
        "contacts: ",
        "100004 has the icon ",
        "100004 is available",
        "100004: hello from libpurple",
        "100004: привет <tag> &",
        "100004: café",
        "100004 is composing",
        "100004 is away",
    ],
    ("iserverd_icq", "x"): [
        "in as 200001",
        "contacts: ",
        "200002 is available",
        "200002 is offline",
        "200002 is available",
        "out: replaced",
    ],
    ("iserverd_icq", "y"): [
        "in as 200002",
        "contacts: ",
        "200001 is available",
        "200001: hello ascii",
        "200001: юникод",
        "200001: <b>html</b> a & b <c>",
        "200001: café",
        "200001 is composing",
        "200001: channel two text",
        "200001 is away  0:01:00",
        "200001 is xa Not available 0:01:00",
        "200001 is dnd Occupied 0:01:00",
        "200001 is dnd Do not disturb 0:01:00",
        "200001 is chat  0:01:00",
        "200001 is offline",
        "200001 is available",
    ],
    ("iserverd_icq", "y2"): [
        "in as 200002",
        "contacts: 200001",
        "200001 is available",
        "200001, stored: offline one",
        "200001, stored: оффлайн",
    ],
    ("iserverd_icq", "badpw"): [
        "out: bad-credentials",
    ],
    ("iserverd_icq", "nouin"): [
        "out: bad-credentials",
    ],
    ("login_limit", "try10"): [
        "out: network",
    ],
    ("logins", "badpw"): [
        "out: bad-credentials",
    ],
    ("logins", "badicq"): [
        "out: bad-credentials",
    ],
    ("logins", "nouser"): [
        "out: bad-credentials",
    ],
    ("logins", "nouin"): [
        "out: bad-credentials",
    ],
    ("logins", "suspended"): [
        "out: bad-credentials",
    ],
    ("old_client_kick", "alice"): [
        "in as ProbeAlice",
        "contacts: ",
        "out: network",
    ],
    ("typing_pref", "bob"): [
        "in as Probe Bob",
        "contacts: ",
        "ProbeAlice: before pref",
        "ProbeAlice: after pref",
    ],
}
"""By transcript and client."""


@pytest.mark.parametrize(("name", "who"), TOLD)
def test_told(name: str, who: str) -> None:
    assert briefly(replay(name, who).events) == TOLD[name, who]


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.txt"))])
def test_every_client_of_every_transcript(name: str) -> None:
    """Whatever was said to it: it is in, or has been told why not."""
    for who in dict.fromkeys(step.link.split("@")[0] for step in read(name)):
        if any(account_in(step) for step in read(name) if step.link.split("@")[0] == who):
            played = replay(name, who)
            over = [event for event in played.events if isinstance(event, LoggedOut)]
            assert len(over) == (played.fsm.oscar.state is State.OVER)
