"""What a session logs in with, and how a registration is tried."""

from dataclasses import replace

import pytest

from gateway.events import Remembered
from gateway.ids import ChatId, PersonId, SessionKey
from gateway.store import Account, Broken, JoinedRoom, Preferences, Registration
from gateway.xmpp.credentials import UNREADABLE, Credentials
from tests.gateway.xmpp.staging import JULIET, OPEN, Stage, network, transport

KEY = SessionKey(JULIET, OPEN, "srv")
KEPT = Registration(
    key=KEY, fields={"password": "wherefore"}, preferences=Preferences(stay_online=True)
)
ROOM = JoinedRoom(room=ChatId("#x"), nick="Jules", password="", resources=())


def credentials(**changes: object) -> Credentials:
    account = replace(Account(key=KEY), **changes)  # type: ignore[arg-type]
    return Credentials(transport(network(Stage(), is_open=True), OPEN), account)


def test_a_registration() -> None:
    login = credentials(registration=KEPT).login((PersonId("Romeo"),))
    assert (login.user, login.account, login.fields) == (JULIET, "srv", KEPT.fields)
    assert login.contacts == ("Romeo",)


def test_a_nonce_is_never_the_same() -> None:
    made = credentials(registration=KEPT)
    nonces = [made.login(()).nonce for _ in range(10)]
    assert len(set(nonces)) == 10
    assert all(len(nonce) == 32 and not set(nonce) - set("0123456789abcdef") for nonce in nonces)


def test_a_guest_has_the_name_of_their_room() -> None:
    made = credentials(rooms=(ROOM,))
    assert not made.is_registered
    assert made.login(()).fields == {"nick": "Jules"}


@pytest.mark.parametrize(
    ("registration", "hopeless", "is_registered", "stays"),
    [
        (None, "", False, False),
        (KEPT, "", True, True),
        (replace(KEPT, latched="wrong password"), "wrong password", True, True),
        (Broken(key=KEY, why="tampered with"), UNREADABLE, True, False),
    ],
)
def test_what_is_on_file(
    registration: Registration | Broken | None, hopeless: str, is_registered: bool, stays: bool
) -> None:
    made = credentials(registration=registration)
    assert made.hopeless == hopeless
    assert made.is_registered is is_registered
    assert made.preferences.stay_online is stays


def test_staying_online_is_changed_alone() -> None:
    made = credentials(registration=KEPT)
    made.set_preferences(Preferences())
    assert made.registration == replace(KEPT, preferences=Preferences())


def test_memory() -> None:
    made = credentials(registration=KEPT, memory={"old": "1"})
    first = made.login(())
    made.remember(Remembered(name="cookie", value="crumb"))
    made.remember(Remembered(name="old", value=""))
    made.remember(Remembered(name="never", value=""))
    assert dict(first.memory) == {"old": "1"}, "an attempt that runs is not changed"
    assert dict(made.login(()).memory) == {"cookie": "crumb"}
