"""With ngIRCd 26: a server of the RFCs, with few capabilities and no services."""

from collections.abc import Iterator

import pytest

from gateway.commands import (
    ChangeNick,
    FetchProfile,
    Invite,
    JoinRoom,
    Kick,
    LeaveRoom,
    ListAffiliations,
    ListRooms,
    SendMessage,
    SendRaw,
    SetAffiliation,
    SetPresence,
    SetRole,
    SetSubject,
)
from gateway.errors import Reason
from gateway.events import (
    Affiliation,
    AffiliationsListed,
    Departure,
    Done,
    LoggedOut,
    MessageReceived,
    MessageSent,
    NoticeReceived,
    OccupantChanged,
    OccupantLeft,
    Offline,
    PresenceChanged,
    ProfileFetched,
    Refused,
    Renamed,
    Role,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    RoomsListed,
    Show,
    SubjectChanged,
)
from gateway.ids import ChatId, PersonId, Token
from networks.irc.settings import IrcSettings, Rate
from tests.networks.irc.live import User, join, user
from tests.servers.ngircd import Ngircd, ngircd

FAST = Rate(burst=200, seconds=0.05)
ROMEO, JULIET = PersonId("rmontague"), PersonId("jcapulet")


@pytest.fixture
def settings(ngircd_server: Ngircd) -> IrcSettings:
    server = ngircd_server
    return IrcSettings(server=server.host, port=server.port, tls=False, rate=FAST)


@pytest.fixture
def juliet(settings: IrcSettings) -> Iterator[User]:
    with user(settings, "jcapulet") as someone:
        yield someone


@pytest.fixture
def romeo(settings: IrcSettings, juliet: User) -> Iterator[User]:
    with user(settings, "rmontague", contacts=(JULIET,)) as someone:
        yield someone


def test_talk_in_a_room(juliet: User, romeo: User) -> None:
    room = join("#talk", juliet, romeo)
    juliet.put(SendMessage(chat=room, body="/me sighs", token=Token("1")))
    assert juliet.expect(MessageSent, token="1").confirmed
    heard = romeo.expect(MessageReceived, chat=room)
    assert (heard.sender, heard.body, heard.is_in_room) == (JULIET, "/me sighs", True)
    long = "Wherefore art thou Romeo? " * 50
    romeo.put(SendMessage(chat=room, body=long, token=Token("2")))
    text = ""
    while len(text.replace(" ", "")) < len(long.replace(" ", "")):
        text += juliet.expect(MessageReceived, chat=room).body
    assert text.replace(" ", "") == long.replace(" ", "")


def test_talk_in_private(juliet: User, romeo: User) -> None:
    juliet.put(SendMessage(chat=ChatId("rmontague"), body="*Now*", token=Token("1")))
    assert juliet.expect(MessageSent).confirmed
    heard = romeo.expect(MessageReceived, chat=ChatId("jcapulet"))
    assert (heard.body, heard.xhtml) == ("*Now*", "<strong>Now</strong>")
    juliet.put(SendMessage(chat=ChatId("tybalt"), body="Hi", token=Token("2")))
    refused = juliet.expect(Refused, token="2")
    assert refused.reason is Reason.UNAVAILABLE
    assert "No such nick" in refused.detail


def test_presence(juliet: User, romeo: User) -> None:
    romeo.expect(PresenceChanged, person=JULIET, show=Show.AVAILABLE)
    juliet.put(SetPresence(show=Show.AWAY, status="Asleep"))
    juliet.put(SendMessage(chat=ChatId("rmontague"), body="x", token=Token("1")))
    romeo.expect(MessageReceived)
    romeo.put(SendMessage(chat=ChatId("jcapulet"), body="Hi", token=Token("1")))
    romeo.expect(PresenceChanged, person=JULIET, show=Show.AWAY, status="Asleep")


def test_moderate(juliet: User, romeo: User) -> None:
    room = join("#rules", juliet, romeo)
    romeo.put(Kick(room=room, person=JULIET, token=Token("no")))
    assert romeo.expect(Refused, token="no").reason is Reason.FORBIDDEN
    juliet.put(SetSubject(room=room, subject="Two households", token=Token("1")))
    juliet.expect(SubjectChanged, subject="Two households", token="1")
    romeo.expect(SubjectChanged, subject="Two households", by="jcapulet")
    juliet.put(SetRole(room=room, person=ROMEO, role=Role.MODERATOR, token=Token("2")))
    juliet.expect(Done, token="2")
    changed = romeo.expect(OccupantChanged, room=room, person=ROMEO)
    assert changed.occupant.affiliation is Affiliation.ADMIN
    juliet.put(SendRaw(line=f"MODE {room} -o+m rmontague", token=Token("3")))
    changed = romeo.expect(OccupantChanged, room=room, person=ROMEO)
    while changed.occupant.role is not Role.VISITOR:
        changed = romeo.expect(OccupantChanged, room=room, person=ROMEO)
    romeo.put(SendMessage(chat=room, body="Hi", token=Token("4")))
    assert romeo.expect(Refused, token="4").reason is Reason.FORBIDDEN


def test_ban(juliet: User, romeo: User) -> None:
    room = join("#exile", juliet, romeo)
    ban = SetAffiliation(
        room=room,
        who="rmontague",
        affiliation=Affiliation.OUTCAST,
        token=Token("1"),
        reason="To Mantua",
    )
    juliet.put(ban)
    juliet.expect(OccupantLeft, person=ROMEO, how=Departure.BANNED, detail="To Mantua")
    juliet.expect(Done, token="1")
    romeo.expect(RoomLeft, room=room, how=Departure.BANNED, by="jcapulet", detail="To Mantua")
    romeo.put(JoinRoom(room=room, token=Token("1")))
    assert romeo.expect(Refused, token="1").reason is Reason.FORBIDDEN
    juliet.put(ListAffiliations(room=room, affiliation=Affiliation.OUTCAST, token=Token("2")))
    [(mask, by)] = juliet.expect(AffiliationsListed, token="2").entries
    assert by.startswith("jcapulet, 2")
    lift = SetAffiliation(room=room, who=mask, affiliation=Affiliation.NONE, token=Token("3"))
    juliet.put(lift)
    juliet.expect(Done, token="3")
    join(room, romeo)


def test_key_and_invitation(juliet: User, romeo: User) -> None:
    room = join("#secret", juliet)
    juliet.put(SendRaw(line=f"MODE {room} +k balcony", token=Token("1")))
    juliet.expect(Done, token="1")
    romeo.put(JoinRoom(room=room, token=Token("1")))
    assert romeo.expect(Refused, token="1").reason is Reason.NOT_AUTHORIZED
    romeo.put(JoinRoom(room=room, token=Token("2"), password="balcony"))
    romeo.expect(RoomJoined, token="2")
    romeo.put(LeaveRoom(room=room, reason="Farewell"))
    romeo.expect(RoomLeft, room=room, how=Departure.LEFT)
    juliet.expect(OccupantLeft, person=ROMEO, how=Departure.LEFT)
    juliet.put(SendRaw(line=f"MODE {room} +i", token=Token("2")))
    juliet.expect(Done, token="2")
    romeo.put(JoinRoom(room=room, token=Token("3"), password="balcony"))
    assert romeo.expect(Refused, token="3").reason is Reason.REGISTRATION_REQUIRED
    juliet.put(Invite(room=room, person=ROMEO, token=Token("3")))
    juliet.expect(Done, token="3")
    romeo.expect(RoomInvited, room=room, by="jcapulet")


def test_questions(juliet: User, romeo: User) -> None:
    room = join("#lists", juliet)
    romeo.put(ListRooms(token=Token("1")))
    listed = {found.room: found for found in romeo.expect(RoomsListed, token="1").rooms}
    assert listed[room].occupants == 1
    romeo.put(FetchProfile(person=JULIET, token=Token("2")))
    facts = dict(romeo.expect(ProfileFetched, token="2").fields)
    assert facts["Address"] == "~jcapulet@127.0.0.1"
    assert facts["Server"].startswith("irc.ngircd.test")
    romeo.put(FetchProfile(person=PersonId("tybalt"), token=Token("3")))
    assert romeo.expect(Refused, token="3").reason is Reason.NOT_FOUND
    romeo.put(SendRaw(line="VERSION", token=Token("4")))
    romeo.expect(Done, token="4")
    assert any("ngIRCd" in notice.text for notice in romeo.saw(NoticeReceived))


def test_nick(juliet: User, romeo: User) -> None:
    room = join("#names", juliet, romeo)
    juliet.put(ChangeNick(nick="rmontague", token=Token("1")))
    assert juliet.expect(Refused, token="1").reason is Reason.CONFLICT
    juliet.put(ChangeNick(nick="Capulet", token=Token("2")))
    juliet.expect(Renamed, me="Capulet")
    juliet.expect(Done, token="2")
    changed = romeo.expect(OccupantChanged, room=room, person=JULIET)
    assert changed.occupant.person == "Capulet"


def test_nick_in_use(settings: IrcSettings, juliet: User) -> None:
    other = User(settings, "jcapulet")
    with user(settings, "nurse") as nurse:
        nurse.put(SendMessage(chat=ChatId("jcapulet_"), body="Hi", token=Token("1")))
        nurse.expect(MessageSent, token="1")
    assert other.expect(MessageReceived).sender == "nurse"
    other.session.kill()


def test_operator_kills(juliet: User, romeo: User) -> None:
    juliet.put(SendRaw(line="OPER boss boss-password", token=Token("1")))
    juliet.expect(Done, token="1")
    juliet.put(SendRaw(line="KILL rmontague :Banishment", token=Token("2")))
    out = romeo.expect(LoggedOut)
    assert out.why is Offline.NETWORK
    assert "Banishment" in out.detail


@pytest.mark.parametrize(("given", "why"), [("right", None), ("wrong", Offline.BAD_CREDENTIALS)])
def test_password_of_the_server(given: str, why: Offline | None) -> None:
    with ngircd(password="right") as server:
        settings = IrcSettings(server=server.host, port=server.port, tls=False, password=given)
        if why is None:
            with user(settings, "jcapulet"):
                return
        assert User(settings, "jcapulet").expect(LoggedOut).why is why


def test_server_goes_down_and_comes_back() -> None:
    with ngircd() as server:
        settings = IrcSettings(server=server.host, port=server.port, tls=False)
        with user(settings, "jcapulet") as juliet:
            server.kill()
            assert juliet.expect(LoggedOut).why is Offline.NETWORK
        server.start()
        with user(settings, "jcapulet"):
            pass
