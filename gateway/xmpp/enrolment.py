"""How a log-in goes on while somebody waits for it: a registration on trial, what is asked.

    begin ──► (trying) ──LoggedIn──────────────────────────► kept: it is in the store
                │  ▲ └───LoggedOut────────────────────────► dropped: the one before holds
       StepAsked│  │answer, look                                ▲
                ▼  │                                            │
              (asked) ──LoggedOut, or nothing for STEP_TIME─────┘

A registration is verified before it is stored (XEP-0100, section 4.1.2): the session logs in with
it while somebody waits for the outcome.  A network may ask the user for more meanwhile, once or
several times; it may do so at any later log-in, too, and then nothing is on trial.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import gevent
from gevent.event import AsyncResult

from gateway import i18n
from gateway.commands import AnswerStep
from gateway.errors import CommandRefused, GatewayError, Reason
from gateway.events import Fill, LoggedIn, LoggedOut, Look, Offline, Question, StepAsked
from gateway.sessions import State
from gateway.store import Broken, Registration
from gateway.words import mark, tr
from gateway.xmpp import stanzas
from gateway.xmpp.attendance import RETURN_TIME, Attendance
from gateway.xmpp.host import Host

VERIFY_TIME = 40.0
"""Seconds that a log-in may take while somebody waits for their registration to be accepted."""

STEP_TIME = 600.0
"""Seconds that a user has to answer what the network asks, where it gives them as much."""

LOOK_TIME = 10.0
"""Seconds that the network has to notice what the user says they have done, before we say that it
has not."""

REFUSED_BECAUSE = {
    Offline.ASKED: Reason.NOT_ACCEPTABLE,
    Offline.BAD_CREDENTIALS: Reason.NOT_ACCEPTABLE,
    Offline.REPLACED: Reason.CONFLICT,
    Offline.NETWORK: Reason.TIMEOUT,
    Offline.GATEWAY: Reason.INTERNAL,
}
"""What a registration that could not be verified is refused with."""

BUSY = mark("The network still thinks about what you gave before; wait a moment.")
CROWDED = mark(
    "The server lets in only so many a minute, and others wait. Try again in some minutes."
)
REGISTERED = mark("You are registered, and connected.")
WRITE = mark("Write your answer to me, or fill in the form of your client (Register).")
WAIT = mark("As soon as the network has noticed it, you are connected.")
IN_FORM = mark("There is a picture with it, which the form of your client shows (Register).")

Outcome = LoggedIn | LoggedOut | StepAsked


@dataclass(frozen=True, slots=True)
class Trial:
    before: Registration | Broken | None
    """What holds if it fails."""


class Enrolment:
    def __init__(self, host: Host, attendance: Attendance) -> None:
        self.asked: Question | None = None
        """What the network waits for."""
        self._host = host
        self._attendance = attendance
        self._trial: Trial | None = None
        self._next: AsyncResult[Outcome] = AsyncResult()
        """What the session says next of its log-in."""
        self._is_heard = False
        """It has said something; before that, it may be the end of the session before."""
        self._is_awaited = False
        self._watcher: gevent.Greenlet[..., None] | None = None
        """Waits in place of somebody who was asked something."""

    @property
    def is_on_trial(self) -> bool:
        return self._trial is not None

    # In the greenlets of those who ask.  These block.

    def begin(self, registration: Registration) -> None:
        """Log in with it, and keep it, unless the network has a question: then ``asked`` has it.

        Raises:
            CommandRefused: the network says no, or does not answer; the one before holds.
        """
        self._require_idle()
        host = self._host
        host.quotas.registrations.spend()
        if self._trial is None:
            self._trial = Trial(host.credentials.registration)
        self.asked, self._is_heard = None, False
        coming = self._next = AsyncResult()
        host.credentials.registration = registration
        self._attendance.begin()
        self._await(coming, VERIFY_TIME)

    def answer(self, asked: Question, values: Mapping[str, str]) -> None:
        """What was asked; another question may follow.

        Raises:
            CommandRefused: the network says no, or nobody waits for that any more.
        """
        if not isinstance(asked, Fill) or asked is not self.asked:
            raise CommandRefused(Reason.GONE, self._host.keeper.explain())
        self._require_idle()
        self._host.quotas.registrations.spend()
        given = tuple((field.name, values[field.name]) for field in asked.fields)
        self._host.put(AnswerStep(values=given))
        self.asked = None
        self._await(self._next, VERIFY_TIME)

    def look(self) -> None:
        """The user says that it is done; ``asked`` stays if the network has not noticed (yet).

        Raises:
            CommandRefused: the network says no, or nobody waits for that any more.
        """
        if self.asked is None:
            raise CommandRefused(Reason.GONE, self._host.keeper.explain())
        self._require_idle()
        coming = self._next
        coming.wait(LOOK_TIME)
        if coming.ready():
            self._await(coming, VERIFY_TIME)
        else:
            self._watch()

    def _require_idle(self) -> None:
        if self._is_awaited:
            raise CommandRefused(Reason.CONFLICT, tr(BUSY))
        self._stop_watching()

    def _await(self, coming: "AsyncResult[Outcome]", seconds: float) -> None:
        self._is_awaited = True
        try:
            self._conclude(coming.get(timeout=seconds))
        except gevent.Timeout:
            self._give_up()
        finally:
            self._is_awaited = False

    def _give_up(self) -> None:
        if self._host.keeper.state is State.QUEUED:
            self._drop()
            raise CommandRefused(Reason.TIMEOUT, tr(CROWDED)) from None
        self._conclude(LoggedOut(why=Offline.NETWORK, detail=tr("no answer")))

    def _conclude(self, outcome: Outcome) -> None:
        match outcome:
            case LoggedIn():
                self._host.quotas.registrations.give_back()
                self._keep()
            case StepAsked():
                self._watch()
            case LoggedOut(why=why, detail=detail):
                self._drop()
                title = self._host.transport.network.title
                raise CommandRefused(REFUSED_BECAUSE[why], f"{title}: {tr(detail)}")

    # Nobody waits: the user was asked something, and may have gone away.

    def _watch(self) -> None:
        if self._trial is not None:
            self._watcher = gevent.spawn(self._see_through, self._next)

    def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._watcher.kill(block=False)
            self._watcher = None

    def _see_through(self, coming: "AsyncResult[Outcome]") -> None:
        i18n.speak(self._host.resources.language)
        coming.wait(STEP_TIME)
        self._watcher = None
        try:
            self._await(coming, 0.0)
        except CommandRefused as refused:
            self._host.say(refused.text)
        except GatewayError:
            self._host.log.exception("store.write_failed")
        else:
            self._host.say(self.question or tr(REGISTERED))

    # From the network.

    @property
    def question(self) -> str:
        """What is asked, as it is said in a chat; "" if nothing is."""
        match self.asked:
            case Fill(text=text, picture=picture):
                return "\n".join(filter(None, (text, tr(IN_FORM) if picture else "", tr(WRITE))))
            case Look(text=text, uri=uri, picture=picture):
                return "\n".join(
                    filter(None, (text, uri, tr(IN_FORM) if picture else "", tr(WAIT)))
                )
            case None:
                return ""

    def step_asked(self, event: StepAsked) -> None:
        self.asked, self._is_heard = event.question, True
        if not (self.is_on_trial or self._is_awaited):
            self._host.say(self.question)
        self._settle(event)

    def logged_in(self, event: LoggedIn) -> None:
        self.asked = None
        self._settle(event)

    def logged_out(self, event: LoggedOut) -> bool:
        """Whether that is the end of a registration on trial, which others tell."""
        self.asked = None
        if self._is_heard or event.why is not Offline.ASKED:
            self._settle(event)
        return self.is_on_trial

    def _settle(self, outcome: Outcome) -> None:
        """What comes after it may come at once, before anybody waits for that."""
        coming, self._next = self._next, AsyncResult()
        coming.set(outcome)

    # How it ends.

    def _keep(self) -> None:
        if self._trial is None:
            return
        host, registration = self._host, self._host.credentials.registration
        assert isinstance(registration, Registration)
        try:
            host.context.store.save(registration)
        except GatewayError:
            self._drop()
            raise
        is_new, self._trial = self._trial.before is None, None
        self._attendance.review(RETURN_TIME)  # A client will subscribe, and send its presence.
        host.log.info("account.registered", is_new=is_new)
        if is_new:
            host.out.write(stanzas.presence(host.address, host.key.user, "subscribe"))

    def _drop(self) -> None:
        if self._trial is None:
            return
        host, before, self._trial = self._host, self._trial.before, None
        self.asked = None
        host.credentials.registration = before
        host.keeper.log_out()
        host.keeper.unlatch()
        if why := host.credentials.hopeless:
            host.keeper.latch(why)
        elif host.is_needed:
            self._attendance.begin()

    def close(self) -> None:
        """The account is gone, or the gateway stops."""
        self._stop_watching()
        self._trial = None
        self._settle(LoggedOut(why=Offline.ASKED, detail=tr("called off")))
