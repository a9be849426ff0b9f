"""What the network is told of the user: how they are, for how long, and whether to show them."""

from datetime import UTC, datetime, timedelta

from gateway.commands import SetInvisible, SetPresence
from gateway.events import LoggedIn, LoggedOut, Offline, Show
from gateway.ids import PersonId
from gateway.store import Account, Preferences
from gateway.xmpp import stanzas
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import TRANSPORT, Rig, come, go, presence, rig, until

__all__ = ["rig"]

LATER = LoggedOut(why=Offline.NETWORK, detail="the line is dead")


def test_the_network_is_told_how_the_user_is(rig: Rig) -> None:
    bridge = rig.bridge()
    away = presence(TRANSPORT, children="<show>away</show><status>asleep</status>")
    bridge.resources.available("balcony", "", away)
    bridge.user_changed()
    settle()
    assert rig.stage.take() == [SetPresence(show=Show.AWAY, status="asleep")]
    come(bridge)
    assert rig.stage.take() == [SetPresence(show=Show.AVAILABLE, status="")]


def test_what_changes_nothing_for_the_network_is_not_told(rig: Rig) -> None:
    """Another client that says the same; the first of two that goes."""
    bridge = rig.bridge()
    come(bridge)
    rig.stage.take()
    come(bridge, "phone")
    go(bridge)
    assert rig.stage.take() == []
    rig.tell(bridge, LATER)
    bridge.switch(True)
    until(lambda: len(rig.stage.logins) == 2)
    settle()
    assert rig.stage.take() == [SetPresence(show=Show.AVAILABLE)], "another session"


def test_the_network_is_told_for_how_long_the_user_is_idle(rig: Rig) -> None:
    bridge = rig.bridge()
    since = stanzas.stamp(datetime.now(UTC) - timedelta(minutes=5))
    idle = presence(TRANSPORT, children=f"<idle xmlns='urn:xmpp:idle:1' since='{since}'/>")
    bridge.resources.available("balcony", "", idle)
    bridge.user_changed()
    settle()
    [told] = rig.stage.take()
    assert isinstance(told, SetPresence)
    assert told.idle is not None
    assert timedelta(minutes=5) <= told.idle < timedelta(minutes=6)
    come(bridge)
    assert rig.stage.take() == [SetPresence(show=Show.AVAILABLE)]


def test_who_stays_online_while_away_is_extended_away(rig: Rig) -> None:
    registration = rig.save(preferences=Preferences(stay_online=True))
    bridge = rig.bridge(Account(key=registration.key, registration=registration))
    bridge.review()
    settle()
    assert rig.stage.take() == [SetPresence(show=Show.XA, status="")]


def test_who_wants_to_look_offline_does_from_the_first_moment(rig: Rig) -> None:
    registration = rig.save(preferences=Preferences(invisible=True))
    bridge = rig.bridge(Account(key=registration.key, registration=registration))
    come(bridge)
    assert rig.stage.logins[0].is_invisible
    rig.stage.take()
    bridge.set_preferences(Preferences(stay_online=True))
    bridge.set_preferences(Preferences())
    settle()
    here = SetPresence(show=Show.AVAILABLE)  # Once more: it might have been idle since.
    assert rig.stage.take() == [SetInvisible(is_invisible=False), here]


def test_what_is_set_while_logging_in_is_told_after(rig: Rig) -> None:
    rig.stage.welcome = lambda _: None
    bridge = rig.bridge()
    come(bridge)
    bridge.set_preferences(Preferences(invisible=True))
    rig.tell(bridge, LoggedIn(me=PersonId("Juliet")))
    assert rig.stage.of(SetInvisible) == [SetInvisible(is_invisible=True)]
