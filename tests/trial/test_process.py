"""Children of a trial: they start, say what went wrong, and are never left behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gateway.trial.process import (
    LOOPBACK,
    PORTS,
    Child,
    NotStarted,
    accepts,
    free_port,
    program,
)

PATIENCE = 20.0

FAMILY = "sleep 1000 & echo $! > child.pid; wait"
"""A server with a process of its own."""


def shell(script: str, folder: Path) -> Child:
    return Child("shell", [program("sh"), "-c", script], folder)


def gone(pid: int) -> bool:
    """Dead; whether its parent has asked for the status does not matter."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not gone(pid):
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.01)


def read_pid(path: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.01)
    return int(path.read_text())


def test_missing_program_names_the_remedy() -> None:
    with pytest.raises(NotStarted, match=r"^no-such-ircd: not installed; scripts/setup"):
        program("no-such-ircd")


def test_programs_of_sbin_are_found() -> None:
    assert program("ldconfig") == "/usr/sbin/ldconfig" or program("ldconfig") == "/sbin/ldconfig"


def test_early_end_is_told_with_status_and_output(tmp_path: Path) -> None:
    child = shell("echo no such table >&2; exit 3", tmp_path)
    child.start()
    with pytest.raises(NotStarted, match=r"^shell: ended with status 3\n  no such table$"):
        child.wait_until(lambda: False, PATIENCE)


def test_slow_start_is_told(tmp_path: Path) -> None:
    with (
        shell("echo thinking; exec sleep 1000", tmp_path) as child,
        pytest.raises(NotStarted, match=r"^shell: not ready after 0.2 s"),
    ):
        child.wait_until(lambda: False, 0.2)


def test_ready_child_is_not_waited_for(tmp_path: Path) -> None:
    with shell("exec sleep 1000", tmp_path) as child:
        child.wait_until(lambda: True)
        assert child.alive
        assert child.status is None


def test_stop_is_polite(tmp_path: Path) -> None:
    script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    with shell(script, tmp_path) as child:
        child.wait_until(lambda: "ready" in child.tail())
    assert child.status == 0
    assert child.tail().endswith("bye")


def test_stop_ends_what_the_child_started(tmp_path: Path) -> None:
    with shell(FAMILY, tmp_path):
        grandchild = read_pid(tmp_path / "child.pid")
        assert not gone(grandchild)
    wait_until_gone(grandchild)


def test_kill_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    child = shell(FAMILY, tmp_path)
    child.start()
    grandchild = read_pid(tmp_path / "child.pid")
    child.kill()
    child.kill()
    child.stop()
    assert child.status == -signal.SIGKILL
    wait_until_gone(grandchild)


def test_child_starts_again_after_its_end(tmp_path: Path) -> None:
    child = shell("echo up; exec sleep 1000", tmp_path)
    child.start()
    first = child.pid
    child.kill()
    with child:
        assert child.alive
        assert child.pid != first


def test_ctrl_c_reaches_only_us(tmp_path: Path) -> None:
    with shell("exec sleep 1000", tmp_path) as child:
        assert os.getpgid(child.pid) == child.pid != os.getpgrp()


@pytest.mark.parametrize("fatal", [signal.SIGKILL, signal.SIGTERM])
def test_child_does_not_outlive_a_parent_that_dies(tmp_path: Path, fatal: signal.Signals) -> None:
    parent = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from gateway.trial.process import Child
        child = Child("sleep", ["sleep", "1000"], Path({str(tmp_path)!r}))
        child.start()
        print(child.pid, flush=True)
        os.kill(os.getpid(), {int(fatal)})
    """)
    ended = subprocess.run(
        [sys.executable, "-c", parent],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
    )
    assert ended.returncode == -fatal
    wait_until_gone(int(ended.stdout))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
def test_a_user_of_its_own_reads_a_file_in_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    config = closed / "config"
    config.write_text("the configuration")
    with Child(
        "cat",
        [program("sh"), "-c", "id -un; exec cat /dev/stdin"],
        closed,
        stdin=config,
        user="nobody",
    ) as child:
        assert child.wait(PATIENCE) == 0
        assert child.tail() == "  nobody\n  the configuration"


def test_free_ports_are_free_and_not_for_clients() -> None:
    port = free_port()
    assert port in PORTS
    assert not accepts(port)
    with socket.create_server((LOOPBACK, port)):
        assert accepts(port)
    first_for_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert PORTS.stop <= first_for_clients
