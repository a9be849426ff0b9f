"""A user of the fake OSCAR server whom the test plays: no socket, the same handlers.

romeo = server.user("romeo")
romeo.sign_on()
romeo.say("juliet", "Hi")
assert romeo.wait(Heard).text == "Hello"
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

from tests.servers import oscar_bos as bos
from tests.servers import oscar_chat as chat
from tests.servers import oscar_dispatch as dispatch
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_text as text
from tests.servers.fake import Played
from tests.servers.oscar_heard import Event, decode
from tests.servers.oscar_kinds import BART, CHAT, FEEDBAG, GENERIC, ICBM, LOCATE
from tests.servers.oscar_users import AWAITING, Class, Item, User, ident
from tests.servers.oscar_wire import DATA, Snac, name8, string16, tlvs, u8, u16, u32, unpack_snac
from tests.servers.oscar_world import Link, Ticket, World

UTF8_CAPABILITY = bytes.fromhex("0946134e4c7f11d18222444553540000")
CHAT_CAPABILITY = bytes.fromhex("748f2420628711d18222444553540000")

HTML_TYPE = 'text/aolrtf; charset="us-ascii"'


@dataclass(frozen=True, slots=True)
class SignedOff:
    """The server hung up on this client."""

    reason: bytes


class Person(Played[Event | SignedOff]):
    def __init__(self, world: World, user: User) -> None:
        super().__init__(user.name)
        self.world, self.account = world, user
        self.links: dict[str, Link] = {}
        """The main one is "", rooms by their names, services by theirs."""
        self._ids = itertools.count(1)

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def online(self) -> bool:
        return "" in self.links and self.links[""].online

    # Coming and going.

    def sign_on(
        self, *, capabilities: tuple[bytes, ...] = (UTF8_CAPABILITY,), flags: int = 1
    ) -> None:
        link = self._connect("", Ticket(self.account, self.name, GENERIC, flags))
        self._send(ICBM, 0x02, u16(0) + u32(0x0B) + u16(8000) + u16(999) * 2 + u32(0))
        self._send(LOCATE, 0x04, tlvs((0x05, b"".join(capabilities))))
        self._send(FEEDBAG, 0x07)
        self._ready(link)

    def sign_off(self) -> None:
        for link in [*self.links.values()]:
            link.close()
            bos.leave(link)
        self.links.clear()

    # Presence.

    def away(self, html: str = "<HTML>gone</HTML>") -> None:
        self._send(LOCATE, 0x04, tlvs((0x03, HTML_TYPE), (0x04, html)))

    def back(self) -> None:
        self._send(LOCATE, 0x04, tlvs((0x04, b"")))

    def profile(self, html: str) -> None:
        self._send(LOCATE, 0x04, tlvs((0x01, HTML_TYPE), (0x02, html)))

    def idle(self, seconds: int) -> None:
        self._send(GENERIC, 0x11, u32(seconds))

    def status(self, status: int) -> None:
        """ICQ's, with its flags: 1 away, 5 not available, 11h occupied, 13h do not disturb, 20h
        free for chat, 100h invisible, which works for everybody."""
        self._send(GENERIC, 0x1E, tlvs((0x06, u32(status))))

    def fetch_info(self, name: str, wanted: int = 3) -> None:
        self._send(LOCATE, 0x05, u16(wanted) + name8(name))

    def warn(self, name: str, *, anonymously: bool = False) -> None:
        self._send(ICBM, 0x08, u16(int(anonymously)) + name8(name))

    # Contacts.

    def add(self, name: str, *, awaiting: bool = False) -> None:
        fields = tlvs((AWAITING, b"")) if awaiting else b""
        self._insert(name, Class.BUDDY, fields, group=1)

    def remove(self, name: str) -> None:
        self._delete(name, Class.BUDDY)

    def ask(self, name: str, reason: str = "") -> None:
        self._send(FEEDBAG, 0x18, name8(name) + string16(reason) + u16(0))

    def authorise(self, name: str, granted: bool = True, reason: str = "") -> None:
        self._send(FEEDBAG, 0x1A, name8(name) + u8(granted) + string16(reason) + u16(0))

    def pre_authorise(self, name: str, reason: str = "") -> None:
        self._send(FEEDBAG, 0x14, name8(name) + string16(reason) + u16(0))

    def block(self, name: str) -> None:
        if not self.account.of(Class.PRIVACY):
            self._insert("", Class.PRIVACY, tlvs((0xCA, u8(4)), (0xCB, u32(0xFFFFFFFF))))
        self._insert(name, Class.DENY)

    def unblock(self, name: str) -> None:
        self._delete(name, Class.DENY)

    def announce_icon(self, digest: bytes, flags: int = 1) -> None:
        self._insert("1", Class.ICON, tlvs((0xD5, u8(flags) + u8(len(digest)) + digest)))

    def upload_icon(self, picture: bytes) -> None:
        self._service("bart", BART)
        self._send(BART, 0x02, u16(1) + string16(picture), link="bart")

    def _insert(self, name: str, kind: Class, fields: bytes = b"", group: int = 0) -> None:
        numbers = {number for _, number in self.account.items}
        free = next(number for number in itertools.count(1) if number not in numbers)
        item = Item(name, group, free, kind, fields)
        self._send(FEEDBAG, 0x08, item.pack())

    def _delete(self, name: str, kind: Class) -> None:
        for item in self.account.of(kind):
            if ident(item.name) == ident(name):
                self._send(FEEDBAG, 0x0A, item.pack())

    # Messages.

    def say(
        self,
        to: str,
        what: str,
        *,
        charset: int | None = None,
        auto: bool = False,
        store: bool = True,
        typing: bool = True,
        cookie: bytes | None = None,
    ) -> bytes:
        """The text as it is, so AIM users write HTML; return its cookie."""
        fields: list[tuple[int, bytes | str]] = [(0x02, text.message(what, charset))]
        wanted = ((0x04, auto), (0x03, not auto), (0x06, store), (0x0B, typing))
        fields += [(kind, b"") for kind, is_wanted in wanted if is_wanted]
        return self.send(to, icbm.PLAIN, tlvs(*fields), cookie)

    def say_bytes(self, to: str, charset: int, data: bytes) -> bytes:
        """A text in a charset that may not be true."""
        content = [(text.CAPABILITIES, 1, b"\1"), (text.TEXT, 1, u16(charset) + u16(0) + data)]
        return self.send(to, icbm.PLAIN, tlvs((0x02, text.pack(content))), None)

    def send(self, to: str, channel: int, fields: bytes, cookie: bytes | None = None) -> bytes:
        cookie = cookie or os.urandom(8)
        self._send(ICBM, 0x06, cookie + u16(channel) + name8(to) + fields)
        return cookie

    def type(self, to: str, event: int = 2) -> None:
        self._send(ICBM, 0x14, bytes(8) + u16(1) + name8(to) + u16(event))

    def fetch_offline(self) -> None:
        self._send(ICBM, 0x10)

    # Rooms.

    def join(self, room: str, exchange: int = chat.PRIVATE) -> None:
        """Makes it, if need be."""
        made = chat.make_room(self.world, exchange, room)
        ticket = Ticket(self.account, self.name, CHAT, 1, made)
        self._ready(self._connect(room, ticket))

    def say_in(self, room: str, what: str, *, whisper_to: str = "") -> None:
        charset = "us-ascii" if what.isascii() else "unicode-2-0"
        data = what.encode(chat.CHARSETS[charset])
        content = tlvs((0x02, charset), (0x03, "en"), (0x01, data))
        to = (0x02, whisper_to) if whisper_to else (0x01, b"")
        body = os.urandom(8) + u16(3) + tlvs(to, (0x05, content))
        self._send(CHAT, 0x05, body, link=room)

    def leave(self, room: str) -> None:
        link = self.links.pop(room)
        link.close()
        bos.leave(link)

    def invite(self, name: str, room: str, says: str = "Join me", exchange: int = 4) -> bytes:
        cookie = os.urandom(8)
        where = u16(exchange) + name8(f"{exchange}-0-{room}") + u16(0)
        fields = tlvs((0x0A, u16(1)), (0x0F, b""), (0x0C, says), (0x2711, where))
        offer = u16(0) + cookie + CHAT_CAPABILITY + fields
        return self.send(name, icbm.RENDEZVOUS, tlvs((0x05, offer), (0x03, b"")), cookie)

    # How.

    def _service(self, name: str, family: int) -> None:
        if name not in self.links:
            self._ready(self._connect(name, Ticket(self.account, self.name, family, 1)))

    def _connect(self, name: str, ticket: Ticket) -> Link:
        link = Link(self.world, lambda channel, body: self._write(name, channel, body), played=True)
        self.links[name] = link
        self.world.links.append(link)
        bos.admit(link, ticket)
        families = b"".join(u16(family) + u16(1) for family in bos.families(link))
        self._send(GENERIC, 0x17, families, link=name)
        self._send(GENERIC, 0x06, link=name)
        self._send(GENERIC, 0x08, u16(1), link=name)
        return link

    def _ready(self, link: Link) -> None:
        tools = b"".join(u16(family) + bytes(6) for family in bos.families(link))
        dispatch.receive(link, Snac(GENERIC, 0x02, tools, request_id=next(self._ids)))

    def _send(self, family: int, subtype: int, data: bytes = b"", link: str = "") -> None:
        assert link in self.links, f"{self.name} is not signed on"
        snac = Snac(family, subtype, data, request_id=next(self._ids))
        dispatch.receive(self.links[link], snac)

    def _write(self, link: str, channel: int, body: bytes) -> None:
        if channel == DATA:
            for event in decode(link, unpack_snac(body)):
                self.received.put(event)
        elif link in self.links:
            del self.links[link]
            self.received.put(SignedOff(body))
