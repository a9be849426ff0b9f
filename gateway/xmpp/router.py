"""Each stanza to whom it concerns, and an answer to each that cannot be delivered.

Runs in the greenlet that reads the XMPP stream, for all users, so nothing here blocks: users who
are not loaded yet, IQs and chats with the transport itself go on in greenlets of their own.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

import gevent
from gevent.event import Event
from gevent.pool import Pool

from gateway import i18n, log
from gateway.config import Transport
from gateway.errors import CommandRefused, GatewayError, Reason
from gateway.network import Address, Kind
from gateway.words import mark, tr
from gateway.xmpp import jid, stanzas
from gateway.xmpp.component import MESSAGE, Component
from gateway.xmpp.context import Context
from gateway.xmpp.iq import Ask, Asker, Table
from gateway.xmpp.pep import EVENT
from gateway.xmpp.refusal import Refusal
from gateway.xmpp.signals import is_signal
from gateway.xmpp.stanzas import NS
from gateway.xmpp.users import User

AT_ONCE = 2048
"""IQs and chat commands being answered.  Above that the asker is told to wait."""

AT_ONCE_EACH = 64
"""The same of one user: what a client asks when it starts.  The rest is for others."""

PATIENCE = 200
"""Stanzas of one user that wait for the store."""

LOADS = 16
"""Users being loaded at once; the store's pool is smaller still."""

SWEEP = 60.0
"""Seconds between two looks for users who need no place in memory."""

RETURN_TIME = 60.0
"""Seconds that clients have to show themselves after the XMPP server came back."""

PUBLISHED = f"{{{EVENT}}}event"

BODY = f"{{{NS}}}body"

LANG = "{http://www.w3.org/XML/1998/namespace}lang"

NO_STORE = mark("The gateway's database cannot be reached; try again later.")

BUSY = mark("Too much at once; try again in a moment.")

OUR_MISTAKE = mark("The gateway made a mistake. Its operator has been told.")

UNANSWERED = ("error", "headline")

ANSWERED_PRESENCE = (None, "subscribe")
"""None: available, which is how rooms are entered."""

SUBSCRIPTIONS = ("subscribe", "subscribed", "unsubscribe", "unsubscribed")


class Loading:
    """A user on the way from the store, and who waits for them."""

    def __init__(self) -> None:
        self.stanzas: list[Element] = []
        self.done = Event()


Say = Callable[[Asker, str], str]
"""Answers what a user wrote to the transport itself."""


class Router:
    def __init__(self, context: Context, iqs: Table, say: Say) -> None:
        self._context = context
        self._iqs = iqs
        self._say = say
        self._users: dict[str, User] = {}
        self._loading: dict[str, Loading] = {}
        self._pool = Pool(AT_ONCE)
        self._loads = Pool(LOADS)
        self._sweeper = gevent.spawn(self._sweep)

    # Messages and presence.

    def stanza(self, stanza: Element) -> None:
        """Take a message or a presence off the stream."""
        if jid.split(stanza.get("from", ""))[1] in self._context.config.transports:
            return  # Ours, shown to us: XEP-0356 lets us see the presence of users' contacts.
        if self._context.privileges.heard(stanza):
            return
        try:
            user = self._user(stanza.get("from", ""))
            if user.is_loaded and user.jid not in self._loading:
                self._deliver(user, stanza)
            else:
                self._wait(user, stanza)
        except Exception:
            self._failed(stanza)

    def _deliver(self, user: User, stanza: Element) -> None:
        try:
            self._dispatch(user, stanza)
        except CommandRefused as refusal:
            self._refuse(stanza, refusal)
        except Exception:
            self._failed(stanza)

    def _dispatch(self, user: User, stanza: Element) -> None:
        local, domain, resource = jid.split(stanza.get("to", ""))
        transport = self._context.config.transports.get(domain)
        if transport is None:
            return  # To an address of the component that is no transport.
        user.hear(stanza.get(LANG), transport)
        address = self._context.addressings[domain].parse(jid.unescape(local))
        kind = stanza.get("type")
        if kind == "error":
            user.bounced(stanza, transport, address)
        elif not user.may_use(transport):
            raise CommandRefused(Reason.FORBIDDEN, tr("You may not use this gateway."))
        elif stanza.tag == MESSAGE:
            self._message(user, stanza, transport, address, resource)
        else:
            _presence(user, stanza, kind, transport, address, resource)

    def _message(
        self, user: User, stanza: Element, transport: Transport, address: Address, nick: str
    ) -> None:
        if address.kind is not Kind.SERVER:
            user.message(stanza, transport, address, nick)
        elif stanza.findtext(BODY) and stanza.get("type") not in UNANSWERED:
            user.quotas.messages.spend()
            self._in_pool(stanza, self._answer_chat, user, stanza, transport, address)
        elif (event := stanza.find(PUBLISHED)) is not None:
            user.published(event, transport)

    def _answer_chat(
        self, user: User, stanza: Element, transport: Transport, address: Address
    ) -> None:
        user.hear(stanza.get(LANG), transport)  # In a greenlet of its own.
        sender, to = stanza.get("from", ""), stanza.get("to", "")
        asker = Asker(sender=sender, user=user, transport=transport, address=address)
        answer = self._say(asker, stanza.findtext(BODY, ""))
        self._answer(
            stanza,
            stanzas.message(jid.bare(to), sender, "chat", stanzas.body(answer)),
            keep=True,
        )

    def _refuse(self, stanza: Element, refusal: CommandRefused) -> None:
        """Unless that would answer an error, or something that expects no answer."""
        kind = stanza.get("type")
        is_message = stanza.tag == MESSAGE and not is_signal(stanza)
        if kind not in UNANSWERED and (is_message or kind in ANSWERED_PRESENCE):
            self._write_refusal(stanza, refusal)

    def _write_refusal(self, stanza: Element, refusal: CommandRefused) -> None:
        condition = ""
        if isinstance(refusal, Refusal):
            condition = stanzas.serialize(refusal.condition)
        text = stanzas.refuse(stanza, refusal.reason, refusal.text, condition)
        self._answer(stanza, text, keep=stanza.tag == MESSAGE)

    def _answer(self, stanza: Element, text: str, keep: bool = False) -> None:
        domain = jid.split(stanza.get("to", ""))[1]
        user = jid.bare(stanza.get("from", ""))
        self._context.streams.of(user, domain).write(text, keep=keep)

    def _failed(self, stanza: Element) -> None:
        """A bug, while this stanza was handled: it ends here."""
        _log_failure(stanza)
        self._refuse(stanza, CommandRefused(Reason.INTERNAL, tr(OUR_MISTAKE)))

    # Users.

    def _user(self, sender: str) -> User:
        bare = jid.bare(sender)
        user = self._users.get(bare)
        if user is None:
            user = self._users[bare] = User(bare, self._context)
        user.touched = time.monotonic()
        return user

    def _wait(self, user: User, stanza: Element) -> None:
        loading = self._begin_loading(user)
        if len(loading.stanzas) < PATIENCE:
            loading.stanzas.append(stanza)
        else:
            self._turn_away(stanza, Reason.TOO_MUCH, BUSY)

    def _begin_loading(self, user: User) -> Loading:
        if (loading := self._loading.get(user.jid)) is None:
            loading = self._loading[user.jid] = Loading()
            gevent.spawn(self._load, user, loading)
        return loading

    def _load(self, user: User, loading: Loading) -> None:
        failure = self._try_to_load(user)
        del self._loading[user.jid]
        if failure:
            self._users.pop(user.jid, None)
        for stanza in loading.stanzas:
            if failure:
                self._turn_away(stanza, *failure)
            else:
                self._deliver(user, stanza)
        loading.done.set()

    def _try_to_load(self, user: User) -> tuple[Reason, str] | None:
        try:
            self._loads.apply(user.load)
        except GatewayError as error:
            log.error("user.not_loaded", user=user.jid, why=str(error))
            return Reason.TIMEOUT, NO_STORE
        except Exception:
            log.exception("user.not_loaded", user=user.jid)
            return Reason.INTERNAL, OUR_MISTAKE
        return None

    def _turn_away(self, stanza: Element, reason: Reason, words: str) -> None:
        """Somebody of whom is known only what this stanza shows."""
        i18n.speak(stanza.get(LANG, ""))
        self._refuse(stanza, CommandRefused(reason, tr(words)))

    def user(self, bare: str) -> User:
        """The user, loaded.  Blocks this greenlet.

        Raises:
            CommandRefused: the store is not reachable.
        """
        user = self._user(bare)
        if not user.is_loaded:
            self._begin_loading(user).done.wait()
            if not user.is_loaded:
                raise CommandRefused(Reason.TIMEOUT, tr(NO_STORE))
        return user

    def users(self) -> list[User]:
        return list(self._users.values())

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP)
            self._drop_idle()  # Apart, so that the last of them is not kept by a variable.

    def _drop_idle(self) -> None:
        long_ago = time.monotonic() - SWEEP
        for user in self.users():
            user.sweep()
            if user.is_idle and user.touched < long_ago:
                user.close()
                del self._users[user.jid]

    # IQs.

    def iq(self, iq: Any) -> None:
        """Take an IQ of type get or set."""
        self._in_pool(iq.xml, self._answer_iq, iq)

    def _answer_iq(self, iq: Any) -> None:
        payload = next(iter(iq.xml), None)
        if payload is None or not (handler := self._iqs.get((iq["type"], payload.tag))):
            raise CommandRefused(Reason.FULL)  # RFC 6120, section 8.4.
        answer = handler(self._ask(iq, payload))
        reply = iq.reply()
        if answer is not None:
            reply.set_payload(getattr(answer, "xml", answer))
        self._answer(iq.xml, stanzas.serialize(reply.xml))

    def _ask(self, iq: Any, payload: Element) -> Ask:
        sender, to = iq.xml.get("from", ""), iq.xml.get("to", "")
        local, domain, resource = jid.split(to)
        transport = self._context.config.transports.get(domain)
        if transport is None:
            raise CommandRefused(Reason.NOT_FOUND)
        i18n.speak(iq.xml.get(LANG, ""))
        user = self.user(jid.bare(sender))
        user.hear(iq.xml.get(LANG), transport)
        return Ask(
            iq=iq,
            payload=payload,
            sender=sender,
            user=user,
            transport=transport,
            address=self._context.addressings[domain].parse(jid.unescape(local)),
            resource=resource,
        )

    def _in_pool(self, stanza: Element, work: Callable[..., None], *args: Any) -> None:
        user = self._user(stanza.get("from", ""))
        if user.at_work >= AT_ONCE_EACH or self._pool.full():
            i18n.speak(stanza.get(LANG, ""))
            self._write_refusal(stanza, CommandRefused(Reason.TOO_MUCH, tr(BUSY)))
        else:
            user.at_work += 1
            self._pool.spawn(self._contained, user, stanza, work, *args)

    def _contained(
        self, user: User, stanza: Element, work: Callable[..., None], *args: Any
    ) -> None:
        try:
            work(*args)
        except CommandRefused as refusal:
            self._write_refusal(stanza, refusal)
        except Exception:
            _log_failure(stanza)
            self._write_refusal(stanza, CommandRefused(Reason.INTERNAL, tr(OUR_MISTAKE)))
        finally:
            user.at_work -= 1

    # The XMPP server went, or came back.

    def cut_off(self, stream: Component) -> None:
        for user in self.users():
            user.cut_off(stream)

    def reconnected(self, stream: Component) -> None:
        for user in self.users():
            user.reconnected(stream)
        gevent.spawn(self._verify, stream)
        gevent.spawn_later(RETURN_TIME, self._give_up_doubtful, stream)

    def restore(self, stream: Component) -> None:
        """At start: load everybody whom the store knows, one by one, and ask who is there."""
        of = self._context.streams.of
        known = [user for user, domain in self._context.store.users() if of(user, domain) is stream]
        for bare in dict.fromkeys(known):
            try:
                self.user(bare).reconnected(stream)
            except GatewayError as error:
                log.error("user.not_loaded", user=bare, why=str(error))
        self._verify(stream)
        gevent.spawn_later(RETURN_TIME, self._give_up_doubtful, stream)

    def farewell(self) -> None:
        """The gateway stops: everybody on a network goes offline (XEP-0100, section 4.5)."""
        for user in self.users():
            user.farewell()

    def _verify(self, stream: Component) -> None:
        """A client that joined a room without being subscribed is not found by a probe."""
        for user in self.users():
            for domain, seat in user.doubtful_seats(stream):
                stream.ping(domain, seat, partial(user.is_there, seat, domain))

    def _give_up_doubtful(self, stream: Component) -> None:
        if stream.is_up:
            for user in self.users():
                user.give_up_doubtful(stream)


def _log_failure(stanza: Element) -> None:
    log.exception("stanza.failed", user=jid.bare(stanza.get("from", "")), to=stanza.get("to"))


def _presence(
    user: User,
    stanza: Element,
    kind: str | None,
    transport: Transport,
    address: Address,
    nick: str,
) -> None:
    if kind is None:
        user.available(stanza, transport, address, nick)
    elif kind == "unavailable":
        user.unavailable(stanza, transport, address)
    elif kind == "probe":
        user.probe(stanza, transport, address)
    elif kind in SUBSCRIPTIONS:
        user.subscription(stanza, transport, address)
