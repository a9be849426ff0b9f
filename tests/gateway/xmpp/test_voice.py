"""What the transport itself says: its presence, and why it is not there."""

import pytest

from gateway import events, sessions
from gateway.errors import Reason
from gateway.events import LoggedOut, Offline
from gateway.ids import ChatId, PersonId
from gateway.sessions import State
from gateway.store import Account
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    CLIENT,
    MUC,
    OPEN,
    PHONE,
    TRANSPORT,
    Rig,
    come,
    go,
    presence,
    rig,
    until,
)

__all__ = ["rig"]

LATER = LoggedOut(why=Offline.NETWORK, detail="the line is dead")


def transport_presence(rig: Rig) -> list[str]:
    return [line for line in rig.out.take() if line.split(" ")[0] == "presence"]


ONLINE = f"presence {TRANSPORT} juliet"
OFFLINE = f"presence unavailable {TRANSPORT} juliet"


def test_presence_is_sent_when_it_changes(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    assert transport_presence(rig) == [ONLINE]
    bridge.voice.announce()
    rig.tell(bridge, events.Renamed(me=PersonId("Capulet")))
    assert bridge.me == "Capulet"
    assert transport_presence(rig) == []
    bridge.voice.announce(to=PHONE)
    assert transport_presence(rig) == [f"presence {TRANSPORT} phone"]
    go(bridge)
    until(lambda: bridge.keeper.state is State.OFFLINE)
    assert transport_presence(rig) == [OFFLINE]


def test_presence_is_sent_again_to_a_server_that_comes_back(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    bridge.cut_off()
    rig.out.take()
    bridge.reconnected()
    assert transport_presence(rig) == [ONLINE]


def test_a_guest_is_shown_no_transport(rig: Rig) -> None:
    bridge = rig.bridge(Account(key=rig.key(OPEN, "srv")), OPEN)
    bridge.rooms.presence(presence(f"#x%srv@{OPEN}", children=MUC), ChatId("#x"), "Juliet")
    settle()
    assert bridge.keeper.state is State.ONLINE
    assert not bridge.is_registered
    bridge.voice.announce()
    bridge.voice.announce(to=CLIENT)
    bridge.voice.refuse(Reason.TIMEOUT, "")
    assert rig.out.take() == []


def test_a_lost_network_is_told_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FIRST_RETRY", 0.001)
    bridge = rig.bridge()
    come(bridge)
    rig.out.take()
    rig.stage.welcome = lambda _: LATER
    rig.tell(bridge, LATER)
    until(lambda: len(rig.stage.logins) == 4)
    assert bridge.keeper.state is not State.ONLINE
    told = [line for line in rig.out.take() if "error" in line or "message" in line]
    assert told == [f"presence error {TRANSPORT} juliet remote-server-timeout"]


def test_a_mistake_of_ours_is_confessed(rig: Rig) -> None:
    bridge = rig.bridge()
    come(bridge)
    rig.out.take()
    rig.tell(bridge, LoggedOut(why=Offline.GATEWAY, detail="We made a mistake."))
    error, words = [line for line in rig.out.take() if "error" in line or "message" in line]
    assert error == f"presence error {TRANSPORT} juliet internal-server-error"
    assert words.startswith(f"message chat {TRANSPORT} juliet Not connected to Tiny: We made a mis")
