"""Descriptions of display pictures."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.msn.msnobject import PICTURE, MsnObject, hash_of, parse_object, picture
from tests.servers.msn_transcript import read

ME = "alice@example.com"


def test_recorded() -> None:
    line = next(step.data for step in read("privacy") if b"NLN AWY" in step.data)
    found = parse_object(unquote(line.split()[-1].decode()))
    assert found
    assert (found.creator, found.size, found.kind) == ("bob@example.com", 100, PICTURE)
    assert found.sha1d == "x"


def test_ours() -> None:
    """The second hash is of names and values, without what is between them."""
    made = picture(ME, b"abc")
    assert made.sha1d == "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
    assert made.text == (
        '<msnobj Creator="alice@example.com" Size="3" Type="3" Location="0" Friendly="AAA="'
        f' SHA1D="qZk+NkcGgWq6PiVxeFDCbJzQ2J0=" SHA1C="{hash_of(FIELDS)}"/>'
    )


FIELDS = b"Creatoralice@example.comSize3Type3Location0FriendlyAAA=SHA1DqZk+NkcGgWq6PiVxeFDCbJzQ2J0="


@given(st.binary(min_size=1, max_size=100))
def test_round_trip(data: bytes) -> None:
    made = picture(ME, data)
    assert parse_object(made.text) == made
    assert made.is_of(data)
    assert not made.is_of(data + b"x")
    assert not made.is_of(bytes([data[0] ^ 1]) + data[1:])


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "",
        "<msnobj",
        "<msnobj/>",
        '<msnobj Size="x" Type="3" SHA1D="a"/>',
        '<msnobj Size="3" Type="-3" SHA1D="a"/>',
        '<msnobj Size="3" Type="3"/>',
        '<msnobj Size="3" Type="3" SHA1D="a" Friendly="' + "A" * 1000 + '"/>',
    ],
)
def test_none(text: str) -> None:
    assert parse_object(text) is None


def test_lenient() -> None:
    text = '<msnobj Creator="BOB@example.com" Size="3" Type="3" SHA1D="a" SHA1C="wrong"/>'
    assert parse_object(text) == MsnObject(text, "bob@example.com", 3, PICTURE, "a")


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for whole in (text, f"<msnobj {text}/>", f'<msnobj Size="{text}" Type="3" SHA1D="a"/>'):
        assert parse_object(whole) is None or whole.startswith("<")
