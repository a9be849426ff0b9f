"""Steps walked by chat."""

from collections.abc import Mapping
from dataclasses import replace

import gevent
import pytest
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Field, FieldKind, Kind
from gateway.xmpp import dialogue
from gateway.xmpp.dialogue import BUSY, CANCELLED, HOW, OVER, TYPED_SECRETS, Dialogues
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Confirm, Done, Failed, Input, Step
from tests.gateway.tinynet import PATIENCE, settle
from tests.gateway.xmpp.asking import USER, User, transport

COLOUR = Field(name="colour", label="Colour", required=True, description="Of the door")
COAT = Field(name="coat", label="Another coat", kind=FieldKind.YES_NO)
BRUSH = Field(
    name="brush",
    label="Brush",
    kind=FieldKind.CHOICE,
    choices=(("", "Any"), ("a", "Narrow"), ("b", "Wide")),
)
KEY = Field(name="key", label="Key", kind=FieldKind.SECRET)


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asker(user: str = USER, account: str = "", resource: str = "phone") -> Asker:
    made = transport()
    return Asker(
        sender=f"{user}/{resource}",
        user=User(made, jid=user),  # type: ignore[arg-type]
        transport=made,
        address=Address(Kind.SERVER, account, ChatId("")),
    )


class Painter:
    """Somebody who is asked how to paint a door."""

    def __init__(self, *fields: Field, **values: str) -> None:
        self.time = Time()
        self.dialogues = Dialogues(self.time)
        self.painted: list[dict[str, str]] = []
        self.end: Step | CommandRefused = Done(text="Painted.")
        self.start = Input(
            title="Paint", instructions="How?", fields=fields, values=values, submit=self.submit
        )

    def submit(self, _: Asker, values: dict[str, str]) -> Step:
        self.painted.append(values)
        if isinstance(self.end, CommandRefused):
            raise self.end
        return self.end

    def begin(self) -> str:
        return self.dialogues.open(asker(), self.start)

    def say(self, *lines: str) -> str:
        """The last answer."""
        for line in lines:
            answer = self.dialogues.hear(asker(), line)
        return answer


def test_from_the_first_question_to_the_end() -> None:
    painter = Painter(COLOUR, COAT, BRUSH)
    assert painter.begin() == f"How?\n{HOW}\n*Colour*\nOf the door"
    assert painter.say(" red ") == "*Another coat* (optional)\nyes or no; now: no"
    assert painter.say("Yes") == "*Brush* (optional)\n1. Any\n2. Narrow\n3. Wide\nNow: Any"
    assert painter.say("3") == "Painted."
    assert painter.painted == [{"colour": "red", "coat": "1", "brush": "b"}]
    assert asker() not in painter.dialogues


@pytest.mark.parametrize(
    ("field", "written", "value"),
    [
        (BRUSH, "2", "a"),
        (BRUSH, "B", "b"),
        (BRUSH, "wide", "b"),
        (COAT, "no", ""),
        (COAT, "true", "1"),
        (KEY, " S K I P ", " S K I P "),
        (replace(COLOUR, kind=FieldKind.LONG), "red\nblue", "red\nblue"),
    ],
)
def test_what_is_understood(field: Field, written: str, value: str) -> None:
    painter = Painter(field)
    painter.begin()
    assert painter.say(written) == "Painted."
    assert painter.painted == [{field.name: value}]


@pytest.mark.parametrize(
    ("field", "written", "wrong"),
    [
        (COLOUR, "  ", "“Colour” must be filled in."),
        (COLOUR, "skip", "“Colour” must be filled in."),
        (COLOUR, "clear", "“Colour” must be filled in."),
        (COLOUR, "done", "“Colour” must be filled in."),
        (COLOUR, "red\nblue", "“Colour” takes one line only."),
        (COAT, "perhaps", "“Another coat” takes yes or no (1 or 0)."),
        (BRUSH, "4", "“Brush” takes one of the values of its list."),
    ],
)
def test_what_is_wrong_is_said_and_asked_again(field: Field, written: str, wrong: str) -> None:
    painter = Painter(field)
    question = painter.begin().partition(f"{HOW}\n")[2]
    assert painter.say(written) == f"{wrong}\n{question}"
    assert not painter.painted


def test_what_is_on_file_is_shown_and_kept() -> None:
    painter = Painter(COLOUR, COAT, BRUSH, colour="blue", coat="1", brush="a")
    assert painter.begin().endswith("Now: blue")
    assert painter.say("skip").endswith("now: yes")
    assert painter.say("/skip").endswith("Now: Narrow")
    assert painter.say("clear") == "Painted."
    assert painter.painted == [{"colour": "blue", "coat": "1", "brush": ""}]


def test_done_leaves_the_others() -> None:
    painter = Painter(COAT, COLOUR, BRUSH, KEY, brush="b")
    painter.begin()
    assert painter.say("done").startswith("“Colour” must be filled in.\n*Colour*")
    assert painter.say("red", "done") == "Painted."
    assert painter.painted == [{"coat": "", "colour": "red", "brush": "b", "key": ""}]


def test_back() -> None:
    painter = Painter(COLOUR, COAT)
    painter.begin()
    assert painter.say("red", "back").endswith("Now: red")
    assert painter.say("back").endswith("Now: red")
    assert painter.say("green", "no") == "Painted."
    assert painter.painted == [{"colour": "green", "coat": ""}]


def test_cancel() -> None:
    painter = Painter(COLOUR)
    painter.begin()
    assert painter.say("Cancel") == CANCELLED
    assert asker() not in painter.dialogues


def test_a_secret_is_never_said_back() -> None:
    painter = Painter(KEY, COLOUR)
    painter.end = CommandRefused(Reason.NOT_ACCEPTABLE, "No.", "key")
    said = [painter.begin(), painter.say("hunter2"), painter.say("red"), painter.say("back")]
    assert TYPED_SECRETS in said[0]
    assert not any("hunter2" in line for line in said)
    assert "hunter2" not in repr(painter.dialogues._dialogues)


@pytest.mark.parametrize(("field", "asked"), [("coat", "*Another coat*"), ("", "*Colour*")])
def test_a_refusal_asks_again_for_what_it_is_about(field: str, asked: str) -> None:
    painter = Painter(COLOUR, COAT, KEY)
    painter.begin()
    painter.end = CommandRefused(Reason.NOT_ACCEPTABLE, "Not so.", field)
    assert painter.say("red", "yes", "hunter2").startswith(f"Not so.\n{asked}")
    painter.end = Done(text="Painted.")
    assert painter.say("done") == "Painted."
    assert painter.painted == [{"colour": "red", "coat": "1", "key": "hunter2"}] * 2


def test_what_can_be_told_to_be_wrong_is_told_at_once() -> None:
    """And what is wrong with a field that comes later is none of this one."""

    def only_red(given: Mapping[str, str]) -> None:
        for field in (COLOUR, KEY):
            if given.get(field.name) != "red":
                raise CommandRefused(Reason.NOT_ACCEPTABLE, f"No such {field.name}.", field.name)

    painter = Painter(COLOUR, COAT, KEY)
    painter.start = replace(painter.start, try_out=only_red)
    painter.begin()
    assert painter.say("green") == "No such colour.\n*Colour*\nOf the door"
    assert painter.say("red").startswith("*Another coat*")
    assert painter.say("no").startswith("*Key*")
    assert painter.say("blue").startswith("No such key.\n*Key*")
    assert painter.say("red") == "Painted."
    assert painter.painted == [{"colour": "red", "coat": "", "key": "red"}]


def test_a_refusal_without_words() -> None:
    painter = Painter(COLOUR)
    painter.begin()
    painter.end = CommandRefused(Reason.TIMEOUT)
    assert painter.say("red").startswith("remote-server-timeout\n")


def test_one_step_leads_to_another() -> None:
    painter = Painter(COLOUR)
    painter.begin()
    painter.end = Confirm(
        title="Sure",
        instructions="That is for ever.",
        label="Yes, paint",
        act=lambda _: Failed(reason=Reason.TIMEOUT, text="No paint is left."),
        declined="Not painted.",
    )
    question = "That is for ever.\nYes, paint? Write yes or no."
    assert painter.say("red") == question
    assert painter.say("perhaps").endswith("Yes, paint? Write yes or no.")
    assert painter.say("no") == "Not painted."
    painter.begin()
    assert painter.say("red", "yes") == "No paint is left."
    assert asker() not in painter.dialogues


def test_it_belongs_to_a_user_and_an_address() -> None:
    painter = Painter(COLOUR)
    painter.begin()
    assert asker(resource="desk") in painter.dialogues
    assert asker("romeo@example.org") not in painter.dialogues
    assert asker(account="irc.mantua.lit") not in painter.dialogues


def test_one_that_is_left_alone_ends() -> None:
    painter = Painter(COLOUR, COAT)
    painter.begin()
    painter.time.now += dialogue.EXPIRES
    painter.say("red")
    painter.time.now += dialogue.EXPIRES + 1
    assert painter.say("yes") == OVER
    assert asker() not in painter.dialogues


def test_there_are_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "MOST", 2)
    painter = Painter(COLOUR)
    people = [asker(f"{name}@example.org") for name in ("a", "b", "c")]
    for somebody in (*people, people[2]):
        painter.dialogues.open(somebody, painter.start)
    assert [somebody in painter.dialogues for somebody in people] == [False, True, True]


def test_what_is_written_meanwhile() -> None:
    go = Event()

    def submit(_: Asker, values: dict[str, str]) -> Step:
        assert go.wait(PATIENCE)
        return Done(text="Painted.")

    painter = Painter(COLOUR)
    painter.start = replace(painter.start, submit=submit)
    painter.begin()
    waiting = gevent.spawn(painter.say, "red")
    settle()
    assert painter.say("Hello?") == BUSY
    go.set()
    assert waiting.get(timeout=PATIENCE) == "Painted."


WRITTEN = st.text(max_size=20) | st.sampled_from(["skip", "back", "done", "clear", "1", "yes"])


@given(st.lists(WRITTEN, max_size=12))
def test_anything_is_answered(lines: list[str]) -> None:
    painter = Painter(COLOUR, COAT, BRUSH, KEY)
    painter.begin()
    for line in lines:
        if asker() in painter.dialogues:
            assert painter.say(line)
    assert len(painter.painted) <= 1
