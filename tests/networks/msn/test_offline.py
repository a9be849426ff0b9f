"""Messages that wait, for us and for others."""

import pytest

from gateway.commands import SendMessage
from gateway.errors import Reason
from gateway.fsm import Fetch
from gateway.ids import ChatId, Token
from networks.msn.challenge import PRODUCTS, answer
from networks.msn.news import Delivered, Denied, Noticed, Remember, Said
from networks.msn.offline import AT_ONCE, TOLD, TOLD_SECONDS
from networks.msn.services import UNREADABLE
from tests.networks.msn.play import (
    BOB,
    DONE,
    Answer,
    MsnPlaybook,
    asked,
    fault,
    online,
    recorded,
    soap,
)
from tests.servers.msn_transcript import answers, read

MAIL = next(
    step.data for step in read("oim") if b"Mail-Data: <MD>" in step.data and b"<M>" in step.data
)


def notification(*ids: str) -> str:
    """With one message for each."""
    listed = "".join(
        f"<M><T>11</T><RT>2026-11-23T05:00:0{n}Z</RT><E>{BOB}</E><I>{id}</I><N>Bob</N></M>"
        for n, id in enumerate(ids)
    )
    return (
        "MSG Hotmail Hotmail\nMIME-Version: 1.0\r\n"
        "Content-Type: text/x-msmsgsinitialmdatanotification; charset=UTF-8\r\n\r\n"
        f"Mail-Data: <MD>{listed}</MD>\r\n"
    )


def mail(text: str, number: int) -> Answer:
    written = (
        f"From: Bob &lt;{BOB}&gt;\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        "X-OIM-Run-Id: {1}\r\n"
        f"X-OIM-Sequence-Num: {number}\r\n\r\n{text}"
    )
    return soap(
        f"<GetMessageResponse><GetMessageResult>{written}</GetMessageResult></GetMessageResponse>"
    )


def remember(*ids: str) -> Remember:
    return Remember(TOLD, " ".join(ids), TOLD_SECONDS)


# For us.


def test_told_in_order_and_then_deleted() -> None:
    play = (
        online()
        >> notification("b", "a")
        << asked("GetMessage", "<messageId>b<")
        >> mail("second", 2)
        << asked("GetMessage", "<messageId>a<")
        >> mail("first", 1)
    )
    said = play.told(Said)
    assert [one.body for one in said] == ["first", "second"]
    assert all(one.sent_at for one in said)
    assert (said[0].chat, said[0].who) == (BOB, BOB)
    play.done = [effect for effect in play.done if getattr(effect, "news", 0) not in said]
    (
        play
        << remember("a", "b")
        << asked("DeleteMessages", "<messageId>b<", "<messageId>a<")
        >> DONE
        << remember()
    ).end()


def test_recorded() -> None:
    """What a real server has listed and sent, however it did."""
    play = online() >> f"MSG Hotmail Hotmail\n{MAIL.decode().partition(chr(13) + chr(10))[2]}"
    told = []
    for step in answers("oim", "GetMessage"):
        if not any(isinstance(e, Fetch) and e.name == "GetMessage" for e in play.done):
            break
        play = play.skip() >> Answer(step.data, step.status)
        told += play.told(Said)
    assert told


def test_nothing_waits() -> None:
    (online() >> notification()).end()
    (online() >> "MSG Hotmail Hotmail\nContent-Type: text/x-msmsgsprofile\r\n\r\n").end()
    (online() >> "MSG Hotmail Hotmail\n").end()


NEWS = "MSG Hotmail Hotmail\nContent-Type: text/x-msmsgsoimnotification\r\n\r\nMail-Data: "


def test_more_than_is_listed() -> None:
    metadata = f"<MD><M><T>11</T><E>{BOB}</E><I>a</I><N>Bob</N></M></MD>"
    (
        online()
        >> f"{NEWS}too-large\r\n"
        << asked("GetMetadata")
        >> soap(f"<GetMetadataResponse>{metadata}</GetMetadataResponse>")
        << asked("GetMessage", "<messageId>a<")
    ).end()


def test_more_than_are_fetched_at_once() -> None:
    """Servers list them in any order; the oldest are told first all the same."""
    listed = "".join(
        f"<M><T>11</T><RT>2026-11-23T05:00:{n:02}Z</RT><E>{BOB}</E><I>{n}</I><N>Bob</N></M>"
        for n in reversed(range(AT_ONCE + 1))
    )
    play = (online() >> f"{NEWS}<MD>{listed}</MD>\r\n").skip()
    for n in range(AT_ONCE):
        assert f"<messageId>{n}<".encode() in play.fetches[-1].body
        play = play.skip() >> mail(str(n), n)
    assert [one.body for one in play.told(Said)] == [str(n) for n in range(AT_ONCE)]
    assert play.fetches[-1].name == "DeleteMessages"


def test_list_that_cannot_be_read() -> None:
    (online() >> f"{NEWS}<MD>\r\n" << asked("GetMetadata")).end()


def test_told_and_not_deleted() -> None:
    """Not even in the next session are they told again."""
    play = (online() >> notification("a")).skip()
    play = (play >> mail("Hi", 1)).skip() >> fault("Oh")
    words = "The server refused it (Oh)."
    (play << Noticed(f"Offline messages could not be fetched: {words}  They are kept.")).end()
    (
        online(memory={TOLD: "a"})
        >> notification("a")
        << remember("a")
        << asked("DeleteMessages", "<messageId>a<")
        >> DONE
        << remember()
    ).end()


def test_one_that_cannot_be_read() -> None:
    """The others are told and deleted; it stays."""
    play = (online() >> notification("a", "b")).skip()
    play = play >> soap("<GetMessageResponse/>")
    words = f"An offline message of {BOB} cannot be fetched: {UNREADABLE}"
    play = play << Noticed(words) << asked("GetMessage", "<messageId>b<") >> mail("Hi", 1)
    assert [one.body for one in play.told(Said)] == ["Hi"]
    assert play.fetches[-1].name == "DeleteMessages"
    assert b"<messageId>a<" not in play.fetches[-1].body


def test_only_one_and_it_cannot_be_read() -> None:
    play = (online() >> notification("a")).skip() >> fault("Oh")
    words = f"An offline message of {BOB} cannot be fetched: The server refused it (Oh)."
    (play << Noticed(words)).end()


def test_message_that_is_gone() -> None:
    play = (online() >> notification("a")).skip() >> Answer(b"", failure="no answer in 60 s")
    assert [news.text for news in play.told(Noticed)] == [
        "Offline messages could not be fetched: no answer in 60 s  They are kept."
    ]


# For others.


def send(body: str = "Hi") -> SendMessage:
    return SendMessage(chat=ChatId(BOB), body=body, token=Token("1"))


def locked(challenge: str) -> Answer:
    return Answer(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        "<faultcode>q0:AuthenticationFailed</faultcode><faultstring>No</faultstring><detail>"
        f"<LockKeyChallenge>{challenge}</LockKeyChallenge></detail></s:Fault></s:Body></s:Envelope>".encode(),
        500,
    )


def test_left_for_who_is_offline() -> None:
    challenge = "22210219642164014968"
    key = answer(challenge, PRODUCTS["MSNP15"])
    play: MsnPlaybook = (
        online()
        >> send()
        << asked("Store2", 'lockkey=""', "<MessageNumber>1<")
        >> locked(challenge)
        << asked("Store2", f'lockkey="{key}"', "<MessageNumber>1<")
        >> DONE
        << Delivered(ChatId(BOB), Token("1"), "Hi")
        >> send("How are you?")
        << asked("Store2", f'lockkey="{key}"', "<MessageNumber>2<")
        >> DONE
        << Delivered(ChatId(BOB), Token("1"), "How are you?")
    )
    play.end()
    runs = {fetch.body.partition(b"X-OIM-Run-Id: ")[2][:38] for fetch in play.fetches[-2:]}
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("SystemUnavailable", Reason.UNAVAILABLE),
        ("SenderThrottleLimitExceeded", Reason.TOO_MUCH),
        ("InvalidContent", Reason.NOT_ACCEPTABLE),
        ("Whatever", Reason.FULL),
    ],
)
def test_not_kept(code: str, reason: Reason) -> None:
    play = (online() >> send()).skip() >> fault(code)
    assert [news.reason for news in play.told(Denied)] == [reason]


def test_lock_that_does_not_open() -> None:
    play = (online() >> send()).skip() >> locked("1")
    play = play.skip() >> locked("1")
    assert [news.reason for news in play.told(Denied)] == [Reason.FULL]


def test_recorded_answer() -> None:
    play = (online() >> send()).skip() >> recorded("oim", "Store2")
    assert play.told(Delivered) or play.fetches[-1].name == "Store2"
