"""Payloads of ADL and RML: addresses by domain, with the lists each is on.

    <ml l="1"><d n="example.com"><c n="bob" l="3" t="1"/></d></ml>

``l`` of ``ml`` stands in the first ADL only, that of the log-in.
"""

import re
from collections.abc import Iterable, Iterator
from enum import IntFlag
from itertools import groupby
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn.fields import number
from networks.msn.memberships import NetworkId, network_of
from networks.msn.xml import children, parse, quoted


class On(IntFlag):
    """What clients send has the first three only, and never ALLOW with BLOCK."""

    NOTHING = 0
    CONTACTS = 1
    """Forward list, FL: we are told of their presence."""
    ALLOW = 2
    BLOCK = 4
    REVERSE = 8
    PENDING = 16


EVERY_LIST = On(31)


@frozen(kw_only=True)
class Listed:
    address: str
    """In lower case."""
    on: On = On.NOTHING
    network: NetworkId = NetworkId.MSN
    name: str = ""
    """What they call themselves, from the server."""


# To the server.

MAX_ENTRIES = 150
"""In one payload: what the official clients send at most, and old servers took."""

MAX_SIZE = 7500
"""Bytes of one payload, for the same reason."""

LONGEST = 200
"""Characters of an address.  Longer ones cannot be, and would not fit."""


def initial_lists(entries: Iterable[Listed]) -> list[bytes]:
    """For the first ADLs of a session: everybody; at least one payload."""
    return list(_payloads(entries, ' l="1"')) or [_payload("", ' l="1"')]


def changed_lists(entries: Iterable[Listed]) -> list[bytes]:
    """For the ADLs and RMLs after that: one domain in each, as servers want it."""
    return [
        payload
        for _, group in groupby(_sendable(entries), key=lambda entry: entry[0])
        for payload in _payloads((listed for *_, listed in group), "")
    ]


Entry = tuple[str, str, Listed]
"""Domain, name."""


def _sendable(entries: Iterable[Listed]) -> list[Entry]:
    """By domain.  What is no address is left out: the server would hang up."""
    found = []
    for listed in entries:
        name, _, domain = listed.address.rpartition("@")
        if name and domain and len(listed.address) <= LONGEST:
            found.append((domain, name, listed))
    return sorted(found, key=lambda entry: entry[:2])


def _payloads(entries: Iterable[Listed], attribute: str) -> Iterator[bytes]:
    batch: list[str] = []
    size, last = 0, ""
    for domain, name, listed in _sendable(entries):
        head = f'<d n="{quoted(domain)}">'
        entry = f'<c n="{quoted(name)}" l="{listed.on:d}" t="{listed.network:d}"/>'
        most = size + len((head + entry).encode()) + AROUND
        if batch and (len(batch) == MAX_ENTRIES or most > MAX_SIZE):
            yield _payload("".join(batch) + "</d>", attribute)
            batch, size, last = [], 0, ""
        if domain != last:
            entry = f"</d>{head}{entry}" if last else head + entry
        batch.append(entry)
        size, last = size + len(entry.encode()), domain
    if batch:
        yield _payload("".join(batch) + "</d>", attribute)


AROUND = len('<ml l="1"></d></d></ml>')


def _payload(inside: str, attribute: str) -> bytes:
    return f"<ml{attribute}>{inside}</ml>".encode()


# From the server.


UNESCAPED = re.compile(
    r'<ml><d n="(?P<domain>[^"<]+)"><c n="(?P<user>[^"<]+)" t="(?P<network>\d+)" l="(?P<on>\d+)"'
    r' f="(?P<name>.*)" /></d></ml>',
    re.DOTALL,
)
"""Escargot puts the names of people in as they are, so that '"' or "<" makes it no XML."""


def parse_lists(payload: bytes) -> tuple[Listed, ...]:
    """
    Raises:
        WireError: the payload is no XML, nor would it be with another name in it.
    """
    try:
        return _listed(parse(payload))
    except WireError:
        found = UNESCAPED.fullmatch(payload.decode(errors="replace"))
        if found is None:
            raise
    return (
        Listed(
            address=f"{found['user']}@{found['domain']}".lower(),
            on=On(number(found["on"])) & EVERY_LIST,
            network=network_of(found["network"], NetworkId.MSN),
            name=unquote(found["name"]),
        ),
    )


def _listed(root: Element) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            address=f"{name}@{domain}".lower(),
            on=On(number(entry.get("l", ""))) & EVERY_LIST,
            network=network_of(entry.get("t", ""), NetworkId.MSN),
            name=unquote(entry.get("f", "")),
        )
        for of_domain in children(root, "d")
        for entry in children(of_domain, "c")
        if (domain := of_domain.get("n", "")) and (name := entry.get("n", ""))
    )
