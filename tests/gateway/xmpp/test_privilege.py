"""What servers grant, and how it is used; their words are those of recordings."""

from collections.abc import Callable
from typing import Any, cast
from xml.etree.ElementTree import Element, canonicalize, fromstring

import gevent
import pytest

from gateway.errors import CommandRefused, Reason
from gateway.xmpp import stanzas
from gateway.xmpp.privilege import Privilege, Privileges
from gateway.xmpp.streams import Streams
from tests.gateway.tinynet import log_lines, settle

SERVER = "xmpp.test"
USER = f"u1@{SERVER}"
GATEWAY = "gw.xmpp.test"
CONTACT = f"777@{GATEWAY}"

__all__ = ["log_lines"]

ALL = "<perm type='outgoing' access='message'/><perm type='both' access='roster'/>"

VERSION = "<query xmlns='jabber:iq:version'><name>{}</name><version>{}</version></query>"


class Stream:
    """Of the server, the answer to what it is."""

    def __init__(self) -> None:
        self.answer: Callable[[], Element] = lambda: fromstring(VERSION.format("Prosody", "0.12.3"))
        self.asked: list[tuple[str, str, str]] = []

    def ask(self, sender: str, to: str, payload: Element) -> Element:
        self.asked.append((sender, to, payload.tag))
        return self.answer()


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def privileges(stream: Stream) -> Privileges:
    streams = Streams("ejabberd", [GATEWAY, "other.xmpp.test"], lambda _: cast(Any, stream))
    return Privileges(SERVER, streams)


def heard(text: str) -> Element:
    return fromstring(text.replace(" ", f" xmlns='{stanzas.NS}' ", 1))


def advertise(privileges: Privileges, permissions: str, version: int = 2) -> None:
    said = f"<privilege xmlns='urn:xmpp:privilege:{version}'>{permissions}</privilege>"
    assert privileges.heard(heard(f"<message to='{GATEWAY}' from='{SERVER}'>{said}</message>"))
    settle()


def granted(privileges: Privileges, user: str = USER, domain: str = GATEWAY) -> set[Privilege]:
    return {privilege for privilege in Privilege if privileges.may(privilege, user, domain)}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (ALL, set(Privilege)),
        ("<perm type='get' access='roster'/>", {Privilege.ROSTER_GET}),
        ("<perm type='set' access='roster'/>", {Privilege.ROSTER_SET}),
        ("<perm type='none' access='roster'/><perm type='roster' access='presence'/>", set()),
        ("<perm access='iq'><namespace ns='urn:x' type='both'/></perm>", set()),
        ("", set()),
    ],
)
def test_what_is_granted(
    privileges: Privileges, permissions: str, version: int, expected: set[Privilege]
) -> None:
    advertise(privileges, permissions, version)
    assert granted(privileges) == expected


def test_to_whom(privileges: Privileges) -> None:
    advertise(privileges, ALL)
    assert granted(privileges, domain="other.xmpp.test") == set()
    assert granted(privileges, user="u1@elsewhere.example") == set()


def test_others_can_grant_nothing(privileges: Privileges) -> None:
    said = f"<privilege xmlns='urn:xmpp:privilege:2'>{ALL}</privilege>"
    for sender in ("elsewhere.example", f"{USER}/x", f"{SERVER}/x"):
        stanza = heard(f"<message to='{GATEWAY}' from='{sender}'>{said}</message>")
        assert not privileges.heard(stanza)
    assert granted(privileges) == set()


def test_lost_with_the_connection(privileges: Privileges) -> None:
    advertise(privileges, ALL)
    privileges.lost([GATEWAY, "other.xmpp.test"])
    assert granted(privileges) == set()


def test_what_fails_is_said_once(
    privileges: Privileges, log_lines: Callable[[], list[str]]
) -> None:
    advertise(privileges, ALL)
    for _ in range(2):
        privileges.failed(Privilege.ROSTER_SET, GATEWAY, "internal-server-error")
    assert granted(privileges) == {Privilege.ROSTER_GET, Privilege.MESSAGE}
    (line,) = [line for line in log_lines() if "event=privilege.failed" in line]
    assert 'privilege="roster set"' in line
    advertise(privileges, ALL)
    assert granted(privileges) == set(Privilege)


# Messages in the name of a user.


def sent(privileges: Privileges, user: str = USER) -> str:
    return privileges.sent(user, GATEWAY, CONTACT, stanzas.body("typed <elsewhere>"))


def same(text: str, expected: str) -> bool:
    """But for the ids."""
    stanza = fromstring(f"<stream xmlns='{stanzas.NS}'>{text}</stream>")[0]
    for found in stanza.iter():
        found.attrib.pop("id", None)
    wanted = fromstring(f"<stream xmlns='{stanzas.NS}'>{expected}</stream>")[0]
    assert canonicalize(_text(stanza)) == canonicalize(_text(wanted))
    return True


def _text(stanza: Element) -> str:
    return stanzas.serialize(stanza)


FROM_USER = f"<message xmlns='jabber:client' from='{USER}' to='{CONTACT}' type='chat'>"
FROM_USER += "<body>typed &lt;elsewhere&gt;</body></message>"

CARRIED = f"<message from='{GATEWAY}' to='{SERVER}' type='normal'>"
CARRIED += "<privilege xmlns='urn:xmpp:privilege:{}'>"
CARRIED += "<forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded></privilege></message>"

TO_ONESELF = f"<message xmlns='jabber:client' from='{USER}' to='{USER}' type='chat'>"
TO_ONESELF += "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
TO_ONESELF += f"{FROM_USER}</forwarded></sent></message>"


def test_sent_as_the_user(privileges: Privileges, stream: Stream) -> None:
    advertise(privileges, ALL)
    assert same(sent(privileges), CARRIED.format(2, FROM_USER))
    assert stream.asked == []


@pytest.mark.parametrize("version", ["23.01", "23.01-1", "22.05.3"])
def test_an_ejabberd_that_does_not_show_it(
    privileges: Privileges, stream: Stream, version: str
) -> None:
    """Then the carbon is made here."""
    stream.answer = lambda: fromstring(VERSION.format("ejabberd", version))
    advertise(privileges, ALL, 1)
    assert stream.asked == [(GATEWAY, SERVER, "{jabber:iq:version}query")]
    assert same(sent(privileges), CARRIED.format(1, TO_ONESELF))


def silent() -> Element:
    raise CommandRefused(Reason.TIMEOUT)


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        lambda: fromstring(VERSION.format("ejabberd", "23.10")),
        lambda: fromstring(VERSION.format("ejabberd", "rose")),
        lambda: fromstring(VERSION.format("", "")),
    ],
)
def test_an_older_namespace_alone_proves_nothing(
    privileges: Privileges, stream: Stream, answer: Callable[[], Element]
) -> None:
    stream.answer = answer
    advertise(privileges, ALL, 1)
    assert same(sent(privileges), CARRIED.format(1, FROM_USER))


def test_a_connection_that_is_lost_before_the_answer(
    privileges: Privileges, stream: Stream
) -> None:
    come = gevent.event.Event()

    def late() -> Element:
        come.wait(5)
        return fromstring(VERSION.format("ejabberd", "23.01"))

    stream.answer = late
    advertise(privileges, ALL, 1)
    privileges.lost([GATEWAY])
    come.set()
    settle()
    assert granted(privileges) == set()


def test_not_granted(privileges: Privileges) -> None:
    assert sent(privileges) == ""
    advertise(privileges, "<perm type='both' access='roster'/>")
    assert sent(privileges) == ""
    advertise(privileges, ALL)
    assert sent(privileges, "u1@elsewhere.example") == ""


def test_our_own_words_come_back(privileges: Privileges) -> None:
    """The server routes them to the contact, which is us; what a client says is another matter."""
    advertise(privileges, ALL)
    text = sent(privileges)
    stanza = fromstring(f"<stream xmlns='{stanzas.NS}'>{text}</stream>")[0]
    (inner,) = stanza.iter("{jabber:client}message")
    id = inner.get("id", "")
    assert privileges.heard(heard(f"<message from='{USER}' to='{CONTACT}' id='{id}'/>"))
    assert not privileges.heard(heard(f"<message from='{USER}/x' to='{CONTACT}' id='{id}'/>"))
    assert not privileges.heard(heard(f"<message from='{USER}' to='{CONTACT}' id='7'/>"))


def test_refused(privileges: Privileges, log_lines: Callable[[], list[str]]) -> None:
    advertise(privileges, ALL)
    stanza = fromstring(f"<stream xmlns='{stanzas.NS}'>{sent(privileges)}</stream>")[0]
    assert privileges.heard(
        heard(
            f"<message type='error' from='{SERVER}' to='{GATEWAY}' id='{stanza.get('id')}'>"
            "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
            "</message>"
        )
    )
    assert granted(privileges) == {Privilege.ROSTER_GET, Privilege.ROSTER_SET}
    assert any("privilege.failed" in line and "why=forbidden" in line for line in log_lines())


def test_errors_of_the_server_that_are_about_nothing_of_this(privileges: Privileges) -> None:
    advertise(privileges, ALL)
    assert privileges.heard(heard(f"<message type='error' from='{SERVER}' to='{GATEWAY}'/>"))
    assert granted(privileges) == set(Privilege)
