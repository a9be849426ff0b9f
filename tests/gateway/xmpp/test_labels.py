"""Addresses of several accounts: certain in both directions, for every network there is."""

import pkgutil
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import networks
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId
from gateway.network import Address, Addressing, Kind
from gateway.xmpp import jid, labels
from gateway.xmpp.labels import Labelled
from networks.irc.settings import IrcSettings

IRC = IrcSettings(server="irc.verona.lit")
OPEN = IrcSettings(mode="open")


def addressings() -> dict[str, Addressing]:
    """Of all networks; only IRC's depends on what the operator has set."""
    found: dict[str, Addressing] = {}
    for module in pkgutil.iter_modules(networks.__path__):
        network: Any = getattr(import_module(f"networks.{module.name}"), "NETWORK", None)
        if network is not None:
            found[module.name] = network.addressing(IRC)
    return {**found, "open irc": import_module("networks.irc").NETWORK.addressing(OPEN)}


ALL = addressings()

LABELS = st.sampled_from(["", "work", "a", "2", "at-home", "x" * 20])
NASTY = st.text(st.sampled_from(",,,ab-#%@ é"), max_size=12)
NAMES = st.text(max_size=12) | NASTY
LOCALS = NAMES | st.builds("{}%irc.verona.lit".format, NAMES)


def test_all_networks_are_looked_at() -> None:
    assert {"irc", "aim", "icq", "open irc"} <= ALL.keys()


@pytest.mark.parametrize(
    ("name", "label", "joined"),
    [
        ("romeo", "", "romeo"),
        ("romeo", "work", "romeo,work"),
        ("", "work", ",work"),
        ("a,b", "", "a,,b"),
        ("a,b", "c", "a,,b,c"),
        (",", "", ",,"),
        (",work", "", ",,work"),
        (",", "work", ",,,work"),
    ],
)
def test_join_and_split(name: str, label: str, joined: str) -> None:
    assert labels.join(name, label) == joined
    assert labels.split(joined) == (name, label)


@given(NAMES, LABELS)
def test_what_is_joined_can_be_split(name: str, label: str) -> None:
    assert labels.split(labels.join(name, label)) == (name, label)


@given(NAMES)
def test_what_can_be_split_was_joined(joined: str) -> None:
    with suppress(CommandRefused):
        assert labels.join(*labels.split(joined)) == joined


@pytest.mark.parametrize("text", ["a,", "a,-b", "a,b-", "a,B", "a,b c", "a,é", "a," + "x" * 21])
def test_what_is_no_label(text: str) -> None:
    assert not labels.is_label(text[2:])
    with pytest.raises(CommandRefused) as caught:
        labels.split(text)
    assert caught.value.reason is Reason.NOT_FOUND


def test_addresses() -> None:
    aim = Labelled(ALL["aim"])
    assert aim.parse(",work") == Address(Kind.SERVER, ",work", ChatId(""))
    assert aim.parse("romeo,work") == Address(Kind.PERSON, ",work", ChatId("romeo"))
    assert aim.local(",work", ChatId("#verona")) == "#verona,work"
    irc = Labelled(ALL["open irc"])
    account = "irc.verona.lit,work"
    assert irc.parse(account) == Address(Kind.SERVER, account, ChatId(""))
    assert irc.parse(f"#balcony%{account}") == Address(Kind.ROOM, account, ChatId("#balcony"))
    assert irc.local(account, ChatId("romeo")) == f"romeo%{account}"
    assert irc.from_prompt("Romeo@irc.verona.lit") == "romeo%irc.verona.lit"


@pytest.mark.parametrize("network", ALL)
@given(LOCALS, LABELS)
def test_every_address_comes_back(network: str, local: str, label: str) -> None:
    """And is that of the network's own, but for the account."""
    inner, outer = ALL[network], Labelled(ALL[network])
    try:
        plain = inner.parse(local)
    except CommandRefused:
        return
    account = labels.join(plain.account, label)
    made = outer.local(account, plain.chat)
    assert outer.parse(made) == Address(plain.kind, account, plain.chat)
    assert labels.split(made) == (inner.local(plain.account, plain.chat), label)


@pytest.mark.parametrize("network", ALL)
@given(LOCALS)
def test_the_first_account_keeps_its_addresses(network: str, local: str) -> None:
    assume("," not in local)
    inner, outer = ALL[network], Labelled(ALL[network])
    try:
        expected = inner.parse(local)
    except CommandRefused:
        with pytest.raises(CommandRefused):
            outer.parse(local)
    else:
        assert outer.parse(local) == expected
        assert outer.local(expected.account, expected.chat) == inner.local(
            expected.account, expected.chat
        )


@pytest.mark.parametrize("account", ["", ",work"])
@pytest.mark.parametrize("chat", ["", "romeo", "a,b", "#the balcony", "#x,work", "o'neill"])
def test_jids_carry_them(account: str, chat: str) -> None:
    """Through XEP-0106 and the preparation of JIDs, and back."""
    outer = Labelled(ALL["aim"])
    found = jid.address(outer.local(account, ChatId(chat)), "aim.example.org")
    address = outer.parse(jid.unescape(jid.split(found)[0]))
    assert (address.account, address.chat) == (account, chat)


def test_for_people() -> None:
    assert labels.shown("") == ""
    assert labels.shown(",work") == "work"
    assert labels.shown("irc.verona.lit") == "irc.verona.lit"
    assert labels.shown("irc.verona.lit,work") == "irc.verona.lit, work"
