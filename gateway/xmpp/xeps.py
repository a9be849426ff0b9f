"""The XEPs that Greengate follows: their files together, and the lists made from them.

Each file of a XEP has XEPS (its versions), IQS (what it answers) and FEATURES (what it advertises).

    python -m gateway.xmpp.xeps    writes docs/xeps.md and docs/greengate.doap
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from gateway import __version__, events
from gateway.xmpp import (
    avatars,
    blocking,
    caps,
    chats,
    commands,
    component,
    contact,
    corrections,
    disco,
    encrypted,
    forms,
    last,
    markers,
    muc_admin,
    own_tune,
    pep,
    ping,
    privilege,
    prompt,
    register,
    rooms,
    rosterx,
    rsm,
    search,
    stanzas,
    time,
    useravatar,
    vcard,
    version,
    wordless,
)
from gateway.xmpp.access import require_admitted
from gateway.xmpp.features import DISCO_INFO, features, identities
from gateway.xmpp.iq import Ask, Handler, Table

__all__ = ["IQS", "MODULES", "XEPS", "features", "identities"]

MODULES: tuple[ModuleType, ...] = (
    avatars,
    blocking,
    caps,
    commands,
    corrections,
    disco,
    encrypted,
    forms,
    last,
    markers,
    muc_admin,
    ping,
    privilege,
    prompt,
    register,
    rosterx,
    rsm,
    search,
    time,
    useravatar,
    vcard,
    version,
    wordless,
)

UNGUARDED = frozenset(
    {
        # Who may not use a transport may still learn what it is, and have their data deleted.
        ("get", f"{{{DISCO_INFO}}}query"),
        ("set", f"{{{register.REGISTER}}}query"),
    }
)


def _guarded(handler: Handler) -> Handler:
    def guarded(ask: Ask) -> Any:
        require_admitted(ask)
        return handler(ask)

    return guarded


def _collect() -> Table:
    table: Table = {}
    for module in MODULES:
        for key, handler in getattr(module, "IQS", {}).items():
            assert key not in table, f"{module.__name__}: {key} is answered elsewhere"
            table[key] = handler if key in UNGUARDED else _guarded(handler)
    return table


IQS: Table = _collect()

ELSEWHERE: Mapping[str, tuple[str, ModuleType]] = {
    # What is messages or presence, and not one file's.
    "XEP-0071": ("1.5.4", stanzas),
    "XEP-0082": ("1.1.1", stanzas),
    "XEP-0085": ("2.1", chats),
    "XEP-0114": ("1.6", component),
    "XEP-0118": ("1.2", own_tune),
    "XEP-0163": ("1.2.1", pep),
    "XEP-0172": ("1.1", contact),
    "XEP-0184": ("1.4.0", chats),
    "XEP-0203": ("2.0", stanzas),
    "XEP-0224": ("1.0", chats),
    "XEP-0319": ("1.0.2", contact),
    "XEP-0334": ("0.3.1", chats),
    "XEP-0359": ("0.7.0", stanzas),
    "XEP-0393": ("1.1.1", events),
    "XEP-0421": ("1.0.0", rooms),
}

XEPS: dict[str, tuple[str, str]] = {
    # Version, and the file to look into.
    xep: (number, module.__name__)
    for xep, number, module in sorted(
        [
            *((xep, number, m) for m in MODULES for xep, number in m.XEPS.items()),
            *((xep, number, m) for xep, (number, m) in ELSEWHERE.items()),
        ],
        key=lambda row: row[0],
    )
}

TITLES = {
    "XEP-0004": "Data Forms",
    "XEP-0012": "Last Activity",
    "XEP-0030": "Service Discovery",
    "XEP-0045": "Multi-User Chat",
    "XEP-0050": "Ad-Hoc Commands",
    "XEP-0054": "vcard-temp",
    "XEP-0055": "Jabber Search",
    "XEP-0059": "Result Set Management",
    "XEP-0071": "XHTML-IM",
    "XEP-0077": "In-Band Registration",
    "XEP-0082": "XMPP Date and Time Profiles",
    "XEP-0084": "User Avatar",
    "XEP-0085": "Chat State Notifications",
    "XEP-0092": "Software Version",
    "XEP-0100": "Gateway Interaction",
    "XEP-0106": "JID Escaping",
    "XEP-0114": "Jabber Component Protocol",
    "XEP-0115": "Entity Capabilities",
    "XEP-0118": "User Tune",
    "XEP-0144": "Roster Item Exchange",
    "XEP-0153": "vCard-Based Avatars",
    "XEP-0163": "Personal Eventing Protocol",
    "XEP-0172": "User Nickname",
    "XEP-0184": "Message Delivery Receipts",
    "XEP-0191": "Blocking Command",
    "XEP-0199": "XMPP Ping",
    "XEP-0202": "Entity Time",
    "XEP-0203": "Delayed Delivery",
    "XEP-0221": "Data Forms Media Element",
    "XEP-0224": "Attention",
    "XEP-0231": "Bits of Binary",
    "XEP-0249": "Direct MUC Invitations",
    "XEP-0280": "Message Carbons",
    "XEP-0308": "Last Message Correction",
    "XEP-0319": "Last User Interaction in Presence",
    "XEP-0333": "Displayed Markers",
    "XEP-0334": "Message Processing Hints",
    "XEP-0356": "Privileged Entity",
    "XEP-0359": "Unique and Stable Stanza IDs",
    "XEP-0380": "Explicit Message Encryption",
    "XEP-0393": "Message Styling",
    "XEP-0410": "MUC Self-Ping (Schrödinger's Chat)",
    "XEP-0421": "Anonymous unique occupant identifiers for MUCs",
    "XEP-0428": "Fallback Indication",
}

URL = "https://xmpp.org/extensions/{}.html"

DOCS = Path(__file__).parents[2] / "docs"

DOAP = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns="http://usefulinc.com/ns/doap#"
         xmlns:xmpp="https://linkmauve.fr/ns/xmpp-doap#">
  <Project>
    <name>Greengate</name>
    <shortdesc xml:lang="en">A gateway from XMPP to other networks</shortdesc>
    <programming-language>Python</programming-language>
    <license rdf:resource="https://spdx.org/licenses/MIT"/>
    <category rdf:resource="https://linkmauve.fr/ns/xmpp-doap#category-component"/>
    <release><Version><revision>{version}</revision></Version></release>
{supports}
  </Project>
</rdf:RDF>
"""

SUPPORT = """    <implements><xmpp:SupportedXep>
      <xmpp:xep rdf:resource="{url}"/>
      <xmpp:version>{version}</xmpp:version>
      <xmpp:status>complete</xmpp:status>
    </xmpp:SupportedXep></implements>"""


def markdown() -> str:
    rows = "\n".join(
        f"| [{xep}]({URL.format(xep.lower())}) | {TITLES[xep]} | {number} "
        f"| {module.replace('.', '/')}.py |"
        for xep, (number, module) in XEPS.items()
    )
    return (
        "# XMPP extensions\n\n"
        "Made by `python -m gateway.xmpp.xeps` from the files named in the last column.\n\n"
        f"| XEP | title | version | file |\n|---|---|---|---|\n{rows}\n"
    )


def doap() -> str:
    supports = "\n".join(
        SUPPORT.format(url=URL.format(xep.lower()), version=escape(number))
        for xep, (number, _) in XEPS.items()
    )
    return DOAP.format(version=escape(__version__), supports=supports)


GENERATED = {"xeps.md": markdown, "greengate.doap": doap}


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name, make in GENERATED.items():
        (DOCS / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
