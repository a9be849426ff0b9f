"""The FSM against the server's side of what was recorded at a real server."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.commands import (
    AddContact,
    AskAttention,
    Authorize,
    Block,
    ChangeContact,
    ChangeNick,
    Invite,
    JoinRoom,
    Logout,
    RemoveContact,
    SendMessage,
    SetPresence,
    SetTyping,
)
from gateway.errors import Reason
from gateway.events import Offline, Show, Typing
from gateway.fsm import MAIN
from gateway.ids import ChatId, PersonId, Token
from networks.msn import news
from networks.msn.sso import Site, parse_tickets
from networks.msn.text import MAX_PAYLOAD, outgoing
from tests.networks.msn.replay import PLAIN_TEXT, Meaning, Replay, how
from tests.servers.msn_keys import sso_problem
from tests.servers.msn_transcript import answers

LOGIN = ("VER", "CVR", "USR", "BLP", "ADL", "PRP", "UUX", "CHG", "/RST.srf", "FindMembership")

ALICE, BOB, CAROL, DAVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dave"))


def say(who: str, body: str, token: str = "1") -> SendMessage:
    return SendMessage(chat=ChatId(who), body=body, token=Token(token))


def texts(play: Replay) -> list[str]:
    return [said.body for said in play.told(news.Said)]


def ended(play: Replay) -> news.Ended:
    [one] = play.told(news.Ended)
    assert play.stopped
    return one


def names(counted: Counter[Meaning]) -> list[str]:
    """Of requests to the services."""
    return sorted(meaning[1] for meaning in counted.elements())


# Log-in.

PEOPLE = [
    ("alice", "login_chat", "Alice é <A>", "MSNP15"),
    ("bob", "login_chat", "Bob", "MSNP15"),
    ("alice", "contacts", "alice", "MSNP15"),
    ("dave", "contacts", "dave", "MSNP15"),
    ("alice", "twn_msnp13", "alice", "MSNP13"),
    ("alice", "twn_msnp14", "alice", "MSNP14"),
]


@pytest.mark.parametrize(("who", "transcript", "name", "protocol"), PEOPLE)
def test_logs_in_as_the_recorded_client_did(
    who: str, transcript: str, name: str, protocol: str
) -> None:
    play = Replay(how(who, protocol, nick=name), transcript)
    while not any(b"CHG" in step.data for step in play.steps[: play.at] if step.who == who):
        play.step()
    meant, recorded = play.meant(*LOGIN), play.recorded(*LOGIN)
    if protocol != "MSNP15":  # Their recorded client announced a part of its list.
        meant, recorded = (without(counted, "ADL") for counted in (meant, recorded))
    assert meant == recorded
    assert play.told(news.Welcomed) == [news.Welcomed(f"{who}@example.com")]
    assert len(play.told(news.Listed)) == 1
    assert not play.stopped


def without(counted: Counter[Meaning], name: str) -> Counter[Meaning]:
    return Counter({meaning: n for meaning, n in counted.items() if meaning[0] != name})


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_proves_that_it_knows_the_secret(who: str) -> None:
    play = Replay(how(who), "login_chat")
    play.run()
    [rst] = [one for one in play.steps if one.who == who and b"BinarySecret" in one.data]
    tickets = parse_tickets(rst.status, rst.data)
    assert isinstance(tickets, dict)
    asked = next(s.data for s in play.steps if s.who == who and b"SSO S MBI_KEY" in s.data)
    response = next(one.args[-1] for _, one in play.sent if one.name == "USR" and "S" in one.args)
    nonce = asked.split()[-1].decode()
    assert sso_problem(tickets[Site.NOTIFICATION].secret, nonce, response) == ""


def test_lists() -> None:
    play = Replay(how("alice"), "login_chat")
    play.run()
    [listed] = play.told(news.Listed)
    assert listed.buddies == (news.Buddy(BOB, "", ("Friends",)), news.Buddy(CAROL, "", ()))


def test_answers_a_challenge() -> None:
    play = Replay(how("alice"), "challenge", end="wrong answer")
    play.run()
    assert play.meant("QRY") == play.recorded("QRY")
    assert not play.stopped


@pytest.mark.parametrize(
    ("scene", "why", "words"),
    [
        ("VER with nothing", Offline.NETWORK, "does not speak MSNP15"),
        ("MSNP15 with TWN", Offline.NETWORK, "closed by the server"),
        ("address without @", Offline.BAD_CREDENTIALS, "error 911"),
        ("USR SSO S with a wrong ticket", Offline.NETWORK, "error 911"),
        ("USR SSO S, right ticket, wrong response", Offline.NETWORK, "error 911"),
        ("USR SSO S with the ticket of another user", Offline.NETWORK, "error 911"),
    ],
)
def test_what_may_go_wrong_at_log_in(scene: str, why: Offline, words: str) -> None:
    """Only where the server has seen no ticket can it be about what the user typed."""
    play = Replay(how("x" if "VER" in scene else "alice"), "errors", start=scene)
    play.run()
    assert ended(play).why is why
    assert words in ended(play).detail


def test_wrong_password() -> None:
    """The answer to RST, and then nothing more."""
    play = Replay(how("alice"), "errors", start="USR SSO S with a wrong ticket")
    play.answers["/RST.srf"] = [next(s for s in play.all if b"FailedAuthentication" in s.data)]
    play.run()
    assert ended(play).why is Offline.BAD_CREDENTIALS
    assert not any(one.name == "USR" and "S" in one.args for _, one in play.sent)


def test_another_client_takes_over() -> None:
    play = Replay(how("alice"), "errors", start="double login")
    play.run()
    assert ended(play).why is Offline.REPLACED


def test_leaves() -> None:
    play = Replay(how("bob"), "login_chat")
    play.run_to("bob: OUT from")
    play.give(Logout())
    assert [command.name for link, command in play.sent if link == MAIN][-1] == "OUT"
    assert ended(play).why is Offline.ASKED


# Presence.


def test_how_others_are() -> None:
    play = Replay(how("alice"), "login_chat")
    play.run()
    seen = [(one.status, one.text) for one in play.told(news.Seen)]
    text = "at work & busy <é>"
    assert seen == [("NLN", ""), ("BSY", ""), ("BSY", text), ("NLN", text), ("FLN", "")]
    known = ["Bob B", "Carol C"]
    assert [one.name for one in play.told(news.Appeared)] == [*known, "Bob", "Bob the 2nd"]


def test_what_others_play_and_how_they_are_called() -> None:
    play = Replay(how("alice"), "privacy")
    play.run()
    [one] = [seen for seen in play.told(news.Seen) if seen.status == "AWY"]
    assert (one.who, one.text) == (BOB, "psm ♫ Song - Artist")
    assert "100% + 😀 <b>" in [one.name for one in play.told(news.Appeared)]


def test_how_we_are() -> None:
    play = Replay(how("bob", nick="Bob"), "login_chat")
    play.run_to("bob: status change")
    text = "at work & busy <é>"
    play.give(SetPresence(show=Show.DND, status=text))
    play.run_to("bob: display name change")
    play.give(ChangeNick(nick="Bob the 2nd", token=Token("1")))
    play.run_to("bob: back")
    play.give(SetPresence(show=Show.AVAILABLE, status=text))
    play.run_to("alice: switchboard")
    assert play.meant("CHG", "UUX", "PRP") == play.recorded("CHG", "UUX", "PRP")
    assert play.told(news.Answered) == [news.Answered(Token("1"))]


# Messages.


def test_a_chat_of_our_own() -> None:
    play = Replay(how("alice"), "login_chat")
    play.run_to("alice: switchboard to bob")
    play.give(SetTyping(chat=ChatId(BOB), typing=Typing.COMPOSING))
    play.give(say(BOB, "Hello Bob, ünïcode ☺"))
    play.run_to("bob -> alice")
    unacknowledged = ("MSG", False, PLAIN_TEXT, "no ack wanted")
    told = ("XFR", "USR", "CAL", "MSG")
    assert play.recorded(*told) - play.meant(*told) == Counter({unacknowledged: 1})
    assert play.meant(*told) - play.recorded(*told) == Counter()
    assert [one.token for one in play.told(news.Delivered)] == ["1"]
    play.run()
    assert texts(play) == ["Hi Alice\nsecond line"]
    assert len(play.told(news.Nudged)) == len(play.told(news.Typed)) == 1


def test_a_chat_into_which_we_are_called() -> None:
    play = Replay(how("bob"), "login_chat")
    play.run_to("bob -> alice")
    play.give(SetTyping(chat=ChatId(ALICE), typing=Typing.COMPOSING))
    play.give(say(ALICE, "Hi Alice\nsecond line"))
    play.give(AskAttention(chat=ChatId(ALICE)))
    play.run()
    assert play.meant("ANS", "MSG", "XFR") == play.recorded("ANS", "MSG", "XFR")
    assert texts(play) == ["Hello Bob, ünïcode ☺", "no ack wanted"]
    assert [one.typing for one in play.told(news.Typed)] == [Typing.COMPOSING]
    assert [one.token for one in play.told(news.Delivered)] == ["1"]


def test_everything_waits_for_somebody_to_come() -> None:
    play = Replay(how("alice"), "login_chat")
    play.run_to("alice: switchboard to bob")
    play.give(say(BOB, "first", "1"))
    while not any(step.data.startswith(b"JOI") for step in play.steps[play.at : play.at + 1]):
        play.step()
    play.give(say(BOB, "second", "2"))
    assert not play.meant("MSG")
    play.step()
    said = [meaning[-1] for meaning in play.meant("MSG")]
    assert said == ["first", "second"]


def test_a_stranger_calls() -> None:
    play = Replay(how("alice"), "privacy", end="alice sets BLP")
    play.run()
    assert play.meant("ANS") == play.recorded("ANS")
    assert texts(play) == ["hello from a stranger"]


def test_somebody_who_is_there_by_yahoo() -> None:
    """The recorded client had read its lists before."""
    play = Replay(how("alice"), "yahoo_contact")
    for kind in ("FindMembership", "ABFindContactsPaged"):
        play.answers[kind] = answers("oim", kind)
    play.run_to("yahoo bob -> msn alice")
    seen = [(one.who, one.status) for one in play.told(news.Seen)]
    assert seen == [(BOB, "NLN")]
    play.run_to("msn alice -> yahoo bob")
    assert texts(play) == ["from yahoo"]
    play.give(SetTyping(chat=ChatId(BOB), typing=Typing.COMPOSING))
    play.give(say(BOB, "from msn"))
    play.run()
    said = [meaning[-1] for meaning in play.meant("MSG")]
    assert said == [meaning[-1] for meaning in play.recorded("MSG")]
    assert play.meant("ANS") == play.recorded("ANS")
    assert [(one.who, one.status) for one in play.told(news.Seen)] == [*seen, (BOB, "FLN")]


def test_who_is_called_does_not_come() -> None:
    """217: the message is left with the server instead."""
    play = Replay(how("alice"), "oim")
    play.run_to("bob is offline")
    play.give(say(BOB, "second message"))
    play.run_to("got (['217'")
    assert play.meant("XFR", "USR", "CAL") == play.recorded("XFR", "USR", "CAL")
    assert names(play.meant("Store2")) == ["Store2", "Store2"]
    assert [one.token for one in play.told(news.Delivered)] == ["1"]


def test_looking_offline_we_call_nobody() -> None:
    """The recorded server would have it so; others say 913."""
    play = Replay(how("alice", is_invisible=True), "errors", start="XFR before CHG", end="CHG FLN")
    play.run_to("online as HDN")
    play.run()
    assert play.meant("CHG") == play.recorded("CHG") == Counter({("CHG", "HDN", "0"): 1})
    play.give(say(BOB, "Hi"))
    assert not play.meant("XFR")
    assert names(play.meant("Store2")) == ["Store2"]


def test_nobody_has_that_address() -> None:
    """217 again; then the service for offline messages does not know them either."""
    play = Replay(how("alice"), "oim")
    play.run_to("bob is offline")
    play.answers["Store2"] = [
        step for step in answers("oim", "Store2") if b"SystemUnavailable" in step.data
    ]
    play.give(say("nobody@example.com", "Hi"))
    play.run_to("got (['217'")
    assert ("CAL", "nobody@example.com", None) in play.meant("CAL")
    [denied] = play.told(news.Denied)
    assert denied.reason is Reason.UNAVAILABLE


# Rooms.


def test_a_room_of_our_own() -> None:
    play = Replay(how("alice"), "multiparty")
    play.run_to("alice calls bob")
    room = ChatId("#verona")
    play.give(JoinRoom(room=room, token=Token("1")))
    for number, who in enumerate((BOB, CAROL), 2):
        play.give(Invite(room=room, person=PersonId(who), token=Token(str(number))))
    play.run_to("payload of exactly")
    longest = "x" * (MAX_PAYLOAD - len(outgoing("x")[0]) + 1)
    play.give(say(room, longest, "4"))
    play.run_to("payload of 1665")
    told = ("XFR", "USR", "CAL", "MSG")
    assert play.meant(*told) == play.recorded(*told)
    assert [one.who for one in play.told(news.Came)] == [BOB, CAROL]
    assert [one.who for one in play.told(news.Went)] == [CAROL]
    assert texts(play) == ["to both"]
    assert [one.token for one in play.told(news.Delivered)] == ["4"]


@pytest.mark.parametrize(("who", "heard"), [("bob", 1), ("carol", 2)])
def test_a_chat_becomes_a_room(who: str, heard: int) -> None:
    """To one a third comes; the other finds two there."""
    play = Replay(how(who), "multiparty", end="carol closes")
    play.run()
    assert play.meant("ANS") == play.recorded("ANS")
    [invited] = play.told(news.Invited)
    assert invited.by == ALICE
    play.give(JoinRoom(room=invited.room, token=Token("1")))
    [entered] = play.told(news.Entered)
    assert set(entered.people) == {ALICE, BOB, CAROL}
    assert len(texts(play)) == heard
    assert all(said.is_room for said in play.told(news.Said))


# The address book.

CHANGES = (
    *("ABContactAdd", "ABContactDelete", "ABContactUpdate", "AddMember", "DeleteMember"),
    *("ABGroupAdd", "ABGroupContactAdd", "ABGroupContactDelete"),
)


def alice_and_dave() -> Replay:
    """Up to where she has added him, and he has agreed."""
    play = Replay(how("alice", nick="alice"), "contacts")
    play.run_to("alice adds dave")
    play.give(AddContact(person=PersonId(DAVE)))
    play.run_to("alice blocks dave")
    return play


def listed(play: Replay, name: str) -> dict[str, int]:
    """The lists that each was put on, or taken from."""
    found: dict[str, int] = {}
    for _, *people in play.meant(name):
        for address, bits in people:
            found[address] = found.get(address, 0) | int(bits.split()[0])
    return found


def test_adds_somebody() -> None:
    play = alice_and_dave()
    assert play.recorded("ABContactAdd") == play.meant("ABContactAdd")
    assert names(play.meant("AddMember")) == ["AddMember"]
    assert listed(play, "ADL")[DAVE] == 3
    assert play.told(news.Accepted) == [news.Accepted(DAVE)]
    assert [one.status for one in play.told(news.Seen)] == ["NLN"]


def test_blocks_and_unblocks() -> None:
    play = alice_and_dave()
    before = play.meant("ADL", "RML", *CHANGES), play.recorded("ADL", "RML", *CHANGES)
    play.give(Block(person=PersonId(DAVE), is_blocked=True, token=Token("1")))
    play.run_to("alice unblocks dave")
    play.give(Block(person=PersonId(DAVE), is_blocked=False, token=Token("2")))
    play.run_to("alice: groups")
    meant = play.meant("ADL", "RML", *CHANGES) - before[0]
    assert meant == play.recorded("ADL", "RML", *CHANGES) - before[1]
    assert [one.token for one in play.told(news.Answered)] == ["1", "2"]


def test_groups_and_names() -> None:
    play = alice_and_dave()
    play.run_to("alice: groups")
    play.give(ChangeContact(person=PersonId(DAVE), name="", groups=("Work",)))
    play.run_to("alice: nickname")
    play.give(ChangeContact(person=PersonId(DAVE), name="Davy", groups=()))
    play.run_to("alice removes dave")
    changes = ("ABGroupAdd", "ABGroupContactAdd", "ABGroupContactDelete", "ABContactUpdate")
    assert play.meant(*changes) == play.recorded(*changes)
    buddies = [one.buddy for one in play.told(news.Changed)][1:]
    assert buddies == [news.Buddy(DAVE, "", ("Work",)), news.Buddy(DAVE, "Davy", ())]


def test_removes_somebody() -> None:
    play = alice_and_dave()
    play.run_to("alice removes dave")
    play.give(RemoveContact(person=PersonId(DAVE)))
    play.run_to("dave removes alice")
    assert play.meant("ABContactDelete") == play.recorded("ABContactDelete")
    assert listed(play, "RML")[DAVE] & 1
    assert not play.told(news.Noticed)


def test_agrees() -> None:
    """He is told while he is there; then he puts her on his list, too."""
    play = Replay(how("dave"), "contacts")
    play.run_to("dave accepts")
    assert play.told(news.Requested) == [news.Requested(ALICE, "alice")]
    play.give(Authorize(person=PersonId(ALICE), is_granted=True))
    play.give(AddContact(person=PersonId(ALICE)))
    play.run_to("dave: lists now")
    assert play.meant(*CHANGES) == play.recorded(*CHANGES)
    assert listed(play, "ADL")[ALICE] == 3
    play.run_to("alice removes dave")
    assert [one.status for one in play.told(news.Seen)] == ["NLN", "FLN", "NLN"]


def test_somebody_asked_while_we_were_offline() -> None:
    play = Replay(how("dave"), "contacts", end="alice adds dave")
    play.answers["FindMembership"] = answers("contacts", "FindMembership")[2:3]
    play.run()
    assert play.told(news.Requested) == [news.Requested(ALICE, "")]


def test_no_such_address() -> None:
    play = Replay(how("alice"), "contacts")
    play.run_to("errors: ABContactAdd")
    play.answers["ABContactAdd"] = answers("contacts", "ABContactAdd")[2:3]
    play.give(AddContact(person=PersonId("nobody@example.com")))
    [declined] = play.told(news.Declined)
    assert (declined.who, declined.detail) == ("nobody@example.com", "There is no such account.")


# Offline messages.


def test_messages_that_waited() -> None:
    play = Replay(how("bob"), "oim")
    play.run_to("alice sends an OIM")
    said = play.told(news.Said)
    assert [one.body for one in said] == [
        "Offline hello ünï ☺ " + "long " * 40,
        "second message",
    ]
    assert {one.sent_at for one in said} == {datetime(2026, 11, 23, 5, 10, 3, tzinfo=UTC)}
    told = ("GetMessage", "DeleteMessages")
    assert play.meant(*told) == play.recorded(*told)


def test_leaves_messages() -> None:
    """The first one after a challenge, the second with the same key."""
    play = Replay(how("alice"), "oim")
    play.run_to("bob is offline")
    play.give(say(BOB, "Offline hello ünï ☺ " + "long " * 40))
    play.give(say(BOB, "second message", "2"))
    play.run_to("to a nonexistent user")
    recorded, meant = play.recorded("Store2"), play.meant("Store2")
    assert len(list((recorded & meant).elements())) == 2
    assert len(list(meant.elements())) == 3
    assert [one.token for one in play.told(news.Delivered)] == ["1", "2"]


def test_nothing_else_is_connected_to() -> None:
    play = Replay(how("bob"), "login_chat")
    play.run()
    found: list[Any] = [(one.link == MAIN, one.host, one.port) for one in play.connects]
    assert found == [(True, "msn.test", 1863), (False, "127.0.0.1", 1864)]


# All of it.

EVERYBODY = [
    *(("login_chat", who) for who in ("alice", "bob")),
    *(("multiparty", who) for who in ("alice", "bob", "carol")),
    *(("contacts", who) for who in ("alice", "dave")),
    *(("oim", who) for who in ("alice", "bob")),
    *(("twn_msnp13", who) for who in ("alice", "bob")),
    *(("twn_msnp14", who) for who in ("alice", "bob")),
    *(("privacy", who) for who in ("alice", "bob", "dave")),
]


@pytest.mark.parametrize(("transcript", "who"), EVERYBODY)
def test_whatever_the_server_says(transcript: str, who: str) -> None:
    """To somebody who only listens."""
    protocol = transcript.removeprefix("twn_").upper() if "twn" in transcript else "MSNP15"
    play = Replay(how(who, protocol), transcript)
    play.run()
    assert ended(play) == news.Ended(Offline.NETWORK, "closed by the server")
    assert not play.told(news.Denied)
    assert len(play.told(news.Welcomed)) == 1
