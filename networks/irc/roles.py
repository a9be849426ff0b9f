"""Channel modes of members as XEP-0045 roles and affiliations.

| mode | symbol | role        | affiliation |
|------|--------|-------------|-------------|
| q    | ~      | moderator   | owner       |
| a    | &      | moderator   | admin       |
| o    | @      | moderator   | admin       |
| h    | %      | moderator   | member      |
| v    | +      | participant | member      |
| none |        | participant, or visitor where the channel is moderated (+m) | none |

Modes of other letters (``Y`` of InspIRCd, for IRC operators) all mean more than ``o`` and count as
admin.  A ban (+b) is the affiliation outcast.
https://modern.ircdocs.horse/#channel-membership-prefixes
"""

from gateway.events import Affiliation, Role

ROLES = {
    "q": (Role.MODERATOR, Affiliation.OWNER),
    "a": (Role.MODERATOR, Affiliation.ADMIN),
    "o": (Role.MODERATOR, Affiliation.ADMIN),
    "h": (Role.MODERATOR, Affiliation.MEMBER),
    "v": (Role.PARTICIPANT, Affiliation.MEMBER),
}
"""Highest first."""

MODE_OF = {Affiliation.OWNER: "q", Affiliation.ADMIN: "o", Affiliation.MEMBER: "v"}
"""What is set to give somebody an affiliation."""

OTHER = (Role.MODERATOR, Affiliation.ADMIN)
"""Modes that only some servers have all mean more than ``o``."""


def standing(modes: str, is_silenced: bool) -> tuple[Role, Affiliation]:
    for mode, what in ROLES.items():
        if mode in modes:
            return what
    if modes:
        return OTHER
    return (Role.VISITOR if is_silenced else Role.PARTICIPANT), Affiliation.NONE
