"""The trial itself: it proves what there is to prove, and says what it saw when there is not."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.trial import story
from gateway.trial.certificates import make_certificate
from gateway.trial.ejabberd import ejabberd
from gateway.trial.ngircd import Ngircd
from gateway.trial.process import NotStarted
from gateway.trial.scene import Scene

PATIENCE = 120.0


@pytest.fixture
def scene(tmp_path: Path, ngircd_server: Ngircd) -> Iterator[Scene]:
    """Servers, but no gateway between them."""
    certificate = make_certificate(tmp_path / "tls", "localhost")
    with ejabberd(
        domains=["irc.localhost"], secret="s3cret", domain="localhost", certificate=certificate
    ) as xmpp:
        yield Scene(
            jid=xmpp.register("juliet", "capulet"),
            password="capulet",
            host=xmpp.host,
            port=xmpp.port,
            ca_file=str(certificate.ca_file),
            transport="irc.localhost",
            irc_host=ngircd_server.host,
            irc_port=ngircd_server.port,
            step_seconds=5.0,
        )


def prove(scene: Scene) -> tuple[int, list[str]]:
    ended = subprocess.run(
        [sys.executable, "-m", "gateway.trial.proof", json.dumps(dataclasses.asdict(scene))],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(story.ROOT)},
        text=True,
        timeout=PATIENCE,
    )
    return ended.returncode, ended.stdout.splitlines()


def test_failing_step_shows_what_came_instead_and_ends_with_1(scene: Scene) -> None:
    status, lines = prove(scene)
    assert status == 1
    topic, login, discovery, *shown = lines
    assert topic.startswith("✓")
    assert login.startswith("✓")
    assert discovery.startswith("✗  5.")
    assert discovery.endswith(
        "irc.localhost says that it is a gateway to IRC (XEP-0030): waited in vain"
    )
    assert shown[0] == "juliet@localhost got, and nobody expected:"
    assert any("<iq" in line and "denied by service policy" in line for line in shown)
    assert any("on IRC got, and nobody expected:" in line for line in shown)


def test_wrong_password_is_no_puzzle(scene: Scene) -> None:
    status, lines = prove(dataclasses.replace(scene, password="montague"))
    assert status == 1
    assert lines[1].endswith("the server refuses the password")


def test_only_one_trial_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "FOLDER", tmp_path)
    with story._only_one(), pytest.raises(NotStarted, match=r"in use, a trial runs already$"):
        story.main(check=True)
