"""The first lines of a component connection: https://xmpp.org/extensions/xep-0114.html"""

import hashlib
import socket
from xml.etree import ElementTree

from gateway.trial.process import LOOPBACK

TIMEOUT = 20.0

STREAM = "http://etherx.jabber.org/streams"


def handshake(port: int, domain: str, secret: str) -> ElementTree.Element:
    """Connect as the component of a domain; return what the server answers to the handshake."""
    parser = ElementTree.XMLPullParser(["start", "end"])
    opening = (
        f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='{STREAM}' to='{domain}'>"
    )
    with socket.create_connection((LOOPBACK, port), TIMEOUT) as sock:
        sock.sendall(opening.encode())
        while data := sock.recv(4096):
            parser.feed(data)
            for event, element in parser.read_events():
                if event == "start" and element.tag == f"{{{STREAM}}}stream":
                    proof = hashlib.sha1(f"{element.get('id')}{secret}".encode()).hexdigest()
                    sock.sendall(f"<handshake>{proof}</handshake>".encode())
                elif event == "end" and element.tag.rpartition("}")[2] in ("handshake", "error"):
                    return element
    raise ConnectionError(f"component port {port}: closed before it answered")
