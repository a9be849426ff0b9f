"""Requests compared in meaning: what a recorded client asked, and what ours does."""

from xml.etree.ElementTree import Element, fromstring

from networks.msn.xml import descend, local, text_of
from tests.servers.msn_transcript import Step, requests

Outline = tuple[object, ...]

UNTOLD = {"PartnerScenario"}
"""The recorded client had moods; the server reads none of them."""


def outline(data: bytes) -> Outline:
    """Names with their namespaces, texts and attributes; not which prefixes are used."""
    return outline_of(fromstring(data))


def outline_of(element: Element) -> Outline:
    text = "" if local(element.tag) in UNTOLD else (element.text or "").strip()
    return element.tag, text, tuple(sorted(element.attrib.items())), tuple(map(outline_of, element))


def sent_by_others(name: str, action: str, number: int = 0) -> tuple[Step, str]:
    """The nth recorded request of a kind, and the ticket that is in it."""
    step = requests(name, action)[number]
    envelope = fromstring(step.data)
    return step, text_of(descend(envelope, "Header", "ABAuthHeader", "TicketToken"))
