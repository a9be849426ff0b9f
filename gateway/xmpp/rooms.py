"""A room on a network, as XEP-0045 shows it to the resources of one user.

The network tells a snapshot (``RoomJoined``) and then each change; this keeps what it told, so that
a second resource can enter without asking the network, and so that a room survives the loss of the
connection to the network: the occupants stay as they were until the next snapshot, and what differs
then is told.  Each resource in the room has a *seat*.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from xml.etree.ElementTree import Element

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
    Show,
    SubjectChanged,
)
from gateway.ids import ChatId, MessageId, Token
from gateway.xmpp import stanzas
from gateway.xmpp.component import Component
from gateway.xmpp.corrections import REPLACE
from gateway.xmpp.jid import resource
from gateway.xmpp.stanzas import element, escape

MUC = "http://jabber.org/protocol/muc"
MUC_USER = "http://jabber.org/protocol/muc#user"

HISTORY = 200
"""Messages a room remembers for those who enter; enough for what is missed in a reconnection."""

REMEMBERED_SEATS = 32
"""Resources that left and for whom the room remembers where they stopped reading."""

DEFAULT_HISTORY = 20
"""Messages for those who do not say how many they want."""

SELF, ASSIGNED_NICK, BANNED, NEW_NICK, KICKED, TROUBLE = 110, 210, 301, 303, 307, 333
"""Status codes (XEP-0045, section 15.6)."""

BODY = f"{{{stanzas.NS}}}body"

KEPT = frozenset(
    {
        REPLACE,
        "{urn:xmpp:sid:0}origin-id",
        "{urn:xmpp:reply:0}reply",
        "{urn:xmpp:fallback:0}fallback",
    }
)
"""What a message is reflected with, as a room would.  The rest means nothing to other clients of
the same user, who are all that see it."""

DEPARTURE_CODES = {
    Departure.LEFT: (),
    Departure.DISCONNECTED: (),
    Departure.KICKED: (KICKED,),
    Departure.BANNED: (BANNED, KICKED),
    Departure.LOST: (TROUBLE,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What somebody who enters wants to see (XEP-0045, section 7.2.15)."""

    stanzas: int | None = None
    """None: whatever they missed, or a few to begin with."""
    since: datetime | None = None

    @classmethod
    def wanted(cls, presence: Element) -> "History":
        """From the presence that asks to enter.  What makes no sense is as if not there."""
        asked = presence.find(f"{{{MUC}}}x/{{{MUC}}}history")
        if asked is None:
            return cls()
        since = stanzas.moment(asked.get("since"))
        if (seconds := _number(asked.get("seconds"))) is not None:
            since = datetime.now(UTC) - timedelta(seconds=min(seconds, 10**9))
        limit = _number(asked.get("maxstanzas"))
        if _number(asked.get("maxchars")) == 0:
            limit = 0
        if limit is None and since:
            limit = HISTORY
        return cls(stanzas=limit, since=since)


@dataclass(slots=True)
class Line:
    """One message of the room's history."""

    number: int
    at: datetime
    sender: str
    """JID of the occupant, as it was."""
    children: str
    id: str | None


@dataclass(slots=True)
class Seat:
    """A resource of our user that is in the room."""

    jid: str
    seen: int
    """The last line that was sent to it, and not lost with a connection to the XMPP server."""
    is_there: bool = True
    """False from the loss of that connection until the resource shows itself again."""


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A resource that asked to enter, until the network has let us in."""

    stanza: Element
    nick: str
    history: History


class Room:
    def __init__(self, chat: ChatId, jid: str, out: Component) -> None:
        self.chat = chat
        self.jid = jid
        self.is_joined = False
        """The network has let us in, and we have not heard otherwise."""
        self.joining: Token | None = None
        """Of the JoinRoom that is under way."""
        self.password = ""
        self.me = ""
        self.occupants: dict[str, Occupant] = {}
        self.subject = ""
        self.subject_by = ""
        self.subject_at: datetime | None = None
        self.seats: dict[str, Seat] = {}
        """By full JID."""
        self.waiting: dict[str, Waiting] = {}
        self._out = out
        self._when_cut_off: dict[str, Occupant] = {}
        self._history: deque[Line] = deque(maxlen=HISTORY)
        self._last_line = 0
        self._seen_by: dict[str, int] = {}
        """Up to which line those had seen who have left, in the order they left."""

    @property
    def is_wanted(self) -> bool:
        return bool(self.seats or self.waiting)

    # Entering.

    def enter(self, seat: str, nick: str, history: History) -> None:
        """Seat a resource and send it everything, in the order of XEP-0045, section 7.1."""
        seen = self._seen_by.pop(seat, None)
        if old := self.seats.get(seat):
            seen = old.seen
        self.seats[seat] = Seat(seat, self._last_line)
        for occupant in self.occupants.values():
            if occupant.person != self.me:
                self._out.write(self._presence(seat, occupant))
        codes = (SELF,) if resource(nick) == resource(self.me) else (SELF, ASSIGNED_NICK)
        mine = self.occupants.get(self.me) or Occupant(person=self.me)  # type: ignore[arg-type]
        self._out.write(self._presence(seat, mine, codes=codes))
        self._repeat(seat, self._wanted_lines(history, seen))
        self._out.write(self._subject(seat))

    def _wanted_lines(self, history: History, seen: int | None) -> list[Line]:
        if history.stanzas is None:
            if seen is not None:
                return [line for line in self._history if line.number > seen]
            return list(self._history)[-DEFAULT_HISTORY:]
        lines = [x for x in self._history if history.since is None or x.at >= history.since]
        return lines[-history.stanzas :] if history.stanzas else []

    def _repeat(self, seat: str, lines: Iterable[Line]) -> None:
        for line in lines:
            late = line.children + stanzas.delay(self.jid, line.at)
            self._out.write(stanzas.message(line.sender, seat, "groupchat", late, line.id))

    def cut_off(self) -> None:
        """The connection to the XMPP server is lost: nobody knows who of us is still there."""
        if any(seat.is_there for seat in self.seats.values()):
            self._when_cut_off = dict(self.occupants)
        for seat in self.seats.values():
            seat.is_there = False

    def catch_up(self, seat: str) -> None:
        """A resource that we were cut off from is there and has not noticed."""
        if (sitting := self.seats.get(seat)) and not sitting.is_there:
            for person, gone in self._when_cut_off.items():
                if person not in self.occupants:
                    self._out.write(self._absence(seat, gone))
            for person, occupant in self.occupants.items():
                if self._when_cut_off.get(person) != occupant and person != self.me:
                    self._out.write(self._presence(seat, occupant))
            self._repeat(seat, (x for x in self._history if x.number > sitting.seen))
            sitting.seen = self._last_line
            sitting.is_there = True

    def joined(self, event: RoomJoined) -> None:
        """A snapshot: those who wait enter; those who are in are told the difference."""
        before, self.occupants = self.occupants, {o.person: o for o in event.occupants}
        was_me, self.me = self.me, str(event.me)
        self.occupants.setdefault(self.me, Occupant(person=event.me))  # Servers have left us out.
        self.subject, self.subject_by = event.subject, event.subject_by
        self.subject_at = event.subject_at
        self.is_joined, self.joining = True, None
        if self.seats:
            self._tell_difference(before, was_me)
        waiting, self.waiting = self.waiting, {}
        for seat, wish in waiting.items():
            self.enter(seat, wish.nick, wish.history)

    def _tell_difference(self, before: dict[str, Occupant], was_me: str) -> None:
        for person, gone in before.items():
            if person not in self.occupants and person != was_me:
                self._to_all(partial(self._absence, occupant=gone))
        is_renamed = was_me != self.me and was_me in before
        if is_renamed:
            self._renamed(before[was_me], self.occupants[self.me])
        for person, occupant in self.occupants.items():
            if before.get(person) != occupant and not (is_renamed and person == self.me):
                codes = (SELF,) if person == self.me else ()
                self._to_all(partial(self._presence, occupant=occupant, codes=codes))

    def refused(self, reason: Reason, detail: str) -> None:
        """The network does not let us in: who waits is told, who sat here is out."""
        self.joining = None
        for wish in self.waiting.values():
            self._out.write(stanzas.refuse(wish.stanza, reason, detail))
        self.waiting.clear()
        self.left(Departure.LOST, "", detail)

    # Changes.

    def occupant_joined(self, occupant: Occupant) -> None:
        self.occupants[occupant.person] = occupant
        self._to_all(lambda seat: self._presence(seat, occupant))

    def occupant_left(self, event: OccupantLeft) -> None:
        if gone := self.occupants.pop(event.person, None):
            codes = DEPARTURE_CODES[event.how]
            self._to_all(lambda seat: self._absence(seat, gone, codes, event.by, event.detail))

    def occupant_changed(self, event: OccupantChanged) -> None:
        before = self.occupants.pop(event.person, None)
        self.occupants[event.occupant.person] = event.occupant
        is_me = event.person == self.me
        if is_me:
            self.me = event.occupant.person
        if before and before.person != event.occupant.person:
            self._renamed(before, event.occupant)
        elif before != event.occupant:
            codes = (SELF,) if is_me else ()
            self._to_all(
                lambda seat: self._presence(seat, event.occupant, codes=codes, actor=event.by)
            )

    def _renamed(self, before: Occupant, now: Occupant) -> None:
        """XEP-0045, section 7.6."""
        mine = (SELF,) if now.person == self.me else ()
        nick = f" nick='{escape(resource(now.person))}'"
        self._to_all(lambda seat: self._absence(seat, before, (NEW_NICK, *mine), attributes=nick))
        self._to_all(lambda seat: self._presence(seat, now, codes=mine))

    def subject_changed(self, event: SubjectChanged) -> None:
        self.subject, self.subject_by, self.subject_at = event.subject, event.by, event.at
        self._to_all(lambda seat: self._subject(seat, is_live=True))

    def left(self, how: Departure, by: str, detail: str) -> None:
        """We are out of it."""
        me = self.occupants.get(self.me) or Occupant(person=self.me)  # type: ignore[arg-type]
        codes = (SELF, *DEPARTURE_CODES[how])
        self._to_all(lambda seat: self._absence(seat, me, codes, by, detail))
        self.seats.clear()
        self.occupants.clear()
        self.is_joined = False

    def stand_up(self, seat: str) -> None:
        """One resource leaves; the others and the network notice nothing."""
        if sitting := self.seats.pop(seat, None):
            self._keep_place(seat, sitting.seen)
            me = self.occupants.get(self.me) or Occupant(person=self.me)  # type: ignore[arg-type]
            self._out.write(self._absence(seat, me, (SELF,)))
        self.waiting.pop(seat, None)

    def fell_off(self, seat: str, bounced: str | None) -> None:
        """A resource is gone without a word; ``bounced`` is the id of what did not reach it."""
        if sitting := self.seats.pop(seat, None):
            missed = (line.number for line in self._history if line.id and line.id == bounced)
            self._keep_place(seat, min(sitting.seen, next(missed, sitting.seen + 1) - 1))

    def _keep_place(self, seat: str, seen: int) -> None:
        self._seen_by[seat] = seen
        if len(self._seen_by) > REMEMBERED_SEATS:
            del self._seen_by[next(iter(self._seen_by))]

    def lost_network(self, words: str) -> None:
        """The connection to the network is gone, the room is not: a snapshot will follow."""
        if self.is_joined:
            self.is_joined = False
            self.notice(words)
        self.joining = None

    # Messages.

    def message(self, event: MessageReceived) -> None:
        sender = self._occupant(event.sender)
        text = f"[notice] {event.body}" if event.is_notice else event.body
        children = (
            stanzas.body(text, event.xhtml)
            + self._occupant_id(self.occupants.get(event.sender), event.sender == self.me)
            + stanzas.stanza_id(self.jid, event.id)
        )
        if event.sent_at:
            children += stanzas.delay(self.jid, event.sent_at)
        self._say(sender, children, event.id or stanzas.new_id(), event.sent_at)

    def reflect(self, stanza: Element, said: str, id: MessageId | None) -> None:
        """What one of our resources said has been said (XEP-0045, section 7.4), in those words.

        Clients know their own message by its id, so it keeps that, and what they put beside the
        body (XEP-0359, section 3.2).  A correction is one to them, whatever the network was told.
        """
        kept = [child for child in stanza if child.tag in KEPT]
        body = stanza.findtext(BODY, "") if any(c.tag == REPLACE for c in kept) else said
        children = (
            stanzas.body(body)
            + "".join(map(stanzas.serialize, kept))
            + self._occupant_id(None, is_me=True)
            + stanzas.stanza_id(self.jid, id)
        )
        self._say(self._occupant(self.me), children, stanza.get("id") or stanzas.new_id())

    def notice(self, text: str) -> None:
        """The room itself has something to say."""
        self._to_all(lambda seat: stanzas.message(self.jid, seat, "groupchat", stanzas.body(text)))

    def signal(self, sender: str, children: str) -> None:
        """Of an occupant: typing, reading."""
        occupant = self._occupant(sender)
        self._to_all(lambda seat: stanzas.message(occupant, seat, "groupchat", children))

    def _say(self, sender: str, children: str, id: str | None, at: datetime | None = None) -> None:
        self._last_line += 1
        self._history.append(Line(self._last_line, at or datetime.now(UTC), sender, children, id))
        for seat in self.seats.values():
            if seat.is_there:
                seat.seen = self._last_line
                self._out.write_line(
                    stanzas.message(sender, seat.jid, "groupchat", children, id), seat
                )

    # Stanzas.

    def _to_all(self, make: Callable[[str], str]) -> None:
        for seat in self.seats:
            self._out.write(make(seat))

    def _occupant(self, nick: str) -> str:
        return f"{self.jid}/{resource(nick)}"

    def _presence(
        self, seat: str, occupant: Occupant, codes: tuple[int, ...] = (), actor: str = ""
    ) -> str:
        show = "" if occupant.show in (Show.AVAILABLE, Show.OFFLINE) else occupant.show.value
        children = (
            element("show", show)
            + element("status", occupant.status)
            + self._occupant_id(occupant, SELF in codes)
            + _item(occupant.affiliation, occupant.role, codes, actor=actor)
        )
        return stanzas.presence(self._occupant(occupant.person), seat, "", children)

    def _absence(
        self,
        seat: str,
        occupant: Occupant,
        codes: tuple[int, ...] = (),
        actor: str = "",
        words: str = "",
        attributes: str = "",
    ) -> str:
        affiliation = Affiliation.OUTCAST if BANNED in codes else occupant.affiliation
        role = occupant.role if NEW_NICK in codes else Role.NONE
        is_removal = KICKED in codes
        children = (
            ("" if is_removal else element("status", words))
            + self._occupant_id(occupant, SELF in codes)
            + _item(affiliation, role, codes, actor, words if is_removal else "", attributes)
        )
        return stanzas.presence(self._occupant(occupant.person), seat, "unavailable", children)

    def _subject(self, seat: str, is_live: bool = False) -> str:
        sender = self._occupant(self.subject_by) if self.subject_by else self.jid
        children = f"<subject>{escape(self.subject)}</subject>"
        if self.subject_at and not is_live:
            children += stanzas.delay(self.jid, self.subject_at)
        return stanzas.message(sender, seat, "groupchat", children)

    def _occupant_id(self, occupant: Occupant | None, is_me: bool) -> str:
        """XEP-0421: the same for the same account, whatever it calls itself.

        Nobody else sees the room as our user does, so to be told apart is all that it takes to be
        known to them, with an account or without.
        """
        account = "\0" if is_me else occupant and occupant.account
        if not account:
            return ""
        name = f"{self.jid}\0{account}".encode(errors="surrogatepass")
        identity = hashlib.sha256(name).hexdigest()
        return f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='{identity}'/>"


def _item(
    affiliation: Affiliation,
    role: Role,
    codes: tuple[int, ...] = (),
    actor: str = "",
    reason: str = "",
    attributes: str = "",
) -> str:
    inner = f"<actor nick='{escape(resource(actor))}'/>" if actor else ""
    inner += element("reason", reason)
    statuses = "".join(f"<status code='{code}'/>" for code in codes)
    return (
        f"<x xmlns='{MUC_USER}'><item affiliation='{affiliation.value}' role='{role.value}'"
        f"{attributes}>{inner}</item>{statuses}</x>"
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
