"""All the files of the XEPs together."""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import who
from gateway.errors import Reason
from gateway.network import Kind
from gateway.xmpp import stanzas, xeps
from gateway.xmpp.features import OFFERED
from tests.gateway.xmpp.asking import DOMAIN, SERVER, User, answer, ask, attempt, refusal, transport


@pytest.mark.parametrize("name", xeps.GENERATED)
def test_the_lists_in_docs_are_up_to_date(name: str) -> None:
    """If not: python -m gateway.xmpp.xeps"""
    assert (xeps.DOCS / name).read_text(encoding="utf-8") == xeps.GENERATED[name]()


def test_the_doap_file_is_xml_and_names_every_xep() -> None:
    doap = fromstring(xeps.doap().encode())
    named = [
        xep.attrib["{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"]
        for xep in doap.iter("{https://linkmauve.fr/ns/xmpp-doap#}xep")
    ]
    assert named == [xeps.URL.format(xep.lower()) for xep in xeps.XEPS]


def test_every_file_says_which_version_it_follows() -> None:
    for module in xeps.MODULES:
        assert module.XEPS, module.__name__
        assert xeps.XEPS.keys() >= module.XEPS.keys()
    assert xeps.XEPS.keys() == xeps.TITLES.keys()


def test_every_file_that_advertises_is_asked() -> None:
    advertising = [m.FEATURES for m in xeps.MODULES if getattr(m, "FEATURES", None)]
    assert all(features in OFFERED for features in advertising)


def test_no_feature_is_offered_twice() -> None:
    for kind in Kind:
        offered = xeps.features(kind, transport().network)
        assert list(offered) == sorted(set(offered))


def test_two_files_cannot_answer_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xeps, "MODULES", (*xeps.MODULES, xeps.ping))
    with pytest.raises(AssertionError, match="is answered elsewhere"):
        xeps._collect()


TO = (
    DOMAIN,
    f"romeo@{DOMAIN}",
    f"#balcony@{DOMAIN}",
    f"#balcony@{DOMAIN}/Juliet",
    f"#balcony@{DOMAIN}/Romeo",
)


def payload(tag: str) -> str:
    namespace, name = tag[1:].split("}")
    return f"<{name} xmlns='{namespace}'/>"


@pytest.mark.parametrize("key", sorted(xeps.IQS.keys() - xeps.UNGUARDED))
def test_nothing_is_done_for_those_who_are_not_admitted(key: tuple[str, str]) -> None:
    closed = transport(deny_users=(who.Pattern.parse("example.org"),))
    for to in TO:
        asked = ask(User(closed, ""), payload(key[1]), to, key[0])
        assert refusal(lambda a=asked: answer(a)).reason is Reason.FORBIDDEN


# Whatever clients send.

TEXTS = st.one_of(
    st.text(max_size=10).map(stanzas.clean),
    st.sampled_from(
        [
            "",
            "1",
            "-1",
            "Romeo",
            "none",
            "outcast",
            "set",
            "\u202eRomeo",
            "\N{PILE OF POO}",
            "'\"&<>",
        ]
    ),
)

NAMES = (
    *("query", "x", "item", "set", "remove", "username", "nick", "field", "value", "max"),
    *("before", "after", "index", "reason", "prompt", "command", "form", "destroy", "actions"),
)

ATTRIBUTES = (
    *("node", "type", "var", "jid", "nick", "role", "affiliation", "action", "sessionid", "name"),
)

NAMESPACES = [tag[1:].split("}")[0] for _, tag in xeps.IQS] + [
    "jabber:x:data",
    "http://jabber.org/protocol/rsm",
]

ATTRIBUTE_MAPS = st.dictionaries(st.sampled_from(ATTRIBUTES), TEXTS, max_size=4)


@st.composite
def children(draw: Any) -> Element:
    made = Element(f"{{{draw(st.sampled_from(NAMESPACES))}}}{draw(st.sampled_from(NAMES))}")
    made.attrib.update(draw(ATTRIBUTE_MAPS))
    made.text = draw(TEXTS)
    if draw(st.booleans()):
        made.append(draw(children()))
    return made


@given(
    st.sampled_from(sorted(xeps.IQS)),
    st.sampled_from(TO),
    ATTRIBUTE_MAPS,
    st.lists(children(), max_size=3),
    st.sampled_from(["stranger", "guest", "registered", "open"]),
)
def test_every_payload_is_answered_or_refused(
    key: tuple[str, str], to: str, attributes: dict[str, str], inner: list[Element], who_: str
) -> None:
    kind, tag = key
    made = Element(tag, attributes)
    made.extend(inner)
    user = {
        "stranger": lambda: User(transport()),
        "guest": lambda: User(transport(), ""),
        "registered": lambda: User(transport(), ""),
        "open": lambda: User(transport("open"), SERVER),
    }[who_]()
    if who_ == "open":
        to = to if to == DOMAIN else to.replace("@", f"%{SERVER}@")
    if who_ in ("registered", "open"):
        for bridge in user.bridges(DOMAIN):
            bridge.register(nick="Juliet")
            bridge.room("#balcony", "Romeo", "<&>'\"", "\u202eevil\x02")
    asked = ask(user, stanzas.serialize(made), to, kind)
    refused = attempt(lambda: answer(asked))  # Which parses it, too.
    # Our sessions answer Done to every command, which is no answer to a question.
    assert not refused or refused.reason is not Reason.INTERNAL or "no answer" in refused.text
