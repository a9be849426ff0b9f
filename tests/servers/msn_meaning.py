"""What a recorded answer and one of the fake MSN server must have in common."""

from __future__ import annotations

import email
import re
from typing import Any
from xml.etree import ElementTree

from tests.servers.msn_wire import Command, mime

Meaning = tuple[Any, ...]

GIVEN = re.compile(
    r"(?<=CKI )\w+|(?<=RINGING )\w+|(?<=^RNG )\w+|(?<=<I>)[0-9A-F-]{36}(?=</I>)", re.MULTILINE
)
"""Keys and ids that the server makes up."""

ADDRESS = re.compile(r"127\.0\.0\.1:\d+")

MAIL_FIELDS = (
    "From",
    "To",
    "X-OIM-Message-Type",
    "X-OIM-Run-Id",
    "X-OIM-Sequence-Num",
    "X-OriginalArrivalTime",
    "Date",
)


def given(text: str) -> list[str]:
    return GIVEN.findall(text)


def meaning(command: Command) -> Meaning:
    """Of what the notification server or a switchboard says."""
    args = list(command.args)
    match command.name:
        case "CVR" | "NOT":
            return (command.name,)
        case "GCF":
            return ("GCF", *args[:2])
        case "ADL" | "RML" if command.payload is not None:
            return (command.name, *args, _people(command.payload))
        case "MSG" if args[:1] == ["Hotmail"]:
            return ("MSG", "Hotmail", _system_message(command.payload or b""))
        case "XFR" | "RNG" | "CAL":
            text = " ".join([command.name, *args])
            return tuple(ADDRESS.sub("address", GIVEN.sub("given", text)).split(" "))
        case _:
            return (command.name, *args, command.payload)


def _people(payload: bytes) -> Meaning:
    root = ElementTree.fromstring(payload)
    return tuple(
        (domain.get("n"), tuple(sorted(contact.attrib.items())))
        for domain in root
        for contact in domain
    )


def _system_message(payload: bytes) -> Meaning:
    headers, body = mime(payload)
    kind = headers["content-type"]
    text = body.decode()
    if "profile" in kind:
        return kind, headers["sid"], headers["mspauth"]
    sizes = re.sub(r"<SZ>\d+</SZ>", "", text)
    return kind, tuple(sorted(re.split("(?=<M>)", GIVEN.sub("given", sizes))))


# HTTP.


def soap_meaning(status: int, body: bytes) -> Meaning:
    if not body.lstrip().startswith(b"<"):
        return status, body
    root = ElementTree.fromstring(body)
    fault = root.find(".//{*}Fault")
    if fault is not None:
        challenged = fault.find(".//{*}LockKeyChallenge")
        code = fault.findtext(".//{*}errorcode")
        return (
            status,
            fault.findtext("faultcode") or fault.findtext("{*}faultcode"),
            code,
            (challenged.text if challenged is not None else None),
        )
    inside = root.find("{*}Body")
    assert inside is not None
    operation = _name(inside[0])
    return status, operation, READERS.get(operation, _texts)(inside[0])


def _name(element: ElementTree.Element) -> str:
    return element.tag.partition("}")[2]


def _texts(answer: ElementTree.Element) -> Meaning:
    """All that has a text, but for ids."""
    found = [(_name(element), (element.text or "").strip()) for element in answer.iter()]
    return tuple(pair for pair in found if pair[1] and not re.fullmatch("[0-9a-f-]{36}", pair[1]))


def _memberships(answer: ElementTree.Element) -> Meaning:
    return tuple(
        (
            membership.findtext("{*}MemberRole"),
            tuple(sorted(name.text or "" for name in membership.iterfind(".//{*}PassportName"))),
        )
        for membership in answer.iterfind(".//{*}Membership")
    )


CONTACT_FIELDS = ("contactType", "passportName", "displayName", "quickName", "isMessengerUser")


def _book(answer: ElementTree.Element) -> Meaning:
    names = {
        group.findtext("{*}groupId"): group.findtext("{*}groupInfo/{*}name")
        for group in answer.iterfind(".//{*}Group")
    }
    contacts = []
    for contact in answer.iterfind(".//{*}Contact"):
        fields = tuple(contact.findtext(f".//{{*}}{name}") for name in CONTACT_FIELDS)
        groups = tuple(sorted(names[g.text] or "" for g in contact.iterfind(".//{*}guid")))
        contacts.append((fields, groups))
    owner = answer.findtext(".//{*}ownerEmail")
    return tuple(sorted(filter(None, names.values()))), tuple(sorted(contacts)), owner


def _mail(answer: ElementTree.Element) -> Meaning:
    found = email.message_from_string(answer.findtext("{*}GetMessageResult") or "")
    return tuple(found[name] for name in MAIL_FIELDS), found.get_payload(decode=True)


def _metadata(answer: ElementTree.Element) -> Meaning:
    text = re.sub(r"<SZ>\d+</SZ>", "", GIVEN.sub("given", answer.text or ""))
    return tuple(sorted(re.split("(?=<M>)", text)))


def _tickets(answer: ElementTree.Element) -> Meaning:
    """For whom, with a secret or not."""
    return tuple(
        (response.findtext(".//{*}Address"), response.find(".//{*}BinarySecret") is not None)
        for response in answer.iterfind("{*}RequestSecurityTokenResponse")
    )


def _profile(answer: ElementTree.Element) -> Meaning:
    """The recorded server has an older name there."""
    return (answer.find(".//{*}ExpressionProfile/{*}DisplayName") is not None,)


READERS = {
    "FindMembershipResponse": _memberships,
    "ABFindAllResponse": _book,
    "ABFindContactsPagedResponse": _book,
    "GetMessageResponse": _mail,
    "GetMetadataResponse": _metadata,
    "RequestSecurityTokenResponseCollection": _tickets,
    "GetProfileResponse": _profile,
}


def ids(body: bytes) -> list[str]:
    """All that the server made up in an answer, in an order that does not depend on them."""
    text = body.decode()
    if "FindAllResult" in text or "PagedResult" in text:
        root = ElementTree.fromstring(body)
        groups = [
            (g.findtext("{*}groupInfo/{*}name") or "", g.findtext("{*}groupId") or "")
            for g in root.iterfind(".//{*}Group")
        ]
        contacts = [
            (c.findtext(".//{*}passportName") or "", c.findtext("{*}contactId") or "")
            for c in root.iterfind(".//{*}Contact")
        ]
        return [id for _, id in sorted(groups) + sorted(contacts)]
    tokens = re.findall(r"BinarySecurityToken[^>]*>t=([^&<]+)", text)
    guids = re.findall(r"<guid>([^<]*)</guid>", text)
    return [*tokens[:1], *guids]
