"""Files with secrets: only their owner may read them, and a crash leaves no half of one."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def create(path: Path, content: str) -> None:
    """Never overwrites.

    Raises:
        FileExistsError: it is there already.
        OSError: it cannot be written.
    """
    _write(path, content, os.link)


def replace(path: Path, content: str) -> None:
    """The owner stays: root may call this for a file of the gateway's user.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    before = path.stat()

    def put(draft: Path, path: Path) -> None:
        os.chown(draft, before.st_uid, before.st_gid)
        draft.replace(path)

    _write(path, content, put)


def _write(path: Path, content: str, put: Callable[[Path, Path], None]) -> None:
    """Complete and on the disk under another name first, then in its place at once."""
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    finally:
        draft.unlink(missing_ok=True)
