"""Messages that are encrypted from client to client, which no network behind us can carry.

What a client puts beside the encrypted part for those who cannot read it (XEP-0380: "I sent you an
encrypted message, but …") is no message: passed on, it would look as if something had been said.
So nothing of such a stanza is, and its sender is told what to do.
"""

from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.words import tr

XEPS = {"XEP-0380": "0.4.0"}

PAYLOADS = {
    "{eu.siacs.conversations.axolotl}encrypted": "OMEMO",  # XEP-0384 up to 0.3: most clients.
    "{urn:xmpp:omemo:1}encrypted": "OMEMO",
    "{urn:xmpp:omemo:2}encrypted": "OMEMO",
    "{urn:xmpp:openpgp:0}openpgp": "OpenPGP",  # XEP-0373.
    "{urn:xmpp:openpgp:0}encrypted": "OpenPGP",
    "{jabber:x:encrypted}x": "OpenPGP",  # XEP-0027.
    "{urn:xmpp:eme:0}encryption": "",  # XEP-0380, which names what else there is.
}

NAMES = {"urn:xmpp:otr:0": "OTR"}
"""Of what only XEP-0380 shows: its messages have nothing but a body."""


def refuse_encrypted(stanza: Element, title: str) -> None:
    """
    Raises:
        CommandRefused: (NOT_ACCEPTABLE) it is encrypted; ``title`` is that of the network.
    """
    found = [child for child in stanza if child.tag in PAYLOADS]
    if not found:
        return
    names = (PAYLOADS[child.tag] or NAMES.get(child.get("namespace", ""), "") for child in found)
    name = next(filter(None, names), tr("encryption"))
    raise CommandRefused(
        Reason.NOT_ACCEPTABLE,
        tr(
            "{title} cannot carry encrypted messages. Switch {name} off for this conversation."
        ).format(title=title, name=name),
    )
