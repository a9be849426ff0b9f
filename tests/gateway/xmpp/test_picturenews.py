"""https://xmpp.org/extensions/xep-0084.html: clients that want to know are told of pictures."""

from typing import Any
from xml.etree.ElementTree import Element

import pytest

from gateway.ids import PersonId
from gateway.store import KnownPicture
from gateway.xmpp import picturenews
from gateway.xmpp.clients import CLIENTS
from gateway.xmpp.contact import Contact
from gateway.xmpp.picturenews import METADATA, NOTIFY, PictureNews
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.asking import DOMAIN, USER
from tests.gateway.xmpp.hosting import Host

ROMEO, PARIS, NURSE = (f"{name}@{DOMAIN}" for name in ("romeo", "paris", "nurse"))
FACE = KnownPicture("face", "ab12", 9, "image/png")
NONE = KnownPicture("", "", 0, "")

WANTS, DOES_NOT = "modern#1", "old#1"
BALCONY, ORCHARD = f"{USER}/balcony", f"{USER}/orchard"


class Scene:
    def __init__(self) -> None:
        self.host = Host()
        self.contacts = {
            ROMEO: Contact(PersonId("Romeo"), picture=FACE),
            PARIS: Contact(PersonId("Paris"), picture=NONE),
            NURSE: Contact(PersonId("Nurse")),
        }
        self.news = PictureNews(self.host, lambda: list(self.contacts.items()))

    def come(self, client: str, kind: str) -> None:
        self.news.client_came(client, kind)
        settle()

    def change(self, jid: str, picture: KnownPicture | None) -> None:
        self.contacts[jid].picture = picture
        self.news.changed(jid, self.contacts[jid])

    def told(self) -> list[tuple[str | None, str | None, str | None, str]]:
        """From, to, id of the item, and of the picture."""
        return [_short(found) for found in self.host.out.take()]


def _short(found: Element) -> tuple[str | None, str | None, str | None, str]:
    assert found.get("type") == "headline"
    item = found.find("{http://jabber.org/protocol/pubsub#event}event/{*}items/{*}item")
    assert item is not None
    info = item.find(f"{{{METADATA}}}metadata/{{{METADATA}}}info")
    said = "none" if info is None else " ".join(info.attrib.values())
    return found.get("from"), found.get("to"), item.get("id"), said


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    def features(out: Any, sender: str, client: str, kind: str) -> frozenset[str]:
        return frozenset({NOTIFY} if kind == WANTS else {METADATA})

    monkeypatch.setattr(CLIENTS, "features", features)
    return Scene()


IS_FACE = (ROMEO, BALCONY, "ab12", "ab12 9 image/png")


def test_a_client_that_comes_is_told_of_those_who_show_one(scene: Scene) -> None:
    scene.come(BALCONY, WANTS)
    assert scene.told() == [IS_FACE]


def test_one_that_does_not_want_to_know_is_told_nothing(scene: Scene) -> None:
    scene.come(BALCONY, DOES_NOT)
    scene.change(PARIS, FACE)
    assert scene.told() == []


def test_changes_are_told_to_all_that_are_there(scene: Scene) -> None:
    for client in (BALCONY, ORCHARD):
        scene.come(client, WANTS)
    scene.told()
    scene.change(PARIS, FACE)
    scene.change(ROMEO, NONE)
    assert scene.told() == [
        (PARIS, BALCONY, "ab12", "ab12 9 image/png"),
        (PARIS, ORCHARD, "ab12", "ab12 9 image/png"),
        (ROMEO, BALCONY, "", "none"),
        (ROMEO, ORCHARD, "", "none"),
    ]
    scene.news.client_left(BALCONY)
    scene.change(ROMEO, FACE)
    assert scene.told() == [(ROMEO, ORCHARD, "ab12", "ab12 9 image/png")]


def test_only_so_many_clients_are_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picturenews, "MOST", 1)
    for client in (BALCONY, ORCHARD):
        scene.come(client, WANTS)
    scene.told()
    scene.change(ROMEO, NONE)
    assert [to for _, to, _, _ in scene.told()] == [ORCHARD]
