"""https://xmpp.org/extensions/xep-0004.html"""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Reason
from gateway.events import Picture
from gateway.network import Field, FieldKind
from gateway.xmpp import forms
from gateway.xmpp.stanzas import clean, serialize
from tests.gateway.xmpp.asking import attempt, refusal, same

NICK = Field(name="nick", label="Nickname", required=True, description="What others see")
PASSWORD = Field(name="password", label="Password", kind=FieldKind.SECRET)
NOTES = Field(name="notes", label="Notes", kind=FieldKind.LONG)
TLS = Field(name="tls", label="Encrypt", kind=FieldKind.YES_NO, default="1")
COLOUR = Field(
    name="colour",
    label="Colour",
    kind=FieldKind.CHOICE,
    default="red",
    choices=(("red", "Red"), ("blue", "Blue")),
)
FIELDS = (NICK, PASSWORD, NOTES, TLS, COLOUR)


def test_a_form_of_every_kind_of_field() -> None:
    """The password is not shown."""
    values = {"nick": "Juliet", "password": "Romeo!", "notes": "a\nb", "tls": "", "colour": "blue"}
    found = forms.form(FIELDS, values, title="T", instructions="I", form_type="F")
    assert same(
        found,
        """<x xmlns='jabber:x:data' type='form'>
        <title>T</title><instructions>I</instructions>
        <field type='hidden' var='FORM_TYPE'><value>F</value></field>
        <field type='text-single' var='nick' label='Nickname'>
          <desc>What others see</desc><required/><value>Juliet</value></field>
        <field type='text-private' var='password' label='Password'/>
        <field type='text-multi' var='notes' label='Notes'><value>a</value><value>b</value></field>
        <field type='boolean' var='tls' label='Encrypt'><value>0</value></field>
        <field type='list-single' var='colour' label='Colour'><value>blue</value>
          <option label='Red'><value>red</value></option>
          <option label='Blue'><value>blue</value></option></field>
        </x>""",
    )


def test_defaults_where_nothing_is_on_file() -> None:
    shown = forms.submitted(as_submit(serialize(forms.form(FIELDS))))
    assert shown == {"nick": "", "password": "", "notes": "", "tls": "1", "colour": "red"}


def test_a_table() -> None:
    assert same(
        forms.table("T", [("room", "Room"), ("people", "People")], [("#a", "1"), ("#b", "2")]),
        """<x xmlns='jabber:x:data' type='result'><title>T</title>
        <reported><field var='room' label='Room' type='text-single'/>
          <field var='people' label='People' type='text-single'/></reported>
        <item><field var='room'><value>#a</value></field>
          <field var='people'><value>1</value></field></item>
        <item><field var='room'><value>#b</value></field>
          <field var='people'><value>2</value></field></item></x>""",
    )


def as_submit(form: str):  # type: ignore[no-untyped-def]
    return fromstring(f"<query>{form.replace('form', 'submit', 1)}</query>")


def test_what_is_submitted() -> None:
    query = fromstring(
        "<query><x xmlns='jabber:x:data' type='submit'>"
        "<field var='notes'><value>a</value><value/><value>b</value></field>"
        "<field var='nick'/></x></query>"
    )
    assert forms.submitted(query) == {"notes": "a\n\nb", "nick": ""}
    assert forms.submitted(fromstring("<query/>")) is None


@pytest.mark.parametrize("kind", ["form", "result", "cancel", ""])
def test_a_form_that_is_not_filled_in(kind: str) -> None:
    query = fromstring(f"<query><x xmlns='jabber:x:data' type='{kind}'/></query>")
    assert refusal(lambda: forms.submitted(query)).reason is Reason.BAD_REQUEST
    assert forms.is_cancelled(query) == (kind == "cancel")


def test_given_over_on_file_over_default() -> None:
    filled = forms.fill_in(FIELDS, {"nick": " Capulet "}, {"nick": "Juliet", "colour": "blue"})
    assert filled == {"nick": "Capulet", "password": "", "notes": "", "tls": "1", "colour": "blue"}


def test_an_empty_secret_keeps_the_one_on_file() -> None:
    on_file = {"nick": "Juliet", "password": "R o\nm"}
    assert forms.fill_in(FIELDS, {"password": ""}, on_file)["password"] == "R o\nm"
    assert forms.fill_in(FIELDS, {"password": " x "}, on_file)["password"] == " x "


def test_what_is_not_secret_can_be_emptied() -> None:
    on_file = {"nick": "Juliet", "notes": "a"}
    assert forms.fill_in(FIELDS, {"notes": ""}, on_file)["notes"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"nick": ""}, "“Nickname” must be filled in."),
        ({}, "“Nickname” must be filled in."),
        ({"nick": "a\nb"}, "“Nickname” takes one line only."),
        ({"nick": "x" * (forms.MAX_VALUE + 1)}, "“Nickname” is too long."),
        ({"nick": "x", "tls": "maybe"}, "“Encrypt” takes yes or no (1 or 0)."),
        ({"nick": "x", "colour": "green"}, "“Colour” takes one of the values of its list."),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, str], words: str) -> None:
    refused = refusal(lambda: forms.fill_in(FIELDS, given))
    assert (refused.reason, refused.text) == (Reason.NOT_ACCEPTABLE, words)


@pytest.mark.parametrize(
    ("value", "expected"), [("1", "1"), ("true", "1"), ("0", ""), ("false", ""), ("", "")]
)
def test_booleans(value: str, expected: str) -> None:
    assert forms.fill_in([TLS], {"tls": value}) == {"tls": expected}


TEXT = st.text(max_size=30)


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), TEXT))
def test_any_values_are_filled_in_or_refused(given: dict[str, str]) -> None:
    refused = attempt(lambda: forms.fill_in(FIELDS, given))
    if refused:
        assert refused.reason is Reason.NOT_ACCEPTABLE
    else:
        assert forms.fill_in(FIELDS, given).keys() == {field.name for field in FIELDS}


@given(TEXT, TEXT)
def test_any_value_comes_back_as_it_was_shown(nick: str, notes: str) -> None:
    """But for what XML cannot carry.  (Line ends in one field are spaces: attributes have none.)"""
    nick, notes = clean(nick).replace("\n", " "), clean(notes)
    shown = serialize(forms.form([NICK, NOTES], {"nick": nick, "notes": notes}))
    assert forms.submitted(as_submit(shown)) == {"nick": nick, "notes": notes}


@given(TEXT)
def test_labels_of_results_can_be_anything(text: str) -> None:
    found = fromstring(serialize(forms.result([(text, text), ("b", "c")], title=text)))
    assert len(found.findall("{jabber:x:data}field")) == 2


# Pictures.

PICTURE = Picture(data=b"letters", media_type="image/png")


def test_a_picture_is_named_in_the_form_and_stands_beside_it() -> None:
    """XEP-0158, example 3, shows both together."""
    shown = forms.form((), picture=PICTURE)
    media = shown.find(
        "{jabber:x:data}field/{urn:xmpp:media-element}media/{urn:xmpp:media-element}uri"
    )
    data = forms.data(PICTURE)
    assert media is not None
    assert data is not None
    assert media.text == f"cid:{data.get('cid')}"
    assert data.get("cid") == "sha1+bef21e9bfcf9fab0a5aebd46a735efe5434da96b@bob.xmpp.org"
    assert media.get("type") == data.get("type") == "image/png"
    assert data.text == "bGV0dGVycw=="


def test_a_picture_that_is_none_or_too_large() -> None:
    assert forms.data(None) is None
    assert forms.data(replace(PICTURE, data=b"x" * (forms.MAX_PICTURE + 1))) is None
