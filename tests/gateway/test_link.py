"""Connecting, TLS, and what users are told when it fails, over real sockets."""

import errno
import hashlib
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from gevent.queue import Queue

from gateway import link as link_module
from gateway import log
from gateway.fsm import Connect, Connected, Got, Lost, Tls
from gateway.link import Link, connect
from gateway.trial.certificates import Certificate, make_certificate
from tests.gateway.tinynet import PATIENCE, Listener, Peer, TinyCodec, listener

__all__ = ["listener"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("server"))


class Server:
    """Takes connections by TLS and says hello on each."""

    def __init__(self, listener: Listener, certificate: Certificate, client_ca: str = "") -> None:
        self.port = listener.port
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self._listener = listener
        self.clients: Queue[dict[str, Any]] = Queue()
        """The certificate of each."""
        self.greenlet = gevent.spawn(self._serve)

    def _serve(self) -> None:
        while True:
            plain, _ = self._listener.sock.accept()
            try:
                sock = self._context.wrap_socket(plain, server_side=True)
            except OSError:  # The client did not like us.
                plain.close()
                continue
            self.clients.put(sock.getpeercert() or {})
            Peer(sock).say("hello")


@pytest.fixture
def server(listener: Listener, certificate: Certificate) -> Iterator[Server]:
    server = Server(listener, certificate)
    yield server
    server.greenlet.kill()


def how(port: int, host: str = "127.0.0.1", tls: Tls | None = None, **more: Any) -> Connect:
    return Connect(host=host, port=port, tls=tls, codec=TinyCodec(), **more)


def first(given: Connect) -> tuple[Any, Any]:
    """The first two inputs that a link for it makes, and that it made no other, nor a bug."""
    inbox: Queue[Any] = Queue()
    crashes: list[Any] = []
    link = Link(given, inbox, str, log.bind(), crashes.append)
    try:
        found = inbox.get(timeout=PATIENCE)
        if isinstance(found, Lost):
            link.reader.join(timeout=PATIENCE)
            assert link.reader.dead
            assert inbox.empty()
            return found, None
        return found, inbox.get(timeout=PATIENCE)
    finally:
        link.reader.kill()
        assert not crashes


def why(given: Connect) -> str:
    """How it fails."""
    lost, nothing = first(given)
    assert nothing is None
    assert isinstance(lost, Lost)
    return lost.detail


@pytest.fixture
def elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that leads to the server, but is not in its certificate."""
    resolve(monkeypatch, ("127.0.0.1", server.port))
    return "irc.example.org"


HELLO = (Connected(), Got("hello"))


# TLS.


def test_private_authority(server: Server, certificate: Certificate) -> None:
    tls = Tls(ca_file=str(certificate.ca_file))
    assert first(how(server.port, "127.0.0.1", tls)) == HELLO
    assert first(how(server.port, "localhost", tls)) == HELLO


def test_unknown_authority(server: Server) -> None:
    assert why(how(server.port, tls=Tls())) == (
        "the certificate of 127.0.0.1 is not trusted: unable to get local issuer certificate"
    )


def test_wrong_name(server: Server, certificate: Certificate, elsewhere: str) -> None:
    tls = Tls(ca_file=str(certificate.ca_file))
    assert why(how(server.port, elsewhere, tls)) == (
        f"the certificate of {elsewhere} is not trusted: Hostname mismatch, "
        f"certificate is not valid for '{elsewhere}'."
    )


def test_verification_can_be_turned_off(server: Server, elsewhere: str) -> None:
    assert first(how(server.port, elsewhere, Tls(verify=False))) == HELLO


def fingerprint(certificate: Certificate) -> str:
    loaded = x509.load_pem_x509_certificate(certificate.cert_file.read_bytes())
    return hashlib.sha256(loaded.public_bytes(Encoding.DER)).hexdigest()


def test_pinned_certificate(server: Server, certificate: Certificate, elsewhere: str) -> None:
    """Neither the authority nor the name counts then."""
    tls = Tls(fingerprints=frozenset({"0" * 64, fingerprint(certificate)}))
    assert first(how(server.port, elsewhere, tls)) == HELLO


def test_other_than_the_pinned_certificate(server: Server, certificate: Certificate) -> None:
    """Not even one that the authority vouches for.  Its fingerprint is told, to be compared."""
    tls = Tls(ca_file=str(certificate.ca_file), fingerprints=frozenset({"0" * 64}))
    assert why(how(server.port, tls=tls)) == (
        f"127.0.0.1:{server.port}: the certificate's SHA-256 is {fingerprint(certificate)}, "
        "which is not one of those pinned"
    )


def test_pinning_is_not_turned_off_with_verification(server: Server) -> None:
    tls = Tls(verify=False, fingerprints=frozenset({"0" * 64}))
    assert "which is not one of those pinned" in why(how(server.port, tls=tls))


@pytest.fixture(scope="module")
def client() -> str:
    """A certificate of juliet's own making, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "juliet")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (certificate.public_bytes(Encoding.PEM) + secret).decode()


@pytest.fixture
def strict_server(
    listener: Listener, certificate: Certificate, client: str, tmp_path: Path
) -> Iterator[Server]:
    """Takes nobody but juliet."""
    known = tmp_path / "known.pem"
    known.write_text(client)
    server = Server(listener, certificate, client_ca=str(known))
    yield server
    server.greenlet.kill()


def test_client_certificate(strict_server: Server, certificate: Certificate, client: str) -> None:
    """For SASL EXTERNAL."""
    tls = Tls(ca_file=str(certificate.ca_file), certificate=client)
    assert first(how(strict_server.port, tls=tls)) == HELLO
    shown = strict_server.clients.get(timeout=PATIENCE)
    assert shown["subject"] == ((("commonName", "juliet"),),)


def test_server_that_asks_for_a_certificate(
    strict_server: Server, certificate: Certificate
) -> None:
    """By TLS 1.3 it says so after the handshake."""
    tls = Tls(ca_file=str(certificate.ca_file))
    connected, lost = first(how(strict_server.port, tls=tls))
    assert connected == Connected()
    assert "alert certificate required" in lost.detail


def test_server_without_tls(listener: Listener) -> None:
    def answer() -> None:
        peer = listener.accept()
        peer.say(":irc.example.org NOTICE * :Looking up your hostname")
        peer.line()

    answering = gevent.spawn(answer)
    assert why(how(listener.port, tls=Tls())) == (
        f"127.0.0.1:{listener.port}: no TLS: wrong version number"
    )
    answering.kill()


def test_server_that_closes_instead_of_a_handshake(listener: Listener) -> None:
    closing = gevent.spawn(lambda: listener.accept().close())
    detail = why(how(listener.port, tls=Tls()))
    assert detail.startswith(f"127.0.0.1:{listener.port}: ")
    closing.get(timeout=PATIENCE)


def test_no_secret_in_repr(client: str) -> None:
    tls = Tls(certificate=client)
    secret = client.splitlines()[-2]  # The key's last line.
    for thing in (tls, how(1, tls=tls), [tls]):
        assert "PRIVATE" not in repr(thing)
        assert secret not in repr(thing)
        assert secret not in f"{thing}"


def test_a_broken_client_certificate_is_told_without_it(
    server: Server, certificate: Certificate
) -> None:
    tls = Tls(ca_file=str(certificate.ca_file), certificate="-----BEGIN nonsense s3cret")
    detail = why(how(server.port, tls=tls))
    assert "s3cret" not in detail
    assert detail


# Addresses.


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::127.0.0.1",
        "64:ff9b::192.168.1.1",
        "2002:7f00:1::",
        "2002:a01:203::1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "fe80::1",
        "fe80::1%1",
        "fd00::1",
        "224.0.0.1",
        "ff02::1",
        "2130706433",
        "0x7f.1",
    ],
)
def test_private_addresses_are_refused(listener: Listener, host: str) -> None:
    """However they are written; nothing is sent to them."""
    detail = why(how(listener.port, host, public_only=True))
    assert detail == f"{host}:{listener.port}: private addresses are not allowed here"
    listener.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


def resolve(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, int]) -> None:
    """Let every name have these addresses."""

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_names_of_private_addresses_are_refused(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, ("10.0.0.1", 1), ("127.0.0.1", listener.port))
    detail = why(how(listener.port, "innocent.example.org", public_only=True))
    assert detail.endswith("private addresses are not allowed here")


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are_not(address: str) -> None:
    assert link_module._is_public(address)


def test_private_addresses_where_they_are_allowed(listener: Listener) -> None:
    accepting = gevent.spawn(listener.accept)
    sock = connect(how(listener.port))
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    accepting.get(timeout=PATIENCE).close()
    sock.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


def test_addresses_are_tried_in_turn(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ("127.0.0.1", free_port()), ("127.0.0.1", listener.port))
    accepting = gevent.spawn(listener.accept)
    connect(how(listener.port, "irc.example.org")).close()
    accepting.get(timeout=PATIENCE).close()


def test_the_last_address_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ("127.0.0.1", free_port()), ("127.0.0.1", free_port()))
    assert why(how(1, "irc.example.org")) == "irc.example.org:1: Connection refused"


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that never answers: its queue is full, so the kernel drops what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as sock:
        port: int = sock.getsockname()[1]
        callers = []
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            assert caller.connect_ex(("127.0.0.1", port)) in (0, errno.EINPROGRESS)
            callers.append(caller)
        yield port
        for caller in callers:
            caller.close()


def test_an_address_that_does_not_answer_is_passed_over(
    listener: Listener, black_hole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "ADDRESS_TIMEOUT", 0.05)
    resolve(monkeypatch, ("127.0.0.1", black_hole), ("127.0.0.1", listener.port))
    accepting = gevent.spawn(listener.accept)
    connect(how(listener.port, "irc.example.org")).close()
    accepting.get(timeout=PATIENCE).close()


def test_no_address_answers(black_hole: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "ADDRESS_TIMEOUT", 0.05)
    assert why(how(black_hole)) == f"127.0.0.1:{black_hole}: no answer in 0 s"


def test_handshake_that_takes_too_long(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "CONNECT_TIMEOUT", 0.1)
    accepting = gevent.spawn(listener.accept)
    assert why(how(listener.port, tls=Tls())) == (f"127.0.0.1:{listener.port}: no answer in 0 s")
    peer = accepting.get(timeout=PATIENCE)
    while peer.sock.recv(1000):  # It is closed.
        pass


@pytest.mark.parametrize(
    ("host", "detail"),
    [
        ("no-such-host.invalid", "no address for no-such-host.invalid: "),
        ("a" * 64 + ".example.org", f"no address for {'a' * 64}.example.org: not a name of a host"),
        ("irc..example.org", "no address for irc..example.org: not a name of a host"),
    ],
)
def test_names_without_address(host: str, detail: str) -> None:
    assert why(how(6667, host)).startswith(detail)


def test_name_that_no_certificate_can_have(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, ("127.0.0.1", listener.port))
    assert "no name to check" in why(how(listener.port, ".example.org", Tls()))


# Sending.


def test_frames_are_collected(listener: Listener) -> None:
    inbox: Queue[Any] = Queue()
    link = Link(how(listener.port), inbox, str, log.bind(), pytest.fail)
    peer = listener.accept()
    assert inbox.get(timeout=PATIENCE) == Connected()
    for number in range(100):
        link.send(str(number))
    peer.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        peer.sock.recv(1)
    peer.sock.setblocking(True)
    link.flush()
    assert peer.sock.recv(1000) == "".join(f"{number}\n" for number in range(100)).encode()
    link.reader.kill()


def test_many_frames_are_sent_before_they_are_too_many(listener: Listener) -> None:
    inbox: Queue[Any] = Queue()
    link = Link(how(listener.port), inbox, str, log.bind(), pytest.fail)
    peer = listener.accept()
    assert inbox.get(timeout=PATIENCE) == Connected()
    link.send("x" * link_module.WRITE_SIZE)
    assert peer.line() == "x" * link_module.WRITE_SIZE
    link.reader.kill()


def test_a_server_that_resets_the_connection(listener: Listener) -> None:
    """Its last words are read, although writing fails."""
    inbox: Queue[Any] = Queue()
    link = Link(how(listener.port), inbox, str, log.bind(), pytest.fail)
    peer = listener.accept()
    assert inbox.get(timeout=PATIENCE) == Connected()
    peer.say("ERROR :Closing link")
    peer.close()
    found: list[Any] = []
    while not found or not isinstance(found[-1], Lost):
        link.send("anybody there?")
        link.flush()
        found.append(inbox.get(timeout=PATIENCE))
    assert found[0] == Got("ERROR :Closing link")
    link.send("nobody")
    link.flush()
    link.reader.join(timeout=PATIENCE)
    assert link.reader.dead


def refusing(error: OSError) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_dns_failure_in_the_words_of_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    monkeypatch.setattr(socket, "getaddrinfo", refusing(error))
    assert why(how(6667, "irc.example.org")) == (
        "no address for irc.example.org: Temporary failure in name resolution"
    )


def test_trusted_authorities_are_read_once(certificate: Certificate) -> None:
    made: Path = certificate.ca_file
    assert link_module._context(Tls(ca_file=str(made))) is link_module._context(
        Tls(ca_file=str(made))
    )
