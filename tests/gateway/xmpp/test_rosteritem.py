from xml.etree.ElementTree import fromstring

import pytest

from gateway.store import RosterItem, Seen
from gateway.xmpp.rosteritem import (
    MOST_GROUPS,
    MOST_NAME,
    entries,
    first_sight,
    for_network,
    for_roster,
    query,
    roster_item,
)
from tests.gateway.xmpp.asking import same

ROMEO = "romeo@aim.example.org"


def item(name: str, *groups: str) -> RosterItem:
    return RosterItem(name=name, groups=groups)


def test_what_no_stanza_can_carry_is_in_no_item() -> None:
    assert roster_item("Ro\x00meo", ["b\x01", "a", "", "a"]) == item("Ro�meo", "a", "b�")
    endless = roster_item("x" * 1000, (f"{n:04}{'y' * 1000}" for n in range(100)))
    assert (len(endless.name), len(endless.groups)) == (MOST_NAME, MOST_GROUPS)
    assert {len(group) for group in endless.groups} == {MOST_NAME}


def test_xml() -> None:
    assert same(query(), "<query xmlns='jabber:iq:roster'/>")
    assert same(
        query(ROMEO, item("Romeo", "A", "B"), "both"),
        f"<query xmlns='jabber:iq:roster'><item jid='{ROMEO}' name='Romeo' subscription='both'>"
        "<group>A</group><group>B</group></item></query>",
    )
    assert same(
        query(ROMEO, item("")), f"<query xmlns='jabber:iq:roster'><item jid='{ROMEO}'/></query>"
    )
    assert same(
        query(ROMEO, None, "remove"),
        f"<query xmlns='jabber:iq:roster'><item jid='{ROMEO}' subscription='remove'/></query>",
    )


def test_a_roster() -> None:
    answer = fromstring(
        f"<query xmlns='jabber:iq:roster'><item jid='{ROMEO}' name='R' subscription='to'>"
        "<group>B</group><group>A</group><group/></item><item jid='a@b'/></query>"
    )
    found = entries(answer)
    assert found[ROMEO] == (item("R", "A", "B"), "to")
    assert found["a@b"] == (item(""), "none")


# Two opinions.

OLD = item("Romeo", "Friends")
SEEN = Seen(network=OLD, roster=item("My Romeo", "Mine"))


@pytest.mark.parametrize(
    ("network", "roster", "to_network", "to_roster"),
    [
        # Nothing changed: they may differ for ever.
        (OLD, SEEN.roster, OLD, SEEN.roster),
        # On the network.
        (item("R", "Friends"), SEEN.roster, item("R", "Friends"), item("R", "Mine")),
        (item("Romeo", "Foes"), SEEN.roster, item("Romeo", "Foes"), item("My Romeo", "Foes")),
        # In the roster.
        (OLD, item("R", "Mine"), item("R", "Friends"), SEEN.roster),
        (OLD, item("My Romeo"), item("Romeo"), SEEN.roster),
        # One thing here, the other there.
        (item("R", "Friends"), item("My Romeo", "New"), item("R", "New"), item("R", "Mine")),
        # The same on both: the network prevails.
        (item("R", "Friends"), item("Q", "Mine"), item("R", "Friends"), item("R", "Mine")),
    ],
)
def test_who_changed_what(
    network: RosterItem, roster: RosterItem, to_network: RosterItem, to_roster: RosterItem
) -> None:
    assert for_network(SEEN, network, roster) == to_network
    assert for_roster(SEEN, network) == to_roster


def test_at_first_sight_only_what_is_missing_is_filled_in() -> None:
    seen = first_sight(OLD, item("", "Mine"))
    assert for_network(seen, OLD, item("", "Mine")) == OLD
    assert for_roster(seen, OLD) == item("Romeo", "Mine")
    both = first_sight(OLD, item("My Romeo", "Mine"))
    assert for_roster(both, OLD) == item("My Romeo", "Mine")
    assert for_roster(None, OLD) == OLD
