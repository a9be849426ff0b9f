"""Postgres, in the greenlet that asks: psycopg2 waits through psycogreen.

libpq has two ways left to block the hub, or to wait for ever, and both are closed here: it looks up
host names itself, and its ``connect_timeout`` counts for nothing when it is made to wait our way.
"""

import socket
from collections.abc import Callable
from itertools import cycle
from typing import Any, TypeVar

import psycogreen.gevent
from sqlalchemy import URL, create_engine, event

from gateway.store.errors import StoreUnavailable

T = TypeVar("T")

DEFAULT_PORT = "5432"

POOL_TIMEOUT = 10.0
"""Never reached, as ``Database`` admits only as many as there are connections."""

LOCK_TIMEOUT = 5.0
"""Seconds to wait for a row another transaction holds.  Theirs are as short as ours."""

KEEPALIVE = {
    # Notice a dead peer in 20 s instead of two hours: idle + count * interval.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}


class Postgres:
    def __init__(self, url: URL, connections: int, answer_timeout: float) -> None:
        psycogreen.gevent.patch_psycopg()  # Again does no harm; without it every query blocks all.
        self.connections = connections
        self.place = f"{url.host or 'localhost'}:{url.port or DEFAULT_PORT}/{url.database or ''}"
        # On the server's side too, where a query goes on after we have lost interest.
        milliseconds = {
            "statement_timeout": answer_timeout * 1000,
            "lock_timeout": LOCK_TIMEOUT * 1000,
            "idle_in_transaction_session_timeout": answer_timeout * 1000,
        }
        self._options = " ".join(f"-c {name}={ms:.0f}" for name, ms in milliseconds.items())
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg2"),
            connect_args={"fallback_application_name": "greengate", **KEEPALIVE},
            hide_parameters=True,
            max_overflow=0,
            pool_pre_ping=True,
            pool_size=connections,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
            use_native_hstore=False,  # Would ask the server for its type, and we have none.
        )
        event.listen(self.engine, "do_connect", self._on_connect)

    def call(self, work: Callable[[], T]) -> T:
        return work()

    def close(self) -> None:
        self.engine.dispose()

    def _on_connect(
        self, dialect: object, record: object, args: list[Any], parameters: dict[str, Any]
    ) -> None:
        # The operator's own options, from the URL, come last and so win.
        parameters["options"] = f"{self._options} {parameters.get('options', '')}".strip()
        parameters.update(_resolved(parameters))


def _resolved(parameters: dict[str, Any]) -> dict[str, str]:
    """The hosts with their addresses, looked up by gevent.  libpq tries them in turn, and still
    checks certificates against the name.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
    """
    hosts = str(parameters.get("host", "")).split(",")
    ports = str(parameters.get("port", DEFAULT_PORT)).split(",")
    if "hostaddr" in parameters or any(not host or host.startswith("/") for host in hosts):
        return {}  # A local socket.
    found: list[tuple[str, str, str]] = []
    failure = ""
    for host, port in zip(hosts, cycle(ports), strict=False):
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found += [(host, str(answer[4][0]), port) for answer in answers]
        except OSError as error:
            failure = f"{host}: {error.strerror}"
    if not found:
        raise StoreUnavailable(failure)
    names, addresses, numbers = zip(*dict.fromkeys(found), strict=True)
    return {"host": ",".join(names), "hostaddr": ",".join(addresses), "port": ",".join(numbers)}
