"""``jabber:iq:gateway`` (XEP-0100, sections 4.4.1 and 6.3): from what people type to a JID."""

from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.network import Kind
from gateway.words import tr
from gateway.xmpp import jid, typed
from gateway.xmpp.access import require_server
from gateway.xmpp.elements import element, text
from gateway.xmpp.iq import Ask, Table

GATEWAY = "jabber:iq:gateway"

XEPS = {"XEP-0100": "1.0", "XEP-0106": "1.1.1"}

FEATURES = {Kind.SERVER: (GATEWAY,)}


def describe(ask: Ask) -> Element:
    require_server(ask, tr("Ask {domain} for addresses.").format(domain=ask.transport.domain))
    network = ask.transport.network
    return element(
        f"{{{GATEWAY}}}query",
        element(
            f"{{{GATEWAY}}}desc",
            tr("Whom do you want to reach on {name}?").format(name=ask.transport.name),
        ),
        element(f"{{{GATEWAY}}}prompt", tr(network.prompt)),
    )


def translate(ask: Ask) -> Element:
    """Old clients read ``<prompt/>`` in the result, all others ``<jid/>``: both are there."""
    require_server(ask, tr("Ask {domain} for addresses.").format(domain=ask.transport.domain))
    prompt = text(ask.payload, f"{{{GATEWAY}}}prompt")
    if not prompt:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("{prompt} is missing.").format(prompt=tr(ask.transport.network.prompt)),
        )
    local, _ = typed.find(ask.transport, ask.address.account, prompt)
    found = jid.address(local, ask.transport.domain)
    return element(
        f"{{{GATEWAY}}}query",
        element(f"{{{GATEWAY}}}jid", found),
        element(f"{{{GATEWAY}}}prompt", found),
    )


IQS: Table = {
    ("get", f"{{{GATEWAY}}}query"): describe,
    ("set", f"{{{GATEWAY}}}query"): translate,
}
