"""What users can do with a transport beyond chatting: its ad-hoc commands (XEP-0050).

The table at the end says which there are, at which kind of address, and which command the network
must know for it.  ``adhoc`` runs them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.commands import (
    Block,
    ChangeContact,
    ChangeNick,
    FetchProfile,
    JoinRoom,
    ListRooms,
    SendRaw,
    SetProfile,
)
from gateway.errors import CommandRefused, Reason
from gateway.ids import PersonId
from gateway.network import Field, FieldKind, Kind, Network
from gateway.words import mark, tr
from gateway.xmpp import (
    actions,
    adhoc,
    blocking,
    contactbook,
    forms,
    preferences,
    profile,
    registration,
)
from gateway.xmpp.access import is_occupant, require_bridge
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.iq import Ask, Asker, Table
from gateway.xmpp.steps import Done, Input, Step

XEPS = {"XEP-0050": "1.3.0", "XEP-0249": "1.2"}

FEATURES = {Kind.SERVER: (COMMANDS,), Kind.PERSON: (COMMANDS,)}

SHOWN_ROOMS = 100
"""Rooms of one answer: more than anybody reads in a form."""

SESSIONS = adhoc.Sessions()


@dataclass(frozen=True, slots=True)
class Offered:
    title: str
    start: Callable[[Asker], Step]
    kinds: frozenset[Kind] = frozenset({Kind.SERVER})
    needs: type | None = None


def offered(kind: Kind, network: Network) -> dict[str, str]:
    """Titles by node."""
    return {
        node: tr(command.title)
        for node, command in COMMAND.items()
        if _fits(command, kind, network)
    }


def _fits(command: Offered, kind: Kind, network: Network) -> bool:
    return kind in command.kinds and (command.needs is None or command.needs in network.commands)


def needed(kind: Kind) -> frozenset[type]:
    """Commands of the network of which one must be there for there to be any of ours; for an
    address where all depend on the network."""
    return frozenset(
        command.needs for command in COMMAND.values() if kind in command.kinds and command.needs
    )


def execute(ask: Ask) -> Element:
    node = ask.payload.get("node", "")
    command = COMMAND.get(node)
    kind = Kind.PERSON if is_occupant(ask) else ask.address.kind
    if command is None or not _fits(command, kind, ask.transport.network):
        raise CommandRefused(
            Reason.NOT_FOUND, tr("There is no command {node!r} here.").format(node=node)
        )
    return adhoc.execute(SESSIONS, ask, node, command.start)


# The connection.


def _status(ask: Asker) -> Step:
    return Done(text=actions.status(ask.user, ask.transport, ask.address.account))


def _of_each(ask: Asker, title: str, act: Callable[[Asker, Bridge], Step]) -> Step:
    """Do it with their account, or ask with which."""
    bridges = actions.require_bridges(ask.user, ask.transport, ask.address.account)
    if len(bridges) == 1:
        return act(ask, bridges[0])
    return Input(
        title=tr(title),
        instructions="",
        fields=(
            Field(
                name="account",
                label=tr("Account"),
                kind=FieldKind.CHOICE,
                required=True,
                choices=tuple((actions.name_of(b), actions.name_of(b)) for b in bridges),
            ),
        ),
        submit=lambda ask, given: act(ask, _named(ask, given["account"])),
        is_last=False,
    )


def _named(ask: Asker, name: str) -> Bridge:
    return actions.find_account(ask.user, ask.transport, ask.address.account, name)


def _for_account(title: str, act: Callable[[Asker, Bridge], Step]) -> Callable[[Asker], Step]:
    return lambda ask: _of_each(ask, title, act)


def _saying(act: Callable[[Bridge], str]) -> Callable[[Asker, Bridge], Step]:
    return lambda _, bridge: Done(text=act(bridge))


def _settings(_: Asker, bridge: Bridge) -> Step:
    return Input(
        title=tr("Settings"),
        instructions="",
        fields=tuple(setting.field for setting in preferences.offered(bridge.transport.network)),
        values=preferences.values(preferences.require(bridge)),
        submit=lambda ask, given: _submit_settings(ask, bridge, given),
    )


def _submit_settings(ask: Asker, bridge: Bridge, given: dict[str, str]) -> Step:
    preferences.put(ask.user, bridge, given)
    return Done(text=preferences.show(bridge))


# What the network can do.


def _nick(_: Asker, bridge: Bridge) -> Step:
    def submit(_: Asker, given: dict[str, str]) -> Step:
        return Done(text=actions.change_nick(bridge, given["nick"]))

    field = Field(name="nick", label=tr("Nickname"), required=True, default=bridge.me or "")
    return Input(title=tr("Change nickname"), instructions="", fields=(field,), submit=submit)


def _join(ask: Asker) -> Step:
    return Input(
        title=tr("Join a room"),
        instructions=tr("You will be invited; accept in your client."),
        fields=(
            Field(name="room", label=tr("Room"), required=True),
            Field(name="password", label=tr("Password, if it has one"), kind=FieldKind.SECRET),
        ),
        submit=_submit_join,
    )


def _submit_join(ask: Asker, given: dict[str, str]) -> Step:
    room = actions.find_room(ask.user, ask.transport, ask.address.account, given["room"])
    bridge = ask.user.bridge(ask.transport.domain, room.account)
    if bridge is None:
        return Done(text=tr("Join {jid} in your client.").format(jid=room.jid))
    actions.invite(bridge, ask.sender, room.jid, given["password"])
    return Done(text=tr("You are invited to {jid}. Accept in your client.").format(jid=room.jid))


def _whois(ask: Asker) -> Step:
    if is_occupant(ask):
        return _show_profile(actions.whois_occupant(ask))
    if ask.address.kind is Kind.PERSON:
        return _show_profile(actions.whois(require_bridge(ask), PersonId(ask.address.chat)))
    return Input(
        title=tr("Who is"),
        instructions="",
        fields=(Field(name="nick", label=tr(ask.transport.network.prompt), required=True),),
        submit=lambda ask, given: _show_profile(
            actions.whois_typed(ask.user, ask.transport, ask.address.account, given["nick"])
        ),
    )


def _show_profile(profile: actions.Profile) -> Step:
    if not profile.fields:
        return Done(text=tr("Nothing is told about {person}.").format(person=profile.person))
    return Done(form=forms.result(profile.fields, title=profile.person))


def _rooms(_: Asker, bridge: Bridge) -> Step:
    return Input(
        title=tr("List rooms"),
        instructions="",
        fields=(Field(name="pattern", label=tr("Part of the name or subject; empty for all")),),
        submit=lambda _, given: _submit_rooms(bridge, given["pattern"]),
    )


def _submit_rooms(bridge: Bridge, pattern: str) -> Step:
    found = actions.find_rooms(bridge, pattern)
    shown = found[:SHOWN_ROOMS]
    more = tr("These are the {count} largest of {total} rooms.").format(
        count=len(shown), total=len(found)
    )
    rows = [(r.room, "" if r.occupants is None else str(r.occupants), r.subject) for r in shown]
    columns = (("room", tr("Room")), ("occupants", tr("People")), ("subject", tr("Subject")))
    if not shown:
        return Done(text=tr("No room was found."))
    return Done(
        text=more if len(found) > len(shown) else "",
        form=forms.table(tr("Rooms"), columns, rows),
    )


def _raw(_: Asker, bridge: Bridge) -> Step:
    return Input(
        title=tr("Send a raw command"),
        instructions=tr("In the network's own language. Answers come as messages from the server."),
        fields=(Field(name="line", label=tr("Command"), required=True),),
        submit=lambda _, given: Done(text=actions.send_raw(bridge, given["line"])),
    )


COMMAND: dict[str, Offered] = {
    "register": Offered(mark("Register, or change the registration"), registration.start),
    "unregister": Offered(mark("Unregister"), registration.leave),
    "status": Offered(mark("Show the state of the connection"), _status),
    "connect": Offered(mark("Connect"), _for_account("Connect", _saying(actions.connect))),
    "reconnect": Offered(mark("Reconnect"), _for_account("Reconnect", _saying(actions.reconnect))),
    "disconnect": Offered(
        mark("Disconnect"), _for_account("Disconnect", _saying(actions.disconnect))
    ),
    "settings": Offered(mark("Settings"), _for_account("Settings", _settings)),
    "nick": Offered(
        mark("Change nickname"), _for_account(mark("Change nickname"), _nick), needs=ChangeNick
    ),
    "join": Offered(mark("Join a room"), _join, needs=JoinRoom),
    "whois": Offered(
        mark("Who is …"), _whois, kinds=frozenset({Kind.SERVER, Kind.PERSON}), needs=FetchProfile
    ),
    "profile": Offered(
        mark("Change your profile"),
        _for_account(mark("Your profile"), profile.edit),
        needs=SetProfile,
    ),
    "rooms": Offered(mark("List rooms"), _for_account(mark("List rooms"), _rooms), needs=ListRooms),
    "rename": Offered(
        mark("Rename, or move to other groups"),
        contactbook.rename,
        kinds=frozenset({Kind.PERSON}),
        needs=ChangeContact,
    ),
    "block": Offered(mark("Block"), blocking.block, kinds=frozenset({Kind.PERSON}), needs=Block),
    "unblock": Offered(
        mark("Unblock"), blocking.unblock, kinds=frozenset({Kind.PERSON}), needs=Block
    ),
    "raw": Offered(
        mark("Send a raw command"), _for_account(mark("Send a raw command"), _raw), needs=SendRaw
    ),
}

IQS: Table = {("set", f"{{{COMMANDS}}}command"): execute}
