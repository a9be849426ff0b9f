"""One user of ours: the clients they have, the accounts they registered, what waits for the store.

The first stanza of somebody unknown loads their accounts; it and what follows wait meanwhile, in
order.  After that nothing here blocks, but ``register`` and ``unregister``, which IQ handlers call.
"""

import time
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from gateway import i18n
from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, SessionKey
from gateway.network import Address, Kind
from gateway.sessions import State
from gateway.store import Account, Broken, Preferences, Registration
from gateway.words import mark, tr
from gateway.xmpp import labels, stanzas
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.component import Component
from gateway.xmpp.contacts import Contacts
from gateway.xmpp.context import Context
from gateway.xmpp.encrypted import refuse_encrypted
from gateway.xmpp.quotas import Quotas
from gateway.xmpp.resources import TRANSPORT, Resources
from gateway.xmpp.wordless import refuse_wordless

ANSWERS = {
    "subscribed": Contacts.subscribed,
    "unsubscribe": Contacts.unsubscribe,
    "unsubscribed": Contacts.unsubscribed,
}

GONE = [
    f"{{urn:ietf:params:xml:ns:xmpp-stanzas}}{condition}"
    for condition in (
        *("gone", "item-not-found", "recipient-unavailable", "redirect", "service-unavailable"),
        *("remote-server-not-found", "remote-server-timeout"),
    )
]
"""What servers say of a client that they do not find (XEP-0045, section 18.1.2)."""

REGISTER_FIRST = mark(
    "Register with this gateway first: find it in your client's list of services, "
    "or write to it: register"
)


class User:
    def __init__(self, jid: str, context: Context) -> None:
        self.jid = jid
        self.is_loaded = False
        self.touched = time.monotonic()
        """When something was last heard of them."""
        self._context = context
        self._bridges: dict[tuple[str, str], Bridge] = {}
        self._resources: dict[str, Resources] = {}
        self._admitted: dict[str, bool] = {}
        """By transport."""
        self.quotas = Quotas(context.config.limits)
        self.at_work = 0
        """IQs and dialogues that are being answered."""

    def load(self) -> None:
        """Blocks until the store has answered.  Raises what the store raises."""
        for account in self._context.store.load(self.jid):
            is_alive = account.registration is not None or account.rooms
            transport = self._context.config.transports.get(account.key.transport)
            if is_alive and transport:
                self._add(transport, account)
        self.is_loaded = True
        for bridge in self._bridges.values():
            bridge.review()  # Somebody may stay online, or be in a room.

    def _add(self, transport: Transport, account: Account) -> Bridge:
        resources = self._resources.setdefault(transport.domain, Resources())
        bridge = Bridge(self._context, transport, account, resources, self.quotas)
        self._bridges[transport.domain, account.key.account] = bridge
        return bridge

    # Who is who.

    def bridge(self, transport: str, account: str) -> Bridge | None:
        return self._bridges.get((transport, account))

    def bridges(self, transport: str) -> list[Bridge]:
        return [bridge for (domain, _), bridge in self._bridges.items() if domain == transport]

    def all_bridges(self) -> list[Bridge]:
        return list(self._bridges.values())

    @property
    def is_idle(self) -> bool:
        """Nothing would be lost if it were loaded again when it is needed."""
        return (
            self.is_loaded
            and not self.at_work
            and self.quotas.is_whole
            and not any(self._resources.values())
            and all(
                bridge.is_idle
                or (bridge.keeper.state is State.OFFLINE and not bridge.rooms.is_any_wanted)
                for bridge in self._bridges.values()
            )
        )

    def farewell(self) -> None:
        for bridge in self._bridges.values():
            bridge.farewell()

    def close(self) -> None:
        for bridge in self._bridges.values():
            bridge.close()

    def _need(self, transport: Transport, account: str) -> Bridge:
        if bridge := self.bridge(transport.domain, account):
            return bridge
        raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr(REGISTER_FIRST))

    def _guest(self, transport: Transport, account: str, nick: str) -> Bridge:
        """Joining a room is enough, where the network and the operator let such in."""
        if bridge := self.bridge(transport.domain, account):
            return bridge
        if transport.network.guest is None:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr(REGISTER_FIRST))
        server, label = labels.split(account)
        if label:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr(REGISTER_FIRST))
        transport.network.guest(transport.settings, server, nick)  # Raises if not allowed.
        return self._add(transport, Account(key=SessionKey(self.jid, transport.domain, account)))

    def may_use(self, transport: Transport) -> bool:
        """Whether the operator lets them.  Looked up once: it is asked for each stanza."""
        admitted = self._admitted.get(transport.domain)
        if admitted is None:
            admitted = self._admitted[transport.domain] = transport.admits(self.jid)
        return admitted

    def hear(self, lang: str | None, transport: Transport) -> None:
        """They are answered in that language, which is also what they are told of later."""
        resources = self._resources.get(transport.domain)
        if resources is None:
            resources = self._resources[transport.domain] = Resources()
        if lang:
            resources.language = lang
        i18n.speak(resources.language)

    # Messages.

    def message(self, stanza: Element, transport: Transport, to: Address, nick: str) -> None:
        """To a person or a room.

        Raises:
            CommandRefused: it cannot be delivered.
        """
        self.quotas.messages.spend()
        self._check_size(stanza)
        refuse_encrypted(stanza, transport.network.title)
        if refuse_wordless(stanza, transport.network.title):
            return
        bridge = self._need(transport, to.account)
        if to.kind is Kind.PERSON:
            bridge.chats.message(stanza, to.chat)
        elif nick:
            self._whisper(stanza, bridge, to, nick)
        else:
            bridge.rooms.message(stanza, to.chat)

    def _whisper(self, stanza: Element, bridge: Bridge, to: Address, nick: str) -> None:
        room = bridge.rooms.get(to.chat)
        if room is None or stanza.get("from") not in room.seats:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("You are not in this room."))
        if stanza.get("type") == "groupchat":
            raise CommandRefused(Reason.BAD_REQUEST, tr("Write to the room, not to one in it."))
        local = bridge.addressing.local(to.account, ChatId(nick))
        bridge.chats.message(stanza, bridge.addressing.parse(local).chat, occupant_of=room.jid)

    def _check_size(self, stanza: Element) -> None:
        body = stanza.findtext(f"{{{stanzas.NS}}}body", "")
        most = self._context.config.limits.max_body
        if len(body) > most or len(body.encode()) > most:
            raise CommandRefused(
                Reason.POLICY, tr("The message is longer than {most} bytes.").format(most=most)
            )

    def bounced(self, stanza: Element, transport: Transport, to: Address) -> None:
        """A stanza of ours came back as an error; perhaps that client is not there any more."""
        bridge = self.bridge(transport.domain, to.account)
        is_gone = any(stanza.find(f"{{{stanzas.NS}}}error/{tag}") is not None for tag in GONE)
        if bridge and is_gone and to.kind is Kind.ROOM:
            bridge.rooms.gone(stanza.get("from", ""), stanza.get("id"))

    # Presence.

    def available(self, stanza: Element, transport: Transport, to: Address, nick: str) -> None:
        """
        Raises:
            CommandRefused: a room cannot be entered.
        """
        sender = stanza.get("from", "")
        resource = sender.partition("/")[2]
        if to.kind is Kind.ROOM:
            self._guest(transport, to.account, nick).rooms.presence(stanza, to.chat, nick)
            return
        resources = self._resources.setdefault(transport.domain, Resources())
        local = TRANSPORT if to.kind is Kind.SERVER else stanza.get("to", "")
        is_new = resource not in resources
        if resources.available(resource, local, stanza, to.account) or is_new:
            for bridge in self.bridges(transport.domain):
                bridge.user_changed()
        if is_new:
            caps = dict(resources.clients())[resource]
            for bridge in self.bridges(transport.domain):
                bridge.contacts.client_came(sender, caps)
        if local == TRANSPORT:
            for bridge in self.bridges(transport.domain):
                bridge.own_avatar.shown(stanza)
        self.is_there(sender, transport.domain)

    def is_there(self, sender: str, transport: str) -> None:
        """A client of theirs showed that it lives."""
        for bridge in self.bridges(transport):
            bridge.rooms.is_there(sender)

    def published(self, event: Element, transport: Transport) -> None:
        """By the user, with PEP (XEP-0163)."""
        for bridge in self.bridges(transport.domain):
            bridge.own_avatar.published(event)
            bridge.own_name.published(event)
            bridge.own_tune.published(event)

    def unavailable(self, stanza: Element, transport: Transport, to: Address) -> None:
        sender = stanza.get("from", "")
        if to.kind is Kind.ROOM:
            if bridge := self.bridge(transport.domain, to.account):
                bridge.rooms.unavailable(to.chat, sender)
            return
        resources = self._resources.get(transport.domain)
        local = TRANSPORT if to.kind is Kind.SERVER else stanza.get("to", "")
        if resources and resources.unavailable(sender.partition("/")[2], local, to.account):
            for bridge in self.bridges(transport.domain):
                bridge.contacts.client_left(sender)
                bridge.user_changed()
        elif local == TRANSPORT and (one := self.bridge(transport.domain, to.account)):
            one.user_changed()  # The client may hide from that account only.

    def subscription(self, stanza: Element, transport: Transport, to: Address) -> None:
        """subscribe, subscribed, unsubscribe or unsubscribed.

        Raises:
            CommandRefused: that cannot be subscribed to.
        """
        kind = stanza.get("type")
        if to.kind is Kind.PERSON:
            if kind == "subscribe":
                self._need(transport, to.account).contacts.subscribe(to.chat)
            elif bridge := self.bridge(transport.domain, to.account):
                ANSWERS[str(kind)](bridge.contacts, to.chat)
        elif kind == "subscribe":
            self._subscribe_to_transport(stanza, transport, to)
        elif kind in ("unsubscribe", "unsubscribed"):
            for bridge in self.bridges(transport.domain):
                if bridge.address == stanza.get("to"):
                    bridge.voice.dropped()

    def _subscribe_to_transport(self, stanza: Element, transport: Transport, to: Address) -> None:
        bridges = [
            bridge
            for bridge in self.bridges(transport.domain)
            if bridge.is_registered and to.account in ("", bridge.key.account)
        ]
        if to.kind is Kind.ROOM or not bridges:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr(REGISTER_FIRST))
        bridges[0].out.write(stanzas.presence(stanza.get("to", ""), self.jid, "subscribed"))
        for bridge in bridges:
            bridge.voice.taken_up()
            bridge.voice.announce(to=self.jid)

    def probe(self, stanza: Element, transport: Transport, to: Address) -> None:
        """Answered from what we know, to who asked (RFC 6121, section 4.3)."""
        sender = stanza.get("from", "")
        for bridge in self.bridges(transport.domain):
            if to.kind is Kind.SERVER and to.account in ("", bridge.key.account):
                bridge.voice.announce(to=sender)
            elif to.kind is Kind.PERSON and to.account == bridge.key.account:
                bridge.contacts.probe(to.chat, sender)

    # The XMPP server went, or came back.

    def cut_off(self, stream: Component) -> None:
        for domain, resources in self._resources.items():
            if self._context.streams.of(self.jid, domain) is stream:
                resources.doubt()
        for bridge in self._on(stream):
            bridge.cut_off()

    def reconnected(self, stream: Component) -> None:
        """Ask every client for its presence, and those in rooms for a sign of life."""
        for bridge in self._on(stream):
            if bridge.is_registered:
                stream.write(stanzas.presence(bridge.address, self.jid, "probe"))
            bridge.reconnected()

    def _on(self, stream: Component) -> list[Bridge]:
        return [bridge for bridge in self._bridges.values() if bridge.out is stream]

    def doubtful_seats(self, stream: Component) -> set[tuple[str, str]]:
        """(transport, full JID) of clients in rooms that have not shown that they still live."""
        return {(b.transport.domain, seat) for b in self._on(stream) for seat in b.rooms.doubtful()}

    def give_up_doubtful(self, stream: Component) -> None:
        """The time to return is over."""
        for domain, resources in self._resources.items():
            if self._context.streams.of(self.jid, domain) is stream:
                resources.drop_doubtful()
        for bridge in self._on(stream):
            for seat in bridge.rooms.doubtful():
                bridge.rooms.gone(seat)
            bridge.user_changed()

    def sweep(self) -> None:
        """Forget guests who left."""
        for place, bridge in list(self._bridges.items()):
            if bridge.is_idle:
                bridge.close()
                del self._bridges[place]

    # Registration.

    def register(
        self,
        transport: Transport,
        account: str,
        fields: dict[str, str],
        preferences: Preferences,
    ) -> None:
        """Keep what ``Network.check`` accepted, once the network has accepted it too.  Blocks.

        It may have a question first (``Bridge.enrolment``).

        Raises:
            CommandRefused: it has not; what was on file still holds.
        """
        key = SessionKey(self.jid, transport.domain, account)
        bridge = self.bridge(transport.domain, account)
        if bridge is None or not bridge.is_registered:
            self._require_room_for_one_more(transport)
        bridge = bridge or self._add(transport, Account(key=key))
        bridge.enrolment.begin(Registration(key=key, fields=fields, preferences=preferences))

    def _require_room_for_one_more(self, transport: Transport) -> None:
        most = self._context.config.limits.accounts_per_transport
        if sum(bridge.is_registered for bridge in self.bridges(transport.domain)) >= most:
            raise CommandRefused(
                Reason.POLICY,
                tr(
                    "You have {most} accounts with {name}, which is all that one user may have. "
                    "Unregister one first."
                ).format(most=most, name=transport.name),
            )

    def unregister(self, transport: Transport, account: str | None) -> None:
        """Delete every trace of one account, or (None) of all on this transport.  Blocks.

        Raises:
            CommandRefused: there is none.
        """
        gone = [
            bridge
            for bridge in self.bridges(transport.domain)
            if bridge.is_registered and account in (None, bridge.key.account)
        ]
        if not gone:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr("You are not registered here."))
        for bridge in gone:
            self._context.store.remove(bridge.key)
            place = transport.domain, bridge.key.account
            if self._bridges.get(place) is bridge:  # Else another client was faster.
                del self._bridges[place]
                self._part(bridge)
        self._remove_late_writes(gone)

    def _part(self, bridge: Bridge) -> None:
        bridge.close()
        self._context.forget(bridge.key)
        bridge.contacts.farewell()
        for address in self._addresses_of(bridge):
            for kind in ("unsubscribe", "unsubscribed", "unavailable"):
                bridge.out.write(stanzas.presence(address, self.jid, kind))
            bridge.contacts.forget_transport(address)
        bridge.log.info("account.removed")

    def _addresses_of(self, gone: Bridge) -> Iterable[str]:
        """Its own, and with the last account that of the transport, which may be another."""
        domain = gone.key.transport
        is_last = not any(bridge.is_registered for bridge in self.bridges(domain))
        return dict.fromkeys([gone.address, domain] if is_last else [gone.address])

    def _remove_late_writes(self, gone: list[Bridge]) -> None:
        """Of contacts, rooms and memory, which were on their way while the rows were deleted."""
        self._context.background.catch_up()
        for bridge in gone:
            if (bridge.key.transport, bridge.key.account) not in self._bridges:  # Not anew, either.
                self._context.store.remove(bridge.key)

    def set_preferences(self, bridge: Bridge, preferences: Preferences) -> None:
        """Change that part of the registration only.  Blocks."""
        if isinstance(bridge.registration, Broken) or bridge.registration is None:
            raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr(REGISTER_FIRST))
        self._context.store.set_preferences(bridge.key, preferences)
        bridge.set_preferences(preferences)
