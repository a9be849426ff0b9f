"""The log-in limiter of a server is met by pacing: keepers on the fake server, which counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.ids import SessionKey
from gateway.network import Login
from gateway.pacer import Pacer
from gateway.sessions import Keeper, State
from networks.aim import NETWORK
from tests.networks.oscar.live import settings
from tests.servers.oscar import Oscar, oscar

LIMIT = 10
"""Of open-oscar-server."""


def keeper(server: Oscar, pacer: Pacer, number: int) -> Keeper:
    name = f"Guest{number}"
    server.add_user(name, "secret")
    login = Login(
        user=f"guest{number}@verona.lit",
        account="",
        fields={"username": name, "password": "secret"},
        settings=settings(server),
        nonce="0123456789abcdef" * 2,
    )
    key = SessionKey(login.user, "aim.verona.lit", "")
    return Keeper(key, NETWORK, pacer, lambda: login, lambda event: None)


@contextmanager
def crowd(server: Oscar, pacer: Pacer, count: int) -> Iterator[list[Keeper]]:
    """Who all want to log in at once."""
    keepers = [keeper(server, pacer, number) for number in range(count)]
    try:
        for one in keepers:
            one.log_in()
        yield keepers
    finally:
        for one in keepers:
            one.log_out()
        server.wait_until(lambda: not any(one.is_running for one in keepers))


def states(keepers: list[Keeper], state: State) -> int:
    return sum(one.state is state for one in keepers)


def pacer(per_second: float, burst: int | None) -> Pacer:
    return Pacer(per_second, 100, burst)


def test_nobody_is_refused() -> None:
    assert NETWORK.pace
    usual = pacer(1 / NETWORK.pace.seconds, NETWORK.pace.burst)
    with oscar(login_limit=LIMIT) as server, crowd(server, usual, LIMIT + 3) as keepers:
        server.wait_until(lambda: states(keepers, State.ONLINE) == LIMIT)
        assert states(keepers, State.QUEUED) == 3
        assert server.world.turned_away == 0


def test_a_refusal_is_enough() -> None:
    """The operator knows of no limit, or somebody else at our address has used it up."""
    hasty = pacer(1000.0, 5)
    with oscar(login_limit=3) as server, crowd(server, hasty, 5) as keepers:
        server.wait_until(lambda: states(keepers, State.WAITING) == 2)
        server.wait_until(lambda: states(keepers, State.ONLINE) == 3)
        assert server.world.turned_away == 2
        refused = [one for one in keepers if one.state is State.WAITING]
        for one in refused:
            one.retry()
        late = keeper(server, hasty, 9)
        late.log_in()
        assert [one.state for one in (*refused, late)] == [State.QUEUED] * 3
        late.log_out()
