"""Commands, and questions of our own, that wait for an answer.

A command and its answer have the same transaction on the same link; where one request takes several
commands (a message in parts) it has several.
"""

from dataclasses import dataclass
from enum import Enum

from gateway.fsm import MAIN
from gateway.ids import ChatId, Token

PATIENCE = 3
"""Turns of the sweeping timer without any answer before a request is given up."""

SWEEP_SECONDS = 10.0


class Asked(Enum):
    LOGIN = "log-in"  # Tickets and lists.
    TICKETS = "tickets"  # New ones, while the old are good.
    ADDITION = "addition"  # Of a contact; told to XMPP as such when it fails.
    CHANGE = "change"  # Any other of the address book.
    STATUS = "status"
    NAME = "name"  # Our own, to be shown …
    KEPT_NAME = "kept name"  # … and to be kept.
    BOARD = "switchboard"  # Where one is.
    CALL = "call"  # Of somebody into one.
    MESSAGE = "message"
    OFFLINE = "offline message"  # To be stored.
    INBOX = "inbox"  # Stored messages for us.
    PICTURE = "picture"


NO_CHAT = ChatId("")


@dataclass(slots=True, eq=False)
class Request:
    kind: Asked
    token: Token | None = None
    """None: we asked for ourselves; see ``answers.FAILED``."""
    chat: ChatId = NO_CHAT
    """The person or room it is about."""
    link: str = MAIN
    """Of BOARD, the link it is for; else where it was sent."""
    body: str = ""
    """The message."""
    parts: int = 1
    """Commands whose answers are still missing."""
    is_whole: bool = True
    """No part of it has arrived."""
    is_again: bool = False
    """It was sent before, and nobody was there any more."""
    age: int = 0
    is_answered: bool = False
