"""Sessions on the fake server, over real sockets; it notes whatever a client should not do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from gateway.commands import (
    AddContact,
    AskAttention,
    Authorize,
    Block,
    ChangeContact,
    ChangeNick,
    FetchAvatar,
    Invite,
    JoinRoom,
    LeaveRoom,
    Logout,
    RemoveContact,
    SetAvatar,
    SetInvisible,
    SetPresence,
    SetTyping,
)
from gateway.errors import Reason
from gateway.events import (
    AttentionAsked,
    AuthorizationAsked,
    Avatar,
    AvatarFetched,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRefused,
    ContactsListed,
    Done,
    LoggedIn,
    LoggedOut,
    MessageReceived,
    MessageSent,
    OccupantJoined,
    OccupantLeft,
    Offline,
    PresenceChanged,
    ProfileChanged,
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
from tests.gateway.tinynet import log_lines
from tests.networks.live import say
from tests.networks.msn.live import User, settings, user
from tests.servers import msn as fake
from tests.servers.msn import Answer, ManualClock, Msn, msn
from tests.servers.msn_world import Seat

__all__ = ["log_lines"]

JULIET, ROMEO, NURSE = "juliet@msn.test", "romeo@msn.test", "nurse@msn.test"

ROOM = ChatId("#verona")

RUN = "{96875A4C-8C87-46B4-B474-050C86CB95ED}"


@contextmanager
def verona(*, befriended: bool = True, **ways: Any) -> Iterator[Msn]:
    """A server with Juliet and Romeo, and a client of ours that does nothing wrong."""
    with msn(**ways) as server:
        server.add_user(JULIET, "secret", name="Juliet")
        server.add_user(ROMEO, "secret", name="Romeo")
        if befriended:
            server.befriend(JULIET, ROMEO)
        yield server
        server.check()


def ended(server: Msn, address: str, password: str = "secret", **changed: Any) -> LoggedOut:
    """How a log-in fails."""
    return User(settings(server, **changed), address, password).ended()


# Getting in.


@pytest.mark.parametrize("protocol", ["MSNP15", "MSNP14", "MSNP13"])
def test_log_in_and_out(protocol: str) -> None:
    with verona() as server:
        with user(server, JULIET, protocol=protocol) as juliet:
            server.wait_online(JULIET)
            juliet.put(Logout())
            assert juliet.expect(LoggedOut).why is Offline.ASKED
        server.wait_offline(JULIET)


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"dispatch": True},
        {"redirect": True},
        {"challenge": True},
        {"one_ticket": True},
        {"fault_status": 200},
        {"page_size": 1},
        {"error_payloads": True},
        {"proper_ubx": True},
        {"adl_stores": False},
        {"tied": False},
    ],
    ids=lambda ways: next(iter(ways), "usual"),
)
def test_other_servers(ways: dict[str, Any]) -> None:
    """The same conversation, whatever is special about the server."""
    with verona(**ways) as server:
        converse(server)


@pytest.mark.parametrize("protocol", ["MSNP14", "MSNP13"])
def test_other_dialects(protocol: str) -> None:
    with verona() as server:
        converse(server, protocol=protocol)


def converse(server: Msn, **changed: Any) -> None:
    server.befriend(JULIET, NURSE)
    romeo = server.user(ROMEO)
    romeo.sign_on()
    romeo.personal("<3 & you")
    with user(server, JULIET, **changed) as juliet:
        [listed] = juliet.saw(ContactsListed)
        assert {one.person for one in listed.contacts} == {ROMEO, NURSE}
        juliet.expect(PresenceChanged, person=PersonId(ROMEO), status="<3 & you")
        juliet.put(say(ROMEO, "Hi"))
        juliet.expect(MessageSent, token=Token("1"))
        assert romeo.wait(fake.Heard).text == "Hi"
        romeo.say(JULIET, "Hello")
        assert juliet.expect(MessageReceived).body == "Hello"
        romeo.talk(JULIET).leave()
        server.wait_sent("OUT", JULIET)
        romeo.say(JULIET, "Once more")
        assert juliet.expect(MessageReceived).body == "Once more"
        romeo.sign_off()
        juliet.expect(PresenceChanged, person=PersonId(ROMEO), show=Show.OFFLINE)


def test_account_with_capitals() -> None:
    """Once somebody is in, the server compares their address by letter."""
    with msn() as server:
        server.add_user("Juliet@MSN.test", "secret")
        server.add_user(ROMEO, "secret")
        server.befriend(JULIET, ROMEO)
        romeo = server.user(ROMEO)
        with user(server, JULIET) as juliet:
            juliet.put(say(ROMEO, "Asleep?"))
            juliet.expect(MessageSent, token=Token("1"))
            assert server.account(ROMEO).letters
            romeo.sign_on()
            juliet.expect(PresenceChanged, person=PersonId(ROMEO), show=Show.AVAILABLE)
            juliet.put(say(ROMEO, "Hi", "2"))
            assert romeo.wait(fake.Heard).text == "Hi"
            romeo.talk("Juliet@MSN.test").leave()
            server.wait_sent("OUT", JULIET)
            romeo.say(JULIET, "Hello")
            assert juliet.expect(MessageReceived).body == "Hello"
        server.check()


def test_plain_services() -> None:
    """Only where the operator says so."""
    with verona(tls=False) as server:
        with user(server, JULIET, plain_passwords=True):
            server.wait_online(JULIET)
        with pytest.raises(ValueError, match="plain_passwords"):
            settings(server)


def test_certificate_that_nobody_vouches_for() -> None:
    with verona() as server:
        event = ended(server, JULIET, ca_file="")
        assert event.why is Offline.NETWORK
        assert not server.requests("RST")


@pytest.mark.parametrize("address", [JULIET, "nobody@msn.test"])
def test_wrong_password(address: str) -> None:
    with verona() as server:
        event = ended(server, address, "wrong")
        assert event.why is Offline.BAD_CREDENTIALS
        assert event.detail == "The address or the password is wrong."


def test_no_secret_is_logged(log_lines: Callable[[], list[str]]) -> None:
    password = "wherefore art thou"
    with verona() as server:
        server.account(JULIET).password = password
        juliet = User(settings(server), JULIET, password)
        juliet.expect(LoggedIn)
        juliet.put(say(ROMEO, "Hi"))
        juliet.put(Logout())
        assert juliet.over.wait(10)
        [passport] = server.world.passports
        secrets = [password, *passport.tickets.values()]
    lines = "\n".join(log_lines())
    assert "USR" in lines
    for secret in secrets:
        assert secret not in lines
        assert secret.replace("&", "&amp;") not in lines


def test_account_without_an_address_book() -> None:
    with verona(befriended=False) as server:
        server.add_user("tybalt@msn.test", has_book=False)
        with user(server, "tybalt@msn.test") as tybalt:
            assert tybalt.saw(ContactsListed) == [ContactsListed(contacts=())]
        assert server.requests("ABAdd")


def test_many_contacts() -> None:
    """More than one ADL takes."""
    with verona() as server:
        for number in range(300):
            server.add_contacts(JULIET, f"guest{number}@house{number % 5}.test")
        with user(server, JULIET) as juliet:
            [listed] = juliet.saw(ContactsListed)
            assert len(listed.contacts) == 301
            assert len(server.wait_sent("ADL", JULIET, 3)) == 3


# Losing it.


def test_signed_in_elsewhere() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        server.user(JULIET).sign_on()
        event = juliet.expect(LoggedOut)
        assert event.why is Offline.REPLACED


def test_server_goes_down() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        server.go_down()
        event = juliet.expect(LoggedOut)
        assert (event.why, event.detail) == (Offline.NETWORK, "The server is going down.")


def test_connection_is_lost() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        server.drop(JULIET)
        assert juliet.expect(LoggedOut).why is Offline.NETWORK


def test_server_falls_silent() -> None:
    with verona() as server:
        impatient = settings(server).model_copy(update={"ping_seconds": 0.5})
        juliet = User(impatient, JULIET)
        server.wait_online(JULIET)
        server.ways.silent = True
        event = juliet.expect(LoggedOut)
        assert event.why is Offline.NETWORK
        assert "Nothing came" in event.detail
        assert juliet.over.wait(10)


GARBAGE = [
    b"this is no command\r\n",
    b"UBX romeo@msn.test 1 99999999\r\n",
    b"MSG Hotmail Hotmail -5\r\n",
    b"NLN " + b"x" * 20_000,
]


@pytest.mark.parametrize("data", GARBAGE, ids=["words", "too long", "negative", "no end"])
def test_garbage(data: bytes) -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        server.send_raw(JULIET, data)
        assert juliet.expect(LoggedOut).why is Offline.NETWORK


def test_challenge_while_we_are_in() -> None:
    with verona() as server, user(server, JULIET):
        server.wait_online(JULIET)
        server.challenge(JULIET)
        server.wait_sent("QRY", JULIET)


# Contacts.


def test_address_book() -> None:
    with verona() as server:
        server.add_contacts(JULIET, ROMEO, group="Lovers")
        with user(server, JULIET) as juliet:
            assert juliet.saw(ContactsListed) == [
                ContactsListed(contacts=(Contact(person=PersonId(ROMEO), groups=("Lovers",)),))
            ]


def test_add_somebody_who_agrees() -> None:
    with verona(befriended=False) as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            juliet.put(AddContact(person=PersonId(ROMEO), reason="It is me."))
            assert romeo.wait(fake.Listed).who == JULIET
            romeo.accept(JULIET)
            juliet.expect(ContactAdded, person=PersonId(ROMEO))
            juliet.expect(PresenceChanged, person=PersonId(ROMEO), show=Show.AVAILABLE)
            romeo.wait(fake.Came, who=JULIET)


@pytest.mark.parametrize("status", [500, 200])
def test_add_nobody(status: int) -> None:
    with verona(fault_status=status) as server, user(server, JULIET) as juliet:
        juliet.put(AddContact(person=PersonId("nobody@msn.test")))
        refused = juliet.expect(ContactRefused, person=PersonId("nobody@msn.test"))
        assert refused.detail == "There is no such account."


def test_somebody_adds_us() -> None:
    with verona(befriended=False) as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        romeo = server.user(ROMEO)
        romeo.sign_on()
        romeo.add(JULIET)
        juliet.expect(AuthorizationAsked, person=PersonId(ROMEO))
        juliet.put(Authorize(person=PersonId(ROMEO), is_granted=True))
        romeo.wait(fake.Came, who=JULIET)
        server.wait_asked("DeleteMember", JULIET)


def test_somebody_added_us_while_we_were_offline() -> None:
    with verona(befriended=False) as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        romeo.add(JULIET)
        with user(server, JULIET) as juliet:
            juliet.expect(AuthorizationAsked, person=PersonId(ROMEO))
            juliet.put(Authorize(person=PersonId(ROMEO), is_granted=False))
            server.wait_asked("DeleteMember", JULIET)
        with user(server, JULIET) as juliet:
            juliet.put(Logout())
            juliet.expect(LoggedOut)
            assert not juliet.saw(AuthorizationAsked)


def test_change_and_remove() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        person = PersonId(ROMEO)
        juliet.put(ChangeContact(person=person, name="My love", groups=("Lovers", "Balcony")))
        changed = juliet.expect(ContactChanged).contact
        assert changed == Contact(person=person, name="My love", groups=("Lovers", "Balcony"))
        juliet.put(ChangeContact(person=person, name="", groups=("Balcony",)))
        assert juliet.expect(ContactChanged).contact.groups == ("Balcony",)
        juliet.put(RemoveContact(person=person))
        server.wait_asked("ABContactDelete", JULIET)
        server.wait_until(lambda: not server.account(JULIET).contacts)
        server.wait_sent("RML", JULIET)


def test_block() -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            romeo.wait(fake.Came, who=JULIET)
            juliet.put(Block(person=PersonId(ROMEO), is_blocked=True, token=Token("1")))
            juliet.expect(Done, token=Token("1"))
            romeo.wait(fake.Went, who=JULIET)
            juliet.put(Block(person=PersonId(ROMEO), is_blocked=False, token=Token("2")))
            juliet.expect(Done, token=Token("2"))
            romeo.wait(fake.Came, who=JULIET)


# Presence.


def test_ours() -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        with user(server, JULIET, nick="Juliet C.") as juliet:
            assert romeo.wait(fake.Came, who=JULIET, status="NLN").name == "Juliet C."
            juliet.put(SetPresence(show=Show.DND, status="on <the> balcony & busy"))
            assert romeo.wait(fake.Personal, who=JULIET).psm == "on <the> balcony & busy"
            romeo.wait(fake.Came, who=JULIET, status="BSY")
            juliet.put(SetPresence(show=Show.AVAILABLE, idle=timedelta(minutes=9)))
            romeo.wait(fake.Came, who=JULIET, status="IDL")
            juliet.put(ChangeNick(nick="The sun", token=Token("1")))
            juliet.expect(Done, token=Token("1"))
            romeo.wait(fake.Came, who=JULIET, name="The sun")
            juliet.put(SetInvisible(is_invisible=True))
            romeo.wait(fake.Went, who=JULIET)


def test_invisible_from_the_first_moment() -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        with user(server, JULIET, session={"is_invisible": True}) as juliet:
            server.wait_online(JULIET)
            juliet.put(SetInvisible(is_invisible=False))
            assert romeo.wait(fake.Came, who=JULIET).status == "NLN"
            statuses = [record.command.arg(1) for record in server.records("CHG", JULIET)]
            assert statuses == ["HDN", "NLN"]


def test_theirs() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        romeo, person = server.user(ROMEO), PersonId(ROMEO)
        romeo.sign_on("AWY")
        juliet.expect(PresenceChanged, person=person, show=Show.AWAY)
        romeo.status("BSY")
        juliet.expect(PresenceChanged, person=person, show=Show.DND)
        romeo.personal("I <3 you", r"\0Music\01\0{0} - {1}\0Aubade\0Nobody\0\0")
        juliet.expect(PresenceChanged, person=person, status="I <3 you ♫ Aubade - Nobody")
        romeo.rename("Romeo & 100% é")
        assert juliet.expect(ProfileChanged, person=person).name == "Romeo & 100% é"
        romeo.sign_off()
        juliet.expect(PresenceChanged, person=person, show=Show.OFFLINE)


# Messages.


@contextmanager
def chat(**ways: Any) -> Iterator[tuple[Msn, User, fake.Person]]:
    """Both are there, and know it."""
    with verona(**ways) as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            juliet.expect(PresenceChanged, person=PersonId(ROMEO))
            romeo.wait(fake.Came, who=JULIET)
            yield server, juliet, romeo


def test_many_messages_on_one_switchboard() -> None:
    with chat() as (server, juliet, romeo):
        for number in range(10):
            juliet.put(say(ROMEO, f"{number}", f"{number}"))
        for number in range(10):
            juliet.expect(MessageSent, token=Token(f"{number}"))
            assert romeo.wait(fake.Heard).text == f"{number}"
        romeo.say(JULIET, "all right")
        assert juliet.expect(MessageReceived).body == "all right"
        assert len(server.records("XFR", JULIET)) == 1


def test_they_begin() -> None:
    with chat() as (server, juliet, romeo):
        romeo.say(JULIET, "Hello")
        assert juliet.expect(MessageReceived).body == "Hello"
        juliet.put(say(ROMEO, "Hi"))
        juliet.expect(MessageSent, token=Token("1"))
        assert romeo.wait(fake.Heard).text == "Hi"
        assert not server.records("XFR", JULIET)


def test_a_new_switchboard_when_they_have_left() -> None:
    with chat() as (server, juliet, romeo):
        for number in (1, 2):
            juliet.put(say(ROMEO, f"{number}", f"{number}"))
            juliet.expect(MessageSent, token=Token(f"{number}"))
            assert romeo.wait(fake.Heard).text == f"{number}"
            romeo.talk(JULIET).leave()
            server.wait_sent("OUT", JULIET, number)
        assert len(server.records("XFR", JULIET)) == 2


def test_garbage_on_a_switchboard() -> None:
    """Ends that one, and nothing else."""
    with chat() as (server, juliet, romeo):
        juliet.put(say(ROMEO, "1"))
        juliet.expect(MessageSent, token=Token("1"))
        [seat] = [link for link in server.world.links if isinstance(link, Seat) and not link.played]
        seat.write(GARBAGE[0])
        server.wait_until(lambda: seat not in server.world.links, "them to hang up")
        juliet.put(say(ROMEO, "2", "2"))
        juliet.expect(MessageSent, token=Token("2"))
        romeo.wait(fake.Heard, text="2")
        assert len(server.records("XFR", JULIET)) == 2


def test_formatted_and_long() -> None:
    with chat() as (_, juliet, romeo):
        juliet.put(say(ROMEO, "*Hi*"))
        heard = romeo.wait(fake.Heard)
        assert (heard.text, "EF=B;" in heard.style) == ("Hi", True)
        long = " ".join(["liebe"] * 1000)
        juliet.put(say(ROMEO, long, "2"))
        juliet.expect(MessageSent, token=Token("2"))
        pieces = [romeo.wait(fake.Heard).text for _ in range(4)]
        assert " ".join(pieces) == long
        romeo.talk(JULIET).say("Oh", style="FN=Arial; EF=I; CO=ff; CS=0; PF=0")
        received = juliet.expect(MessageReceived)
        assert received.body == "_Oh_"
        assert "color: #ff0000" in received.xhtml


def test_typing_and_nudges() -> None:
    with chat() as (_, juliet, romeo):
        juliet.put(SetTyping(chat=ChatId(ROMEO), typing=Typing.COMPOSING))
        assert romeo.wait(fake.Typed).sender == JULIET
        juliet.put(AskAttention(chat=ChatId(ROMEO)))
        assert romeo.wait(fake.Nudged).sender == JULIET
        romeo.type(JULIET)
        juliet.expect(TypingChanged, typing=Typing.COMPOSING)
        romeo.nudge(JULIET)
        juliet.expect(AttentionAsked, chat=ChatId(ROMEO))


def test_a_message_that_does_not_arrive() -> None:
    with chat(naks=True) as (_, juliet, _):
        juliet.put(say(ROMEO, "Hi"))
        refused = juliet.expect(Refused, token=Token("1"))
        assert refused.reason is Reason.UNAVAILABLE


def test_somebody_who_does_not_come() -> None:
    """They are called, and never heard of; what was to be said is not lost without a word."""
    with chat() as (server, juliet, romeo):
        romeo.answers = False
        juliet.put(say(ROMEO, "Hi"))
        server.wait_sent("CAL", JULIET)
        server.drop(JULIET)
        assert juliet.expect(Refused, token=Token("1")).reason is not Reason.INTERNAL


def test_strangers() -> None:
    """To whom nobody is a contact, and who are not there."""
    with verona(befriended=False) as server, user(server, JULIET) as juliet:
        juliet.put(say("nobody@msn.test", "Hi"))
        assert juliet.expect(Refused, token=Token("1")).reason is Reason.UNAVAILABLE
        romeo = server.user(ROMEO)
        romeo.sign_on()
        romeo.say(JULIET, "Hello, stranger")
        assert juliet.expect(MessageReceived).body == "Hello, stranger"
        juliet.put(say(ROMEO, "Hello", "2"))
        juliet.expect(MessageSent, token=Token("2"))


def test_oneself() -> None:
    """The server minds."""
    with verona() as server, user(server, JULIET) as juliet:
        juliet.put(say(JULIET, "Hi"))
        assert juliet.expect(Refused, token=Token("1")).reason is Reason.NOT_ALLOWED


def test_two_of_ours() -> None:
    """They have the same nonce, but not for long."""
    with verona() as server, user(server, JULIET) as juliet, user(server, ROMEO) as romeo:
        juliet.expect(PresenceChanged, person=PersonId(ROMEO))
        for number in range(3):
            juliet.put(say(ROMEO, f"J{number}"))
            assert romeo.expect(MessageReceived).body == f"J{number}"
            romeo.put(say(JULIET, f"R{number}"))
            assert juliet.expect(MessageReceived).body == f"R{number}"
        assert len(server.records("XFR")) == 1


# Offline messages.


@pytest.mark.parametrize("escapes", [0, 1, 2])
def test_messages_that_waited(escapes: int) -> None:
    with verona(metadata_escapes=escapes) as server:
        romeo = server.user(ROMEO)
        for number in (2, 1, 3):
            romeo.write(JULIET, f"letter {number} é", RUN, number)
        with user(server, JULIET) as juliet:
            for number in (1, 2, 3):
                received = juliet.expect(MessageReceived)
                assert received.body == f"letter {number} é"
                assert received.sent_at is not None
            server.wait_asked("DeleteMessages", JULIET)
        with user(server, JULIET) as juliet:
            server.wait_online(JULIET)
            romeo.sign_on()
            romeo.say(JULIET, "now")
            assert juliet.expect(MessageReceived).body == "now"


def test_told_and_not_deleted() -> None:
    """The connection is lost in between: nobody reads a letter twice."""
    with verona() as server:
        server.user(ROMEO).write(JULIET, "a letter", RUN, 1)
        server.answer_next("DeleteMessages", Answer(503, b"Busy", "text/plain"))
        with user(server, JULIET) as juliet:
            juliet.expect(MessageReceived)
            server.wait_asked("DeleteMessages", JULIET)
            juliet.put(Logout())
            juliet.expect(LoggedOut)
            memory = {one.name: one.value for one in juliet.saw(Remembered)}
        with user(server, JULIET, session={"memory": memory}) as juliet:
            juliet.expect(Remembered, value="")
            assert len(server.requests("DeleteMessages")) == 2
            assert not juliet.saw(MessageReceived)


def test_more_than_the_notification_lists() -> None:
    with verona() as server:
        for number in range(1, 31):
            server.user(ROMEO).write(JULIET, f"{number}", RUN, number)
        with user(server, JULIET) as juliet:
            bodies = [juliet.expect(MessageReceived).body for _ in range(30)]
        assert sorted(map(int, bodies)) == [*range(1, 31)]
        assert server.requests("GetMetadata")


def test_a_letter_while_we_are_online() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        server.user(ROMEO).write(JULIET, "a letter", RUN, 1)
        assert juliet.expect(MessageReceived).body == "a letter"


def test_leave_messages() -> None:
    with verona() as server:
        with user(server, JULIET) as juliet:
            for number in (1, 2):
                juliet.put(say(ROMEO, f"letter {number}", f"{number}"))
                juliet.expect(MessageSent, token=Token(f"{number}"))
        with user(server, ROMEO) as romeo:
            assert [romeo.expect(MessageReceived).body for _ in range(2)] == [
                "letter 1",
                "letter 2",
            ]


def test_the_service_refuses_it() -> None:
    fault = (
        "<Envelope><Body><Fault><faultcode>q0:SenderThrottleLimitExceeded</faultcode></Fault>"
        "</Body></Envelope>"
    )
    with verona() as server, user(server, JULIET) as juliet:
        server.answer_next("Store2", Answer(500, fault.encode()))
        juliet.put(say(ROMEO, "Hi"))
        assert juliet.expect(Refused, token=Token("1")).reason is Reason.TOO_MUCH


# Services that fail.


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Down for maintenance"),
        Answer(503, b"Service Unavailable", "text/plain"),
        Answer(200, b""),
        Answer(200, b"<!DOCTYPE a [<!ENTITY a 'b'>]><a>&a;</a>"),
    ],
    ids=["page", "503", "nothing", "entities"],
)
def test_lists_that_cannot_be_read(answer: Answer) -> None:
    """We are not online without them: everybody would be gone from the roster."""
    with verona() as server:
        server.answer_next("FindMembership", answer)
        event = ended(server, JULIET)
        assert event.why is Offline.NETWORK
        with user(server, JULIET):
            server.wait_online(JULIET)


def test_tickets_that_grow_old() -> None:
    clock = ManualClock(1_795_410_602.5)
    with verona(clock=clock, tied=False) as server, user(server, JULIET) as juliet:
        clock.advance(server.ways.ticket_seconds + 1)
        juliet.put(ChangeContact(person=PersonId(ROMEO), name="My love", groups=()))
        assert juliet.expect(ContactChanged).contact.name == "My love"
        assert len(server.requests("RST")) == 2


# Rooms.


def test_a_room_of_our_own() -> None:
    with chat() as (server, juliet, romeo):
        nurse = server.user(NURSE)
        nurse.sign_on()
        juliet.put(JoinRoom(room=ROOM, token=Token("1")))
        juliet.expect(RoomJoined, token=Token("1"))
        for number, who in enumerate((ROMEO, NURSE), 2):
            juliet.put(Invite(room=ROOM, person=PersonId(who), token=Token(f"{number}")))
            juliet.expect(Done, token=Token(f"{number}"))
            juliet.expect(OccupantJoined, room=ROOM)
        juliet.put(say(ROOM, "All here", "4"))
        juliet.expect(MessageSent, token=Token("4"))
        board = romeo.wait(fake.Heard, text="All here").board
        nurse.wait(fake.Heard, text="All here")
        nurse.talk_on(board).say("I am old")
        assert juliet.expect(MessageReceived, chat=ROOM).body == "I am old"
        nurse.talk_on(board).leave()
        juliet.expect(OccupantLeft, room=ROOM)
        juliet.put(LeaveRoom(room=ROOM))
        juliet.expect(RoomLeft, room=ROOM)
        romeo.wait(fake.Left, who=JULIET)


def test_a_room_we_are_called_into() -> None:
    with chat() as (server, juliet, romeo):
        nurse = server.user(NURSE)
        nurse.sign_on()
        romeo.say(JULIET, "Hello")
        juliet.expect(MessageReceived)
        talk = romeo.talk(JULIET)
        talk.call(NURSE)
        invited = juliet.expect(RoomInvited)
        talk.say("both of you")
        juliet.put(JoinRoom(room=invited.room, token=Token("1")))
        joined = juliet.expect(RoomJoined, token=Token("1"))
        assert len(joined.occupants) == 3
        assert juliet.expect(MessageReceived, chat=invited.room).body == "both of you"


def test_somebody_who_cannot_be_invited() -> None:
    with verona() as server, user(server, JULIET) as juliet:
        server.wait_online(JULIET)
        juliet.put(JoinRoom(room=ROOM, token=Token("1")))
        juliet.put(Invite(room=ROOM, person=PersonId(ROMEO), token=Token("2")))
        assert juliet.expect(Refused, token=Token("2")).reason is Reason.UNAVAILABLE


# Pictures.

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 12
"""Three chunks of something that begins like one."""


def shown_by(juliet: User, who: str) -> str:
    """The name of the picture that somebody shows."""
    names = [one.avatar or "" for one in juliet.saw(ProfileChanged) if one.person == who]
    return names[-1] if names else ""


@pytest.mark.parametrize("data", [PNG, b"\xff\xd8" + b"x" * 20_000], ids=["small", "large"])
def test_their_picture(data: bytes) -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.picture = data
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            juliet.expect(PresenceChanged, person=PersonId(ROMEO))
            server.wait_online(JULIET)
            fetch = FetchAvatar(
                person=PersonId(ROMEO), avatar=shown_by(juliet, ROMEO), token=Token("1")
            )
            juliet.put(fetch)
            fetched = juliet.expect(AvatarFetched, token=Token("1"))
            assert fetched.avatar
            assert fetched.avatar.data == data


def test_their_picture_while_they_talk() -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.picture = PNG
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            juliet.expect(PresenceChanged, person=PersonId(ROMEO))
            server.wait_online(JULIET)
            romeo.say(JULIET, "Look")
            juliet.expect(MessageReceived)
            name = shown_by(juliet, ROMEO)
            juliet.put(FetchAvatar(person=PersonId(ROMEO), avatar=name, token=Token("1")))
            romeo.say(JULIET, "at me")
            juliet.expect(AvatarFetched, token=Token("1"))
            assert not server.records("XFR", JULIET)


def test_our_picture() -> None:
    with chat() as (_, juliet, romeo):
        juliet.put(SetAvatar(avatar=Avatar(data=PNG, media_type="image/png")))
        described = romeo.wait(fake.Came, who=JULIET).object
        romeo.fetch_picture(JULIET, described)
        assert romeo.wait(fake.Pictured, who=JULIET).picture == PNG
        juliet.put(SetAvatar(avatar=None))
        assert romeo.wait(fake.Came, who=JULIET).object == ""


def test_a_picture_that_is_not_shown_any_more() -> None:
    with verona() as server:
        romeo = server.user(ROMEO)
        romeo.picture = PNG
        romeo.sign_on()
        with user(server, JULIET) as juliet:
            juliet.expect(PresenceChanged, person=PersonId(ROMEO))
            name = shown_by(juliet, ROMEO)
            romeo.picture = PNG[:-1]
            juliet.put(FetchAvatar(person=PersonId(ROMEO), avatar=name, token=Token("1")))
            assert juliet.expect(Refused, token=Token("1")).reason is Reason.UNAVAILABLE
        [problem] = server.violations
        assert "the picture" in problem
        server.violations.clear()


def test_two_of_ours_look_at_each_other() -> None:
    """At the same moment, so each calls the other."""
    with verona() as server, user(server, JULIET) as juliet:
        other = {"nonce": "f" * 32}
        with user(server, ROMEO, session=other) as romeo:
            pictures = {juliet: PNG, romeo: PNG * 10}
            for one, data in pictures.items():
                one.put(SetAvatar(avatar=Avatar(data=data, media_type="image/png")))
            for one, who in ((juliet, ROMEO), (romeo, JULIET)):
                while not shown_by(one, who):
                    one.expect(ProfileChanged, person=PersonId(who))
            for one, who in ((juliet, ROMEO), (romeo, JULIET)):
                name = shown_by(one, who)
                one.put(FetchAvatar(person=PersonId(who), avatar=name, token=Token("1")))
            for one, shown in ((juliet, PNG * 10), (romeo, PNG)):
                fetched = one.expect(AvatarFetched, token=Token("1"))
                assert fetched.avatar
                assert fetched.avatar.data == shown
