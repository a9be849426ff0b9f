"""Names of networks as parts of JIDs; ``test_stanzas`` tries any characters at all."""

import pytest

from gateway.xmpp import jid


@pytest.mark.parametrize(
    ("nick", "resource"),
    [
        ("Romeo", "Romeo"),
        (" Roméo Montague ", "Roméo Montague"),
        ("❤", "❤"),
        ("a😀", "a[1F600]"),
        ("a😁", "a[1F601]"),
        ("a\x01b", "a?b"),
        ("a\ufffdb", "a[FFFD]b"),
        ("a\u202eb", "a?b"),
        ("سلام", "سلام"),
        ("سلام1", "[633][644][627][645]1"),
        ("", "?"),
    ],
)
def test_a_nickname(nick: str, resource: str) -> None:
    assert jid.resource(nick) == resource


def test_it_stays_as_short_as_it_has_to_be() -> None:
    assert len(jid.resource("😀" * 500).encode()) <= jid.MAX_PART


@pytest.mark.parametrize("name", ["tom&jerry", "a b@c/d", r"c:\20", "Romeo"])
def test_escaping(name: str) -> None:
    """XEP-0106."""
    escaped = jid.escape(name)
    assert jid.unescape(escaped) == name
    assert not set(" &@/:") & set(escaped)


def test_splitting() -> None:
    assert jid.split("romeo@example.org/a/b@c") == ("romeo", "example.org", "a/b@c")
    assert jid.split("example.org") == ("", "example.org", "")
    assert jid.bare("romeo@example.org/x") == "romeo@example.org"
