"""Why a login server lets nobody in: what becomes of the session, and the words for its user.

AOL's description of OSCAR, *Authorization*.
"""

from gateway.events import Offline
from gateway.network import Pace

LOGIN_ERRORS: dict[int, tuple[Offline, str]] = {
    0x01: (Offline.BAD_CREDENTIALS, "There is no such account, or its password is wrong."),
    0x02: (Offline.NETWORK, "The login service is not available now."),
    0x04: (Offline.BAD_CREDENTIALS, "The name or the password is wrong."),
    0x05: (Offline.BAD_CREDENTIALS, "The password is wrong."),
    0x06: (Offline.NETWORK, "The server could not read the log-in."),
    0x07: (Offline.BAD_CREDENTIALS, "The account is not valid."),
    0x08: (Offline.BAD_CREDENTIALS, "The account does not exist, or was deleted."),
    0x09: (Offline.BAD_CREDENTIALS, "The account has expired."),
    0x0A: (Offline.NETWORK, "The server cannot reach its database."),
    0x0B: (Offline.NETWORK, "The server cannot reach its resolver."),
    0x0C: (Offline.NETWORK, "The server cannot read its database."),
    0x0D: (Offline.NETWORK, "The server has problems with its database."),
    0x0E: (Offline.NETWORK, "The server has problems with its database."),
    0x10: (Offline.NETWORK, "The service is not available now."),
    0x11: (Offline.BAD_CREDENTIALS, "The account has been suspended."),
    0x12: (Offline.NETWORK, "The server has problems with its database."),
    0x13: (Offline.NETWORK, "The server has problems with its database."),
    0x14: (Offline.NETWORK, "The server could not find out where to send you."),
    0x15: (Offline.NETWORK, "The service is not available for a while."),
    0x16: (Offline.NETWORK, "The server lets in no more people from this address."),
    0x17: (Offline.NETWORK, "The server lets in no more people from this address at all."),
    0x18: (Offline.NETWORK, "Too many log-ins at once; the server asks to wait some minutes."),
    0x19: (Offline.NETWORK, "You have been warned too often; the server asks to wait."),
    0x1A: (Offline.NETWORK, "The login service needs more time."),
    0x1B: (Offline.NETWORK, "The server lets in no clients as old as this gateway claims to be."),
    0x1C: (Offline.NETWORK, "The server recommends a newer client than this gateway claims to be."),
    0x1D: (
        Offline.NETWORK,
        "The server's login limiter: it takes only so many log-ins a minute from one address.",
    ),
    0x20: (Offline.BAD_CREDENTIALS, "The account needs a SecurID, which cannot be given here."),
    0x22: (Offline.BAD_CREDENTIALS, "The account is suspended because of the owner's age."),
}
"""TLV 08 of 17/03.  What passes is tried again, with growing pauses; what does not, when the
user gives other credentials."""

TOO_MANY = {0x18, 0x1D}
"""Of those: our address has logged in too often, whoever it was."""

PACE = Pace(seconds=62.0, burst=10)
"""open-oscar-server lets in ten, then one a minute; two seconds more are for those that the network
held up on their way to it."""

UNKNOWN = (Offline.NETWORK, "The server refused the log-in.")

KERBEROS_ERRORS = {0x0401: (Offline.BAD_CREDENTIALS, "The name or the password is wrong.")}
"""Code of 050c/0004: the only one that was ever recorded, of open-oscar-server."""
