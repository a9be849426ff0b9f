"""The log-in of AIM 6: the recorded exchange, and HTTP around it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.oscar.kerberos import (
    MAX_ANSWER,
    Denied,
    Granted,
    KerberosCodec,
    TicketRequest,
    build_request,
    content_length,
    parse_answer,
    show,
)

ROASTED = bytes.fromhex(
    "050c0002000000000001000000017f0000010000000100000000000000000000000000000000000000025553"
    "0002656e00000000000100000a50726f6265416c6963650007696d2f626f7373000000000002000100020018"
    "400000100004000000000000000817fdac84b5a9e2ec0000"
)
PLAIN = bytes.fromhex(
    "050c0002000000000001000000017f0000010000000100000000000000000000000000000000000000025553"
    "0002656e00000000000100000a50726f6265416c6963650007696d2f626f7373000000000002000100020018"
    "4000001000030000000000000008616c6963657077310000"
)
WRONG = bytes.fromhex(
    "050c0002000000000001000000017f0000010000000100000000000000000000000000000000000000025553"
    "0002656e00000000000100000a50726f6265416c6963650007696d2f626f7373000000000002000100020013"
    "400000100004000000000000000314f0a10000"
)
TICKET = bytes.fromhex(
    "050c0003000000000000000000016b03d0e700000000000a50726f6265416c6963650003414f4c0001000500"
    "000003414f4c0007696d2f626f73730003414f4c000a50726f6265416c69636500000000000000000000006b"
    "03d0e76b03d0e76b05226700000000600000004000000000000000000100030120000100030005000e313237"
    "2e302e302e313a353139330006010000186b03d123001200000a50726f6265416c696365000001010000202a"
    "a395fd2ba52b8f1ff696ebb596ed79af1a950a836111a512c03478efc08a2a00000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000008e000200020000"
)
FAILURE = bytes.fromhex(
    "050c000400000000000000000001000a50726f6265416c6963650401000c41757468206661696c7572650000"
    "00000000"
)


def test_requests() -> None:
    assert build_request("ProbeAlice", b"alicepw1") == ROASTED
    assert build_request("ProbeAlice", b"alicepw1", 3) == PLAIN
    assert build_request("ProbeAlice", b"bad") == WRONG


def test_granted() -> None:
    found = parse_answer(TICKET)
    assert isinstance(found, Granted)
    to = found.redirect
    assert (to.host, to.port, to.is_tls, len(to.cookie)) == ("127.0.0.1", 5193, True, 256)


def test_denied() -> None:
    assert parse_answer(FAILURE) == Denied(0x0401, "Auth failure")


@given(st.binary(max_size=60), st.integers(0, len(TICKET)), st.integers(0, 255))
def test_fuzz(data: bytes, at: int, byte: int) -> None:
    changed = TICKET[:at] + bytes([byte]) + TICKET[at + 1 :]
    for raw in (data, TICKET[:at], changed, FAILURE[:at]):
        try:
            assert isinstance(parse_answer(raw), Granted | Denied)
        except WireError:
            continue


def answered(body: bytes, *lines: str) -> bytes:
    head = ["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


@given(st.lists(st.integers(0, len(TICKET) + 90), max_size=5))
def test_any_split(cuts: list[int]) -> None:
    stream = answered(TICKET, "Content-Type: application/x-snac")
    edges = [0, *sorted(cuts), len(stream)]
    codec = KerberosCodec()
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    found = [frame for piece in pieces for frame in codec.receive(piece)]
    assert found == [parse_answer(TICKET)]


def test_posted() -> None:
    frame = TicketRequest("kdc.example.org\r\nX: y", "ProbeAlice", b"alicepw1")
    head, _, body = KerberosCodec().encode(frame).partition(b"\r\n\r\n")
    assert body == ROASTED
    assert head.decode().split("\r\n") == [
        "POST / HTTP/1.1",
        "Host: kdc.example.orgX:y",
        "Content-Type: application/x-snac",
        f"Content-Length: {len(ROASTED)}",
        "Connection: close",
    ]
    assert KerberosCodec() == KerberosCodec()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1",
        b"SSH-2.0",
    ],
)
def test_not_an_answer(head: bytes) -> None:
    with pytest.raises(WireError, match="expected"):
        KerberosCodec().receive(head + b"\r\n\r\n")
    with pytest.raises(WireError, match="expected"):
        content_length(head)


def test_an_answer_that_never_ends() -> None:
    codec = KerberosCodec()
    assert codec.receive(bytes(MAX_ANSWER)) == []
    with pytest.raises(WireError, match=str(MAX_ANSWER)):
        codec.receive(b"x")


def test_show() -> None:
    assert show(TicketRequest("h", "n", b"secret")) == "POST h name='n' password=…"
    assert show(parse_answer(TICKET)) == "GRANTED 127.0.0.1:5193 tls=True cookie=…"
    assert show(parse_answer(FAILURE)) == "DENIED 0401 'Auth failure'"
    assert "secret" not in repr(TicketRequest("h", "n", b"secret"))
