"""Contacts in a chat."""

import pytest

from gateway import events
from gateway.commands import AddContact, RemoveContact
from gateway.errors import CommandRefused, Reason
from gateway.events import Show
from gateway.ids import PersonId
from gateway.xmpp import contactlist
from gateway.xmpp.bridge import Bridge
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import ROMEO, TRANSPORT, Rig, presence, rig

__all__ = ["rig"]


def online(rig: Rig) -> Bridge:
    bridge = rig.bridge()
    bridge.resources.available("balcony", "", presence(TRANSPORT))
    bridge.user_changed()
    settle()
    rig.tell(
        bridge,
        events.ContactsListed(
            contacts=(
                events.Contact(person=PersonId("Romeo")),
                events.Contact(person=PersonId("paris"), name="Count Paris"),
            )
        ),
        events.PresenceChanged(person=PersonId("Romeo"), show=Show.AWAY, status="Below"),
    )
    return bridge


def test_nobody_is_there(rig: Rig) -> None:
    assert contactlist.show(rig.bridge()) == "You have no contacts."


def test_who_is_there_comes_first(rig: Rig) -> None:
    shown = contactlist.show(online(rig))
    assert shown == "Romeo – away: Below\nCount Paris (paris) – offline"


def test_too_many(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contactlist, "SHOWN", 1)
    assert contactlist.show(online(rig)).endswith("\n… and 1 more.")


def test_every_presence_has_a_word() -> None:
    assert set(contactlist.SHOWN_AS) == set(Show)


def test_adding(rig: Rig) -> None:
    bridge = online(rig)
    assert "nurse" in contactlist.add(bridge, "nurse")
    rig.tell(bridge)
    assert rig.stage.of(AddContact) == [AddContact(person=PersonId("nurse"))]


def test_removing(rig: Rig) -> None:
    bridge = online(rig)
    assert contactlist.remove(bridge, "romeo") == "romeo is removed."
    rig.tell(bridge)
    assert rig.stage.of(RemoveContact) == [RemoveContact(person=PersonId("Romeo"))]
    assert ROMEO not in bridge.contacts
    with pytest.raises(CommandRefused) as caught:
        contactlist.remove(bridge, "romeo")
    assert caught.value.reason is Reason.NOT_FOUND


def test_a_room_is_no_contact(rig: Rig) -> None:
    with pytest.raises(CommandRefused) as caught:
        contactlist.add(online(rig), "#balcony")
    assert caught.value.reason is Reason.NOT_ACCEPTABLE
