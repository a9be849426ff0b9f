"""XEP-0045, as one user's resources see a room; what survives the loss of either connection."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from gateway.errors import Reason
from gateway.events import (
    Affiliation,
    Departure,
    MessageReceived,
    Occupant,
    OccupantChanged,
    OccupantLeft,
    Role,
    RoomJoined,
    SubjectChanged,
)
from gateway.ids import ChatId, MessageId, PersonId
from gateway.xmpp.component import Component, Reader
from gateway.xmpp.rooms import MUC, MUC_USER, History, Room, Waiting
from gateway.xmpp.stanzas import NS

VERONA = ChatId("#verona")
JID = "#verona@irc.example.org"
BALCONY, ORCHARD = "juliet@example.org/balcony", "juliet@example.org/orchard"


class Out:
    """The stream: up or down, and what was written to it."""

    def __init__(self) -> None:
        self.is_up = True
        self.written: list[ElementTree.Element] = []

    def write(self, text: str, keep: bool = False) -> None:
        if self.is_up:
            stream = ElementTree.fromstring(f"<stream xmlns='{NS}'>{text}</stream>")
            self.written += stream

    def write_line(self, text: str, reader: Reader) -> None:
        if self.is_up:
            self.write(text)
        else:
            reader.seen -= 1

    def take(self) -> list[ElementTree.Element]:
        taken, self.written = self.written, []
        return taken


@pytest.fixture
def out() -> Out:
    return Out()


@pytest.fixture
def room(out: Out) -> Room:
    return Room(VERONA, JID, cast(Component, out))


def occupant(name: str, **more: Any) -> Occupant:
    return Occupant(person=PersonId(name), **more)


def snapshot(*others: Occupant, me: str = "juliet", subject: str = "") -> RoomJoined:
    return RoomJoined(
        room=VERONA,
        me=PersonId(me),
        occupants=(occupant(me), *others),
        subject=subject,
    )


def wish(seat: str, nick: str = "juliet", **history: Any) -> Waiting:
    stanza = ElementTree.Element(f"{{{NS}}}presence", {"from": seat, "to": f"{JID}/{nick}"})
    return Waiting(stanza=stanza, nick=nick, history=History(**history))


def said(body: str, sender: str = "romeo", **more: Any) -> MessageReceived:
    return MessageReceived(chat=VERONA, sender=PersonId(sender), body=body, is_in_room=True, **more)


def short(stanzas: list[ElementTree.Element]) -> list[str]:
    """Each as one line: what, who, to which resource, which codes or text."""
    return [shorten(stanza) for stanza in stanzas]


def shorten(stanza: ElementTree.Element) -> str:
    name = stanza.tag.rpartition("}")[2]
    kind = stanza.get("type", "available")
    who = stanza.get("from", "").partition("/")[2] or "room"
    to = stanza.get("to", "").partition("/")[2]
    codes = [status.get("code", "") for status in stanza.iter(f"{{{MUC_USER}}}status")]
    words = [stanza.findtext(f"{{{NS}}}{tag}") for tag in ("body", "subject")]
    late = ["late"] if stanza.find("{urn:xmpp:delay}delay") is not None else []
    rest = codes + [repr(word) for word in words if word is not None] + late
    return " ".join([f"{name}:{kind}", who, f"to {to}", *rest])


def test_the_order_of_entering(room: Room, out: Out) -> None:
    """Section 7.1: the others, oneself, history, the subject."""
    room.waiting[BALCONY] = wish(BALCONY)
    room.joined(snapshot(occupant("romeo"), occupant("nurse"), subject="Two households"))
    assert short(out.take()) == [
        "presence:available romeo to balcony",
        "presence:available nurse to balcony",
        "presence:available juliet to balcony 110",
        "message:groupchat room to balcony 'Two households'",
    ]


def test_another_nick_than_asked_for_is_said_to_be(room: Room, out: Out) -> None:
    room.waiting[BALCONY] = wish(BALCONY)
    room.joined(snapshot(me="juliet_"))
    assert "presence:available juliet_ to balcony 110 210" in short(out.take())


def test_a_second_resource_gets_what_the_first_got(room: Room, out: Out) -> None:
    room.waiting[BALCONY] = wish(BALCONY)
    room.joined(snapshot(occupant("romeo")))
    room.message(said("But soft"))
    out.take()
    room.enter(ORCHARD, "juliet", History())
    assert short(out.take()) == [
        "presence:available romeo to orchard",
        "presence:available juliet to orchard 110",
        "message:groupchat romeo to orchard 'But soft' late",
        "message:groupchat room to orchard ''",
    ]
    room.stand_up(BALCONY)
    assert short(out.take()) == ["presence:unavailable juliet to balcony 110"]
    room.message(said("what light"))
    assert short(out.take()) == ["message:groupchat romeo to orchard 'what light'"]


@pytest.fixture
def inside(room: Room, out: Out) -> Room:
    room.waiting[BALCONY] = wish(BALCONY)
    room.joined(snapshot(occupant("romeo"), occupant("nurse")))
    out.take()
    return room


def test_own_messages_come_back_with_their_id(inside: Room, out: Out) -> None:
    inside.reflect(ElementTree.Element("message", id="m1"), "Ay me!", MessageId("x"))
    (stanza,) = out.take()
    assert shorten(stanza) == "message:groupchat juliet to balcony 'Ay me!'"
    assert stanza.get("id") == "m1"


def test_occupants_are_known_again(inside: Room, out: Out) -> None:
    """XEP-0421: by their account, if there is one, and oneself always."""
    nurse = occupant("nurse", account="angelica")
    inside.occupant_changed(OccupantChanged(room=VERONA, person=PersonId("nurse"), occupant=nurse))
    inside.message(said("x", sender="nurse"))
    inside.message(said("x"))
    inside.reflect(ElementTree.Element("message"), "x", None)
    juliet = occupant("montague", account="juliet")
    inside.occupant_changed(
        OccupantChanged(room=VERONA, person=PersonId("juliet"), occupant=juliet)
    )
    found = [stanza.find("{urn:xmpp:occupant-id:0}occupant-id") for stanza in out.take()]
    ids = [None if id is None else id.get("id") for id in found]
    assert ids[0] == ids[1] is not None
    assert ids[2] is None
    assert ids[3] == ids[4] == ids[5] is not None
    assert len(set(ids)) == 3


def test_a_nick_change(inside: Room, out: Out) -> None:
    """Section 7.6."""
    inside.occupant_changed(
        OccupantChanged(room=VERONA, person=PersonId("romeo"), occupant=occupant("montague"))
    )
    first, second = out.take()
    assert shorten(first) == "presence:unavailable romeo to balcony 303"
    item = first.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}item")
    assert item is not None
    assert item.get("nick") == "montague"
    assert shorten(second) == "presence:available montague to balcony"


def test_ones_own_nick_change(inside: Room, out: Out) -> None:
    inside.occupant_changed(
        OccupantChanged(room=VERONA, person=PersonId("juliet"), occupant=occupant("capulet"))
    )
    assert short(out.take()) == [
        "presence:unavailable juliet to balcony 303 110",
        "presence:available capulet to balcony 110",
    ]
    assert inside.me == "capulet"


@pytest.mark.parametrize(
    ("how", "codes", "affiliation"),
    [
        (Departure.LEFT, "", Affiliation.NONE),
        (Departure.DISCONNECTED, "", Affiliation.NONE),
        (Departure.KICKED, " 307", Affiliation.NONE),
        (Departure.BANNED, " 301 307", Affiliation.OUTCAST),
    ],
)
def test_leaving(
    inside: Room, out: Out, how: Departure, codes: str, affiliation: Affiliation
) -> None:
    inside.occupant_left(
        OccupantLeft(room=VERONA, person=PersonId("romeo"), how=how, by="prince", detail="Exile")
    )
    (stanza,) = out.take()
    assert shorten(stanza) == f"presence:unavailable romeo to balcony{codes}"
    item = stanza.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}item")
    assert item is not None
    assert (item.get("affiliation"), item.get("role")) == (affiliation.value, "none")
    actor = item.find(f"{{{MUC_USER}}}actor")
    assert actor is not None
    assert actor.get("nick") == "prince"


def test_only_changes_travel(inside: Room, out: Out) -> None:
    same = OccupantChanged(room=VERONA, person=PersonId("romeo"), occupant=occupant("romeo"))
    inside.occupant_changed(same)
    assert not out.take()
    inside.occupant_changed(
        OccupantChanged(
            room=VERONA, person=PersonId("romeo"), occupant=occupant("romeo", role=Role.MODERATOR)
        )
    )
    assert len(out.take()) == 1


def test_a_refusal_reaches_who_waits_and_who_sits(inside: Room, out: Out) -> None:
    inside.lost_network("gone")
    inside.waiting[ORCHARD] = wish(ORCHARD)
    out.take()
    inside.refused(Reason.FORBIDDEN, "You are banned")
    assert short(out.take()) == [
        "presence:error juliet to orchard",
        "presence:unavailable juliet to balcony 110 333",
    ]
    assert not inside.is_wanted


def test_back_from_the_network_only_the_difference_is_told(inside: Room, out: Out) -> None:
    inside.lost_network("The line is dead.")
    assert short(out.take()) == ["message:groupchat room to balcony 'The line is dead.'"]
    inside.joined(snapshot(occupant("romeo"), occupant("tybalt"), me="juliet_"))
    assert short(out.take()) == [
        "presence:unavailable nurse to balcony",
        "presence:unavailable juliet to balcony 303 110",
        "presence:available juliet_ to balcony 110",
        "presence:available tybalt to balcony",
    ]


def test_the_subject(inside: Room, out: Out) -> None:
    inside.subject_changed(SubjectChanged(room=VERONA, subject="Feud", by="prince"))
    assert short(out.take()) == ["message:groupchat prince to balcony 'Feud'"]


# The XMPP connection.


def test_who_was_there_all_along_catches_up(inside: Room, out: Out) -> None:
    out.is_up = False
    inside.cut_off()
    inside.message(said("one"))
    inside.occupant_left(OccupantLeft(room=VERONA, person=PersonId("nurse"), how=Departure.LEFT))
    inside.occupant_joined(occupant("tybalt"))
    inside.message(said("two"))
    out.is_up = True
    inside.message(said("three"))
    assert not out.take()
    inside.catch_up(BALCONY)
    assert short(out.take()) == [
        "presence:unavailable nurse to balcony",
        "presence:available tybalt to balcony",
        "message:groupchat romeo to balcony 'one' late",
        "message:groupchat romeo to balcony 'two' late",
        "message:groupchat romeo to balcony 'three' late",
    ]
    inside.catch_up(BALCONY)
    inside.message(said("four"))
    assert short(out.take()) == ["message:groupchat romeo to balcony 'four'"]


def test_who_enters_again_gets_what_was_missed(inside: Room, out: Out) -> None:
    """A client that went down with the server, and comes back under the same name."""
    inside.message(said("zero"))
    out.is_up = False
    inside.cut_off()
    inside.message(said("one"))
    out.is_up = True
    out.take()
    inside.enter(BALCONY, "juliet", History())
    assert [line for line in short(out.take()) if "'one'" in line or "'zero'" in line] == [
        "message:groupchat romeo to balcony 'one' late"
    ]


def test_who_left_and_enters_again_gets_what_was_missed(inside: Room, out: Out) -> None:
    inside.message(said("zero"))
    inside.stand_up(BALCONY)
    inside.message(said("one"))
    out.take()
    inside.enter(BALCONY, "juliet", History())
    lines = [line for line in short(out.take()) if "message" in line]
    assert lines[0] == "message:groupchat romeo to balcony 'one' late"
    assert len(lines) == 2


# History.


def request(**attributes: str) -> History:
    presence = ElementTree.Element(f"{{{NS}}}presence")
    x = ElementTree.SubElement(presence, f"{{{MUC}}}x")
    ElementTree.SubElement(x, f"{{{MUC}}}history", attributes)
    return History.wanted(presence)


def heard(room: Room, out: Out, history: History) -> list[int]:
    out.take()
    room.enter(ORCHARD, "juliet", history)
    bodies = [stanza.findtext(f"{{{NS}}}body") or "" for stanza in out.take()]
    return [int(body) for body in bodies if re.fullmatch(r"\d+", body)]


def test_history_as_asked_for(inside: Room, out: Out) -> None:
    """Section 7.2.15."""
    start = datetime.now(UTC) - timedelta(seconds=1000)
    for number in range(30):
        inside.message(said(str(number), sent_at=start + timedelta(seconds=10 * number)))
    everything = list(range(30))
    assert heard(inside, out, History()) == everything[-20:]
    assert heard(inside, out, request(maxstanzas="3")) == everything[-3:]
    assert heard(inside, out, request(maxstanzas="0")) == []
    assert heard(inside, out, request(maxchars="0")) == []
    since = (start + timedelta(seconds=255)).isoformat()
    assert heard(inside, out, request(since=since)) == everything[26:]
    assert heard(inside, out, request(seconds="100000")) == everything


@pytest.mark.parametrize(
    "attributes",
    [{"maxstanzas": "-1"}, {"seconds": "x"}, {"since": "yesterday"}, {"since": "9999-99-99"}, {}],
)
def test_nonsense_is_as_if_not_asked(attributes: dict[str, str]) -> None:
    assert request(**attributes) == History()


def test_who_fell_off_gets_what_did_not_arrive(inside: Room, out: Out) -> None:
    for number in range(4):
        inside.message(said(str(number)))
    lost = out.take()[2].get("id")
    inside.fell_off(BALCONY, lost)
    assert not inside.is_wanted
    inside.enter(BALCONY, "juliet", History())
    assert [line for line in short(out.take()) if "late" in line] == [
        "message:groupchat romeo to balcony '2' late",
        "message:groupchat romeo to balcony '3' late",
    ]
