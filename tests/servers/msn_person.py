"""A user of the fake MSN server whom the test plays: no socket, the same handlers.

romeo = server.user("romeo@msn.test")
romeo.sign_on()
romeo.say("juliet@msn.test", "Hi")
assert romeo.wait(Heard).text == "Hello"
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as escape_all

from tests.servers import msn_book as book
from tests.servers import msn_ns as ns
from tests.servers import msn_oim as oim
from tests.servers import msn_p2p as p2p
from tests.servers import msn_presence as presence
from tests.servers import msn_sb as sb
from tests.servers.fake import Played
from tests.servers.msn_heard import Event, Pictured, decode
from tests.servers.msn_users import Lists, User, fold
from tests.servers.msn_wire import FROM_SERVER, Buffer, Command, message, quote
from tests.servers.msn_world import Board, Seat, Session, World

CAPABILITIES = "2788999228"

PLAIN = ("X-MMS-IM-Format", "FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0")


@dataclass(eq=False)
class Talk:
    """One switchboard, as this user has it."""

    person: Person
    seat: Seat
    waiting: list[tuple[str, bytes]] = field(default_factory=list)
    """Until somebody is there."""
    pictures: dict[str, p2p.Pictures] = field(default_factory=dict)

    @property
    def board(self) -> Board:
        return self.seat.here

    @property
    def others(self) -> set[str]:
        return {seat.me.key for seat in self.board.others(self.seat)}

    def say(self, text: str, style: str = PLAIN[1], acknowledge: str = "A") -> None:
        head = ("X-MMS-IM-Format", style)
        self.send(acknowledge, message("text/plain; charset=UTF-8", text, head))

    def type(self) -> None:
        user = ("TypingUser", self.person.address)
        self.send("U", message("text/x-msmsgscontrol", "\r\n", user))

    def nudge(self) -> None:
        self.send("U", message("text/x-msnmsgr-datacast", "ID: 1\r\n\r\n"))

    def call(self, address: str) -> None:
        self.person.to_sb(self, "CAL", address)

    def leave(self) -> None:
        sb.leave(self.seat)
        self.person.talks.remove(self)

    def send(self, acknowledge: str, payload: bytes) -> None:
        if self.others:
            self.person.to_sb(self, "MSG", acknowledge, payload=payload)
        else:
            self.waiting.append((acknowledge, payload))

    def picture_with(self, address: str) -> p2p.Pictures:
        if address not in self.pictures:
            person = self.person
            self.pictures[address] = p2p.Pictures(
                me=person.address,
                them=address,
                send=lambda payload: self.send("D", payload),
                got=lambda data: person.received.put(Pictured(who=address, picture=data)),
                picture=person.picture,
                violation=lambda what: person.world.violation(address, what),
            )
        return self.pictures[address]


class Person(Played[Event]):
    def __init__(self, world: World, user: User) -> None:
        super().__init__(user.address)
        self.world, self.account = world, user
        self.session: Session | None = None
        self.talks: list[Talk] = []
        self.answers = True
        """Comes to every switchboard it is called to."""
        self.picture = b""
        self._ids = itertools.count(1)

    @property
    def address(self) -> str:
        return self.account.address

    # Coming and going.

    def sign_on(self, status: str = "NLN") -> None:
        buffer = Buffer(FROM_SERVER)
        session = Session(self.world, lambda data: self._told(session, buffer, data), played=True)
        session.dialect, session.user, session.logged_in = 15, self.account, True
        session.said = {"BLP", "ADL"}
        people = {*self.account.contacts, *self.account.lists[Lists.BLOCK]}
        session.told = {who: self.account.bits(who) for who in people}
        if former := self.world.session(self.account):
            former.send("OUT", "OTH")
            ns.leave(former)
        self.session = session
        self.world.links.append(session)
        self.status(status)

    def sign_off(self) -> None:
        for talk in [*self.talks]:
            talk.leave()
        if self.session is not None:
            ns.leave(self.session)
            self.session = None

    # Presence.

    def status(self, status: str) -> None:
        described = p2p.msnobj(self.address, self.picture) if self.picture else ""
        self.to_ns("CHG", status, CAPABILITIES, escape_all(described, safe="") or "0")

    def personal(self, psm: str, media: str = "") -> None:
        self.to_ns("UUX", payload=presence.uux(psm, media))

    def rename(self, name: str) -> None:
        self.to_ns("PRP", "MFN", quote(name))

    # Contacts.

    def add(self, address: str) -> None:
        other = self._find(address)
        book.add_contact(self.world, self.account, other)
        if self.session is not None:
            self.session.watched.add(other.key)
            presence.refresh(self.world)

    def remove(self, address: str) -> None:
        other = self._find(address)
        book.delete_contact(self.world, self.account, other)
        book.delete_member(self.world, self.account, Lists.ALLOW, other.key)

    def block(self, address: str) -> None:
        self._block(address, Lists.BLOCK, Lists.ALLOW)

    def unblock(self, address: str) -> None:
        self._block(address, Lists.ALLOW, Lists.BLOCK)

    def _block(self, address: str, to: Lists, of: Lists) -> None:
        key = self._find(address).key
        book.delete_member(self.world, self.account, of, key)
        book.add_member(self.world, self.account, to, key)
        if self.session is not None:
            self.session.told[key] = self.account.bits(key)
            presence.refresh(self.world)

    def accept(self, address: str) -> None:
        """Who asked, and is asked back."""
        key = self._find(address).key
        self._block(address, Lists.ALLOW, Lists.BLOCK)
        self.add(address)
        book.delete_member(self.world, self.account, Lists.PENDING, key)

    def _find(self, address: str) -> User:
        other = self.world.find(address)
        assert other is not None, f"nobody is {address}"
        return other

    # Talking.

    def talk(self, address: str) -> Talk:
        """The switchboard with just that one, a new one if there is none."""
        key = fold(address)
        for talk in self.talks:
            if talk.others == {key}:
                return talk
        talk = self.open()
        talk.call(address)
        return talk

    def talk_on(self, board: str) -> Talk:
        return next(talk for talk in self.talks if talk.board.id == board)

    def open(self) -> Talk:
        """A new switchboard, with nobody else."""
        return self._enter("USR", self.world.make_key(self.account, None))

    def say(self, to: str, text: str, **how: Any) -> None:
        self.talk(to).say(text, **how)

    def type(self, to: str) -> None:
        self.talk(to).type()

    def nudge(self, to: str) -> None:
        self.talk(to).nudge()

    def fetch_picture(self, of: str, described: str) -> None:
        self.talk(of).picture_with(of).fetch(described)

    def write(self, to: str, text: str, run: str, number: int) -> None:
        """An offline message, the ``number``th of a run."""
        content = oim.letter(text, run, number)
        name = oim.encoded_name(self.account.name)
        oim.keep(self.world, self._find(to), self.account, name, content)

    # How.

    def to_ns(self, name: str, *args: str, payload: bytes | None = None) -> None:
        assert self.session is not None, f"{self.address} is not signed on"
        ns.receive(self.session, Command(name, (str(next(self._ids)), *args), payload))

    def to_sb(self, talk: Talk, name: str, *args: str, payload: bytes | None = None) -> None:
        sb.receive(talk.seat, Command(name, (str(next(self._ids)), *args), payload))

    def _enter(self, name: str, *args: str) -> Talk:
        buffer = Buffer(FROM_SERVER)
        talk = Talk(self, Seat(self.world, lambda data: self._said(talk, buffer, data), True))
        self.world.links.append(talk.seat)
        self.talks.append(talk)
        self.to_sb(talk, name, self.address, *args)
        return talk

    def _told(self, session: Session, buffer: Buffer, data: bytes | None) -> None:
        """By the notification server."""
        for command in buffer.feed(data or b""):
            for event in decode("", command):
                self.received.put(event)
            if command.name == "RNG" and self.answers:
                self._enter("ANS", command.arg(3), command.arg(0))

    def _said(self, talk: Talk, buffer: Buffer, data: bytes | None) -> None:
        """On a switchboard."""
        for command in buffer.feed(data or b""):
            if command.name == "MSG" and p2p.CONTENT_TYPE.encode() in (command.payload or b""):
                talk.picture_with(command.arg(0)).receive(command.payload or b"")
                continue
            board = talk.seat.board.id if talk.seat.board else "none"
            for event in decode(board, command):
                self.received.put(event)
            if command.name == "JOI":
                waiting, talk.waiting = talk.waiting, []
                for acknowledge, payload in waiting:
                    talk.send(acknowledge, payload)
