"""Messages, typing, warnings, and messages that were stored."""

from datetime import UTC, datetime

import pytest

from gateway.commands import SendMessage, SetPresence, SetTyping
from gateway.errors import Reason
from gateway.events import Show, Typing
from gateway.fsm import Tell, Timer
from gateway.ids import ChatId, Token
from networks.oscar.answers import ERRORS, PERHAPS_KEPT
from networks.oscar.ids import message_id
from networks.oscar.messages import NOBODY, NOTHING, TOO_FAST
from networks.oscar.news import (
    Accepted,
    Changed,
    Declined,
    Delivered,
    Denied,
    Noticed,
    Remember,
    Requested,
    Said,
    Typed,
)
from tests.networks.oscar.frames import WARNED
from tests.networks.oscar.play import (
    OscarPlaybook,
    info,
    item,
    online,
    reply,
    sent,
    snac,
)
from tests.servers import oscar_text
from tests.servers.oscar_wire import Reader, name8, tlvs, u16, u32

ROMEO, TOKEN = ChatId("romeo"), Token("1")
COOKIE = b"12345678"
ID = message_id(COOKIE)
HEAD = 8 + 2 + 1


def say(body: str, chat: str = "romeo", token: str = "1") -> SendMessage:
    return SendMessage(chat=ChatId(chat), body=body, token=Token(token))


def ack(play: OscarPlaybook, chat: str = "romeo") -> bytes:
    return Reader(play.last("04/06")).take(8) + u16(1) + name8(chat)


def heard(name: str, *fields: tuple[int, bytes], channel: int = 1, cookie: bytes = COOKIE) -> bytes:
    """04/07"""
    return cookie + u16(channel) + info(name) + tlvs(*fields)


def text(words: str) -> tuple[int, bytes]:
    return 0x02, oscar_text.message(words)


WANTS_TYPING = (0x0B, b"")

# Out.


def test_acknowledged() -> None:
    play = online() >> say("Hi") << sent("04/06")
    reader = Reader(play.last("04/06"))
    cookie, channel, name, fields = reader.take(8), reader.u16(), reader.name8(), reader.tlvs()
    assert (channel, name) == (1, "romeo")
    assert oscar_text.read(fields[0x02]) == "Hi"
    assert all(fields[kind] == b"" for kind in (0x03, 0x06, 0x0B))
    (play >> reply("04/0c", ack(play)) << Delivered(ROMEO, TOKEN, "Hi", message_id(cookie))).end()


def test_every_message_has_a_cookie_of_its_own() -> None:
    play = online()
    cookies = set()
    for number in range(3):
        play >> say("Hi", token=str(number)) << sent("04/06")
        cookies.add(play.last("04/06")[:8])
    assert len(cookies) == 3


@pytest.mark.parametrize(
    ("me", "chat", "body", "expected"),
    [
        ("Juliet", "romeo", "a <b> & *c*", "<HTML><BODY>a &lt;b&gt; &amp; <B>c</B></BODY></HTML>"),
        ("100001", "100002", "a <b> & *c*", "a <b> & *c*"),
        ("Juliet", "romeo", "Ромео \U0001f339", "Ромео \U0001f339"),
    ],
)
def test_text(me: str, chat: str, body: str, expected: str) -> None:
    play = online(me) >> say(body, chat)
    fields = play.fields("04/06", HEAD + len(chat))
    assert oscar_text.read(fields[0x02]) == expected


def test_long_text_is_delivered_when_all_of_it_is() -> None:
    body = "word " * 900
    play = online() >> say(body) << sent("04/06") << sent("04/06") << sent("04/06")
    first = message_id(play.sent[-3].frame.data[:8])
    ids = [effect.frame.request_id for effect in play.sent[-3:]]
    play >> snac("04/0c", ack(play), id=ids[0]) >> snac("04/0c", ack(play), id=ids[2])
    play >> snac("04/0c", ack(play), id=ids[2]) >> snac("04/0c", ack(play), id=ids[1])
    (play << Delivered(ROMEO, TOKEN, body, first)).end()


def test_part_of_a_long_text_is_refused() -> None:
    play = online() >> say("word " * 900)
    play.skip()
    play >> reply("04/01", u16(4)) << Denied(TOKEN, *ERRORS[4])
    ids = [effect.frame.request_id for effect in play.sent[-3:]]
    (play >> snac("04/0c", ack(play), id=ids[0]) >> snac("04/0c", ack(play), id=ids[1])).end()


@pytest.mark.parametrize("code", ERRORS)
def test_refused(code: int) -> None:
    play = online() >> say("Hi") << sent("04/06") >> reply("04/01", u16(code))
    (play << Denied(TOKEN, *ERRORS[code])).end()


def test_refused_and_perhaps_kept() -> None:
    """Open-oscar-server says of ICQ's messages to those who are offline that they are, no more."""
    play = online("100002") >> say("Hi", "100001") << sent("04/06") >> reply("04/01", u16(4))
    (play << Denied(TOKEN, *PERHAPS_KEPT)).end()
    play = online("100002") >> say("Hi", "100001") << sent("04/06")
    full = u16(4) + tlvs((0x08, u16(0x0F)))
    (play >> reply("04/01", full) << Denied(TOKEN, *ERRORS[0x17])).end()


def test_refused_with_more_to_say() -> None:
    play = online() >> say("Hi") << sent("04/06")
    play >> reply("04/01", u16(4) + tlvs((0x08, u16(0x0F)))) << Denied(TOKEN, *ERRORS[0x17])
    play >> say("Hi") << sent("04/06") >> reply("04/01", u16(0x1B) + tlvs((0x1B, "Not today")))
    play << Denied(TOKEN, Reason.FULL, "Not today") >> say("Hi") << sent("04/06")
    play >> reply("04/01", u16(0x77))
    (play << Denied(TOKEN, Reason.FULL, "The server refused it (code 77h).")).end()


def test_error_that_cannot_be_read() -> None:
    play = online() >> say("Hi") << sent("04/06") >> reply("04/01", b"\0")
    (play << Denied(TOKEN, Reason.FULL, "The server's answer cannot be understood.")).end()


def test_no_answer() -> None:
    play = online() >> say("Hi") << sent("04/06") >> Timer("sweep") >> Timer("sweep")
    play >> Timer("sweep") << Denied(TOKEN, Reason.TIMEOUT, "The server did not answer.")
    (play >> reply("04/0c", ack(play))).end()


def test_what_cannot_be_sent() -> None:
    play = online() >> say("  \n ") << Denied(TOKEN, Reason.NOT_ACCEPTABLE, NOTHING)
    (play >> say("Hi", "") << Denied(TOKEN, Reason.NOT_FOUND, NOBODY)).end()


def test_as_fast_as_the_server_allows() -> None:
    """Some at once, others when there is room, and what would take minutes is refused."""
    play = online()
    at_once, denied = 0, []
    for number in range(100):
        play >> say("Hi", token=str(number))
        at_once += sent("04/06") in play.done
        denied += [effect.news for effect in play.done if isinstance(effect, Tell)]
        play.skip()
    assert 3 <= at_once <= 7
    assert denied[0] == Denied(Token(str(100 - len(denied))), Reason.TOO_MUCH, TOO_FAST)
    assert 30 < len(denied) < 70
    (play >> Timer("rate:3")).end()  # Measures how long we are silent; a second is too short.
    (play >> Timer("rate:3") << sent("04/06")).end()


# In.


def test_html() -> None:
    (
        online()
        >> snac("04/07", heard("Romeo", text("<HTML><B>Hi</B></HTML>"), WANTS_TYPING))
        << Said(ROMEO, "Romeo", "<HTML><B>Hi</B></HTML>", True, ID)
    ).end()


def test_plain_from_numbers() -> None:
    (
        online("100002")
        >> snac("04/07", heard("100001", text("a <b>")))
        << Said(ChatId("100001"), "100001", "a <b>", False, ID)
    ).end()


@pytest.mark.parametrize(
    ("charset", "data", "expected"),
    [
        (0, b"caf\xe9", "café"),
        (0, "café".encode(), "café"),
        (2, "Ромео".encode("utf-16-be"), "Ромео"),
        (3, b"caf\xe9", "café"),
        (0x0D, "Ромео".encode(), "Ромео"),
    ],
)
def test_charsets(charset: int, data: bytes, expected: str) -> None:
    content = [(oscar_text.TEXT, 1, u16(charset) + u16(0) + data)]
    message = heard("Romeo", (0x02, oscar_text.pack(content)))
    (online() >> snac("04/07", message) << Said(ROMEO, "Romeo", expected, True, ID)).end()


def test_automatic() -> None:
    message = heard("Romeo", text("gone"), (0x04, b""))
    said = Said(ROMEO, "Romeo", "gone", True, ID, is_automatic=True)
    (online() >> snac("04/07", message) << said).end()


def test_stored() -> None:
    message = heard("Romeo", text("Hi"), (0x06, b""), (0x16, u32(1_215_302_400)))
    at = datetime(2008, 7, 6, tzinfo=UTC)
    (online() >> snac("04/07", message) << Said(ROMEO, "Romeo", "Hi", True, ID, at)).end()


def test_the_server_itself() -> None:
    message = heard("OOS System Msg", text("You are <B>warned</B>"), cookie=bytes(8))
    (online() >> snac("04/07", message) << Noticed("You are *warned*")).end()


@pytest.mark.parametrize(
    ("name", "cookie"), [("OOS System Msg", COOKIE), ("Romeo", bytes(8)), ("100001", bytes(8))]
)
def test_nobody_passes_for_the_server(name: str, cookie: bytes) -> None:
    play = online() >> snac("04/07", heard(name, text("Give me your password"), cookie=cookie))
    who, is_html = ChatId(name.replace(" ", "").lower()), not name.isdigit()
    (play << Said(who, name, "Give me your password", is_html, message_id(cookie))).end()


def test_unreadable() -> None:
    words = "Romeo sent a message that cannot be read."
    for message in (
        heard("Romeo"),
        heard("Romeo", (0x02, b"\1\1\0")),
        heard("Romeo", (0x05, b"?"), channel=2),
        heard("Romeo", channel=7),
    ):
        (online() >> snac("04/07", message) << Noticed(words)).end()
    (online() >> snac("04/07", heard("Romeo")[:-1] + b"\xff")).end()


def test_direct_connection() -> None:
    offer = u16(0) + COOKIE + bytes.fromhex("094613434c7f11d18222444553540000")
    words = "Romeo offers a direct connection, which is not possible from here."
    play = online() >> snac("04/07", heard("Romeo", (0x05, offer), channel=2)) << Noticed(words)
    cancel = u16(1) + offer[2:]
    (play >> snac("04/07", heard("Romeo", (0x05, cancel), channel=2))).end()


def test_missed() -> None:
    words = "3 of Romeo's messages did not reach you, because they came too fast."
    other = "1 of Romeo's messages did not reach you, because reason 9."
    play = online() >> snac("04/0a", u16(1) + info("Romeo") + u16(3) + u16(2)) << Noticed(words)
    (play >> snac("04/0a", u16(1) + info("Romeo") + u16(1) + u16(9)) << Noticed(other)).end()


def test_warned() -> None:
    by = "Probe Bob has warned you. Your warning level is 10 % now."
    nobody = "Somebody has warned you. Your warning level is 20.5 % now."
    play = online() >> snac("01/10", WARNED[16:]) << Noticed(by)
    (play >> snac("01/10", u16(205)) << Noticed(nobody)).end()


# Typing.


def typing(what: Typing, chat: str = "romeo") -> SetTyping:
    return SetTyping(chat=ChatId(chat), typing=what)


def test_typing_to_them() -> None:
    def event(number: int) -> bytes:
        return bytes(8) + u16(1) + name8("romeo") + u16(number)

    (
        online()
        >> typing(Typing.COMPOSING)
        << sent("04/14", event(2))
        >> typing(Typing.PAUSED)
        << sent("04/14", event(1))
        >> typing(Typing.ACTIVE)
        << sent("04/14", event(0))
        >> typing(Typing.COMPOSING, "#verona")
        >> snac("04/07", heard("Romeo", text("Hi"), WANTS_TYPING))
        << Said(ROMEO, "Romeo", "Hi", True, ID)
        >> typing(Typing.COMPOSING)
        << sent("04/14", event(2))
        >> snac("04/07", heard("Romeo", text("Hi")))
        << Said(ROMEO, "Romeo", "Hi", True, ID)
        >> typing(Typing.COMPOSING)
    ).end()


def test_typing_where_the_server_hides_who_wants_it() -> None:
    """IServerd makes the fragments of a message anew, and leaves TLV 0b out."""
    (
        online()
        >> snac("04/07", heard("Romeo", text("Hi")))
        << Said(ROMEO, "Romeo", "Hi", True, ID)
        >> typing(Typing.COMPOSING)
        << sent("04/14", bytes(8) + u16(1) + name8("romeo") + u16(2))
    ).end()


def test_typing_to_us() -> None:
    def event(number: int) -> bytes:
        return bytes(8) + u16(1) + name8("Romeo") + u16(number)

    (
        online()
        >> snac("04/14", event(2))
        << Typed(ROMEO, "Romeo", Typing.COMPOSING)
        >> snac("04/14", event(1))
        << Typed(ROMEO, "Romeo", Typing.PAUSED)
        >> snac("04/14", event(0))
        << Typed(ROMEO, "Romeo", Typing.ACTIVE)
        >> snac("04/14", event(15))
        << Typed(ROMEO, "Romeo", Typing.ACTIVE)
        >> snac("04/14", event(99))
    ).end()


# ICQ's own kinds.


def le(value: int, size: int = 2) -> bytes:
    return value.to_bytes(size, "little")


def old(kind: int, words: bytes, sender: int = 100001) -> bytes:
    return le(sender, 4) + bytes([kind, 0]) + le(len(words) + 1) + words + b"\0"


def old_message(kind: int, words: bytes) -> bytes:
    return heard("100001", (0x05, old(kind, words)), channel=4)


NUMBER = ChatId("100001")


def test_old_messages() -> None:
    added = "100001 has added you to their contact list."
    (
        online("100002")
        >> snac("04/07", old_message(1, b"Hi"))
        << Said(NUMBER, "100001", "Hi", False, ID)
        >> snac("04/07", old_message(4, b"Verona\xfehttp://verona.lit"))
        << Said(NUMBER, "100001", "Verona\nhttp://verona.lit", False, ID)
        >> snac("04/07", old_message(6, b"a\xfeb\xfec\xfed\xfe1\xfelet me"))
        << Requested("100001", "let me")
        >> snac("04/07", old_message(7, b"no"))
        << Declined("100001", "no")
        >> snac("04/07", old_message(8, b""))
        >> snac("04/07", old_message(0x0C, b"a\xfeb\xfec\xfed"))
        << Noticed(added)
        >> snac("04/07", old_message(0x0D, b"x\xfe\xfe\xfehi"))
        << Noticed("x\nhi")
    ).end()


def test_granted_in_the_old_way() -> None:
    play = online("100002", items=(item("100001", 0, 1, 0, (0x66, b"")),))
    play >> snac("04/07", old_message(8, b""))
    assert isinstance(play.done.pop(0).news, Changed)
    (play << Remember("feedbag", "") << Accepted("100001")).end()


def relayed(kind: int, words: bytes) -> bytes:
    first = le(9) + bytes(16) + le(0) + le(3, 4) + b"\0" + le(1)
    second = le(1) + bytes(12)
    inside = le(len(first)) + first + le(len(second)) + second
    inside += bytes([kind, 0]) + le(0) + le(0) + le(len(words) + 1) + words + b"\0"
    offer = u16(0) + COOKIE + bytes.fromhex("094613494c7f11d18222444553540000")
    offer += tlvs((0x0A, u16(1)), (0x0F, b""), (0x2711, inside))
    return heard("100001", (0x05, offer), channel=2)


def test_relayed() -> None:
    play = online("100002") >> snac("04/07", relayed(1, b"Hi"))
    play << Said(NUMBER, "100001", "Hi", False, ID) << sent("04/0b")
    assert play.last("04/0b")[:8] == COOKIE
    play >> snac("04/07", relayed(4, b"x\xfey"))
    (play << Said(NUMBER, "100001", "x\ny", False, ID) << sent("04/0b")).end()


def test_asked_for_our_away_text() -> None:
    play = online("100002") >> SetPresence(show=Show.AWAY, status="Gone")
    play.skip()
    (play >> snac("04/07", relayed(0xE8, b"")) << sent("04/0b")).end()
    assert play.last("04/0b").endswith(b"Gone\0")


# Stored.


def test_all_of_aim() -> None:
    play = online()
    (play >> reply("04/17", to="04/10") >> reply("04/17", to="04/10")).end()


def icq(kind: int, body: bytes = b"") -> bytes:
    inside = le(100002, 4) + le(kind) + le(1) + body
    return tlvs((0x01, le(len(inside)) + inside))


def stored(kind: int, words: bytes, month: int = 7) -> bytes:
    when = le(2008) + bytes([month, 6, 10, 30])
    return icq(0x41, le(100001, 4) + when + bytes([kind, 0]) + le(len(words) + 1) + words + b"\0")


def test_all_of_icq() -> None:
    at = datetime(2008, 7, 6, 10, 30, tzinfo=UTC)
    play = online("100002")
    play >> reply("15/03", stored(1, "Привет".encode()), flags=1, to="15/02")
    play << Said(NUMBER, "100001", "Привет", False, None, at)
    play >> reply("15/03", stored(1, "Привет".encode("utf-16-be")), to="15/02")
    play << Said(NUMBER, "100001", "Привет", False, None, at)
    play >> reply("15/03", stored(1, b"Hi", month=13), to="15/02")
    play << Said(NUMBER, "100001", "Hi", False)
    play >> reply("15/03", stored(6, b"a\xfeb\xfec\xfed\xfe1\xfelet me"), to="15/02")
    play << Requested("100001", "let me")
    play >> reply("15/03", icq(0x42), to="15/02") << sent("15/02")
    assert play.last("15/02")[10:12] == b"\x3e\x00"
    (play >> snac("15/03", icq(0x42), id=1)).end()
