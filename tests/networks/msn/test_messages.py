"""One person: texts, typing and nudges, and the switchboards they take."""

import pytest

from gateway.commands import AskAttention, SendMessage, SetInvisible, SetTyping
from gateway.errors import Reason
from gateway.events import Typing
from gateway.fsm import Connected, HangUp, Lost, Timer
from gateway.ids import ChatId, Token
from networks.msn.attendance import IDLE_TURNS, NOBODY_CAME
from networks.msn.boards import CLOSED, MAX_BOARDS, MAX_PARCELS
from networks.msn.messages import BLOCKED, MAX_REPEATS, NOTHING, TOO_LONG
from networks.msn.news import Delivered, Denied, Noticed, Nudged, Said, Typed
from networks.msn.requests import PATIENCE
from networks.msn.state import BUSY, NOBODY, ONESELF
from networks.msn.text import MAX_PAYLOAD
from tests.networks.msn.play import (
    BOB,
    DONE,
    ME,
    MsnPlaybook,
    On,
    asked,
    book,
    contact,
    dial,
    members,
    online,
    seen,
    talking,
)

TEXT = (
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
    "X-MMS-IM-Format: FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0\r\n\r\n"
)
TYPING = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: {}\r\n\r\n\r\n"
NUDGE = "MIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 1\r\n\r\n"
BOARD = "board:1"


def send(body: str, token: str = "1", chat: str = BOB) -> SendMessage:
    return SendMessage(chat=ChatId(chat), body=body, token=Token(token))


def typing(state: Typing) -> SetTyping:
    return SetTyping(chat=ChatId(BOB), typing=state)


def typed(state: Typing) -> Typed:
    return Typed(ChatId(BOB), BOB, state)


def opened() -> MsnPlaybook:
    """A switchboard of ours, with a message that waits for Bob."""
    play = (seen() >> send("Hi")).skip()
    play = (play >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    return (play >> On(BOARD, f"USR 1 OK {ME} Alice")).skip()


# A switchboard of ours.


def test_from_the_first_word_to_the_receipt() -> None:
    (
        seen()
        >> send("Hi ☺")
        << "XFR 10 SB"
        >> send("How are you?", "2")
        >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U messenger.msn.com 1"
        << dial("10.0.0.8", 1864, BOARD)
        >> Connected(BOARD)
        << On(BOARD, f"USR 1 {ME} b31b.1")
        >> On(BOARD, f"USR 1 OK {ME} Alice")
        << On(BOARD, f"CAL 2 {BOB}")
        >> On(BOARD, "CAL 2 RINGING 17f80e1de0c72c331343b2913465b78")
        >> On(BOARD, f"JOI {BOB} Bob%20the%202nd 2788999228")
        << On(BOARD, f"MSG 3 A\n{TEXT}Hi ☺")
        << On(BOARD, f"MSG 4 A\n{TEXT}How are you?")
        >> On(BOARD, "ACK 3")
        << Delivered(ChatId(BOB), Token("1"), "Hi ☺")
        >> send("There?", "3")
        << On(BOARD, f"MSG 5 A\n{TEXT}There?")
        >> On(BOARD, "ACK 5")
        << Delivered(ChatId(BOB), Token("3"), "There?")
        >> On(BOARD, "NAK 4")
        << Denied(Token("2"), Reason.UNAVAILABLE, "The message did not reach everybody.")
    ).end()


def test_long_messages_are_cut() -> None:
    play = talking() >> send("wherefore art thou " * 200)
    sizes = [len(effect.frame.payload) for effect in play.done]
    assert len(sizes) == 3
    assert max(sizes) <= MAX_PAYLOAD
    play = play.skip() >> On(BOARD, "ACK 2") >> On(BOARD, "ACK 4")
    play.end()
    play = play >> On(BOARD, "ACK 3")
    assert [news.token for news in play.told(Delivered)] == ["1"]


@pytest.mark.parametrize(
    ("command", "reason", "detail"),
    [
        (send("Hi", chat="bob"), Reason.NOT_FOUND, NOBODY),
        (send("Hi", chat=ME), Reason.NOT_ALLOWED, ONESELF),
        (send(" \n "), Reason.NOT_ACCEPTABLE, NOTHING),
        (send("x" * 100_000), Reason.NOT_ACCEPTABLE, TOO_LONG),
    ],
)
def test_what_cannot_be_sent(command: SendMessage, reason: Reason, detail: str) -> None:
    (seen() >> command << Denied(Token("1"), reason, detail)).end()


def test_to_somebody_we_block() -> None:
    play = online(members(Block=(BOB,))) >> send("Hi")
    (play << Denied(Token("1"), Reason.NOT_ALLOWED, BLOCKED)).end()


def test_too_much_waits() -> None:
    play = seen()
    for number in range(MAX_PARCELS):
        play = (play >> send("Hi", str(number))).skip()
    (play >> send("Hi", "x") << Denied(Token("x"), Reason.TOO_MUCH, BUSY)).end()


def test_too_many_switchboards() -> None:
    play = seen()
    for number in range(MAX_BOARDS):
        play = (play >> send("Hi", str(number), f"p{number}@example.com")).skip()
    (play >> send("Hi", "x") << Denied(Token("x"), Reason.TOO_MUCH, BUSY)).end()
    (play >> f"RNG 1 127.0.0.1:1864 CKI 1.1 {BOB} Bob U x 1").end()


# It cannot be had.


def test_nobody_there() -> None:
    """They went a moment ago, or do not want us to know better: it is left for them."""
    (
        opened()
        >> On(BOARD, "217 2")
        << asked("Store2", f'memberName="{BOB}"')
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        >> DONE
        << Delivered(ChatId(BOB), Token("1"), "Hi")
    ).end()


def test_called_and_never_came() -> None:
    play = opened() >> On(BOARD, "CAL 2 RINGING 17f8")
    for _ in range(PATIENCE - 1):
        play = play >> Timer("sweep")
    (
        play
        >> Timer("sweep")
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << Denied(Token("1"), Reason.TIMEOUT, NOBODY_CAME)
    ).end()


def test_no_such_person() -> None:
    (
        opened()
        >> On(BOARD, "208 2")
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << Denied(Token("1"), Reason.NOT_FOUND, "There is no such account. (error 208)")
    ).end()


def test_no_switchboard() -> None:
    (
        seen()
        >> send("Hi")
        << "XFR 10 SB"
        >> "800 10"
        << Denied(Token("1"), Reason.TOO_MUCH, "Too many changes; wait a little. (error 800)")
    ).end()


def test_not_let_in() -> None:
    play = (seen() >> send("Hi")).skip() >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1"
    (
        (play.skip() >> Connected(BOARD)).skip()
        >> On(BOARD, "911 1")
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << Denied(Token("1"), Reason.FORBIDDEN, "The server did not let us in. (error 911)")
    ).end()


@pytest.mark.parametrize("line", ["XFR 10 SB nowhere: CKI x U x 1", "XFR 10 SB :1 CKI x U x 1"])
def test_switchboard_that_is_nowhere(line: str) -> None:
    play = (seen() >> send("Hi")).skip() >> line
    assert [news.reason for news in play.told(Denied)] == [Reason.FULL]


def test_lost_on_the_way() -> None:
    (
        opened()
        >> Lost("reset", BOARD)
        << Denied(Token("1"), Reason.UNAVAILABLE, "reset")
        >> send("Hi", "2")
        << "XFR 11 SB"
    ).end()


def test_lost_before_the_receipt() -> None:
    play = talking() >> send("Hi")
    (play.skip() >> Lost("reset", BOARD) << Denied(Token("1"), Reason.UNAVAILABLE, "reset")).end()


# One to which we are called.


def test_called() -> None:
    (
        seen()
        >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U messenger.hotmail.com 1"
        << dial("127.0.0.1", 1864, BOARD)
        >> Connected(BOARD)
        << On(BOARD, f"ANS 1 {ME} 4dcd.1 17f8")
        >> On(BOARD, f"IRO 1 1 1 {BOB} Bob 0")
        >> On(BOARD, "ANS 1 OK")
        >> On(BOARD, f"MSG {BOB} Bob\n{TEXT}Hi\r\nAlice")
        << Said(ChatId(BOB), BOB, "Hi\nAlice")
        >> send("Hi")
        << On(BOARD, f"MSG 2 A\n{TEXT}Hi")
    ).end()


@pytest.mark.parametrize(
    "line",
    [
        "RNG 1 x:y CKI 1.1 bob@example.com Bob",
        "RNG 1 127.0.0.1:1864 CKI 1.1 bob Bob",
        "RNG 1 127.0.0.1:1864 CKI  bob@example.com Bob",
    ],
)
def test_calls_that_make_no_sense(line: str) -> None:
    (seen() >> line).end()


def test_called_into_an_empty_one() -> None:
    play = (seen() >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    (play >> On(BOARD, "ANS 1 OK") << On(BOARD, "OUT") << HangUp(BOARD)).end()


def test_the_other_goes() -> None:
    (
        talking()
        >> On(BOARD, f"BYE {BOB}")
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        >> Lost("closed by us", BOARD)
        >> send("Hi", "2")
        << "XFR 10 SB"
    ).end()


def again() -> MsnPlaybook:
    """He went before he heard us: it is said again, where he is called to."""
    play = (
        talking()
        >> send("Hi")
        << On(BOARD, f"MSG 2 A\n{TEXT}Hi")
        >> On(BOARD, f"BYE {BOB}")
        << On(BOARD, "OUT")
        << HangUp(BOARD)
        << "XFR 10 SB"
        >> On(BOARD, "ACK 2")
        >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1"
        << dial("10.0.0.8", 1864, "board:2")
    )
    play = (play >> Connected("board:2")).skip()
    play = (play >> On("board:2", f"USR 1 OK {ME} Alice")).skip()
    return play >> On("board:2", f"JOI {BOB} Bob 0") << On("board:2", f"MSG 3 A\n{TEXT}Hi")


def test_the_other_goes_before_he_heard_us() -> None:
    (again() >> On("board:2", "ACK 3") << Delivered(ChatId(BOB), Token("1"), "Hi")).end()


def test_the_other_goes_twice() -> None:
    (
        again()
        >> On("board:2", f"BYE {BOB}")
        << On("board:2", "OUT")
        << HangUp("board:2")
        << Denied(Token("1"), Reason.UNAVAILABLE, CLOSED)
    ).end()


def test_the_other_goes_offline_before_he_heard_us() -> None:
    play = (talking() >> send("Hi")).skip() >> f"FLN {BOB} 1 0"
    play = play.skip() >> On(BOARD, f"BYE {BOB}")
    (play << On(BOARD, "OUT") << HangUp(BOARD) << asked("Store2", BOB)).end()


def test_nobody_says_anything_for_a_while() -> None:
    play = talking()
    for _ in range(IDLE_TURNS - 1):
        play = play >> Timer("sweep")
    (play >> Timer("sweep") << On(BOARD, "OUT") << HangUp(BOARD)).end()


def test_emoticons_and_what_else_clients_say() -> None:
    for kind in ("text/x-mms-emoticon", "text/x-clientcaps", "application/x-x", ""):
        (talking() >> On(BOARD, f"MSG {BOB} Bob\nContent-Type: {kind}\r\n\r\n:)\tx")).end()
    (talking() >> On(BOARD, f"MSG Hotmail Hotmail\n{TEXT}Hi")).end()


def test_offered_file() -> None:
    invitation = (
        "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\n\r\n"
        "Application-Name: File Transfer\r\nInvitation-Command: INVITE\r\n"
    )
    (
        talking()
        >> On(BOARD, f"MSG {BOB} Bob\n{invitation}")
        << Noticed(f"{BOB} offers 'File Transfer', which is not possible from here.")
    ).end()


def test_chunks() -> None:
    head = TEXT[: -len("\r\n")] + "Message-ID: {1}\r\nChunks: 2\r\n\r\n"
    (
        talking()
        >> On(BOARD, f"MSG {BOB} Bob\n{head}Wherefore ")
        >> On(BOARD, f"MSG {BOB} Bob\nMessage-ID: {{1}}\r\nChunk: 1\r\n\r\nart thou?")
        << Said(ChatId(BOB), BOB, "Wherefore art thou?")
    ).end()


# Invisible.


def test_who_is_invisible_calls_nobody() -> None:
    play = (seen() >> SetInvisible(is_invisible=True)).skip()
    (play >> send("Hi") << asked("Store2", "text")).end()


def test_who_is_invisible_may_answer() -> None:
    play = (talking() >> SetInvisible(is_invisible=True)).skip()
    (play >> send("Hi") << On(BOARD, f"MSG 2 A\n{TEXT}Hi")).end()


# Typing and nudges.


def test_they_type() -> None:
    notice = On(BOARD, f"MSG {BOB} Bob\n{TYPING.format(BOB)}")
    play = talking() >> notice << typed(Typing.COMPOSING) >> notice
    play.end()
    [timer] = [name for name in play.wakes if name.startswith("typed by")]
    (play >> Timer(timer) << typed(Typing.PAUSED) >> notice << typed(Typing.COMPOSING)).end()
    play = play >> On(BOARD, f"MSG {BOB} Bob\n{TEXT}Hi") << Said(ChatId(BOB), BOB, "Hi")
    (play >> Timer(timer)).end()  # What they said ended it.


def test_we_type() -> None:
    timer = f"typing to {BOB}"
    play = talking() >> typing(Typing.COMPOSING) << On(BOARD, f"MSG 2 U\n{TYPING.format(ME)}")
    play = play >> Timer(timer) << On(BOARD, f"MSG 3 U\n{TYPING.format(ME)}")
    (play >> typing(Typing.PAUSED) >> Timer(timer)).end()
    play = play >> typing(Typing.COMPOSING) << On(BOARD, f"MSG 4 U\n{TYPING.format(ME)}")
    (play >> send("Hi") << On(BOARD, f"MSG 5 A\n{TEXT}Hi") >> Timer(timer)).end()


def test_typing_for_ever() -> None:
    """Their client is gone."""
    timer = f"typing to {BOB}"
    play = (talking() >> typing(Typing.COMPOSING)).skip()
    for _ in range(MAX_REPEATS - 1):
        play = (play >> Timer(timer)).skip()
    (play >> Timer(timer)).end()
    assert timer not in play.wakes


def test_typing_is_worth_a_switchboard() -> None:
    (seen() >> typing(Typing.COMPOSING) << "XFR 10 SB").end()


def test_typing_is_said_once_when_they_come() -> None:
    play = (seen() >> typing(Typing.COMPOSING)).skip()
    play = (play >> Timer(f"typing to {BOB}")).skip()
    play = (play >> "XFR 10 SB 10.0.0.8:1864 CKI b31b.1 U x 1").skip()
    play = (play >> Connected(BOARD)).skip()
    play = (play >> On(BOARD, f"USR 1 OK {ME} Alice")).skip()
    (play >> On(BOARD, f"JOI {BOB} Bob 0") << On(BOARD, f"MSG 3 U\n{TYPING.format(ME)}")).end()


def test_typing_to_nobody() -> None:
    (online() >> typing(Typing.COMPOSING)).end()
    (online() >> SetTyping(chat=ChatId("bob"), typing=Typing.COMPOSING)).end()
    (online(members(Block=(BOB,))) >> typing(Typing.COMPOSING)).end()


def test_nudges() -> None:
    (
        talking()
        >> On(BOARD, f"MSG {BOB} Bob\n{NUDGE}")
        << Nudged(ChatId(BOB), BOB)
        >> AskAttention(chat=ChatId(BOB))
        << On(BOARD, f"MSG 2 N\n{NUDGE}")
    ).end()


def test_nudge_to_a_stranger() -> None:
    """It waits until they come."""
    play = online(members(), book(contact(BOB)))
    (play >> AskAttention(chat=ChatId("eve@example.com")) << "XFR 10 SB").end()
