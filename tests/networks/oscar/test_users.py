"""Who somebody is."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from networks.oscar.data import Tlvs, tlvs
from networks.oscar.users import (
    BART_ICON,
    BART_STATUS_TEXT,
    CAP_CHAT,
    CAP_ICON,
    CAP_INTEROPERATE,
    CAP_TYPING,
    CAP_UTF8,
    NO_ICON,
    SHORT_CAPABILITY,
    BartId,
    UserInfo,
    capability,
    parse_users,
)
from tests.networks.oscar import frames


def data(frame: bytes) -> bytes:
    """Behind the headers of FLAP and SNAC."""
    return frame[16:]


def test_arrived() -> None:
    [user] = parse_users(data(frames.ARRIVED))
    assert user.name == "Probe Bob"
    assert (user.warning, user.flags, user.is_away, user.status) == (0, 0x11, False, 0)
    assert (user.idle_minutes, user.icon, user.status_text) == (0, None, None)
    assert user.signed_on == datetime.fromtimestamp(0x6B03D0E8, UTC)
    assert user.capabilities == {CAP_ICON, CAP_UTF8, CAP_CHAT}
    assert user.encode() == data(frames.ARRIVED)


def test_arrived_at_the_other_server() -> None:
    [user] = parse_users(data(frames.ARRIVED_ISD))
    assert (user.name, user.status, user.flags) == ("200002", 0x10000, 0x50)
    assert user.encode() == data(frames.ARRIVED_ISD)


def test_an_icon() -> None:
    [user] = parse_users(data(frames.ARRIVED_ICON))
    assert user.icon == bytes.fromhex("cfab286c974016780d0cdf2b96371b10")


def test_departed() -> None:
    assert parse_users(data(frames.DEPARTED)) == (UserInfo("probealice", 0, tlvs((1, b"\0\0"))),)


def test_ourselves_in_several_blocks() -> None:
    first, second = parse_users(data(frames.SELF_INFO))
    assert first.name == second.name == "ProbeAlice"
    assert first.member_since == first.signed_on


def info(*items: tuple[int, bytes]) -> UserInfo:
    return UserInfo("x", 0, tlvs(*items))


def test_odd_values() -> None:
    assert info((4, b"")).idle_minutes == 0, "iserverd means away by it"
    assert info((4, b"\0\x0a")).idle_minutes == 10
    assert info().status is None
    assert info().signed_on is None
    assert info((1, b"\0\x20")).is_away


def test_capabilities() -> None:
    short = info((0x19, bytes.fromhex("134e134d13")), (0xD, CAP_TYPING + b"rest"))
    assert short.capabilities == {CAP_UTF8, CAP_INTEROPERATE, CAP_TYPING}
    assert capability("09460000-4c7f-11d1-8222-444553540000") == SHORT_CAPABILITY


def test_icons_and_status_texts() -> None:
    text = BartId(BART_STATUS_TEXT, 4, b"\0\5caf\xc3\xa9\0\0").encode()
    icon = BartId(BART_ICON, 1, b"0123456789abcdef").encode()
    both = info((0x1D, text + icon))
    assert both.icon == b"0123456789abcdef"
    assert both.status_text == "café"
    assert info((0x1D, text)).icon is None
    assert info((0x1D, icon)).status_text is None
    assert info((0x1D, BartId(BART_ICON, 0, NO_ICON).encode())).icon == b""
    assert info((0x1D, icon + b"\0\1\0\x10cut")).icon == b"0123456789abcdef"
    assert info((0x1D, BartId(BART_STATUS_TEXT, 4, b"\0\xffcut").encode())).status_text == ""


USERS = st.builds(
    UserInfo,
    st.text(max_size=20),
    st.integers(0, 0xFFFF),
    st.builds(Tlvs, st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=9))).map(tuple)),
)


@given(st.lists(USERS, max_size=3))
def test_users_both_ways(users: list[UserInfo]) -> None:
    assert parse_users(b"".join(user.encode() for user in users)) == tuple(users)
