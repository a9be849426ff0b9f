"""RFC 6121, section 4: who is available to a transport."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from gateway.events import Show
from gateway.xmpp.contact import IDLE
from gateway.xmpp.resources import TRANSPORT, Resources
from gateway.xmpp.stanzas import NS


def presence(
    show: str = "", status: str = "", priority: str = "", idle: str | None = None
) -> ElementTree.Element:
    element = ElementTree.Element(f"{{{NS}}}presence")
    for name, text in (("show", show), ("status", status), ("priority", priority)):
        if text:
            ElementTree.SubElement(element, f"{{{NS}}}{name}").text = text
    if idle is not None:
        ElementTree.SubElement(element, f"{{{IDLE}}}idle", since=idle)
    return element


@pytest.fixture
def resources() -> Resources:
    return Resources()


def test_the_first_and_the_last_resource_count(resources: Resources) -> None:
    assert not resources
    assert resources.available("balcony", TRANSPORT, presence())
    assert not resources.available("orchard", TRANSPORT, presence())
    assert resources.unavailable("balcony", TRANSPORT)
    assert resources
    assert resources.unavailable("orchard", TRANSPORT)
    assert not resources
    assert resources.best() == (Show.OFFLINE, "", None)


def test_hiding_from_one_contact_is_not_leaving(resources: Resources) -> None:
    """XEP-0100, section 4.5.2 speaks of the gateway's address only."""
    resources.available("balcony", TRANSPORT, presence())
    resources.available("balcony", "romeo", presence())
    assert not resources.unavailable("balcony", "romeo")
    assert resources


def test_hiding_from_one_account_is_not_leaving(resources: Resources) -> None:
    for account in ("", ",work"):
        resources.available("balcony", TRANSPORT, presence(), account)
    assert not resources.unavailable("balcony", TRANSPORT, ",work")
    assert (resources.is_there_for(""), resources.is_there_for(",work")) == (True, False)
    assert resources.available("balcony", TRANSPORT, presence(), ",work")
    assert resources.is_there_for(",work")
    assert resources.unavailable("balcony", TRANSPORT)
    assert not resources.is_there_for("")


def test_whoever_knows_one_account_only_leaves_with_that(resources: Resources) -> None:
    resources.available("balcony", TRANSPORT, presence(), ",work")
    assert resources.is_there_for("")
    assert resources.unavailable("balcony", TRANSPORT, ",work")
    assert not resources


def test_whoever_is_available_to_contacts_only_leaves_with_the_last(resources: Resources) -> None:
    resources.available("balcony", "romeo", presence())
    resources.available("balcony", "nurse", presence())
    assert not resources.unavailable("balcony", "romeo")
    assert resources.unavailable("balcony", "nurse")
    assert not resources


def test_the_highest_priority_speaks(resources: Resources) -> None:
    resources.available("balcony", TRANSPORT, presence("away", "at dinner", "1"))
    assert resources.best() == (Show.AWAY, "at dinner", None)
    assert resources.available("orchard", TRANSPORT, presence("dnd", "", "5"))
    assert resources.best() == (Show.DND, "", None)
    assert not resources.available("balcony", TRANSPORT, presence("xa", "", "1"))


@pytest.mark.parametrize("priority", ["nonsense", "1.5", "9" * 5000])
def test_nonsense_is_the_default(resources: Resources, priority: str) -> None:
    assert resources.available("balcony", TRANSPORT, presence("sleeping", "", priority))
    assert resources.best() == (Show.AVAILABLE, "", None)


def test_idle(resources: Resources) -> None:
    resources.available("balcony", TRANSPORT, presence(idle="2026-01-02T03:04:05Z"))
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert resources.best() == (Show.AVAILABLE, "", since)
    assert not resources.available("balcony", TRANSPORT, presence(idle="2026-01-02T04:04:05+01:00"))
    assert resources.available("orchard", TRANSPORT, presence())
    assert resources.best().idle_since is None
    assert resources.available("balcony", TRANSPORT, presence("away", "", "1", "2026-01-02"))
    assert resources.available("balcony", TRANSPORT, presence("away", "", "1", "2026-02-03T00:00Z"))
    assert resources.best().idle_since == datetime(2026, 2, 3, tzinfo=UTC)


def test_clients() -> None:
    """The best first."""
    resources = Resources()
    for name, priority, ver in (("phone", 1, "a"), ("psi", 5, "b"), ("bot", -1, "")):
        caps = f"<c xmlns='http://jabber.org/protocol/caps' node='n' ver='{ver}'/>" if ver else ""
        resources.available(
            name,
            TRANSPORT,
            ElementTree.fromstring(
                f"<presence xmlns='{NS}'><priority>{priority}</priority>{caps}</presence>"
            ),
        )
    assert resources.clients() == [("psi", "n#b"), ("phone", "n#a"), ("bot", "")]


@pytest.mark.parametrize("since", ["", "yesterday", "9999-99-99", "0001-01-01T00:00:00+14:00"])
def test_idle_since_never(resources: Resources, since: str) -> None:
    resources.available("balcony", TRANSPORT, presence(idle=since))
    assert resources.best() == (Show.AVAILABLE, "", None)


def test_whoever_does_not_return_is_dropped(resources: Resources) -> None:
    resources.available("balcony", TRANSPORT, presence())
    resources.available("orchard", TRANSPORT, presence())
    resources.doubt()
    resources.available("orchard", TRANSPORT, presence())
    resources.drop_doubtful()
    assert "orchard" in resources
    assert "balcony" not in resources


def test_nobody_unknown_leaves(resources: Resources) -> None:
    assert not resources.unavailable("balcony", TRANSPORT)
