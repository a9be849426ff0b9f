"""One user's session on one network: three greenlets and the queues between them.

    socket ──► reader ──inputs──► FSM ──news──► translator ──events──► outbox
       ▲                           │  ▲
       └────────── Send ───────────┘  └── commands, timers

Data moves from left to right.  Each queue has one consumer, which alone may touch what it feeds:
the reader the codec's buffer, the FSM the protocol state.  The end of a stream is itself a message
(``Lost``, ``Stop``, ``StopIteration``), so FSM and translator run to their end and no news is
lost; only readers and timers are stopped, after that.

A session has one reader for each socket its FSM opens.  The outbox is called in the translator's
greenlet: it may block, which in the end stops the peer, and if it raises only this session ends.
"""

from collections.abc import Callable
from typing import Any

import gevent
from gevent.queue import Queue

from gateway import log as logging
from gateway.commands import Command
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedOut, Offline
from gateway.fsm import Connect, Effects, HangUp, Send, Stop, Tell, Timer, Wake
from gateway.link import Link
from gateway.network import Login, Network

QUEUE_SIZE = 64
"""A full queue stops the greenlet before it, in the end the reader, and so the peer (TCP)."""

RETRY_TIMER = 0.5
"""Seconds after which a timer that found the inbox full tries again."""

LAST_NEWS = 5.0
"""Seconds that the translator has to pass on what a crashed FSM told before it crashed."""

OUR_MISTAKE = "The gateway made a mistake. Its operator has been told."


class Session:
    def __init__(
        self,
        network: Network,
        login: Login,
        outbox: Callable[[Event], None],
        log: logging.Bound,
        ended: Callable[["Session"], None],
    ) -> None:
        """``ended`` is called once, in a greenlet of its own, after ``LoggedOut`` was passed on."""
        self._fsm = network.fsm(login)
        self._translator = network.translator()
        self._show = network.show
        self._log = log
        self._outbox = outbox
        self._ended = ended
        self._inbox: Queue[Any] = Queue(QUEUE_SIZE)
        self._news: Queue[Any] = Queue(QUEUE_SIZE)
        self._links: dict[str, Link] = {}
        self._timers: dict[str, Any] = {}
        self._logged_out = False
        self._finishing = False

    def start(self) -> None:
        self._fsm_greenlet = gevent.spawn(self._run_fsm)
        self._translator_greenlet = gevent.spawn(self._translate)
        self._fsm_greenlet.link_exception(self._crashed)
        self._translator_greenlet.link(self._translator_ended)

    def put(self, command: Command) -> None:
        """Hand over a command.  May be called from any greenlet.

        Raises:
            CommandRefused: the session is busy; at once, because the caller serves every user
                and must not wait for one.
        """
        if self._inbox.full():
            raise CommandRefused(Reason.TOO_MUCH, "Too much at once; try again in a moment.")
        self._inbox.put_nowait(command)

    def kill(self) -> None:
        """End it without a word to the network or to the user.  Nothing is called afterwards."""
        self._finishing = True
        gevent.killall([self._fsm_greenlet, self._translator_greenlet], block=False)
        self._release()

    # The FSM greenlet.

    def _run_fsm(self) -> None:
        inbox = self._inbox
        if self._perform(self._fsm.start()):
            for given in inbox:
                if not self._perform(self._fsm.handle(given)):
                    break
                if inbox.empty():
                    self._flush()
        self._flush()
        self._news.put(StopIteration)

    def _perform(self, effects: Effects[Any, Any]) -> bool:
        """Do what the FSM asks.  Returns False when that was the last."""
        for effect in effects:
            match effect:
                case Send(frame, name):
                    # A frame for a link that is gone has nowhere to go; Lost has said so.
                    if link := self._links.get(name):
                        link.send(frame)
                case Tell(news):
                    self._news.put(news)
                case Wake(name, seconds):
                    self._wake(name, seconds)
                case Connect():
                    self._links[effect.link] = Link(
                        effect, self._inbox, self._show, self._log, self._crashed
                    )
                case HangUp(name):
                    if link := self._links.get(name):
                        link.flush()
                        link.hang_up()
                case Stop():
                    return False
        return True

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
                if type(event) is LoggedOut:
                    self._logged_out = True
                outbox(event)

    # The end.  Links of greenlets are called in the hub, where nothing may block.

    def _translator_ended(self, translator: Any) -> None:
        self._finish(translator.exception)

    def _crashed(self, culprit: Any) -> None:
        self._finish(culprit.exception)

    def _finish(self, crash: BaseException | None) -> None:
        if not self._finishing:
            self._finishing = True
            gevent.spawn(self._end, crash)

    def _end(self, crash: BaseException | None) -> None:
        self._fsm_greenlet.kill()
        if crash:
            self._log.exception("session.crashed", exc_info=crash)
            self._pass_on_last_news()
        self._release()
        try:
            if not self._logged_out:
                self._outbox(LoggedOut(why=Offline.GATEWAY, detail=OUR_MISTAKE))
        finally:
            self._ended(self)

    def _pass_on_last_news(self) -> None:
        with gevent.Timeout(LAST_NEWS, False):
            self._news.put(StopIteration)
            self._translator_greenlet.join()
        self._translator_greenlet.kill()

    def _release(self) -> None:
        for timer in self._timers.values():
            timer.close()
        self._timers.clear()
        gevent.killall([link.reader for link in self._links.values()], block=False)
