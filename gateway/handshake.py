"""The component handshake (XEP-0114, section 3) on a plain socket, to see whether we are let in.

What stays connected is ``gateway.xmpp.component``; this is for ``gateway.py check``.
"""

import contextlib
import hashlib
import socket
from types import TracebackType
from typing import Any, Self
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.sax.saxutils import quoteattr

STREAMS = "http://etherx.jabber.org/streams"
COMPONENT = "jabber:component:accept"
VERSION = "jabber:iq:version"

ANSWER_SECONDS = 10.0
"""For each step of the handshake.  An idle server takes milliseconds."""

PRIVILEGE_SECONDS = 1.0
"""The advertisement follows the handshake at once, where there is one (XEP-0356, section 4.1)."""

VERSION_SECONDS = 1.0
"""Takes milliseconds.  ejabberd 24.10 and later may never answer if it has mod_privilege."""

MAX_STANZAS = 100
"""Looked through for it.  Users may be busy: what they send comes to us too."""

READ_SIZE = 4096

REASONS = {
    # RFC 6120, section 4.9.3, in the words of what the operator can do.
    "not-authorized": "the secret is not the one that the server has for this domain, or it does "
    "not know the domain",
    "host-unknown": "the server has no such component in its configuration",
    "host-gone": "the server has no such component any more",
    "conflict": "this domain is connected already, or belongs to the server itself",
    "policy-violation": "the server does not want this connection",
}


PERMISSIONS = {f"{{urn:xmpp:privilege:{version}}}perm" for version in (1, 2)}
"""ejabberd before 24.10 advertises version 1 of the namespace."""

NOT_XMPP = "what listens there does not speak XMPP"


class HandshakeRefused(Exception):
    """The server answered, and does not let us in; the text says why."""


class Link:
    """A stream under one domain."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._parser: Any = XMLPullParser(("start", "end"))
        self._depth = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sock.close()

    def open(self, domain: str, secret: str) -> None:
        head = f"<stream:stream xmlns='{COMPONENT}' xmlns:stream='{STREAMS}'"
        self._sock.sendall(f"{head} to={quoteattr(domain)}>".encode())
        opened = self.next()
        if opened.tag != f"{{{STREAMS}}}stream":
            raise HandshakeRefused(NOT_XMPP)
        proof = hashlib.sha1((opened.get("id", "") + secret).encode())  # noqa: S324  Its own choice.
        self._sock.sendall(f"<handshake>{proof.hexdigest()}</handshake>".encode())
        answer = self.next()
        if answer.tag != f"{{{COMPONENT}}}handshake":
            raise HandshakeRefused(_reason(answer))

    def send(self, text: str) -> None:
        self._sock.sendall(text.encode())

    def set_timeout(self, seconds: float) -> None:
        self._sock.settimeout(seconds)

    def next(self) -> Element:
        """The start of the stream, then each of its children.

        Raises:
            HandshakeRefused: it ends, or is no stream.
            TimeoutError: nothing comes.
        """
        while True:
            try:
                for event, element in self._parser.read_events():
                    self._depth += 1 if event == "start" else -1
                    if self._depth == 1:
                        found: Element = element
                        return found
            except ParseError:
                raise HandshakeRefused(NOT_XMPP) from None
            data = self._sock.recv(READ_SIZE)
            if not data:
                raise HandshakeRefused("the server hung up without a word; its log may say why")
            self._parser.feed(data)  # What it thinks of it, read_events raises.


def connect(address: tuple[str, int], domain: str, secret: str) -> Link:
    """
    Raises:
        HandshakeRefused: the server does not let us in.
        OSError: nobody answers.
    """
    link = Link(socket.create_connection(address, timeout=ANSWER_SECONDS))
    try:
        link.open(domain, secret)
    except BaseException:
        link.__exit__(None, None, None)
        raise
    return link


def privileges(link: Link) -> frozenset[str]:
    """What the server grants, as "roster both"; empty if it says nothing in time."""
    link.set_timeout(PRIVILEGE_SECONDS)
    granted: set[tuple[str, str]] = set()
    with contextlib.suppress(TimeoutError, HandshakeRefused):
        for _ in range(MAX_STANZAS):
            found = [e for e in link.next().iter() if e.tag in PERMISSIONS]
            granted |= {(e.get("access", ""), e.get("type", "")) for e in found}
            if found:
                break
    return frozenset(f"{what} {how}".rstrip() for what, how in granted if how != "none")


def software(link: Link, domain: str, server: str) -> str:
    """What the server calls itself (XEP-0092); empty if it does not say so in time."""
    link.set_timeout(VERSION_SECONDS)
    sender, to = quoteattr(domain), quoteattr(server)
    try:
        link.send(f"<iq type='get' id='v' from={sender} to={to}><query xmlns='{VERSION}'/></iq>")
        for _ in range(MAX_STANZAS):
            answer = link.next()
            if answer.tag == f"{{{COMPONENT}}}iq" and answer.get("id") == "v":
                return answer.findtext(f"{{{VERSION}}}query/{{{VERSION}}}name", "")
    except (TimeoutError, HandshakeRefused):
        pass
    return ""


def _reason(answer: Element) -> str:
    """What a stream error says."""
    for child in answer:
        condition = child.tag.rpartition("}")[2]
        if condition in REASONS:
            return f"{REASONS[condition]} ({condition})"
    names = [child.tag.rpartition("}")[2] for child in answer]
    return f"the server says {' '.join([answer.tag.rpartition('}')[2], *names])}"
