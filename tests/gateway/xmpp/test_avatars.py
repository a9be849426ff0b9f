"""https://xmpp.org/extensions/xep-0153.html: pictures of contacts"""

from collections.abc import Callable
from hashlib import sha1
from typing import Any

import gevent
import pytest
from gevent.event import Event

from gateway import events
from gateway.commands import Command, FetchAvatar
from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar, AvatarFetched, PresenceChanged, ProfileChanged, Show
from gateway.ids import PersonId
from gateway.store import KnownPicture
from gateway.xmpp import avatars, placement
from gateway.xmpp.avatars import Cache
from gateway.xmpp.contact import Contact
from gateway.xmpp.contacts import Contacts
from tests.gateway.xmpp.asking import DOMAIN, TOKEN
from tests.gateway.xmpp.hosting import (
    BOOK,
    LISTLESS,
    PARIS,
    ROMEO,
    Host,
    contacts,
    said,
)

FACE = Avatar(data=b"\x89PNG a face", media_type="image/png")
MASK = Avatar(data=b"GIF89a a mask", media_type="image/gif")


SHOWS_FACE = avatars.described("face", FACE)


def hashed(avatar: Avatar) -> str:
    return sha1(avatar.data).hexdigest()


@pytest.fixture(autouse=True)
def _fast_and_nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "EVERY", 0.0)
    monkeypatch.setattr(placement, "SETTLE", 0.0)
    monkeypatch.setattr(avatars, "EVERY", 0.0)
    monkeypatch.setattr(avatars, "CACHE", Cache(10_000))


class Album:
    """The network's pictures, by its names of them; hands them out when it is open."""

    def __init__(self, host: Host, **pictures: Avatar | None) -> None:
        self.host = host
        self.slow: dict[str, Event] = {}
        """Those that are handed out later than the others."""
        self.pictures = pictures
        self.is_open = Event()
        self.is_open.set()
        self.under_way = self.most = 0
        host.answers = self.answer

    def answer(self, command: Command) -> events.Event:
        assert isinstance(command, FetchAvatar)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            self.is_open.wait()
            self.slow.get(command.avatar, self.is_open).wait()
            if command.avatar not in self.pictures:
                raise CommandRefused(Reason.NOT_FOUND)
            avatar = self.pictures[command.avatar]
            return AvatarFetched(token=command.token, person=command.person, avatar=avatar)
        finally:
            self.under_way -= 1

    def asked(self) -> list[str]:
        return [f"{c.person} {c.avatar}" for c in self.host.take() if isinstance(c, FetchAvatar)]


def online(host: Host, *people: PersonId) -> Contacts:
    made = contacts(host)
    made.listed(events.ContactsListed(contacts=tuple(events.Contact(person=one) for one in people)))
    until(lambda: len(host.store.contacts) == len(people))
    for person in people:
        made.presence_changed(PresenceChanged(person=person, show=Show.AVAILABLE))
    said(host)
    return made


def until(is_so: Callable[[], bool]) -> None:
    with gevent.Timeout(5):
        while not is_so():
            gevent.sleep(0.001)


def idle(made: Contacts) -> None:
    until(lambda: not made._avatars._workers)


def shows(avatar: str | None, person: PersonId = ROMEO) -> ProfileChanged:
    return ProfileChanged(person=person, avatar=avatar)


def test_a_picture_is_fetched_and_then_told_once() -> None:
    host = Host()
    album = Album(host, face=FACE, mask=MASK)
    made = online(host, ROMEO)
    made.profile_changed(shows("face"))
    idle(made)
    assert album.asked() == ["Romeo face"]
    assert said(host) == [f"available romeo photo={hashed(FACE)}"]
    for _ in range(3):
        made.profile_changed(shows("face"))
    made.profile_changed(shows(None))
    idle(made)
    assert (album.asked(), said(host)) == ([], [])
    made.presence_changed(PresenceChanged(person=ROMEO, show=Show.AWAY))
    assert said(host) == [f"available romeo show=away photo={hashed(FACE)}"]
    made.profile_changed(shows("mask"))
    idle(made)
    assert said(host) == [f"available romeo show=away photo={hashed(MASK)}"]


def test_after_the_next_log_in_nothing_is_fetched_or_told_again() -> None:
    host = Host()
    album = Album(host, face=FACE)
    made = online(host, ROMEO)
    made.profile_changed(shows("face"))
    idle(made)
    made.logged_out()
    said(host)
    album.asked()
    made.presence_changed(PresenceChanged(person=ROMEO, show=Show.AVAILABLE))
    made.profile_changed(shows("face"))
    idle(made)
    assert album.asked() == []
    assert said(host) == [f"available romeo photo={hashed(FACE)}"]


def test_no_picture() -> None:
    host = Host()
    album = Album(host)
    made = online(host, ROMEO)
    made.profile_changed(shows(""))
    assert said(host) == ["available romeo photo="]
    made.profile_changed(shows(""))
    assert (album.asked(), said(host)) == ([], [])


@pytest.mark.parametrize(
    "avatar",
    [
        None,
        Avatar(data=b"", media_type="image/png"),
        Avatar(data=b"x" * (avatars.MAX_BYTES + 1), media_type="image/png"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_none(avatar: Avatar | None) -> None:
    host = Host()
    album = Album(host, face=avatar)
    made = online(host, ROMEO)
    made.profile_changed(shows("face"))
    idle(made)
    assert said(host) == ["available romeo photo="]
    made.profile_changed(shows("face"))
    idle(made)
    assert album.asked() == ["Romeo face"]


def test_the_same_picture_of_another_is_not_fetched_again() -> None:
    host = Host()
    album = Album(host, face=FACE)
    made = online(host, ROMEO, PARIS)
    made.profile_changed(shows("face"))
    idle(made)
    made.profile_changed(shows("face", PARIS))
    assert album.asked() == ["Romeo face"]
    assert said(host)[-1] == f"available paris photo={hashed(FACE)}"


def test_not_too_many_at_once() -> None:
    host = Host()
    people = [PersonId(f"p{number}") for number in range(20)]
    album = Album(host, **{person: FACE for person in people})
    made = online(host, *people)
    album.is_open.clear()
    for person in people:
        made.profile_changed(shows(person, person))
    until(lambda: album.under_way == avatars.AT_ONCE)
    album.is_open.set()
    idle(made)
    assert album.most == avatars.AT_ONCE
    assert sorted(album.asked()) == sorted(f"{person} {person}" for person in people)


def test_only_the_latest_counts() -> None:
    host = Host()
    album = Album(host, face=FACE, mask=MASK)
    made = online(host, ROMEO)
    album.slow["face"] = Event()
    made.profile_changed(shows("face"))
    until(lambda: album.under_way == 1)
    made.profile_changed(shows("mask"))
    until(lambda: len(host.out.written) == 1)
    album.slow["face"].set()
    idle(made)
    assert said(host) == [f"available romeo photo={hashed(MASK)}"]


def test_a_picture_that_is_named_again_while_it_is_fetched() -> None:
    host = Host()
    album = Album(host, face=FACE)
    made = online(host, ROMEO)
    album.is_open.clear()
    for _ in range(3):
        made.profile_changed(shows("face"))
        gevent.sleep(0)
    album.is_open.set()
    idle(made)
    assert album.asked() == ["Romeo face"]
    assert said(host) == [f"available romeo photo={hashed(FACE)}"]


def test_a_picture_that_is_taken_away_while_it_is_fetched() -> None:
    host = Host()
    album = Album(host, face=FACE)
    made = online(host, ROMEO)
    album.is_open.clear()
    made.profile_changed(shows("face"))
    until(lambda: album.under_way == 1)
    made.profile_changed(shows(""))
    album.is_open.set()
    idle(made)
    assert said(host) == ["available romeo photo="]


def test_what_could_not_be_fetched_is_tried_again() -> None:
    host = Host()
    album = Album(host)
    made = online(host, ROMEO)
    made.profile_changed(shows("face"))
    idle(made)
    assert said(host) == []
    album.pictures["face"] = FACE
    made.profile_changed(shows("face"))
    idle(made)
    assert said(host) == [f"available romeo photo={hashed(FACE)}"]


def test_the_end_of_the_session_ends_it() -> None:
    host = Host()
    album = Album(host, face=FACE)
    made = online(host, ROMEO, PARIS)
    album.is_open.clear()
    for person in (ROMEO, PARIS):
        made.profile_changed(shows("face", person))
    until(lambda: album.under_way == 2)
    made.logged_out()
    until(lambda: album.under_way == 0)
    album.is_open.set()
    assert said(host) == ["unavailable romeo", "unavailable paris"]
    made.presence_changed(PresenceChanged(person=ROMEO, show=Show.AVAILABLE))
    made.profile_changed(shows("face"))
    idle(made)
    assert said(host) == ["available romeo", f"available romeo photo={hashed(FACE)}"]


def test_where_there_are_none() -> None:
    host = Host(BOOK - {FetchAvatar})
    made = online(host, ROMEO)
    made.profile_changed(shows("face"))
    made.profile_changed(shows(""))
    idle(made)
    assert (said(host), host.take()) == ([], [])


def test_strangers_show_none() -> None:
    host = Host(LISTLESS | {FetchAvatar})
    made = contacts(host)
    made.profile_changed(shows("face"))
    assert (said(host), host.take()) == ([], [])


# After a restart.


def test_a_picture_that_is_the_same_is_neither_fetched_nor_told_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is in the first presence already, whatever the network says of it first."""
    host = Host()
    Album(host, face=FACE)
    before = online(host, ROMEO, PARIS)
    before.profile_changed(shows("face"))
    before.profile_changed(shows("", PARIS))
    idle(before)
    monkeypatch.setattr(avatars, "CACHE", Cache(10_000))

    host = Host(store=host.store)
    album = Album(host, face=FACE, mask=MASK)
    made = contacts(host)
    writes = host.store.writes
    for person in (ROMEO, PARIS):
        made.presence_changed(PresenceChanged(person=person, show=Show.AVAILABLE))
    assert said(host) == [f"available romeo photo={hashed(FACE)}", "available paris photo="]
    made.profile_changed(shows("face"))
    made.profile_changed(shows("", PARIS))
    idle(made)
    assert (album.asked(), said(host), host.store.writes) == ([], [], writes)
    made.profile_changed(shows("mask"))
    idle(made)
    assert album.asked() == ["Romeo mask"]
    assert said(host) == [f"available romeo photo={hashed(MASK)}"]


# For the vCard.


def asks(host: Host) -> Any:
    return host


def shown(picture: KnownPicture | None = SHOWS_FACE) -> Contact:
    return Contact(ROMEO, picture=picture)


def test_a_picture_that_is_kept_asks_nobody() -> None:
    host = Host()
    avatars.CACHE.put((DOMAIN, "face"), FACE)
    assert avatars.picture(asks(host), shown()) is FACE
    assert host.take() == []


def test_a_picture_that_is_not_kept_any_more_is_fetched() -> None:
    host = Host()
    Album(host, face=FACE)
    assert avatars.picture(asks(host), shown()) == FACE
    assert host.take() == [FetchAvatar(person=ROMEO, avatar="face", token=TOKEN)]
    assert avatars.picture(asks(host), shown()) == FACE
    assert host.take() == []


def test_no_picture_of_those_who_show_none() -> None:
    host = Host()
    assert avatars.picture(asks(host), None) is None
    assert avatars.picture(asks(host), shown(avatars.described("", None))) is None
    assert avatars.picture(asks(host), shown(None)) is None
    Album(host)
    assert avatars.picture(asks(host), shown()) is None  # Gone meanwhile.


def test_another_answer_is_none() -> None:
    host = Host()
    host.answers = lambda _: events.Done(token=TOKEN)
    assert avatars.picture(asks(host), shown()) is None


# The cache.


def test_the_cache_is_bounded_and_forgets_the_oldest() -> None:
    cache = Cache(30)
    pictures = [Avatar(data=bytes([n]) * 10, media_type="image/png") for n in range(4)]
    for number, picture in enumerate(pictures[:3]):
        cache.put((DOMAIN, str(number)), picture)
    assert cache.get((DOMAIN, "0")) is pictures[0]
    cache.put((DOMAIN, "3"), pictures[3])
    assert [cache.get((DOMAIN, str(n))) is not None for n in range(4)] == [True, False, True, True]
    assert cache.get(("icq.example.org", "0")) is None
    cache.put((DOMAIN, "3"), pictures[0])
    assert cache.get((DOMAIN, "0")) is pictures[0]
    cache.put((DOMAIN, "big"), Avatar(data=b"x" * 31, media_type="image/png"))
    assert cache.get((DOMAIN, "big")) is None
    assert cache._size == 0
