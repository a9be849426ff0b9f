"""Commands, and questions of our own, that wait for an answer.

A SNAC and its answer have the same request id; where one request takes several SNACs (a message in
parts) it has several.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from gateway.fsm import MAIN
from gateway.ids import ChatId, MessageId, Token

PATIENCE = 3
"""Turns of the sweeping timer without any answer before a request is given up."""

SWEEP_SECONDS = 10.0


class Asked(Enum):
    MESSAGE = "message"
    ROOM_MESSAGE = "room message"
    INVITATION = "invitation"
    STATUS = "status"  # Take ours, with a text.
    AWAY = "away"  # An away text, for ourselves.
    PROFILE = "profile"
    ADDITION = "addition"  # Of a buddy; told to XMPP as such when it fails.
    CHANGE = "change"  # Any other of the feedbag.
    STEP = "step"  # One of those that a change takes.
    SERVICE = "service"  # Where a service is.
    ROOM = "room"  # Make or find it.
    DETAILS = "details"
    SEARCH = "search"
    ICON = "icon"
    UPLOAD = "upload"
    OWN = "own details"  # Read, ...
    OWN_BASIC = "own basic details"  # ... and saved.
    OWN_NOTES = "own notes"
    OFFLINE = "offline"  # Stored messages.


NO_CHAT = ChatId("")


@dataclass(slots=True, eq=False)
class Request:
    kind: Asked
    token: Token | None = None
    """None: we asked for ourselves, and tell nobody how it went."""
    chat: ChatId = NO_CHAT
    """The person or room it is about; of SERVICE, nothing."""
    link: str = MAIN
    """Where it was sent; of SERVICE, the link it is for."""
    body: str = ""
    """The message; of ADDITION and CHANGE, whom it is about, as they were named."""
    id: MessageId | None = None
    parts: int = 1
    """SNACs whose answers are still missing."""
    sequence: int = 0
    """Of queries in ICQ's own terms."""
    rows: list[Any] = field(default_factory=list)
    """What came of it so far."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of OWN: what our user wants to be known."""
    age: int = 0
    is_answered: bool = False
