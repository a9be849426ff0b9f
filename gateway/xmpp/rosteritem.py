"""One item of a user's roster (RFC 6121, section 2): its XML, and what to make of two opinions.

A name and its groups can change on the network and in the user's client.  Neither is made equal to
the other: what has changed on one side since both were last seen is done on the other, and if it
has changed on both, the network prevails.
"""

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element

from gateway.store import RosterItem, Seen
from gateway.xmpp.elements import element
from gateway.xmpp.stanzas import clean

ROSTER = "jabber:iq:roster"
ITEM = f"{{{ROSTER}}}item"
GROUP = f"{{{ROSTER}}}group"

MOST_NAME = 256
"""Characters of a name, or of a group's, that are looked at: all that any network takes."""

MOST_GROUPS = 20


class Entry(NamedTuple):
    item: RosterItem
    subscription: str


def roster_item(name: str, groups: Iterable[str]) -> RosterItem:
    """Groups are a set, and so is their order no difference."""
    given = {clean(group)[:MOST_NAME] for group in groups} - {""}
    return RosterItem(name=clean(name)[:MOST_NAME], groups=tuple(sorted(given)[:MOST_GROUPS]))


def query(jid: str = "", item: RosterItem | None = None, subscription: str = "") -> Element:
    """To get the roster (nothing given), or to set one item: servers take no more at a time."""
    asked = element(f"{{{ROSTER}}}query")
    if jid:
        asked.append(
            element(
                ITEM,
                *(element(GROUP, group) for group in (item.groups if item else ())),
                jid=jid,
                name=(item.name or None) if item else None,
                subscription=subscription or None,
            )
        )
    return asked


def entries(answer: Element) -> dict[str, Entry]:
    """A roster, by JID."""
    return {
        found.get("jid", ""): Entry(
            roster_item(found.get("name", ""), (group.text or "" for group in found.iter(GROUP))),
            found.get("subscription", "none"),
        )
        for found in answer.iter(ITEM)
    }


def first_sight(network: RosterItem, roster: RosterItem) -> Seen:
    """Both stay as they are, but for what the roster lacks."""
    missing = RosterItem(
        name=network.name if roster.name else "", groups=network.groups if roster.groups else ()
    )
    return Seen(network=missing, roster=roster)


def for_roster(seen: Seen | None, network: RosterItem) -> RosterItem:
    """What the roster shall have."""
    if seen is None:
        return network
    return RosterItem(
        name=network.name if network.name != seen.network.name else seen.roster.name,
        groups=network.groups if network.groups != seen.network.groups else seen.roster.groups,
    )


def for_network(seen: Seen, network: RosterItem, roster: RosterItem) -> RosterItem:
    """What the network shall have."""
    is_renamed = roster.name != seen.roster.name and network.name == seen.network.name
    is_moved = roster.groups != seen.roster.groups and network.groups == seen.network.groups
    return RosterItem(
        name=roster.name if is_renamed else network.name,
        groups=roster.groups if is_moved else network.groups,
    )
