"""Names and groups of contacts on their network: the command ``rename`` of a person (XEP-0050).

What a client changes in its roster, only the user's server sees (but for XEP-0356), so it does not
reach the network by itself.
"""

from gateway.commands import ChangeContact
from gateway.errors import CommandRefused, Reason
from gateway.network import Field, FieldKind
from gateway.words import mark, tr
from gateway.xmpp.access import is_occupant, require_bridge
from gateway.xmpp.contact import Contact
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Done, Input

MOST_GROUPS = 20
"""Of one contact; networks have rows for each."""

NAME = Field(name="name", label=mark("Name; empty for none of your own"))
GROUPS = Field(name="groups", label=mark("Groups, one on each line"), kind=FieldKind.LONG)


def rename(ask: Asker) -> Input:
    """
    Raises:
        CommandRefused: they are not in the network's address book.
    """
    contact = _require_contact(ask)
    return Input(
        title=tr("Rename {person}").format(person=contact.called or contact.person),
        instructions=tr("In the address book of the network, for all clients that you use there."),
        fields=(NAME, GROUPS),
        values={NAME.name: contact.alias, GROUPS.name: "\n".join(contact.groups)},
        submit=_submit,
    )


def _submit(ask: Asker, given: dict[str, str]) -> Done:
    contact = _require_contact(ask)
    lines = dict.fromkeys(line.strip() for line in given[GROUPS.name].splitlines())
    groups = tuple(line for line in lines if line)
    if len(groups) > MOST_GROUPS:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("Not more than {most_groups} groups.").format(most_groups=MOST_GROUPS),
        )
    name, bridge = given[NAME.name], require_bridge(ask)
    bridge.quotas.requests.spend()  # It has no answer that could be asked for.
    bridge.put(ChangeContact(person=contact.person, name=name, groups=groups))
    return Done(
        text=tr("{person} is called {name} now.").format(
            person=contact.person, name=name or contact.person
        )
    )


def _require_contact(ask: Asker) -> Contact:
    bridge = require_bridge(ask)
    contact = None if is_occupant(ask) else bridge.contacts.get(bridge.jid(ask.address.chat))
    if contact is None or not contact.is_in_book:
        raise CommandRefused(Reason.NOT_FOUND, tr("This is none of your contacts. Add them first."))
    return contact
