"""Two who fetch each other's pictures, over a switchboard that is as bad as we make it."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import WireError
from networks.msn import mime, slp
from networks.msn.mime import Message
from networks.msn.msnobject import picture
from networks.msn.p2p import ACK, CLOSING, DATA, Frame, chunks, parse_frame, payload
from networks.msn.peer import (
    MAX_ASSEMBLIES,
    MAX_PICTURE,
    MAX_SESSIONS,
    Declined,
    Failed,
    Ids,
    Peer,
    Picture,
    Received,
    Step,
    Transmit,
)
from networks.msn.slp import Slp
from networks.msn.text import MAX_PAYLOAD

ALICE, BOB = "alice@example.com", "bob@example.com"

IMAGE = bytes(range(256)) * 20
"""Five chunks."""


def of(owner: str, data: bytes = IMAGE) -> Picture:
    return Picture(picture(owner, data), data)


def pair(data: bytes = IMAGE) -> tuple[Peer, Peer]:
    """Bob has a picture."""
    return Peer(ALICE, BOB, Ids("a")), Peer(BOB, ALICE, Ids("b"), of(BOB, data))


Network = Callable[[list[Message]], list[Message]]


def run(
    alice: Peer, bob: Peer, steps: Iterable[Step], network: Network = list
) -> tuple[list[Step], list[Step]]:
    """Lets them talk until nobody has anything to say; who begins is Alice.  Returns what came of
    it for each; damaged messages are passed over."""
    sides, results = (alice, bob), ([], [])  # type: tuple[Peer, Peer], tuple[list[Step], list[Step]]
    turn, under_way = 0, list(steps)
    while under_way:
        results[turn].extend(step for step in under_way if not isinstance(step, Transmit))
        sent = [mime.parse(step.payload) for step in under_way if isinstance(step, Transmit)]
        turn, under_way = 1 - turn, []
        for message in network(sent):
            with suppress(WireError):
                under_way.extend(sides[turn].receive(message))
    return results


def test_a_picture() -> None:
    alice, bob = pair()
    wanted = of(BOB).object
    assert run(alice, bob, alice.fetch(wanted)) == ([Received(wanted, IMAGE)], [])
    assert not alice._sessions
    assert not bob._sessions


def test_both_at_once_and_again() -> None:
    alice, bob = pair()
    alice.picture = of(ALICE, b"me")
    for _ in range(3):
        first = [*alice.fetch(of(BOB).object)]
        told = run(bob, alice, [*bob.fetch(of(ALICE, b"me").object)])
        assert told[0] == [Received(of(ALICE, b"me").object, b"me")]
        assert run(alice, bob, first) == ([Received(of(BOB).object, IMAGE)], [])


@pytest.mark.parametrize("size", [1, 4, 1202, 1203, 2404, 60_000])
def test_sizes(size: int) -> None:
    data = b"x" * size
    alice, bob = pair(data)
    [received] = run(alice, bob, alice.fetch(of(BOB, data).object))[0]
    assert received == Received(of(BOB, data).object, data)


def test_every_payload_fits() -> None:
    alice, bob = pair()
    sizes = []

    def network(messages: list[Message]) -> list[Message]:
        sizes.extend(len(message.body) + 200 for message in messages)
        return messages

    run(alice, bob, alice.fetch(of(BOB).object), network)
    assert max(sizes) < MAX_PAYLOAD


def test_another_picture() -> None:
    """He changed it meanwhile; or has none."""
    alice, bob = pair()
    old = of(BOB, b"old").object
    assert run(alice, bob, alice.fetch(old)) == ([Failed(old, "they said 603")], [])
    bob.picture = None
    wanted = of(BOB).object
    assert run(alice, bob, alice.fetch(wanted))[0] == [Failed(wanted, "they said 603")]
    assert not alice._sessions


def test_asked_twice() -> None:
    alice, bob = pair()
    wanted = of(BOB).object
    first = [*alice.fetch(wanted)]
    assert [*alice.fetch(wanted)] == []
    assert run(alice, bob, first)[0] == [Received(wanted, IMAGE)]


def test_what_is_not_fetched() -> None:
    alice, _ = pair()
    for size in (0, MAX_PICTURE + 1):
        wanted = replace(of(BOB).object, size=size)
        [failed] = alice.fetch(wanted)
        assert isinstance(failed, Failed)
    for number in range(MAX_SESSIONS):
        assert all(
            isinstance(step, Transmit) for step in alice.fetch(of(BOB, b"%d" % number).object)
        )
    [failed] = alice.fetch(of(BOB).object)
    assert isinstance(failed, Failed)


def test_give_up() -> None:
    alice, bob = pair()
    wanted = of(BOB).object
    [invite] = alice.fetch(wanted)
    goodbye, failed = alice.give_up("no answer")
    assert failed == Failed(wanted, "no answer")
    assert [*alice.give_up("again")] == []
    assert not alice._sessions
    # The other side forgets it, too; and what it has sent meanwhile harms nobody.
    assert run(alice, bob, [invite, goodbye]) == ([], [])
    assert not bob._sessions


# A bad switchboard.


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.booleans())
def test_reordered_and_doubled(seed: int, is_doubled: bool) -> None:
    random = Random(seed)

    def network(messages: list[Message]) -> list[Message]:
        messages = messages * 2 if is_doubled else messages[:]
        random.shuffle(messages)
        return messages

    alice, bob = pair()
    wanted = of(BOB).object
    assert run(alice, bob, alice.fetch(wanted), network) == ([Received(wanted, IMAGE)], [])
    assert not alice._sessions
    assert not bob._sessions


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_lost_and_garbled(seed: int) -> None:
    """Never a wrong picture, and never two answers."""
    random = Random(seed)

    def network(messages: list[Message]) -> list[Message]:
        kept = [message for message in messages if random.random() < 0.9]
        return [garbled(random, one) if random.random() < 0.1 else one for one in kept]

    alice, bob = pair()
    wanted = of(BOB).object
    told = run(alice, bob, alice.fetch(wanted), network)[0]
    told += [step for step in alice.give_up("time") if not isinstance(step, Transmit)]
    [step] = told
    assert step == Received(wanted, IMAGE) or isinstance(step, Failed)


def garbled(random: Random, message: Message) -> Message:
    body = bytearray(message.body)
    body[random.randrange(len(body))] ^= 1 << random.randrange(8)
    return replace(message, body=bytes(body))


def test_a_chunk_that_was_changed() -> None:
    def network(messages: list[Message]) -> list[Message]:
        changed = []
        for message in messages:
            frame = parse_frame(message.body)
            if frame.flags & DATA and frame.offset:
                frame = replace(frame, data=frame.data[:-1] + b"?")
            changed.append(replace(message, body=frame.encode()))
        return changed

    alice, bob = pair()
    [failed] = run(alice, bob, alice.fetch(of(BOB).object), network)[0]
    assert isinstance(failed, Failed)
    assert "not the picture" in failed.why


# Strangers.


def said(*messages: Slp, to: str = ALICE) -> list[Message]:
    return [
        mime.parse(payload(to, frame))
        for number, message in enumerate(messages, 100)
        for frame in chunks(number, slp.encode(message), nonce=1)
    ]


def heard(peer: Peer, messages: Iterable[Message]) -> list[Step]:
    return [step for message in messages for step in peer.receive(message)]


def answers(steps: list[Step]) -> list[Slp]:
    frames = [
        parse_frame(mime.parse(step.payload).body) for step in steps if isinstance(step, Transmit)
    ]
    return [
        slp.parse(frame.data) for frame in frames if not frame.session and not frame.flags & ACK
    ]


INVITE = slp.invite(BOB, ALICE, "{B}", "{C}", 7, of(ALICE).object.text)


def test_for_somebody_else() -> None:
    """On a switchboard of three."""
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    assert heard(alice, said(INVITE, to="carol@example.com")) == []
    assert heard(alice, said(INVITE, to="Alice@example.com;{guid}")) != []


def test_what_is_declined() -> None:
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    name = "plan é.txt".encode("utf-16-le").ljust(520, b"\0")
    context = b64encode(bytes(20) + name + bytes(10)).decode()
    file = replace(
        INVITE, fields=(("EUF-GUID", slp.FILES), ("SessionID", "8"), ("Context", context))
    )
    other = replace(INVITE, fields=(("EUF-GUID", "{1}"), ("SessionID", "9")))
    direct = replace(
        INVITE, type="application/x-msnmsgr-transreqbody", fields=(("Bridges", "TCPv1"),)
    )
    no_session = replace(INVITE, fields=INVITE.fields[:1] + INVITE.fields[2:])
    steps = heard(alice, said(file, other, direct, no_session))
    assert [answer.status for answer in answers(steps)] == [603] * 4
    assert [step for step in steps if isinstance(step, Declined)] == [
        Declined("plan é.txt"),
        Declined(""),
    ]
    assert not alice._sessions


def test_a_file_without_a_name() -> None:
    alice = Peer(ALICE, BOB, Ids("a"))
    file = replace(INVITE, fields=(("EUF-GUID", slp.FILES), ("SessionID", "8"), ("Context", "a")))
    assert Declined("") in heard(alice, said(file))


def test_too_many_sessions() -> None:
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    invites = [
        slp.invite(BOB, ALICE, "{B}", f"{{{number}}}", number, of(ALICE).object.text)
        for number in range(1, MAX_SESSIONS + 2)
    ]
    statuses = [answer.status for answer in answers(heard(alice, said(*invites)))]
    assert statuses == [200] * MAX_SESSIONS + [603]


def test_invited_twice() -> None:
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    assert len(answers(heard(alice, said(INVITE, INVITE)))) == 1


def test_they_hang_up() -> None:
    alice, _ = pair()
    wanted = of(BOB).object
    [invite] = answers([*alice.fetch(wanted)])
    steps = heard(alice, said(slp.bye(BOB, ALICE, "{B}", invite.call)))
    assert Failed(wanted, "they hung up") in steps
    [invite] = answers([*alice.fetch(wanted)])
    closing = Frame(session=invite.session, message=1, flags=CLOSING)
    [failed] = heard(alice, [mime.parse(payload(ALICE, closing))])
    assert isinstance(failed, Failed)


def test_what_is_not_taken() -> None:
    alice, _ = pair()
    assert heard(alice, said(slp.bye(BOB, ALICE, "{B}", "{unknown}"))) != []
    unknown = Frame(session=99, message=1, total=4, data=b"data", flags=DATA)
    assert heard(alice, [mime.parse(payload(ALICE, unknown))]) == []
    for frame in (
        Frame(message=1, total=1 << 40, data=b"x"),
        Frame(message=1, total=0),
        Frame(message=1, total=5, data=b"hello"),
    ):
        with pytest.raises(WireError):
            heard(alice, [mime.parse(payload(ALICE, frame))])
    [invite] = answers([*alice.fetch(of(BOB).object)])
    for total in (len(IMAGE) + 1, 1 << 31):
        frame = Frame(session=invite.session, message=1, total=total, data=b"x", flags=DATA)
        with pytest.raises(WireError, match="at most 5120"):
            heard(alice, [mime.parse(payload(ALICE, frame))])


def test_beginnings_are_bounded() -> None:
    """Of many messages the oldest is forgotten: its rest completes nothing."""
    alice = Peer(ALICE, BOB, Ids("a"))
    data = slp.encode(INVITE)

    def half(message: int, at: int, to: int) -> list[Message]:
        frame = Frame(message=message, offset=at, total=len(data), data=data[at:to])
        return [mime.parse(payload(ALICE, frame))]

    for number in range(MAX_ASSEMBLIES + 1):
        assert heard(alice, half(number + 1, 0, 100)) == []
    assert heard(alice, half(1, 100, len(data))) == []
    assert heard(alice, half(MAX_ASSEMBLIES + 1, 100, len(data))) != []


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    for body in (data, Frame(message=1, total=len(data), data=data).encode()):
        with suppress(WireError):
            heard(alice, [Message(mime.P2P, body, (("P2P-Dest", ALICE),))])


def test_a_context_that_is_no_object() -> None:
    alice = Peer(ALICE, BOB, Ids("a"), of(ALICE))
    asked = replace(INVITE, fields=(*INVITE.fields[:3], ("Context", "AAAA")))
    [answer] = answers(heard(alice, said(asked)))
    assert answer.status == 603


# Ids.


def test_ids() -> None:
    ids, same, other = Ids("a"), Ids("a"), Ids("b")
    numbers = [ids.number() for _ in range(100)]
    assert len(set(numbers)) == 100
    assert all(0 < number < 1 << 31 for number in numbers)
    assert [same.number() for _ in range(100)] == numbers
    assert other.number() != numbers[0]
    assert len(ids.guid()) == 38
