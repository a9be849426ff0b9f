"""https://xmpp.org/extensions/xep-0153.html: the user's own picture, on to the network"""

from base64 import encodebytes
from hashlib import sha1
from io import BytesIO
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import gevent
import pytest
from gevent.event import Event
from PIL import Image

from gateway.commands import SetAvatar
from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar
from gateway.network import Picture
from gateway.sessions import State
from gateway.xmpp.own_avatar import METADATA, OwnAvatar
from gateway.xmpp.stanzas import NS
from tests.gateway.xmpp.asking import CLIENT, DOMAIN, USER
from tests.gateway.xmpp.hosting import BOOK, Host

FACE, MASK = b"\x89PNG a face" * 20, b"GIF89a a mask"


def vcard(data: bytes = FACE, media_type: str = "image/png") -> Element:
    kind = f"<TYPE>{media_type}</TYPE>" if media_type else ""
    photo = f"<PHOTO>{kind}<BINVAL>\n{encodebytes(data).decode()}</BINVAL></PHOTO>"
    return fromstring(f"<vCard xmlns='vcard-temp'><FN>Juliet</FN>{photo}</vCard>")


def presence(data: bytes | None) -> Element:
    """None: an empty hash, for no picture."""
    return raw(f"<photo>{sha1(data).hexdigest() if data else ''}</photo>")


def raw(update: str) -> Element:
    return fromstring(
        f"<presence xmlns='{NS}' from='{CLIENT}' to='{DOMAIN}'>"
        f"<x xmlns='vcard-temp:x:update'>{update}</x></presence>"
    )


def given(data: bytes, media_type: str = "image/png") -> SetAvatar:
    return SetAvatar(avatar=Avatar(data=data, media_type=media_type))


class Rig:
    def __init__(
        self, takes: frozenset[type] = BOOK | {SetAvatar}, picture: Picture | None = None
    ) -> None:
        self.host = Host(takes, picture=picture)
        self.own = OwnAvatar(cast(Any, self.host))

    def show(self, stanza: Element, *cards: Element) -> list[Any]:
        """What the network is told; all the vCards are asked for."""
        for card in cards:
            self.host.out.vcards.append(lambda card=card: card)
        self.own.shown(stanza)
        self.idle()
        assert not self.host.out.vcards
        return self.host.take()

    def idle(self) -> None:
        if fetching := self.own._fetching:
            fetching.join(timeout=5)
        assert self.own._fetching is None


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_new_picture(rig: Rig) -> None:
    assert rig.show(presence(FACE), vcard()) == [given(FACE)]
    assert rig.host.out.asked == [(DOMAIN, USER, "{vcard-temp}vCard")]


def test_the_same_hash_is_not_asked_for_again(rig: Rig) -> None:
    rig.show(presence(FACE), vcard())
    assert rig.show(presence(FACE)) == []
    assert rig.show(raw(f"<photo> {sha1(FACE).hexdigest().upper()} </photo>")) == []
    rig.host.keeper.state = State.WAITING
    rig.host.keeper.state = State.ONLINE
    rig.own.review()
    rig.idle()
    assert (rig.host.take(), len(rig.host.out.asked)) == ([], 1)


def test_another_picture_and_back(rig: Rig) -> None:
    rig.show(presence(FACE), vcard())
    assert rig.show(presence(MASK), vcard(MASK, "image/gif")) == [given(MASK, "image/gif")]
    assert rig.show(presence(FACE), vcard()) == [given(FACE)]


def test_another_hash_of_the_same_picture(rig: Rig) -> None:
    rig.show(presence(FACE), vcard())
    assert rig.show(presence(MASK), vcard()) == []


def test_no_picture_takes_away_only_what_we_gave(rig: Rig) -> None:
    assert rig.show(presence(None)) == []
    rig.show(presence(FACE), vcard())
    assert rig.show(presence(None)) == [SetAvatar(avatar=None)]
    assert rig.show(presence(None)) == []


@pytest.mark.parametrize("update", ["", "<other/>"])
def test_a_client_that_does_not_know(rig: Rig, update: str) -> None:
    rig.show(presence(FACE), vcard())
    assert rig.show(raw(update)) == []
    assert rig.show(fromstring(f"<presence xmlns='{NS}' from='{CLIENT}'/>")) == []


@pytest.mark.parametrize(
    "card",
    [
        fromstring("<vCard xmlns='vcard-temp'/>"),
        fromstring("<vCard xmlns='vcard-temp'><PHOTO><BINVAL>a</BINVAL></PHOTO></vCard>"),
        vcard(b""),
    ],
)
def test_a_vcard_without_a_picture(rig: Rig, card: Element) -> None:
    assert rig.show(presence(FACE), card) == []
    rig.show(presence(MASK), vcard(MASK))
    assert rig.show(presence(FACE), card) == [SetAvatar(avatar=None)]


def test_a_vcard_that_does_not_say_of_which_type(rig: Rig) -> None:
    assert rig.show(presence(FACE), vcard(FACE, "")) == [given(FACE, "image/png")]


def test_before_the_session_is_online(rig: Rig) -> None:
    rig.host.keeper.state = State.CONNECTING
    assert rig.show(presence(FACE)) == []
    rig.host.keeper.state = State.ONLINE
    rig.host.out.vcards.append(vcard)
    rig.own.review()
    rig.idle()
    assert rig.host.take() == [given(FACE)]


def test_a_server_that_does_not_tell_is_asked_again(rig: Rig) -> None:
    def fail() -> Element:
        raise CommandRefused(Reason.TIMEOUT)

    rig.host.out.vcards.append(fail)
    assert rig.show(presence(FACE)) == []
    assert rig.show(presence(FACE), vcard()) == [given(FACE)]


def test_a_session_that_ended_meanwhile(rig: Rig) -> None:
    rig.host.refuses = CommandRefused(Reason.UNAVAILABLE)
    assert rig.show(presence(FACE), vcard()) == []
    rig.host.refuses = None
    assert rig.show(presence(FACE), vcard()) == [given(FACE)]


def test_what_changes_while_it_is_fetched(rig: Rig) -> None:
    told = Event()

    def slow() -> Element:
        told.wait(timeout=5)
        return vcard()

    rig.host.out.vcards += [slow, lambda: vcard(MASK)]
    rig.own.shown(presence(FACE))
    gevent.sleep(0)
    rig.own.shown(presence(MASK))
    told.set()
    rig.idle()
    assert rig.host.take() == [given(FACE), given(MASK)]


def drawn(colour: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (200, 200), colour).save(buffer, "PNG")
    return buffer.getvalue()


SMALL = Picture(media_types=("image/jpeg",), max_bytes=5000, min_side=48, max_side=100)


def test_a_picture_is_made_to_fit() -> None:
    rig = Rig(picture=SMALL)
    [told] = rig.show(presence(b"1"), vcard(drawn("red")))
    assert told.avatar.media_type == "image/jpeg"
    assert Image.open(BytesIO(told.avatar.data)).size == (100, 100)
    assert rig.show(presence(b"2"), vcard(drawn("red"))) == []
    assert len(rig.show(presence(b"3"), vcard(drawn("blue")))) == 1
    assert rig.host.said == []


def test_a_picture_that_cannot_be_made_to_fit() -> None:
    """Nothing is shown, rather than the one before it; and that is said once."""
    rig = Rig(picture=SMALL)
    assert rig.show(presence(FACE), vcard()) == []
    assert rig.host.said == ["Your picture is not shown on IRC: it cannot be read."]
    assert rig.show(presence(FACE)) == []
    rig.show(presence(b"1"), vcard(drawn("red")))
    assert rig.show(presence(MASK), vcard(MASK)) == [SetAvatar(avatar=None)]
    assert len(rig.host.said) == 2


def test_networks_without_pictures_and_guests() -> None:
    rig = Rig(BOOK)
    assert rig.show(presence(FACE)) == []
    rig = Rig()
    rig.host.is_registered = False
    assert rig.show(presence(FACE)) == []


# Published by PEP (XEP-0084).


def event(data: bytes | None, more: str = "", node: str = METADATA) -> Element:
    info = f"<info id='{sha1(data).hexdigest()}' type='image/png'/>" if data else ""
    return fromstring(
        f"<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{node}'><item>"
        f"<metadata xmlns='{METADATA}'>{more}{info}</metadata></item></items></event>"
    )


def item(data: bytes) -> Element:
    text = encodebytes(data).decode()
    return fromstring(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'>"
        f"<item><data xmlns='urn:xmpp:avatar:data'>{text}</data></item></items></pubsub>"
    )


def publish(rig: Rig, published: Element, *answers: Element) -> list[Any]:
    for answer in answers:
        rig.host.out.vcards.append(lambda answer=answer: answer)
    rig.own.published(published)
    rig.idle()
    assert not rig.host.out.vcards
    return rig.host.take()


def test_what_is_published_is_fetched_once(rig: Rig) -> None:
    assert publish(rig, event(FACE), item(FACE)) == [given(FACE)]
    assert rig.host.out.asked == [(DOMAIN, USER, "{http://jabber.org/protocol/pubsub}pubsub")]
    assert publish(rig, event(FACE)) == []
    assert publish(rig, event(None)) == [SetAvatar(avatar=None)]


def test_an_empty_hash_in_presence_says_nothing_of_it(rig: Rig) -> None:
    """Servers that know only vCards put it into each."""
    publish(rig, event(FACE), item(FACE))
    assert rig.show(presence(None)) == []


def test_a_hash_in_presence_holds(rig: Rig) -> None:
    """A server has converted one into the other: each in turn would go to the network for ever."""
    assert rig.show(presence(MASK), vcard(MASK, "image/gif")) == [given(MASK, "image/gif")]
    assert publish(rig, event(FACE)) == []
    assert rig.show(presence(MASK)) == []


def test_the_same_both_ways_is_fetched_once(rig: Rig) -> None:
    publish(rig, event(FACE), item(FACE))
    assert rig.show(presence(FACE)) == []


@pytest.mark.parametrize(
    "published",
    [
        event(FACE, node="urn:xmpp:microblog:0"),
        fromstring("<event xmlns='http://jabber.org/protocol/pubsub#event'/>"),
    ],
)
def test_what_is_none_of_it(rig: Rig, published: Element) -> None:
    assert publish(rig, published) == []


def test_a_picture_elsewhere_is_not_taken(rig: Rig) -> None:
    """Section 4.2.1: the one of several that is in the data node."""
    elsewhere = "<info id='x' type='image/gif' url='https://example.org/x'/>"
    assert publish(rig, event(FACE, elsewhere), item(FACE)) == [given(FACE)]
