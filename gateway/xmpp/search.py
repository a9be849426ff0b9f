"""Jabber Search (XEP-0055): find people on networks that have a directory of them.

What can be filled in is the network's own (``Network.search``), as a form, and as plain fields
where those of old clients mean the same.  What comes back has their JID, to be added or written to.
"""

from xml.etree.ElementTree import Element

from gateway.commands import SearchPeople
from gateway.errors import CommandRefused, Reason
from gateway.events import Found, PeopleFound
from gateway.network import Kind, Network
from gateway.words import mark, tr
from gateway.xmpp import actions, forms
from gateway.xmpp.access import require_command, require_server, unexpected
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.elements import element, elements, name
from gateway.xmpp.iq import Ask, Table

SEARCH = "jabber:iq:search"

XEPS = {"XEP-0055": "1.3"}

FEATURES = {Kind.SERVER: (SEARCH,)}

PLAIN = ("first", "last", "nick", "email")
"""Section 6: the fields that clients know without a form."""

SHOWN = 200
"""Results of one answer, which has to fit into a stanza.  Who finds more says more."""

INSTRUCTIONS = mark("Fill in what you know of whom you look for.")

JID = ("jid", mark("Address"))

Rows = list[tuple[str, Found]]
"""JID, and what was found."""


def ask_form(ask: Ask) -> Element:
    network = _require_directory(ask)
    plain = [(field.name, "") for field in network.search if field.name in PLAIN]
    return element(
        f"{{{SEARCH}}}query",
        element(f"{{{SEARCH}}}instructions", tr(INSTRUCTIONS)),
        *elements(SEARCH, plain),
        forms.form(
            network.search,
            title=tr("Search {name}").format(name=ask.transport.name),
            instructions=tr(INSTRUCTIONS),
            form_type=SEARCH,
        ),
    )


def search(ask: Ask) -> Element | None:
    network = _require_directory(ask)
    if forms.is_cancelled(ask.payload):
        return None
    form = forms.submitted(ask.payload)
    given = forms.fill_in(network.search, _plain(ask.payload) if form is None else form)
    wanted = tuple((name, value) for name, value in given.items() if value)
    if not wanted:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, tr(INSTRUCTIONS))
    bridge = actions.require_one(ask.user, ask.transport, ask.address.account)
    answer = bridge.ask(lambda token: SearchPeople(fields=wanted, token=token))
    if not isinstance(answer, PeopleFound):
        raise unexpected(answer)
    rows = _addressed(bridge, answer.people)
    content = _items(network, rows) if form is None else [_table(network, rows, answer.people)]
    return element(f"{{{SEARCH}}}query", *content)


def _plain(query: Element) -> dict[str, str]:
    return {
        name(child): child.text or ""
        for child in query
        if child.tag.startswith(f"{{{SEARCH}}}") and name(child) in PLAIN
    }


def _addressed(bridge: Bridge, people: tuple[Found, ...]) -> Rows:
    """Those that can be reached."""
    rows: Rows = []
    for found in people[:SHOWN]:
        try:
            rows.append((bridge.jid(found.person), found))
        except CommandRefused:
            continue  # No JID can carry that name.
    return rows


def _items(network: Network, rows: Rows) -> list[Element]:
    """Without a form (section 2.1): what has no plain field cannot be shown."""
    names = {field.label: field.name for field in network.search if field.name in PLAIN}
    return [
        element(
            f"{{{SEARCH}}}item",
            *elements(
                SEARCH, [(names[label], value) for label, value in found.fields if label in names]
            ),
            jid=jid,
        )
        for jid, found in rows
    ]


def _table(network: Network, rows: Rows, people: tuple[Found, ...]) -> Element:
    """With a form (section 3)."""
    names = {field.label: field.name for field in network.search}
    labels = [label for label, _ in people[0].fields] if people else []
    columns = [(names.get(label, f"field-{n}"), label) for n, label in enumerate(labels, 1)]
    title = (
        tr("The first {count} of {total}").format(count=SHOWN, total=len(people))
        if len(people) > SHOWN
        else ""
    )
    return forms.table(
        title,
        [JID, *columns],
        [(jid, *(value for _, value in found.fields)) for jid, found in rows],
        form_type=SEARCH,
    )


def _require_directory(ask: Ask) -> Network:
    require_command(ask, SearchPeople)
    require_server(ask, tr("Search at {domain}.").format(domain=ask.transport.domain))
    return ask.transport.network


IQS: Table = {
    ("get", f"{{{SEARCH}}}query"): ask_form,
    ("set", f"{{{SEARCH}}}query"): search,
}
