"""Steps walked by talking to the transport, for clients that show no forms: most on phones.

    open ──► a question for each field ──answer, skip──► … ──► advance ──► the next step …
                 ▲                              │                 │
                 └──── back, not acceptable ────┴─────────────────┘

A dialogue belongs to a user and an address of ours, so that it can be begun on the phone and ended
at the desk.  It ends when it is left alone too long.  Of what is written nothing is said back.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.errors import CommandRefused
from gateway.ids import SessionKey
from gateway.network import Field, FieldKind
from gateway.words import mark, tr
from gateway.xmpp import forms, steps
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Confirm, Done, Failed, Input, Show, Stage, Step

EXPIRES = 600.0
"""Seconds that a question waits.  Passwords are looked up meanwhile."""

MOST = 1000
"""Dialogues of all users; the oldest ends when there is one more."""

HOW = mark(
    "Write skip to leave a field as it is, clear to empty it, done to leave all the others as they "
    "are, back for the one before, or cancel."
)
TYPED_SECRETS = mark(
    "What you write here may stay in the archives of your client and of your server. "
    "Delete it there afterwards, or use the form of your client instead."
)
BUSY = mark("One moment, I am still busy with what you wrote before.")
OVER = mark("That took too long, so I forgot what we were talking about. Start again.")
CANCELLED = mark("Cancelled. Nothing was changed.")


@dataclass(slots=True)
class Dialogue:
    stage: Stage
    used_at: float
    at: int = 0
    """Which of the fields is asked for."""
    given: dict[str, str] = field(default_factory=dict, repr=False)
    is_busy: bool = False
    """Somebody waits for what comes next."""

    @property
    def asked(self) -> Field:
        return steps.fields(self.stage)[self.at]

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(steps.fields(self.stage))

    def now(self, asked: Field) -> str:
        """What holds for a field if nothing is written."""
        on_file = steps.values(self.stage).get(asked.name, asked.default)
        return self.given.get(asked.name, on_file)


class Dialogues:
    """By user, transport and account, the least recently used first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._dialogues: OrderedDict[tuple[str, str, str], Dialogue] = OrderedDict()

    def __contains__(self, asker: Asker) -> bool:
        return _key(asker) in self._dialogues

    def open(self, asker: Asker, step: Step) -> str:
        """In place of one that is open; returns what to ask."""
        self._dialogues.pop(_key(asker), None)
        match step:
            case Done() | Failed():
                return step.text
            case Show():  # Nothing is to be written.
                return step.instructions
            case Input() | Confirm():
                if len(self._dialogues) >= MOST:
                    self._dialogues.popitem(last=False)
                dialogue = Dialogue(step, self._clock())
                self._dialogues[_key(asker)] = dialogue
                return "\n".join(filter(None, (*_opening(step), _question(dialogue))))

    def hear(self, asker: Asker, text: str) -> str:
        """What to say to what the user wrote.  May block."""
        key = _key(asker)
        dialogue = self._dialogues[key]
        if dialogue.is_busy:
            return tr(BUSY)
        if self._clock() - dialogue.used_at > EXPIRES:
            del self._dialogues[key]
            return tr(OVER)
        dialogue.used_at = self._clock()
        self._dialogues.move_to_end(key)
        if _word(text) == "cancel":
            del self._dialogues[key]
            return tr(CANCELLED)
        try:
            _take(dialogue, text)
        except CommandRefused as refused:
            return f"{refused.text}\n{_question(dialogue)}"
        return self._advance(asker, dialogue) if dialogue.is_at_end else _question(dialogue)

    def forget(self, key: SessionKey) -> None:
        """With that account, and with the transport of it."""
        for account in ("", key.account):
            self._dialogues.pop((key.user, key.transport, account), None)

    def _advance(self, asker: Asker, dialogue: Dialogue) -> str:
        given = {f.name: dialogue.now(f) for f in steps.fields(dialogue.stage)}
        dialogue.is_busy = True
        try:
            return self.open(asker, steps.advance(dialogue.stage, asker, given))
        except CommandRefused as refused:
            names = [field.name for field in steps.fields(dialogue.stage)]
            dialogue.at = names.index(refused.field) if refused.field in names else 0
            return f"{refused.text or refused.reason.value}\n{_question(dialogue)}"
        finally:
            dialogue.is_busy = False


def _key(asker: Asker) -> tuple[str, str, str]:
    return asker.user.jid, asker.transport.domain, asker.address.account


def _word(text: str) -> str:
    return text.strip().removeprefix("/").removeprefix("!").casefold()


# Asking.


def _opening(stage: Stage) -> tuple[str, ...]:
    return (stage.instructions, tr(HOW) if isinstance(stage, Input) else "")


def _question(dialogue: Dialogue) -> str:
    asked = dialogue.asked
    if isinstance(dialogue.stage, Confirm):
        return tr("{label}? Write yes or no.").format(label=tr(asked.label))
    return "\n".join(filter(None, (_title(asked), tr(asked.description), *_hints(dialogue, asked))))


def _title(asked: Field) -> str:
    label = f"*{tr(asked.label)}*"
    return label if asked.required else tr("{label} (optional)").format(label=label)


def _hints(dialogue: Dialogue, asked: Field) -> list[str]:
    now = dialogue.now(asked)
    match asked.kind:
        case FieldKind.SECRET:
            return [tr(TYPED_SECRETS)]
        case FieldKind.YES_NO:
            return [tr("yes or no; now: {now}").format(now=forms.said(now in forms.YES))]
        case FieldKind.CHOICE:
            choices = [
                f"{number}. {tr(label)}" for number, (_, label) in enumerate(asked.choices, 1)
            ]
            label = next((label for value, label in asked.choices if value == now), "")
            return [*choices, tr("Now: {now}").format(now=tr(label)) if label else ""]
        case FieldKind.TEXT | FieldKind.LONG:
            return [tr("Now: {now}").format(now=now) if now else ""]


# Answered.


def _take(dialogue: Dialogue, text: str) -> None:
    """What was written, to the field that is asked for, and on to the next.

    Raises:
        CommandRefused: it will not do.
    """
    asked = dialogue.asked
    match _word(text):
        case "back":
            dialogue.at = max(dialogue.at - 1, 0)
        case "skip":
            _keep(dialogue, asked)
        case "done":
            while not dialogue.is_at_end:
                _keep(dialogue, dialogue.asked)
        case "clear":
            _fill_in(dialogue, asked, "")
        case word:
            _fill_in(dialogue, asked, _value(asked, text, word))


def _keep(dialogue: Dialogue, asked: Field) -> None:
    """Of a secret on file we know no more than the step: only that can say whether it is there."""
    if asked.kind is not FieldKind.SECRET:
        forms.fill_in((asked,), {asked.name: dialogue.now(asked)})
    dialogue.at += 1


def _fill_in(dialogue: Dialogue, asked: Field, value: str) -> None:
    given = dialogue.given | forms.fill_in((asked,), {asked.name: value})
    steps.try_out(dialogue.stage, asked.name, given)
    dialogue.given = given
    dialogue.at += 1


def _value(asked: Field, text: str, word: str) -> str:
    match asked.kind:
        case FieldKind.YES_NO if (is_yes := forms.yes_or_no(word)) is not None:
            return "1" if is_yes else ""
        case FieldKind.CHOICE:
            return _chosen(asked, word)
        case _:
            return text


def _chosen(asked: Field, word: str) -> str:
    """By its number, its value or its label."""
    for number, (value, label) in enumerate(asked.choices, 1):
        if word in (str(number), value.casefold(), label.casefold(), tr(label).casefold()):
            return value
    return word
