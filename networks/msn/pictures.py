"""Display pictures, over switchboards: CHG and NLN describe them, MSNSLP passes them on (``peer``).

FetchAvatar ──► a wish ──► they come to a switchboard ──► the picture, or not
SetAvatar   ──► CHG  ──► they ask on a switchboard ──► ours
"""

from collections.abc import Iterable

from gateway.commands import FetchAvatar, SetAvatar
from gateway.errors import Reason, WireError
from gateway.ids import ChatId
from gateway.network import Picture as Suitable
from networks.msn import boards, presence
from networks.msn.ids import normalise
from networks.msn.mime import Message
from networks.msn.msnobject import MsnObject, parse_object, picture
from networks.msn.news import PictureFetched
from networks.msn.peer import Declined, Failed, Peer, Picture, Received, Step, Transmit
from networks.msn.requests import PATIENCE, Asked, Request
from networks.msn.state import BUSY, Msn
from networks.msn.switchboard import Board, Parcel, Wish
from networks.msn.wire import quote

SUITABLE = Suitable(
    media_types=("image/png", "image/jpeg", "image/gif"),
    max_bytes=40 * 1024,
    min_side=1,
    max_side=96,
)
"""Official clients make everything PNG of 96 pixels, and show nothing larger."""

NO_PICTURE = "They do not show that picture any more."
NOT_COME = "Their client did not pass the picture on."


# Ours.


def set_avatar(msn: Msn, command: SetAvatar) -> None:
    avatar = command.avatar
    msn.picture = Picture(picture(msn.me, avatar.data), avatar.data) if avatar else None
    msn.own.picture = quote(msn.picture.object.text) if msn.picture else presence.NO_PICTURE
    for board in msn.boards.values():
        for peer in board.peers.values():
            peer.picture = msn.picture
    presence.update(msn)


# Theirs.


def fetch_avatar(msn: Msn, command: FetchAvatar) -> None:
    who = normalise(command.person)
    person = msn.people.get(who)
    wanted = parse_object(person.picture) if person else None
    if person is None or wanted is None or presence.picture_name(person.picture) != command.avatar:
        msn.deny(command.token, Reason.NOT_FOUND, NO_PICTURE)
    elif board := boards.to(msn, who):
        request = Request(Asked.PICTURE, command.token, who, board.link)
        board.wishes.append(Wish(request, wanted))
        if who in board.people:
            begin(msn, board)
    else:
        msn.deny(command.token, Reason.TOO_MUCH, BUSY)


def begin(msn: Msn, board: Board) -> None:
    """With what was wished for before they came."""
    for wish in list(board.wishes):
        if not wish.is_begun and wish.request.chat in board.people:
            wish.is_begun = True
            fetching = peer(msn, board, wish.request.chat).fetch(wish.object)
            act(msn, board, wish.request.chat, fetching)


def peer(msn: Msn, board: Board, who: ChatId) -> Peer:
    found = board.peers.get(who)
    if found is None:
        found = board.peers[who] = Peer(msn.me, who, msn.ids, msn.picture)
    return found


def on_message(msn: Msn, board: Board, who: ChatId, message: Message) -> None:
    """Of type P2P."""
    try:
        act(msn, board, who, peer(msn, board, who).receive(message))
    except WireError:
        # Damaged by their client, whose matter it is to say it again.
        return


def act(msn: Msn, board: Board, who: ChatId, steps: Iterable[Step]) -> None:
    for step in steps:
        match step:
            case Transmit(payload):
                if who in board.people:
                    boards.send(msn, board, Parcel(payload, "D"))
            case Received(wanted, data):
                for request in fulfilled(board, who, wanted):
                    if request.token:
                        msn.done(request, PictureFetched(request.token, who, data))
            case Failed(wanted):
                for request in fulfilled(board, who, wanted):
                    msn.refuse(request, Reason.UNAVAILABLE, NOT_COME)
            case Declined(file):
                what = f"the file {file[:80]!r}" if file else "something"
                msn.notice(f"{who} offers {what}, which is not possible from here.")


def fulfilled(board: Board, who: ChatId, wanted: MsnObject) -> list[Request]:
    """Who waits for it; they wait no longer."""
    found = [wish for wish in board.wishes if wish.request.chat == who and wish.object == wanted]
    board.wishes = [wish for wish in board.wishes if wish not in found]
    return [wish.request for wish in found]


def grow_old(msn: Msn, board: Board) -> None:
    """Once a turn of the sweeping timer."""
    for wish in list(board.wishes):
        wish.request.age += 1
        if wish.request.age == PATIENCE:
            who = wish.request.chat
            act(msn, board, who, peer(msn, board, who).give_up(NOT_COME))


def on_closed(msn: Msn, board: Board) -> None:
    """What was under way is not any more; whoever waits was told."""
    board.wishes.clear()
    board.peers.clear()
