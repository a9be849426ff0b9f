"""The fake OSCAR server against what two real ones were recorded to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from tests.servers.oscar import Details, ManualClock, Oscar, oscar
from tests.servers.oscar_meaning import Meaning
from tests.servers.oscar_player import Player
from tests.servers.oscar_transcript import read
from tests.servers.oscar_wire import Reader
from tests.servers.player import TIMEOUT

START = 1_795_412_198.0
"""When the recordings were made: 23 November 2026."""

AIM = {"ProbeAlice": "alicepw1", "Probe Bob": "bobpw123"}
UINS = {"100001": "icqpw1", "100002": "icqpw2", "100003": "icqpw3"}
ISD_UINS = {"200001": "icqpw1", "200002": "icqpw2", "200003": "icqpw3"}

Setup = Callable[[Oscar], dict[str, Callable[[], None]]]


def nothing_more(server: Oscar) -> dict[str, Callable[[], None]]:
    return {}


def play(
    name: str,
    setup: Setup = nothing_more,
    *,
    login_limit: int | None = None,
    **options: Any,
) -> tuple[Oscar, Player]:
    """A transcript of open-oscar-server."""
    clock = ManualClock(START)
    with oscar(clock=clock, login_limit=login_limit) as server:
        for user, password in (AIM | UINS).items():
            server.add_user(user, password)
        player = Player(server, clock, before=setup(server), **options)
        player.play(read(name))
        return server, player


def play_isd(name: str, **options: Any) -> Oscar:
    clock = ManualClock(START)
    with oscar("isd", clock=clock) as server:
        for uin, password in ISD_UINS.items():
            server.add_user(uin, password, details=isd_details())
        Player(server, clock, **options).play(read(name))
        return server


def isd_details() -> Details:
    return Details(
        nick="IsdOne",
        first="IsdOne",
        last="Test",
        email="IsdOne@localhost",
        country=0xFFFF,
        birthday=(1990, 1, 1),
        work_country=0xFFFF,
    )


# open-oscar-server.


def suspend(server: Oscar) -> dict[str, Callable[[], None]]:
    def do() -> None:
        server.account("ProbeAlice").refusal = 0x11

    return {"suspended@auth": do}


def test_every_way_to_log_in_and_to_fail() -> None:
    server, _ = play("logins", suspend)
    assert len(server.violations) == 1
    assert "cookie" in server.violations[0]


def test_login_limiter() -> None:
    server, _ = play("login_limit", login_limit=10)
    assert server.world.turned_away == 3


def test_two_aim_users() -> None:
    """Their sessions, lists, presence, messages, typing, blocking, offline messages."""
    server, _ = play("aim_pair", ignored=frozenset({"01/0a"}))
    assert [line for line in server.violations if "nothing here" not in line] == [
        "ProbeAlice at 01: SNAC(25,02) : family not in 01/03"
    ]
    assert server.overlaps == ["ProbeAlice", "ProbeAlice"]


def test_two_icq_users() -> None:
    """Authorisation, ICQ status, channels 1, 2 and 4, the directory, offline messages."""
    server, _ = play("icq_pair")
    assert server.violations == []


def test_an_aim_and_an_icq_user() -> None:
    # That one was away for a millisecond before he left, nobody was told then.
    server, _ = play("cross", besides=frozenset({"03/0b"}))
    assert server.violations == []


def test_rooms() -> None:
    def public_room(server: Oscar) -> dict[str, Callable[[], None]]:
        server.make_room("Public Probe")
        return {}

    server, _ = play("chat", public_room)
    assert server.violations == []


def test_icons() -> None:
    server, _ = play("icons")
    assert server.violations == []


def test_short_signoff_of_old_clients() -> None:
    server, _ = play("old_client_kick")
    assert server.overlaps == ["ProbeAlice"]


def test_typing_preference() -> None:
    server, _ = play("typing_pref")
    assert server.violations == []


def test_limited_and_clear_again() -> None:
    """Levels in 01/07 and 01/0a are those of the real server, and so is the moment of each."""
    server, _ = play("rate_recover")
    assert len(server.violations) == 1
    assert "dropped, class 3 at 39" in server.violations[0]


def test_a_burst_is_dropped_then_cut() -> None:
    """15 messages in 0.8 s: the first 7 pass, one more or less, and all ends in a signoff."""
    server, player = play("rate_limit", ignored=frozenset({"04/0c", "04/07"}))
    acks = [found for found in player.clients["alice"].inbox if found.meaning[1] == "04/0c"]
    assert len(acks) in (7, 8)
    assert player.clients["alice"].ended
    assert "disconnected" in server.violations[-1]


# IServerd.


def test_login_at_iserverd() -> None:
    server = play_isd("iserverd_first")
    assert len(server.violations) == 1  # The log-in of old clients, which it does not answer.


def test_two_users_at_iserverd() -> None:
    def without_status(told: Meaning) -> Meaning:
        """Of 01/0f: whether the flag "web aware" is there depends on earlier log-ins."""
        if told[1] != "01/0f":
            return told
        for _, _, fields in told[4]:
            fields.pop("06", None)
        return told

    server = play_isd("iserverd_icq", alike=without_status)
    assert server.overlaps == ["200001"]


def test_what_iserverd_has_not() -> None:
    server = play_isd("iserverd_refusals")
    assert len(server.violations) == 1
    assert "SNAC(25,02)" in server.violations[0]


def test_what_iserverd_passes_over() -> None:
    """Idle times, profiles, preferences; and how it is asked whether a feedbag has changed."""
    server = play_isd("iserverd_tolerance")
    assert server.violations == []


# The HTTP log-in of AIM 6.


def test_uas() -> None:
    """The tickets and the error of open-oscar-server, but for times, addresses and cookies."""
    steps = read("kerberos")
    with oscar(clock=ManualClock(START)) as server:
        server.add_user("ProbeAlice", "alicepw1")
        for asked, recorded in zip(steps[::2], steps[1::2], strict=True):
            request = Request(f"http://{server.host}:{server.uas_port}/", asked.data)
            with urlopen(request, timeout=TIMEOUT) as response:
                assert ticket(response.read()) == ticket(recorded.data)
        assert len(server.world.tickets) == 2
        assert server.violations == []


def ticket(data: bytes) -> tuple[bytes, ...]:
    """Of an answer with a ticket what stands around its times, and the types of its TLVs."""
    if data[3] == 4:
        return (data,)
    end = data.rindex(b"ProbeAlice", 0, 90) + len(b"ProbeAlice") + 11
    head, flags, rest = data[10:14] + data[18:end], data[end + 12 : end + 28], data[end + 28 :]
    redirect = Reader(Reader(rest).counted_tlvs()[0x03])
    assert redirect.u16() == 1
    return head, flags, bytes(kind for kind, _ in redirect.counted_tlvs().pairs)
