"""https://xmpp.org/extensions/xep-0084.html: pictures of contacts, for who asks."""

from base64 import b64encode
from dataclasses import replace

import pytest

from gateway.commands import FetchAvatar
from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar, AvatarFetched
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.xmpp import avatars
from gateway.xmpp.avatars import Cache, described
from gateway.xmpp.contact import Contact
from gateway.xmpp.features import features
from gateway.xmpp.useravatar import DATA, METADATA, PUBSUB
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import DOMAIN, TOKEN, User, get, refusal, same, transport

ROMEO, PARIS, NURSE = (f"{name}@{DOMAIN}" for name in ("romeo", "paris", "nurse"))
FACE = Avatar(data=b"\x89PNG a face", media_type="image/png")
HASH = described("face", FACE).hash

PICTURED = replace(NETWORK, commands=NETWORK.commands | {FetchAvatar})


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(avatars, "CACHE", Cache(10_000))
    made = User(transport(network=PICTURED), "")
    made.only.contacts[ROMEO] = Contact(PersonId("Romeo"), picture=described("face", FACE))
    made.only.contacts[PARIS] = Contact(PersonId("Paris"), picture=described("", None))
    made.only.contacts[NURSE] = Contact(PersonId("Nurse"))
    made.only.answers[FetchAvatar] = lambda asked: AvatarFetched(
        token=TOKEN, person=asked.person, avatar=FACE
    )
    return made


def items(node: str, id: str = "") -> str:
    item = f"<item id='{id}'/>" if id else ""
    return f"<pubsub xmlns='{PUBSUB}'><items node='{node}'>{item}</items></pubsub>"


def answer(node: str, payload: str) -> str:
    item = f"<item id='{HASH}'>{payload}</item>"
    return f"<pubsub xmlns='{PUBSUB}'><items node='{node}'>{item}</items></pubsub>"


@pytest.mark.parametrize("id", ["", HASH])
def test_the_picture(user: User, id: str) -> None:
    data = f"<data xmlns='{DATA}'>{b64encode(FACE.data).decode()}</data>"
    assert same(get(user, items(DATA, id), ROMEO), answer(DATA, data))
    get(user, items(DATA, id), ROMEO)
    assert len(user.only.asked) == 1, "the network is asked once"


def test_what_it_is(user: User) -> None:
    info = f"<info bytes='{len(FACE.data)}' id='{HASH}' type='image/png'/>"
    expected = answer(METADATA, f"<metadata xmlns='{METADATA}'>{info}</metadata>")
    assert same(get(user, items(METADATA), ROMEO), expected)
    assert user.only.asked == []


@pytest.mark.parametrize(
    ("to", "asked"),
    [
        (ROMEO, items(DATA, "another")),
        (ROMEO, items("urn:xmpp:microblog:0")),
        (PARIS, items(METADATA)),
        (NURSE, items(DATA)),
        (f"stranger@{DOMAIN}", items(DATA)),
    ],
)
def test_what_is_not_there(user: User, to: str, asked: str) -> None:
    assert refusal(lambda: get(user, asked, to)).reason is Reason.NOT_FOUND


def test_what_the_network_does_not_give_any_more(user: User) -> None:
    user.only.answers[FetchAvatar] = lambda _: CommandRefused(Reason.NOT_FOUND)
    assert refusal(lambda: get(user, items(DATA, HASH), ROMEO)).reason is Reason.NOT_FOUND


@pytest.mark.parametrize("to", [DOMAIN, f"#balcony@{DOMAIN}"])
def test_only_people_have_one(user: User, to: str) -> None:
    assert refusal(lambda: get(user, items(DATA), to)).reason is Reason.FULL


def test_nothing_else_of_pubsub_is_here(user: User) -> None:
    asked = f"<pubsub xmlns='{PUBSUB}'><subscriptions/></pubsub>"
    assert refusal(lambda: get(user, asked, ROMEO)).reason is Reason.FULL


def test_it_is_offered_where_the_network_has_pictures() -> None:
    assert {DATA, METADATA} <= set(features(Kind.PERSON, PICTURED))
    assert DATA not in features(Kind.PERSON, NETWORK)
