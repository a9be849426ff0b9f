"""Each thing that can be found, on real servers or on sockets that stand for broken ones."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gevent
import pytest

from gateway import check, handshake
from gateway.check import Finding, Verdict
from gateway.config import Config
from gateway.control import Control
from gateway.errors import ConfigError
from gateway.ids import SessionKey
from gateway.prepare import prepare
from gateway.store import Keyring, Registration, Store, new_key
from gateway.trial.ejabberd import Ejabberd
from tests.gateway.verona import config, verona, write
from tests.servers.postgres import fresh_database, postgres
from tests.servers.prosody import Prosody

__all__ = ["verona"]

pytestmark = pytest.mark.usefixtures("verona")


def text(
    port: int = 1,
    secret: str = "s3cret",
    transport: str = "irc.xmpp.test",
    network: str = "host: 127.0.0.1, port: 1",
) -> str:
    return (
        f"xmpp: {{domain: xmpp.test, port: {port}, secret: {secret}}}\n"
        f"transports: {{{transport}: {{network: verona, {network}}}}}"
    )


def found(config: Config, what: str) -> list[Finding]:
    return [finding for finding in check.findings(config) if finding.what == what]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


# The store.


def test_nothing_there_yet(tmp_path: Path) -> None:
    (store,) = found(config(tmp_path, text()), "store")
    assert store.verdict is Verdict.OK
    assert store.text.endswith("var/greengate.db is not there yet; the first start makes it")


def save(config: Config) -> None:
    store = Store.open(config.store, Keyring.load(config.keys))
    key = SessionKey("juliet@xmpp.test", "irc.xmpp.test", "")
    store.save(Registration(key=key, fields={"nick": "juliet"}))
    store.close()


def test_store(tmp_path: Path) -> None:
    settings = config(tmp_path, text())
    prepare(settings)
    save(settings)
    (store,) = found(settings, "store")
    assert store.verdict is Verdict.OK
    assert ", 1 account)" in store.text
    (keys,) = found(settings, "keys")
    assert keys == Finding(Verdict.OK, "keys", "1 key")


def test_older_key(tmp_path: Path) -> None:
    settings = config(tmp_path, text())
    prepare(settings)
    save(settings)
    assert settings.keys.file
    settings.keys.file.write_text(f"{new_key()}\n{settings.keys.file.read_text()}")
    _, older = found(settings, "keys")
    assert older.verdict is Verdict.WARN
    assert older.text == "1 secret under an older key; `gateway.py rotate-key`"


def test_key_is_gone(tmp_path: Path) -> None:
    settings = config(tmp_path, text())
    prepare(settings)
    save(settings)
    assert settings.keys.file
    settings.keys.file.write_text(new_key())
    *_, broken = found(settings, "store")
    assert broken.verdict is Verdict.FAIL
    assert broken.text.startswith("1 of 1 secrets cannot be opened: is a key missing?")


def test_key_file_is_gone(tmp_path: Path) -> None:
    settings = config(tmp_path, text())
    prepare(settings)
    assert settings.keys.file
    settings.keys.file.unlink()
    (store,) = found(settings, "store")
    assert store.verdict is Verdict.FAIL
    assert "cannot read the keys" in store.text


def test_an_empty_database(tmp_path: Path) -> None:
    """As the operator has just made it: there is no key file either, and that is no fault."""
    with postgres() as base:
        url = fresh_database(base)
        (store,) = found(config(tmp_path, f"{text()}\nstore: {{url: '{url}'}}"), "store")
    assert store.verdict is Verdict.OK
    assert "the first start fills it" in store.text


def test_database_away(tmp_path: Path) -> None:
    """The password of its URL is shown nowhere."""
    url = "store: {url: 'postgresql://greengate:capulet@127.0.0.1:1/greengate'}"
    prepare(config(tmp_path, text()))
    (store,) = found(config(tmp_path, f"{text()}\n{url}"), "store")
    assert store.verdict is Verdict.FAIL
    assert "capulet" not in store.text


# The XMPP server.


def test_ejabberd(tmp_path: Path, ejabberd_server: Ejabberd) -> None:
    (accepts,) = found(config(tmp_path, text(ejabberd_server.component_port)), "xmpp")
    assert accepts.verdict is Verdict.OK
    assert ": accepts irc.xmpp.test, grants message outgoing, " in accepts.text
    assert "roster both" in accepts.text


def test_wrong_secret(tmp_path: Path, ejabberd_server: Ejabberd) -> None:
    settings = config(tmp_path, text(ejabberd_server.component_port, secret="capulet"))
    refused = found(settings, "xmpp")[0]
    assert refused.verdict is Verdict.FAIL
    assert "irc.xmpp.test: the secret is not the one that the server has" in refused.text
    assert "capulet" not in refused.text


def test_ejabberd_does_not_know_the_domain(tmp_path: Path, ejabberd_server: Ejabberd) -> None:
    settings = config(tmp_path, text(ejabberd_server.component_port, transport="no.xmpp.test"))
    refused = found(settings, "xmpp")[0]
    assert refused.verdict is Verdict.FAIL
    assert refused.text.endswith("or it does not know the domain (not-authorized)")


def test_another_server_than_the_file_says(tmp_path: Path, prosody_server: Prosody) -> None:
    """Of several transports only the first would work."""
    settings = config(tmp_path, text(prosody_server.component_port, transport="irc.prosody.test"))
    settings = replace(settings, xmpp=settings.xmpp.model_copy(update={"domain": "prosody.test"}))
    assert "set xmpp.server: prosody" in found(settings, "xmpp")[1].text
    said = replace(settings, xmpp=settings.xmpp.model_copy(update={"server": "prosody"}))
    accepts, grants = found(said, "xmpp")
    assert accepts.text.endswith("accepts irc.prosody.test, grants nothing")
    assert grants.verdict is Verdict.WARN
    assert "roster both, message outgoing (XEP-0356)" in grants.text


def test_nobody_listens(tmp_path: Path) -> None:
    (refused,) = found(config(tmp_path, text(port=1)), "xmpp")
    assert refused.verdict is Verdict.FAIL
    assert refused.text == (
        "127.0.0.1:1: Connection refused; is it listening there for components?  "
        "`gateway.py ejabberd` prints how to make it"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", "the server hung up without a word; its log may say why"),
        (b"SSH-2.0-OpenSSH\r\n", "what listens there does not speak XMPP"),
        (b"<html>", "what listens there does not speak XMPP"),
        (
            b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1'><stream:error>"
            b"<x xmlns='urn:x'/></stream:error>",
            "the server says error x",
        ),
    ],
)
def test_a_strange_server(
    tmp_path: Path, listener: socket.socket, answer: bytes, expected: str
) -> None:
    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(4096)
            sock.sendall(answer)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass

    gevent.spawn(serve)
    refused = found(config(tmp_path, text(listener.getsockname()[1])), "xmpp")[0]
    assert refused.verdict is Verdict.FAIL
    assert refused.text.endswith(f": {expected}")


def test_a_silent_server(
    tmp_path: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "ANSWER_SECONDS", 0.05)
    (silent,) = found(config(tmp_path, text(listener.getsockname()[1])), "xmpp")
    assert silent.verdict is Verdict.FAIL
    assert "timed out" in silent.text


def test_a_running_gateway_is_not_disturbed(tmp_path: Path, listener: socket.socket) -> None:
    settings = config(tmp_path, text(listener.getsockname()[1]))
    running = Control(settings.control.socket, {})
    running.start()
    (gateway,) = found(settings, "gateway")
    (xmpp,) = found(settings, "xmpp")
    running.stop()
    assert gateway.text.startswith("running")
    assert xmpp.text.startswith("not tried")
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()


# The networks.


@pytest.mark.parametrize(
    ("network", "verdict", "expected"),
    [
        ("host: 127.0.0.1, port: {port}", Verdict.OK, "127.0.0.1:{port} answers"),
        ("host: 127.0.0.1, port: 1", Verdict.FAIL, "127.0.0.1:1: Connection refused"),
        ("host: x, hidden: true, gates: {{a: {{}}}}", Verdict.OK, "users choose the server"),
    ],
)
def test_network(
    tmp_path: Path, listener: socket.socket, network: str, verdict: Verdict, expected: str
) -> None:
    port = listener.getsockname()[1]
    settings = config(tmp_path, text(network=network.format(port=port)))
    (finding,) = found(settings, "network")
    assert finding.verdict is verdict
    assert finding.text == f"irc.xmpp.test (Verona): {expected.format(port=port)}"


# All of it.


def test_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not check.run(write(tmp_path, text()))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ok    config   {tmp_path}/gateway.yaml (1 transport)"
    assert lines[-1].startswith("FAIL  network  irc.xmpp.test (Verona): 127.0.0.1:1: ")


def test_a_wrong_configuration_is_not_tried(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        check.run(write(tmp_path, "xmpp: {}"))
