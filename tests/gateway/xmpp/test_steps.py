"""What people are led through."""

import pytest

from gateway.errors import CommandRefused, Reason
from gateway.network import Field
from gateway.xmpp import steps
from gateway.xmpp.iq import Ask, Asker
from gateway.xmpp.steps import Confirm, Done, Input, Step
from tests.gateway.xmpp.asking import User, ask, transport

NAME = Field(name="name", label="Name", required=True)


def asker() -> Ask:
    return ask(User(transport()), "<query xmlns='jabber:iq:register'/>")


def echo(_: Asker, given: dict[str, str]) -> Step:
    return Done(text=repr(given))


def form(is_checked: bool) -> Input:
    return Input(
        title="",
        instructions="",
        fields=(NAME,),
        values={"name": "Romeo"},
        submit=echo,
        is_checked=is_checked,
    )


def test_a_form_is_checked_before_it_is_submitted() -> None:
    assert steps.advance(form(True), asker(), {"name": " Juliet ", "x": "y"}) == Done(
        text="{'name': 'Juliet'}"
    )
    with pytest.raises(CommandRefused) as caught:
        steps.advance(form(True), asker(), {"name": ""})
    assert (caught.value.reason, caught.value.field) == (Reason.NOT_ACCEPTABLE, "name")


def test_a_form_that_checks_itself() -> None:
    assert steps.advance(form(False), asker(), {"name": ""}) == Done(text="{'name': ''}")


def test_a_question() -> None:
    question = Confirm(
        title="", instructions="", label="Yes", act=lambda _: Done(text="on"), declined="off"
    )
    (sure,) = steps.fields(question)
    assert steps.values(question) == {}
    assert steps.advance(question, asker(), {sure.name: "1"}) == Done(text="on")
    assert steps.advance(question, asker(), {sure.name: "0"}) == Done(text="off")
    assert steps.advance(question, asker(), {}) == Done(text="off")


def test_what_a_form_shows() -> None:
    assert steps.fields(form(True)) == (NAME,)
    assert steps.values(form(True)) == {"name": "Romeo"}
