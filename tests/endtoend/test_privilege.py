"""What the gateway does in the name of users where the XMPP server lets it (XEP-0356).

On ejabberd 23.01, which can do little of it, and on Prosody, which can do all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.hub import HubLoop
from gateway.trial.ejabberd import Ejabberd, ejabberd
from tests.endtoend.client import Client
from tests.endtoend.pliant import Server
from tests.endtoend.rig import FIXED, SECRET, Audience, Gateway, nick_of, running
from tests.servers import prosody as prosody_server
from tests.servers.prosody import Prosody, prosody

CARBONS = "urn:xmpp:carbons:2"


@dataclass
class Alone:
    gateway: Gateway
    audience: Audience
    irc: Server
    """Like a bouncer: it shows what another client of the account says."""
    domain: str

    @property
    def transport(self) -> str:
        return f"irc.{self.domain}"


@pytest.fixture(scope="module", params=["ejabberd", "prosody"])
def xmpp(request: pytest.FixtureRequest) -> Iterator[Ejabberd | Prosody]:
    domain = "xmpp.test" if request.param == "ejabberd" else prosody_server.DOMAIN
    start = ejabberd if request.param == "ejabberd" else prosody
    with start(domains=[f"irc.{domain}"], secret=SECRET, privilege=True) as server:
        yield server


@pytest.fixture
def alone(xmpp: Ejabberd | Prosody, loop: HubLoop, tmp_path: Path) -> Iterator[Alone]:
    irc = Server()
    transports = {f"irc.{xmpp.domain}": {**FIXED, "server": "127.0.0.1", "port": irc.port}}
    audience = Audience(loop, xmpp)
    with running(Gateway(tmp_path / "gateway", xmpp, transports)) as gateway:
        gateway.logged("event=privilege.granted")
        yield Alone(gateway, audience, irc, xmpp.domain)
        audience.close()
    irc.close()


def carbon_of(user: Client, body: str) -> tuple[str, str]:
    """From whom to whom."""
    stanza = user.expect(
        f"a carbon of {body}",
        lambda stanza: (
            stanza.sender == user.jid and stanza.xml.find(f"{{{CARBONS}}}sent") is not None
        ),
        lambda stanza: any(found.text == body for found in stanza.xml.iter("{jabber:client}body")),
    )
    (message,) = stanza.xml.iterfind(
        f"{{{CARBONS}}}sent/{{urn:xmpp:forward:0}}forwarded/{{jabber:client}}message"
    )
    return message.get("from", ""), message.get("to", "")


def test_what_was_said_elsewhere(alone: Alone) -> None:
    user = alone.audience.user()
    phone = alone.audience.again(user, "phone")
    for client in (user, phone):
        client.roster()
        client.ask(user.jid, "set", f"<enable xmlns='{CARBONS}'/>")
    user.register(alone.transport, nick=nick_of(user))
    user.befriend(alone.transport)
    user.sees_presence(alone.transport)
    contact = f"romeo@{alone.transport}"
    alone.irc.send(f":{nick_of(user)}!u@h PRIVMSG Romeo :Wherefore art thou?")
    alone.irc.send(f":Romeo!u@h PRIVMSG {nick_of(user)} :I take thee at thy word")
    for client in (user, phone):
        assert carbon_of(client, "Wherefore art thou?") == (user.jid, contact)
    user.hears(contact, "I take thee at thy word")
    user.fence(alone.transport)
    phone.fence(alone.transport)
    for client in (user, phone):
        client.inbox.refuse(lambda stanza: "Wherefore" in str(stanza), "it once more")
    alone.irc.lines.refuse(lambda line: "Wherefore" in line, "it back")
