"""The rooms of one session: who is in them, and how they come and go with it."""

import pytest

from gateway.commands import ChangeNick, Invite, JoinRoom, LeaveRoom, SendMessage, SetSubject
from gateway.errors import CommandRefused, Reason
from gateway.events import (
    Departure,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    Offline,
    Refused,
    RoomInvited,
    RoomJoined,
    RoomLeft,
)
from gateway.ids import ChatId, PersonId
from gateway.pacer import Pacer
from gateway.sessions import State
from gateway.store import Account
from gateway.xmpp import roomlist
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.rooms import MUC_USER
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    JULIET,
    MUC,
    OPEN,
    PHONE,
    ROOM,
    TRANSPORT,
    Rig,
    let_in,
    presence,
    rig,
    sent,
    stanza,
    until,
)

__all__ = ["rig"]

BALCONY = ChatId("#balcony")


@pytest.fixture
def bridge(rig: Rig) -> Bridge:
    rig.stage.replies = {JoinRoom: let_in, SendMessage: sent}
    return rig.online()


def enter(bridge: Bridge, sender: str = CLIENT, nick: str = "Juliet", x: str = MUC) -> None:
    bridge.rooms.presence(presence(f"{ROOM}/{nick}", "", x, sender), BALCONY, nick)
    settle()


def say(bridge: Bridge, children: str, kind: str = "groupchat", sender: str = CLIENT) -> None:
    bridge.rooms.message(stanza("message", ROOM, children, sender, type=kind, id="7"), BALCONY)
    settle()


def seats(bridge: Bridge) -> list[str]:
    return [seat for room in bridge.rooms for seat in room.seats]


def stored(rig: Rig) -> list[tuple[str, str, tuple[str, ...]]]:
    rig.written_to_store()
    rooms = [room for account in rig.store.load(JULIET) for room in account.rooms]
    return [(room.room, room.nick, room.resources) for room in rooms]


IN = [
    f"presence {ROOM}/Romeo balcony",
    f"presence {ROOM}/Juliet balcony",
    f"message groupchat {ROOM} balcony",
]


# Entering.


def test_entering(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    assert rig.out.take() == IN
    assert [command.room for command in rig.stage.of(JoinRoom)] == [BALCONY]
    assert stored(rig) == [(BALCONY, "Juliet", (CLIENT,))]


def test_a_second_client_asks_the_network_nothing(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    rig.out.take()
    enter(bridge, PHONE)
    assert rig.out.take() == [line.removesuffix("balcony") + "phone" for line in IN]
    assert len(rig.stage.of(JoinRoom)) == 1
    assert stored(rig) == [(BALCONY, "Juliet", (CLIENT, PHONE))]


def test_a_room_needs_a_nickname(bridge: Bridge) -> None:
    with pytest.raises(CommandRefused) as caught:
        enter(bridge, nick="")
    assert caught.value.reason is Reason.BAD_REQUEST
    assert list(bridge.rooms) == []


def test_only_so_many_rooms(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roomlist, "MOST", 1)
    enter(bridge)
    with pytest.raises(CommandRefused) as caught:
        bridge.rooms.presence(presence(f"#x@{TRANSPORT}/J", children=MUC), ChatId("#x"), "J")
    assert caught.value.reason is Reason.TOO_MUCH
    enter(bridge, PHONE)


def test_a_room_that_lets_nobody_in(rig: Rig, bridge: Bridge) -> None:
    rig.stage.replies[JoinRoom] = lambda asked: [
        Refused(token=asked.token, reason=Reason.FORBIDDEN, detail="banned")
    ]
    enter(bridge)
    assert rig.out.take() == [f"presence error {ROOM}/Juliet balcony forbidden"]
    assert list(bridge.rooms) == []
    assert stored(rig) == []


def test_who_asks_while_we_log_in_enters_then(rig: Rig) -> None:
    rig.stage.replies = {JoinRoom: let_in}
    rig.stage.welcome = lambda _: None
    bridge = rig.bridge()
    enter(bridge)
    assert bridge.keeper.state is State.CONNECTING
    assert rig.stage.of(JoinRoom) == []
    rig.tell(bridge, LoggedIn(me=PersonId("Juliet")))
    assert [line for line in rig.out.take() if ROOM in line] == IN


def test_nobody_waits_for_a_network_that_is_away(rig: Rig, bridge: Bridge) -> None:
    rig.tell(bridge, LoggedOut(why=Offline.NETWORK, detail="the line is dead"))
    assert bridge.keeper.state is State.WAITING
    with pytest.raises(CommandRefused, match="the line is dead") as caught:
        enter(bridge)
    assert caught.value.reason is Reason.TIMEOUT


def test_another_nickname(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    enter(bridge, nick="Capulet", x="")
    assert [command.nick for command in rig.stage.of(ChangeNick)] == ["Capulet"]
    enter(bridge, x="")
    assert len(rig.stage.of(ChangeNick)) == 1, "that is how we are called"


# In the room.


def test_what_is_said_is_reflected(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    enter(bridge, PHONE)
    rig.out.take()
    say(bridge, "<body>wherefore</body>")
    assert [found.get("id") for found in rig.out.written] == ["7", "7"]
    assert rig.out.take() == [
        f"message groupchat {ROOM}/Juliet {who} wherefore" for who in ("balcony", "phone")
    ]


def test_who_is_not_in_a_room_cannot_speak_there(rig: Rig, bridge: Bridge) -> None:
    for _ in range(2):
        with pytest.raises(CommandRefused) as caught:
            say(bridge, "<body>x</body>", sender=PHONE)
        assert caught.value.reason is Reason.NOT_ACCEPTABLE
        enter(bridge)
    assert rig.stage.of(SendMessage) == []


@pytest.mark.parametrize("subject", ["Love", ""])
def test_a_subject(rig: Rig, bridge: Bridge, subject: str) -> None:
    enter(bridge)
    say(bridge, f"<subject>{subject}</subject>")
    assert [command.subject for command in rig.stage.of(SetSubject)] == [subject]


def test_inviting(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    invite = "<x xmlns='{}'><invite to='{}'><reason>come</reason></invite></x>"
    say(bridge, invite.format(MUC_USER, f"romeo@{TRANSPORT}"), "normal")
    (command,) = rig.stage.of(Invite)
    assert (command.room, command.person, command.reason) == (BALCONY, "romeo", "come")
    for nobody in ("romeo@example.org", f"romeo,work@{TRANSPORT}", ROOM):
        with pytest.raises(CommandRefused) as caught:
            say(bridge, invite.format(MUC_USER, nobody), "normal")
        assert caught.value.reason is Reason.NOT_ACCEPTABLE


def test_being_invited(rig: Rig, bridge: Bridge) -> None:
    rig.tell(bridge, RoomInvited(room=BALCONY, by=PersonId("Romeo"), reason="come"))
    (found,) = rig.out.written
    assert (found.get("from"), found.get("to")) == (ROOM, JULIET)
    assert found.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite") is not None
    direct = found.find(roomlist.CONFERENCE)
    assert direct is not None
    assert direct.get("jid") == ROOM


# Leaving.


def test_the_last_client_leaves(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    enter(bridge, PHONE)
    rig.out.take()
    bridge.rooms.unavailable(BALCONY, CLIENT)
    assert rig.out.take() == [f"presence unavailable {ROOM}/Juliet balcony"]
    assert seats(bridge) == [PHONE]
    bridge.rooms.unavailable(BALCONY, PHONE)
    until(lambda: rig.stage.of(LeaveRoom))
    assert list(bridge.rooms) == []
    assert stored(rig) == []


def test_who_returns_at_once_has_not_left(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    bridge.rooms.unavailable(BALCONY, CLIENT)
    enter(bridge)
    enter(bridge, PHONE)
    bridge.rooms.unavailable(BALCONY, PHONE)
    settle()
    assert seats(bridge) == [CLIENT]
    assert rig.stage.of(LeaveRoom) == []
    assert len(rig.stage.of(JoinRoom)) == 1


def test_a_room_that_nobody_wants_is_left(rig: Rig, bridge: Bridge) -> None:
    """The network put us there by itself."""
    rig.tell(bridge, RoomJoined(room=BALCONY, me=PersonId("Juliet"), occupants=()))
    until(lambda: rig.stage.of(LeaveRoom))
    assert list(bridge.rooms) == []


@pytest.mark.parametrize("how", [how for how in Departure if how is not Departure.LOST])
def test_being_put_out(rig: Rig, bridge: Bridge, how: Departure) -> None:
    enter(bridge)
    rig.out.take()
    rig.tell(bridge, RoomLeft(room=BALCONY, how=how, by="Tybalt"))
    assert rig.out.take() == [f"presence unavailable {ROOM}/Juliet balcony"]
    assert list(bridge.rooms) == []
    assert stored(rig) == []


def test_a_guest_who_leaves_before_their_turn_leaves_nothing(rig: Rig) -> None:
    """The log-in never began, so no end of it can close the room."""
    rig.context.pacers[OPEN] = Pacer(1.0, 0)
    bridge = rig.bridge(Account(key=rig.key(OPEN, "srv")), OPEN)
    room = f"#x%srv@{OPEN}"
    bridge.rooms.presence(presence(f"{room}/J", children=MUC), ChatId("#x"), "J")
    assert bridge.keeper.state is State.QUEUED
    bridge.rooms.unavailable(ChatId("#x"), CLIENT)
    until(lambda: bridge.keeper.state is State.OFFLINE)
    until(lambda: list(bridge.rooms) == [])
    assert stored(rig) == []


# The network went, or came back.


def test_a_room_outlives_the_loss_of_its_network(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    rig.out.take()
    rig.tell(bridge, RoomLeft(room=BALCONY, how=Departure.LOST))
    rig.tell(bridge, LoggedOut(why=Offline.NETWORK, detail="the line is dead"))
    assert not [line for line in rig.out.take() if line.startswith("presence unavailable #")]
    assert seats(bridge) == [CLIENT]
    bridge.keeper.retry()
    until(lambda: len(rig.stage.of(JoinRoom)) == 2)
    (room,) = bridge.rooms
    until(lambda: room.is_joined)


@pytest.mark.parametrize("why", [Offline.ASKED, Offline.BAD_CREDENTIALS, Offline.REPLACED])
def test_a_room_ends_with_a_session_that_does_not_return(
    rig: Rig, bridge: Bridge, why: Offline
) -> None:
    enter(bridge)
    bridge.attendance.give_way()
    rig.out.take()
    rig.tell(bridge, LoggedOut(why=why))
    assert f"presence unavailable {ROOM}/Juliet balcony" in rig.out.take()
    assert list(bridge.rooms) == []


# The XMPP server went, or came back.


def test_what_was_missed_is_told_to_who_shows_themselves(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    rig.out.is_up = False
    bridge.cut_off()
    rig.out.take()
    said = MessageReceived(chat=BALCONY, sender=PersonId("Romeo"), body="missed", is_in_room=True)
    rig.tell(bridge, said)
    rig.out.is_up = True
    bridge.reconnected()
    assert bridge.rooms.doubtful() == {CLIENT}
    rig.out.take()
    bridge.rooms.is_there(CLIENT)
    assert rig.out.take() == [f"message groupchat {ROOM}/Romeo balcony missed"]
    assert bridge.rooms.doubtful() == set()


def test_nobody_leaves_while_the_server_is_away(rig: Rig, bridge: Bridge) -> None:
    """It says that everybody is gone, and then is gone itself."""
    enter(bridge)
    bridge.rooms.unavailable(BALCONY, CLIENT)
    bridge.cut_off()
    settle()
    assert rig.stage.of(LeaveRoom) == []
    assert len(list(bridge.rooms)) == 1


def test_a_client_that_is_gone_without_a_word(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    rig.out.take()
    bridge.rooms.gone(CLIENT)
    assert rig.out.take() == [], "it would not arrive"
    until(lambda: rig.stage.of(LeaveRoom))


def test_closing(rig: Rig, bridge: Bridge) -> None:
    enter(bridge)
    rig.out.take()
    bridge.rooms.close()
    assert rig.out.take() == [f"presence unavailable {ROOM}/Juliet balcony"]
    assert list(bridge.rooms) == []
