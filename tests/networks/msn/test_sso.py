"""Tickets: asked for as the recorded client did, and taken out of what was recorded."""

from base64 import b64decode, b64encode
from contextlib import suppress
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn.soap import Fault
from networks.msn.sso import (
    POLICIES,
    REFUSED,
    Site,
    Ticket,
    parse_tickets,
    request_tickets,
    response,
)
from networks.msn.xml import descend, local, text_of
from tests.networks.msn.outlines import outline
from tests.servers.msn_transcript import answers, read, requests

# The request.


@pytest.mark.parametrize("name", ["login_chat", "twn_msnp13"])
def test_request_is_the_recorded_one(name: str) -> None:
    made = request_tickets("alice@example.com", "alicepw1", sso_policy="MBI_KEY_OLD")
    assert (made.path, made.action) == ("/RST.srf", "")
    recorded = requests(name, "/RST.srf")[0]
    assert outline(made.body) == outline(recorded.data)


def policies(data: bytes) -> dict[str, str]:
    found = {}
    for asked in fromstring(data).iter():
        if local(asked.tag) == "RequestSecurityToken":
            site = text_of(descend(asked, "AppliesTo", "EndpointReference", "Address"))
            policy = descend(asked, "PolicyReference")
            found[site] = "" if policy is None else policy.attrib["URI"]
    return found


def test_policies_of_the_server() -> None:
    made = request_tickets("a", "b", sso_policy="MBI_KEY", twn_policy="ct=1,rver=1,lc=1")
    assert policies(made.body) == {
        **POLICIES,
        Site.NOTIFICATION: "MBI_KEY",
        Site.MESSENGER: "?ct=1&rver=1&lc=1",
    }
    assert policies(request_tickets("a", "b").body) == POLICIES


@given(st.text(max_size=30), st.text(max_size=30))
def test_anything_may_be_in_a_password(address: str, password: str) -> None:
    root = fromstring(request_tickets(address, password).body)
    token = descend(root, "Header", "Security", "UsernameToken")
    assert token is not None
    assert len(token) == 2


def test_no_secret_is_shown() -> None:
    assert "hunter2" not in repr(request_tickets("alice@example.com", "hunter2"))
    assert "t=1" not in repr(Ticket("t=1&p=", b"t=1"))


# The answer.


def recorded() -> bytes:
    return answers("login_chat", "/RST.srf")[0].data


def test_recorded_tickets() -> None:
    tickets = parse_tickets(200, recorded())
    assert isinstance(tickets, dict)
    assert set(tickets) == set(Site) - {Site.PASSPORT}
    ticket = tickets[Site.NOTIFICATION]
    assert ticket.text == "t=8b254996ba90e2218a3aY6+H31s==&p="
    assert ticket.secret == b64decode("RvndOV51ddD70wFHiu/03oJ0T8Vd48ae")
    assert ticket.lifetime == 24 * 3600
    assert tickets[Site.CONTACTS].secret == b""
    assert tickets[Site.MESSENGER].cookie == ("8b254996ba90e2218a3aY6+H31s==", "")


@pytest.mark.parametrize(
    ("text", "cookie"),
    [("t=a=&p=b&x=c", ("a=", "b")), ("p=b&t=a", ("a", "b")), ("abc", ("", "")), ("", ("", ""))],
)
def test_cookie(text: str, cookie: tuple[str, str]) -> None:
    assert Ticket(text).cookie == cookie


TICKET = """<Envelope><Body><RequestSecurityTokenResponse>
    <AppliesTo><EndpointReference><Address>{}</Address></EndpointReference></AppliesTo>
    <LifeTime><Created>2026-11-24T05:18:19Z</Created><Expires>{}</Expires></LifeTime>
    <RequestedSecurityToken><BinarySecurityToken>t=1</BinarySecurityToken></RequestedSecurityToken>
    <RequestedProofToken><BinarySecret>{}</BinarySecret></RequestedProofToken>
</RequestSecurityTokenResponse></Body></Envelope>"""


def test_a_single_ticket() -> None:
    data = TICKET.format(Site.CONTACTS, "2026-11-24T06:18:49+01:00", "").encode()
    assert parse_tickets(200, data) == {Site.CONTACTS: Ticket("t=1", b"", 30)}


@pytest.mark.parametrize("expires", ["", "soon", "0001-01-01T00:00:00+14:00", "2026-11-24"])
def test_expiry_that_is_no_time_to_come(expires: str) -> None:
    tickets = parse_tickets(200, TICKET.format(Site.CONTACTS, expires, "").encode())
    assert tickets == {Site.CONTACTS: Ticket("t=1")}


@pytest.mark.parametrize(
    "data",
    [
        TICKET.format("elsewhere.example.com", "", ""),
        TICKET.format(Site.CONTACTS, "", "not base 64, is it"),
        TICKET.format(Site.CONTACTS, "", "é"),
        "<Envelope><Body><Nothing/></Body></Envelope>",
    ],
)
def test_no_tickets(data: str) -> None:
    with pytest.raises(WireError):
        parse_tickets(200, data.encode())


def test_wrong_password() -> None:
    for step in answers("errors", "/RST.srf")[:2]:
        refused = parse_tickets(step.status, step.data)
        assert isinstance(refused, Fault)
        assert refused.code == REFUSED


@given(st.integers(0, 12_000), st.binary(max_size=8), st.integers(0, 20))
def test_damaged(at: int, other: bytes, cut: int) -> None:
    data = recorded()
    with suppress(WireError):
        assert parse_tickets(200, data[:at] + other + data[at + cut :])


# The response.

SECRET = b64decode("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")
NONCE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
RESPONSE = (
    "HAAAAAEAAAADZgAABIAAAAgAAAAUAAAASAAAAAABAgMEBQYH5/b6UPUTyMkbVgyWJivzLXG/cLnbi6heZDPcDaN19raF"
    "PD126EaQQUkKltX7vdAMfHnoLDqagK3kpZIzyCXvzkmmW6IvHKU2tUFdVEJ4iq50Aoiu+mkP7WkXXvQ="
)


def test_response() -> None:
    assert response(SECRET, NONCE, bytes(range(8))) == RESPONSE


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_response_is_the_recorded_one(who: str) -> None:
    steps = [step for step in read("login_chat") if step.who == who]
    nonce = next(s.data for s in steps if b"SSO S MBI" in s.data).split()[-1].decode()
    sent = next(s.data for s in steps if s.is_ours and b"USR 4 SSO S" in s.data).split()[-1]
    tickets = parse_tickets(200, next(s.data for s in steps if s.status))
    assert isinstance(tickets, dict)
    vector = b64decode(sent)[28:36]
    assert response(tickets[Site.NOTIFICATION].secret, nonce, vector) == sent.decode()


def test_a_secret_of_another_size() -> None:
    with pytest.raises(WireError, match="5 bytes"):
        response(b"short", NONCE, bytes(8))


@given(st.binary(min_size=24, max_size=24), st.binary(max_size=80))
def test_any_nonce(secret: bytes, nonce: bytes) -> None:
    assert len(b64decode(response(secret, b64encode(nonce).decode(), bytes(8)))) % 8 == 0
