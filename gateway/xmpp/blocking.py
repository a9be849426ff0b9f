"""Blocking people on their network: the commands ``block`` and ``unblock`` of a person (XEP-0050).

Not XEP-0191: what clients send for that goes to the user's own server, which then keeps from them
what we deliver, and tells nobody.  To be blocked where the other side notices, by a network that
can, it has to be asked of us.
"""

from gateway.commands import Block
from gateway.ids import PersonId
from gateway.xmpp.access import is_occupant, require_bridge, require_occupant, require_seat
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Done


def block(ask: Asker) -> Done:
    return _block(ask, True, "{} is blocked.")


def unblock(ask: Asker) -> Done:
    return _block(ask, False, "{} is not blocked any more.")


def _block(ask: Asker, is_blocked: bool, words: str) -> Done:
    """
    Raises:
        CommandRefused: there is no session, or the network says no.
    """
    if is_occupant(ask):
        person = require_occupant(require_seat(ask), ask.resource).person
    else:
        person = PersonId(ask.address.chat)
    bridge = require_bridge(ask)
    bridge.ask(lambda token: Block(person=person, is_blocked=is_blocked, token=token))
    return Done(text=words.format(person))
