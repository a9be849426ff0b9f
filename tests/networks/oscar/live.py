"""Sessions of the gateway on the fake server, over real sockets.

with oscar() as server, user(server, "Juliet") as juliet:
    juliet.put(SendMessage(chat="romeo", body="Hi", token="1"))
    juliet.expect(MessageSent, token="1")
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from gateway.events import ContactsListed
from networks.aim import NETWORK as AIM
from networks.icq import NETWORK as ICQ
from networks.oscar.settings import OscarSettings
from tests.networks.live import Online, logged_in
from tests.servers.oscar import Oscar

NOTHING: Mapping[str, Any] = {}


class User(Online):
    def __init__(
        self, settings: OscarSettings, name: str, password: str = "secret", **login: Any
    ) -> None:
        super().__init__(
            ICQ if name.isdigit() else AIM,
            name,
            user=f"{name.replace(' ', '').lower()}@verona.lit",
            fields={"username": name, "password": password},
            settings=settings,
            **login,
        )


def settings(server: Oscar, **changed: Any) -> OscarSettings:
    return OscarSettings(**{"server": server.host, "port": server.port, **changed})


def user(
    server: Oscar, name: str, *, session: Mapping[str, Any] = NOTHING, **changed: Any
) -> AbstractContextManager[User]:
    """Logged in with their address book read, and out in the end.  ``session``: of its Login."""
    return logged_in(User(settings(server, **changed), name, **session), ContactsListed)
