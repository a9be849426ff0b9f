"""Sessions of real users on real servers, over real sockets.

with user(settings, "juliet") as juliet:
    juliet.put(JoinRoom(room="#verona", token="1"))
    juliet.expect(RoomJoined, room="#verona")
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from gateway.commands import JoinRoom
from gateway.events import OccupantJoined, RoomJoined
from gateway.ids import ChatId, Token
from networks.irc import NETWORK
from networks.irc.settings import IrcSettings
from tests.networks.live import Online, logged_in

NOTHING: Mapping[str, str] = {}


class User(Online):
    def __init__(
        self, settings: IrcSettings, nick: str, fields: Mapping[str, str] = NOTHING, **login: Any
    ) -> None:
        fields = {"nick": nick, **fields}
        user = f"{nick}@verona.lit"
        super().__init__(NETWORK, nick, user=user, fields=fields, settings=settings, **login)


def user(settings: IrcSettings, nick: str, **login: Any) -> AbstractContextManager[User]:
    """Logged in, and out in the end."""
    return logged_in(User(settings, nick, **login))


def join(name: str, *users: User) -> ChatId:
    """All of them, one after the other, until each has seen the next."""
    room = ChatId(name)
    for someone in users:
        someone.put(JoinRoom(room=room, token=Token("join")))
        someone.expect(RoomJoined, room=room, token="join")
    for number, someone in enumerate(users):
        for _ in users[number + 1 :]:
            someone.expect(OccupantJoined, room=room)
    return room
