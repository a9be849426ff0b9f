"""What clients say about a message rather than in one: taken back, or answered with an emoji.

No network behind us knows either.  Beside them clients put a sentence for those who do not know
them ("This person attempted to retract …", the emoji alone), marked as such (XEP-0428).  Passed on,
it would look as if the user had typed it, so nothing of such a stanza is.  Its sender is told: who
thinks that a message is gone must know that it is not.

Other fallbacks are what the user means, for those who know no better, and pass: quotes in a reply
(XEP-0461), addresses of files.
"""

from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.words import tr

XEPS = {"XEP-0428": "0.2.1"}

REACTIONS = "{urn:xmpp:reactions:0}reactions"
RETRACT_0 = "{urn:xmpp:message-retract:0}retract"
RETRACT = "{urn:xmpp:message-retract:1}retract"

FASTENED = "{urn:xmpp:fasten:0}apply-to"
"""Around a retraction by version 0 of XEP-0424."""

WORDLESS = frozenset({REACTIONS, RETRACT, RETRACT_0, FASTENED})


def refuse_wordless(stanza: Element, title: str) -> bool:
    """Whether that was all, and nothing has to be done: a reaction taken back, which never arrived.

    Raises:
        CommandRefused: (NOT_SUPPORTED) ``title``, a network, has no such thing.
    """
    for child in stanza:
        if child.tag not in WORDLESS:
            continue
        if child.tag == REACTIONS:
            if len(child) == 0:
                return True
            raise CommandRefused(
                Reason.NOT_SUPPORTED, tr("{title} has no reactions.").format(title=title)
            )
        if child.tag != FASTENED or child.find(RETRACT_0) is not None:
            raise CommandRefused(
                Reason.NOT_SUPPORTED, tr("{title} cannot take messages back.").format(title=title)
            )
    return False
