"""AIM and ICQ: registering, logging in and out, and what may go wrong with that."""

import pytest

from tests.endtoend.book_rig import Member
from tests.endtoend.client import Refused
from tests.endtoend.oscar_rig import AIM, ICQ, ISD, MORTAL, OscarStage
from tests.endtoend.rig import secret, unique
from tests.servers.oscar import Arrived, Departed, Entered, Heard

NETWORKS = pytest.mark.parametrize("transport", [AIM, ICQ, ISD])

BY_OOS = "The account was used to sign on somewhere else."
REPLACED = {AIM: BY_OOS, ICQ: BY_OOS, ISD: "New client with same uin connected."}
"""What is told; IServerd has words of its own."""


@NETWORKS
def test_a_registration_is_verified(verona: OscarStage, transport: str) -> None:
    server, gateway = verona.servers.of(transport), verona.gateway
    name, password = verona.account(transport)
    user = verona.user()
    with pytest.raises(Refused) as refused:
        user.register(transport, username=name, password=secret("w"))
    assert refused.value.condition == "not-acceptable"
    assert "password" in refused.value.text
    assert user.jid not in gateway.rows()
    assert not server.is_online(name)
    user.register(transport, username=name, password=password)
    assert server.is_online(name)
    user.befriend(transport)
    user.sees_presence(transport)
    user.unregister(transport)
    server.wait_offline(name)
    assert user.jid not in gateway.rows()


@pytest.mark.parametrize(
    ("transport", "values"),
    [
        (AIM, {"username": "#verona", "password": "x"}),
        (AIM, {"username": "100001", "password": "x"}),
        (AIM, {"username": "juliet", "password": ""}),
        (ICQ, {"username": "juliet", "password": "x"}),
        (ICQ, {"username": "99999999999", "password": "x"}),
    ],
)
def test_what_can_be_no_account(verona: OscarStage, transport: str, values: dict[str, str]) -> None:
    user = verona.user()
    with pytest.raises(Refused) as refused:
        user.register(transport, **values)
    assert refused.value.condition == "not-acceptable"
    assert user.jid not in verona.gateway.rows()


def test_a_name_as_its_owner_writes_it(verona: OscarStage) -> None:
    server = verona.servers.main
    name, password = verona.account(AIM, "Juliet Capulet ")
    user = verona.user()
    user.register(AIM, username=name.lower().replace(" ", ""), password=password)
    romeo = verona.person(AIM)
    user.say(f"{romeo.name}@{AIM}", "Wherefore?")
    assert romeo.wait(Heard).sender == name
    romeo.say(name, "Here")
    user.hears(f"{romeo.name}@{AIM}", "Here")
    assert server.is_online(name)


@pytest.mark.parametrize("transport", [AIM, ISD])
def test_presence_logs_in_and_out(verona: OscarStage, transport: str) -> None:
    server = verona.servers.of(transport)
    juliet, romeo, contact = verona.friends(transport)
    juliet.client.presence(type="unavailable")
    romeo.wait(Departed)
    server.wait_offline(juliet.name)
    juliet.client.inbox.clear()
    juliet.client.presence()
    juliet.client.sees_presence(transport)
    juliet.client.sees_presence(contact)
    romeo.wait(Arrived, name=juliet.name)
    phone = verona.again(juliet.client, "phone")
    phone.sees_presence(transport)
    phone.sees_presence(contact)
    juliet.client.drop()
    phone.say(contact, "Still here")
    assert juliet.name == romeo.wait(Heard).sender


@NETWORKS
def test_a_client_that_wants_to_be_alone(verona: OscarStage, transport: str) -> None:
    """It is not driven away again, until the user wants that."""
    server, gateway = verona.servers.of(transport), verona.gateway
    juliet = verona.member(transport)
    user, at = juliet.client, gateway.position()
    server.displace(juliet.name)
    gone = user.sees_presence(transport, "unavailable")
    status = gone.text("status") or ""
    user.hears(transport, status)
    assert REPLACED[transport] in status
    assert "next_try" not in gateway.logged("event=session.offline", "why=replaced", user.jid)
    verona.again(user, "phone").fence(transport)
    assert gateway.count("event=session.connecting", user.jid, since=at) == 0
    assert not server.is_online(juliet.name)
    user.inbox.clear()
    user.say(transport, "connect")
    user.sees_presence(transport)
    assert server.is_online(juliet.name)


def test_the_server_goes_and_returns(verona: OscarStage) -> None:
    server = verona.servers.mortal
    juliet, romeo, contact = verona.friends(MORTAL)
    user, name = juliet.client, unique("cell")
    room = f"#{name}@{MORTAL}"
    romeo.join(name)
    user.join(f"{room}/{juliet.name}")
    romeo.wait(Entered, name=juliet.name)
    server.stop()
    romeo.sign_off()
    user.sees_presence(MORTAL, "unavailable")
    user.sees_presence(contact, "unavailable")
    user.sees_error(MORTAL, "remote-server-timeout", "presence")
    user.say(contact, "Anybody?")
    user.sees_error(contact, "recipient-unavailable")
    server.start()
    romeo.sign_on()
    romeo.join(name)
    user.sees_presence(MORTAL)
    user.sees_presence(contact)
    romeo.say(juliet.name, "Back already?")
    user.hears(contact, "Back already?")
    romeo.wait(Entered, name=juliet.name)
    romeo.say_in(name, "In here, too")
    user.hears(f"{room}/{romeo.name}", "In here, too", "groupchat")
    user.inbox.refuse(lambda s: s.type == "subscribe", "a request for what was granted")


def test_two_users_on_both_networks(verona: OscarStage) -> None:
    """Nothing that belongs to one session gets into another."""
    users = [verona.user(name) for name in ("juliet", "romeo")]
    aim = [verona.enrol(user, AIM) for user in users]
    icq = [verona.enrol(user, ICQ) for user in users]
    say_and_hear(aim[0], aim[1], "on AIM")
    say_and_hear(icq[0], icq[1], "on ICQ")
    say_and_hear(aim[1], aim[0], "back on AIM")
    say_and_hear(icq[1], icq[0], "back on ICQ")
    users[0].presence(type="unavailable")
    for member in (aim[0], icq[0]):
        verona.servers.main.wait_offline(member.name)
    for member in (aim[1], icq[1]):
        assert verona.servers.main.is_online(member.name)


def say_and_hear(sender: Member, receiver: Member, text: str) -> None:
    sender.client.say(receiver.address, text)
    receiver.client.hears(sender.address, text)


def test_two_accounts_of_one_user(verona: OscarStage) -> None:
    """Each has its own address, and its own view of the same person."""
    server, romeo = verona.servers.of(AIM), verona.person(AIM, authorise=False)
    first = verona.member(AIM)
    user, (name, password) = first.client, verona.account(AIM, "capulet")
    work = f",work@{AIM}"

    def answers(to: str, said: str, *words: str) -> None:
        user.say(to, said)
        user.expect(
            str(words), lambda s: s.sender == to and all(w in str(s.text("body")) for w in words)
        )

    answers(AIM, "register work", "Screen name")
    answers(AIM, name, "Password")
    answers(AIM, password, "Stay connected")
    answers(AIM, "done", "You are registered")
    user.befriend(work)
    user.sees_presence(work)
    assert server.is_online(first.name)
    assert server.is_online(name)
    answers(AIM, "status", first.name, "work: Connected to AIM")
    for sender, account in ((first.name, ""), (name, ",work")):
        contact = f"{romeo.name}{account}@{AIM}"
        user.say(contact, f"I am {sender}")
        assert "I am" in romeo.wait(Heard, sender=sender).text
        romeo.say(sender, "Speak again")
        user.expect("an answer", lambda s, c=contact: s.sender == c and "Speak" in str(s))
    answers(AIM, "unregister work", "yes or no")
    answers(AIM, "yes", "not registered any more")
    server.wait_offline(name)
    assert server.is_online(first.name)
