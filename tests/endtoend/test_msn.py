"""MSN: registering, logging in and out, and what may go wrong with that."""

import pytest

from tests.endtoend.client import Client, Refused
from tests.endtoend.msn_rig import MORTAL, MSN, OLD, MsnStage, local, says
from tests.endtoend.rig import secret
from tests.servers.msn import Answer, Came, Heard, Went

NETWORKS = pytest.mark.parametrize("transport", [MSN, OLD])


def test_a_registration_is_verified(mantua: MsnStage) -> None:
    server, gateway = mantua.servers.main, mantua.gateway
    address, password = mantua.account(MSN)
    user = mantua.user()
    with pytest.raises(Refused) as refused:
        user.register(MSN, username=address, password=secret("w"))
    assert refused.value.condition == "not-acceptable"
    assert "password" in refused.value.text
    assert user.jid not in gateway.rows()
    user.register(MSN, username=address.upper(), password=password)
    server.wait_online(address)
    user.befriend(MSN)
    user.sees_presence(MSN)
    user.unregister(MSN)
    server.wait_offline(address)
    assert user.jid not in gateway.rows()


@NETWORKS
def test_presence_logs_in_and_out(mantua: MsnStage, transport: str) -> None:
    juliet, romeo, contact = mantua.friends(transport)
    juliet.client.presence(type="unavailable")
    romeo.wait(Went, who=juliet.name)
    juliet.client.inbox.clear()
    juliet.client.presence()
    juliet.client.sees_presence(transport)
    juliet.client.sees_presence(contact)
    romeo.wait(Came, who=juliet.name)


def test_signing_in_somewhere_else(mantua: MsnStage) -> None:
    """The session is not taken back, until the user wants that."""
    server, gateway = mantua.servers.main, mantua.gateway
    juliet = mantua.member(MSN)
    user, at = juliet.client, gateway.position()
    server.displace(juliet.name)
    gone = user.sees_presence(MSN, "unavailable")
    user.hears(MSN, gone.text("status") or "")
    assert "next_try" not in gateway.logged("event=session.offline", "why=replaced", user.jid)
    mantua.again(user, "phone").fence(MSN)
    assert gateway.count("event=session.connecting", user.jid, since=at) == 0
    user.inbox.clear()
    user.say(MSN, "connect")
    user.sees_presence(MSN)
    assert server.is_online(juliet.name)


def test_a_password_that_was_changed(mantua: MsnStage) -> None:
    """It is asked for anew, and not tried again before."""
    server, gateway = mantua.servers.main, mantua.gateway
    juliet = mantua.member(MSN)
    user, changed = juliet.client, secret("c")
    server.account(juliet.name).password = changed
    server.drop(juliet.name)
    user.sees_presence(MSN, "unavailable")
    gateway.logged("event=session.latched", user.jid)
    tried = server.records("VER")
    mantua.again(user, "phone").fence(MSN)
    assert server.records("VER") == tried
    user.register(MSN, username=juliet.name, password=changed)
    user.sees_presence(MSN)
    assert server.is_online(juliet.name)


def test_what_is_no_msn(mantua: MsnStage) -> None:
    """It ends one session, with a word to its user, and no other's."""
    server = mantua.servers.mortal
    romeo, juliet = mantua.member(MORTAL, "romeo"), mantua.member(MORTAL)
    user = juliet.client
    for data in (b"\xff\xfe\r\n", b"UBX romeo@msn.test 1 99999999999\r\n", b"A" * 99999):
        server.send_raw(juliet.name, data)
        user.sees_error(MORTAL, "remote-server-timeout", "presence")
        connect(user)
    for operation, nonsense, words in (
        ("FindMembership", Answer(200, b"<soap:Env"), "cannot be understood"),
        ("RST", Answer(500, b"Sorry", "text/plain"), "HTTP 500"),
    ):
        user.say(MORTAL, "disconnect")
        server.wait_offline(juliet.name)
        server.answer_next(operation, nonsense)
        user.say(MORTAL, "connect")
        user.sees_presence(MORTAL, "unavailable", says(words))
        connect(user)
    assert server.is_online(romeo.name)
    romeo.client.say(juliet.address, "Still here")
    user.hears(romeo.address, "Still here")


def connect(user: Client) -> None:
    """Without waiting for the next try."""
    user.inbox.clear()
    user.say(MORTAL, "connect")
    user.sees_presence(MORTAL)


def test_the_server_goes_down_and_returns(mantua: MsnStage) -> None:
    server = mantua.servers.mortal
    juliet, romeo, contact = mantua.friends(MORTAL)
    user = juliet.client
    server.go_down()
    server.stop()
    user.sees_presence(MORTAL, "unavailable")
    user.sees_presence(contact, "unavailable")
    user.say(contact, "Anybody?")
    user.sees_error(contact, "recipient-unavailable")
    server.start()
    user.sees_presence(MORTAL)
    user.sees_presence(contact)
    user.say(contact, "Back already?")
    assert romeo.wait(Heard).text == "Back already?"


def test_the_server_falls_silent(mantua: MsnStage) -> None:
    """Its sockets stay open, and nothing comes any more."""
    server = mantua.servers.mortal
    juliet = mantua.member(MORTAL)
    server.ways.silent = True
    juliet.client.sees_presence(MORTAL, "unavailable")
    server.ways.silent = False
    juliet.client.sees_presence(MORTAL)
    server.wait_online(juliet.name)


def test_tickets_that_grow_old(mantua: MsnStage) -> None:
    """They are renewed, without a word to anybody."""
    server = mantua.servers.old
    romeo, juliet = mantua.person(OLD), mantua.member(OLD)
    (passport,) = (p for p in server.world.passports if p.user.address == juliet.name)
    passport.issued -= server.ways.ticket_seconds
    contact = local(romeo.address, OLD)
    juliet.client.presence(contact, "subscribe")
    juliet.client.sees_presence(contact, "subscribed")
    assert romeo.account.key in server.account(juliet.name).contacts
