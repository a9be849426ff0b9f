from gevent import monkey

monkey.patch_all()

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from gateway.trial.ejabberd import Ejabberd, ejabberd
from gateway.trial.ngircd import Ngircd, ngircd
from tests.servers.inspircd import Inspircd, inspircd
from tests.servers.prosody import Prosody, prosody

# No deadlines: these machines are busy.  In CI the same examples each time, elsewhere new ones.
settings.register_profile("greengate", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("greengate")

COMPONENTS = ("irc", "irc2", "msn", "aim", "icq", "yahoo")
"""Labels of the domains that the shared XMPP servers take components for."""

# Real servers, one of each for the whole run: a test takes nicks, rooms and accounts of its own.
# One that stops a server, or needs it set up differently, starts its own.


@pytest.fixture(scope="session")
def ngircd_server() -> Iterator[Ngircd]:
    with ngircd() as server:
        yield server


@pytest.fixture(scope="session")
def inspircd_server() -> Iterator[Inspircd]:
    with inspircd() as server:
        yield server


@pytest.fixture(scope="session")
def ejabberd_server() -> Iterator[Ejabberd]:
    domains = [f"{label}.xmpp.test" for label in COMPONENTS]
    with ejabberd(domains=domains, secret="s3cret") as server:
        yield server


@pytest.fixture(scope="session")
def prosody_server() -> Iterator[Prosody]:
    domains = [f"{label}.prosody.test" for label in COMPONENTS]
    with prosody(domains=domains, secret="s3cret") as server:
        yield server
