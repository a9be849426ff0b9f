"""What all requests to the address book service have in common ("ABCH", namespace AddressBook)."""

from xml.etree.ElementTree import Element

from gateway.errors import WireError
from networks.msn.soap import Fault, Request, read, request
from networks.msn.xml import descend, quoted, text_of

NAMESPACE = "http://www.msn.com/webservices/AddressBook"
AB = f"{{{NAMESPACE}}}"

BOOK_PATH = "/abservice/abservice.asmx"
SHARING_PATH = "/abservice/SharingService.asmx"

APPLICATION = "CFE80F9D-180F-4399-82AB-413F33A1FA11"
"""Messenger 8.5."""

INITIAL, TIMER, CONTACT_SAVE, GROUP_SAVE = "Initial", "Timer", "ContactSave", "GroupSave"
BLOCK_UNBLOCK, CONTACT_API = "BlockUnblock", "ContactMsgrAPI"
"""What the request is made for ("PartnerScenario"), in the words of the official clients."""

BOOK_ID = "<abId>00000000-0000-0000-0000-000000000000</abId>"
"""Everybody's own address book."""

BEGINNING = "0001-01-01T00:00:00.0000000-08:00"
"""Changes since then are everything.  Differences are never asked for: servers refuse them now."""


def operation(path: str, name: str, ticket: str, scenario: str, body: str) -> Request:
    """``ticket`` is that for CONTACTS; what ``body`` is made of has been escaped."""
    header = (
        f'<ABApplicationHeader xmlns="{NAMESPACE}"><ApplicationId>{APPLICATION}</ApplicationId>'
        f"<IsMigration>false</IsMigration><PartnerScenario>{scenario}</PartnerScenario>"
        f'</ABApplicationHeader><ABAuthHeader xmlns="{NAMESPACE}">'
        "<ManagedGroupRequest>false</ManagedGroupRequest>"
        f"<TicketToken>{quoted(ticket)}</TicketToken></ABAuthHeader>"
    )
    return request(
        path, f"{NAMESPACE}/{name}", header, f'<{name} xmlns="{NAMESPACE}">{body}</{name}>'
    )


def result(status: int, data: bytes, name: str) -> Element | Fault:
    """The element ``<name>Result``.

    Raises:
        WireError: there is none, and no fault either.
    """
    content = read(status, data)
    if isinstance(content, Fault):
        return content
    found = descend(content, f"{name}Result")
    if found is None:
        raise WireError(f"<{content.tag[:80]}> where {name}Result was to be")
    return found


def parse_id(status: int, data: bytes) -> str | Fault:
    """The answer to what makes a contact or a group: its id, also of one that another client has
    made meanwhile."""
    content = read(status, data)
    if isinstance(content, Fault):
        return content.existing or content
    for found in content:
        if id := text_of(descend(found, "guid")):
            return id
    raise WireError(f"<{content.tag[:80]}> without an id")


def annotations(element: Element, name: str = "annotations") -> dict[str, str]:
    """Names and values, of a contact's info; a member has them under another name."""
    found = element.find(AB + name)
    if found is None:
        return {}
    return {
        one.findtext(f"{AB}Name", ""): one.findtext(f"{AB}Value", "").strip()
        for one in found.iterfind(f"{AB}Annotation")
    }
