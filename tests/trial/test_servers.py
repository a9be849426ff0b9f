"""The private servers: what the trial and the other tests rely on."""

import base64
import socket
import ssl
from xml.etree import ElementTree

import pytest

from gateway.trial.ejabberd import ApiError, Ejabberd, ejabberd
from gateway.trial.ngircd import Ngircd, ngircd
from gateway.trial.process import LOOPBACK
from tests.servers.component import handshake
from tests.servers.inspircd import Inspircd
from tests.servers.prosody import Prosody

TIMEOUT = 20.0


def greeting(port: int, host: str = LOOPBACK) -> str:
    """What an IRC server says to a newcomer, up to its 001."""
    with socket.create_connection((host, port), TIMEOUT) as sock, sock.makefile("r") as lines:
        sock.sendall(b"NICK newcomer\r\nUSER newcomer 0 * :newcomer\r\n")
        said = []
        for line in lines:
            said.append(line)
            if line.startswith("PING"):
                sock.sendall(line.replace("PING", "PONG", 1).encode())
            if " 001 " in line or line.startswith("ERROR"):
                break
        return "".join(said)


def test_ngircd_greets(ngircd_server: Ngircd) -> None:
    assert " 001 newcomer " in greeting(ngircd_server.port)


def test_ngircd_may_ask_for_a_password_and_comes_back_on_its_port() -> None:
    with ngircd(password="let-me-in") as server:
        assert "Bad password" in greeting(server.port)
        server.kill()
        with pytest.raises(ConnectionRefusedError):
            greeting(server.port)
        server.start()
        assert "Bad password" in greeting(server.port)


def test_inspircd_registers_accounts(inspircd_server: Inspircd) -> None:
    inspircd_server.register_account("tybalt", "prince-of-cats")
    with pytest.raises(ConnectionError, match="already registered"):
        inspircd_server.register_account("tybalt", "prince-of-cats")


def test_inspircd_proves_its_name(inspircd_server: Inspircd) -> None:
    context = ssl.create_default_context(cafile=inspircd_server.ca_file)
    address = (inspircd_server.host, inspircd_server.tls_port)
    with (
        socket.create_connection(address, TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=inspircd_server.host) as sock,
    ):
        sock.sendall(b"NICK secure\r\nUSER secure 0 * :secure\r\n")
        assert sock.recv(1)


def test_ejabberd_takes_components_by_their_secret(ejabberd_server: Ejabberd) -> None:
    domain, secret = "irc.xmpp.test", ejabberd_server.secret
    port = ejabberd_server.component_port
    assert handshake(port, domain, secret).tag.endswith("handshake")
    assert handshake(port, domain, "wrong").tag.endswith("error")


def test_ejabberd_keeps_accounts_over_stop_and_kill() -> None:
    with ejabberd(domains=["irc.xmpp.test"], secret="s3cret") as server:
        assert server.register("juliet", "old") == "juliet@xmpp.test"
        server.register("juliet", "new")
        assert server.api("check_password", user="juliet", host=server.domain, password="new") == 0
        server.restart()
        assert server.api("registered_users", host=server.domain) == ["juliet"]
        server.kill()
        with pytest.raises(OSError):  # noqa: PT011  Refused or reset.
            server.api("status")
        server.start()
        assert server.api("registered_users", host=server.domain) == ["juliet"]
        server.unregister("juliet")
        assert server.api("registered_users", host=server.domain) == []


def test_ejabberd_says_what_it_refuses(ejabberd_server: Ejabberd) -> None:
    with pytest.raises(ApiError, match=r"^kick_user: "):
        ejabberd_server.api("kick_user", user="nobody")


def test_prosody_takes_components_and_users(prosody_server: Prosody) -> None:
    port = prosody_server.component_port
    assert handshake(port, "irc.prosody.test", prosody_server.secret).tag.endswith("handshake")
    jid = prosody_server.register("juliet", 'cap"ulet')
    assert jid == "juliet@prosody.test"
    assert _plain(prosody_server, "juliet", 'cap"ulet') == "success"
    assert _plain(prosody_server, "juliet", "capulet") == "failure"


def _plain(server: Prosody, user: str, password: str) -> str:
    """Log in as a client (RFC 6120, section 6); success or failure."""
    token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    parser = ElementTree.XMLPullParser(["end"])
    with socket.create_connection((server.host, server.port), TIMEOUT) as sock:
        sock.sendall(
            f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
            f" to='{server.domain}' version='1.0'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
            f" mechanism='PLAIN'>{token}</auth>".encode()
        )
        while data := sock.recv(4096):
            parser.feed(data)
            for _, element in parser.read_events():
                name = element.tag.rpartition("}")[2]
                if name in ("success", "failure"):
                    return name
    raise AssertionError("the server hung up")
