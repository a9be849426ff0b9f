"""The address book, who may see us, and who asks to.

The server stores what the services are told by HTTP; ADL and RML are about the present session, in
which presence and calls follow from them.  So each change is said twice, in that order.

    FL  on our list   AL  may see us   BL  may not   RL  have us on theirs   PL  wait for an answer
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.commands import (
    AddContact,
    Authorize,
    Block,
    ChangeContact,
    ListBlocked,
    RemoveContact,
)
from gateway.errors import Reason, WireError
from gateway.ids import ChatId
from networks.msn import editing, memberships
from networks.msn.abservice import parse_id
from networks.msn.addressbook import Contact
from networks.msn.ids import is_address, normalise
from networks.msn.listing import Step, ask, buddy, network
from networks.msn.lists import Listed, On, changed_lists, parse_lists
from networks.msn.memberships import Member, NetworkId, Role
from networks.msn.news import Accepted, Blocklist, Changed, Declined, Requested
from networks.msn.requests import Asked, Request
from networks.msn.services import ServiceRefused, attempt, run
from networks.msn.soap import Request as Post
from networks.msn.soap import parse_done
from networks.msn.state import Msn, Task
from networks.msn.wire import Command

AS_WANTED = ("MemberAlreadyExists", "MemberDoesNotExist")
NO_CONTACT, NO_GROUP = "ContactDoesNotExist", "GroupDoesNotExist"
"""Faults that say that nothing has to be done."""

FEDERATED = "EmailDomainIsFederated"
"""They are not on MSN, but on Yahoo, which it was connected to."""


# Commands.


def add_contact(msn: Msn, command: AddContact) -> None:
    who = normalise(command.person)
    if problem := msn.problem(who):
        msn.tell(Declined(who, problem[1]))
    elif who in msn.book.contacts:
        msn.tell(Accepted(who))
    else:
        run(msn, adding(msn, who, command.reason), Request(Asked.ADDITION, chat=who))


def change_contact(msn: Msn, command: ChangeContact) -> None:
    who = normalise(command.person)
    run(msn, changing(msn, who, command.name, command.groups), Request(Asked.CHANGE, chat=who))


def remove_contact(msn: Msn, command: RemoveContact) -> None:
    who = normalise(command.person)
    run(msn, removing(msn, who), Request(Asked.CHANGE, chat=who))


def authorize(msn: Msn, command: Authorize) -> None:
    who = normalise(command.person)
    if not msn.problem(who):
        run(msn, answering(msn, who, command.is_granted), Request(Asked.CHANGE, chat=who))


def block(msn: Msn, command: Block) -> None:
    who = normalise(command.person)
    if problem := msn.problem(who):
        msn.deny(command.token, *problem)
        return
    request = Request(Asked.CHANGE, command.token, who)
    run(msn, allowing(msn, who, not command.is_blocked), request)


def list_blocked(msn: Msn, command: ListBlocked) -> None:
    msn.tell(Blocklist(command.token, tuple(msn.book.members[Role.BLOCK])))


# How they are done.


def adding(msn: Msn, who: ChatId, invitation: str) -> Task:
    if who in msn.book.contacts:
        msn.tell(Accepted(who))
        return

    def add(network: NetworkId) -> Step:
        return ask(
            msn,
            "ABContactAdd",
            lambda ticket: editing.add_contact(
                ticket, who, network, own_name=msn.own.name, invitation=invitation
            ),
            parse_id,
        )

    network = NetworkId.MSN
    try:
        id = yield from add(network)
    except ServiceRefused as refused:
        if refused.fault.code != FEDERATED:
            raise
        network = NetworkId.YAHOO
        id = yield from add(network)
    msn.book.contacts[who] = Contact(id=id, address=who, network=network)
    msn.tell(Changed(buddy(msn, who)))
    send_lists(msn, "ADL", who, On.CONTACTS)
    msn.tell(Accepted(who))
    if who not in msn.book.members[Role.BLOCK]:
        run(msn, allowing(msn, who, True), Request(Asked.CHANGE, chat=who))


def changing(msn: Msn, who: ChatId, name: str, groups: tuple[str, ...]) -> Task:
    contact = msn.book.contacts.get(who)
    if contact is None:
        return
    id = contact.id
    if name != contact.nick:
        yield from ask(
            msn,
            "ABContactUpdate",
            lambda ticket: editing.rename_contact(ticket, id, name),
            parse_done,
        )
        contact = msn.book.contacts[who] = replace(contact, nick=name)
    wanted = []
    for group in dict.fromkeys(filter(None, (group.strip() for group in groups))):
        wanted.append((yield from group_id(msn, group)))
    left = [group for group in contact.groups if group not in wanted]
    for group in left:
        yield from member_of(msn, editing.remove_from_group, contact, group)
    for group in wanted:
        if group not in contact.groups:
            yield from member_of(msn, editing.add_to_group, contact, group)
    msn.book.contacts[who] = replace(contact, groups=tuple(wanted))
    msn.tell(Changed(buddy(msn, who)))
    for group in left:
        yield from drop_if_empty(msn, group)


def group_id(msn: Msn, name: str) -> Step:
    """Of a group that is made if there is none."""
    found = [id for id, known in msn.book.groups.items() if known == name]
    if found:
        return found[0]
    id = yield from ask(msn, "ABGroupAdd", lambda ticket: editing.add_group(ticket, name), parse_id)
    msn.book.groups[id] = name
    return id


def drop_if_empty(msn: Msn, group: str) -> Step:
    """A group of which the last contact was taken out: renamed, as XMPP does it."""
    used = {id for contact in msn.book.contacts.values() for id in contact.groups}
    if group in used or group not in msn.book.groups:
        return
    deleting = ask(
        msn, "ABGroupDelete", lambda ticket: editing.delete_group(ticket, group), parse_done
    )
    yield from attempt(deleting, NO_GROUP)
    del msn.book.groups[group]


def member_of(msn: Msn, how: Callable[[str, str, str], Post], contact: Contact, group: str) -> Step:
    yield from ask(msn, "ABGroupContact", lambda ticket: how(ticket, group, contact.id), parse_done)


def removing(msn: Msn, who: ChatId) -> Task:
    """They may see us as before."""
    contact = msn.book.contacts.get(who)
    if contact is None:
        return
    id = contact.id
    deleting = ask(
        msn,
        "ABContactDelete",
        lambda ticket: editing.delete_contact(ticket, id),
        parse_done,
    )
    yield from attempt(deleting, NO_CONTACT)
    send_lists(msn, "RML", who, On.CONTACTS)
    del msn.book.contacts[who]
    msn.people.pop(who, None)


def answering(msn: Msn, who: ChatId, is_granted: bool) -> Task:
    yield from allowing(msn, who, is_granted)
    yield from place(msn, who, Role.PENDING, False)


def allowing(msn: Msn, who: ChatId, is_allowed: bool) -> Task:
    """On one of the two lists, and not on the other."""
    wrong, right = Role.BLOCK, Role.ALLOW
    if not is_allowed:
        wrong, right = right, wrong
    if (yield from place(msn, who, wrong, False)):
        send_lists(msn, "RML", who, LISTS[wrong])
    if (yield from place(msn, who, right, True)):
        send_lists(msn, "ADL", who, LISTS[right])


LISTS = {Role.ALLOW: On.ALLOW, Role.BLOCK: On.BLOCK}


def place(msn: Msn, who: ChatId, role: Role, is_member: bool) -> Step:
    """Returns whether anything has changed."""
    members = msn.book.members[role]
    if (who in members) == is_member:
        return False
    member = Member(role=role, address=who, network=network(msn, who))
    name, build = (
        ("AddMember", memberships.add_member)
        if is_member
        else ("DeleteMember", memberships.delete_member)
    )
    changing = ask(msn, name, lambda ticket: build(ticket, member), parse_done)
    yield from attempt(changing, *AS_WANTED)
    if is_member:
        members[who] = member.network
    else:
        members.pop(who, None)
    return True


def send_lists(msn: Msn, verb: str, who: ChatId, on: On) -> None:
    for payload in changed_lists([Listed(address=who, on=on, network=network(msn, who))]):
        msn.send(verb, payload=payload)


def on_addition_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    msn.tell(Declined(request.chat, detail))


def on_change_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    about = f" ({request.chat})" if request.chat else ""
    msn.notice(f"The contact list could not be changed{about}: {detail}")


# From the server.


def on_added(msn: Msn, command: Command) -> None:
    """ADL 0: somebody has us on their list.  ADL n OK: ours was taken."""
    for listed in lists_in(command):
        who = normalise(listed.address)
        if not listed.on & (On.REVERSE | On.PENDING) or not is_address(who):
            continue
        members = msn.book.members
        members[Role.REVERSE][who] = listed.network
        if who not in members[Role.ALLOW] and who not in members[Role.BLOCK]:
            members[Role.PENDING][who] = listed.network
            msn.tell(Requested(who, listed.name))


def on_removed(msn: Msn, command: Command) -> None:
    """RML 0: they have not any more.  RML n OK: ours was taken."""
    for listed in lists_in(command):
        who = normalise(listed.address)
        if listed.on & (On.REVERSE | On.PENDING):
            msn.book.members[Role.REVERSE].pop(who, None)
            msn.book.members[Role.PENDING].pop(who, None)


def lists_in(command: Command) -> tuple[Listed, ...]:
    """None of what cannot be read: it is what other people did, and nothing waits for it."""
    try:
        return parse_lists(command.payload) if command.payload else ()
    except WireError:
        return ()
