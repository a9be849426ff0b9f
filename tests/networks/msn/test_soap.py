"""Envelopes, faults, and XML that is none."""

from contextlib import suppress
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn import soap
from networks.msn.soap import Fault, Request, read
from networks.msn.xml import descend, local, quoted, text_of
from tests.servers.msn_transcript import answers

ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">{}</soap:Envelope>'
)


def envelope(content: str) -> bytes:
    return ENVELOPE.format(content).encode()


def test_request() -> None:
    made = soap.request("/x.asmx", "http://example.com/Do", "<h/>", f"<b>{quoted('<é&')}</b>")
    assert made.path == "/x.asmx"
    assert made.headers == (
        ("Content-Type", "text/xml; charset=utf-8"),
        ("SOAPAction", '"http://example.com/Do"'),
    )
    root = fromstring(made.body)
    assert [local(child.tag) for child in root] == ["Header", "Body"]
    assert text_of(descend(root, "Body", "b")) == "<é&"


def test_a_request_without_an_action_has_no_such_header() -> None:
    [(name, _)] = Request(path="/", action="", body=b"").headers
    assert name == "Content-Type"


def test_no_secret_is_shown() -> None:
    assert "s3cret" not in repr(Request(path="/", action="", body=b"s3cret"))


# Answers.


def test_body() -> None:
    content = read(200, envelope("<soap:Header/><soap:Body><x:Done xmlns:x='y'/></soap:Body>"))
    assert isinstance(content, Element)
    assert content.tag == "{y}Done"


def test_a_recorded_fault_with_500() -> None:
    step = answers("contacts", "ABContactAdd")[-1]
    assert read(step.status, step.data) == Fault(
        code="BadEmailArgument", text="Malformed email Argument Email missing '.' character"
    )


def test_a_recorded_fault_with_200() -> None:
    step = answers("contacts", "ABNoSuchThing")[0]
    assert step.status == 200
    fault = read(step.status, step.data)
    assert fault == Fault(code="Forbidden", text="API ABNoSuchThing no longer supported")


def test_a_recorded_403() -> None:
    step = answers("contacts", "ABFindAll")[-1]
    fault = read(step.status, step.data)
    assert fault == Fault(code="HTTP 403")
    assert isinstance(fault, Fault)
    assert fault.wants_new_tickets


def test_a_recorded_fault_beside_the_body() -> None:
    step = answers("errors", "/RST.srf")[0]
    assert read(step.status, step.data) == Fault(
        code="FailedAuthentication", text="Authentication Failure"
    )


def test_a_recorded_challenge() -> None:
    step = answers("oim", "Store2")[0]
    fault = read(step.status, step.data)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.lock_key) == ("AuthenticationFailed", "1850937852")
    assert not fault.wants_new_tickets


def test_redirect() -> None:
    fault = read(
        200,
        envelope(
            "<soap:Fault xmlns:psf='p'><faultcode>psf:Redirect</faultcode>"
            "<psf:redirectUrl>https://login.example.com/pp550/RST.srf</psf:redirectUrl>"
            "</soap:Fault>"
        ),
    )
    assert fault == Fault(code="Redirect", redirect="https://login.example.com/pp550/RST.srf")


def test_a_fault_that_says_nothing() -> None:
    assert read(200, envelope("<soap:Fault/>")) == Fault(code="Fault")


@pytest.mark.parametrize("data", [b"<html><body>Busy</body></html>", b"404: Not Found", b""])
def test_a_page_instead(data: bytes) -> None:
    assert read(503, data) == Fault(code="HTTP 503")
    with pytest.raises(WireError):
        read(200, data)


def test_content_with_an_error_status_is_a_fault() -> None:
    data = envelope("<soap:Body><Done/></soap:Body>")
    assert read(500, data) == Fault(code="HTTP 500")


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    assert isinstance(read(500, data), Fault)
    with suppress(WireError):
        assert isinstance(read(200, data), Element | Fault)
