"""A user of the XMPP server with a real client library, slixmpp, that does nothing by itself."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring
from xml.sax.saxutils import escape

import gevent
from gevent.event import AsyncResult
from slixmpp import ClientXMPP
from slixmpp.xmlstream import StanzaBase
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from gateway.hub import HubLoop
from gateway.trial.people import Stanza
from tests.endtoend.inbox import GUARD, Inbox

MUC = "http://jabber.org/protocol/muc"
MUC_USER = f"{MUC}#user"
COMMANDS = "http://jabber.org/protocol/commands"
DATA = "jabber:x:data"
REGISTER = "jabber:iq:register"
ROSTER = "jabber:iq:roster"
ERROR = "urn:ietf:params:xml:ns:xmpp-stanzas"


class Refused(Exception):
    """An IQ was answered by an error."""

    def __init__(self, answer: Element) -> None:
        super().__init__(str(Stanza(answer)))
        self.condition = condition(answer)
        self.text = answer.findtext(f".//{{{ERROR}}}text", "")


def condition(stanza: Element) -> str:
    """The defined condition of an error, "" if it is none."""
    error = stanza.find("{*}error")
    if error is None:
        return ""
    return next(c.tag.partition("}")[2] for c in error if c.tag != f"{{{ERROR}}}text")


class Client:
    def __init__(
        self,
        loop: HubLoop,
        jid: str,
        password: str,
        resource: str = "one",
        lang: str = "en",
        *,
        patience: float = GUARD,
        features: tuple[str, ...] = (),
        is_tls: bool = False,
    ) -> None:
        """``features``: what it says in its capabilities (XEP-0115) that it can do."""
        self.jid = jid
        self.full = f"{jid}/{resource}"
        self.password = password
        self.inbox = Inbox[Stanza](self.full, patience)
        self.loop = loop
        self._features = features
        self._is_tls = is_tls
        self._slixmpp: Any = loop.wait_for(self._make(lang), GUARD)

    async def _make(self, lang: str) -> ClientXMPP:
        # Else it loads the system's authorities, which takes longer than all the rest.
        unused = None if self._is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = ClientXMPP(
            self.full, self.password, sasl_mech="PLAIN", lang=lang, ssl_context=unused
        )
        client.plugin["feature_mechanisms"].unencrypted_plain = True  # On loopback, and quick.
        client.enable_direct_tls = False
        client.enable_starttls = self._is_tls
        client.enable_plaintext = not self._is_tls
        if self._features:
            client.register_plugin("xep_0115")
            for feature in self._features:
                client.plugin["xep_0030"].add_feature(feature)
                is_told = MatchXPath(f"{{jabber:client}}iq/{{{feature}}}x")
                client.register_handler(Callback(feature, is_told, _take))
        # None: leave it to me.  Answering a subscription is part of a story.
        client.roster.auto_authorize = None  # type: ignore[assignment]
        client.roster.auto_subscribe = False
        client.add_filter("in", self._received)
        return client

    def log_in(self, port: int, *, host: str = "127.0.0.1", available: bool = True) -> "Client":
        ready: AsyncResult[str] = AsyncResult()
        self._slixmpp.add_event_handler("session_start", lambda _: ready.set(""))
        for problem in ("connection_failed", "failed_all_auth", "ssl_invalid_chain"):
            self._slixmpp.add_event_handler(
                problem, lambda why, problem=problem: ready.set(f"{problem}: {why}")
            )
        self.loop.wait_for(self._connect(host, port), GUARD)
        problem = ready.get(timeout=GUARD)
        assert not problem, f"{self.full}: {problem}"
        if available:
            self.presence()
        return self

    async def _connect(self, host: str, port: int) -> None:
        self._slixmpp.connect(host, port)

    # Out.

    def presence(
        self,
        to: str | None = None,
        type: str | None = None,
        show: str | None = None,
        status: str | None = None,
    ) -> None:
        self._slixmpp.send_presence(pto=to, ptype=type, pshow=show, pstatus=status)

    def send(self, xml: str) -> None:
        """Anything, as it stands."""
        self._slixmpp.send_raw(xml)

    def say(
        self, to: str, body: str, type: str = "chat", extra: str = "", id: str | None = None
    ) -> str:
        message = self._slixmpp.make_message(mto=to, mbody=body, mtype=type)
        message["id"] = id or self._slixmpp.new_id()
        if extra:
            message.append(fromstring(extra))
        message.send()
        return str(message["id"])

    def ask(self, to: str, type: str, payload: str | Element) -> Element:
        """Send an IQ; return the answer.

        Raises:
            Refused: the answer is an error.
        """
        answer: AsyncResult[Any] = AsyncResult()
        iq = self._slixmpp.make_iq(ito=to, itype=type)
        iq.append(fromstring(payload) if isinstance(payload, str) else payload)
        iq.send(callback=answer.set, timeout=GUARD)
        try:
            xml: Element = answer.get(timeout=self.inbox.patience).xml
        except gevent.Timeout:
            raise AssertionError(f"no answer of {to}\n{self.inbox.shown()}") from None
        if xml.get("type") == "error":
            raise Refused(xml)
        return xml

    def fence(self, to: str) -> None:
        """All that was sent to us from there until now has come."""
        with contextlib.suppress(Refused):
            self.ask(to, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>")

    # In.

    def expect(self, what: str, *matches: Callable[[Stanza], bool]) -> Stanza:
        return self.inbox.expect(lambda stanza: all(match(stanza) for match in matches), what)

    def sees_presence(
        self, sender: str, type: str = "", *matches: Callable[[Stanza], bool]
    ) -> Stanza:
        return self.expect(
            f"presence {type or 'available'} of {sender}",
            lambda stanza: is_presence(stanza, sender, type),
            *matches,
        )

    def hears(self, sender: str, body: str, type: str = "chat") -> Stanza:
        return self.expect(
            f"{type} message of {sender}: {body}",
            lambda stanza: stanza.is_message(sender, type, body),
        )

    def sees_error(self, sender: str, expected: str, kind: str = "message") -> Stanza:
        return self.expect(
            f"{kind} error {expected} of {sender}",
            lambda stanza: (
                (stanza.kind, stanza.type) == (kind, "error")
                and is_about(stanza.sender, sender)
                and condition(stanza.xml) == expected
            ),
        )

    # The roster (RFC 6121, section 2).

    def roster(self) -> dict[str, Element]:
        """Its items, by JID.  From then on the server tells of changes, and Prosody of
        subscriptions."""
        answer = self.ask(self.jid, "get", f"<query xmlns='{ROSTER}'/>")
        return {item.get("jid", ""): item for item in answer.iter(f"{{{ROSTER}}}item")}

    # Registration (XEP-0077).

    def register(self, transport: str, **values: str) -> None:
        """By form; accepts the subscription as a client does (XEP-0100, section 4.1.1)."""
        self.ask(transport, "set", form(values))

    def befriend(self, transport: str) -> None:
        self.sees_presence(transport, "subscribe")
        self.presence(transport, "subscribed")
        self.presence(transport, "subscribe")
        self.sees_presence(transport, "subscribed")

    def unregister(self, transport: str) -> None:
        self.ask(transport, "set", f"<query xmlns='{REGISTER}'><remove/></query>")

    # Ad-hoc commands (XEP-0050).

    def command(self, jid: str, node: str) -> str:
        """What one says that asks for nothing."""
        return "".join(self._command(jid, f"node='{node}'/", "completed").itertext())

    def fill_in(self, jid: str, node: str, **values: str) -> None:
        """Begin one that has a form, and submit that."""
        session = self._command(jid, f"node='{node}'/", "executing").get("sessionid")
        fields = "".join(
            f"<field var='{name}'><value>{escape(value)}</value></field>"
            for name, value in values.items()
        )
        submitted = f"<x xmlns='{DATA}' type='submit'>{fields}</x></command"
        self._command(jid, f"node='{node}' sessionid='{session}'>{submitted}", "completed")

    def _command(self, jid: str, rest: str, status: str) -> Element:
        answer = self.ask(jid, "set", f"<command xmlns='{COMMANDS}' {rest}>")
        command = answer.find(f"{{{COMMANDS}}}command")
        assert command is not None
        assert command.get("status") == status
        return command

    # Rooms (XEP-0045).

    def enter(self, occupant: str, password: str = "", history: str = "") -> None:
        """Ask to enter."""
        presence = self._slixmpp.make_presence(pto=occupant)
        x = SubElement(presence.xml, f"{{{MUC}}}x")
        if password:
            SubElement(x, f"{{{MUC}}}password").text = password
        if history:
            SubElement(x, f"{{{MUC}}}history", maxstanzas=history)
        presence.send()

    def join(self, occupant: str, **how: str) -> list[Stanza]:
        """Enter, and return all that the room sends up to the subject, which comes last."""
        room = occupant.partition("/")[0]
        at = len(self.inbox.history)
        self.enter(occupant, **how)
        self.sees_subject(room)
        came = [stanza for stanza in self.inbox.history[at:] if stanza.bare == room]
        for stanza in came:
            self.inbox.discard(stanza)
        return came

    def sees_subject(self, room: str, subject: str | None = None) -> Stanza:
        return self.expect(
            f"the subject of {room}",
            lambda stanza: stanza.kind == "message" and stanza.bare == room,
            lambda stanza: stanza.text("subject") is not None and stanza.text("body") is None,
            lambda stanza: subject is None or stanza.text("subject") == subject,
        )

    # The end.

    def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            self.loop.wait_for(self._disconnect(), GUARD)

    async def _disconnect(self) -> None:
        if self._slixmpp.is_connected():
            await self._slixmpp.disconnect(wait=2.0)
        self._slixmpp._run_out_filters.cancel()  # Else it does that when freed, perhaps too late.

    def drop(self) -> None:
        """The TCP connection ends without a word."""
        self.loop.wait_for(self._abort(), GUARD)

    async def _abort(self) -> None:
        self._slixmpp.abort()
        await asyncio.sleep(0)

    def _received(self, stanza: StanzaBase) -> StanzaBase:
        received = Stanza(stanza.xml)
        if received.kind != "iq" or received.type in ("get", "set"):
            self.inbox.put(received)
        return stanza


def _take(iq: Any) -> None:
    """Something the client says that it understands."""
    iq.reply().send()


def is_about(jid: str, wanted: str) -> bool:
    """``wanted`` with or without resource."""
    return wanted in (jid, jid.partition("/")[0])


def is_presence(stanza: Stanza, sender: str, type: str = "") -> bool:
    return (stanza.kind, stanza.type) == ("presence", type) and is_about(stanza.sender, sender)


def codes(stanza: Stanza) -> set[str]:
    """XEP-0045, section 15.6."""
    found = stanza.xml.iterfind(f"{{{MUC_USER}}}x/{{{MUC_USER}}}status")
    return {status.get("code", "") for status in found}


def item(stanza: Stanza) -> Element:
    found = stanza.xml.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}item")
    assert found is not None, f"no item in {stanza}"
    return found


def has_code(code: int) -> Callable[[Stanza], bool]:
    return lambda stanza: str(code) in codes(stanza)


def form(values: dict[str, str]) -> Element:
    query = Element(f"{{{REGISTER}}}query")
    x = SubElement(query, f"{{{DATA}}}x", type="submit")
    for name, value in values.items():
        field = SubElement(x, f"{{{DATA}}}field", var=name)
        for line in value.split("\n"):
            SubElement(field, f"{{{DATA}}}value").text = line
    return query
