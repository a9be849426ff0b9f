"""Files with secrets."""

from pathlib import Path

import pytest

from gateway import privatefile


def test_create(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    privatefile.create(path, "montague\n")
    assert path.read_text() == "montague\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_create_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("montague")
    with pytest.raises(FileExistsError):
        privatefile.create(path, "capulet")
    assert path.read_text() == "montague"
    assert list(tmp_path.iterdir()) == [path]


def test_replace(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("montague")
    path.chmod(0o644)
    privatefile.replace(path, "capulet")
    assert path.read_text() == "capulet"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("montague")
    with pytest.raises(UnicodeEncodeError):
        privatefile.replace(path, "\ud800")
    assert path.read_text() == "montague"
    assert list(tmp_path.iterdir()) == [path]
