"""The running gateway: everything made, connected, and stopped again in the right order."""

import resource
import signal
from collections.abc import Iterable
from typing import Any

import gevent
from gevent.event import Event

from gateway import __version__, hub, i18n, log
from gateway.config import Config
from gateway.control import Control, Row
from gateway.errors import CommandRefused
from gateway.ids import SessionKey
from gateway.sessions import Sessions, State
from gateway.store import Keyring, Store
from gateway.xmpp import chat, xeps
from gateway.xmpp.caps import caps
from gateway.xmpp.component import Component
from gateway.xmpp.context import Background, Context
from gateway.xmpp.forget import forget
from gateway.xmpp.privilege import Privileges
from gateway.xmpp.router import Router
from gateway.xmpp.streams import Streams

LAST_WORDS = 5.0
"""Seconds that sessions have to say goodbye to their networks."""


def run(config: Config) -> None:
    """Until SIGTERM or SIGINT.

    Raises:
        ConfigError: it cannot start.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    service = Service(config)
    service.start()
    stop.wait()
    service.stop()


def _allow_many_sockets() -> int:
    """Each session has one.  The soft limit is for programs that use select(); we may raise it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Service:
    def __init__(self, config: Config) -> None:
        self._loop_name = hub.start()
        i18n.voices()
        self._config = config
        self._store = Store.open(config.store, Keyring.load(config.keys))
        self._loop = hub.HubLoop()
        self._streams = Streams(config.xmpp.server, list(config.transports), self._stream)
        self._privileges = Privileges(config.xmpp.domain, self._streams)
        self._background = Background()
        self._sessions = Sessions()
        context = Context(
            config=config,
            store=self._store,
            streams=self._streams,
            sessions=self._sessions,
            background=self._background,
            privileges=self._privileges,
            caps=caps,
            forget=forget,
        )
        self._router = Router(context, xeps.IQS, chat.answer)
        self._control = Control(
            config.control.socket,
            {"sessions": self.sessions, "remove": self.remove, "rotate": self.rotate},
        )
        self._known: set[Component] = set()
        """Connections that have been up."""
        self._alone: dict[Component, Any] = {}
        """Connections that are lost: when that has lasted for too long."""

    def _stream(self, domain: str) -> Component:
        return Component(
            domain=domain,
            secret=self._config.xmpp.secret.get_secret_value(),
            address=(self._config.xmpp.host, self._config.xmpp.port),
            loop=self._loop,
            most_kept=self._config.limits.outbox,
            on_stanza=lambda stanza: self._router.stanza(stanza),
            on_iq=lambda iq: self._router.iq(iq),
            on_up=self._connected,
            on_down=self._cut_off,
        )

    def start(self) -> None:
        """
        Raises:
            ConfigError: another gateway runs with this configuration.
        """
        self._control.start()
        self._streams.start()
        log.info(
            "gateway.started",
            version=__version__,
            loop=self._loop_name,
            sockets=_allow_many_sockets(),
            config=self._config.path,
        )

    def stop(self) -> None:
        """Say goodbye to the networks and to the users; what must survive is in the store."""
        self._control.stop()
        self._background.close(LAST_WORDS)
        self._router.farewell()
        for keeper in self._sessions:
            keeper.log_out("The gateway is restarting.")
        with gevent.Timeout(LAST_WORDS, False):
            while any(keeper.is_running for keeper in self._sessions):
                gevent.sleep(0.05)
        self._streams.close()
        self._store.close()
        self._loop.shut_down()
        log.info("gateway.stopped")
        log.flush()

    # The XMPP server.

    def _connected(self, stream: Component) -> None:
        if alone := self._alone.pop(stream, None):
            alone.kill(block=False)
        if stream in self._known:
            self._router.reconnected(stream)
        else:
            self._known.add(stream)
            gevent.spawn(self._router.restore, stream)

    def _cut_off(self, stream: Component) -> None:
        self._privileges.lost(self._streams.carried(stream))
        self._router.cut_off(stream)
        patience = self._config.limits.keep_without_server
        self._alone[stream] = gevent.spawn_later(patience, self._give_up, stream)

    def _give_up(self, stream: Component) -> None:
        """Nobody behind it could be told anything for too long."""
        del self._alone[stream]
        seconds = self._config.limits.keep_without_server
        log.warning("xmpp.given_up", domain=stream.domain, seconds=seconds)
        for keeper in self._sessions:
            if self._streams.of(keeper.key.user, keeper.key.transport) is stream:
                keeper.log_out("The XMPP server is not reachable.")

    # What operators ask (gateway.control).

    def sessions(self) -> Iterable[Row]:
        for keeper in self._sessions:
            if keeper.state is State.OFFLINE and keeper.why is None:
                continue
            yield {
                "user": keeper.key.user,
                "transport": keeper.key.transport,
                "account": keeper.key.account,
                "state": keeper.state.value,
                "since": keeper.since.isoformat(timespec="seconds"),
                "why": ": ".join(filter(None, (keeper.why.value, keeper.detail)))
                if keeper.why
                else None,
                "next_try": keeper.next_try and keeper.next_try.isoformat(timespec="seconds"),
            }

    def remove(self, user: str, transport: str, account: str) -> Iterable[Row]:
        settings = self._config.transports.get(transport)
        try:
            if settings is None:
                removed = self._store.remove(SessionKey(user, transport, account))
            else:
                self._router.user(user).unregister(settings, account)
                removed = True
        except CommandRefused:
            removed = False
        yield {"removed": removed}

    def rotate(self) -> Iterable[Row]:
        """Also reads the keys again: a new one may have become the current one."""
        self._store.use(Keyring.load(self._config.keys))
        for progress in self._store.rotate():
            for broken in progress.broken:
                log.error("account.broken", user=broken.key.user, why=broken.why)
            yield {
                "table": progress.table,
                "seen": progress.seen,
                "resealed": progress.resealed,
                "broken": [broken.why for broken in progress.broken],
            }
