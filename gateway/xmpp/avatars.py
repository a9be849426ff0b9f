"""Pictures of contacts (XEP-0153): fetched from the network when they change, kept for a while.

    ProfileChanged ──► changed ──► fetch, unless it is kept ──► known ──► the hash in a presence
                                                     vCard ──► picture ──► PHOTO

Clients ask for the picture when they see a hash that is new to them; by then it is here.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import gevent

from gateway.commands import Command, FetchAvatar
from gateway.config import Transport
from gateway.errors import CommandRefused
from gateway.events import Avatar, AvatarFetched, Event
from gateway.ids import PersonId, Token
from gateway.log import Bound
from gateway.store import KnownPicture
from gateway.xmpp.contact import Contact

XEPS = {"XEP-0153": "1.1.1"}

CACHE_BYTES = 32 * 1024 * 1024
"""For all users of this process: some ten thousand icons of the size that networks have."""

MAX_BYTES = 96 * 1024
"""Of one picture.  It travels as base64 in one stanza, and servers limit those to 256 KiB or less;
a larger one is treated as none."""

AT_ONCE = 2
"""Pictures under way in one session."""

EVERY = 0.2
"""Seconds that each of these waits after a picture: hundreds of contacts come online at log-in, and
what their user does meanwhile must get through."""

Key = tuple[str, str]
"""Transport and the network's name of the picture."""


class Asking(Protocol):
    """A session that can be asked."""

    transport: Transport

    def ask(
        self, make: Callable[[Token], Command], seconds: float = ..., is_charged: bool = ...
    ) -> Event: ...


class Host(Asking, Protocol):
    log: Bound


class Cache:
    """The least recently used goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._avatars: OrderedDict[Key, Avatar] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> Avatar | None:
        if avatar := self._avatars.get(key):
            self._avatars.move_to_end(key)
        return avatar

    def put(self, key: Key, avatar: Avatar) -> None:
        if old := self._avatars.pop(key, None):
            self._size -= len(old.data)
        self._avatars[key] = avatar
        self._size += len(avatar.data)
        while self._size > self._most:
            _, gone = self._avatars.popitem(last=False)
            self._size -= len(gone.data)


CACHE = Cache(CACHE_BYTES)


def photo(avatar: Avatar | None) -> str:
    """Its hash as XEP-0153 writes it (section 4.1); "" for none.  SHA-1 is what it demands."""
    if avatar is None:
        return ""
    return hashlib.sha1(avatar.data, usedforsecurity=False).hexdigest()


NO_PICTURE = KnownPicture("", "", 0, "")


def described(name: str, avatar: Avatar | None) -> KnownPicture:
    if avatar is None:
        return NO_PICTURE._replace(name=name)
    return KnownPicture(name, photo(avatar), len(avatar.data), avatar.media_type)


def picture(session: Asking, contact: Contact | None) -> Avatar | None:
    """For the vCard of a contact.  Blocks, if it has to be fetched again."""
    if contact is None or contact.picture is None or not contact.picture.hash:
        return None
    try:
        return _get(session, contact.person, contact.picture.name)
    except CommandRefused:
        return None


def _get(session: Asking, person: PersonId, id: str) -> Avatar | None:
    """
    Raises:
        CommandRefused: the network does, or does not answer.
    """
    key = (session.transport.domain, id)
    if kept := CACHE.get(key):
        return kept
    answer = session.ask(
        lambda token: FetchAvatar(person=person, avatar=id, token=token), is_charged=False
    )
    avatar = answer.avatar if isinstance(answer, AvatarFetched) else None
    if avatar is None or not 0 < len(avatar.data) <= MAX_BYTES:
        return None
    CACHE.put(key, avatar)
    return avatar


class Avatars:
    """Of the contacts of one session."""

    def __init__(self, host: Host, known: Callable[[str, KnownPicture], None]) -> None:
        """``known`` is told JID and picture."""
        self._host = host
        self._known = known
        self._wanted: dict[str, tuple[PersonId, str]] = {}
        """By JID; what is still to be fetched, only the latest of each."""
        self._latest: dict[str, str] = {}
        """By JID; until it is known."""
        self._workers: set[gevent.Greenlet[..., None]] = set()

    def changed(self, jid: str, contact: Contact, id: str) -> None:
        """The network has named a picture, new or not; "" for none."""
        if id and self._latest.get(jid) == id:
            return  # It is under way.
        self._wanted.pop(jid, None)
        self._latest.pop(jid, None)
        if not id:
            self._known(jid, described(id, None))
        elif contact.picture is None or contact.picture.name != id:
            self._want(jid, contact.person, id)

    def _want(self, jid: str, person: PersonId, id: str) -> None:
        if kept := CACHE.get((self._host.transport.domain, id)):
            self._known(jid, described(id, kept))
            return
        self._wanted[jid] = (person, id)
        self._latest[jid] = id
        if len(self._workers) < AT_ONCE:
            self._workers.add(gevent.spawn(self._work))

    def stop(self) -> None:
        """The session is over; the next will name them again."""
        self._wanted.clear()
        self._latest.clear()
        workers, self._workers = self._workers, set()
        gevent.killall(list(workers), block=False)

    def _work(self) -> None:
        """In a greenlet of its own, until there is nothing more to fetch."""
        while self._wanted:
            jid = next(iter(self._wanted))
            person, id = self._wanted.pop(jid)
            try:
                avatar = _get(self._host, person, id)
            except CommandRefused as refusal:
                self._latest.pop(jid, None)
                self._host.log.debug("avatar.refused", person=person, why=refusal.text)
            else:
                self._fetched(jid, id, avatar)
            gevent.sleep(EVERY)
        self._workers.discard(gevent.getcurrent())

    def _fetched(self, jid: str, id: str, avatar: Avatar | None) -> None:
        if self._latest.get(jid) == id:  # Else it has changed again meanwhile.
            del self._latest[jid]
            self._known(jid, described(id, avatar))
