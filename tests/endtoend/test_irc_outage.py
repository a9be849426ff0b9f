"""The IRC server goes and comes back, or misbehaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.trial.ngircd import Ngircd, ngircd
from tests.endtoend.client import codes
from tests.endtoend.conftest import Alone
from tests.endtoend.peer import Peer
from tests.endtoend.rig import HOSTILE, Gateway, nick_of, until


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Ngircd]:
    with ngircd(tmp_path / "ngircd") as server:
        yield server


def test_rooms_survive_the_loss_of_the_network(alone: Alone, mortal: Ngircd) -> None:
    gateway, stage = alone.gateway, alone.stage
    restart_with(gateway, mortal.port)
    user = stage.registered(HOSTILE)
    romeo, paris = Peer("romeo", mortal.port), Peer("paris", mortal.port)
    room = f"#verona@{HOSTILE}"
    for peer in (romeo, paris):
        peer.join("#verona")
    user.join(f"{room}/{nick_of(user)}")
    mortal.kill()
    user.sees_presence(HOSTILE, "unavailable")
    user.sees_error(HOSTILE, "remote-server-timeout", "presence")
    user.expect("the room's words", lambda s: s.sender == room and s.type == "groupchat")
    user.say(room, "Anybody?", "groupchat")
    error = user.expect("an error", lambda s: s.type == "error" and s.kind == "message")
    assert error.sender == room
    mortal.start()
    romeo = Peer("romeo", mortal.port)
    romeo.join("#verona")
    user.sees_presence(HOSTILE)
    romeo.expect(nick_of(user), "JOIN")
    gone = user.sees_presence(f"{room}/paris", "unavailable")
    assert codes(gone) == set()
    romeo.say("#verona", "Here I am again")
    user.hears(f"{room}/romeo", "Here I am again", "groupchat")
    user.say(room, "And I", "groupchat")
    user.hears(f"{room}/{nick_of(user)}", "And I", "groupchat")
    user.inbox.refuse(
        lambda s: s.sender == f"{room}/{nick_of(user)}" and s.type == "unavailable", ""
    )
    romeo.close()


def test_a_server_that_is_not_there(alone: Alone, mortal: Ngircd) -> None:
    """It is said once, not with every try."""
    gateway, stage = alone.gateway, alone.stage
    restart_with(gateway, mortal.port)
    user = stage.registered(HOSTILE)
    mortal.stop()
    user.sees_error(HOSTILE, "remote-server-timeout", "presence")
    tries = ("event=session.offline", f"user={user.jid} ", "why=network")
    until(lambda: gateway.count(*tries) >= 2, "another try")
    user.inbox.refuse(lambda s: s.kind == "presence" and s.type == "error", "another error")
    user.say(f"nobody@{HOSTILE}", "Anybody?")
    user.sees_error(f"nobody@{HOSTILE}", "recipient-unavailable")
    mortal.start()
    user.sees_presence(HOSTILE)


def restart_with(gateway: Gateway, port: int) -> None:
    gateway.stop()
    gateway.config["transports"][HOSTILE]["port"] = port
    gateway.write_config()
    gateway.start()
