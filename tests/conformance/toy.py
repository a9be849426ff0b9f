"""A small gateway to ``toynet``, which does what the checks ask, unless it is told to do it wrong.

It proves two things: that the checks suit other gateways than Greengate, and that each can fail.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from gevent.event import AsyncResult
from slixmpp import ComponentXMPP
from slixmpp.xmlstream import StanzaBase

from gateway.hub import HubLoop
from gateway.trial.ejabberd import DOMAIN as SERVER
from gateway.trial.ejabberd import Ejabberd, ejabberd
from tests.conformance.adapter import Can
from tests.conformance.greengate import made_user
from tests.conformance.site import Site
from tests.conformance.toynet import AVAILABLE, ToyNet, fold
from tests.conformance.toysession import Session, Wrong
from tests.conformance.toyside import ToyAdapter
from tests.endtoend.client import DATA, REGISTER
from tests.endtoend.inbox import GUARD

INFO = "http://jabber.org/protocol/disco#info"
GATEWAY = "jabber:iq:gateway"
ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
OMEMO = "eu.siacs.conversations.axolotl"
RECEIPTS = "urn:xmpp:receipts"

DOMAIN = f"toy.{SERVER}"
SECRET = "toy-secret"

TRUST = "Give name and password; the password is stored, and the operator can read along."


class Toy:
    def __init__(self, domain: str, wrong: Wrong | None) -> None:
        self.domain = domain
        self.wrong = wrong
        self.net = ToyNet()
        self._sessions: dict[str, Session] = {}
        self._component: Any = None

    # The stream.

    def connect(self, loop: HubLoop, host: str, port: int, secret: str) -> None:
        ready: AsyncResult[None] = AsyncResult()
        loop.wait_for(self._connect(host, port, secret, ready), GUARD)
        ready.get(timeout=GUARD)

    async def _connect(self, host: str, port: int, secret: str, ready: "AsyncResult[None]") -> None:
        make: Callable[..., Any] = ComponentXMPP
        self._component = make(self.domain, secret, host, port)
        self._component.add_event_handler("session_start", lambda _: ready.set(None))
        self._component.add_filter("in", self._received)
        self._component.connect()

    def disconnect(self, loop: HubLoop) -> None:
        with contextlib.suppress(TimeoutError):
            loop.wait_for(self._disconnect(), GUARD)

    async def _disconnect(self) -> None:
        await self._component.disconnect(wait=2.0)
        self._component._run_out_filters.cancel()

    def _received(self, stanza: StanzaBase) -> StanzaBase | None:
        xml = stanza.xml
        kind = xml.tag.rpartition("}")[2]
        if kind not in HANDLERS:
            return stanza
        HANDLERS[kind](self, xml, xml.get("from", "").partition("/")[0])
        return None

    def send(self, xml: str) -> None:
        self._component.send_raw(xml)

    def jid(self, name: str) -> str:
        return f"{name}@{self.domain}" if name else self.domain

    def presence(self, name: str, to: str, kind: str = "", show: str = "", words: str = "") -> None:
        """Of somebody on the network, or (without a name) of the gateway."""
        resource = "/toy" if self.wrong is Wrong.SPEAKS_WITH_RESOURCE and not name else ""
        attributes = f"from='{self.jid(name)}{resource}' to='{to}'" + (
            f" type='{kind}'" if kind else ""
        )
        inner = (f"<show>{show}</show>" if show else "") + f"<status>{escape(words)}</status>"
        self.send(f"<presence {attributes}>{inner}</presence>")

    # Questions.

    def iq(self, xml: Element, user: str) -> None:
        if xml.get("type") not in ("get", "set"):
            return
        query = xml[0] if len(xml) else Element("nothing")
        answer = IQS.get((xml.get("type", ""), query.tag))
        inner = answer(self, query, user) if answer else "!feature-not-implemented"
        head = back(xml)
        if inner.startswith("!"):
            self.send(f"<iq {head} type='error'>{error(inner[1:])}</iq>")
        else:
            self.send(f"<iq {head} type='result'>{inner}</iq>")

    def info(self, query: Element, user: str) -> str:
        name = "" if self.wrong is Wrong.HAS_NO_NAME else "name='Toy'"
        features = "".join(f"<feature var='{feature}'/>" for feature in (INFO, REGISTER, GATEWAY))
        identity = f"<identity category='gateway' type='xmpp' {name}/>"
        return f"<query xmlns='{INFO}'>{identity}{features}</query>"

    def prompt(self, query: Element, user: str) -> str:
        return f"<query xmlns='{GATEWAY}'><desc>Whom?</desc><prompt>Name</prompt></query>"

    def translate(self, query: Element, user: str) -> str:
        typed = query.findtext(f"{{{GATEWAY}}}prompt", "")
        if not typed:
            return "!not-acceptable"
        name = typed if self.wrong is Wrong.ADDRESSES_AS_TYPED else fold(typed)
        return f"<query xmlns='{GATEWAY}'><jid>{escape(name)}@{self.domain}</jid></query>"

    # Registration.

    def form(self, query: Element, user: str) -> str:
        session = self._sessions.get(user)
        name = session.name if session else ""
        password = session.password if session and self.wrong is Wrong.TELLS_PASSWORD else ""
        fields = (("username", "text-single", name), ("password", "text-private", password))
        plain = "".join(f"<{var}>{escape(value)}</{var}>" for var, _, value in fields)
        form = "".join(
            f"<field var='{var}' type='{kind}'><value>{escape(value)}</value>"
            f"{'<required/>' if var == 'username' else ''}</field>"
            for var, kind, value in fields
        )
        hidden = f"<field var='FORM_TYPE' type='hidden'><value>{REGISTER}</value></field>"
        return (
            f"<query xmlns='{REGISTER}'>{'<registered/>' if session else ''}"
            f"<instructions>{TRUST}</instructions>{plain}"
            f"<x xmlns='{DATA}' type='form'>{hidden}{form}</x></query>"
        )

    def register(self, query: Element, user: str) -> str:
        if query.find(f"{{{REGISTER}}}remove") is not None:
            return self._remove(query, user)
        given = {
            **{child.tag.rpartition("}")[2]: child.text or "" for child in query},
            **{
                f.get("var", ""): f.findtext(f"{{{DATA}}}value", "")
                for f in query.iter(f"{{{DATA}}}field")
            },
        }
        old = self._sessions.get(user)
        name, password = given.get("username", ""), given.get("password", "")
        if old and not password and self.wrong is not Wrong.TAKES_EMPTY_PASSWORD:
            password = old.password
        if not name:
            return "!not-acceptable"
        return self._try(user, old, Session(self, user, name, password))

    def _try(self, user: str, old: Session | None, new: Session) -> str:
        if old:
            old.log_out()
            new.resources, new.offered, new.wanted = old.resources, old.offered, old.wanted
        is_accepted = new.log_in()
        if not is_accepted and self.wrong not in (
            Wrong.VERIFIES_NOTHING,
            Wrong.TAKES_EMPTY_PASSWORD,
        ):
            if old and self.wrong is Wrong.FORGETS_OLD_REGISTRATION:
                del self._sessions[user]
            elif old:
                old.log_in()
            return "!not-acceptable"
        self._sessions[user] = new
        self.presence("", user, *([] if old else ["subscribe"]))
        return ""

    def _remove(self, query: Element, user: str) -> str:
        if len(query) > 1 and self.wrong is not Wrong.REMOVES_ANYHOW:
            return "!bad-request"
        session = self._sessions.pop(user, None)
        if session is None:
            return "!registration-required"
        if self.wrong is not Wrong.STAYS_LOGGED_IN:
            session.log_out()
        gone = ["", *sorted(session.offered)]
        for name in gone if self.wrong is not Wrong.TAKES_NO_LEAVE else []:
            for kind in ("unsubscribe", "unsubscribed", "unavailable"):
                self.presence(name, user, kind)
        return ""

    # Presence.

    def on_presence(self, xml: Element, user: str) -> None:
        session, kind = self._sessions.get(user), xml.get("type", "")
        name, resource = self._name(xml), xml.get("from", "").partition("/")[2]
        if kind == "error":
            self._on_error(xml)
        elif session is None:
            if kind == "subscribe":
                self.presence(name, user, "unsubscribed")
        elif kind == "":
            self._available(session, xml, resource)
        elif kind == "unavailable" and not name:
            self._unavailable(session, resource)
        elif kind == "probe":
            self._probed(session, name)
        elif name:
            self._about(session, name, kind)
        elif kind == "subscribe":
            self.presence("", user, "subscribed")
            self._announce(session)

    def _available(self, session: Session, xml: Element, resource: str) -> None:
        is_first = not session.resources
        session.resources.add(resource)
        was_hopeless, had_failed = session.is_hopeless, session.someone is None
        if session.log_in():
            assert session.someone
            show = xml.findtext("{*}show") or AVAILABLE
            self.net.be(session.someone, show, xml.findtext("{*}status", ""))
            if is_first or had_failed:
                self._announce(session)
        elif not was_hopeless:
            session.is_hopeless = self.wrong is not Wrong.TRIES_AGAIN
            why = "" if self.wrong is Wrong.SAYS_NOT_WHY else error("not-authorized")
            self.send(
                f"<presence from='{self.domain}' to='{session.user}' type='error'>{why}</presence>"
            )
        if self.wrong is Wrong.REPEATS_PRESENCE:
            for name in session.offered:
                session.show(name)

    def _announce(self, session: Session) -> None:
        self.presence("", session.user, "" if session.someone else "unavailable")

    def _unavailable(self, session: Session, resource: str) -> None:
        session.resources.discard(resource)
        if not session.resources and self.wrong is not Wrong.STAYS_LOGGED_IN:
            session.log_out()
            self._announce(session)

    def _probed(self, session: Session, name: str) -> None:
        if self.wrong is Wrong.FORGETS_PROBES:
            return
        if not name:
            self._announce(session)
        elif name in session.offered and name in session.shown:
            session.show(name)

    def _about(self, session: Session, name: str, kind: str) -> None:
        """A subscription of the user's to somebody, or the other way round."""
        someone = session.someone
        if someone is None:
            return
        if kind == "subscribe":
            session.wanted.add(name)
            if self.wrong is Wrong.GRANTS_EARLY:
                self.presence(name, session.user, "subscribed")
            self.net.add(someone, name)
        elif kind == "unsubscribe" and self.wrong is not Wrong.KEEPS_REMOVED:
            someone.book.discard(name)
            session.wanted.discard(name)
            session.offered.discard(name)
            session.shown.pop(name, None)
        elif kind in ("subscribed", "unsubscribed"):
            if kind == "unsubscribed":
                session.is_refused.add(name)
            self.net.answer(someone, name, kind == "subscribed")
            if kind == "unsubscribed" and self.wrong is Wrong.ASKS_AGAIN:
                someone.waiting.add(name)

    # Messages.

    def on_message(self, xml: Element, user: str) -> None:
        if xml.get("type") == "error":
            self._on_error(xml)
        elif xml.find("{*}body") is not None and (name := self._name(xml)):
            self._deliver(xml, user, name)

    def _deliver(self, xml: Element, user: str, name: str) -> None:
        session = self._sessions.get(user)
        wants_receipt = xml.find(f"{{{RECEIPTS}}}request") is not None
        if wants_receipt and self.wrong is Wrong.CONFIRMS_EVERYTHING:
            self._confirm(xml)
        if session is None or session.someone is None:
            self._refuse(xml, "registration-required")
        elif xml.find(f"{{{OMEMO}}}encrypted") is not None:
            self._refuse(xml, "not-acceptable")
        elif not self.net.say(session.someone, name, xml.findtext("{*}body", "")):
            self._refuse(xml, "item-not-found")
        elif wants_receipt and self.wrong is not Wrong.CONFIRMS_EVERYTHING:
            self._confirm(xml)

    def _confirm(self, xml: Element) -> None:
        received = f"<received xmlns='{RECEIPTS}' id={quoteattr(xml.get('id', ''))}/>"
        self.send(f"<message {back(xml)}>{received}</message>")

    def _refuse(self, xml: Element, condition: str) -> None:
        if self.wrong is not Wrong.SWALLOWS_MESSAGES:
            head = (
                f"id={quoteattr(xml.get('id', ''))} from='{xml.get('to')}' to='{xml.get('from')}'"
            )
            self.send(f"<message {head} type='error'>{error(condition)}</message>")

    def _on_error(self, xml: Element) -> None:
        if self.wrong is Wrong.ANSWERS_ERRORS:
            self.send(f"<message {back(xml)}><body>What do you mean?</body></message>")

    def _name(self, xml: Element) -> str:
        return xml.get("to", "").rpartition("@")[0]


def back(xml: Element) -> str:
    """The addresses of an answer, and its id."""
    id, to, sender = (quoteattr(xml.get(name, "")) for name in ("id", "from", "to"))
    return f"id={id} from={sender} to={to}"


def error(condition: str) -> str:
    text = f"<text xmlns='{ERRORS}'>That is {condition}.</text>"
    return f"<error type='cancel'><{condition} xmlns='{ERRORS}'/>{text}</error>"


HANDLERS: Mapping[str, Callable[[Toy, Element, str], None]] = {
    "iq": Toy.iq,
    "presence": Toy.on_presence,
    "message": Toy.on_message,
}

IQS: Mapping[tuple[str, str], Callable[[Toy, Element, str], str]] = {
    ("get", f"{{{INFO}}}query"): Toy.info,
    ("get", f"{{{GATEWAY}}}query"): Toy.prompt,
    ("set", f"{{{GATEWAY}}}query"): Toy.translate,
    ("get", f"{{{REGISTER}}}query"): Toy.form,
    ("set", f"{{{REGISTER}}}query"): Toy.register,
}
"""An answer that begins with ``!`` is the condition of an error."""


@dataclass(frozen=True, slots=True)
class ToyCombination:
    """Behind an ejabberd of its own."""

    name: str = "toy"
    cannot: Mapping[Can, str] = field(default_factory=lambda: ToyAdapter.cannot)

    @contextmanager
    def open(self, loop: HubLoop) -> Iterator[Site]:
        with ejabberd(domains=[DOMAIN], secret=SECRET) as server, toy(server, loop) as site:
            yield site


@contextmanager
def toy(
    server: Ejabberd, loop: HubLoop, wrong: Wrong | None = None, patience: float = GUARD
) -> Iterator[Site]:
    gateway = Toy(DOMAIN, wrong)
    gateway.connect(loop, server.host, server.component_port, server.secret)
    try:
        yield Site(
            host=server.host,
            port=server.port,
            component=DOMAIN,
            network=ToyAdapter(gateway.net, patience),
            make_user=lambda: made_user(server),
            patience=patience,
        )
    finally:
        gateway.disconnect(loop)
