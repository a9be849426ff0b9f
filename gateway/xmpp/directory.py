"""The rooms of a network, as it lists them, remembered for a moment.

A network with thousands of rooms takes many seconds to list them, and a client asks for page after
page.
"""

import time

from gateway.commands import ListRooms
from gateway.events import RoomListing, RoomsListed
from gateway.ids import SessionKey
from gateway.xmpp.access import unexpected
from gateway.xmpp.bridge import Bridge

REMEMBERED = 30.0
"""Seconds: long enough to turn pages, short enough to see a room that was just made."""

MOST = 64
"""Lists in memory.  One of a big network takes some megabytes."""

LIST_TIME = 60.0
"""Seconds that a network may take: big IRC networks send lists slowly, so as not to flood us."""

_lists: dict[SessionKey, tuple[float, tuple[RoomListing, ...]]] = {}


def rooms(bridge: Bridge) -> tuple[RoomListing, ...]:
    """The largest first.  Blocks.

    Raises:
        CommandRefused: the network does not tell, or not in time.
    """
    now = time.monotonic()
    if (found := _lists.get(bridge.key)) and now - found[0] < REMEMBERED:
        return found[1]
    answer = bridge.ask(lambda token: ListRooms(token=token), LIST_TIME)
    if not isinstance(answer, RoomsListed):
        raise unexpected(answer)
    listed = tuple(sorted(answer.rooms, key=lambda room: (-(room.occupants or 0), room.room)))
    _remember(bridge.key, listed)
    return listed


def forget(key: SessionKey) -> None:
    _lists.pop(key, None)


def _remember(key: SessionKey, listed: tuple[RoomListing, ...]) -> None:
    now = time.monotonic()
    for old in [old for old, (at, _) in _lists.items() if now - at >= REMEMBERED]:
        del _lists[old]
    if len(_lists) >= MOST:
        del _lists[next(iter(_lists))]
    _lists[key] = now, listed
