"""Rooms, and the links of their own that they have."""

import pytest

from gateway.commands import Invite, LeaveRoom, SendMessage
from gateway.errors import Reason
from gateway.events import Departure
from gateway.fsm import Got, HangUp, Lost, Send, Timer, Tls
from gateway.ids import ChatId, MessageId, PersonId, Token
from networks.oscar.news import (
    Answered,
    Came,
    Delivered,
    Denied,
    Entered,
    Exited,
    Invited,
    Said,
    Went,
)
from networks.oscar.rooms import LEFT, MAX_ROOMS, NO_ROOM, NOT_FOUND, NOT_THERE, TOO_MANY, UNDER_WAY
from networks.oscar.wire import KeepAlive, Signoff
from tests.networks.oscar.play import (
    CHAT,
    FOUND,
    KEY,
    NAV,
    ROOM,
    SETTINGS,
    Dialled,
    found,
    info,
    inside,
    join,
    online,
    opens,
    reply,
    sent,
    snac,
    where,
)
from tests.servers.oscar_wire import Reader, name8, tlvs, u8, u16

TOKEN = Token("1")
COOKIE = b"12345678"
ID = MessageId(COOKIE.hex())


def say(body: str, token: str = "2") -> SendMessage:
    return SendMessage(chat=ROOM, body=body, token=Token(token))


# Joining.


def test_join() -> None:
    play = opens(found(), 0x0E, CHAT)
    (
        play
        >> snac("0e/03", info("Romeo") + info("Juliet"), CHAT)
        << Entered(ROOM, "Juliet", ("Romeo", "Juliet"), TOKEN)
        >> snac("0e/02", KEY + u8(2) + u16(1) + tlvs((0xD1, u16(300))), CHAT)
        >> join(token="2")
        << Entered(ROOM, "Juliet", ("Romeo", "Juliet"), Token("2"))
    ).end()


def test_what_chatnav_is_asked() -> None:
    play = online() >> join("#balcony%5")
    play.skip()
    opens(play, 0x0D, NAV) << sent("0d/08", None, NAV)
    reader = Reader(play.last("0d/08"))
    assert (reader.u16(), reader.name8(), reader.u16(), reader.u8()) == (5, "create", 0xFFFF, 1)
    assert reader.counted_tlvs().text(0xD3) == "balcony"
    play >> reply("0d/01", u16(0x14)) << Denied(TOKEN, Reason.NOT_FOUND, NOT_FOUND)
    (play >> join("#other", "2") << sent("0d/08", None, NAV)).end()


def test_two_at_once() -> None:
    """One ChatNav for both."""
    play = online() >> join() << sent("01/04") >> join("#mantua", "2") >> join(token="3")
    play << Denied(Token("3"), Reason.CONFLICT, UNDER_WAY)
    (opens(play, 0x0D, NAV) << sent("0d/08", None, NAV) << sent("0d/08", None, NAV)).end()


def test_server_without_rooms() -> None:
    play = online() >> join() << sent("01/04") >> reply("01/01", u16(6))
    words = "The server has no such service."
    (play << Denied(TOKEN, Reason.NOT_SUPPORTED, words)).end()


def test_chatnav_cannot_be_reached() -> None:
    play = online() >> join() << sent("01/04") >> reply("01/05", where(0x0D))
    play << Dialled("chat.verona.lit", 5192, NAV) >> Lost("refused", NAV)
    play << Denied(TOKEN, Reason.UNAVAILABLE, "refused")
    (play >> join() << sent("01/04")).end()


def test_room_cannot_be_reached() -> None:
    play = found() >> reply("01/05", where(0x0E), to="01/04")
    play << Dialled("chat.verona.lit", 5192, CHAT) >> Lost("refused", CHAT)
    play << Denied(TOKEN, Reason.UNAVAILABLE, "refused")
    (play >> join() << sent("0d/08", None, NAV)).end()


@pytest.mark.parametrize("mark", [b"", tlvs((0x8E, u8(2)))])
def test_nothing_but_tls(mark: bytes) -> None:
    settings = SETTINGS.model_copy(update={"tls": True})
    play = online(settings=settings)
    play >> join() << sent("01/04", u16(0x0D) + tlvs((0x8C, b"")))
    play >> reply("01/05", where(0x0D) + mark)
    (play << Dialled("chat.verona.lit", 5192, NAV, Tls())).end()


def test_tls_by_the_word_of_the_server() -> None:
    play = online()
    play.fsm.oscar.is_encrypted = True
    play >> join() << sent("01/04", u16(0x0D) + tlvs((0x8C, b"")))
    play >> reply("01/05", where(0x0D)) << Dialled("chat.verona.lit", 5192, NAV)
    play.end()


def test_service_that_never_gets_ready() -> None:
    play = online() >> join() << sent("01/04") >> reply("01/05", where(0x0D))
    play.skip()
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep") << HangUp(NAV)
    play >> Lost("closed by us", NAV) << Denied(TOKEN, Reason.UNAVAILABLE, "closed by us")
    play.end()


def test_room_that_never_lets_us_in() -> None:
    play = opens(found(), 0x0E, CHAT)
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep") << HangUp(CHAT)
    (play >> Lost("closed by us", CHAT) << Denied(TOKEN, Reason.UNAVAILABLE, "closed by us")).end()


def test_being_in_a_room_takes_no_timer() -> None:
    play = inside() >> reply("04/17", to="04/10") >> Timer("sweep")
    assert not play.fsm.oscar.is_sweeping


def test_bos_never_says_where() -> None:
    play = online() >> join() << sent("01/04")
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep")
    (play << Denied(TOKEN, Reason.TIMEOUT, "The server did not answer.")).end()


def test_chatnav_finds_nothing() -> None:
    play = online() >> join()
    play.skip()
    opens(play, 0x0D, NAV) << sent("0d/08", None, NAV) >> reply("0d/09", tlvs((0x02, u8(10))))
    (play << Denied(TOKEN, Reason.NOT_FOUND, NOT_FOUND)).end()


def test_not_a_room() -> None:
    (online() >> join("romeo") << Denied(TOKEN, Reason.NOT_FOUND, NO_ROOM)).end()


def test_too_many() -> None:
    play = online()
    for number in range(MAX_ROOMS):
        (play >> join(f"#{number}")).skip()
    (play >> join() << Denied(TOKEN, Reason.TOO_MUCH, TOO_MANY)).end()


# Coming and going.


def test_others() -> None:
    (
        inside("Romeo")
        >> snac("0e/03", info("Nurse"), CHAT)
        << Came(ROOM, "Nurse")
        >> snac("0e/03", info("NURSE"), CHAT)
        >> snac("0e/04", info("nurse"), CHAT)
        << Went(ROOM, "NURSE")
        >> snac("0e/04", info("stranger"), CHAT)
        >> snac("0e/04", info("Juliet"), CHAT)
    ).end()


def test_leave() -> None:
    play = inside() >> say("Hi") << sent("0e/05", None, CHAT) >> LeaveRoom(room=ROOM)
    play << Denied(Token("2"), Reason.GONE, NOT_THERE)
    play << HangUp(CHAT) << Exited(ROOM, Departure.LEFT)
    play >> Lost("closed by us", CHAT) >> LeaveRoom(room=ROOM)
    play >> snac("0e/03", info("Nurse"), CHAT)
    (play >> join(token="3") << sent("0d/08", None, NAV)).end()


def test_leave_at_any_time_before_we_are_in() -> None:
    gone = Denied(TOKEN, Reason.GONE, LEFT)
    early = online() >> join() << sent("01/04") >> LeaveRoom(room=ROOM) << gone
    opens(early, 0x0D, NAV) << sent("0d/08", None, NAV)
    (early >> reply("0d/09", FOUND)).end()
    asked = found() >> LeaveRoom(room=ROOM) << gone
    (asked >> reply("01/05", where(0x0E), to="01/04")).end()
    late = opens(found(), 0x0E, CHAT) >> LeaveRoom(room=ROOM) << HangUp(CHAT) << gone
    late.end()


def test_lost() -> None:
    play = (inside() >> say("Hi")).skip()
    words = "closed by the server"
    play >> Lost(words, CHAT) << Denied(Token("2"), Reason.UNAVAILABLE, words)
    (play << Exited(ROOM, Departure.LOST, words)).end()


def test_end() -> None:
    play = inside() >> Got(Signoff())
    assert play.done[0].news == Exited(ROOM, Departure.LOST, "The server has signed us off.")
    play = found() >> Got(Signoff())
    assert play.done[0].news == Denied(TOKEN, Reason.TIMEOUT, "The server has signed us off.")


def test_sign_of_life() -> None:
    play = inside() >> Timer("ping") << Send(KeepAlive())
    (play << Send(KeepAlive(), NAV) << Send(KeepAlive(), CHAT)).end()


# Talking.


def heard(name: str, html: str, *, whisper: bool = False, charset: str = "us-ascii") -> bytes:
    raw = html.encode("utf-16-be" if charset == "unicode-2-0" else "ascii")
    said = tlvs((0x02, charset), (0x03, "en"), (0x01, raw))
    fields = tlvs((0x03, info(name)), (0x05, said))
    return COOKIE + u16(3) + fields + (b"" if whisper else tlvs((0x01, b"")))


def test_say() -> None:
    play = inside() >> say("Hi *all*") << sent("0e/05", None, CHAT)
    reader = Reader(play.last("0e/05"))
    cookie, channel, fields = reader.take(8), reader.u16(), reader.tlvs()
    assert channel == 3
    assert fields[0x01] == fields[0x06] == b""
    inner = Reader(fields[0x05]).tlvs()
    assert inner.text(0x01) == "<HTML><BODY>Hi <B>all</B></BODY></HTML>"
    id = MessageId(cookie.hex())
    play >> reply("0e/06", heard("Juliet", "Hi")) << Delivered(ROOM, Token("2"), "Hi *all*", id)
    play.end()


def test_what_another_client_of_ours_says() -> None:
    play = inside() >> snac("0e/06", heard("Juliet", "Hi"), CHAT)
    (play << Said(ROOM, "Juliet", "Hi", True, ID, is_room=True)).end()


def test_long() -> None:
    play = inside() >> say("word " * 300)
    assert len(play.done) == 2
    assert all(len(effect.frame.data) < 1100 for effect in play.done)
    play.skip()
    ids = [effect.frame.request_id for effect in play.sent[-2:]]
    play >> snac("0e/06", heard("Juliet", "x"), CHAT, id=ids[0])
    play >> snac("0e/06", heard("Juliet", "x"), CHAT, id=ids[1])
    assert isinstance(play.done[0].news, Delivered)


def test_roll() -> None:
    play = inside() >> say("//roll") << Delivered(ROOM, Token("2"), "//roll")
    (play << sent("0e/05", None, CHAT)).end()


def test_hear() -> None:
    play = inside("Romeo") >> snac("0e/06", heard("romeo", "<B>O</B>"), CHAT)
    play << Said(ROOM, "Romeo", "<B>O</B>", True, ID, is_room=True)
    play >> snac("0e/06", heard("OnlineHost", "rolled 6"), CHAT)
    play << Said(ROOM, "OnlineHost", "rolled 6", True, ID, is_room=True)
    play >> snac("0e/06", heard("romeo", "Ромео", charset="unicode-2-0"), CHAT)
    (play << Said(ROOM, "Romeo", "Ромео", True, ID, is_room=True)).end()


def test_whisper() -> None:
    play = inside("Romeo") >> snac("0e/06", heard("Romeo", "psst", whisper=True), CHAT)
    said = Said(ChatId("romeo"), "Romeo", "psst", True, ID, whisper_in=ROOM)
    (play << said >> snac("0e/06", COOKIE + u16(3), CHAT)).end()


def test_say_where_we_are_not() -> None:
    denied = Denied(Token("2"), Reason.NOT_ACCEPTABLE, NOT_THERE)
    (online() >> say("Hi") << denied).end()
    (found() >> say("Hi") << denied).end()


def test_say_nothing() -> None:
    play = inside() >> say(" \n ")
    assert play.done[0].news.reason is Reason.NOT_ACCEPTABLE


def test_say_too_much() -> None:
    play = inside() >> say("word " * 60_000)
    assert play.done[0].news.reason is Reason.TOO_MUCH


# Invitations.


def invite(name: str, reason: str = "") -> Invite:
    return Invite(room=ROOM, person=PersonId(name), token=Token("2"), reason=reason)


@pytest.mark.parametrize(("reason", "text"), [("", "Join me in this chat."), ("Come!", "Come!")])
def test_invite(reason: str, text: str) -> None:
    play = inside() >> invite("Romeo", reason) << sent("04/06")
    reader = Reader(play.last("04/06"))
    cookie, channel, name = reader.take(8), reader.u16(), reader.name8()
    assert (channel, name) == (2, "romeo")
    offer = Reader(reader.tlvs()[0x05])
    assert offer.u16() == 0
    assert offer.take(8) == cookie
    assert offer.take(16).hex() == "748f2420628711d18222444553540000"
    fields = offer.tlvs()
    assert (fields.text(0x0C), fields[0x2711]) == (text, KEY)
    ack = cookie + u16(2) + name8("romeo")
    (play >> reply("04/0c", ack) << Answered(Token("2"))).end()


def test_invite_refused() -> None:
    play = inside() >> invite("Romeo") << sent("04/06") >> reply("04/01", u16(9))
    words = "Their client does not support that."
    (play << Denied(Token("2"), Reason.NOT_SUPPORTED, words)).end()
    (inside() >> invite("") << Denied(Token("2"), Reason.NOT_FOUND, "That is nobody's name.")).end()
    (online() >> invite("Romeo") << Denied(Token("2"), Reason.NOT_ACCEPTABLE, NOT_THERE)).end()


def invitation(cookie: str, exchange: int = 4) -> bytes:
    offer = u16(0) + COOKIE + bytes.fromhex("748f2420628711d18222444553540000")
    key = u16(exchange) + name8(cookie) + u16(0)
    offer += tlvs((0x0A, u16(1)), (0x0F, b""), (0x0C, "Come!"), (0x2711, key))
    return COOKIE + u16(2) + info("Romeo") + tlvs((0x05, offer))


def test_invited() -> None:
    play = online() >> snac("04/07", invitation("4-0-verona")) << Invited(ROOM, "Romeo", "Come!")
    play >> snac("04/07", invitation("5-0-lounge", 5))
    play << Invited(ChatId("#lounge%5"), "Romeo", "Come!")
    (play >> join() << sent("01/04", u16(0x0D))).end()


def test_invited_to_a_room_with_an_uncommon_cookie() -> None:
    """Then ChatNav could not find it by the name we made of it."""
    play = (
        online()
        >> snac("04/07", invitation("!verona"))
        << Invited(ChatId("#!verona"), "Romeo", "Come!")
    )
    key = u16(4) + name8("!verona") + u16(0)
    play >> join("#!verona") << sent("01/04", u16(0x0E) + tlvs((0x01, key)))
    (
        play
        >> reply("01/01", u16(4))
        << Denied(
            TOKEN,
            Reason.UNAVAILABLE,
            "They are not online, do not exist, or do not want to be reached.",
        )
    )
    (play >> join("#!verona") << sent("01/04", u16(0x0D))).end()
