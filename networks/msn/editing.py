"""The address book, as we change it: contacts, the names we give them, groups.

Contacts and groups have ids; what makes one is answered by its id, everything else by nothing.
"""

from networks.msn.abservice import (
    BOOK_ID,
    BOOK_PATH,
    CONTACT_SAVE,
    GROUP_SAVE,
    INITIAL,
    TIMER,
    operation,
)
from networks.msn.addressbook import NICK, Kind
from networks.msn.memberships import NetworkId
from networks.msn.soap import Request
from networks.msn.xml import quoted


def add_book(ticket: str, owner: str) -> Request:
    """For an account that has none."""
    body = (
        f"<abInfo><name/><ownerPuid>0</ownerPuid><ownerEmail>{quoted(owner)}</ownerEmail>"
        "<fDefault>true</fDefault></abInfo>"
    )
    return operation(BOOK_PATH, "ABAdd", ticket, INITIAL, body)


def add_contact(
    ticket: str,
    address: str,
    network: NetworkId = NetworkId.MSN,
    *,
    own_name: str = "",
    invitation: str = "",
) -> Request:
    """Answered by an id.  They read the invitation, signed with our name."""
    who = quoted(address)
    if network == NetworkId.MSN:
        named = (
            f"<contactType>{Kind.PENDING}</contactType><passportName>{who}</passportName>"
            "<isMessengerUser>true</isMessengerUser>"
        )
    else:
        named = (
            "<emails><ContactEmail><contactEmailType>Messenger2</contactEmailType>"
            f"<email>{who}</email><isMessengerEnabled>true</isMessengerEnabled>"
            f"<Capability>{network:d}</Capability>"
            "<MessengerEnabledExternally>false</MessengerEnabledExternally>"
            "<propertiesChanged>Email IsMessengerEnabled Capability</propertiesChanged>"
            "</ContactEmail></emails>"
        )
    body = (
        f"{BOOK_ID}<contacts><Contact><contactInfo>{named}{_invited(own_name, invitation)}"
        "</contactInfo></Contact></contacts>"
        "<options><EnableAllowListManagement>true</EnableAllowListManagement></options>"
    )
    return operation(BOOK_PATH, "ABContactAdd", ticket, CONTACT_SAVE, body)


def _invited(own_name: str, invitation: str) -> str:
    if not own_name and not invitation:
        return ""
    said = _annotation("MSN.IM.InviteMessage", invitation)
    pending = f"<PendingAnnotations>{said}</PendingAnnotations>" if invitation else ""
    name = f"<DisplayName>{quoted(own_name)}</DisplayName>"
    return f"<MessengerMemberInfo>{pending}{name}</MessengerMemberInfo>"


def _annotation(name: str, value: str) -> str:
    return f"<Annotation><Name>{name}</Name><Value>{quoted(value)}</Value></Annotation>"


def rename_contact(ticket: str, id: str, nick: str) -> Request:
    """ "" takes the name away that we gave them."""
    info = f"<annotations>{_annotation(NICK, nick)}</annotations>"
    return _update(ticket, f"<contactId>{quoted(id)}</contactId>", info, "Annotation ")


def rename_me(ticket: str, name: str) -> Request:
    """Our own name, for those who ask while we are offline."""
    return _update(ticket, "", f"{ME}<displayName>{quoted(name)}</displayName>", "DisplayName ")


ME = f"<contactType>{Kind.ME}</contactType>"


def _update(ticket: str, who: str, info: str, changed: str) -> Request:
    """``changed`` names the properties, each with a space behind it."""
    body = (
        f"{BOOK_ID}<contacts><Contact>{who}<contactInfo>{info}</contactInfo>"
        f"<propertiesChanged>{changed}</propertiesChanged></Contact></contacts>"
    )
    return operation(BOOK_PATH, "ABContactUpdate", ticket, CONTACT_SAVE, body)


def delete_contact(ticket: str, id: str) -> Request:
    return operation(BOOK_PATH, "ABContactDelete", ticket, TIMER, BOOK_ID + _contacts(id))


def _contacts(id: str) -> str:
    return f"<contacts><Contact><contactId>{quoted(id)}</contactId></Contact></contacts>"


# Groups.

GROUP_TYPE = "C8529CE2-6EAD-434d-881F-341E17DB3FF8"


def add_group(ticket: str, name: str) -> Request:
    """Answered by an id."""
    body = (
        f"{BOOK_ID}<groupAddOptions><fRenameOnMsgrConflict>false</fRenameOnMsgrConflict>"
        f"</groupAddOptions><groupInfo><GroupInfo><name>{quoted(name)}</name>"
        f"<groupType>{GROUP_TYPE}</groupType><fMessenger>false</fMessenger>"
        f"<annotations>{_annotation('MSN.IM.Display', '1')}</annotations></GroupInfo></groupInfo>"
    )
    return operation(BOOK_PATH, "ABGroupAdd", ticket, GROUP_SAVE, body)


def delete_group(ticket: str, id: str) -> Request:
    return operation(BOOK_PATH, "ABGroupDelete", ticket, TIMER, BOOK_ID + _group(id))


def add_to_group(ticket: str, group: str, contact: str) -> Request:
    body = BOOK_ID + _group(group) + _contacts(contact)
    return operation(BOOK_PATH, "ABGroupContactAdd", ticket, GROUP_SAVE, body)


def remove_from_group(ticket: str, group: str, contact: str) -> Request:
    body = BOOK_ID + _group(group) + _contacts(contact)
    return operation(BOOK_PATH, "ABGroupContactDelete", ticket, GROUP_SAVE, body)


def _group(id: str) -> str:
    return f"<groupFilter><groupIds><guid>{quoted(id)}</guid></groupIds></groupFilter>"
