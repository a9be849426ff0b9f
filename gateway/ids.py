"""Opaque identifiers.

Only the network that made an identifier may look inside it.  Everybody else stores it, compares it
and hands it back.  They are kept in the database, so changing the format of one needs a migration.
"""

from typing import NamedTuple, NewType

ChatId = NewType("ChatId", str)
"""A conversation: a contact or a room.  Already folded: two ids are the same chat iff equal."""

PersonId = NewType("PersonId", str)
"""A person, in the address book or in a room.  Written as its owner writes it (``Romeo``)."""

MessageId = NewType("MessageId", str)
"""A message, unique within its chat, given by the network."""

Token = NewType("Token", str)
"""Names one command, so that what comes of it (``Done``, ``Refused`` …) can be told to its sender.
Made by ``gateway.xmpp``; a network hands it back and never looks inside."""


class SessionKey(NamedTuple):
    """One legacy session: who, through which transport, with which account."""

    user: str
    """The bare JID."""
    transport: str
    """The domain of the transport, as in gateway.yaml."""
    account: str
    """Empty for the first; the server's name on an open IRC transport; for further ones, behind
    that, the label that their owner gave them (``gateway.xmpp.labels``)."""
