"""https://modern.ircdocs.horse/#sending-messages"""

from datetime import UTC, datetime

import pytest

from gateway.commands import SendMessage, SetTyping
from gateway.errors import Reason
from gateway.events import Typing
from gateway.fsm import Timer
from gateway.ids import ChatId, MessageId, Token
from networks.irc.messages import CTCP_LIMIT
from networks.irc.news import Delivered, Denied, Noticed, Said, Typed
from networks.irc.outgoing import MAX_WAITING
from networks.irc.settings import Rate
from tests.networks.irc.play import EVERYTHING, SETTINGS, SUPPORT, IrcPlaybook, in_room, online

ROMEO, ROOM, TOKEN = ChatId("romeo"), ChatId("#verona"), Token("1")
ECHO = "echo-message message-tags"
TYPING = EVERYTHING


def say(body: str, chat: ChatId = ROMEO, token: str = "1") -> SendMessage:
    return SendMessage(chat=chat, body=body, token=Token(token))


# Out.


def test_without_echo_a_ping_tells_that_it_was_accepted() -> None:
    (
        online()
        >> say("Hi")
        << "PRIVMSG romeo Hi"
        << "PING greengate-1"
        >> say("there", token="2")
        << "PRIVMSG romeo there"
        >> ":s PONG s greengate-1"
        << Delivered(ROMEO, TOKEN, "Hi", True)
        << "PING greengate-2"
        >> ":s PONG s :greengate-2"
        << Delivered(ROMEO, Token("2"), "there", True)
    ).end()


def test_lines_actions_and_formatting() -> None:
    (
        online(caps=ECHO)
        >> say("/me sighs\nO *Romeo*\n\nRomeo")
        << "PRIVMSG romeo :\x01ACTION sighs\x01"
        << "PRIVMSG romeo :O \x02Romeo\x02"
        << "PRIVMSG romeo Romeo"
    ).end()


def test_long_lines_leave_place_for_our_address() -> None:
    play = online(caps=ECHO) >> say("x" * 600)
    sent = [len(effect.frame.params[1]) for effect in play.done]
    assert sum(sent) == 600
    longest = f":juliet!j@capulet.lit PRIVMSG romeo :{'x' * sent[0]}\r\n"
    assert len(longest) == 512


def test_echo() -> None:
    (
        online(caps=ECHO)
        >> say("Hi\nthere")
        << "PRIVMSG romeo Hi"
        << "PRIVMSG romeo there"
        >> "@msgid=a :juliet!j@c PRIVMSG romeo Hi"
        >> "@msgid=b :juliet!j@c PRIVMSG romeo there"
        << Delivered(ROMEO, TOKEN, "Hi\nthere", True, MessageId("b"))
    ).end()


def test_echo_by_label() -> None:
    (
        online(caps=EVERYTHING)
        >> say("Hi\nthere")
        << "@label=1.1 PRIVMSG romeo Hi"
        << "@label=1.2 PRIVMSG romeo there"
        >> "@label=1.1 :juliet!j@c PRIVMSG romeo Hi"
        >> ":juliet!j@c PRIVMSG romeo there"  # Another client of ours.
        << Said(ROMEO, "juliet", "there", is_mine=True)
        >> "@label=1.2;msgid=b :juliet!j@c PRIVMSG romeo :th*r*"
        << Delivered(ROMEO, TOKEN, "Hi\nthere", True, MessageId("b"))
        >> "@label=99 :juliet!j@c PRIVMSG romeo :What we know nothing of, but sent"
    ).end()


def test_acknowledged_without_echo() -> None:
    play = online(caps=EVERYTHING) >> say("Hi") << "@label=1.1 PRIVMSG romeo Hi"
    (play >> "@label=1.1 :s ACK" << Delivered(ROMEO, TOKEN, "Hi", True)).end()


def test_echo_of_a_text_that_the_server_changed() -> None:
    play = online(caps=ECHO) >> say("*Hi*") << "PRIVMSG romeo :\x02Hi\x02"
    (play >> ":juliet!j@c PRIVMSG romeo Hi" << Delivered(ROMEO, TOKEN, "*Hi*", True)).end()


def test_bouncer_shows_what_other_clients_said() -> None:
    play = online(caps=f"{ECHO} znc.in/self-message") >> say("Hi") << "PRIVMSG romeo Hi"
    (
        play
        >> ":juliet!j@c PRIVMSG romeo :Something else"
        << Said(ROMEO, "juliet", "Something else", is_mine=True)
        >> ":juliet!j@c PRIVMSG romeo Hi"
        << Delivered(ROMEO, TOKEN, "Hi", True)
    ).end()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("401 juliet romeo :No such nick", Reason.UNAVAILABLE),
        ("404 juliet romeo :Cannot send", Reason.FORBIDDEN),
        ("412 juliet :No text to send", Reason.BAD_REQUEST),
        ("531 juliet romeo :You cannot", Reason.NOT_ALLOWED),
        ("421 juliet PRIVMSG :Unknown command", Reason.NOT_SUPPORTED),
    ],
)
def test_refused(error: str, reason: Reason) -> None:
    words = error.removeprefix(error[:11]).replace(":", "")
    (
        online()
        >> say("Hi")
        << "PRIVMSG romeo Hi"
        << "PING greengate-1"
        >> f":s {error}"
        << Denied(TOKEN, reason, words)
        >> ":s PONG s greengate-1"
    ).end()


def test_refused_by_label_whatever_it_names() -> None:
    play = online(caps=EVERYTHING)
    play = play >> say("a") << "@label=1.1 PRIVMSG romeo a"
    play = play >> say("b", token="2") << "@label=2.1 PRIVMSG romeo b"
    (
        play
        >> "@label=2.1 :s 404 juliet romeo :No"
        << Denied(Token("2"), Reason.FORBIDDEN, "romeo No")
        >> "@label=1.1 FAIL PRIVMSG RATE_LIMITED romeo :Slow down"
        << Denied(TOKEN, Reason.TOO_MUCH, "Slow down")
    ).end()


def test_an_error_is_about_what_it_can_be_about() -> None:
    """482 is never the answer to a message."""
    play = in_room() >> say("Hi", ROOM)
    play = play << "PRIVMSG #verona Hi" << "PING greengate-1"
    (play >> ":s 482 juliet #verona :No" << Noticed("#verona No")).end()


def test_rest_of_a_refused_message_is_not_sent() -> None:
    settings = SETTINGS.model_copy(update={"rate": Rate(burst=1, seconds=2)})
    (
        online(settings=settings, caps=ECHO)
        >> say("a\nb\nc")
        << "PRIVMSG romeo a"
        >> ":s 401 juliet romeo :No such nick"
        << Denied(TOKEN, Reason.UNAVAILABLE, "romeo No such nick")
        >> Timer("refill")
    ).end()


@pytest.mark.parametrize("chat", ["a,b", "a b", "", ":x", "a\r\nQUIT"])
def test_nobody(chat: str) -> None:
    play = online() >> say("Hi", ChatId(chat))
    (play << Denied(TOKEN, Reason.NOT_FOUND, "That is neither a nickname nor a channel.")).end()


def test_nothing() -> None:
    play = online() >> say(" \n ")
    (
        play << Denied(TOKEN, Reason.NOT_ACCEPTABLE, "There is nothing in it that IRC could send.")
    ).end()


def test_server_that_never_answers() -> None:
    play = online() >> say("Hi") << "PRIVMSG romeo Hi" << "PING greengate-1"
    (
        play
        >> Timer("sweep")
        >> Timer("sweep")
        >> Timer("sweep")
        << Delivered(ROMEO, TOKEN, "Hi", False)
        >> say("Ho", token="2")
        << "PRIVMSG romeo Ho"
        << "PING greengate-2"
    ).end()


# How fast.


def slow() -> IrcPlaybook:
    return online(
        settings=SETTINGS.model_copy(update={"rate": Rate(burst=2, seconds=3)}), caps=ECHO
    )


def test_rate() -> None:
    play = slow() >> say("1\n2\n3\n4") << "PRIVMSG romeo 1" << "PRIVMSG romeo 2"
    play.end()
    assert play.wakes["refill"] == 3
    (play >> Timer("refill") << "PRIVMSG romeo 3" >> Timer("refill") << "PRIVMSG romeo 4").end()
    (play >> Timer("refill") >> Timer("refill") >> say("5\n6\n7", token="2")).done.pop()
    play << "PRIVMSG romeo 5"


def test_ping_does_not_wait() -> None:
    (slow() >> say("1\n2\n3")).skip() >> "PING x" << "PONG x"


def test_chats_take_turns() -> None:
    play = (slow() >> say("1\n2\n3\n4")).skip()
    (
        play
        >> say("a\nb", ChatId("nurse"), "2")
        >> Timer("refill")
        << "PRIVMSG romeo 3"
        >> Timer("refill")
        << "PRIVMSG nurse a"
        >> Timer("refill")
        << "PRIVMSG romeo 4"
        >> Timer("refill")
        << "PRIVMSG nurse b"
    ).end()


def test_too_much_is_refused_whole() -> None:
    play = (slow() >> say("\n".join(["x"] * MAX_WAITING))).skip()
    play >> say("y\n" * 4, token="2")
    [denied] = play.done
    assert (denied.news.token, denied.news.reason) == ("2", Reason.TOO_MUCH)


# In.


def test_person_and_room() -> None:
    (
        in_room("Romeo")
        >> ":Romeo!r@v PRIVMSG juliet :Hi"
        << Said(ROMEO, "Romeo", "Hi")
        >> ":Romeo!r@v PRIVMSG #Verona :\x01ACTION sighs\x01"
        << Said(ROOM, "Romeo", "\x01ACTION sighs\x01", True, is_action=True)
        >> ":Romeo!r@v NOTICE #verona :Beware"
        << Said(ROOM, "Romeo", "Beware", True, True)
        >> "@msgid=x :Romeo!r@v PRIVMSG @#verona :Ops only"
        << Said(ROOM, "Romeo", "Ops only", True, id=MessageId("x"), only_for="@")
    ).end()


def test_to_myself() -> None:
    (
        online(caps=ECHO)
        >> say("Note", ChatId("juliet"))
        << "PRIVMSG juliet Note"
        >> ":juliet!j@c PRIVMSG juliet Note"
        << Delivered(ChatId("juliet"), TOKEN, "Note", True)
        >> ":juliet!j@c PRIVMSG juliet Note"
        << Said(ChatId("juliet"), "juliet", "Note")
    ).end()


def test_history_has_a_time() -> None:
    time = datetime(2008, 7, 6, 10, 0, tzinfo=UTC)
    (
        in_room(caps=EVERYTHING)
        >> ":s BATCH +h chathistory #verona"
        >> "@batch=h;time=2008-07-06T10:00:00.000Z :romeo!r@v PRIVMSG #verona :Soft"
        << Said(ROOM, "romeo", "Soft", True, sent_at=time)
        >> "@batch=h;time=2008-07-06T10:00:00.000Z :juliet!r@v PRIVMSG #verona :Ay me"
        << Said(ROOM, "juliet", "Ay me", True, is_mine=True, sent_at=time)
        >> "@batch=h;time=2008-07-06T10:00:00.000Z :romeo!r@v PRIVMSG #verona :\x01VERSION\x01"
        >> ":s BATCH -h"
        >> "@time=2008-07-06T10:00:00.000Z :romeo!r@v PRIVMSG #verona :Live"
        << Said(ROOM, "romeo", "Live", True)
    ).end()


def test_server_speaks() -> None:
    (
        in_room()
        >> ":irc.verona.lit NOTICE juliet :\x02Maintenance\x02 tonight"
        << Noticed("*Maintenance* tonight")
        >> ":irc.verona.lit NOTICE #verona :Beware"
        << Noticed("#verona: Beware")
        >> "NOTICE AUTH :No source"
        << Noticed("No source")
    ).end()


def test_services_without_an_address_are_people() -> None:
    play = online() >> ":NickServ NOTICE juliet :Identify!"
    (play << Said(ChatId("nickserv"), "NickServ", "Identify!", is_notice=True)).end()


# CTCP.


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("VERSION", "VERSION Greengate, a gateway from XMPP"),
        ("PING 123 4", "PING 123 4"),
        ("CLIENTINFO", "CLIENTINFO ACTION CLIENTINFO PING SOURCE TIME VERSION"),
        ("SOURCE", "SOURCE Greengate"),
        ("TIME", "TIME 2008-07-06T10:00:00Z"),
    ],
)
def test_ctcp(asked: str, answer: str) -> None:
    (
        online()
        >> f"@time=2008-07-06T10:00:00Z :romeo!r@v PRIVMSG juliet :\x01{asked}\x01"
        << f"NOTICE romeo :\x01{answer}\x01"
    ).end()


def test_dcc_is_refused() -> None:
    (
        online()
        >> ":romeo!r@v PRIVMSG juliet :\x01DCC SEND ring.jpg 1 2 3\x01"
        << Noticed("romeo offers a direct connection (DCC SEND ring.jpg 1 2 3); it was refused.")
        << "NOTICE romeo :\x01DCC REJECT SEND ring.jpg\x01"
    ).end()


def test_ctcp_unknown_and_answers() -> None:
    (
        online()
        >> ":romeo!r@v PRIVMSG juliet :\x01DANCE now\x01"
        << Noticed("romeo sent an unknown request: CTCP DANCE now")
        >> ":romeo!r@v NOTICE juliet :\x01VERSION mIRC\x01"
        << Noticed("romeo answers VERSION: mIRC")
        >> ":romeo!r@v PRIVMSG juliet :\x01\x01"
    ).end()


def test_ctcp_flood() -> None:
    play = online()
    for _ in range(CTCP_LIMIT):
        (
            play >> ":romeo!r@v PRIVMSG juliet :\x01PING x\x01" << "NOTICE romeo :\x01PING x\x01"
        ).end()
    (play >> ":romeo!r@v PRIVMSG juliet :\x01PING x\x01").end()
    play = play >> Timer("ctcp") >> ":romeo!r@v PRIVMSG juliet :\x01PING x\x01"
    (play << "NOTICE romeo :\x01PING x\x01").end()


# Typing.


def typing(what: Typing, chat: ChatId = ROMEO) -> SetTyping:
    return SetTyping(chat=chat, typing=what)


def test_typing_out() -> None:
    (
        online(caps=TYPING)
        >> typing(Typing.COMPOSING)
        << "@+typing=active TAGMSG romeo"
        >> Timer("typing")
        << "@+typing=active TAGMSG romeo"
        >> typing(Typing.PAUSED)
        << "@+typing=paused TAGMSG romeo"
        >> Timer("typing")
        >> typing(Typing.PAUSED)
        >> typing(Typing.COMPOSING)
        << "@+typing=active TAGMSG romeo"
        >> say("Hi")
        << "@label=1.1 PRIVMSG romeo Hi"
        >> typing(Typing.ACTIVE)
    ).end()


@pytest.mark.parametrize("denied", ["*", "typing", "foo,typing"])
def test_typing_where_the_server_wants_none(denied: str) -> None:
    play = online(caps=TYPING, support=f"{SUPPORT} CLIENTTAGDENY={denied}")
    (play >> typing(Typing.COMPOSING)).end()
    (online() >> typing(Typing.COMPOSING)).end()


def test_typing_in() -> None:
    (
        in_room("romeo", caps=TYPING)
        >> "@+typing=active :romeo!r@v TAGMSG #verona"
        << Typed(ROOM, "romeo", Typing.COMPOSING, True)
        >> "@+typing=active :romeo!r@v TAGMSG #verona"
        >> "@+typing=paused :romeo!r@v TAGMSG #verona"
        << Typed(ROOM, "romeo", Typing.PAUSED, True)
        >> "@+typing=active :romeo!r@v TAGMSG juliet"
        << Typed(ROMEO, "romeo", Typing.COMPOSING, False)
        >> Timer("stale")
        >> Timer("stale")
        << Typed(ROMEO, "romeo", Typing.ACTIVE, False)
        >> "@+typing=active :juliet!j@c TAGMSG #verona"
        >> "@+react=x :romeo!r@v TAGMSG #verona"
    ).end()
