"""Sessions of the gateway on the fake server, over real sockets.

with msn() as server, user(server, "juliet@msn.test") as juliet:
    juliet.put(SendMessage(chat="romeo@msn.test", body="Hi", token="1"))
    juliet.expect(MessageSent, token="1")
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from gateway.events import ContactsListed
from networks.msn import NETWORK
from networks.msn.settings import MsnSettings
from tests.networks.live import Online, logged_in
from tests.servers.msn import Msn

NOTHING: Mapping[str, Any] = {}


class User(Online):
    def __init__(
        self,
        settings: MsnSettings,
        address: str,
        password: str = "secret",
        nick: str = "",
        **login: Any,
    ) -> None:
        super().__init__(
            NETWORK,
            address,
            user=f"{address.partition('@')[0]}@verona.lit",
            fields={"username": address, "password": password, "nick": nick},
            settings=settings,
            **login,
        )


def settings(server: Msn, **changed: Any) -> MsnSettings:
    how = {
        "server": server.host,
        "port": server.port,
        "services": server.url,
        "ca_file": str(server.ca_file or ""),
    }
    return MsnSettings(**{**how, **changed})


def user(
    server: Msn,
    address: str,
    *,
    nick: str = "",
    session: Mapping[str, Any] = NOTHING,
    **changed: Any,
) -> AbstractContextManager[User]:
    """Logged in with their address book read, and out in the end.  ``session``: of its Login."""
    someone = User(settings(server, **changed), address, nick=nick, **session)
    return logged_in(someone, ContactsListed)
