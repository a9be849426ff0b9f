"""Numbers that the server says instead of an answer, and what they mean for whom.

Historic servers explained none of them.
"""

from gateway.errors import Reason
from gateway.events import Offline

UNREACHABLE = {217, 913}
"""There is no way to them by a switchboard: they are not online, or we are to look so ourselves.
Whoever calls a stranger, or is blocked, is told the same."""

ERRORS: dict[int, tuple[Reason, str]] = {
    201: (Reason.BAD_REQUEST, "The server did not understand the request."),
    204: (Reason.NOT_FOUND, "There is no such network."),
    205: (Reason.NOT_FOUND, "There is no such account."),
    206: (Reason.NOT_FOUND, "There is no such domain."),
    207: (Reason.CONFLICT, "That is done already."),
    208: (Reason.NOT_FOUND, "There is no such account."),
    209: (Reason.NOT_ACCEPTABLE, "The server does not take that name."),
    210: (Reason.TOO_MUCH, "The list is full."),
    215: (Reason.CONFLICT, "They are there already."),
    216: (Reason.NOT_FOUND, "They are not on the contact list."),
    217: (Reason.UNAVAILABLE, "They are not online."),
    224: (Reason.NOT_FOUND, "There is no such group."),
    225: (Reason.NOT_FOUND, "They are not in that group."),
    228: (Reason.CONFLICT, "There is such a group already."),
    229: (Reason.NOT_ACCEPTABLE, "The name of the group is too long."),
    280: (Reason.FULL, "The server could not open the chat."),
    281: (Reason.FULL, "The server could not open the chat."),
    500: (Reason.FULL, "The server has an internal error."),
    502: (Reason.NOT_SUPPORTED, "The server has switched that off."),
    540: (Reason.FULL, "The server does not know this client."),
    600: (Reason.TOO_MUCH, "The server is busy."),
    601: (Reason.FULL, "The server is not available."),
    604: (Reason.FULL, "The server is going down."),
    605: (Reason.FULL, "The server is going down."),
    712: (Reason.TOO_MUCH, "Too many chats are open."),
    713: (Reason.TOO_MUCH, "Too many people were called; wait a little."),
    800: (Reason.TOO_MUCH, "Too many changes; wait a little."),
    911: (Reason.FORBIDDEN, "The server did not let us in."),
    913: (Reason.NOT_ALLOWED, "You cannot do that while you are invisible."),
    928: (Reason.FORBIDDEN, "The server did not take our ticket."),
}

OTHER = (Reason.FULL, "The server refused it.")


def explain(number: int) -> tuple[Reason, str]:
    reason, words = ERRORS.get(number, OTHER)
    return reason, f"{words} (error {number})"


BUSY = (Offline.NETWORK, "The server is too busy.")

LOGIN_ERRORS: dict[int, tuple[Offline, str]] = {
    500: (Offline.NETWORK, "The server has an internal error, or is being maintained."),
    540: (Offline.NETWORK, "The server does not know this client."),
    600: BUSY,
    601: (Offline.NETWORK, "The server is not available."),
    604: (Offline.NETWORK, "The server is going down."),
    605: (Offline.NETWORK, "The server is going down."),
    911: (Offline.BAD_CREDENTIALS, "The server does not know the account."),
    910: BUSY,
    912: BUSY,
    918: BUSY,
    919: BUSY,
    920: BUSY,
    921: BUSY,
    922: BUSY,
    923: (Offline.BAD_CREDENTIALS, "The account needs the consent of a parent."),
    928: (Offline.NETWORK, "The server did not take our ticket."),
}
"""What passes is tried again, with growing pauses; what does not, when the user gives other
credentials."""
