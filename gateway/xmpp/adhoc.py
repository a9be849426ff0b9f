"""Ad-Hoc Commands (XEP-0050): the engine.  ``commands`` has the commands.

    execute ──► start ──► a stage (a form) ──complete, next──► advance ──► a stage … ──► the end
                             ▲                                    │
                             └──────── prev, or refused ──────────┘

``steps`` has what there is to walk.  A refused form is shown again with the reason, so that what
was typed need not be typed again.  A session is a stack of stages; it belongs to one client, and
ends when it is left alone too long.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.words import tr
from gateway.xmpp import forms, jid, steps
from gateway.xmpp.elements import element
from gateway.xmpp.iq import Ask
from gateway.xmpp.refusal import Refusal
from gateway.xmpp.steps import Confirm, Done, Failed, Input, Show, Stage, Step

COMMANDS = "http://jabber.org/protocol/commands"

EXPIRES = 600.0
"""Seconds a form may be left alone."""

MOST = 1000
"""Sessions of all users; the oldest ends when there is one more."""

MOST_EACH = 8
"""Sessions of one client; likewise."""

ACTIONS = frozenset({"", "execute", "next", "complete", "prev", "cancel"})


@dataclass(slots=True, kw_only=True)
class Session:
    id: str
    sender: str
    node: str
    stages: list[Stage]
    used_at: float


class Sessions:
    """By full JID and session id, the least recently used first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, sender: str, node: str, stage: Stage) -> Session:
        own = [key for key in self._sessions if key[0] == sender]
        if len(own) >= MOST_EACH:
            del self._sessions[own[0]]
        if len(self._sessions) >= MOST:
            self._sessions.popitem(last=False)
        session = Session(
            id=secrets.token_urlsafe(12),
            sender=sender,
            node=node,
            stages=[stage],
            used_at=self._clock(),
        )
        self._sessions[sender, session.id] = session
        return session

    def resume(self, sender: str, node: str, id: str) -> Session:
        """
        Raises:
            Refusal: there is no such session, or not any more.
        """
        session = self._sessions.get((sender, id))
        if session is None or session.node != node:
            raise refusal(
                Reason.BAD_REQUEST, "bad-sessionid", tr("There is no such session. Start again.")
            )
        if self._clock() - session.used_at > EXPIRES:
            self.close(session)
            raise refusal(
                Reason.NOT_ALLOWED, "session-expired", tr("That took too long. Start again.")
            )
        session.used_at = self._clock()
        self._sessions.move_to_end((sender, id))
        return session

    def close(self, session: Session) -> None:
        self._sessions.pop((session.sender, session.id), None)

    def forget(self, user: str) -> None:
        """Of all clients of that bare JID."""
        for key in [key for key in self._sessions if jid.bare(key[0]) == user]:
            del self._sessions[key]


def refusal(reason: Reason, condition: str, text: str) -> Refusal:
    """Section 4.4, "Errors"."""
    return Refusal(reason, element(f"{{{COMMANDS}}}{condition}"), text)


def execute(sessions: Sessions, ask: Ask, node: str, start: Callable[[Ask], Step]) -> Element:
    """One IQ of a command."""
    action = ask.payload.get("action", "")
    id = ask.payload.get("sessionid", "")
    if action not in ACTIONS:
        raise refusal(
            Reason.BAD_REQUEST,
            "malformed-action",
            tr("There is no action {action!r}.").format(action=action),
        )
    if not id:
        if action not in ("", "execute"):
            raise refusal(Reason.BAD_REQUEST, "bad-action", tr("Execute the command first."))
        return _begin(sessions, ask, node, start)
    session = sessions.resume(ask.sender, node, id)
    if action == "cancel":
        sessions.close(session)
        return _command(session, "canceled")
    if action == "prev":
        return _back(session)
    return _forward(sessions, session, ask, action)


def _begin(sessions: Sessions, ask: Ask, node: str, start: Callable[[Ask], Step]) -> Element:
    match start(ask):
        case Input() | Show() | Confirm() as stage:
            return _show(sessions.open(ask.sender, node, stage))
        case Done() | Failed() as end:
            id = secrets.token_urlsafe(12)
            session = Session(id=id, sender=ask.sender, node=node, stages=[], used_at=0.0)
            return _finish(session, end)


def _back(session: Session) -> Element:
    if len(session.stages) < 2:
        raise refusal(Reason.BAD_REQUEST, "bad-action", tr("This is the first form."))
    session.stages.pop()
    return _show(session)


def _forward(sessions: Sessions, session: Session, ask: Ask, action: str) -> Element:
    stage = session.stages[-1]
    if action == "complete" and not _is_last(stage):
        raise refusal(Reason.BAD_REQUEST, "bad-action", tr("There is more to fill in."))
    try:
        given = forms.submitted(ask.payload) or {}
    except CommandRefused as refused:
        raise refusal(Reason.BAD_REQUEST, "bad-payload", refused.text) from None
    try:
        step = steps.advance(stage, ask, given)
    except CommandRefused as refused:
        return _show(session, refused.text or refused.reason.value)
    match step:
        case Show() if isinstance(stage, Show):
            session.stages[-1] = step
            return _show(session)
        case Input() | Show() | Confirm():
            session.stages.append(step)
            return _show(session)
        case Done() | Failed():
            sessions.close(session)
            return _finish(session, step)


def _is_last(stage: Stage) -> bool:
    return stage.is_last if isinstance(stage, Input) else True


def _show(session: Session, problem: str = "") -> Element:
    stage = session.stages[-1]
    forward = "complete" if _is_last(stage) else "next"
    actions = element(
        f"{{{COMMANDS}}}actions",
        element(f"{{{COMMANDS}}}prev") if len(session.stages) > 1 else None,
        element(f"{{{COMMANDS}}}{forward}"),
        execute=forward,
    )
    form = forms.form(
        steps.fields(stage),
        steps.values(stage),
        title=stage.title,
        instructions=stage.instructions,
        picture=steps.picture(stage),
    )
    note, data = _note("error", problem), forms.data(steps.picture(stage))
    return _command(session, "executing", actions, note, form, data)


def _finish(session: Session, end: Done | Failed) -> Element:
    match end:
        case Done(text=text, form=form):
            return _command(session, "completed", _note("info", text), form)
        case Failed(text=text):
            return _command(session, "completed", _note("error", text))
        case _:
            assert_never(end)


def _command(session: Session, status: str, *content: Element | None) -> Element:
    return element(
        f"{{{COMMANDS}}}command",
        *content,
        node=session.node,
        sessionid=session.id,
        status=status,
    )


def _note(kind: str, text: str) -> Element | None:
    return element(f"{{{COMMANDS}}}note", text, type=kind) if text else None
