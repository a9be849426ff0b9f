"""Display pictures, ours and theirs, over switchboards."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from gateway.commands import FetchAvatar, SetAvatar
from gateway.errors import Reason
from gateway.events import Avatar
from gateway.fsm import Connected, Got, Lost, Send, Timer
from gateway.ids import PersonId, Token
from networks.msn.mime import parse
from networks.msn.msnobject import picture
from networks.msn.news import Denied, PictureFetched
from networks.msn.peer import Ids, Peer, Picture, Received, Transmit
from networks.msn.pictures import NO_PICTURE, NOT_COME
from networks.msn.presence import picture_name
from networks.msn.requests import PATIENCE
from networks.msn.wire import Command, quote
from tests.networks.msn.play import BOB, ME, MsnPlaybook, On, online, talking

BOARD = "board:1"
DATA = b"\x89PNG" + bytes(5000)
HIS = picture(BOB, DATA)
NAME = picture_name(HIS.text)


def fetch(name: str = NAME, who: str = BOB, token: str = "1") -> FetchAvatar:
    return FetchAvatar(person=PersonId(who), avatar=name, token=Token(token))


def bob(data: bytes = DATA) -> Peer:
    """His client."""
    return Peer(BOB, ME, Ids("bob"), Picture(HIS, data))


def shown(play: MsnPlaybook) -> MsnPlaybook:
    """He shows his picture."""
    return (play >> f"NLN NLN {BOB} 1 Bob 0 {quote(HIS.text)}").skip()


def exchange(play: MsnPlaybook, peer: Peer, begun: Iterable[Any] = ()) -> list[Any]:
    """Let both clients talk until they are silent; what came of it, at either end."""
    found: list[Any] = []
    waiting = deque(begun)
    effects, play.done = play.done, []
    while effects or waiting:
        for effect in effects:
            if (
                isinstance(effect, Send)
                and effect.frame.verb == "MSG"
                and effect.frame.args[1] == "D"
            ):
                assert len(effect.frame.payload or b"") <= 1664
                waiting += peer.receive(parse(effect.frame.payload or b""))
            else:
                found.append(getattr(effect, "news", effect))
        effects = []
        if waiting:
            step = waiting.popleft()
            if isinstance(step, Transmit):
                play = play >> Got(Command("MSG", (BOB, "Bob"), step.payload), BOARD)
                effects, play.done = play.done, []
            else:
                found.append(step)
    return found


# Theirs.


def test_fetched_where_we_talk() -> None:
    play = shown(talking()) >> fetch()
    assert exchange(play, bob()) == [PictureFetched(Token("1"), BOB, DATA)]
    assert not play.fsm.msn.boards[BOARD].wishes


def test_fetched_from_a_switchboard_of_its_own() -> None:
    play = shown(online()) >> fetch() << "XFR 10 SB" >> fetch(token="2")
    play = (play >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    play = (play >> On(BOARD, f"USR 1 OK {ME} Alice")).skip() >> On(BOARD, f"JOI {BOB} Bob 0")
    assert exchange(play, bob()) == [
        PictureFetched(Token("1"), BOB, DATA),
        PictureFetched(Token("2"), BOB, DATA),
    ]


def test_picture_that_is_another() -> None:
    play = shown(talking()) >> fetch()
    assert exchange(play, bob(bytes(len(DATA)))) == [
        Denied(Token("1"), Reason.UNAVAILABLE, NOT_COME)
    ]


def test_picture_that_is_not_shown() -> None:
    play = shown(talking()) >> fetch("0123")
    (play << Denied(Token("1"), Reason.NOT_FOUND, NO_PICTURE)).end()
    play = online() >> fetch()
    (play << Denied(Token("1"), Reason.NOT_FOUND, NO_PICTURE)).end()


def test_picture_that_does_not_come() -> None:
    play = (shown(talking()) >> fetch()).skip()
    for _ in range(PATIENCE):
        assert not play.told(Denied)
        play = play.skip() >> Timer("sweep")
    assert play.told(Denied) == [Denied(Token("1"), Reason.UNAVAILABLE, NOT_COME)]


def test_picture_of_somebody_who_goes() -> None:
    play = (shown(talking()) >> fetch()).skip()
    (play >> Lost("reset", BOARD) << Denied(Token("1"), Reason.UNAVAILABLE, "reset")).end()


def test_damaged_frames_are_passed_over() -> None:
    head = f"MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {ME}\r\n\r\n"
    play = talking()
    for data in ("", "x", "\0" * 47, "\xff" * 60):
        (play >> On(BOARD, f"MSG {BOB} Bob\n{head}{data}")).end()


# Ours.


def test_our_own() -> None:
    mine = picture(ME, DATA)
    avatar = Avatar(data=DATA, media_type="image/png")
    play = talking() >> SetAvatar(avatar=avatar) << f"CHG 10 NLN 268435488 {quote(mine.text)}"
    play.end()
    peer = bob()
    assert exchange(play, peer, peer.fetch(mine)) == [Received(mine, DATA)]
    (play >> SetAvatar(avatar=None) << "CHG 11 NLN 268435488 0").end()
    peer = bob()
    [failed] = exchange(play, peer, peer.fetch(mine))
    assert failed.object == mine


def test_our_own_from_the_beginning() -> None:
    play = online()
    avatar = Avatar(data=b"new", media_type="image/png")
    play = (play >> SetAvatar(avatar=avatar)).skip()
    play = (play >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    play = (play >> On(BOARD, f"IRO 1 1 1 {BOB} Bob 0") >> On(BOARD, "ANS 1 OK")).skip()
    mine, peer = picture(ME, b"new"), bob()
    assert exchange(play, peer, peer.fetch(mine)) == [Received(mine, b"new")]
