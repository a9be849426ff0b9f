"""The FSM against the server's side of what was recorded at two real servers."""

from typing import Any

import pytest

from gateway.commands import SendMessage, SetTyping
from gateway.events import Offline, Typing
from gateway.fsm import MAIN
from gateway.ids import ChatId, Token
from networks.oscar import news
from networks.oscar.fsm import OscarFsm
from tests.networks.oscar.play import how
from tests.networks.oscar.replay import Replay

PASSWORDS = {
    "GwPeer": "unknown",
    "ProbeAlice": "alicepw1",
    "Probe Bob": "bobpw123",
    "100001": "icqpw1",
    "100002": "icqpw2",
    "100003": "icqpw3",
    "200001": "icqpw1",
    "200002": "icqpw2",
}

SIGN_ON = {"01/17", "01/06", "01/08", "01/0e", "13/07", "04/02", "02/04", "01/02"}

EVERYBODY = [
    ("ProbeAlice", "aim_pair", "alice"),
    ("Probe Bob", "aim_pair", "bob2"),
    ("100001", "icq_pair", "x"),
    ("100002", "icq_pair", "y2"),
    ("200001", "iserverd_icq", "x"),
    ("200002", "iserverd_icq", "y2"),
]


def replay(name: str, transcript: str, label: str) -> Replay:
    fsm = OscarFsm(how(name, PASSWORDS[name]))
    return Replay(fsm, transcript, {f"{label}@auth": "auth", label: MAIN})


def played(name: str, transcript: str, label: str) -> Replay:
    play = replay(name, transcript, label)
    play.run()
    return play


def texts(play: Replay) -> list[str]:
    return [said.text for said in play.told(news.Said)]


@pytest.mark.parametrize(("name", "transcript", "label"), EVERYBODY)
def test_signs_on_as_the_recorded_client_did(name: str, transcript: str, label: str) -> None:
    play = replay(name, transcript, label)
    play.run_to("17/02")
    assert play.meant("17/02") == play.recorded("17/02")  # The same hash of the password.
    play.run_to("01/02")
    assert {sent.kind for sent in play.sent} >= SIGN_ON
    assert play.told(news.Welcomed) == [news.Welcomed(name)]
    assert len(play.told(news.Listed)) == 1


def test_list_that_the_server_keeps() -> None:
    (listed,) = played("Probe Bob", "aim_pair", "bob2").told(news.Listed)
    assert listed.buddies == (news.Buddy("probealice", "", ("Buddies",), False),)


def test_what_an_aim_user_hears() -> None:
    play = played("Probe Bob", "aim_pair", "bob")
    assert texts(play)[:4] == ["hello bob, plain ascii", "привет ✓ 😀", "café", "auto reply text"]
    assert [said.is_automatic for said in play.told(news.Said)] == [False] * 3 + [True, False]
    assert len(texts(play)[4]) == 7000


def test_what_an_icq_user_hears() -> None:
    """On channels 1, 2 and 4, as open-oscar-server leaves it."""
    assert texts(played("100002", "icq_pair", "y")) == [
        "plain ascii from x",
        "юникод",
        "html & x",
        "a<b and <i>юни</i>",
        "if a < b then c",
        "two\n\nlines",
        "\u0a05\u0a2e",
        "channel two text",
        "ch4 plain",
        "look here\nhttp://127.0.0.1/",
    ]


def test_what_an_icq_user_hears_at_iserverd() -> None:
    said = texts(played("200002", "iserverd_icq", "y"))
    assert said[:4] == ["hello ascii", "юникод", "<b>html</b> a & b <c>", "café"]


@pytest.mark.parametrize(
    ("name", "transcript", "expected"),
    [
        ("100002", "icq_pair", ["offline ascii", "оффлайн"]),
        ("200002", "iserverd_icq", ["offline one", "оффлайн"]),
    ],
)
def test_stored_messages_come_once(name: str, transcript: str, expected: list[str]) -> None:
    """UTF-8 at the one server, UTF-16 without a word about it at the other."""
    play = played(name, transcript, "y2")
    assert texts(play) == expected
    assert all(said.sent_at is not None for said in play.told(news.Said))


def test_stored_message_of_the_other_network() -> None:
    assert texts(played("100003", "cross", "x2")) == ["offline from aim"]


def test_how_others_are() -> None:
    """Away, idle, invisible, blocked and away again, as the recorded ones were."""
    seen = played("Probe Bob", "aim_pair", "bob").told(news.Seen)
    changes: list[Any] = []
    for one in seen:
        change = one.is_online, one.is_away, one.idle_minutes
        if not changes or changes[-1] != change:
            changes.append(change)
    here, gone = (True, False, 0), (False, False, 0)
    assert changes == [here, (True, True, 0), here, (True, False, 10), here, gone, here, gone, here]


def test_icq_status() -> None:
    seen = played("100002", "icq_pair", "y").told(news.Seen)
    statuses = [one.status for one in seen if one.status is not None]
    for status in (0x01, 0x05, 0x11, 0x13, 0x20, 0x10000001):
        assert status in statuses


def test_somebody_asks_to_be_authorised() -> None:
    play = played("100002", "icq_pair", "y")
    assert play.told(news.Requested) == [news.Requested("100001", "please let me add you")]


def test_a_message_and_its_acknowledgement() -> None:
    play = replay("100001", "icq_pair", "x")
    play.run_to("04/06")
    text = "plain ascii from x"
    play.give(SendMessage(chat=ChatId("100002"), body=text, token=Token("1")))
    assert play.meant("04/06") == play.recorded("04/06")
    play.run()
    assert [news.token for news in play.told(news.Delivered)] == ["1"]


def test_typing() -> None:
    play = replay("100001", "icq_pair", "x")
    play.run_to("04/14")
    play.give(SetTyping(chat=ChatId("100002"), typing=Typing.COMPOSING))
    assert play.meant("04/14") == play.recorded("04/14")


def test_messages_to_somebody_and_to_nobody() -> None:
    """The recorded client wrote five to a friend, and one to a name that nobody has."""
    play = replay("ProbeAlice", "aim_pair", "alice")
    for number, name in enumerate([*["probebob"] * 5, "nosuchuser99"]):
        play.run_to("04/06")
        play.give(SendMessage(chat=ChatId(name), body="Hi", token=Token(str(number))))
        play.fire_all("rate")
    play.run_to("13/0a")
    assert {one.token for one in play.told(news.Delivered)} == {"0", "1", "2", "3", "4"}
    assert [one.token for one in play.told(news.Denied)] == ["5"]


def test_away_text_of_libpurple() -> None:
    aways = [seen.away for seen in played("GwPeer", "interop_aim", "probe").told(news.Seen)]
    assert "gone fishing" in aways


def test_pushed_out_by_another_client() -> None:
    (ended,) = played("200001", "iserverd_icq", "x").told(news.Ended)
    assert ended.why is Offline.REPLACED
    assert ended.detail == "New client with same uin connected"


def test_the_short_signoff_does_not_confuse() -> None:
    """Four bytes without a length, then the end of the stream."""
    (ended,) = played("ProbeAlice", "old_client_kick", "alice").told(news.Ended)
    assert ended.why in (Offline.NETWORK, Offline.REPLACED)
