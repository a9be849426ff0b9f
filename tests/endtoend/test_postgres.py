"""The story that uses all of the store, on PostgreSQL."""

from collections.abc import Iterator

import pytest

from gateway.trial.ejabberd import Ejabberd
from gateway.trial.ngircd import Ngircd
from tests.endtoend.rig import (
    INSP,
    IRC,
    Gateway,
    Stage,
    nick_of,
    running,
    secret,
    transports,
    unique,
)
from tests.servers.inspircd import Inspircd
from tests.servers.postgres import fresh_database, postgres

ROSTER_SET_FAILS = ("event=privilege.failed",)
"""To set a roster, always, with ejabberd 23.01."""


@pytest.fixture
def gateway(
    xmpp_alone: Ejabberd, irc: Ngircd, insp: Inspircd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("postgres")
    with postgres() as url:
        gateway = Gateway(folder, xmpp_alone, transports(irc, insp), store=fresh_database(url))
        with running(gateway, ROSTER_SET_FAILS):
            yield gateway


def test_a_life_on_postgres(gateway: Gateway, stage_alone: Stage, insp: Inspircd) -> None:
    stage = stage_alone
    account, password = unique("capulet"), secret()
    insp.register_account(account, password)
    user, peer = stage.user(), stage.peer()
    user.register(INSP, nick=account, password=password)
    user.befriend(INSP)
    user.sees_presence(INSP)
    user.register(IRC, nick=nick_of(user))
    user.befriend(IRC)
    user.sees_presence(IRC)
    contact = f"{peer.nick}@{IRC}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact)
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    user.join(f"{room}/{nick_of(user)}")
    peer.expect(nick_of(user), "JOIN")
    gateway.stored(room.partition("@")[0])
    gateway.stored(peer.nick)
    gateway.kill()
    peer.expect(nick_of(user), "QUIT")
    user.inbox.clear()
    gateway.start()
    for sender in (INSP, IRC, contact):
        user.sees_presence(sender)
    peer.expect(nick_of(user), "JOIN")
    peer.say(room.partition("@")[0], "Welcome")
    user.hears(f"{room}/{peer.nick}", "Welcome", "groupchat")
    for transport in (INSP, IRC):
        user.unregister(transport)
    user.sees_presence(IRC, "unsubscribed")
    assert user.jid not in gateway.rows()
