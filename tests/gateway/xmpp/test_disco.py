"""https://xmpp.org/extensions/xep-0030.html, and XEP-0045, section 6"""

from xml.etree.ElementTree import Element

import pytest

from gateway import who
from gateway.commands import ListRooms
from gateway.errors import CommandRefused, Reason
from gateway.events import RoomListing, RoomsListed
from gateway.ids import ChatId, SessionKey
from gateway.sessions import State
from gateway.xmpp import directory
from gateway.xmpp.jid import INSTEAD
from tests.gateway.xmpp.asking import (
    CLIENT,
    DOMAIN,
    SERVER,
    TOKEN,
    User,
    get,
    refusal,
    same,
    transport,
    without_commands,
)

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
MUC = "http://jabber.org/protocol/muc"
COMMANDS = "http://jabber.org/protocol/commands"
ROOM = f"#balcony@{DOMAIN}"


@pytest.fixture(autouse=True)
def _no_lists_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    empty: dict[SessionKey, object] = {}
    monkeypatch.setattr(directory, "_lists", empty)


def query(namespace: str, node: str = "", inner: str = "") -> str:
    at = f" node='{node}'" if node else ""
    return f"<query xmlns='{namespace}'{at}>{inner}</query>"


def identities(found: Element) -> set[tuple[str | None, str | None, str | None]]:
    return {
        (i.get("category"), i.get("type"), i.get("name")) for i in found.iter(f"{{{INFO}}}identity")
    }


def features(found: Element) -> set[str | None]:
    return {feature.get("var") for feature in found.iter(f"{{{INFO}}}feature")}


def rows(found: Element) -> list[tuple[str | None, str | None]]:
    return [(item.get("jid"), item.get("name")) for item in found.iter(f"{{{ITEMS}}}item")]


# Info.


@pytest.mark.parametrize(
    ("mode", "to"), [("fixed", DOMAIN), ("open", DOMAIN), ("open", f"{SERVER}@{DOMAIN}")]
)
def test_d1_a_gateway_that_one_can_register_with(mode: str, to: str) -> None:
    found = get(User(transport(mode)), query(INFO), to)
    assert ("gateway", "irc", "Verona") in identities(found)
    assert {
        INFO,
        ITEMS,
        COMMANDS,
        "jabber:iq:register",
        "jabber:iq:gateway",
        "jabber:iq:version",
        "jabber:iq:last",
        "urn:xmpp:ping",
        "urn:xmpp:time",
        "vcard-temp",
        MUC,
    } <= features(found)


def test_a_network_with_rooms_is_a_conference_but_none_to_make_rooms_at() -> None:
    found = identities(get(User(transport()), query(INFO)))
    assert ("conference", "irc", "Verona") in found
    assert "text" not in {type_ for _, type_, _ in found}


def test_a_person() -> None:
    found = get(User(transport()), query(INFO), f"romeo@{DOMAIN}")
    assert identities(found) == {("client", "pc", "Greengate")}
    assert {"vcard-temp", "http://jabber.org/protocol/chatstates", COMMANDS} <= features(found)
    assert not {"jabber:iq:register", "jabber:iq:gateway", MUC} & features(found)


def test_what_the_network_does_not_know_is_not_offered() -> None:
    user = User(without_commands())
    assert identities(get(user, query(INFO))) == {("gateway", "irc", "Verona")}
    assert MUC not in features(get(user, query(INFO)))
    of_person = features(get(user, query(INFO), f"romeo@{DOMAIN}"))
    assert "urn:xmpp:ping" in of_person
    assert not {"vcard-temp", "http://jabber.org/protocol/chatstates", COMMANDS} & of_person


def test_features_are_told_once() -> None:
    found = get(User(transport()), query(INFO))
    told = [feature.get("var") for feature in found.iter(f"{{{INFO}}}feature")]
    assert len(told) == len(set(told))


def test_a_room_from_outside() -> None:
    found = get(User(transport()), query(INFO), ROOM)
    assert identities(found) == {("conference", "text", "#balcony")}
    assert {
        MUC,
        f"{MUC}#stable_id",
        "urn:xmpp:occupant-id:0",
        f"{MUC}#self-ping-optimization",
        "muc_semianonymous",
    } <= features(found)
    assert found.find("{jabber:x:data}x") is None


def test_a_room_from_inside() -> None:
    """XEP-0045, section 6.4."""
    user = User(transport(), "")
    user.only.room("#balcony", "Romeo").subject = "Nights & <days>"
    found = get(user, query(INFO), ROOM)
    assert same(
        found.find("{jabber:x:data}x"),
        f"""<x xmlns='jabber:x:data' type='result'>
        <field var='FORM_TYPE' type='hidden'><value>{MUC}#roominfo</value></field>
        <field var='muc#roominfo_occupants'><value>2</value></field>
        <field var='muc#roominfo_subject'><value>Nights &amp; &lt;days></value></field></x>""",
    )


def test_an_occupant() -> None:
    """XEP-0045, section 6.6."""
    user = User(transport(), "")
    refused = refusal(lambda: get(user, query(INFO), f"{ROOM}/Romeo"))
    assert refused.reason is Reason.BAD_REQUEST
    user.only.room("#balcony", "Romeo")
    assert identities(get(user, query(INFO), f"{ROOM}/Romeo")) == {("client", "pc", "Greengate")}
    refused = refusal(lambda: get(user, query(INFO), f"{ROOM}/Paris"))
    assert refused.reason is Reason.NOT_FOUND


def test_the_reserved_nickname_is_the_one_on_the_network() -> None:
    """XEP-0045, section 7.12."""
    node = "x-roomuser-item"
    assert same(
        get(User(transport(), ""), query(INFO, node), ROOM),
        f"<query xmlns='{INFO}' node='{node}'>"
        "<identity category='conference' type='text' name='Juliet'/></query>",
    )
    assert same(
        get(User(transport()), query(INFO, node), ROOM), f"<query xmlns='{INFO}' node='{node}'/>"
    )


@pytest.mark.parametrize(
    ("to", "node", "reason"),
    [
        (DOMAIN, "nowhere", Reason.NOT_FOUND),
        (DOMAIN, "urn:x-greengate#stale", Reason.NOT_FOUND),
        (ROOM, COMMANDS, Reason.NOT_FOUND),
        (ROOM, f"{MUC}#traffic", Reason.NOT_SUPPORTED),
        (f"romeo@{DOMAIN}", "register", Reason.NOT_FOUND),
    ],
)
def test_nodes_that_are_not_there(to: str, node: str, reason: Reason) -> None:
    assert refusal(lambda: get(User(transport()), query(INFO, node), to)).reason is reason


# Commands (XEP-0050, section 2.3).


def test_the_list_of_commands() -> None:
    user = User(transport())
    found = get(user, query(ITEMS, COMMANDS))
    assert found.get("node") == COMMANDS
    nodes = {item.get("node") for item in found}
    assert {"register", "unregister", "status", "whois", "rooms", "raw"} <= nodes
    assert {item.get("jid") for item in found} == {DOMAIN}
    assert identities(get(user, query(INFO, COMMANDS))) == {
        ("automation", "command-list", "Commands")
    }


def test_a_command() -> None:
    found = get(User(transport()), query(INFO, "unregister"))
    assert identities(found) == {("automation", "command-node", "Unregister")}
    assert features(found) == {COMMANDS, "jabber:x:data"}


def test_commands_that_the_network_does_not_know_are_not_listed() -> None:
    nodes = {item.get("node") for item in get(User(without_commands()), query(ITEMS, COMMANDS))}
    assert "status" in nodes
    assert not {"whois", "rooms", "raw", "nick", "join"} & nodes


def test_the_commands_of_a_person() -> None:
    found = get(User(transport()), query(ITEMS, COMMANDS), f"romeo@{DOMAIN}")
    assert [item.get("node") for item in found] == ["whois"]


# Rooms.


def listing(*rooms: tuple[str, int | None]) -> User:
    user = User(transport(), "")
    listed = tuple(RoomListing(room=ChatId(name), occupants=people) for name, people in rooms)
    user.only.answers[ListRooms] = lambda _: RoomsListed(token=TOKEN, rooms=listed)
    return user


def test_rooms_the_largest_first() -> None:
    user = listing(("#small", 1), ("#unknown", None), ("#large", 9))
    assert rows(get(user, query(ITEMS))) == [
        (f"#large@{DOMAIN}", "#large (9)"),
        (f"#small@{DOMAIN}", "#small (1)"),
        (f"#unknown@{DOMAIN}", "#unknown"),
    ]


def test_the_next_page_does_not_ask_the_network_again() -> None:
    user = listing(("#a", 3), ("#b", 2), ("#c", 1))
    page = "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max>{}</set>"
    first = get(user, query(ITEMS, inner=page.format("")))
    assert rows(first) == [(f"#a@{DOMAIN}", "#a (3)"), (f"#b@{DOMAIN}", "#b (2)")]
    last = first.findtext(".//{http://jabber.org/protocol/rsm}last")
    second = get(user, query(ITEMS, inner=page.format(f"<after>{last}</after>")))
    assert rows(second) == [(f"#c@{DOMAIN}", "#c (1)")]
    assert len(user.only.asked) == 1


def test_how_many_rooms_there_are() -> None:
    found = get(
        listing(("#a", 3), ("#b", 2)),
        query(ITEMS, inner="<set xmlns='http://jabber.org/protocol/rsm'><max>0</max></set>"),
    )
    assert not rows(found)
    assert found.findtext(".//{http://jabber.org/protocol/rsm}count") == "2"


def test_a_list_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    user = listing(("#a", 3))
    get(user, query(ITEMS))
    monkeypatch.setattr(directory, "REMEMBERED", 0.0)
    get(user, query(ITEMS))
    assert len(user.only.asked) == 2


def test_no_more_lists_are_remembered_than_there_is_place_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(directory, "MOST", 2)
    for account in "abc":
        directory._remember(SessionKey("juliet@example.org", DOMAIN, account), ())
    assert [key.account for key in directory._lists] == ["b", "c"]


def test_names_that_no_jid_carries_are_left_out() -> None:
    user = listing(("#a", 3), (f"#{'x' * 2000}", 2), ("#b", 1))
    assert [name for _, name in rows(get(user, query(ITEMS)))] == ["#a (3)", "#b (1)"]


@pytest.mark.parametrize("state", set(State) - {State.ONLINE})
def test_no_rooms_while_not_connected(state: State) -> None:
    user = listing(("#a", 3))
    user.only.keeper.state = state
    assert not rows(get(user, query(ITEMS)))


def test_no_rooms_for_strangers_or_on_networks_without_a_list() -> None:
    assert not rows(get(User(transport()), query(ITEMS)))
    assert not rows(get(User(without_commands(), ""), query(ITEMS)))


def test_further_accounts_where_there_are_no_rooms_to_list() -> None:
    user = User(without_commands(), "", ",work")
    (found,) = get(user, query(ITEMS))
    assert (found.get("jid"), found.get("name")) == (f",work@{DOMAIN}", "work")
    assert not rows(get(user, query(ITEMS), f",work@{DOMAIN}"))


def test_the_networks_refusal_is_passed_on() -> None:
    user = User(transport(), "")
    user.only.answers[ListRooms] = lambda _: CommandRefused(Reason.TOO_MUCH, "Wait a minute")
    refused = refusal(lambda: get(user, query(ITEMS)))
    assert (refused.reason, refused.text) == (Reason.TOO_MUCH, "Wait a minute")


# Other items.


def test_where_users_choose_servers_theirs_are_the_items() -> None:
    user = User(transport("open"), SERVER, "irc.mantua.lit")
    assert rows(get(user, query(ITEMS))) == [
        (f"{SERVER}@{DOMAIN}", SERVER),
        (f"irc.mantua.lit@{DOMAIN}", "irc.mantua.lit"),
    ]
    assert not rows(get(user, query(ITEMS), f"irc.other.lit@{DOMAIN}"))


def test_the_rooms_of_one_server() -> None:
    user = User(transport("open"), SERVER)
    listed = RoomsListed(token=TOKEN, rooms=(RoomListing(room=ChatId("#a"), occupants=1),))
    user.only.answers[ListRooms] = lambda _: listed
    found = get(user, query(ITEMS), f"{SERVER}@{DOMAIN}")
    assert rows(found) == [(f"#a%{SERVER}@{DOMAIN}", "#a (1)")]


def test_who_is_in_a_room_for_those_who_are() -> None:
    user = User(transport(), "")
    assert not rows(get(user, query(ITEMS), ROOM))
    user.only.room("#balcony", "Romeo\x02", "<&>\"'")
    assert rows(get(user, query(ITEMS), ROOM)) == [
        (f"{ROOM}/<&>\"'", "<&>\"'"),
        (f"{ROOM}/Juliet", "Juliet"),
        (f"{ROOM}/Romeo{INSTEAD}", f"Romeo{INSTEAD}"),
    ]


def test_nothing_is_in_a_person() -> None:
    assert not rows(get(User(transport(), ""), query(ITEMS), f"romeo@{DOMAIN}"))


def test_unknown_node_of_items() -> None:
    refused = refusal(lambda: get(User(transport()), query(ITEMS, "nowhere")))
    assert refused.reason is Reason.NOT_FOUND


# Who may not use the transport.


def test_who_is_not_admitted_learns_what_it_is_and_nothing_more() -> None:
    closed = transport(deny_users=(who.Pattern.parse("example.org"),))
    user = User(closed, "")
    assert ("gateway", "irc", "Verona") in identities(get(user, query(INFO)))
    for namespace, to in ((INFO, ROOM), (INFO, f"romeo@{DOMAIN}"), (ITEMS, DOMAIN)):
        refused = refusal(lambda n=namespace, t=to: get(user, query(n), t, CLIENT))
        assert refused.reason is Reason.FORBIDDEN
