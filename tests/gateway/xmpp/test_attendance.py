"""When a session is wanted, and when it is given up."""

from typing import Any, cast

import pytest

from gateway.sessions import State
from gateway.xmpp.attendance import Attendance
from gateway.xmpp.resources import Resources
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import TRANSPORT, presence, until

AT_ONCE = 0.0
NEVER = 3600.0


class Keeper:
    """Notes what it is told, and does it at once."""

    def __init__(self) -> None:
        self.state = State.OFFLINE
        self.told: list[str] = []

    def log_in(self) -> None:
        self.told.append("log in")
        if self.state is State.OFFLINE:
            self.state = State.ONLINE

    def log_out(self) -> None:
        self.told.append("log out")
        self.state = State.OFFLINE

    def retry(self) -> None:
        self.told.append("retry")
        self.state = State.ONLINE

    def take(self) -> list[str]:
        taken, self.told = self.told, []
        return taken


class Scene:
    def __init__(self) -> None:
        self.keeper = Keeper()
        self.resources = Resources()
        self.is_kept = False
        """By a room, or by a setting."""
        self.attendance = Attendance(
            cast(Any, self.keeper), self.resources, lambda: bool(self.resources) or self.is_kept
        )

    def come(self, linger: float = AT_ONCE) -> None:
        self.resources.available("balcony", "", presence(TRANSPORT))
        self.attendance.review(linger)

    def go(self, linger: float = AT_ONCE) -> None:
        self.resources.unavailable("balcony", "")
        self.attendance.review(linger)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_somebody_comes_and_goes(scene: Scene) -> None:
    scene.come()
    assert scene.keeper.take() == ["log in"]
    scene.go()
    assert scene.keeper.take() == [], "not before it has lingered"
    until(lambda: scene.keeper.told)
    assert scene.keeper.take() == ["log out"]


def test_who_returns_in_time_calls_it_off(scene: Scene) -> None:
    scene.come()
    scene.go()
    scene.come()
    settle()
    assert scene.keeper.take() == ["log in", "log in"]


def test_nobody_is_logged_out_twice(scene: Scene) -> None:
    scene.come()
    scene.go()
    scene.attendance.review(AT_ONCE)
    until(lambda: "log out" in scene.keeper.told)
    scene.attendance.review(AT_ONCE)
    settle()
    assert scene.keeper.take() == ["log in", "log out"]


@pytest.mark.parametrize("state", [State.OFFLINE, State.LATCHED])
def test_who_is_not_online_needs_no_log_out(scene: Scene, state: State) -> None:
    scene.keeper.state = state
    scene.attendance.review(AT_ONCE)
    settle()
    assert scene.keeper.take() == []


def test_a_cut_off_server_calls_the_log_out_off(scene: Scene) -> None:
    """It says that everybody is gone, and then is gone itself."""
    scene.come()
    scene.go()
    scene.attendance.stay()
    settle()
    assert scene.keeper.take() == ["log in"]


def test_disconnected_by_hand(scene: Scene) -> None:
    scene.come()
    scene.attendance.switch(False)
    assert scene.keeper.take() == ["log in", "log out"]
    assert not scene.attendance.is_needed
    scene.come()
    assert scene.keeper.take() == [], "still the same presence"
    scene.attendance.switch(True)
    assert scene.keeper.take() == ["log in"]
    assert scene.attendance.is_needed


def test_connecting_by_hand_ends_what_there_is(scene: Scene) -> None:
    scene.come()
    scene.keeper.state = State.WAITING
    scene.keeper.take()
    scene.attendance.switch(True)
    assert scene.keeper.take() == ["retry"]


def test_who_was_away_is_connected_again(scene: Scene) -> None:
    scene.come()
    scene.attendance.switch(False)
    scene.go()
    scene.keeper.take()
    scene.come()
    assert scene.keeper.take() == ["log in"]


def test_who_gives_way_does_not_come_back_by_itself(scene: Scene) -> None:
    scene.is_kept = True
    scene.attendance.review(NEVER)
    scene.attendance.give_way()
    scene.keeper.state = State.OFFLINE
    scene.keeper.take()
    scene.attendance.review(NEVER)
    assert scene.keeper.take() == []
    scene.attendance.begin()
    assert scene.keeper.take() == ["retry"]
    assert scene.attendance.is_needed
