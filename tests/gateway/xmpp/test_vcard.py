"""https://xmpp.org/extensions/xep-0054.html"""

from dataclasses import replace

import pytest

from gateway.commands import FetchAvatar, FetchProfile
from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar, AvatarFetched, Event, ProfileFetched
from gateway.ids import PersonId
from gateway.xmpp import avatars, vcard
from gateway.xmpp.contact import Contact
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import (
    DOMAIN,
    TOKEN,
    User,
    get,
    refusal,
    same,
    set_,
    transport,
    without_commands,
)

VCARD = "<vCard xmlns='vcard-temp'/>"
ROMEO = f"romeo@{DOMAIN}"
ROOM = f"#balcony@{DOMAIN}"


def profile(command: FetchProfile) -> Event:
    facts = (("Real name", "Romeo <Montague>"), ("Idle", "5 s"))
    return ProfileFetched(token=TOKEN, person=command.person, fields=facts)


def known() -> User:
    user = User(transport(), "")
    user.only.answers[FetchProfile] = profile
    return user


def card(name: str) -> str:
    return (
        f"<vCard xmlns='vcard-temp'><FN>{name}</FN><NICKNAME>{name}</NICKNAME>"
        "<DESC>Real name: Romeo &lt;Montague>\nIdle: 5 s</DESC></vCard>"
    )


def test_of_the_transport() -> None:
    assert same(
        get(User(transport()), VCARD),
        "<vCard xmlns='vcard-temp'><FN>Verona</FN><DESC>A gateway to IRC.</DESC></vCard>",
    )


def test_of_one_of_several_accounts() -> None:
    found = get(User(transport(), "", ",work"), VCARD, f",work@{DOMAIN}")
    assert found.findtext("{vcard-temp}FN") == "work"


def test_of_a_person() -> None:
    assert same(get(known(), VCARD, ROMEO), card("romeo"))


def test_of_somebody_in_a_room() -> None:
    user = known()
    assert refusal(lambda: get(user, VCARD, f"{ROOM}/Romeo")).reason is Reason.NOT_ACCEPTABLE
    user.only.room("#balcony", "Romeo")
    assert same(get(user, VCARD, f"{ROOM}/Romeo"), card("Romeo"))
    assert user.only.asked == [FetchProfile(person=PersonId("Romeo"), token=TOKEN)]
    assert refusal(lambda: get(user, VCARD, f"{ROOM}/Paris")).reason is Reason.NOT_FOUND


def test_of_a_room() -> None:
    user = User(transport(), "")
    user.only.room().subject = "Nights"
    assert same(
        get(user, VCARD, ROOM),
        "<vCard xmlns='vcard-temp'><FN>#balcony</FN><DESC>Nights</DESC></vCard>",
    )


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (User(transport()), Reason.REGISTRATION_REQUIRED),
        (User(without_commands(), ""), Reason.NOT_SUPPORTED),
    ],
)
def test_where_nobody_can_be_asked(user: User, reason: Reason) -> None:
    assert refusal(lambda: get(user, VCARD, ROMEO)).reason is reason


def test_what_the_network_says() -> None:
    user = User(transport(), "")
    user.only.answers[FetchProfile] = lambda _: CommandRefused(Reason.NOT_FOUND, "No such nick")
    refused = refusal(lambda: get(user, VCARD, ROMEO))
    assert (refused.reason, refused.text) == (Reason.NOT_FOUND, "No such nick")


# Pictures (XEP-0153).

FACE = Avatar(data=b"\x89PNG a face", media_type="image/png")
PHOTO = "<PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORyBhIGZhY2U=</BINVAL></PHOTO>"


def pictured() -> User:
    """Of a network that has pictures; Romeo shows one."""
    takes = NETWORK.commands | {FetchAvatar}
    user = User(transport(network=replace(NETWORK, commands=takes)), "")
    user.only.answers[FetchProfile] = profile
    user.only.answers[FetchAvatar] = lambda command: AvatarFetched(
        token=TOKEN, person=command.person, avatar=FACE
    )
    user.only.contacts[ROMEO] = Contact(
        PersonId("Romeo"), name="Montague", picture=avatars.described("face", FACE)
    )
    return user


@pytest.fixture
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatars, "CACHE", avatars.Cache(1000))


@pytest.mark.usefixtures("_nothing_kept")
def test_with_a_picture() -> None:
    user = pictured()
    expected = card("romeo").replace("<NICKNAME>romeo<", "<NICKNAME>Montague<")
    assert same(get(user, VCARD, ROMEO), expected.replace("</vCard>", f"{PHOTO}</vCard>"))
    get(user, VCARD, ROMEO)
    asked = [type(command) for command in user.only.asked]
    assert asked == [FetchAvatar, FetchProfile, FetchProfile]


@pytest.mark.usefixtures("_nothing_kept")
def test_a_picture_alone_where_nothing_else_is_told() -> None:
    user = pictured()
    user.only.answers[FetchProfile] = lambda _: CommandRefused(Reason.NOT_FOUND)
    assert same(get(user, VCARD, ROMEO), f"<vCard xmlns='vcard-temp'><FN>romeo</FN>{PHOTO}</vCard>")


@pytest.mark.usefixtures("_nothing_kept")
@pytest.mark.parametrize("photo", ["", None])
def test_without_a_picture(photo: str | None) -> None:
    user = pictured()
    picture = None if photo is None else avatars.described("", None)
    user.only.contacts[ROMEO] = Contact(PersonId("Romeo"), picture=picture)
    assert same(get(user, VCARD, ROMEO), card("romeo"))
    user.only.answers[FetchProfile] = lambda _: CommandRefused(Reason.NOT_FOUND)
    assert refusal(lambda: get(user, VCARD, ROMEO)).reason is Reason.NOT_FOUND


def test_a_client_that_wants_everybodys_is_told_to_wait() -> None:
    """Each question waits for the network in a greenlet of its own; here they are nested."""
    user = known()
    refused: list[Reason] = []
    depth = 0

    def busy(command: FetchProfile) -> Event:
        nonlocal depth
        depth += 1
        if depth <= vcard.AT_ONCE:
            try:
                get(user, VCARD, ROMEO)
            except CommandRefused as refusal:
                refused.append(refusal.reason)
        return profile(command)

    user.only.answers[FetchProfile] = busy
    get(user, VCARD, ROMEO)
    assert refused == [Reason.TOO_MUCH]
    assert not vcard._under_way
    user.only.answers[FetchProfile] = profile
    assert same(get(user, VCARD, ROMEO), card("romeo"))


def test_nobody_changes_it() -> None:
    assert refusal(lambda: set_(User(transport()), VCARD)).reason is Reason.NOT_ALLOWED
