"""Names of XMPP as the operator writes them: domains, and who may use a transport.

RFC 7622 (https://www.rfc-editor.org/rfc/rfc7622) says how the parts of a JID are prepared;
slixmpp does it.
"""

import re
from dataclasses import dataclass

from slixmpp.jid import JID, InvalidJID

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def domain(text: str) -> str:
    """A domain name, prepared, as it stands in addresses.

    Raises:
        ValueError: it is none.
    """
    try:
        jid = JID(text)
        labels = jid.domain.encode("idna").decode().split(".")
    except (InvalidJID, UnicodeError):
        raise ValueError("not a domain") from None
    if jid.local or jid.resource or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("not a domain")
    return jid.domain


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of ``allow_users`` or ``deny_users``: a person, a domain, what is below it, or all.

    ``juliet@example.org``, ``example.org``, ``*.example.org``, ``*``
    """

    local: str
    """Empty: whoever is at that domain."""
    domain: str
    """Empty: everybody."""
    below: bool = False
    """Subdomains of ``domain`` are meant, and not ``domain`` itself."""

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """
        Raises:
            ValueError: it is neither of the four.
        """
        if text == "*":
            return cls("", "")
        if text.startswith("*."):
            return cls("", domain(text[2:]), below=True)
        local, at, rest = text.rpartition("@")
        if not at:
            return cls("", domain(text))
        try:
            jid = JID(f"{local}@{domain(rest)}")
        except InvalidJID:
            raise ValueError("not a JID") from None
        # "*" may stand in a JID; whoever writes it here means everybody and would get nobody.
        if not jid.local or jid.resource or "*" in jid.local:
            raise ValueError("not a bare JID")
        return cls(jid.local, jid.domain)

    def matches(self, user: str) -> bool:
        """Whether the bare JID, already prepared, is meant."""
        local, _, at = user.rpartition("@")
        if self.below:
            return at.endswith("." + self.domain)
        return self.domain in ("", at) and self.local in ("", local)
