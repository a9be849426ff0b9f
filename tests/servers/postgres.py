"""A throw-away Postgres cluster: TCP on loopback only, nothing kept, no durability.

    with postgres() as base_url:
        url = fresh_database(base_url)

The binaries are Debian's (``postgresql``).  Where they are missing the test is skipped, but in CI
it fails: a suite that quietly tests half of the code is worse than a red one.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest

SUPERUSER = "greengate"
PASSWORD = "postgres-secret-8d1f"
"""Distinct enough to be searched for in whatever must not contain it."""

START_TIMEOUT = 30.0

FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB")
"""What is committed survives a killed server.  With ``synchronous_commit=off`` it would not."""


class Cluster:
    """One server process.  ``stop`` and ``start`` again to play an outage: data and port stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        folder.chmod(0o755)  # initdb runs as somebody else and must get through to its own part.
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self._data, "postgres", "postgres")
            shutil.chown(password_file, "postgres")
        subprocess.run(
            [
                *_unprivileged(),
                binary("initdb"),
                *("--pgdata", str(self._data), "--username", SUPERUSER, "--no-sync"),
                *("--auth", "scram-sha-256", "--pwfile", str(password_file)),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        options = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *_unprivileged(),
                    binary("postgres"),
                    *("-D", str(self._data)),
                    *(word for option in (*options, *FAST) for word in ("-c", option)),
                ],
                cwd="/",
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("postgres did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """At once, as in a crash: clients see their connections fall."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_TIMEOUT)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster, for tests that stop it half way."""
    with tempfile.TemporaryDirectory(prefix="greengate-postgres-") as folder:
        server = Cluster(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of the ``postgres`` database of a running cluster."""
    with cluster() as server:
        yield server.url


def fresh_database(base_url: str) -> str:
    """The URL of a new, empty database in that cluster."""
    name = f"test_{uuid4().hex}"
    connection = psycopg2.connect(base_url)
    try:
        connection.autocommit = True  # CREATE DATABASE refuses to run in a transaction.
        connection.cursor().execute(f"CREATE DATABASE {name}")
    finally:
        connection.close()
    return urlsplit(base_url)._replace(path=f"/{name}").geturl()


def binary(name: str) -> str:
    """The path of one of Postgres's programs, of its newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found:
        return str(found[-1])
    if on_path := shutil.which(name):
        return on_path
    if "CI" in os.environ:
        pytest.fail(f"{name} is not installed (Debian: postgresql)")
    pytest.skip(f"{name} is not installed (Debian: postgresql)")


def _unprivileged() -> list[str]:
    """Postgres refuses to run as root.  It must also not outlive a test run that is killed."""
    command = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        command += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return command


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
