"""Nothing that comes from outside makes a stanza that would end the stream."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slixmpp.jid import JID

from gateway.errors import CommandRefused, Reason
from gateway.ids import MessageId
from gateway.xmpp import jid, stanzas

NS = f"xmlns='{stanzas.NS}'"

AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, UTC)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Lone surrogates, control characters and what XML cannot carry included."""


def parse(text: str) -> ElementTree.Element:
    """As the server does: UTF-8 inside an open stream; raises if it would be the end of it."""
    stream = ElementTree.fromstring(f"<stream {NS}>{text}</stream>".encode())
    (stanza,) = stream
    return stanza


@given(text=ANY_TEXT, xhtml=st.sampled_from(["", "<b>bold</b>"]), id=ANY_TEXT)
def test_any_message_is_one_well_formed_stanza(text: str, xhtml: str, id: str) -> None:
    children = (
        stanzas.body(text, xhtml)
        + stanzas.delay("irc.example.org", AT)
        + stanzas.stanza_id("irc.example.org", MessageId(id))
    )
    stanza = parse(stanzas.message("a@b", "c@d/e", "chat", children, id))
    assert stanza.tag == f"{{{stanzas.NS}}}message"
    assert stanza.findtext(f"{{{stanzas.NS}}}body") == expected(text)


def expected(text: str) -> str:
    text = text[: stanzas.MAX_TEXT].replace("\r", "")
    return "".join(c if is_xml(c) else "\N{REPLACEMENT CHARACTER}" for c in text)


def is_xml(character: str) -> bool:
    """https://www.w3.org/TR/xml/#NT-Char"""
    code = ord(character)
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )


@given(text=ANY_TEXT, reason=st.sampled_from(Reason), who=ANY_TEXT)
def test_any_refusal_is_one_well_formed_stanza(text: str, reason: Reason, who: str) -> None:
    asked = ElementTree.Element(f"{{{stanzas.NS}}}presence", {"from": who, "to": who, "id": text})
    stanza = parse(stanzas.refuse(asked, reason, text))
    assert stanza.get("type") == "error"
    (error,) = stanza
    assert error[0].tag == f"{{urn:ietf:params:xml:ns:xmpp-stanzas}}{reason.value}"


@given(nick=ANY_TEXT)
def test_any_nickname_is_a_resource(nick: str) -> None:
    made = jid.resource(nick)
    assert made
    assert JID(f"room@irc.example.org/{made}").resource == made
    assert parse(stanzas.presence(f"room@irc.example.org/{made}", "c@d")) is not None


@given(local=ANY_TEXT)
def test_any_name_is_an_address_or_refused(local: str) -> None:
    try:
        made = jid.address(local, "irc.example.org")
    except CommandRefused:
        return
    assert JID(made).bare == made
    assert parse(stanzas.presence(made, "c@d")) is not None


@given(local=st.text(st.sampled_from(" \"&'/:<>@\\0235acf7x")))
def test_escaping_is_undone(local: str) -> None:
    """XEP-0106, section 4.1: every name comes back, also one that looks escaped already."""
    assert jid.unescape(jid.escape(local)) == local


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        # XEP-0106, section 5, tables 2 and 3.
        ("space cadet", r"space\20cadet"),
        ('call me "ishmael"', r"call\20me\20\22ishmael\22"),
        ("at&t guy", r"at\26t\20guy"),
        ("d'artagnan", r"d\27artagnan"),
        ("/.fanboy", r"\2f.fanboy"),
        ("::foo::", r"\3a\3afoo\3a\3a"),
        ("<foo>", r"\3cfoo\3e"),
        ("user@host", r"user\40host"),
        (r"c:\net", r"c\3a\net"),
        (r"c:\\net", r"c\3a\\net"),
        (r"c:\cool stuff", r"c\3a\cool\20stuff"),
        (r"c:\5commas", r"c\3a\5c5commas"),
    ],
)
def test_escaping_as_in_the_xep(name: str, escaped: str) -> None:
    assert jid.escape(name) == escaped
    assert jid.unescape(escaped) == name


def test_times_are_utc_with_milliseconds() -> None:
    assert stanzas.stamp(AT) == "2026-01-02T03:04:05.678Z"


def test_a_long_text_is_cut() -> None:
    """A server closes the stream over a stanza that is too large."""
    stanza = parse(stanzas.message("a@b", "c@d", "chat", stanzas.body("<" * 10**6)))
    assert stanza.findtext(f"{{{stanzas.NS}}}body") == "<" * stanzas.MAX_TEXT
