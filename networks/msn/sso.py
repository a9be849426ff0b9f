"""Tickets, and how the one for the notification server is used (SSO, MSNP15; TWN, MSNP13 and 14).

USR 3 SSO I address  ──►                    USR 3 TWN I address  ──►
                     ◄── USR 3 SSO S policy nonce               ◄── USR 3 TWN S policy
POST /RST.srf  ──►  tickets, one of them with a secret
USR 4 SSO S ticket response  ──►            USR 4 TWN S ticket  ──►
"""

import struct
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import field
from enum import StrEnum
from hmac import digest
from xml.etree.ElementTree import Element

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn.soap import Fault, Request, read
from networks.msn.xml import descend, local, quoted, text_of, time_of

PATH = "/RST.srf"


class Site(StrEnum):
    """What a ticket is for, by its address."""

    PASSPORT = "http://Passport.NET/tb"
    NOTIFICATION = "messengerclear.live.com"
    """USR SSO S; has a secret."""
    MESSENGER = "messenger.msn.com"
    """USR TWN S, and received offline messages."""
    CONTACTS = "contacts.msn.com"
    OFFLINE = "messengersecure.live.com"
    """Offline messages that are sent."""
    STORAGE = "storage.msn.com"


POLICIES = {
    Site.PASSPORT: "",
    Site.NOTIFICATION: "MBI_KEY_OLD",
    Site.MESSENGER: "?id=507",
    Site.CONTACTS: "MBI",
    Site.OFFLINE: "MBI_SSL",
    Site.STORAGE: "MBI",
}
"""In the order in which the official clients ask.  For those used to log in the server may have
others: it names them in USR."""


@frozen()
class Ticket:
    text: str = field(repr=False)
    """``t=…&p=…``"""
    secret: bytes = field(default=b"", repr=False)
    """24 bytes, of NOTIFICATION only."""
    lifetime: float = 0
    """Seconds from the answer on; 0: not said."""

    @property
    def cookie(self) -> tuple[str, str]:
        """``t`` and ``p``, as the header PassportCookie has them apart."""
        parts = dict(part.partition("=")[::2] for part in self.text.split("&"))
        return parts.get("t", ""), parts.get("p", "")


Tickets = dict[Site, Ticket]

# Asking for tickets.

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext"'
    ' xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy"'
    ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing"'
    ' xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust"'
    ' xmlns:ps="http://schemas.microsoft.com/Passport/SoapServices/PPCRL">'
    '<Header><ps:AuthInfo Id="PPAuthInfo">'
    "<ps:HostingApp>{7108E71A-9926-4FCB-BCC9-9A9D3F32E423}</ps:HostingApp>"
    "<ps:BinaryVersion>4</ps:BinaryVersion><ps:UIVersion>1</ps:UIVersion><ps:Cookies></ps:Cookies>"
    "<ps:RequestParams>AQAAAAIAAABsYwQAAAAxMDMz</ps:RequestParams></ps:AuthInfo>"
)
"""Who asks: Messenger 8.5.  The parameters are base64 and say English ("lc", "1033")."""


def request_tickets(
    address: str, password: str, *, sso_policy: str = "", twn_policy: str = ""
) -> Request:
    """For all sites.  The policies are those of USR S, where there were such."""
    policies = dict(POLICIES)
    if sso_policy:
        policies[Site.NOTIFICATION] = sso_policy
    if twn_policy:
        policies[Site.MESSENGER] = "?" + twn_policy.lstrip("?").replace(",", "&")
    asked = "".join(
        _asked(number, site, policy) for number, (site, policy) in enumerate(policies.items())
    )
    body = (
        f'{HEADER}<wsse:Security><wsse:UsernameToken Id="user">'
        f"<wsse:Username>{quoted(address)}</wsse:Username>"
        f"<wsse:Password>{quoted(password)}</wsse:Password></wsse:UsernameToken></wsse:Security>"
        '</Header><Body><ps:RequestMultipleSecurityTokens Id="RSTS">'
        f"{asked}</ps:RequestMultipleSecurityTokens></Body></Envelope>"
    )
    return Request(path=PATH, action="", body=body.encode(errors="replace"))


def _asked(number: int, site: Site, policy: str) -> str:
    reference = (
        f'<wsse:PolicyReference URI="{quoted(policy)}"></wsse:PolicyReference>' if policy else ""
    )
    return (
        f'<wst:RequestSecurityToken Id="RST{number}">'
        "<wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue"
        "</wst:RequestType><wsp:AppliesTo><wsa:EndpointReference>"
        f"<wsa:Address>{quoted(site)}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>"
        f"{reference}</wst:RequestSecurityToken>"
    )


# What is answered.

RESPONSE = "RequestSecurityTokenResponse"

REFUSED = "FailedAuthentication"
"""The code of the fault for a wrong address or password."""


def parse_tickets(status: int, data: bytes) -> Tickets | Fault:
    """By the sites' addresses: order and number are the server's own.  Those of other sites, and
    those that are no text (PASSPORT's is encrypted), are left out."""
    content = read(status, data)
    if isinstance(content, Fault):
        return content
    # A single ticket comes without the collection.
    found = [content] if local(content.tag) == RESPONSE else list(content)
    tickets = {}
    for response in found:
        address = text_of(descend(response, "AppliesTo", "EndpointReference", "Address"))
        token = text_of(descend(response, "RequestedSecurityToken", "BinarySecurityToken"))
        if address in SITES and token:
            tickets[Site(address)] = Ticket(token, _secret(response), _lifetime(response))
    if not tickets:
        raise WireError(f"no tickets in <{content.tag[:80]}>")
    return tickets


SITES = set(Site)


def _secret(response: Element) -> bytes:
    text = text_of(descend(response, "RequestedProofToken", "BinarySecret"))
    try:
        return b64decode(text)
    except (Error, ValueError):
        raise WireError("a BinarySecret that is not base64") from None


def _lifetime(response: Element) -> float:
    """By the server's clock alone, whatever ours says."""
    created = time_of(text_of(descend(response, "LifeTime", "Created")))
    expires = time_of(text_of(descend(response, "LifeTime", "Expires")))
    return max(0.0, (expires - created).total_seconds()) if created and expires else 0


# The response.

KEY_SIZE = 24
"""Of 3DES, in bytes."""

BLOCK = 8
"""Of 3DES, in bytes: the size of the initialisation vector too."""

HASH_MAGIC = b"WS-SecureConversationSESSION KEY HASH"
CIPHER_MAGIC = b"WS-SecureConversationSESSION KEY ENCRYPTION"

STRUCTURE = struct.Struct("<7I")
"""Size of this, mode, cipher, hash, and the sizes of vector, hash and cipher text."""

CBC_MODE, CALG_3DES, CALG_SHA1 = 1, 0x6603, 0x8004
"""The Windows CryptoAPI's numbers."""


def response(secret: bytes, nonce: str, vector: bytes) -> str:
    """The second argument of USR SSO S: that we know the secret.

    Args:
        secret: of the ticket.
        nonce: as it came in USR; its text is used, not what it stands for.
        vector: 8 random bytes.

    Raises:
        WireError: no such secret can be.
    """
    if len(secret) != KEY_SIZE:
        raise WireError(f"a BinarySecret of {len(secret)} bytes; there should be {KEY_SIZE}")
    data = nonce.encode()
    hashed = digest(_derived(secret, HASH_MAGIC), data, "sha1")
    padding = BLOCK - len(data) % BLOCK
    encryptor = Cipher(TripleDES(_derived(secret, CIPHER_MAGIC)), CBC(vector)).encryptor()
    cipher = encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()
    head = STRUCTURE.pack(
        STRUCTURE.size, CBC_MODE, CALG_3DES, CALG_SHA1, len(vector), len(hashed), len(cipher)
    )
    return b64encode(head + vector + hashed + cipher).decode()


def _derived(secret: bytes, magic: bytes) -> bytes:
    """A key for one purpose."""
    first = digest(secret, magic, "sha1")
    second = digest(secret, first, "sha1")
    whole = digest(secret, first + magic, "sha1") + digest(secret, second + magic, "sha1")
    return whole[:KEY_SIZE]
