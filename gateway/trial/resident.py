"""Somebody on IRC who is always there, so that whoever tries the gateway has company.

    python -m gateway.trial.resident '["127.0.0.1", 6667, "#verona"]'

Answers every private message, and in the channel whoever says its name.
"""

import asyncio
import json
import re
import sys

from gateway.trial.people import Peer
from gateway.trial.scene import RESIDENT

TOPIC = "The fair Verona, where we lay our scene"

MESSAGE = re.compile(r":(?P<nick>[^!]+)!\S+ PRIVMSG (?P<target>\S+) :(?P<text>.*)")
"""https://modern.ircdocs.horse/#privmsg-message"""

CONTROL = "\x01"
"""CTCP: requests of programs, not of people.  https://modern.ircdocs.horse/ctcp"""


async def reside(host: str, port: int, channel: str) -> None:
    peer = Peer(RESIDENT)
    await peer.connect(host, port)
    peer.send(f"JOIN {channel}")
    peer.send(f"TOPIC {channel} :{TOPIC}")
    while True:
        line = await peer.inbox.expect(lambda _: True)
        if (said := MESSAGE.fullmatch(line)) and (answer := reply(**said.groupdict())):
            peer.send(answer)


def reply(nick: str, target: str, text: str) -> str:
    """A line for the server; empty: nothing to say."""
    if text.startswith(CONTROL):
        return ""
    if not target.startswith("#"):
        return f"PRIVMSG {nick} :Thou saidst: {text}"
    if RESIDENT in text.lower():
        return f"PRIVMSG {target} :{nick}: Good morrow, cousin."
    return ""


if __name__ == "__main__":
    asyncio.run(reside(*json.loads(sys.argv[1])))
