"""Privileged Entity (XEP-0356): what the XMPP server lets us do in the name of its users.

    server ──what it grants, after each handshake──► Privileges ◄──may I?── rosters, chats

It says so for each of our domains, and all is void when the connection is lost.  What is granted
and fails all the same is not tried again until the next time, and said once (``privilege.failed``).

Version 1 of the namespace is ejabberd's before 24.10.  Before 23.10 its roster set always fails,
and a message in the name of a user goes to its ``to`` only, so that their clients see nothing of
it; what they do see there is a carbon (XEP-0280) that the user sends to themselves.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from xml.etree.ElementTree import Element

import gevent

from gateway import log
from gateway.errors import CommandRefused
from gateway.xmpp import stanzas
from gateway.xmpp.streams import Streams

XEPS = {"XEP-0356": "0.4.1", "XEP-0280": "1.0.1"}

PRIVILEGE = tuple(f"urn:xmpp:privilege:{version}" for version in (2, 1))
FORWARD = "urn:xmpp:forward:0"
CARBONS = "urn:xmpp:carbons:2"
VERSION = "jabber:iq:version"

MINE = "greengate-mine-"
"""Begins the ids of messages that we send in the name of users."""

CARRIES_ITSELF = (23, 10)
"""The first ejabberd that sends carbons of such messages by itself."""


class Privilege(Enum):
    ROSTER_GET = "roster get"
    ROSTER_SET = "roster set"
    MESSAGE = "message outgoing"


PERMISSIONS = {
    ("roster", "get"): {Privilege.ROSTER_GET},
    ("roster", "set"): {Privilege.ROSTER_SET},
    ("roster", "both"): {Privilege.ROSTER_GET, Privilege.ROSTER_SET},
    ("message", "outgoing"): {Privilege.MESSAGE},
}
"""Section 4.2.  What else there is (presence, other IQs) we have no use for."""


@dataclass(frozen=True, slots=True)
class Grant:
    namespace: str
    privileges: frozenset[Privilege]
    shows_messages: bool = True
    """The server shows to the user's clients what is sent in their name."""


NOTHING = Grant(PRIVILEGE[0], frozenset())


class Privileges:
    def __init__(self, server: str, streams: Streams) -> None:
        """``server``: the domain of the users."""
        self._server = server
        self._streams = streams
        self._grants: dict[str, Grant] = {}
        """By domain of ours."""

    def may(self, privilege: Privilege, user: str, domain: str) -> bool:
        """For a user, between them and that domain of ours.  Only users of ``server`` have
        granted anything by it."""
        return user.endswith(f"@{self._server}") and privilege in self._grant(domain).privileges

    def _grant(self, domain: str) -> Grant:
        return self._grants.get(domain, NOTHING)

    # Heard.

    def heard(self, stanza: Element) -> bool:
        """Take a message or a presence; whether it was one that concerns privileges."""
        if stanza.get("from") == self._server:
            self._server_said(stanza)
            return True
        # A user who has no resource: it is we who speak, and the server passes it on to us.
        return "/" not in stanza.get("from", "") and stanza.get("id", "").startswith(MINE)

    def _server_said(self, message: Element) -> None:
        domain = message.get("to", "")
        if message.get("type") == "error":
            if message.get("id", "").startswith(MINE):
                self.failed(Privilege.MESSAGE, domain, stanzas.condition(message))
            return
        for namespace in PRIVILEGE:
            if (found := message.find(f"{{{namespace}}}privilege")) is not None:
                self._granted(domain, namespace, found)

    def _granted(self, domain: str, namespace: str, advertised: Element) -> None:
        privileges: set[Privilege] = set()
        for permission in advertised.iter(f"{{{namespace}}}perm"):
            named = permission.get("access", ""), permission.get("type", "")
            privileges |= PERMISSIONS.get(named, set())
        names = sorted(privilege.value for privilege in privileges)
        log.info("privilege.granted", domain=domain, privileges=", ".join(names) or None)
        self._grants[domain] = Grant(namespace, frozenset(privileges))
        if namespace == PRIVILEGE[1] and Privilege.MESSAGE in privileges:
            gevent.spawn(self._ask_version, domain)

    def _ask_version(self, domain: str) -> None:
        """If it does not say, it is taken for one that shows messages: else they would be shown
        twice."""
        try:
            stream = self._streams.of("", domain)
            answer = stream.ask(domain, self._server, Element(f"{{{VERSION}}}query"))
        except CommandRefused:
            return
        name = answer.findtext(f"{{{VERSION}}}name", "")
        version = _version(answer.findtext(f"{{{VERSION}}}version", ""))
        grant = self._grants.get(domain)
        if grant and name == "ejabberd" and version < CARRIES_ITSELF:
            self._grants[domain] = replace(grant, shows_messages=False)

    def failed(self, privilege: Privilege, domain: str, why: str) -> None:
        """It was granted, and refused all the same."""
        grant = self._grant(domain)
        if privilege in grant.privileges:
            self._grants[domain] = replace(grant, privileges=grant.privileges - {privilege})
            log.warning("privilege.failed", domain=domain, privilege=privilege.value, why=why)

    def lost(self, domains: Iterable[str]) -> None:
        """Their connection."""
        for domain in domains:
            self._grants.pop(domain, None)

    # Said.

    def sent(self, user: str, domain: str, to: str, children: str) -> str:
        """What shows to the user's clients that they have sent a message to one of our JIDs, from
        elsewhere; empty if we may not."""
        if not self.may(Privilege.MESSAGE, user, domain):
            return ""
        grant = self._grant(domain)
        id = f"{MINE}{stanzas.new_id()}"
        sent = _message(user, to, id, children)
        if not grant.shows_messages:
            sent = _message(user, user, id, f"<sent xmlns='{CARBONS}'>{_forwarded(sent)}</sent>")
        carrier = f"<privilege xmlns='{grant.namespace}'>{_forwarded(sent)}</privilege>"
        return stanzas.message(domain, self._server, "normal", carrier, id)


def _message(sender: str, to: str, id: str, children: str) -> str:
    """The namespace is the one of clients (XEP-0356, section 5.2)."""
    inner = stanzas.message(sender, to, "chat", children, id)
    return inner.replace("<message", "<message xmlns='jabber:client'", 1)


def _forwarded(message: str) -> str:
    """XEP-0297."""
    return f"<forwarded xmlns='{FORWARD}'>{message}</forwarded>"


def _version(text: str) -> tuple[int, ...]:
    """The first two numbers: "23.01" and what distributions add to it."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else CARRIES_ITSELF
