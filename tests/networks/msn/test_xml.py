"""XML that is some, and XML that is none."""

from contextlib import suppress
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.styling import ILLEGAL
from networks.msn import xml
from networks.msn.xml import children, descend, parse, quoted, text_of


@given(st.text(max_size=40))
def test_quoted(text: str) -> None:
    """In elements and in attributes; without what XML cannot say."""
    element = fromstring(f'<a b="{quoted(text)}">{quoted(text)}</a>')
    kept = ILLEGAL.sub("", text)
    assert (element.text or "") == kept
    assert element.get("b") == kept.replace("\n", " ").replace("\t", " ")


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
    monkeypatch.setattr(xml, "MAX_SIZE", 10)
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


def test_descend() -> None:
    root = fromstring("<a xmlns='n'><b/><c> 1 </c><c>2</c></a>")
    assert text_of(descend(root, "c")) == "1"
    assert [child.text for child in children(root, "c")] == [" 1 ", "2"]
    assert descend(root, "b", "c") is None
    assert text_of(None) == ""
