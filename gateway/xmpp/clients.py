"""What clients of users can do (XEP-0115): each kind of client is asked once, and remembered.

A presence names what its client can do by a hash.  What is remembered has been checked against that
(section 5.4), so no client can say anything of another.
"""

from collections import OrderedDict
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused
from gateway.xmpp.component import Component
from gateway.xmpp.elements import element
from gateway.xmpp.hashes import hashed

DISCO_INFO = "http://jabber.org/protocol/disco#info"
DATA = "{jabber:x:data}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

MOST = 1000
"""Kinds of clients.  There are some hundred, in a few versions each."""

Features = frozenset[str]


class Clients:
    def __init__(self) -> None:
        self._known: OrderedDict[str, Features] = OrderedDict()

    def features(self, out: Component, sender: str, client: str, kind: str) -> Features:
        """Of the client with that full JID, whose presence shows that kind ("node#ver", or "").
        Blocks if it is new.  Nothing, if it does not tell."""
        if kind in self._known:
            self._known.move_to_end(kind)
            return self._known[kind]
        query = element(f"{{{DISCO_INFO}}}query", node=kind or None)
        try:
            answer = out.ask(sender, client, query)
        except CommandRefused:
            return frozenset()
        features = frozenset(x.get("var", "") for x in answer.iterfind(f"{{{DISCO_INFO}}}feature"))
        if kind.rpartition("#")[2] == verify(answer):
            self._known[kind] = features
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return features


CLIENTS = Clients()


def verify(info: Element) -> str:
    """The hash of what a client says of itself."""
    identities = [
        (x.get("category", ""), x.get("type", ""), x.get(LANG, ""), x.get("name", ""))
        for x in info.iterfind(f"{{{DISCO_INFO}}}identity")
    ]
    features = [x.get("var", "") for x in info.iterfind(f"{{{DISCO_INFO}}}feature")]
    return hashed(identities, features, map(_form, info.iterfind(f"{DATA}x")))


def _form(form: Element) -> tuple[str, list[tuple[str, list[str]]]]:
    fields = {
        field.get("var", ""): [value.text or "" for value in field.iterfind(f"{DATA}value")]
        for field in form.iterfind(f"{DATA}field")
    }
    form_type = fields.pop("FORM_TYPE", [""])
    return form_type[0] if form_type else "", list(fields.items())
