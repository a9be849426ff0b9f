"""SASL (RFC 4422), the client's side: pure objects that turn challenges into responses.

    mechanism = choose({"PLAIN", "SCRAM-SHA-256"}, username="romeo", password="…", nonce="…")
    AUTHENTICATE SCRAM-SHA-256       mechanism.name
    AUTHENTICATE +                   Assembler().add("+") is b""
    AUTHENTICATE biwsbj1yb21lbyxy…   chunks(mechanism.step(b""))

On IRC: https://ircv3.net/specs/extensions/sasl-3.1
"""

import base64
import binascii
import hashlib
import hmac
import re
import stringprep
import unicodedata
from collections.abc import Callable, Collection
from typing import Protocol

from gateway.errors import WireError

CHUNK = 400
"""Characters of base64 in one AUTHENTICATE.  A shorter one is the last."""

MAX_CHALLENGE = 8 * CHUNK
"""Characters of base64 in one challenge.  SCRAM's longest is some 200; more is not a challenge."""

MIN_ITERATIONS = 4096
"""RFC 7677, section 4.  With fewer, whoever poses as the server learns the password too easily."""

MAX_ITERATIONS = 200_000
"""PBKDF2 stops every session of this process while it runs: some 70 ms for as many as these.
Atheme asks for 64000, most others for 4096.  A server that asks for more is refused."""


class SaslError(WireError):
    """What the server sent is wrong; above all, it does not know our password (RFC 5802, 5)."""


class Mechanism(Protocol):
    """One attempt to authenticate."""

    @property
    def name(self) -> str: ...

    @property
    def complete(self) -> bool:
        """The server has proved all that it must.  Success said before that is a lie."""
        ...

    def step(self, challenge: bytes) -> bytes:
        """The response to a challenge; to ``b""`` first, because the client begins.

        Raises:
            SaslError: the challenge is wrong.  Send ``AUTHENTICATE *`` and hang up.
        """
        ...


class Plain:
    """RFC 4616."""

    name = "PLAIN"

    def __init__(self, username: str, password: str) -> None:
        self._message = f"\0{username}\0{password}".encode()
        self.complete = False

    def step(self, challenge: bytes) -> bytes:
        if self.complete or challenge:
            raise SaslError(f"PLAIN: challenge of {len(challenge)} bytes, none expected")
        self.complete = True
        return self._message


class External:
    """RFC 4422, appendix A: we are who our certificate says."""

    name = "EXTERNAL"

    def __init__(self) -> None:
        self.complete = False

    def step(self, challenge: bytes) -> bytes:
        if self.complete or challenge:
            raise SaslError(f"EXTERNAL: challenge of {len(challenge)} bytes, none expected")
        self.complete = True
        return b""


class Scram:
    """SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677).

    client-first  ──►                 n,,n=user,r=nonce
                  ◄──  server-first   r=nonce and more,s=salt,i=iterations
    client-final  ──►                 c=biws,r=nonce and more,p=proof
                  ◄──  server-final   v=signature
    """

    name = "SCRAM-SHA-256"

    def __init__(self, username: str, password: str, nonce: str) -> None:
        """``nonce`` is printable ASCII without commas, fresh, random, of 128 bits or more."""
        name = saslprep(username).replace("=", "=3D").replace(",", "=2C")
        self._password = saslprep(password).encode()
        self._nonce = nonce
        self._first_bare = f"n={name},r={nonce}"
        self._signature = b""
        self._next: Callable[[bytes], bytes] = self._client_first
        self.complete = False

    def step(self, challenge: bytes) -> bytes:
        return self._next(challenge)

    def _client_first(self, challenge: bytes) -> bytes:
        if challenge:
            raise SaslError(f"SCRAM: challenge of {len(challenge)} bytes, none expected at first")
        self._next = self._client_final
        return f"n,,{self._first_bare}".encode()

    def _client_final(self, server_first: bytes) -> bytes:
        nonce, salt, iterations = self._parse_first(server_first)
        bare = f"c=biws,r={nonce}"  # biws: "n,,", there was no channel binding.
        message = b",".join([self._first_bare.encode(), server_first, bare.encode()])
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, iterations)
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._signature = _hmac(_hmac(salted, b"Server Key"), message)
        self._next = self._verify
        return f"{bare},p={base64.b64encode(proof).decode()}".encode()

    def _parse_first(self, server_first: bytes) -> tuple[str, bytes, int]:
        # Attributes are positional, so an "m=" of a mandatory extension in front is refused too.
        found = SERVER_FIRST.match(_text(server_first))
        if found is None:
            raise SaslError("SCRAM: server-first-message: r=, s= and i= expected")
        nonce, salt, iterations = found["nonce"], found["salt"], int(found["iterations"])
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise SaslError("SCRAM: server-first-message: r= does not go on with our nonce")
        if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
            raise SaslError(
                f"SCRAM: server-first-message: {iterations} iterations, "
                f"{MIN_ITERATIONS} to {MAX_ITERATIONS} expected"
            )
        return nonce, _unbase64(salt), iterations

    def _verify(self, server_final: bytes) -> bytes:
        attribute, _, value = _text(server_final).partition(",")[0].partition("=")
        if attribute == "e":
            raise SaslError(f"SCRAM: server-final-message: error {value[:100]!r}")
        if attribute != "v" or not hmac.compare_digest(_unbase64(value), self._signature):
            raise SaslError("SCRAM: server-final-message: wrong signature: not our server?")
        self._next = self._over
        self.complete = True
        return b""

    def _over(self, challenge: bytes) -> bytes:
        raise SaslError(f"SCRAM: challenge of {len(challenge)} bytes, none expected at the end")


SERVER_FIRST = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?P<salt>[A-Za-z0-9+/=]+),i=(?P<iterations>[0-9]{1,9})(?:,.*)?\Z"
)


def choose(
    offered: Collection[str],
    *,
    username: str = "",
    password: str = "",
    nonce: str = "",
    certificate: bool = False,
    plain: bool = False,
    exclude: Collection[str] = (),
) -> Mechanism | None:
    """The best of the mechanisms both sides have; None if there is none.

    ``offered`` is empty where the server does not say: then all are tried.  ``certificate``: we
    present one on this connection.  ``plain``: the password may be shown to the server (TLS, or the
    operator allows it).  ``exclude``: tried before and refused.

    Raises:
        SaslError: the user name or the password cannot be sent by SCRAM (RFC 4013, section 2.3).
    """
    has_password = bool(username and password)
    usable = {
        External.name: certificate,
        Scram.name: has_password and bool(nonce),
        Plain.name: has_password and plain and "\0" not in username + password,
    }
    names = {name.upper() for name in offered} or set(usable)
    for name, can in usable.items():
        if can and name in names and name not in exclude:
            return _make(name, username, password, nonce)
    return None


def _make(name: str, username: str, password: str, nonce: str) -> Mechanism:
    if name == External.name:
        return External()
    if name == Plain.name:
        return Plain(username, password)
    return Scram(username, password, nonce)


# AUTHENTICATE and its pieces.


def chunks(payload: bytes) -> list[str]:
    """The parameters of the AUTHENTICATE lines that carry a response."""
    text = base64.b64encode(payload).decode()
    pieces = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    if len(text) % CHUNK == 0:  # Nothing at all, too.
        pieces.append("+")
    return pieces


class Assembler:
    """Joins the AUTHENTICATE lines that carry one challenge."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, param: str) -> bytes | None:
        """The challenge once it is complete.

        Raises:
            SaslError: not base64, or too long.
        """
        if param != "+":
            self._text += param
            if len(self._text) > MAX_CHALLENGE:
                raise SaslError(f"AUTHENTICATE: challenge longer than {MAX_CHALLENGE} characters")
            if len(param) == CHUNK:
                return None
        text, self._text = self._text, ""
        return _unbase64(text)


def saslprep(text: str) -> str:
    """RFC 4013, for a query: code points unassigned in Unicode 3.2 are let through.

    Raises:
        SaslError: it holds what is forbidden.
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = (
        " " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c)
    )
    prepared = unicodedata.normalize("NFKC", "".join(mapped))
    if any(forbidden(c) for c in prepared for forbidden in FORBIDDEN):
        raise SaslError("SASLprep: user name or password with a forbidden character")
    if any(map(stringprep.in_table_d1, prepared)) and not _is_bidi_sound(prepared):
        raise SaslError("SASLprep: user name or password mixes writing directions")
    return prepared


FORBIDDEN = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)
"""RFC 4013, section 2.3."""


def _is_bidi_sound(text: str) -> bool:
    """RFC 3454, section 6, of a text with right-to-left characters."""
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return ends and not any(map(stringprep.in_table_d2, text))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise SaslError("SCRAM: message that is not UTF-8") from error


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SaslError(f"base64 expected, {len(text)} other characters found") from error
