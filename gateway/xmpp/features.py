"""What we say that we are and can do, of each kind of address.

It follows from the files of the XEPs and from the commands that the network handles, and from
nothing else: a feature in ``NEEDS`` is advertised where the network has one of those commands.
"""

from gateway.commands import (
    AskAttention,
    ChangeContact,
    EditMessage,
    FetchAvatar,
    FetchProfile,
    JoinRoom,
    ListBlocked,
    MarkRead,
    SearchPeople,
    SendMessage,
    SetAvatar,
    SetName,
    SetTune,
    SetTyping,
)
from gateway.network import Kind, Network
from gateway.xmpp import (
    blocking,
    commands,
    last,
    own_name,
    own_tune,
    ping,
    prompt,
    register,
    rosterx,
    rsm,
    search,
    time,
    useravatar,
    vcard,
    version,
)
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.chats import ATTENTION, CHAT_STATES, RECEIPTS
from gateway.xmpp.corrections import CORRECTION
from gateway.xmpp.markers import MARKERS
from gateway.xmpp.picturenews import METADATA, NOTIFY
from gateway.xmpp.resources import CAPS
from gateway.xmpp.rooms import MUC

DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
STABLE_ID = "http://jabber.org/protocol/muc#stable_id"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"

FEATURES: dict[Kind, tuple[str, ...]] = {
    # Of discovery itself, and of what is no IQ: messages and presence.
    Kind.SERVER: (
        *(DISCO_INFO, DISCO_ITEMS, CAPS, rsm.RSM, MUC),
        *(NOTIFY, own_name.NOTIFY, own_tune.NOTIFY),
    ),
    Kind.PERSON: (
        *(DISCO_INFO, DISCO_ITEMS, CAPS),
        *(CHAT_STATES, RECEIPTS, ATTENTION, MARKERS, CORRECTION),
    ),
    Kind.ROOM: (DISCO_INFO, DISCO_ITEMS, MUC, STABLE_ID, OCCUPANT_ID, MARKERS, CORRECTION),
}

NEEDS: dict[tuple[Kind, str], frozenset[type]] = {
    (Kind.SERVER, MUC): frozenset({JoinRoom}),
    (Kind.SERVER, NOTIFY): frozenset({SetAvatar}),
    (Kind.SERVER, own_name.NOTIFY): frozenset({SetName}),
    (Kind.SERVER, own_tune.NOTIFY): frozenset({SetTune}),
    (Kind.SERVER, blocking.BLOCKING): frozenset({ListBlocked}),
    (Kind.SERVER, search.SEARCH): frozenset({SearchPeople}),
    (Kind.SERVER, rosterx.ROSTERX): frozenset({ChangeContact}),
    (Kind.ROOM, MUC): frozenset({JoinRoom}),
    (Kind.PERSON, CHAT_STATES): frozenset({SetTyping}),
    (Kind.PERSON, RECEIPTS): frozenset({SendMessage}),
    (Kind.PERSON, ATTENTION): frozenset({AskAttention}),
    (Kind.PERSON, MARKERS): frozenset({MarkRead}),
    (Kind.ROOM, MARKERS): frozenset({MarkRead}),
    (Kind.PERSON, CORRECTION): frozenset({EditMessage}),
    (Kind.ROOM, CORRECTION): frozenset({EditMessage}),
    (Kind.PERSON, useravatar.DATA): frozenset({FetchAvatar}),
    (Kind.PERSON, METADATA): frozenset({FetchAvatar}),
    (Kind.PERSON, vcard.VCARD): frozenset({FetchProfile, FetchAvatar}),
    (Kind.PERSON, COMMANDS): commands.needed(Kind.PERSON),
}

SOFTWARE = "Greengate"


OFFERED = (
    FEATURES,
    *(
        file.FEATURES
        for file in (
            *(blocking, rosterx, commands, last, ping, prompt, register, search),
            *(time, useravatar, vcard, version),
        )
    ),
)


def features(kind: Kind, network: Network) -> tuple[str, ...]:
    """Sorted, as XEP-0115 wants them."""
    return tuple(
        sorted(
            feature
            for offered in OFFERED
            for feature in offered.get(kind, ())
            if (needs := NEEDS.get((kind, feature))) is None or needs & network.commands
        )
    )


def identities(kind: Kind, network: Network, name: str) -> tuple[tuple[str, str, str], ...]:
    """Category, type and name (https://xmpp.org/registrar/disco-categories.html), sorted.

    A server with rooms is a conference too, so that clients offer its list of rooms; of the
    network's type, because some clients think that ``conference/text`` is where to make new rooms.
    A person is a client: ``account/registered`` has no use for clients, and the features that
    matter to them are read from the capabilities in a presence, which are those of a client.
    """
    match kind:
        case Kind.SERVER:
            rooms = [("conference", network.name, name)] if JoinRoom in network.commands else []
            return (*rooms, ("gateway", network.name, name))
        case Kind.PERSON:
            return (("client", "pc", SOFTWARE),)
        case Kind.ROOM:
            return (("conference", "text", name),)
