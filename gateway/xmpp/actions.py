"""What users ask of a transport by command or by chat: done, and told in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from gateway.commands import ChangeNick, SendRaw
from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import ProfileFetched, RoomListing
from gateway.ids import ChatId, PersonId
from gateway.network import Kind
from gateway.sessions import State
from gateway.store import Broken
from gateway.words import tr
from gateway.xmpp import directory, jid, labels, stanzas, typed
from gateway.xmpp.access import require_bridge, require_occupant, require_seat
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.iq import Asker
from gateway.xmpp.stanzas import element, escape
from gateway.xmpp.users import User
from gateway.xmpp.vcard import fetch

CONFERENCE = "jabber:x:conference"

Profile = ProfileFetched


def bridges(user: User, transport: Transport, account: str) -> list[Bridge]:
    """All their sessions, or the one with that account; not what is left for a while of a
    registration that was refused."""
    return [
        bridge
        for bridge in user.bridges(transport.domain)
        if account in ("", bridge.key.account)
        and (bridge.is_registered or transport.network.guest is not None)
    ]


def require_bridges(user: User, transport: Transport, account: str) -> list[Bridge]:
    """
    Raises:
        CommandRefused: they have none.
    """
    found = bridges(user, transport, account)
    if not found:
        raise CommandRefused(
            Reason.REGISTRATION_REQUIRED,
            tr("Register with {name} first.").format(name=transport.name),
        )
    return found


def require_one(user: User, transport: Transport, account: str) -> Bridge:
    """The one that they talk to, or all they have.

    Raises:
        CommandRefused: they have none, or several, and did not say which.
    """
    found = require_bridges(user, transport, account)
    meant = [bridge for bridge in found if bridge.key.account == account] or found
    if len(meant) > 1:
        accounts = ", ".join(bridge.address for bridge in meant)
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("Ask one of your accounts: {accounts}").format(accounts=accounts),
        )
    return meant[0]


def name_of(bridge: Bridge) -> str:
    """Of the account, for its owner."""
    return labels.shown(bridge.key.account) or bridge.transport.name


def find_account(user: User, transport: Transport, account: str, name: str) -> Bridge:
    """By what its owner calls it: the label, or the server where users choose one, or both.

    Raises:
        CommandRefused: they have none of that name, or several.
    """
    found = require_bridges(user, transport, account)
    wanted = name.strip().casefold()
    meant = [b for b in found if name_of(b).casefold() == wanted] or [
        b for b in found if wanted in labels.split(b.key.account)
    ]
    if len(meant) != 1:
        accounts = ", ".join(map(name_of, found))
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE,
            tr("Name one of your accounts: {accounts}").format(accounts=accounts),
        )
    return meant[0]


# The connection.


def status(user: User, transport: Transport, account: str) -> str:
    """Why they are offline, if they are, and when we try again."""
    found = bridges(user, transport, account)
    if not found:
        return tr("You are not registered with {name}.").format(name=transport.name)
    return "\n".join(_status(bridge, len(found) > 1) for bridge in found)


def _status(bridge: Bridge, is_one_of_several: bool) -> str:
    keeper = bridge.keeper
    is_named = is_one_of_several or bridge.key.account
    server = f"{name_of(bridge)}: " if is_named else ""
    since = tr("Since {since} UTC.").format(since=f"{keeper.since:%Y-%m-%d %H:%M}")
    return " ".join((f"{server}{keeper.explain()}", since, *_more(bridge)))


def _more(bridge: Bridge) -> Iterator[str]:
    if bridge.me and bridge.keeper.state is State.ONLINE:
        yield tr("You are called {nick}.").format(nick=bridge.me)
    if not bridge.is_registered:
        yield tr("You are a guest.")
    wishes = bridge.credentials.preferences
    if wishes.stay_online:
        yield tr("You stay connected when you are offline.")
    if wishes.invisible:
        yield tr("You look offline to others.")


def connect(bridge: Bridge) -> str:
    _require_readable(bridge)
    if bridge.keeper.state is not State.ONLINE:
        bridge.switch(True)
    return bridge.keeper.explain()


def reconnect(bridge: Bridge) -> str:
    _require_readable(bridge)
    bridge.switch(True)
    return tr("Connecting to {name} anew…").format(name=bridge.transport.name)


def disconnect(bridge: Bridge) -> str:
    bridge.switch(False)
    return tr("Disconnected from {name}.").format(name=bridge.transport.name)


def _require_readable(bridge: Bridge) -> None:
    if isinstance(bridge.registration, Broken):
        raise CommandRefused(
            Reason.REGISTRATION_REQUIRED,
            tr("Your stored registration cannot be opened any more. Register again."),
        )


# People and rooms.


def change_nick(bridge: Bridge, nick: str) -> str:
    bridge.ask(lambda token: ChangeNick(nick=nick, token=token))
    return tr("You are called {nick} now.").format(nick=nick)


def whois(bridge: Bridge, person: PersonId) -> Profile:
    return fetch(bridge, person)


def whois_typed(user: User, transport: Transport, account: str, name: str) -> Profile:
    account = _only(user, transport, account)
    _, address = typed.find_kind(transport, account, name, Kind.PERSON)
    return whois(require_one(user, transport, address.account), PersonId(address.chat))


def _only(user: User, transport: Transport, account: str) -> str:
    """Who has one server only means that one."""
    found = bridges(user, transport, account)
    return found[0].key.account if len(found) == 1 else account


def whois_occupant(ask: Asker) -> Profile:
    occupant = require_occupant(require_seat(ask), ask.resource)
    return whois(require_bridge(ask), occupant.person)


@dataclass(frozen=True, slots=True)
class FoundRoom:
    account: str
    chat: ChatId
    jid: str


def find_room(user: User, transport: Transport, account: str, name: str) -> FoundRoom:
    """
    Raises:
        CommandRefused: (NOT_ACCEPTABLE) that cannot be a room.
    """
    account = _only(user, transport, account)
    local, address = typed.find_kind(transport, account, name, Kind.ROOM)
    return FoundRoom(address.account, address.chat, jid.address(local, transport.domain))


def invite(bridge: Bridge, to: str, room: str, password: str) -> None:
    """Direct (XEP-0249), from the transport: the client joins, or asks whether to."""
    secret = f" password='{escape(password)}'" if password else ""
    children = (
        element("body", tr("You are invited to {room}.").format(room=room))
        + f"<x xmlns='{CONFERENCE}' jid='{escape(room)}'{secret}/>"
    )
    bridge.out.write(stanzas.message(bridge.address, to, "normal", children), keep=True)


def find_rooms(bridge: Bridge, pattern: str) -> list[RoomListing]:
    """Those whose name or subject has it, in whatever case; the largest first."""
    wanted = pattern.casefold()
    return [
        room
        for room in directory.rooms(bridge)
        if wanted in room.room.casefold() or wanted in room.subject.casefold()
    ]


def send_raw(bridge: Bridge, line: str) -> str:
    if "\n" in line or "\r" in line:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, tr("One line at a time."))
    bridge.ask(lambda token: SendRaw(line=line, token=token))
    return tr("Sent.")


def uri(address: str) -> str:
    """A JID as the path of an xmpp: URI (RFC 5122, section 2.2)."""
    local, domain, _ = jid.split(address)
    return f"{quote(local, safe='')}@{domain}"
