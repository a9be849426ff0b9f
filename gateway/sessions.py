"""Keeps legacy sessions alive: log in, log out, reconnect, and never all at once.

    OFFLINE ──log_in──► QUEUED ──pacer──► CONNECTING ──LoggedIn──► ONLINE
       ▲                  ▲                    │ StepAsked: ASKING   │
       │               timer                   └───── LoggedOut ─────┤
       │                  │                                          │
       └── ASKED, REPLACED│── WAITING ◄── NETWORK, GATEWAY ──────────┤
                             LATCHED ◄── BAD_CREDENTIALS ────────────┘

A ``Keeper`` holds one session key over any number of ``Session`` objects, one after the other: the
next is made when all of the last is closed.  What others call here never blocks.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import gevent

from gateway import log as logging
from gateway.commands import Command, Logout
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedIn, LoggedOut, Offline, StepAsked
from gateway.ids import SessionKey
from gateway.network import Login, Network
from gateway.pacer import Pacer
from gateway.session import OUR_MISTAKE, Session
from gateway.words import tr

FIRST_RETRY = 4.0
"""Seconds, on average, before the first reconnection; doubled each time, ..."""

LAST_RETRY = 600.0
"""... up to this.  A server that is down for long is asked every ten minutes by each user."""

STABLE = 60.0
"""Seconds online after which earlier failures no longer count."""


class State(Enum):
    OFFLINE = "offline"
    QUEUED = "queued"
    CONNECTING = "connecting"
    ASKING = "asking"  # The network waits for its user.
    ONLINE = "online"
    WAITING = "waiting"
    LATCHED = "latched"


class Keeper:
    """One session key, for as long as somebody wants it online."""

    def __init__(
        self,
        key: SessionKey,
        network: Network,
        pacer: Pacer,
        make_login: Callable[[], Login],
        outbox: Callable[[Event], None],
    ) -> None:
        """``make_login`` gives what the next attempt needs, and must not wait for anything.
        ``outbox`` takes every event after the keeper has drawn its conclusions; it may wait."""
        self.key = key
        self.state = State.OFFLINE
        self.since = datetime.now(UTC)
        self.why: Offline | None = None
        """Why it is not online, after the first attempt."""
        self.detail = ""
        self.next_try: datetime | None = None
        self.log = logging.bind(user=key.user, transport=key.transport, account=key.account or None)
        self._network = network
        self._pacer = pacer
        self._make_login = make_login
        self._outbox = outbox
        self._session: Session | None = None
        self._wanted = False
        self._is_over = False
        """The session has told ``LoggedOut``, but is not closed yet."""
        self._is_retrying = False
        """The end of this session, whatever it says, starts the next."""
        self._failures = 0
        self._timer: Any = None

    # What users want.

    def log_in(self) -> None:
        """Get online and stay so.  Does nothing if that is already under way, or latched."""
        self._wanted = True
        if self.state is State.OFFLINE and self._session is None:
            self._queue()

    def log_out(self, reason: str = "") -> None:
        self._wanted = self._is_retrying = False
        self._stop_waiting()
        if self._session is not None and not self._is_over:
            self._end(self._session, reason)
        elif self.state is not State.LATCHED:
            was_trying = self.state in (State.QUEUED, State.WAITING)
            self._failures = 0
            self._enter(State.OFFLINE, Offline.ASKED)
            if was_trying:  # No session is there to say so, and somebody may wait for it.
                gevent.spawn(self._outbox, LoggedOut(why=Offline.ASKED))

    def retry(self) -> None:
        """Try now whatever was wrong: the user gave new credentials, or asked for it."""
        self._wanted = self._is_retrying = True
        self._failures = 0
        self._stop_waiting()
        if self._session is None:
            self._queue()
        elif not self._is_over:
            self._end(self._session)

    def latch(self, why: str) -> None:
        """Do not log in until ``retry``: a log-in is known to fail."""
        self._enter(State.LATCHED, Offline.BAD_CREDENTIALS, why)

    def unlatch(self) -> None:
        """What was refused is not there any more."""
        if self.state is State.LATCHED:
            self._enter(State.OFFLINE, Offline.ASKED)

    def put(self, command: Command) -> None:
        """
        Raises:
            CommandRefused: there is no session that could take it; says why.
        """
        if self._session is None:
            raise CommandRefused(Reason.UNAVAILABLE, self.explain())
        self._session.put(command)

    def _end(self, session: Session, reason: str = "") -> None:
        try:
            session.put(Logout(reason=reason))
        except CommandRefused:  # Too busy to be polite.
            session.kill()

    @property
    def is_running(self) -> bool:
        """There is a session, so commands are taken."""
        return self._session is not None

    @property
    def is_first_failure(self) -> bool:
        """For those who should hear of a problem once, not every few minutes."""
        return self._failures == 1

    def explain(self) -> str:
        """The state, as a sentence for its user."""
        title = self._network.title
        detail = f": {tr(self.detail).rstrip('.')}" if self.detail else ""
        match self.state:
            case State.ONLINE:
                return tr("Connected to {title}.").format(title=title)
            case State.QUEUED if self._pacer.holds(self):
                return tr(
                    "Waiting for a turn to connect: {title} lets in only so many at a time."
                ).format(title=title)
            case State.QUEUED | State.CONNECTING:
                return tr("Connecting to {title}…").format(title=title)
            case State.ASKING:
                return tr("{title} waits for you before it lets you in.").format(title=title)
            case State.LATCHED:
                return tr("{title} refused the log-in{detail}. Correct your registration.").format(
                    title=title, detail=detail
                )
            case State.WAITING:
                return tr(
                    "Not connected to {title}{detail}. Next try at {next_try:%H:%M:%S} UTC."
                ).format(title=title, detail=detail, next_try=self.next_try)
            case State.OFFLINE:
                return tr("Not connected to {title}{detail}.").format(title=title, detail=detail)

    # Attempts.

    def _queue(self) -> None:
        is_first, self._is_retrying = self._is_retrying, False
        self._enter(State.QUEUED, self.why, self.detail)
        self._pacer.join(self, is_first)

    def connect(self) -> None:
        """Called by the pacer when it is our turn."""
        if self.state is not State.QUEUED:  # We left, came back, and had two turns.
            return
        self._enter(State.CONNECTING, self.why, self.detail)
        self.log.info("session.connecting")
        try:
            session = Session(
                self._network, self._make_login(), self._on_event, self.log, self._ended
            )
        except CommandRefused as refusal:  # The operator lets no guests in any more.
            self._could_not_start(LoggedOut(why=Offline.BAD_CREDENTIALS, detail=refusal.text))
        except Exception:
            self.log.exception("session.crashed")
            self._could_not_start(OUR_MISTAKE)
        else:
            self._session, self._is_over = session, False
            session.start()

    def _could_not_start(self, why: LoggedOut) -> None:
        try:
            self._on_event(why)
        except Exception:  # Of the outbox.
            self.log.exception("session.crashed")
        finally:
            self._ended(None)

    def _on_event(self, event: Event) -> None:
        if type(event) is LoggedIn:
            self._pacer.leave(self)
            self._enter(State.ONLINE)
            self.log.info("session.online", me=event.me)
        elif type(event) is LoggedOut:
            self._conclude(event)
        elif type(event) is StepAsked:
            self._pacer.leave(self)  # People take their time, and others shall not wait for them.
            self._enter(State.ASKING)
            self.log.info("session.asking")
        self._outbox(event)

    def _conclude(self, event: LoggedOut) -> None:
        if event.pause:  # First: to leave lets the next one through.
            self._pacer.slow_down(event.pause)
        self._pacer.leave(self)
        self._is_over = True
        was_stable = self.state is State.ONLINE and _age(self.since) > STABLE
        state = self._next_state(event.why)
        self._enter(state, event.why, event.detail)
        if state is State.WAITING:
            self._failures = 1 if was_stable else self._failures + 1
            self.next_try = datetime.now(UTC) + timedelta(seconds=backoff(self._failures))
        else:
            self._failures = 0
        if state is State.LATCHED or event.why is Offline.REPLACED:
            self._wanted = self._is_retrying
        self.log.info(
            "session.offline",
            why=event.why.value,
            detail=event.detail or None,
            next_try=self.next_try and self.next_try.isoformat(timespec="seconds"),
        )

    def _next_state(self, why: Offline) -> State:
        if self._is_retrying:  # With what the user gave after this attempt began.
            return State.OFFLINE
        if why is Offline.BAD_CREDENTIALS:
            return State.LATCHED
        if self._wanted and why in (Offline.NETWORK, Offline.GATEWAY):
            return State.WAITING
        return State.OFFLINE

    def _ended(self, session: Session | None) -> None:
        if session is not self._session:
            return
        self._session = None
        if self._is_retrying or (self._wanted and self.state is State.OFFLINE):
            self._queue()
        elif self.state is State.WAITING and self.next_try:
            seconds = (self.next_try - datetime.now(UTC)).total_seconds()
            self._timer = gevent.spawn_later(max(seconds, 0.0), self._queue)

    def _stop_waiting(self) -> None:
        if self.state is State.QUEUED:
            self._pacer.leave(self)
        if self._timer is not None:
            self._timer.kill(block=False)
            self._timer = None

    def _enter(self, state: State, why: Offline | None = None, detail: str = "") -> None:
        self.state, self.why, self.detail = state, why, detail
        self.since = datetime.now(UTC)
        self.next_try = None


def backoff(failures: int) -> float:
    """Seconds before the next try, partly chance, so that users do not return all at once."""
    doublings = min(failures - 1, 30)  # After a week offline the power would overflow.
    seconds = min(FIRST_RETRY * 2.0**doublings, LAST_RETRY)
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311  # Not for secrets.


def _age(since: datetime) -> float:
    return (datetime.now(UTC) - since).total_seconds()


class Sessions:
    """All keepers of this process."""

    def __init__(self) -> None:
        self._keepers: dict[SessionKey, Keeper] = {}

    def __iter__(self) -> Iterator[Keeper]:
        return iter(tuple(self._keepers.values()))

    def add(self, keeper: Keeper) -> None:
        self._keepers[keeper.key] = keeper

    def discard(self, key: SessionKey) -> None:
        self._keepers.pop(key, None)
