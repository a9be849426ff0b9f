"""https://xmpp.org/extensions/xep-0050.html, section 3: the engine"""

from xml.etree.ElementTree import Element

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.network import Field
from gateway.xmpp import adhoc
from gateway.xmpp.adhoc import COMMANDS, Sessions
from gateway.xmpp.iq import Asker
from gateway.xmpp.refusal import Refusal
from gateway.xmpp.stanzas import escape
from gateway.xmpp.steps import Confirm, Done, Failed, Input, Step
from tests.gateway.xmpp.asking import CLIENT, USER, User, ask, refusal, same, transport

OTHER = f"{USER}/chamber"


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Painter:
    """A client, and a command that asks for a colour, and then for a number."""

    def __init__(self) -> None:
        self.time = Time()
        self.sessions = Sessions(self.time)
        self.done: list[str] = []

    def start(self, _: Asker) -> Step:
        field = Field(name="colour", label="Colour", required=True)
        return Input(
            title="Paint",
            instructions="How?",
            fields=(field,),
            submit=self.second,
            is_last=False,
        )

    def second(self, _: Asker, given: dict[str, str]) -> Step:
        if given["colour"] == "pink":
            raise CommandRefused(Reason.NOT_ALLOWED, "Not pink.")
        return Input(
            title="Paint",
            instructions="How often?",
            fields=(Field(name="number", label="Number"),),
            submit=lambda _, more: self.finish(given["colour"], more["number"]),
        )

    def finish(self, colour: str, number: str) -> Step:
        self.done.append(f"{number} × {colour}")
        return Done(text=f"Painted {colour}.")

    def send(  # type: ignore[no-untyped-def]
        self,
        action: str = "",
        id: str = "",
        sender: str = CLIENT,
        node: str = "paint",
        **values: str,
    ):
        attributes = (f" action='{action}'" if action else "") + (
            f" sessionid='{escape(id)}'" if id else ""
        )
        fields = "".join(
            f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items()
        )
        form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>" if values else ""
        payload = f"<command xmlns='{COMMANDS}' node='{node}'{attributes}>{form}</command>"
        asked = ask(User(transport()), payload, kind="set", sender=sender)
        return adhoc.execute(self.sessions, asked, node, self.start)

    def condition(self, *args: str, **values: str) -> tuple[Reason, str]:
        refused = refusal(lambda: self.send(*args, **values))
        assert isinstance(refused, Refusal)
        return refused.reason, refused.condition.tag.removeprefix(f"{{{COMMANDS}}}")


def first_form(id: str, note: str = "") -> str:
    return f"""<command xmlns='{COMMANDS}' node='paint' sessionid='{id}' status='executing'>
        <actions execute='next'><next/></actions>{note}
        <x xmlns='jabber:x:data' type='form'><title>Paint</title><instructions>How?</instructions>
        <field var='colour' type='text-single' label='Colour'><required/></field></x></command>"""


def second_form(id: str) -> str:
    return f"""<command xmlns='{COMMANDS}' node='paint' sessionid='{id}' status='executing'>
        <actions execute='complete'><prev/><complete/></actions>
        <x xmlns='jabber:x:data' type='form'><title>Paint</title>
        <instructions>How often?</instructions>
        <field var='number' type='text-single' label='Number'/></x></command>"""


def test_from_the_first_form_to_the_end() -> None:
    client = Painter()
    shown = client.send("execute")
    id = shown.get("sessionid", "")
    assert same(shown, first_form(id))
    assert same(client.send("next", id, colour="red"), second_form(id))
    assert same(
        client.send("complete", id, number="3"),
        f"<command xmlns='{COMMANDS}' node='paint' sessionid='{id}' status='completed'>"
        "<note type='info'>Painted red.</note></command>",
    )
    assert client.done == ["3 × red"]
    assert not len(client.sessions)


@pytest.mark.parametrize("action", ["", "execute"])
def test_execute_does_what_comes_next(action: str) -> None:
    client = Painter()
    id = client.send(action).get("sessionid", "")
    client.send(action, id, colour="red")
    client.send(action, id, number="3")
    assert client.done == ["3 × red"]


def test_going_back() -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    client.send("next", id, colour="red")
    assert same(client.send("prev", id), first_form(id))
    client.send("next", id, colour="blue")
    client.send("complete", id, number="1")
    assert client.done == ["1 × blue"]


def test_cancelling() -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    assert same(
        client.send("cancel", id),
        f"<command xmlns='{COMMANDS}' node='paint' sessionid='{id}' status='canceled'/>",
    )
    assert client.condition("next", id) == (Reason.BAD_REQUEST, "bad-sessionid")


@pytest.mark.parametrize(
    ("values", "words"),
    [({"colour": ""}, "“Colour” must be filled in."), ({"colour": "pink"}, "Not pink.")],
)
def test_a_refused_form_is_shown_again_with_the_reason(values: dict[str, str], words: str) -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    assert same(
        client.send("next", id, **values), first_form(id, f"<note type='error'>{words}</note>")
    )
    client.send("next", id, colour="red")


def test_actions_that_are_not_possible() -> None:
    client = Painter()
    bad_action = (Reason.BAD_REQUEST, "bad-action")
    assert client.condition("cancel") == bad_action
    id = client.send().get("sessionid", "")
    assert client.condition("prev", id) == bad_action
    assert client.condition("complete", id, colour="red") == bad_action
    assert client.condition("dance", id) == (Reason.BAD_REQUEST, "malformed-action")
    assert client.condition("dance") == (Reason.BAD_REQUEST, "malformed-action")


def test_a_session_belongs_to_one_client_and_one_command() -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    bad = (Reason.BAD_REQUEST, "bad-sessionid")
    assert client.condition("next", id, OTHER, colour="red") == bad
    assert client.condition("next", id, CLIENT, "dye", colour="red") == bad
    assert client.condition("next", "none", colour="red") == bad


def test_a_form_that_is_no_answer() -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    payload = (
        f"<command xmlns='{COMMANDS}' node='paint' sessionid='{id}'>"
        "<x xmlns='jabber:x:data' type='form'/></command>"
    )
    asked = ask(User(transport()), payload, kind="set")
    refused = refusal(lambda: adhoc.execute(client.sessions, asked, "paint", client.start))
    assert isinstance(refused, Refusal)
    assert refused.condition.tag == f"{{{COMMANDS}}}bad-payload"


def test_a_form_left_alone_expires() -> None:
    client = Painter()
    id = client.send().get("sessionid", "")
    client.time.now += adhoc.EXPIRES
    client.send("next", id, colour="red")
    client.time.now += adhoc.EXPIRES + 1
    assert client.condition("complete", id) == (Reason.NOT_ALLOWED, "session-expired")
    assert client.condition("complete", id) == (Reason.BAD_REQUEST, "bad-sessionid")


def test_one_client_has_so_many_sessions_and_no_more() -> None:
    client = Painter()
    ids = [client.send().get("sessionid", "") for _ in range(adhoc.MOST_EACH + 1)]
    other = client.send(sender=OTHER).get("sessionid", "")
    assert client.condition("next", ids[0]) == (Reason.BAD_REQUEST, "bad-sessionid")
    client.send("next", ids[1], colour="red")
    client.send("next", other, OTHER, colour="red")


def test_all_have_so_many_sessions_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adhoc, "MOST", 2)
    client = Painter()
    ids = [client.send(sender=f"{USER}/{n}").get("sessionid", "") for n in range(3)]
    assert len(client.sessions) == 2
    assert client.condition("next", ids[0], f"{USER}/0") == (Reason.BAD_REQUEST, "bad-sessionid")
    client.send("next", ids[2], f"{USER}/2", colour="red")


@pytest.mark.parametrize(
    ("end", "kind"),
    [(Done(text="Well."), "info"), (Failed(reason=Reason.TIMEOUT, text="Well."), "error")],
)
def test_what_ends_at_once_keeps_no_session(end: Step, kind: str) -> None:
    sessions = Sessions()
    found = begin(sessions, end)
    assert same(
        found,
        f"<command xmlns='{COMMANDS}' node='n' sessionid='{found.get('sessionid')}' "
        f"status='completed'><note type='{kind}'>Well.</note></command>",
    )
    assert not len(sessions)


def begin(sessions: Sessions, step: Step, inner: str = "", id: str = "") -> Element:
    payload = f"<command xmlns='{COMMANDS}' node='n' sessionid='{id}'>{inner}</command>"
    asked = ask(User(transport()), payload, kind="set")
    return adhoc.execute(sessions, asked, "n", lambda _: step)


@pytest.mark.parametrize(("sure", "words"), [("1", "Gone."), ("0", "Still there.")])
def test_a_question_of_yes_or_no(sure: str, words: str) -> None:
    sessions = Sessions()
    question = Confirm(
        title="Go",
        instructions="For good.",
        label="Yes",
        act=lambda _: Done(text="Gone."),
        declined="Still there.",
    )
    shown = begin(sessions, question)
    assert shown.find(".//{jabber:x:data}field[@var='sure'][@type='boolean']") is not None
    answer = (
        "<x xmlns='jabber:x:data' type='submit'>"
        f"<field var='sure'><value>{sure}</value></field></x>"
    )
    found = begin(sessions, question, answer, shown.get("sessionid", ""))
    assert found.findtext(f"{{{COMMANDS}}}note") == words
