"""https://xmpp.org/extensions/xep-0077.html, and XEP-0100, sections 4.1 to 4.3"""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import who
from gateway.errors import Reason
from gateway.network import Field, FieldKind
from gateway.store import Broken
from gateway.xmpp.stanzas import clean, escape
from tests.gateway.xmpp.asking import (
    DOMAIN,
    SERVER,
    User,
    answer,
    ask,
    attempt,
    get,
    refusal,
    set_,
    transport,
)

REGISTER = "{jabber:iq:register}"
DATA = "{jabber:x:data}"
QUERY = "<query xmlns='jabber:iq:register'/>"
REMOVE = "<query xmlns='jabber:iq:register'><remove/></query>"


def plain(**fields: str) -> str:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<query xmlns='jabber:iq:register'>{inner}</query>"


def form(kind: str = "submit", **fields: str) -> str:
    values = {
        name: "".join(f"<value>{escape(line)}</value>" for line in value.split("\n"))
        for name, value in fields.items()
    }
    inner = "".join(f"<field var='{name}'>{value}</field>" for name, value in values.items())
    return (
        f"<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='{kind}'>"
        f"<field var='FORM_TYPE'><value>jabber:iq:register</value></field>{inner}</x></query>"
    )


def shown(found: Element) -> dict[str, str]:
    """Values of the form by var."""
    return {
        field.get("var", ""): "\n".join(v.text or "" for v in field.findall(f"{DATA}value"))
        for field in found.iterfind(f"{DATA}x/{DATA}field")
    }


def plain_shown(found: Element) -> dict[str, str]:
    return {
        child.tag.removeprefix(REGISTER): child.text or ""
        for child in found
        if child.tag.startswith(REGISTER) and child.tag != f"{REGISTER}instructions"
    }


def registered(**fields: str) -> User:
    user = User(transport(), "")
    user.only.register(**{"nick": "Juliet", "password": "R0meo!", **fields})  # type: ignore[arg-type]
    return user


def registered_open(*servers: str) -> User:
    user = User(transport("open"), *servers)
    for bridge in user.bridges(DOMAIN):
        bridge.register(
            server=bridge.key.account, tls="1", nick="Juliet", password=f"at {bridge.key.account}"
        )
    return user


# Asking.


@pytest.mark.parametrize("user", [User(transport()), User(transport(), "")], ids=["new", "guest"])
def test_r1_somebody_new(user: User) -> None:
    found = get(user, QUERY)
    assert found.find(f"{REGISTER}registered") is None
    assert plain_shown(found) == {"nick": "", "password": "", "username": "", "name": ""}
    assert found[-1].tag == f"{DATA}x"
    assert found[-1].get("type") == "form"
    values = shown(found)
    assert values["FORM_TYPE"] == "jabber:iq:register"
    assert values["stay_online"] == "0"
    assert {"nick", "password", "serverpass", "perform"} <= values.keys()


def test_the_user_is_told_who_can_read_what() -> None:
    words = get(User(transport()), QUERY).findtext(f"{REGISTER}instructions", "")
    assert "stored encrypted" in words
    assert "operator of this gateway can read" in words


def test_r1_no_plain_fields_next_to_a_required_one_that_only_the_form_has() -> None:
    assert not plain_shown(get(User(transport("open")), QUERY))


def test_e1_what_is_on_file_but_for_secrets() -> None:
    found = get(registered(serverpass="hunter2", username="capulet"), QUERY)
    assert found.find(f"{REGISTER}registered") is not None
    assert plain_shown(found) == {
        "registered": "",
        "nick": "Juliet",
        "password": "",
        "username": "capulet",
        "name": "",
    }
    assert shown(found)["nick"] == "Juliet"
    assert "R0meo" not in tostring(found, "unicode")
    assert "hunter2" not in tostring(found, "unicode")


def test_stay_online_as_it_is_on_file() -> None:
    user = registered()
    user.only.register(stay_online=True, nick="Juliet")
    assert shown(get(user, QUERY))["stay_online"] == "1"


def test_what_cannot_be_opened_any_more() -> None:
    user = User(transport(), "")
    user.only.registration = Broken(key=user.only.key, why="its key is gone")
    found = get(user, QUERY)
    assert found.find(f"{REGISTER}registered") is not None
    assert "cannot be opened" in found.findtext(f"{REGISTER}instructions", "")
    assert shown(found)["nick"] == ""
    set_(user, form(nick="Juliet"))
    assert user.calls[0][:2] == ("register", "")


def test_open_at_the_transport_the_form_names_the_server() -> None:
    assert shown(get(User(transport("open")), QUERY))["server"] == ""
    found = get(registered_open(SERVER, "irc.mantua.lit"), QUERY)
    assert found.find(f"{REGISTER}registered") is not None
    words = found.findtext(f"{REGISTER}instructions", "")
    assert f"{SERVER}, irc.mantua.lit" in words
    assert shown(found)["nick"] == ""


def test_open_at_a_server_the_form_is_its_own() -> None:
    user = registered_open(SERVER)
    assert shown(get(user, QUERY, f"{SERVER}@{DOMAIN}"))["nick"] == "Juliet"
    other = get(user, QUERY, f"irc.mantua.lit@{DOMAIN}")
    assert other.find(f"{REGISTER}registered") is None
    assert shown(other)["nick"] == ""


# Registering.


def kept(user: User) -> tuple[str, dict[str, str], bool]:
    ((what, account, fields, preferences),) = user.calls
    assert what == "register"
    return account, fields, preferences.stay_online


@pytest.mark.parametrize("make", [plain, form])
def test_registering(make: Any) -> None:
    user = User(transport())
    assert set_(user, make(nick="Juliet", password=" R0meo! ")) is None
    assert kept(user) == ("", {"nick": "Juliet", "password": " R0meo! "}, False)


def test_registering_to_stay() -> None:
    user = User(transport())
    set_(user, form(nick="Juliet", stay_online="true", perform="MODE Juliet +x\nAWAY"))
    fields = {"nick": "Juliet", "perform": "MODE Juliet +x\nAWAY"}
    assert kept(user) == ("", fields, True)


def test_r3_a_required_field_is_missing() -> None:
    user = User(transport())
    for payload in (form(nick=""), form(nick=" "), plain(nick=""), plain(password="x")):
        refused = refusal(lambda p=payload: set_(user, p))
        assert (refused.reason, refused.text) == (
            Reason.NOT_ACCEPTABLE,
            "“Nickname” must be filled in.",
        )
    assert not user.calls


def test_r3_a_refusal_does_not_show_the_password() -> None:
    refused = refusal(lambda: set_(User(transport()), form(nick="a b", password="R0meo!")))
    assert refused.reason is Reason.NOT_ACCEPTABLE
    assert "R0meo" not in refused.text


def test_nothing_filled_in() -> None:
    assert refusal(lambda: set_(User(transport()), QUERY)).reason is Reason.BAD_REQUEST


def test_a_form_that_is_no_answer() -> None:
    refused = refusal(lambda: set_(User(transport()), form("result", nick="Juliet")))
    assert refused.reason is Reason.BAD_REQUEST


def test_cancelling() -> None:
    user = User(transport())
    assert set_(user, form("cancel")) is None
    assert not user.calls


# Editing.


@pytest.mark.parametrize("make", [plain, form])
def test_e4_an_empty_password_keeps_the_one_on_file(make: Any) -> None:
    user = registered()
    set_(user, make(nick="Capulet", password=""))
    assert kept(user) == ("", {"nick": "Capulet", "password": "R0meo!"}, False)


def test_what_plain_fields_cannot_say_stays() -> None:
    user = registered()
    user.only.register(stay_online=True, nick="Juliet", perform="AWAY", password="R0meo!")
    set_(user, plain(nick="Capulet", password="new"))
    fields = {"nick": "Capulet", "password": "new", "perform": "AWAY"}
    assert kept(user) == ("", fields, True)


def test_e3_a_refused_change_changes_nothing() -> None:
    user = registered()
    assert refusal(lambda: set_(user, form(nick="a b"))).reason is Reason.NOT_ACCEPTABLE
    assert not user.calls


def test_e4_a_key_of_several_lines_is_kept() -> None:
    """It is no single line, but it was accepted."""
    network = transport().network
    key = Field(name="key", label="Key", kind=FieldKind.SECRET)
    user = User(
        transport(
            network=replace(
                network, fields=lambda *_: (key,), check=lambda _, given: ("", dict(given))
            )
        ),
        "",
    )
    user.only.register(key="BEGIN\nEND")
    set_(user, form(key=""))
    assert kept(user)[1] == {"key": "BEGIN\nEND"}


def test_open_another_server() -> None:
    user = registered_open(SERVER)
    set_(user, form(server="irc.mantua.lit", nick="Juliet"))
    account, fields, _ = kept(user)
    assert account == "irc.mantua.lit"
    assert "password" not in fields


def test_open_at_the_transport_the_server_says_which_account_is_changed() -> None:
    user = registered_open("irc.mantua.lit", SERVER)
    set_(user, form(server=SERVER.upper(), nick="Capulet"))
    account, fields, _ = kept(user)
    assert account == SERVER
    assert fields == {"server": SERVER, "tls": "1", "nick": "Capulet", "password": f"at {SERVER}"}


def test_open_at_a_server() -> None:
    user = registered_open("irc.mantua.lit", SERVER)
    set_(user, form(nick="Capulet", server=""), f"{SERVER}@{DOMAIN}")
    account, fields, _ = kept(user)
    assert (account, fields["password"]) == (SERVER, f"at {SERVER}")


def test_open_at_a_server_another_one_cannot_be_named() -> None:
    user = registered_open(SERVER)
    refused = refusal(lambda: set_(user, form(server="irc.x.lit", nick="J"), f"{SERVER}@{DOMAIN}"))
    assert refused.reason is Reason.NOT_ACCEPTABLE
    assert not user.calls


# Unregistering.


@pytest.mark.parametrize(
    ("user", "to", "account"),
    [
        (registered(), DOMAIN, None),
        (registered_open(SERVER), DOMAIN, None),
        (registered_open(SERVER), f"{SERVER}@{DOMAIN}", SERVER),
    ],
)
def test_u1(user: User, to: str, account: str | None) -> None:
    assert set_(user, REMOVE, to) is None
    assert user.calls == [("unregister", account)]


def test_u4_not_registered() -> None:
    refused = refusal(lambda: set_(User(transport(), ""), REMOVE))
    assert refused.reason is Reason.REGISTRATION_REQUIRED


def test_u4_remove_and_something_else() -> None:
    user = registered()
    payload = REMOVE.replace("<remove/>", "<remove/><nick>x</nick>")
    assert refusal(lambda: set_(user, payload)).reason is Reason.BAD_REQUEST
    assert not user.calls


def test_u4_who_is_not_admitted_may_only_leave() -> None:
    user = registered()
    user.transport = transport(deny_users=(who.Pattern.parse("example.org"),))
    for kind, payload in (("get", QUERY), ("set", form(nick="Juliet"))):
        refused = refusal(lambda k=kind, p=payload: answer(ask(user, p, kind=k)))
        assert refused.reason is Reason.FORBIDDEN
    assert set_(user, REMOVE) is None
    assert user.calls == [("unregister", None)]


@pytest.mark.parametrize("payload", [QUERY, REMOVE, form(nick="Juliet")])
def test_people_and_rooms_take_no_registration(payload: str) -> None:
    for to in (f"romeo@{DOMAIN}", f"#balcony@{DOMAIN}"):
        refused = refusal(lambda t=to: set_(User(transport()), payload, t))
        assert refused.reason is Reason.NOT_SUPPORTED


# Anything.

NAMES = st.sampled_from(["nick", "password", "server", "port", "tls", "perform", "stay_online"])


@given(st.dictionaries(NAMES, st.text(max_size=20)), st.sampled_from(["fixed", "open"]))
def test_any_values_are_taken_or_refused(fields: dict[str, str], mode: str) -> None:
    user = User(transport(mode))
    payload = form(**{name: clean(value) for name, value in fields.items()})
    if refused := attempt(lambda: set_(user, payload)):
        assert refused.reason is Reason.NOT_ACCEPTABLE
        assert not user.calls
    else:
        assert kept(user)[1]["nick"]
