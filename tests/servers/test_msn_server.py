"""The fake MSN server against what a real one was recorded to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.msn import ManualClock, Msn, msn
from tests.servers.msn_player import Player
from tests.servers.msn_transcript import Step, read

START = 1_795_410_602.5
LATER = START + 3
"""When the recordings were made: 23 November 2026, some seconds after 05:10."""

NAMES = {"alice": "alice", "bob": "bob", "carol": "Carol C", "dave": "Dave D"}
"""That people had already; their passwords are like alicepw1."""
UNEXPLAINED = "dave goes offline; alice adds him; he logs in again"

RUN = "{96875A4C-8C87-46B4-B474-050C86CB95ED}"

FIRST = {"alice": "Alice A", "bob": "Bob B"}

FRIENDS = (("alice", "bob"), ("alice", "carol"))


def play(
    name: str,
    names: dict[str, str] | None = None,
    prepare: Callable[[Msn], None] = lambda server: None,
    start: float = START,
    **ways: Any,
) -> list[str]:
    """What the server noted, but for this: the recorded client did not tell all lists it had."""
    clock = ManualClock(start)
    with msn(clock=clock, tls=False, one_ticket=True, any_lockkey=True, **ways) as server:
        for user, called in (NAMES | (names or {})).items():
            server.add_user(f"{user}@example.com", f"{user}pw1", name=called)
        for one, other in FRIENDS:
            server.befriend(f"{one}@example.com", f"{other}@example.com")
        server.add_contacts("alice@example.com", "bob@example.com", group="Friends")
        prepare(server)
        Player(server, clock).play(compared(read(name)))
        return [problem for problem in server.violations if ": ADL says" not in problem]


def compared(steps: list[Step]) -> list[Step]:
    """Without the scene where somebody is called who has not accepted: the recorded server says
    that she is not there, and not why; nor is the caller in her Pending list, as others are."""
    notes = [step.note.partition(":")[0] for step in steps]
    if UNEXPLAINED not in notes:
        return steps
    start, end = notes.index(UNEXPLAINED), notes.index("storage service")
    return steps[:start] + steps[end:]


def only(problems: list[str], *wanted: str) -> None:
    """These are all, by what is in them, in this order."""
    assert len(problems) == len(wanted), problems
    for problem, part in zip(problems, wanted, strict=True):
        assert part in problem


def test_login_and_chat() -> None:
    only(play("login_chat", FIRST))


def test_multiparty() -> None:
    only(play("multiparty"), "MSG A: 1665 bytes")


def test_contacts() -> None:
    """Adding, accepting, blocking, groups, removing, and what the address book refuses."""
    wanted = ("ABNoSuchThing: no such operation", "ABFindAll: a ticket that was not given")
    only(play("contacts", {"bob": "Bob"}), *wanted)


def test_offline_messages() -> None:
    wrong = "lockkey '521fdf1c2586c53b01b2b2653dc9085f'"
    only(play("oim"), wrong, *["lockkey 'x'"] * 3)


def test_errors() -> None:
    only(
        play("errors"),
        "MSNP18, which is not played here",
        "USR 3 TWN I alice@example.com in MSNP15",
        "RST: not XML",
        "a ticket that was not given",
        "the hash is of something else",
        "the ticket of bob@example.com for alice@example.com",
        "no response, though it is let in",
        "XFR 5 SB before CHG",
        "CHG 12 FLN",
        "CHG 13 NLN: no capabilities",
        "CAL 3 nobody",
        "CAL 4 alice@example.com: oneself",
        "a key that was not given",
        "nobody is nobody@example.com",
        "SYN 22 0 0 in MSNP15",
        "ZZZ 24 x",
        "UUM 25",
        "an empty domain",
    )


def test_older_dialects() -> None:
    def write(server: Msn) -> None:
        server.account("alice@example.com").name = "Alice é"
        server.user("alice@example.com").write("bob@example.com", "A letter", RUN, 1)
        server.account("alice@example.com").name = "alice"

    only(play("twn_msnp13", prepare=write, start=LATER))
    only(play("twn_msnp14", {"bob": "Bob"}, prepare=write, start=LATER))


def test_challenge() -> None:
    """The right answer, and a wrong one."""
    only(play("challenge", challenge=True), f"QRY 10 PROD0119GSJUC$18 {b'0' * 32!r}")


def test_privacy() -> None:
    only(play("privacy", FIRST))
