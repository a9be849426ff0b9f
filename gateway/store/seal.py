"""Credentials at rest: AES-256-GCM (NIST SP 800-38D), keys by id, one of them current.

    sealed = version (1) │ length of id (1) │ key id │ nonce (12) │ ciphertext and tag (16)
             └────────── header ──────────────────┘
    associated data = header │ identity of the row

A sealed blob opens only in the row it was sealed for: one copied to another user's row does not.

A key file has one key per line, ``id:base64 of 32 bytes``; the first line is the current key, ``#``
begins a comment.  To replace a key put the new line first, restart, ``gateway.py rotate-key``, and
take the old line out once ``gateway.py check`` counts no rows under it.
"""

import base64
import binascii
import os
import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway import privatefile
from gateway.config import KeySettings
from gateway.errors import ConfigError, SealBroken

VERSION = 1

KEY_SIZE = 32

NONCE_SIZE = 12
"""Random: good for 2^32 seals under one key (SP 800-38D, 8.3), more than a gateway ever makes."""

TAG_SIZE = 16

KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
"""Short, because each row repeats it; plain, because operators read it."""

KEY_FILE_HEAD = "# Keep a copy elsewhere: without it the accounts are lost.\n"


class Keyring:
    """Holds the keys and never shows them."""

    __slots__ = ("_ciphers", "current")

    def __init__(self, keys: dict[str, bytes]) -> None:
        """The first of ``keys`` seals; all of them open."""
        self.current = next(iter(keys))
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}

    @classmethod
    def load(cls, settings: KeySettings) -> "Keyring":
        """
        Raises:
            ConfigError: no key, or one that is malformed.  The text names the place, never a key.
        """
        return cls(_parse(*_read(settings)))

    def __repr__(self) -> str:
        return f"<Keyring of {', '.join(self._ciphers)}>"

    def __reduce__(self) -> str:
        raise TypeError("a Keyring is not to be copied out of the process")

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._ciphers)

    def seal(self, plain: bytes, row: str) -> bytes:
        key_id = self.current.encode()
        header = bytes((VERSION, len(key_id))) + key_id
        nonce = os.urandom(NONCE_SIZE)
        cipher = self._ciphers[self.current]
        return header + nonce + cipher.encrypt(nonce, plain, header + row.encode())

    def open(self, sealed: bytes, row: str) -> bytes:
        """
        Raises:
            SealBroken: tampered with, moved from another row, or sealed with a key we do not have.
        """
        key_id = key_of(sealed)
        if key_id not in self._ciphers:
            raise SealBroken(f"sealed with the key {key_id!r}, which is not among the keys")
        header, rest = sealed[: 2 + len(key_id)], sealed[2 + len(key_id) :]
        try:
            return self._ciphers[key_id].decrypt(
                rest[:NONCE_SIZE], rest[NONCE_SIZE:], header + row.encode()
            )
        except InvalidTag:
            raise SealBroken(
                f"does not open with its key {key_id!r}: changed, or of another row"
            ) from None


def key_of(sealed: bytes) -> str:
    """The id of the key it was sealed with.  Not authentic until it has been opened.

    Raises:
        SealBroken: this is no envelope.
    """
    if sealed[:1] != bytes((VERSION,)):
        raise SealBroken(f"begins with {sealed[:1].hex() or 'nothing'}, not version {VERSION}")
    end = 2 + (sealed[1] if len(sealed) > 1 else 0)
    if len(sealed) < end + NONCE_SIZE + TAG_SIZE:
        raise SealBroken(f"{len(sealed)} bytes, cut short")
    key_id = sealed[2:end].decode("ascii", "replace")
    if not KEY_ID.fullmatch(key_id):
        raise SealBroken("its key id is not one")
    return key_id


def new_key() -> str:
    """A line for a key file.  Its id is random: two that meet in one file must differ."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_SIZE)).decode()}"


def create_key_file(path: Path) -> None:
    """Write a fresh key that only the owner can read.

    Raises:
        ConfigError: there is such a file already (it may hold the only key to the accounts), or
            none can be made there.
    """
    try:
        privatefile.create(path, f"{KEY_FILE_HEAD}{new_key()}\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot create a key file: {error.strerror}") from None


def _read(settings: KeySettings) -> tuple[str, str]:
    """Where the keys are, for messages, and the lines."""
    if settings.file is not None:
        return str(settings.file), _read_file(settings.file)
    if settings.env is None:
        raise ConfigError("keys: found neither 'file' nor 'env', expected one of them")
    place = f"environment variable {settings.env}"
    if settings.env not in os.environ:
        raise ConfigError(f"{place}: not set, expected lines of id:base64")
    return place, os.environ[settings.env]


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            # A group may read: that is how systemd and Kubernetes hand out secrets.
            if mode & 0o007:
                raise ConfigError(
                    f"{path}: mode {mode:04o} lets everybody at the keys, expected 0600: "
                    f"chmod 600 {path}"
                )
            return file.read().decode()
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the keys: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not text, expected lines of id:base64") from None


def _parse(place: str, text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        where = f"{place}: line {number}"
        key_id, colon, encoded = (part.strip() for part in line.partition(":"))
        if not colon:
            raise ConfigError(f"{where}: found no ':', expected id:base64")
        if not KEY_ID.fullmatch(key_id):
            # Not shown: whoever swapped the two halves has put the key there.
            raise ConfigError(f"{where}: the id is not of the form {KEY_ID.pattern}")
        if key_id in keys:
            raise ConfigError(f"{where}: the id {key_id!r} is there twice, expected once")
        keys[key_id] = _decode(where, encoded)
    if not keys:
        raise ConfigError(f"{place}: found no key, expected at least one line of id:base64")
    return keys


def _decode(where: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{where}: the key is not base64 (RFC 4648, section 4)") from None
    if len(key) != KEY_SIZE:
        raise ConfigError(f"{where}: the key has {len(key)} bytes, expected {KEY_SIZE}")
    return key
