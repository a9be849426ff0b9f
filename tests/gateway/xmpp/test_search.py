"""https://xmpp.org/extensions/xep-0055.html"""

from dataclasses import replace

import pytest

from gateway.commands import SearchPeople
from gateway.errors import CommandRefused, Reason
from gateway.events import Found, PeopleFound
from gateway.ids import PersonId
from gateway.network import Field, FieldKind, Kind
from gateway.xmpp import search, xeps
from gateway.xmpp.features import features
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import (
    DOMAIN,
    SERVER,
    TOKEN,
    User,
    answer,
    ask,
    get,
    refusal,
    same,
    set_,
    transport,
)

DIRECTORY = replace(
    NETWORK,
    commands=NETWORK.commands | {SearchPeople},
    search=(
        Field(name="nick", label="Nickname"),
        Field(name="email", label="E-mail"),
        Field(name="sex", label="Sex", kind=FieldKind.CHOICE, choices=(("", "any"), ("f", "F"))),
    ),
)

QUERY = "<query xmlns='jabber:iq:search'/>"


def user(*found: Found, mode: str = "fixed", accounts: tuple[str, ...] = ("",)) -> User:
    made = User(transport(mode, DIRECTORY), *accounts)
    for bridge in made.bridges(DOMAIN):
        bridge.answers[SearchPeople] = lambda _: PeopleFound(token=TOKEN, people=found)
    return made


def found(person: str, nick: str = "", city: str = "Verona") -> Found:
    return Found(person=PersonId(person), fields=(("Nickname", nick), ("City", city)))


ROMEO = found("Romeo", "<R>")


def plain(inner: str) -> str:
    return f"<query xmlns='jabber:iq:search'>{inner}</query>"


def filled(kind: str = "submit", **values: str) -> str:
    fields = "".join(
        f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items()
    )
    return plain(f"<x xmlns='jabber:x:data' type='{kind}'>{fields}</x>")


def asked(made: User) -> list[tuple[tuple[str, str], ...]]:
    return [c.fields for c in made.only.asked if isinstance(c, SearchPeople)]


def test_what_can_be_filled_in() -> None:
    assert same(
        get(user(), QUERY),
        f"""<query xmlns='jabber:iq:search'>
        <instructions>{search.INSTRUCTIONS}</instructions><nick/><email/>
        <x xmlns='jabber:x:data' type='form'><title>Search Verona</title>
        <instructions>{search.INSTRUCTIONS}</instructions>
        <field var='FORM_TYPE' type='hidden'><value>jabber:iq:search</value></field>
        <field var='nick' type='text-single' label='Nickname'/>
        <field var='email' type='text-single' label='E-mail'/>
        <field var='sex' type='list-single' label='Sex'><value/>
        <option label='any'><value/></option><option label='F'><value>f</value></option></field>
        </x></query>""",
    )


def test_by_form() -> None:
    made = user(ROMEO, found("Paris"))
    assert same(
        set_(made, filled(nick="ro", email="")),
        f"""<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='result'>
        <field var='FORM_TYPE' type='hidden'><value>jabber:iq:search</value></field>
        <reported><field var='jid' label='Address' type='jid-single'/>
        <field var='nick' label='Nickname' type='text-single'/>
        <field var='field-2' label='City' type='text-single'/></reported>
        <item><field var='jid'><value>romeo@{DOMAIN}</value></field>
        <field var='nick'><value>&lt;R></value></field>
        <field var='field-2'><value>Verona</value></field></item>
        <item><field var='jid'><value>paris@{DOMAIN}</value></field>
        <field var='nick'><value/></field>
        <field var='field-2'><value>Verona</value></field></item></x></query>""",
    )
    assert asked(made) == [(("nick", "ro"),)]


def test_by_plain_fields() -> None:
    made = user(ROMEO)
    assert same(
        set_(made, plain("<nick>ro</nick><email/><sex>f</sex>")),
        f"""<query xmlns='jabber:iq:search'>
        <item jid='romeo@{DOMAIN}'><nick>&lt;R></nick></item></query>""",
    )
    assert asked(made) == [(("nick", "ro"),)]


def test_nobody_is_found() -> None:
    form = set_(user(), filled(nick="x"))
    assert form is not None
    assert form.find(".//{jabber:x:data}item") is None
    assert same(set_(user(), plain("<nick>x</nick>")), QUERY)


@pytest.mark.parametrize("payload", [QUERY, filled(), filled(nick=" ", sex=""), plain("<nick/>")])
def test_nothing_was_filled_in(payload: str) -> None:
    made = user()
    assert refusal(lambda: set_(made, payload)).reason is Reason.NOT_ACCEPTABLE
    assert made.only.asked == []


def test_cancelled() -> None:
    made = user()
    assert set_(made, filled("cancel")) is None
    assert made.only.asked == []


def test_more_than_fit_and_those_who_have_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SHOWN", 2)
    form = set_(user(ROMEO, found("not\u2028one"), found("Paris")), filled(nick="x"))
    assert form is not None
    assert form.findtext(".//{jabber:x:data}title") == "The first 2 of 3"
    assert len(form.findall(".//{jabber:x:data}item")) == 1


def test_what_the_network_says() -> None:
    made = user()
    made.only.answers[SearchPeople] = lambda _: CommandRefused(Reason.TOO_MUCH, "Later.")
    refused = refusal(lambda: set_(made, filled(nick="x")))
    assert (refused.reason, refused.text) == (Reason.TOO_MUCH, "Later.")
    del made.only.answers[SearchPeople]
    assert refusal(lambda: set_(made, filled(nick="x"))).reason is Reason.INTERNAL


def test_only_where_there_is_a_directory() -> None:
    irc = User(transport(), "")
    for kind in ("get", "set"):
        asked_of = ask(irc, filled(nick="x"), kind=kind)
        assert refusal(lambda a=asked_of: answer(a)).reason is Reason.NOT_SUPPORTED
    assert search.SEARCH not in features(Kind.SERVER, NETWORK)
    assert search.SEARCH in features(Kind.SERVER, DIRECTORY)
    assert search.SEARCH not in features(Kind.PERSON, DIRECTORY)
    assert ("set", "{jabber:iq:search}query") in xeps.IQS


def test_only_at_the_transport() -> None:
    refused = refusal(lambda: get(user(), QUERY, f"romeo@{DOMAIN}"))
    assert refused.reason is Reason.NOT_SUPPORTED


def test_who_searches_has_an_account_and_says_which() -> None:
    stranger = user(accounts=())
    refused = refusal(lambda: set_(stranger, filled(nick="x")))
    assert refused.reason is Reason.REGISTRATION_REQUIRED
    several = user(mode="open", accounts=(SERVER, "irc.mantua.lit"))
    assert refusal(lambda: set_(several, filled(nick="x"))).reason is Reason.NOT_ACCEPTABLE
    assert set_(several, filled(nick="x"), f"{SERVER}@{DOMAIN}") is not None
