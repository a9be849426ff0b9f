"""Every exception the gateway raises on purpose, sorted by who must act.

Anything else that is raised is a bug, and is caught in one place: ``gateway.session`` for a
session, ``gateway.xmpp.router`` for a stanza, ``gateway.main`` for the process.
"""

from enum import Enum


class Reason(Enum):
    """Why a command was refused; the value is the XMPP condition (RFC 6120, section 8.3.3)."""

    BAD_REQUEST = "bad-request"  # The command makes no sense: change it.
    CONFLICT = "conflict"  # The name is taken.
    FORBIDDEN = "forbidden"  # You lack the rights; from a room, you are banned.
    GONE = "gone"  # It existed.
    INTERNAL = "internal-server-error"  # The gateway made a mistake.
    NOT_ACCEPTABLE = "not-acceptable"  # Too long, not registered with the network, not in the room.
    NOT_ALLOWED = "not-allowed"  # Nobody may.
    NOT_AUTHORIZED = "not-authorized"  # A password is missing or wrong.
    NOT_FOUND = "item-not-found"  # No such person, room or server.
    NOT_SUPPORTED = "feature-not-implemented"  # This network cannot.
    POLICY = "policy-violation"  # The network or the operator forbids it.
    REGISTRATION_REQUIRED = "registration-required"  # Register first; from a room, members only.
    TOO_MUCH = "resource-constraint"  # Too fast or too many: try again later.
    UNAVAILABLE = "recipient-unavailable"  # Offline, and nobody stores messages for them.
    FULL = "service-unavailable"  # From a room: no place left.  Else: we do not know that service.
    TIMEOUT = "remote-server-timeout"  # The network is not reachable, or did not answer.


class GatewayError(Exception):
    """Base of all below, so that a bug (any other exception) is told apart from a failure."""


class WireError(GatewayError):
    """The peer sent what its protocol does not allow.  The reader catches it and hangs up."""


class ConfigError(GatewayError):
    """The operator must change something.  The text says place, found, expected."""


class CommandRefused(GatewayError):
    """The user must change something.  Becomes a stanza error with ``text`` in it.

    ``reason`` is the condition, ``text`` a sentence for people, in the network's own words where
    there are any.  Never holds a secret.  ``field`` is the name of the field of a form that it is
    about, if it is about one; ``text`` need not name that, too.
    """

    def __init__(self, reason: Reason, text: str = "", field: str = "") -> None:
        super().__init__(text or reason.value)
        self.reason = reason
        self.text = text
        self.field = field


class SealBroken(GatewayError):
    """A sealed credential cannot be opened: tampered with, moved, or its key is gone."""
