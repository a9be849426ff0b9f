"""What users set for an account."""

import dataclasses

import pytest

from gateway.commands import SetInvisible
from gateway.errors import Reason
from gateway.store import Broken, Preferences
from gateway.xmpp import preferences
from tests.gateway.xmpp.asking import User, refusal, transport, without_commands
from tests.gateway.xmpp.staging import Stage, network


def juliet() -> User:
    user = User(transport(), "")
    user.only.register(nick="Juliet")
    return user


def test_every_setting_is_kept() -> None:
    kept = [field.name for field in dataclasses.fields(Preferences)]
    assert [setting.name for setting in preferences.SETTINGS] == kept


def test_what_the_network_does_not_know_is_not_offered() -> None:
    of_all = preferences.offered(network(Stage()))
    of_none = preferences.offered(without_commands().network)
    assert [s.needs for s in of_all if s not in of_none] == [SetInvisible]


def test_there_and_back() -> None:
    wishes = Preferences(stay_online=True, invisible=True)
    assert preferences.changed(Preferences(), preferences.values(wishes)) == wishes
    assert preferences.changed(wishes, {"invisible": "", "nick": "x"}) == Preferences(
        stay_online=True
    )


@pytest.mark.parametrize(("written", "stays"), [("yes", True), ("ON", True), ("0", False)])
def test_what_is_typed(written: str, stays: bool) -> None:
    user = juliet()
    preferences.put_typed(user, user.only, f"stay_online {written}")  # type: ignore[arg-type]
    assert user.calls == [("set_preferences", "", Preferences(stay_online=stays))]


@pytest.mark.parametrize("written", ["", "x", "invisible yes", "stay_online", "stay_online maybe"])
def test_what_is_no_setting_or_no_value(written: str) -> None:
    user = juliet()
    refused = refusal(
        lambda: preferences.put_typed(user, user.only, written)  # type: ignore[arg-type]
    )
    assert refused.reason is Reason.NOT_ACCEPTABLE
    assert not user.calls


def test_only_who_is_registered_has_any() -> None:
    user = User(transport(), "")
    for registration in (None, Broken(key=user.only.key, why="its key is gone")):
        user.only.registration = registration
        refused = refusal(lambda: preferences.require(user.only))  # type: ignore[arg-type]
        assert refused.reason is Reason.REGISTRATION_REQUIRED
