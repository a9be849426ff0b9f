"""https://xmpp.org/extensions/xep-0050.html: the commands of a transport"""

from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands import ChangeNick, FetchProfile, ListRooms, SendRaw
from gateway.errors import CommandRefused, Reason
from gateway.events import ProfileFetched, RoomListing, RoomsListed
from gateway.ids import ChatId, PersonId
from gateway.sessions import State
from gateway.store import Broken, Preferences
from gateway.xmpp import directory
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.commands import COMMAND, SHOWN_ROOMS
from gateway.xmpp.stanzas import clean, escape
from tests.gateway.xmpp.asking import (
    DOMAIN,
    SERVER,
    TOKEN,
    USER,
    User,
    attempt,
    refusal,
    same,
    set_,
    transport,
    without_commands,
)

C, X = f"{{{COMMANDS}}}", "{jabber:x:data}"
MANTUA = "irc.mantua.lit"


@pytest.fixture(autouse=True)
def _no_lists_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    empty: dict[object, object] = {}
    monkeypatch.setattr(directory, "_lists", empty)


def command(user: User, node: str, to: str = DOMAIN, id: str = "", **values: str) -> Element:
    fields = "".join(
        f"<field var='{name}'><value>{escape(value)}</value></field>"
        for name, value in values.items()
    )
    form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>" if values else ""
    session = f" sessionid='{id}'" if id else ""
    payload = f"<command xmlns='{COMMANDS}' node='{escape(node)}'{session}>{form}</command>"
    found = set_(user, payload, to)
    assert found is not None
    return found


def run(user: User, node: str, to: str = DOMAIN, **values: str) -> Element:
    """Execute, and fill in the one form it shows."""
    shown = command(user, node, to)
    assert shown.get("status") == "executing"
    return command(user, node, to, shown.get("sessionid", ""), **values)


def note(found: Element) -> str:
    assert found.get("status") == "completed"
    return found.findtext(f"{C}note", "")


def fields(found: Element) -> dict[str | None, str]:
    return {f.get("var"): f.findtext(f"{X}value", "") for f in found.iter(f"{X}field")}


def registered(*accounts: str) -> User:
    user = User(transport("open" if any(accounts) else "fixed"), *accounts)
    for bridge in user.bridges(DOMAIN):
        bridge.register(nick="Juliet", password="R0meo!", server=bridge.key.account)
    return user


# Registration.


def test_register() -> None:
    user = User(transport())
    assert note(run(user, "register", nick="Juliet", password="x", stay_online="1"))
    assert user.calls == [
        ("register", "", {"nick": "Juliet", "password": "x"}, Preferences(stay_online=True))
    ]


def test_register_again_shows_no_secret_and_keeps_it() -> None:
    user = registered("")
    shown = command(user, "register")
    assert fields(shown)["nick"] == "Juliet"
    assert "R0meo" not in tostring(shown, "unicode")
    command(user, "register", id=shown.get("sessionid", ""), nick="Capulet", password="")
    assert user.calls == [
        ("register", "", {"nick": "Capulet", "password": "R0meo!"}, Preferences())
    ]


def test_a_refused_registration_is_asked_again() -> None:
    user = User(transport())
    found = run(user, "register", nick="a b")
    assert found.get("status") == "executing"
    assert "a b" in found.findtext(f"{C}note", "")
    assert not user.calls


def test_unregister_asks_whether_that_is_meant() -> None:
    user = registered("")
    assert note(run(user, "unregister", sure="0")) == "You are still registered."
    assert not user.calls
    run(user, "unregister", sure="1")
    assert user.calls == [("unregister", "")]


def test_unregister_from_one_server() -> None:
    user = registered(SERVER, MANTUA)
    run(user, "unregister", f"{SERVER}@{DOMAIN}", sure="1")
    assert user.calls == [("unregister", SERVER)]


def test_unregister_of_somebody_who_is_not() -> None:
    refused = refusal(lambda: command(User(transport()), "unregister"))
    assert refused.reason is Reason.REGISTRATION_REQUIRED


# The connection.


def test_status_of_everything() -> None:
    user = registered(SERVER, MANTUA)
    other = user.bridges(DOMAIN)[1]
    other.keeper.state = State.WAITING
    assert note(command(user, "status")).splitlines() == [
        f"{SERVER}: It is online. Since 2026-01-02 03:04 UTC. You are called Juliet.",
        f"{MANTUA}: It is waiting. Since 2026-01-02 03:04 UTC.",
    ]
    assert MANTUA not in note(command(user, "status", f"{SERVER}@{DOMAIN}"))


def test_status_of_guests_those_who_stay_and_strangers() -> None:
    assert note(command(User(transport()), "status")) == "You are not registered with Verona."
    user = User(transport(), "")
    assert note(command(user, "status")).endswith("You are a guest.")
    user.only.register(stay_online=True, nick="Juliet")
    assert note(command(user, "status")).endswith("You stay connected when you are offline.")


@pytest.mark.parametrize(
    ("node", "state", "switched"),
    [
        ("connect", State.OFFLINE, ["on"]),
        ("connect", State.WAITING, ["on"]),
        ("connect", State.LATCHED, ["on"]),
        ("connect", State.ONLINE, []),
        ("reconnect", State.ONLINE, ["on"]),
        ("disconnect", State.ONLINE, ["off"]),
    ],
)
def test_the_connection(node: str, state: State, switched: list[str]) -> None:
    user = registered("")
    user.only.keeper.state = state
    assert note(command(user, node))
    assert user.only.switched == switched


@pytest.mark.parametrize("node", ["connect", "reconnect"])
def test_what_cannot_be_opened_cannot_log_in(node: str) -> None:
    user = registered("")
    user.only.registration = Broken(key=user.only.key, why="its key is gone")
    refused = refusal(lambda: command(user, node))
    assert refused.reason is Reason.REGISTRATION_REQUIRED
    assert not user.only.switched


@pytest.mark.parametrize("node", ["connect", "reconnect", "disconnect", "settings", "rooms"])
def test_who_has_no_account(node: str) -> None:
    refused = refusal(lambda: command(User(transport()), node))
    assert refused.reason is Reason.REGISTRATION_REQUIRED


def test_who_has_several_is_asked_which() -> None:
    user = registered(SERVER, MANTUA)
    shown = command(user, "reconnect")
    assert [o.findtext(f"{X}value") for o in shown.iter(f"{X}option")] == [SERVER, MANTUA]
    assert note(command(user, "reconnect", id=shown.get("sessionid", ""), account=MANTUA))
    one, other = user.bridges(DOMAIN)
    assert (one.switched, other.switched) == ([], ["on"])


def test_at_a_server_that_one_is_meant() -> None:
    user = registered(SERVER, MANTUA)
    assert note(command(user, "reconnect", f"{MANTUA}@{DOMAIN}"))
    assert user.bridges(DOMAIN)[1].switched == ["on"]


def test_settings() -> None:
    user = registered("")
    assert fields(command(user, "settings")) == {"stay_online": "0"}  # IRC knows no other.
    assert note(run(user, "settings", stay_online="1")).startswith("stay_online: yes")
    assert note(run(user, "settings", stay_online="0")).startswith("stay_online: no")
    assert [call[2].stay_online for call in user.calls] == [True, False]
    refused = refusal(lambda: command(User(transport(), ""), "settings"))
    assert refused.reason is Reason.REGISTRATION_REQUIRED


# The network.


def test_nick() -> None:
    user = registered("")
    assert fields(command(user, "nick"))["nick"] == "Juliet"
    assert note(run(user, "nick", nick="Capulet")) == "You are called Capulet now."
    assert user.only.asked == [ChangeNick(nick="Capulet", token=TOKEN)]


def test_a_refusal_of_the_network_is_shown_with_the_form() -> None:
    user = registered("")
    user.only.answers[ChangeNick] = lambda _: CommandRefused(Reason.CONFLICT, "Nick in use")
    found = run(user, "nick", nick="Romeo")
    assert (found.get("status"), found.findtext(f"{C}note")) == ("executing", "Nick in use")


def test_join_invites_the_client() -> None:
    """XEP-0249: it joins, or asks whether to."""
    user = registered("")
    assert note(run(user, "join", room="#Balcony", password="it's"))
    (invitation,) = user.only.out.written
    assert same(
        fromstring(invitation),
        f"<message from='{DOMAIN}' to='{USER}/balcony' type='normal'>"
        f"<body>You are invited to #balcony@{DOMAIN}.</body>"
        f"<x xmlns='jabber:x:conference' jid='#balcony@{DOMAIN}' password=\"it's\"/></message>",
    )


def test_join_of_somebody_without_an_account_tells_the_address() -> None:
    found = run(User(transport()), "join", room="#balcony", password="")
    assert note(found) == f"Join #balcony@{DOMAIN} in your client."


@pytest.mark.parametrize("room", ["romeo", "#a b", ""])
def test_join_what_is_no_room(room: str) -> None:
    found = run(registered(""), "join", room=room)
    assert found.get("status") == "executing"
    assert found.findtext(f"{C}note")


def test_join_at_a_server_among_several() -> None:
    user = registered(SERVER, MANTUA)
    run(user, "join", f"{MANTUA}@{DOMAIN}", room="#balcony")
    (invitation,) = user.bridges(DOMAIN)[1].out.written
    assert f"jid='#balcony%{MANTUA}@{DOMAIN}'" in invitation


def profiled(user: User) -> User:
    for bridge in user.bridges(DOMAIN):
        bridge.answers[FetchProfile] = lambda command: ProfileFetched(
            token=TOKEN, person=command.person, fields=(("Real name", "R & <M>"), ("Idle", "5 s"))
        )
    return user


@pytest.mark.parametrize(
    ("to", "values"),
    [
        (DOMAIN, {"nick": "Romeo"}),
        (f"romeo@{DOMAIN}", {}),
        (f"#balcony@{DOMAIN}/Romeo", {}),
    ],
)
def test_whois(to: str, values: dict[str, str]) -> None:
    user = profiled(registered(""))
    user.only.room("#balcony", "Romeo")
    found = run(user, "whois", to, **values) if values else command(user, "whois", to)
    assert found.get("status") == "completed"
    assert fields(found) == {"field-1": "R & <M>", "field-2": "5 s"}
    labels = [field.get("label") for field in found.iter(f"{X}field")]
    assert labels == ["Real name", "Idle"]


def test_whois_with_only_one_server() -> None:
    user = profiled(registered(SERVER))
    assert run(user, "whois", nick="romeo").get("status") == "completed"
    assert user.only.asked == [FetchProfile(person=PersonId("romeo"), token=TOKEN)]


def test_whois_of_somebody_whom_one_of_several_accounts_sees() -> None:
    user = User(transport(), ",work", "")
    for account, to in ((",work", f"romeo,work@{DOMAIN}"), ("", f"romeo@{DOMAIN}")):
        attempt(lambda to=to: command(user, "whois", to))
        bridge = user.bridge(DOMAIN, account)
        assert bridge
        assert bridge.asked == [FetchProfile(person=PersonId("romeo"), token=TOKEN)]


def test_whois_of_nobody() -> None:
    user = registered("")
    user.only.answers[FetchProfile] = lambda _: CommandRefused(Reason.NOT_FOUND, "No such nick")
    found = run(user, "whois", nick="tybalt")
    assert found.findtext(f"{C}note") == "No such nick"
    refused = refusal(lambda: command(user, "whois", f"tybalt@{DOMAIN}"))
    assert refused.reason is Reason.NOT_FOUND


def listing(*names: str) -> User:
    user = registered("")
    rooms = tuple(
        RoomListing(room=ChatId(name), occupants=number, subject=f"S{number}")
        for number, name in enumerate(names)
    )
    user.only.answers[ListRooms] = lambda _: RoomsListed(token=TOKEN, rooms=rooms)
    return user


def rows(found: Element) -> list[list[str]]:
    return [
        [f.findtext(f"{X}value", "") for f in item.iter(f"{X}field")]
        for item in found.iter(f"{X}item")
    ]


def test_rooms() -> None:
    found = run(listing("#a", "#b<&>"), "rooms", pattern="")
    assert rows(found) == [["#b<&>", "1", "S1"], ["#a", "0", "S0"]]


def test_rooms_by_name_or_subject() -> None:
    assert rows(run(listing("#Aa", "#b"), "rooms", pattern="aA")) == [["#Aa", "0", "S0"]]
    assert rows(run(listing("#Aa", "#b"), "rooms", pattern="s1")) == [["#b", "1", "S1"]]
    assert note(run(listing("#a"), "rooms", pattern="x")) == "No room was found."


def test_too_many_rooms() -> None:
    found = run(listing(*(f"#{n}" for n in range(SHOWN_ROOMS + 1))), "rooms", pattern="")
    assert len(rows(found)) == SHOWN_ROOMS
    assert note(found) == f"These are the {SHOWN_ROOMS} largest of {SHOWN_ROOMS + 1} rooms."


def test_raw() -> None:
    user = registered("")
    assert note(run(user, "raw", line="MODE #balcony +m")) == "Sent."
    assert user.only.asked == [SendRaw(line="MODE #balcony +m", token=TOKEN)]


# Where there is which.


@pytest.mark.parametrize(
    ("user", "node", "to"),
    [
        (registered(""), "nothing", DOMAIN),
        (registered(""), "", DOMAIN),
        (registered(""), "register", f"romeo@{DOMAIN}"),
        (registered(""), "whois", f"#balcony@{DOMAIN}"),
        (User(without_commands(), ""), "raw", DOMAIN),
        (User(without_commands(), ""), "whois", f"romeo@{DOMAIN}"),
    ],
)
def test_commands_that_are_not_there(user: User, node: str, to: str) -> None:
    assert refusal(lambda: command(user, node, to)).reason is Reason.NOT_FOUND


@given(
    st.sampled_from(sorted(COMMAND)),
    st.sampled_from([DOMAIN, f"romeo@{DOMAIN}", f"#balcony@{DOMAIN}", f"#balcony@{DOMAIN}/Romeo"]),
    st.text(max_size=15).map(clean),
    st.booleans(),
)
def test_any_value_is_taken_or_refused(node: str, to: str, value: str, is_new: bool) -> None:
    user = User(transport()) if is_new else registered("")

    def fill_in_all() -> None:
        shown = command(user, node, to)
        if shown.get("status") == "executing":
            names = [f.get("var") for f in shown.iter(f"{X}field") if f.get("type") != "hidden"]
            values = {name: value for name in names if name}
            command(user, node, to, shown.get("sessionid", ""), **values)

    refused = attempt(fill_in_all)
    # Our sessions answer Done to every command, which is no answer to these two.
    assert not refused or refused.reason is not Reason.INTERNAL or node in ("whois", "rooms")
