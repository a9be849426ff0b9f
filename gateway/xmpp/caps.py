"""Entity Capabilities (XEP-0115): what disco would answer, as a hash in our presence."""

from functools import lru_cache

from gateway.config import Transport
from gateway.network import Kind, Network
from gateway.xmpp.features import features, identities
from gateway.xmpp.hashes import hashed
from gateway.xmpp.resources import CAPS
from gateway.xmpp.stanzas import escape

NODE = "urn:x-greengate"
"""Names the software.  A hash needs none, but the attribute must be there (section 4)."""

XEPS = {"XEP-0115": "1.6.0"}

CACHE = 1024
"""Each presence of a contact carries one of these; there are two for a transport."""


def caps(kind: Kind, transport: Transport) -> str:
    """The ``<c/>`` of a presence."""
    return f"<c xmlns='{CAPS}' hash='sha-1' node='{NODE}' ver='{escape(ver(kind, transport))}'/>"


def node(kind: Kind, transport: Transport) -> str:
    """Where disco answers for that hash (section 6.2)."""
    return f"{NODE}#{ver(kind, transport)}"


def ver(kind: Kind, transport: Transport) -> str:
    return _ver(kind, transport.network, transport.name)


@lru_cache(CACHE)
def _ver(kind: Kind, network: Network, name: str) -> str:
    named = [
        (category, type_, "", called) for category, type_, called in identities(kind, network, name)
    ]
    return hashed(named, features(kind, network))
