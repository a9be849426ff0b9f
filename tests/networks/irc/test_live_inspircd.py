"""With InspIRCd 3 and Anope: capabilities, accounts, TLS."""

import ssl
from collections.abc import Iterator
from hashlib import sha256

import gevent
import pytest

from gateway.commands import (
    ChangeNick,
    FetchProfile,
    JoinRoom,
    SendMessage,
    SendRaw,
    SetAffiliation,
    SetPresence,
    SetSubject,
    SetTyping,
)
from gateway.errors import Reason
from gateway.events import (
    Affiliation,
    Departure,
    Done,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    OccupantChanged,
    OccupantJoined,
    Offline,
    PresenceChanged,
    ProfileFetched,
    Refused,
    Remembered,
    Renamed,
    RoomJoined,
    RoomLeft,
    Show,
    SubjectChanged,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, PersonId, Token
from networks.irc.settings import IrcSettings, Rate
from tests.networks.irc.live import User, join, user
from tests.networks.irc.test_form import pem
from tests.servers.inspircd import OPERATOR, Inspircd, inspircd

FAST = Rate(burst=200, seconds=0.05)
ROMEO, JULIET = PersonId("rmontague"), PersonId("jcapulet")
PASSWORD = "capulet2"


@pytest.fixture(scope="module")
def server(inspircd_server: Inspircd) -> Inspircd:
    inspircd_server.register_account("jcapulet", PASSWORD)
    return inspircd_server


def encrypted(server: Inspircd, **more: object) -> IrcSettings:
    options = {"server": server.host, "port": server.tls_port, "ca_file": str(server.ca_file)}
    return IrcSettings.model_validate({**options, "rate": FAST, **more})


def plain(server: Inspircd, **more: object) -> IrcSettings:
    return encrypted(server, port=server.port, tls=False, **more)


@pytest.fixture
def juliet(server: Inspircd) -> Iterator[User]:
    with user(encrypted(server), "jcapulet", fields={"password": PASSWORD}) as someone:
        yield someone


@pytest.fixture
def romeo(server: Inspircd, juliet: User) -> Iterator[User]:
    with user(plain(server), "rmontague", contacts=(JULIET,)) as someone:
        yield someone


def become_operator(someone: User, room: ChatId) -> None:
    """Nobody is one by being the first."""
    for line in (f"OPER {' '.join(OPERATOR)}", f"SAMODE {room} +o jcapulet"):
        someone.put(SendRaw(line=line, token=Token("oper")))
        someone.expect(Done, token="oper")


# Logging in.


def test_account_is_shown_to_others(juliet: User, romeo: User) -> None:
    room = ChatId("#accounts")
    romeo.put(JoinRoom(room=room, token=Token("1")))
    romeo.expect(RoomJoined)
    juliet.put(JoinRoom(room=room, token=Token("1")))
    occupant = romeo.expect(OccupantJoined, room=room).occupant
    assert (occupant.person, occupant.account) == (JULIET, "jcapulet")


@pytest.mark.parametrize("username", ["", "jcapulet"])
def test_wrong_password(server: Inspircd, username: str) -> None:
    fields = {"password": "wrong", "username": username}
    out = User(encrypted(server), "jcapulet", fields=fields).expect(LoggedOut)
    assert out.why is Offline.BAD_CREDENTIALS
    assert "failed" in out.detail


def test_other_nick_than_the_account(server: Inspircd) -> None:
    fields = {"password": PASSWORD, "username": "jcapulet"}
    with user(encrypted(server), "capulet2", fields=fields) as someone:
        someone.put(FetchProfile(person=PersonId("capulet2"), token=Token("1")))
        facts = dict(someone.expect(ProfileFetched).fields)
        assert facts["Account"] == "jcapulet"


def test_certificate_of_a_stranger(server: Inspircd) -> None:
    out = User(encrypted(server, ca_file=""), "jcapulet").expect(LoggedOut)
    assert out.why is Offline.NETWORK
    assert "certificate" in out.detail


def test_pinned_certificate(server: Inspircd) -> None:
    pem = ssl.get_server_certificate((server.host, server.tls_port))
    pin = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    with user(encrypted(server, ca_file="", fingerprints=[pin]), "nurse"):
        pass
    out = User(encrypted(server, fingerprints=["ab" * 32]), "nurse").expect(LoggedOut)
    assert pin in out.detail


def test_certificate_of_our_own(server: Inspircd) -> None:
    """The first time EXTERNAL is refused, and PLAIN is next."""
    server.register_account("friar", PASSWORD)
    certificate = "".join(pem())
    both = {"certificate": certificate, "password": PASSWORD}
    with user(encrypted(server), "friar", fields=both) as friar:
        friar.put(SendRaw(line="PRIVMSG NickServ :CERT ADD", token=Token("1")))
        friar.expect(Done, token="1")
        heard = friar.expect(MessageReceived, chat=ChatId("nickserv"))
        assert "added" in heard.body
    with user(encrypted(server), "friar", fields={"certificate": certificate}) as friar:
        friar.put(FetchProfile(person=PersonId("friar"), token=Token("1")))
        assert dict(friar.expect(ProfileFetched).fields)["Account"] == "friar"


def test_sts_leads_to_tls() -> None:
    with inspircd(services=False, sts=True) as server:
        settings = plain(server)
        with user(settings, "jcapulet") as juliet:
            [remembered] = juliet.saw(Remembered)
            assert (remembered.name, remembered.value) == ("sts", str(server.tls_port))
            assert remembered.seconds == 300
            juliet.put(FetchProfile(person=JULIET, token=Token("1")))
            assert "Security" in dict(juliet.expect(ProfileFetched).fields)


def profile(user: User) -> dict[str, str]:
    user.put(FetchProfile(person=JULIET, token=Token("1")))
    return dict(user.expect(ProfileFetched).fields)


def test_nickserv_where_there_is_no_sasl(server: Inspircd) -> None:
    """As the mechanism the user insists on is not offered."""
    fields = {"password": PASSWORD, "mechanism": "SCRAM-SHA-256"}
    with user(plain(server), "jcapulet", fields=fields) as someone:
        with gevent.Timeout(20):  # NickServ answers when it likes.
            while "Account" not in (fields := profile(someone)):
                pass
        assert fields["Account"] == "jcapulet"


def test_nick_comes_back(server: Inspircd) -> None:
    with user(plain(server), "tybalt"):
        second = User(plain(server), "tybalt")
        second.expect(LoggedIn, me="tybalt_")
    second.expect(Renamed, me="tybalt")
    second.session.kill()


# Talking.


def test_echo_tells_the_id(juliet: User, romeo: User) -> None:
    room = join("#echo", juliet, romeo)
    juliet.put(SendMessage(chat=room, body="a\nb", token=Token("1")))
    sent = juliet.expect(MessageSent, token="1")
    assert sent.confirmed
    heard = [romeo.expect(MessageReceived, chat=room) for _ in "ab"]
    assert [message.body for message in heard] == ["a", "b"]
    assert heard[1].id == sent.id is not None
    assert heard[0].sent_at is None
    assert not juliet.saw(MessageReceived)


def test_refused(juliet: User, romeo: User) -> None:
    juliet.put(SendMessage(chat=ChatId("tybalt"), body="Hi", token=Token("1")))
    assert juliet.expect(Refused, token="1").reason is Reason.UNAVAILABLE
    room = join("#silence", juliet)
    become_operator(juliet, room)
    juliet.put(SendRaw(line=f"MODE {room} +n", token=Token("2")))
    juliet.expect(Done, token="2")
    romeo.put(SendMessage(chat=room, body="Hi", token=Token("3")))
    assert romeo.expect(Refused, token="3").reason is Reason.FORBIDDEN


def test_typing(juliet: User, romeo: User) -> None:
    juliet.put(SetTyping(chat=ChatId("rmontague"), typing=Typing.COMPOSING))
    romeo.expect(TypingChanged, chat="jcapulet", typing=Typing.COMPOSING)
    juliet.put(SetTyping(chat=ChatId("rmontague"), typing=Typing.ACTIVE))
    romeo.expect(TypingChanged, chat="jcapulet", typing=Typing.ACTIVE)


def test_presence(juliet: User, romeo: User) -> None:
    romeo.expect(PresenceChanged, person=JULIET, show=Show.AVAILABLE)
    juliet.put(SetPresence(show=Show.DND, status="Asleep"))
    romeo.expect(PresenceChanged, person=JULIET, show=Show.AWAY, status="Asleep")
    juliet.put(SetPresence(show=Show.AVAILABLE))
    romeo.expect(PresenceChanged, person=JULIET, show=Show.AVAILABLE)
    juliet.put(ChangeNick(nick="capulet2", token=Token("1")))
    juliet.expect(Done, token="1")
    romeo.expect(PresenceChanged, person=JULIET, show=Show.OFFLINE)


def test_away_in_a_room(juliet: User, romeo: User) -> None:
    room = join("#away", juliet, romeo)
    juliet.put(SetPresence(show=Show.XA, status="In Mantua"))
    while True:
        occupant = romeo.expect(OccupantChanged, room=room, person=JULIET).occupant
        if occupant.show is Show.AWAY:  # Her account is told first.
            break
    assert occupant.status == "In Mantua"


def test_moderate(juliet: User, romeo: User) -> None:
    room = join("#rules", juliet, romeo)
    romeo.put(SetSubject(room=room, subject="No", token=Token("1")))
    assert romeo.expect(Refused, token="1").reason is Reason.FORBIDDEN
    become_operator(juliet, room)
    juliet.put(SetSubject(room=room, subject="Two households", token=Token("1")))
    juliet.expect(SubjectChanged, token="1")
    romeo.expect(SubjectChanged, subject="Two households", by="jcapulet")
    ban = {"room": room, "who": "rmontague", "affiliation": Affiliation.OUTCAST}
    juliet.put(SetAffiliation(**ban, token=Token("2"), reason="Go"))  # type: ignore[arg-type]
    juliet.expect(Done, token="2")
    romeo.expect(RoomLeft, room=room, how=Departure.BANNED, detail="Go")
    romeo.put(JoinRoom(room=room, token=Token("2")))
    assert romeo.expect(Refused, token="2").reason is Reason.FORBIDDEN


def test_flood_limits_are_kept() -> None:
    """A server that slows down whoever talks too fast."""
    with inspircd(services=False, flood_limits=True) as server:
        settings = plain(server, rate=Rate(burst=5, seconds=0.2))
        with user(settings, "jcapulet") as juliet, user(settings, "rmontague") as romeo:
            body = "\n".join(str(number) for number in range(12))
            juliet.put(SendMessage(chat=ChatId("rmontague"), body=body, token=Token("1")))
            assert juliet.expect(MessageSent).confirmed
            heard = [romeo.expect(MessageReceived).body for _ in range(12)]
            assert "\n".join(heard) == body
