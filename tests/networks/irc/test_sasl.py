"""RFC 4616, RFC 5802 and RFC 7677, with the example of the latter."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.irc.sasl import (
    CHUNK,
    MAX_CHALLENGE,
    MAX_ITERATIONS,
    MIN_ITERATIONS,
    Assembler,
    External,
    Plain,
    SaslError,
    Scram,
    choose,
    chunks,
    saslprep,
)

# RFC 7677, section 3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SERVER_FIRST = f"r={SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = f"c=biws,r={SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def scram() -> Scram:
    mechanism = Scram("user", "pencil", NONCE)
    assert mechanism.step(b"") == f"n,,n=user,r={NONCE}".encode()
    return mechanism


def test_scram() -> None:
    mechanism = scram()
    assert mechanism.step(SERVER_FIRST.encode()) == CLIENT_FINAL.encode()
    assert not mechanism.complete
    assert mechanism.step(SERVER_FINAL.encode()) == b""
    assert mechanism.complete
    with pytest.raises(SaslError):
        mechanism.step(b"")


@pytest.mark.parametrize(
    "server_first",
    [
        b"",
        b"\xff",
        SERVER_FIRST.replace(NONCE, "somebody").encode(),
        f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode(),
        f"m=x,{SERVER_FIRST}".encode(),
        SERVER_FIRST.replace("4096", str(MIN_ITERATIONS - 1)).encode(),
        SERVER_FIRST.replace("4096", str(MAX_ITERATIONS + 1)).encode(),
        SERVER_FIRST.replace("4096", "-4096").encode(),
        SERVER_FIRST.replace("4096", "9" * 5000).encode(),
        SERVER_FIRST.replace("gQ==", "gQ").encode(),
        b"e=other-error",
    ],
)
def test_wrong_server_first(server_first: bytes) -> None:
    with pytest.raises(SaslError):
        scram().step(server_first)


@pytest.mark.parametrize(
    "server_final",
    [
        b"",
        b"\xff",
        b"v=",
        b"v=!",
        SERVER_FINAL.replace("6rri", "7rri").encode(),
        b"e=invalid-proof",
    ],
)
def test_wrong_server_final(server_final: bytes) -> None:
    mechanism = scram()
    mechanism.step(SERVER_FIRST.encode())
    with pytest.raises(SaslError):
        mechanism.step(server_final)
    assert not mechanism.complete


def test_scram_tells_the_words_of_the_server() -> None:
    mechanism = scram()
    mechanism.step(SERVER_FIRST.encode())
    with pytest.raises(SaslError, match="unknown-user"):
        mechanism.step(b"e=unknown-user")


def test_extensions_of_the_server_are_ignored() -> None:
    mechanism = scram()
    mechanism.step(SERVER_FIRST.encode() + b",x=y")
    with pytest.raises(SaslError, match="signature"):  # They are signed, though.
        mechanism.step(SERVER_FINAL.encode())


def test_scram_escapes_names() -> None:
    assert Scram("a=b,c", "p", "n").step(b"") == b"n,,n=a=3Db=2Cc,r=n"


@given(st.lists(st.binary(max_size=100), max_size=4))
def test_sasl_error_and_nothing_else(challenges: list[bytes]) -> None:
    mechanism = Scram("user", "pencil", NONCE)
    for challenge in [b"", *challenges]:
        try:
            mechanism.step(challenge)
        except SaslError:
            break
    assert not mechanism.complete


def test_plain() -> None:
    mechanism = Plain("tim", "tanstaaftanstaaf")
    assert mechanism.step(b"") == b"\0tim\0tanstaaftanstaaf"
    assert mechanism.complete
    with pytest.raises(SaslError):
        mechanism.step(b"more")


def test_plain_is_utf8() -> None:
    assert Plain("é", "ü").step(b"") == "\0é\0ü".encode()


def test_external() -> None:
    mechanism = External()
    assert chunks(mechanism.step(b"")) == ["+"]
    assert mechanism.complete
    with pytest.raises(SaslError):
        mechanism.step(b"")


@pytest.mark.parametrize("mechanism", [Plain("a", "hunter2"), Scram("a", "hunter2", "n")])
def test_no_secret_in_repr(mechanism: object) -> None:
    assert "hunter2" not in repr(mechanism)


# RFC 4013, section 3, and RFC 3454.


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0627\u0628", "\u0627\u0628"),
        ("\U0001f600", "\U0001f600"),  # Not in Unicode 3.2.
        ("", ""),
    ],
)
def test_saslprep(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u0627\u0031", "a\u0627", "\ue000", "\ufffd", "\x7f"])
def test_saslprep_refuses(text: str) -> None:
    with pytest.raises(SaslError):
        saslprep(text)


# AUTHENTICATE.


@pytest.mark.parametrize(
    ("size", "lengths"),
    [(0, [1]), (1, [4]), (299, [400, 1]), (300, [400, 1]), (301, [400, 4]), (600, [400, 400, 1])],
)
def test_chunks(size: int, lengths: list[int]) -> None:
    pieces = chunks(b"x" * size)
    assert [len(piece) for piece in pieces] == lengths


@given(st.binary(max_size=2000))
def test_chunks_are_assembled(payload: bytes) -> None:
    assembler = Assembler()
    *early, last = chunks(payload)
    assert [assembler.add(piece) for piece in early] == [None] * len(early)
    assert assembler.add(last) == payload
    assert assembler.add("+") == b""  # It begins anew.


def test_challenge_without_end() -> None:
    assembler = Assembler()
    for _ in range(MAX_CHALLENGE // CHUNK):
        assert assembler.add("A" * CHUNK) is None
    with pytest.raises(SaslError, match=str(MAX_CHALLENGE)):
        assembler.add("A" * CHUNK)


@pytest.mark.parametrize("param", ["é", "A", "A B=", "====", "Zm9v\n"])
def test_challenge_that_is_not_base64(param: str) -> None:
    with pytest.raises(SaslError):
        Assembler().add(param)


def test_base64_is_the_usual_one() -> None:
    assert chunks(b"\xfb\xff") == [base64.b64encode(b"\xfb\xff").decode()] == ["+/8="]


# Choosing.

ALL = {"PLAIN", "EXTERNAL", "SCRAM-SHA-256", "ECDSA-NIST256P-CHALLENGE"}


@pytest.mark.parametrize(
    ("offered", "certificate", "plain", "exclude", "chosen"),
    [
        (ALL, True, True, (), "EXTERNAL"),
        (ALL, False, True, (), "SCRAM-SHA-256"),
        (ALL, True, True, {"EXTERNAL"}, "SCRAM-SHA-256"),
        (ALL, True, True, {"EXTERNAL", "SCRAM-SHA-256"}, "PLAIN"),
        ({"PLAIN", "EXTERNAL"}, False, True, (), "PLAIN"),
        ({"plain"}, False, True, (), "PLAIN"),
        ({"PLAIN"}, False, False, (), None),
        ({"EXTERNAL"}, False, True, (), None),
        ({"SCRAM-SHA-1"}, False, True, (), None),
        ((), False, False, (), "SCRAM-SHA-256"),
        ((), True, False, (), "EXTERNAL"),
    ],
)
def test_choose(
    offered: set[str], certificate: bool, plain: bool, exclude: set[str], chosen: str | None
) -> None:
    mechanism = choose(
        offered,
        username="user",
        password="pencil",
        nonce=NONCE,
        certificate=certificate,
        plain=plain,
        exclude=exclude,
    )
    assert (mechanism and mechanism.name) == chosen


def test_choose_without_password() -> None:
    assert choose(ALL, username="user", nonce=NONCE, plain=True) is None


def test_plain_cannot_carry_nul() -> None:
    assert choose({"PLAIN"}, username="user", password="a\0b", nonce=NONCE, plain=True) is None
