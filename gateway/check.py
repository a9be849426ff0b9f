"""``gateway.py check``: tries everything the gateway needs, and says what to do about the rest.

    ok    store    sqlite:///var/greengate.db (schema 0001, 3 accounts)
    FAIL  xmpp     127.0.0.1:5275: Connection refused; is ejabberd listening there? …

``warn`` is for what works and should be looked at.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import get_args

from sqlalchemy.engine import make_url

from gateway import control, handshake
from gateway.config import Config, Transport, load
from gateway.errors import ConfigError
from gateway.sections import XmppServer
from gateway.store import Counts, Keyring, Store, StoreUnavailable, schema_version

CONNECT_SECONDS = 10.0
"""As long as a session would wait for a server of its network."""

WANTED = ("roster both", "message outgoing")
"""What of XEP-0356 we have a use for."""

NOT_GRANTED = (
    f"not everywhere granted: {', '.join(WANTED)} (XEP-0356).  It works without, but users are "
    "asked for each contact; `gateway.py ejabberd` prints how to grant it"
)

REFUSED = "; is it listening there for components?  `gateway.py ejabberd` prints how to make it"


class Verdict(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<5} {self.what:<8} {self.text}"


def run(path: Path) -> bool:
    """Prints each finding as it comes; returns whether nothing failed.

    Raises:
        ConfigError: in gateway.yaml; then nothing is tried.
    """
    is_well = True
    for finding in findings(load(path)):
        print(finding, flush=True)
        is_well = is_well and finding.verdict is not Verdict.FAIL
    return is_well


def findings(config: Config) -> Iterator[Finding]:
    yield Finding(
        Verdict.OK, "config", f"{config.path} ({_count(len(config.transports), 'transport')})"
    )
    yield from _store(config)
    if control.is_running(config.control.socket):
        yield Finding(Verdict.OK, "gateway", f"running, answers at {config.control.socket}")
        text = "not tried: a second connection would take stanzas from the running gateway"
        yield Finding(Verdict.OK, "xmpp", text)
    else:
        yield from _xmpp(config)
    for transport in config.transports.values():
        yield _network(transport)


# The store and its keys.


def _store(config: Config) -> Iterator[Finding]:
    url = make_url(config.store.url)
    place = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        yield Finding(Verdict.OK, "store", f"{place} is not there yet; the first start makes it")
        return
    try:
        if not schema_version(config.store):
            yield Finding(Verdict.OK, "store", f"{place} is empty; the first start fills it")
            return
        keyring = Keyring.load(config.keys)
        yield Finding(Verdict.OK, "keys", _count(len(keyring.ids), "key"))
        version = schema_version(config.store)
        store = Store.open(config.store, keyring, exclusive=False)
    except ConfigError as error:
        yield Finding(Verdict.FAIL, "store", str(error))
        return
    try:
        yield from _counts(place, version, store.integrity())
    except StoreUnavailable as error:
        yield Finding(Verdict.FAIL, "store", str(error))
    finally:
        store.close()


def _counts(place: str, version: str, counts: Counts) -> Iterator[Finding]:
    accounts = _count(counts.accounts, "account")
    yield Finding(Verdict.OK, "store", f"{place} (schema {version}, {accounts})")
    if counts.broken:
        text = f"{counts.broken} of {counts.sealed} secrets cannot be opened: is a key missing?  "
        text += "`gateway.py accounts list` shows whose"
        yield Finding(Verdict.FAIL, "store", text)
    if counts.old_keys:
        text = f"{_count(counts.old_keys, 'secret')} under an older key; `gateway.py rotate-key`"
        yield Finding(Verdict.WARN, "keys", text)


# The XMPP server.


def _xmpp(config: Config) -> Iterator[Finding]:
    """Under every domain: ejabberd must know them all before it routes any to us, and with Prosody
    each has a connection."""
    address = (config.xmpp.host, config.xmpp.port)
    place = f"{config.xmpp.host}:{config.xmpp.port}"
    is_wanting = False
    software = ""
    for domain in config.transports:
        try:
            with handshake.connect(address, domain, config.xmpp.secret.get_secret_value()) as link:
                granted = handshake.privileges(link)
                text = (
                    f"{place}: accepts {domain}, grants {', '.join(sorted(granted)) or 'nothing'}"
                )
                yield Finding(Verdict.OK, "xmpp", text)
                is_wanting = is_wanting or not granted.issuperset(WANTED)
                software = software or handshake.software(link, domain, config.xmpp.domain)
        except handshake.HandshakeRefused as error:
            yield Finding(Verdict.FAIL, "xmpp", f"{place}: {domain}: {error}")
        except OSError as error:
            yield Finding(Verdict.FAIL, "xmpp", f"{place}: {_reason(error)}{REFUSED}")
            return
    if software.casefold() in get_args(XmppServer) and software.casefold() != config.xmpp.server:
        text = f"{place}: is {software}; set xmpp.server: {software.casefold()}"
        yield Finding(Verdict.FAIL, "xmpp", text)
    if is_wanting:
        yield Finding(Verdict.WARN, "xmpp", NOT_GRANTED)


# The networks.


def _network(transport: Transport) -> Finding:
    where = transport.network.probe(transport.settings)
    what = f"{transport.domain} ({transport.network.title})"
    if where is None:
        return Finding(Verdict.OK, "network", f"{what}: users choose the server")
    host, port = where
    try:
        socket.create_connection(where, timeout=CONNECT_SECONDS).close()
    except OSError as error:
        return Finding(Verdict.FAIL, "network", f"{what}: {host}:{port}: {_reason(error)}")
    return Finding(Verdict.OK, "network", f"{what}: {host}:{port} answers")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"
