"""One user's session on one network: three greenlets and the queues between them.

    socket ──► reader ──inputs──► FSM ──news──► translator ──events──► outbox
       ▲                           │  ▲
       └────────── Send ───────────┘  └── commands, timers

Data moves from left to right.  Each queue has one consumer, which alone may touch what it feeds:
the reader the codec's buffer, the FSM the protocol state.  The end of a stream is itself a message
(``Lost``, ``Stop``, ``StopIteration``), so FSM and translator run to their end and no news is
lost; only readers and timers are stopped, after that.

However it ends, ``LoggedOut`` is passed on once, and then ``ended`` is called once.

A session has one reader for each socket its FSM opens, and for each HTTP request.  The outbox is
called in the translator's greenlet: it may block, which in the end stops the peer, and if it raises
only this session ends.
"""

from collections.abc import Callable
from typing import Any

import gevent
from gevent.queue import SimpleQueue

from gateway import log as logging
from gateway.commands import Command, Logout
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedOut, Offline
from gateway.fetch import fetch
from gateway.fsm import (
    Connect,
    Effects,
    Fetch,
    Fetched,
    HangUp,
    Lost,
    Send,
    Stop,
    Tell,
    Timer,
    Wake,
)
from gateway.link import Link
from gateway.network import Login, Network
from gateway.words import mark, tr

QUEUE_SIZE = 64
"""A full queue stops the greenlet before it, in the end the reader, and so the peer (TCP)."""

RETRY_TIMER = 0.5
"""Seconds after which a timer that found the inbox full tries again."""

LAST_NEWS = 5.0
"""Seconds that the translator has to pass on what a crashed FSM told before it crashed."""

OUR_MISTAKE = LoggedOut(
    why=Offline.GATEWAY, detail=mark("The gateway made a mistake. Its operator has been told.")
)


class Session:
    def __init__(
        self,
        network: Network,
        login: Login,
        outbox: Callable[[Event], None],
        log: logging.Bound,
        ended: Callable[["Session"], None],
    ) -> None:
        """``ended`` is called once, in a greenlet of its own, when all is closed and said."""
        self._fsm = network.fsm(login)
        self._translator = network.translator()
        self._show = network.show
        self._log = log
        self._outbox = outbox
        self._ended = ended
        self._inbox: SimpleQueue[Any] = SimpleQueue(QUEUE_SIZE)
        self._news: SimpleQueue[Any] = SimpleQueue(QUEUE_SIZE)
        self._links: dict[str, Link] = {}
        self._timers: dict[str, Any] = {}
        self._fetching: dict[str, Any] = {}
        """The greenlets of HTTP requests, by name."""
        self._is_over = False
        """Commands come too late."""
        self._logged_out = False
        self._finishing = False

    def start(self) -> None:
        self._fsm_greenlet = gevent.spawn(self._run_fsm)
        self._translator_greenlet = gevent.spawn(self._translate)
        self._fsm_greenlet.is_heard = self._translator_greenlet.is_heard = True
        self._fsm_greenlet.link_exception(self._crashed)
        self._translator_greenlet.link(self._translator_ended)

    def put(self, command: Command) -> None:
        """Hand over a command.  May be called from any greenlet.

        Raises:
            CommandRefused: the session is over, or busy; at once, because the caller serves every
                user and must not wait for one.
        """
        if self._is_over or self._logged_out:
            if type(command) is Logout:
                return
            raise CommandRefused(Reason.UNAVAILABLE, tr("The session has just ended."))
        if self._inbox.full():
            raise CommandRefused(Reason.TOO_MUCH, tr("Too much at once; try again in a moment."))
        self._inbox.put_nowait(command)

    def kill(self) -> None:
        """End it without a word to the network.  May be called from any greenlet; returns at once,
        and ``LoggedOut`` and ``ended`` follow."""
        self._finish(LoggedOut(why=Offline.ASKED))

    # The FSM greenlet.

    def _run_fsm(self) -> None:
        inbox = self._inbox
        if self._perform(self._fsm.start()):
            for given in inbox:
                if type(given) is Lost:
                    del self._links[given.link]
                elif type(given) is Fetched:
                    del self._fetching[given.name]
                if not self._perform(self._fsm.handle(given)):
                    break
                if inbox.empty():
                    self._flush()
        self._is_over = True
        self._flush()
        self._news.put(StopIteration)

    def _perform(self, effects: Effects[Any, Any]) -> bool:
        """Do what the FSM asks.  Returns False when that was the last."""
        for effect in effects:
            if type(effect) is Tell:  # Most effects are, and a match takes three times as long.
                self._news.put(effect.news)
                continue
            match effect:
                case Send(frame, name):
                    # A frame for a link that is gone has nowhere to go; Lost has said so.
                    if link := self._links.get(name):
                        link.send(frame)
                case Wake(name, seconds):
                    self._wake(name, seconds)
                case Connect():
                    self._connect(effect)
                case Fetch():
                    self._fetch(effect)
                case HangUp(name):
                    if link := self._links.get(name):
                        link.flush()
                        link.hang_up()
                case Stop():
                    return False
        return True

    def _connect(self, how: Connect) -> None:
        if how.link in self._links:
            raise ValueError(f"link {how.link!r} is open; HangUp, and wait for Lost")
        self._links[how.link] = Link(how, self._inbox, self._show, self._log, self._crashed)

    def _fetch(self, what: Fetch) -> None:
        if what.name in self._fetching:
            raise ValueError(f"{what.name!r} is being fetched; wait for Fetched")
        self._fetching[what.name] = greenlet = gevent.spawn(self._await_answer, what)
        greenlet.is_heard = True
        greenlet.link_exception(self._crashed)

    def _await_answer(self, what: Fetch) -> None:
        self._inbox.put(fetch(what, self._log))

    def _flush(self) -> None:
        for link in self._links.values():
            link.flush()

    def _wake(self, name: str, seconds: float) -> None:
        if old := self._timers.get(name):
            old.close()
        timer = self._timers[name] = gevent.get_hub().loop.timer(max(seconds, 0.0))
        timer.start(self._ring, name)

    def _ring(self, name: str) -> None:
        """Runs in the hub, so it must not wait for room in the inbox."""
        self._timers.pop(name).close()
        if self._inbox.full():
            self._wake(name, RETRY_TIMER)
        else:
            self._inbox.put_nowait(Timer(name))

    # The translator greenlet.

    def _translate(self) -> None:
        translate, outbox = self._translator.translate, self._outbox
        for news in self._news:
            for event in translate(news):
                if self._logged_out:
                    raise RuntimeError(f"{type(event).__name__} came after LoggedOut")
                self._logged_out = type(event) is LoggedOut
                outbox(event)

    # The end.  Links of greenlets are called in the hub, where nothing may block.

    def _translator_ended(self, translator: Any) -> None:
        crash = translator.exception
        if crash is None and not (self._logged_out or self._finishing):
            crash = RuntimeError("the FSM stopped, but had told nothing that means LoggedOut")
        self._finish(OUR_MISTAKE, crash)

    def _crashed(self, culprit: Any) -> None:
        self._finish(OUR_MISTAKE, culprit.exception)

    def _finish(self, last: LoggedOut, crash: BaseException | None = None) -> None:
        self._is_over = True
        if crash:
            self._log.exception("session.crashed", exc_info=crash)
        if not self._finishing:
            self._finishing = True
            gevent.spawn(self._end, last)

    def _end(self, last: LoggedOut) -> None:
        self._fsm_greenlet.kill()
        self._release()
        self._pass_on_last_news()
        try:
            if not self._logged_out:
                self._logged_out = True
                self._outbox(last)
        except Exception:
            self._log.exception("session.crashed")
        finally:
            self._ended(self)

    def _pass_on_last_news(self) -> None:
        with gevent.Timeout(LAST_NEWS, False):
            if not self._translator_greenlet.ready():
                self._news.put(StopIteration)
            self._translator_greenlet.join()
        self._translator_greenlet.kill()

    def _release(self) -> None:
        for timer in self._timers.values():
            timer.close()
        self._timers.clear()
        readers = [link.reader for link in self._links.values()]
        gevent.killall([*readers, *self._fetching.values()])
