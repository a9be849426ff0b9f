"""How names are compared and addressed."""

import parser_tests.data
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId
from gateway.network import Address, Kind
from networks.irc.ids import (
    CaseMapping,
    IrcAddressing,
    ModeChange,
    Prefixes,
    is_channel,
    is_nick,
    mask_matches,
    mode_changes,
    nodeprep,
    parse_isupport,
    server_name,
)

FIXED = IrcAddressing()
OPEN = IrcAddressing(open=True)
SERVER = "irc.verona.lit"

# Comparing.


@pytest.mark.parametrize(
    ("mapping", "name", "folded"),
    [
        ("ascii", "Romeo[]\\~", "romeo[]\\~"),
        ("rfc1459", "Romeo[]\\~", "romeo{}|^"),
        ("strict-rfc1459", "Romeo[]\\~", "romeo{}|~"),
        ("rfc7613", "Roméo[]", "roméo[]"),
        ("never-heard-of", "[]", "{}"),
        ("rfc1459", "ROMÉO", "roméo"),
        ("rfc1459", "Straße", "strasse"),
        ("rfc1459", "İ", "i\u0307"),
    ],
)
def test_fold(mapping: str, name: str, folded: str) -> None:
    assert CaseMapping(mapping).fold(name) == folded


@given(st.sampled_from(CaseMapping), st.text())
def test_what_is_folded_survives_a_jid(mapping: CaseMapping, name: str) -> None:
    folded = mapping.fold(name)
    assert mapping.fold(folded) == folded
    assert nodeprep(folded) == folded


# Names.


@pytest.mark.parametrize(
    "name",
    ["romeo", "Romeo[m]", "juliet`", "0AAAAAB", "Ромео", "*status", "a-b/discord", "a%b", "{}^"],
)
def test_nick(name: str) -> None:
    assert is_nick(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a,b",
        "a!b",
        "a@b",
        "a?",
        "a*",
        "*",
        "**a",
        "#a",
        "&a",
        "$a",
        ":a",
        "~a",
        "@a",
        "+a",
        "%a",
        "a\0",
        "a\n",
        "a\x7f",
        "a" * 201,
        "é" * 101,
        "a\ud800",
    ],
)
def test_no_nick(name: str) -> None:
    assert not is_nick(name)


@pytest.mark.parametrize("name", ["#verona", "&verona", "##a", "#", "#50%off", "#a:b", "#вероне"])
def test_channel(name: str) -> None:
    assert is_channel(name)


@pytest.mark.parametrize(
    "name", ["", "verona", "+v", "!v", "#a b", "#a,b", "#a\x07", "#" + "é" * 100]
)
def test_no_channel(name: str) -> None:
    assert not is_channel(name)


def test_other_channel_types() -> None:
    assert is_channel("!verona", "#!")
    assert is_channel("+verona", "#+")
    assert not is_channel("&verona", "#")
    assert not is_channel("#verona", "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IRC.Verona.Lit", "irc.verona.lit"),
        ("irc.verona.lit.", "irc.verona.lit"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", ""),
        ("irc.verona.lit:6667", ""),
        ("-a.lit", ""),
        ("a..lit", ""),
        ("..", ""),
        ("", ""),
        ("a" * 64 + ".lit", ""),
        (".".join(["a" * 60] * 5), ""),
        ("irc.vérone.lit", ""),
    ],
)
def test_server_name(text: str, name: str) -> None:
    assert server_name(text) == name


# Addresses.


@pytest.mark.parametrize(
    ("addressing", "local", "kind", "account", "chat"),
    [
        (FIXED, "", Kind.SERVER, "", ""),
        (FIXED, "romeo", Kind.PERSON, "", "romeo"),
        (FIXED, "#balcony", Kind.ROOM, "", "#balcony"),
        (FIXED, "#50%off", Kind.ROOM, "", "#50%off"),
        (FIXED, "irc.verona.lit", Kind.PERSON, "", "irc.verona.lit"),
        (OPEN, "", Kind.SERVER, "", ""),
        (OPEN, SERVER, Kind.SERVER, SERVER, ""),
        (OPEN, f"romeo%{SERVER}", Kind.PERSON, SERVER, "romeo"),
        (OPEN, f"#balcony%{SERVER}", Kind.ROOM, SERVER, "#balcony"),
        (OPEN, f"#50%off%{SERVER}", Kind.ROOM, SERVER, "#50%off"),
        (OPEN, "romeo%2001:db8::1", Kind.PERSON, "2001:db8::1", "romeo"),
    ],
)
def test_addresses(
    addressing: IrcAddressing, local: str, kind: Kind, account: str, chat: str
) -> None:
    assert addressing.parse(local) == Address(kind, account, ChatId(chat))
    assert addressing.local(account, ChatId(chat)) == local


def test_addresses_are_folded() -> None:
    assert FIXED.parse("#Verona").chat == "#verona"
    assert OPEN.parse("Romeo%IRC.verona.lit.") == Address(Kind.PERSON, SERVER, ChatId("romeo"))
    assert FIXED.local("", PersonId("Romeo")) == "romeo"


@pytest.mark.parametrize(
    ("addressing", "local", "reason"),
    [
        (FIXED, "a b", Reason.NOT_FOUND),
        (FIXED, "romeo@verona.lit", Reason.NOT_FOUND),
        (FIXED, "#a,#b", Reason.NOT_FOUND),
        (OPEN, "%", Reason.NOT_FOUND),
        (OPEN, f"%{SERVER}", Reason.BAD_REQUEST),
        (OPEN, "romeo%", Reason.NOT_FOUND),
        (OPEN, "romeo%a_b", Reason.NOT_FOUND),
        (OPEN, f"romeo%{SERVER}:6667", Reason.NOT_FOUND),
        (OPEN, "#balcony", Reason.NOT_FOUND),
        (OPEN, f"a b%{SERVER}", Reason.NOT_FOUND),
    ],
)
def test_no_address(addressing: IrcAddressing, local: str, reason: Reason) -> None:
    with pytest.raises(CommandRefused) as refused:
        addressing.parse(local)
    assert refused.value.reason is reason


NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
HOST = st.one_of(
    st.from_regex(r"\A[a-z0-9]{1,8}(?:\.[a-z]{2,6}){0,3}\Z"),
    st.ip_addresses(v=6).map(str),
)


@given(NAME, st.sampled_from(["", "#", "&", "*"]), HOST)
def test_parse_and_local_are_inverse(name: str, front: str, host: str) -> None:
    chat = ChatId(CaseMapping.ASCII.fold(front + name))
    assume(is_nick(chat) or is_channel(chat))
    kind = Kind.ROOM if is_channel(chat) else Kind.PERSON
    assert FIXED.parse(FIXED.local("", chat)) == Address(kind, "", chat)
    assert OPEN.parse(OPEN.local(host, chat)) == Address(kind, host, chat)


@given(st.sampled_from([FIXED, OPEN]), st.text())
def test_address_or_command_refused(addressing: IrcAddressing, local: str) -> None:
    try:
        address = addressing.parse(local)
    except CommandRefused:
        return
    assert addressing.parse(addressing.local(address.account, address.chat)) == address


@pytest.mark.parametrize(
    ("addressing", "typed", "local"),
    [
        (FIXED, " Romeo ", "romeo"),
        (FIXED, "#Verona", "#verona"),
        (OPEN, "romeo@IRC.Verona.lit", f"romeo%{SERVER}"),
        (OPEN, f"romeo%{SERVER}", f"romeo%{SERVER}"),
        (OPEN, f"#50%off@{SERVER}", f"#50%off%{SERVER}"),
        (OPEN, f"#a@b%{SERVER}", f"#a@b%{SERVER}"),
        (OPEN, SERVER, SERVER),
    ],
)
def test_prompt(addressing: IrcAddressing, typed: str, local: str) -> None:
    assert addressing.from_prompt(typed) == local


@pytest.mark.parametrize(
    ("addressing", "typed"),
    [(FIXED, ""), (FIXED, f"romeo@{SERVER}"), (FIXED, "a b"), (OPEN, " "), (OPEN, "#verona")],
)
def test_prompt_refused(addressing: IrcAddressing, typed: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        addressing.from_prompt(typed)
    assert refused.value.reason is Reason.NOT_ACCEPTABLE


# Masks.

MASKS = [
    (vector["mask"], target, matches)
    for vector in parser_tests.data.mask_match["tests"]
    for key, matches in (("matches", True), ("fails", False))
    for target in vector[key]
]


@pytest.mark.parametrize(("mask", "target", "matches"), MASKS)
def test_mask_vectors(mask: str, target: str, matches: bool) -> None:
    assert mask_matches(mask, target) is matches


@pytest.mark.parametrize(
    ("mask", "target", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("**", "a", True),
        ("?", "", False),
        ("a*", "a", True),
        ("*a*b", "xaab", True),
        ("*a*b", "xaabc", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        (r"\?\\", "?\\", True),
        ("\\", "\\", True),
        ("a\n*", "a\nb", True),
    ],
)
def test_masks(mask: str, target: str, matches: bool) -> None:
    assert mask_matches(mask, target) is matches


def test_masks_take_no_exponential_time() -> None:
    assert not mask_matches("*a" * 60 + "*b", "a" * 500)


@given(st.text(), st.text(), st.text())
def test_a_star_stands_for_anything(before: str, between: str, after: str) -> None:
    def literal(text: str) -> str:
        return "".join("\\" + c for c in text)

    assert mask_matches(f"{literal(before)}*{literal(after)}", before + between + after)
    assert mask_matches(literal(between), between)


# What the server says about itself.


def test_isupport() -> None:
    params = [
        "juliet",
        "CHANTYPES=#&",
        "EXCEPTS",
        "NETWORK=Old\\x20Verona",
        "-MONITOR",
        "A=b=c",
        "are …",
    ]
    assert parse_isupport(params) == {
        "CHANTYPES": "#&",
        "EXCEPTS": "",
        "NETWORK": "Old Verona",
        "MONITOR": None,
        "A": "b=c",
    }


@pytest.mark.parametrize(
    "params", [[], ["juliet"], ["juliet", "are supported"], ["juliet", "", "x"]]
)
def test_isupport_without_tokens(params: list[str]) -> None:
    assert parse_isupport(params) == {}


ALL_RANKS = Prefixes("(qaohv)~&@%+")


def test_prefixes() -> None:
    assert (ALL_RANKS.modes, ALL_RANKS.symbols) == ("qaohv", "~&@%+")
    assert ALL_RANKS.split("romeo") == ("", "romeo")
    assert ALL_RANKS.split("@+romeo") == ("ov", "romeo")
    assert ALL_RANKS.split("&#verona") == ("a", "#verona")
    assert Prefixes().split("~romeo") == ("", "~romeo")
    assert [ALL_RANKS.rank(mode) for mode in ("q", "v", "b", "")] == [0, 4, 5, 5]


@pytest.mark.parametrize("isupport", ["", "()", "nonsense", "(ov"])
def test_no_prefixes(isupport: str) -> None:
    prefixes = Prefixes(isupport)
    assert prefixes.split("@romeo") == ("", "@romeo")
    assert prefixes.rank("o") == 0


@pytest.mark.parametrize(
    ("params", "changes"),
    [
        ([], []),
        ([""], []),
        (["+nt"], ["+n", "+t"]),
        (["nt"], ["+n", "+t"]),
        (["+o-v", "romeo", "nurse"], ["+o romeo", "-v nurse"]),
        (["+l-l", "5"], ["+l 5", "-l"]),
        (["+k-k", "key", "*"], ["+k key", "-k *"]),
        (["+b"], ["+b"]),
        (["+bb", "*!*@a", "*!*@b"], ["+b *!*@a", "+b *!*@b"]),
        (["-+-n"], ["-n"]),
        (["+Zo", "romeo"], ["+Z", "+o romeo"]),
        (["+q", "romeo"], ["+q romeo"]),
    ],
)
def test_mode_changes(params: list[str], changes: list[str]) -> None:
    found = mode_changes(params, "beI,k,l,imnpst", ALL_RANKS)
    assert [
        f"{c.sign}{c.letter}" + (f" {c.argument}" if c.argument else "") for c in found
    ] == changes


def test_mode_changes_of_a_server_that_has_said_nothing() -> None:
    assert mode_changes(["+o", "romeo"]) == [ModeChange("+", "o", "romeo")]
    assert mode_changes(["+x", "romeo"], "") == [ModeChange("+", "x", None)]
