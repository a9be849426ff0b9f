"""Payloads of ADL and RML."""

from contextlib import suppress
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn.lists import (
    MAX_ENTRIES,
    MAX_SIZE,
    Listed,
    On,
    changed_lists,
    initial_lists,
    parse_lists,
)
from networks.msn.memberships import NetworkId

BOTH = On.CONTACTS | On.ALLOW


def people(*addresses: str, on: On = BOTH) -> list[Listed]:
    return [Listed(address=address, on=on) for address in addresses]


def test_recorded() -> None:
    assert initial_lists(people("carol@example.com", "bob@example.com")) == [
        b'<ml l="1"><d n="example.com"><c n="bob" l="3" t="1"/><c n="carol" l="3" t="1"/></d></ml>'
    ]
    assert initial_lists([]) == [b'<ml l="1"></ml>']
    assert changed_lists(people("dave@example.com", on=On.BLOCK)) == [
        b'<ml><d n="example.com"><c n="dave" l="4" t="1"/></d></ml>'
    ]


def test_domains() -> None:
    entries = people("a@one.org", "b@two.org", "c@one.org")
    one, two = b'<d n="one.org">%s</d>', b'<d n="two.org">%s</d>'
    of_one = one % b'<c n="a" l="3" t="1"/><c n="c" l="3" t="1"/>'
    of_two = two % b'<c n="b" l="3" t="1"/>'
    assert initial_lists(entries) == [b'<ml l="1">' + of_one + of_two + b"</ml>"]
    assert changed_lists(entries) == [b"<ml>" + of_one + b"</ml>", b"<ml>" + of_two + b"</ml>"]


def test_who_has_no_address() -> None:
    assert changed_lists(people("tel:+1", "@example.com", "bob@", "", "x" * 300 + "@a.org")) == []


def test_many() -> None:
    entries = people(*(f"somebody.{number:03}@example{number % 7}.com" for number in range(400)))
    payloads = initial_lists(entries)
    assert len(payloads) == 3
    for payload in payloads:
        assert len(payload) <= MAX_SIZE
        assert len(list(fromstring(payload).iter("c"))) <= MAX_ENTRIES
    parsed = [listed for payload in payloads for listed in parse_lists(payload)]
    assert sorted(parsed, key=lambda one: one.address) == entries


def test_long_ones() -> None:
    entries = people(*(f"{number:03}{'é' * 90}@example.com" for number in range(100)))
    payloads = changed_lists(entries)
    assert all(len(payload) <= MAX_SIZE for payload in payloads)
    assert [one for payload in payloads for one in parse_lists(payload)] == entries


ADDRESSES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda text: "@" not in text and text == text.lower()
)


@given(
    st.lists(
        st.builds(
            Listed,
            address=st.builds("{}@{}".format, ADDRESSES, ADDRESSES),
            on=st.sampled_from([On.CONTACTS, BOTH, On.BLOCK]),
            network=st.sampled_from(NetworkId),
        ),
        max_size=5,
        unique_by=lambda listed: listed.address,
    )
)
def test_round_trip(entries: list[Listed]) -> None:
    for payloads in (initial_lists(entries), changed_lists(entries)):
        parsed = [listed for payload in payloads for listed in parse_lists(payload)]
        assert sorted(parsed, key=lambda one: one.address) == sorted(
            entries, key=lambda one: one.address
        )


@pytest.mark.parametrize(
    ("payload", "listed"),
    [
        (
            '<ml><d n="example.com"><c n="Alice" t="1" l="8" f="Alice%20é%20&lt;A>" /></d></ml>',
            Listed(address="alice@example.com", on=On.REVERSE, name="Alice é <A>"),
        ),
        (
            '<ml><d n="example.com"><c n="bob" t="1" l="8" f="I <3 "you" & me" /></d></ml>',
            Listed(address="bob@example.com", on=On.REVERSE, name='I <3 "you" & me'),
        ),
        (
            '<ml><d n="example.com"><c n="bob" t="32" /></d></ml>',
            Listed(address="bob@example.com", network=NetworkId.YAHOO),
        ),
        (
            '<ml><d n="example.com"><c n="bob" t="?" l="-1"/><c/></d><d><c n="x"/></d></ml>',
            Listed(address="bob@example.com"),
        ),
        (
            '<ml><d n="example.com"><c n="bob" l="255"/></d></ml>',
            Listed(address="bob@example.com", on=On(31)),
        ),
    ],
)
def test_from_the_server(payload: str, listed: Listed) -> None:
    assert parse_lists(payload.encode()) == (listed,)


@pytest.mark.parametrize(
    "payload",
    [
        b'<ml><d n="example.com"><c n="bob" t="1" l="8" f="<" /></d>',
        b'<ml><d n="example.com"><c n="<" t="1" l="8" f="Bob" /></d></ml>',
        b'<ml><d n="example.com"><c n="bob" t="1" l="" f="<" /></d></ml>',
    ],
)
def test_no_lists(payload: bytes) -> None:
    with pytest.raises(WireError):
        parse_lists(payload)


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    with suppress(WireError):
        parse_lists(b'<ml><d n="example.com"><c n="bob" ' + data + b"/></d></ml>")
    with suppress(WireError):
        parse_lists(data)
