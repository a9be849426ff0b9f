"""What SNACs are made of: real ones, built ones, and any bytes at all."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.oscar import auth, blocks, chat, details, feedbag, icbm, icq, users
from networks.oscar.blocks import (
    DC_INFO,
    PORT,
    RATE_CHANGED,
    RateClass,
    Redirect,
    SnacError,
    parse_address,
)
from networks.oscar.data import NO_TLVS, Reader, Tlvs, tlv, tlvs, u8, u16, u32
from networks.oscar.users import (
    BART_ICON,
    BART_STATUS_TEXT,
    BART_UPLOAD,
    CAP_CHAT,
    CAP_UTF8,
    STATUS_DND,
    BartId,
    UserInfo,
)
from tests.networks.oscar import frames


def data(frame: bytes) -> bytes:
    """Behind the headers of FLAP and SNAC."""
    return frame[16:]


# Nothing but a value or a WireError.

PARSERS: list[Callable[[bytes], Any]] = [
    users.parse_users,
    blocks.parse_families,
    blocks.parse_motd,
    blocks.parse_rates,
    blocks.parse_rate_change,
    blocks.parse_redirect,
    blocks.parse_warned,
    blocks.parse_bart_reply,
    blocks.parse_error,
    blocks.parse_located,
    blocks.parse_icon,
    blocks.parse_icon_uploaded,
    auth.parse_challenge,
    chat.parse_room,
    chat.parse_nav_info,
    chat.parse_message,
    feedbag.parse_feedbag,
    feedbag.parse_items,
    feedbag.parse_results,
    feedbag.parse_asked,
    feedbag.parse_answered,
    feedbag.parse_granted,
    icbm.parse_incoming,
    icbm.parse_missed,
    icbm.parse_typing,
    icq.parse_answer,
    icq.parse_meta,
    icq.parse_offline,
    icq.parse_old_message,
    icq.parse_relayed,
]

REAL = [data(value) for name, value in vars(frames).items() if name.isupper()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real one, cut or with some bytes changed: that gets further than any bytes would."""
    raw = bytearray(draw(st.sampled_from(REAL)))
    for at, byte in draw(
        st.lists(st.tuples(st.integers(0, len(raw)), st.integers(0, 255)), max_size=4)
    ):
        if at < len(raw):
            raw[at] = byte
    return bytes(raw[draw(st.integers(0, 3)) : draw(st.integers(0, len(raw)))])


def look_at(value: Any) -> None:
    """At every property, too: what is in the TLVs is only read then."""
    if isinstance(value, tuple | list):
        for item in value:
            look_at(item)
    elif type(value).__module__.startswith("networks.oscar"):
        for name, member in vars(type(value)).items():
            if isinstance(member, property):
                look_at(getattr(value, name))
        for name in getattr(value, "__dataclass_fields__", ()):
            look_at(getattr(value, name))


@settings(max_examples=50)
@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(st.one_of(st.binary(max_size=90), damaged()))
def test_fuzz(parse: Callable[[bytes], Any], raw: bytes) -> None:
    try:
        value = parse(raw)
    except WireError:
        return
    look_at(value)


@given(st.integers(0, 6), st.binary(max_size=90))
def test_what_others_write_ends_no_session(channel: int, payload: bytes) -> None:
    head = bytes(8) + u16(channel) + UserInfo("x").encode()
    for message in (tlv(2, payload) + tlv(5, payload), tlv(5, u16(0) + bytes(8) + payload)):
        look_at(icbm.parse_incoming(head + message))
    user = UserInfo("x", 0, tlvs(*((type, payload) for type in (1, 3, 4, 5, 6, 0xD, 0x19, 0x1D))))
    assert users.parse_users(user.encode()) == (user,)
    look_at(user)


@given(st.integers(0, 0xFFFF), st.binary(max_size=60))
def test_fuzz_details(subtype: int, body: bytes) -> None:
    for known in (subtype, *details.DETAILS):
        for result in (icq.Result.OK, icq.Result.NOTHING_FOUND):
            look_at(details.parse_details(icq.Meta(known, result, body)))
    with suppress(WireError):
        look_at(details.parse_found(icq.Meta(details.ANSWER_SHORT, icq.Result.OK, body)))


# Family 1.


def test_families_and_versions() -> None:
    assert blocks.parse_families(data(frames.FAMILIES))[:3] == (0x18, 0x10, 3)
    assert blocks.build_versions({1: 4, 0x13: 4}) == bytes.fromhex("0001000400130004")
    assert blocks.build_online({1: 4}) == bytes.fromhex("00010004011008e4")


def test_motd() -> None:
    assert blocks.parse_motd(data(frames.MOTD)) == "Welcome to Open OSCAR Server"
    assert blocks.parse_motd(u16(4)) == ""


def test_rates() -> None:
    params = blocks.parse_rates(data(frames.RATES_OOS))
    assert params.classes[0] == RateClass(1, 80, 2500, 2000, 1500, 800, 5850, 6000)
    assert params.classes[2] == RateClass(3, 20, 5100, 5000, 4000, 3000, 6000, 6000)
    assert len(params.classes) == 5
    assert (params.members[4, 6], params.members[2, 5], params.members[2, 0x15]) == (3, 3, 1)
    assert len(params.members) == 220
    assert blocks.build_rate_subscription(params) == u16(1, 2, 3, 4, 5)


@pytest.mark.parametrize("extra", [b"", bytes(5)])
def test_both_forms_of_rates(extra: bytes) -> None:
    """Those of family 1 before version 2 have no time and no state."""
    classes = [RateClass(id, 20, 5, 4, 3, 2, 6, 6) for id in (1, 2)]
    raw = u16(2) + b"".join(item.encode() + extra for item in classes)
    raw += u16(1, 1, 4, 6) + u16(2, 0)
    params = blocks.parse_rates(raw)
    assert params.classes == tuple(classes)
    assert params.members == {(4, 6): 1}
    assert blocks.parse_rate_change(u16(1) + classes[0].encode() + extra) == (
        RATE_CHANGED,
        classes[0],
    )


def test_redirect() -> None:
    found = blocks.parse_redirect(data(frames.REDIRECT))
    assert (found.host, found.port, found.is_tls, len(found.cookie)) == (
        "127.0.0.1",
        5190,
        False,
        256,
    )
    assert found.cookie.hex() not in repr(found)
    login = blocks.redirect(Reader(data(frames.LOGIN_DONE)).tlvs())
    assert (login.host, login.port, len(login.cookie)) == ("127.0.0.1", 5190, 256)


def test_redirect_with_tls() -> None:
    items = tlvs((5, b"bos.example.org:5193"), (6, b"c"), (0x8E, u16(2)))
    assert blocks.redirect(items) == Redirect(
        host="bos.example.org", port=5193, cookie=b"c", is_tls=True
    )


@pytest.mark.parametrize(
    "items", [NO_TLVS, tlvs((5, b"a:1")), tlvs((6, b"c")), tlvs((5, b""), (6, b""))]
)
def test_redirect_to_nowhere(items: Tlvs) -> None:
    with pytest.raises(WireError, match="05"):
        blocks.redirect(items)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bos.example.org", ("bos.example.org", PORT)),
        ("bos.example.org:443", ("bos.example.org", 443)),
        ("[::1]:443", ("::1", 443)),
        ("[::1]", ("::1", PORT)),
        ("::1", ("::1", PORT)),
        ("host:", ("host", PORT)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("port", ["0", "65536", "http", "99999999999999999999", "²"])
def test_ports_there_are_not(port: str) -> None:
    with pytest.raises(WireError, match="1 to 65535"):
        parse_address(f"host:{port}")


def test_warned() -> None:
    assert blocks.parse_warned(data(frames.WARNED)) == (100, UserInfo("Probe Bob"))
    assert blocks.parse_warned(u16(30)) == (30, None)


def test_service_requests() -> None:
    room = chat.RoomKey(4, b"4-0-probe room")
    assert blocks.build_service_request(0x10) == b"\0\x10"
    encrypted = blocks.build_service_request(0x10, is_encrypted=True)
    assert encrypted == b"\0\x10" + bytes.fromhex("008c0000")
    assert blocks.build_service_request(0x0E, room.encode()) == bytes.fromhex(
        "000e 0001 0013 0004 0e 342d302d70726f626520726f6f6d 0000"
    )


def test_status() -> None:
    assert len(DC_INFO) == 37
    assert blocks.build_status(0x100) == bytes.fromhex("0006000400000100")
    items = Reader(blocks.build_status(STATUS_DND, with_dc_info=True, text="né" * 200)).tlvs()
    assert (items.number(6), items.get(8), items.get(0xC)) == (2, b"\0\0", DC_INFO)
    user = UserInfo("x", 0, items)
    assert user.status_text is not None
    assert "né" * 80 in user.status_text
    assert [item.type for item in user.bart] == [BART_STATUS_TEXT, 9]
    off = UserInfo("x", 0, Reader(blocks.build_status(0, text="")).tlvs())
    assert off.bart[0].hash == b""


def test_errors() -> None:
    raw = u16(4) + tlv(8, u16(0xF)) + tlv(0x1B, b"inbox full") + tlv(4, b"http://a/")
    assert blocks.parse_error(raw) == SnacError(
        code=4, subcode=15, text="inbox full", url="http://a/"
    )
    assert blocks.parse_error(u16(1)) == SnacError(code=1)


# Location.


def test_located() -> None:
    found = blocks.parse_located(data(frames.LOCATED))
    assert found.user.name == "ProbeAlice"
    assert found.profile == b"<HTML>profile of ProbeAlice</HTML>"
    assert found.away == b"<HTML>gone to lunch</HTML>"
    assert found.profile_type == found.away_type == 'text/aolrtf; charset="us-ascii"'


def test_location() -> None:
    away = blocks.build_location(away=("text/x", b"lunch"), capabilities=(CAP_CHAT, CAP_UTF8))
    assert Reader(away).tlvs() == tlvs((3, b"text/x"), (4, b"lunch"), (5, CAP_CHAT + CAP_UTF8))
    assert blocks.build_location(away=("text/x", b"")) == tlv(4)
    assert blocks.build_location(profile=("a", b"b")) == tlv(1, b"a") + tlv(2, b"b")
    assert blocks.build_locate(blocks.LOCATE_AWAY, "bob") == u16(2) + b"\3bob"
    assert blocks.build_locate_more(blocks.LOCATE_AWAY, "bob") == u32(2) + b"\3bob"


# Icons.

HASH = bytes.fromhex("cfab286c974016780d0cdf2b96371b10")


def test_icons() -> None:
    assert blocks.parse_bart_reply(data(frames.ICON_WANTED)) == (
        BartId(BART_ICON, BART_UPLOAD | 1, HASH),
    )
    assert blocks.parse_icon_uploaded(data(frames.ICON_UPLOADED)) == (0, BartId(BART_ICON, 1, HASH))
    assert blocks.parse_icon_uploaded(u8(4)) == (4, None)
    assert blocks.build_icon_request("probealice", HASH) == data(frames.ICON_QUERY)
    icon = blocks.parse_icon(data(frames.ICON))
    assert (icon.name, icon.id.hash, icon.data[:6]) == ("probealice", HASH, b"GIF89a")
    assert blocks.build_icon_upload(icon.data)[:4] == u16(1, len(icon.data))
    assert blocks.parse_icon(data(frames.ICON_UNKNOWN)).data == b""
