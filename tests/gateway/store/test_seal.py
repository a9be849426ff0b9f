"""Keys and envelopes."""

import base64
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import KeySettings
from gateway.errors import ConfigError, SealBroken
from gateway.store import Keyring, create_key_file, new_key
from gateway.store.seal import key_of

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def load(file: Path, content: str | bytes) -> Keyring:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(0o600)
    return Keyring.load(KeySettings.model_construct(file=file, env=None))


@settings(deadline=None)  # The machine may be busy.
@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_is_sealed_opens(plain: bytes, row: str) -> None:
    row = row.encode("utf-8", "replace").decode()
    keyring = Keyring({"a": b"k" * 32})
    assert keyring.open(keyring.seal(plain, row), row) == plain


def test_no_two_seals_are_equal() -> None:
    keyring = Keyring({"a": b"k" * 32})
    assert keyring.seal(b"x", "row") != keyring.seal(b"x", "row")


def test_every_changed_bit_is_noticed() -> None:
    keyring = Keyring({"a": b"k" * 32, "c": b"k" * 32})  # "a" is one bit from "c".
    sealed = keyring.seal(b"secret", "row")
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(SealBroken):
                keyring.open(bytes(changed), "row")


def test_every_cut_and_every_addition_is_noticed() -> None:
    keyring = Keyring({"a": b"k" * 32})
    sealed = keyring.seal(b"secret", "row")
    for broken in (*(sealed[:end] for end in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(SealBroken):
            keyring.open(broken, "row")


def test_another_row_is_noticed() -> None:
    keyring = Keyring({"a": b"k" * 32})
    with pytest.raises(SealBroken, match="of another row"):
        keyring.open(keyring.seal(b"secret", "juliet"), "romeo")


@settings(deadline=None)  # The machine may be busy.
@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda rest: b"\x01\x01a" + rest))
def test_anything_else_is_refused(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        Keyring({"a": b"k" * 32}).open(garbage, "row")


def test_an_unknown_key_is_named() -> None:
    sealed = Keyring({"gone": b"k" * 32}).seal(b"secret", "row")
    assert key_of(sealed) == "gone"
    with pytest.raises(SealBroken, match="'gone', which is not among the keys"):
        Keyring({"a": b"k" * 32}).open(sealed, "row")


def test_the_first_key_seals_and_all_open(file: Path) -> None:
    keyring = load(file, f"# new one first\n\n new : {KEY} # since May\nold:{OTHER}\n")
    assert keyring.current == "new"
    assert key_of(keyring.seal(b"x", "row")) == "new"
    assert keyring.open(Keyring({"old": b"o" * 32}).seal(b"x", "row"), "row") == b"x"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "found no key"),
        ("# nothing\n\n", "found no key"),
        (KEY, "line 1: found no ':'"),
        (f"\n{KEY}:a", "line 2: the id is not of the form"),
        (f"a b:{KEY}", "line 1: the id is not of the form"),
        (f":{KEY}", "line 1: the id is not of the form"),
        (f"{'x' * 33}:{KEY}", "line 1: the id is not of the form"),
        ("a:Zm9v", "line 1: the key has 3 bytes, expected 32"),
        (f"a:{base64.b64encode(b'k' * 33).decode()}", "has 33 bytes, expected 32"),
        (f"a:{KEY[:-1]}", "line 1: the key is not base64"),
        (f"a:!{KEY}", "line 1: the key is not base64"),
        (f"a:{KEY}é", "line 1: the key is not base64"),
        (f"a:{KEY}\nb:{OTHER}\na:{OTHER}", "line 3: the id 'a' is there twice"),
        (b"a:\xff\xfe", "not text"),
    ],
)
def test_a_bad_key_file_is_told_with_its_place(file: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, content)
    assert str(caught.value).startswith(str(file))
    assert says in str(caught.value)
    assert KEY[:8] not in str(caught.value)


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o666, 0o601])
def test_a_key_file_open_to_everybody_is_refused(file: Path, mode: int) -> None:
    load(file, f"a:{KEY}")
    file.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {file}"):
        Keyring.load(KeySettings.model_construct(file=file, env=None))


def test_a_missing_key_file_and_a_folder(file: Path) -> None:
    for path, says in ((file, "No such file"), (file.parent, "Is a directory")):
        with pytest.raises(ConfigError, match=f"{path}: .*{says}"):
            Keyring.load(KeySettings.model_construct(file=path, env=None))


def test_keys_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    source = KeySettings.model_construct(file=None, env="TEST_KEYS")
    with pytest.raises(ConfigError, match="variable TEST_KEYS: not set"):
        Keyring.load(source)
    monkeypatch.setenv("TEST_KEYS", f"a:{KEY}")
    assert Keyring.load(source).ids == ("a",)
    monkeypatch.setenv("TEST_KEYS", "a:Zm9v")
    with pytest.raises(ConfigError, match="variable TEST_KEYS: line 1: the key has 3 bytes"):
        Keyring.load(source)


def test_neither_file_nor_environment() -> None:
    with pytest.raises(ConfigError, match="neither 'file' nor 'env'"):
        Keyring.load(KeySettings.model_construct(file=None, env=None))


def test_a_fresh_key_file(file: Path) -> None:
    create_key_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    assert len(Keyring.load(KeySettings.model_construct(file=file, env=None)).ids) == 1
    with pytest.raises(ConfigError, match="File exists"):
        create_key_file(file)
    assert file.read_text() == content
    assert new_key() != new_key()


def test_a_keyring_shows_no_key() -> None:
    keyring = Keyring({"a": b"k" * 32})
    assert repr(keyring) == "<Keyring of a>"
    with pytest.raises(TypeError):
        pickle.dumps(keyring)
