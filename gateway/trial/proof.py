"""The proof: what a user and somebody on IRC see of a gateway between them, step by step.

    python -m gateway.trial.proof '{"jid": …}'     (``Scene``, as JSON)

Prints a line for each step as it happens; ends with status 1 at the first that fails, after saying
what was seen instead.  A process of its own, because it looks at the gateway from outside, with
slixmpp's client on a plain asyncio loop.
"""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from slixmpp.exceptions import IqTimeout

from gateway.trial.people import Peer, RefusedError, Stanza, User
from gateway.trial.scene import Scene, tell

DISCO = "http://jabber.org/protocol/disco#info"
REGISTER = "jabber:iq:register"
FORM = "jabber:x:data"
MUC_USER = "http://jabber.org/protocol/muc#user"
ROSTER = "jabber:iq:roster"

POLL_EVERY = 0.05
"""Between two questions about what nobody announces."""

SELF_PRESENCE = "110"
"""XEP-0045, section 15.6.2."""


class StepFailed(Exception):
    """Told already."""


class Proof:
    def __init__(self, scene: Scene) -> None:
        token = secrets.token_hex(3)  # IRC forgets nobody at once: everybody is new each time.
        self.scene = scene
        self.user = User(scene.jid, scene.password, Path(scene.ca_file))
        self.peer = Peer(f"tybalt{token}")
        self.nick = f"juliet{token}"
        self.channel = f"#verona{token}"
        self.transport = scene.transport
        self.contact = f"{self.peer.nick}@{self.transport}"
        self.room = f"{self.channel}@{self.transport}"

    async def run(self) -> None:
        async with self.step("somebody on IRC opens a channel and sets its topic"):
            await self.peer.connect(self.scene.irc_host, self.scene.irc_port)
            self.peer.send(f"JOIN {self.channel}")
            await self.peer.expect(self.peer.nick, "JOIN", self.channel)
            self.peer.send(f"TOPIC {self.channel} :Two households")
            await self.peer.expect(self.peer.nick, "TOPIC", self.channel)
        async with self.step("the user logs in to the Jabber server"):
            await self.user.log_in(self.scene.host, self.scene.port)
        async with self.step(f"{self.transport} says that it is a gateway to IRC (XEP-0030)"):
            await self.discover()
        async with self.step("the user registers with a nickname (XEP-0077)"):
            await self.register()
        async with self.step("both subscribe to each other's presence (XEP-0100)"):
            await self.subscribe()
        async with self.step("the transport is available: the user is on IRC"):
            await self.log_in()
        async with self.step("a message to IRC"):
            text = "Tybalt, du Rattenfänger, willst du dran? ♥"
            self.user.say(self.contact, text)
            await self.peer.expect(self.nick, "PRIVMSG", self.peer.nick, text)
        async with self.step("a message from IRC"):
            self.peer.send(f"PRIVMSG {self.nick} :What wouldst thou have with me?")
            body = "What wouldst thou have with me?"
            await self.sees(lambda stanza: stanza.is_message(self.contact, "chat", body))
        async with self.step(f"the user joins {self.channel} and gets its subject (XEP-0045)"):
            await self.join()
        async with self.step("a message to the room"):
            self.user.say(self.room, "Good morrow, cousin.", "groupchat")
            await self.peer.expect(self.nick, "PRIVMSG", self.channel, "Good morrow, cousin.")
            await self.hears(self.nick, "Good morrow, cousin.")
        async with self.step("a message from the room"):
            self.peer.send(f"PRIVMSG {self.channel} :Is the day so young?")
            await self.hears(self.peer.nick, "Is the day so young?")
        async with self.step("the user goes offline and leaves IRC"):
            self.user.send_presence(type="unavailable")
            while await self.peer.sees_online(self.nick):
                await asyncio.sleep(POLL_EVERY)
        async with self.step("the user unregisters"):
            await self.ask("set", REGISTER, ElementTree.Element(f"{{{REGISTER}}}remove"))
            await self.sees_subscription("none")

    async def discover(self) -> None:
        """Repeated, because the gateway may still be starting."""
        while True:
            try:
                info = await self.ask("get", DISCO)
            except RefusedError:
                await asyncio.sleep(POLL_EVERY)
                continue
            identities = info.findall(f"{{{DISCO}}}identity")
            said = [(identity.get("category"), identity.get("type")) for identity in identities]
            assert ("gateway", "irc") in said, f"not among what it says it is: {said}"
            return

    async def register(self) -> None:
        query = await self.ask("get", REGISTER)
        form = query.find(f"{{{FORM}}}x")
        filled = self.fill_in(query) if form is None else [self.fill_in_form(form)]
        await self.ask("set", REGISTER, *filled)

    def fill_in(self, query: ElementTree.Element) -> list[ElementTree.Element]:
        """XEP-0077, section 3.1.1."""
        names = [child.tag.rpartition("}")[2] for child in query]
        filled = []
        for name in names:
            if name in ("nick", "username"):
                element = ElementTree.Element(f"{{{REGISTER}}}{name}")
                element.text = self.nick
                filled.append(element)
        assert filled, f"no field for a nickname among {names}"
        return filled

    def fill_in_form(self, form: ElementTree.Element) -> ElementTree.Element:
        """XEP-0077, section 4: as offered, but for the nickname."""
        filled = ElementTree.Element(f"{{{FORM}}}x", type="submit")
        for field in form.iterfind(f"{{{FORM}}}field"):
            name = field.get("var")
            if name is None or field.get("type") == "fixed":
                continue
            answer = ElementTree.SubElement(filled, f"{{{FORM}}}field", var=name)
            values = [value.text or "" for value in field.iterfind(f"{{{FORM}}}value")]
            for text in [self.nick] if name in ("nick", "username") else values:
                ElementTree.SubElement(answer, f"{{{FORM}}}value").text = text
        return filled

    async def subscribe(self) -> None:
        """XEP-0100, section 4.1.1, steps 6 to 10."""
        await self.sees(lambda stanza: stanza.is_presence(self.transport, "subscribe"))
        self.user.send_presence(self.transport, "subscribed")
        self.user.send_presence(self.transport, "subscribe")
        await self.sees(lambda stanza: stanza.is_presence(self.transport, "subscribed"))
        await self.sees_subscription("both")

    async def sees_subscription(self, state: str) -> None:
        """The Jabber server says what has become of it, even to a client that is not available."""
        item = f"{{{ROSTER}}}query/{{{ROSTER}}}item"
        await self.sees(
            lambda stanza: (
                stanza.kind == "iq" and stanza.has(item, jid=self.transport, subscription=state)
            )
        )

    async def log_in(self) -> None:
        await self.sees(lambda stanza: stanza.is_presence(self.transport))
        assert await self.peer.sees_online(self.nick)

    async def join(self) -> None:
        me = f"{self.room}/{self.nick}"
        status = f"{{{MUC_USER}}}x/{{{MUC_USER}}}status"
        self.user.join(me)
        await self.peer.expect(self.nick, "JOIN", self.channel)
        other = f"{self.room}/{self.peer.nick}"
        await self.sees(lambda stanza: stanza.is_presence(other))
        await self.sees(
            lambda stanza: stanza.is_presence(me) and stanza.has(status, code=SELF_PRESENCE)
        )
        await self.sees(
            lambda stanza: stanza.bare == self.room and stanza.text("subject") == "Two households"
        )

    async def hears(self, nick: str, body: str) -> None:
        sender = f"{self.room}/{nick}"
        await self.sees(lambda stanza: stanza.is_message(sender, "groupchat", body))

    async def sees(self, matches: Callable[[Stanza], bool]) -> None:
        await self.user.inbox.expect(matches)

    async def ask(
        self, type: Literal["get", "set"], namespace: str, *children: ElementTree.Element
    ) -> ElementTree.Element:
        """Ask the transport; return the query element of the answer, empty if it has none."""
        query = ElementTree.Element(f"{{{namespace}}}query")
        query.extend(children)
        answer = await self.user.ask(self.transport, type, query)
        found = answer.find(f"{{{namespace}}}query")
        return query if found is None else found

    @asynccontextmanager
    async def step(self, title: str) -> AsyncIterator[None]:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.scene.step_seconds):
                yield
        except (TimeoutError, IqTimeout):
            self.fail(began, title, "waited in vain")
        except (RefusedError, OSError, AssertionError) as error:
            self.fail(began, title, str(error) or type(error).__name__)
        tell("✓", began, title)

    def fail(self, began: float, title: str, why: str) -> None:
        tell("✗", began, f"{title}: {why}")
        print(self.user.inbox.shown(), self.peer.inbox.shown(), sep="\n", flush=True)
        raise StepFailed

    async def close(self) -> None:
        await asyncio.gather(self.user.close(), self.peer.close())


async def prove(scene: Scene) -> int:
    proof = Proof(scene)
    try:
        await proof.run()
    except StepFailed:
        return 1
    finally:
        await proof.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(prove(Scene(**json.loads(sys.argv[1])))))
