"""Display pictures, theirs and ours, between us and one other person on a switchboard.

        who wants it                                    who has it
    fetch ──► INVITE, the object  ──────────────────►
                                  ◄──────────────────  ACK
                                  ◄──────────────────  200 OK; or 603: Failed
              ACK                 ──────────────────►
                                  ◄──────────────────  four zeros: it begins
              ACK                 ──────────────────►
                                  ◄──────────────────  the picture, in chunks
    Received  ACK, BYE            ──────────────────►
                                  ◄──────────────────  ACK

Nothing is sent again: a switchboard loses nothing unless it breaks.  Who waits in vain has a clock,
and says ``give_up``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from gateway.errors import WireError
from gateway.frozen import frozen
from networks.msn import slp
from networks.msn.mime import Message
from networks.msn.msnobject import MsnObject
from networks.msn.p2p import (
    ACK,
    CLOSING,
    DATA,
    DESTINATION,
    Assembly,
    Frame,
    acknowledge,
    chunks,
    parse_frame,
    payload,
)
from networks.msn.slp import Slp

MAX_PICTURE = 256 * 1024
"""Bytes.  The official clients make pictures of some 20 kB at most."""

MAX_SLP = 8 * 1024
"""Bytes of an invitation.  With a file it has some 2,000: a name and a preview."""

MAX_SESSIONS = 8
"""At once, with one person; more are declined."""

MAX_ASSEMBLIES = 8
"""Messages that have begun to come; the one begun first is given up for a ninth."""


# What comes of it.


@frozen()
class Transmit:
    """Send this payload, with "D"."""

    payload: bytes = field(repr=False)


@frozen()
class Received:
    object: MsnObject
    data: bytes = field(repr=False)


@frozen()
class Failed:
    object: MsnObject
    why: str
    """For the log."""


@frozen()
class Declined:
    """They offered something that we cannot take, and were told so."""

    file: str
    """The name of a file; "" if it was something else."""


Step = Transmit | Received | Failed | Declined
Steps = Iterator[Step]


@frozen()
class Picture:
    """Our own."""

    object: MsnObject
    data: bytes = field(repr=False)


class Ids:
    """Numbers that nobody can guess, of a seed that nobody knows."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def number(self) -> int:
        """Of 31 bits, and not 0."""
        return int.from_bytes(self._digest()[:4]) >> 1 or 1

    def guid(self) -> str:
        digits = self._digest().hex().upper()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])
        return f"{{{'-'.join(parts)}}}"

    def _digest(self) -> bytes:
        self._count += 1
        return sha256(f"{self._seed}/{self._count}".encode()).digest()


@dataclass(slots=True)
class Session:
    call: str
    wanted: MsnObject | None
    """What we fetch; None when they do."""
    sent: int = 0
    """The number of the message that was our picture."""


class Peer:
    def __init__(self, me: str, them: str, ids: Ids, picture: Picture | None = None) -> None:
        self.me = me
        self.them = them
        self.picture = picture
        """To be changed when ours is."""
        self._ids = ids
        self._next = ids.number()
        self._sessions: dict[int, Session] = {}
        self._assemblies: dict[tuple[int, int], Assembly] = {}

    # Asking for a picture.

    def fetch(self, wanted: MsnObject) -> Steps:
        """Ends with ``Received`` or ``Failed``, some time."""
        if any(session.wanted == wanted for session in self._sessions.values()):
            return
        if wanted.size > MAX_PICTURE or not wanted.size:
            yield Failed(wanted, f"{wanted.size} bytes; at most {MAX_PICTURE} are fetched")
            return
        if len(self._sessions) >= MAX_SESSIONS:
            yield Failed(wanted, f"{MAX_SESSIONS} pictures are on their way already")
            return
        id, call = self._ids.number(), self._ids.guid()
        self._sessions[id] = Session(call, wanted)
        asked = slp.invite(self.me, self.them, self._ids.guid(), call, id, wanted.text)
        yield from self._say(asked)

    def give_up(self, why: str) -> Steps:
        """The time is over, or the switchboard is."""
        for session in list(self._sessions.values()):
            yield from self._close(session)
            if session.wanted:
                yield Failed(session.wanted, why)
        self._sessions.clear()
        self._assemblies.clear()

    # What they send.

    def receive(self, message: Message) -> Steps:
        """A message of type P2P, of theirs.  On a switchboard of many most are for others.

        Raises:
            WireError: it is damaged, and passed over.
        """
        if message.get(DESTINATION).partition(";")[0].lower() != self.me:
            return
        frame = parse_frame(message.body)
        if not frame.session:
            yield from self._of_no_session(frame)
        elif session := self._sessions.get(frame.session):
            yield from self._of_session(frame, session)

    def _of_no_session(self, frame: Frame) -> Steps:
        if not frame.flags & (ACK | CLOSING) and (whole := self._assemble(frame, MAX_SLP)):
            yield self._transmit(acknowledge(frame, self._number()))
            yield from self._heard(slp.parse(whole))

    def _of_session(self, frame: Frame, session: Session) -> Steps:
        if frame.flags & CLOSING:
            yield from self._ended(frame.session, f"they ended it (flags {frame.flags:x})")
        elif session.wanted is None:
            if frame.flags & ACK and frame.nonce == session.sent:
                del self._sessions[frame.session]  # They have it.
        elif not frame.flags & ACK:
            whole = self._assemble(frame, max(session.wanted.size, len(BEGIN)))
            if whole is not None:
                yield self._transmit(acknowledge(frame, self._number()))
                if frame.flags & DATA:
                    yield from self._came(frame.session, session.wanted, whole)

    def _assemble(self, frame: Frame, limit: int) -> bytes | None:
        if not 0 < frame.total <= limit:
            raise WireError(f"a P2P message of {frame.total} bytes; at most {limit} are taken")
        key = frame.session, frame.message
        if key not in self._assemblies:
            while len(self._assemblies) >= MAX_ASSEMBLIES:
                self._assemblies.pop(next(iter(self._assemblies)))
            self._assemblies[key] = Assembly(frame.total)
        whole = self._assemblies[key].add(frame)
        if whole is not None:
            del self._assemblies[key]
        return whole

    def _came(self, id: int, wanted: MsnObject, data: bytes) -> Steps:
        yield from self._close(self._sessions.pop(id))
        if wanted.is_of(data):
            yield Received(wanted, data)
        else:
            yield Failed(wanted, f"{len(data)} bytes that are not the picture")

    def _ended(self, id: int, why: str) -> Steps:
        session = self._sessions.pop(id, None)
        if session and session.wanted:
            yield Failed(session.wanted, why)

    # MSNSLP.

    def _heard(self, said: Slp) -> Steps:
        match said.method:
            case "INVITE" if said.type == slp.REQUEST:
                yield from self._invited(said)
            case "INVITE":
                # A direct connection.  Without one everything goes over the switchboard.
                yield from self._say(slp.answer(said, slp.DECLINED))
            case "BYE":
                yield from self._ended(self._of(said), "they hung up")
            case "" if said.status != slp.ACCEPTED:
                yield from self._ended(self._of(said), f"they said {said.status}")

    def _of(self, said: Slp) -> int:
        """The session that a call is about; 0 if there is none."""
        return next((id for id, one in self._sessions.items() if one.call == said.call), 0)

    def _invited(self, said: Slp) -> Steps:
        if said.session in self._sessions:
            return  # The same again.
        picture = self._wanted(said)
        if picture is None or not said.session or len(self._sessions) >= MAX_SESSIONS:
            yield from self._say(slp.answer(said, slp.DECLINED))
            if said.get("EUF-GUID").upper() != slp.OBJECTS:
                yield Declined(_file(said))
            return
        session = self._sessions[said.session] = Session(said.call, None)
        yield from self._say(slp.answer(said, slp.ACCEPTED))
        yield from self._send(BEGIN, said.session, 0, said.app)
        yield from self._send(picture.data, said.session, DATA, said.app)
        session.sent = self._next

    def _wanted(self, said: Slp) -> Picture | None:
        """Ours, if it is what they ask for."""
        if said.get("EUF-GUID").upper() != slp.OBJECTS or not self.picture:
            return None
        text = said.context.rstrip(b"\0").decode(errors="replace")
        return self.picture if self.picture.object.sha1d in text else None

    # Frames.

    def _say(self, said: Slp) -> Steps:
        yield from self._send(slp.encode(said), 0, 0, 0)

    def _close(self, session: Session) -> Steps:
        yield from self._say(slp.bye(self.me, self.them, self._ids.guid(), session.call))

    def _send(self, data: bytes, session: int, flags: int, app: int) -> Steps:
        message, nonce = self._number(), self._ids.number()
        for frame in chunks(message, data, nonce=nonce, session=session, flags=flags, app=app):
            yield self._transmit(frame)

    def _transmit(self, frame: Frame) -> Transmit:
        return Transmit(payload(self.them, frame))

    def _number(self) -> int:
        self._next = self._next % MAX_NUMBER + 1
        return self._next


BEGIN = bytes(4)
"""The message in a session before the picture."""

MAX_NUMBER = 0x7FFFFFFF
"""Of a message."""

NAME_AT, NAME_SIZE = 20, 520
"""Where the name is in the context of a file: UTF-16, filled up with zeros."""


def _file(said: Slp) -> str:
    if said.get("EUF-GUID").upper() != slp.FILES:
        return ""
    try:
        name = said.context[NAME_AT : NAME_AT + NAME_SIZE]
    except WireError:
        return ""
    return name[: len(name) & ~1].decode("utf-16-le", errors="replace").partition("\0")[0]
