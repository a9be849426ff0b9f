"""What the gateway does in the name of users where the XMPP server lets it (XEP-0356).

On ejabberd 23.01, which can do little of it, and on Prosody, which can do all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from slixmpp.xmlstream import StanzaBase

from gateway.hub import HubLoop
from gateway.trial.ejabberd import Ejabberd, ejabberd
from gateway.trial.people import Stanza
from tests.endtoend.client import ROSTER, Client
from tests.endtoend.pliant import Server
from tests.endtoend.rig import FIXED, SECRET, Audience, Gateway, nick_of, running, secret, until
from tests.servers import prosody as prosody_server
from tests.servers.oscar import Item, Oscar, oscar
from tests.servers.oscar_users import User
from tests.servers.oscar_wire import tlvs
from tests.servers.prosody import Prosody, prosody

CARBONS = "urn:xmpp:carbons:2"
ROSTERX = "http://jabber.org/protocol/rosterx"
DISCO_INFO = "http://jabber.org/protocol/disco#info"

ALIAS = 0x131

BOOK = (
    *(Item("", 0, 0, 1), Item("Capulets", 1, 0, 1), Item("Montagues", 2, 0, 1)),
    Item("romeo", 2, 1, 0, tlvs((ALIAS, "Ro"))),
    Item("nurse", 1, 2, 0, tlvs((ALIAS, "Nurse"))),
)
"""Of an account on the network."""


class Obedient(Client):
    """A client that does at once whatever it is told to (XEP-0144)."""

    def _received(self, stanza: StanzaBase) -> StanzaBase | None:  # type: ignore[override]
        xml = stanza.xml
        answer = f"<iq type='result' to='{xml.get('from')}' id='{xml.get('id')}'>{{}}</iq>"
        if xml.find(f"{{{ROSTERX}}}x") is not None:
            self.inbox.put(Stanza(xml))
            self.send(answer.format(""))
            for item in xml.iter(f"{{{ROSTERX}}}item"):
                self._do(item.get("action", ""), item.get("jid", ""), item.get("name", ""))
            return None
        if xml.get("type") == "get" and xml.find(f"{{{DISCO_INFO}}}query") is not None:
            feature = f"<feature var='{ROSTERX}'/>"
            self.send(answer.format(f"<query xmlns='{DISCO_INFO}'>{feature}</query>"))
            return None
        return super()._received(stanza)

    def _do(self, action: str, jid: str, name: str) -> None:
        subscription = "subscription='remove'" if action == "delete" else ""
        item = f"<item jid='{jid}' name='{name}' {subscription}/>"
        self.send(f"<iq type='set' id='{jid}'><query xmlns='{ROSTER}'>{item}</query></iq>")
        if action == "add":
            self.presence(jid, "subscribe")


@dataclass
class Alone:
    gateway: Gateway
    audience: Audience
    irc: Server
    """Like a bouncer: it shows what another client of the account says."""
    aim: Oscar
    domain: str

    @property
    def transport(self) -> str:
        return f"irc.{self.domain}"

    def member(self, client: type[Client] = Client) -> tuple[Client, str]:
        """A user with an address book, and the domain of its contacts."""
        user = self.audience.user(kind=client)
        user.roster()
        transport, password = f"aim.{self.domain}", secret("p")
        self.aim.add_user(nick_of(user), password, items=BOOK)
        user.register(transport, username=nick_of(user), password=password)
        user.befriend(transport)
        user.sees_presence(transport)
        return user, transport


@pytest.fixture(scope="module", params=["ejabberd", "prosody"])
def xmpp(request: pytest.FixtureRequest) -> Iterator[Ejabberd | Prosody]:
    domain = "xmpp.test" if request.param == "ejabberd" else prosody_server.DOMAIN
    start = ejabberd if request.param == "ejabberd" else prosody
    with start(domains=[f"irc.{domain}", f"aim.{domain}"], secret=SECRET, privilege=True) as server:
        yield server


@pytest.fixture(scope="module")
def aim() -> Iterator[Oscar]:
    with oscar("oos") as server:
        for name in ("romeo", "nurse"):
            server.add_user(name, secret("p"))
            server.user(name).sign_on()
        yield server


@pytest.fixture
def alone(xmpp: Ejabberd | Prosody, loop: HubLoop, aim: Oscar, tmp_path: Path) -> Iterator[Alone]:
    irc = Server()
    transports = {
        f"irc.{xmpp.domain}": {**FIXED, "server": "127.0.0.1", "port": irc.port},
        f"aim.{xmpp.domain}": {
            **{"network": "aim", "server": aim.host, "port": aim.port},
            "logins_per_second": 1000.0,
        },
    }
    audience = Audience(loop, xmpp)
    with running(Gateway(tmp_path / "gateway", xmpp, transports), FAILS) as gateway:
        for transport in transports:
            gateway.logged("event=privilege.granted", f"domain={transport}")
        yield Alone(gateway, audience, irc, aim, xmpp.domain)
        audience.close()
    irc.close()


FAILS = ('event=privilege.failed domain=aim.xmpp.test privilege="roster set"',)
"""ejabberd 23.01."""


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


# The roster.


def item_of(stanza: Stanza, jid: str) -> tuple[str, str, list[str]] | None:
    """Name, subscription and groups in a push (RFC 6121, section 2.1.6)."""
    for item in stanza.xml.iter(f"{{{ROSTER}}}item"):
        if item.get("jid") == jid:
            groups = [group.text or "" for group in item]
            return item.get("name", ""), item.get("subscription", ""), groups
    return None


def sees_item(user: Client, jid: str, *expected: object) -> None:
    user.expect(f"{expected} of {jid}", lambda stanza: item_of(stanza, jid) == expected)


def log_in_again(alone: Alone, user: Client, transport: str) -> None:
    user.say(transport, "disconnect")
    alone.aim.wait_offline(nick_of(user))
    user.inbox.clear()
    user.say(transport, "connect")
    user.sees_presence(transport)


@pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)
def test_contacts_are_in_the_roster_without_being_asked_for(alone: Alone) -> None:
    user, aim = alone.member()
    romeo, nurse = f"romeo@{aim}", f"nurse@{aim}"
    sees_item(user, romeo, "Ro", "both", ["Montagues"])
    sees_item(user, nurse, "Nurse", "both", ["Capulets"])
    for contact in (romeo, nurse):
        user.sees_presence(contact)
    user.inbox.refuse(lambda stanza: stanza.type == "subscribe", "a question")

    # What the user changes reaches the network at the next log-in.
    renamed = f"<item jid='{romeo}' name='My Romeo'><group>Mine</group></item>"
    user.ask(user.jid, "set", f"<query xmlns='{ROSTER}'>{renamed}</query>")
    log_in_again(alone, user, aim)
    account = alone.aim.account(nick_of(user))
    until(lambda: alias(account, "romeo") == "My Romeo", "the new name")
    assert alias(account, "nurse") == "Nurse"
    user.fence(aim)
    user.inbox.refuse(lambda stanza: item_of(stanza, romeo) is not None, "a change back")

    removed = f"<item jid='{nurse}' subscription='remove'/>"
    user.ask(user.jid, "set", f"<query xmlns='{ROSTER}'>{removed}</query>")
    until(lambda: alone.aim.contacts(nick_of(user)) == ["romeo"], "the nurse to go")

    user.unregister(aim)
    until(lambda: not [jid for jid in user.roster() if aim in jid], "an empty roster")


def alias(account: User, name: str) -> str:
    buddy = account.buddy(name)
    return buddy.fields[ALIAS].decode() if buddy else ""


@pytest.mark.parametrize("xmpp", ["ejabberd"], indirect=True)
def test_a_server_that_cannot_do_what_it_grants(alone: Alone) -> None:
    """The contacts ask, one after the other; a client that knows how is told to add them."""
    user, aim = alone.member()
    for contact in (f"romeo@{aim}", f"nurse@{aim}"):
        user.sees_presence(contact, "subscribe")
    alone.gateway.logged("event=privilege.failed")

    other, aim = alone.member(Obedient)
    for name, called in (("romeo", "Ro"), ("nurse", "Nurse")):
        sees_item(other, f"{name}@{aim}", called, "to", [])
        other.sees_presence(f"{name}@{aim}")
    told = [
        stanza for stanza in other.inbox.history if stanza.xml.find(f"{{{ROSTERX}}}x") is not None
    ]
    assert [len(stanza.xml[0]) for stanza in told] == [2], "both at once, and once"
    assert alone.gateway.count("event=privilege.failed") == 1
    other.unregister(aim)
    until(lambda: [jid for jid in other.roster() if aim in jid] == [aim], "an empty roster")
