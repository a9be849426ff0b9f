"""Who takes part in the proof: the user, with an XMPP client, and somebody on IRC.

Both keep what they receive until somebody expects it, so that nothing depends on who is faster, and
so that a failure can show what came instead.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from xml.etree import ElementTree

from slixmpp import JID, ClientXMPP, Iq
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import StanzaBase, tostring

ItemT = TypeVar("ItemT")

MAX_SHOWN = 10
"""Items of one inbox that a failure shows: the last ones."""

CLOSE_SECONDS = 5.0


class Inbox(Generic[ItemT]):
    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._items: list[ItemT] = []
        self._changed = asyncio.Event()

    def put(self, item: ItemT) -> None:
        self._items.append(item)
        self._changed.set()

    async def expect(self, matches: Callable[[ItemT], bool]) -> ItemT:
        """The first item that matches, come or to come; it is taken out."""
        while True:
            for item in self._items:
                if matches(item):
                    self._items.remove(item)
                    return item
            self._changed.clear()
            await self._changed.wait()

    def shown(self) -> str:
        items = [f"  {item}" for item in self._items[-MAX_SHOWN:]] or ["  nothing"]
        return "\n".join([f"{self.owner} got, and nobody expected:", *items])


class Stanza:
    """What the user's client received, with what the proof asks of it."""

    def __init__(self, xml: ElementTree.Element) -> None:
        self.xml = xml
        self.kind = xml.tag.rpartition("}")[2]
        self.sender = xml.get("from", "")
        self.bare = self.sender.partition("/")[0]
        self.type = xml.get("type", "")

    def is_presence(self, sender: str, type: str = "") -> bool:
        """``type``: empty for available; ``sender`` with or without resource."""
        return (self.kind, self.type) == ("presence", type) and sender in (self.sender, self.bare)

    def is_message(self, sender: str, type: str, body: str) -> bool:
        return (
            (self.kind, self.type, self.sender) == ("message", type, sender)
            or (self.kind, self.type, self.bare) == ("message", type, sender)
        ) and self.text("body") == body

    def text(self, name: str) -> str | None:
        found = self.xml.find(f"{{*}}{name}")
        return None if found is None else found.text or ""

    def has(self, path: str, **attributes: str) -> bool:
        return any(
            attributes.items() <= element.attrib.items() for element in self.xml.iterfind(path)
        )

    def __str__(self) -> str:
        return tostring(self.xml)


class User:
    """A user of the Jabber server, with a client that does nothing by itself."""

    def __init__(self, jid: str, password: str, ca_file: Path) -> None:
        self.jid = jid
        self.inbox = Inbox[Stanza](jid)
        self._client = client = ClientXMPP(f"{jid}/proof", password)
        client.ca_certs = ca_file
        client.enable_direct_tls = False
        # None: leave it to me.  Answering a subscription is part of the proof.
        client.roster.auto_authorize = None  # type: ignore[assignment]
        client.roster.auto_subscribe = False
        client.add_filter("in", self._received)

    async def log_in(self, host: str, port: int) -> None:
        client = self._client
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def settle(outcome: str) -> Callable[[Any], None]:
            return lambda _: None if ready.done() else ready.set_result(outcome)

        client.add_event_handler("session_start", settle(""))
        client.add_event_handler("failed_all_auth", settle("the server refuses the password"))
        client.add_event_handler("ssl_invalid_chain", settle("the certificate is not trusted"))
        client.connect(host, port)
        if problem := await ready:
            raise ConnectionError(problem)
        await client.get_roster()
        self.send_presence()

    def send_presence(
        self,
        to: str | None = None,
        type: Literal["unavailable", "subscribe", "subscribed"] | None = None,
    ) -> None:
        self._client.send_presence(pto=to, ptype=type)

    def join(self, occupant: str) -> None:
        """XEP-0045, section 7.2.2."""
        presence = self._client.make_presence(pto=occupant)
        presence.xml.append(ElementTree.Element("{http://jabber.org/protocol/muc}x"))
        presence.send()

    def say(self, to: str, body: str, type: Literal["chat", "groupchat"] = "chat") -> None:
        self._client.send_message(mto=JID(to), mbody=body, mtype=type)

    async def ask(
        self, to: str, type: Literal["get", "set"], payload: ElementTree.Element
    ) -> ElementTree.Element:
        """Send an IQ; return the answer.

        Raises:
            RefusedError: the answer is an error.
        """
        iq: Iq = self._client.make_iq(ito=to, itype=type)
        iq.xml.append(payload)
        try:
            answer: Iq = await iq.send()  # type: ignore[no-untyped-call]
        except IqError as error:
            raise RefusedError(tostring(error.iq.xml)) from None
        return answer.xml

    async def close(self) -> None:
        await self._client.disconnect(wait=CLOSE_SECONDS)

    def _received(self, stanza: StanzaBase) -> StanzaBase:
        received = Stanza(stanza.xml)
        if received.type != "result":  # Has been asked for, and is with who asked.
            self.inbox.put(received)
        return stanza


class RefusedError(Exception):
    """An IQ was answered by an error; the text is that answer."""


class Peer:
    """Somebody on IRC: https://modern.ircdocs.horse/"""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.inbox = Inbox[str](f"{nick} on IRC")
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int) -> None:
        reader, self._writer = await asyncio.open_connection(host, port)
        self._task = asyncio.create_task(self._read(reader))
        self.send(f"NICK {self.nick}")
        self.send(f"USER {self.nick} 0 * :{self.nick}")
        await self.inbox.expect(lambda line: " 001 " in line)

    def send(self, line: str) -> None:
        assert self._writer, "connect first"
        self._writer.write(line.encode() + b"\r\n")

    async def expect(self, nick: str, command: str, *words: str) -> str:
        """A line of somebody: the command, and all these words after it."""
        return await self.inbox.expect(
            lambda line: (
                line.lower().startswith(f":{nick.lower()}!")
                and line.split()[1:2] == [command]
                and all(word in line for word in words)
            )
        )

    async def sees_online(self, nick: str) -> bool:
        """QUIT is told to those in the same channels only; this anybody may ask."""
        self.send(f"ISON {nick}")
        answer = await self.inbox.expect(lambda line: " 303 " in line)
        return nick.lower() in answer.lower().split(" :", 1)[1].split()

    async def close(self) -> None:
        if self._writer and self._task:
            self.send("QUIT")
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := (await reader.readline()).decode(errors="replace").rstrip("\r\n"):
            if line.startswith("PING"):
                self.send(f"PONG{line[4:]}")
            else:
                self.inbox.put(line)
        self.inbox.put("(the server hung up)")
