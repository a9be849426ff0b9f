"""Envelopes, faults, and XML that is none."""

from contextlib import suppress
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.styling import ILLEGAL
from networks.msn import soap
from networks.msn.soap import Fault, Request, children, descend, local, parse, quoted, read, text_of
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


@given(st.text(max_size=40))
def test_quoted(text: str) -> None:
    """In elements and in attributes; without what XML cannot say."""
    element = fromstring(f'<a b="{quoted(text)}">{quoted(text)}</a>')
    kept = ILLEGAL.sub("", text)
    assert (element.text or "") == kept
    assert element.get("b") == kept.replace("\n", " ").replace("\t", " ")


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


# XML.


def test_names_with_what_xml_forbids() -> None:
    assert parse(b"<a>x\x02y&#x2;&#2;z&#xD800;\xff</a>").text == "xyz�"
    assert parse(b"<a>&#x41;&#9;&#233;</a>").text == "A\té"


@pytest.mark.parametrize("name", ["utf-16", "us-ascii", "no-such-thing"])
def test_the_declared_encoding_does_not_count(name: str) -> None:
    assert parse(f'<?xml version="1.0" encoding="{name}"?><a>é</a>'.encode()).text == "é"


def test_no_entity_is_declared() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>'
    for data in (bomb.encode(), bomb.encode("utf-16"), b"<!DOCTYPE a SYSTEM 'file:///x'><a/>"):
        with pytest.raises(WireError):
            parse(data)


def test_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "MAX_ANSWER", 10)
    assert parse(b"<a>123</a>").text == "123"
    with pytest.raises(WireError, match="11 bytes"):
        parse(b"<a>1234</a>")


def test_deep_nesting() -> None:
    depth = 100_000
    assert parse(b"<a>" * depth + b"</a>" * depth).tag == "a"


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    with suppress(WireError):
        assert isinstance(parse(data), Element)
    assert isinstance(read(500, data), Fault)


def test_descend() -> None:
    root = fromstring("<a xmlns='n'><b/><c> 1 </c><c>2</c></a>")
    assert text_of(descend(root, "c")) == "1"
    assert [child.text for child in children(root, "c")] == [" 1 ", "2"]
    assert descend(root, "b", "c") is None
    assert text_of(None) == ""
