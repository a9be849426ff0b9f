"""Chats of three and more."""

from gateway.commands import Invite, JoinRoom, LeaveRoom, SendMessage, SetTyping
from gateway.errors import Reason
from gateway.events import Departure, Offline, Typing
from gateway.fsm import Connected, HangUp, Lost, Stop, Timer
from gateway.ids import ChatId, PersonId, Token
from networks.msn import boards, rooms
from networks.msn.news import (
    Answered,
    Came,
    Delivered,
    Denied,
    Ended,
    Entered,
    Exited,
    Invited,
    Said,
    Typed,
    Went,
)
from networks.msn.rooms import MAX_HELD, MAX_ROOMS, NO_ROOM, NOBODY_THERE, NOT_THERE
from networks.msn.state import NOBODY, ONESELF
from tests.networks.msn.play import BOB, ME, MsnPlaybook, On, dial, seen, talking
from tests.networks.msn.test_messages import TEXT, TYPING

CAROL = "carol@example.com"
BOARD = "board:1"
VERONA = ChatId("#verona")


def join(room: str = VERONA, token: str = "j") -> JoinRoom:
    return JoinRoom(room=ChatId(room), token=Token(token))


def invite(who: str, token: str = "i", room: str = VERONA) -> Invite:
    return Invite(room=ChatId(room), person=PersonId(who), token=Token(token))


def say(body: str, room: str = VERONA) -> SendMessage:
    return SendMessage(chat=ChatId(room), body=body, token=Token("1"))


def heard(body: str, who: str = CAROL) -> On:
    return On(BOARD, f"MSG {who} X\n{TEXT}{body}")


def crowded() -> tuple[MsnPlaybook, ChatId]:
    """Bob has called Carol to where we are; our user has not entered yet."""
    play = talking() >> On(BOARD, f"JOI {CAROL} Carol 0")
    [invited] = play.told(Invited)
    assert invited.by == BOB
    return play.skip(), invited.room


def inside() -> tuple[MsnPlaybook, ChatId]:
    play, room = crowded()
    return (play >> join(room)).skip(), room


# Of theirs.


def test_a_third_comes() -> None:
    play, room = crowded()
    assert room.startswith("#")
    (
        play
        >> heard("Hi all")
        >> join(room)
        << Entered(room, ME, (BOB, CAROL, ME), Token("j"))
        << Said(room, CAROL, "Hi all", is_room=True)
        >> heard("Alice?", BOB)
        << Said(room, BOB, "Alice?", is_room=True)
        >> say("Hi", room)
        << On(BOARD, f"MSG 2 A\n{TEXT}Hi")
        >> On(BOARD, "ACK 2")
        << Delivered(room, Token("1"), "Hi")
        >> On(BOARD, "JOI dave@example.com Dave 0")
        << Came(room, "dave@example.com")
        >> On(BOARD, "BYE bob@example.com")
        << Went(room, BOB)
        >> On(BOARD, f"MSG {CAROL} X\n{TYPING.format(CAROL)}")
        << Typed(room, CAROL, Typing.COMPOSING, is_room=True)
        >> SetTyping(chat=room, typing=Typing.COMPOSING)
        << On(BOARD, f"MSG 3 U\n{TYPING.format(ME)}")
    ).end()


def test_called_to_a_crowd() -> None:
    play = (seen() >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    play = play >> On(BOARD, f"IRO 1 1 2 {BOB} Bob 0") >> On(BOARD, f"IRO 1 2 2 {CAROL} Carol 0")
    play = play >> On(BOARD, "ANS 1 OK")
    [invited] = play.told(Invited)
    (
        play.skip() >> join(invited.room) << Entered(invited.room, ME, (BOB, CAROL, ME), Token("j"))
    ).end()


def test_talk_with_one_of_them_goes_elsewhere() -> None:
    play, _ = inside()
    play = play >> SendMessage(chat=ChatId(BOB), body="Psst", token=Token("2"))
    (play << "XFR 10 SB").end()


def test_who_does_not_enter_hears_it_all_the_same() -> None:
    play, room = crowded()
    play = play >> heard("Hi") >> On(BOARD, f"MSG {CAROL} X\n{TYPING.format(CAROL)}")
    said = Said(ChatId(CAROL), CAROL, f"[{room}] Hi")
    (play >> Timer(f"unattended {room}") << said >> heard("Hi") << said).end()


def test_who_entered_is_not_unattended() -> None:
    play, room = inside()
    (
        play >> Timer(f"unattended {room}") >> heard("Hi") << Said(room, CAROL, "Hi", is_room=True)
    ).end()


def test_too_much_to_be_kept() -> None:
    play, _ = crowded()
    for _ in range(MAX_HELD):
        (play >> heard("Hi")).end()
    play = play >> heard("Hi")
    assert len(play.told(Said)) == MAX_HELD + 1


def test_over_before_our_user_entered() -> None:
    play, room = crowded()
    play = play >> heard("Hi") >> Lost("reset", BOARD)
    (play << Said(ChatId(CAROL), CAROL, f"[{room}] Hi")).end()
    assert not play.fsm.msn.rooms


def test_lost() -> None:
    """Our user stays, alone."""
    play, room = inside()
    play = play >> say("Hi", room)
    (
        play.skip()
        >> Lost("reset", BOARD)
        << Denied(Token("1"), Reason.UNAVAILABLE, "reset")
        << Went(room, BOB)
        << Went(room, CAROL)
        >> say("Hi", room)
        << Denied(Token("1"), Reason.UNAVAILABLE, NOBODY_THERE)
    ).end()


def test_leaving() -> None:
    play, room = inside()
    (
        play
        >> LeaveRoom(room=room)
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << Exited(room, Departure.LEFT)
        >> LeaveRoom(room=room)
        >> heard("Hi")
    ).end()


def test_everybody_goes() -> None:
    play, room = inside()
    (
        play
        >> On(BOARD, f"BYE {BOB}")
        << Went(room, BOB)
        >> On(BOARD, f"BYE {CAROL}")
        << Went(room, CAROL)
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        >> invite(BOB, room=room)
        << "XFR 10 SB"
    ).end()


# Of ours.


def test_from_an_empty_room_to_a_talk() -> None:
    (
        seen()
        >> join()
        << Entered(VERONA, ME, (ME,), Token("j"))
        >> say("Hi")
        << Denied(Token("1"), Reason.UNAVAILABLE, NOBODY_THERE)
        >> invite(BOB)
        << "XFR 10 SB"
        >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1"
        << dial("10.0.0.8", 1864, BOARD)
        >> invite(CAROL, "i2")
        >> Connected(BOARD)
        << On(BOARD, f"USR 1 {ME} b31b.1")
        >> On(BOARD, f"USR 1 OK {ME} Alice")
        << On(BOARD, f"CAL 2 {BOB}")
        << On(BOARD, f"CAL 3 {CAROL}")
        >> On(BOARD, "CAL 2 RINGING 17f8")
        << Answered(Token("i"))
        >> On(BOARD, "217 3")
        << Denied(Token("i2"), Reason.UNAVAILABLE, "They are not online. (error 217)")
        >> On(BOARD, f"JOI {BOB} Bob 0")
        << Came(VERONA, BOB)
        >> say("Hi")
        << On(BOARD, f"MSG 4 A\n{TEXT}Hi")
        >> invite("dave@example.com", "i3")
        << On(BOARD, "CAL 5 dave@example.com")
        >> On(BOARD, f"BYE {BOB}")
        << Went(VERONA, BOB)
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << Denied(Token("1"), Reason.UNAVAILABLE, "The chat was closed.")
        << Denied(Token("i3"), Reason.UNAVAILABLE, "The chat was closed.")
    ).end()


def test_what_cannot_be_done() -> None:
    play = seen() >> join("#") << Denied(Token("j"), Reason.NOT_FOUND, NO_ROOM)
    play = play >> say("Hi") << Denied(Token("1"), Reason.NOT_ACCEPTABLE, NOT_THERE)
    play = play >> invite(BOB) << Denied(Token("i"), Reason.NOT_ACCEPTABLE, NOT_THERE)
    play = (play >> join()).skip()
    play = play >> invite(ME) << Denied(Token("i"), Reason.NOT_ALLOWED, ONESELF)
    (play >> invite("bob") << Denied(Token("i"), Reason.NOT_FOUND, NOBODY)).end()


def test_invited_twice_before_there_is_a_switchboard() -> None:
    play = (seen() >> join()).skip()
    play = play >> invite(BOB) << "XFR 10 SB"
    (play >> invite(BOB, "i2") << Denied(Token("i2"), Reason.CONFLICT, boards.CALLED)).end()


def test_too_many() -> None:
    play = seen()
    for number in range(MAX_ROOMS):
        play = (play >> join(f"#{number}")).skip()
    (play >> join() << Denied(Token("j"), Reason.TOO_MUCH, rooms.TOO_MANY)).end()
    play = (play >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    play = play >> On(BOARD, f"IRO 1 1 2 {BOB} Bob 0") >> On(BOARD, f"IRO 1 2 2 {CAROL} Carol 0")
    (play >> On(BOARD, "ANS 1 OK") << On(BOARD, "OUT") << HangUp(BOARD)).end()


def test_entered_twice() -> None:
    play = (seen() >> join()).skip()
    (play >> join(token="k") << Entered(VERONA, ME, (ME,), Token("k"))).end()


def test_rooms_end_with_the_session() -> None:
    play, room = inside()
    (
        play
        >> Lost("reset")
        << Exited(room, Departure.LOST, "reset")
        << Ended(Offline.NETWORK, "reset")
        << Stop()
    ).end()
