"""Sessions on the fake server, over real sockets; it notes whatever a client should not do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest

from gateway.commands import (
    AddContact,
    Authorize,
    Block,
    ChangeContact,
    FetchAvatar,
    FetchProfile,
    Invite,
    JoinRoom,
    LeaveRoom,
    Logout,
    RemoveContact,
    SearchPeople,
    SetAvatar,
    SetInvisible,
    SetPresence,
    SetProfile,
    SetTyping,
)
from gateway.errors import Reason
from gateway.events import (
    AuthorizationAsked,
    Avatar,
    AvatarFetched,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRefused,
    ContactRemoved,
    ContactsListed,
    Departure,
    Done,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    NoticeReceived,
    OccupantJoined,
    OccupantLeft,
    Offline,
    PeopleFound,
    PresenceChanged,
    ProfileChanged,
    ProfileFetched,
    Refused,
    Remembered,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    Show,
    Typing,
    TypingChanged,
)
from gateway.ids import ChatId, PersonId, Token
from networks.oscar.auth import roast
from networks.oscar.users import NO_ICON
from tests.gateway.tinynet import log_lines
from tests.networks.live import say
from tests.networks.oscar.live import User, settings, user
from tests.servers import oscar as fake
from tests.servers.oscar import Oscar, oscar
from tests.servers.oscar_kinds import OOS
from tests.servers.oscar_users import Details
from tests.servers.oscar_wire import tlvs

__all__ = ["log_lines"]

ROMEO, ROOM = ChatId("romeo"), ChatId("#verona")
GIF = b"GIF89a, and so on"


@contextmanager
def verona(kind: str = "oos", **how: Any) -> Iterator[Oscar]:
    """A server with Juliet, and a client of ours that does nothing wrong."""
    with oscar(kind, **how) as server:
        server.add_user("Juliet" if kind == "oos" else "200001", "secret")
        yield server
        assert server.violations == []


def ended(server: Oscar, name: str, password: str = "secret", **changed: Any) -> LoggedOut:
    """How a log-in fails."""
    return User(settings(server, **changed), name, password).ended()


# Getting in.


@pytest.mark.parametrize(
    ("kind", "name"), [("oos", "Juliet"), ("oos", "100001"), ("isd", "200001")]
)
def test_log_in_and_out(kind: str, name: str) -> None:
    with verona(kind) as server:
        server.add_user(name, "secret")
        with user(server, name) as someone:
            server.wait_online(name)
            someone.put(Logout())
            assert someone.expect(LoggedOut).why is Offline.ASKED
        server.wait_offline(name)


def test_log_in_by_the_weak_hash() -> None:
    with verona() as server, user(server, "Juliet", strong_hash=False):
        server.wait_online("juliet")


def test_name_as_it_is_registered() -> None:
    with verona() as server:
        server.add_user("Lady Capulet", "secret")
        someone = User(settings(server), "ladycapulet")
        someone.expect(LoggedIn, me=PersonId("Lady Capulet"))
        someone.put(Logout())
        assert someone.over.wait(10)


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_wrong(kind: str) -> None:
    name = "Juliet" if kind == "oos" else "200001"
    with verona(kind) as server:
        assert ended(server, name, "wrong").why is Offline.BAD_CREDENTIALS
        assert ended(server, "299999").why is Offline.BAD_CREDENTIALS


def test_suspended() -> None:
    with verona() as server:
        server.add_user("Tybalt", "secret", refusal=0x11)
        event = ended(server, "Tybalt")
        assert (event.why, event.detail[:12]) == (Offline.BAD_CREDENTIALS, "The account ")


def test_limiter() -> None:
    with verona(login_limit=1) as server:
        with user(server, "Juliet"):
            pass
        event = ended(server, "Juliet")
        assert event.why is Offline.NETWORK
        assert "limiter" in event.detail


def test_tls() -> None:
    with verona(tls=True) as server:
        how = {"port": server.tls_port, "tls": True, "ca_file": str(server.ca_file)}
        with user(server, "Juliet", **how) as juliet:
            juliet.put(JoinRoom(room=ROOM, token=Token("1")))
            juliet.expect(RoomJoined, room=ROOM)


KERBEROS = {"login": "kerberos", "uas_tls": False}


@pytest.mark.parametrize("name", ["Juliet", "100001"])
def test_kerberos(name: str) -> None:
    with verona() as server:
        server.add_user(name, "secret")
        with user(server, name, **KERBEROS, uas_port=server.uas_port):
            server.wait_online(name)
        assert not server.records(0x17, 0x06), "BUCP"


def test_kerberos_in_logs(log_lines: Callable[[], list[str]]) -> None:
    password = "wherefore art thou"
    with verona() as server:
        server.add_user("Romeo", password)
        changed = {"login": "kerberos", "uas_tls": False, "uas_port": server.uas_port}
        romeo = User(settings(server, **changed), "Romeo", password)
        romeo.expect(LoggedIn, me=PersonId("Romeo"))
        romeo.put(Logout())
        assert romeo.over.wait(10)
        url = f"http://{server.host}:{server.uas_port}/"
    lines = "\n".join(log_lines())
    assert f"event=http.asked user=Romeo name=ticket url={url}" in lines
    for secret in (password.encode(), roast(password.encode())):
        assert repr(secret)[2:-1] not in lines
        assert secret.hex() not in lines


def test_kerberos_by_https() -> None:
    with verona(tls=True) as server:
        trust = {"tls": True, "ca_file": str(server.ca_file)}
        with user(server, "Juliet", login="kerberos", uas_port=server.uas_tls_port, **trust):
            server.wait_online("juliet")


def test_kerberos_where_only_http_is_spoken() -> None:
    with verona() as server:
        event = ended(server, "Juliet", login="kerberos", uas_port=server.uas_port)
        assert event.why is Offline.NETWORK
        assert "no TLS" in event.detail


def test_kerberos_wrong() -> None:
    with verona() as server:
        how = KERBEROS | {"uas_port": server.uas_port}
        event = ended(server, "Juliet", "wrong", **how)
        assert event.why is Offline.BAD_CREDENTIALS
        assert event.detail.endswith("(code 0401h, Auth failure)")
        assert ended(server, "Tybalt", **how).why is Offline.BAD_CREDENTIALS


def test_kerberos_of_another_server() -> None:
    """What listens there is no HTTP server: it is OSCAR's own port."""
    with oscar() as server:
        event = ended(server, "Juliet", **KERBEROS, uas_port=server.port)
        assert event.why is Offline.NETWORK


def test_nobody_there() -> None:
    with oscar() as server:
        server.stop()
        assert ended(server, "Juliet").why is Offline.NETWORK


def test_connection_fails() -> None:
    with verona() as server, user(server, "Juliet") as juliet:
        server.wait_online("juliet")
        server.drop("juliet")
        assert juliet.expect(LoggedOut).why is Offline.NETWORK


@pytest.mark.parametrize(("kind", "name"), [("oos", "Juliet"), ("isd", "200001")])
def test_displaced(kind: str, name: str) -> None:
    with verona(kind) as server, user(server, name) as someone:
        server.wait_online(name)
        server.displace(name)
        assert someone.expect(LoggedOut).why is Offline.REPLACED


# The address book.


def contact(name: str, alias: str, *groups: str, is_authorized: bool = True) -> Contact:
    return Contact(person=PersonId(name), name=alias, groups=groups, is_authorized=is_authorized)


def test_address_book() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        with user(server, "Juliet") as juliet:
            juliet.put(AddContact(person=PersonId("romeo")))
            juliet.expect(ContactAdded, person=PersonId("romeo"))
            juliet.expect(PresenceChanged, person=PersonId("Romeo"), show=Show.AVAILABLE)
            change = ChangeContact(person=PersonId("Romeo"), name="Mine", groups=("Montagues",))
            juliet.put(change)
            juliet.expect(ContactChanged, contact=contact("Romeo", "Mine", "Montagues"))
            juliet.put(AddContact(person=PersonId("Nurse")))
            juliet.expect(ContactAdded, person=PersonId("Nurse"))
        assert sorted(server.contacts("juliet")) == ["nurse", "romeo"]
        someone = User(settings(server), "Juliet")
        listed = someone.expect(ContactsListed)
        assert set(listed.contacts) == {
            contact("romeo", "Mine", "Montagues"),
            contact("nurse", "", "Buddies"),
        }
        someone.put(RemoveContact(person=PersonId("Romeo")))
        server.wait_until(lambda: server.contacts("juliet") == ["nurse"])
        someone.put(Logout())
        assert someone.over.wait(10)


def test_another_client_of_ours() -> None:
    with verona() as server, user(server, "Juliet") as juliet:
        juliet.put(AddContact(person=PersonId("Nurse")))
        juliet.expect(ContactAdded)
        other = server.user("Juliet")
        other.sign_on()
        other.add("Paris")
        assert juliet.expect(ContactChanged).contact.person == "Paris"
        other.remove("Paris")
        juliet.expect(ContactRemoved, person=PersonId("Paris"))


def test_authorisation() -> None:
    with verona() as server:
        romeo = server.add_user("100002")
        romeo.sign_on()
        server.add_user("100001", "secret")
        with user(server, "100001") as juliet:
            juliet.put(AddContact(person=PersonId("100002"), reason="It is me"))
            asked = contact("100002", "", "General", is_authorized=False)
            juliet.expect(ContactChanged, contact=asked)
            assert romeo.wait(fake.Asked).reason == "It is me"
            romeo.authorise("100001", False, "no")
            assert juliet.expect(ContactRefused).detail == "no"
            romeo.authorise("100001")
            juliet.expect(ContactAdded, person=PersonId("100002"))
            juliet.expect(PresenceChanged, person=PersonId("100002"), show=Show.AVAILABLE)
            romeo.add("100001", awaiting=True)
            romeo.ask("100001", "let me")
            juliet.expect(AuthorizationAsked, person=PersonId("100002"), reason="let me")
            juliet.put(Authorize(person=PersonId("100002"), is_granted=True))
            assert romeo.wait(fake.Answered).granted
            romeo.wait(fake.Arrived, name="100001")


@pytest.mark.parametrize(("kind", "whole"), [("oos", 2), ("isd", 1)])
def test_an_unchanged_address_book_is_not_sent_again(kind: str, whole: int) -> None:
    """How open-oscar-server wants to be asked is found out by asking it in the usual way."""
    name = "Juliet" if kind == "oos" else "200001"
    clock = fake.ManualClock()
    memory: dict[str, str] = {}

    def log_in(without: str = "") -> tuple[int, bool]:
        """How many contacts there are, and whether they were sent."""
        clock.advance(60.0)
        with user(server, name, session={"memory": dict(memory)}) as someone:
            if without:
                someone.put(RemoveContact(person=PersonId(without)))
                server.wait_until(lambda: without not in server.contacts(name))
            someone.put(Logout())
            someone.expect(LoggedOut)
            told = {event.name: event.value for event in someone.saw(Remembered)}
            [book] = someone.saw(ContactsListed)
        memory.update(told)
        return len(book.contacts), "feedbag" in told

    with verona(kind, clock=clock) as server:
        items = [fake.Item("Cousins", 1, 0, 1)]
        items += [fake.Item(f"30{at:04}", 1, at, 0) for at in range(1, 21)]
        server.account(name).items = {item.key: item for item in items}
        assert [log_in() for _ in range(whole)] == [(20, True)] * whole
        assert log_in() == log_in() == (20, False)
        assert log_in(without="300001") == (20, False)
        assert log_in() == (19, True)
        assert log_in() == (19, False)
        del server.account(name).items[1, 2]  # By another client.
        if kind == "isd":  # The other one does not take that for a change.
            server.account(name).changed = clock.now()
        assert log_in() == (18, True)
        assert log_in() == (18, False)
        memory["feedbag"] = memory["feedbag"][5:]
        assert log_in() == (18, True)


@pytest.mark.parametrize(("kind", "name"), [("oos", "100001"), ("isd", "200001")])
def test_what_is_remembered_of_the_address_book_is_so(kind: str, name: str) -> None:
    """At IServerd it has no other version when somebody agrees, nor outside of transactions."""
    clock = fake.ManualClock()
    memory: dict[str, str] = {}

    @contextmanager
    def logged_in() -> Iterator[tuple[User, Contact]]:
        clock.advance(60.0)
        with user(server, name, session={"memory": dict(memory)}) as someone:
            [listed] = someone.saw(ContactsListed)[0].contacts
            yield someone, listed
            someone.put(Logout())
            someone.expect(LoggedOut)
            memory.update({event.name: event.value for event in someone.saw(Remembered)})

    with verona(kind, clock=clock) as server:
        server.add_user(name, "secret")
        romeo = server.add_user("300001")
        romeo.sign_on()
        items = [
            fake.Item("Cousins", 1, 0, 1),
            fake.Item("300001", 1, 1, 0, tlvs((0x66, b""))),
        ]
        server.account(name).items = {item.key: item for item in items}
        for _ in range(2):
            with logged_in() as (_juliet, listed):
                assert not listed.is_authorized
        with logged_in() as (juliet, listed):
            server.wait_online(name)
            romeo.authorise(name)
            juliet.expect(ContactAdded, person=PersonId("300001"))
        with logged_in() as (juliet, listed):
            assert listed.is_authorized
        with logged_in() as (juliet, listed):
            juliet.put(ChangeContact(person=PersonId("300001"), name="Romeo", groups=()))
            juliet.expect(ContactChanged)
        with logged_in() as (juliet, listed):
            assert listed.name == "Romeo"


def test_block() -> None:
    with verona() as server:
        paris = server.user("Paris")
        paris.sign_on()
        paris.add("juliet")
        with user(server, "Juliet") as juliet:
            paris.wait(fake.Arrived, name="Juliet")
            juliet.put(Block(person=PersonId("Paris"), is_blocked=True, token=Token("1")))
            juliet.expect(Done, token=Token("1"))
            paris.wait(fake.Departed)
            juliet.put(Block(person=PersonId("Paris"), is_blocked=False, token=Token("2")))
            juliet.expect(Done, token=Token("2"))
            paris.wait(fake.Arrived, name="Juliet")


# Presence.


def test_presence() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        romeo.add("Juliet")
        with user(server, "Juliet") as juliet:
            romeo.wait(fake.Arrived, name="Juliet", away=False)
            juliet.put(SetPresence(show=Show.AWAY, status="Out & about"))
            romeo.wait(fake.Arrived, name="Juliet", away=True)
            romeo.fetch_info("Juliet")
            assert "Out &amp; about" in romeo.wait(fake.Info).away
            juliet.put(SetPresence(show=Show.AVAILABLE))
            romeo.wait(fake.Arrived, name="Juliet", away=False)
            juliet.put(SetPresence(show=Show.OFFLINE))
            romeo.wait(fake.Departed, name="juliet")  # As the server normalises it.
            juliet.put(SetPresence(show=Show.AVAILABLE), AddContact(person=PersonId("romeo")))
            juliet.expect(PresenceChanged, show=Show.AVAILABLE)
            romeo.away("<HTML>gone <I>far</I></HTML>")
            juliet.expect(PresenceChanged, show=Show.AWAY, status="gone _far_")
            romeo.back()
            juliet.expect(PresenceChanged, show=Show.AVAILABLE, status="")
            romeo.sign_off()
            juliet.expect(PresenceChanged, person=PersonId("Romeo"), show=Show.OFFLINE)


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_icq_status(kind: str) -> None:
    with verona(kind) as server:
        for number in ("200001", "200002"):
            server.add_user(number, "secret", authorise=False)
        romeo = server.user("200002")
        romeo.sign_on()
        romeo.add("200001")
        with user(server, "200001") as juliet:
            romeo.wait(fake.Arrived)
            juliet.put(SetPresence(show=Show.DND), AddContact(person=PersonId("200002")))
            web_aware = 0x10000 if kind == "isd" else 0  # Always set there.
            romeo.wait(fake.Arrived, status=web_aware | 0x13)
            juliet.expect(PresenceChanged, show=Show.AVAILABLE)
            romeo.status(5)
            juliet.expect(PresenceChanged, show=Show.XA, status="Not available")
            romeo.status(0x20)
            juliet.expect(PresenceChanged, show=Show.CHAT)
            romeo.status(0x100)
            juliet.expect(PresenceChanged, show=Show.OFFLINE)


@pytest.mark.parametrize(
    ("kind", "name", "other"),
    [("oos", "Juliet", "Romeo"), ("oos", "200001", "200002"), ("isd", "200001", "200002")],
)
def test_invisible(kind: str, name: str, other: str) -> None:
    """From the first moment, while one writes to others, and until one shows oneself."""
    with verona(kind) as server:
        for who in {name, other} - {"Juliet"}:
            server.add_user(who, "secret", authorise=False)
        romeo = server.user(other)
        romeo.sign_on()
        romeo.add(name)
        with user(server, name, session={"is_invisible": True}) as juliet:
            server.wait_online(name)
            juliet.put(
                SetPresence(show=Show.AWAY, status="Asleep", idle=timedelta(minutes=5)),
                say(other, "Psst"),
            )
            romeo.wait(fake.Heard, sender=name)
            juliet.expect(MessageSent)
            romeo.say(name, "Who is it?")
            juliet.expect(MessageReceived, body="Who is it?")
            assert not [one for one in romeo.passed_over if isinstance(one, fake.Arrived)]
            juliet.put(SetInvisible(is_invisible=False))
            romeo.wait(fake.Arrived, name=name, away=True)
            assert len(server.records(0x02, 0x04, name)) == 2  # At the log-in, and just now.
            juliet.put(SetInvisible(is_invisible=True))
            romeo.wait(fake.Departed)


def test_idle() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        romeo.add("Juliet")
        with user(server, "Juliet") as juliet:
            juliet.put(SetPresence(show=Show.AVAILABLE, idle=timedelta(minutes=7)))
            romeo.wait(fake.Arrived, name="Juliet", idle=7)
            juliet.put(SetPresence(show=Show.AVAILABLE))
            romeo.wait(fake.Arrived, name="Juliet", idle=0)


# Messages.


def test_messages() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        with user(server, "Juliet") as juliet:
            juliet.put(say("romeo", "O *Romeo* <3"))
            juliet.expect(MessageSent, token=Token("1"), confirmed=True)
            said = "<HTML><BODY>O <B>Romeo</B> &lt;3</BODY></HTML>"
            romeo.wait(fake.Heard, sender="Juliet", text=said)
            cookie = romeo.say("Juliet", "<HTML><B>Hi</B> &lt;3</HTML>")
            juliet.expect(MessageReceived, chat=ROMEO, body="*Hi* <3", id=cookie.hex())
            romeo.say("Juliet", "Ромео \U0001f339")
            juliet.expect(MessageReceived, body="Ромео \U0001f339")
            romeo.say("Juliet", "gone", auto=True)
            assert juliet.expect(MessageReceived).body.endswith("gone")
            juliet.put(say("nobody", "Hi", "2"))
            assert juliet.expect(Refused, token=Token("2")).reason is Reason.UNAVAILABLE
            romeo.type("Juliet")
            juliet.expect(TypingChanged, chat=ROMEO, typing=Typing.COMPOSING)
            juliet.put(SetTyping(chat=ROMEO, typing=Typing.PAUSED))
            romeo.wait(fake.Typed, event=1)
            romeo.warn("Juliet")
            assert "warned you" in juliet.expect(NoticeReceived).text
            server.system_message("Juliet", "Good night")
            juliet.expect(NoticeReceived, text="Good night")


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_icq_messages(kind: str) -> None:
    with verona(kind) as server:
        for number in ("200001", "200002"):
            server.add_user(number, "secret", authorise=False)
        romeo = server.user("200002")
        romeo.sign_on()
        with user(server, "200001") as juliet:
            for number, body in enumerate(("plain", "a <tag> & b", "Ромео")):
                juliet.put(say("200002", body, str(number)))
                juliet.expect(MessageSent, token=Token(str(number)), confirmed=True)
                romeo.wait(fake.Heard, text=body)
            romeo.say("200001", "a <tag> & b", charset=2)
            juliet.expect(MessageReceived, body="a <tag> & b")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251"])
def test_what_iserverd_keeps(encoding: str) -> None:
    """Bytes without a word of their charset, to the first NUL, and no more than 450."""
    bodies = ["if a < b & c", "Привет, Ромео!", "О, " + "Ромео " * 100]
    with verona("isd") as server:
        server.add_user("200002", "secret")
        with user(server, "200001", encoding=encoding) as juliet:
            for number, body in enumerate(bodies):
                juliet.put(say("200002", body, str(number)))
                juliet.expect(MessageSent, token=Token(str(number)), confirmed=True)
        with user(server, "200002", encoding=encoding) as romeo:
            romeo.expect(MessageReceived, body=bodies[0])
            romeo.expect(MessageReceived, body=bodies[1])
            heard = ""
            while len(heard) < len(bodies[2].strip()):
                heard = f"{heard} {romeo.expect(MessageReceived).body}".strip()
            assert heard == bodies[2].strip()


def test_stored_messages() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        romeo.say("Juliet", "<B>One</B>")
        romeo.say("Juliet", "Two")
        for bodies in (["*One*", "Two"], []):
            with user(server, "Juliet") as juliet:
                for body in bodies:
                    assert juliet.expect(MessageReceived, body=body).sent_at
                romeo.say("Juliet", "now")
                assert juliet.expect(MessageReceived).body == "now"


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_stored_icq_messages(kind: str) -> None:
    with verona(kind) as server:
        for number in ("200001", "200002"):
            server.add_user(number, "secret", authorise=False)
        romeo = server.user("200002")
        romeo.sign_on()
        romeo.say("200001", "One")
        romeo.say("200001", "Два")
        for bodies in (["One", "Два"], []):
            with user(server, "200001") as juliet:
                for body in bodies:
                    assert juliet.expect(MessageReceived, body=body).sent_at
                if bodies:  # All of them; then the server is told to forget them.
                    server.wait_sent(0x15, 0x02, "200001", count=2)
                romeo.say("200001", "now")
                assert juliet.expect(MessageReceived).body == "now"


QUICK = tuple(
    replace(row, window=10, clear=260, alert=250, limit=200, disconnect=150, start=300, maximum=300)
    if row.number == 3
    else row
    for row in OOS.rate_classes
)
"""As strict as ever, in a time that a test has."""


def test_as_fast_as_the_server_allows() -> None:
    with verona(rate_classes=QUICK) as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        with user(server, "Juliet") as juliet:
            juliet.put(*[say("romeo", f"Number {number}", str(number)) for number in range(12)])
            for number in range(12):
                juliet.expect(MessageSent, token=Token(str(number)), confirmed=True)
                romeo.wait(fake.Heard, text=f"Number {number}")
            assert not juliet.saw(LoggedOut)


# Rooms.


def test_rooms() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        with user(server, "Juliet") as juliet:
            juliet.put(JoinRoom(room=ROOM, token=Token("1")))
            assert juliet.expect(RoomJoined, room=ROOM, token=Token("1")).me == "Juliet"
            invite = Invite(room=ROOM, person=PersonId("Romeo"), token=Token("2"), reason="Come")
            juliet.put(invite)
            juliet.expect(Done, token=Token("2"))
            assert romeo.wait(fake.Invited).text == "Come"
            romeo.join("verona")
            juliet.expect(OccupantJoined, room=ROOM)
            juliet.put(say("#verona", "O *Romeo*", "3"))
            juliet.expect(MessageSent, chat=ROOM, token=Token("3"), confirmed=True)
            assert "<B>Romeo</B>" in romeo.wait(fake.Said, sender="Juliet").text
            romeo.say_in("verona", "<I>O</I>")
            juliet.expect(MessageReceived, chat=ROOM, body="_O_", is_in_room=True)
            romeo.say_in("verona", "psst", whisper_to="juliet")
            juliet.expect(MessageReceived, chat=ROMEO, whisper_in=ROOM)
            romeo.leave("verona")
            juliet.expect(OccupantLeft, room=ROOM, person=PersonId("Romeo"))
            juliet.put(LeaveRoom(room=ROOM))
            juliet.expect(RoomLeft, room=ROOM, how=Departure.LEFT)
            juliet.put(JoinRoom(room=ROOM, token=Token("4")))
            juliet.expect(RoomJoined, token=Token("4"))


def test_rooms_of_the_server() -> None:
    with verona() as server:
        server.make_room("Lounge")
        romeo = server.user("Romeo")
        romeo.sign_on()
        with user(server, "Juliet") as juliet:
            juliet.put(JoinRoom(room=ChatId("#nowhere%5"), token=Token("1")))
            assert juliet.expect(Refused).reason is Reason.NOT_FOUND
            romeo.invite("Juliet", "Lounge", exchange=5)
            room = juliet.expect(RoomInvited, by=PersonId("Romeo")).room
            assert room == "#lounge%5"
            juliet.put(JoinRoom(room=room, token=Token("2")))
            juliet.expect(RoomJoined, room=room)


def test_no_rooms() -> None:
    with verona("isd") as server, user(server, "200001") as juliet:
        juliet.put(JoinRoom(room=ROOM, token=Token("1")))
        assert juliet.expect(Refused, token=Token("1"))


# People and icons.


def test_profile() -> None:
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        romeo.profile("<HTML>A <B>Montague</B></HTML>")
        with user(server, "Juliet") as juliet:
            juliet.put(FetchProfile(person=PersonId("romeo"), token=Token("1")))
            fields = dict(juliet.expect(ProfileFetched, token=Token("1")).fields)
            assert fields["Profile"] == "A *Montague*"
            juliet.put(FetchProfile(person=PersonId("nobody"), token=Token("2")))
            assert juliet.expect(Refused).reason is Reason.UNAVAILABLE


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_details_and_search(kind: str) -> None:
    with verona(kind) as server:
        server.add_user("200001", "secret")
        details = Details(nick="Romeo", first="R", last="Montague", email="r@verona.lit")
        server.add_user("200002", details=details)
        with user(server, "200001") as juliet:
            juliet.put(FetchProfile(person=PersonId("200002"), token=Token("1")))
            fields = dict(juliet.expect(ProfileFetched, token=Token("1")).fields)
            assert (fields["Nickname"], fields["E-mail"]) == ("Romeo", "r@verona.lit")
            for number, query in enumerate(({"uin": "200002"}, {"email": "r@verona.lit"})):
                token = Token(f"search {number}")
                juliet.put(SearchPeople(fields=tuple(query.items()), token=token))
                (found,) = juliet.expect(PeopleFound, token=token).people
                assert found.person == "200002"
                assert ("Nickname", "Romeo") in found.fields
            juliet.put(SearchPeople(fields=(("uin", "299999"),), token=Token("2")))
            assert juliet.expect(PeopleFound, token=Token("2")).people == ()


def test_own_profile() -> None:
    memory: dict[str, str] = {}
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        for _ in range(2):
            with user(server, "Juliet", session={"memory": memory}) as juliet:
                server.wait_online("Juliet")
                if not memory:
                    fields = (("profile", "A *Capulet*"),)
                    juliet.put(SetProfile(fields=fields, token=Token("1")))
                    juliet.expect(Done, token=Token("1"))
                    memory |= {event.name: event.value for event in juliet.saw(Remembered)}
                    server.wait_sent(0x02, 0x04, "juliet", 2)
                romeo.fetch_info("Juliet")
                assert "A <B>Capulet</B>" in romeo.wait(fake.Info).profile
            server.wait_offline("Juliet")


@pytest.mark.parametrize("kind", ["oos", "isd"])
def test_own_details(kind: str) -> None:
    with verona(kind) as server:
        before = Details(nick="J", last="Capulet", zip="37100", country=39, publish=1, age=13)
        server.add_user("200001", "secret", details=before)
        with user(server, "200001") as juliet:
            new = (("nick", "Джульетта"), ("last", ""), ("notes", "O Romeo"))
            juliet.put(SetProfile(fields=new, token=Token("1")))
            juliet.expect(Done, token=Token("1"))
        after = replace(before, nick="Джульетта", last="", notes="O Romeo")
        assert server.account("200001").details == after


def test_icons() -> None:
    digest = md5(GIF).digest()
    with verona() as server:
        romeo = server.user("Romeo")
        romeo.sign_on()
        romeo.add("Juliet")
        with user(server, "Juliet") as juliet:
            picture = Avatar(data=GIF, media_type="image/gif")
            juliet.put(SetAvatar(avatar=picture), AddContact(person=PersonId("romeo")))
            romeo.wait(fake.Arrived, icon=digest)
            romeo.announce_icon(digest)
            avatar = juliet.expect(ProfileChanged, avatar=digest.hex()).avatar
            fetch = FetchAvatar(person=PersonId("Romeo"), avatar=avatar, token=Token("1"))
            juliet.put(fetch)
            assert juliet.expect(AvatarFetched, token=Token("1")).avatar == picture
            juliet.put(SetAvatar(avatar=None))
            romeo.wait(fake.Arrived, icon=NO_ICON)
