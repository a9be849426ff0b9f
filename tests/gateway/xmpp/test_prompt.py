"""https://xmpp.org/extensions/xep-0100.html, sections 4.4.1 and 6.3 (J1 to J4)"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Reason
from gateway.xmpp.stanzas import clean, escape
from tests.gateway.xmpp.asking import (
    DOMAIN,
    SERVER,
    User,
    attempt,
    get,
    refusal,
    same,
    set_,
    transport,
)

QUERY = "<query xmlns='jabber:iq:gateway'/>"


def typed(text: str) -> str:
    return f"<query xmlns='jabber:iq:gateway'><prompt>{escape(text)}</prompt></query>"


def test_j2_asked_what_to_type() -> None:
    assert same(
        get(User(transport()), QUERY),
        "<query xmlns='jabber:iq:gateway'><desc>Whom do you want to reach on Verona?</desc>"
        "<prompt>Nickname</prompt></query>",
    )


@pytest.mark.parametrize(
    ("mode", "to", "text", "expected"),
    [
        ("fixed", DOMAIN, " Romeo ", f"romeo@{DOMAIN}"),
        ("fixed", DOMAIN, "#Balcony", f"#balcony@{DOMAIN}"),
        ("fixed", DOMAIN, "tom|away", f"tom|away@{DOMAIN}"),
        ("fixed", DOMAIN, "#a&b", rf"#a\26b@{DOMAIN}"),
        ("open", DOMAIN, f"romeo@{SERVER}", f"romeo%{SERVER}@{DOMAIN}"),
        ("open", f"{SERVER}@{DOMAIN}", "romeo", f"romeo%{SERVER}@{DOMAIN}"),
        ("open", f"{SERVER}@{DOMAIN}", "#balcony", f"#balcony%{SERVER}@{DOMAIN}"),
        ("open", f"{SERVER}@{DOMAIN}", "romeo@irc.mantua.lit", f"romeo%irc.mantua.lit@{DOMAIN}"),
    ],
)
def test_j3_what_was_typed_becomes_a_jid(mode: str, to: str, text: str, expected: str) -> None:
    assert same(
        set_(User(transport(mode)), typed(text), to),
        f"<query xmlns='jabber:iq:gateway'><jid>{escape(expected)}</jid>"
        f"<prompt>{escape(expected)}</prompt></query>",
    )


@pytest.mark.parametrize("text", ["", " ", "two words", "a,b"])
def test_j3_or_an_error(text: str) -> None:
    refused = refusal(lambda: set_(User(transport()), typed(text)))
    assert refused.reason is Reason.NOT_ACCEPTABLE


def test_only_the_transport_is_asked() -> None:
    refused = refusal(lambda: get(User(transport()), QUERY, f"romeo@{DOMAIN}"))
    assert refused.reason is Reason.NOT_SUPPORTED


@given(st.text(max_size=20), st.sampled_from(["fixed", "open"]))
def test_any_text_gives_an_address_or_a_refusal(text: str, mode: str) -> None:
    refused = attempt(lambda: set_(User(transport(mode)), typed(clean(text))))
    assert refused is None or refused.reason is Reason.NOT_ACCEPTABLE
