"""One legacy session as its user sees it.

    events  ──► deliver ──► stanzas to the user          (the translator's greenlet)
    stanzas ──► chats, contacts, rooms ──► put           (the XMPP reader's greenlet; never blocks)
    IQs     ──► ask ──► a command, and wait for its answer          (a greenlet of their own)

A bridge outlives the sessions of its keeper: rooms, contacts and what is known of them stay through
a reconnection.  There is one for each account of a user, and for a guest while in a room.
"""

from collections.abc import Callable, Mapping
from typing import Any

import gevent
from gevent.event import AsyncResult

from gateway import events, i18n, log
from gateway.commands import Command
from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import Event, LoggedIn, LoggedOut, Offline
from gateway.ids import ChatId, PersonId, SessionKey, Token
from gateway.network import Login
from gateway.sessions import Keeper, State
from gateway.store import Account, Broken, Preferences, Registration
from gateway.words import mark, tr
from gateway.xmpp import jid, stanzas
from gateway.xmpp.attendance import RETURN_TIME, Attendance
from gateway.xmpp.chats import Chats
from gateway.xmpp.contacts import Contacts
from gateway.xmpp.context import Context
from gateway.xmpp.credentials import Credentials
from gateway.xmpp.enrolment import Enrolment
from gateway.xmpp.lately import Lately
from gateway.xmpp.own_avatar import OwnAvatar
from gateway.xmpp.own_name import OwnName
from gateway.xmpp.own_presence import OwnPresence
from gateway.xmpp.own_tune import OwnTune
from gateway.xmpp.pending import Joining, Pending, Question, Sent, Waiting
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.resources import Resources
from gateway.xmpp.roomlist import RoomList
from gateway.xmpp.voice import Voice

ANSWER_TIME = 30.0
"""Seconds that a network has to answer what somebody waits for."""

UNEXPLAINED = mark("it did not say why")

Answer = (
    events.Done
    | events.ProfileFetched
    | events.RoomsListed
    | events.AffiliationsListed
    | events.BlockedListed
    | events.AvatarFetched
    | events.PeopleFound
)


class Bridge:
    def __init__(
        self,
        context: Context,
        transport: Transport,
        account: Account,
        resources: Resources,
        quotas: Quotas,
    ) -> None:
        self.context = context
        self.transport = transport
        self.key: SessionKey = account.key
        self.credentials = Credentials(transport, account)
        self.me: PersonId | None = None
        self.pending = Pending()
        self.lately = Lately()
        self.resources = resources
        self.quotas = quotas
        self.addressing = context.addressings[transport.domain]
        self.out = context.streams.of(self.key.user, transport.domain)
        self.log = log.bind(
            user=self.key.user, transport=self.key.transport, account=self.key.account or None
        )
        self._is_closed = False
        self.block_watchers: set[str] = set()
        """Full JIDs of clients that asked for the list of the blocked (XEP-0191)."""
        self.keeper = Keeper(
            self.key,
            transport.network,
            context.pacers[transport.domain],
            self._login,
            self.deliver,
        )
        self.attendance = Attendance(self.keeper, resources, self._is_wanted)
        self.enrolment = Enrolment(self, self.attendance)
        self.voice = Voice(self)
        self.chats = Chats(self)
        self.contacts = Contacts(self, account.contacts)
        self.rooms = RoomList(self, account.rooms)
        self.own_presence = OwnPresence(self)
        self.own_avatar = OwnAvatar(self)
        self.own_name = OwnName(self)
        self.own_tune = OwnTune(self)
        context.sessions.add(self.keeper)
        self._latch_if_hopeless()

    @property
    def registration(self) -> Registration | Broken | None:
        """None for a guest."""
        return self.credentials.registration

    @property
    def is_registered(self) -> bool:
        return self.credentials.is_registered

    @property
    def stays_online(self) -> bool:
        return self.credentials.preferences.stay_online

    @property
    def address(self) -> str:
        """The JID that speaks for the session: the transport, or the server behind it."""
        return self.jid(ChatId(""))

    def jid(self, chat: ChatId | PersonId) -> str:
        return jid.address(self.addressing.local(self.key.account, chat), self.transport.domain)

    # Whether to be online.

    def review(self) -> None:
        """Something changed that may be a reason to be online, or was the last one."""
        self.attendance.review()

    @property
    def is_needed(self) -> bool:
        """Somebody is there, or wants to be kept online."""
        return self.attendance.is_needed

    def _is_wanted(self) -> bool:
        is_present = self.resources.is_there_for(self.key.account) or self.stays_online
        return (
            (self.is_registered and is_present)
            or self.enrolment.is_on_trial
            or self.rooms.is_any_wanted
        )

    @property
    def is_idle(self) -> bool:
        """Nothing would be lost without it: a guest who left, or was not let in."""
        return (
            not self.is_registered
            and not self.rooms.is_any_wanted
            and not self.keeper.is_running
            and self.keeper.state in (State.OFFLINE, State.LATCHED)
        )

    def switch(self, is_on: bool) -> None:
        """Connect or disconnect by hand."""
        self.attendance.switch(is_on)

    def close(self) -> None:
        """Its account is gone, or the gateway stops: nothing is told any more."""
        self._is_closed = True
        self.attendance.stay()
        self.enrolment.close()
        self.rooms.close()
        self.keeper.log_out()
        self.context.sessions.discard(self.key)

    def farewell(self) -> None:
        """The gateway stops.  Rooms are told nothing: their clients will find themselves in them
        again.  Everybody else goes offline."""
        self._is_closed = True
        self.attendance.stay()
        self.contacts.logged_out()
        self.voice.farewell()

    def user_changed(self) -> None:
        """A client of the user came, went, or changed its presence."""
        self.review()
        self.own_presence.review()
        self.own_tune.user_changed()

    # The XMPP server went, or came back.

    def cut_off(self) -> None:
        self.attendance.stay()
        self.rooms.cut_off()

    def reconnected(self) -> None:
        """For a while nobody is taken for gone who has not said so."""
        self.attendance.review(RETURN_TIME)
        self.rooms.reconnected()
        self.voice.announce_anew()
        self.contacts.announce()

    # The registration.

    def set_preferences(self, preferences: Preferences) -> None:
        self.credentials.set_preferences(preferences)
        self.user_changed()

    def _login(self) -> Login:
        self.own_presence.logging_in()
        return self.credentials.login(self.contacts.people())

    def _latch_if_hopeless(self) -> None:
        if isinstance(self.registration, Broken):
            self.log.error("account.broken", why=self.registration.why)
        if why := self.credentials.hopeless:
            self.keeper.latch(why)

    # Commands.

    def put(self, command: Command) -> None:
        """
        Raises:
            CommandRefused: the network cannot, or there is no session that could take it.
        """
        if type(command) not in self.transport.network.commands:
            raise CommandRefused(
                Reason.NOT_SUPPORTED,
                tr("{title} cannot do that.").format(title=self.transport.network.title),
            )
        self.keeper.put(command)

    def put_pending(self, waiting: Waiting, make: Callable[[Token], Command]) -> Token:
        """Put the command that ``make`` builds around a token.  Raises as ``put`` does."""
        if self.pending.is_full:
            raise CommandRefused(Reason.TOO_MUCH, tr("Too much at once; try again in a moment."))
        token = self.pending.add(waiting)
        try:
            self.put(make(token))
        except CommandRefused:
            self.pending.take(token)
            raise
        return token

    def ask(
        self,
        make: Callable[[Token], Command],
        seconds: float = ANSWER_TIME,
        is_charged: bool = True,
    ) -> Event:
        """Put a command and block this greenlet until its answer is there.

        ``is_charged``: to what the user may ask; else it is the gateway that wants to know.

        Raises:
            CommandRefused: the network refused it, or did not answer in time, or the user asks too
                much.
        """
        if is_charged:
            self.quotas.requests.spend()
        question = Question(AsyncResult())
        token = self.put_pending(question, make)
        try:
            answer: Event = question.answer.get(timeout=seconds)
            return answer
        except gevent.Timeout:
            self.pending.take(token)
            raise CommandRefused(
                Reason.TIMEOUT,
                tr("{title} did not answer.").format(title=self.transport.network.title),
            ) from None

    def attempt(self, command: Command) -> bool:
        """Put a command whose failure nobody would miss.  Whether there is a session to take it."""
        try:
            self.put(command)
        except CommandRefused as refusal:
            why = refusal.reason.value  # Its text is in the user's language.
            self.log.debug("command.refused", command=type(command).__name__, why=why)
            return False
        return True

    # Events.

    def deliver(self, event: Event) -> None:
        """In the translator's greenlet, which waits while the XMPP server is too slow."""
        if self._is_closed:
            return
        i18n.speak(self.resources.language)
        self.out.wait_for_room()
        try:
            DELIVER[type(event)](self, event)
        except CommandRefused as refusal:
            self._unaddressable(event, refusal)

    def _unaddressable(self, event: Event, refusal: CommandRefused) -> None:
        """Somebody, or a room, whose name no JID can carry; servers let in what they like."""
        why = refusal.reason.value
        self.log.debug("event.unaddressable", event_type=type(event).__name__, why=why)
        if isinstance(event, events.MessageReceived):
            self.say(f"<{event.sender}> {event.body}")

    def logged_in(self, event: LoggedIn) -> None:
        self.enrolment.logged_in(event)
        self.me = event.me
        self.voice.announce()
        self.own_presence.logged_in()
        self.rooms.rejoin()
        self.contacts.logged_in()
        self.own_avatar.review()
        self.own_name.review()
        self.own_tune.review()

    def step_asked(self, event: events.StepAsked) -> None:
        self.voice.announce()
        self.enrolment.step_asked(event)

    def logged_out(self, event: LoggedOut) -> None:
        if event.why is Offline.REPLACED:
            self.attendance.give_way()
        words = self.keeper.explain()
        self._refuse_pending(words)
        self.contacts.logged_out()
        self.rooms.logged_out(event, words)
        self.voice.announce()
        if not self.enrolment.logged_out(event):
            if self.keeper.state is State.LATCHED:
                self._latched(event.detail or UNEXPLAINED)
            self.voice.explain(event)

    def _latched(self, why: str) -> None:
        self.log.warning("session.latched", why=why)
        if isinstance(self.registration, Registration):
            self.context.background.do(
                lambda: self.context.store.latch(self.key, why), self.key.user
            )

    def _refuse_pending(self, words: str) -> None:
        for waiting in self.pending.take_all():
            self._refuse(waiting, Reason.UNAVAILABLE, words)

    def remembered(self, event: events.Remembered) -> None:
        self.credentials.remember(event)
        if not self.is_registered:
            return  # Of a guest nothing stays.
        self.context.background.do(
            lambda: self.context.store.remember(self.key, event.name, event.value, event.seconds),
            self.key.user,
        )

    def renamed(self, event: events.Renamed) -> None:
        self.me = event.me
        self.voice.announce()

    def answered(self, event: Answer) -> None:
        """Done, or one of the events that carry an answer to an IQ."""
        waiting = self.pending.take(event.token)
        if isinstance(waiting, Question):
            waiting.answer.set(event)

    def refused(self, event: events.Refused) -> None:
        waiting = self.pending.take(event.token)
        if waiting is not None:
            self._refuse(waiting, event.reason, tr(event.detail))

    def _refuse(self, waiting: Waiting, reason: Reason, detail: str) -> None:
        match waiting:
            case Sent(stanza, said=said):
                if said:
                    said.refused()
                self.out.write(stanzas.refuse(stanza, reason, detail), keep=True)
            case Joining(room):
                self.rooms.refused(room, reason, detail)
            case Question(answer):
                answer.set_exception(CommandRefused(reason, detail))

    def say(self, text: str) -> None:
        self.voice.say(text)


def _room_or_chat(bridge: Bridge, event: events.MessageReceived) -> None:
    if event.is_in_room:
        bridge.rooms.message_received(event)
    else:
        bridge.chats.received(event)


def _sent(bridge: Bridge, event: events.MessageSent) -> None:
    if sent := bridge.chats.sent(event):
        bridge.rooms.message_sent(event, sent)


def _typing(bridge: Bridge, event: events.TypingChanged) -> None:
    if event.is_in_room:
        bridge.rooms.typing_changed(event)
    else:
        bridge.chats.typing_changed(event)


def _read(bridge: Bridge, event: events.MessageRead) -> None:
    if event.is_in_room:
        bridge.rooms.read(event)
    else:
        bridge.chats.read(event)


DELIVER: Mapping[type, Callable[[Bridge, Any], None]] = {
    events.MessageReceived: _room_or_chat,
    events.MessageSent: _sent,
    events.TypingChanged: _typing,
    events.MessageRead: _read,
    events.PresenceChanged: lambda b, e: b.contacts.presence_changed(e),
    events.ProfileChanged: lambda b, e: b.contacts.profile_changed(e),
    events.ContactsListed: lambda b, e: b.contacts.listed(e),
    events.ContactAdded: lambda b, e: b.contacts.added(e),
    events.ContactChanged: lambda b, e: b.contacts.changed(e),
    events.ContactRemoved: lambda b, e: b.contacts.removed(e),
    events.ContactRefused: lambda b, e: b.contacts.refused(e),
    events.AuthorizationAsked: lambda b, e: b.contacts.asked(e),
    events.AttentionAsked: lambda b, e: b.chats.attention_asked(e),
    events.OccupantJoined: lambda b, e: b.rooms.occupant_joined(e),
    events.OccupantLeft: lambda b, e: b.rooms.occupant_left(e),
    events.OccupantChanged: lambda b, e: b.rooms.occupant_changed(e),
    events.SubjectChanged: lambda b, e: b.rooms.subject_changed(e),
    events.RoomJoined: lambda b, e: b.rooms.joined(e),
    events.RoomLeft: lambda b, e: b.rooms.left(e),
    events.RoomInvited: lambda b, e: b.rooms.invited(e),
    events.NoticeReceived: lambda b, e: b.say(e.text),
    events.LoggedIn: Bridge.logged_in,
    events.StepAsked: Bridge.step_asked,
    events.LoggedOut: Bridge.logged_out,
    events.Renamed: Bridge.renamed,
    events.Remembered: Bridge.remembered,
    events.Refused: Bridge.refused,
    events.Done: Bridge.answered,
    events.ProfileFetched: Bridge.answered,
    events.RoomsListed: Bridge.answered,
    events.AffiliationsListed: Bridge.answered,
    events.BlockedListed: Bridge.answered,
    events.AvatarFetched: Bridge.answered,
    events.PeopleFound: Bridge.answered,
}
