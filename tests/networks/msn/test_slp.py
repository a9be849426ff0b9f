"""MSNSLP: invitations, answers, and what is none."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn import slp
from networks.msn.slp import Slp, answer, bye, encode, invite, parse

ME, THEM = "alice@example.com", "bob@example.com"
BRANCH = "{33517CE4-02FC-4428-B6F4-39927229B722}"
CALL = "{9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58}"

INVITE = (
    "INVITE MSNMSGR:bob@example.com MSNSLP/1.0\r\n"
    "To: <msnmsgr:bob@example.com>\r\n"
    "From: <msnmsgr:alice@example.com>\r\n"
    "Via: MSNSLP/1.0/TLP ;branch={33517CE4-02FC-4428-B6F4-39927229B722}\r\n"
    "CSeq: 0 \r\n"
    "Call-ID: {9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58}\r\n"
    "Max-Forwards: 0\r\n"
    "Content-Type: application/x-msnmsgr-sessionreqbody\r\n"
    "Content-Length: 107\r\n"
    "\r\n"
    "EUF-GUID: {A4268EEC-FEC5-49E5-95C3-F126696BDBF6}\r\n"
    "SessionID: 4711\r\n"
    "AppID: 1\r\n"
    "Context: PG1zbm9iai8+AA==\r\n"
    "\r\n\0"
)
ASKED = invite(ME, THEM, BRANCH, CALL, 4711, "<msnobj/>")


def test_invite() -> None:
    assert encode(ASKED).decode() == INVITE
    assert parse(INVITE.encode()) == ASKED
    assert (ASKED.session, ASKED.app, ASKED.context) == (4711, 1, b"<msnobj/>\0")


def test_answer() -> None:
    said = answer(ASKED, slp.ACCEPTED)
    text = encode(said).decode()
    assert text.startswith("MSNSLP/1.0 200 OK\r\nTo: <msnmsgr:alice@example.com>\r\n")
    assert text.endswith("\r\nContent-Length: 20\r\n\r\nSessionID: 4711\r\n\r\n\0")
    assert "\r\nCSeq: 1 \r\n" in text
    assert parse(text.encode()) == said
    assert encode(answer(ASKED, slp.DECLINED)).startswith(b"MSNSLP/1.0 603 Decline\r\n")


def test_bye() -> None:
    said = bye(ME, THEM, BRANCH, CALL)
    assert parse(encode(said)) == said
    assert encode(said).endswith(b"Content-Length: 3\r\n\r\n\r\n\0")
    assert b"Content-Type: application/x-msnmsgr-sessionclosebody\r\n" in encode(said)


def test_later_clients() -> None:
    """They put the GUID of a machine behind addresses, and have other headers."""
    text = INVITE.replace("bob@example.com>", "Bob@example.com;{1}>").replace(
        "SLP/1.0\r", "SLP/1.1\r"
    )
    assert parse(text.encode()).receiver == THEM
    assert parse(INVITE.replace("CSeq: 0 ", "X: 1").encode()) == ASKED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INVITE",
        "MSNSLP/1.0 OK\r\n\r\n",
        INVITE.replace("Call-ID", "Call"),
        INVITE.replace("MSNSLP/1.0\r", "SIP/2.0\r"),
    ],
)
def test_no_slp(text: str) -> None:
    with pytest.raises(WireError, match="MSNSLP"):
        parse(text.encode())


def test_context() -> None:
    def context(text: str) -> bytes:
        return Slp(sender="", receiver="", branch="", call="", fields=(("context", text),)).context

    assert context("YQ") == context("YQ==") == context(" Y\tQ= = ") == b"a"
    assert context("") == b""
    for text in ("a", "é"):
        with pytest.raises(WireError):
            context(text)


@pytest.mark.parametrize(("number", "value"), [("4294967295", 4294967295), ("4294967296", 0)])
def test_numbers(number: str, value: int) -> None:
    said = parse(INVITE.replace("4711", number).encode())
    assert said.session == value
    assert parse(INVITE.replace("4711", "-1").encode()).session == 0


@given(st.binary(max_size=60), st.integers(0, 500), st.integers(0, 20))
def test_any_bytes(data: bytes, at: int, cut: int) -> None:
    whole = INVITE.encode()
    for damaged in (data, whole[:at] + data + whole[at + cut :]):
        with suppress(WireError):
            said = parse(damaged)
            assert said.session >= 0
            assert isinstance(said.context, bytes)


@given(st.binary(max_size=40))
def test_any_context(data: bytes) -> None:
    text = INVITE.replace("PG1zbm9iai8+AA==", b64encode(data).decode())
    assert parse(text.encode()).context == data
