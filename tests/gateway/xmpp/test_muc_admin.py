"""https://xmpp.org/extensions/xep-0045.html, sections 8 to 10"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands import Kick, ListAffiliations, SetAffiliation, SetRole
from gateway.errors import CommandRefused, Reason
from gateway.events import Affiliation, AffiliationsListed, Occupant, Role
from gateway.ids import ChatId, PersonId
from gateway.xmpp.muc_admin import MOST
from gateway.xmpp.stanzas import clean, escape
from tests.gateway.xmpp.asking import (
    CLIENT,
    DOMAIN,
    SERVER,
    TOKEN,
    USER,
    User,
    get,
    refusal,
    same,
    set_,
    transport,
)

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"
BALCONY = ChatId("#balcony")
ROOM = f"#balcony@{DOMAIN}"
ROMEO = PersonId("Romeo")


def query(*items: str) -> str:
    return f"<query xmlns='{ADMIN}'>{''.join(f'<item {item}</item>' for item in items)}</query>"


def inside(*people: Occupant) -> User:
    user = User(transport(), "")
    user.only.room("#balcony", "Romeo", "Paris", *people)
    return user


# Changes.


@pytest.mark.parametrize(
    ("item", "command"),
    [
        (
            "nick='Romeo' role='none'><reason>Avaunt!</reason>",
            Kick(room=BALCONY, person=ROMEO, token=TOKEN, reason="Avaunt!"),
        ),
        (
            "nick='Romeo' role='visitor'>",
            SetRole(room=BALCONY, person=ROMEO, role=Role.VISITOR, token=TOKEN),
        ),
        (
            "nick='Romeo' role='moderator'>",
            SetRole(room=BALCONY, person=ROMEO, role=Role.MODERATOR, token=TOKEN),
        ),
        (
            "nick='Romeo' affiliation='admin'>",
            SetAffiliation(room=BALCONY, who="Romeo", affiliation=Affiliation.ADMIN, token=TOKEN),
        ),
        (
            f"jid='romeo@{DOMAIN}' affiliation='outcast'><reason>Feud</reason>",
            SetAffiliation(
                room=BALCONY,
                who="romeo",
                affiliation=Affiliation.OUTCAST,
                token=TOKEN,
                reason="Feud",
            ),
        ),
        (
            f"jid='Romeo@{DOMAIN.upper()}' affiliation='outcast'>",
            SetAffiliation(room=BALCONY, who="romeo", affiliation=Affiliation.OUTCAST, token=TOKEN),
        ),
        (
            f"jid='{ROOM}/Romeo' affiliation='outcast'>",
            SetAffiliation(room=BALCONY, who="Romeo", affiliation=Affiliation.OUTCAST, token=TOKEN),
        ),
        (
            rf"jid='*!*\40mantua.lit@{DOMAIN}' affiliation='none'>",
            SetAffiliation(
                room=BALCONY, who="*!*@mantua.lit", affiliation=Affiliation.NONE, token=TOKEN
            ),
        ),
    ],
)
def test_a_change_is_a_command(item: str, command: object) -> None:
    user = inside()
    assert set_(user, query(item), ROOM) is None
    assert user.only.asked == [command]


def test_several_at_once() -> None:
    user = inside()
    set_(user, query("nick='Romeo' role='none'>", "nick='Paris' role='visitor'>"), ROOM)
    assert [type(command) for command in user.only.asked] == [Kick, SetRole]


def test_nothing_is_done_if_one_makes_no_sense() -> None:
    user = inside()
    payload = query("nick='Romeo' role='none'>", "nick='Tybalt' role='none'>")
    assert refusal(lambda: set_(user, payload, ROOM)).reason is Reason.NOT_FOUND
    assert not user.only.asked


def test_the_networks_refusal_ends_it() -> None:
    user = inside()
    user.only.answers[Kick] = lambda _: CommandRefused(
        Reason.FORBIDDEN, "You're not channel operator"
    )
    payload = query("nick='Romeo' role='none'>", "nick='Paris' role='none'>")
    refused = refusal(lambda: set_(user, payload, ROOM))
    assert (refused.reason, refused.text) == (Reason.FORBIDDEN, "You're not channel operator")
    assert len(user.only.asked) == 1


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("role='none'>", Reason.BAD_REQUEST),
        ("nick='Romeo'>", Reason.BAD_REQUEST),
        ("nick='Romeo' role='none' affiliation='outcast'>", Reason.BAD_REQUEST),
        ("nick='Romeo' role='king'>", Reason.BAD_REQUEST),
        ("nick='Romeo' affiliation=''>", Reason.BAD_REQUEST),
        (f"jid='romeo@{DOMAIN}' role='none'>", Reason.BAD_REQUEST),
        ("jid='romeo@example.com' affiliation='outcast'>", Reason.NOT_ACCEPTABLE),
        ("jid='@' affiliation='outcast'>", Reason.BAD_REQUEST),
        (f"jid='{ROOM}/Tybalt' affiliation='outcast'>", Reason.NOT_FOUND),
    ],
)
def test_items_that_make_no_sense(item: str, reason: Reason) -> None:
    user = inside()
    assert refusal(lambda: set_(user, query(item), ROOM)).reason is reason
    assert not user.only.asked


def test_no_items_and_too_many() -> None:
    assert refusal(lambda: set_(inside(), query(), ROOM)).reason is Reason.BAD_REQUEST
    many = query(*["nick='Romeo' role='none'>"] * (MOST + 1))
    assert refusal(lambda: set_(inside(), many, ROOM)).reason is Reason.TOO_MUCH


def test_only_from_inside() -> None:
    payload = query("nick='Romeo' role='none'>")
    for user, sender in ((User(transport()), CLIENT), (inside(), f"{USER}/chamber")):
        refused = refusal(lambda u=user, s=sender: set_(u, payload, ROOM, s))
        assert refused.reason is Reason.NOT_ACCEPTABLE


@pytest.mark.parametrize("to", [DOMAIN, f"romeo@{DOMAIN}", f"{ROOM}/Romeo"])
def test_only_rooms_have_it(to: str) -> None:
    user = inside()
    for payload in (query("nick='Romeo' role='none'>"), f"<query xmlns='{OWNER}'/>"):
        refused = refusal(lambda p=payload: set_(user, p, to))
        assert refused.reason is Reason.NOT_SUPPORTED


# Lists.


def test_the_list_of_moderators() -> None:
    chief = Occupant(person=PersonId("Escalus"), role=Role.MODERATOR, affiliation=Affiliation.OWNER)
    assert same(
        get(inside(chief), query("role='moderator'>"), ROOM),
        f"<query xmlns='{ADMIN}'><item affiliation='owner' role='moderator' nick='Escalus'"
        f" jid='{ROOM}/Escalus'/></query>",
    )


def banned(*entries: tuple[str, str]) -> User:
    user = inside()
    user.only.answers[ListAffiliations] = lambda command: AffiliationsListed(
        token=TOKEN, room=command.room, entries=entries
    )
    return user


def test_the_ban_list() -> None:
    user = banned(("*!*@mantua.lit", "Feud & <more>"), ("*!romeo@*", ""))
    assert same(
        get(user, query("affiliation='outcast'>"), ROOM),
        f"<query xmlns='{ADMIN}'>"
        rf"<item affiliation='outcast' jid='*!*\40mantua.lit@{DOMAIN}' nick='*!*@mantua.lit'>"
        "<reason>Feud &amp; &lt;more></reason></item>"
        rf"<item affiliation='outcast' jid='*!romeo\40*@{DOMAIN}' nick='*!romeo@*'/></query>",
    )
    command = ListAffiliations(room=BALCONY, affiliation=Affiliation.OUTCAST, token=TOKEN)
    assert user.only.asked == [command]


def test_a_ban_of_the_list_can_be_lifted() -> None:
    masks = ["*!*@mantua.lit", "r?meo!*@*", "$a:romeo", "*!~romeo@2001:db8::/32"]
    found = get(banned(*((m, "") for m in masks)), query("affiliation='outcast'>"), ROOM)
    user = inside()
    for item in found:
        set_(user, query(f"jid='{escape(item.get('jid', ''))}' affiliation='none'>"), ROOM)
    assert [command.who for command in user.only.asked] == masks  # type: ignore[union-attr]


def test_a_mask_that_no_jid_carries_is_shown_all_the_same() -> None:
    found = get(banned(("x" * 2000, "")), query("affiliation='outcast'>"), ROOM)
    assert [(item.get("jid"), item.get("nick")) for item in found] == [(None, "x" * 2000)]


def test_one_list_at_a_time() -> None:
    payload = query("role='moderator'>", "role='visitor'>")
    assert refusal(lambda: get(inside(), payload, ROOM)).reason is Reason.BAD_REQUEST


def test_open_a_person_is_who_they_are_on_their_server() -> None:
    user = User(transport("open"), SERVER)
    user.only.room()
    jid = f"romeo%{SERVER}@{DOMAIN}"
    set_(user, query(f"jid='{jid}' affiliation='outcast'>"), f"#balcony%{SERVER}@{DOMAIN}")
    assert [command.who for command in user.only.asked] == ["romeo"]  # type: ignore[union-attr]


# The owner.


def owner(inner: str = "") -> str:
    return f"<query xmlns='{OWNER}'>{inner}</query>"


def test_there_is_no_form() -> None:
    assert refusal(lambda: get(inside(), owner(), ROOM)).reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize("kind", ["submit", "cancel"])
def test_a_room_is_all_right_as_it_is(kind: str) -> None:
    payload = owner(f"<x xmlns='jabber:x:data' type='{kind}'/>")
    assert set_(inside(), payload, ROOM) is None


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("<destroy/>", Reason.NOT_ALLOWED),
        ("", Reason.BAD_REQUEST),
        (
            "<x xmlns='jabber:x:data' type='submit'>"
            "<field var='muc#roomconfig_roomname'><value>x</value></field></x>",
            Reason.NOT_SUPPORTED,
        ),
    ],
)
def test_what_owners_cannot_do(inner: str, reason: Reason) -> None:
    assert refusal(lambda: set_(inside(), owner(inner), ROOM)).reason is reason


# Anything.


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_list_is_well_formed(who: str, reason: str) -> None:
    found = get(banned((who, reason)), query("affiliation='outcast'>"), ROOM)
    assert len(found) == 1


@given(
    st.dictionaries(
        st.sampled_from(["nick", "jid", "role", "affiliation"]),
        st.one_of(
            st.text(max_size=12).map(clean),
            st.sampled_from(["Romeo", "none", "outcast", "visitor", f"romeo@{DOMAIN}"]),
        ),
    ),
    st.sampled_from([get, set_]),
)
def test_any_item_is_done_or_refused(attributes: dict[str, str], do) -> None:  # type: ignore[no-untyped-def]
    item = " ".join(f"{name}='{escape(value)}'" for name, value in attributes.items())
    user = banned()
    try:
        do(user, query(f"{item}>"), ROOM)
    except CommandRefused:
        assert not user.only.asked
