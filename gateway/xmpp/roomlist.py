"""The rooms of one session: entering, leaving, messages, and coming back to them."""

from collections.abc import Callable, Iterator
from functools import partial
from xml.etree.ElementTree import Element

import gevent

from gateway.commands import ChangeNick, Invite, JoinRoom, LeaveRoom, SetSubject
from gateway.errors import CommandRefused, Reason
from gateway.events import (
    Departure,
    LoggedOut,
    MessageRead,
    MessageReceived,
    MessageSent,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    Offline,
    RoomInvited,
    RoomJoined,
    RoomLeft,
    SubjectChanged,
    TypingChanged,
)
from gateway.ids import ChatId, PersonId, Token
from gateway.network import Kind
from gateway.sessions import State
from gateway.store import JoinedRoom
from gateway.words import tr
from gateway.xmpp import corrections, jid, markers, stanzas
from gateway.xmpp.chats import BODY, CHAT_STATES, NO_STORE
from gateway.xmpp.host import Host
from gateway.xmpp.pending import Joining, Sent
from gateway.xmpp.rooms import MUC, MUC_USER, History, Room, Seat, Waiting
from gateway.xmpp.stanzas import NS, element, escape

LINGER = 2.0
"""Seconds from the last resource's leaving until we leave the room on the network."""

RETURN_TIME = 60.0
"""The same after the XMPP connection was lost, for clients that come back with the server."""

MOST = 250
"""Rooms of one session."""

SUBJECT = f"{{{NS}}}subject"
CONFERENCE = "{jabber:x:conference}x"


class RoomList:
    def __init__(self, host: Host, stored: tuple[JoinedRoom, ...]) -> None:
        self._host = host
        self._rooms: dict[ChatId, Room] = {}
        self._leaving: dict[ChatId, gevent.Greenlet[..., object]] = {}
        self._linger = LINGER
        for joined in stored:
            room = self._open(joined.room)
            room.me, room.password = joined.nick, joined.password
            room.seats = {seat: Seat(seat, 0, is_there=False) for seat in joined.resources}

    def __iter__(self) -> Iterator[Room]:
        return iter(tuple(self._rooms.values()))

    def get(self, chat: ChatId) -> Room | None:
        return self._rooms.get(chat)

    @property
    def is_any_wanted(self) -> bool:
        return any(room.is_wanted for room in self._rooms.values())

    def _open(self, chat: ChatId) -> Room:
        if chat not in self._rooms:
            self._rooms[chat] = Room(chat, self._host.jid(chat), self._host.out)
        return self._rooms[chat]

    # From the user.

    def presence(self, stanza: Element, chat: ChatId, nick: str) -> None:
        """Available, to an occupant's JID: enter, or take another nickname.

        Raises:
            CommandRefused: it cannot be done; the room's own refusal comes later.
        """
        sender = stanza.get("from", "")
        room = self._rooms.get(chat)
        is_entering = stanza.find(f"{{{MUC}}}x") is not None
        if is_entering or room is None or sender not in room.seats:
            self._enter(stanza, chat, nick)
        elif nick != jid.resource(room.me):
            self._host.quotas.messages.spend()
            self._host.put_pending(Sent(stanza), lambda token: ChangeNick(nick=nick, token=token))

    def _enter(self, stanza: Element, chat: ChatId, nick: str) -> None:
        if not nick:
            raise CommandRefused(Reason.BAD_REQUEST, tr("Name a nickname: room@server/nickname."))
        self._host.quotas.joins.spend()
        if chat not in self._rooms and len(self._rooms) >= MOST:
            raise CommandRefused(
                Reason.TOO_MUCH, tr("You are in {most} rooms already.").format(most=MOST)
            )
        host = self._host
        if not host.keeper.is_running and host.keeper.state in (State.WAITING, State.LATCHED):
            raise CommandRefused(Reason.TIMEOUT, host.keeper.explain())
        room = self._open(chat)
        self._stay(chat)
        sender, history = stanza.get("from", ""), History.wanted(stanza)
        if room.is_joined:
            room.enter(sender, nick, history)
            self._store(room)
            return
        room.waiting[sender] = Waiting(stanza=stanza, nick=nick, history=history)
        room.password = stanza.findtext(f"{{{MUC}}}x/{{{MUC}}}password", "") or room.password
        if not host.is_registered and not host.credentials.guest_nick:
            host.credentials.guest_nick = nick
        if host.keeper.state is State.ONLINE:
            self._join(room)
        else:
            host.review()  # Rooms are joined after each log-in.

    def _join(self, room: Room) -> None:
        if room.joining is None:
            try:
                room.joining = self._host.put_pending(
                    Joining(room.chat),
                    lambda token: JoinRoom(room=room.chat, token=token, password=room.password),
                )
            except CommandRefused as refusal:
                self.refused(room.chat, refusal.reason, refusal.text)

    def unavailable(self, chat: ChatId, sender: str) -> None:
        """One resource leaves."""
        if room := self._rooms.get(chat):
            room.stand_up(sender)
            self._store(room)
            self._leave_soon(room)

    def gone(self, sender: str, bounced: str | None = None) -> None:
        """A resource does not exist any more: a stanza for it, with that id, came back."""
        for room in self:
            if sender in room.seats:
                room.fell_off(sender, bounced)
                self._store(room)
                self._leave_soon(room)

    def message(self, stanza: Element, chat: ChatId) -> None:
        """To the room itself.

        Raises:
            CommandRefused: it cannot be said.
        """
        room = self._rooms.get(chat)
        if stanza.get("type") != "groupchat":
            self._invite(stanza, chat)
            return
        if room is None or stanza.get("from") not in room.seats:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("You are not in this room."))
        if body := stanza.findtext(BODY):
            if corrections.say(self._host, stanza, chat, body, is_in_room=True):
                room.reflect(stanza, body, None)
        elif (subject := stanza.find(SUBJECT)) is not None:
            text = subject.text or ""
            self._host.put_pending(
                Sent(stanza, is_in_room=True),
                lambda token: SetSubject(room=chat, subject=text, token=token),
            )
        else:
            markers.mark(self._host, stanza, chat)

    def _invite(self, stanza: Element, chat: ChatId) -> None:
        """Mediated (XEP-0045, section 7.8.2)."""
        for invite in stanza.iterfind(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite"):
            person = self._person(invite.get("to", ""))
            reason = invite.findtext(f"{{{MUC_USER}}}reason", "")
            command = partial(Invite, room=chat, person=person, reason=reason)
            self._host.put_pending(Sent(stanza), _with_token(command))

    def _person(self, address: str) -> PersonId:
        """Whom a JID stands for; each account sees people at JIDs of its own."""
        host = self._host
        local, domain, _ = jid.split(address)
        if domain == host.transport.domain:
            found = host.context.addressings[domain].parse(jid.unescape(local))
            if (found.kind, found.account) == (Kind.PERSON, host.key.account):
                return PersonId(found.chat)
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE, tr("Only people on this network can be invited.")
        )

    # From the network.

    def joined(self, event: RoomJoined) -> None:
        if event.token is not None:
            self._host.pending.take(event.token)
        room = self._open(event.room)
        room.joined(event)
        self._store(room)
        if not room.is_wanted:
            self._leave_soon(room)

    def refused(self, chat: ChatId, reason: Reason, detail: str) -> None:
        if room := self._rooms.pop(chat, None):
            room.refused(reason, detail)
            self._forget(chat)
            self._host.review()

    def left(self, event: RoomLeft) -> None:
        if event.how is Departure.LOST:
            return  # LoggedOut follows, and decides whether we will be back.
        if room := self._rooms.get(event.room):
            room.left(event.how, event.by, event.detail)
            if not room.waiting:
                del self._rooms[event.room]
                self._forget(event.room)
            self._host.review()

    def occupant_joined(self, event: OccupantJoined) -> None:
        if room := self._rooms.get(event.room):
            room.occupant_joined(event.occupant)

    def occupant_left(self, event: OccupantLeft) -> None:
        if room := self._rooms.get(event.room):
            room.occupant_left(event)

    def occupant_changed(self, event: OccupantChanged) -> None:
        if room := self._rooms.get(event.room):
            room.occupant_changed(event)

    def subject_changed(self, event: SubjectChanged) -> None:
        if event.token is not None:
            self._host.pending.take(event.token)
        if room := self._rooms.get(event.room):
            room.subject_changed(event)

    def message_received(self, event: MessageReceived) -> None:
        if room := self._rooms.get(event.chat):
            room.message(event)

    def message_sent(self, event: MessageSent, sent: Sent) -> None:
        if room := self._rooms.get(event.chat):
            room.reflect(sent.stanza, event.body, event.id)

    def read(self, event: MessageRead) -> None:
        """Named as the room named it when it was reflected (XEP-0333, section 4.3)."""
        if room := self._rooms.get(event.chat):
            room.signal(event.reader, markers.displayed(event.id))

    def typing_changed(self, event: TypingChanged) -> None:
        if room := self._rooms.get(event.chat):
            room.signal(event.sender, f"<{event.typing.value} xmlns='{CHAT_STATES}'/>{NO_STORE}")

    def invited(self, event: RoomInvited) -> None:
        """XEP-0045, section 7.8.2, and XEP-0249 for clients that know only that."""
        room, by = self._host.jid(event.room), self._host.jid(event.by)
        reason = element("reason", event.reason)
        children = (
            f"<x xmlns='{MUC_USER}'><invite from='{escape(by)}'>{reason}</invite></x>"
            f"<x xmlns='jabber:x:conference' jid='{escape(room)}'/>"
        )
        self._host.out.write(
            stanzas.message(room, self._host.key.user, "normal", children), keep=True
        )

    def rejoin(self) -> None:
        """After a log-in: everywhere that somebody is or wants to be."""
        for room in self:
            if room.is_wanted or self._host.stays_online:
                self._join(room)

    def logged_out(self, event: LoggedOut, words: str) -> None:
        """A connection that will be tried again leaves the rooms as they look."""
        will_return = event.why in (Offline.NETWORK, Offline.GATEWAY)
        for room in self:
            if will_return and self._host.keeper.state is State.WAITING and not room.waiting:
                room.lost_network(words)
            else:
                self.refused(room.chat, Reason.TIMEOUT, words)

    # The XMPP server went, or came back.

    def cut_off(self) -> None:
        for leaving in self._leaving.values():
            leaving.kill(block=False)
        self._leaving.clear()
        for room in self:
            room.cut_off()
        self._linger = RETURN_TIME

    def reconnected(self) -> None:
        for room in self:
            if not room.is_wanted:
                self._leave_soon(room)
        self._linger = LINGER

    def is_there(self, seat: str) -> None:
        """A resource that we were cut off from showed itself."""
        for room in self:
            room.catch_up(seat)

    def doubtful(self) -> set[str]:
        """Full JIDs of seats whose owners have not shown themselves since."""
        return {seat.jid for room in self for seat in room.seats.values() if not seat.is_there}

    # Leaving.

    def _leave_soon(self, room: Room) -> None:
        if not room.is_wanted and room.chat not in self._leaving:
            self._leaving[room.chat] = gevent.spawn_later(self._linger, self._leave, room)
        self._host.review()

    def _stay(self, chat: ChatId) -> None:
        if leaving := self._leaving.pop(chat, None):
            leaving.kill(block=False)

    def _leave(self, room: Room) -> None:
        self._leaving.pop(room.chat, None)
        if room.is_wanted or self._rooms.get(room.chat) is not room:
            return
        if self._host.stays_online and not self._host.resources:
            return  # The user went offline and wants to stay; the room gathers history.
        is_over = self._host.keeper.state in (State.OFFLINE, State.LATCHED)
        if not self._host.is_needed and not is_over:
            self._leave_soon(room)  # Unless the log-out, which is near, does it for all at once.
            return
        del self._rooms[room.chat]
        self._forget(room.chat)
        if room.is_joined or room.joining:
            self._host.attempt(LeaveRoom(room=room.chat))
        self._host.review()

    def close(self) -> None:
        for leaving in self._leaving.values():
            leaving.kill(block=False)
        for room in self:
            room.left(Departure.LEFT, "", "")
        self._rooms.clear()

    # The store.

    def _store(self, room: Room) -> None:
        joined = JoinedRoom(
            room=room.chat, nick=room.me, password=room.password, resources=tuple(room.seats)
        )
        store, key = self._host.context.store, self._host.key
        self._host.context.background.do(lambda: store.save_room(key, joined), key.user)

    def _forget(self, chat: ChatId) -> None:
        store, key = self._host.context.store, self._host.key
        self._host.context.background.do(lambda: store.remove_room(key, chat), key.user)


def _with_token(command: Callable[..., Invite]) -> Callable[[Token], Invite]:
    return lambda token: command(token=token)
